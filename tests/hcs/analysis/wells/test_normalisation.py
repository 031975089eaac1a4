"""Tests of normalisation: against pycytominer and by hand, flagged wells apart, odd plates in words."""

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.analysis.wells.normalisation import METHODS, normalise_wells
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import well_name

PYCYTOMINER = Path(__file__).parents[2] / "statistics" / "pycytominer.json"


def plate(name: str, level: float = 100, seed: int = 0) -> pd.DataFrame:
    """A 96-well plate: column 1 negative, column 12 positive controls at a fifth of the level."""
    wells = pd.DataFrame(
        {"plate": name, "well": [well_name(row, col) for row in range(8) for col in range(12)]}
    )
    column = wells["well"].str[1:].astype(int)
    wells["role"] = np.select([column == 1, column == 12], ["negative_control", "positive_control"], "sample")
    rng = np.random.default_rng(seed)
    wells["count"] = level * np.where(column == 12, 0.2, 1) * rng.normal(1, 0.1, len(wells))
    return wells


def test_robust_z_is_pycytominers() -> None:
    """Median and 1.4826 × MAD of each plate's samples, applied to all its wells; recorded, to 1e-9."""
    recorded = json.loads(PYCYTOMINER.read_text())
    wells = pd.concat([plate("P"), plate("Q")], ignore_index=True)
    wells["count"] = np.ravel(recorded["counts"])
    assert (wells["role"] == "sample").tolist() == recorded["samples"] * 2
    found = normalise_wells(wells, "count")
    assert isinstance(found, Finding)
    expected = np.ravel(recorded["robust_z"])
    assert found.table[found.column].to_numpy() == pytest.approx(expected, rel=1e-9, abs=1e-12)
    assert found.between[0] > 0.9
    assert found.between[1] < 0.01
    assert found.caveats == ()
    assert ", from 80 wells a plate." in found.summary()
    assert "9" in found.summary().split("variance ")[1][:2]


@pytest.mark.parametrize(
    ("method", "fit", "expected"),
    [
        ("percent_of_control", "samples", [50, 100, 100, 25, 75, 100]),
        ("percent_of_samples", "samples", [80, 160, 160, 40, 120, 160]),
        ("normalised_percent_inhibition", "samples", [200 / 3, 0, 0, 100, 100 / 3, 0]),
        ("z", "negative", [-2, 0, 0, -3, -1, 0]),
    ],
)
def test_methods_by_hand(method: str, fit: str, expected: list[float]) -> None:
    """Six wells whose numbers can be worked in the head; for z, three negative controls of SD 20."""
    wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03", "A04", "A05", "A06"]})
    wells["role"] = ["sample", "negative_control", "negative_control", "positive_control", "sample", "blank"]
    wells["count"] = [40.0, 80, 80, 20, 60, 80]
    if method == "z":
        more = pd.DataFrame(
            {"plate": "P", "well": ["B01", "B02"], "role": "negative_control", "count": [80 - 800**0.5] * 2}
        )
        more.loc[1, "count"] = 80 + 800**0.5
        wells = pd.concat([wells, more], ignore_index=True)
        expected = [*np.array([40.0, 80, 80, 20, 60, 80]) / (1600 / 3) ** 0.5 - 80 / (1600 / 3) ** 0.5]
    found = normalise_wells(wells, "count", method, fit=fit, samples=["sample"])
    assert found.table[found.column].to_numpy()[:6] == pytest.approx(expected)
    assert found.column == f"count_{method}"
    assert found.kinds[5] == "other"


def test_flagged_wells_take_no_part_and_are_listed() -> None:
    """They keep their row with NaN; whatever their value, the others' do not change."""
    wells = plate("P").assign(included=True)
    wells.loc[[13, 14, 15, 40], "included"] = False
    found = normalise_wells(wells, "count")
    wild = normalise_wells(wells.assign(count=wells["count"].where(wells["included"], 1e9)), "count")
    assert found.table[found.column].isna().to_numpy().nonzero()[0].tolist() == [13, 14, 15, 40]
    assert wild.table[found.column].equals(found.table[found.column])
    assert found.caveats == ("Left out: 4 flagged wells (P B02–B04, D05).",)
    assert found.plates["n_flagged"].tolist() == [4]


