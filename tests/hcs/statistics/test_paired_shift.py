"""The shift within pairs by ranks, its limits against scipy's p at and beside them."""

from itertools import product

import numpy as np
import pytest
from scipy.stats import wilcoxon

from hcs.statistics.paired_shift import paired_shift, signed_ranks


@pytest.mark.parametrize("n", [6, 8, 11])
def test_limits_hold_the_shifts_that_the_test_does_not_reject(n: int) -> None:
    """Just inside a limit scipy's exact p is above 0.05, just outside it is not."""
    differences = np.random.default_rng(n).normal(1, 1, n)
    shift, low, high = paired_shift(differences)
    for limit, inward in ((low, 1e-7), (high, -1e-7)):
        assert wilcoxon(differences - limit - inward, method="exact").pvalue > 0.05
        assert wilcoxon(differences - limit + inward, method="exact").pvalue <= 0.05
    means = [(one + other) / 2 for one, other in product(differences, repeat=2)]
    assert low < shift < high
    assert shift == pytest.approx(np.median([*means, *differences]))


def test_five_pairs_have_no_limits() -> None:
    """Their signs give 0.06 at best."""
    assert np.isnan(paired_shift(np.arange(1.0, 6))[1:]).all()
    assert np.isnan(paired_shift(np.zeros(0))).all()


def test_many_pairs_take_the_normal_approximation() -> None:
    """At the limits of 80 pairs scipy's asymptotic p is 0.05."""
    differences = np.random.default_rng(1).normal(size=80)
    low = paired_shift(differences)[1]
    assert wilcoxon(differences - low, method="asymptotic", correction=False).pvalue == pytest.approx(
        0.05, abs=0.003
    )


def test_signed_ranks_are_scipys() -> None:
    """The smaller sum of ranks is scipy's statistic."""
    differences = np.random.default_rng(2).normal(size=9)
    ranks = signed_ranks(differences)
    assert min(ranks[ranks > 0].sum(), -ranks[ranks < 0].sum()) == wilcoxon(differences).statistic
