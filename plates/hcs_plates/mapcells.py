"""Cells of a platemap in the words of labs: p22, d21, EMPTY, "2nd ab only", x for a well to be left out."""

import re
from collections.abc import Iterable, Mapping

import pandas as pd

from hcs_plates.columns import (
    DENSITY_UNITS,
    FALSE_WORDS,
    KNOWN,
    TRUE_WORDS,
    UNIT_OF,
    guessed_values,
    known_values,
    text_values,
)
from hcs_plates.decimals import decimal_points
from hcs_plates.eligibility import ELIGIBILITY, VERDICTS, ineligible, spelt_verdict
from hcs_plates.headings import EXCLUDED
from hcs_plates.mapchecks import CheckedMap
from hcs_plates.names import names_things
from hcs_plates.sheet import Sheet

PLACES = ("well", "plate", "row", "column", "included")
"""Columns that say nothing of what is in a well."""

_EMPTY = frozenset(
    {"empty", "empty well", "leer", "vide", "unused", "not used", "no cells", "cell free", "blank"}
)
_UNKNOWN = frozenset({"unknown", "not known", "n.d.", "nd", "tbd"})
_NO_PRIMARY = re.compile(
    r"(?:2nd|2°|secondary|sec\.?)\s*(?:ab|antibody|antibodies)?\s*(?:only|alone|control)?"
    r"|no\s+(?:primary|1st)(?:\s+(?:ab|antibody))?",
    re.IGNORECASE,
)
_PREFIXED = {
    "passage": re.compile(r"p\.?\s*(\d{1,4})", re.IGNORECASE),
    **dict.fromkeys(
        ("day", "differentiation_day"),
        re.compile(r"(?:d|div|day)\.?\s*(\d{1,4}(?:\.\d+)?)", re.IGNORECASE),
    ),
}


def read_words(plate_map: CheckedMap, sheet: Sheet, units: Mapping[str, str]) -> None:
    """Read what labs write instead of a value, and say what was read so.

    `units` are those that headings state, by the column whose values have them.
    """
    _turn_excluded(plate_map)
    _read_prefixed(plate_map)
    _read_density_units(plate_map)
    _enter_units(plate_map, units)
    _set_empty_apart(plate_map)
    _clear_no_primary(plate_map)
    _clear_signs(plate_map)
    _read_decimals(plate_map, sheet)


def typed_columns(plate_map: CheckedMap) -> dict[str, object]:
    """Give the columns but those of the place their types: known ones first, `included` always.

    Notices say which of somebody's own columns of numbers are kept as text.
    """
    columns: dict[str, object] = {}
    own = [name for name in plate_map.cells if name not in (*KNOWN, "well")]
    for name in [*(name for name, known in KNOWN.items() if known.kind != "place" and name != "plate"), *own]:
        if name not in plate_map.cells and name != "included":
            continue
        cells = list(plate_map.cells[name]) if name in plate_map.cells else [None] * len(plate_map.cells)
        if name in KNOWN:
            columns[name] = known_values(KNOWN[name], cells).array
            continue
        named = names_things(name)
        series, odd = (text_values(cells), None) if named else guessed_values(cells, exact=True)
        columns[name] = series.array
        if named:
            continue
        if odd is None and guessed_values(cells)[0].dtype.kind in "if" and series.dtype.kind not in "if":
            plate_map.notices.append(
                f"Column {name!r} is kept as text, since as numbers its cells would be written otherwise "
                "(1.10 as 1.1); where numbers are asked for, they are read from it."
            )
        elif odd is not None:
            line = plate_map.cells.index[odd]
            plate_map.notices.append(
                f"Column {name!r} mixes numbers and text and is kept as text "
                f"({plate_map.word} {line}: {cells[odd]!r})."
            )
    return columns


