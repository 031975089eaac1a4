"""Existing layouts with one planted fault each, and sound ones with none."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.design.layouts.check import LayoutCheck, check_layout
from hcs.design.layouts.laying import layout_plates
from hcs.statistics.contingency import cramers_v
from hcs_plates.errors import HcsError
from hcs_plates.wells import FORMATS

FEW = 299


def _grid(labels: list[str], plates: int = 1, wells: int = 24) -> pd.DataFrame:
    """One clone a well, the same on every plate, with the diagnosis of each well row by row."""
    names = FORMATS[wells].wells()
    one = pd.DataFrame({"well": names, "clone": [f"c{at:02d}" for at in range(wells)], "diagnosis": labels})
    return pd.concat([one.assign(plate=f"P{at + 1}") for at in range(plates)], ignore_index=True)


def _check(wells: pd.DataFrame, size: int = 24) -> LayoutCheck:
    return check_layout(wells, wells=size, draws=FEW)


ROWS = ["ALS"] * 12 + ["control"] * 12
CHECKERS = [("ALS", "control")[(row + column) % 2] for row in range(4) for column in range(6)]


def test_a_diagnosis_that_fills_rows_is_confounded_and_told_where() -> None:
    """Patients above, controls below: V = 1 where 0 was possible, with p by the permutation of diagnoses."""
    check = _check(_grid(ROWS))
    assert check.headline() == "Diagnosis is confounded with row; no analysis can separate them."
    assert "row: ALS only in A and B, control only in C and D;" in check.summary()
    row = check.imbalances.set_index(["of", "factor"]).loc[("diagnosis", "row")]
    assert (row["value"], row["least"], row["note"]) == (pytest.approx(1), 0, "confounded")
    stated = check.statistics.set_index("question").loc["diagnosis and row (least 0.00)"]
    assert stated["p"] == stated["smallest_p"] == pytest.approx(1 / (FEW + 1))
    assert not check.sound


def test_a_leaning_diagnosis_is_associated_with_its_v_least_and_p() -> None:
    """9 of 12 patients in two of four rows."""
    labels = ["ALS", "ALS", "ALS", "ALS", "ALS", "control"] * 2 + ["ALS", *["control"] * 5] * 2
    check = _check(_grid(labels))
    value = float(cramers_v(np.array([[[5.0, 5, 1, 1], [1, 1, 5, 5]]]))[0])
    assert check.headline().startswith(
        f"Diagnosis is associated with row (V = {value:.2f}, least 0.00; p = 0.0"
    )
    assert "permutation test of diagnoses over 24 clones" in check.summary()
    assert check.summary().startswith(check.headline())
    assert len(check.headline().split()) <= 30


def test_a_balanced_layout_is_called_balanced() -> None:
    """Checkers of one plate are balanced over everything; so is what was laid out here."""
    check = _check(_grid(CHECKERS))
    assert check.headline() == "Diagnosis is balanced over edge, row and column."
    assert check.sound
    lines = pd.DataFrame({"clone": [f"c{at}" for at in range(12)], "diagnosis": ["ALS", "control"] * 6})
    layout = layout_plates(lines, replicates=4, seed=0)
    again = _check(layout.wells)
    pd.testing.assert_frame_equal(
        again.imbalances[again.imbalances["of"] == "diagnosis"],
        layout.imbalances[layout.imbalances["of"] == "diagnosis"],
    )


def test_an_uneven_layout_within_chance_is_told_so() -> None:
    """Patients 4, 3, 3 and 2 of 6 wells a row: above the least, as chance does."""
    rows = {4: "AAAACC", 3: "CAACAC", 2: "CCCAAC"}
    labels = [{"A": "ALS", "C": "control"}[one] for number in (4, 3, 3, 2) for one in rows[number]]
    check = _check(_grid(labels))
    assert "no more associated with" in check.headline()
    assert "by chance" in check.headline()


def test_the_same_layout_on_every_plate_is_told() -> None:
    """Effects of position add up instead of cancelling."""
    check = _check(_grid(CHECKERS, plates=2))
    assert (
        "All 2 plates have the same layout: effects of position do not cancel over plates." in check.summary()
    )


def test_clones_in_one_well_on_all_plates_are_told() -> None:
    """One clone keeps its well while all others move."""
    first = _grid(CHECKERS)
    second = first.assign(plate="P2")
    moved = np.roll(np.arange(1, 24), 5)
    second.loc[1:, ["clone", "diagnosis"]] = first.loc[moved, ["clone", "diagnosis"]].to_numpy()
    check = _check(pd.concat([first, second], ignore_index=True))
    assert "1 clone of 24 stands in the same wells on every plate (c00)" in check.summary()


def test_plates_of_one_diagnosis_are_confounded() -> None:
    """Patients on one plate, controls on the other, and each clone on one plate alone."""
    names = FORMATS[12].wells()
    wells = pd.DataFrame(
        [
            (f"P{plate}", names[at], f"c{plate}{at % 4}", ("ALS", "control")[plate - 1])
            for plate in (1, 2)
            for at in range(12)
        ],
        columns=["plate", "well", "clone", "diagnosis"],
    )
    said = _check(wells, 12).summary()
    assert "Diagnosis is confounded with plate: ALS only in P1, control only in P2" in said
    assert "Every clone is on one plate alone" in said


def test_controls_at_the_edge_or_in_one_column_are_told() -> None:
    """They show the edge's or the column's state, not the plate's."""
    wells = _grid(CHECKERS).assign(role="sample")
    column = wells["well"].str.endswith("01")
    wells.loc[column, ["clone", "diagnosis"]] = None
    wells.loc[column, "role"] = "negative_control"
    said = _check(wells).summary()
    assert "All wells of negative control stand in one column and at the edge" in said


