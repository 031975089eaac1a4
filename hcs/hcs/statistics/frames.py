"""Tables as analyses take them: required columns, usable numbers, and one row per unit of evidence."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hcs.wording import counted, spaced
from hcs_plates.errors import ArgumentError, nearest


def require_columns(table: pd.DataFrame, columns: Sequence[str], what: str) -> None:
    """Refuse a table without these columns.

    Parameters
    ----------
    table
        Any.
    columns
        All needed.
    what
        What the table is, in the sentence.

    Raises
    ------
    ArgumentError
        One is lacking.

    Examples
    --------
    >>> require_columns(pd.DataFrame({"wells": [1]}), ["well"], "The table of scores")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The table of scores has no column 'well'; did you mean 'wells'?
    """
    for column in columns:
        if column not in table.columns:
            have = [str(name) for name in table.columns]
            raise ArgumentError(f"{what} has no column {column!r}; {nearest(column, have)}")


def as_numbers(table: pd.DataFrame, column: str, what: str = "The table") -> pd.Series:
    """Take a column as floating-point numbers; infinite ones become NaN.

    Raises
    ------
    ArgumentError
        A value that is no number.

    Examples
    --------
    >>> as_numbers(pd.DataFrame({"passage": ["12", None, "14"]}), "passage").tolist()
    [12.0, nan, 14.0]
    >>> as_numbers(pd.DataFrame({"passage": ["12", "p14"]}), "passage")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The table has 'p14' as passage (row 1); give numbers, or leave it empty.
    """
    require_columns(table, [column], what)
    made = pd.to_numeric(table[column], errors="coerce").astype(float)
    strange = made.isna() & table[column].notna()
    if strange.any():
        place = int(np.flatnonzero(strange.to_numpy())[0])
        raise ArgumentError(
            f"{what} has {table[column].iloc[place]!r} as {column} (row {place}); "
            "give numbers, or leave it empty."
        )
    return made.where(np.isfinite(made))


def per_unit(table: pd.DataFrame, unit: str, columns: Sequence[str]) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take one value per unit of columns that belong to a unit, such as a clone's passage.

    Parameters
    ----------
    table
        Rows of wells or images.
    unit
        Column that names the unit; rows without one are left out.
    columns
        What to take.

    Returns
    -------
    DataFrame, tuple of str
        Index: unit; the columns. Numbers that differ within a unit are averaged, other values that differ
        become missing; a sentence says so for each column.

    Examples
    --------
    >>> wells = pd.DataFrame({"clone": ["a", "a", "b"], "passage": [10, 12, 14], "sex": ["f", "f", "m"]})
    >>> values, said = per_unit(wells, "clone", ["passage", "sex"])
    >>> values["passage"].tolist(), values["sex"].tolist()
    ([11.0, 14.0], ['f', 'm'])
    >>> said
    ('passage differs between the wells of 1 clone (first a): the mean of each is taken.',)
    """
    require_columns(table, [unit, *columns], "The table")
    named = table[table[unit].notna()]
    grouped = named.groupby(named[unit].astype(str), sort=True, observed=True)
    made, said = {}, []
    for column in columns:
        several = grouped[column].nunique() > 1
        if pd.api.types.is_numeric_dtype(named[column]) and not pd.api.types.is_bool_dtype(named[column]):
            made[column] = grouped[column].mean().astype(float)
            done = "the mean of each is taken"
        else:
            made[column] = grouped[column].first().where(~several)
            done = "they count as not known"
        if several.any():
            said.append(
                f"{spaced(column)} differs between the wells of {counted(int(several.sum()), unit)} "
                f"(first {several.index[several][0]}): {done}."
            )
    return pd.DataFrame(made), tuple(said)
