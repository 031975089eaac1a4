"""How often two test rows are put in their right order: the area under the curve, for classes and numbers.

Only rows tested by one model are compared: scores of models trained on different rows have no common zero,
and left-out rows pull the trained mean away from themselves, which would push chance below one half
(Airola et al. 2011, Comput. Stat. Data Anal. 55).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hcs.statistics.arrays import Floats, Places

CHANCE = 0.5
CELLS = 4_000_000
"""Comparisons held in memory at once."""


def class_pairs(scores: Floats, codes: Places) -> tuple[Floats, Floats]:
    """Count pairs of one fold in their right order, class against the rest.

    From scores of shape (n_arrangements, n_test, n_classes) and true classes of shape (n_arrangements,
    n_test): pairs in order (ties half; Mann & Whitney 1947), and pairs in all, (n_arrangements, n_classes).
    """
    from scipy.stats import rankdata

    member = codes[:, :, None] == np.arange(scores.shape[2])
    inside = member.sum(axis=1)
    ranks = rankdata(scores, axis=1)
    right = (ranks * member).sum(axis=1) - inside * (inside + 1) / 2
    return right, (inside * (codes.shape[1] - inside)).astype(float)


def number_pairs(predicted: Floats, values: Floats) -> tuple[Floats, Floats]:
    """Count pairs of one fold with different numbers that are in their right order.

    From arrays of shape (n_arrangements, n_test): pairs in order (ties half; Harrell et al. 1982), and pairs
    in all, (n_arrangements, 1).
    """
    n = predicted.shape[1]
    step = max(1, CELLS // max(1, n * n))
    right, number = np.empty((len(predicted), 1)), np.empty((len(predicted), 1))
    for start in range(0, len(predicted), step):
        some = slice(start, start + step)
        guess, truth = predicted[some], values[some]
        agree = np.sign(guess[:, :, None] - guess[:, None, :])
        order = np.sign(truth[:, :, None] - truth[:, None, :])
        number[some, 0] = np.abs(order).sum(axis=(1, 2)) / 2
        right[some, 0] = ((agree * order).sum(axis=(1, 2)) / 2 + number[some, 0]) / 2
    return right, number


def pooled(right: Floats, number: Floats) -> Floats:
    """Share of pairs in order: per class over all folds, then the mean of the classes.

    From arrays of shape (n_folds, n_arrangements, n_classes) to (n_arrangements,), NaN where no pair could be
    compared.
    """
    hits, pairs = right.sum(axis=0), number.sum(axis=0)
    share = np.divide(hits, pairs, out=np.full_like(hits, np.nan), where=pairs > 0)
    known = ~np.isnan(share)
    total = np.where(known, share, 0.0).sum(axis=-1)
    count = known.sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full_like(total, np.nan), where=count > 0))


@dataclass(frozen=True)
class GroupPairs:
    """Pairs in order between every two groups, so that groups can be resampled without a look at the rows.

    `right` and `number` are arrays of shape (n_classes, n_groups, n_groups).
    """

    right: Floats
    number: Floats

    def score(self, places: Places) -> float:
        """Share of pairs in order among groups, with repeats, at these places."""
        weights = np.bincount(places, minlength=self.right.shape[1]).astype(float)
        hits = (self.right @ weights) @ weights
        pairs = (self.number @ weights) @ weights
        return float(pooled(hits[None, None], pairs[None, None])[0])


def group_pairs(
    scores: Floats, truth: Floats, members: Places, n_groups: int, parts: Sequence[Places]
) -> GroupPairs:
    """Count pairs in order between groups, among the test rows at the places of each fold (`parts`).

    Scores have shape (n_rows, n_classes), or (n_rows, 1) of predicted numbers; truth and members, of shape
    (n_rows,), are class codes, or numbers where scores have one column, and groups, 0 to n_groups - 1.
    """
    n_classes = scores.shape[1]
    right, number = np.zeros((2, n_classes, n_groups, n_groups))
    for part in parts:
        inside = np.zeros((len(part), n_groups))
        inside[np.arange(len(part)), members[part]] = 1
        for one in range(n_classes):
            held = truth[part] if n_classes == 1 else (truth[part] == one).astype(float)
            above = (held[:, None] > held[None, :]).astype(float)
            score = scores[part, one]
            with np.errstate(invalid="ignore"):
                agree = (np.nan_to_num(np.sign(score[:, None] - score[None, :])) + 1) / 2
            right[one] += inside.T @ (above * agree) @ inside
            number[one] += inside.T @ above @ inside
    return GroupPairs(right, number)
