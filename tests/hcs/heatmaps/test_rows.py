"""Where a well's value comes from: any table's rows, a plate's wells, what was measured of it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.heatmaps.rows import read_rows
from hcs.measure.measured import Measurements
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.wells import FORMATS

SIX = FORMATS[6].wells()


def table(**columns: Any) -> pd.DataFrame:
    """Six wells with columns."""
    return pd.DataFrame({"well": SIX, **columns})


def of_plate(plates: Any, wells: Any) -> pd.DataFrame:
    """A table of plates and wells whose value is the place in it."""
    return pd.DataFrame({"plate": plates, "well": wells, "v": range(len(wells))})


def test_wells_are_spelt_alike() -> None:
    """However a well is spelt, its rows are one well's."""
    read = read_rows(pd.DataFrame({"well": ["A1", "a01", "A001", "b - 2"], "v": [1, 2, 3, 4]}), "v")
    assert read.rows["well"].tolist() == ["A01", "A01", "A01", "B02"]
    assert read.wells["well"].tolist() == ["A01", "B02"]


@pytest.mark.parametrize("index", [[0, 0, 1, 1, 2, 2], list("zyxwvu"), [5, 4, 3, 2, 1, 0]])
def test_the_index_of_a_table_says_nothing(index: list[Any]) -> None:
    """Rows of two plates keep their wells where the index is repeated, text or reversed."""
    wells = ["A1", "A1", "A2", "A2", "B3", "D6"]
    read = read_rows(of_plate(["A", "B"] * 3, wells).set_axis(index), "v")
    rows = read.rows.sort_values("value")
    assert rows["well"].tolist() == ["A01", "A01", "A02", "A02", "B03", "D06"]
    assert rows["plate"].tolist() == ["A", "B"] * 3


def test_every_plate_has_its_own_format() -> None:
    """The smallest format that holds a plate's own wells, in the order the plates are met."""
    read = read_rows(of_plate(["P", "P", "N", "N"], ["A1", "H12", "A1", "AF48"]), "v")
    assert {name: shape.size for name, shape in read.formats.items()} == {"P": 96, "N": 1536}
    assert list(read.formats) == ["P", "N"]


@pytest.mark.parametrize("given", [384, np.int64(384), FORMATS[384], {7: FORMATS[384]}, {"7": 384}])
def test_a_format_can_be_given(given: Any) -> None:
    """As the number of wells, as a format, or by plate, whose name may be a number."""
    read = read_rows(of_plate([7, 7], ["C3", "D4"]), "v", given)
    assert read.formats == {"7": FORMATS[384]}


def test_numbers_are_names_of_plates() -> None:
    """Plates 1 and 2 are called '1' and '2'; categories that are not there are no plates."""
    assert list(read_rows(of_plate([2, 1], ["A1", "A1"]), "v").formats) == ["2", "1"]
    named = pd.Categorical(["p1", "p2"], categories=["p1", "p2", "p3"])
    assert list(read_rows(of_plate(named, pd.Categorical(["A1", "A2"])), "v").formats) == ["p1", "p2"]


def test_unit_is_the_finest_part() -> None:
    """What is counted is what tells rows apart."""
    assert read_rows(table(v=1), "v").unit == "row"
    assert read_rows(table(v=1, field=1), "v").unit == "field"
    assert read_rows(table(v=1, cell=1, field=1), "v").unit == "cell"


def test_a_well_takes_part_if_one_of_its_rows_does() -> None:
    """A flagged first field does not take its well out; a well of flagged fields alone is out."""
    rows = pd.DataFrame(
        {"well": ["A1", "A1", "A2"], "field": [1, 2, 1], "v": 1.0, "included": [False, True, False]}
    )
    read = read_rows(rows, "v")
    assert read.wells["included"].tolist() == [True, False]
    assert read.rows["included"].tolist() == [False, True, False]


