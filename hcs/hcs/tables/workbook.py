"""Tables as one workbook (XLSX) for people with a spreadsheet: a sheet each, and one that lists them.

Written as the parts that a spreadsheet needs (ECMA-376, SpreadsheetML): a measured plate has millions of
cells, for which openpyxl takes eight times as long. Text is always text, so nothing in it can be run.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from xml.sax.saxutils import escape
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

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

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORBIDDEN = re.compile(r"[\[\]:*?/\\\x00-\x1f]")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_x[0-9A-Fa-f]{4}_")
_DAY_0, _FIRST_DAY = pd.Timestamp("1899-12-30"), pd.Timestamp("1900-03-01")
"""A spreadsheet counts days from there; it believes in a 29th of February 1900."""
_EMPTY = "<c/>"
_BOLD, _MOMENT = 1, 2
"""Places of `_STYLES`."""
_XF = 'fillId="0" borderId="0"'
_STYLES = (
    f'<styleSheet xmlns="{_MAIN}"><fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    f'<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" {_XF}/></cellStyleXfs>'
    f'<cellXfs count="3"><xf numFmtId="0" fontId="0" {_XF}/><xf numFmtId="0" fontId="1" {_XF} applyFont="1"/>'
    f'<xf numFmtId="22" fontId="0" {_XF} applyNumberFormat="1"/></cellXfs>'
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>'
)


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
    """Write the parts of the package; none carries a time or a name of who wrote it."""
    numbers = range(1, len(sheets) + 1)
    named = "".join(
        f'<sheet name="{escape(one.name, {chr(34): "&quot;"})}" sheetId="{n}" r:id="rId{n}"/>'
        for n, one in zip(numbers, sheets, strict=True)
    )
    links = "".join(_link(n, "worksheet", f"worksheets/sheet{n}.xml") for n in numbers)
    kinds = "".join(
        f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPES}.worksheet+xml"/>'
        for n in numbers
    )
    parts = {
        "[Content_Types].xml": f'''<Types xmlns="{_PACKAGE}/content-types">\
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>\
<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>\
<Override PartName="/xl/styles.xml" ContentType="{_TYPES}.styles+xml"/>{kinds}</Types>''',
        "_rels/.rels": _links(_link(1, "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'''<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}">\
<sheets>{named}</sheets></workbook>''',
        "xl/_rels/workbook.xml.rels": _links(links + _link(0, "styles", "styles.xml")),
        "xl/styles.xml": _STYLES,
    }
    with ZipFile(stream, "w", ZIP_DEFLATED) as archive:
        for name, text in parts.items():
            archive.writestr(_entry(name), _HEAD + text)
        for n, one in zip(numbers, sheets, strict=True):
            with archive.open(_entry(f"xl/worksheets/sheet{n}.xml"), "w", force_zip64=True) as part:
                for text in _sheet_xml(one):
                    part.write(text.encode("utf-8"))


def _link(n: int, kind: str, target: str) -> str:
    return f'<Relationship Id="rId{n}" Type="{_OFFICE}/{kind}" Target="{target}"/>'


def _links(links: str) -> str:
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{links}</Relationships>'


def _entry(name: str) -> ZipInfo:
    """Entry of the archive without the time of writing."""
    entry = ZipInfo(name)
    entry.compress_type = ZIP_DEFLATED
    return entry


def _sheet_xml(sheet: _Sheet, at_once: int = 4096) -> Iterator[str]:
    """Text of a sheet: headings that stay in sight, and rows."""
    headings = [str(name) for name in sheet.rows.columns]
    widths = "".join(
        f'<col min="{n}" max="{n}" width="{min(40, max(9, len(name) + 2))}" customWidth="1"/>'
        for n, name in enumerate(headings, start=1)
    )
    yield (
        f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0"><pane ySplit="1" '
        'topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews>'
        f"{f'<cols>{widths}</cols>' if widths else ''}<sheetData>"
        f"<row>{''.join(_text(name, _BOLD) for name in headings)}</row>"
    )
    for start in range(0, len(sheet.rows), at_once):
        rows = sheet.rows.iloc[start : start + at_once]
        columns = [_cells(rows.iloc[:, place]) for place in range(len(headings))]
        yield "".join(f"<row>{''.join(cells)}</row>" for cells in zip(*columns, strict=True))
    yield "</sheetData></worksheet>"


def _cells(values: pd.Series) -> list[str]:
    """Cells of a column."""
    if pd.api.types.is_float_dtype(values) and isinstance(values.dtype, np.dtype):
        # As text, numbers of 32 bits keep the few digits that they have.
        return [f"<c><v>{one!s}</v></c>" if np.isfinite(one) else _cell(one) for one in values.to_numpy()]
    return [_cell(one) for one in values.astype(object)]


def _cell(value: Any) -> str:
    """Write one value: a number, true or false, a moment, else text; nothing where it is missing."""
    if not isinstance(value, str | list | tuple | dict | np.ndarray) and pd.isna(value):
        return _EMPTY
    if isinstance(value, bool | np.bool_):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, int | np.integer):
        return f"<c><v>{value}</v></c>" if abs(int(value)) < EXACT else _text(value)
    if isinstance(value, float | np.floating):
        return f"<c><v>{value!s}</v></c>" if np.isfinite(value) else _text(value)
    if isinstance(value, pd.Timestamp) and value.tzinfo is None and value >= _FIRST_DAY:
        return f'<c s="{_MOMENT}"><v>{(value - _DAY_0) / pd.Timedelta(days=1)!r}</v></c>'
    return _text(value)


def _text(value: object, style: int = 0) -> str:
    """Write text that is never read as a formula; what XML cannot hold is written as ``_x0007_``."""
    said = str(value)
    if len(said) > LONGEST_TEXT:
        said = f"{said[: LONGEST_TEXT - 1]}…"
    safe = escape(_CONTROL.sub(lambda found: f"_x{ord(found[0][0]):04X}_{found[0][1:]}", said))
    return f'<c s="{style}" t="inlineStr"><is><t xml:space="preserve">{safe}</t></is></c>'


def _cut_texts(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Say which columns hold longer texts than a cell has room for."""
    return [
        f"{name}: texts of {str(column)!r} are cut at {LONGEST_TEXT:,} letters, for which a cell has room."
        for name, table in tables.items()
        for at, column in enumerate(table.columns)
        if _kind(table.iloc[:, at]) == "text"
        and any(isinstance(one, str) and len(one) > LONGEST_TEXT for one in table.iloc[:, at])
    ]
