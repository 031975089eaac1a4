"""Tests of clone-level power: against statsmodels and Hanley & McNeil; at the limits of a variance."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.power import TTestIndPower

from hcs.analysis.clones.power import ClonePower, clone_power
from hcs.analysis.clones.variance import VarianceComponents, variance_components
from hcs.analysis.finding import Finding
from hcs_plates.errors import ArgumentError


def split(
    clone: float = 1.0,
    well: float = 0.0,
    rest: float = 0.0,
    fixed: tuple[str, ...] = ("diagnosis",),
    high: float = 2.0,
) -> Any:
    """Components of one score, as given."""
    rows = [
        ("score", name, variance, high, variance, "")
        for name, variance in (("clone", clone), ("well", well), ("residual", rest))
    ]
    table = pd.DataFrame(rows, columns=["value", "factor", "variance", "variance_high", "share", "note"])
    return VarianceComponents(table, (), ("clone", "well"), (), fixed)


def test_power_is_that_of_the_formula() -> None:
    """Simulated power is statsmodels' within 4 Monte Carlo errors from 10 clones on."""
    table = clone_power(split(), d=1.0, sizes=[10, 15, 20, 30], draws=4000).table
    assert (abs(table["power"] - table["power_formula"]) < 4 * table["power_se"] + 0.005).all()


def test_a_test_at_no_effect_keeps_its_level() -> None:
    """With a difference next to 0 both tests reject 5 % ± 2 % of 2,000 null studies."""
    for test in ("welch", "mann-whitney"):
        table = clone_power(split(), d=1e-9, sizes=[8, 15], test=test, draws=2000).table
        assert (abs(table["power"] - 0.05) < 0.02).all()


def test_width_nears_hanley_and_mcneil() -> None:
    """With many clones the mean Newcombe interval is as wide as their formula within 5 %."""
    row = clone_power(split(), d=1.2, sizes=[60], draws=500).table.iloc[0]
    assert row["width"] == pytest.approx(row["width_formula"], rel=0.05)


def test_needed_clones_are_the_textbook_ones() -> None:
    """Effect of 1 SD at power 0.8: 17 per class; 0.2 SD needs more than was tried."""
    found = clone_power(split(), effect=1.0, sizes=range(15, 20), draws=4000)
    assert found.needed_for_power in (16, 17, 18)
    assert isinstance(found, Finding)
    few = clone_power(split(), d=0.2, sizes=[5, 10], draws=200)
    assert few.needed_for_power is None
    assert "takes more than 10 clones per class" in few.headline()


def test_images_shrink_only_their_own_part() -> None:
    """Score variance is clone + well / wells + image / images."""
    found = clone_power(split(1.0, 0.5, 9.0), d=1.0, images=9, wells=2, sizes=[5], draws=10)
    assert found.score_sd**2 == pytest.approx(1.0 + 0.25 + 1.0)
    assert found.effect == pytest.approx(1.0)


def test_caveats_name_what_is_taken_for_granted() -> None:
    """Normal scores, and no fixed effect."""
    said = " ".join(clone_power(split(fixed=()), d=1.0, sizes=[5], draws=10).caveats)
    assert "taken as normal" in said
    assert "contains the difference of classes" in said


def test_the_upper_limit_of_the_variance_asks_for_more() -> None:
    """Twice the variance halves the squared effect: 17 clones become 33, by statsmodels' formula."""
    found = clone_power(split(), effect=1.0, sizes=[17], draws=50)
    needed = TTestIndPower().solve_power(1 / np.sqrt(2), power=0.8, alpha=0.05)
    assert found.needed_at_limit == int(np.ceil(needed))
    assert f"; {found.needed_at_limit} at the upper limit" in found.headline()
    assert found.statistics["value"].tolist()[1] == found.needed_at_limit
    endless = clone_power(split(high=1e9), effect=1.0, sizes=[17], draws=50)
    assert endless.needed_at_limit is None
    assert "no upper limit" in endless.headline()


def test_a_clone_variance_of_zero_is_answered_at_its_upper_limit() -> None:
    """Nothing seen between clones: the clones that the largest variance the pilot allows would need."""
    found = clone_power(split(0.0, rest=0.1), effect=1.0, sizes=[30, 35], draws=500)
    same = clone_power(split(2.0, rest=0.1), effect=1.0, sizes=[30, 35], draws=500)
    assert found.at_limit
    assert found.clone_sd == pytest.approx(np.sqrt(2.0))
    pd.testing.assert_frame_equal(found.table, same.table)
    assert "upper limit of a variance between clones that is estimated at 0" in found.headline()


def test_no_clone_variance_is_said() -> None:
    """An empty table, a sentence, and a figure that says it."""
    found: ClonePower = clone_power(split(float("nan"), high=float("nan")), d=1.0)
    assert found.table.empty
    assert "cannot be told: the variance between clones is not known" in found.headline()
    assert found.plot()[0].texts


def test_effect_of_zero_is_said() -> None:
    """No study finds nothing."""
    assert "An effect of 0 is found by no study." in clone_power(split(), effect=0.0).caveats


def test_fitted_components_go_in() -> None:
    """From a table of images to a figure in one line."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"clone": np.repeat(np.arange(20), 5), "diagnosis": np.repeat(["a", "b"], 50)})
    table["score"] = rng.normal(size=20)[table["clone"]] + rng.normal(size=100)
    fitted = variance_components(table, "score", factors=["clone"], fixed="diagnosis")
    assert len(clone_power(fitted, d=1.0, images=5, sizes=[5, 10], draws=50).plot()) == 2


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "either as effect"),
        ({"d": 1.0, "effect": 1.0}, "either as effect"),
        ({"d": 1.0, "test": "z"}, "No test 'z'"),
        ({"d": 1.0, "value": "area"}, "No variance components of 'area'"),
        ({"d": 1.0, "factor": "donor"}, "No component 'donor'"),
        ({"d": 1.0, "power": 80}, "must lie between 0 and 1"),
        ({"d": 1.0, "sizes": [1, 2]}, "Sizes start at 2"),
    ],
)
def test_wrong_arguments(options: dict[str, Any], words: str) -> None:
    """Each is refused in a sentence."""
    with pytest.raises(ArgumentError, match=words):
        clone_power(split(), **options)
