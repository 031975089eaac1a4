"""Every value that wells have, in one table over the plates that are looked at; each source told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from hcs.study.folder import StudyResults
from hcs.web.browser.mappedwells import LEFT_OUT, REASON, TAKES_PART, mapped_wells
from hcs.web.browser.measuredwells import (
    PlateMeasurements,
    measured_wells,
    plate_measurements,
    study_measurements,
)
from hcs.web.browser.scoredwells import StudyScores
from hcs.web.browser.value import IMAGES, Value, WellPart
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.wells import PlateFormat, parse_well

if TYPE_CHECKING:
    from hcs_plates.viewing import ViewedPlate

PLACE = ("plate", "name", "well")
STATES = (
    Value(TAKES_PART, "takes part", IMAGES, "state"),
    Value(REASON, "why a well is left out", IMAGES, "state"),
)


@dataclass(frozen=True)
class SiteWells:
    """The wells of all plates that are looked at.

    Parameters
    ----------
    table
        One row per well, plate after plate, each row by row: plate (its number as text), name (the plate's, told from others of
        that name), well, and a column for each value and state, by its key.
    values
        What can be shown, in the order in which it is offered.
    formats
        Of the plates, by name, in their order.
    fields
        One row per field with images: plate (name), well, field.
    measured
        What was measured on each plate.
    scores
        What the study found; None without a study.
    notices
        What is not shown, and why.
    """

    table: pd.DataFrame
    values: tuple[Value, ...]
    formats: Mapping[str, PlateFormat]
    fields: pd.DataFrame
    measured: tuple[PlateMeasurements, ...]
    scores: StudyScores | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(cls, views: Sequence["ViewedPlate"], study: StudyResults | None = None) -> "SiteWells":
        """Join what platemaps, measurements and a study say of every well."""
        scores = None if study is None else StudyScores.of(study)
        own, said = ({}, ()) if study is None else study_measurements(study)
        measured = tuple(
            PlateMeasurements() if view.plate is None else plate_measurements(view.plate, own) for view in views
        )
        names = _told_apart([view.name for view in views])
        tables, values, notices = [], dict[str, Value](), [*said, *(scores.notices if scores else ())]
        for number, (view, name, found) in enumerate(zip(views, names, measured, strict=True)):
            parts = [mapped_wells(view), *map(measured_wells, found.measured)]
            if scores is not None and view.plate is not None:
                parts.insert(1, scores.of_plate(view.plate))
            table = _joined(parts)
            if scores is not None and view.plate is not None and len(parts[1].table):
                table = _left_out(table, scores.reasons(view.name))
            table = table.loc[sorted(table.index, key=parse_well)]
            tables.append(table.assign(plate=str(number), name=name).reset_index(names="well"))
            values |= {value.key: value for part in parts for value in part.values if value.key not in values}
            notices += [*found.notices, *(one for part in parts for one in part.notices)]
        wells = pd.concat(tables, ignore_index=True)
        states = STATES if (wells[TAKES_PART] == LEFT_OUT).any() else ()
        rows = [
            (name, well, field)
            for view, name in zip(views, names, strict=True)
            for well, fields in view.fields.items()
            for field in fields
        ]
        return cls(
            wells[[*PLACE, *(column for column in wells if column not in PLACE)]],
            _in_groups([*values.values(), *states]),
            dict(zip(names, (view.format for view in views), strict=True)),
            pd.DataFrame(rows, columns=["plate", "well", "field"]),
            measured,
            scores,
            tuple(dict.fromkeys(notices)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the plates, by number."""
        return tuple(self.formats)

    @cached_property
    def by_key(self) -> dict[str, Value]:
        """Values by key."""
        return {value.key: value for value in self.values}

    def value(self, key: str) -> Value:
        """Find a value.

        Raises
        ------
        ArgumentError
            There is none of this key.
        """
        if key not in self.by_key:
            raise ArgumentError(f"No well has a value called {key!r}; {nearest(key, self.by_key)}")
        return self.by_key[key]

    def well(self, plate: str, well: str) -> pd.Series:
        """Give the row of one well.

        Raises
        ------
        ArgumentError
            No such plate, or the plate's table has no such well.
        """
        if plate not in map(str, range(len(self.names))):
            raise ArgumentError(f"There is no plate {plate!r}; plates are numbered 0 to {len(self.names) - 1}.")
        rows = self.table[(self.table["plate"] == plate) & (self.table["well"] == well)]
        if rows.empty:
            raise ArgumentError(f"Plate {self.names[int(plate)]} has no well {well!r} in its wells table.")
        return rows.iloc[0]

    def headings(self) -> dict[str, str]:
        """Headings of the columns in a file, by key: names as the source has them, and its own name where two have one."""
        bare = {value.key: value.key.partition(".")[2] for value in self.values if value.kind not in _CALLS}
        met = pd.Series(list(bare.values()) + list(PLACE)).value_counts()
        return {
            value.key: bare[value.key] if met.get(bare.get(value.key, ""), 2) == 1 else value.key.replace(".", "_")
            for value in self.values
        }


_CALLS = ("score", "label", "verdict")


def _told_apart(names: Sequence[str]) -> list[str]:
    """Tell plates of one name apart by their place among them.

    Examples
    --------
    >>> _told_apart(["P1", "P2", "P1"])
    ['P1', 'P2', 'P1 (2)']
    """
    found: list[str] = []
    for name in names:
        number, told = 1, name
        while told in found:
            number += 1
            told = f"{name} ({number})"
        found.append(told)
    return found


def _joined(parts: Sequence[WellPart]) -> pd.DataFrame:
    """Columns of all sources; the wells are those of the plate's own table, which is the first."""
    first, *others = [part.table for part in parts if len(part.table.columns)]
    return pd.concat([first, *(table.reindex(first.index) for table in others)], axis=1)


def _left_out(table: pd.DataFrame, reasons: Mapping[str, str]) -> pd.DataFrame:
    """Mark the wells that a study left out, with its reason."""
    gone = table.index.isin(list(reasons))
    told = table.index.to_series().map(reasons)
    return table.assign(
        **{TAKES_PART: table[TAKES_PART].mask(gone, LEFT_OUT), REASON: table[REASON].mask(gone, told)}
    )


def _in_groups(values: Sequence[Value]) -> tuple[Value, ...]:
    """Bring the values of one group together, groups in the order in which they are met."""
    groups = list(dict.fromkeys(value.group for value in values))
    return tuple(sorted(values, key=lambda value: groups.index(value.group)))
