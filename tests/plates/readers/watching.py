"""Which files a scan opens, and an end for one that hangs."""

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

LONGEST = 20
"""Seconds that the scan of a small export may take before it counts as one that hangs."""
MOST_WORDS = 90
"""Of a sentence that refuses an export."""

_opened: list[str] | None = None


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _opened is not None and event == "open" and isinstance(arguments[0], str | bytes | os.PathLike):
        _opened.append(os.fsdecode(arguments[0]))


sys.addaudithook(_watch)


@contextmanager
def watched(folder: Path) -> Iterator[list[str]]:
    """List files that are opened outside of a folder and of Python's own, and end what hangs."""
    global _opened
    outside: list[str] = []

    def hangs(_: int, frame: FrameType | None) -> None:
        raise TimeoutError(f"{LONGEST} s in {frame}")

    before = signal.signal(signal.SIGALRM, hangs)
    signal.alarm(LONGEST)
    _opened = []
    try:
        yield outside
    finally:
        opened, _opened = _opened, None
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
        inside = (str(folder), sys.prefix, sys.base_prefix, "/proc", "/sys", "/dev", "/usr", "/etc/localtime")
        places = {os.path.realpath(one) for one in opened if not one.isdigit()}
        outside += sorted(one for one in places if not one.startswith(inside) and "hcs_plates" not in one)
