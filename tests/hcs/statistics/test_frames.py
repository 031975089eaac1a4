"""Tables as analyses take them."""

import numpy as np
import pandas as pd
import pytest

from hcs.statistics.frames import as_numbers, per_unit, require_columns, takes_part
from hcs_plates.errors import ArgumentError


def test_a_lacking_column_is_named_with_what_is_near() -> None:
    """The sentence says which table, which column, and what may have been meant."""
    table = pd.DataFrame({"passages": [1], "clone": ["a"]})
    require_columns(table, ["clone"], "The clinical table")
    with pytest.raises(ArgumentError) as told:
        require_columns(table, ["clone", "passage"], "The clinical table")
    assert str(told.value) == "The clinical table has no column 'passage'; did you mean 'passages'?"


def test_numbers_written_as_text_are_numbers_and_infinite_ones_are_not() -> None:
    """Text that is a number counts; infinite values are not known."""
    table = pd.DataFrame({"age": ["61", 58, None, np.inf]})
    assert as_numbers(table, "age").fillna(-1).tolist() == [61, 58, -1, -1]


def test_text_that_is_no_number_is_refused_with_its_row() -> None:
    """The first strange value is quoted."""
    with pytest.raises(ArgumentError, match=r"'n/k' as age \(row 1\); give numbers"):
        as_numbers(pd.DataFrame({"age": ["61", "n/k"]}), "age")


def test_a_units_value_is_taken_once() -> None:
    """Numbers that differ within a clone are averaged, names that differ are not known; both are said."""
    wells = pd.DataFrame(
        {
            "clone": ["b", "a", "a", None],
            "passage": [20, 10, 14, 99],
            "batch": ["x", "x", "y", "z"],
            "sex": ["m", "f", "f", "m"],
        }
    )
    values, said = per_unit(wells, "clone", ["passage", "batch", "sex"])
    assert values.index.tolist() == ["a", "b"]
    assert values["passage"].tolist() == [12.0, 20.0]
    assert values["batch"].isna().tolist() == [True, False]
    assert values["sex"].tolist() == ["f", "m"]
    several = per_unit(wells.assign(run=wells["batch"]), "clone", ["batch", "run"])[1]
    assert several == (
        "batch and run differ between the wells of up to 1 clone (first a): they count as not known.",
    )
    assert said == (
        "passage differs between the wells of 1 clone (first a): the mean of each is taken.",
        "batch differs between the wells of 1 clone (first a): they count as not known.",
    )


def test_clones_that_are_not_eligible_take_no_part() -> None:
    """In a table of any analysis, beside what is not included; a row without a clone has no eligibility."""
    table = pd.DataFrame(
        {
            "clone": ["c1", "c2", "c3", None, "c5"],
            "eligibility": ["Eligible", "not eligible", None, None, "eligible"],
            "included": [True, True, True, True, False],
        }
    )
    assert takes_part(table).tolist() == [True, False, False, True, False]
    assert takes_part(table.drop(columns="included")).tolist() == [True, False, False, True, True]
