"""Intervals from resampling units of evidence (clones) with replacement, class by class."""

from collections.abc import Callable, Iterator, Sequence
from math import isnan
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.permutation import block_places

LEVEL = 0.95
"""Nominal coverage of every interval."""
TAILS = ((1 - LEVEL) / 2, 1 - (1 - LEVEL) / 2)
DRAWS = 2_000
CELLS = 1_000_000
"""Places drawn at once, which keeps memory bounded."""
LEAST_SHARE = 0.9
"""Below this share of resamples with a statistic no interval is given."""


class Interval(NamedTuple):
    """A 95 % interval over independent observations: its limits, NaN where there is none."""

    low: float
    high: float

    def sentence(self, method: str) -> str:
        """Write the limits with coverage and method.

        Examples
        --------
        >>> Interval(0.735, 0.965).sentence("Wilson"), NO_INTERVAL.sentence("Wilson")
        ('95 % interval 0.73–0.96 (Wilson)', 'no interval (Wilson)')
        """
        return f"{'' if isnan(self.low) else '95 % interval '}{span(*self)} ({method})"


NO_INTERVAL = Interval(np.nan, np.nan)


def span(low: float, high: float) -> str:
    """Write limits alone, where confidence and method are named elsewhere.

    Examples
    --------
    >>> span(-0.1, 0.25), span(float("nan"), float("nan"))
    ('-0.10 to 0.25', 'no interval')
    """
    return "no interval" if isnan(low) else f"{low:.2f}{' to ' if low < 0 else '–'}{high:.2f}"


Strata = Sequence[object] | npt.NDArray[np.generic] | None


def bootstrap_interval(
    statistic: Callable[[Places], float],
    n: int,
    *,
    strata: Strata = None,
    draws: int = DRAWS,
    seed: int = 0,
) -> Interval:
    """Percentile bootstrap over units (Efron 1979), each class resampled to its own size.

    All rows of a unit go with it: the statistic, which may be NaN, is given places of `n` units, with
    repeats, never of images. `strata` names each unit's class; resampling keeps how many there are of each.

    Raises
    ------
    ArgumentError
        Strata of another length.

    Examples
    --------
    >>> right = np.array([1.0] * 27 + [0.0] * 3)
    >>> found = bootstrap_interval(lambda places: float(right[places].mean()), 30)
    >>> round(found.low, 2), round(found.high, 2)
    (0.77, 1.0)
    """
    parts = resamples(n, strata=strata, draws=draws, seed=seed)
    values = np.array([statistic(places) for part in parts for places in part])
    return percentile_interval(values, n)


def mean_interval(values: Floats, *, seed: int = 0) -> tuple[float, Interval]:
    """Give the mean of one value per unit with its percentile bootstrap over units; NaN of none."""
    n = len(values)
    if n == 0:
        return float("nan"), NO_INTERVAL
    means = np.concatenate([values[places].mean(axis=1) for places in resamples(n, seed=seed)])
    return float(values.mean()), percentile_interval(means, n)


def resamples(n: int, *, strata: Strata = None, draws: int = DRAWS, seed: int = 0) -> Iterator[Places]:
    """Draw units with replacement, in stacks of rows, for statistics that take many resamples at once.

    Arrays of shape (n_rows, n) of places: `draws` rows in all, as many at once as keep memory bounded.
    Parameters are those of `bootstrap_interval`.

    Examples
    --------
    >>> [part.shape for part in resamples(3, strata=["a", "a", "b"], draws=5)]
    [(5, 3)]
    """
    blocks = block_places(n, strata)
    rng = np.random.default_rng(seed)
    step = max(1, CELLS // max(1, n))
    for start in range(0, draws, step):
        rows = min(step, draws - start)
        drawn = [block[rng.integers(0, len(block), (rows, len(block)))] for block in blocks]
        yield np.concatenate(drawn, axis=1)


def percentile_interval(values: Floats, n: int) -> Interval:
    """Take the limits from a statistic of every resample of n units; none where a tenth or more are NaN."""
    known = values[~np.isnan(values)]
    if len(known) < LEAST_SHARE * len(values) or n < 2:
        return NO_INTERVAL
    low, high = np.quantile(known, TAILS)
    return Interval(float(low), float(high))
