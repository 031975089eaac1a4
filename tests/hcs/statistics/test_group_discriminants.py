"""Scores of groups not trained on: scikit-learn's discriminants set by set, fair nulls."""

from itertools import permutations

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.special import expit
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.metrics import roc_auc_score
from sklearn.preprocessing import StandardScaler

from hcs.statistics.folds import Set
from hcs.statistics.group_discriminants import SHRINKAGE, blind_scores

Floats = npt.NDArray[np.float64]
N, WELLS = 12, 4
POSITIVE = np.arange(N) < N / 2


def pairs(positive: npt.NDArray[np.bool_], seed: int) -> list[Set]:
    """Three rounds of sets that leave out one group of each class."""
    rng = np.random.default_rng(seed)
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    dealt = [pair for _ in range(3) for pair in zip(*(rng.permutation(one) for one in classes), strict=True)]
    return [(np.setdiff1d(np.arange(len(positive)), pair), np.array(pair)) for pair in dealt]


def groups(seed: int, effect: float = 0.0, columns: int = 3) -> tuple[Floats, npt.NDArray[np.intp]]:
    """Values of four wells each of twelve groups, with a part of the group's own; half are positive."""
    rng = np.random.default_rng(seed)
    members = np.repeat(np.arange(N), WELLS)
    own = rng.normal(size=(N, columns)) + effect * np.arange(columns) * (np.arange(N) < N / 2)[:, None]
    return own[members] + rng.normal(size=(N * WELLS, columns)), members


@pytest.mark.parametrize("seed", range(3))
def test_scores_are_scikit_learns(seed: int) -> None:
    """Standardised, shrunk by a tenth, equal priors, group by group the mean over sets: to 1e-6."""
    values, members = groups(seed, 0.4)
    sets = pairs(POSITIVE, seed)
    found = blind_scores(values, members, POSITIVE, sets, permutations=1, seed=0)
    held: list[list[float]] = [[] for _ in range(N)]
    within = []
    for train, test in sets:
        rows = np.isin(members, train)
        scaler = StandardScaler().fit(values[rows])
        model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=SHRINKAGE, priors=[0.5, 0.5])
        model.fit(scaler.transform(values[rows]), POSITIVE[members[rows]])
        scores = pd.Series(model.decision_function(scaler.transform(values))).groupby(members).mean()
        for group in test:
            held[group].append(float(expit(scores[group])))
        within.append(roc_auc_score(POSITIVE[test], scores[test]))
    plain = [float(np.mean(scores)) for scores in held]
    np.testing.assert_allclose(found.probability, plain, atol=1e-6)
    assert found.auc == pytest.approx(roc_auc_score(POSITIVE, plain))
    assert found.set_auc == pytest.approx(np.mean(within))


def test_groups_count_alike_whatever_their_wells() -> None:
    """Ten copies of a group's wells change nothing."""
    values, members = groups(4, 0.4)
    sets = pairs(POSITIVE, 0)
    more = np.concatenate([np.arange(len(members)), *[np.flatnonzero(members == 2)] * 9])
    once = blind_scores(values, members, POSITIVE, sets, permutations=5, seed=0)
    often = blind_scores(values[more], members[more], POSITIVE, sets, permutations=5, seed=0)
    np.testing.assert_allclose(once.probability, often.probability)
    np.testing.assert_allclose(once.null, often.null)


def test_the_null_is_that_of_every_arrangement_of_the_groups() -> None:
    """Three and three groups: the drawn areas have the distribution of all 720 arrangements."""
    rng = np.random.default_rng(3)
    values, members, positive = rng.normal(size=(6, 2)), np.arange(6), np.arange(6) < 3
    sets = pairs(positive, 0)
    drawn = blind_scores(values, members, positive, sets, permutations=1000, seed=1).null
    every = [
        blind_scores(values[list(order)], members, positive, sets, permutations=0, seed=0).auc
        for order in permutations(range(6))
    ]
    areas = np.unique(every)
    shares = [[np.isclose(null, area).mean() for area in areas] for null in (drawn, np.array(every))]
    np.testing.assert_allclose(shares[0], shares[1], atol=0.05)


def test_left_out_groups_pull_chance_below_one_half_in_the_null_too() -> None:
    """A null study of balanced test sets has a mean area below one half; its p is uniform all the same."""
    areas, nulls, ps = [], [], []
    for seed in range(80):
        values, members = groups(seed)
        sets = pairs(POSITIVE, seed)
        found = blind_scores(values, members, POSITIVE, sets, permutations=19, seed=seed)
        areas.append(found.auc)
        nulls.append(found.null.mean())
        ps.append((1 + (found.null >= found.auc).sum()) / 20)
    assert np.mean(nulls) < 0.48
    assert np.mean(areas) == pytest.approx(np.mean(nulls), abs=0.06)
    # Areas are few numbers, so p-values come in steps: the mean of a calibrated p is a little above one half.
    assert np.mean(ps) == pytest.approx(0.52, abs=0.1)


def test_constant_columns_say_nothing() -> None:
    """All scores one half, the area one half; no division by zero."""
    values, members = np.ones((N * WELLS, 2)), np.repeat(np.arange(N), WELLS)
    found = blind_scores(values, members, POSITIVE, pairs(POSITIVE, 0), permutations=3, seed=0)
    np.testing.assert_allclose(found.probability, 0.5)
    assert found.auc == found.set_auc == 0.5
    assert found.null.tolist() == [0.5] * 3


def test_groups_never_tested_have_no_score() -> None:
    """And the area is over the others."""
    values, members = groups(0, 1.0)
    sets = [one for one in pairs(POSITIVE, 0) if 3 not in one[1]]
    found = blind_scores(values, members, POSITIVE, sets, permutations=2, seed=0)
    assert np.flatnonzero(np.isnan(found.probability)).tolist() == [3]
    known = np.arange(N) != 3
    assert found.auc == pytest.approx(roc_auc_score(POSITIVE[known], found.probability[known]))
