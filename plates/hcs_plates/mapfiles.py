"""Platemaps of several plates, before there are images of any: a file or a sheet for each, or all in one."""

from collections.abc import Callable, Sequence
from pathlib import Path

import pandas as pd

from hcs_plates.errors import ArgumentError, PlatemapError
from hcs_plates.headings import names_wells, read_headings
from hcs_plates.platemap import OTHERS, read_platemap
from hcs_plates.rows import UnreadableError
from hcs_plates.sheet import Fits, read_sheet
from hcs_plates.wells import FORMATS, PlateFormat
from hcs_plates.workbook import Cells, SheetName, read_workbook

LARGEST = FORMATS[max(FORMATS)]


def read_maps(
    maps: Path | str | Sequence[Path | str], *, sheet: str | None = None, format: PlateFormat = LARGEST
) -> pd.DataFrame:
    """Read the platemaps of plates that were not imaged yet.

    Parameters
    ----------
    maps
        Files as `hcs_plates.platemap.read_platemap` takes them. A file whose column `plate` names several
        plates holds all of these, and a workbook has a plate on each sheet that holds a map; a file, or a
        sheet of several, that names no plate is of the plate it is called as.
    sheet
        The only sheet to read of each workbook.
    format
        A grid that has the wells of all plates.

    Returns
    -------
    pandas.DataFrame
        One row a well: `plate`, `well`, `row`, `column`, `included`, and the maps' own columns.
        ``attrs["notices"]`` are sentences on what was guessed, by plate.

    Raises
    ------
    NotThereError, PlatemapError, ArgumentError
        No such file; a map that cannot be read, with all its faults; no file; a plate that is there twice.
    """
    paths = [Path(maps)] if isinstance(maps, Path | str) else [Path(path) for path in maps]
    if not paths:
        raise ArgumentError("No platemap was given; name a file for each plate.")
    where: dict[str, str] = {}
    parts, told = [], dict[str, list[str]]()
    for path in paths:
        # Before there are images a workbook is a set of maps: every sheet with one is read.
        sheets: list[str | None] = [sheet] if sheet else [*_map_sheets(path)]
        for one in sheets or [None]:
            of_its_own = one if len(sheets) > 1 else None
            for plate in _plates(path, one, of_its_own or path.stem):
                said = f"{path}{f', sheet {one!r}' if of_its_own else ''}"
                if plate in where:
                    raise ArgumentError(f"Plate {plate!r} is there twice: in {where[plate]} and in {said}.")
                where[plate] = said
                own = read_platemap(path, plate=plate, format=format, imaged=None, sheet=one)
                for notice in own.attrs["notices"]:
                    if OTHERS not in notice:
                        told.setdefault(notice, []).append(plate)
                parts.append(own.reset_index())
    table = pd.concat(parts, ignore_index=True)
    table = table[["plate", "well", *table.columns.drop(["plate", "well"])]]
    table.attrs["notices"] = [
        notice if len(plates) == len(where) else f"{', '.join(plates)}: {notice}"
        for notice, plates in told.items()
    ]
    return table


def _plates(path: Path, sheet: str | None, name: str) -> list[str]:
    """Name the plates of a map: as its column says, or the one that it is called as."""
    table = read_sheet(path, PlatemapError, sheet=sheet, head=names_wells, plate=name)
    columns: list[tuple[str | None, ...]] = list(zip(*(row.cells for row in table.rows), strict=True))
    headings = read_headings(table.headings, columns)
    if "plate" not in headings.names:
        return [name]
    named = dict.fromkeys(columns[headings.names.index("plate")])
    return [plate for plate in named if plate] or [name]


def _map_sheets(path: Path) -> list[str]:
    """Name the sheets of a workbook that hold a map; none of a text file."""
    if path.suffix.lower() not in (".xlsx", ".xlsm") or not path.is_file():
        return []
    found: list[str] = []

    def choose(sheets: Sequence[SheetName], cells: Callable[[str], Cells]) -> tuple[str, tuple[str, ...]]:
        fits, shown = Fits(names_wells, True), [one.name for one in sheets if one.cells and not one.hidden]
        found.extend(name for name in shown if cells(name) and fits(cells(name)))
        if not found:
            raise UnreadableError("has no sheet with a platemap: a column 'well', or drawn as the plate is")
        return found[0], ()

    try:
        read_workbook(path, choose)
    except UnreadableError as error:
        raise PlatemapError(path, list(error.args)) from error
    return found
