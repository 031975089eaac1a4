"""Differences within pairs by ranks: Wilcoxon's signed ranks and the shift that belongs to them."""

from itertools import accumulate

import numpy as np
from scipy.stats import norm, rankdata

from hcs.statistics.arrays import Floats

EXACT_SIGNS = 50
"""Up to this many pairs, the distribution of signed ranks is counted and not approximated."""


def signed_ranks(differences: Floats) -> Floats:
    """Rank differences by size (ties share the mean rank), each with its sign; those of 0 count nothing.

    Examples
    --------
    >>> signed_ranks(np.array([3.0, -1, 0, 1]))
    array([ 4. , -2.5,  0. ,  2.5])
    """
    return np.asarray(np.sign(differences) * rankdata(np.abs(differences)))


def paired_shift(differences: Floats) -> tuple[float, float, float]:
    """Estimate the shift within pairs, with the 95 % limits that Wilcoxon's signed-rank test gives.

    The median of the means of all pairs of differences (Hodges & Lehmann 1963), its limits ordered such means
    (Hollander & Wolfe 1999, section 3.3): exact up to 50 pairs, by the normal approximation above; NaN with
    fewer than six, whose signs cannot bear 95 %.

    Examples
    --------
    >>> paired_shift(np.array([1.0, 2, 3, 5, 8, 9]))
    (5.0, 1.0, 9.0)
    """
    n = len(differences)
    if not n:
        return np.nan, np.nan, np.nan
    rows, columns = np.triu_indices(n)
    means = np.sort((differences[rows] + differences[columns]) / 2)
    if n <= EXACT_SIGNS:
        below = np.fromiter(accumulate(_rank_counts(n)), dtype=float) / 2**n
        cut = int((below <= 0.025).sum())
    else:
        cut = int(n * (n + 1) / 4 - norm.ppf(0.975) * np.sqrt(n * (n + 1) * (2 * n + 1) / 24))
    low, high = (np.nan, np.nan) if cut < 1 else (means[cut - 1], means[-cut])
    return float(np.median(means)), float(low), float(high)


def _rank_counts(n: int) -> list[int]:
    """Count the choices of signs with each sum of positive ranks, 0 to n · (n + 1) / 2."""
    counts = [1] + [0] * (n * (n + 1) // 2)
    for rank in range(1, n + 1):
        for place in range(len(counts) - 1, rank - 1, -1):
            counts[place] += counts[place - rank]
    return counts
