"""A sheet of an XLSX workbook as rows of text.

The sheet's own XML is read, cell by cell: a library that gives values alone hides merged cells, formulas that
were never computed and errors, and trusts the size that the file states. What is no value is refused with its
cell, and nothing is read that is larger than a table can be.
"""

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from defusedxml import ElementTree

from hcs_plates.rows import UnreadableError

LARGEST_BYTES = 64 * 2**20
"""Of a workbook, packed or unpacked; larger tables are no work for a spreadsheet."""

MOST_CELLS = 20_000_000
_SHOWN = 12
_EXACT = 2**53

Cells = Mapping[int, Mapping[int, str]]
"""Text of the cells that hold any, by row (from 1) and place (from 0)."""


@dataclass(frozen=True)
class SheetName:
    """A sheet of a workbook: its name, whether it holds cells (and no chart), whether it is hidden."""

    name: str
    cells: bool
    hidden: bool


Choice = Callable[[Sequence[SheetName], Callable[[str], Cells]], tuple[str, tuple[str, ...]]]
"""Chooses a sheet by the sheets' names and, where it asks for them, cells; gives notices with its name."""


@dataclass(frozen=True)
class Workbook:
    """A sheet of a workbook.

    Parameters
    ----------
    rows
        Cells as text by row number (from 1), each row as long as the longest; rows without a value are left
        out.
    dates
        (row, place from 0) of cells that hold a date or a time.
    fractions
        (row, place) of numbers that are not whole.
    wide
        Merged cells of several columns: name, and their first and last row and place; their value stands in
        the first cell alone.
    notices
        What was not read, or was read into several rows.
    """

    rows: Mapping[int, tuple[str, ...]]
    dates: frozenset[tuple[int, int]]
    fractions: frozenset[tuple[int, int]]
    wide: tuple[tuple[str, int, int, int, int], ...]
    notices: tuple[str, ...]


def read_workbook(path: Path, choose: Choice) -> Workbook:
    """Read the sheet that is chosen.

    Raises
    ------
    UnreadableError
        Not a workbook, damaged or too large; cells that hold an error, or a formula whose value was not kept.
    OSError
        The file cannot be reached.
    """
    if path.stat().st_size > LARGEST_BYTES:
        raise UnreadableError(f"is larger than {LARGEST_BYTES >> 20} MB; save it as CSV UTF-8 or Parquet")
    raw = path.read_bytes()
    try:
        # What openpyxl does not keep (styles, drop-down lists) makes it warn; only values are read.
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UserWarning)
            return _read(raw, choose)
    except UnreadableError:
        raise
    # zipfile, zlib, the XML parser and openpyxl raise many kinds for damaged files; all mean the same.
    except Exception as error:
        raise UnreadableError("is not an XLSX workbook; save it again as XLSX or as CSV UTF-8") from error


def _read(raw: bytes, choose: Choice) -> Workbook:
    # Imported here: openpyxl takes long to load, and most platemaps are CSV.
    from openpyxl.reader.excel import ExcelReader
    from openpyxl.styles.stylesheet import apply_stylesheet

    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_BYTES:
            raise UnreadableError(
                f"unpacks to more than {LARGEST_BYTES >> 20} MB; save it as CSV UTF-8 or Parquet"
            )
    reader = ExcelReader(io.BytesIO(raw), data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_strings()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    places: dict[str, str] = {}
    names = []
    for sheet, rel in reader.parser.find_sheets():
        cells = rel.Type.endswith("/worksheet")
        names.append(SheetName(sheet.name, cells, sheet.state != "visible"))
        places |= {sheet.name: rel.target} if cells else {}
    if not places:
        raise UnreadableError("holds no sheet with cells, only charts")
    read: dict[str, _Sheet] = {}

    def cells_of(name: str) -> Cells:
        if name not in read:
            read[name] = _Sheet(reader)
            with reader.archive.open(places[name]) as stream:
                read[name].read(stream)
        return read[name].cells

    name, notices = choose(names, cells_of)
    cells_of(name)
    return read[name].finished(list(notices))


class _Sheet:
    """Cells of a sheet while it is read."""

    def __init__(self, reader: Any) -> None:
        self.strings = reader.shared_strings
        self.book = reader.wb
        self.cells: dict[int, dict[int, str]] = {}
        self.dates: set[tuple[int, int]] = set()
        self.fractions: set[tuple[int, int]] = set()
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
        name = f"{column_letters(place)}{row}"
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
        if number.is_integer() and abs(number) < _EXACT:
            zeros = re.fullmatch("0*", self._shown_as(style))
            return str(int(number)).zfill(len(zeros[0]) if zeros and number >= 0 else 0)
        self.fractions.add(at)
        return repr(number)

    def _shown_as(self, style: int) -> str:
        """Format of a number: by 000 a spreadsheet shows the zeros of plate 007."""
        from openpyxl.styles.numbers import BUILTIN_FORMATS, BUILTIN_FORMATS_MAX_SIZE

        number = self.book._cell_styles[style].numFmtId
        if number < BUILTIN_FORMATS_MAX_SIZE:
            return str(BUILTIN_FORMATS.get(number, "General"))
        return str(self.book._number_formats[number - BUILTIN_FORMATS_MAX_SIZE])

    def finished(self, notices: list[str]) -> Workbook:
        """Fill merged cells and check that every cell holds a value."""
        faults = list(self.errors)
        if self.uncomputed:
            faults.append(
                f"{_listed(self.uncomputed, 'cell')} {'hold' if len(self.uncomputed) > 1 else 'holds'} a "
                "formula without a value; open the workbook in Excel or LibreOffice and save it"
            )
        if faults:
            raise UnreadableError(*faults)
        wide = tuple(self._filled(notices))
        width = 1 + max((max(cells) for cells in self.cells.values()), default=0)
        if width * len(self.cells) > MOST_CELLS:
            raise UnreadableError(
                f"has cells from A1 to {column_letters(width - 1)}{max(self.cells)}; "
                "delete what stands beside the table"
            )
        rows = {
            row: tuple(cells.get(place, "") for place in range(width))
            for row, cells in sorted(self.cells.items())
        }
        return Workbook(rows, frozenset(self.dates), frozenset(self.fractions), wide, tuple(notices))

    def _filled(self, notices: list[str]) -> Iterator[tuple[str, int, int, int, int]]:
        """Give merged cells of one column their value, row by row; give back those of several."""
        from openpyxl.utils.cell import range_boundaries

        filled = []
        last = max(self.cells, default=0)
        for ref in self.merged:
            left, top, right, bottom = range_boundaries(ref)
            text = self.cells.get(top, {}).get(left - 1)
            if text is None:
                continue
            if left != right:
                yield ref, top, left - 1, bottom, right - 1
                continue
            # Below the table there is nothing to fill.
            for row in range(top + 1, min(bottom, last) + 1):
                self.cells.setdefault(row, {})[left - 1] = text
                for special in (self.dates, self.fractions):
                    if (top, left - 1) in special:
                        special.add((row, left - 1))
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


def column_letters(place: int) -> str:
    """Name a column counted from 0 as a spreadsheet does: ``A`` … ``AB``."""
    from openpyxl.utils.cell import get_column_letter

    return str(get_column_letter(place + 1))


def _listed(names: list[str], noun: str) -> str:
    """Name a dozen, count the rest."""
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return f"{noun}{'s' if len(names) > 1 else ''} {', '.join(names[:_SHOWN])}{more}"