def few(**changed: object) -> pd.DataFrame:
    """One plate with columns changed."""
    return plate("P").assign(**changed)


@pytest.mark.parametrize(
    ("wells", "method", "caveat"),
    [
        (few(role="sample"), "percent_of_control", "1 plate has no usable negative controls (P)"),
        (few(role="sample"), "normalised_percent_inhibition", "1 plate lacks usable controls of one kind"),
        (few(count=5.0), "robust_z", "1 plate has samples without any spread (P): no z there."),
        (few(count=-5.0), "percent_of_samples", "1 plate has samples with a median not above 0 (P)"),
        (few(count=5.0), "normalised_percent_inhibition", "1 plate has controls of equal median (P)"),
        (few(count=np.nan), "z", "1 plate has fewer than 3 usable samples (P): no z there."),
        (few().head(0), "z", "No plate could be normalised for count."),
    ],
)
def test_plates_without_a_fit_are_said(wells: pd.DataFrame, method: str, caveat: str) -> None:
    """NaN with the reason, a picture of the words, never a crash."""
    found = normalise_wells(wells, "count", method)
    assert found.table[found.column].isna().all()
    assert caveat in found.summary()
    assert found.plot()[0].texts


def test_shaky_fits_are_said() -> None:
    """Few wells behind a fit, and controls that lie no further apart than the samples' noise."""
    small = plate("P").iloc[:8]
    assert any(
        "rests on fewer than 10 samples (P)" in said for said in normalise_wells(small, "count").caveats
    )
    close = plate("P")
    close["count"] = np.random.default_rng(0).normal(100, 10, 96)
    found = normalise_wells(close, "count", "normalised_percent_inhibition")
    assert any("less than 3 robust SD of the samples apart (P)" in said for said in found.caveats)


def test_index_and_columns_are_kept() -> None:
    """A table with a repeated index comes back row by row with one column more."""
    wells = plate("P").set_axis([7] * 96, axis=0)
    found = normalise_wells(wells, "count")
    assert found.table.index.equals(wells.index)
    assert list(found.table.columns) == [*wells.columns, "count_robust_z"]


@pytest.mark.parametrize("n_plates", [2, 30])
def test_plot_has_a_panel_before_and_after(n_plates: int) -> None:
    """Dots of all wells on few plates; medians and spans of many."""
    wells = pd.concat([plate(f"P{n}", 100 + n, n) for n in range(n_plates)])
    drawn = normalise_wells(wells, "count").plot()
    assert [axis.get_title(loc="left").split(":")[0] for axis in drawn] == ["Before", "After"]
    assert drawn.numbers["well"].tolist() == wells["well"].tolist()
    assert drawn.numbers["after"].tolist() == drawn.numbers["count_robust_z"].tolist()
    (dots,) = [part for part in drawn[1].collections if part.get_gid() == "sample"]
    assert len(dots.get_offsets()) == (160 if n_plates == 2 else 30)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": "b"}, "No normalisation 'b'; known: percent_of_control"),
        ({"fit": "positive"}, "No fit on 'positive'; give samples or negative."),
        ({"role": "kind", "fit": "negative"}, "The table of wells has no column 'kind'"),
        (
            {"positive": "positive_control", "negative": "positive_control"},
            "have the same role 'positive_control'; give two.",
        ),
        ({"negative": "blank"}, "No well has the role 'blank'; the roles there are: negative_control"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, str], message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        normalise_wells(plate("P"), "count", **change)
    with pytest.raises(ArgumentError, match="has plate P well A01 twice; give one row per well"):
        normalise_wells(pd.concat([plate("P")] * 2), "count")
    assert set(METHODS) >= {"robust_z", "z"}
