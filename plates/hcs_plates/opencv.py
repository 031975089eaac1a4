"""OpenCV inside units of work: one thread each, and the user's own setting put back afterwards."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

import cv2

_lock = Lock()
_within: list[int] = []


@contextmanager
def one_thread() -> Iterator[None]:
    """Let OpenCV use one thread for as long as anybody is inside; also a decorator.

    The units are the parallelism: threads within OpenCV would only fight over the same cores. The setting is
    the process's, and a notebook in which hcs is imported has its own.

    Examples
    --------
    >>> before = cv2.getNumThreads()
    >>> with one_thread():
    ...     cv2.getNumThreads()
    1
    >>> cv2.getNumThreads() == before
    True
    """
    with _lock:
        _within.append(_within[0] if _within else cv2.getNumThreads())
        cv2.setNumThreads(1)
    try:
        yield
    finally:
        with _lock:
            before = _within.pop()
            if not _within:
                cv2.setNumThreads(before)
