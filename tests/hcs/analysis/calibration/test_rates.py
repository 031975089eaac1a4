"""Calibration of what a sentence quotes: p-values of a true null, and intervals around a known truth."""

from collections.abc import Callable
from math import sqrt

import pytest
from tests.hcs.analysis.calibration import (
    batches,
    clones,
    effects,
    features,
    hits,
    plans,
    readers,
    variance,
    wells,
)
from tests.hcs.analysis.calibration.rates import Rate

PARTS = (batches, clones, effects, features, hits, plans, readers, variance, wells)
RATES: tuple[Rate, ...] = tuple(rate for part in PARTS for rate in part.RATES)
QUICK = [one for one in RATES if one.quick]


@pytest.mark.nightly
@pytest.mark.parametrize("rate", RATES, ids=lambda one: one.name)
def test_every_rate_is_what_is_said(rate: Rate, record_property: Callable[[str, object], None]) -> None:
    """5 % ± 2 % of true nulls are rejected; at least 92 % of 95 % intervals hold the truth."""
    share = rate.share(rate.runs)
    record_property(rate.name, f"{share:.3f}")
    assert rate.low <= share <= rate.high


@pytest.mark.parametrize("rate", QUICK, ids=lambda one: one.name)
def test_a_first_look_at_some(rate: Rate) -> None:
    """The same of a few experiments, with four standard errors of room for chance."""
    spread = 4 * sqrt(0.05 * 0.95 / rate.quick)
    assert rate.low - spread <= rate.share(rate.quick) <= rate.high + spread
