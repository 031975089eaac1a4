"""Known columns, and how cells get their types."""

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.columns import (
    KNOWN,
    guessed_values,
    is_missing,
    known_name,
    misspelt,
    place_hints,
    wrong_cells,
)


@given(
    st.lists(
        st.one_of(st.none(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False, allow_infinity=False))
    )
)
def test_numbers_round_trip_through_text(numbers: list[float | None]) -> None:
    """What is written as numbers reads back as the same numbers."""
    series, odd = guessed_values([None if number is None else str(number) for number in numbers])
    assert odd is None
    if any(number is not None for number in numbers):
        assert [None if pd.isna(value) else value for value in series.tolist()] == numbers


def test_every_known_column_is_explained() -> None:
    """Messages and documentation take their words from here."""
    assert all(column.meaning and column.name == name for name, column in KNOWN.items())


@pytest.mark.parametrize("name", KNOWN)
@given(spelling=st.sampled_from(["{0}", " {0} ", "{1}", "{2}"]))
def test_headings_of_known_columns_are_recognised(name: str, spelling: str) -> None:
    """Case, outer spaces, and spaces for underscores do not count."""
    heading = spelling.format(name, name.upper(), name.replace("_", " ").title())
    assert known_name(heading) == name


@pytest.mark.parametrize(
    ("names", "alike"),
    [
        (["well", "diagnose", "passages", "genotype"], {"diagnose": "diagnosis", "passages": "passage"}),
        (["well", "dose", "doses"], {}),
        (["well", "replicate", "drug", "siRNA", "Institution"], {}),
    ],
)
def test_near_misses_are_found(names: list[str], alike: dict[str, str]) -> None:
    """Only what is nearly a known column that is not there."""
    assert misspelt(names) == alike


def test_headings_of_other_programs_are_understood_as_hints() -> None:
    """CellProfiler's and others' names of the well."""
    assert place_hints(["WellRow", "WellCol"]) == {"WellRow": "row", "WellCol": "column"}
    assert place_hints(["well_position", "broad_sample"]) == {"well_position": "well"}
    assert place_hints(["drug"]) == {}


@pytest.mark.parametrize(
    ("cell", "missing"), [("", True), ("n/a", True), ("NaN", True), ("None", False), ("0", False)]
)
def test_only_words_for_nothing_are_missing(cell: str, missing: bool) -> None:
    """`None` is a treatment in real maps."""
    assert is_missing(cell) is missing


@pytest.mark.parametrize(
    ("column", "good", "bad"),
    [
        ("passage", ["0", "12", "3.0", "007"], ["1.5", "-1", "p3", "1e2", "9" * 20, "3\n"]),
        ("dose", ["0", "0.98", "1e-3", ".5", "+2"], ["-1", "0,5", "inf", "1 nM", "1_000", "1e400"]),
        ("included", ["TRUE", "no", "1", "0.0"], ["maybe", "2", "-"]),
        ("clone", ["01", "-1", "x y"], []),
    ],
)
def test_wrong_cells_are_all_found(column: str, good: list[str], bad: list[str]) -> None:
    """Every wrong cell with its line, no right one."""
    cells = pd.DataFrame({column: [*good, None, *bad]}, dtype=object)
    found = wrong_cells(cells)
    assert [(line, name, value) for line, name, value, _ in found] == [
        (len(good) + 1 + place, column, value) for place, value in enumerate(bad)
    ]
