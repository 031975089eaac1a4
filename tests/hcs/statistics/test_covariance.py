"""Analysis of covariance: statsmodels' least squares, and columns that say the same."""

import numpy as np
import pytest
from statsmodels.api import OLS

from hcs.statistics.covariance import adjusted_difference


@pytest.mark.parametrize("strata", [[""] * 14, ["a", "b"] * 7, [*"aabb"] * 3 + ["c", "c"]])
@pytest.mark.parametrize("adjusted", [True, False])
def test_it_is_that_of_least_squares(strata: list[str], adjusted: bool) -> None:
    """Coefficient, limits, p and slope with a level for each stratum."""
    rng = np.random.default_rng(0)
    first, covariate = rng.permutation(np.arange(14) < 6), rng.normal(30, 5, 14)
    values = rng.normal(size=14) + 0.1 * covariate + first
    found = adjusted_difference(values, first, strata, covariate if adjusted else None)
    levels = np.array(strata)[:, None] == np.unique(strata)
    columns = [first, *([covariate] if adjusted else []), levels]
    fit = OLS(values, np.column_stack(columns).astype(float)).fit()
    assert found.estimate == pytest.approx(fit.params[0])
    assert tuple(found.interval) == pytest.approx(tuple(fit.conf_int()[0]))
    assert found.p == pytest.approx(fit.pvalues[0])
    assert found.free == fit.df_resid
    assert not adjusted or found.slope == pytest.approx(fit.params[1])


@pytest.mark.parametrize(
    ("covariate", "strata"),
    [
        ([1.0] * 3 + [2.0] * 3, [""] * 6),
        ([3.0] * 6, [""] * 6),
        ([1.0, 2, 3, 1, 2, 3], [*"aaabbb"]),
        ([1.0, 2, 3, 4, 5, 7], [*"aabbcd"]),
    ],
)
def test_what_cannot_be_separated_is_not_given(covariate: list[float], strata: list[str]) -> None:
    """A covariate that is the class, or constant; strata that are the class; as many columns as values."""
    first = np.arange(6) < 3
    found = adjusted_difference(np.arange(6.0) ** 2, first, strata, np.array(covariate))
    assert np.isnan(found.p)
    assert np.isnan(found.interval.low)


def test_a_perfect_fit_has_no_interval() -> None:
    """Nothing is left to tell an error from."""
    first, covariate = np.arange(8) < 4, np.arange(8.0)
    found = adjusted_difference(2.0 * covariate + 3 * first, first, [""] * 8, covariate)
    assert found.estimate == pytest.approx(3)
    assert found.slope == pytest.approx(2)
    assert np.isnan(found.p)
