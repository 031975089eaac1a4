"""Which wells count as what: samples, controls of either kind, and those flagged as not to be used."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.frames import as_numbers, require_columns, takes_part, well_names
from hcs.tables.rolenames import NEGATIVE, OTHER, POSITIVE, SAMPLE, role_kinds, wells_of
from hcs.wording import are, counted, listed
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names
from hcs_plates.wells import parse_well

INCLUDED = "included"
"""Column of wells tables; False flags a well."""
MAD_TO_SD = 1.4826
"""A median absolute deviation times this estimates the SD of normally distributed values."""
FLAT = 1e-12
"""A spread below this share of the largest value is rounding, not spread."""

_SEVERAL = {"has": "have", "rests": "rest", "lacks": "lack"}


@dataclass(frozen=True)
class JudgedWells:
    """Wells with their value and what they count as.

    Parameters
    ----------
    frame
        Same rows, order and index as the table given: plate, well, kind, flagged, value (NaN where flagged,
        without a number, or without the name of its plate or well).
    caveats
        What was left out, counted and listed.
    """

    frame: pd.DataFrame
    caveats: tuple[str, ...]

    def plates(self) -> Iterable[tuple[str, pd.DataFrame]]:
        """Give the wells of each plate, in the order in which the plates are met."""
        for name, own in self.frame.groupby("plate", sort=False, observed=True):
            yield str(name), own


def judge_wells(
    wells: pd.DataFrame,
    value: str,
    *,
    plate: str = "plate",
    well: str = "well",
    role: str = "role",
    positive: str | None = None,
    negative: str | None = None,
    samples: Collection[str] = (),
) -> JudgedWells:
    """Sort wells into samples, controls and others, and set flagged ones apart.

    Parameters
    ----------
    wells
        One row per well. A column ``included``, where there is one, flags wells with False.
    value
        Column of numbers.
    plate, well, role
        Names of columns. Without a column of roles all wells are samples.
    positive, negative
        Roles of the controls; those known as such (`hcs.tables.rolenames`) if None.
    samples
        Roles of the samples; without any, those known as such and wells without a role.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, a flag that is neither true nor false, a well that
        stands twice, a role that was asked for and no well has.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03"], "count": [5.0, 6.0, 7.0]})
    >>> judged = judge_wells(wells.assign(included=[True, True, False]), "count")
    >>> judged.frame["kind"].tolist(), judged.frame["value"].tolist()
    (['sample', 'sample', 'sample'], [5.0, 6.0, nan])
    >>> judged.caveats
    ('1 flagged well is left out: P A03.',)
    """
    require_columns(wells, [plate, well, value], "The table of wells")
    numbers = as_numbers(wells, value, "The table of wells")
    flagged = flagged_wells(wells)
    named = wells[plate].notna() & wells[well].notna()
    kinds, told = well_kinds(wells, role, positive, negative, samples)
    frame = pd.DataFrame(
        {
            "plate": as_names(wells[plate]).where(named).astype(object),
            "well": well_names(wells[well]).where(named).astype(object),
            "kind": kinds,
            "flagged": flagged,
            "value": numbers.where(named & ~flagged),
        },
        index=wells.index,
    )
    once(frame[named])
    missing = int((numbers.isna() & named & ~flagged).sum())
    said = (
        *told,
        left_out(frame[flagged & named]),
        f"{counted(missing, 'well')} without a {value} {are(missing)} left out." if missing else "",
        unnamed_rows(int((~named).sum())),
    )
    return JudgedWells(frame, tuple(filter(None, said)))


def well_kinds(
    wells: pd.DataFrame, role: str, positive: str | None, negative: str | None, samples: Collection[str]
) -> tuple[pd.Series, tuple[str, ...]]:
    """Say of each well whether it is a control, a sample, or another, and how its role was read.

    Parameters
    ----------
    wells
        One row per well.
    role
        Column of roles; without it all wells are samples.
    positive, negative, samples
        As in `judge_wells`.

    Raises
    ------
    ArgumentError
        A role that was asked for and no well has, or one role for both controls.

    Examples
    --------
    >>> wells = pd.DataFrame({"role": ["negcon", "poscon", "trt", "blank"]})
    >>> well_kinds(wells, "role", None, None, ())[0].tolist()
    ['negative', 'positive', 'sample', 'other']
    >>> well_kinds(wells, "role", "blank", None, ["trt"])[0].tolist()
    ['negative', 'other', 'sample', 'positive']
    """
    if isinstance(samples, str):
        raise ArgumentError(f"samples is the text {samples!r}; give a list of roles, [{samples!r}].")
    if positive is not None and positive == negative:
        raise ArgumentError(f"Positive and negative controls have the same role {positive!r}; give two.")
    if role not in wells.columns:
        if asked := [*filter(None, (positive, negative)), *samples]:
            raise ArgumentError(
                f"The table of wells has no column {role!r} to say which are {listed(asked)}."
            )
        return pd.Series(SAMPLE, index=wells.index), ()
    read = role_kinds(wells[role])
    kinds = read.kinds.where(read.kinds.notna(), OTHER)
    for kind, asked_for in ((SAMPLE, samples), (POSITIVE, positive), (NEGATIVE, negative)):
        if asked_for:
            kinds = kinds.mask(kinds == kind, OTHER)
    for kind, asked_for in ((SAMPLE, samples), (POSITIVE, positive), (NEGATIVE, negative)):
        if asked_for:
            kinds[wells_of(wells[role], asked_for)] = kind
    return kinds, read.told


def flagged_wells(wells: pd.DataFrame, column: str = INCLUDED) -> pd.Series:
    """Tell the flagged wells: those with a word for false in a column; blank, or no column, is included.

    Examples
    --------
    >>> flagged_wells(pd.DataFrame({"included": [True, False, None]})).tolist()
    [False, True, False]
    >>> flagged_wells(pd.DataFrame({"included": ["no", "yes"]})).tolist()
    [True, False]
    """
    return ~takes_part(wells, column)


def left_out(flagged: pd.DataFrame) -> str:
    """Count and list flagged wells; nothing where there are none.

    Parameters
    ----------
    flagged
        Their plate and well.
    """
    if flagged.empty:
        return ""
    places = [
        f"{plate} {well_runs(own['well'])}"
        for plate, own in flagged.groupby("plate", sort=False, observed=True)
    ]
    return f"{counted(len(flagged), 'flagged well')} {are(len(flagged))} left out: {listed(places)}."


def well_runs(wells: Sequence[str] | pd.Series) -> str:
    """Write wells short: those that stand side by side in a row as one run.

    Examples
    --------
    >>> well_runs(["A01", "A03", "A02", "B01"]), well_runs(["D05", "E05"])
    ('A01–A03, B01', 'D05, E05')
    """
    places = sorted(parse_well(name) for name in wells)
    runs: list[list[str]] = []
    for before, place in zip([None, *places], places, strict=False):
        if before is not None and (place.row, place.column) == (before.row, before.column + 1):
            runs[-1] = [runs[-1][0], place.name]
        else:
            runs.append([place.name])
    return ", ".join("–".join(run) for run in runs)


def unnamed_rows(number: int) -> str:
    """Count rows that name no plate or no well."""
    if not number:
        return ""
    return f"{counted(number, 'row')} without the name of a plate or well {are(number)} left out."


def plate_sentences(noted: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Say each trouble once, with the plates that have it.

    Parameters
    ----------
    noted
        Plate, and what it has: a verb and more, ``{}`` where the plates are to stand; empty for nothing.

    Examples
    --------
    >>> plate_sentences([("P1", "has no samples ({})."), ("P2", ""), ("P3", "has no samples ({}).")])
    ('2 plates have no samples (P1 and P3).',)
    """
    held: dict[str, list[str]] = {}
    for plate, trouble in noted:
        if trouble:
            held.setdefault(trouble, []).append(plate)
    said = []
    for trouble, plates in held.items():
        verb, _, rest = trouble.partition(" ")
        verb = _SEVERAL.get(verb, verb) if len(plates) > 1 else verb
        said.append(f"{counted(len(plates), 'plate')} {verb} {rest.format(listed(plates))}")
    return tuple(said)


