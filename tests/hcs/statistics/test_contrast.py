"""Tests of contrasts between groups of clones: SciPy's numbers, calibration, and words for poor data."""

from itertools import permutations

import numpy as np
import pytest
from scipy import stats

from hcs.statistics.auc import newcombe_limits
from hcs.statistics.contrast import group_contrast
from hcs.statistics.equivalence import smallest_contrast
from hcs.statistics.shifts import hodges_lehmann
from hcs.statistics.words import Words

RNG = np.random.default_rng(8)


def test_two_groups_equal_scipys_exact_test() -> None:
    """Difference of means, exact p and rank-biserial correlation are SciPy's; the shift is of pairs."""
    first, second = RNG.random(5), RNG.random(6) + 0.3
    found = group_contrast(["f"] * 5 + ["m"] * 6, np.r_[first, second])
    oracle = stats.permutation_test(
        (second, first), lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis), vectorized=True
    )
    assert found.difference == pytest.approx(second.mean() - first.mean())
    extreme = np.abs(oracle.null_distribution) >= abs(oracle.statistic) - 1e-12
    assert found.pvalue.value == pytest.approx(extreme.mean())
    u = stats.mannwhitneyu(second, first).statistic
    assert found.effect == pytest.approx(2 * u / 30 - 1)
    assert found.shift == pytest.approx(np.median(np.subtract.outer(second, first)))


def test_several_groups_equal_kruskal_and_wallis() -> None:
    """Epsilon squared is (H − k + 1) / (n − k), ties corrected; the p is nearly the chi-squared one."""
    y = RNG.integers(0, 12, 60).astype(float)
    groups = np.repeat(["a", "b", "c"], 20)
    oracle = stats.kruskal(*(y[groups == level] for level in "abc"))
    found = group_contrast(groups, y)
    assert found.effect == pytest.approx((oracle.statistic - 2) / 57, abs=0.002)
    assert found.pvalue.value == pytest.approx(oracle.pvalue, abs=0.02)


def test_within_strata_the_strata_themselves_make_no_difference() -> None:
    """Adding a constant to a stratum changes nothing."""
    groups, strata = np.tile(["f", "m"], 10), np.repeat(["a", "b"], 10)
    y = RNG.random(20)
    plain, moved = (group_contrast(groups, y + shift, within=strata) for shift in (0, np.repeat([0, 9], 10)))
    assert moved.difference == pytest.approx(plain.difference)
    assert moved.shift == pytest.approx(plain.shift)
    assert moved.pvalue.value == pytest.approx(plain.pvalue.value, abs=0.01)


def test_labels_move_within_strata_only() -> None:
    """The exact p of two groups is the share of all arrangements within strata, by hand; so is its bound."""
    groups, strata, y = np.array(list("fmmffm")), np.array(list("aaabbb")), np.array([1.0, 3, 4, 9, 8, 12])

    def difference(labels: "np.ndarray[tuple[int], np.dtype[np.str_]]") -> float:
        code, value = (labels == "m").astype(float), y.copy()
        for stratum in "ab":
            code[strata == stratum] -= code[strata == stratum].mean()
            value[strata == stratum] -= value[strata == stratum].mean()
        return abs(float(code @ value / (code @ code)))

    every = [
        np.array([*one, *other])
        for one in sorted(set(permutations("fmm")))
        for other in sorted(set(permutations("ffm")))
    ]
    null = np.array([difference(labels) for labels in every])
    found = group_contrast(groups, y, within=strata, words=Words("sex", within="plate"))
    assert len(null) == 9
    assert abs(found.difference) == pytest.approx(difference(groups))
    assert found.pvalue.value == pytest.approx((null >= difference(groups) - 1e-12).mean())
    assert found.pvalue.smallest == pytest.approx((null >= null.max() - 1e-12).mean())
    assert found.pvalue.test.startswith("Permutation test of the means")
    several = group_contrast(list("xyzxyz"), y, within=strata, words=Words("line", within="plate"))
    assert several.pvalue.value * 36 == pytest.approx(round(several.pvalue.value * 36))
    assert several.pvalue.smallest * 36 == pytest.approx(round(several.pvalue.smallest * 36))
    assert several.pvalue.test.startswith("Kruskal–Wallis permutation test")


