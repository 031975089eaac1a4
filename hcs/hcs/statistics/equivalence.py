"""What a missing correlation means: none of note, or too few clones to see one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, ceil, isnan, nan, sqrt

from scipy.optimize import brentq
from scipy.stats import f as fisher
from scipy.stats import ncf, norm

from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.words import Words
from hcs.wording import capital, counted, sentence, spaced
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
    excluded
        Smallest bound that the data would have passed: stronger correlations are excluded.
    detectable
        Smallest correlation the design sees in four studies of five.
    needed
        Clones with which a true correlation of 0 is found to lie within ±bound in four studies of five.
    verdict
        ``related``, ``no relation``, ``undecided``, or ``not known``.
    words
        For sentences.
    """

    rho: float
    n: int
    bound: float
    pvalue: PValue
    excluded: float
    detectable: float
    needed: int
    verdict: str
    words: Words
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say which of the three outcomes it is, with what could have been seen."""
        return sentence(self.headline(), *self.caveats)

    def headline(self) -> str:
        """Say the outcome in one or two sentences."""
        things, noun = f"{spaced(self.words.y)} and {spaced(self.words.x)}", self.words.noun
        whether = f"Whether {things[:1].lower() + things[1:]} are related is"
        things = capital(things)
        if self.verdict == UNKNOWN:
            return f"{whether} not known."
        seen = f"{counted(self.n, noun)} are too few to see any"
        if not isnan(self.detectable):
            power = f"{POWER:.0%}".replace("%", " %")
            only = f"only |rho| ≥ {self.detectable:.2f} could have been seen ({power} power)"
            seen = f"with {counted(self.n, noun)} {only}"
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
            f"{whether} undecided: {seen}. What the data exclude is |rho| > {self.excluded:.2f}; to find a "
            f"correlation of 0 within ±{self.bound:g} takes {self.needed} {self.words.nouns} "
            f"({self.pvalue.sentence()})."
        )


def equivalence_test(
    rho: float,
    n: int,
    *,
    p: float = nan,
    bound: float = BOUND,
    adjusted: int = 0,
    words: Words = Words(),  # noqa: B008 – frozen
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
        p-value of the test of no correlation; up to 0.05 the outcome is ``related``.
    bound
        Between 0 and 1.
    adjusted
        Numbers adjusted for in a partial correlation (groups − 1).
    words
        What the numbers and one unit are called.

    Raises
    ------
    ArgumentError
        A bound or correlation out of its range.

    Examples
    --------
    >>> equivalence_test(0.02, 120, p=0.8).verdict
    'no relation'
    >>> found = equivalence_test(0.1, 30, p=0.6)
    >>> found.verdict, round(found.excluded, 2), round(found.detectable, 2), found.needed
    ('undecided', 0.4, 0.5, 95)
    """
    if not 0 < bound < 1:
        raise ArgumentError(f"bound {bound} must lie between 0 and 1.")
    if not (isnan(rho) or -1 - 1e-9 <= rho <= 1 + 1e-9):
        raise ArgumentError(f"rho {rho} is no correlation; it lies between -1 and 1.")
    test = "Two one-sided tests (Fisher's z)"
    design = (smallest_detectable(n, adjusted=adjusted), _needed(bound, adjusted))
    free = n - 3 - adjusted
    if isnan(rho) or free < 1:
        why = "There is no correlation to test." if isnan(rho) else f"{counted(n, words.noun)} are too few."
        none = no_pvalue(test, n, words.nouns)
        return Equivalence(rho, n, bound, none, nan, *design, UNKNOWN, words, (why,))
    z = atanh(max(-_LARGEST, min(_LARGEST, rho)))
    error = _error(bound, free)
    value = float(max(norm.sf((z + atanh(bound)) / error), norm.sf((atanh(bound) - z) / error)))
    verdict = RELATED if p <= ALPHA else EQUIVALENT if value <= ALPHA else UNDECIDED
    caveats = () if n >= 10 else (f"Fisher's z is rough with {counted(n, words.noun)}.",)
    pvalue = PValue(value, test, n, noun=words.nouns, sided="one-sided")
    return Equivalence(rho, n, bound, pvalue, _excluded(abs(z), free), *design, verdict, words, caveats)


def smallest_detectable(n: int, *, adjusted: int = 0) -> float:
    """Find the smallest rank correlation that a two-sided test over n clones sees in four studies of five.

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
    limit = float(norm.isf(ALPHA / 2)) / sqrt(free)
    reach = float(norm.ppf(POWER))

    def lack(rho: float) -> float:
        return atanh(rho) - limit - reach * _error(rho, free)

    found = float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else nan
    return found if found < _SEEN else nan


def smallest_contrast(sizes: Sequence[int], *, adjusted: int = 0) -> float:
    """Find the smallest effect that groups of these sizes show in four studies of five.

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
    limit = fisher.isf(ALPHA, groups - 1, free)

    def lack(share: float) -> float:
        return float(ncf.sf(limit, groups - 1, free, n * share / (1 - share))) - POWER

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


def _excluded(z: float, free: int) -> float:
    """Smallest bound that the two one-sided tests would have passed; 1 where none."""
    limit = float(norm.isf(ALPHA))

    def lack(bound: float) -> float:
        return atanh(bound) - z - limit * _error(bound, free)

    return float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else 1.0


def _needed(bound: float, adjusted: int) -> int:
    """Clones with which a true correlation of 0 passes the two tests in four studies of five."""
    limit = float(norm.isf(ALPHA)) * sqrt(1 + bound**2 / 2)
    reach = float(norm.ppf((1 + POWER) / 2))
    return ceil(((limit + reach) / atanh(bound)) ** 2) + 3 + adjusted
