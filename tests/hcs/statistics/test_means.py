"""Differences of means: scipy's and statsmodels' numbers, coverage of g, and a sample without spread."""

import warnings

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.weightstats import CompareMeans, DescrStatsW

from hcs.statistics.means import STUDENT, WELCH, hedges_g, mean_difference


@pytest.mark.parametrize(("equal", "usevar", "name"), [(True, "pooled", STUDENT), (False, "unequal", WELCH)])
@pytest.mark.parametrize("sizes", [(2, 2), (8, 11), (15, 15)])
def test_t_tests_are_statsmodels(equal: bool, usevar: str, name: str, sizes: tuple[int, int]) -> None:
    """Difference, limits and p equal those of statsmodels."""
    rng = np.random.default_rng(sizes[0])
    first, second = rng.normal(1, 1, sizes[0]), rng.normal(0, 3, sizes[1])
    theirs = CompareMeans(DescrStatsW(first), DescrStatsW(second))
    difference, interval, p = mean_difference(first, second, equal=equal)
    assert difference == pytest.approx(first.mean() - second.mean())
    assert (interval.low, interval.high) == pytest.approx(theirs.tconfint_diff(usevar=usevar))
    assert p.value == pytest.approx(theirs.ttest_ind(usevar=usevar)[1])
    assert (p.test, p.n) == (name, sum(sizes))


def test_a_sample_without_spread_is_tested_without_a_warning() -> None:
    """Against a constant, Welch's test is the one-sample test of the other, by scipy."""
    values = np.array([2.0, 3, 5, 4])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        _, _, p = mean_difference(np.ones(4), values)
    assert p.value == pytest.approx(stats.ttest_1samp(values, 1.0).pvalue)


def test_g_covers_the_difference_in_standard_deviations() -> None:
    """Of 1,000 studies of 15 + 15 clones 1 SD apart, the interval holds 1 in 93 to 98 %; g is unbiased."""
    rng, held, found = np.random.default_rng(0), 0, []
    for _ in range(1000):
        g, low, high = hedges_g(rng.normal(1, 1, 15), rng.normal(0, 1, 15))
        held += low <= 1 <= high
        found.append(g)
    assert 0.93 <= held / 1000 <= 0.98
    assert float(np.mean(found)) == pytest.approx(1.0, abs=0.04)
