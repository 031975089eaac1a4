"""Calls on a Dask cluster: which workers are refused, and what is said when workers or scheduler go."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from functools import partial
from importlib.metadata import version
from operator import methodcaller
from pathlib import Path
from typing import Any

import pytest

from hcs_plates import cluster, submission
from hcs_plates.cluster import Terms, active_client, run_on_cluster, source_digest
from hcs_plates.errors import ArgumentError, ClusterError
from hcs_plates.units import Unit

NO_HCS = "import sys\nfor name in ('hcs', 'hcs_models', 'hcs_plates'): sys.modules[name] = None\n"
OTHER_HCS = "import hcs_plates.cluster\nhcs_plates.cluster.source_digest = lambda: 'other'\n"
WORKER = """
import sys
from distributed.cli.dask_worker import main
sys.argv = ["dask worker", *sys.argv[1:]]
main()
"""
Start = Callable[..., subprocess.Popen[bytes]]
MADE = methodcaller("payload")


def calls(function: Callable[..., Any], *given: Any) -> list[Unit]:
    """Make units that call a function which every worker has."""
    return [Unit(f"u{place}", "", partial(function, one)) for place, one in enumerate(given)]


def terms(here: Path, **changes: Any) -> Terms:
    """Describe this process, changed."""
    return replace(Terms(version("hcs"), source_digest(), here, 0.2), **changes)


@pytest.mark.parametrize(
    ("changes", "fault"),
    [
        ({}, None),
        ({"version": "0.0.9"}, "and not 0.0.9, as here"),
        ({"sources": "other"}, "whose source files are not those here"),
        ({"mark": Path("/nowhere/x")}, "does not see the folder /nowhere"),
    ],
)
def test_what_a_worker_must_have(tmp_path: Path, changes: dict[str, Any], fault: str | None) -> None:
    """The same version, the same source files, the same folder; what is not so is said."""
    (tmp_path / "mark").touch()
    said = terms(tmp_path / "mark", **changes).fault()
    assert said is None if fault is None else fault in str(said)


def test_a_changed_source_file_is_another_version(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The digest sees content and names of source files, wherever the package lies."""
    monkeypatch.setattr(cluster, "PACKAGES", ("a_package",))
    found = []
    copies = {"a": ("m", "x = 1"), "b": ("m", "x = 1"), "c": ("m", "x = 2"), "d": ("n", "x = 1")}
    for folder, (name, content) in copies.items():
        package = tmp_path / folder / "a_package"
        package.mkdir(parents=True)
        (package / "__init__.py").touch()
        (package / f"{name}.py").write_text(content)
        with monkeypatch.context() as patched:
            patched.syspath_prepend(tmp_path / folder)
            found.append(source_digest.__wrapped__())
    assert found[0] == found[1]
    assert len(set(found)) == 3


def test_results_come_from_workers_elsewhere(two_workers: Any, tmp_path: Path) -> None:
    """Workers of the same code make the calls; no trace of the looking over is left."""
    made = run_on_cluster(two_workers, MADE, calls(abs, -1, -2, -3), tmp_path)
    assert sorted(made) == [1, 2, 3]
    assert list(tmp_path.iterdir()) == []
    assert Path.cwd() not in two_workers.run(Path.cwd).values()


def test_a_worker_that_joins_later_is_held_to_the_same(two_workers: Any, tmp_path: Path) -> None:
    """Every call carries what its worker must have; the sentence names the worker."""
    other = terms(tmp_path, version="0.0.9")
    with pytest.raises(
        ClusterError, match=r"tcp://\S+ has hcs \S+ and not 0.0.9, as here. Give every worker"
    ):
        two_workers.submit(cluster._work, other, abs, -1).result()


def without_end(depth: int) -> int:
    """Call itself."""
    return without_end(depth + 1)


def test_a_fault_far_down_is_raised(two_workers: Any, tmp_path: Path) -> None:
    """A traceback too deep to travel is cut, and the innermost frame is told; nobody waits for ever."""
    with pytest.raises(RecursionError) as fault:
        list(run_on_cluster(two_workers, MADE, calls(without_end, 0), tmp_path))
    assert fault.traceback[-1].name == "without_end"


def test_no_worker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> None:
    """It is told at once that there is none; after the stated time the run is given up."""
    from distributed import Client, LocalCluster

    monkeypatch.setattr(cluster, "WITHOUT_WORKERS_S", 0.3)
    with (
        LocalCluster(n_workers=0, processes=False, dashboard_address="127.0.0.1:0") as empty,
        Client(empty, set_as_default=False) as client,
        pytest.raises(
            ClusterError, match=r"No worker joined .* within 0.005 minutes. Start some with `dask worker"
        ),
    ):
        list(run_on_cluster(client, MADE, calls(abs, -1), tmp_path))
    assert "has no worker; waiting up to 0.005 minutes" in caplog.text
    with pytest.raises(ArgumentError, match="The Dask client is closed"):
        list(run_on_cluster(client, MADE, calls(abs, -1), tmp_path))


