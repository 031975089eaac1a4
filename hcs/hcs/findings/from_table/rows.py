"""Rows of a table of features as evidence takes them: of two classes, on their plates, with a measurement."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.findings.from_table.features import TableFeatures, table_features
from hcs.findings.from_table.plates import plates_apart, table_format
from hcs.findings.from_table.units import CLONE, WELL, known_columns, unit_of
from hcs.statistics.frames import require_columns, takes_part, well_names
from hcs.tables.independence import DONOR, contradictions
from hcs.tables.rolenames import aside_by_class
from hcs.tables.spec import TableSpec
from hcs.tables.types import read_typed
from hcs.wording import counted, have, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, told_alike
from hcs_plates.wells import PlateFormat

OWN = ("group", "label", "tile_id", "field", "tile")
"""Columns that evidence has under these names: a table's own of that name are another thing."""
MOST = 12


@dataclass(frozen=True)
class TableRows:
    """Rows of the two classes that have a measured feature.

    Parameters
    ----------
    rows
        plate, well, field, tile, tile_id, group, label, and the table's other columns.
    values
        Their features; array of shape (n_rows, n_features), NaN where nothing was measured.
    unit
        Column that n counts.
    notices, said
        Sentences on how the table was understood, and on rows that take no part.
    left_out
        what, where, reason: columns and wells that take no part.
    """

    rows: pd.DataFrame
    values: npt.NDArray[np.float32]
    unit: str
    features: TableFeatures
    plate_format: PlateFormat | None
    notices: tuple[str, ...]
    said: tuple[str, ...]
    left_out: tuple[tuple[str, str, str], ...]


def table_rows(table: pd.DataFrame, spec: TableSpec) -> TableRows:
    """Read the rows of a table.

    Raises
    ------
    ArgumentError
        A column is lacking or stands for two things, a class has no row, rows of one well disagree, clones of
        one donor were to count apart, or there is no feature.
    """
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    table, renamed = known_columns(table, tuple(filter(None, (spec.label, spec.batch, spec.group))))
    group = spec.group or (DONOR if CLONE not in table and DONOR in table else CLONE)
    _check_columns(table, spec, group)
    table = read_typed(table, (spec.label, spec.batch, group))
    placed = table["plate"].notna() & table["well"].notna()
    # One block of memory: columns are added to tables of thousands.
    rows = table[placed].reset_index(drop=True).copy()
    rows = rows.assign(plate=as_names(rows["plate"]), well=well_names(rows["well"]))
    rows, apart = plates_apart(
        rows, spec.batch, (spec.label, spec.batch, *([] if group == WELL else [group]))
    )
    known = table_format(rows, spec.wells)
    rows["label"] = as_names(rows[spec.label]).astype(object).where(rows[spec.label].notna(), None)
    features = table_features(rows, spec.features, (spec.label, spec.batch), group)
    if contradicting := contradictions(rows):
        raise ArgumentError(f"The table contradicts itself: {'; '.join(contradicting)}.")
    unit, rows, counts = unit_of(rows, group if spec.group or group == DONOR else "")
    own = rows["plate"] + "/" + rows["well"] if unit == WELL else rows[unit]
    rows["group"] = as_names(own, unit).astype(object)
    rows, said = _of_classes(rows, spec, unit)
    if not placed.all():
        said = (f"{counted(int((~placed).sum()), 'row')} without plate or well left out.", *said)
    rows, values, more, wells = _measured(rows, features.names)
    rows["tile_id"] = np.arange(len(rows))
    rows["tile"] = rows.get("tile", 0)
    rows["field"] = rows.groupby(["plate", "well"]).cumcount() + 1 if "field" not in rows else rows["field"]
    columns = tuple(("column", name, why) for name, why in features.left_out.items())
    notices = (
        *table.attrs["notices"],
        *_told_alike(rows, spec, unit),
        *renamed,
        *apart,
        *counts,
        *more,
        *features.sentences(),
    )
    return TableRows(
        rows, values, unit, features, known, tuple(filter(None, notices)), said, (*columns, *wells)
    )


