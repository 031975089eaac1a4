"""What a missing correlation means: none of note, or too few clones to see one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, ceil, isnan, nan, sqrt, tanh

import numpy as np
from scipy.optimize import brentq
from scipy.stats import f as fisher
from scipy.stats import ncf, norm

from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import counted, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

BOUND = 0.3
"""Correlations closer to 0 than this count as none: at most 9 % of the variance of the ranks. Ours."""
ALPHA = 0.05
POWER = 0.8
RELATED, EQUIVALENT, UNDECIDED, UNKNOWN = "related", "no relation", "undecided", "not known"
"""The outcomes of a correlation; the last where there is no correlation at all."""
_LARGEST = 1 - 1e-12
_SEEN = 0.95
_MOST = 0.97
"""Share of variance up to which the noncentral F is evaluated."""


@dataclass(frozen=True)
class Equivalence:
    """Whether a rank correlation lies within ±bound, and what the design could have seen.

    Parameters
    ----------
    rho, n
        Observed Spearman correlation and clones behind it.
    bound
        Correlations within ±bound count as none.
    pvalue
        Of the two one-sided tests (the larger p of the two).
    low, high
        Interval of confidence 1 − 2 alpha (Bonett & Wright 2000).
    excluded
        Smallest bound that the data would have passed: stronger correlations are excluded.
    detectable
        Smallest correlation the design sees with the power wanted.
    needed
        Clones with which a true correlation of 0 is found to lie within ±bound with the power wanted.
    verdict
        ``related``, ``no relation``, ``undecided``, or ``not known``.
    alpha, power
        Level of every test, and the power wanted.
    """

    rho: float
    n: int
    bound: float
    pvalue: PValue
    low: float
    high: float
    excluded: float
    detectable: float
    needed: int
    verdict: str
    alpha: float = ALPHA
    power: float = POWER
    x_name: str = "x"
    y_name: str = "y"
    noun: str = "clone"
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say which of the three outcomes it is, with what could have been seen."""
        return sentence(self.headline(), *self.caveats)

    def headline(self) -> str:
        """Say the outcome in one or two sentences."""
        things = f"{spaced(self.y_name)} and {spaced(self.x_name)}"
        things = things[:1].upper() + things[1:]
        if self.verdict == UNKNOWN:
            return f"Whether {things[:1].lower() + things[1:]} are related is not known."
        seen = f"with {counted(self.n, self.noun)} only |rho| ≥ {self.detectable:.2f} could have been seen"
        if isnan(self.detectable):
            seen = f"{counted(self.n, self.noun)} are too few to see any"
        seen += "" if isnan(self.detectable) else f" ({self.power:.0%} power)".replace("%", " %")
        if self.verdict == RELATED:
            less = ""
            if self.excluded < self.bound:
                less = f", yet more weakly than |rho| = {self.bound:g} ({self.pvalue.sentence()})"
            return f"{things} are related (rho = {self.rho:.2f}){less}."
        if self.verdict == EQUIVALENT:
            return (
                f"{things} have no relation of note: the correlation lies within ±{self.bound:g} "
                f"({self.pvalue.sentence()}); {seen}."
            )
        return (
            f"Whether {things[:1].lower() + things[1:]} are related is undecided: {seen}. What the data "
            f"exclude is |rho| > {self.excluded:.2f}; to find a correlation of 0 within ±{self.bound:g} "
            f"takes {self.needed} {plural(self.noun)} ({self.pvalue.sentence()})."
        )


def equivalence_test(
    rho: float,
    n: int,
    *,
    p: float = nan,
    bound: float = BOUND,
    adjusted: int = 0,
    alpha: float = ALPHA,
    power: float = POWER,
    x_name: str = "x",
    y_name: str = "y",
    noun: str = "clone",
) -> Equivalence:
    """Test whether a rank correlation lies within ±bound, by two one-sided tests.

    Schuirmann (1987), on Fisher's z with the variance of Spearman's correlation (1 + rho²/2)/(n − 3) (Bonett
    & Wright 2000), taken at the bound that is tested.

    Parameters
    ----------
    rho
        Spearman's correlation; NaN where there is none.
    n
        Clones.
    p
        p-value of the test of no correlation; below `alpha` the outcome is ``related``.
    bound
        Between 0 and 1.
    adjusted
        Numbers adjusted for in a partial correlation (groups − 1).
    alpha, power
        Level of the tests, and power for the smallest correlation to be seen.

    Raises
    ------
    ArgumentError
        A bound, level, power or correlation out of its range.

    Examples
    --------
    >>> equivalence_test(0.02, 120, p=0.8).verdict
    'no relation'
    >>> found = equivalence_test(0.1, 30, p=0.6, x_name="passage", y_name="accuracy")
    >>> found.verdict, round(found.excluded, 2), round(found.detectable, 2), found.needed
    ('undecided', 0.4, 0.5, 95)
    """
    _check(rho, bound, alpha, power)
    test = "Two one-sided tests (Fisher's z)"
    nouns = plural(noun)
    words = {"x_name": x_name, "y_name": y_name, "noun": noun}
    detectable = smallest_detectable(n, alpha=alpha, power=power, adjusted=adjusted)
    needed = _needed(bound, alpha, power, adjusted)
    free = n - 3 - adjusted
    if isnan(rho) or free < 1:
        why = "There is no correlation to test." if isnan(rho) else f"{counted(n, noun)} are too few."
        empty = no_pvalue(test, n, nouns)
        return Equivalence(
            rho,
            n,
            bound,
            empty,
            nan,
            nan,
            nan,
            detectable,
            needed,
            UNKNOWN,
            alpha,
            power,
            caveats=(why,),
            **words,
        )
    z = atanh(max(-_LARGEST, min(_LARGEST, rho)))
    error = _error(bound, free)
    value = float(max(norm.sf((z + atanh(bound)) / error), norm.sf((atanh(bound) - z) / error)))
    around = float(norm.isf(alpha)) * _error(rho, free)
    excluded = _excluded(abs(z), free, alpha)
    verdict = RELATED if p <= alpha else EQUIVALENT if value <= alpha else UNDECIDED
    caveats = () if isnan(excluded) or n >= 10 else (f"Fisher's z is rough with {counted(n, noun)}.",)
    return Equivalence(
        rho,
        n,
        bound,
        PValue(value, test, n, noun=nouns, sided="one-sided"),
        tanh(z - around),
        tanh(z + around),
        excluded,
        detectable,
        needed,
        verdict,
        alpha,
        power,
        caveats=caveats,
        **words,
    )


