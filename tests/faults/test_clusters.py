"""Clusters whose workers and schedulers die, hang, leave and come: the same plate, and nothing done twice."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.faults.commands import hcs
from tests.faults.kills import contents
from tests.faults.noise import ingest_words, noise_export

from hcs.measure.fields import channel_spec
from hcs.measure.measurements import measure_plate
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.staging import RECEIPTS, staging_path
from hcs_plates.storedfield import field_path
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

pytestmark = pytest.mark.faults

SLOW = """
import time
import hcs_plates.ingestion as ingestion
if ingestion.write_field.__name__ != "slow":
    write_field = ingestion.write_field
    def slow(*words):
        time.sleep(0.05)
        return write_field(*words)
    ingestion.write_field = slow
"""
"""Run in a worker, so that there is time to disturb it."""
DASK = "import sys; from distributed.cli.dask_{} import main; sys.argv = ['dask', *sys.argv[1:]]; main()"
PATIENCE = 60
Step = tuple[int, Callable[[], object]]
"""After so many receipts, what is done to the cluster."""


@pytest.fixture(scope="module")
def export(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """An export of 120 fields."""
    return noise_export(tmp_path_factory.mktemp("clusters") / "export", wells=40, fields=3)


@pytest.fixture(scope="module")
def whole(export: Export, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Every file of its plate, as threads make it."""
    return contents(ingest(export, tmp_path_factory.mktemp("whole") / "P.ome.zarr").path)


