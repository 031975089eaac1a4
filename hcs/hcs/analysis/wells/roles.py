"""Which wells count as what: samples, controls of either kind, and those flagged as not to be used."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.wells.columns import WellColumns
from hcs.statistics.frames import as_numbers, require_columns, takes_part, well_names
from hcs.statistics.outlying import MAD_TO_SD
from hcs.tables.rolenames import NEGATIVE, OTHER, POSITIVE, SAMPLE, role_kinds, wells_of
from hcs.wording import counted, listed, noted, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names
from hcs_plates.wells import parse_well

FLAT = 1e-12
"""A spread below this share of the largest value is rounding, not spread."""
WELLS = "The table of wells"

_SEVERAL = {"has": "have", "rests": "rest", "lacks": "lack"}


@dataclass(frozen=True)
class JudgedWells:
    """Wells with their value and what they count as.

    Parameters
    ----------
    frame
        Rows of the table given, numbered from 0: plate, well, kind, flagged, value (NaN where flagged,
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


def read_wells(wells: pd.DataFrame, value: str, columns: WellColumns, what: str = WELLS) -> pd.DataFrame:
    """Read plate, well (in one spelling), value and flag of every row; rows are numbered from 0.

    Raises
    ------
    ArgumentError
        A missing column, a value that is no number, a flag that is neither true nor false.
    """
    require_columns(wells, [columns.plate, columns.well, value], what)
    read = {
        "plate": as_names(wells[columns.plate]).astype(object),
        "well": well_names(wells[columns.well]).astype(object),
        "value": as_numbers(wells, value, what),
        "flagged": flagged_wells(wells, columns.included),
    }
    return pd.DataFrame(read, index=wells.index).reset_index(drop=True)


def are_named(frame: pd.DataFrame) -> pd.Series:
    """Tell which rows name their plate, and their well where wells are asked for."""
    return frame[frame.columns.intersection(["plate", "well"])].notna().all(axis=1)


def judge_wells(wells: pd.DataFrame, value: str, columns: WellColumns) -> JudgedWells:
    """Sort wells into samples, controls and others, and set flagged ones apart.

    Raises
    ------
    ArgumentError
        As `read_wells`; a well that stands twice, a role that was asked for and no well has.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": "P", "well": ["A01", "A02", "A03"], "count": [5.0, 6.0, 7.0]})
    >>> judged = judge_wells(wells.assign(included=[True, True, False]), "count", WellColumns())
    >>> judged.frame["kind"].tolist(), judged.frame["value"].tolist()
    (['sample', 'sample', 'sample'], [5.0, 6.0, nan])
    >>> judged.caveats
    ('Left out: 1 flagged well (P A03).',)
    """
    frame = read_wells(wells, value, columns)
    kinds, told = well_kinds(wells, columns)
    named = are_named(frame)
    once(frame[named])
    said = left_out(frame, value)
    frame[["plate", "well"]] = frame[["plate", "well"]].where(named)
    frame["value"] = frame["value"].where(named & ~frame["flagged"])
    return JudgedWells(frame.assign(kind=kinds.to_numpy()), (*told, *said))


def well_kinds(wells: pd.DataFrame, columns: WellColumns) -> tuple[pd.Series, tuple[str, ...]]:
    """Say of each well whether it is a control, a sample, or another, and how its role was read.

    Raises
    ------
    ArgumentError
        A role that was asked for and no well has.

    Examples
    --------
    >>> wells = pd.DataFrame({"role": ["negcon", "poscon", "trt", "blank"]})
    >>> well_kinds(wells, WellColumns())[0].tolist()
    ['negative', 'positive', 'sample', 'other']
    >>> well_kinds(wells, WellColumns(positive="blank", samples=["trt"]))[0].tolist()
    ['negative', 'other', 'sample', 'positive']
    """
    wanted = {SAMPLE: columns.samples, POSITIVE: columns.positive, NEGATIVE: columns.negative}
    asked = {kind: names for kind, names in wanted.items() if names}
    if columns.role not in wells.columns:
        if asked:
            named = [*filter(None, (columns.positive, columns.negative)), *columns.samples]
            raise ArgumentError(f"{WELLS} has no column {columns.role!r} to say which are {listed(named)}.")
        return pd.Series(SAMPLE, index=wells.index), ()
    roles = wells[columns.role]
    read = role_kinds(roles)
    kinds = read.kinds.where(read.kinds.notna(), OTHER)
    kinds = kinds.mask(kinds.isin(list(asked)), OTHER)
    for kind, names in asked.items():
        kinds[wells_of(roles, names)] = kind
    return kinds, read.told


def flagged_wells(wells: pd.DataFrame, column: str = "included") -> pd.Series:
    """Tell the flagged wells: those with a word for false in a column; blank, or no column, is included.

    Examples
    --------
    >>> flagged_wells(pd.DataFrame({"included": [True, False, None]})).tolist()
    [False, True, False]
    >>> flagged_wells(pd.DataFrame({"included": ["no", "yes"]})).tolist()
    [True, False]
    """
    return ~takes_part(wells, column)


def left_out(frame: pd.DataFrame, value: str) -> tuple[str, ...]:
    """Say in one sentence which rows of `read_wells` take no part: flagged ones by name, others by number.

    Without a column of wells, flagged ones are told by their plates.
    """
    named = are_named(frame)
    flagged = frame[named & frame["flagged"]]
    plates = flagged.groupby("plate", sort=False, observed=True)
    runs = {plate: f" {well_runs(own['well'])}" if "well" in own else "" for plate, own in plates}
    places = listed((f"{plate}{wells}" for plate, wells in runs.items()), most=3)
    missing = int((frame["value"].isna() & named & ~frame["flagged"]).sum())
    parts = noted(
        (len(flagged), f"{counted(len(flagged), 'flagged well')} ({places})"),
        (missing, f"{counted(missing, 'well')} without {spaced(value)}"),
        (not named.all(), unnamed_rows(int((~named).sum()))),
    )
    return (f"Left out: {', '.join(parts)}.",) if parts else ()


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
    return f"{counted(number, 'row')} without the name of a plate or well"


def plate_sentences(noted: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """Say each trouble once, with the plates that have it: a verb and more, ``{}`` where they are to stand.

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


def scaled_from_median(values: pd.Series, plates: pd.Series) -> pd.Series:
    """Give values in robust SDs from the median of their plate; NaN where a plate has no spread.

    Examples
    --------
    >>> scaled_from_median(pd.Series([1.0, 2, 3, 4, 100]), pd.Series(list("PPPPP"))).round(2).tolist()
    [-1.35, -0.67, 0.0, 0.67, 65.43]
    """
    held = values.groupby(plates, sort=False)
    return (values - held.transform("median")) / held.transform(lambda own: robust_sd(own.to_numpy()))


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
