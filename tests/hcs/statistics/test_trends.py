"""Trends within blocks: slopes of least squares, t intervals of the units' slopes, plates as units."""

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from hcs.statistics.trends import linked, shared_trend, unit_trend

X = (10.0, 20.0, 30.0)


def clones(n: int = 8, seed: int = 0) -> pd.DataFrame:
    """Values of clones at three passages, their levels far apart."""
    rng = np.random.default_rng(seed)
    rows = [(f"c{one}", x, 100 * one - 0.3 * x + rng.normal()) for one in range(n) for x in X]
    return pd.DataFrame(rows, columns=["unit", "x", "y"]).assign(block=lambda table: table["unit"])


def test_the_slope_is_that_of_a_regression_with_a_level_for_each_clone() -> None:
    """Least squares with dummies for the clones; unequal passages too."""
    table = clones().drop(index=[2, 5, 13])
    design = np.column_stack([table["x"], pd.get_dummies(table["block"]).astype(float)])
    oracle = np.linalg.lstsq(design, table["y"], rcond=None)[0][0]
    assert unit_trend(table, "clone").slope == pytest.approx(oracle)


def test_of_equally_spaced_values_it_is_the_t_interval_of_the_clones_slopes() -> None:
    """Interval and p are those of one slope per clone: Student's t, and scipy's flips of signs."""
    table = clones()
    each = np.array([np.polyfit(part["x"], part["y"], 1)[0] for _, part in table.groupby("unit")])
    found = unit_trend(table, "clone")
    oracle = stats.ttest_1samp(each, 0).confidence_interval()
    assert found.interval == pytest.approx((oracle.low, oracle.high))
    flips = stats.permutation_test((each,), np.mean, permutation_type="samples", n_resamples=np.inf)
    assert found.pvalue.value == pytest.approx(flips.pvalue)
    assert found.detectable > (oracle.high - oracle.low) / 2


def test_plates_are_permuted_where_they_hold_all_clones() -> None:
    """Five plates, one a passage: scipy's permutations of their means, and its regression's interval."""
    rng = np.random.default_rng(3)
    x, plate = np.arange(5.0), rng.normal(size=5)
    rows = [(f"c{one}", at, at, plate[at] + 10 * one + rng.normal()) for one in range(6) for at in range(5)]
    table = pd.DataFrame(rows, columns=["block", "unit", "x", "y"])
    found = shared_trend(table, "plate")
    means = table.groupby("unit")["y"].mean().to_numpy()
    oracle = stats.linregress(x, means)
    around = stats.t.ppf(0.975, 3) * oracle.stderr
    assert found.slope == pytest.approx(oracle.slope)
    assert found.interval == pytest.approx((oracle.slope - around, oracle.slope + around))
    moved = stats.permutation_test(
        (x,),
        lambda order: stats.linregress(order, means).slope,
        permutation_type="pairings",
        n_resamples=np.inf,
    )
    assert found.pvalue.value == pytest.approx(moved.pvalue)
    assert (found.pvalue.n, found.pvalue.noun) == (5, "plates")


def test_plates_move_only_among_those_that_share_clones() -> None:
    """Two sets of three plates have 36 arrangements, not 720."""
    rows = [(f"c{one}", f"{one // 2}-{x}", x, one * x % 7) for one in range(4) for x in X]
    table = pd.DataFrame(rows, columns=["block", "unit", "x", "y"])
    assert linked(table).nunique() == 2
    p = shared_trend(table, "plate").pvalue.value
    assert p * 36 == pytest.approx(round(p * 36))


def test_no_trend_without_change_and_no_interval_without_scatter() -> None:
    """One passage a clone: nothing; two clones, or ones exactly alike: no interval, never a width of 0."""
    table = clones()
    assert not unit_trend(table.assign(x=table["unit"].str[1:].astype(float)), "clone").known
    assert not shared_trend(table.assign(y=1.0), "plate").known
    assert np.isnan(unit_trend(table.iloc[:6], "clone").interval).all()
    assert np.isnan(unit_trend(table.assign(y=-table["x"]), "clone").interval).all()
