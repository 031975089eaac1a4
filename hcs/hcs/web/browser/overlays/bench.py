"""Slow work for many askers: one piece at a time, the newest first, and none that nobody waits for.

Everything but the work itself happens on the event loop, so nothing here needs a lock.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial
from typing import Any

from hcs_plates.errors import BusyError

WAITING = 4
"""Pieces that may wait: two fields side by side, and those just left."""
LOOK_S = 0.2
"""How often it is looked whether somebody still waits."""


@dataclass
class _Piece:
    """One piece of work, and how many wait for it."""

    work: Callable[[], Any]
    done: "asyncio.Future[Any]"
    askers: int = 0


class Bench:
    """Does pieces of work, each once however many ask for it at the same time.

    Parameters
    ----------
    executor
        Where the work is done.
    at_once
        Pieces that are worked on at a time.
    """

    def __init__(self, executor: Executor, at_once: int = 1) -> None:
        self._executor = executor
        self._at_once = at_once
        self._working: dict[Hashable, _Piece] = {}
        self._waiting: OrderedDict[Hashable, _Piece] = OrderedDict()

    def __len__(self) -> int:
        """Pieces that are worked on or wait."""
        return len(self._working) + len(self._waiting)

    async def done(self, name: Hashable, work: Callable[[], Any], left: Callable[[], Awaitable[bool]]) -> Any:
        """Have work done, and wait for it.

        Parameters
        ----------
        name
            What the work is: of the same name it is done once.
        work
            Runs in the executor.
        left
            Whether who asked has gone.

        Raises
        ------
        BusyError
            Who asked has gone before it was done, or newer work took its place; beside what the work raises.
        """
        piece = self._working.get(name) or self._waiting.pop(name, None)
        if piece is None:
            piece = _Piece(work, asyncio.get_running_loop().create_future())
        if name not in self._working:
            # At the end, whoever asked first: what was asked for last is what is looked at.
            self._waiting[name] = piece
        piece.askers += 1
        self._begin()
        try:
            while not (await asyncio.wait({piece.done}, timeout=LOOK_S))[0]:
                if await left():
                    raise BusyError("Nobody waits for this any more.")
            return piece.done.result()
        finally:
            piece.askers -= 1
            if not piece.askers and self._waiting.get(name) is piece:
                del self._waiting[name]

    def _begin(self) -> None:
        """Take up the newest work as far as there is room, and let go of the oldest that is too much."""
        while self._waiting and len(self._working) < self._at_once:
            name, piece = self._waiting.popitem()
            self._working[name] = piece
            running = asyncio.get_running_loop().run_in_executor(self._executor, piece.work)
            running.add_done_callback(partial(self._end, name))
        while len(self._waiting) > WAITING:
            _, dropped = self._waiting.popitem(last=False)
            dropped.done.set_exception(
                BusyError("Newer fields were asked for meanwhile; ask for this again.")
            )

    def _end(self, name: Hashable, ended: "asyncio.Future[Any]") -> None:
        """Tell who waits, and go on."""
        piece = self._working.pop(name)
        error = ended.exception()
        if not piece.done.done():
            if error is None:
                piece.done.set_result(ended.result())
            else:
                piece.done.set_exception(error)
        # Read here, so that an error that nobody waits for any more is not reported as lost.
        piece.done.exception()
        self._begin()
