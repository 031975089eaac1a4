"""Tests of equivalence: a hand-worked example, the level at the bound, power at the smallest to be seen."""

from math import atanh, nan

import numpy as np
import pytest
from scipy import stats

from hcs.statistics.equivalence import equivalence_test, smallest_detectable, verdicts
from hcs_plates.errors import ArgumentError


def test_hand_worked_example() -> None:
    """A rho of 0.1 of 103 clones, bound 0.3: z = (0.3095 − 0.1003) / √(1.045/100) = 2.046, p = 0.0204."""
    assert equivalence_test(0.1, 103).pvalue.value == pytest.approx(0.0204, abs=1e-4)


def test_excluded_is_the_smallest_bound_that_passes() -> None:
    """Tested at the correlation it excludes, the p is alpha."""
    excluded = equivalence_test(-0.15, 40).excluded
    assert equivalence_test(-0.15, 40, bound=excluded).pvalue.value == pytest.approx(0.05)


@pytest.mark.slow
def test_relations_at_the_bound_are_seldom_called_none() -> None:
    """Of 4,000 studies with a true rank correlation of 0.3 at most 5 % (and noise) pass as none."""
    passed = _share(0.3, 100, lambda rho: equivalence_test(rho, 100).pvalue.value <= 0.05)
    assert passed <= 0.05 + 3 * np.sqrt(0.05 * 0.95 / 4_000)


@pytest.mark.slow
def test_smallest_detectable_is_seen_four_times_in_five() -> None:
    """Simulated power of Spearman's test at the smallest correlation to be seen is 80 ± 3 %."""
    for n in (15, 30, 60):
        seen = _share(smallest_detectable(n), n, lambda rho, n=n: _p(rho, n) <= 0.05)
        assert seen == pytest.approx(0.8, abs=0.03)


@pytest.mark.slow
def test_needed_clones_find_none_four_times_in_five() -> None:
    """With so many clones and a true correlation of 0 the test passes in 80 ± 3 % of studies."""
    needed = equivalence_test(0.0, 30).needed
    passed = _share(0.0, needed, lambda rho: equivalence_test(rho, needed).pvalue.value <= 0.05)
    assert passed == pytest.approx(0.8, abs=0.03)


def _share(rank_rho: float, n: int, decide: object, studies: int = 4_000) -> float:
    """Share of simulated bivariate normal studies of a true rank correlation for which `decide` is true."""
    rng = np.random.default_rng(12)
    rho = 2 * np.sin(np.pi / 6 * rank_rho)
    x = rng.normal(size=(studies, n))
    y = rho * x + np.sqrt(1 - rho**2) * rng.normal(size=(studies, n))
    first, second = (stats.rankdata(values, axis=1) - (n + 1) / 2 for values in (x, y))
    found = (first * second).sum(axis=1) / np.sqrt((first**2).sum(axis=1) * (second**2).sum(axis=1))
    return float(np.mean([decide(rho) for rho in found]))  # type: ignore[operator]


def _p(rho: float, n: int) -> float:
    return float(2 * stats.t.sf(abs(rho) * np.sqrt((n - 2) / (1 - rho**2)), n - 2))


def test_both_ways_to_judge_are_corrected_for_their_number() -> None:
    """Of ten relations that are not there, one equivalence p of 0.04 is luck, as one p of 0.04 is."""
    p, equivalence = [0.04, *[0.5] * 9], [0.9, 0.04, *[0.5] * 8]
    held, none, said = verdicts(p, equivalence)
    assert (held[0], none[1]) == pytest.approx((0.4, 0.4))
    assert set(said) == {"undecided"}
    assert verdicts([0.004, 0.3, nan], [0.5, 0.02, nan])[2] == ["related", "no relation", "not known"]


@pytest.mark.parametrize(("rho", "n"), [(nan, 30), (0.5, 3)])
def test_nothing_is_tested_without_a_correlation_or_with_three_clones(rho: float, n: int) -> None:
    """No p, so no verdict."""
    assert np.isnan(equivalence_test(rho, n).pvalue.value)


def test_adjusting_costs_clones() -> None:
    """Every number adjusted for weighs like one clone less."""
    assert equivalence_test(0.1, 31, adjusted=1).pvalue.value == equivalence_test(0.1, 30).pvalue.value
    assert smallest_detectable(31, adjusted=1) == smallest_detectable(30)
    assert atanh(smallest_detectable(30)) == pytest.approx(0.549, abs=1e-3)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"bound": 30}, "bound 30 must lie"),
        ({"rho": 1.2}, "no correlation"),
    ],
)
def test_wrong_arguments_are_refused(wrong: dict[str, float], words: str) -> None:
    """Bounds and correlations out of range are refused."""
    with pytest.raises(ArgumentError, match=words):
        equivalence_test(**{"rho": 0.1, "n": 30, **wrong})  # type: ignore[arg-type]
