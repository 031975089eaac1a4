"""The shift between two samples by ranks, with the interval that belongs to Mann and Whitney's test."""

from collections.abc import Sequence
from itertools import accumulate
from math import comb, nan, prod, sqrt

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
    return stratified_shift([(first, second)])


def stratified_shift(strata: Sequence[tuple[Floats, Floats]]) -> tuple[float, float, float]:
    """Estimate the shift that two samples have in every stratum, as `hodges_lehmann` does in one.

    Only pairs of a stratum are compared; the interval belongs to the sum of the strata's U (van Elteren
    1960, unweighted), whose distribution is that of the strata's together.

    Examples
    --------
    >>> low, high = np.array([1.0, 2, 4, 3]), np.array([5.0, 6, 7, 9])
    >>> stratified_shift([(high, low), (high + 90, low + 90)])
    (4.0, 2.0, 6.0)
    """
    kept = [(first, second) for first, second in strata if len(first) and len(second)]
    if not kept:
        return nan, nan, nan
    differences = np.sort(np.concatenate([np.subtract.outer(*one).ravel() for one in kept]))
    sizes = [(len(first), len(second)) for first, second in kept]
    if sum(map(sum, sizes)) <= EXACT_RANKS:
        # Whole numbers of any size: counts of many strata are larger than floats are exact.
        counts = np.ones(1, dtype=object)
        for m, n in sizes:
            counts = np.convolve(counts, np.array(rank_sum_counts(m, n), dtype=object))
        every = prod(comb(m + n, m) for m, n in sizes)
        cut = sum(below / every <= 0.025 for below in accumulate(counts))
    else:
        spread = sqrt(sum(m * n * (m + n + 1) for m, n in sizes) / 12)
        cut = int(len(differences) / 2 - norm.ppf(0.975) * spread)
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
