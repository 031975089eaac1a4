"""How long steps show their progress."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager

from hcs_plates.runlog import in_step
from hcs_plates.units import Progress

Steps = Callable[[str], AbstractContextManager[Progress | None]]
"""Gives, for the name of a step, a context in which its progress is shown."""


TO_FEATURES = ("tiles", "measured wells", "features")
PLANNED = {"study prepare": TO_FEATURES, "study run": (*TO_FEATURES, "sets")}
"""Steps of the commands that always have the same ones, in order."""


def in_turn(progress: Progress | None, sizes: Sequence[int]) -> list[Progress | None]:
    """Give each of several runs a progress that counts on where the one before it ends.

    Parameters
    ----------
    progress
        Of all of them together; None for none.
    sizes
        Units of each, as far as they are known: a run that has another number says so itself.

    Examples
    --------
    >>> told = []
    >>> first, second = in_turn(lambda done, of: told.append((done, of)), [2, 3])
    >>> first(2, 2), second(0, 4), second(4, 4)
    (None, None, None)
    >>> told
    [(2, 5), (2, 6), (6, 6)]
    """
    if progress is None:
        return [None] * len(sizes)
    known = list(sizes)

    def own(place: int) -> Progress:
        def show(done: int, total: int) -> None:
            known[place] = total
            progress(sum(known[:place]) + done, sum(known))

        return show

    return [own(place) for place in range(len(known))]


def in_log(steps: Steps) -> Steps:
    """Give steps that the log of the run tells of too, by the same names."""

    @contextmanager
    def step(name: str) -> Iterator[Progress | None]:
        with in_step(name), steps(name) as progress:
            yield progress

    return step


@contextmanager
def silent(_: str) -> Iterator[None]:
    """Show no progress."""
    yield None
