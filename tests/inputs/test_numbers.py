"""Numbers are numbers: marks among them are missing and told, numbers of two readings are refused."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from hcs.analysis import group_test, normalise_wells, replicate_correlation
from hcs.findings.from_table.evidence import table_evidence
from hcs.heatmaps.heatmap import heatmap
from hcs.statistics.frames import as_numbers, takes_part
from hcs.tables.file import read_table
from hcs.tables.spec import TableSpec
from hcs_plates.errors import ArgumentError, InputFileError

MARKS = [
    "#DIV/0!", "NULL", "null", "None", "<NA>", "OVRFLW", "overflow", ">65535", "<0.1", "-", "--", "n.d.",
    "nd", "n/d", "Infinity", "+inf", "-inf", "#VALUE!", "#N/A", "?", ".", "n.a.", "saturated", "failed",
    "see note", "12 nM",
]  # fmt: skip
DOUBTFUL = [
    "1,5",
    "45%",
    "1,234.5",
    "1 234",
    "1'234",
    "1.234.567",
    "-0,5",
    "12,5 %",
    "1,234",
    ",5",
    "1\u202f234",
]
ENDINGS = [".csv", ".xlsx", ".parquet"]


def write(cells: list[Any], path: Path) -> Path:
    """Twelve wells whose values are text, in the format of the ending."""
    table = pd.DataFrame({"well": [f"A{n:02d}" for n in range(1, 13)], "v": cells})
    if path.suffix == ".xlsx":
        table.to_excel(path, index=False, engine="openpyxl")
    elif path.suffix == ".parquet":
        table.to_parquet(path)
    else:
        table.to_csv(path, index=False)
    return path


def cells_with(cell: str) -> list[str]:
    """Numbers as text, one of them replaced."""
    cells = [str(n / 4) for n in range(12)]
    cells[4] = cell
    return cells


@pytest.mark.parametrize(
    ("mark", "ending"),
    [(mark, ENDINGS[place % 3]) for place, mark in enumerate(MARKS)] + [("#DIV/0!", ".xlsx")],
)
def test_a_mark_among_numbers_is_missing_and_told(mark: str, ending: str, tmp_path: Path) -> None:
    """Eleven numbers, one missing value, and the cell by its line; a heatmap has a range and says it too."""
    path = write(cells_with(mark), tmp_path / f"t{ending}")
    if ending == ".xlsx" and mark in ("#DIV/0!", "#VALUE!"):
        with pytest.raises(InputFileError, match=f"cell B6 holds the error {mark}"):
            read_table(path)
        return
    table = read_table(path)
    assert table["v"].dtype == float
    assert table["v"].isna().sum() == 1
    assert np.isnan(table["v"].iloc[4])
    assert table["v"].dropna().tolist() == [n / 4 for n in range(12) if n != 4]
    if mark != "#N/A":
        line = 5 if ending == ".parquet" else 6
        assert f"'v' ({mark!r} in " in table.attrs["notices"][0]
        assert f" {line})" in table.attrs["notices"][0]
    drawn = heatmap(table, "v")
    assert drawn.numeric
    assert "0 to 2.75" in drawn.summary()
    assert set(table.attrs["notices"]) <= set(drawn.notices)


@pytest.mark.parametrize("cell", DOUBTFUL)
def test_numbers_of_two_readings_are_refused_with_their_line(cell: str, tmp_path: Path) -> None:
    """Also where every cell is one, and where a data frame is given."""
    for cells in (cells_with(cell), [cell] * 12):
        with pytest.raises(InputFileError) as refused:
            read_table(write(cells, tmp_path / "t.csv"))
        assert "column 'v' has" in str(refused.value)
        assert f"{cell.replace(chr(0x202F), ' ')!r}" in str(refused.value)
    with pytest.raises(ArgumentError, match="column 'v' has"):
        heatmap(pd.DataFrame({"well": [f"A{n}" for n in range(1, 13)], "v": cells_with(cell)}), "v")


@pytest.mark.parametrize("ending", [".csv", ".parquet"])
@pytest.mark.parametrize(
    ("cell", "number"),
    [("\u22121.5", -1.5), ("\u20131.5", -1.5), ("+2", 2), (" 3 ", 3), ("1e-3", 0.001), ("1E3", 1000),
     (".5", 0.5), ("7.", 7), ("-0", 0), ("\ufeff4", 4), ("5\u00a0", 5)],
)  # fmt: skip
def test_numbers_in_other_spellings(cell: str, number: float, ending: str, tmp_path: Path) -> None:
    """A true minus, spaces and exponents: nothing is missing, nothing told."""
    table = read_table(write(cells_with(cell), tmp_path / f"t{ending}"))
    assert table["v"].tolist()[4] == number
    assert table.attrs["notices"] == ()


@pytest.mark.parametrize(
    "cells",
    [
        ["1", "high", "low", "2"], ["001", "2", "3", "4"], ["A1", "A2", "B1", "B2"],
        ["NULL", "NULL", "-", "-"],
        ["2024-01-02", "2024-01-03", "3", "4"], ["yes", "no", "yes", "no"], ["TRUE", "FALSE", "TRUE", "TRUE"],
        ["12345678901234567890", "1", "2", "3"], ["1,2,3", "2,3", "3", "x"], ["DMSO", "5", "DMSO", "7"],
        ["1", "x", "1", "1"],
    ],
)  # fmt: skip
def test_words_with_some_numbers_stay_words(cells: list[str], tmp_path: Path) -> None:
    """Categories, ids and dates keep their text; where numbers stand among them that is told."""
    table = read_table(write(cells * 3, tmp_path / "t.csv"))
    assert table["v"].tolist() == cells * 3
    mixed = any(cell in ("1", "5", "3") for cell in cells) and any(
        cell[0].isalpha() or "-" in cell for cell in cells
    )
    assert any("mixes numbers and text" in told for told in table.attrs["notices"]) is mixed


NUMBERS = [1.5, 2.5, -3.25, 4.0]
KINDS = [
    [str(number) for number in NUMBERS],
    ["\u22123.25" if number < 0 else str(number) for number in NUMBERS],
    pd.Series([Decimal(str(number)) for number in NUMBERS]),
    pd.array([Decimal(str(number)) for number in NUMBERS], dtype=pd.ArrowDtype(pa.decimal128(8, 3))),
    pd.array(NUMBERS, dtype=pd.ArrowDtype(pa.float32())),
    pd.array([str(number) for number in NUMBERS], dtype=pd.ArrowDtype(pa.string())),
    pd.array(NUMBERS, dtype="Float64"),
    pd.Categorical([str(number) for number in NUMBERS]),
    np.array(NUMBERS, dtype="float16"),
    pd.Series([1.5, "2.5", Decimal("-3.25"), 4], dtype=object),
    pd.array([str(number) for number in NUMBERS], dtype="string"),
]


@pytest.mark.parametrize("values", KINDS)
def test_numbers_of_any_type_are_floats(values: Any) -> None:
    """Text, Decimal, categories of text, Arrow's: the same numbers, whatever they were kept as."""
    assert as_numbers(pd.DataFrame({"v": values}), "v").tolist() == NUMBERS
    drawn = heatmap(pd.DataFrame({"well": ["A1", "A2", "B1", "B2"], "v": values}), "v")
    assert drawn.table["value"].tolist() == NUMBERS


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        (["1", None, "3"], [1, np.nan, 3]), (["1", "", "NA"], [1, np.nan, np.nan]),
        ([np.inf, 1, -np.inf], [np.nan, 1, np.nan]), (["inf", "1", "-Infinity"], [np.nan, 1, np.nan]),
        (pd.array([1, None, 3], dtype="Int64"), [1, np.nan, 3]), ([True, False, None], [1, 0, np.nan]),
    ],
)  # fmt: skip
def test_missing_numbers(values: Any, expected: list[float]) -> None:
    """Blanks, NA and infinite ones are not known."""
    np.testing.assert_array_equal(as_numbers(pd.DataFrame({"v": values}), "v"), expected)


