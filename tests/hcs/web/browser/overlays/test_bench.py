"""Slow work: once for all who ask, the newest first, and nothing that nobody waits for."""

import asyncio
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from hcs.web.browser.overlays.bench import WAITING, Bench
from hcs_plates.errors import BusyError


class Works:
    """Work that waits for leave, and keeps what was begun."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.leave = threading.Event()

    def of(self, number: int) -> Callable[[], int]:
        """Give one piece."""

        def work() -> int:
            self.begun.append(number)
            assert self.leave.wait(10)
            return number

        return work


async def stays() -> bool:
    """Somebody who waits."""
    return False


async def leaves() -> bool:
    """Somebody who has gone."""
    return True


async def begun(works: Works, number: int) -> None:
    """Wait until so many pieces were begun."""
    until = time.monotonic() + 10
    while len(works.begun) < number and time.monotonic() < until:
        await asyncio.sleep(0.01)
    assert len(works.begun) == number


def test_work_is_done_once_for_all_who_ask() -> None:
    """Ten who ask for the same at the same time get the same, of one piece of work."""

    async def run(pool: ThreadPoolExecutor) -> None:
        bench, works = Bench(pool), Works()
        asked = [asyncio.create_task(bench.done("a", works.of(1), stays)) for _ in range(10)]
        await begun(works, 1)
        works.leave.set()
        assert await asyncio.gather(*asked) == [1] * 10
        assert works.begun == [1]
        assert len(bench) == 0

    with ThreadPoolExecutor(4) as pool:
        asyncio.run(run(pool))


def test_the_newest_is_next_and_the_oldest_goes() -> None:
    """Who hurries through ten fields waits for the one in work and the last: the oldest are let go."""

    async def run(pool: ThreadPoolExecutor) -> None:
        bench, works = Bench(pool), Works()
        asked = []
        for number in range(10):
            asked.append(asyncio.create_task(bench.done(number, works.of(number), stays)))
            await asyncio.sleep(0)
        await begun(works, 1)
        assert len(bench) == 1 + WAITING
        works.leave.set()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [one for one in answers if not isinstance(one, BusyError)] == [0, 6, 7, 8, 9]
        assert works.begun == [0, 9, 8, 7, 6]

    with ThreadPoolExecutor(4) as pool:
        asyncio.run(run(pool))


def test_what_nobody_waits_for_is_not_begun() -> None:
    """Who has gone takes the piece along, unless another waits for it; what is in work comes to its end."""

    async def run(pool: ThreadPoolExecutor) -> None:
        bench, works = Bench(pool), Works()
        first = asyncio.create_task(bench.done(0, works.of(0), leaves))
        await begun(works, 1)
        gone = asyncio.create_task(bench.done(1, works.of(1), leaves))
        shared = [asyncio.create_task(bench.done(2, works.of(2), how)) for how in (leaves, stays)]
        for task in (first, gone, shared[0]):
            with pytest.raises(BusyError, match="Nobody waits"):
                await task
        assert len(bench) == 2
        works.leave.set()
        assert await shared[1] == 2
        assert works.begun == [0, 2]

    with ThreadPoolExecutor(4) as pool:
        asyncio.run(run(pool))


def test_an_error_is_told_and_the_next_goes_on() -> None:
    """To everybody who waits; nothing stays behind."""

    def fails() -> None:
        raise BusyError("Another run works on it.")

    async def run(pool: ThreadPoolExecutor) -> None:
        bench = Bench(pool)
        asked = [asyncio.create_task(bench.done("a", fails, stays)) for _ in range(2)]
        for task in asked:
            with pytest.raises(BusyError, match="Another run"):
                await task
        assert await bench.done("a", lambda: 5, stays) == 5
        assert len(bench) == 0

    with ThreadPoolExecutor(1) as pool:
        asyncio.run(run(pool))
