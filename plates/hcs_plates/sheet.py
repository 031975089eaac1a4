"""A table as somebody saved it, CSV, TSV or XLSX: headings, and rows of text with their line numbers."""

import csv
import io
import itertools
import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hcs_plates.csvcells import unquoted
from hcs_plates.errors import InputFileError, NotThereError
from hcs_plates.spelling import visible
from hcs_plates.workbook import WorkbookError, read_workbook

DELIMITERS = ",;\t"
_TEXT_SUFFIXES = frozenset({".csv", ".tsv", ".tab", ".txt"})
_SHEET_SUFFIXES = frozenset({".xlsx", ".xlsm"})
_SEPARATOR = re.compile(r'"?sep=([,;|\t])"?', re.IGNORECASE)
_TOP_ROWS = 10
"""Where the column names are looked for, to say what stands in their place."""


@dataclass(frozen=True)
class Row:
    """One row: its line in the file, counted from 1, and what is visible of its cells as text."""

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
        What was not read (further sheets of a workbook), or was read into several rows (merged cells).
    dates
        (line, place from 0) of a workbook's cells that hold a date, whatever was typed into them.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    line_word: str = "line"
    notices: tuple[str, ...] = ()
    dates: frozenset[tuple[int, int]] = frozenset()


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
            book = read_workbook(path)
            rows = [Row(line, tuple(map(_seen, cells))) for line, cells in book.rows.items()]
            return _sheet(rows, "row", book.notices, book.dates)
        return _sheet(list(_text_rows(path)), "line")
    except (_UnreadableError, WorkbookError) as error:
        raise fault(path, list(error.args)) from error


class _UnreadableError(Exception):
    """Why a file is no table; its arguments are the faults."""


def _sheet(
    records: Sequence[Row],
    line_word: str,
    notices: tuple[str, ...] = (),
    dates: frozenset[tuple[int, int]] = frozenset(),
) -> Sheet:
    """Split headings from rows and check that they fit each other."""
    rows = [row for row in records if any(row.cells) and not row.cells[0].startswith("#")]
    if not rows:
        raise _UnreadableError("holds no table; expected a line of column names and a line for each well")
    head, body = rows[0], rows[1:]
    # Spreadsheets write empty columns at the end of every line; there is nothing in them to be lost.
    headings = _without_trailing(head.cells)
    faults = _other_shape(rows, line_word) or [
        f"column {place} has no name ({line_word} {head.line})"
        for place, heading in enumerate(headings, start=1)
        if not heading
    ]
    for row in body if not faults else ():
        values = max(len(_without_trailing(row.cells)), min(len(row.cells), len(headings)))
        if values != len(headings):
            faults.append(
                f"{line_word} {row.line} has {values} values where {line_word} {head.line} "
                f"names {len(headings)} columns"
            )
    if faults:
        raise _UnreadableError(*faults)
    if not body:
        raise _UnreadableError(f"holds column names ({line_word} {head.line}) but no wells")
    return Sheet(
        headings, tuple(Row(row.line, row.cells[: len(headings)]) for row in body), line_word, notices, dates
    )


def _other_shape(rows: Sequence[Row], line_word: str) -> list[str]:
    """Recognise a table that is not one row per well: drawn as the plate, or with a title above its names."""
    for row, below in itertools.pairwise(rows[:_TOP_ROWS]):
        across = _without_trailing(row.cells)[1:]
        numbered = len(across) > 2 and all(cell == str(n) for n, cell in enumerate(across, start=1))
        if numbered and below.cells[0].upper() == "A":
            return [
                f"is drawn as the plate is (numbers across in {line_word} {row.line}, letters down); "
                "expected one row per well: columns such as 'well' and 'clone', and below them 'B03' and 'c1'"
            ]
    filled = [[cell for cell in row.cells if cell] for row in rows]
    body = filled[1:]
    if len(filled[0]) == 1 and body and 2 * sum(len(cells) > 1 for cells in body) > len(body):
        title = filled[0][0]
        return [
            f"{line_word} {rows[0].line} ({title[:40]!r}) is a title and names no columns; delete what "
            "stands above the column names, or begin it with #"
        ]
    return []


def _seen(cell: str) -> str:
    """Read what is visible of a cell, without the apostrophe that keeps a spreadsheet from running it."""
    return unquoted(visible(cell))


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
    above = 0
    # Excel's own first line for a file that it is to split otherwise than by commas.
    first, _, rest = text.partition("\n")
    stated = _SEPARATOR.fullmatch(first.strip(" \r"))
    if stated is not None:
        delimiter, text, above = stated[1], rest, 1
    line = 1 + above
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise _UnreadableError(
                f"line {above + reader.line_num} cannot be read as a table row ({error})"
            ) from error
        yield Row(line, tuple(map(_seen, cells)) or ("",))
        line = above + reader.line_num + 1


def _delimiter(text: str) -> str:
    """Find what separates the columns, by the first line that is neither blank nor a comment."""
    lines = (
        line
        for line in text.splitlines()
        if line.strip(DELIMITERS + " ") and not line.lstrip().startswith("#")
    )
    counts = Counter(sign for sign in next(lines, "") if sign in DELIMITERS)
    return counts.most_common(1)[0][0] if counts else ","