@pytest.mark.parametrize("cell", ["p14", "1,5", "45%", ">9", "OVRFLW", "#DIV/0!", "n.d.", "1_0", "0x1", [1]])
def test_what_is_no_number_is_named(cell: Any) -> None:
    """By its row; analyses refuse it so."""
    wells = pd.DataFrame({"plate": "P", "well": ["A1", "A2", "A3"], "replicate": 1, "clone": list("abc")})
    wells = wells.assign(label=["x", "y", "x"], v=pd.Series(["1", cell, "3"], dtype=object))
    said = (
        f"{cell!r} as v (row 1)".replace("[", r"\[")
        .replace("(", r"\(")
        .replace(")", r"\)")
        .replace(".", r"\.")
    )
    with pytest.raises(ArgumentError, match=said):
        as_numbers(wells, "v")
    for asked in (
        lambda: group_test(wells, "v", group="clone", label="label"),
        lambda: normalise_wells(wells, "v"),
        lambda: replicate_correlation(wells, "v"),
    ):
        with pytest.raises(ArgumentError, match=said):
            asked()


@pytest.mark.parametrize("mark", MARKS[:3])
def test_a_feature_never_leaves_without_a_word(mark: str) -> None:
    """A mark in a feature leaves one value out, and the page is told so; the feature takes part."""
    rng = np.random.default_rng(0)
    rows = pd.DataFrame(
        {"plate": np.repeat(["P1", "P2"], 16), "well": [f"B{n:02d}" for n in range(2, 10)] * 4}
    )
    rows["well"] = [f"{'BC'[place // 8 % 2]}{place % 8 + 2:02d}" for place in range(32)]
    rows["clone"], rows["diagnosis"] = list("abcdefgh") * 4, (["ALS"] * 4 + ["HC"] * 4) * 4
    rows["Area"], rows["Length"] = rng.normal(size=32), rng.normal(size=32)
    rows["Area"] = rows["Area"].astype(object)
    rows.loc[5, "Area"] = mark
    for table in (rows, rows.assign(Area=rows["Area"].map(str))):
        seen, _ = table_evidence(table, TableSpec("diagnosis", "ALS", "HC"))
        assert set(seen.feature_names) == {"Area", "Length"}
        assert np.isnan(seen.features).sum() == 1
        assert any(f"'Area' ({mark!r} in row 6)" in sentence for sentence in seen.notices)


