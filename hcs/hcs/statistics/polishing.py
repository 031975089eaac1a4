"""Median polish: a grid as overall level, row effects, column effects and residuals."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Grid = npt.NDArray[np.float64]

TOLERANCE = 1e-5
"""Polishing stops when the sum of absolute residuals changes by less than this share."""
ROUNDS = 200


@dataclass(frozen=True)
class MedianPolish:
    """A plate as overall level + row effects + column effects + residuals.

    Parameters
    ----------
    overall
        Typical value; NaN for an empty grid.
    rows, columns
        Effects; NaN for rows and columns without a value.
    residuals
        What is left; array of the grid's shape.
    n_rounds
        Rounds of polishing made.
    converged
        Whether the last round changed next to nothing.
    """

    overall: float
    rows: Grid
    columns: Grid
    residuals: Grid
    n_rounds: int
    converged: bool


def median_polish(grid: Grid) -> MedianPolish:
    """Split a grid, NaN where there is no value, by Tukey's median polish (1977), rows first.

    Examples
    --------
    Deaths from parachuting by experience and year (Velleman and Hoaglin 1981).

    >>> deaths = np.array([[14, 15, 14], [7, 4, 7], [8, 2, 10], [15, 9, 10], [0, 2, 0]])
    >>> found = median_polish(deaths)
    >>> found.overall, found.rows.tolist(), found.columns.tolist()
    (8.0, [6.0, -1.0, 0.0, 2.0, -8.0], [0.0, -1.0, 0.0])
    >>> float(np.abs(found.residuals).sum())
    19.0
    """
    left = np.array(grid, dtype=float)
    left[~np.isfinite(left)] = np.nan
    row_there, column_there = (~np.isnan(left).all(axis=axis) for axis in (1, 0))
    rows, columns, overall = np.zeros(left.shape[0]), np.zeros(left.shape[1]), 0.0
    before, n_rounds, converged = np.inf, 0, False
    while not converged and n_rounds < ROUNDS:
        n_rounds += 1
        step = _medians(left)
        left, rows = left - step[:, None], rows + step
        shift = _median(columns[column_there])
        columns, overall = columns - shift, overall + shift
        step = _medians(left.T)
        left, columns = left - step, columns + step
        shift = _median(rows[row_there])
        rows, overall = rows - shift, overall + shift
        after = float(np.nansum(np.abs(left)))
        converged = after == 0 or abs(before - after) < TOLERANCE * after
        before = after
    return MedianPolish(
        overall if row_there.any() else np.nan,
        np.where(row_there, rows, np.nan),
        np.where(column_there, columns, np.nan),
        left,
        n_rounds,
        converged,
    )


def _medians(grid: Grid) -> Grid:
    """Median of each row's values, 0 for a row without any."""
    ordered = np.sort(grid, axis=1)  # NaN stand last
    n = (~np.isnan(grid)).sum(axis=1)
    there = np.arange(len(grid))
    low, high = np.maximum((n - 1) // 2, 0), np.maximum(n // 2, 0).clip(max=grid.shape[1] - 1)
    return np.where(n > 0, (ordered[there, low] + ordered[there, high]) / 2, 0.0)


def _median(values: Grid) -> float:
    return float(np.median(values)) if len(values) else 0.0
