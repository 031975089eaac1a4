"""The progress of long steps on standard error: a bar in a terminal, one line at the end anywhere else."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import typer

from hcs_plates.pace import Counting
from hcs_plates.units import Progress

if TYPE_CHECKING:
    from rich.progress import Progress as Bar


@contextmanager
def progress_bar(title: str) -> Iterator[Progress]:
    """Show a progress bar on standard error, from the first unit on: what is refused before shows none.

    Beside it stand the time gone and, once a unit has ended, the rate and the time left; both are of the
    units that this run makes, not of those that an earlier one left.
    """
    from rich.console import Console

    console, counting, start = Console(stderr=True), Counting(), time.monotonic()
    bar = _bar(console, counting) if console.is_terminal else None
    task = None if bar is None else bar.add_task(title, total=None)

    def show(done: int, total: int) -> None:
        counting.tell(done, total)
        if bar is not None and task is not None:
            bar.start()
            bar.update(task, completed=done, total=total)

    try:
        yield show
    finally:
        if bar is not None and bar.live.is_started:
            bar.stop()
        elif bar is None and counting.pace().units:
            typer.echo(_line(title, counting, time.monotonic() - start), err=True)


def _line(title: str, counting: Counting, seconds: float) -> str:
    """Sum up a step, for a file of what a command said."""
    pace = counting.pace()
    there = f" ({counting.there:,} were there already)" if counting.there else ""
    rate = f", {pace.rate_told}" if pace.rate else ""
    return f"{title}: {pace.done:,} of {pace.units:,}{there} in {seconds:.1f} s{rate}"


def _bar(console: Any, counting: Counting) -> "Bar":
    """Make the bar, with the pace beside it."""
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        ProgressColumn,
        SpinnerColumn,
        TextColumn,
        TimeElapsedColumn,
    )
    from rich.progress import Progress as Bar
    from rich.text import Text

    class Left(ProgressColumn):
        """Rate and time left."""

        def render(self, task: Any) -> Text:
            pace = counting.pace()
            if task.finished or pace.rate is None:
                return Text("")
            return Text(f"{pace.rate_told}, about {pace.left_told} left")

    return Bar(
        SpinnerColumn(finished_text=" "),
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
        Left(),
        console=console,
    )