def test_the_p_of_several_groups_is_one_sided_and_exact() -> None:
    """The share of all arrangements whose H is as large."""
    y, groups = np.array([1.0, 2, 5, 6, 9, 7]), np.array(list("aabbcc"))
    null = np.array(
        [
            stats.kruskal(*(y[np.array(labels) == level] for level in "abc")).statistic
            for labels in set(permutations("aabbcc"))
        ]
    )
    seen = stats.kruskal(y[:2], y[2:4], y[4:]).statistic
    found = group_contrast(groups, y)
    assert len(null) == 90
    assert found.pvalue.value == pytest.approx((null >= seen - 1e-9).mean())
    assert np.isnan(found.interval.low)


def test_smallest_contrast_is_statsmodels_power() -> None:
    """The effect found is seen with 80 % power by statsmodels' t test and F test."""
    from statsmodels.stats.power import FTestAnovaPower, TTestIndPower

    apart = np.sqrt(2) * stats.norm.ppf((smallest_contrast([14, 16]) + 1) / 2)
    assert TTestIndPower().power(apart, 14, 0.05, 16 / 14) == pytest.approx(0.8, abs=1e-4)
    share = smallest_contrast([10, 10, 10])
    assert FTestAnovaPower().power(np.sqrt(share / (1 - share)), 30, 0.05, 3) == pytest.approx(0.8, abs=1e-4)
    assert np.isnan(smallest_contrast([1, 1]))


SAID = [
    (["f"] * 5, [1, 2, 3, 4, 5], None, "All 5 clones have the same sex (f)."),
    (list("abcde"), [1, 2, 3, 4, 5], None, "Every clone has sex of its own"),
    (["f", "m"], [1, 2], None, "Only 2 clones have both sex and accuracy."),
    (["f", "m"] * 3, [2] * 6, None, "Accuracy is the same for all 6 clones."),
    (["f", "f", "m", "m"], [1, 2, 3, 4], ["a", "a", "b", "b"], "Sex and diagnosis are confounded"),
    ([None, "f", "f", "f"], [1, 2, 3, 4], None, "1 clone without sex is left out."),
]


@pytest.mark.parametrize(("groups", "y", "within", "words"), SAID)
def test_poor_data_are_answered_in_words(
    groups: list[str], y: list[float], within: list[str] | None, words: str
) -> None:
    """No number without its caveat."""
    found = group_contrast(groups, y, within=within, words=Words("sex", "accuracy"))
    assert np.isnan(found.effect)
    assert words in " ".join(found.caveats)


def test_the_interval_of_two_groups_is_newcombes_of_the_area() -> None:
    """It has a width with complete separation too, and there is none with a group of three."""
    for first, second in ((RNG.random(6), RNG.random(9) + 0.3), (np.arange(6.0), np.arange(6.0) + 10)):
        groups = [*"a" * len(first), *"b" * len(second)]
        found = group_contrast(groups, np.r_[first, second])
        area = stats.mannwhitneyu(second, first).statistic / (len(first) * len(second))
        low, high = newcombe_limits(area, len(second), len(first))
        assert found.interval == pytest.approx((2 * low - 1, 2 * high - 1))
        assert found.interval.low < found.interval.high
        assert found.shift_interval == pytest.approx(hodges_lehmann(second, first)[1:])
    few = group_contrast(list("aaabbbbbb"), np.arange(9.0))
    assert np.isnan(few.interval).all()
    assert np.isnan(group_contrast(list("aabb"), np.arange(4.0)).shift_interval).all()


def test_p_does_not_depend_on_the_unit() -> None:
    """Areas in m² have the p of areas in µm²."""
    y = np.array([5.0, 6, 7, 8, 9, 10, 1, 2, 3, 4, 2.5, 3.5])
    assert {
        group_contrast(list("aaaaaabbbbbb"), y * 10.0**-power).pvalue.value for power in (0, 9, 10, 12)
    } == {2 / 924}


def test_a_group_of_one_is_named_and_has_no_interval() -> None:
    """A single clone in a group is a caveat, not an interval of width 0."""
    found = group_contrast(["f"] * 7 + ["m"], np.arange(8.0), words=Words("sex"))
    assert "Only one clone has sex m." in found.caveats
    assert np.isnan(found.interval.low)
