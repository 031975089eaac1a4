"""A value of wells, read from wherever it stands: a platemap, measurements of fields, any table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd

from hcs.measure.measurements import Measurements, default_place
from hcs.wording import listed
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.plate import Plate
from hcs_plates.wells import FORMATS, PlateFormat, smallest_format

Source: TypeAlias = Plate | Measurements | pd.DataFrame | Sequence[Plate]

ABOUT = (
    "clone", "group", "donor", "diagnosis", "label", "role", "treatment", "dose", "dose_unit", "passage",
    "differentiation_batch", "gene",
)  # fmt: skip
"""Columns that are told of a well beside its value, where the source has them."""

PARTS = ("model", "set", "field", "tile", "cell")
"""Columns that tell the rows of a well apart; the last one present says what is counted."""

STATE = ("missing_planes", "reason", "included")
"""Columns that say how a row came out."""


@dataclass(frozen=True)
class WellRows:
    """Rows of wells.

    Parameters
    ----------
    wells
        One row per plate and well: plate, well, value where it is one of the well as a whole, included, and
        what is known of the well (`ABOUT`).
    rows
        The source's own rows: plate, well, `PARTS`, value where it stands there, and `STATE`.
    formats
        Of every plate.
    unit
        What one row is: field, tile, cell or row.
    """

    wells: pd.DataFrame
    rows: pd.DataFrame
    formats: Mapping[str, PlateFormat]
    unit: str


def read_rows(
    source: Source, value: str, plate_format: PlateFormat | int | Mapping[str, PlateFormat] | None = None
) -> WellRows:
    """Find a value's column in a plate's wells, in what was measured of it, or in a table.

    Raises
    ------
    ArgumentError
        No such column, no plate, a well outside the format.
    """
    if isinstance(source, pd.DataFrame):
        return _of_table(source, value, plate_format)
    if isinstance(source, Measurements):
        parts = [_measured(source, source.wells, source.fields, value)]
        return _joined(parts, [plate_format] if isinstance(plate_format, PlateFormat) else [])
    plates = [source] if isinstance(source, Plate) else list(source)
    if not plates:
        raise ArgumentError("There is no plate to show; give at least one.")
    twice = {one.name for one in plates if sum(one.name == other.name for other in plates) > 1}
    if twice:
        raise ArgumentError(f"Two plates are called {listed(sorted(twice))}; show them apart.")
    return _joined([_of_plate(plate, value) for plate in plates], [plate.spec.format for plate in plates])


def _of_plate(plate: Plate, value: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wells and fields of a plate, with what `hcs measure` left beside it."""
    wells = plate.wells.reset_index(names="well").assign(plate=plate.name)
    fields = plate.fields.assign(plate=plate.name)
    place = default_place(plate)
    if not place.is_dir():
        if value in fields:
            return wells, fields.rename(columns={value: "value"})
        return _with_value(wells, value, list(wells.columns)), fields
    found = Measurements.open(place)
    kept = [name for name in found.fields if name in ("well", "field", "included", "reason", value)]
    return _measured(found, wells, fields.merge(found.fields[kept], on=["well", "field"], how="left"), value)


def _measured(
    found: Measurements, wells: pd.DataFrame, fields: pd.DataFrame, value: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the value from the platemap, the fields, or the summaries of wells, in this order."""
    summaries = found.wells
    if value in wells and value not in fields:
        return _with_value(wells, value, []), fields
    if value in fields:
        return wells, fields.rename(columns={value: "value"})
    names = [*wells.columns, *found.fields.columns, *summaries.columns]
    wanted = _with_value(summaries, value, names)[["well", "value"]]
    return wells.merge(wanted, on="well", how="left", validate="one_to_one"), fields


def _with_value(table: pd.DataFrame, value: str, names: Sequence[str]) -> pd.DataFrame:
    """Copy a column to the one called value."""
    if value not in table:
        raise ArgumentError(f"Nothing of the wells is called {value!r}; {nearest(value, list(names))}")
    return table.assign(value=table[value])


def _joined(parts: Sequence[tuple[pd.DataFrame, pd.DataFrame]], formats: Sequence[PlateFormat]) -> WellRows:
    """Put plates together."""
    wells = pd.concat([own for own, _ in parts], ignore_index=True)
    rows = pd.concat([own for _, own in parts], ignore_index=True)
    names = [str(name) for name in wells["plate"].drop_duplicates()]
    shapes = formats or [smallest_format(own["well"]) for own, _ in parts]
    return WellRows(_known(wells), _kept(rows), dict(zip(names, shapes, strict=True)), "field")


def _of_table(
    table: pd.DataFrame, value: str, plate_format: PlateFormat | int | Mapping[str, PlateFormat] | None
) -> WellRows:
    """Rows of any table; wells are spelled as the rest of hcs does."""
    for needed in ("well", value):
        if needed not in table:
            raise ArgumentError(f"The table has no column {needed!r}; {nearest(needed, list(table.columns))}")
    if table.empty:
        raise ArgumentError("The table has no rows: there is no plate to show.")
    plates = table["plate"] if "plate" in table else pd.Series("plate", index=table.index)
    rows = table.assign(plate=plates.astype(str), well=table["well"].astype(str), value=table[value])
    formats: dict[str, PlateFormat] = {}
    spelled = []
    for plate, wells in rows.groupby("plate", sort=False)["well"]:
        shape = formats[str(plate)] = _format(str(plate), wells, plate_format)
        names = {name: shape.parse(name).name for name in wells.unique()}
        spelled.append(wells.map(names))
    rows["well"] = pd.concat(spelled)
    unit = next((part for part in reversed(PARTS) if part in rows), "row")
    return WellRows(
        _known(rows.drop_duplicates(["plate", "well"]).drop(columns="value")), _kept(rows), formats, unit
    )


def _format(
    plate: str, wells: pd.Series, wanted: PlateFormat | int | Mapping[str, PlateFormat] | None
) -> PlateFormat:
    """Format of one plate of a table."""
    if isinstance(wanted, Mapping):
        if plate not in wanted:
            raise ArgumentError(f"Plate {plate!r} has no format; formats are given for {listed(wanted)}.")
        return wanted[plate]
    if isinstance(wanted, int):
        if wanted not in FORMATS:
            raise ArgumentError(f"No plate has {wanted} wells; there are {listed(FORMATS, most=9)}.")
        return FORMATS[wanted]
    return wanted or smallest_format(wells.unique())


def _known(wells: pd.DataFrame) -> pd.DataFrame:
    """Columns of a well that are shown, those that are empty left out."""
    known = [name for name in ABOUT if name in wells and wells[name].notna().any()]
    kept = [name for name in ("included", "value") if name in wells]
    if "included" in kept and wells["included"].fillna(True).astype(bool).all():
        kept.remove("included")
    return wells[["plate", "well", *known, *kept]].reset_index(drop=True)


def _kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of a row that are shown."""
    kept = [name for name in (*PARTS, "value", *STATE) if name in rows]
    return rows[["plate", "well", *kept]].reset_index(drop=True)
