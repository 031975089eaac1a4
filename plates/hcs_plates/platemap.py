"""Platemaps: what is in each well, read from a table and held against the plate's images.

A platemap that does not fit its plate is refused with every fault in it, each with its line, before anything
is written; nothing in it is dropped, guessed or overwritten silently.
"""

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import pandas as pd

from hcs_plates.columns import KNOWN, is_missing, known_values, wrong_cells
from hcs_plates.errors import ArgumentError, PlatemapError
from hcs_plates.headings import names_wells, read_headings
from hcs_plates.mapcells import PLACES, leave_out_ineligible, read_words, typed_columns
from hcs_plates.mapchecks import SHOWN_WELLS, CheckedMap, check_clones, check_dates, check_spelling
from hcs_plates.platenames import fitting, of_another_plate
from hcs_plates.sheet import read_sheet
from hcs_plates.spelling import visible
from hcs_plates.wells import PlateFormat, row_name

OTHERS = "rows of other plates"
"""In the notice that they are set aside."""
_UNSAID = "tell nothing of wells that were not imaged, and are left out"


def read_platemap(
    path: Path | str,
    *,
    plate: str,
    format: PlateFormat,
    imaged: Collection[str] | None,
    sheet: str | None = None,
) -> pd.DataFrame:
    """Read and check a plate's map.

    Parameters
    ----------
    path
        CSV, TSV, XLSX or XML. The column `well` (or `row` and `column`) says which well a line describes;
        `hcs_plates.columns.KNOWN` lists the columns that have a meaning and a type, and
        `hcs_plates.headings.SYNONYMS` what else they may be called. Other columns are kept, typed by what
        stands in them. Or the table is drawn as the plate is, with a block for each column. Blank lines and
        lines that start with ``#`` are skipped. Or an assay layout of Harmony (XML), with a layer for each
        column.
    plate
        Name of the plate; lines whose column `plate` names another are set aside.
    format
        The plate's grid.
    imaged
        Wells there are images of; None before there are any.
    sheet
        Sheet of a workbook; None takes the one that is called as the plate is, or the only one with a map.

    Returns
    -------
    pandas.DataFrame
        One row per well in the plate's order, index `well` ("B03"), columns `plate`, `row` (letter), `column`
        (from 1), `included`, and the map's own. ``attrs["notices"]`` lists sentences on what was guessed, set
        aside or looks odd.

    Raises
    ------
    PlatemapError
        With all faults at once.
    NotThereError
        No such file.
    """
    path = Path(path)
    table = read_sheet(path, PlatemapError, sheet=sheet, head=names_wells, plate=plate)
    if imaged is not None and table.format not in (None, format):
        raise PlatemapError(path, _of_another_format(table.format, format, plate))
    rows = [[None if is_missing(cell) else cell for cell in row.cells] for row in table.rows]
    columns = read_headings(table.headings, list(zip(*rows, strict=True)))
    if columns.faults:
        raise PlatemapError(path, list(columns.faults))
    lines = pd.Index([row.line for row in table.rows], name="line", dtype=object)
    cells = pd.DataFrame(rows, index=lines, columns=list(columns.names), dtype=object)
    plate_map = CheckedMap(cells, table.line_word, notices=[*table.notices, *columns.notices])
    plate_map.notices += [
        f"{said!r} names another plate than {plate!r}: see that the map is this plate's."
        for said in ([path.stem] if table.line_word == "line" else []) + list(table.titles)
        if "plate" not in cells and of_another_plate(plate, said)
    ]
    read_words(plate_map, table, columns.units)
    check_dates(plate_map, table, columns.names)
    leave_out_ineligible(plate_map)
    check_clones(plate_map)
    check_spelling(plate_map)
    _set_other_plates_aside(path, plate_map, plate)
    wells = _wells(plate_map, format, imaged or ())
    plate_map.faults += [
        f"{plate_map.word} {line}: {column} {value!r} is not {expected}"
        for line, column, value, expected in wrong_cells(plate_map.cells)
    ]
    included = _included(plate_map)
    if imaged is not None:
        _check_against_images(plate_map, wells, included, imaged, plate)
    if plate_map.faults:
        raise PlatemapError(path, plate_map.faults)
    return _table(plate_map, wells, plate, format)


