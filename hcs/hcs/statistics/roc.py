"""How far a ROC curve over clones could have lain elsewhere: clones drawn anew, curve by curve."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hcs.statistics.auc import checked_scores
from hcs.statistics.bootstrap import DRAWS, resamples
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]

GRID: Floats = np.linspace(0.0, 1.0, 101)
FEWEST = 3
"""Clones of a class below which a band would be a drawing of a few points."""


def roc_limits(
    scores: Sequence[float] | Floats,
    truth: Sequence[bool] | npt.NDArray[np.bool_],
    clones: Sequence[object],
    *,
    confidence: float = 0.95,
    draws: int = DRAWS,
    seed: int = 0,
) -> tuple[Floats, Floats, Floats] | None:
    """Give the pointwise band of a ROC curve: percentiles over resamples of clones within their class.

    At a false-positive rate the curve takes the highest true-positive rate of any threshold whose own rate is
    no higher, so the steps of few clones are not smoothed away (vertical averaging, Fawcett 2006, *Pattern
    Recognit. Lett.* 27:861).

    Parameters
    ----------
    scores, truth
        One score and class per row; arrays of shape (n,).
    clones
        Whose score it is; a clone with a row of either class is drawn with both.
    confidence, draws, seed
        Nominal coverage; how many resamples; their seed.

    Returns
    -------
    tuple of arrays of shape (101,), or None
        False-positive rates, and the lowest and highest true-positive rate there. None where a class has
        fewer than three clones. Where classes do not overlap no resample does: the band then has no width.

    Examples
    --------
    >>> rate, low, high = roc_limits([0.1, 0.2, 0.6, 0.4, 0.8, 0.9], [0, 0, 0, 1, 1, 1], list("abcdef"))
    >>> float(low[0]), float(high[0]), float(low[-1])
    (0.0, 1.0, 1.0)
    """
    taken, positive = checked_scores(scores, [bool(one) for one in truth])
    names, members = np.unique(np.asarray(list(clones), dtype=object).astype(str), return_inverse=True)
    if len(members) != len(taken):
        raise ArgumentError(f"{len(taken)} scores are of {len(members)} clones; give one clone per score.")
    held = np.stack([np.bincount(members[positive == side], minlength=len(names)) > 0 for side in (0, 1)])
    if held.sum(axis=1).min() < FEWEST:
        return None
    order = np.argsort(-taken, kind="stable")
    # Rows of one score pass a threshold together.
    last = np.append(np.diff(taken[order]) != 0, True)
    side, owner = positive[order], members[order]
    strata = [f"{first}{second}" for first, second in held.T]
    curves = []
    for drawn in resamples(len(names), strata=strata, draws=draws, seed=seed):
        counts = np.stack([np.bincount(one, minlength=len(names)) for one in drawn])[:, owner]
        true, false = (np.cumsum(counts * mask, axis=1) for mask in (side, ~side))
        rates = (part[:, last] / np.maximum(part[:, -1:], 1) for part in (true, false))
        curves += [_steps(*one) for one in zip(*rates, strict=True)]
    tail = (1 - confidence) / 2
    low, high = np.quantile(np.stack(curves), [tail, 1 - tail], axis=0)
    return GRID, low, high


def _steps(true: Floats, false: Floats) -> Floats:
    """Read a curve's true-positive rate at the grid's false-positive rates."""
    place = np.searchsorted(false, GRID + 1e-9, side="right")
    return np.concatenate([[0.0], true])[place]
