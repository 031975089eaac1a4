"""What the map of one plate shows: every well, and for each line the wells that it goes into."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from hcs.tables.rolenames import SAMPLE, role_kind
from hcs.wording import spaced
from hcs_plates.wells import PlateFormat, WellPosition, format_of, parse_well, row_name

EMPTY = "empty"
"""Role of wells that nothing goes into."""
Kind = Literal["sample", "control", "empty"]


@dataclass(frozen=True)
class MappedWell:
    """One well.

    Parameters
    ----------
    kind
        ``empty`` wells stay empty; ``control`` wells have a role of their own.
    name
        The line or its code; in a control without a line the role; empty in an empty well.
    note
        What stands below the name: the role of a control with a line, or the diagnosis; may be empty.
    """

    kind: Kind
    name: str
    note: str = ""


@dataclass(frozen=True)
class ListRow:
    """A row of the pipetting list: what goes into which wells, row by row of the plate."""

    name: str
    note: str
    wells: tuple[str, ...]
    control: bool = False


@dataclass(frozen=True)
class MappedPlate:
    """One plate.

    Parameters
    ----------
    name, batch
        Of the plate, and its differentiation batch; empty where none is told or it has several.
    format
        Its grid.
    wells
        By place; a place that is not there is not described.
    rows
        The pipetting list: lines by name, then controls.
    """

    name: str
    batch: str
    format: PlateFormat
    wells: Mapping[WellPosition, MappedWell]
    rows: tuple[ListRow, ...]

    def grid(self) -> list[tuple[str, list[MappedWell]]]:
        """Give every row by its letter, with all its wells."""
        return [
            (
                row_name(row),
                [
                    self.wells.get(WellPosition(row, column), MappedWell("empty", ""))
                    for column in range(self.format.columns)
                ],
            )
            for row in range(self.format.rows)
        ]

    def counts(self) -> str:
        """Say how many wells hold what.

        Examples
        --------
        >>> wells = pd.DataFrame({"plate": "P1", "well": ["A01", "A02"], "clone": ["K7QX", None]})
        >>> map_plates(wells.assign(role=["sample", "empty"]), 6)[0].counts()
        '6 wells: 1 with samples, 0 controls, 1 empty'
        """
        kinds = [well.kind for well in self.wells.values()]
        return (
            f"{self.format.size} wells: {kinds.count('sample')} with samples, {kinds.count('control')} "
            f"controls, {kinds.count('empty')} empty"
        )


def map_plates(
    wells: pd.DataFrame, format: PlateFormat | int | None = None, *, show_diagnosis: bool = False
) -> list[MappedPlate]:
    """Lay out what the maps of plates show.

    Parameters
    ----------
    wells
        One row a well: `plate`, `well`, `clone`, `role` and, as far as they are there, `diagnosis`,
        `differentiation_batch` and `included`.
    format
        Of the plates; the smallest that holds them if None.
    show_diagnosis
        Whether diagnoses are printed, so that whoever pipettes knows them.

    Returns
    -------
    list of MappedPlate
        In the order of their names, numbers in them counted.
    """
    plates = {str(name): own for name, own in wells.groupby("plate", sort=False)}
    return [
        _mapped(name, plates[name], format_of(name, plates[name]["well"], format), show_diagnosis)
        for name in sorted(plates, key=natural)
    ]


def natural(name: str) -> tuple[tuple[int, int, str], ...]:
    """Key by which names are sorted as people count: P2 before P10.

    Examples
    --------
    >>> sorted(["P10", "P2", "P1b", "201B7"], key=natural)
    ['201B7', 'P1b', 'P2', 'P10']
    """
    parts = re.findall(r"\d+|\D+", name)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part.casefold()) for part in parts)


def _mapped(name: str, wells: pd.DataFrame, format: PlateFormat, show_diagnosis: bool) -> MappedPlate:
    """Map one plate."""
    places = {parse_well(row["well"]): _well(row, show_diagnosis) for row in wells.to_dict("records")}
    told = wells["differentiation_batch"] if "differentiation_batch" in wells else wells["plate"].iloc[:0]
    batches = told.dropna().unique()
    listed: dict[tuple[bool, str, str], list[str]] = {}
    for place in sorted(places):
        well = places[place]
        if well.kind != "empty":
            listed.setdefault((well.kind == "control", well.name, well.note), []).append(place.name)
    rows = [
        ListRow(text, note, tuple(listed[aside, text, note]), aside)
        for aside, text, note in sorted(listed, key=lambda row: (row[0], natural(row[1]), row[2]))
    ]
    return MappedPlate(name, str(batches[0]) if len(batches) == 1 else "", format, places, tuple(rows))


def _well(row: Mapping[str, object], show_diagnosis: bool) -> MappedWell:
    """Say what one well shows."""
    clone, role, diagnosis = (_text(row.get(name)) for name in ("clone", "role", "diagnosis"))
    if not clone and role in ("", EMPTY):
        return MappedWell("empty", "")
    if role_kind(role) != SAMPLE:
        return MappedWell("control", clone or spaced(role), spaced(role) if clone else "")
    return MappedWell("sample", clone, diagnosis if show_diagnosis else "")


def _text(value: object) -> str:
    return "" if pd.isna(value) else str(value)
