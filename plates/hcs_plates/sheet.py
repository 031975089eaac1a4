"""A table as somebody saved it, CSV, TSV or XLSX: headings, and rows of text with their line numbers."""

import csv
import datetime
import io
import warnings
import zipfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs_plates.errors import InputFileError, NotThereError

DELIMITERS = ",;\t"
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
_SHEET_SUFFIXES = frozenset({".xlsx", ".xlsm"})


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, counted from 1, and its cells as text without outer spaces."""

    line: int
    cells: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A whole table.

    Parameters
    ----------
    headings
        As written, without outer spaces; trailing empty columns are dropped.
    rows
        As long as the headings; blank rows and rows that start with ``#`` are left out.
    line_word
        What a row of this file is called in messages: ``line`` or, in a workbook, ``row``.
    notices
        What was not read (further sheets of a workbook).
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    line_word: str = "line"
    notices: tuple[str, ...] = ()


def read_sheet(path: Path, fault: Callable[[Path, list[str] | str], InputFileError]) -> Sheet:
    """Read a table.

    Parameters
    ----------
    path
        A CSV (commas, semicolons or tabs), TSV, or the first sheet of an XLSX file; text is UTF-8.
    fault
        The error to raise for a file that is none.

    Raises
    ------
    NotThereError
        No such file.
    InputFileError
        Made by `fault`: not readable, empty, ragged, or columns without a name.
    """
    if not path.exists():
        raise NotThereError(f"There is no '{path}'; expected a CSV, TSV or XLSX file.")
    if path.is_dir():
        raise fault(path, "is a folder; expected a CSV, TSV or XLSX file")
    suffix = path.suffix.lower()
    if suffix not in _TEXT_SUFFIXES | _SHEET_SUFFIXES:
        raise fault(path, f"is a {suffix or 'nameless'} file; save the table as CSV, TSV or XLSX")
    if path.stat().st_size == 0:
        raise fault(path, "is empty; expected a line of column names and a line for each well")
    try:
        if suffix in _SHEET_SUFFIXES:
            records, notices = _workbook_rows(path)
            return _sheet(path, records, fault, "row", notices)
        return _sheet(path, _text_rows(path), fault, "line", ())
    except _UnreadableError as error:
        raise fault(path, str(error)) from error


class _UnreadableError(Exception):
    """Why a file is no table."""


def _sheet(
    path: Path,
    records: Iterable[Row],
    fault: Callable[[Path, list[str] | str], InputFileError],
    line_word: str,
    notices: tuple[str, ...],
) -> Sheet:
    """Split headings from rows and check that they fit each other."""
    rows = [row for row in records if any(row.cells) and not row.cells[0].startswith("#")]
    if not rows:
        raise fault(path, "holds no table; expected a line of column names and a line for each well")
    head, body = rows[0], rows[1:]
    # Spreadsheets write empty columns at the end of every line; there is nothing in them to be lost.
    headings = _without_trailing(head.cells)
    faults = [
        f"column {place} has no name ({line_word} {head.line})"
        for place, heading in enumerate(headings, start=1)
        if not heading
    ]
    for row in body:
        values = max(len(_without_trailing(row.cells)), min(len(row.cells), len(headings)))
        if values != len(headings):
            faults.append(
                f"{line_word} {row.line} has {values} values where {line_word} {head.line} "
                f"names {len(headings)} columns"
            )
    if faults:
        raise fault(path, faults)
    if not body:
        raise fault(path, f"holds column names ({line_word} {head.line}) but no wells")
    return Sheet(
        headings, tuple(Row(row.line, row.cells[: len(headings)]) for row in body), line_word, notices
    )


def _without_trailing(cells: tuple[str, ...]) -> tuple[str, ...]:
    """Cells up to the last that is not empty."""
    last = max((place for place, cell in enumerate(cells) if cell), default=-1)
    return cells[: last + 1]


def _text_rows(path: Path) -> Iterator[Row]:
    """Rows of a text file with their true line numbers."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise _UnreadableError(
            f"is not UTF-8 text (line {line}, byte 0x{raw[error.start]:02x}); save it as 'CSV UTF-8'"
        ) from error
    if "\0" in text:
        raise _UnreadableError("is not a text file; save the table as CSV, TSV or XLSX")
    delimiter = "\t" if path.suffix.lower() == ".tsv" else _delimiter(text)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    line = 1
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _UnreadableError(
                f"line {reader.line_num} cannot be read as a table row ({error})"
            ) from error
        yield Row(line, tuple(cell.strip() for cell in cells) or ("",))
        line = reader.line_num + 1


def _delimiter(text: str) -> str:
    """Find what separates the columns, by the first line that is neither blank nor a comment."""
    lines = (
        line
        for line in text.splitlines()
        if line.strip(DELIMITERS + " ") and not line.lstrip().startswith("#")
    )
    counts = Counter(sign for sign in next(lines, "") if sign in DELIMITERS)
    return counts.most_common(1)[0][0] if counts else ","


def _workbook_rows(path: Path) -> tuple[list[Row], tuple[str, ...]]:
    """Rows of the first sheet of a workbook."""
    # Imported here: openpyxl takes long to load, and most platemaps are CSV.
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        # Features that openpyxl does not keep (styles, drop-down lists) make it warn; only values are read.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            workbook = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                names = workbook.sheetnames
                table = [list(cells) for cells in workbook.worksheets[0].iter_rows(values_only=True)]
            finally:
                workbook.close()
    except (zipfile.BadZipFile, InvalidFileException, LookupError, OSError, ValueError, SyntaxError) as error:
        raise _UnreadableError("is not an XLSX workbook; save it again as XLSX or as CSV UTF-8") from error
    width = max((len(cells) for cells in table), default=0)
    rows = [
        Row(line, (*map(_cell_text, cells), *[""] * (width - len(cells))) or ("",))
        for line, cells in enumerate(table, start=1)
    ]
    others = ", ".join(map(repr, names[1:]))
    return rows, (f"Only the first sheet {names[0]!r} is read, not {others}.",) if len(names) > 1 else ()


def _cell_text(value: Any) -> str:
    """Write a cell as one would in a CSV: 3.0 as 3, TRUE as true, dates as ISO."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer() and abs(value) < 2**53:
        return str(int(value))
    if isinstance(value, datetime.datetime) and value.time() == datetime.time():
        return value.date().isoformat()
    if isinstance(value, datetime.datetime | datetime.date | datetime.time):
        return value.isoformat()
    return str(value).strip()
