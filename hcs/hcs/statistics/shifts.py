"""The shift between two samples by ranks, with the interval that belongs to Mann and Whitney's test."""

from itertools import accumulate
from math import comb, nan, sqrt

import numpy as np
from scipy.stats import norm

from hcs.statistics.arrays import Floats

EXACT_RANKS = 60
"""Up to this many values, the distribution of ranks is counted and not approximated."""


def hodges_lehmann(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Estimate the shift between two samples, with the 95 % interval that Mann–Whitney's test gives.

    The interval's ends are ordered pairwise differences (Hollander & Wolfe 1999, section 4.3), exact up to 60
    values and by the normal approximation above; with too few values for 95 % it is NaN.

    Examples
    --------
    >>> hodges_lehmann(np.array([5.0, 6, 7, 9]), np.array([1.0, 2, 4, 3]))
    (4.0, 1.0, 8.0)
    """
    m, n = len(first), len(second)
    if not m or not n:
        return nan, nan, nan
    differences = np.sort(np.subtract.outer(first, second).ravel())
    if m + n <= EXACT_RANKS:
        below = np.fromiter(accumulate(rank_sum_counts(m, n)), dtype=float) / comb(m + n, m)
        cut = int((below <= 0.025).sum())
    else:
        cut = int(m * n / 2 - norm.ppf(0.975) * sqrt(m * n * (m + n + 1) / 12))
    low, high = (nan, nan) if cut < 1 else (differences[cut - 1], differences[-cut])
    return float(np.median(differences)), float(low), float(high)


def cliffs_delta(first: Floats, second: Floats) -> float:
    """Share of pairs in which the first sample lies higher, less that in which it lies lower.

    Cliff 1993, *Psychol Bull* 114:494; NaN where a sample is empty.

    Examples
    --------
    >>> cliffs_delta(np.array([4.0, 2.0]), np.array([1.0, 2.0]))
    0.75
    """
    if not len(first) or not len(second):
        return nan
    return float(np.sign(np.subtract.outer(first, second)).mean())


def rank_sum_counts(m: int, n: int) -> list[int]:
    """Count the arrangements of two samples with each value of Mann & Whitney's U, 0 to m · n.

    These are the coefficients of the Gaussian binomial (Mann & Whitney 1947).
    """
    counts = [1] + [0] * (m * n)
    for step in range(1, m + 1):
        for place in range(m * n, n + step - 1, -1):
            counts[place] -= counts[place - n - step]
        for place in range(step, m * n + 1):
            counts[place] += counts[place - step]
    return counts
