"""Numbers as other languages write them: decimal commas, and separators of thousands."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hcs_plates.columns import NUMBER

_COMMA = re.compile(r"[+-]?\d*,\d+(?:[eE][+-]?\d+)?")
_POINT = re.compile(r"[+-]?\d*\.\d+(?:[eE][+-]?\d+)?")
# 1,234 is one and a bit to some and a thousand to others.
_EITHER = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}(?:([.,'’ ])\d{3})(?:\1\d{3})*(?:[.,]\d+)?")


@dataclass(frozen=True)
class Said:
    """A sentence on a column, and the place of the first cell that it is about."""

    column: str
    place: int
    sentence: str


@dataclass(frozen=True)
class ReadNumbers:
    """Columns after their numbers were looked at.

    Parameters
    ----------
    changed
        Cells with decimal points, by column, of those that had decimal commas.
    notices, faults
        What was read so, and what cannot be told.
    """

    changed: Mapping[str, list[str | None]]
    notices: tuple[Said, ...]
    faults: tuple[Said, ...]


def decimal_points(columns: Mapping[str, Sequence[str | None]], *, commas: bool) -> ReadNumbers:
    """Read decimal commas of columns of numbers, where nothing else can be meant.

    Parameters
    ----------
    columns
        Cells as written, None where missing, of columns that name nothing.
    commas
        Whether other signs separate the columns of the file, so that a comma is a decimal comma.

    Examples
    --------
    >>> decimal_points({"dose": ["0,5", None, "2"]}, commas=True).changed
    {'dose': ['0.5', None, '2']}
    >>> decimal_points({"count": ["1,234", "2,000"]}, commas=True).faults[0].column
    'count'
    """
    odd = {name: cells for name, cells in columns.items() if _oddly_written(cells)}
    sure = {
        name
        for name, cells in odd.items()
        if any(cell and _COMMA.fullmatch(cell) and not _EITHER.fullmatch(cell) for cell in cells)
        and not any(cell and _is_grouped(cell) for cell in cells)
    }
    changed: dict[str, list[str | None]] = {}
    notices, faults = [], []
    for name, cells in odd.items():
        place = next(at for at, cell in enumerate(cells) if cell and not re.fullmatch(NUMBER, cell))
        fault = _fault(name, [cell for cell in cells if cell is not None], commas=commas, sure=bool(sure))
        if fault is not None:
            faults.append(Said(name, place, fault))
            continue
        changed[name] = [cell if cell is None else cell.replace(",", ".") for cell in cells]
        notices.append(Said(name, place, f"The decimal commas of column {name!r} were read"))
    for name, cells in columns.items() if sure and commas else ():
        points = [cell for cell in cells if cell is not None and "." in cell]
        if name not in odd and points and all(map(_EITHER.fullmatch, points)):
            fault = (
                f"column {name!r} may have separators of thousands, as other columns have decimal commas; "
                "write its numbers without them"
            )
            faults.append(Said(name, list(cells).index(points[0]), fault))
    return ReadNumbers(changed, tuple(notices), tuple(faults))


def _fault(name: str, cells: Sequence[str], *, commas: bool, sure: bool) -> str | None:
    """Say why a column's commas cannot be read as decimal commas; None where they can."""
    if any(map(_is_grouped, cells)):
        return f"column {name!r} has separators of thousands; write its numbers without them"
    if any(map(_POINT.fullmatch, cells)):
        return f"column {name!r} has decimal commas and decimal points; use points"
    if not commas:
        return f"column {name!r} has decimal commas; write decimal points"
    if not sure:
        return (
            f"column {name!r} may have decimal commas or separators of thousands; write decimal points, and "
            "no separators"
        )
    return None


def _oddly_written(cells: Sequence[str | None]) -> bool:
    """Whether all cells are numbers in some spelling, and not all in that of programs."""
    present = [cell for cell in cells if cell is not None]
    return not all(re.fullmatch(NUMBER, cell) for cell in present) and all(
        re.fullmatch(NUMBER, cell) or _COMMA.fullmatch(cell) or _THOUSANDS.fullmatch(cell) for cell in present
    )


def _is_grouped(cell: str) -> bool:
    """Whether thousands are set apart, and not by what may be a decimal sign."""
    return bool(_THOUSANDS.fullmatch(cell)) and not _EITHER.fullmatch(cell)
