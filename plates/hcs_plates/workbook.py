"""The first sheet of an XLSX workbook as rows of text.

The sheet's own XML is read, cell by cell: a library that gives values alone hides merged cells, formulas that
were never computed and errors, and trusts the size that the file states. What is no value is refused with its
cell, and nothing is read that is larger than a table can be.
"""

import datetime
import io
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defusedxml import ElementTree

LARGEST_BYTES = 64 * 2**20
"""Of a workbook, packed or unpacked; larger tables are no work for a spreadsheet."""

MOST_CELLS = 20_000_000
_SHOWN = 12
_EXACT = 2**53


@dataclass(frozen=True)
class Workbook:
    """The first sheet of a workbook.

    Parameters
    ----------
    rows
        Cells as text by row number (from 1), each row as long as the longest; rows without a value are left
        out.
    dates
        (row, place from 0) of cells that hold a date or a time.
    notices
        What was not read, or was read into several rows.
    """

    rows: Mapping[int, tuple[str, ...]]
    dates: frozenset[tuple[int, int]]
    notices: tuple[str, ...]


class WorkbookError(Exception):
    """Why a file cannot be read as a workbook; its arguments are the faults."""


def read_workbook(path: Path) -> Workbook:
    """Read the first sheet of values (not of a chart).

    Raises
    ------
    WorkbookError
        Not a workbook, damaged or too large; cells that hold an error, or a formula whose value was not kept;
        merged cells over several columns.
    OSError
        The file cannot be reached.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise WorkbookError(f"is larger than {LARGEST_BYTES >> 20} MB; save it as CSV UTF-8 or Parquet")
    raw = path.read_bytes()
    try:
        # What openpyxl does not keep (styles, drop-down lists) makes it warn; only values are read.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return _read(raw)
    except WorkbookError:
        raise
    # zipfile, zlib, the XML parser and openpyxl raise many kinds for damaged files; all mean the same.
    except Exception as error:
        raise WorkbookError("is not an XLSX workbook; save it again as XLSX or as CSV UTF-8") from error


def _read(raw: bytes) -> Workbook:
    # Imported here: openpyxl takes long to load, and most platemaps are CSV.
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_BYTES:
            raise WorkbookError(
                f"unpacks to more than {LARGEST_BYTES >> 20} MB; save it as CSV UTF-8 or Parquet"
            )
    reader = ExcelReader(io.BytesIO(raw), data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    sheets = [(sheet.name, rel) for sheet, rel in reader.parser.find_sheets()]
    first = next(((name, rel.target) for name, rel in sheets if rel.Type.endswith("/worksheet")), None)
    if first is None:
        raise WorkbookError("holds no sheet with cells, only charts")
    with reader.archive.open(first[1]) as stream:
        sheet = _Sheet(reader)
        sheet.read(stream)
    others = ", ".join(repr(name) for name, _ in sheets if name != first[0])
    notices = [f"Only the first sheet {first[0]!r} is read, not {others}."] if others else []
    return sheet.finished(notices)


class _Sheet:
    """Cells of a sheet while it is read."""

    def __init__(self, reader: Any) -> None:
        self.strings = reader.shared_strings
        self.book = reader.wb
        self.cells: dict[int, dict[int, str]] = {}
        self.dates: set[tuple[int, int]] = set()
        self.merged: list[str] = []
        self.errors: list[str] = []
        self.uncomputed: list[str] = []

    def read(self, stream: Any) -> None:
        """Go through the sheet's XML."""
        from openpyxl.utils.cell import coordinate_to_tuple

        row = column = 0
        for event, element in ElementTree.iterparse(stream, events=("start", "end"), forbid_dtd=True):
            tag = element.tag.rpartition("}")[2]
            if event == "start":
                # Rows and cells may leave out where they stand: they then follow the one before.
                if tag == "row":
                    row, column = int(element.get("r") or row + 1), 0
                continue
            if tag == "c":
                place = element.get("r")
                row, column = coordinate_to_tuple(place) if place else (row, column + 1)
                text = self._text(element, row, column - 1)
                if text:
                    self.cells.setdefault(row, {})[column - 1] = text
            elif tag == "mergeCell":
                self.merged.append(str(element.get("ref")))
            if tag in ("c", "row"):
                element.clear()

    def _text(self, element: Any, row: int, place: int) -> str:
        """Write a cell as one would in a CSV."""
        parts = {part.tag.rpartition("}")[2]: part for part in element}
        kind, value = element.get("t", "n"), parts.get("v")
        written = "" if value is None else value.text or ""
        name = f"{_letters(place)}{row}"
        if kind == "inlineStr":
            return "".join(_texts(parts["is"])) if "is" in parts else ""
        # A text that a formula leaves empty is kept as an empty value of its own kind.
        if "f" in parts and not written and kind != "str":
            self.uncomputed.append(name)
            return ""
        if kind == "e" and written != "#N/A":
            self.errors.append(f"cell {name} holds the error {written}; correct it or leave it blank")
        if kind == "s":
            return str(self.strings[int(written)])
        if kind == "b":
            return "TRUE" if written == "1" else "FALSE"
        if kind == "d":
            self.dates.add((row, place))
            return written.removesuffix("Z").removesuffix("T00:00:00")
        if kind in ("str", "e") or not written:
            return written
        return self._number(written, int(element.get("s") or 0), (row, place))

    def _number(self, written: str, style: int, at: tuple[int, int]) -> str:
        """Write a number: 3.0 as 3, and days since 1900 as the ISO date they are shown as."""
        from openpyxl.utils.datetime import from_excel

        number = float(written)
        if style in self.book._date_formats:
            elapsed = style in self.book._timedelta_formats
            moment = from_excel(number, self.book.epoch, timedelta=elapsed)
            if elapsed:
                return str(moment)
            self.dates.add(at)
            midnight = isinstance(moment, datetime.datetime) and moment.time() == datetime.time()
            return str(moment.date().isoformat() if midnight else moment.isoformat())
        return str(int(number)) if number.is_integer() and abs(number) < _EXACT else repr(number)

    def finished(self, notices: list[str]) -> Workbook:
        """Fill merged cells and check that every cell holds a value."""
        faults = list(self.errors)
        if self.uncomputed:
            faults.append(
                f"{_listed(self.uncomputed, 'cell')} {'hold' if len(self.uncomputed) > 1 else 'holds'} a "
                "formula without a value; open the workbook in Excel or LibreOffice and save it"
            )
        faults += list(self._filled(notices))
        if faults:
            raise WorkbookError(*faults)
        width = 1 + max((max(cells) for cells in self.cells.values()), default=0)
        if width * len(self.cells) > MOST_CELLS:
            raise WorkbookError(
                f"has cells from A1 to {_letters(width - 1)}{max(self.cells)}; "
                "delete what stands beside the table"
            )
        rows = {
            row: tuple(cells.get(place, "") for place in range(width))
            for row, cells in sorted(self.cells.items())
        }
        return Workbook(rows, frozenset(self.dates), tuple(notices))

    def _filled(self, notices: list[str]) -> Iterator[str]:
        """Give merged cells of one column their value, row by row; the others are faults."""
        from openpyxl.utils.cell import range_boundaries

        filled = []
        last = max(self.cells, default=0)
        for ref in self.merged:
            left, top, right, bottom = range_boundaries(ref)
            text = self.cells.get(top, {}).get(left - 1)
            if text is None:
                continue
            if left != right:
                yield f"merged cells {ref} stand over several columns; unmerge them"
                continue
            # Below the table there is nothing to fill.
            for row in range(top + 1, min(bottom, last) + 1):
                self.cells.setdefault(row, {})[left - 1] = text
                if (top, left - 1) in self.dates:
                    self.dates.add((row, left - 1))
            filled.append(ref)
        if filled:
            notices.append(f"Each row of merged cells was given their value: {_listed(filled, 'range')}.")


def _texts(element: Any) -> Iterator[str]:
    """Give the runs of a rich text, without how they are pronounced."""
    for part in element:
        tag = part.tag.rpartition("}")[2]
        if tag == "t":
            yield part.text or ""
        elif tag == "r":
            yield from _texts(part)


def _letters(place: int) -> str:
    """Name a column counted from 0 as a spreadsheet does."""
    from openpyxl.utils.cell import get_column_letter

    return str(get_column_letter(place + 1))


def _listed(names: list[str], noun: str) -> str:
    """Name a dozen, count the rest."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names[:_SHOWN])}{more}"
