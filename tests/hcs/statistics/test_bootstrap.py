"""Bootstrap over units: known coverage, classes kept, and no interval where there can be none."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from hcs.statistics.bootstrap import bootstrap_interval

Floats = npt.NDArray[np.float64]
Places = npt.NDArray[np.intp]


def test_the_interval_is_scipys() -> None:
    """Of a mean, limits agree with scipy's percentile bootstrap within what two draws differ."""
    values = np.random.default_rng(1).normal(10, 2, size=40)
    ours = bootstrap_interval(lambda places: float(values[places].mean()), 40, draws=8_000)
    theirs = stats.bootstrap(
        (values,), np.mean, n_resamples=8_000, method="percentile", rng=np.random.default_rng(2)
    ).confidence_interval
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high), abs=0.05)


def test_classes_keep_their_sizes() -> None:
    """Each resample holds as many units of every class as there are."""
    strata = np.array(["a"] * 3 + ["b"] * 7)

    def share(places: Places) -> float:
        return float((strata[places] == "a").mean())

    found = bootstrap_interval(share, 10, strata=strata, draws=200)
    assert [found.low, found.high] == pytest.approx([0.3, 0.3])


@pytest.mark.slow
def test_coverage_is_near_nominal() -> None:
    """Of 500 experiments with 30 clones, the 95 % interval of a mean holds the truth in 91 to 97 %."""
    rng = np.random.default_rng(7)
    held = 0
    for experiment in range(500):
        values = rng.normal(size=30)

        def mean(places: Places, of: Floats = values) -> float:
            return float(of[places].mean())

        found = bootstrap_interval(mean, 30, draws=300, seed=experiment)
        held += found.low <= 0 <= found.high
    assert 0.91 <= held / 500 <= 0.97


def test_a_statistic_that_mostly_does_not_exist_has_no_interval() -> None:
    """Where more than a tenth of the resamples give nothing, no interval is given."""
    found = bootstrap_interval(lambda places: float("nan") if places[0] else 1.0, 10, draws=100)
    assert np.isnan(found.low)


def test_the_seed_decides() -> None:
    """The same seed gives the same limits, another seed others."""
    values = np.random.default_rng(1).normal(size=12)

    def mean(places: Places) -> float:
        return float(values[places].mean())

    first, again, other = (bootstrap_interval(mean, 12, seed=seed) for seed in (0, 0, 1))
    assert first == again
    assert first != other
