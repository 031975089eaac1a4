"""Features as analyses of batches take them: one row per well, and what was left out said."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.well_features import averaged, matched, tied
from hcs_plates.errors import ArgumentError

TILES = pd.DataFrame(
    {
        "plate": ["P2", "P1", "P1", "P1", None, "P2"],
        "well": ["A01", "A01", "A01", "B01", "B01", "B02"],
        "batch": ["y", "x", "x", "x", "x", "y"],
        "stain": ["s", "s", "t", "s", "s", "s"],
    }
)


def test_tiles_are_averaged_to_their_wells() -> None:
    """In the order of plate and well; a hole is filled by the well's other tiles where it has any."""
    values = np.array([[1.0, 2], [3, np.nan], [5, 8], [7, np.nan], [9, 9], [np.nan, np.nan]])
    said: list[str] = []
    means, wells = averaged(values, TILES, ["plate", "well"], ["batch", "stain"], said)
    assert means == pytest.approx(np.array([[4.0, 8], [7, np.nan], [1, 2]]), nan_ok=True)
    assert (wells["plate"] + wells["well"]).tolist() == ["P1A01", "P1B01", "P2A01"]
    assert wells["batch"].tolist() == ["x", "x", "y"]
    assert wells["stain"].isna().tolist() == [True, False, False]
    assert said == [
        "1 row without plate or well left out.",
        "1 row without features left out.",
        "stain differs within 1 well: not known there.",
        "4 rows are averaged to 3 wells.",
    ]


def test_features_without_any_value_fall_away() -> None:
    """They are counted; infinite values are none."""
    values, rows = matched(np.array([[1.0, np.inf]] * 6), TILES, ["plate"])
    said: list[str] = []
    assert averaged(values, rows, ["plate", "well"], [], said)[0].shape == (4, 1)
    assert "1 feature without any value left out." in said


@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.ones((5, 2)), "Features of shape 5 × 2 cannot go with a table of 6 rows"),
        (np.ones(6), "Features of shape 6 cannot go with a table of 6 rows"),
        (np.full((6, 1), "a"), "The features are not all numbers; give an array of shape (rows, features)."),
    ],
)
def test_features_that_are_no_table_are_refused(features: np.ndarray, message: str) -> None:
    """Each with a sentence."""
    with pytest.raises(ArgumentError) as refusal:
        matched(features, TILES, ["plate"])
    assert message in str(refusal.value)


def test_columns_are_tied_when_each_tells_the_other() -> None:
    """Not where one value has two partners, nor where there is one value; unknown ones do not count."""
    table = pd.DataFrame({"a": ["p", "p", "q", "r"], "b": [1, 1, 2, 2], "c": ["s"] * 4, "d": [1, 1, 2, None]})
    assert [tied(table, "a", other) for other in "bcd"] == [False, False, True]