def blank_wells(plate: str, format: PlateFormat, imaged: Collection[str]) -> pd.DataFrame:
    """Wells table of a plate without a map: its imaged wells, all included.

    Examples
    --------
    >>> blank_wells("P1", PlateFormat(8, 12), ["B03", "A01"]).loc["B03"].to_dict()
    {'plate': 'P1', 'row': 'B', 'column': 3, 'included': True}
    """
    positions = sorted(format.parse(well) for well in imaged)
    table = pd.DataFrame(
        {
            "plate": plate,
            "row": [row_name(position.row) for position in positions],
            "column": [position.column + 1 for position in positions],
            "included": True,
        },
        index=pd.Index([position.name for position in positions], name="well"),
    )
    table.attrs["notices"] = []
    return table


def _set_other_plates_aside(path: Path, plate_map: CheckedMap, plate: str) -> None:
    """Keep the rows of this plate; a column without any name means this plate."""
    if "plate" not in plate_map.cells:
        return
    named = plate_map.cells["plate"]
    blank = named.index[named.isna()]
    if 0 < len(blank) < len(named):
        plate_map.faults.append(
            f"no plate is named in {plate_map.where(blank)}, although others name one; name it in every row"
        )
    called = fitting(plate, named.dropna())
    mine = named.isna() | named.isin(called)
    if not mine.any() or len(called) > 1:
        plates = sorted(called or set(named.dropna()))
        what = "several names that may be plate" if len(called) > 1 else "no rows for plate"
        raise PlatemapError(
            path,
            f"has {what} {plate!r}; its column 'plate' names {', '.join(map(repr, plates))}. "
            "Name the plate as the map does, or correct the map",
        )
    if called and called[0] != visible(plate):
        plate_map.notices.append(f"The rows of {called[0]!r} were taken for plate {plate!r}.")
    if not mine.all():
        others = sorted(set(named[~mine]))
        plate_map.notices.append(
            f"{int((~mine).sum())} {OTHERS} ({', '.join(map(repr, others))}) are set aside."
        )
    plate_map.cells = plate_map.cells[mine]


def _wells(plate_map: CheckedMap, format: PlateFormat, imaged: Collection[str]) -> dict[int | str, str]:
    """Well by line; faults where a line names none, one outside the plate, or one that another line has.

    Lines that tell nothing of a well, and lines below the table, are told and leave the map.
    """
    wells: dict[int | str, str] = {}
    telling = [name for name in plate_map.cells if name not in PLACES]
    silent = plate_map.cells[telling].isna().all(axis=1)
    below: list[int | str] = []
    unsaid: list[int | str] = []
    # Not `iterrows`, which turns None into NaN.
    for line, cells in zip(plate_map.cells.index, plate_map.cells.to_dict("records"), strict=True):
        try:
            well, contradictions = _well_of(cells, format)
        except ArgumentError as error:
            if telling and silent[line] and _is_remark(cells.get("well")):
                below.append(line)
            else:
                plate_map.faults.append(f"{plate_map.word} {line}: {error.message.removesuffix('.')}")
            continue
        if telling and silent[line] and cells.get("included") is None and well not in imaged:
            unsaid.append(line)
            continue
        wells[line] = well
        plate_map.faults += [f"{plate_map.word} {line}: {fault}" for fault in contradictions]
    for lines_left, what in ((below, "describe no well and were not read"), (unsaid, _UNSAID)):
        if lines_left:
            where = plate_map.where(lines_left)
            plate_map.notices.append(f"{where[0].upper()}{where[1:]} {what}.")
    plate_map.cells = plate_map.cells.drop(index=[*below, *unsaid])
    lines: dict[str, list[int | str]] = defaultdict(list)
    for line, well in wells.items():
        lines[well].append(line)
    plate_map.faults += [
        f"well {well} is described {len(same)} times ({plate_map.where(same)}); keep one"
        for well, same in lines.items()
        if len(same) > 1
    ]
    return wells


