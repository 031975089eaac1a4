"""Metadata of wells as columns of numbers for a linear model."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.frames import as_numbers
from hcs.wording import counted, spaced

LEVELS = 20
"""A column keeps so many of its most frequent values; all others count as one."""


def encode(
    wells: pd.DataFrame, columns: Sequence[str], numbers: Sequence[str] = ()
) -> tuple[npt.NDArray[np.float64], tuple[str, ...]]:
    """Write categories as one column per value, and numbers as they are.

    Parameters
    ----------
    wells
        One row per well.
    columns
        What to encode. A column with one value alone gives nothing.
    numbers
        Those of them that are numbers. A missing one counts as the mean, with a column that marks it where
        there are any; a missing category is a category.

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
            values = np.stack(
                [held.fillna(held.mean()).fillna(0.0).to_numpy(), missing.astype(float)], axis=1
            )
            if 0 < missing.sum() < len(held):
                said.append(
                    f"{counted(int(missing.sum()), 'well')} without {spaced(column)}: it counts as the mean, "
                    "and as missing."
                )
        else:
            values = _categories(wells[column], spaced(column), said)
        varied = (values != values[:1]).any(axis=0)
        made.append(values[:, varied])
        if not varied.any():
            said.append(f"{spaced(column)} is the same in all wells.")
    return np.concatenate(made, axis=1), tuple(said)


def _categories(values: pd.Series, name: str, said: list[str]) -> npt.NDArray[np.float64]:
    held = values.astype(object).where(values.notna(), "").astype(str)
    counts = held.value_counts()
    if len(counts) > LEVELS:
        said.append(f"{name} has {len(counts)} values: all but the {LEVELS} most frequent count as one.")
        kept = sorted(counts.index, key=lambda value: (-counts[value], value))[:LEVELS]
        held = held.where(held.isin(kept), "\0other")
    return np.asarray(pd.get_dummies(held, dtype=float).to_numpy())
