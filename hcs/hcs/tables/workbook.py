"""Tables as one workbook (XLSX) for people with a spreadsheet: a sheet each, and one that lists them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pandas as pd

from hcs.wording import UNITS, counted
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import write_file
from hcs_plates.paths import local_path

ENDING = ".xlsx"
CONTENTS = "contents"
"""The first sheet: every sheet, its table and its columns with their units."""
MOST_ROWS = 2**20 - 1
"""Rows of a sheet below its headings."""
MOST_COLUMNS = 2**14
LONGEST_TEXT = 32_767
LONGEST_NAME = 31
EXACT = 10**15
"""Whole numbers from here on lose their last digits in a spreadsheet, and are written as text."""
TEXT_STAYS = dict.fromkeys(("strings_to_formulas", "strings_to_urls", "strings_to_numbers"), False)
"""Nothing in a text can be run, followed or taken for a number."""
CREATED = datetime(2000, 1, 1, tzinfo=UTC)
"""The same in every file: the same tables give the same bytes."""

_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_UNWRITABLE = re.compile("[\ud800-\udfff\ufffe\uffff]")
_FIRST_DAY = pd.Timestamp("1900-03-01")
"""A spreadsheet believes in a 29th of February 1900."""


@dataclass(frozen=True)
class _Sheet:
    """A table, or the part of it that one sheet has room for."""

    name: str
    table: str
    rows: pd.DataFrame
    part: str


def write_workbook(
    tables: Mapping[str, pd.DataFrame], path: Path | str, *, overwrite: bool = False
) -> tuple[Path, tuple[str, ...]]:
    """Write tables as one workbook, whole or not at all; the same tables give the same bytes.

    Parameters
    ----------
    tables
        By name, in the order of the sheets. Numbers stay numbers, what is missing is an empty cell; a table
        of more than 1,048,575 rows goes on in further sheets.
    path
        Ends in .xlsx.
    overwrite
        Replace a file that is there.

    Returns
    -------
    Path, tuple of str
        The file, and sentences on tables that did not fit one sheet and texts that did not fit a cell.

    Raises
    ------
    ArgumentError, ExistsError, PlaceError
        Another ending, a table of more than 16,384 columns; a file that is there; one that cannot be written.
    """
    place = local_path(path)
    if place.suffix.lower() != ENDING:
        raise ArgumentError(f"{place.name} is no name of a workbook; give one that ends in {ENDING}.")
    if place.exists() and not overwrite:
        raise ExistsError(f"{place} stands there already; choose another name, or replace it.")
    for name, table in tables.items():
        if len(table.columns) > MOST_COLUMNS:
            raise ArgumentError(
                f"Table {name!r} has {len(table.columns):,} columns, and a sheet has room for "
                f"{MOST_COLUMNS:,}; read it from its Parquet file."
            )
    sheets = _sheets(tables)
    listed = _Sheet(CONTENTS, "", _contents(sheets), "")
    write_file(place, lambda stream: _write(stream, [listed, *sheets]))
    split = [one for one in sheets if one.part]
    told = [
        f"{name} has {counted(len(tables[name]), 'row')}: it goes on over {n} sheets."
        for name, n in pd.Series([one.table for one in split], dtype=object).value_counts(sort=False).items()
    ]
    return place, (*told, *_cut_texts(tables))


def sheet_names(names: Sequence[str]) -> list[str]:
    r"""Names that sheets can have: up to 31 letters, none of ``[]:*?/\``, told apart whatever their case.

    Examples
    --------
    >>> sheet_names(["cells", "Cells", "a/b", "correction_of_the_batches_by_centre", "contents"])
    ['cells', 'Cells~2', 'a_b', 'correction_of_the_batches_by_ce', 'contents~2']
    """
    taken, given = {CONTENTS, "history"}, []
    for name in names:
        wanted = _FORBIDDEN.sub("_", name).strip("'") or "table"
        made, number = wanted[:LONGEST_NAME], 1
        while made.casefold() in taken:
            number += 1
            made = f"{wanted[: LONGEST_NAME - len(str(number)) - 1]}~{number}"
        taken.add(made.casefold())
        given.append(made)
    return given


def _sheets(tables: Mapping[str, pd.DataFrame]) -> list[_Sheet]:
    parts = []
    for name, table in tables.items():
        n = max(1, -(-len(table) // MOST_ROWS))
        for place in range(n):
            said = f"part {place + 1} of {n}" if n > 1 else ""
            parts.append((name, table.iloc[place * MOST_ROWS : (place + 1) * MOST_ROWS], said))
    named = sheet_names([name for name, _, _ in parts])
    return [_Sheet(sheet, name, rows, said) for sheet, (name, rows, said) in zip(named, parts, strict=True)]


def _contents(sheets: Sequence[_Sheet]) -> pd.DataFrame:
    """List the columns of every sheet, with units as the ends of their names say them."""
    rows = [
        (
            one.name,
            one.table,
            one.part,
            len(one.rows),
            str(name),
            _unit(str(name)),
            _kind(one.rows.iloc[:, at]),
        )
        for one in sheets
        for at, name in enumerate(one.rows.columns)
    ]
    return pd.DataFrame(rows, columns=["sheet", "table", "part", "rows", "column", "unit", "holds"])


def _unit(column: str) -> str:
    return next((unit for end, unit in UNITS.items() if column.endswith(end) and column != end), "")


def _kind(values: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(values):
        return "true or false"
    if pd.api.types.is_numeric_dtype(values):
        return "numbers"
    return "dates" if pd.api.types.is_datetime64_any_dtype(values) else "text"


def _write(stream: BinaryIO, sheets: Sequence[_Sheet]) -> None:
    """Write all sheets, headings in bold that stay in sight."""
    from xlsxwriter import Workbook

    book = Workbook(stream, {"constant_memory": True, **TEXT_STAYS})
    book.set_properties({"created": CREATED})
    looks: tuple[dict[str, object], ...] = ({}, {"bold": True}, {"num_format": "yyyy-mm-dd hh:mm"})
    plain, bold, moment = map(book.add_format, looks)
    for one in sheets:
        sheet = book.add_worksheet(one.name)
        sheet.freeze_panes(1, 0)
        for place, name in enumerate(map(str, one.rows.columns)):
            sheet.set_column(place, place, min(40, max(9, len(name) + 2)))
            sheet.write_string(0, place, name, bold)
        columns = [_values(one.rows.iloc[:, place]) for place in range(len(one.rows.columns))]
        for row, values in enumerate(zip(*columns, strict=True), start=1):
            for place, value in enumerate(values):
                if isinstance(value, bool):
                    sheet.write_boolean(row, place, value)
                elif isinstance(value, int | float):
                    sheet.write_number(row, place, value)
                elif isinstance(value, str):
                    sheet.write_string(row, place, value)
                elif value is not None:
                    sheet.write_datetime(row, place, value, moment)
                elif place == 0:
                    # A row without any value is a row too.
                    sheet.write_blank(row, place, None, plain)
    book.close()


def _values(values: pd.Series) -> list[Any]:
    """Values of a column as a sheet holds them: numbers, true or false, moments, text; None where missing."""
    if values.dtype == np.float32:
        # As text, numbers of 32 bits keep the few digits that they have.
        return [_value(float(str(one))) for one in values.to_numpy()]
    return [_value(one) for one in values.astype(object)]


def _value(value: Any) -> Any:
    if not isinstance(value, str | list | tuple | dict | np.ndarray) and pd.isna(value):
        return None
    if isinstance(value, bool | np.bool_):
        return bool(value)
    if isinstance(value, int | np.integer) and abs(int(value)) < EXACT:
        return int(value)
    if isinstance(value, float | np.floating) and np.isfinite(value):
        return float(value)
    if isinstance(value, pd.Timestamp) and value.tzinfo is None and value >= _FIRST_DAY:
        return value.to_pydatetime()
    said = _UNWRITABLE.sub("\N{REPLACEMENT CHARACTER}", str(value))
    return said if len(said) <= LONGEST_TEXT else f"{said[: LONGEST_TEXT - 1]}…"


def _cut_texts(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say which columns hold longer texts than a cell has room for."""
    return [
        f"{name}: texts of {str(column)!r} are cut at {LONGEST_TEXT:,} letters, for which a cell has room."
        for name, table in tables.items()
        for at, column in enumerate(table.columns)
        if _kind(table.iloc[:, at]) == "text"
        and any(isinstance(one, str) and len(one) > LONGEST_TEXT for one in table.iloc[:, at])
    ]
