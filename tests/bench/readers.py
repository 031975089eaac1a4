"""Readers at once, and a server killed while they click; on this machine's loopback, bounded.

    python -m tests.bench.readers                    # 30 readers, 60 images each, then ten kills
    python -m tests.bench.readers 10 --kills 3

Readers are processes of ten threads each, which click as fast as they are answered: an image, an answer, the
next. Printed are quantiles of the time from a click to its acknowledgement, and from asking for an image to
its last byte, what was stored, and how long the server took to start. Then the server is killed (`kill -9`)
while they click; every acknowledged answer has to be in the log. Nothing here is a test: a person reads it.
"""

import argparse
import http.client
import os
import random
import sqlite3
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from tests.hcs.web.readerpages.packs import MadePack, make_pack
from tests.hcs.web.readerpages.process import Reader, serving

from hcs.readerstudy.responses import FILE, Responses

IMAGES = 60
SIDE = 256
THREADS = 10
QUANTILES = (50, 95, 99, 100)


def click_through(port: int, tokens: Mapping[str, str]) -> tuple[list[float], list[float]]:
    """Let readers go through all their images, a thread each: seconds of images, seconds of clicks."""
    images: list[float] = []
    clicks: list[float] = []

    def one(name: str, token: str) -> None:
        reader = Reader(port, name, token)
        while reader.answered < reader.about["total"]:
            began = time.perf_counter()
            reader.image()
            middle = time.perf_counter()
            reader.answer("ALS")
            images.append(middle - began)
            clicks.append(time.perf_counter() - middle)
        reader.close()

    threads = [threading.Thread(target=one, args=each) for each in tokens.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return images, clicks


def disk(folder: Path) -> None:
    """Flush a file again and again: what the disk alone takes."""
    times = []
    with (folder / "flushed").open("wb", buffering=0) as stream:
        for _ in range(1000):
            stream.write(b"x" * 12_288)
            began = time.perf_counter()
            os.fsync(stream.fileno())
            times.append(time.perf_counter() - began)
    tell("bare flush", times)


def tell(name: str, times: Sequence[float]) -> None:
    """Print quantiles."""
    values = np.percentile(times, QUANTILES) * 1e3
    told = ", ".join(f"p{q} {value:.1f}" for q, value in zip(QUANTILES, values, strict=True))
    print(f"{name}: {len(times)}, ms: {told}")


def load(made: MadePack) -> None:
    """All readers at once."""
    began = time.perf_counter()
    names = list(made.tokens)
    parts = [
        {name: made.tokens[name] for name in names[at : at + THREADS]} for at in range(0, len(names), THREADS)
    ]
    with serving(made.pack.folder) as (_, port):
        started = time.perf_counter() - began
        began = time.perf_counter()
        spawn = get_context("spawn")
        # Nobody clicks while another process still loads its libraries.
        ready = spawn.Barrier(len(parts)).wait
        with ProcessPoolExecutor(len(parts), spawn, initializer=ready) as pool:
            done = list(pool.map(click_through, [port] * len(parts), parts))
        seconds = time.perf_counter() - began
    print(f"{len(names)} readers, {IMAGES} images of {SIDE} px each; started in {started:.1f} s")
    for name, column in (("image", 0), ("click", 1)):
        tell(name, [value for part in done for value in part[column]])
    with Responses(made.pack.folder) as responses:
        stored = len(responses.table())
    print(f"answers stored: {stored} of {len(names) * IMAGES}, in {seconds:.0f} s")


def kill(made: MadePack, times: int) -> None:
    """Kill the server while all readers click, and look for what was acknowledged."""
    rng = random.Random(20)
    acknowledged = dict.fromkeys(made.tokens, 0)
    for number in range(1, times + 1):
        with serving(made.pack.folder) as (process, port):

            def click(name: str, port: int = port) -> None:
                try:
                    reader = Reader(port, name, made.tokens[name])
                    while True:
                        reader.answer("control")
                        acknowledged[name] = reader.answered
                except (OSError, http.client.HTTPException):
                    return

            threads = [threading.Thread(target=click, args=(name,)) for name in made.tokens]
            for thread in threads:
                thread.start()
            time.sleep(rng.uniform(0.5, 1.5))
            process.kill()
            for thread in threads:
                thread.join()
        link = sqlite3.connect(made.pack.folder / FILE)
        kept = dict(link.execute("SELECT reader, count(*) FROM log GROUP BY reader"))
        link.close()
        lost = sum(count > kept.get(name, 0) for name, count in acknowledged.items())
        more = sum(kept.get(name, 0) - count for name, count in acknowledged.items())
        total = sum(acknowledged.values())
        print(f"kill {number}: {total} acknowledged, {lost} readers lost any; {more} stored unacknowledged")


def main() -> None:
    """Read the command and do both."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("readers", nargs="?", type=int, default=30)
    parser.add_argument("--kills", type=int, default=10)
    asked = parser.parse_args(sys.argv[1:])
    names = tuple(f"reader {number}" for number in range(1, asked.readers + 1))
    with tempfile.TemporaryDirectory() as folder:
        disk(Path(folder))
        load(make_pack(Path(folder, "load"), readers=names, images=IMAGES, training=0, side=SIDE))
        kill(
            make_pack(Path(folder, "kills"), readers=names[:8], images=4000, training=0, side=4), asked.kills
        )


if __name__ == "__main__":
    main()
