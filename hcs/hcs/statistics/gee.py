"""Logistic regression of right calls on a number of the clone, clustered by clone (GEE)."""

from dataclasses import dataclass
from math import isnan, nan

import numpy as np
import pandas as pd
from scipy.stats import t as student

from hcs.statistics.arrays import Floats
from hcs.statistics.association import Numbers, known_units
from hcs.statistics.bootstrap import LEVEL
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.words import Words
from hcs.wording import counted, have, spaced
from hcs_plates.errors import ArgumentError

STEPS = (1.0, 5.0)
"""Odds ratios are given for so many units."""
LEAST = 4
FEW = 10
"""Below this many clusters the standard error is rough, corrected or not."""
_ROUNDS = 200
_CLOSE = 1e-9


@dataclass(frozen=True)
class OddsTrend:
    """How the odds of a right call change with a number of the clone.

    Parameters
    ----------
    slope, error
        Change of the log odds per unit, and its standard error.
    pvalue
        t test with clones − 2 degrees of freedom.
    values
        x, share (of right calls), trials. Clones that took part.
    words
        For sentences.
    """

    slope: float
    error: float
    pvalue: PValue
    values: pd.DataFrame
    words: Words
    caveats: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Clones behind the numbers."""
        return len(self.values)

    def odds_ratio(self, step: float = 1.0) -> tuple[float, float, float]:
        """Give the odds ratio for so many units with its limits.

        Examples
        --------
        >>> table = pd.DataFrame({"x": [0.0] * 12, "share": 0.5, "trials": 1.0})
        >>> trend = OddsTrend(0.1, 0.05, PValue(0.07, "t", 12), table, Words())
        >>> [round(value, 2) for value in trend.odds_ratio(5)]
        [1.65, 0.94, 2.88]
        """
        if isnan(self.slope):
            return nan, nan, nan
        around = float(student.ppf((1 + LEVEL) / 2, self.n - 2)) * self.error
        low, middle, high = (
            float(np.exp(np.clip(step * value, -700, 700)))
            for value in (self.slope - around, self.slope, self.slope + around)
        )
        return middle, min(low, high), max(low, high)


def odds_trend(x: Numbers, share: Numbers, trials: Numbers, words: Words) -> OddsTrend:
    """Fit the odds of a right call on a number that each clone has once.

    Generalised estimating equations (Liang & Zeger 1986) with a logit link and an exchangeable working
    correlation of a clone's images; covariance after Mancl & DeRouen (2001), held against Student's t with
    clones − 2 degrees of freedom. Since all images of a clone have the same x, its count of right calls holds
    all that the equations use: the fit from counts is the fit from images. A working correlation below 0 is
    set to 0. For statsmodels' GEE with ``cov_type="bias_reduced"`` the same numbers come out.

    Of each clone: its number, the share of its images called right, 0 to 1, and its images. Other lengths,
    values that are no numbers, shares outside 0 to 1, and trials below 0 are refused.
    """
    words = words.only(adjusted=False)
    values, caveats = _read(x, share, trials, words)
    n, noun = len(values), words.noun
    test = f"Logistic regression clustered by {noun} (GEE)"
    why = _why_not(values, words)
    fit = (nan, nan, nan, nan) if why else fit_counts(*(values[name].to_numpy() for name in values.columns))
    if not why and isnan(fit[1]):
        why = f"The regression did not converge over {counted(n, noun)}."
    elif not why and isnan(fit[2]):
        why = f"Without one {noun} all others have the same {spaced(words.x)}: an odds ratio has no interval."
    elif not why and fit[2] <= _CLOSE * abs(fit[1]):
        why = f"Right calls follow {spaced(words.x)} without any scatter: an odds ratio has no interval."
    if why:
        none = no_pvalue(test, n, words.nouns)
        return OddsTrend(nan, nan, none, values, words, (*caveats, why))
    _, slope, error, _ = fit
    if n < FEW:
        caveats = (*caveats, f"With {counted(n, noun)} the standard error of the odds ratio is rough.")
    pvalue = PValue(float(2 * student.sf(abs(slope) / error, n - 2)), test, n, noun=words.nouns)
    return OddsTrend(slope, error, pvalue, values, words, caveats)


def _read(x: Numbers, share: Numbers, trials: Numbers, words: Words) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take the clones that have all three numbers, and images."""
    columns = {"x": x, "share": share, "trials": trials}
    values, caveats = known_units(columns, ("x", "share", "trials"), words)
    if ((values["share"] < 0) | (values["share"] > 1)).any() or (values["trials"] < 0).any():
        raise ArgumentError("Shares of right calls lie between 0 and 1, and trials are not below 0.")
    empty = int((values["trials"] == 0).sum())
    if empty:
        caveats = (*caveats, f"{counted(empty, words.noun)} without any image left out.")
        values = values[values["trials"] > 0]
    return values, caveats


