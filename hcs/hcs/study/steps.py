"""How long steps show their progress."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from hcs_plates.units import Progress

Steps = Callable[[str], AbstractContextManager[Progress | None]]
"""Gives, for the name of a step, a context in which its progress is shown."""


@contextmanager
def silent(_: str) -> Iterator[None]:
    """Show no progress."""
    yield None