def mad(values: npt.NDArray[np.float64]) -> float:
    """Median absolute deviation from the median, not scaled; NaN for no values.

    Examples
    --------
    >>> mad(np.array([1.0, 2.0, 4.0, 7.0]))
    1.5
    """
    return float(np.median(np.abs(values - np.median(values)))) if len(values) else np.nan


def robust_sd(values: npt.NDArray[np.float64]) -> float:
    """Scale the median absolute deviation to a standard deviation; NaN where it is 0 or nothing is given.

    Examples
    --------
    >>> round(robust_sd(np.array([1.0, 2, 3, 4, 100])), 4), robust_sd(np.array([2.0, 2, 2, 9]))
    (1.4826, nan)
    """
    spread = mad(values)
    return MAD_TO_SD * spread if spread > 0 else np.nan


def is_flat(spread: float, values: npt.NDArray[np.float64]) -> bool:
    """Tell whether a spread (or difference, or centre) is 0 but for rounding, beside its values."""
    return not len(values) or abs(spread) <= FLAT * float(np.abs(values).max())


def once(frame: pd.DataFrame) -> None:
    """Refuse a well that stands twice."""
    twice = frame[frame.duplicated(["plate", "well"]) & frame["well"].notna()]
    if len(twice):
        first = twice.iloc[0]
        raise ArgumentError(
            f"The table of wells has plate {first['plate']} well {first['well']} twice; give one row per "
            "well, as `well_statistics` makes from rows of cells, fields or tiles."
        )
