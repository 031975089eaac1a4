"""The log of a run: what was begun, which units ended when, and how it all ended, as JSON lines.

It is for people and for `hcs status`; nothing that is made depends on it. A line is appended whole, in one
write. A run that is killed leaves at most its last line cut, which readers skip.

Every line has ``time`` (UTC, ISO 8601) and ``event``:

* ``started``: command, hcs (version), host, pid, cores;
* ``step began``, ``step ended``: step;
* ``expected``: step, units (where several lists of units make one step);
* ``units``: step, units, skipped (by their receipt), workers, scheduler and dashboard where there are some;
* ``unit``: unit, seconds, worker; ``refused``: unit, sentence;
* ``finished``, ``interrupted``, or ``failed``: sentence.
"""

import json
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hcs_plates.errors import HcsError

LOG = "run.jsonl"
"""Name of the log: in a study's results, or where a thing lies until it is whole."""
ENDINGS = ("finished", "interrupted", "failed")

Event = dict[str, Any]


class RunLog:
    """A log that is written.

    A log that cannot be written stops no run: what the disk lacks the run's own files tell.

    Parameters
    ----------
    file
        What earlier runs left of it stays.
    """

    def __init__(self, file: Path) -> None:
        self.step = ""
        self._held = -1
        with suppress(OSError):
            self._held = os.open(file, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
            size = os.fstat(self._held).st_size
            if size and os.pread(self._held, 1, size - 1) != b"\n":
                # A killed run cut its last line: the next must not become a part of it.
                os.write(self._held, b"\n")

    def tell(self, event: str, **facts: Any) -> None:
        """Append a line; facts that are None are left out."""
        if self._held < 0:
            return
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        line = {"time": now, "event": event} | {name: it for name, it in facts.items() if it is not None}
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":")) + "\n"
        with suppress(OSError):
            # A name of a file that is no UTF-8 keeps its bytes as JSON's escapes.
            os.write(self._held, text.encode("utf-8", "backslashreplace"))

    def close(self) -> None:
        """Close the file."""
        if self._held >= 0:
            os.close(self._held)
            self._held = -1


_current: ContextVar[RunLog | None] = ContextVar("run log", default=None)


def is_logged() -> bool:
    """Whether what is done now is part of a run that has a log."""
    return _current.get() is not None


def tell(event: str, **facts: Any) -> None:
    """Append a line to the log of the run that this is part of; without one, nothing."""
    log = _current.get()
    if log is not None:
        log.tell(event, **facts)


def tell_expected(units: int) -> None:
    """Say how many units the present step will have in all, where they come in several lists."""
    log = _current.get()
    if log is not None:
        log.tell("expected", step=log.step, units=units)


def tell_begun(units: int, skipped: int, **where: Any) -> None:
    """Say that units of the present step begin, how many have a receipt already, and where they run."""
    log = _current.get()
    if log is not None:
        log.tell("units", step=log.step, units=units, skipped=skipped, **where)


@contextmanager
def logged(file: Path, command: str) -> Iterator[None]:
    """Keep the log of a run in a file, from here to the end of the block.

    Parameters
    ----------
    file
        The log.
    command
        What is run, such as ``study run``; also the name of its step where it has none of its own.
    """
    log = RunLog(file)
    log.step = command
    outer = _current.set(log)
    try:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
        who = {"host": socket.gethostname(), "pid": os.getpid(), "cores": cores}
        log.tell("started", command=command, hcs=version("hcs"), **who)
        yield
        log.tell("finished")
    except KeyboardInterrupt:
        log.tell("interrupted")
        raise
    except BaseException as error:
        said = error.message if isinstance(error, HcsError) else f"{type(error).__name__}: {error}"
        log.tell("failed", sentence=said)
        raise
    finally:
        _current.reset(outer)
        log.close()


@contextmanager
def in_step(name: str) -> Iterator[None]:
    """Give the step that a run is in its name; without a log, nothing."""
    log = _current.get()
    if log is None:
        yield
        return
    before, log.step = log.step, name
    log.tell("step began", step=name)
    try:
        yield
        log.tell("step ended", step=name)
    finally:
        log.step = before


def read_log(file: Path) -> list[Event]:
    """Read the events of a log, in order; a line that was cut is left out. Empty where there is no log."""
    events = []
    try:
        with file.open("rb") as stream:
            for line in stream:
                with suppress(ValueError, RecursionError):
                    event = json.loads(line)
                    if isinstance(event, dict) and {"time", "event"} <= event.keys():
                        events.append(event)
    except (FileNotFoundError, NotADirectoryError):
        return []
    return events
