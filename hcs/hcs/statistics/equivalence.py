"""What a missing correlation means: none of note, or too few clones to see one."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, ceil, isnan, nan, sqrt

from scipy.optimize import brentq
from scipy.stats import f as fisher
from scipy.stats import ncf, norm

from hcs.statistics.arrays import Floats
from hcs.statistics.association import fisher_error
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues, no_pvalue
from hcs.wording import plural
from hcs_plates.errors import ArgumentError

BOUND = 0.3
"""Correlations closer to 0 than this count as none: at most 9 % of the variance of the ranks. Ours."""
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
    bound
        Correlations within ±bound count as none.
    pvalue
        Of the two one-sided tests (the larger p of the two).
    detectable
        Smallest correlation that the design sees with a power of `POWER`.
    needed
        Clones with which a true correlation of 0 is found to lie within ±bound with that power.
    excluded
        Smallest bound that the data would have passed: stronger correlations are excluded.
    """

    bound: float
    pvalue: PValue
    detectable: float
    needed: int
    excluded: float = nan


def equivalence_test(
    rho: float, n: int, *, bound: float = BOUND, adjusted: int = 0, noun: str = "clone"
) -> Equivalence:
    """Test whether a rank correlation (NaN: none) over n clones lies within ±bound, by two one-sided tests.

    Schuirmann (1987), on Fisher's z with the variance of Spearman's correlation (1 + rho²/2)/(n − 3) (Bonett
    & Wright 2000), taken at the bound that is tested.

    Parameters
    ----------
    adjusted
        Numbers adjusted for in a partial correlation (groups − 1).

    Raises
    ------
    ArgumentError
        A bound outside 0 to 1, or what is no correlation.
    """
    if not 0 < bound < 1:
        raise ArgumentError(f"bound {bound} must lie between 0 and 1.")
    if not (isnan(rho) or -1 - 1e-9 <= rho <= 1 + 1e-9):
        raise ArgumentError(f"rho {rho} is no correlation; it lies between -1 and 1.")
    test, nouns, free = "Two one-sided tests (Fisher's z)", plural(noun), n - 3 - adjusted
    could = smallest_detectable(n, adjusted=adjusted), _needed(bound, adjusted)
    if isnan(rho) or free < 1:
        return Equivalence(bound, no_pvalue(test, n, nouns), *could)
    z = atanh(max(-_LARGEST, min(_LARGEST, rho)))
    error = fisher_error(bound, free)
    value = float(max(norm.sf((z + atanh(bound)) / error), norm.sf((atanh(bound) - z) / error)))
    pvalue = PValue(value, test, n, noun=nouns, sided="one-sided")
    return Equivalence(bound, pvalue, *could, _excluded(abs(z), free))


def verdicts(p: Sequence[float], equivalence: Sequence[float]) -> tuple[Floats, Floats, list[str]]:
    """Judge relations that are asked together, each way corrected by Holm (1979) for their number.

    From the p of no relation and that of equivalence (NaN where there is none): both corrected, and the
    verdict of each, ``related``, ``no relation``, ``undecided``, or ``not known``.

    Examples
    --------
    >>> verdicts([0.01, 0.6, 0.8], [nan, 0.02, 0.04])[2]
    ['related', 'no relation', 'no relation']
    """
    held, none = adjust_pvalues(p, "holm"), adjust_pvalues(equivalence, "holm")
    said = [
        UNKNOWN if isnan(one) else RELATED if one <= ALPHA else EQUIVALENT if other <= ALPHA else UNDECIDED
        for one, other in zip(held, none, strict=True)
    ]
    return held, none, said


def smallest_detectable(n: int, *, adjusted: int = 0) -> float:
    """Find the smallest rank correlation that a two-sided test over n clones sees with a power of `POWER`.

    Fisher's z: the test's limit with variance 1/(n − 3), the power with (1 + rho²/2)/(n − 3) (Bonett & Wright
    2000). NaN where no correlation below 1 is seen so often. `adjusted` numbers cost as many clones.
    """
    free = n - 3 - adjusted
    if free < 1:
        return nan
    limit = float(norm.isf(ALPHA / 2)) / sqrt(free)
    reach = float(norm.ppf(POWER))

    def lack(rho: float) -> float:
        return atanh(rho) - limit - reach * fisher_error(rho, free)

    found = float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else nan
    return found if found < _SEEN else nan


def smallest_contrast(sizes: Sequence[int], *, adjusted: int = 0) -> float:
    """Find the smallest effect that groups of these numbers of clones show with a power of `POWER`.

    By the noncentral t and F distributions (Cohen 1988) for normal values of one variance; for two groups the
    standardised difference d is given as a rank-biserial correlation, 2 Φ(d/√2) − 1, for more as the share of
    the variance between groups. NaN where no effect is seen so often. `adjusted` are strata − 1.
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


def _excluded(z: float, free: int) -> float:
    """Smallest bound that the two one-sided tests would have passed; 1 where none."""
    limit = float(norm.isf(ALPHA))

    def lack(bound: float) -> float:
        return atanh(bound) - z - limit * fisher_error(bound, free)

    return float(brentq(lack, 0, _LARGEST)) if lack(_LARGEST) > 0 else 1.0


def _needed(bound: float, adjusted: int) -> int:
    """Clones with which a true correlation of 0 passes the two tests with a power of `POWER`."""
    limit = float(norm.isf(ALPHA)) * sqrt(1 + bound**2 / 2)
    reach = float(norm.ppf((1 + POWER) / 2))
    return ceil(((limit + reach) / atanh(bound)) ** 2) + 3 + adjusted