def test_the_current_client(two_workers: Any) -> None:
    """Only a client that was made the current one is found."""
    assert active_client() is None
    with two_workers.as_current():
        assert active_client() is two_workers


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Start workers of a scheduler, each a process in a folder of its own."""
    with ExitStack() as stack:

        def worker(address: str, before: str = "") -> subprocess.Popen[bytes]:
            folder = tmp_path / "workers"
            folder.mkdir(exist_ok=True)
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-c",
                    before + WORKER,
                    address,
                    "--no-nanny",
                    "--nthreads",
                    "1",
                    "--no-dashboard",
                ],
                cwd=folder,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            stack.callback(process.wait)
            stack.callback(process.kill)
            return process

        yield worker


@pytest.fixture
def lone_scheduler() -> Iterator[Any]:
    """Client of a scheduler without workers, which gives a call up when its first worker dies."""
    import dask
    from distributed import Client, LocalCluster

    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        LocalCluster(n_workers=0, host="127.0.0.1", dashboard_address="127.0.0.1:0") as empty,
        Client(empty, set_as_default=False) as client,
    ):
        yield client


@pytest.mark.slow
def test_unfit_workers_are_named(
    lone_scheduler: Any, start: Start, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Workers without hcs, with another one, or that do not see the folder: one sentence, within 15 s."""
    monkeypatch.setattr(cluster, "APPEARS_S", 1.0)
    monkeypatch.chdir(tmp_path)
    address = lone_scheduler.scheduler.address
    for before in (NO_HCS, OTHER_HCS, ""):
        start(address, before)
    lone_scheduler.wait_for_workers(3, timeout=60)
    # What this path means depends on who asks: a folder that is not shared.
    own = Path("/proc/self/cwd/receipts")
    own.mkdir()
    begun = time.monotonic()
    with pytest.raises(ClusterError) as refused:
        list(run_on_cluster(lone_scheduler, MADE, calls(abs, -1), own))
    assert time.monotonic() - begun < 15
    for fault in (
        "cannot import what the work needs",
        "whose source files are not those here",
        "does not see the folder",
    ):
        assert f" {fault}" in str(refused.value)
    assert all(worker in str(refused.value) for worker in lone_scheduler.nthreads())


@pytest.mark.slow
def test_a_worker_without_hcs_joins_later(lone_scheduler: Any, start: Start, tmp_path: Path) -> None:
    """A run that began on good workers is refused by the first bad one that takes a call; it is named."""
    address = lone_scheduler.scheduler.address
    start(address)
    lone_scheduler.wait_for_workers(1, timeout=60)
    made = run_on_cluster(lone_scheduler, MADE, calls(time.sleep, *[0.2] * 200), tmp_path)
    next(made)
    start(address, NO_HCS)
    with pytest.raises(ClusterError, match=r"tcp://\S+ cannot import what the work needs"):
        list(made)


@pytest.mark.slow
def test_workers_that_die_and_workers_that_leave(
    lone_scheduler: Any, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is killed at a call is said to have lacked memory; one that leaves is waited for."""
    monkeypatch.setattr(cluster, "WITHOUT_WORKERS_S", 0.5)
    monkeypatch.setattr(submission, "LOOK_S", 0.5)
    address = lone_scheduler.scheduler.address
    start(address)
    lone_scheduler.wait_for_workers(1, timeout=60)
    with pytest.raises(ClusterError, match=r"1 Dask worker died while working on u0, .* memory ran out"):
        list(run_on_cluster(lone_scheduler, MADE, calls(signal.raise_signal, signal.SIGKILL), tmp_path))
    lone_scheduler.cluster.scheduler.allowed_failures = 3
    leaving = start(address)
    lone_scheduler.wait_for_workers(1, timeout=60)
    made = run_on_cluster(lone_scheduler, MADE, calls(time.sleep, *[0.1] * 200), tmp_path)
    next(made)
    leaving.kill()
    with pytest.raises(ClusterError, match="No worker joined"):
        list(made)


@pytest.mark.slow
def test_a_lost_scheduler(start: Start, tmp_path: Path) -> None:
    """It is said at once that the scheduler is gone, and that what is done is kept."""
    from distributed import Client

    shared = tmp_path / "scheduler.json"
    words = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(shared)]
    scheduler = subprocess.Popen(
        [sys.executable, "-c", WORKER.replace("worker", "scheduler"), *words], stderr=subprocess.DEVNULL
    )
    try:
        with Client(scheduler_file=str(shared), timeout=60, set_as_default=False) as client:
            start(client.scheduler.address)
            client.wait_for_workers(1, timeout=60)
            made = run_on_cluster(client, MADE, calls(time.sleep, *[0.1] * 200), tmp_path)
            next(made)
            scheduler.kill()
            begun = time.monotonic()
            with pytest.raises(ClusterError, match=r"The Dask scheduler at tcp://\S+ was lost .* is kept"):
                list(made)
            assert time.monotonic() - begun < 15
    finally:
        scheduler.kill()
        scheduler.wait()
