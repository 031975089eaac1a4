"""What studies of a size show: widths of intervals and power, by simulated clones and by formula.

A study is one score per clone, normal in both classes (`hcs.statistics.binormal`). Everything is judged as a
study's report judges it: Wilson's interval of the share of clones called right, Newcombe's of the AUC.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from math import isnan, sqrt
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.fft import next_fast_len
from scipy.stats import binom, mannwhitneyu, norm, ttest_ind, ttest_rel

from hcs.statistics.arrays import Floats
from hcs.statistics.auc import newcombe_error
from hcs.statistics.binormal import Binormal
from hcs.statistics.bootstrap import LEVEL, TAILS
from hcs.statistics.pvalues import ALPHA

EXACT = 8
"""Up to this many units per class Mann–Whitney's p is exact, which makes it a permutation test."""
GRID = 201
NORMAL: Floats = norm.ppf((np.arange(200) + 0.5) / 200)
"""A standard normal, evenly spread."""
MOST = 10_000
"""Units per class beyond which a number is no answer."""
FAR = 5
"""Where t is expected beyond this, a test of two sides is one of a single side at half the level."""
SCORES, FEWEST = 4_000_000, 200
"""Scores drawn at most for one size, but for this many studies."""
WIDTHS = ("accuracy", "auc")
"""Quantities that are wanted small."""
TESTS = {"welch": "Welch's t-test", "mann-whitney": "the Mann–Whitney test", "paired": "the paired t-test"}


@dataclass(frozen=True)
class Size:
    """A study's size: n clones of the positive class, m of the other, and the test of their difference.

    With the test ``paired`` there are n isogenic pairs, and a pair is called right when both of it are.
    """

    n: int
    m: int
    test: str = "welch"

    @property
    def paired(self) -> bool:
        """Whether the clones are isogenic pairs."""
        return self.test == "paired"

    @property
    def counted(self) -> int:
        """What calls are counted over: clones, or pairs."""
        return self.n if self.paired else self.n + self.m

    @property
    def chance(self) -> float:
        """What the report asks calls to be above: the share that naming one label gets, of pairs one half."""
        return 0.5 if self.paired else max(self.n, self.m) / self.counted


class Simulated(NamedTuple):
    """A quantity over simulated studies: its mean with its Monte Carlo error, and where 95 % of them lie."""

    value: float
    error: float
    low: float
    high: float


