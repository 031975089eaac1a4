"""The field viewer in headless Chromium on the big plate of `browser.py`: times from a key to the picture.

    python -m tests.bench.viewer FOLDER                # the plate is made in FOLDER if it is not there
    python -m tests.bench.viewer FOLDER --plate PLATE  # another plate

Times are the page's own (performance.now): from the press of a key to the first drawing that is whole, and
from a step of a slider to the frame after it. "At rest" leaves the time for what is fetched ahead. Headless
Chromium draws without a graphics card, so pictures come slower than on a screen. Nothing here is a test.
"""

import argparse
import statistics
from pathlib import Path
from typing import Any

from tests.bench.bigplate import make_ours
from tests.hcs.report.chromium import chromium

from hcs.web.browser.serve import serve

PRESS = """async (key) => {
  const begun = performance.now();
  const shown = new Promise((done) => addEventListener("shown", done, { once: true }));
  document.body.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  await shown;
  return performance.now() - begun;
}"""
SLIDE = """async () => {
  const slider = document.querySelector("input.high");
  const begun = performance.now();
  slider.value = Number(slider.value) + 25;
  slider.dispatchEvent(new Event("input", { bubbles: true }));
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - begun;
}"""
OPENED = """window.opened = new Promise((done) => addEventListener("shown", () => {
  done(performance.now());
}, true))"""


def tell(what: str, times: list[float], more: str = "") -> None:
    """Print a row of the table, ms."""
    tenth = sorted(times)[int(0.9 * (len(times) - 1))]
    print(f"{what:<44} {statistics.median(times):>8.0f} {tenth:>8.0f} {len(times):>4}   {more}", flush=True)


def pressed(page: Any, key: str, times: int, rest_ms: int) -> list[float]:
    """Press a key so often, with a rest before each."""
    found = []
    for _ in range(times):
        page.wait_for_timeout(rest_ms)
        found.append(page.evaluate(PRESS, key))
    return found


def measure(page: Any, address: str, times: int) -> None:
    """Open the page and go through its fields."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.add_init_script(OPENED)
    page.goto(f"{address}#plate=0&well=A01&field=1")
    tell("page opened, first field whole", [page.evaluate("window.opened")])
    print(f"{'requests until then':<44} {len(requests):>8}")
    tell("next field, at rest", pressed(page, "n", times, 700))
    tell("next field, without a rest", pressed(page, "n", times, 0))
    tell("next well, at rest", pressed(page, "N", times, 700))
    page.wait_for_timeout(1500)
    before = len(requests)
    tell("step of a contrast slider, two frames", [page.evaluate(SLIDE) for _ in range(times)])
    print(f"{'requests by the slider':<44} {len(requests) - before:>8}")


def main() -> None:
    """Read the command line and measure."""
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    asked.add_argument("folder", type=Path)
    asked.add_argument("--plate", type=Path)
    asked.add_argument("--times", type=int, default=20)
    words = asked.parse_args()
    plate = words.plate or make_ours(words.folder)
    print(f"{plate.name:<44} {'median':>8} {'9th':>8} {'n':>4}   ms")
    with serve(plate, port=0, block=False) as server, chromium() as browser:
        measure(browser.new_page(viewport={"width": 1400, "height": 1000}), server.address, words.times)


if __name__ == "__main__":
    main()
