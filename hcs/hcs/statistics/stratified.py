"""The difference of two classes within strata: its permutation test, and the interval that belongs to it.

A unit's class may have been any arrangement within its stratum (batch, pair). Differences are those of least
squares with a level for each stratum; what a stratum adds to all of its units falls away. The 95 % interval
holds the shifts that the same test does not reject (Hodges & Lehmann 1963; Ernst 2004, *Stat Sci* 19:676), so
interval and p-value never disagree, and neither assumes a distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hcs.statistics.arrays import Bools, Floats
from hcs.statistics.bootstrap import LEVEL, NO_INTERVAL, Interval
from hcs.statistics.permutation import EXACT, arrangements, block_places, count_arrangements, permutation_test

FLAT = 1e-9
"""An interval narrower than this share of the values' spread has no width that means anything."""


@dataclass(frozen=True)
class StratifiedDifference:
    """Outcome of `stratified_difference`.

    Parameters
    ----------
    estimate
        First class minus second; NaN where no stratum holds both.
    interval
        NaN where so few arrangements cannot bear it.
    p, smallest_p
        Of the two-sided permutation test within strata; NaN where no stratum holds both.
    spread
        Standard deviation of units around the mean of their class and stratum; NaN without any to spare.
    n
        Units in strata that hold both classes: the others tell nothing.
    """

    estimate: float
    interval: Interval
    p: float
    smallest_p: float
    spread: float
    n: int


def stratified_difference(
    values: Floats, first: Bools, strata: Sequence[object], *, seed: int = 0
) -> StratifiedDifference:
    """Compare two classes of units within strata by permutation.

    Parameters
    ----------
    values, first
        One value per unit, not NaN, and whether the unit is of the first class; arrays of shape (n_units,).
    strata
        One per unit; classes are permuted within them.
    seed
        Of the arrangements drawn where there are too many to look at all.

    Examples
    --------
    >>> values = np.array([5.0, 6, 7, 1, 2, 3, 16, 17, 11, 12])
    >>> first = np.array([True] * 3 + [False] * 3 + [True] * 2 + [False] * 2)
    >>> found = stratified_difference(values, first, [1] * 6 + [2] * 4)
    >>> [round(one, 3) for one in (found.estimate, found.p, *found.interval)]
    [4.4, 0.017, 3.0, 6.0]
    """
    places = block_places(len(values), strata)
    both = [place for place in places if 0 < first[place].sum() < len(place)]
    kept = np.sort(np.concatenate(both)) if both else np.zeros(0, dtype=np.intp)
    n = len(kept)
    if not n:
        return StratifiedDifference(np.nan, NO_INTERVAL, np.nan, np.nan, np.nan, 0)
    inside = [strata[at] for at in kept]
    y, code = values[kept].astype(float), first[kept].astype(float)
    places = block_places(n, inside)
    centred, own = y.copy(), code.copy()
    for place in places:
        centred[place] -= y[place].mean()
        own[place] -= code[place].mean()
    scale = float(own @ own)
    test = permutation_test(lambda rows: np.asarray(rows @ centred) / scale, code, blocks=inside, seed=seed)
    rest, free = centred - test.statistic * own, n - len(places) - 1
    spread = float(np.sqrt(rest @ rest / free)) if free > 0 else np.nan
    moved = arrangements(code, places, seed=seed)
    interval = _inverted(moved @ centred, moved @ own, centred @ own, scale, count_arrangements(code, places))
    if interval.high - interval.low <= FLAT * max(float(np.ptp(y)), 1e-300):
        interval = NO_INTERVAL
    return StratifiedDifference(test.statistic, interval, test.p, test.smallest_p, spread, n)


def _inverted(sums: Floats, overlaps: Floats, seen: float, scale: float, number: int) -> Interval:
    """Find the shifts that the permutation test does not reject.

    With a shift d taken off the first class, an arrangement is at least as extreme as the one seen where
    |seen − d·scale| ≤ |sum − d·overlap|: between two roots, on either side of the estimate.
    """
    apart, together = scale - overlaps, scale + overlaps
    same = (apart <= FLAT * scale) | (together <= FLAT * scale)
    with np.errstate(divide="ignore", invalid="ignore"):
        roots = np.stack([(seen - sums) / apart, (seen + sums) / together])
    low = np.sort(np.where(same, -np.inf, roots.min(axis=0)))
    high = np.sort(np.where(same, np.inf, roots.max(axis=0)))[::-1]
    # A shift is kept while more than 5 % of the arrangements are as extreme; a drawn set counts the one seen.
    exact, count = number <= EXACT, len(sums)
    reach = (1 - LEVEL) * (count if exact else count + 1) - (not exact)
    place = int(np.floor(reach + 1e-9))
    if np.isinf(low[place]) or np.isinf(high[place]):
        return NO_INTERVAL
    return Interval(float(low[place]), float(high[place]))
