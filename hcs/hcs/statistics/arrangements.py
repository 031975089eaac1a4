"""What the batches of rows sum to under many arrangements at once: around rows, between and within batches.

An arrangement gives every row a batch, 0 to n_batches - 1; arrangements stand in an array of shape
(n_arrangements, n_rows).
"""

from collections.abc import Callable

import numpy as np
from scipy import sparse

from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.concordance import CELLS


def stacked(metric: Callable[[Codes, int], Floats], codes: Codes, number: int = 0) -> Floats:
    """Take a metric, one value for each arrangement, of a bounded number of arrangements at a time.

    `number` is that of batches; without it, those met.
    """
    number = number or int(codes.max()) + 1
    step = max(1, CELLS // (codes.shape[1] * number))
    return np.concatenate([metric(codes[at : at + step], number) for at in range(0, len(codes), step)])


def members(codes: Codes, number: int) -> Floats:
    """Write which row is in which batch, as 0 and 1: array of shape (n_arrangements, n_rows, n_batches)."""
    return np.asarray(codes[:, :, None] == np.arange(number), dtype=float)


def around(matrix: sparse.csr_array | Floats, held: Floats) -> Floats:
    """Sum the `members` of each batch around every row: an array of shape (n_arrangements, n, n_batches).

    The matrix says what each column's row counts around each row; shape (n, n_rows).
    """
    n_arrangements, n, number = held.shape
    summed = matrix @ held.transpose(1, 0, 2).reshape(n, -1)
    return np.asarray(summed).reshape(-1, n_arrangements, number).transpose(1, 0, 2)


def between(values: Floats, codes: Codes, number: int) -> Floats:
    """Sum of squares of centred values, shape (n_rows, n_columns), between batches, for each arrangement.

    Every one of the `number` batches has a row in each of the arrangements.
    """
    held = members(codes, number)
    sums = held.transpose(0, 2, 1) @ values
    return np.asarray((np.square(sums).sum(axis=2) / held.sum(axis=1)).sum(axis=1))


def silhouettes(values: Floats, codes: Codes, number: int) -> Floats:
    """Mean of one less the size of rows' silhouettes among batches (Rousseeuw 1987), for each arrangement.

    Values, of shape (n_rows, n_columns), are compared by Euclidean distance; of the `number` batches one may
    have no row. A row alone in its batch has the silhouette 0. NaN where one batch has all, or each row one.
    """
    from sklearn.metrics import pairwise_distances_chunked

    held = members(codes, number)
    counts = held.sum(axis=1)
    total, start = np.zeros(len(codes)), 0
    for distances in pairwise_distances_chunked(values):
        own = held[:, start : start + len(distances)] > 0
        sums = around(distances, held)
        fellows = np.broadcast_to(counts[:, None, :], own.shape)[own].reshape(own.shape[:2]) - 1
        inside = sums[own].reshape(own.shape[:2]) / np.maximum(fellows, 1)
        others = ~own & (counts > 0)[:, None, :]
        apart = np.divide(sums, counts[:, None, :], out=np.full_like(sums, np.inf), where=others)
        nearest = apart.min(axis=2)
        with np.errstate(invalid="ignore"):
            width = np.abs(nearest - inside) / np.maximum(nearest, inside)
        total += (1 - np.where(fellows > 0, np.nan_to_num(width), 0.0)).sum(axis=1)
        start += len(distances)
    met = (counts > 0).sum(axis=1)
    return np.where((met > 1) & (met < len(values)), total / len(values), np.nan)
