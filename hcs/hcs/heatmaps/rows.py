"""A value of wells, read from wherever it stands: a platemap, measurements of fields, any table."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import pandas as pd
from pandas.api.types import is_hashable

from hcs.measure.measured import Measurements, default_place
from hcs.statistics.frames import require_columns, takes_part
from hcs.tables.types import read_typed, typed_table
from hcs.wording import counted, have, listed
from hcs_plates.errors import ArgumentError, StoreError, nearest
from hcs_plates.plate import Plate
from hcs_plates.wells import Formats, PlateFormat, format_of, full_format, guessed_format

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

PLACE = ["plate", "well"]


@dataclass(frozen=True)
class WellRows:
    """Rows of wells.

    Parameters
    ----------
    wells
        One row per plate and well: plate, well, value where it is one of the well as a whole, included where
        wells are left out (by the platemap, or because none of their rows is included), and what is known of
        the well (`ABOUT`).
    rows
        The source's own rows: plate, well, `PARTS`, value where it stands there, and `STATE`.
    unit
        What one row is: field, tile, cell or row.
    notices
        What of a table was not read as written.
    """

    wells: pd.DataFrame
    rows: pd.DataFrame
    formats: Mapping[str, PlateFormat]
    unit: str
    notices: tuple[str, ...] = ()


def read_rows(source: Source, value: str, plate_format: Formats = None) -> WellRows:
    """Find a value's column in a plate's wells, in what was measured of it, or in a table.

    Raises
    ------
    ArgumentError
        No such column, no plate, a row without a plate or well, a well outside the format, something in
        `included` that is not true or false.
    """
    if isinstance(source, pd.DataFrame):
        return _of_table(source, value, plate_format)
    if isinstance(source, Measurements):
        wells, fields = _measured(source, source.wells, source.fields, value)
        return joined_rows(
            [(wells, fields)], [format_of(str(wells["plate"].iloc[0]), wells["well"], plate_format)], value
        )
    plates = [source] if isinstance(source, Plate) else source
    if not isinstance(plates, list | tuple) or not all(isinstance(one, Plate) for one in plates):
        raise ArgumentError(
            f"A heatmap is drawn of plates, measurements or a table, not of a {type(source).__name__}; open "
            "it with hcs.open_plate or hcs.Measurements.open, or read it with pandas."
        )
    if not plates:
        raise ArgumentError("There is no plate to show; give at least one.")
    twice = {one.name for one in plates if sum(one.name == other.name for other in plates) > 1}
    if twice:
        raise ArgumentError(f"Two plates are called {listed(sorted(twice))}; show them apart.")
    return joined_rows(
        [_of_plate(plate, value) for plate in plates], [plate.spec.format for plate in plates], value
    )


def _of_plate(plate: Plate, value: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Wells and fields of a plate, with what `hcs measure` left beside it."""
    wells = plate.wells.reset_index(drop=True).assign(plate=plate.name)
    fields = plate.fields.assign(plate=plate.name)
    place = default_place(plate)
    if not place.is_dir():
        if value in fields:
            return wells, fields.rename(columns={value: "value"})
        try:
            return _with_value(wells, value, list(wells.columns)), fields
        except ArgumentError as error:
            why = f"plate {plate.name} was not measured, which `hcs measure` does"
            raise ArgumentError(f"{error.message} ({why})") from None
    try:
        found = Measurements.open(place, plate)
    except StoreError:
        if value not in wells or value == "included":
            raise
        # What the platemap says does not rest on what was measured.
        return _with_value(wells, value, []), fields
    kept = [name for name in found.fields if name in ("well", "field", "included", "reason", value)]
    return _measured(found, wells, fields.merge(found.fields[kept], on=["well", "field"], how="left"), value)


