"""Mean of readers who judge the same clones: intervals over readers, over clones, and over both at once.

Readers and clones are crossed random effects (multi-reader multi-case analysis: Dorfman, Berbaum & Metz
1992, *Invest Radiol* 27:723; Obuchowski & Rockette 1995, *Commun Stat Simul* 24:285; of binary calls
Gallas, Pennello & Myers 2007, *J Opt Soc Am A* 24:B70; of one mean Hillis 2014, *Stat Med* 33:330). What a
reader makes of one clone is the residual. Clones are compared within their class, and what a reader prefers
to call is taken off, since neither is an error of a mean over both classes.
"""

from dataclasses import dataclass
from math import nan, sqrt

import numpy as np
import pandas as pd
from scipy.stats import t as student

from hcs.statistics.anova import Cells, Components, fit_anova
from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.bootstrap import NO_INTERVAL, TAILS, Interval

READERS, CLONES = "reader", "clone"
LEAST = 3
"""Readers, and clones beyond the number of classes, below which no interval is given."""
METHOD = "crossed random effects"
FLAT = 1e-12
"""A variance below this is none."""


@dataclass(frozen=True)
class CrossedMean:
    """Mean over readers, each by the share of his images.

    Parameters
    ----------
    value
        The mean; NaN without readers.
    readers, clones, both
        95 % intervals: for other readers of these clones, for these readers on other clones, for other
        readers on other clones. None with fewer than three readers, or fewer than three clones beyond the
        number of classes.
    n_readers, n_clones
        How many there are.
    error, df
        Standard error of the mean over both, and its degrees of freedom.
    """

    value: float
    readers: Interval
    clones: Interval
    both: Interval
    n_readers: int
    n_clones: int
    error: float = nan
    df: float = nan

    def p(self, null: float) -> float:
        """Give the two-sided p of another mean by Student's t over both; NaN where there is no interval."""
        if np.isnan(self.both.low):
            return nan
        return float(2 * student.sf(abs(self.value - null) / self.error, self.df))


def crossed_mean(cells: pd.DataFrame, lowest: float = 0.0, highest: float = 1.0) -> CrossedMean:
    """Average readers and give the three intervals.

    The variance over both is never taken for less than that over readers alone, or over clones alone. Its
    degrees of freedom are Satterthwaite's (1946, *Biometrics Bull* 2:110), at least the fewer of the two.

    Parameters
    ----------
    cells
        reader, group, label, value (mean of what a reader made of a clone's images), n (images, or 1). Cells
        may be lacking.
    lowest, highest
        What a mean can be: intervals end there.

    Examples
    --------
    >>> rows = [(r, c, "ab"[c % 2], 1.0 * ((r + c) % 3 > 0), 1) for r in range(4) for c in range(8)]
    >>> found = crossed_mean(pd.DataFrame(rows, columns=["reader", "group", "label", "value", "n"]))
    >>> round(found.value, 3), [round(limit, 2) for limit in found.clones]
    (0.656, [0.54, 0.77])
    """
    known = cells[cells["n"] > 0]
    reader, readers = pd.factorize(known["reader"])
    clone, clones = pd.factorize(known["group"])
    counts = (len(readers), len(clones))
    if not len(known):
        return CrossedMean(nan, NO_INTERVAL, NO_INTERVAL, NO_INTERVAL, *counts)
    value, n = known["value"].to_numpy(dtype=float), known["n"].to_numpy(dtype=float)
    weights = n / np.bincount(reader, n)[reader] / len(readers)
    mean = float(weights @ value)
    label = pd.factorize(known["label"])[0]
    means = np.bincount(reader, weights * value).astype(float) * len(readers)
    over = _over_readers(means)
    units = _over_clones(value, weights, clone, label)
    ends = (lowest, highest)
    limits = (_limits(mean, *over, ends), _limits(mean, *units, ends))
    if np.isnan(over[0]) or np.isnan(units[0]):
        return CrossedMean(mean, *limits, NO_INTERVAL, *counts)
    variance, df = _over_both(value, weights, {READERS: reader, CLONES: clone}, label)
    least = min(over[1], units[1])
    both = max((variance, max(df, least)), over, units)
    return CrossedMean(mean, *limits, _limits(mean, *both, ends), *counts, sqrt(both[0]), both[1])


def _over_readers(means: Floats) -> tuple[float, float]:
    """Variance of the mean of readers' means, and its degrees of freedom."""
    n = len(means)
    return (float(means.var(ddof=1)) / n, n - 1.0) if n >= LEAST else (nan, n - 1.0)


def _over_clones(value: Floats, weights: Floats, clone: Codes, label: Codes) -> tuple[float, float]:
    """Variance of the mean over clones drawn within classes, and its degrees of freedom."""
    weight = np.bincount(clone, weights)
    mean = np.bincount(clone, weights * value) / weight
    of = np.empty(len(weight), dtype=np.intp)
    of[clone] = label
    total, number = np.bincount(of, weight), np.bincount(of)
    away = weight * (mean - (np.bincount(of, weight * mean) / total)[of])
    df = float(len(weight) - len(number))
    if df < LEAST or number.min() < 2:
        return nan, df
    return float(np.bincount(of, away**2) @ (number / (number - 1))), df


def _over_both(value: Floats, weights: Floats, codes: dict[str, Codes], label: Codes) -> tuple[float, float]:
    """Variance of the mean over readers and clones, and its degrees of freedom; 0 where not known."""
    reader, n = codes[READERS], len(value)
    side = label - (np.bincount(reader, label) / np.bincount(reader))[reader]
    prefers = np.zeros((n, int(reader.max()) + 1))
    prefers[np.arange(n), reader] = side
    fixed = np.column_stack([np.ones(n), prefers])
    cells = Cells(codes, fixed, np.ones(n), value[:, None], np.zeros(1))
    found = fit_anova(cells)
    if found.residual_df < 1 or not (found.df > 0).all():
        return 0.0, 0.0
    # How much of each component is in the variance of the mean.
    parts = [float(np.square(np.bincount(codes[name], weights)).sum()) for name in found.names]
    shares = np.array([*parts, float(np.square(weights).sum())])
    return _satterthwaite(found, shares)


def _satterthwaite(found: Components, shares: Floats) -> tuple[float, float]:
    """Combine components into a variance, with the degrees of freedom of the sums of squares behind it."""
    components = np.array([*found.variances[0], found.residual[0]])
    squares = found.expected @ components
    free = np.array([*found.df, found.residual_df], dtype=float)
    parts = np.linalg.solve(found.expected.T, shares) * squares
    variance = float(shares @ components)
    spread = float(np.square(parts) @ (1 / free))
    return variance, variance**2 / spread if spread > FLAT**2 else 0.0


def _limits(mean: float, variance: float, df: float, ends: tuple[float, float]) -> Interval:
    """Give Student's interval; none without a variance."""
    if not variance > FLAT:
        return NO_INTERVAL
    half = float(student.ppf(TAILS[1], df)) * sqrt(variance)
    return Interval(max(mean - half, ends[0]), min(mean + half, ends[1]))
