"""Where the wells of a measurement stand on their plates: row, column, outermost ring."""

from collections.abc import Mapping

import pandas as pd

from hcs.analysis.wells.roles import flagged_wells
from hcs.statistics.frames import as_numbers, require_columns, well_names
from hcs.tables.rolenames import beside_samples
from hcs.tables.types import are_dates
from hcs.wording import counted, listed, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names
from hcs_plates.wells import FORMATS, PlateFormat, full_format, parse_well, row_index, smallest_format


def well_positions(
    wells: pd.DataFrame,
    value: str,
    *,
    plate: str = "plate",
    well: str = "well",
    included: str = "included",
    formats: int | Mapping[str, int] | None = None,
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Place every usable well of a table on its plate.

    Parameters
    ----------
    wells
        One row per well. Wells whose column ``role``, where there is one, makes them controls or empty beside
        samples (`hcs.tables.rolenames.beside_samples`) are left out: where they stand is the layout's choice.
    value
        Column of numbers.
    plate, well
        Columns that name plate and well.
    included
        Column of booleans; wells where it is false are left out, blank ones are not. Ignored where there is
        none of this name.
    formats
        Wells of the plates' format (96, 384 …), one for all or one by plate; without it, the smallest
        standard format that has all wells named on the plate, left-out ones too.

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
    >>> placed, said = well_positions(table, "cells", formats=24)
    >>> placed[["row", "column", "edge", "value"]].values.tolist()
    [[0, 0, True, 5.0], [1, 1, False, 7.0]]
    >>> said
    ('1 well has no cells and is left out.',)
    """
    require_columns(wells, [plate, well], "The table of wells")
    numbers = as_numbers(wells, value, "The table of wells")
    named = wells[plate].notna() & wells[well].notna()
    beside, told = beside_samples(wells)
    said = [_left_out(~named, "no plate or well name"), *told]
    placed = pd.DataFrame(
        {
            "plate": as_names(wells[plate]).astype(object).to_numpy(),
            "well": well_names(wells[well]).astype(object).to_numpy(),
            "value": numbers.to_numpy(),
            "wanted": ~flagged_wells(wells, included).to_numpy(),
            "beside": beside.to_numpy(),
        }
    )[named.to_numpy()]
    placed = _on_plates(placed, formats)
    if placed["plate"].nunique() > 1 and placed["size"].nunique() > 1 and formats is None:
        sizes = listed(sorted(placed["size"].unique()))
        said.append(f"Plates differ in the smallest format that holds their wells ({sizes}): give formats.")
    known, wanted = placed["value"].notna(), placed["wanted"]
    said.append(_left_out(~wanted, "", "marked as not included"))
    wanted &= ~placed["beside"]
    said.append(_left_out(wanted & ~known, f"no {spaced(value)}"))
    kept = placed.loc[wanted & known, ["plate", "row", "column", "edge", "value"]]
    return kept, tuple(part for part in said if part)


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


def inner_wells(placed: pd.DataFrame) -> tuple[pd.DataFrame, str]:
    """Leave the outermost ring out.

    Parameters
    ----------
    placed
        As `well_positions` gives it.

    Raises
    ------
    ArgumentError
        A plate whose format is a guess: which ring is its outermost is not known.
    """
    guessed = placed.loc[placed["edge"].isna(), "plate"].unique()
    if len(guessed):
        raise ArgumentError(
            f"The format of plate {guessed[0]} is not known, so neither is its outermost ring; give formats."
        )
    edge = placed["edge"].astype(bool)
    return placed[~edge], f"The outermost ring ({counted(int(edge.sum()), 'well')}) is left out."


def unknown_edges(placed: pd.DataFrame) -> str:
    """Say of how many plates the edge is not known.

    Examples
    --------
    >>> placed, _ = well_positions(pd.DataFrame({"plate": "P", "well": ["B02", "B03"], "n": 1}), "n")
    >>> print(unknown_edges(placed))
    No edge is known of 1 plate: its wells do not reach all four sides, and no format is given.
    """
    n = placed.loc[placed["edge"].isna(), "plate"].nunique()
    known = f"No edge is known of {counted(n, 'plate')}: {'its' if n == 1 else 'their'} wells do not reach"
    return f"{known} all four sides, and no format is given." if n else ""


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


def _on_plates(placed: pd.DataFrame, formats: int | Mapping[str, int] | None) -> pd.DataFrame:
    """Add row, column, edge and size of the format."""
    parts = []
    for name, rows in placed.groupby("plate", sort=False):
        shape = _format(str(name), rows["well"], formats)
        try:
            at = {text: shape.parse(text) for text in rows["well"].unique()}
        except ArgumentError as error:
            raise ArgumentError(f"Plate {name}: {error}") from None
        down = rows["well"].map({text: where.row for text, where in at.items()})
        along = rows["well"].map({text: where.column for text, where in at.items()})
        twice = (down * shape.columns + along).duplicated()
        if twice.any():
            raise ArgumentError(
                f"Plate {name} has more than one row of well {rows['well'][twice].iloc[0]}; give one row per "
                "well, such as the median over its fields."
            )
        edge = (down.isin([0, shape.rows - 1]) | along.isin([0, shape.columns - 1])).astype("boolean")
        if formats is None and full_format(rows["well"].unique()) is None:
            edge[:] = pd.NA
        parts.append(rows.assign(row=down, column=along, edge=edge, size=shape.size))
    if not parts:
        return placed.assign(row=0, column=0, edge=pd.Series(dtype="boolean"), size=0)
    return pd.concat(parts).sort_index()


def _format(name: str, wells: pd.Series, formats: int | Mapping[str, int] | None) -> PlateFormat:
    if formats is None:
        return smallest_format(wells.unique())
    if isinstance(formats, Mapping) and name not in formats:
        raise ArgumentError(f"Plate {name!r} has no format; formats are given for {listed(formats)}.")
    size = formats[name] if isinstance(formats, Mapping) else formats
    if size not in FORMATS:
        raise ArgumentError(f"No plate has {size} wells; give one of {listed(sorted(FORMATS), 9)}.")
    return FORMATS[size]


def _left_out(which: pd.Series, lacks: str, why: str = "") -> str:
    number = int(which.sum())
    if number == 0:
        return ""
    one = number == 1
    reason = f"{'has' if one else 'have'} {lacks}" if lacks else f"{'is' if one else 'are'} {why}"
    return f"{counted(number, 'well')} {reason} and {'is' if one else 'are'} left out."
