"""A lock: while one run works in a place, a second is told so instead of working in it too."""

import fcntl
import json
import os
import socket
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

import psutil

from hcs_plates.errors import BusyError, PlaceError, system_reason

CLOCK_S = 60.0
"""By how much a clock that was set may part a process from the lock it took, seconds."""


@dataclass(frozen=True)
class Owner:
    """Who wrote into a lock that it is theirs.

    Parameters
    ----------
    host, pid
        The machine and its process.
    started
        When it took the lock, seconds since 1970.
    """

    host: str
    pid: int
    started: float

    @classmethod
    def of(cls, file: Path) -> Self | None:
        """Read whose a lock is, without touching it; None where there is none, or it does not say."""
        try:
            told = json.loads(file.read_bytes())
            return cls(str(told["host"]), int(told["pid"]), float(told["started"]))
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            return None

    def runs(self) -> bool | None:
        """Whether the process runs; None where that cannot be seen from this machine.

        A later process of the same number is another one.
        """
        if self.host != socket.gethostname():
            return None
        with suppress(psutil.NoSuchProcess, ValueError, OverflowError):
            process = psutil.Process(self.pid)
            try:
                if process.status() == psutil.STATUS_ZOMBIE:
                    return False
                return bool(process.create_time() <= self.started + CLOCK_S)
            except psutil.AccessDenied:
                return True
        return False


class Lock:
    """Keeps a second run out of a place, as a context manager.

    The system lets go of the lock when the process ends, however it ends: a killed run leaves a file behind
    and no lock. Only where the run was one of another machine can that not be seen from here; then the file
    has to be removed by hand.

    Parameters
    ----------
    file
        The lock; it says whose it is.
    place
        What it keeps, for the sentence.

    Raises
    ------
    BusyError
        Another run holds it.
    PlaceError
        It cannot be written.
    """

    def __init__(self, file: Path, place: Path) -> None:
        self.file = file
        self.place = place
        self._held = -1

    def __enter__(self) -> Self:
        while True:
            try:
                held = os.open(self.file, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
            except OSError as error:
                raise PlaceError(f"{self.place} cannot be written: {system_reason(error)}.") from error
            try:
                self._take(held)
                # Whoever held it may have removed the file between the two calls: then this is no lock.
                if _is_open(self.file, held):
                    self._write(held)
                    self._held = held
                    return self
            except BaseException:
                os.close(held)
                raise
            os.close(held)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # A folder that was replaced has taken its lock along.
        if _is_open(self.file, self._held):
            self.file.unlink()
        os.close(self._held)

    def _take(self, held: int) -> None:
        """Lock the open file, or say who has."""
        owner = _owner(held)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BusyError(f"{self._said(owner)}; wait until it has ended, or stop it.") from None
        if owner.get("host") not in (None, socket.gethostname()):
            raise BusyError(
                f"{self._said(owner)}. Whether it still runs cannot be seen from this machine: if it has "
                f"ended, remove {self.file} and run this again."
            )

    def _said(self, owner: dict[str, str | int | float]) -> str:
        if not owner:
            return f"Another run is working in {self.place}"
        started = float(owner["started"])
        when = time.strftime("%Y-%m-%d %H:%M", time.localtime(started))
        minutes = max(0, round((time.time() - started) / 60))
        age = f"{minutes} minutes" if minutes < 120 else f"{minutes // 60} hours"
        who = f"process {owner['pid']} on {owner['host']}"
        return f"Another run is working in {self.place} ({who}, since {when}, {age} ago)"

    def _write(self, held: int) -> None:
        owner = {"host": socket.gethostname(), "pid": os.getpid(), "started": time.time()}
        os.ftruncate(held, 0)
        os.pwrite(held, json.dumps(owner).encode(), 0)


def is_held(file: Path) -> bool:
    """Whether a run holds a lock; nothing is written, and the lock is let go of at once."""
    try:
        asked = os.open(file, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(asked, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(asked)
    return False


def _is_open(file: Path, held: int) -> bool:
    """Whether the file of that name is the one that is open."""
    try:
        return os.path.samestat(file.stat(), os.fstat(held))
    except FileNotFoundError:
        return False


def _owner(held: int) -> dict[str, str | int | float]:
    """Read whose lock it is; nothing where it does not say."""
    try:
        told = json.loads(os.pread(held, 4096, 0))
        return {name: told[name] for name in ("host", "pid", "started")}
    except (ValueError, KeyError, TypeError):
        return {}
