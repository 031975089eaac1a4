"""Where the wells of a measurement stand on their plates: row, column, outermost ring."""

import pandas as pd

from hcs.analysis.wells.columns import WellColumns
from hcs.analysis.wells.roles import are_named, left_out, once, read_wells
from hcs.statistics.frames import as_numbers, require_columns, well_names
from hcs.tables.rolenames import beside_samples
from hcs.tables.types import are_dates
from hcs.wording import listed
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import Formats, PlateFormat, format_of, full_format, parse_well, row_index


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
    ('Left out: 1 well without cells.',)
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
    made: dict[str, dict[str, object]] = {"row": {}, "column": {}, "edge": {}}
    for name in names:
        place = parse_well(name)
        made["row"][name], made["column"][name] = place.row + 1, place.column + 1
        if grid is not None:
            made["edge"][name] = "edge" if grid.at_edge(place) else "inside"
    return table.assign(**{name: spelled.map(made[name]) for name in sorted(lacking)})


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
        shape = format_of(str(name), rows["well"], formats)
        try:
            at = {text: shape.parse(text) for text in rows["well"].unique()}
        except ArgumentError as error:
            raise ArgumentError(f"Plate {name}: {error}") from None
        made = {
            "row": {text: where.row for text, where in at.items()},
            "column": {text: where.column for text, where in at.items()},
            "edge": {text: shape.at_edge(where) for text, where in at.items()},
        }
        rows = rows.assign(size=shape.size, **{name: rows["well"].map(made[name]) for name in made})
        rows["edge"] = rows["edge"].astype("boolean")
        if formats is None and full_format(rows["well"].unique()) is None:
            rows["edge"] = pd.array([pd.NA] * len(rows), dtype="boolean")
        parts.append(rows)
    if not parts:
        return placed.assign(row=0, column=0, edge=pd.Series(dtype="boolean"), size=0)
    return pd.concat(parts).sort_index()
