"""Wells as rows of numbers: features averaged over their tiles, metadata written as columns."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.frames import as_numbers, key_names, require_columns
from hcs.statistics.scaling import as_floats
from hcs.wording import counted, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names

Array = npt.NDArray[np.float64]
Features: TypeAlias = npt.NDArray[np.floating] | pd.DataFrame

LEVELS = 20
"""A column keeps so many of its most frequent values; all others count as one."""
IMPUTED = "Missing features count as the mean of the training wells."


@dataclass(frozen=True)
class Columns:
    """Columns of a table of features' rows.

    Parameters
    ----------
    label, group, plate, well, batch
        Their names.
    noun
        What a group is called.
    role, negative
        Column of roles, and that of negative controls; an empty role where none are needed.
    protect
        Columns whose effects a correction keeps.
    """

    label: str
    group: str
    plate: str
    well: str
    batch: str = ""
    noun: str = "clone"
    role: str = ""
    negative: str = ""
    protect: tuple[str, ...] = ()

    @property
    def keys(self) -> list[str]:
        """Columns that name a well."""
        return [self.group, self.plate, self.well]


def categories(rows: pd.DataFrame, *columns: str) -> pd.DataFrame:
    """Write values of columns as names, so that 1.0 and "1" are one.

    Examples
    --------
    >>> categories(pd.DataFrame({"batch": [1.0, None, "1"]}), "batch")["batch"].tolist()
    ['1', nan, '1']
    """
    return rows.assign(**{name: as_names(rows[name], numbers=True) for name in columns})


def matched(features: Features, table: pd.DataFrame, columns: list[str]) -> tuple[Array, pd.DataFrame]:
    """Take features, array of shape (n_rows, n_features), as numbers beside their table; infinite ones as NaN.

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
    values = as_floats(features)
    if values.ndim != 2 or values.shape[1] == 0 or len(values) != len(table):
        shape = " × ".join(map(str, values.shape))
        raise ArgumentError(
            f"Features of shape {shape} cannot go with a table of {len(table)} rows; give one row of one or "
            "more features for each."
        )
    return np.where(np.isfinite(values), values, np.nan), table.reset_index(drop=True)


def averaged(
    values: Array, rows: pd.DataFrame, keys: list[str], columns: Sequence[str], said: list[str]
) -> tuple[Array, pd.DataFrame]:
    """Average tiles to wells, since a tile is no further observation of its well.

    Rows without one of the keys, which name a well, or without any value are left out, and so are features
    without any; what else is to be known of wells, and its tiles do not agree on, is not known.

    Parameters
    ----------
    values, rows
        As `matched` gives them.
    keys, columns
        That name a well; to take along.
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
    values, rows = _known(values, rows, keys, said)
    names = {key: key_names(rows, key) for key in keys}
    place = rows.groupby(list(names.values()), sort=True).ngroup().to_numpy()
    means = pd.DataFrame(values).groupby(place).mean().to_numpy()
    made = pd.DataFrame({key: held.groupby(place).first() for key, held in names.items()})
    for column in columns:
        given = rows[column].groupby(place)
        one = given.nunique() <= 1
        if not one.all():
            wells = counted(int((~one).sum()), "well")
            said.append(f"{spaced(column)} differs within {wells}: not known there.")
        made[column] = given.first().where(one)
    if len(made) < len(rows):
        said.append(f"{len(rows):,} rows are averaged to {counted(len(made), 'well')}.")
    return means, made.reset_index(drop=True)


def _known(values: Array, rows: pd.DataFrame, keys: list[str], said: list[str]) -> tuple[Array, pd.DataFrame]:
    """Rows of named wells with features, and features with values."""
    named = rows[keys].notna().all(axis=1).to_numpy()
    seen = ~np.isnan(values).all(axis=1)
    for lost, why in (
        (~named, f"{', '.join(keys[:-1])} or {keys[-1]}"),
        (named & ~seen, "features"),
    ):
        if lost.any():
            said.append(f"{counted(int(lost.sum()), 'row')} without {why} left out.")
    rows, values = rows[named & seen], values[named & seen]
    empty = np.isnan(values).all(axis=0)
    if len(values) and empty.any():
        said.append(f"{counted(int(empty.sum()), 'feature')} without any value left out.")
        values = values[:, ~empty]
    return values, rows


def tied(rows: pd.DataFrame, name: str, label: str) -> bool:
    """Whether two columns tell each other without fail.

    Examples
    --------
    >>> tied(pd.DataFrame({"batch": ["p", "p", "q"], "label": ["ALS", "ALS", "control"]}), "batch", "label")
    True
    """
    known = categories(rows[[name, label]].dropna(), name, label)
    return (
        known[name].nunique() > 1
        and bool((known.groupby(name)[label].nunique() == 1).all())
        and bool((known.groupby(label)[name].nunique() == 1).all())
    )


def encode(
    wells: pd.DataFrame, columns: Sequence[str], numbers: Collection[str] = ()
) -> tuple[Array, tuple[str, ...]]:
    """Write metadata for a linear model: categories as one column per value, and numbers as they are.

    A column with one value alone gives nothing. A missing number counts as the mean, with a column that marks
    it where there are any; a missing category is a category.

    Returns
    -------
    Array of shape (n_wells, n_encoded), tuple of str
        The columns, and what is to be said about them.

    Examples
    --------
    >>> wells = pd.DataFrame({"plate": ["P1", "P2", None], "passage": [10, 12, None], "day": [7, 7, 7]})
    >>> values, said = encode(wells, ["plate", "passage", "day"], ["passage"])
    >>> values.tolist()
    [[0.0, 1.0, 0.0, 10.0, 0.0], [0.0, 0.0, 1.0, 12.0, 0.0], [1.0, 0.0, 0.0, 11.0, 1.0]]
    >>> said
    ('1 well without passage: it counts as the mean, and as missing.', 'day is the same in all wells.')
    """
    made = [np.empty((len(wells), 0))]
    said: list[str] = []
    for column in columns:
        if column in numbers:
            held = as_numbers(wells, column, "The table of wells")
            missing = held.isna().to_numpy()
            filled = held.fillna(held.mean()).fillna(0.0).to_numpy()
            values = np.stack([filled, missing.astype(float)], axis=1)
            if 0 < missing.sum() < len(held):
                few = counted(int(missing.sum()), "well")
                said.append(f"{few} without {spaced(column)}: it counts as the mean, and as missing.")
        else:
            values = _dummies(wells, column, said)
        varied = (values != values[:1]).any(axis=0)
        made.append(values[:, varied])
        if not varied.any():
            said.append(f"{spaced(column)} is the same in all wells.")
    return np.concatenate(made, axis=1), tuple(said)


def _dummies(wells: pd.DataFrame, column: str, said: list[str]) -> Array:
    """One column per value of a category."""
    held = categories(wells, column)[column].fillna("")
    counts = held.value_counts()
    if len(counts) > LEVELS:
        name = spaced(column)
        said.append(f"{name} has {len(counts)} values: all but the {LEVELS} most frequent count as one.")
        kept = sorted(counts.index, key=lambda value: (-counts[value], value))[:LEVELS]
        held = held.where(held.isin(kept), "\0other")
    return np.asarray(pd.get_dummies(held, dtype=float).to_numpy())
