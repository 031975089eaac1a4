"""Means of the rows of each well, and the difference between the means of two samples, with its tests."""

import warnings
from collections.abc import Sequence
from math import sqrt

import numpy as np
import pandas as pd

from hcs.statistics.arrays import Floats
from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.pvalues import PValue

STUDENT, WELCH, PAIRED = "Student's t-test", "Welch's t-test", "Paired t-test"


def well_means(
    rows: pd.DataFrame, value: str, keys: Sequence[str], **others: tuple[str, str]
) -> pd.DataFrame:
    """Average a value over the rows of each well (or whatever the keys name); missing values do not count.

    Of one row per tile, field or cell: one row per well, in the order in which they are met, with the keys (a
    missing name is a name of its own), the value, and the others (what of, and how it is summed up).

    Examples
    --------
    >>> tiles = pd.DataFrame({"well": ["B02", "A01", "A01"], "score": [np.nan, 0.2, 0.4]})
    >>> well_means(tiles, "score", ["well"], n=("score", "size")).round(2).values.tolist()
    [['B02', nan, 1], ['A01', 0.3, 2]]
    """
    grouped = rows.groupby(list(keys), sort=False, dropna=False, observed=True)
    return grouped.agg(**{value: (value, "mean")}, **others).reset_index()


def mean_difference(
    first: Floats, second: Floats, *, equal: bool = False, noun: str = "clones"
) -> tuple[float, Interval, PValue]:
    """Test the difference of two means, first minus second, by a t test over `noun` in the plural.

    Samples of two values or more, which vary in one of them at least, are taken for equally spread (`equal`,
    Student 1908) or not (Welch 1947).
    """
    from scipy.stats import ttest_ind

    n, name = len(first) + len(second), STUDENT if equal else WELCH
    with warnings.catch_warnings():
        # A sample without any spread: scipy takes it for lost digits, and the variance 0 is right.
        warnings.filterwarnings("ignore", "Precision loss occurred", RuntimeWarning)
        done = ttest_ind(first, second, equal_var=equal)
    ends = done.confidence_interval(0.95)
    interval = Interval(float(ends.low), float(ends.high))
    return float(first.mean() - second.mean()), interval, PValue(float(done.pvalue), name, n, noun=noun)


def paired_difference(
    first: Floats, second: Floats, *, noun: str = "clones"
) -> tuple[float, Interval, PValue]:
    """Test the mean of differences within two pairs or more, first minus second, by the paired t test.

    p and limits are NaN where all differences are one.

    Examples
    --------
    >>> difference, interval, p = paired_difference(np.array([5.0, 7, 9]), np.array([4.0, 5, 8]))
    >>> round(difference, 2), round(interval.low, 2), round(p.value, 3)
    (1.33, -0.1, 0.057)
    """
    from scipy.stats import t as student_t

    differences = first - second
    n, mean = len(differences), float((first - second).mean())
    error = float(differences.std(ddof=1)) / sqrt(n)
    if np.ptp(differences) <= 1e-12 * max(1e-300, float(np.abs(np.r_[first, second]).max())):
        return mean, NO_INTERVAL, PValue(np.nan, PAIRED, n, noun=noun)
    half = float(student_t.ppf(0.975, n - 1)) * error
    p = 2 * float(student_t.sf(abs(mean) / error, n - 1))
    return mean, Interval(mean - half, mean + half), PValue(p, PAIRED, n, noun=noun)


def median_interval(values: Floats) -> tuple[float, Interval]:
    """Give the median with its exact 95 % interval by order statistics (Thompson 1936).

    With fewer than 6 values not even the smallest and largest hold the median that often: no interval.

    Examples
    --------
    >>> median_interval(np.arange(5.0)), median_interval(np.arange(6.0))[1].high
    ((2.0, Interval(low=nan, high=nan)), 5.0)
    """
    from scipy.stats import quantile_test

    ends = quantile_test(values, p=0.5).confidence_interval(0.95)
    known = np.isfinite([ends.low, ends.high]).all()
    return float(np.median(values)), Interval(float(ends.low), float(ends.high)) if known else NO_INTERVAL


def hedges_g(first: Floats, second: Floats) -> tuple[float, float, float]:
    """Give Hedges' (1981) g, first minus second, with the 95 % limits of its large-sample variance.

    Examples
    --------
    >>> [round(value, 2) for value in hedges_g(np.array([80.0, 90, 85]), np.array([120.0, 110, 130]))]
    [-3.54, -7.32, 0.23]
    """
    from scipy.stats import norm
    from statsmodels.stats.meta_analysis import effectsize_smd

    samples = [(part.mean(), part.std(ddof=1), len(part)) for part in (first, second)]
    g, variance = effectsize_smd(*samples[0], *samples[1])
    half = float(norm.ppf(0.975)) * sqrt(max(0.0, float(variance)))
    return float(g), float(g) - half, float(g) + half