def leave_out_ineligible(plate_map: CheckedMap) -> None:
    """Leave out wells of clones that are not eligible or undetermined, where the map has such a column."""
    cells = plate_map.cells
    if ELIGIBILITY not in cells:
        return
    spelt = [None if cell is None else spelt_verdict(cell) for cell in cells[ELIGIBILITY]]
    plate_map.faults += [
        f"{plate_map.word} {line}: eligibility {cell!r} is none of {', '.join(VERDICTS)}"
        for (line, cell), word in zip(cells[ELIGIBILITY].items(), spelt, strict=True)
        if cell is not None and word is None
    ]
    cells[ELIGIBILITY] = pd.Series(spelt, index=cells.index, dtype=object)
    out = ineligible(cells)
    if not out.any():
        return
    if "included" not in cells:
        cells["included"] = pd.Series([None] * len(cells), index=cells.index, dtype=object)
    cells.loc[out, "included"] = "false"
    silent = " (no verdict is undetermined)" if cells[ELIGIBILITY][out].isna().any() else ""
    plate_map.notices.append(
        f"Left out (`included` is false), since their clone is not eligible or is undetermined{silent}: "
        f"{_places(plate_map, cells.index[out])}."
    )


def _turn_excluded(plate_map: CheckedMap) -> None:
    """Turn a column of wells to be left out into one of wells that take part."""
    cells = plate_map.cells
    if EXCLUDED not in cells:
        return
    turned: list[str | None] = []
    for line, cell in cells[EXCLUDED].items():
        word = None if cell is None else cell.casefold()
        if word is not None and word not in TRUE_WORDS | FALSE_WORDS | {"x"}:
            plate_map.faults.append(f"{plate_map.word} {line}: excluded {cell!r} is not true or false")
        turned.append(None if word is None else "true" if word in FALSE_WORDS else "false")
    plate_map.cells = cells.assign(included=pd.Series(turned, index=cells.index, dtype=object)).drop(
        columns=EXCLUDED
    )
    plate_map.notices.append(
        f"{turned.count('false')} wells are left out (`included` = false), as the map says."
    )


def _read_prefixed(plate_map: CheckedMap) -> None:
    """Read p22 as 22."""
    for name, pattern in _PREFIXED.items():
        if name not in plate_map.cells:
            continue
        cells = plate_map.cells[name]
        found = {cell: match[1] for cell in cells.dropna() if (match := pattern.fullmatch(cell))}
        if found:
            read = [cell if cell is None else found.get(cell, cell) for cell in cells]
            plate_map.cells[name] = pd.Series(read, index=cells.index, dtype=object)
            cell, number = next(iter(found.items()))
            plate_map.notices.append(f"{name} {cell!r} was read as {number}, and others like it.")


def _read_density_units(plate_map: CheckedMap) -> None:
    """Spell units of the seeding density in one way; another unit is a fault."""
    name = UNIT_OF["seeding_density"]
    if name not in plate_map.cells:
        return
    read: list[str | None] = []
    for line, cell in plate_map.cells[name].items():
        unit = next((u for u, spelt in DENSITY_UNITS.items() if cell and re.fullmatch(spelt, cell)), None)
        if cell is not None and unit is None:
            plate_map.faults.append(
                f"{plate_map.word} {line}: {name} {cell!r} is not {' or '.join(DENSITY_UNITS)}"
            )
        read.append(unit)
    if len({*read} - {None}) > 1:
        plate_map.faults.append(f"{name} has {' and '.join(DENSITY_UNITS)}; give all densities in one unit")
    plate_map.cells[name] = pd.Series(read, index=plate_map.cells.index, dtype=object)


def _enter_units(plate_map: CheckedMap, units: Mapping[str, str]) -> None:
    """Enter the unit that a heading states beside each of its values; a cell that says another is a fault."""
    cells = plate_map.cells
    for name, unit in units.items():
        column = UNIT_OF[name]
        if column in cells:
            other = cells.index[cells[column].notna() & (cells[column] != unit)]
            if len(other):
                plate_map.faults.append(
                    f"the heading of {name} says {unit}, and {column} says {cells[column][other[0]]!r} in "
                    f"{plate_map.where(other)}; correct one of the two"
                )
        stated = [None if cell is None else unit for cell in cells[name]]
        cells[column] = pd.Series(stated, index=cells.index, dtype=object)
        plate_map.notices.append(f"The heading of {name} states its unit, {unit}.")


