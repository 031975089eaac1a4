"""What a layout is asked to be: plates, batches, replicates, controls and empty wells, checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.tables.rolenames import SAMPLE, role_kind
from hcs.wording import are, counted, listed
from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import visible
from hcs_plates.wells import FORMATS, PlateFormat, parse_well

LINE, EMPTY, EDGE = "sample", "empty", "edge"
"""Roles of wells with a line and of wells with nothing; the outer ring, as empty wells are asked for."""

Controls = Mapping[str, Sequence[str] | int]
"""Wells of a role: their names, on every plate alike, or how many, at random places of each plate."""


@dataclass(frozen=True)
class Request:
    """A layout as it was asked for.

    Parameters
    ----------
    plates
        Name and differentiation batch (None where none are asked) of each.
    format
        Of every plate.
    replicates
        Wells of a line on all plates together or, `per_plate`, on each plate that holds it.
    fixed
        Role of every named control well.
    drawn
        How many wells of a role are placed at random, on each plate.
    empty
        Wells that are kept empty.
    """

    plates: Mapping[str, str | None]
    format: PlateFormat
    replicates: int
    per_plate: bool
    fixed: Mapping[str, str]
    drawn: Mapping[str, int]
    empty: frozenset[str]

    @property
    def open(self) -> list[str]:
        """Wells of a plate for lines and for controls at random places."""
        return [name for name in self.format.wells() if name not in self.empty and name not in self.fixed]

    @property
    def room(self) -> int:
        """Wells of a plate for lines."""
        return len(self.open) - sum(self.drawn.values())

    @property
    def batches(self) -> list[str]:
        """Differentiation batches, in the order of the plates."""
        return list(dict.fromkeys(name for name in self.plates.values() if name is not None))

    def wells_of_line(self, n_lines: int) -> int:
        """Wells of each line on all plates together.

        Raises
        ------
        ArgumentError
            The plates have too few.
        """
        n_plates, size = len(self.plates), self.format.size
        there = f"{counted(n_plates, 'plate')} of {size} wells {'has' if n_plates == 1 else 'have'}"
        aside = size - self.room
        kept = f" after {counted(aside, 'well')} of each for controls or kept empty" if aside else ""
        if self.per_plate:
            times = min(n_plates, n_plates * (self.room // self.replicates) // n_lines)
            if times:
                return times * self.replicates
            need = n_lines * self.replicates
            one = (
                f"{counted(n_lines, 'line')} with {counted(self.replicates, 'well')} each, on one plate each,"
            )
            raise ArgumentError(
                f"{one} need {need:,} wells; {there} {n_plates * self.room:,}{kept}, and a line's wells on a "
                "plate are not parted. Ask for more plates or fewer replicates."
            )
        need, have = n_lines * self.replicates, n_plates * self.room
        if need > have:
            more = -(-need // self.room) if self.room else 0
            ways = [f"{counted(more, 'plate')}"] if more else []
            ways += [f"{counted(have // n_lines, 'replicate')}"] if have // n_lines else []
            remedy = f" Ask for {' or '.join(ways)}." if ways else " Ask for a larger format."
            raise ArgumentError(
                f"{counted(n_lines, 'line')} with {counted(self.replicates, 'well')} each need {need:,} "
                f"wells; {there} {have:,}{kept}.{remedy}"
            )
        return self.replicates

    def settings(self) -> dict[str, object]:
        """As a record keeps it."""
        return {
            "plates": list(self.plates), "batches": list(self.plates.values()) if self.batches else None,
            "wells": self.format.size, "replicates": self.replicates, "per_plate": self.per_plate,
            "controls_fixed": dict(self.fixed), "controls_drawn": dict(self.drawn),
            "empty": [well for well in self.format.wells() if well in self.empty],
        }  # fmt: skip


def plate_format(wells: int) -> PlateFormat:
    """Find a format by its number of wells.

    Raises
    ------
    ArgumentError
        There is none.

    Examples
    --------
    >>> plate_format(24).rows
    4
    """
    if wells not in FORMATS:
        raise ArgumentError(f"No plate has {wells} wells; give one of {listed(FORMATS, 7)}.")
    return FORMATS[wells]


def named_plates(plates: int | Sequence[str], batches: int | Sequence[str] | None) -> dict[str, str | None]:
    """Name plates (P1, P2, …) and give each its batch.

    Parameters
    ----------
    plates
        How many, or their names.
    batches
        How many, with neighbouring plates in one; or the batch of every plate by name; None for none.

    Raises
    ------
    ArgumentError
        No plates, a name twice, more batches than plates, or names that do not fit the plates.

    Examples
    --------
    >>> named_plates(3, 2)
    {'P1': '1', 'P2': '1', 'P3': '2'}
    """
    plates = [plates] if isinstance(plates, str) else plates
    names = (
        [f"P{at + 1}" for at in range(int(plates))]
        if isinstance(plates, int | np.integer)
        else [visible(str(name)) for name in plates]
    )
    if not names or "" in names:
        raise ArgumentError("A layout needs at least one plate, each with a name.")
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise ArgumentError(f"Two plates are called {listed(map(repr, twice))}; name each once.")
    if batches is None:
        return dict.fromkeys(names)
    if isinstance(batches, int | np.integer):
        number = int(batches)
        if not 1 <= number <= len(names):
            raise ArgumentError(
                f"{counted(len(names), 'plate')} cannot be parted into {counted(number, 'batch')}; "
                f"give 1 to {len(names)}."
            )
        return {name: str(1 + at * number // len(names)) for at, name in enumerate(names)}
    given = [visible(str(batch)) for batch in ([batches] if isinstance(batches, str) else batches)]
    if len(given) != len(names) or "" in given:
        raise ArgumentError(
            f"{counted(len(given), 'batch')} {are(len(given))} named for {counted(len(names), 'plate')}; "
            "name the batch of each plate."
        )
    return dict(zip(names, given, strict=True))


def kept_empty(empty: str | Sequence[str], format: PlateFormat) -> frozenset[str]:
    """Name the wells that are kept empty: a list, or ``edge``, the outer ring.

    Raises
    ------
    ArgumentError
        No wells of the plate; nothing is left.

    Examples
    --------
    >>> sorted(kept_empty("edge", plate_format(12)) ^ set(plate_format(12).wells()))
    ['B02', 'B03']
    """
    if isinstance(empty, str) and visible(empty).casefold() == EDGE:
        found = frozenset(name for name in format.wells() if format.at_edge(parse_well(name)))
    else:
        named = [empty] if isinstance(empty, str) else empty
        found = frozenset(format.parse(name).name for name in named)
    if len(found) == format.size:
        raise ArgumentError(f"No well of a {format.size}-well plate is left: all are kept empty.")
    return found


def placed_controls(
    controls: Controls, format: PlateFormat, empty: frozenset[str]
) -> tuple[dict[str, str], dict[str, int]]:
    """Part controls at named wells from those at random ones, by role.

    Raises
    ------
    ArgumentError
        A role that means a sample or an empty well, a well off the plate, kept empty or taken twice.
    """
    fixed: dict[str, str] = {}
    drawn: dict[str, int] = {}
    for role, wanted in controls.items():
        name = visible(str(role))
        if not name or name.casefold() == EMPTY or role_kind(name) == SAMPLE:
            raise ArgumentError(
                f"{role!r} is no role of a control: it says that a well holds a line, or nothing. "
                "Name it as in 'negative_control'."
            )
        if isinstance(wanted, int | np.integer):
            if wanted < 0:
                raise ArgumentError(f"A plate cannot have {wanted} wells of {name}.")
            drawn[name] = int(wanted)
            continue
        for well in [wanted] if isinstance(wanted, str) else wanted:
            place = format.parse(well).name
            if place in empty:
                raise ArgumentError(
                    f"Well {place} is to hold {name} and to be kept empty; give the control another well, or "
                    "name the wells that stay empty one by one."
                )
            if place in fixed:
                raise ArgumentError(f"Well {place} is to hold {fixed[place]} and {name}; name it once.")
            fixed[place] = name
    free = format.size - len(empty) - len(fixed)
    if sum(drawn.values()) > free:
        raise ArgumentError(
            f"{counted(sum(drawn.values()), 'control')} at random places need as many wells; a plate has "
            f"{free} that are neither kept empty nor taken."
        )
    return fixed, drawn


def fewest_plates(n_lines: int, replicates: int, room: int, *, per_plate: bool) -> int:
    """Count the plates that hold every line; at least one.

    Examples
    --------
    >>> fewest_plates(30, 8, 24, per_plate=False), fewest_plates(30, 2, 24, per_plate=True)
    (10, 3)
    """
    fits = room // replicates if per_plate else room
    return max(1, -(-n_lines * (1 if per_plate else replicates) // max(1, fits)))


def line_codes(lines: pd.DataFrame, request: Request) -> pd.DataFrame:
    """Code what decides on plates: unit (isogenic lines share one), diagnosis, donor; and count wells."""
    own = "\0" + lines["clone"]
    made = pd.DataFrame(index=lines.index)
    for column, name in (("unit", "pair"), ("donor", "donor")):
        values = lines[name].where(lines[name].notna(), own) if name in lines else own
        made[column] = pd.factorize(values)[0]
    diagnosis = lines["diagnosis"] if "diagnosis" in lines else pd.Series("", index=lines.index)
    made["diagnosis"] = pd.factorize(diagnosis)[0]
    return made.assign(wells=request.wells_of_line(len(lines)))
