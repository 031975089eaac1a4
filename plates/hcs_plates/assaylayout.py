"""Assay layouts of Harmony: XML beside an export that says what is in each well, layer by layer.

Two kinds are known. An `AssayLayout` has a `Layer` for each thing told, with the `Row`, `Col` and `Value` of
its wells. Later ones register each thing once (`Registration/Content`, by `ID`) and give every `Well` its
`Content` by `ContentID`. Rows and columns count from 1; namespaces differ by version and are not looked at.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs_plates.errors import ReaderError
from hcs_plates.readers.names import shown
from hcs_plates.readers.xmlfile import every, first, local, read_root, text
from hcs_plates.rows import Row, UnreadableError, seen
from hcs_plates.wells import PlateFormat, well_name

SUFFIX = ".xml"
_MOST_ROWS, _MOST_COLUMNS = 64, 99


@dataclass(frozen=True)
class AssayLayout:
    """What a layout says.

    Parameters
    ----------
    headings
        The well, and the names of the layers that hold any value, as written.
    rows
        One a well that any layer lists, called by its name, with its name and a cell of each layer.
    format
        The grid that it states; None where it states none.
    notices
        Layers that were left out, characters that were.
    """

    headings: tuple[str, ...]
    rows: tuple[Row, ...]
    format: PlateFormat | None
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Layer:
    """One thing told of wells: its name, and row, column and value of each, as written."""

    name: str
    cells: tuple[tuple[str, str, str], ...]


def read_layout(path: Path) -> AssayLayout:
    """Read an assay layout.

    Raises
    ------
    UnreadableError
        No whole XML, entities in it, another kind of file, layers or wells that stand twice, wells outside
        the plate, or not one value: with every fault.
    """
    try:
        root, notes = read_root(path)
    except ReaderError as error:
        raise UnreadableError(*error.faults) from error
    layers = list(_layers(root)) or list(_registered(root))
    if not layers:
        raise UnreadableError(
            f"is XML (<{local(root)}>) and no assay layout of Harmony, which has layers of wells; give the "
            "file of the export's folder Assaylayout, or save the map as CSV, TSV or XLSX"
        )
    plate, faults = _format(root)
    names = [layer.name for layer in layers]
    faults += [f"layer {place} has no name" for place, name in enumerate(names, start=1) if not name]
    faults += [f"layer {name!r} is there {names.count(name)} times" for name in _repeated(names)]
    values = [_values(layer, plate, faults) for layer in layers]
    if faults:
        raise UnreadableError(*faults)
    kept = [place for place, own in enumerate(values) if any(own.values())]
    if not kept:
        raise UnreadableError(
            f"says nothing of any well: its layers ({_named(names)}) hold no value; fill the layout in "
            "Harmony, or give the map as CSV, TSV or XLSX"
        )
    blank = [name for place, name in enumerate(names) if place not in kept]
    told = [f"Layers without a value are left out: {_named(blank)}."] if blank else []
    wells = sorted({place for own in values for place in own})
    rows = (
        Row(well_name(*well), (well_name(*well), *(values[place].get(well, "") for place in kept)))
        for well in wells
    )
    return AssayLayout(("well", *(names[place] for place in kept)), tuple(rows), plate, (*notes, *told))


def _layers(root: Any) -> Iterator[_Layer]:
    """Layers with their own wells."""
    for layer in every(root, "Layer"):
        name, unit = _child(layer, "Name"), _child(layer, "Unit")
        cells = (
            (_child(well, "Row"), _child(well, "Col"), _child(well, "Value")) for well in every(layer, "Well")
        )
        yield _Layer(f"{name} ({unit})" if unit and name else name, tuple(cells))


def _registered(root: Any) -> Iterator[_Layer]:
    """Contents that are registered once, and wells that refer to them."""
    registration = first(root, "Registration")
    for content in () if registration is None else every(registration, "Content"):
        cells = [
            (text(well, "Row") or "", text(well, "Column") or "", _child(own, "Value"))
            for well in every(root, "Well")
            for own in every(well, "Content")
            if text(own, "ContentID") == text(content, "ID")
        ]
        yield _Layer(seen(text(content, "GroupName") or ""), tuple(cells))


def _child(element: Any, name: str) -> str:
    """Text of a child, "" where there is none."""
    return next((seen(one.text or "") for one in element if local(one) == name), "")


def _format(root: Any) -> tuple[PlateFormat | None, list[str]]:
    """Grid that a layout states, and what is wrong with it."""
    rows, columns = _child(root, "PlateRows"), _child(root, "PlateCols")
    if not rows and not columns:
        return None, []
    down, across = _number(rows, _MOST_ROWS), _number(columns, _MOST_COLUMNS)
    if down is None or across is None:
        return None, [f"states a plate of {rows or '?'} rows and {columns or '?'} columns, which is none"]
    return PlateFormat(down, across), []


def _values(layer: _Layer, plate: PlateFormat | None, faults: list[str]) -> dict[tuple[int, int], str]:
    """Give a layer's values by row and column, from 0; what places none, or one twice, is a fault."""
    rows, columns = (_MOST_ROWS, _MOST_COLUMNS) if plate is None else (plate.rows, plate.columns)
    values: dict[tuple[int, int], str] = {}
    wrong, twice = [], []
    for row, column, value in layer.cells:
        down, across = _number(row, rows), _number(column, columns)
        if down is None or across is None:
            wrong.append(f"{row or '?'}/{column or '?'}")
            continue
        well = (down - 1, across - 1)
        if well in values:
            twice.append(well_name(*well))
        values[well] = value
    if wrong:
        faults.append(
            f"layer {layer.name!r} has wells that are none of {rows} rows and {columns} columns (row/column "
            f"{shown(wrong)})"
        )
    if twice:
        faults.append(f"layer {layer.name!r} describes {shown(twice)} more than once")
    return values


def _number(written: str, most: int) -> int | None:
    """Read a whole number from 1 on, None where it is none."""
    return int(written) if written.isdecimal() and len(written) < 5 and 1 <= int(written) <= most else None


def _repeated(names: list[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name and names.count(name) > 1]


def _named(names: list[str]) -> str:
    return shown([repr(name) for name in names])
