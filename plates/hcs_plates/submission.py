"""Calls handed to a Dask scheduler a few at a time, so that a screen of any size is a small graph."""

import logging
import pickle
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import islice
from queue import Empty, SimpleQueue
from typing import Any
from uuid import uuid4

LOOK_S = 20.0
"""After how long without a result the workers are looked at again, seconds."""
SLOW_S = 600.0
"""After how long without a result it is told what is waited for, seconds; or 3 × the longest wait."""
AHEAD = 3
"""Calls that wait at the scheduler for each thread of its workers."""
LEAST = 64
"""Calls that wait at the least: clusters that grow with their work see by them that there is some."""
SHOWN = 3

Named = tuple[str, bytes, str | None]
"""What a call is named in sentences, its pickle, and the resource of workers that it prefers."""


class Submission:
    """Calls on their way through a scheduler: as many as its workers can begin soon, and no more.

    Parameters
    ----------
    client
        A `distributed.Client`.
    calls
        What is to be called, made as it is asked for.
    see_to_workers
        Called while nothing ends; raises where there is no worker any more.
    """

    def __init__(self, client: Any, calls: Iterator[Named], see_to_workers: Callable[[], None]) -> None:
        self._client, self._calls, self._see = client, calls, see_to_workers
        self._ended: SimpleQueue[Any] = SimpleQueue()
        self._names: dict[str, str] = {}
        self._futures: dict[str, Any] = {}
        self._room, self._resources = LEAST, frozenset[str]()

    def ended(self) -> Iterator[tuple[str, Any]]:
        """Give each call's name and its future when it has ended."""
        self._look()
        self._fill()
        since, longest, told = time.monotonic(), 0.0, 0.0
        while self._futures:
            try:
                future = self._ended.get(timeout=LOOK_S)
            except Empty:
                self._see()
                self._look()
                self._fill()
                waited = time.monotonic() - since
                if waited > max(SLOW_S, 3 * longest, 2 * told):
                    self._tell(waited)
                    told = waited
                continue
            longest, told = max(longest, time.monotonic() - since), 0.0
            since = time.monotonic()
            del self._futures[future.key]
            name = self._names.pop(future.key)
            self._fill()
            yield name, future

    def close(self) -> None:
        """Let go of what has not ended; the scheduler forgets it."""
        for future in self._futures.values():
            future.release()
        self._futures.clear()

    def _look(self) -> None:
        """See how many calls there is room for, and what the workers offer."""
        workers = self._client.scheduler_info(n_workers=-1)["workers"].values()
        self._room = max(LEAST, AHEAD * sum(worker["nthreads"] for worker in workers))
        self._resources = frozenset(name for worker in workers for name in worker.get("resources") or ())

    def _fill(self) -> None:
        """Hand over as many as there is room for."""
        for name, call, prefers in islice(self._calls, self._room - len(self._futures)):
            wanted = {prefers: 1} if prefers in self._resources else None
            # The scheduler keeps statistics for good of what keys begin with: few beginnings, small memory.
            key = f"unit-{name}-{uuid4().hex}"
            future = self._client.submit(pickle.loads, call, key=key, resources=wanted)
            self._names[key], self._futures[key] = name, future
            future.add_done_callback(self._ended.put)

    def _tell(self, waited: float) -> None:
        """Say what has been waited for this long, and on which workers."""
        begun: dict[str, str] = {}
        with suppress(OSError, TimeoutError):
            # Those behind the first that was handed over wait for it.
            held: dict[Any, str] = {
                key: worker for worker, keys in self._client.processing().items() for key in keys
            }
            for key, name in self._names.items():
                if key in held:
                    begun.setdefault(held[key], name)
        at = [f"{name} on {worker}" for worker, name in begun.items()]
        more = f" and {len(at) - SHOWN} more" if len(at) > SHOWN else ""
        logging.getLogger(__name__).warning(
            "No unit of work has ended for %.3g minutes; begun are %s%s. A worker that hangs can be stopped: "
            "its units go to others, and what is done is kept.",
            *(waited / 60, ", ".join(at[:SHOWN]) or "none that a worker names", more),
        )
