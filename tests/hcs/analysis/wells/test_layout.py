"""Tests of wells on their plates: places, the outermost ring, and what is left out."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.layout import well_positions
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS


def full(size: int = 96, plate: str = "P") -> pd.DataFrame:
    """Table of one whole plate."""
    return pd.DataFrame({"plate": plate, "well": FORMATS[size].wells(), "value": np.arange(float(size))})


@pytest.mark.parametrize(("size", "ring"), [(6, 6), (24, 16), (96, 36), (384, 76), (1536, 156)])
def test_edge_is_the_outermost_ring(size: int, ring: int) -> None:
    """2 (rows + columns) − 4 wells stand at the edge."""
    placed, said = well_positions(full(size), "value", WellColumns(formats=size))
    assert int(placed["edge"].sum()) == ring
    assert said == ()


def test_format_given_beats_the_smallest_that_fits() -> None:
    """Inner wells of a larger plate are not taken for the edge of a smaller one, nor without a format."""
    few = pd.DataFrame({"plate": "P", "well": ["B02", "D06"], "value": [1.0, 2.0]})
    assert well_positions(few, "value", WellColumns())[0]["edge"].isna().all()
    assert well_positions(few, "value", WellColumns(formats=24))[0]["edge"].tolist() == [False, True]
    assert well_positions(few, "value", WellColumns(formats=96))[0]["edge"].tolist() == [False, False]
    assert well_positions(few, "value", WellColumns(formats={"P": 384}))[0]["edge"].tolist() == [False, False]


def test_left_out_wells_are_counted_and_hold_the_format() -> None:
    """Flagged, valueless and nameless wells each get a sentence; flagged ones still tell the format."""
    table = full(24).assign(included=True)
    table.loc[23, "included"] = False
    table.loc[0, "value"] = np.nan
    table.loc[1, "plate"] = None
    placed, said = well_positions(table, "value", WellColumns())
    assert len(placed) == 21
    assert placed.index.tolist() == list(range(2, 23))
    assert said == (
        "Left out: 1 flagged well (P D06), 1 well without value, 1 row without the name of a plate or well.",
    )


def test_rows_are_told_by_their_place_whatever_the_index() -> None:
    """A table with a repeated index is placed row by row."""
    both = pd.concat([full(6, "P"), full(6, "Q")])
    placed, _ = well_positions(both, "value", WellColumns())
    assert placed.index.tolist() == list(range(12))
    assert placed["plate"].tolist() == ["P"] * 6 + ["Q"] * 6


def test_plates_of_unlike_formats_get_a_caveat() -> None:
    """Nobody knows whether a plate with few wells is small or sparsely used."""
    said = well_positions(pd.concat([full(6, "P"), full(24, "Q")]), "value", WellColumns())[1]
    assert said == ("Plates differ in the smallest format that holds their wells (6 and 24): give formats.",)


@pytest.mark.parametrize(
    ("change", "formats", "sentence"),
    [
        ({"well": "Z99"}, None, "outside every standard plate"),
        ({"well": "3B"}, 96, "Plate P: '3B' is not a well"),
        ({"well": "H12"}, 24, "Plate P: Well 'H12' is outside a 24-well plate"),
        ({"well": "A1"}, None, "has plate P well A01 twice; give one row per well"),
        ({"value": "high"}, None, "has 'high' as value"),
        ({"included": "perhaps"}, None, "The column 'included' holds 'perhaps'; give true or false"),
        ({}, 100, "No plate has 100 wells"),
        ({}, {"Q": 96}, "Plate 'P' has no format; formats are given for Q"),
    ],
)
def test_refusals(change: dict[str, object], formats: object, sentence: str) -> None:
    """What is wrong, where, and what to give."""
    with pytest.raises(ArgumentError, match=sentence):
        well_positions(full(6).assign(**change), "value", WellColumns(formats=formats))  # type: ignore[arg-type]


def test_no_wells_at_all() -> None:
    """An empty table stays one."""
    assert well_positions(full(6).iloc[:0], "value", WellColumns())[0].empty
