"""Features and their table as analyses of batches take them: numbers, one row per well."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.frames import key_names, require_columns
from hcs.wording import counted, spaced
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]


def matched(
    features: npt.NDArray[np.floating] | pd.DataFrame, table: pd.DataFrame, columns: list[str]
) -> tuple[Array, pd.DataFrame]:
    """Take features as numbers beside their table.

    Parameters
    ----------
    features
        Array of shape (n_rows, n_features); infinite ones become NaN.
    table
        What each row is.
    columns
        That it must have.

    Raises
    ------
    ArgumentError
        Features that are no numbers or no table, rows that do not match, a lacking column.

    Examples
    --------
    >>> matched(np.ones((2, 1)), pd.DataFrame({"well": ["A01"]}), ["well"])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Features of shape 2 × 1 cannot go with a table of 1 rows; give one row of one or more features for each.
    """  # noqa: E501 - a sentence is one line
    require_columns(table, columns, "The table of the features' rows")
    try:
        values = np.asarray(features, dtype=float)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "The features are not all numbers; give an array of shape (rows, features)."
        ) from error
    if values.ndim != 2 or values.shape[1] == 0 or len(values) != len(table):
        shape = " × ".join(map(str, values.shape))
        raise ArgumentError(
            f"Features of shape {shape} cannot go with a table of {len(table)} rows; give one row of one or "
            "more features for each."
        )
    return np.where(np.isfinite(values), values, np.nan), table.reset_index(drop=True)


def averaged(
    values: Array, rows: pd.DataFrame, keys: list[str], columns: list[str], said: list[str]
) -> tuple[Array, pd.DataFrame]:
    """Average tiles to wells, since a tile is no further observation of its well.

    Parameters
    ----------
    values
        Array of shape (n_rows, n_features); rows without any value, and features without any, are left out.
    rows
        What each row is.
    keys
        Columns that name a well; rows without one are left out.
    columns
        What to take along. What a well's tiles do not agree on is not known.
    said
        What was left out and averaged is added here.

    Returns
    -------
    Array of shape (n_wells, n_features), DataFrame
        Means over tiles (NaN where no tile of a well has the feature), and the wells' keys (as text) and
        columns, in the order of the keys.

    Examples
    --------
    >>> tiles = pd.DataFrame({"well": ["B02", "A01", "B02"], "batch": ["x", "x", "y"]})
    >>> said = []
    >>> values, wells = averaged(np.array([[1.0], [5], [3]]), tiles, ["well"], ["batch"], said)
    >>> values.tolist(), wells["batch"].tolist(), said
    ([[5.0], [2.0]], ['x', nan], ['batch differs within 1 well: not known there.', '3 rows are averaged to 2 wells.'])
    """  # noqa: E501 - one result
    named = rows[keys].notna().all(axis=1).to_numpy()
    seen = ~np.isnan(values).all(axis=1)
    for lost, why in (
        (~named, f"without {', '.join(keys[:-1])} or {keys[-1]}"),
        (named & ~seen, "without features"),
    ):
        if lost.any():
            said.append(f"{counted(int(lost.sum()), 'row')} {why} left out.")
    rows, values = rows[named & seen], values[named & seen]
    empty = np.isnan(values).all(axis=0)
    if len(values) and empty.any():
        said.append(f"{counted(int(empty.sum()), 'feature')} without any value left out.")
        values = values[:, ~empty]
    names = {key: key_names(rows, key) for key in keys}
    grouped = rows.groupby(list(names.values()), sort=True)
    place = grouped.ngroup().to_numpy()
    means = pd.DataFrame(values).groupby(place).mean().to_numpy()
    made = pd.DataFrame({key: held.groupby(place).first() for key, held in names.items()})
    for column in columns:
        given = rows[column].groupby(place)
        one = given.nunique() <= 1
        if not one.all():
            said.append(
                f"{spaced(column)} differs within {counted(int((~one).sum()), 'well')}: not known there."
            )
        made[column] = given.first().where(one)
    if len(made) < len(rows):
        said.append(f"{len(rows):,} rows are averaged to {counted(len(made), 'well')}.")
    return means, made.reset_index(drop=True)


def tied(rows: pd.DataFrame, name: str, label: str) -> bool:
    """Whether two columns tell each other without fail.

    Examples
    --------
    >>> tied(pd.DataFrame({"batch": ["p", "p", "q"], "label": ["ALS", "ALS", "control"]}), "batch", "label")
    True
    """
    known = rows[[name, label]].dropna().astype(str)
    return (
        known[name].nunique() > 1
        and bool((known.groupby(name)[label].nunique() == 1).all())
        and bool((known.groupby(label)[name].nunique() == 1).all())
    )