def smallest_detectable(n: int, *, alpha: float = ALPHA, power: float = POWER, adjusted: int = 0) -> float:
    """Find the smallest rank correlation that a two-sided test over n clones sees with the power wanted.

    Fisher's z: the test's limit with variance 1/(n − 3), the power with (1 + rho²/2)/(n − 3) (Bonett & Wright
    2000).

    Returns
    -------
    float
        NaN where no correlation below 1 is seen so often.

    Examples
    --------
    >>> round(smallest_detectable(30), 2), round(smallest_detectable(100), 2), smallest_detectable(4)
    (0.5, 0.28, nan)
    """
    free = n - 3 - adjusted
    if free < 1:
        return nan
    limit = float(norm.isf(alpha / 2)) / sqrt(free)
    reach = float(norm.ppf(power))

    def lack(rho: float) -> float:
        return atanh(rho) - limit - reach * _error(rho, free)

    found = float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else nan
    return found if found < _SEEN else nan


def smallest_contrast(
    sizes: Sequence[int], *, adjusted: int = 0, alpha: float = ALPHA, power: float = POWER
) -> float:
    """Find the smallest effect that groups of these sizes show with the power wanted.

    By the noncentral t and F distributions (Cohen 1988) for normal values of one variance; for two groups the
    standardised difference d is given as a rank-biserial correlation, 2 Φ(d/√2) − 1, for more as the share of
    the variance between groups.

    Parameters
    ----------
    sizes
        Clones in each group.
    adjusted
        Numbers adjusted for (strata − 1).

    Returns
    -------
    float
        NaN where no effect is seen so often.

    Examples
    --------
    >>> round(smallest_contrast([15, 15]), 2), round(smallest_contrast([10, 10, 10]), 2)
    (0.55, 0.26)
    >>> smallest_contrast([1, 1])
    nan
    """
    n, groups = sum(sizes), len(sizes)
    free = n - groups - adjusted
    if groups < 2 or free < 1:
        return nan
    limit = fisher.isf(alpha, groups - 1, free)

    def lack(share: float) -> float:
        return float(ncf.sf(limit, groups - 1, free, n * share / (1 - share))) - power

    if lack(_MOST) < 0:
        return nan
    share = float(brentq(lack, 1e-9, _MOST))
    if groups > 2:
        return share
    apart = sqrt(share / (1 - share) * n * n / (sizes[0] * sizes[1]))
    return float(2 * norm.cdf(apart / sqrt(2)) - 1)


def _error(rho: float, free: int) -> float:
    """Take the standard error of Fisher's z of a Spearman correlation (Bonett & Wright 2000)."""
    return sqrt((1 + rho**2 / 2) / free)


def _excluded(z: float, free: int, alpha: float) -> float:
    """Smallest bound that the two one-sided tests would have passed; 1 where none."""
    limit = float(norm.isf(alpha))

    def lack(bound: float) -> float:
        return atanh(bound) - z - limit * _error(bound, free)

    return float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else 1.0


def _needed(bound: float, alpha: float, power: float, adjusted: int) -> int:
    """Clones with which a true correlation of 0 passes the two tests with the power wanted."""
    limit = float(norm.isf(alpha)) * sqrt(1 + bound**2 / 2)
    reach = float(norm.ppf((1 + power) / 2))
    return ceil(((limit + reach) / atanh(bound)) ** 2) + 3 + adjusted


def _check(rho: float, bound: float, alpha: float, power: float) -> None:
    for value, name in ((bound, "bound"), (alpha, "alpha"), (power, "power")):
        if not 0 < value < 1:
            raise ArgumentError(f"{name} {value} must lie between 0 and 1.")
    if not (isnan(rho) or -1 - 1e-9 <= rho <= 1 + 1e-9):
        raise ArgumentError(f"rho {rho} is no correlation; it lies between -1 and 1.")
    if np.ndim(rho):
        raise ArgumentError("One correlation is tested at a time.")