def _measured(
    found: Measurements, wells: pd.DataFrame, fields: pd.DataFrame, value: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Take the value from the platemap, the fields, or the summaries of wells, in this order."""
    summaries = found.wells
    if value in wells and (value not in fields or value == "included"):
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


def joined_rows(
    parts: Sequence[tuple[pd.DataFrame, pd.DataFrame]], formats: Sequence[PlateFormat], value: str
) -> WellRows:
    """Put plates together: wells and fields of each, of which one table holds the column value.

    `value` is what the column was called, which says whether its numbers are names.
    """
    wells = pd.concat([own for own, _ in parts], ignore_index=True)
    rows = pd.concat([own for _, own in parts], ignore_index=True)
    names = [str(name) for name in wells["plate"].drop_duplicates()]
    if "value" in wells:
        # A platemap keeps its own numbers as text where they are written otherwise than numbers are printed.
        typed, _ = typed_table(wells[["value"]].set_axis([value], axis=1))
        wells["value"] = typed[value]
    rows = _kept(rows)
    return WellRows(_known(wells, rows), rows, dict(zip(names, formats, strict=True)), "field")


def _of_table(table: pd.DataFrame, value: str, plate_format: Formats) -> WellRows:
    """Rows of any table; wells are spelled as the rest of hcs does."""
    require_columns(table, ["well", value], "The table")
    if table.columns.has_duplicates:
        twice = table.columns[table.columns.duplicated()][0]
        raise ArgumentError(f"The table has two columns {twice!r}; give each a name of its own.")
    if table.empty:
        raise ArgumentError("The table has no rows: there is no plate to show.")
    for needed in ("well", value, *ABOUT):
        if needed in table and not table[needed].map(is_hashable).all():
            raise ArgumentError(f"The column {needed!r} holds lists, not single values.")
    # Numbered anew: a table may come with an index that names several rows alike.
    used = [name for name in dict.fromkeys(("plate", "well", value, *ABOUT)) if name in table]
    typed = read_typed(table[used].reset_index(drop=True), ("plate", "well"))
    rows = table.reset_index(drop=True).assign(**{name: typed[name] for name in used})
    _all_named(rows)
    rows = rows.assign(plate=rows.get("plate", "plate"), value=rows[value])
    formats: dict[str, PlateFormat] = {}
    spelled = []
    for plate, own in rows.groupby("plate", sort=False)["well"]:
        shape = formats[str(plate)] = format_of(str(plate), own, plate_format)
        names = {name: shape.parse(name).name for name in own.unique()}
        spelled.append(own.map(names))
    rows["well"] = pd.concat(spelled)
    about = [name for name in ABOUT if name in rows and _one_a_well(rows, name)]
    found = rows.groupby(PLACE, sort=False)[about].first() if about else rows[PLACE].drop_duplicates()
    kept = _kept(rows)
    unit = next((part for part in reversed(PARTS) if part in rows), "row")
    wells = _known(found.reset_index() if about else found, kept)
    guessed = [] if plate_format is not None else _guessed(rows, formats)
    return WellRows(wells, kept, formats, unit, (*typed.attrs["notices"], *guessed))


def _all_named(rows: pd.DataFrame) -> None:
    """Refuse rows that name no plate or no well."""
    for what in ("well", "plate"):
        without = int(rows[what].isna().sum()) if what in rows else 0
        if without:
            raise ArgumentError(
                f"{counted(without, 'row')} of the table {have(without)} no {what}; name it, or drop them."
            )


def _one_a_well(rows: pd.DataFrame, name: str) -> bool:
    """Whether no well has two values: a clone of single cells is nothing to tell of their well."""
    return not rows[[*PLACE, name]].dropna().drop_duplicates().duplicated(PLACE).any()


def _guessed(rows: pd.DataFrame, formats: Mapping[str, PlateFormat]) -> list[str]:
    """Say which formats are guesses: those whose four sides the wells do not reach."""
    wells = rows.groupby("plate")["well"].unique()
    sizes = sorted({formats[str(name)].size for name, own in wells.items() if full_format(own) is None})
    return [guessed_format(size) for size in sizes]


def _known(wells: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of a well that are shown, those that are empty left out; and whether it takes part."""
    known = [name for name in ABOUT if name in wells and wells[name].notna().any()]
    kept = ["value"] if "value" in wells else []
    found = wells[[*PLACE, *known, *kept]].reset_index(drop=True)
    included = takes_part(wells).to_numpy()
    if "included" in rows:
        some = rows.groupby(PLACE)["included"].any()
        included = included & ~pd.MultiIndex.from_frame(found[PLACE]).isin(some.index[~some])
    found = found.assign(included=included)
    return found.drop(columns="included") if found["included"].all() else found


def _kept(rows: pd.DataFrame) -> pd.DataFrame:
    """Columns of a row that are shown."""
    kept = [name for name in (*PARTS, "value", *STATE) if name in rows]
    found = rows[[*PLACE, *kept]].reset_index(drop=True)
    return found.assign(included=takes_part(found)) if "included" in found else found