@pytest.mark.parametrize(
    "told",
    [
        ["true", "FALSE", "yes", "no", None, "  "],
        pd.array([True, False, True, False, None, None], dtype="boolean"),
        pd.Series([True, False, 1, 0, None, np.nan], dtype=object),
        [1.0, 0.0, 1.0, 0.0, np.nan, np.nan],
    ],
)
def test_included_as_it_is_written(told: Any) -> None:
    """Words, booleans and numbers say whether a well takes part; what says nothing does."""
    expected = [True, False, True, False, True, True]
    assert read_rows(table(v=1, included=told), "v").wells["included"].tolist() == expected


def test_included_is_told_only_where_something_is_not() -> None:
    """A column that is true everywhere is no news."""
    assert "included" not in read_rows(table(v=1, included=True), "v").wells


def test_what_differs_within_a_well_is_not_told_of_it() -> None:
    """Clones of single cells are no well's clone; the first one that is known is, however late."""
    rows = pd.DataFrame(
        {
            "well": ["A1", "A1", "A2"],
            "clone": [None, "c1", "c2"],
            "treatment": ["x", "y", "x"],
            "donor": None,
            "v": 1.0,
        }
    )
    wells = read_rows(rows, "v").wells
    assert wells["clone"].tolist() == ["c1", "c2"]
    assert {"treatment", "donor"}.isdisjoint(wells.columns)


NO_WELLS = "6, 12, 24, 48, 96, 384, 1536"


@pytest.mark.parametrize(
    ("source", "value", "shape", "message"),
    [
        (table(v=1), "w", None, "The table has no column 'w'; did you mean 'well'?"),
        (table(count=1), "cuont", None, "did you mean 'count'?"),
        (table(**{"0": 1}).rename(columns={"0": 0}), "v", None, "known: well, 0"),
        (pd.DataFrame({"v": [1]}), "v", None, "The table has no column 'well'; known: v"),
        (table(v=1).iloc[:0], "v", None, "The table has no rows: there is no plate to show."),
        (pd.DataFrame([["A1", 1, 2]], columns=["well", "v", "v"]), "v", None, "two columns 'v'"),
        (of_plate(["p", None], ["A1", "A1"]), "v", None, "1 row of the table has no plate"),
        (of_plate([" ", ""], ["A1", "A1"]), "v", None, "2 rows of the table have no plate"),
        (of_plate([1.0, np.nan], ["A1", "A1"]), "v", None, "1 row of the table has no plate"),
        (of_plate(["p", "p"], ["A1", None]), "v", None, "1 row of the table has no well"),
        (
            of_plate(pd.Series([1, "1"], dtype=object), ["A1", "A1"]),
            "v",
            None,
            "'plate' has '1' both as text",
        ),
        (of_plate(["p"], ["foo"]), "v", None, "'foo' is not a well"),
        (of_plate(["p"], ["AG1"]), "v", None, "Well 'AG01' is outside every standard plate"),
        (of_plate(["p", "p"], ["A1", "I1"]), "v", 96, "Well 'I1' is outside a 96-well plate"),
        (table(v=1), "v", 7, f"No plate has 7 wells; give one of {NO_WELLS}."),
        (table(v=1), "v", 96.5, f"No plate has 96.5 wells; give one of {NO_WELLS}."),
        (table(v=1), "v", {"x": FORMATS[6]}, "Plate 'plate' has no format; formats are given for x."),
        (table(v=1, included="maybe"), "v", None, "The column 'included' holds 'maybe'; give true or false"),
        ([], "v", None, "There is no plate to show; give at least one."),
        (["x"], "v", None, "not of a list"),
        ("P1.ome.zarr", "v", None, "not of a str; open it with hcs.open_plate"),
        (None, "v", None, "not of a NoneType"),
    ],
)
def test_what_cannot_be_read_is_refused(source: Any, value: str, shape: Any, message: str) -> None:
    """One sentence says what is wrong."""
    with pytest.raises(ArgumentError) as refused:
        read_rows(source, value, shape)
    assert message in str(refused.value)
    assert "\n" not in str(refused.value)