def _is_remark(cell: str | None) -> bool:
    """Whether a cell is a remark rather than a well that is misspelt."""
    return cell is not None and re.search(r"[^\W\d_]{3}", cell) is not None


def _well_of(cells: Mapping[str, str | None], format: PlateFormat) -> tuple[str, list[str]]:
    """Name of a row's well, from `well` or from `row` and `column`, and how the two contradict each other."""
    name, row, column = cells.get("well"), cells.get("row"), cells.get("column")
    if name is None and "well" in cells and (row is None or column is None):
        raise ArgumentError("no well is named")
    if row is not None and row.isdecimal():
        if not 1 <= int(row) <= format.rows:
            raise ArgumentError(f"row {row!r} is outside a {format.size}-well plate (rows 1–{format.rows})")
        row = row_name(int(row) - 1)
    if name is None:
        if row is None or column is None:
            raise ArgumentError("no row or no column is named")
        return format.parse(f"{row}{_whole(column)}").name, []
    position = format.parse(name)
    faults = []
    if row is not None and row.upper() != row_name(position.row):
        faults.append(f"well {position.name} is not in row {cells['row']!r}; correct one of the two")
    if column is not None and _whole(column) != str(position.column + 1):
        faults.append(f"well {position.name} is not in column {column!r}; correct one of the two")
    return position.name, faults


def _whole(column: str) -> str:
    """Write a column's number without leading zeros."""
    return str(int(column)) if column.isdecimal() else column


def _of_another_format(stated: PlateFormat, format: PlateFormat, plate: str) -> str:
    """Say that a map is of another grid than the plate."""
    return (
        f"is of a plate of {stated.rows} rows and {stated.columns} columns, and plate {plate!r} has "
        f"{format.rows} and {format.columns}; give the plate's own layout, or say with --wells {stated.size} "
        "that the plate is of that format, where no file states it"
    )


def _included(plate_map: CheckedMap) -> pd.Series:
    """Whether each line's well takes part; what is no boolean has been reported."""
    cells = plate_map.cells.get("included")
    if cells is None:
        return pd.Series(True, index=plate_map.cells.index)
    return pd.Series(known_values(KNOWN["included"], list(cells)).to_numpy(), index=cells.index)


def _check_against_images(
    plate_map: CheckedMap,
    wells: Mapping[int | str, str],
    included: pd.Series,
    imaged: Collection[str],
    plate: str,
) -> None:
    """Every well of the map has images or is not included, and every imaged well is in the map."""
    there = set(imaged)
    without = {line: well for line, well in wells.items() if well not in there and included[line]}
    if without:
        plate_map.faults.append(
            f"plate {plate!r} has no images of {_listed(without.values())} ({plate_map.where(without)}); "
            "remove these rows, or keep them with `included` = false"
        )
    undescribed = sorted(there - set(wells.values()), key=lambda well: (len(well), well))
    if undescribed:
        plate_map.faults.append(
            f"no row describes {_listed(undescribed)}, which plate {plate!r} has images of; "
            "add a row for each (`included` = false keeps a well out of the analyses)"
        )


def _listed(wells: Iterable[str]) -> str:
    """Name wells, the first dozen of many."""
    names = list(dict.fromkeys(wells))
    more = f" and {len(names) - SHOWN_WELLS} more" if len(names) > SHOWN_WELLS else ""
    return f"{'wells' if len(names) > 1 else 'well'} {', '.join(names[:SHOWN_WELLS])}{more}"


def _table(
    plate_map: CheckedMap, wells: Mapping[int | str, str], plate: str, format: PlateFormat
) -> pd.DataFrame:
    """Type the columns and put the wells in the plate's order."""
    names = [wells[line] for line in plate_map.cells.index]
    positions = [format.parse(name) for name in names]
    columns: dict[str, object] = {
        "plate": plate,
        "row": [row_name(position.row) for position in positions],
        "column": [position.column + 1 for position in positions],
        **typed_columns(plate_map),
    }
    table = pd.DataFrame(columns, index=pd.Index(names, name="well"))
    order = sorted(range(len(names)), key=lambda place: positions[place])
    table = table.iloc[order].copy()
    table.attrs["notices"] = list(plate_map.notices)
    return table
