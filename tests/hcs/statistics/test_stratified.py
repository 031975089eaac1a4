"""Differences within strata: least squares, every arrangement, and the interval that the test inverts to."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import permutation_test
from statsmodels.api import OLS

from hcs.statistics.stratified import stratified_difference


def drawn(seed: int, sizes: tuple[tuple[int, int], ...]) -> tuple[np.ndarray, np.ndarray, list[int]]:
    """Values, class and stratum, for numbers of the first and second class in each stratum."""
    rng = np.random.default_rng(seed)
    strata = [place for place, (m, n) in enumerate(sizes) for _ in range(m + n)]
    first = np.array([side for m, n in sizes for side in [True] * m + [False] * n])
    return rng.normal(size=len(strata)) + 3 * np.array(strata) + first, first, strata


@pytest.mark.parametrize("sizes", [((4, 4),), ((2, 3), (3, 1)), ((1, 1),) * 6])
def test_the_estimate_is_that_of_least_squares(sizes: tuple[tuple[int, int], ...]) -> None:
    """With a level for each stratum; spread is the root mean square of what is left."""
    values, first, strata = drawn(0, sizes)
    found = stratified_difference(values, first, strata)
    levels = np.array(strata)[:, None] == np.unique(strata)
    fit = OLS(values, np.column_stack([first, levels]).astype(float)).fit()
    assert found.estimate == pytest.approx(fit.params[0])
    assert found.spread == pytest.approx(np.sqrt(fit.scale))


def test_p_is_scipys_without_strata() -> None:
    """Over all arrangements of 4 + 5."""
    values, first, strata = drawn(1, ((4, 5),))
    theirs = permutation_test(
        (values[first], values[~first]), lambda x, y: abs(x.mean() - y.mean()), alternative="greater",
        n_resamples=np.inf,
    )  # fmt: skip
    assert stratified_difference(values, first, strata).p == pytest.approx(theirs.pvalue)


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    """Just inside either limit p is above 0.05, just outside it is not; at the estimate p is 1."""
    values, first, strata = drawn(2, ((3, 3), (2, 4)))
    found = stratified_difference(values, first, strata)

    def p(shift: float) -> float:
        return stratified_difference(values - shift * first, first, strata).p

    low, high = found.interval
    assert p(low + 1e-6) > 0.05 >= p(low - 1e-6)
    assert p(high - 1e-6) > 0.05 >= p(high + 1e-6)
    assert p(found.estimate) == 1


def test_pairs_are_strata_of_two() -> None:
    """Signs flipped in all ways: p by hand, and the mean difference."""
    values, first, strata = drawn(3, ((1, 1),) * 7)
    differences = values[first] - values[~first]
    sums = np.array([np.dot(signs, differences) for signs in product((1, -1), repeat=7)])
    found = stratified_difference(values, first, strata)
    assert found.estimate == pytest.approx(differences.mean())
    assert found.p == pytest.approx(np.mean(np.abs(sums) >= abs(differences.sum()) - 1e-9))
    assert found.smallest_p == 2 / 2**7


def test_drawn_arrangements_give_nearly_the_same() -> None:
    """Of 15 pairs 10,000 of 32,768 sign flips are looked at; the width is the t interval's to a tenth."""
    values, first, strata = drawn(4, ((1, 1),) * 15)
    found = stratified_difference(values, first, strata)
    differences = values[first] - values[~first]
    half = 2.145 * differences.std(ddof=1) / np.sqrt(15)
    assert found.smallest_p == 1 / 10_000
    assert found.interval.high - found.interval.low == pytest.approx(2 * half, rel=0.1)


@pytest.mark.parametrize(
    ("sizes", "n"), [(((3, 0), (0, 3)), 0), (((2, 2), (0, 3)), 4), (((2, 2),), 4), (((1, 1),) * 4, 8)]
)
def test_what_the_design_cannot_bear_is_not_given(sizes: tuple[tuple[int, int], ...], n: int) -> None:
    """Strata of one class tell nothing; where p cannot be 0.05 there is no interval."""
    found = stratified_difference(*drawn(5, sizes))
    assert found.n == n
    assert np.isnan(found.interval.low)
    assert np.isnan(found.p) == (n == 0)


def test_no_interval_has_no_width() -> None:
    """Classes apart by one and the same number: an estimate, no interval."""
    first = np.arange(12) < 6
    found = stratified_difference(np.where(first, 5.0, 0.0), first, [""] * 12)
    assert (found.estimate, np.isnan(found.interval.low)) == (5.0, True)
