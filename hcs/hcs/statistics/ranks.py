"""A number ranked among those of control replicates, and many such numbers adjusted for together.

Replicates are whole runs of something that has nothing to find (heads on permuted labels, random heads): all
numbers of one replicate belong together, so the greatest distance of any of them adjusts for how many there
are (Westfall & Young 1993), whatever their dependence.
"""

import numpy as np

from hcs.statistics.arrays import Floats

TIE = 1e-12
"""Distances closer than this are ties, and count as at least as far."""


def rank_pvalues(
    pooled: Floats,
) -> tuple[Floats, Floats]:
    """Two-sided rank of the first column among all, row by row, plain and adjusted for the rows.

    The observed value stands before the controls', shape (n_rows, 1 + n_replicates); NaN for rows with a
    missing value or without controls.
    """
    plain, adjusted = np.full(len(pooled), np.nan), np.full(len(pooled), np.nan)
    known = ~np.isnan(pooled).any(axis=1)
    if pooled.shape[1] < 2 or not known.any():
        return plain, adjusted
    values = pooled[known]
    away = np.abs(values - values.mean(axis=1, keepdims=True))
    spread = values.std(axis=1, keepdims=True)
    away = np.divide(away, spread, out=np.zeros_like(away), where=spread > 0)
    plain[known] = (away >= away[:, :1] - TIE).mean(axis=1)
    adjusted[known] = (away.max(axis=0) >= away[:, :1] - TIE).mean(axis=1)
    return plain, adjusted
