"""Where images stop helping, and the limits that a pilot allows."""

from math import inf

import numpy as np
import pytest
from scipy.stats import norm

from hcs.design.power.expected import Draws, Expected, Parts
from hcs.statistics.binormal import Binormal

PARTS = Parts(1.0, 0.5, 6.0, 0.25, 4.0)


@pytest.mark.parametrize("gain", [0.02, 0.05, 0.2])
@pytest.mark.parametrize("wells", [1, 4])
def test_enough_images_are_the_fewest_whose_doubling_gains_less(gain: float, wells: int) -> None:
    """Doubled, the number found gains less than asked, and one image fewer does not: tried out one by one."""
    found = PARTS.enough(wells, gain)

    def gained(images: float) -> float:
        rest = PARTS.unit + PARTS.well / wells
        return (PARTS.image / images / 2) / (rest + PARTS.image / images)

    tried = next(images for images in range(1, 10_000) if gained(images) <= gain)
    assert found == max(wells, tried)


def test_images_without_end_help_where_nothing_else_varies() -> None:
    """No variance between clones or wells: no number is enough. No variance of images: one is."""
    assert Parts(0.0, 0.0, 1.0, 0.0, 1.0).enough(2, 0.05) == inf
    assert Parts(1.0, 0.0, 0.0, 1.0, 1.0).enough(2, 0.05) == 2


def test_variance_of_a_mean_is_the_design_effect() -> None:
    """One well, m images: (1 + (m − 1) icc) / m of the variance of one image."""
    icc, m = 0.3, 12
    parts = Parts(icc, 0.0, 1 - icc, icc, icc)
    assert parts.of_mean(m, 1) == pytest.approx((1 + (m - 1) * icc) / m)
    assert parts.share(m, 1) == pytest.approx(icc * m / (1 + (m - 1) * icc))


def pilot_draws(middle: float, spread: float) -> Draws:
    """4,096 draws of equal classes at ± a height that is normal, standard deviations of 1."""
    heights = middle + spread * norm.ppf((np.arange(4096) + 0.5) / 4096)
    return Draws(heights, -heights, np.ones(4096), np.ones(4096), (0.1, 0.7))


def test_limits_are_the_95_percent_of_the_draws() -> None:
    """Calls and areas at the 2.5th and 97.5th percentile of the height, the correlation at its limits."""
    worst, best = pilot_draws(1.0, 0.2).at_limits("yes", 1.0)
    assert [worst.positive, best.positive] == pytest.approx([1 - 1.96 * 0.2, 1 + 1.96 * 0.2], abs=2e-3)
    assert (worst.correlation, best.correlation) == (0.1, 0.7)
    assert pilot_draws(1.0, 0.2).at_limits("auc", 1.0)[0].positive == pytest.approx(worst.positive)


def test_an_interval_is_widest_at_one_half() -> None:
    """Draws on both sides of no effect: the worst for a width, and for a test of two sides, is no effect."""
    for name in ("accuracy", "auc", "difference"):
        worst, best = pilot_draws(0.1, 0.3).at_limits(name, 1.0)
        assert abs(worst.positive) < 0.03
        assert abs(best.positive) > 0.6
    assert pilot_draws(0.1, 0.3).at_limits("separation", 1.0)[0].positive < -0.4


def test_other_images_change_the_spread_at_the_limits_too() -> None:
    """Ten times the images: less is gained at the worst, where more of the variance lies between clones."""
    law = Binormal(1.0, -1.0, 1.0, 1.0)
    known = Expected(law, 6, 1, Parts(1.0, 0.0, 6.0, 0.25, 4.0), pilot_draws(1.0, 1e-9), "a pilot")
    assert known.at(60, 1).sd_positive ** 2 == pytest.approx((1 + 0.1) / (1 + 1))
    limits = known.at_limits("yes", 1.0, 60, 1)
    assert limits is not None
    variances = [one.sd_positive**2 for one in limits]
    assert variances == pytest.approx([4.1 / 5, 0.35 / 1.25])
    assert known.at_limits("yes", 1.0, 6, 1) is not None
    assert known.at(6, 1) == law
