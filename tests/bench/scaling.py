"""Two worker processes against one, and what a screen of 1,000 plates costs driver and scheduler.

    python -m tests.bench.scaling [--rounds 5] [--side 1024] [--plates 1000] [--units 96]

Ingest, tiles and measurements of one plate, on one process of one thread and on two, in turn; the ratio is
taken of each pair. The screen's units cost nothing and leave no receipt: what is seen is what
`run_on_cluster` itself holds, with the scheduler in the driver's process.
"""

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from operator import methodcaller
from pathlib import Path
from typing import Any

from distributed import Client, LocalCluster
from tests.faults.noise import noise_export

from hcs.measure.fields import channel_spec
from hcs.measure.measurements import measure_plate
from hcs_plates.cluster import run_on_cluster
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.units import Unit


def seconds(export: Export, client: Any, folder: Path) -> list[float]:
    """Seconds of ingest, tiles and measurements."""
    start = time.perf_counter()
    plate = ingest(export, folder / "P.ome.zarr", client=client)
    ingested = time.perf_counter()
    create_tiles([plate], folder / "tiles", TileSpec(128, 2), client=client)
    tiled = time.perf_counter()
    measure_plate(plate, channel_spec(plate, None, "DAPI"), folder / "M", client=client)
    return [ingested - start, tiled - ingested, time.perf_counter() - tiled]


def processes(rounds: int, side: int) -> None:
    """Print the ratio of one process to two, the best and the median of the rounds."""
    settings: dict[str, Any] = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0"}
    with (
        tempfile.TemporaryDirectory() as scratch,
        LocalCluster(n_workers=1, **settings) as one,
        LocalCluster(n_workers=2, **settings) as two,
        Client(one, set_as_default=False) as alone,
        Client(two, set_as_default=False) as both,
    ):
        export = noise_export(Path(scratch) / "export", wells=24, fields=4, side=side)
        pairs = []
        for number in range(-1, rounds):
            times = [seconds(export, client, Path(tempfile.mkdtemp(dir=scratch))) for client in (alone, both)]
            if number < 0:
                continue  # what workers import for the first time
            pairs.append([sum(times[0]) / sum(times[1]), *(a / b for a, b in zip(*times, strict=True))])
            told = " ".join(f"{sum(each):6.2f} s" for each in times)
            print(f"load {os.getloadavg()[0]:4.1f}  {told}  × {pairs[-1][0]:.2f}", flush=True)
    for name, ratios in zip(("all", "ingest", "tiles", "measure"), zip(*pairs, strict=True), strict=True):
        print(f"{name:<8} best × {max(ratios):.2f}, median × {statistics.median(ratios):.2f}")


def memory() -> float:
    """Memory that this process holds now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def screen(plates: int, units: int) -> None:
    """Print memory, tasks at the scheduler and bytes of calls over a screen of units that cost nothing."""
    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address="127.0.0.1:0") as cluster,
        Client(cluster, set_as_default=False) as client,
        tempfile.TemporaryDirectory() as folder,
    ):

        def work() -> Iterator[Unit]:
            for plate in range(plates):
                for unit in range(units):
                    yield Unit(f"p{plate}-{unit}", f"{plate}", partial(abs, -unit))

        tasks, held, most, start = 0, 0, 0.0, time.perf_counter()
        step = max(1, plates * units // 10)
        made = run_on_cluster(client, methodcaller("payload"), work(), Path(folder))
        for ended, _ in enumerate(made, start=1):
            if ended % 50 == 0:
                now = list(cluster.scheduler.tasks.values())
                tasks, most = max(tasks, len(now)), max(most, memory())
                held = max(held, sum(len(one.run_spec.args[0]) for one in now if one.run_spec is not None))
            if ended % step == 0:
                took = time.perf_counter() - start
                print(f"{ended:8} units  {took:6.1f} s  {memory():6.0f} MB", flush=True)
    print(f"most: {most:.0f} MB, {tasks} tasks at the scheduler, {held / 1e6:.3f} MB of calls")


def main() -> None:
    """Measure both."""
    options = argparse.ArgumentParser()
    options.add_argument("--rounds", type=int, default=5)
    options.add_argument("--side", type=int, default=1024)
    options.add_argument("--plates", type=int, default=1000)
    options.add_argument("--units", type=int, default=96)
    asked = options.parse_args()
    if asked.rounds:
        processes(asked.rounds, asked.side)
    if asked.plates:
        screen(asked.plates, asked.units)


if __name__ == "__main__":
    main()
