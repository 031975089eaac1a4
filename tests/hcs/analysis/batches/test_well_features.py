"""Features as analyses of batches take them: one row per well, and what was left out said."""

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OneHotEncoder

from hcs.analysis.batches.well_features import LEVELS, averaged, encode, matched, tied
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


def wells(n: int = 40, seed: int = 0) -> pd.DataFrame:
    """Plates, days and passages dealt at random."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "plate": rng.choice(["P1", "P2", "P3"], n),
            "day": rng.choice([7, 14], n),
            "passage": rng.integers(10, 30, n).astype(float),
        }
    )


def test_categories_are_scikit_learns_columns() -> None:
    """One column per value, in the order of the values; columns stand side by side."""
    table = wells()
    values, said = encode(table, ["plate", "day"])
    plain = OneHotEncoder(sparse_output=False).fit_transform(table[["plate", "day"]].astype(str))
    np.testing.assert_array_equal(values[:, :3], plain[:, :3])
    # Days sort as text: 14 before 7.
    np.testing.assert_array_equal(values[:, 3:], plain[:, 3:])
    assert said == ()


def test_numbers_stay_numbers_and_gaps_are_marked() -> None:
    """A missing number is the mean of the known ones, with a column of its own."""
    table = wells()
    table.loc[[3, 9], "passage"] = np.nan
    values, said = encode(table, ["passage"], ["passage"])
    np.testing.assert_allclose(values[:, 0], table["passage"].fillna(table["passage"].mean()))
    assert np.flatnonzero(values[:, 1]).tolist() == [3, 9]
    assert said == ("2 wells without passage: it counts as the mean, and as missing.",)


def test_a_missing_category_is_a_category() -> None:
    """It has a column, and no sentence is needed."""
    table = wells().assign(plate=lambda t: t["plate"].mask(t.index < 5))
    values, said = encode(table, ["plate"])
    assert values.shape == (40, 4)
    assert values[:5].tolist() == [[1, 0, 0, 0]] * 5
    assert said == ()


def test_rare_values_are_put_together_and_counted() -> None:
    """Of 30 days the 20 most frequent keep their column; ties go by name."""
    days = [f"d{place:02d}" for place in range(30)]
    table = pd.DataFrame({"day": days + days[10:]})
    values, said = encode(table, ["day"])
    assert values.shape == (50, LEVELS + 1)
    assert (values.sum(axis=1) == 1).all()
    # The ten days met once share one column, the first in order.
    assert np.flatnonzero(values[:, 0]).tolist() == list(range(10))
    assert said == ("day has 30 values: all but the 20 most frequent count as one.",)


def test_the_order_of_rows_does_not_matter() -> None:
    """Rows of the result follow those of the table."""
    table = wells()
    order = np.random.default_rng(1).permutation(len(table))
    values = encode(table, ["plate", "day", "passage"], ["passage"])[0]
    moved = encode(table.iloc[order], ["plate", "day", "passage"], ["passage"])[0]
    np.testing.assert_allclose(moved, values[order])


POOR = [
    (wells().assign(plate="P1"), "plate is the same in all wells."),
    (wells().assign(plate=None), "plate is the same in all wells."),
    (wells().assign(passage=np.nan), "passage is the same in all wells."),
    (wells().assign(passage=12.0), "passage is the same in all wells."),
    (wells().iloc[:1], "plate is the same in all wells."),
    (wells().iloc[:0], "plate is the same in all wells."),
]


@pytest.mark.parametrize(("table", "sentence"), POOR)
def test_columns_that_do_not_vary_give_nothing_and_are_named(table: pd.DataFrame, sentence: str) -> None:
    """No column of zeros, and a sentence."""
    values, said = encode(table, ["plate", "passage"], ["passage"])
    assert sentence in said
    assert values.shape[0] == len(table)
    assert np.isfinite(values).all()
    assert all(np.ptp(column) > 0 for column in values.T)


def test_text_among_numbers_is_refused() -> None:
    """With the row where it stands."""
    table = wells().astype({"passage": object})
    table.loc[4, "passage"] = "p12"
    with pytest.raises(ArgumentError, match=r"The table of wells has 'p12' as passage \(row 4\)"):
        encode(table, ["passage"], ["passage"])
