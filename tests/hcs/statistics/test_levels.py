"""Tests of differences between levels: ranks, chance, restricted permutation."""

import numpy as np
import pytest
from scipy.stats import kruskal, mannwhitneyu

from hcs.statistics.levels import level_effect

RNG = np.random.default_rng


def test_eta2_is_kruskal_wallis_over_n_minus_1() -> None:
    """SciPy's H, ties and all."""
    values = RNG(1).integers(0, 9, 40).astype(float)
    levels = np.repeat(list("abcd"), 10)
    found = level_effect(values, levels, draws=99, seed=0)
    h = kruskal(*(values[levels == name] for name in "abcd")).statistic
    assert found.eta2 == pytest.approx(h / 39)
    # Kelley's (1935) epsilon squared, in closed form.
    assert found.epsilon2 == pytest.approx(1 - (1 - found.eta2) * 39 / 36)


def test_exact_p_of_two_levels_is_the_mann_whitney_test() -> None:
    """All arrangements of a small plate: the exact two-sided rank-sum test."""
    values = RNG(2).normal(size=7)
    levels = np.array([1] * 3 + [0] * 4)
    found = level_effect(values, levels, draws=99, seed=0)
    assert found.test is not None
    assert found.test.exact
    oracle = mannwhitneyu(values[:3], values[3:], method="exact").pvalue
    assert found.test.p == pytest.approx(oracle)


def test_chance_share_within_groups_is_the_mean_over_arrangements() -> None:
    """The closed form equals the mean of every arrangement within groups."""
    values = RNG(3).normal(size=9)
    groups, levels = np.repeat(list("xyz"), 3), np.array(list("abaabbbba"))
    found = level_effect(values, levels, groups, draws=99, seed=0)
    assert found.test is not None
    assert found.test.exact
    chance = (found.eta2 - found.epsilon2) / (1 - found.epsilon2)
    assert chance == pytest.approx(found.test.null.mean())


def test_groups_count_for_nothing_and_hide_nothing() -> None:
    """However far groups lie apart, the numbers are the same; a shift inside groups is found."""
    rng = RNG(4)
    groups = np.repeat(np.arange(8), 6)
    levels = np.tile([0, 0, 0, 1, 1, 1], 8)
    noise = rng.normal(size=48)
    near, far = (level_effect(noise + step * groups, levels, groups, draws=99, seed=0) for step in (0, 32))
    assert near.eta2 == pytest.approx(far.eta2)
    assert near.test is not None
    assert far.test is not None
    assert near.test.p == far.test.p
    found = level_effect(noise + 2 * levels, levels, groups, draws=199, seed=0)
    assert found.test is not None
    assert found.test.p == 1 / 200
    assert found.tied == pytest.approx(0, abs=0.2)


def test_tied_constant_and_single_have_no_test() -> None:
    """Nothing to test is no number."""
    values = RNG(5).normal(size=8)
    tied = level_effect(values, np.repeat([0, 1], 4), np.repeat([0, 1, 2, 3], 2), draws=9, seed=0)
    assert tied.test is None
    assert tied.tied == 1
    assert level_effect(values, np.zeros(8), draws=9, seed=0).test is None
    assert level_effect(values, np.arange(8), draws=9, seed=0).test is None
    assert level_effect(np.ones(8), np.arange(8), draws=9, seed=0).test is None