def _check_columns(table: pd.DataFrame, spec: TableSpec, group: str) -> None:
    """Refuse a table that lacks a column, or where one would stand for two things."""
    asked = {"label": spec.label, "batch": spec.batch, "group": group}
    require_columns(table, ["plate", "well", *asked.values()], "The table")
    for what, other in (("batch", "label"), ("group", "label")):
        if asked[what] == asked[other]:
            raise ArgumentError(
                f"{what} and {other} are one column, {asked[what]!r}; name a column of its own for each."
            )
    if spec.batch in OWN and spec.batch != group:
        raise ArgumentError(
            f"A batch cannot be read from a column called {spec.batch!r}, which hcs uses itself; rename it."
        )
    if spec.positive == spec.negative:
        raise ArgumentError(
            f"The positive and the negative {spaced(spec.label)} are both {spec.positive!r}; name two."
        )


def _told_alike(rows: pd.DataFrame, spec: TableSpec, unit: str) -> tuple[str, ...]:
    """Refuse groups that look alike: one would be scored by what was learnt of the other; tell of others."""
    others = [name for name in dict.fromkeys(("plate", spec.batch, DONOR)) if name in rows and name != unit]
    said = [one for name in others for one in told_alike(as_names(rows[name], numbers=True), spaced(name))]
    if unit != WELL:
        told_alike(rows["group"], spaced(unit), rows["label"], dealt=True)
    return tuple(said)


def _of_classes(rows: pd.DataFrame, spec: TableSpec, unit: str) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of the two classes that have a group and are not left out."""
    for name in (spec.positive, spec.negative):
        if not (rows["label"] == name).any():
            there = sorted(rows["label"].dropna().unique())
            raise ArgumentError(f"No row has {name!r} as {spaced(spec.label)}; there are {listed(there)}.")
    classes = rows["label"].isin([spec.positive, spec.negative])
    included = takes_part(rows)
    grouped = rows["group"].notna()
    used = classes & included & grouped
    apart, told = aside_by_class(rows["role"], rows["label"].where(used)) if "role" in rows else (~used, ())
    kinds = (
        listed(sorted(rows.loc[used & apart, "role"].astype(str).unique())) if (used & apart).any() else ""
    )
    said = list(told)
    for lost, why in (
        (~classes, f"of neither {spaced(spec.positive)} nor {spaced(spec.negative)}"),
        (classes & ~included, "that are not included"),
        (classes & included & ~grouped, f"without {spaced(unit)}"),
        (used & apart, f"of the role {kinds}, beside samples of the same class,"),
    ):
        if lost.any():
            said.append(f"{counted(int(lost.sum()), 'row')} {why} left out.")
    return rows[used & ~apart].reset_index(drop=True), tuple(said)


def _measured(
    rows: pd.DataFrame, names: tuple[str, ...]
) -> tuple[pd.DataFrame, npt.NDArray[np.float32], tuple[str, ...], list[tuple[str, str, str]]]:
    """Rows with a measured feature, their features, a sentence on others, and the wells that have none."""
    with np.errstate(over="ignore"):
        values = rows[list(names)].to_numpy(dtype=float, na_value=np.nan).astype(np.float32)
    values[np.isinf(values)] = np.nan
    empty = np.isnan(values).all(axis=1)
    if not empty.any():
        return rows, values, (), []
    place = rows["plate"] + "/" + rows["well"]
    held = pd.Series(empty).groupby([rows["plate"], rows["well"]]).all()
    lost = held[held].reset_index()
    whole = held.groupby(level="plate").all()
    plates = [f"plate {name}" for name in whole.index[whole]]
    single = [f"{one.plate}/{one.well}" for one in lost.itertuples() if not whole[one.plate]]
    n, of = int(empty.sum()), place[empty].nunique()
    where = f" ({listed([*plates, *single], MOST)})" if len(lost) else ""
    said = (
        f"{counted(n, 'row')} of {counted(of, 'well')} {have(n)} no measured feature and {have(n)} no score; "
        f"{counted(len(lost), 'well')} {have(len(lost))} none at all{where}."
    )
    if empty.all():
        raise ArgumentError(f"No row has a measured feature ({listed(names, MOST)}).")
    wells = [("well", f"{one.plate}/{one.well}", "has no measured feature") for one in lost.itertuples()]
    return rows[~empty].reset_index(drop=True), values[~empty], (said,), wells