def test_a_pair_on_two_plates_is_told() -> None:
    """Isogenic lines are compared on one plate."""
    first = _grid(CHECKERS)
    second = first.assign(plate="P2", clone="d" + first["clone"])
    wells = pd.concat([first, second], ignore_index=True)
    wells["pair"] = wells["clone"].map({"c00": "p", "dc01": "p", "c02": "q", "c03": "q"})
    assert "1 pair is parted over plates (p)" in _check(wells).summary()


def test_maps_are_read_from_files(tmp_path: Path) -> None:
    """A file for each plate, or one for all: the same verdict; controls are set aside; a guess is told."""
    lines = pd.DataFrame({"clone": [f"c{at}" for at in range(10)], "diagnosis": ["ALS", "control"] * 5})
    wells = layout_plates(lines, replicates=4, plates=2, controls={"dmso": 2}, seed=1).wells
    for plate, own in wells.groupby("plate"):
        own.drop(columns="plate").to_csv(tmp_path / f"{plate}.csv", index=False)
    wells.to_csv(tmp_path / "all.csv", index=False)
    several = check_layout([tmp_path / "P1.csv", tmp_path / "P2.csv"], draws=FEW)
    one = check_layout(tmp_path / "all.csv", draws=FEW)
    pd.testing.assert_frame_equal(several.imbalances, one.imbalances)
    assert len(one.wells) == 40
    assert several.headline().startswith("Diagnosis is balanced over plate, edge, row and column")
    inner = wells[~wells["well"].str.startswith("A")]
    assert "the smallest that fit, a guess" in check_layout(inner, draws=FEW).summary()


@pytest.mark.parametrize(
    ("wells", "said"),
    [
        (pd.DataFrame({"well": ["A01"]}), "clone"),
        (
            pd.DataFrame({"well": ["A01", "a1"], "clone": ["a", "b"]}),
            "Described more than once: A01 of plate",
        ),
        (
            pd.DataFrame({"well": ["A01", "A02"], "clone": "a", "diagnosis": ["x", "y"]}),
            "2 values of diagnosis",
        ),
        (pd.DataFrame({"well": ["A01", None], "clone": "a"}), "1 row is without well or plate"),
        (pd.DataFrame({"well": ["Z99"], "clone": "a"}), "Z99"),
        (pd.DataFrame({"well": ["A01"], "clone": [None]}), "No well of the maps holds a line"),
        ([], "No platemap was given"),
    ],
)
def test_what_is_no_layout_is_refused(wells: pd.DataFrame, said: str) -> None:
    """One sentence each."""
    with pytest.raises(HcsError, match=said):
        check_layout(wells)


def test_one_line_alone_cannot_be_judged() -> None:
    """Nothing varies: the sentence says so, and no number is made up."""
    check = check_layout(pd.DataFrame({"well": ["A01", "B02"], "clone": "a"}), wells=6)
    assert "cannot be held against position" in check.headline()
    assert check.imbalances.empty
    assert check.statistics.empty


def test_maps_without_diagnoses_are_not_called_sound() -> None:
    """As of codes: what is said is of clones, once, and that the rest is not known."""
    check = _check(_grid(CHECKERS).drop(columns="diagnosis"))
    assert not check.sound
    assert check.caveats[0] == "No diagnosis is known: whether it goes with position cannot be said."
    assert check.summary().count("than by chance") <= 1
