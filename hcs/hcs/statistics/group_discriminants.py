"""Linear discriminants scoring groups that they were not trained on, for a study and many permuted ones.

Every group counts once, whatever its number of rows, and is described by two moments of its rows: so a set is
fitted from sums, and thousands of permuted studies are fitted in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hcs.statistics.arrays import Bools, Floats, Places
from hcs.statistics.auc import roc_area
from hcs.statistics.folds import Set

SHRINKAGE = 0.1
"""Share by which the covariance of standardised columns is drawn to a round one."""
TINY = 1e-9


@dataclass(frozen=True)
class BlindScores:
    """What a small model says of groups it was not trained on.

    Parameters
    ----------
    probability
        Of the positive class: mean over the sets that tested the group, shape (n_groups,); NaN without any.
    auc, set_auc
        Area under the curve of these; mean over sets of the area within the set's own test groups.
    null
        `auc` of studies whose groups' rows were dealt anew among the labels and their places in the sets;
        array of shape (n_permutations,).
    """

    probability: Floats
    auc: float
    set_auc: float
    null: Floats


def blind_scores(
    values: Floats, members: Places, positive: Bools, sets: Sequence[Set], *, permutations: int, seed: int
) -> BlindScores:
    """Fit linear discriminants with equal priors to each set's training groups and score its test groups.

    Rows, array of shape (n_rows, n_columns) without NaN, belong to groups, and groups to a class. Rows are
    permuted group by group against label and role in the sets together. The design stays as balanced as it is
    under every permutation, so that the pull of left-out groups, which brings the chance level of a balanced
    design below one half, is in the null distribution as it is in the score.
    """
    moments = _moments(values, members, len(positive))
    trained, tested = np.zeros((2, len(sets), len(positive)))
    for place, (train, test) in enumerate(sets):
        trained[place, train], tested[place, test] = 1, 1
    scores = _set_scores(*moments, positive, trained)
    probability, set_auc = _averaged(scores, tested), _within_sets(scores, positive, tested)
    rng = np.random.default_rng(seed)
    null = []
    for _ in range(permutations):
        order = rng.permutation(len(positive))
        dealt = _set_scores(moments[0][order], moments[1][order], positive, trained)
        null.append(_area(_averaged(dealt, tested), positive))
    return BlindScores(probability, _area(probability, positive), set_auc, np.array(null))


def _moments(values: Floats, members: Places, n_groups: int) -> tuple[Floats, Floats]:
    """Mean over each group's rows, of the columns and of their products."""
    k = values.shape[1]
    first, second = np.empty((n_groups, k)), np.empty((n_groups, k * k))
    for group in range(n_groups):
        own = values[members == group]
        first[group], second[group] = own.mean(axis=0), (own.T @ own / len(own)).ravel()
    return first, second


def _set_scores(first: Floats, second: Floats, positive: Bools, trained: Floats) -> Floats:
    """Log-odds that every set's model gives to every group; array of shape (n_sets, n_groups)."""
    k, number = first.shape[1], trained.sum(axis=1, keepdims=True)
    mean = trained @ first / number
    total = (trained @ second / number).reshape(-1, k, k) - mean[:, :, None] * mean[:, None, :]
    variance = np.einsum("sii->si", total)
    scale = np.where(variance > TINY, 1 / np.sqrt(np.maximum(variance, TINY)), 0.0)
    shares = [(trained * side) for side in (positive, ~positive)]
    counts = [side.sum(axis=1, keepdims=True) for side in shares]
    above, below = ((side @ first / count - mean) * scale for side, count in zip(shares, counts, strict=True))
    within = total * scale[:, :, None] * scale[:, None, :]
    for side, count in ((above, counts[0]), (below, counts[1])):
        within = within - (count / number)[:, :, None] * side[:, :, None] * side[:, None, :]
    even = np.einsum("sii->s", within)[:, None, None] / k + TINY
    within = (1 - SHRINKAGE) * within + (SHRINKAGE * even + TINY) * np.eye(k)
    slopes = np.linalg.solve(within, (above - below)[:, :, None])[:, :, 0]
    offset = (slopes * (above + below)).sum(axis=1, keepdims=True) / 2
    slopes = slopes * scale
    return np.asarray(slopes @ first.T - (slopes * mean).sum(axis=1, keepdims=True) - offset)


def _averaged(scores: Floats, tested: Floats) -> Floats:
    """Mean probability of each group over the sets that test it."""
    probability = np.where(tested > 0, 1 / (1 + np.exp(-np.clip(scores, -30, 30))), 0.0)
    times = tested.sum(axis=0)
    made = np.divide(probability.sum(axis=0), times, out=np.full(len(times), np.nan), where=times > 0)
    return np.asarray(made)


def _area(scores: Floats, positive: Bools) -> float:
    """Area over the groups that were tested."""
    known = ~np.isnan(scores)
    return roc_area(scores[known], positive[known])


def _within_sets(scores: Floats, positive: Bools, tested: Floats) -> float:
    """Mean over sets of the area among the set's test groups."""
    areas = [
        roc_area(score[test > 0], positive[test > 0]) for score, test in zip(scores, tested, strict=True)
    ]
    known = [area for area in areas if area == area]
    return float(np.mean(known)) if known else float("nan")
