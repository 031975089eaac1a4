"""Where long steps run."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from hcs.cli import workers as cluster
from hcs.cli.workers import connect
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export


def test_threads_by_default() -> None:
    """Without a scheduler or workers there is no client."""
    with connect() as client:
        assert client is None


@pytest.mark.parametrize(
    ("scheduler", "workers", "words"),
    [
        ("tcp://127.0.0.1:1", 2, "not both"),
        (None, 0, "fewer than one"),
        ("nonsense://x", None, r"No Dask scheduler answers at .* \(unknown address scheme 'nonsense'"),
        ("localhost", None, r"No Dask scheduler answers at 'localhost' \(missing port number"),
        ("tcp://127.0.0.1:1", None, r"No Dask scheduler answers at 'tcp://127.0.0.1:1' \(Timed out"),
        ("127.0.0.1:99999", None, r"No Dask scheduler answers at '127.0.0.1:99999' \(Timed out"),
        ("tls://127.0.0.1:1", None, r"No Dask scheduler answers at 'tls://127.0.0.1:1' \(TLS expects"),
    ],
)
def test_refusals(
    scheduler: str | None, workers: int | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Settings and addresses that cannot be are refused in a sentence."""
    monkeypatch.setattr(cluster, "ANSWER_S", 0.3)
    with pytest.raises(ArgumentError, match=words), connect(scheduler, workers):
        pass


def test_something_else_listens_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that never answers as Dask does is not waited for longer than a scheduler."""
    monkeypatch.setattr(cluster, "ANSWER_S", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ArgumentError, match=f"What answers at '{address}' is no"), connect(address):
            pass


def test_a_running_scheduler(
    two_workers: Any, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A scheduler that is already running is used, and left running; its dashboard is named if it has one."""
    monkeypatch.setattr(cluster, "dashboard", lambda client: f"http://of/{client.scheduler.address[-5:]}")
    with connect(two_workers.scheduler.address) as client:
        assert client.submit(sum, [1, 2]).result() == 3
    assert capsys.readouterr().err == f"dashboard: http://of/{two_workers.scheduler.address[-5:]}\n"
    monkeypatch.setattr(cluster, "dashboard", lambda _: None)
    with connect(two_workers.scheduler.address):
        assert capsys.readouterr().err == ""
    assert two_workers.submit(sum, [3, 4]).result() == 7


def test_a_workers_address(two_workers: Any) -> None:
    """The address of a worker is not that of its scheduler."""
    worker = next(iter(two_workers.nthreads()))
    with pytest.raises(ArgumentError, match=f"At '{worker}' is a Dask Worker"), connect(worker):
        pass


@pytest.mark.faults
def test_interrupted_worker_processes(tmp_path: Path) -> None:
    """Ctrl-C reaches the workers too: the command ends with 130, no traceback, and goes on the next time."""
    spec = ExperimentSpec(
        clones_per_class=4, wells_per_clone=2, fields_per_well=16, field=FieldSpec(height=384, width=384)
    )
    (export,) = simulate_export(tmp_path / "export", spec)
    words = [
        sys.executable,
        "-c",
        "from hcs.cli import main; main()",
        "ingest",
        str(export),
        "--out",
        "P.ome.zarr",
    ]
    process = subprocess.Popen(
        [*words, "--workers", "2"], cwd=tmp_path, stderr=subprocess.PIPE, text=True, start_new_session=True
    )
    receipts, end = tmp_path / ".P.ome.zarr.partial" / ".receipts", time.monotonic() + 120
    while time.monotonic() < end and not any(receipts.glob("*-*.json")):
        time.sleep(0.002)
    os.killpg(process.pid, signal.SIGINT)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert "Warning" not in said
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P.ome.zarr", "export"]
