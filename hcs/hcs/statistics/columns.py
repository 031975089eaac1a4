"""Two classes compared in many columns at once: Welch's t, Hedges' g, and the largest t under permutation.

Each column has one value per unit of evidence (clone, donor), NaN where it is not known.
"""

from dataclasses import dataclass

import numpy as np

from hcs.statistics.arrays import Bools, Floats
from hcs.statistics.permutation import PermutationTest, permutation_test

LEAST = 2
"""Units of a class without which its spread is not known."""
FLAT = 1e-12
"""A spread below this share of the largest value is rounding."""


@dataclass(frozen=True)
class ColumnContrasts:
    """Contrasts of every column, first class minus second; arrays of shape (n_columns,).

    Parameters
    ----------
    n_first, n_second
        Units with a value.
    mean_first, mean_second
        Their means.
    g, low, high
        Hedges' (1981) g and the 95 % limits of its large-sample variance.
    t, p
        Welch's (1947) t and its two-sided p; NaN where a class has fewer than two values, or neither varies.
    """

    n_first: Floats
    n_second: Floats
    mean_first: Floats
    mean_second: Floats
    g: Floats
    low: Floats
    high: Floats
    t: Floats
    p: Floats


def contrast_columns(values: Floats, first: Bools) -> ColumnContrasts:
    """Compare two classes in every column.

    Parameters
    ----------
    values
        Array of shape (n_units, n_columns); NaN where not known.
    first
        Which units are of the first class; array of shape (n_units,).

    Examples
    --------
    >>> values = np.array([[80.0, 1], [90, 2], [85, 3], [120, 1], [110, 2], [130, np.nan]])
    >>> found = contrast_columns(values, np.arange(6) < 3)
    >>> found.g.round(2).tolist(), found.p.round(3).tolist(), found.n_second.tolist()
    ([-3.54, 0.4], [0.013, 0.561], [3.0, 2.0])
    """
    from scipy.stats import norm
    from scipy.stats import t as student_t
    from statsmodels.stats.meta_analysis import effectsize_smd

    with np.errstate(divide="ignore", invalid="ignore"):
        means, variances, sizes = zip(*(_moments(values[own]) for own in (first, ~first)), strict=True)
        t, freedom = _welch(means, variances, sizes)
        sds = [np.sqrt(held) for held in variances]
        g, spread = effectsize_smd(means[0], sds[0], sizes[0], means[1], sds[1], sizes[1])
        half = norm.ppf(0.975) * np.sqrt(spread)
        p = 2 * student_t.sf(np.abs(t), freedom)
    known = np.isfinite(t)
    g, low, high, p = (np.where(known, held, np.nan) for held in (g, g - half, g + half, p))
    t = np.where(known, t, np.nan)
    return ColumnContrasts(sizes[0], sizes[1], means[0], means[1], g, low, high, t, p)


def largest_contrast(
    values: Floats, first: Bools, *, seed: int = 0, draws: int = 1_999
) -> tuple[PermutationTest, Floats]:
    """Hold the largest |t| of all columns against labels permuted over units, and each column's against that.

    Returns
    -------
    PermutationTest, Floats
        One-sided, of the largest |t|; and for each column the share of arrangements whose largest |t| reaches
        its own (single-step max T; Westfall & Young 1993), which needs no distribution and takes the columns'
        correlation into account. Array of shape (n_columns,), NaN as t is.

    Examples
    --------
    >>> values = np.array([[80.0, 1], [90, 2], [85, 3], [120, 1], [110, 2], [130, 3]])
    >>> test, p = largest_contrast(values, np.arange(6) < 3)
    >>> test.p, p.tolist()
    (0.1, [0.1, 1.0])
    """
    known = ~np.isnan(values)
    # Centred, or squares of large values would leave no digits to their spread.
    centred = np.where(known, values - np.nanmean(values, axis=0), 0.0)
    present, squares = known.astype(float), centred**2
    totals = present.sum(axis=0), centred.sum(axis=0), squares.sum(axis=0)
    floor = (FLAT * np.abs(np.where(known, values, 0.0)).max(axis=0)) ** 2

    def each(labels: Floats) -> Floats:
        own = labels @ present, labels @ centred, labels @ squares
        other = tuple(total - part for total, part in zip(totals, own, strict=True))
        with np.errstate(divide="ignore", invalid="ignore"):
            parts = [_of_sums(n, total, squared, floor) for n, total, squared in (own, other)]
            means, variances, sizes = zip(*parts, strict=True)
            return np.nan_to_num(np.abs(_welch(means, variances, sizes)[0]), posinf=0.0)

    test = permutation_test(
        lambda labels: each(labels).max(axis=1), first.astype(float), sided="greater", seed=seed, draws=draws
    )
    t = each(first.astype(float)[None, :])[0]
    null = np.sort(test.null)
    reached = len(null) - np.searchsorted(null, t * (1 - 1e-9))
    p = reached / len(null) if test.exact else (1 + reached) / (1 + len(null))
    return test, np.where(np.isnan(contrast_columns(values, first).t), np.nan, p)


def _moments(values: Floats) -> tuple[Floats, Floats, Floats]:
    """Mean, variance and number of known values of every column; the variance is 0 where it is rounding."""
    known = ~np.isnan(values)
    n = known.sum(axis=0).astype(float)
    mean = np.where(known, values, 0.0).sum(axis=0) / n
    away = np.where(known, values - mean, 0.0)
    variance = np.where(n >= LEAST, (away**2).sum(axis=0) / (n - 1), np.nan)
    floor = (FLAT * np.abs(np.where(known, values, 0.0)).max(axis=0, initial=0.0)) ** 2
    return mean, np.where(variance <= floor, 0.0, variance), n


def _of_sums(n: Floats, total: Floats, squares: Floats, floor: Floats) -> tuple[Floats, Floats, Floats]:
    mean = total / n
    variance = np.where(n >= LEAST, (squares - n * mean**2) / (n - 1), np.nan)
    return mean, np.where(variance <= floor, 0.0, variance), n


def _welch(
    means: tuple[Floats, ...], variances: tuple[Floats, ...], sizes: tuple[Floats, ...]
) -> tuple[Floats, Floats]:
    """Welch's t and its degrees of freedom; not finite where neither class varies."""
    errors = [variance / n for variance, n in zip(variances, sizes, strict=True)]
    both = errors[0] + errors[1]
    t = np.where(both > 0, (means[0] - means[1]) / np.sqrt(both), np.nan)
    freedom = both**2 / sum(error**2 / (n - 1) for error, n in zip(errors, sizes, strict=True))
    return t, freedom
