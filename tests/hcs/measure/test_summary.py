"""Summaries of measurements: small tables worked by hand."""

import numpy as np
import pandas as pd
import pytest

from hcs.measure.summary import group_table, well_table
from hcs_plates.errors import ArgumentError

WELLS = pd.DataFrame(
    {"plate": "P", "clone": ["c1", "c1", "c2"]}, index=pd.Index(["A01", "A02", "A03"], name="well")
)
FIELDS = pd.DataFrame(
    {
        "plate": "P",
        "well": ["A01", "A01", "A01", "A02"],
        "field": [1, 2, 3, 1],
        "length": [10.0, 14.0, 1000.0, 7.0],
        "included": [True, True, False, True],
        "reason": ["", "", "empty", ""],
    }
)
CELLS = pd.DataFrame(
    {
        "plate": "P",
        "well": ["A01"] * 5 + ["A02"],
        "field": [1, 1, 2, 2, 3, 1],
        "cell": [1, 2, 1, 2, 1, 1],
        "counted": [True, True, True, False, True, False],
        "y_px": 1.0,
        "x_px": 1.0,
        "area": [1.0, 2.0, 6.0, 500.0, 900.0, 5.0],
        "included": [True, True, True, True, False, True],
    }
)


def test_wells_of_hand_worked_fields() -> None:
    """Means over included fields, of counted cells; a well without any has a row of zeros and NaN."""
    table = well_table(FIELDS, CELLS, WELLS).set_index("well")
    assert table.index.tolist() == ["A01", "A02", "A03"]
    assert table["clone"].tolist() == ["c1", "c1", "c2"]
    assert table["n_fields"].tolist() == [3, 1, 0]
    assert table["n_fields_included"].tolist() == [2, 1, 0]
    assert table["n_cells"].tolist() == [3, 0, 0]
    assert table.loc["A01", ["length_mean", "length_sd"]].tolist() == pytest.approx([12.0, np.sqrt(8)])
    assert table.loc["A02", "length_mean"] == 7.0
    assert np.isnan(table.loc["A02", "length_sd"])
    expected = [3.0, np.sqrt(7), 2.0]
    cell = ["cell_area_mean", "cell_area_sd", "cell_area_median"]
    assert table.loc["A01", cell].tolist() == pytest.approx(expected)
    assert table.loc[["A02", "A03"], cell].isna().all(axis=None)
    assert table.loc["A03", ["length_mean", "length_sd"]].isna().all()


def test_places_are_no_measurements() -> None:
    """Where a cell lies and what it is called is not averaged."""
    columns = set(well_table(FIELDS, CELLS, WELLS))
    for name in ("field", "x_px", "y_px", "cell", "counted", "reason"):
        assert not {f"{name}_mean", f"cell_{name}_mean"} & columns


@pytest.mark.parametrize("kept", [0, 4])
def test_wells_without_a_cell(kept: int) -> None:
    """A plate without any cell, and one whose fields are all left out, still have a row for every well."""
    fields = FIELDS.assign(included=[number < kept for number in range(4)])
    table = well_table(fields, CELLS[:0], WELLS)
    assert table["n_cells"].tolist() == [0, 0, 0]
    assert table["n_fields"].tolist() == [3, 1, 0]
    assert table["length_mean"].notna().tolist() == [kept > 0, kept > 0, False]
    assert group_table(table)["n_wells"].tolist() == [2 if kept else 0, 0]


def test_a_group_weighs_wells_not_cells() -> None:
    """Clone c1 has wells with means 2 and 8 of 1 and 99 cells: its mean is 5."""
    wells = pd.DataFrame(
        {
            "plate": ["P", "Q", "Q", "Q"],
            "well": ["A01", "A01", "A02", "A03"],
            "clone": ["c1", "c1", "c2", None],
            "n_fields_included": [2, 1, 0, 3],
            "n_cells": [1, 99, 0, 7],
            "length_mean": [2.0, 8.0, np.nan, 4.0],
            "length_sd": [0.5, 0.5, np.nan, 0.5],
        }
    )
    table = group_table(wells).set_index("clone")
    assert table.index.tolist() == ["c1", "c2"]
    assert table["n_wells"].to_dict() == {"c1": 2, "c2": 0}
    assert table["n_plates"].to_dict() == {"c1": 2, "c2": 1}
    assert table["n_cells"].to_dict() == {"c1": 100, "c2": 0}
    assert table.loc["c1", "length_mean"] == 5.0
    assert table.loc["c1", "length_sd"] == pytest.approx(np.sqrt(18))
    assert table.loc["c2", ["length_mean", "length_sd"]].isna().all()
    assert group_table(wells, "plate")["n_cells"].tolist() == [1, 106]


@pytest.mark.parametrize(
    ("group", "sentence"),
    [("clon", "no column 'clon'; did you mean 'clone'?"), ("zzz", "no column 'zzz'; known: .*clone")],
)
def test_groups_that_are_not_there(group: str, sentence: str) -> None:
    """The sentence names the nearest column, or all of them."""
    with pytest.raises(ArgumentError, match=sentence.replace("?", r"\?")):
        group_table(well_table(FIELDS, CELLS, WELLS), group)
