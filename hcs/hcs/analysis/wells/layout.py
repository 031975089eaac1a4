"""Where the wells of a measurement stand on their plates: row, column, outermost ring."""

from collections.abc import Iterable, Mapping
from numbers import Integral

import pandas as pd

from hcs.analysis.wells.columns import Formats, WellColumns
from hcs.analysis.wells.roles import are_named, left_out, once, read_wells
from hcs.statistics.frames import as_numbers, require_columns, well_names
from hcs.tables.rolenames import beside_samples
from hcs.tables.types import are_dates
from hcs.wording import listed
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS, PlateFormat, full_format, parse_well, row_index, smallest_format


def well_positions(
    wells: pd.DataFrame, value: str, columns: WellColumns
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Place every usable well of a table on its plate.

    Parameters
    ----------
    wells
        One row per well. Controls and empty wells beside samples (`hcs.tables.rolenames.beside_samples`) are
        left out: where they stand is the layout's choice.
    value
        Column of numbers.
    columns
        What the table's other columns are.

    Returns
    -------
    DataFrame, tuple of str
        Index: place of the row in `wells`, from 0; plate (str), row and column (from 0), edge (boolean: in
        the plate's first or last row or column; missing where the format is a guess, see `full_format`),
        value. One sentence per reason for which wells were left out, and on formats.

    Raises
    ------
    ArgumentError
        A column is lacking, a name is no well or not on its plate, a plate has two rows of one well.

    Examples
    --------
    >>> table = pd.DataFrame({"plate": "p", "well": ["A1", "B2", "C6"], "cells": [5, 7, None]})
    >>> placed, said = well_positions(table, "cells", WellColumns(formats=24))
    >>> placed[["row", "column", "edge", "value"]].values.tolist()
    [[0, 0, True, 5.0], [1, 1, False, 7.0]]
    >>> said
    ('1 well without cells is left out.',)
    """
    read = read_wells(wells, value, columns)
    beside, told = beside_samples(wells)
    read["taken"] = ~read["flagged"] & read["value"].notna() & ~beside.to_numpy()
    placed = _on_plates(read[are_named(read)], columns.formats)
    once(placed)
    said = [*told, *left_out(read[~beside.to_numpy()], value)]
    if columns.formats is None and placed["size"].nunique() > 1:
        sizes = listed(sorted(placed["size"].unique()))
        said.append(f"Plates differ in the smallest format that holds their wells ({sizes}): give formats.")
    return placed.loc[placed["taken"], ["plate", "row", "column", "edge", "value"]], tuple(said)


def with_positions(
    table: pd.DataFrame, *, well: str = "well", plate_format: PlateFormat | None = None
) -> pd.DataFrame:
    """Add row and column (from 1) and edge, where they are lacking, from the wells' names.

    Without a format, edge is missing everywhere unless the wells reach all four sides of a standard plate:
    the last column used of a plate need not be the last one there is.

    Examples
    --------
    >>> wells = with_positions(pd.DataFrame({"well": ["A01", "B02", "H12"]}))
    >>> wells[["row", "column", "edge"]].values.tolist()
    [[1, 1, 'edge'], [2, 2, 'inside'], [8, 12, 'edge']]
    >>> with_positions(pd.DataFrame({"well": ["C03", "H12"]}))["edge"].isna().tolist()
    [True, True]
    """
    lacking = {"row", "column", "edge"} - set(table.columns)
    if not lacking:
        return table.copy()
    require_columns(table, [well], "The table")
    spelled = well_names(table[well])
    names = spelled.dropna().unique()
    grid = plate_format or full_format(names)
    places = {name: parse_well(name) for name in names}
    made = {"row": {}, "column": {}, "edge": {}}  # type: dict[str, dict[str, object]]
    for name, place in places.items():
        made["row"][name], made["column"][name] = place.row + 1, place.column + 1
        if grid is not None:
            outer = place.row in (0, grid.rows - 1) or place.column in (0, grid.columns - 1)
            made["edge"][name] = "edge" if outer else "inside"
    return table.assign(**{name: spelled.map(made[name]) for name in sorted(lacking)})


def plate_format(plate: str, wells: Iterable[str], formats: Formats) -> PlateFormat:
    """Find the format of one plate: as it was given, or the smallest standard one that has its wells.

    Raises
    ------
    ArgumentError
        No format is given for this plate, or no plate has so many wells.

    Examples
    --------
    >>> plate_format("P", ["A01", "D06"], None).size, plate_format("P", [], {"P": 96}).size
    (24, 96)
    """
    if isinstance(formats, Mapping):
        given = {str(name): one for name, one in formats.items()}
        if plate not in given:
            raise ArgumentError(f"Plate {plate!r} has no format; formats are given for {listed(given)}.")
        return plate_format(plate, wells, given[plate])
    if formats is None or isinstance(formats, PlateFormat):
        return formats or smallest_format(set(wells))
    if not isinstance(formats, Integral) or formats not in FORMATS:
        raise ArgumentError(f"No plate has {formats} wells; give one of {listed(FORMATS, most=9)}.")
    return FORMATS[int(formats)]


def in_order(table: pd.DataFrame, column: str, what: str) -> pd.Series:
    """Take a column whose order means something as numbers.

    Letters of plate rows become numbers from 1, dates (2024-03-01, with or without a time) days since 1970.

    Examples
    --------
    >>> in_order(pd.DataFrame({"row": ["B", None, "A"]}), "row", "The table").tolist()
    [2.0, nan, 1.0]
    >>> in_order(pd.DataFrame({"day": ["1970-01-03", "1970-01-01"]}), "day", "The table").tolist()
    [2.0, 0.0]
    """
    values = table[column]
    if are_dates(values):
        moments = pd.to_datetime(values, format="ISO8601", utc=True)
        return (moments - pd.Timestamp(0, tz="UTC")) / pd.Timedelta(days=1)
    if column == "row" and not pd.api.types.is_numeric_dtype(values):
        letters = values.dropna().astype(str)
        if letters.str.fullmatch("[A-Za-z]{1,2}").all():
            return values.map({letter: row_index(letter) + 1 for letter in letters}).astype(float)
    return as_numbers(table, column, what)


def _on_plates(placed: pd.DataFrame, formats: Formats) -> pd.DataFrame:
    """Add row, column, edge and size of the format."""
    parts = []
    for name, rows in placed.groupby("plate", sort=False):
        shape = plate_format(str(name), rows["well"], formats)
        try:
            at = {text: shape.parse(text) for text in rows["well"].unique()}
        except ArgumentError as error:
            raise ArgumentError(f"Plate {name}: {error}") from None
        down = rows["well"].map({text: where.row for text, where in at.items()})
        along = rows["well"].map({text: where.column for text, where in at.items()})
        edge = (down.isin([0, shape.rows - 1]) | along.isin([0, shape.columns - 1])).astype("boolean")
        if formats is None and full_format(rows["well"].unique()) is None:
            edge[:] = pd.NA
        parts.append(rows.assign(row=down, column=along, edge=edge, size=shape.size))
    if not parts:
        return placed.assign(row=0, column=0, edge=pd.Series(dtype="boolean"), size=0)
    return pd.concat(parts).sort_index()
