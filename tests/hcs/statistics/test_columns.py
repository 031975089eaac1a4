"""Many columns at once: scipy's tests and the interval of one column, whatever is missing."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import ttest_ind

from hcs.statistics.columns import contrast_columns, largest_contrast
from hcs.statistics.means import hedges_g

FIRST = np.arange(11) < 5


def values() -> np.ndarray:
    """Five columns of 11 units: two with holes, one large beside its spread, one constant in a class."""
    made = np.random.default_rng(3).normal(size=(11, 5))
    made[[0, 7], 1] = made[2, 2] = np.nan
    made[:, 3] += 1e9
    made[:5, 4] = 2.0
    return made


@pytest.mark.parametrize("at", range(5))
def test_each_column_is_tested_as_by_itself(at: int) -> None:
    """Welch's t and p are scipy's, g and its limits those of `hedges_g`, over the values that are there."""
    found = contrast_columns(values(), FIRST)
    own = values()[:, at]
    first, second = (own[chosen & ~np.isnan(own)] for chosen in (FIRST, ~FIRST))
    theirs = ttest_ind(first - first.mean(), second - first.mean(), equal_var=False)
    # Squares of numbers of 1e9 leave seven digits.
    assert (found.t[at], found.p[at]) == pytest.approx(tuple(theirs), rel=1e-6)
    assert (found.g[at], found.low[at], found.high[at]) == pytest.approx(hedges_g(first, second), rel=1e-6)
    assert (found.n_first[at], found.n_second[at]) == (len(first), len(second))


def test_the_largest_t_is_held_against_every_arrangement() -> None:
    """Each column's p is the share of the 70 arrangements whose largest |t|, by scipy, reaches its own."""
    made, own_first = values()[1:9, [0, 1, 3]], np.arange(8) < 4
    test, p = largest_contrast(made, own_first)
    largest = []
    for chosen in combinations(range(8), 4):
        first = np.isin(np.arange(8), chosen)
        t = ttest_ind(made[first], made[~first], equal_var=False, nan_policy="omit").statistic
        largest.append(np.abs(np.ma.getdata(t)).max())
    observed = np.abs(contrast_columns(made, own_first).t)
    shares = [np.mean(np.array(largest) >= own * (1 - 1e-6)) for own in observed]
    assert p.tolist() == pytest.approx(shares)
    assert test.p == pytest.approx(min(shares))
    assert test.exact


def test_what_cannot_be_compared_has_no_numbers() -> None:
    """A single value in a class, or no spread in either, whatever its size."""
    made = np.full((11, 3), 1e-9)
    made[:, 1] = np.arange(11.0)
    made[1:5, 1] = np.nan
    made[:, 2] = np.random.default_rng(0).normal(size=11)
    found = contrast_columns(made, FIRST)
    assert np.isnan([found.p[:2], found.g[:2], found.low[:2]]).all()
    test, p = largest_contrast(made, FIRST)
    assert np.isnan(p[:2]).all()
    assert p[2] == test.p
