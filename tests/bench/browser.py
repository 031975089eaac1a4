"""The plate browser on plates of 384 wells × 9 fields × 4 channels of 2048²: speed, memory, bytes read.

    python -m tests.bench.browser FOLDER               # a plate of hcs and one of others, kept in FOLDER
    python -m tests.bench.browser FOLDER --views 100   # fewer views

The server is `hcs serve` itself, asked over loopback; a view is a field's document and its four pieces at
half resolution, all channels. All fields are one file on disk, which the system has in memory after the
first: what is measured is the work, not the disk. Nothing here is a test: a person reads the table.
"""

import argparse
import http.client
import json
import os
import random
import re
import signal
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from tests.bench.bigplate import NAMES, make_others, make_ours

START = "import sys; from hcs.cli import main; main(sys.argv[1:])"
ALL = ",".join(str(number) for number in range(len(NAMES)))


@dataclass
class Server:
    """A server that runs: its process and a connection to it."""

    process: subprocess.Popen[str]
    address: str
    asked: http.client.HTTPConnection = field(init=False)

    def __post_init__(self) -> None:
        self.asked = http.client.HTTPConnection(re.findall(r"//([^/]+)/", self.address)[0])

    def get(self, path: str) -> bytes:
        """Ask for an address."""
        self.asked.request("GET", path)
        answer = self.asked.getresponse()
        content = answer.read()
        if answer.status != 200:
            raise SystemExit(f"{path}: {answer.status} {content[:200]!r}")
        return content

    def read(self, name: str, key: str) -> int:
        """Read a number of the process (proc(5))."""
        text = Path(f"/proc/{self.process.pid}/{name}").read_text(encoding="ascii")
        return int(re.findall(rf"^{key}:\s+(\d+)", text, re.MULTILINE)[0])

    @property
    def memory_mb(self) -> float:
        """Memory that it holds, MB."""
        return self.read("status", "VmRSS") / 1024

    @property
    def bytes_read(self) -> int:
        """Bytes that it has read from files so far."""
        return self.read("io", "rchar")

    @property
    def cpu_s(self) -> float:
        """Seconds of processor that it has used."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        return (int(text[11]) + int(text[12])) / os.sysconf("SC_CLK_TCK")


@contextmanager
def served(plate: Path) -> Iterator[Server]:
    """Run `hcs serve`."""
    words = [sys.executable, "-c", START, "serve", str(plate), "--port", "0", "--no-open"]
    with subprocess.Popen(words, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        said = process.stdout.readline()
        try:
            yield Server(process, re.findall(r"http\S+", said)[0])
        finally:
            process.send_signal(signal.SIGINT)
            begun = time.perf_counter()
            process.wait(10)
            line("Ctrl-C to the end", since(begun), f"exit {process.returncode}")


def since(begun: float) -> float:
    """Milliseconds since then."""
    return (time.perf_counter() - begun) * 1e3


def line(what: str, value: float, more: str = "", unit: str = "ms") -> None:
    """Print a line."""
    print(f"  {what:<42} {value:9.1f} {unit}   {more}")


def tell(what: str, values: list[float]) -> None:
    """Print a line of several."""
    line(what, statistics.median(values), f"median; largest {max(values):.1f}, n {len(values)}")


def timed(work: Callable[[], Any]) -> float:
    """Take the milliseconds of something."""
    begun = time.perf_counter()
    work()
    return since(begun)


def measure(plate: Path, views: int) -> None:
    """Measure one plate."""
    print(plate.name)
    begun = time.perf_counter()
    with served(plate) as server:
        line("start to address printed", since(begun))
        listing = json.loads(server.get("/api/plates"))["plates"][0]
        line("start to first answer", since(begun), f"{server.cpu_s:.1f} s of CPU")
        tell("list of plates", [timed(lambda: server.get("/api/plates")) for _ in range(5)])
        tell("heatmap of a value", [timed(lambda: server.get("/api/heatmap")) for _ in range(15)])
        places = [(well, key) for well, keys in listing["fields"].items() for key in keys]
        random.Random(1).shuffle(places)
        line("first field of all (contrast learned)", timed(lambda: _field(server, places[0])))
        tell("first piece of a field, full resolution", [_first(server, place, 0) for place in places[1:30]])
        tell(
            "next field: document, 4 pieces at half",
            [timed(partial(_view, server, one)) for one in places[30:80]],
        )
        _count(server, places[100])
        held = []
        for number in range(views):
            _view(server, places[(101 + number) % len(places)])
            if number in {9, 99, 499, views - 1}:
                held.append(f"{server.memory_mb:.0f} MB after {number + 1}")
        print(f"  memory: {', '.join(held)}; peak {server.read('status', 'VmHWM') / 1024:.0f} MB")


def show(plate: Path) -> None:
    """Measure the page in headless Chromium: from an empty cache, then field after field by its keys."""
    from playwright.sync_api import sync_playwright

    with served(plate) as server, sync_playwright() as playwright:
        server.get("/api/plates")
        chromium = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        loads = [_load(chromium, server.address) for _ in range(5)]
        tell("page: plates drawn, from an empty cache", [drawn for drawn, _ in loads])
        tell("page: a click on a well, field seen", [seen for _, seen in loads])
        page = chromium.new_page(viewport={"width": 1200, "height": 900})
        page.goto(server.address)
        _pick(page)
        for pause, what in ((0, "at once"), (1500, "after a look of 1.5 s")):
            steps = []
            for _ in range(30):
                page.wait_for_timeout(pause)
                steps.append(page.evaluate(SEEN, "n"))
            tell(f"page: next field, {what}", steps)
        chromium.close()


SEEN = """(key) => new Promise((done) => {
  const begun = performance.now();
  const seen = () => requestAnimationFrame(() => done(performance.now() - begun));
  addEventListener("shown", seen, { once: true });
  if (key) document.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
})"""
"""Press a key, if one is given; give the milliseconds until a field is on the screen."""


def _load(chromium: Any, address: str) -> tuple[float, float]:
    """Milliseconds until the plates are drawn, and from a click on a well until its field is seen."""
    context = chromium.new_context(viewport={"width": 1200, "height": 900})
    page = context.new_page()
    begun = time.perf_counter()
    page.goto(address, wait_until="commit")
    page.wait_for_selector("svg.plate")
    drawn = since(begun)
    begun = time.perf_counter()
    _pick(page)
    seen = since(begun)
    context.close()
    return drawn, seen


def _pick(page: Any) -> None:
    """Click a well in the middle of the first plate, and wait until its field is seen."""
    box = page.locator("svg.plate").first.bounding_box()
    # Listened for before the click: it may be seen before the next command gets here.
    page.evaluate(f"() => {{ window.sought = ({SEEN})(''); }}")
    page.mouse.click(box["x"] + box["width"] * 0.52, box["y"] + box["height"] * 0.52)
    page.evaluate("window.sought")


def _field(server: Server, place: tuple[str, str]) -> Any:
    return json.loads(server.get(f"/api/field/0/{place[0]}/{place[1]}"))


def _piece(
    server: Server, place: tuple[str, str], level: int, at: tuple[int, int], version: str, channels: str = ALL
) -> int:
    address = f"/api/pixels/0/{place[0]}/{place[1]}/{level}/{at[0]}/{at[1]}?c={channels}&t=0&z=0&v={version}"
    return len(server.get(address))


def _first(server: Server, place: tuple[str, str], level: int) -> float:
    """A field's document and one piece of it."""
    return timed(lambda: _piece(server, place, level, (1, 1), _field(server, place)["version"]))


def _view(server: Server, place: tuple[str, str]) -> None:
    """What one look at a field asks for."""
    version = _field(server, place)["version"]
    for at in ((0, 0), (0, 1), (1, 0), (1, 1)):
        _piece(server, place, 1, at, version)


def _count(server: Server, place: tuple[str, str]) -> None:
    """What is read of the disk for pieces."""
    version = _field(server, place)["version"]
    for level, channels in ((0, "0"), (0, ALL), (3, "0")):
        before = server.bytes_read
        sent = _piece(server, place, level, (0, 0), version, channels)
        read = server.bytes_read - before
        line(f"level {level}, channels {channels}", read / 1e3, f"read, {sent / 1e3:.0f} kB sent", "kB")


def main() -> None:
    """Measure both plates."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--views", type=int, default=1000)
    asked = parser.parse_args()
    asked.folder.mkdir(exist_ok=True)
    for make in (make_ours, make_others):
        place = make(asked.folder)
        measure(place, asked.views)
        show(place)


if __name__ == "__main__":
    main()
