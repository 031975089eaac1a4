"""Tests of well statistics: numbers against scipy, rows left out counted, odd data in words."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import median_abs_deviation, variation

from hcs.analysis.finding import Finding
from hcs.analysis.wells.well_statistics import well_statistics
from hcs_plates.errors import ArgumentError


def cells(values: list[float | None], well: str = "A01", plate: str = "P") -> pd.DataFrame:
    """Cells of one well."""
    return pd.DataFrame({"plate": plate, "well": well, "area": values})


def test_statistics_are_those_of_scipy() -> None:
    """MAD is not scaled, SD has n − 1, CV is their ratio to the mean; wells stand in the order met."""
    rng = np.random.default_rng(0)
    table = pd.concat(
        [cells(list(rng.gamma(3, size=20)), well, plate) for plate in "QP" for well in ("B02", "A01")]
    )
    found = well_statistics(table, "area")
    assert isinstance(found, Finding)
    assert list(zip(found.table["plate"], found.table["well"], strict=True)) == [
        ("Q", "B02"),
        ("Q", "A01"),
        ("P", "B02"),
        ("P", "A01"),
    ]
    for row in found.table.itertuples():
        own = table.loc[(table["plate"] == row.plate) & (table["well"] == row.well), "area"]
        assert row.n == 20
        assert row.mad == pytest.approx(median_abs_deviation(own))
        assert row.cv == pytest.approx(variation(own, ddof=1))
        assert (row.mean, row.median, row.sd) == pytest.approx((own.mean(), own.median(), own.std()))
    assert found.caveats == ()
    assert "On 2 plates, 20 cells stand behind a well." in found.summary()


def test_rows_left_out_are_counted() -> None:
    """Missing, infinite and flagged values, and rows without a name, by number; empty wells by name."""
    table = pd.concat([cells([1, 2, None, np.inf, 9]), cells([None], "A02"), cells([4], "A03")])
    table["included"] = [True, True, True, True, False, True, True]
    table = pd.concat([table, cells([1], plate=None)], ignore_index=True)  # type: ignore[arg-type]
    found = well_statistics(table, "area")
    assert found.table["n"].tolist() == [2, 0, 1]
    assert found.table["n_missing"].tolist() == [2, 1, 0]
    assert found.table["n_flagged"].tolist() == [1, 0, 0]
    assert found.table["median"].tolist() == pytest.approx([1.5, np.nan, 4], nan_ok=True)
    assert found.caveats == (
        "3 cells without a number of area are left out.",
        "1 flagged cell is left out.",
        "1 well without any cell to judge: P A02.",
        "1 well with one cell only: no SD and no CV there.",
        "Left out: 1 row without the name of a plate or well.",
    )


def test_cv_about_a_mean_of_0_is_none() -> None:
    """No ratio to a mean that is 0 but for rounding; values below 0 are said to make a CV arbitrary."""
    found = well_statistics(cells([-0.1 - 0.2, 0.3]), "area")
    assert np.isnan(found.table.loc[0, "cv"])
    assert found.caveats[0] == "1 well with a mean of 0: no CV there."
    assert "lie below 0" in found.caveats[1]


@pytest.mark.parametrize("values", [[], [None, None]])
def test_nothing_to_describe_is_said(values: list[float | None]) -> None:
    """An empty table and one without numbers give words and a picture of them."""
    found = well_statistics(cells(values), "area")
    assert found.summary().startswith("No well has values of area.")
    assert found.plot()[0].texts


def test_a_constant_column_has_no_spread() -> None:
    """Spreads of 0 are numbers, not faults."""
    found = well_statistics(cells([2, 2, 2]), "area").table.loc[0]
    assert (found["sd"], found["mad"], found["cv"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        (cells([1]).drop(columns="well"), "The table has no column 'well'"),
        (cells([1]).assign(area="big"), "The table has 'big' as area"),
        (cells([1]).assign(included="never"), "The column 'included' holds 'never'"),
    ],
)
def test_wrong_arguments_are_refused(table: pd.DataFrame, message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        well_statistics(table, "area")
