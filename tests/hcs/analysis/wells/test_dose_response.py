"""EC50s where doses show both plateaus, and the reason where they do not."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import spearmanr

from hcs.analysis.wells.dose_response import COLUMNS, DoseResponse, dose_response
from hcs_plates.errors import ArgumentError

Doses = npt.NDArray[np.float64]
STEPS = np.geomspace(1, 1000, 8)
EFFECTS: dict[str, Callable[[Doses], Doses]] = {
    "rising": lambda dose: 20 + 60 * dose / (dose + 30),
    "falling": lambda dose: 80 - 60 * dose**2 / (dose**2 + 50**2),
    "flat": lambda dose: 50 + 0 * dose,
    "weak": lambda dose: 20 + 60 * dose / (dose + 3000),
    "strong": lambda dose: 20 + 60 * dose / (dose + 0.3),
    "bell": lambda dose: 20 + 60 * np.exp(-((np.log10(dose + 1e-9) - 2) ** 2)),
}


def series(name: str, seed: int = 0, doses: Doses = STEPS, repeats: int = 4, sd: float = 2.0) -> pd.DataFrame:
    """Wells of one compound, on a plate of its own."""
    given = np.repeat(doses, repeats)
    values = EFFECTS[name](given) + np.random.default_rng(seed).normal(0, sd, len(given))
    wells = [f"{'ABCDEFGH'[at // 12]}{at % 12 + 1:02d}" for at in range(len(given))]
    return pd.DataFrame(
        {"plate": name, "well": wells, "treatment": name, "dose": given, "dose_unit": "nM", "count": values}
    )


def row(found: DoseResponse, name: str) -> pd.Series:
    """Row of one series."""
    return found.table.set_index("series").loc[name]


@pytest.fixture(scope="module")
def all_kinds() -> DoseResponse:
    """Every compound at once."""
    return dose_response(pd.concat([series(name) for name in EFFECTS], ignore_index=True), "count")


def test_planted_ec50s_are_found(all_kinds: DoseResponse) -> None:
    """Within the interval; the slope has the sign of the effect, and plateaus are the planted ones."""
    for name, ec50, hill in (("rising", 30, 1), ("falling", 50, -2)):
        found = row(all_kinds, name)
        assert found["ec50_low"] < ec50 < found["ec50_high"]
        assert found["hill"] == pytest.approx(hill, rel=0.3)
        assert (found["bottom"], found["top"]) == pytest.approx((20, 80), abs=4)
        assert found["reason"] == ""


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("flat", "no response"),
        ("weak", "high-dose plateau not reached"),
        ("strong", "low-dose plateau not reached"),
        ("bell", "not monotone"),
    ],
)
def test_others_have_a_reason_and_no_numbers(all_kinds: DoseResponse, name: str, reason: str) -> None:
    """It stands in the table and in the words."""
    found = row(all_kinds, name)
    assert found["reason"] == reason
    assert found[["ec50", "ec50_low", "ec50_high", "hill", "top"]].isna().all()
    assert name in all_kinds.summary()


def test_words_and_figure(all_kinds: DoseResponse) -> None:
    """Two EC50s with interval and unit in the headline; a curve for each; the figure draws all six."""
    assert all_kinds.headline().startswith("EC50 of count: falling ")
    assert "nM (95 % interval" in all_kinds.headline()
    assert all_kinds.summary().startswith(all_kinds.headline())
    assert (len(all_kinds.headline().split()) <= 30, len(all_kinds.summary().split()) <= 120) == (True, True)
    assert set(all_kinds.fits) == {"rising", "falling"}
    axes = all_kinds.plot()
    curves = [
        axis.get_title("left").split(":")[0]
        for axis in axes
        for part in axis.lines
        if part.get_gid() == "curve"
    ]
    assert sorted(curves) == ["falling", "rising"]
    assert len(axes) == 6
    assert "nan" not in all_kinds.statistics["estimate"].str.cat()


def test_the_test_of_a_response_is_spearmans(all_kinds: DoseResponse) -> None:
    """Rank correlation over wells with its permutation p."""
    own = series("flat")
    theirs = spearmanr(own["dose"], own["count"])
    assert row(all_kinds, "flat")["rho"] == pytest.approx(theirs.statistic)
    assert row(all_kinds, "flat")["p"] == pytest.approx(theirs.pvalue, abs=0.03)


def test_vehicle_is_dose_0_and_empty_wells_are_nothing() -> None:
    """Vehicle on the same plate pins the start that the doses alone do not show; blanks take no part."""
    doses = STEPS[3:]
    wells = series("rising", doses=doses, sd=1.0).assign(role="treated")
    assert row(dose_response(wells, "count"), "rising")["reason"] == "low-dose plateau not reached"
    beside = wells.iloc[:8].assign(
        well=[f"H{at:02d}" for at in range(1, 9)], treatment="DMSO", dose=0.0, role="vehicle"
    )
    beside["count"] = np.tile([19.0, 20, 21, 20], 2)
    blank = beside.assign(well=[f"G{at:02d}" for at in range(1, 9)], role="empty", count=500.0)
    found = dose_response(pd.concat([wells, beside, blank], ignore_index=True), "count")
    assert found.table["series"].tolist() == ["rising"]
    assert row(found, "rising")["n_wells"] == len(wells) + 8
    assert row(found, "rising")["ec50_low"] < 30 < row(found, "rising")["ec50_high"]
    assert "Wells of DMSO are dose 0." in found.summary()


def test_a_curve_of_every_clone() -> None:
    """Clones of one compound each have an EC50; without the column they are one series."""
    wells = pd.concat([series("rising", seed).assign(clone=f"c{seed}", plate=f"P{seed}") for seed in (0, 1)])
    wells = wells.reset_index(drop=True)
    assert dose_response(wells, "count", group="clone").table["series"].tolist() == [
        "rising · c0",
        "rising · c1",
    ]
    together = dose_response(wells, "count")
    assert together.table["n_wells"].tolist() == [64]
    assert "different doses" not in together.summary()
    parted = wells[(wells["plate"] == "P0") == (wells["dose"] < 20)]
    assert "Plates hold different doses of 1 series" in dose_response(parted, "count").summary()


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dose": np.repeat([0.0, 1, 10, 100], 8)}, "fewer than 5 doses"),
        ({"count": 7.0}, "no response"),
        ({"dose": np.nan}, None),
    ],
)
def test_too_few_doses_and_constant_values_are_said(change: dict[str, Any], reason: str | None) -> None:
    """Never raised: a reason, or that there is no dose."""
    found = dose_response(series("rising").assign(**change), "count")
    assert list(found.table.columns) == COLUMNS
    assert found.table["reason"].tolist() == ([reason] if reason else [])
    assert (reason or "No wells with a dose") in found.summary()
    assert "nan" not in found.summary()
    assert len(found.plot())


def test_bad_doses_are_refused() -> None:
    """Below 0, or a column that is not there."""
    with pytest.raises(ArgumentError, match="a dose below 0"):
        dose_response(series("flat").assign(dose=-1.0), "count")
    with pytest.raises(ArgumentError, match="no column 'drug'"):
        dose_response(series("flat"), "count", treatment="drug")