FLAGS = [
    (["yes", "No", None], [True, False, True]), (["TRUE", "false", ""], [True, False, True]),
    ([1, 0, 1], [True, False, True]), ([1.0, 0.0, None], [True, False, True]),
    (["y", "n", "t"], [True, False, True]), (["1", "0", "F"], [True, False, False]),
    (pd.array([True, False, None], dtype="boolean"), [True, False, True]),
    (pd.Categorical(["yes", "no", None]), [True, False, True]), ([True, False, True], [True, False, True]),
    (["NA", " no ", "YES"], [True, False, True]),
    (pd.array(["true", "no", None], dtype=pd.ArrowDtype(pa.string())), [True, False, True]),
]  # fmt: skip


@pytest.mark.parametrize(("values", "expected"), FLAGS)
def test_included_is_read_in_one_way(values: Any, expected: list[bool]) -> None:
    """By the parser, in a heatmap, in normalisation and in replicates alike."""
    wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03"], "replicate": 1, "v": [1.0, 2.0, 3.0]})
    wells["included"] = values
    assert takes_part(wells).tolist() == expected
    assert heatmap(wells, "v").table["shown"].notna().tolist() == expected
    left = expected.count(False)
    said = normalise_wells(wells, "v").caveats
    assert any(f"{left} flagged well" in sentence for sentence in said)
