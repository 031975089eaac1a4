"""Limits of a spec's numbers: what each may be, and the sentence that refuses another."""

from collections.abc import Callable
from dataclasses import dataclass
from math import isfinite
from typing import Any

from hcs_plates.errors import ArgumentError


@dataclass(frozen=True)
class Limit:
    """What a number may be, in words and as a test."""

    wanted: str
    holds: Callable[[Any], bool]

    def check(self, spec: Any, *names: str) -> None:
        """Refuse a spec if one of these fields is not finite or beyond the limit; None is left alone."""
        for name in names:
            value = getattr(spec, name)
            if value is not None and not (isfinite(value) and self.holds(value)):
                raise ArgumentError(f"{type(spec).__name__}.{name} is {value}; give {self.wanted}.")


FINITE = Limit("a finite number", lambda _: True)
ABOVE_0 = Limit("a finite number above 0", lambda number: number > 0)
FROM_0 = Limit("a finite number of 0 or more", lambda number: number >= 0)
SHARE = Limit("a share between 0 and 1", lambda share: 0 <= share <= 1)
BELOW_1 = Limit("a share from 0 to below 1", lambda share: 0 <= share < 1)
