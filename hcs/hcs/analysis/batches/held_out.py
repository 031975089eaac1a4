"""Scores of groups that a small linear model gives to those it was not trained on, set by set.

Every group counts once, whatever its number of wells, and is described by two moments of its wells: so a set
is fitted from sums, and thousands of permuted studies are fitted in seconds.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.auc import roc_area
from hcs.statistics.frames import require_columns
from hcs.wording import counted, listed, plural
from hcs_plates.errors import LeakError

Array = npt.NDArray[np.float64]
Set = tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]
SHRINKAGE = 0.1
"""Share by which the covariance of standardised columns is drawn to a round one."""
TINY = 1e-9
ROUNDS = 3
"""How often each group is tested where a study gives no sets."""


@dataclass(frozen=True)
class BlindScores:
    """What a small model says of groups it was not trained on.

    Parameters
    ----------
    probability
        Of the positive class: mean over the sets that tested the group; array of shape (n_groups,), NaN for
        groups never tested.
    auc
        Area under the curve of these.
    set_auc
        Mean over sets of the area within the set's own test groups.
    null
        `auc` of studies whose groups' wells were dealt anew among the labels and their places in the sets;
        array of shape (n_permutations,).
    """

    probability: Array
    auc: float
    set_auc: float
    null: Array


def blind_scores(
    values: Array,
    members: npt.NDArray[np.intp],
    positive: npt.NDArray[np.bool_],
    sets: Sequence[Set],
    *,
    permutations: int,
    seed: int,
) -> BlindScores:
    """Fit linear discriminants with equal priors to each set's training groups and score its test groups.

    Wells are permuted group by group against label and role in the sets together. The design stays as
    balanced as it is under every permutation, so that the pull of left-out groups, which brings the chance
    level of a balanced design below one half, is in the null distribution as it is in the score.

    Parameters
    ----------
    values
        Array of shape (n_wells, n_columns), no NaN.
    members
        Group, from 0, of each well.
    positive
        Of each group.
    sets
        Training and test groups of each set.
    permutations, seed
        Of the null distribution.
    """
    first, second = _moments(values, members, len(positive))
    trained = np.zeros((len(sets), len(positive)))
    tested = np.zeros((len(sets), len(positive)))
    for place, (train, test) in enumerate(sets):
        trained[place, train], tested[place, test] = 1, 1
    order = np.arange(len(positive))
    scores = _set_scores(first, second, positive, trained, order)
    probability, set_auc = _averaged(scores, tested), _within_sets(scores, positive, tested)
    rng = np.random.default_rng(seed)
    null = [
        _area(_averaged(_set_scores(first, second, positive, trained, each), tested), positive)
        for each in (rng.permutation(order) for _ in range(permutations))
    ]
    return BlindScores(probability, _area(probability, positive), set_auc, np.array(null))


def leave_one_of_each_out(positive: npt.NDArray[np.bool_], seed: int) -> list[Set]:
    """Draw sets that each leave out one group of each class, and train on all others.

    In each round every group is tested at least once; groups of the smaller class more often.

    Examples
    --------
    >>> sets = leave_one_of_each_out(np.array([True, True, False, False]), 0)
    >>> len(sets), sorted(np.concatenate([test for _, test in sets]).tolist())
    (6, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    """
    rng = np.random.default_rng(seed)
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    most = max(map(len, classes))
    made = []
    for _ in range(ROUNDS):
        dealt = [np.resize(rng.permutation(one), most) for one in classes]
        for pair in zip(*dealt, strict=True):
            test = np.array(pair, dtype=np.intp)
            made.append((np.setdiff1d(np.arange(len(positive)), test), test))
    return made


def blind_sets(
    names: npt.NDArray[np.object_],
    positive: npt.NDArray[np.bool_],
    splits: pd.DataFrame | None,
    *,
    seed: int = 0,
    noun: str = "clone",
) -> tuple[list[Set], tuple[str, ...]]:
    """Take a study's sets, or draw sets that leave out one group of each class.

    Parameters
    ----------
    names, positive
        Name and class of each group.
    splits
        Columns set, part (``train`` and ``test`` are used), group; None to draw sets.
    seed
        Of the draw.
    noun
        What a group is called.

    Returns
    -------
    list, tuple of str
        Training and test groups of each set, and what is to be said of them. No sets where a class has fewer
        than 2 groups.

    Raises
    ------
    LeakError
        A set trains on a group that it tests.
    """
    said: list[str] = []
    if min(positive.sum(), (~positive).sum()) < 2:
        said.append(
            f"There {'is' if len(names) == 1 else 'are'} {counted(len(names), noun)}, and a "
            f"baseline needs two or more of each class: one to train on, one to test."
        )
        return [], tuple(said)
    if splits is None:
        said.append(f"Sets that leave out one {noun} of each class were drawn.")
        return leave_one_of_each_out(positive, seed), tuple(said)
    return _given_sets(names, positive, splits, noun)


def _given_sets(
    names: npt.NDArray[np.object_], positive: npt.NDArray[np.bool_], splits: pd.DataFrame, noun: str
) -> tuple[list[Set], tuple[str, ...]]:
    """Take a study's sets as places of groups, those that can be used."""
    said: list[str] = []
    require_columns(splits, ["set", "part", "group"], "The table of sets")
    place = {str(name): number for number, name in enumerate(names)}
    known = splits[splits["group"].astype(str).isin(place)]
    strange = sorted(set(splits["group"].astype(str)) - set(place))
    if strange:
        said.append(f"{counted(len(strange), noun)} of the sets without wells here ({listed(strange)}).")
    made, lost = [], 0
    for number, part in known.groupby("set", sort=True):
        train, test = (
            np.unique([place[str(one)] for one in part.loc[part["part"] == role, "group"]]).astype(np.intp)
            for role in ("train", "test")
        )
        both = np.intersect1d(train, test)
        if len(both):
            raise LeakError(f"{noun} {names[both[0]]} is trained on and tested in set {number}.")
        usable = len(test) and len(np.unique(positive[train])) == 2
        made += [(train, test)] if usable else []
        lost += not usable
    if lost:
        said.append(f"{counted(lost, 'set')} without test {plural(noun)}, or trained on one class, left out.")
    return made, tuple(said)


def _moments(values: Array, members: npt.NDArray[np.intp], n_groups: int) -> tuple[Array, Array]:
    """Mean over each group's wells, of the columns and of their products."""
    k = values.shape[1]
    first, second = np.empty((n_groups, k)), np.empty((n_groups, k * k))
    for group in range(n_groups):
        own = values[members == group]
        first[group], second[group] = own.mean(axis=0), (own.T @ own / len(own)).ravel()
    return first, second


def _set_scores(
    first: Array, second: Array, positive: npt.NDArray[np.bool_], trained: Array,
    order: npt.NDArray[np.intp],
) -> Array:  # fmt: skip
    """Log-odds that every set's model gives to every group; array of shape (n_sets, n_groups)."""
    first, second = first[order], second[order]
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


def _averaged(scores: Array, tested: Array) -> Array:
    """Mean probability of each group over the sets that test it."""
    probability = np.where(tested > 0, 1 / (1 + np.exp(-np.clip(scores, -30, 30))), 0.0)
    times = tested.sum(axis=0)
    made = np.divide(probability.sum(axis=0), times, out=np.full(len(times), np.nan), where=times > 0)
    return np.asarray(made)


def _area(scores: Array, positive: npt.NDArray[np.bool_]) -> float:
    """Area over the groups that were tested."""
    known = ~np.isnan(scores)
    return roc_area(scores[known], positive[known])


def _within_sets(scores: Array, positive: npt.NDArray[np.bool_], tested: Array) -> float:
    """Mean over sets of the area among the set's test groups."""
    areas = [
        roc_area(score[test > 0], positive[test > 0]) for score, test in zip(scores, tested, strict=True)
    ]
    known = [area for area in areas if area == area]
    return float(np.mean(known)) if known else float("nan")
