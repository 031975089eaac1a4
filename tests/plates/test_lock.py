"""One run at a time in a place, and no lock that outlives its run."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from hcs_plates.errors import BusyError, PlaceError
from hcs_plates.lock import Lock, Owner

HOLD = """
import sys, time
from pathlib import Path
from hcs_plates.lock import Lock
with Lock(Path(sys.argv[1]), Path("place")):
    print("held", flush=True)
    time.sleep(60)
"""


def test_held_and_let_go(tmp_path: Path) -> None:
    """A second is refused while the first holds it, whoever it is; afterwards nothing is left."""
    file = tmp_path / ".x.lock"
    with Lock(file, tmp_path):
        assert json.loads(file.read_text())["pid"] == os.getpid()
        with pytest.raises(BusyError, match="wait until it has ended"), Lock(file, tmp_path):
            pass
        assert file.exists()
    assert not file.exists()
    with Lock(file, tmp_path):
        pass


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    """Another process's lock is seen, with whose it is; killed, it is gone at once, its file or not."""
    file = tmp_path / ".x.lock"
    process = subprocess.Popen([sys.executable, "-c", HOLD, str(file)], stdout=subprocess.PIPE)
    assert process.stdout is not None
    process.stdout.readline()
    owner = Owner.of(file)
    assert owner is not None
    assert (owner.pid, owner.runs()) == (process.pid, True)
    words = rf"working in place \(process {process.pid} on {socket.gethostname()}, since .*, 0 minutes ago\)"
    with pytest.raises(BusyError, match=words), Lock(file, Path("place")):
        pass
    process.send_signal(signal.SIGKILL)
    while process.poll() is None:
        time.sleep(0.01)
    assert owner.runs() is False
    process.stdout.close()
    assert file.exists()
    with Lock(file, Path("place")):
        pass
    assert not file.exists()


def test_a_run_on_another_machine_is_not_guessed_about(tmp_path: Path) -> None:
    """Its age is told, and what to remove."""
    file = tmp_path / ".x.lock"
    file.write_text(json.dumps({"host": "node17", "pid": 4, "started": time.time() - 3 * 3600}))
    with (
        pytest.raises(BusyError, match=rf"on node17, since .*, 3 hours ago\).*remove {file}"),
        Lock(file, tmp_path),
    ):
        pass
    assert file.exists()


def test_who_is_seen_to_run() -> None:
    """Not a process that began after the lock was taken, and of another machine nothing is known."""
    here, now = socket.gethostname(), time.time()
    assert Owner(here, os.getpid(), now).runs() is True
    assert Owner(here, os.getpid(), now - 10 * 24 * 3600).runs() is False
    assert Owner("node17", os.getpid(), now).runs() is None
    assert Owner(here, -1, now).runs() is False


@pytest.mark.parametrize("content", ["", "{", "[]", '{"host": 3}'])
def test_a_damaged_lock_is_no_lock(content: str, tmp_path: Path) -> None:
    """A kill between making the file and writing it."""
    file = tmp_path / ".x.lock"
    file.write_text(content)
    assert Owner.of(file) is None
    with Lock(file, tmp_path):
        pass
    assert not file.exists()


def test_a_lock_that_went_with_its_folder(tmp_path: Path) -> None:
    """A folder that is replaced takes its lock along; the lock of the new one is left alone."""
    folder = tmp_path / "R"
    folder.mkdir()
    with Lock(folder / ".lock", folder):
        folder.rename(tmp_path / "old")
        folder.mkdir()
        (folder / ".lock").write_text("another's")
    assert (folder / ".lock").read_text() == "another's"


def test_where_nothing_can_be_written(tmp_path: Path) -> None:
    """One sentence."""
    with (
        pytest.raises(PlaceError, match="cannot be written: it is not there"),
        Lock(tmp_path / "no/.lock", tmp_path),
    ):
        pass
