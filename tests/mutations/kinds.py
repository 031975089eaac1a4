"""What is mutated: a kind of input, how a whole one is made, how it is changed, and what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True)
class Kind:
    """One kind of input.

    Parameters
    ----------
    name
        As figures name it.
    prepare
        Makes a whole input in an empty folder and gives whatever `mutate` and `judge` want to know of it.
    mutate
        Changes a copy of that folder and says in a few words how.
    judge
        Reads the changed input as hcs does. Raises an `HcsError` where hcs refuses, an `AssertionError` where
        what was read is wrong.
    """

    name: str
    prepare: Callable[[Path], Any]
    mutate: Callable[[Random, Path, Any], str]
    judge: Callable[[Path, Any], None]