@contextmanager
def processes(workers: int, **options: Any) -> Iterator[Any]:
    """Start a cluster of worker processes that are slow, each with a nanny."""
    from distributed import Client, LocalCluster

    options = {"threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "preload": SLOW, **options}
    with (
        LocalCluster(n_workers=workers, **options) as cluster,
        Client(cluster, set_as_default=False) as client,
    ):
        yield client


def receipted(out: Path) -> dict[str, int]:
    """When each field's pixels were written of whom there is a receipt, by its place in the plate."""
    staged = staging_path(out)
    names = [path.stem.split("-") for path in (staged / RECEIPTS).glob("*-*.json")]
    places = [field_path(well, int(number)) for well, number in names]
    return {place: _written(staged / "whole" / place) for place in places}


def _written(field: Path) -> int:
    return max(file.stat().st_mtime_ns for file in field.rglob("c/**/*") if file.is_file())


def wait_for(met: Callable[[], object], what: str) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE
    while not met():
        assert time.monotonic() < end, f"waited {PATIENCE} s for {what}"
        time.sleep(0.005)


class Disturbed(threading.Thread):
    """Does something to a cluster each time that so many more units have ended."""

    def __init__(self, out: Path, *steps: Step) -> None:
        super().__init__(daemon=True)
        self.out, self.steps, self.done = out, steps, 0
        self.seen: dict[str, int] = {}

    def run(self) -> None:
        """Wait and act."""
        for receipts, act in self.steps:
            wait_for(partial(self._has, receipts), f"{receipts} receipts")
            self.seen = receipted(self.out) | self.seen
            act()
            self.done += 1

    def _has(self, receipts: int) -> bool:
        return len(receipted(self.out)) >= receipts

    def check(self) -> None:
        """All was done, and no field that had its receipt by then was written again."""
        self.join(PATIENCE)
        assert self.done == len(self.steps)
        assert {place: _written(self.out / place) for place in self.seen} == self.seen


def ingest_disturbed(
    export: Export, out: Path, client: Any, *steps: tuple[int, Callable[[], object]]
) -> None:
    """Ingest on a cluster that is disturbed."""
    disturbed = Disturbed(out, *steps)
    disturbed.start()
    ingest(export, out, client=client)
    disturbed.check()


def test_a_worker_killed_twice(export: Export, whole: dict[str, str], tmp_path: Path) -> None:
    """Its nanny starts it again each time; the plate is the same."""
    pids: list[int] = []

    def kill() -> None:
        # The one before is still listed until it is missed.
        wait_for(lambda: set(client.run(os.getpid).values()) - set(pids), "the next worker")
        pids.extend(set(client.run(os.getpid).values()) - set(pids))
        os.kill(pids[-1], signal.SIGKILL)

    with processes(1) as client:
        ingest_disturbed(export, tmp_path / "P.ome.zarr", client, (10, kill), (30, kill))
    assert len(pids) == 2
    assert contents(tmp_path / "P.ome.zarr") == whole
    assert [path.name for path in tmp_path.iterdir()] == ["P.ome.zarr"]


@contextmanager
def scheduler(folder: Path, workers: int = 1) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Start a scheduler and slow workers without a nanny; give its address, and the processes, it first."""
    shared, slow = folder / "scheduler.json", folder / "slow.py"
    shared.unlink(missing_ok=True)
    slow.write_text(SLOW)
    settings = {"PYTHONPATH": os.pathsep.join(sys.path), "DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL": "3s"}
    running = []

    def start(what: str, *words: str) -> None:
        program = [
            sys.executable,
            "-c",
            DASK.format(what),
            "--scheduler-file",
            str(shared),
            "--dashboard-address",
            "127.0.0.1:0",
        ]
        null = subprocess.DEVNULL
        running.append(
            subprocess.Popen(
                [*program, *words], cwd=folder, env=os.environ | settings, stdout=null, stderr=null
            )
        )

    try:
        start("scheduler", "--host", "127.0.0.1", "--port", "0")
        wait_for(shared.exists, "the scheduler")
        for _ in range(workers):
            start("worker", "--no-nanny", "--nthreads", "1", "--preload", str(slow))
        yield json.loads(shared.read_text())["address"], running
    finally:
        for process in running:
            process.kill()
            process.wait()


def test_a_worker_that_hangs(export: Export, whole: dict[str, str], tmp_path: Path) -> None:
    """Once the scheduler misses it its units go to the other; when it wakes, it spoils nothing."""
    from distributed import Client

    (tmp_path / "made").mkdir()
    out = tmp_path / "made" / "P.ome.zarr"
    with scheduler(tmp_path, 2) as (address, running), Client(address, set_as_default=False) as client:
        client.wait_for_workers(2, timeout=PATIENCE)
        ingest_disturbed(export, out, client, (20, lambda: running[1].send_signal(signal.SIGSTOP)))
        assert len(client.scheduler_info()["workers"]) == 1
        assert contents(out) == whole
        running[1].send_signal(signal.SIGCONT)
        with suppress(subprocess.TimeoutExpired):
            running[1].wait(5)
    assert contents(out) == whole
    assert [path.name for path in out.parent.iterdir()] == ["P.ome.zarr"]


def test_workers_that_leave_and_join(export: Export, whole: dict[str, str], tmp_path: Path) -> None:
    """A cluster that grows from nothing, shrinks and grows again while it is worked on."""
    with processes(0) as client:
        adapt = client.cluster.adapt
        adapt(minimum=0, maximum=2, interval="100ms")
        shrink, grow = lambda: adapt(maximum=1, interval="100ms"), lambda: adapt(minimum=2, interval="100ms")
        ingest_disturbed(export, tmp_path / "P.ome.zarr", client, (30, shrink), (60, grow))
    assert contents(tmp_path / "P.ome.zarr") == whole


def test_a_scheduler_that_is_lost(export: Export, whole: dict[str, str], tmp_path: Path) -> None:
    """One sentence; on a new scheduler the same command goes on, and does nothing twice."""
    out, folder = tmp_path / "made" / "P.ome.zarr", tmp_path / "cluster"
    folder.mkdir()
    with scheduler(folder) as (address, running):
        disturbed = Disturbed(out, (20, running[0].kill))
        disturbed.start()
        lost = hcs(*ingest_words(export, out), "--scheduler", address)
        disturbed.join()
    assert lost.returncode == 2
    assert "The Dask scheduler at" in lost.stderr.splitlines()[-1]
    assert "Traceback" not in lost.stderr
    assert not out.exists()
    assert len(disturbed.seen) >= 20
    with scheduler(folder) as (address, _):
        again = hcs(*ingest_words(export, out), "--scheduler", address)
    assert (again.returncode, contents(out)) == (0, whole)
    disturbed.check()


def test_the_same_on_threads_and_any_number_of_processes(tmp_path: Path) -> None:
    """Plate, tiles and measurements are the same files, byte by byte."""
    export = noise_export(tmp_path / "export", wells=8, fields=2)

    def made(place: Path, client: Any) -> dict[str, str]:
        plate = ingest(export, place / "P.ome.zarr", client=client)
        create_tiles([plate], place / "tiles", TileSpec(32, 2), client=client)
        measure_plate(plate, channel_spec(plate, None, "DAPI"), place / "M", client=client)
        return contents(place)

    threads = made(tmp_path / "threads", None)
    with processes(1, preload="") as client:
        for workers in (1, 2, 4):
            client.cluster.scale(workers)
            client.wait_for_workers(workers, timeout=PATIENCE)
            assert made(tmp_path / str(workers), client) == threads, workers