def fit_counts(x: Floats, share: Floats, trials: Floats) -> tuple[float, float, float, float]:
    """Solve the estimating equations from counts, arrays of shape (n_clones,) not separated along x.

    Intercept, slope, the slope's standard error and the working correlation of two images of a clone; NaN all
    where the rounds do not settle.
    """
    middle = float(np.average(x, weights=trials))
    spread = float(np.ptp(x))
    design = np.column_stack([np.ones(len(x)), (x - middle) / spread])
    mean = min(max(float(np.average(share, weights=trials)), 1e-6), 1 - 1e-6)
    beta = np.array([np.log(mean / (1 - mean)), 0.0])
    alike = 0.0
    for _ in range(_ROUNDS):
        expected = _expected(design, beta)
        variance = expected * (1 - expected)
        # Right calls of a clone weigh by how many independent images its images are worth.
        worth = trials / (1 + (trials - 1) * alike)
        bread = design.T @ (design * (worth * variance)[:, None])
        step = np.linalg.solve(bread, design.T @ (worth * (share - expected)))
        if not np.isfinite(step).all():
            return nan, nan, nan, nan
        # Damped: a full step from far off can jump past the flat ends of the logistic curve.
        beta = beta + step * min(1.0, 5.0 / max(float(np.abs(step).max()), 1e-12))
        before, alike = alike, _alike(share, trials, _expected(design, beta))
        if np.abs(step).max() < _CLOSE and abs(alike - before) < _CLOSE:
            break
    else:
        return nan, nan, nan, nan
    error = _error(design, share, trials, beta, alike)
    return float(beta[0] - beta[1] * middle / spread), float(beta[1] / spread), error / spread, alike


def _expected(design: Floats, beta: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(design @ beta, -30, 30))), dtype=float)


def _alike(share: Floats, trials: Floats, expected: Floats) -> float:
    """Moment estimate of the correlation of two images of a clone, from Pearson residuals."""
    variance = expected * (1 - expected)
    right, wrong = trials * share, trials * (1 - share)
    squares = (right * (1 - expected) ** 2 + wrong * expected**2) / variance
    sums = (right - trials * expected) ** 2 / variance
    pairs = float((trials * (trials - 1)).sum()) / 2
    images = float(trials.sum())
    if pairs <= 2 or images <= 2:
        return 0.0
    scale = float(squares.sum()) / (images - 2)
    return min(max(float((sums - squares).sum()) / 2 / (pairs - 2) / scale, 0.0), 1.0)


def _error(design: Floats, share: Floats, trials: Floats, beta: Floats, alike: float) -> float:
    """Take the slope's standard error after Mancl & DeRouen: residuals enlarged by leverage."""
    expected = _expected(design, beta)
    worth = trials / (1 + (trials - 1) * alike)
    weight = worth * expected * (1 - expected)
    inverse = np.linalg.inv(design.T @ (design * weight[:, None]))
    leverage = np.einsum("ij,jk,ik->i", design, inverse, design) * weight
    if leverage.max() > 1 - 1e-9:
        return nan
    score = design * (worth * (share - expected) / (1 - leverage))[:, None]
    return float(np.sqrt((inverse @ score.T @ score @ inverse)[1, 1]))


def _why_not(values: pd.DataFrame, words: Words) -> str:
    """Say why there is no odds ratio; empty where there is one."""
    n, word, noun = len(values), spaced(words.x), words.noun
    if n < LEAST:
        return f"Only {counted(n, noun)} {have(n)} both calls and {word}."
    x, share = values["x"].to_numpy(), values["share"].to_numpy()
    if (x == x[0]).all():
        return f"All {counted(n, noun)} have the same {word} ({x[0]:g})."
    if (share == 1).all() or (share == 0).all():
        return f"Every image of every {noun} was called {'right' if share[0] == 1 else 'wrong'}."
    if np.ptp(share) < 1e-12:
        return f"All {counted(n, noun)} have the same share of right calls ({share[0]:g})."
    right, wrong = x[share > 0], x[share < 1]
    if right.max() <= wrong.min() or wrong.max() <= right.min():
        border = min(right.max(), wrong.max())
        return (
            f"Right and wrong calls are separated along {word}, at {border:g}, "
            "so the odds ratio has no finite value."
        )
    return ""
