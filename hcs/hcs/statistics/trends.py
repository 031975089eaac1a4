"""Trend of a value with a number that changes within blocks (clones): its slope, and a test over units."""

from dataclasses import dataclass
from math import isnan, nan, sqrt

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import t as student

from hcs.statistics.bootstrap import LEVEL, NO_INTERVAL, Interval
from hcs.statistics.equivalence import POWER
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import plural
from hcs_models.pairing import sign_flip_test

LEAST_FREE = 2
"""Degrees of freedom below which no interval is given."""
FLAT = 1e-12


@dataclass(frozen=True)
class Trend:
    """Slope of y with x within blocks.

    Parameters
    ----------
    slope
        Change of y for 1 of x; NaN where x or y changes within no block.
    interval, method
        Its 95 % interval, and how that was made.
    pvalue
        Of no trend.
    detectable
        Smallest slope that is seen with a power of 80 %; NaN where there is no interval.
    """

    slope: float
    interval: Interval
    method: str
    pvalue: PValue
    detectable: float

    @property
    def known(self) -> bool:
        """Whether there is a test."""
        return not isnan(self.pvalue.value)


def unit_trend(values: pd.DataFrame, noun: str) -> Trend:
    """Estimate the slope within blocks, over units (clones) that are independent and may differ in theirs.

    Under the null hypothesis a unit's trend is as likely to fall as to rise, so signs are flipped; the
    interval is the jackknife's over units (Tukey 1958) with Student's t, which for equally spaced x is the t
    interval of the units' own slopes.

    Parameters
    ----------
    values
        x, y, block, unit; each block lies in one unit.
    noun
        What a unit is.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": list("aabbccdd"), "x": [0, 1] * 4, "y": [5, 4, 8, 7, 3, 2, 1, 0.5]})
    >>> found = unit_trend(rows.assign(block=rows["unit"]), "clone")
    >>> found.slope, found.pvalue.value, found.pvalue.smallest
    (-0.875, 0.125, 0.125)
    """
    centred = _centred(values, "block")
    made = centred.assign(sum=centred["x"] * centred["y"], square=centred["x"] ** 2)
    of = made.groupby(values["unit"])[["sum", "square"]].sum().query("square > @FLAT")
    sums, squares, n = of["sum"].to_numpy(), of["square"].to_numpy(), len(of)
    test, method = (
        said.format(plural(noun)) for said in ("Sign-flip test over {}", "jackknife over {}, Student's t")
    )
    if not n or not centred["y"].abs().max() > FLAT:
        return Trend(nan, NO_INTERVAL, method, no_pvalue(test, n, plural(noun)), nan)
    slope, error = float(sums.sum() / squares.sum()), nan
    if n > 1:
        without = (sums.sum() - sums) / (squares.sum() - squares)
        error = sqrt((n - 1) / n * float(np.square(without - without.mean()).sum()))
    p, smallest = sign_flip_test(sums)
    return _trend(slope, error, n - 1, method, PValue(p, test, n, smallest, plural(noun)))


def shared_trend(values: pd.DataFrame, noun: str, *, seed: int = 0) -> Trend:
    """Estimate the slope where units (plates) hold several blocks (clones), each with one x.

    What a plate does to all of its clones is part of its error, so plates are what is exchanged: each is one
    row, the mean over its clones of what is left of x and y without the clone's own means, and rows are
    permuted among plates that hold clones in common, directly or by others (`linked`).

    Parameters
    ----------
    values
        x, y, block, unit.
    noun
        What a unit is.
    seed
        Of the permutations where there are too many to look at all.
    """
    rows = _centred(values, "block").groupby(values["unit"])[["x", "y"]].mean()
    rows["set"] = linked(values).reindex(rows.index)
    centred = _centred(rows, "set")
    x, y = (centred[name].to_numpy() for name in ("x", "y"))
    n, nouns, whole = len(rows), plural(noun), float(x @ x)
    test, method = f"Permutation test of {nouns}", f"least squares over {nouns}, Student's t"
    if whole <= FLAT or not np.abs(y).max() > FLAT:
        return Trend(nan, NO_INTERVAL, method, no_pvalue(test, n, nouns), nan)
    found = permutation_test(lambda moved: moved @ x / whole, y, blocks=rows["set"].tolist(), seed=seed)
    free, left = n - rows["set"].nunique() - 1, y - found.statistic * x
    error = sqrt(float(left @ left) / free / whole) if free > 0 else nan
    pvalue = PValue(found.p, test, n, found.smallest_p, nouns)
    return _trend(found.statistic, error, free, method, pvalue)


def linked(values: pd.DataFrame) -> pd.Series:
    """Give each unit (index) the number of its set: units that hold a block in common, or by others, are one.

    Examples
    --------
    >>> rows = pd.DataFrame({"unit": [1, 2, 2, 3, 4], "block": ["a", "a", "b", "b", "c"]})
    >>> linked(rows).tolist()
    [0, 0, 0, 1]
    """
    unit, units = pd.factorize(values["unit"])
    block = pd.factorize(values["block"])[0] + len(units)
    n = int(block.max()) + 1
    graph = coo_array((np.ones(len(unit)), (unit, block)), shape=(n, n))
    return pd.Series(connected_components(graph, directed=False)[1][: len(units)], index=units)


def _centred(values: pd.DataFrame, block: str) -> pd.DataFrame:
    """Take the mean of its block off each x and y."""
    columns = values[["x", "y"]].astype(float)
    return columns - columns.groupby(values[block]).transform("mean")


def _trend(slope: float, error: float, free: int, method: str, pvalue: PValue) -> Trend:
    """Put interval and detectable slope to a slope with its standard error; none without scatter."""
    if free < LEAST_FREE or not error > FLAT * abs(slope):
        return Trend(slope, NO_INTERVAL, method, pvalue, nan)
    limit, reach = (float(student.ppf(share, free)) for share in ((1 + LEVEL) / 2, POWER))
    interval = Interval(slope - limit * error, slope + limit * error)
    return Trend(slope, interval, method, pvalue, (limit + reach) * error)