def test_two_plates_of_one_name_are_refused(measured_plate: Plate) -> None:
    """Their wells could not be told apart."""
    with pytest.raises(ArgumentError, match="Two plates are called P1; show them apart"):
        read_rows([measured_plate, measured_plate], "clone")


def test_a_plate_that_was_not_measured(small_plates: Path) -> None:
    """Its wells table and the number of missing planes are there; nothing else is, and is not guessed."""
    plate = open_plate(small_plates / "P1.ome.zarr")
    read = read_rows(plate, "clone")
    told = read.wells.set_index("well")["value"]
    pd.testing.assert_series_equal(told, plate.wells["clone"], check_names=False, check_dtype=False)
    assert read.wells["included"].tolist() == [True] * 9 + [False]
    assert (read.formats, read.unit) == ({"P1": FORMATS[24]}, "field")
    gone = replace(plate.spec, missing={PlaneKey("A03", 2, 0): "file gone"})
    planes = read_rows(Plate(plate.path, gone), "missing_planes").rows
    assert planes.loc[planes["value"] > 0, ["well", "field", "value"]].to_numpy().tolist() == [["A03", 2, 1]]
    with pytest.raises(
        ArgumentError, match=r"Nothing of the wells is called 'clones'; did you mean 'clone'\?"
    ):
        read_rows(plate, "clones")


def test_fields_of_a_measured_plate(measured_plate: Plate) -> None:
    """Values come field by field, with what was flagged and why; a well of flagged fields is left out."""
    read = read_rows(measured_plate, "cell_count")
    rows = read.rows.set_index(["well", "field"])
    assert rows.loc[("A02", 2), "value"] == 22.0
    assert rows.loc[("B01", 1), "included"]
    assert not rows.loc[("B01", 2), "included"]
    assert rows.loc[("B01", 2), "reason"] == "focus: 0.1 below 0.4"
    wells = read.wells.set_index("well")["included"]
    assert list(wells[~wells].index) == ["B02", "B04"]
    assert "value" not in read.wells


def test_summaries_of_a_measured_plate(measured_plate: Plate) -> None:
    """A column of the wells alone is one of the well as a whole; platemap columns are there as well."""
    wells = read_rows(measured_plate, "soma_area_um2_mean").wells.set_index("well")
    assert wells.loc["A03", "value"] == 103.0
    assert wells.loc["A03", "clone"] == "a2"
    assert read_rows(measured_plate, "treatment").wells["value"].dropna().tolist() == ["riluzole"]


def test_included_of_a_measured_plate_is_its_platemaps(measured_plate: Plate) -> None:
    """The wells' own column, not that of their fields, in which one well may hold both."""
    wells = read_rows(measured_plate, "included").wells.set_index("well")
    assert wells["value"].to_dict() == measured_plate.wells["included"].to_dict()


def test_measurements_without_their_plate(measured_plate: Plate) -> None:
    """They know their wells; the format is the smallest that holds them, or the one given."""
    found = Measurements.open(measured_plate.path.with_name("P1.measurements"))
    read = read_rows(found, "cell_count")
    assert read.formats == {"P1": FORMATS[24]}
    assert read_rows(found, "clone", 96).formats == {"P1": FORMATS[96]}
    assert read.rows["value"].sum() == sum(10 * place + field for place in range(1, 11) for field in (1, 2))


def test_a_plate_that_was_not_measured_says_how_to(measured_plate: Plate, tmp_path: Path) -> None:
    """What only measuring would give is refused with the command that measures."""
    place = tmp_path / "bare.ome.zarr"
    shutil.copytree(measured_plate.path, place)
    with pytest.raises(ArgumentError, match=r"'cell_count'.*was not measured, which `hcs measure` does"):
        read_rows(open_plate(place), "cell_count")


def test_lists_in_cells_are_refused() -> None:
    """A value that is a list is no value of a well."""
    table = pd.DataFrame({"well": ["A01", "A02"], "x": [[1], [2]]})
    with pytest.raises(ArgumentError, match="The column 'x' holds lists"):
        read_rows(table, "x")