def simulate(law: Binormal, size: Size, draws: int, rng: np.random.Generator) -> dict[str, Simulated]:
    """Simulate studies of one size.

    Returns
    -------
    dict
        ``accuracy`` and ``auc``: width of the 95 % interval. ``yes``: whether Wilson's interval lies above
        what naming one label gets. ``separation``: whether Newcombe's lies above 0.5. ``difference``:
        whether the test finds one. Large studies are simulated less often than asked for.
    """
    n, m = size.n, size.m
    high, low = law.drawn(n, m, min(draws, max(FEWEST, SCORES // (n + m))), rng)
    calls = (high >= 0, low < 0)
    right = (calls[0] & calls[1]).sum(axis=1) if size.paired else sum(call.sum(axis=1) for call in calls)
    least, most = wilson_limits(size.counted)
    areas = _areas(high, low)
    below, above = _area_limits(n, m)
    made = {
        "accuracy": (most - least)[right],
        "auc": np.interp(areas, np.linspace(0, 1, GRID), above - below),
        "yes": least[right] > size.chance,
        "separation": areas > _least_area(n, m),
        "difference": _p(high, low, size.test) < ALPHA,
    }
    return {name: _over_studies(np.asarray(values, dtype=float)) for name, values in made.items()}


def _over_studies(values: Floats) -> Simulated:
    low, high = np.quantile(values, TAILS)
    return Simulated(float(values.mean()), float(values.std() / sqrt(len(values))), float(low), float(high))


def _areas(high: Floats, low: Floats) -> Floats:
    """Area of each study (row), from ranks; scores have no ties."""
    n, m = high.shape[1], low.shape[1]
    order = np.argsort(np.concatenate([high, low], axis=1), axis=1)
    ranks = ((order < n) * np.arange(1, n + m + 1)).sum(axis=1)
    return np.asarray((ranks - n * (n + 1) / 2) / (n * m), dtype=float)


def _p(high: Floats, low: Floats, test: str) -> Floats:
    if test == "paired":
        return np.asarray(ttest_rel(high, low, axis=1).pvalue)
    if test == "welch":
        return np.asarray(ttest_ind(high, low, axis=1, equal_var=False).pvalue)
    method = "exact" if max(high.shape[1], low.shape[1]) <= EXACT else "asymptotic"
    return np.asarray(mannwhitneyu(high, low, axis=1, method=method).pvalue)


@lru_cache(maxsize=256)
def wilson_limits(n: int) -> tuple[Floats, Floats]:
    """Limits of Wilson's 95 % interval of 0, 1, …, n of n right; two arrays of shape (n + 1,)."""
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(np.arange(n + 1), n, alpha=1 - LEVEL, method="wilson")
    return np.asarray(low), np.asarray(high)


def _area_limits(n: int, m: int) -> tuple[Floats, Floats]:
    """Newcombe's limits of a grid of areas: the areas that a limit belongs to, read the other way round."""
    low = np.linspace(0, 1, 10 * GRID) ** 2
    areas = low + newcombe_error(low, [(n, m)])
    rising = int(np.argmax(areas)) + 1
    limits = np.interp(np.linspace(0, 1, GRID), areas[:rising], low[:rising])
    # Areas and limits of one class are those of the other, upside down.
    return limits, 1 - limits[::-1]


def _least_area(n: int, m: int) -> float:
    """Area whose lower Newcombe limit is 0.5."""
    return 0.5 + float(newcombe_error(0.5, [(n, m)]))


def right_chances(law: Binormal, size: Size) -> Floats:
    """Chance of 0, 1, … called right of those counted: binomial in both classes, or over pairs; exact.

    Examples
    --------
    >>> right_chances(Binormal(0.0, 0.0, 1.0, 1.0), Size(1, 1)).round(3).tolist()
    [0.25, 0.5, 0.25]
    """
    if size.paired:
        return np.asarray(binom.pmf(np.arange(size.n + 1), size.n, law.both_right))
    (first, second), most = law.right, next_fast_len(size.counted + 1)
    spectrum = np.fft.rfft([1 - first, first], most) ** size.n
    spectrum = spectrum * np.fft.rfft([1 - second, second], most) ** size.m
    return np.asarray(np.fft.irfft(spectrum, most)[: size.counted + 1].clip(0), dtype=float)


def by_formula(law: Binormal, size: Size, name: str) -> float:
    """Give what `simulate` does, of one quantity, in closed form.

    ``accuracy`` and ``yes`` are exact. ``auc`` and ``separation`` take the area as normal with its
    standard error, ``difference`` is the noncentral t.
    """
    n, m = size.n, size.m
    if name in ("accuracy", "yes"):
        low, high = wilson_limits(size.counted)
        return float(right_chances(law, size) @ (high - low if name == "accuracy" else low > size.chance))
    error = max(law.auc_error(n, m), 1e-12)
    if name == "auc":
        below, above = _area_limits(n, m)
        areas = (law.auc + error * NORMAL).clip(0, 1)
        return float(np.interp(areas, np.linspace(0, 1, GRID), above - below).mean())
    if name == "separation":
        return float(norm.cdf((law.auc - _least_area(n, m)) / error))
    return t_power(law, size)


def t_power(law: Binormal, size: Size) -> float:
    """Power of the t-test at `ALPHA`, two-sided: Welch's of two groups, or that of pairs.

    In equal groups of one variance Welch's is Student's. The noncentral t with Welch's degrees of freedom.
    """
    from statsmodels.stats.power import ttest_power

    if size.paired:
        error, df = law.difference_sd / sqrt(size.n), size.n - 1.0
    else:
        first, second = law.sd_positive**2 / size.n, law.sd_negative**2 / size.m
        error = sqrt(first + second)
        df = (first + second) ** 2 / (first**2 / (size.n - 1) + second**2 / (size.m - 1))
    far = abs(law.difference) / error
    # The tail on the other side is nothing there, and the noncentral t has often no number for it.
    level, sided = (ALPHA / 2, "larger") if far > FAR else (ALPHA, "two-sided")
    found = float(ttest_power(far, 1, level, df=df, alternative=sided))
    # Further out it has none at all: there a test of many finds everything.
    return 1.0 if isnan(found) and far > 6 * FAR else found


def enough_by_formula(law: Binormal, size_of: Callable[[int], Size], name: str, wanted: float) -> int | None:
    """Smallest n from 2 to `MOST` whose width is at most, or whose power is at least, what is wanted.

    Widths fall and powers rise with n but for the teeth of counts: what is found may lie a tooth off.
    """

    def enough(n: int) -> bool:
        given = by_formula(law, size_of(n), name)
        return given <= wanted if name in WIDTHS else given >= wanted

    low = high = 2
    while not enough(high):
        if high >= MOST:
            return None
        low, high = high + 1, min(2 * high, MOST)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def hanley_mcneil_error(auc: float, n: int) -> float:
    """Compute an AUC's standard error with n units in each class.

    The formula is Hanley & McNeil's (1982, *Radiology* 143:29).

    Examples
    --------
    >>> round(hanley_mcneil_error(0.9, 15), 4)
    0.0597
    """
    first, second = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    return sqrt((auc * (1 - auc) + (n - 1) * (first + second - 2 * auc**2)) / n**2)


def first_enough(table: pd.DataFrame, enough: pd.Series) -> int | None:
    """Give the smallest n_per_class from which on all rows are enough; None where the last is not."""
    held = enough[::-1].cummin()[::-1]
    return int(table.loc[held, "n_per_class"].min()) if held.any() else None


def units_needed(effect: float, spread: float, power: float) -> int | None:
    """Units per class that Student's t-test needs by its formula; None where they are more than `MOST`.

    Examples
    --------
    >>> units_needed(1.0, 1.0, 0.8), units_needed(0.01, 1.0, 0.8)
    (17, None)
    """
    law = Binormal.apart(effect, spread)
    return enough_by_formula(law, lambda n: Size(n, n), "difference", power)
