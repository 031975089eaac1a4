"""Shifts by ranks: scipy's distribution of ranks, nominal coverage, and nothing from nothing."""

from itertools import combinations
from math import comb

import numpy as np
import pytest
from scipy.stats import mannwhitneyu, somersd

from hcs.statistics.shifts import cliffs_delta, hodges_lehmann, rank_sum_counts, stratified_shift


@pytest.mark.parametrize(("m", "n"), [(3, 4), (5, 2), (6, 6)])
def test_counts_of_rank_sums_are_scipys_exact_test(m: int, n: int) -> None:
    """The tail of the counted distribution is the exact one-sided p of Mann–Whitney."""
    counts = rank_sum_counts(m, n)
    assert sum(counts) == comb(m + n, m)
    values = np.random.default_rng(m * n).permutation(m + n).astype(float)
    test = mannwhitneyu(values[:m], values[m:], alternative="less", method="exact")
    assert sum(counts[: int(test.statistic) + 1]) / sum(counts) == pytest.approx(test.pvalue)


@pytest.mark.slow
@pytest.mark.parametrize(("m", "n", "low"), [(20, 30, 0.95), (40, 60, 0.935)])
def test_the_interval_covers_the_shift(m: int, n: int, low: float) -> None:
    """Exact up to 60 values, the interval covers a planted shift in 95 % of experiments or a little more."""
    rng = np.random.default_rng(7)
    covered = []
    for _ in range(1_500):
        shift, lower, upper = hodges_lehmann(rng.normal(size=m) + 1, rng.normal(size=n))
        assert lower <= shift <= upper
        covered.append(lower <= 1 <= upper)
    assert low - 0.01 <= np.mean(covered) <= 0.965


def test_the_interval_holds_what_the_test_does_not_reject() -> None:
    """A shift lies in the exact interval where Mann–Whitney of the shifted samples has p above 0.05."""
    rng = np.random.default_rng(2)
    first, second = rng.normal(size=9) + 0.7, rng.normal(size=11)
    _, low, high = hodges_lehmann(first, second)
    for shift, rejected in (
        (low - 1e-6, True),
        (low + 1e-6, False),
        (high - 1e-6, False),
        (high + 1e-6, True),
    ):
        p = mannwhitneyu(first - shift, second, method="exact").pvalue
        assert (p <= 0.05) == rejected


def test_the_interval_over_strata_holds_what_their_test_does_not_reject() -> None:
    """Shifts just outside have an exact two-sided p of the summed U up to 0.05, by every arrangement."""
    rng = np.random.default_rng(5)
    strata = [(rng.normal(size=4) + 1, rng.normal(size=3)), (rng.normal(size=3) + 6, rng.normal(size=4) + 5)]

    def wins(values: np.ndarray, own: list[int]) -> int:
        other = np.setdiff1d(np.arange(len(values)), own)
        return int((values[own][:, None] > values[other]).sum())

    def p(shift: float) -> float:
        each = [np.r_[first - shift, second] for first, second in strata]
        ways = [
            [wins(values, list(own)) for own in combinations(range(len(values)), len(first))]
            for values, (first, _) in zip(each, strata, strict=True)
        ]
        null = np.add.outer(*map(np.array, ways)).ravel()
        seen = sum(
            wins(values, list(range(len(first)))) for values, (first, _) in zip(each, strata, strict=True)
        )
        return float(2 * min((null <= seen).mean(), (null >= seen).mean()))

    _, low, high = stratified_shift(strata)
    assert p(low - 1e-9) <= 0.05 < p(low + 1e-9)
    assert p(high + 1e-9) <= 0.05 < p(high - 1e-9)


def test_cliffs_delta_is_somers_d() -> None:
    """With two classes Cliff's delta is Somers' D of the values given the class."""
    rng = np.random.default_rng(3)
    first, second = rng.integers(0, 6, 12).astype(float), rng.integers(0, 5, 15).astype(float)
    theirs = somersd(np.r_[np.ones(12), np.zeros(15)], np.r_[first, second]).statistic
    assert cliffs_delta(first, second) == pytest.approx(theirs)


def test_empty_and_tiny_samples_have_no_interval() -> None:
    """Nothing from no values; a shift without limits from too few for 95 %."""
    none = np.array([])
    assert np.isnan(hodges_lehmann(none, np.ones(3))).all()
    assert np.isnan(cliffs_delta(none, np.ones(3)))
    shift, low, high = hodges_lehmann(np.array([2.0, 3.0]), np.array([1.0, 1.5]))
    assert shift == 1.25
    assert np.isnan([low, high]).all()
