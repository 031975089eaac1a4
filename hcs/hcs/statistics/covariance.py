"""The difference of two classes with a covariate held alike: least squares, a level for each stratum."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from hcs.statistics.arrays import Bools, Floats
from hcs.statistics.bootstrap import NO_INTERVAL, TAILS, Interval
from hcs.statistics.permutation import block_places

ALIKE = 1e-9
"""A share of a column's variance below this is none beside the other columns."""


@dataclass(frozen=True)
class AdjustedDifference:
    """Outcome of `adjusted_difference`: one coefficient with its t test.

    Parameters
    ----------
    estimate, interval, p
        First class minus second; NaN where class and covariate, or class and stratum, say the same.
    slope
        Change of the value with one unit of the covariate; NaN without one.
    free
        Degrees of freedom.
    """

    estimate: float
    interval: Interval
    p: float
    slope: float
    free: int


def adjusted_difference(
    values: Floats, first: Bools, strata: Sequence[object], covariate: Floats | None = None
) -> AdjustedDifference:
    """Compare two classes by analysis of covariance (Fisher 1932), one slope for both and a level a stratum.

    The t test is exact for normal values of one spread, however few the units.

    Parameters
    ----------
    values, first, covariate
        One per unit, none NaN; arrays of shape (n_units,).
    strata
        One per unit.

    Examples
    --------
    >>> values, passage = np.array([1.0, 2, 3.5, 2, 3, 3.5]), np.array([1.0, 2, 3, 2, 3, 4])
    >>> found = adjusted_difference(values, np.array([True] * 3 + [False] * 3), [""] * 6, passage)
    >>> round(found.estimate, 2), round(found.slope, 2), found.free
    (0.33, 1.0, 3)
    """
    columns = [first.astype(float), *([] if covariate is None else [covariate.astype(float)])]
    places = block_places(len(values), strata)
    y, *x = (_centred(one, places) for one in (values.astype(float), *columns))
    made = np.stack(x, axis=1)
    whole = np.square(made).sum(axis=0)
    free = len(values) - len(places) - len(x)
    nothing = AdjustedDifference(np.nan, NO_INTERVAL, np.nan, np.nan, free)
    if free < 1 or (whole <= 0).any():
        return nothing
    # Scaled to one length, so that the determinant is the share that the columns do not say alike.
    gram = (made / np.sqrt(whole)).T @ (made / np.sqrt(whole))
    if np.linalg.det(gram) < ALIKE:
        return nothing
    solved = np.linalg.lstsq(made, y, rcond=None)[0]
    rest = y - made @ solved
    error = float(np.sqrt(rest @ rest / free * np.linalg.inv(made.T @ made)[0, 0]))
    slope = float(solved[1]) if covariate is not None else np.nan
    estimate = float(solved[0])
    if error <= ALIKE * max(float(np.abs(y).max()), 1e-300):
        return AdjustedDifference(estimate, NO_INTERVAL, np.nan, slope, free)
    p = 2 * float(student_t.sf(abs(estimate) / error, free))
    half = float(student_t.ppf(TAILS[1], free)) * error
    return AdjustedDifference(estimate, Interval(estimate - half, estimate + half), p, slope, free)


def _centred(values: Floats, places: list["np.ndarray[tuple[int], np.dtype[np.intp]]"]) -> Floats:
    made = values.copy()
    for place in places:
        made[place] -= values[place].mean()
    return made
