"""Two normal classes: areas and calls of drawn clones, pairs by a double integral, errors by simulation."""

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from hcs.statistics.auc import roc_area
from hcs.statistics.binormal import Binormal

LAWS = (Binormal(0.8, -1.5, 0.6, 0.9), Binormal(0.5, -0.1, 1.0, 0.5), Binormal(-0.3, 0.1, 1.0, 2.0))


@pytest.mark.parametrize("law", LAWS)
def test_drawn_clones_have_the_area_and_the_calls(law: Binormal) -> None:
    """20,000 clones of each class: the area, and the shares on their side of 0, within 4 standard errors."""
    (high,), (low,) = law.drawn(20_000, 20_000, 1, np.random.default_rng(0))
    truth = np.repeat([True, False], 20_000)
    assert roc_area(np.concatenate([high, low]), truth) == pytest.approx(law.auc, abs=0.012)
    assert ((high >= 0).mean(), (low < 0).mean()) == pytest.approx(law.right, abs=0.015)


@pytest.mark.parametrize("correlation", [-0.5, 0.0, 0.3, 0.9])
def test_pairs_are_right_together_as_the_bivariate_normal_says(correlation: float) -> None:
    """Both of a pair on their sides of 0: scipy's bivariate normal; the SD of a difference within a pair."""
    law = Binormal(0.6, -0.2, 0.8, 1.3, correlation)
    shared = -correlation * 0.8 * 1.3
    both = multivariate_normal([-0.6, -0.2], [[0.64, shared], [shared, 1.69]]).cdf([0.0, 0.0])
    assert law.both_right == pytest.approx(both, abs=1e-5)
    high, low = law.drawn(50_000, 50_000, 1, np.random.default_rng(1))
    assert (high - low).std() == pytest.approx(law.difference_sd, rel=0.02)
    assert np.corrcoef(high[0], low[0])[0, 1] == pytest.approx(correlation, abs=0.02)


@pytest.mark.parametrize(
    ("law", "n", "m"),
    [(LAWS[0], 15, 15), (LAWS[1], 10, 40), (Binormal(0.5, -0.5, 1.0, 1.0, 0.6), 40, 40)],
)
def test_the_error_of_an_area_is_its_spread_over_studies(law: Binormal, n: int, m: int) -> None:
    """4,000 studies, of pairs too: within 4 %, three times the error of a standard deviation of so many."""
    high, low = law.drawn(n, m, 4_000, np.random.default_rng(2))
    areas = (high[:, :, None] > low[:, None, :]).mean(axis=(1, 2))
    assert law.auc_error(n, m) == pytest.approx(areas.std(), rel=0.04)


def test_equal_classes_have_the_areas_of_the_textbook() -> None:
    """One standard deviation apart: Φ(1/√2); called half-way: Φ(1/2); four times the variance: as d = 1/2."""
    law = Binormal.apart(1.0, 1.0)
    assert law.auc == pytest.approx(norm.cdf(1 / np.sqrt(2)))
    assert law.right == pytest.approx((norm.cdf(0.5),) * 2)
    assert law.spread(4.0).auc == pytest.approx(Binormal.apart(0.5, 1.0).auc)
