"""Tests of generalised pivots: exact limits where there are any, limits above 0 for an estimate of 0."""

import numpy as np
import pytest
from scipy.stats import chi2, f, t

from hcs.statistics.anova import collapse, fit_anova
from hcs.statistics.pivots import component_draws, normal_draws, pivot_limits


def test_a_residual_has_the_limits_of_chi_squared() -> None:
    """Df · s² / χ² at either end, for 4 and 40 degrees of freedom."""
    for df in (4.0, 40.0):
        low, high = pivot_limits(component_draws(np.array([[df]]), np.array([df]), np.array([2.0]))).ravel()
        assert [low, high] == pytest.approx(list(df * 2 / chi2.ppf([0.975, 0.025], df)), rel=0.01)


def test_nested_levels_solve_their_mean_squares() -> None:
    """The ratio of the upper to the lower mean square has the limits of F, whatever lies above."""
    rng = np.random.default_rng(0)
    date, plate = np.repeat(np.arange(5), 12), np.repeat(np.arange(20), 3)
    values = rng.normal(size=5)[date] + 3 * rng.normal(size=20)[plate] + rng.normal(size=60)
    found = fit_anova(collapse(values[:, None], {"date": date, "plate": plate}))
    own = np.append(found.variances[0], found.residual[0])
    drawn = component_draws(found.expected, np.append(found.df, found.residual_df), own)
    ratio = 1 + 3 * own[1] / own[2]
    expected = ratio / f.ppf([0.975, 0.025], 15, 40)
    assert pivot_limits(1 + 3 * drawn[:, 1] / drawn[:, 2]) == pytest.approx(expected, rel=0.02)


def test_an_estimate_of_zero_has_an_upper_limit() -> None:
    """Four levels of five: as if the mean squares were equal."""
    expected = np.array([[3.0 * 5, 3.0], [0.0, 16.0]])
    drawn = component_draws(expected, np.array([3.0, 16.0]), np.array([0.0, 1.0]))
    low, high = pivot_limits(drawn[:, 0] / drawn[:, 1])
    assert low == 0
    assert high == pytest.approx((f.ppf(0.975, 16, 3) - 1) / 5, rel=0.02)


def test_means_have_the_limits_of_t_and_sds_of_chi_squared() -> None:
    """Of the second of two samples too."""
    values = np.array([3.0, 5, 4, 9, 1, 7])
    means, sds = normal_draws([values[:3], values])[1]
    half = t.ppf(0.975, 5) * values.std(ddof=1) / 6**0.5
    assert pivot_limits(means) == pytest.approx([values.mean() - half, values.mean() + half], abs=0.02)
    assert pivot_limits(sds) == pytest.approx(
        list(values.std(ddof=1) * np.sqrt(5 / chi2.ppf([0.975, 0.025], 5))), rel=0.01
    )
