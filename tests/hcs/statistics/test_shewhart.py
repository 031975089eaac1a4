"""Control charts: limits by hand, both rules on planted faults, and few alarms where nothing is wrong."""

from itertools import groupby

import numpy as np
import pytest

from hcs.statistics.shewhart import LEAST, control_chart


@pytest.mark.parametrize("seed", range(3))
def test_limits_and_runs_are_those_of_the_definition(seed: int) -> None:
    """Median ± 3 median moving ranges / 0.954; runs counted one by one."""
    values = np.random.default_rng(seed).normal(100, 5, 40) + np.repeat([0, 12], 20)
    found = control_chart(values)
    centre = np.median(values)
    sd = np.median(np.abs(np.diff(values))) / 0.95387
    assert (found.centre, found.sd) == pytest.approx((centre, sd))
    assert (found.low, found.high) == pytest.approx((centre - 3 * sd, centre + 3 * sd))
    assert found.outside.tolist() == [not found.low <= one <= found.high for one in values]
    runs = [[len(held)] * len(held) for _, own in groupby(values > centre) for held in [list(own)]]
    assert found.run.tolist() == [length >= LEAST for own in runs for length in own]


def test_a_far_value_and_a_shifted_level_are_found() -> None:
    """One value 8 SD away, or the last third 1.5 SD higher, where the values before gave no alarm."""
    steady = np.random.default_rng(1).normal(size=30)
    steady[15] = 8.0
    far = control_chart(steady)
    assert far.outside[15]
    assert far.p < 0.05
    shifted = control_chart(np.random.default_rng(2).normal(size=60) + 2.0 * (np.arange(60) >= 30))
    assert shifted.run.sum() >= 2 * LEAST
    assert shifted.p < 0.05


def test_seven_values_and_values_alike_have_no_limits() -> None:
    """Neither limits nor alarms, and no p."""
    for values in (np.arange(7.0), np.r_[np.full(9, 5.0), 9.0]):
        found = control_chart(values)
        assert np.isnan([found.centre, found.low, found.high, found.p]).all()
        assert not found.alarms.any()


def test_scale_and_direction_do_not_matter() -> None:
    """Values in other units, or mirrored, give the same alarms and p."""
    values = np.random.default_rng(5).normal(size=25)
    values[3] = 6.0
    one = control_chart(values)
    for other in (control_chart(1e-9 * values - 3e-8), control_chart(-values)):
        assert (other.alarms == one.alarms).all()
        assert other.p == pytest.approx(one.p)
