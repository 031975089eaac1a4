"""Roles as labs and public screens write them: controls are found, told, and kept apart from samples."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.wells.autocorrelation import spatial_autocorrelation
from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.drift import acquisition_drift
from hcs.analysis.wells.normalisation import normalise_wells
from hcs.analysis.wells.placement import position_effects
from hcs.analysis.wells.plates import plate_effects
from hcs.analysis.wells.polish import b_score
from hcs.analysis.wells.roles import well_kinds
from hcs.measure.thresholds import ThresholdRule, threshold
from hcs.tables.rolenames import beside_samples, role_kind, role_kinds, wells_of
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS

VOCABULARIES = [
    ("negative_control", "positive_control", "sample"),
    ("negcon", "poscon", "trt"),
    ("Negative Control", "Positive Control", "Sample"),
    ("NEG", "POS", "TEST"),
    ("DMSO", "poscon_cp", "compound"),
    ("neg-ctrl", "pos-ctrl", None),
    ("vehicle", "max", "treated"),
    ("untreated", "PC", "unknown"),
    ("mock", "positive_control_2", "experimental"),
    ("NC1", "pos", "screen"),
    ("healthy", "high control", "patient"),
    ("DMSO 0.1%", "POSCON_ORF", " sample "),
    ("solvent control", "pos control", "library"),
]


def screen(negative: str, positive: str, sample: str | None) -> pd.DataFrame:
    """A plate of 96 wells: noise, controls in the outer columns, positive ones far below."""
    wells = pd.DataFrame({"plate": "P1", "well": FORMATS[96].wells()})
    column = wells["well"].str[1:].astype(int)
    wells["count"] = np.random.default_rng(0).normal(100, 10, 96) - 60 * column.isin([2, 11])
    wells["role"] = np.select(
        [column.isin([1, 12]), column.isin([2, 11])], [negative, positive], sample or ""
    )
    return wells.assign(role=wells["role"].where(wells["role"] != "", None))


@pytest.mark.parametrize(("negative", "positive", "sample"), VOCABULARIES)
def test_every_vocabulary_gives_the_same_numbers(negative: str, positive: str, sample: str | None) -> None:
    """Kinds, scores and normalised values are those of the canonical names; nothing hangs on spelling."""
    own, canonical = screen(negative, positive, sample), screen(*VOCABULARIES[0])
    kinds, told = well_kinds(own, WellColumns())
    assert kinds.value_counts().to_dict() == {"sample": 64, "negative": 16, "positive": 16}
    scored = b_score(own, "count")
    pd.testing.assert_series_equal(scored.table["b_score"], b_score(canonical, "count").table["b_score"])
    assert scored.plates["n_fit"].tolist() == [64]
    percent = normalise_wells(own, "count", "percent_of_control").table["count_percent_of_control"]
    expected = normalise_wells(canonical, "count", "percent_of_control").table["count_percent_of_control"]
    pd.testing.assert_series_equal(percent, expected)
    if negative.casefold().replace("-", " ").replace("_", " ") != "negative control":
        assert repr(negative) in told[0]
        assert repr(negative) in b_score(own, "count").summary()


@pytest.mark.parametrize(
    ("role", "kind"),
    [
        ("blank", "other"), ("Empty", "other"), ("secondary only", "other"), ("2nd ab only", "other"),
        ("no primary", "other"), ("media only", "other"), ("standard", "other"), ("unstained", "other"),
        ("", "sample"), (None, "sample"), (float("nan"), "sample"), ("Clone", "sample"),
        ("wobble", None), ("row 3", None), ("17", None), ("ctrlish", None),
    ],
)  # fmt: skip
def test_single_roles(role: object, kind: str | None) -> None:
    """Wells without cells are neither; blank roles are samples'; what is not known stays unknown."""
    assert role_kind(role) == kind


def test_unknown_roles_are_never_samples_in_silence() -> None:
    """They count as nothing, and are named with the number of wells."""
    wells = screen("negcon", "wobble", "trt")
    kinds, told = well_kinds(wells, WellColumns())
    assert kinds.value_counts().to_dict() == {"sample": 64, "negative": 16, "other": 16}
    assert any("'wobble'" in said and "16 wells" in said for said in told)
    assert b_score(wells, "count").plates["n_fit"].tolist() == [64]
    assert role_kinds(wells["role"]).kinds.isna().sum() == 16


@pytest.mark.parametrize(
    ("asked", "number"),
    [("negcon", 16), ("negative_control", 16), ("DMSO", 16), ("NegCon", 16), (["trt", "poscon"], 80)],
)
def test_a_role_asked_for_is_found(asked: str, number: int) -> None:
    """As it is written, whatever the case, or by what it means."""
    assert int(wells_of(screen("negcon", "poscon", "trt")["role"], asked).sum()) == number


@pytest.mark.parametrize("asked", ["blank", "wobble", "secondary only", ["trt", "empty"]])
def test_a_role_that_no_well_has_is_an_error(asked: str) -> None:
    """The sentence says which roles there are."""
    wells = screen("negcon", "poscon", "trt")
    with pytest.raises(ArgumentError, match="the roles there are: negcon, poscon and trt"):
        wells_of(wells["role"], asked)
    with pytest.raises(ArgumentError, match="No well has the role 'absent'"):
        b_score(wells, "count", negative="absent")
    with pytest.raises(ArgumentError, match="No well has the role 'absent'"):
        normalise_wells(wells, "count", samples=["absent"])
    with pytest.raises(ArgumentError, match="no column 'role' to say which are negcon"):
        b_score(wells.drop(columns="role"), "count", negative="negcon")


@pytest.mark.parametrize(("negative", "positive", "sample"), VOCABULARIES[1::3])
def test_checks_of_plates_are_about_samples(negative: str, positive: str, sample: str | None) -> None:
    """Position, neighbours, drift and plates see what they would see without the controls in the table."""
    wells = screen(negative, positive, sample)
    bare = wells[~wells["role"].isin([negative, positive])].drop(columns="role")
    formats = 96
    for whole, alone in (
        (spatial_autocorrelation(wells, "count", draws=19), spatial_autocorrelation(bare, "count", draws=19)),
        (
            position_effects(wells, "count", formats=formats, draws=19),
            position_effects(bare, "count", formats=formats, draws=19),
        ),
        (plate_effects(wells, "count", draws=19), plate_effects(bare, "count", draws=19)),
    ):
        pd.testing.assert_frame_equal(whole.table, alone.table)
        assert "32 wells beside the samples" in whole.summary()
    assert acquisition_drift(wells, "count", draws=19).table["n"].tolist() == [64]


def test_controls_alone_are_looked_at() -> None:
    """A plate of nothing but one control is what a check of evenness is made on."""
    wells = screen("DMSO", "DMSO", "DMSO")
    assert not beside_samples(wells)[0].any()
    assert plate_effects(wells, "count", draws=19).table["n"].iloc[0] == 96


@pytest.mark.parametrize("role", ["negative_control", "negcon", "NEG", "vehicle", "DMSO"])
def test_a_threshold_from_controls_finds_them(role: str) -> None:
    """A rule by controls takes the wells that mean controls."""
    cells = pd.DataFrame({"marker": np.arange(200.0), "role": [role] * 100 + ["trt"] * 100})
    level = threshold(ThresholdRule("controls", quantile=0.5), cells, "marker")
    assert level == pytest.approx(49.5)
