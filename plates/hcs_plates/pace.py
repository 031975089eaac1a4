"""Pace: how many units of work are done, how fast they are made, and how long the others will take."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from time import monotonic


@dataclass(frozen=True)
class Pace:
    """Where a run stands.

    Parameters
    ----------
    units
        In all.
    done
        Units that need no more work: those that were there before, and those that ended in this run.
    made
        Units that ended in this run; the rate is theirs alone.
    seconds
        Since this run began with its first unit, by the clock on the wall: workers side by side count once.

    Examples
    --------
    >>> pace = Pace(units=100, done=60, made=20, seconds=10)
    >>> pace.rate, pace.left
    (2.0, 20.0)
    >>> print(pace)
    60 of 100, 2/s, about 0:00:20 left
    >>> print(Pace(units=100, done=40, made=0, seconds=10))
    40 of 100
    """

    units: int
    done: int
    made: int
    seconds: float

    @property
    def rate(self) -> float | None:
        """Units a second of this run; None where it has made none yet."""
        return self.made / self.seconds if self.made > 0 and self.seconds > 0 else None

    @property
    def left(self) -> float | None:
        """Seconds that the other units take at this rate; None where there is no rate."""
        return None if self.rate is None else max(0, self.units - self.done) / self.rate

    @property
    def rate_told(self) -> str:
        """The rate in a unit of time that makes it readable; empty where there is none."""
        if self.rate is None:
            return ""
        for each, name in ((1, "s"), (60, "min"), (3600, "h")):
            if self.rate * each >= 1 or name == "h":
                break
        value = float(f"{self.rate * each:.2g}")
        return f"{value:,.0f}/{name}" if value >= 10 else f"{value:g}/{name}"

    @property
    def left_told(self) -> str:
        """The time left as hours, minutes and seconds; empty where it is not known."""
        return "" if self.left is None else str(timedelta(seconds=math.ceil(self.left)))

    def __str__(self) -> str:
        said = f"{self.done:,} of {self.units:,}"
        if self.rate is None or self.done >= self.units:
            return said
        return f"{said}, {self.rate_told}, about {self.left_told} left"


class Counting:
    """Counts a run's units as a `hcs_plates.units.Progress` is told of them.

    What it is told first was there before. After that a step of one is a unit that was made, and a step of
    several are units that were there, as of the next plate of several.

    Parameters
    ----------
    clock
        Gives seconds.

    Examples
    --------
    >>> times = iter([100.0, 108.0])
    >>> counting = Counting(lambda: next(times))
    >>> counting.tell(40, 100), counting.tell(41, 100)
    (None, None)
    >>> print(counting.pace())
    41 of 100, 7.5/min, about 0:07:52 left
    """

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._begun: float | None = None
        self._done = self._units = self._made = 0

    def tell(self, done: int, units: int) -> None:
        """Take the number of units done, and of all."""
        if self._begun is not None and done == self._done + 1:
            self._made += 1
        elif self._made == 0:
            # What is done before the first unit (learning the light) is no part of the rate.
            self._begun = self._clock()
        self._done, self._units = done, units

    @property
    def there(self) -> int:
        """Units that were there before."""
        return self._done - self._made

    def pace(self) -> Pace:
        """Give the pace as it is now."""
        seconds = 0.0 if self._begun is None else self._clock() - self._begun
        return Pace(self._units, self._done, self._made, seconds)
