"""Every value that wells have, in one table over the plates that are looked at; each source told apart."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from hcs.measure.measured import Measurements
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
from hcs_plates.errors import ArgumentError, LookupRefusedError, nearest
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
        One row per well, plate after plate, each row by row: plate (its number as text), name (the plate's,
        told from others of that name), well, and a column for each value and state, by its key.
    values
        What can be shown, in the order in which it is offered.
    formats
        Of the plates, by name, in their order.
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
    measured: tuple[PlateMeasurements, ...]
    scores: StudyScores | None = None
    notices: tuple[str, ...] = ()

    @classmethod
    def of(
        cls,
        views: Sequence["ViewedPlate"],
        scores: StudyScores | None = None,
        by_study: Mapping[str, Measurements] | None = None,
        notices: Sequence[str] = (),
    ) -> "SiteWells":
        """Join what platemaps, measurements and a study say of every well.

        Parameters
        ----------
        views
            The plates.
        scores, by_study
            What the study found, and what it measured, by the name of the plate.
        notices
            What of the study cannot be shown.
        """
        measured = tuple(
            PlateMeasurements() if view.plate is None else plate_measurements(view.plate, by_study or {})
            for view in views
        )
        names = _told_apart([view.name for view in views])
        parts = [_parts(view, found, scores) for view, found in zip(views, measured, strict=True)]
        tables = [
            _plate_table(view, own, scores).assign(plate=str(number), name=name)
            for number, (view, own, name) in enumerate(zip(views, parts, names, strict=True))
        ]
        wells = pd.concat(tables).reset_index(names="well")
        offered = {value.key: value for own in parts for part in own for value in part.values}
        states = STATES if (wells[TAKES_PART] == LEFT_OUT).any() else ()
        said = [*notices, *(scores.notices if scores else ())]
        said += [one for found in measured for one in found.notices]
        said += [one for own in parts for part in own for one in part.notices]
        return cls(
            wells[[*PLACE, *(column for column in wells if column not in PLACE)]],
            _in_groups([*offered.values(), *states]),
            dict(zip(names, (view.format for view in views), strict=True)),
            measured,
            scores,
            tuple(dict.fromkeys(said)),
        )

    @classmethod
    def read(cls, views: Sequence["ViewedPlate"], study: StudyResults | None) -> "SiteWells":
        """Join what is said of every well; of a study, where one is given, its tables are read."""
        if study is None:
            return cls.of(views)
        by_study, said = study_measurements(study)
        return cls.of(views, StudyScores.of(study), by_study, said)

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
            hint = nearest(key, self.by_key)
            hint = f"; {hint}" if hint.startswith("did") else "."
            raise ArgumentError(f"No well has a value {key[:80]!r}{hint}")
        return self.by_key[key]

    def row(self, plate: str, well: str) -> pd.Series | None:
        """Give the row of one well; None where the plate's table has no such well.

        Raises
        ------
        LookupRefusedError
            No such plate.
        """
        if plate not in map(str, range(len(self.names))):
            raise LookupRefusedError(f"There is no plate {plate[:40]!r}; there are {len(self.names)}.")
        rows = self.table[(self.table["plate"] == plate) & (self.table["well"] == well)]
        return None if rows.empty else rows.iloc[0]

    def well(self, plate: str, well: str) -> pd.Series:
        """Give the row of one well.

        Raises
        ------
        LookupRefusedError
            No such plate, or its table has no such well.
        """
        row = self.row(plate, well)
        if row is None:
            raise LookupRefusedError(self.without(plate, well))
        return row

    def without(self, plate: str, well: str) -> str:
        """Say that a plate's table has no such well."""
        return f"Plate {self.names[int(plate)]} has no well {well[:40]} in its table of wells."

    def headings(self) -> dict[str, str]:
        """Name the columns of a file, by key: as the source does, which is named too where two have one."""
        bare = {key: key.partition(".")[2] for key in self.by_key}
        # Of scores that is the model alone.
        taken = [*PLACE, *(self.scores.models if self.scores else ()), *bare.values()]
        return {key: name if taken.count(name) == 1 else key.replace(".", "_") for key, name in bare.items()}


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


def _parts(view: "ViewedPlate", found: PlateMeasurements, scores: StudyScores | None) -> list[WellPart]:
    """Ask each source about a plate's wells: the plate itself, then the study, then what was measured."""
    of_study = [] if scores is None or view.plate is None else [scores.of_plate(view.plate)]
    return [mapped_wells(view), *of_study, *map(measured_wells, found.measured)]


def _plate_table(view: "ViewedPlate", parts: Sequence[WellPart], scores: StudyScores | None) -> pd.DataFrame:
    """Join the columns of one plate, row by row of its wells; those that a study left out say so."""
    first, *others = [part.table for part in parts]
    table = pd.concat([first, *(one.reindex(first.index) for one in others if len(one))], axis=1)
    if scores is not None and view.plate is not None and not scores.silent(view.plate):
        reasons = scores.reasons(view.name)
        gone = table.index.isin(list(reasons))
        table[TAKES_PART] = table[TAKES_PART].mask(gone, LEFT_OUT)
        table[REASON] = table[REASON].mask(gone, table.index.to_series().map(reasons))
    return table.loc[sorted(table.index, key=parse_well)]


def _in_groups(values: Sequence[Value]) -> tuple[Value, ...]:
    """Bring the values of one group together, groups in the order in which they are met."""
    groups = list(dict.fromkeys(value.group for value in values))
    return tuple(sorted(values, key=lambda value: groups.index(value.group)))