def _set_empty_apart(plate_map: CheckedMap) -> None:
    """Leave out wells that are called empty, and have no clone called so."""
    cells = plate_map.cells
    telling = [name for name in cells if name not in (*PLACES, "role")]
    if not telling:
        return
    words = cells[telling].map(called_empty)
    alone = (cells[telling].isna() | words).all(axis=1) & words.any(axis=1)
    if "role" in cells:
        alone &= cells["role"].isna()
    empty = alone | (words["clone"] if "clone" in cells else False)
    if not empty.any():
        return
    texts = [name for name in telling if name in KNOWN and KNOWN[name].kind == "text"]
    for name in texts:
        cells.loc[empty & words[name], name] = None
    if "included" not in cells:
        cells["included"] = pd.Series([None] * len(cells), index=cells.index, dtype=object)
    cells.loc[empty & cells["included"].isna(), "included"] = "false"
    plate_map.notices.append(
        f"Called empty, so `included` is false: {_places(plate_map, cells.index[empty])}."
    )


def called_empty(cell: str | None) -> bool:
    """Whether a cell says that a well holds no cells.

    Examples
    --------
    >>> called_empty(" No cells"), called_empty("2nd only"), called_empty(None)
    (True, False, False)
    """
    return cell is not None and re.sub(r"[\s_()\[\]-]+", " ", cell).strip().casefold() in _EMPTY


def _clear_no_primary(plate_map: CheckedMap) -> None:
    """Take what says how a well was stained for no clone."""
    cells = plate_map.cells
    if "clone" not in cells:
        return
    found = cells["clone"].map(lambda cell: cell is not None and bool(_NO_PRIMARY.fullmatch(cell)))
    if found.any():
        name = cells["clone"][found].iloc[0]
        cells.loc[found, "clone"] = None
        plate_map.notices.append(
            f"{name!r} is no clone: {_places(plate_map, cells.index[found])} "
            f"{'have' if found.sum() > 1 else 'has'} none (the column `role` says what a control is, "
            "'negative_control')."
        )


def _clear_signs(plate_map: CheckedMap) -> None:
    """Take signs, and donors that nobody knows, for no name: all wells of "-" would be one clone's."""
    for name in ("clone", "donor", "diagnosis"):
        if name not in plate_map.cells:
            continue
        cells = plate_map.cells[name]
        unknown = _UNKNOWN if name == "donor" else frozenset()
        found = cells.map(
            lambda cell, words=unknown: (
                cell is not None and (not any(map(str.isalnum, cell)) or cell.casefold() in words)
            )
        )
        if found.any():
            plate_map.notices.append(
                f"{name} {cells[found].iloc[0]!r} was read as not known: "
                f"{_places(plate_map, cells.index[found])}."
            )
            plate_map.cells.loc[found, name] = None


def _read_decimals(plate_map: CheckedMap, sheet: Sheet) -> None:
    """Read the decimal commas of columns of numbers, or refuse them."""
    cells = plate_map.cells
    numbers = {
        name: list(cells[name])
        for name in cells
        if (name not in KNOWN and not names_things(name))
        or (name in KNOWN and KNOWN[name].kind in ("number", "whole"))
    }
    read = decimal_points(numbers, commas=sheet.commas)
    for name, points in read.changed.items():
        cells[name] = pd.Series(points, index=cells.index, dtype=object)
    for said in (*read.faults, *read.notices):
        cell = f"{plate_map.word} {cells.index[said.place]}: {numbers[said.column][said.place]!r}"
        if said in read.faults:
            plate_map.faults.append(f"{said.sentence} ({cell})")
        else:
            plate_map.notices.append(f"{said.sentence} ({cell}).")


def _places(plate_map: CheckedMap, lines: Iterable[int | str]) -> str:
    """Name wells by their own names where the map has such a column, else by their lines."""
    cells = plate_map.cells
    if "well" not in cells:
        return plate_map.where(lines)
    names = [str(cells["well"][line]) for line in lines]
    more = f" and {len(names) - 12} more" if len(names) > 12 else ""
    return f"{'wells' if len(names) > 1 else 'well'} {', '.join(names[:12])}{more}"
