"""Folds: no group on both sides, every group tested once, every fold with its share of the target."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs.statistics.folds import check_disjoint, disjoint_folds
from hcs_plates.errors import ArgumentError, LeakError


@settings(max_examples=60, deadline=None)
@given(
    rows=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3)), min_size=1, max_size=60),
    seed=st.integers(0, 99),
)
def test_no_group_stands_on_both_sides_and_each_is_tested_once(
    rows: list[tuple[int, int]], seed: int
) -> None:
    """Whatever the groups and the target, and the same seed gives the same folds."""
    groups, target = [f"g{group}" for group, _ in rows], [f"t{value}" for _, value in rows]
    folds = disjoint_folds(groups, target, seed=seed)
    again = disjoint_folds(groups, target, seed=seed)
    assert (folds.tested == again.tested).all()
    if folds.n_folds == 0:
        assert len(set(groups)) == 1
        assert folds.caveats
        return
    tested: list[str] = []
    for train, test in folds:
        assert len(test) > 0
        assert len(train) > 0
        assert not {groups[row] for row in train} & {groups[row] for row in test}
        tested += sorted({groups[row] for row in test})
    assert sorted(tested) == sorted(set(groups))


def test_a_target_of_the_clone_is_dealt_evenly() -> None:
    """Each of 5 folds of 15 + 15 clones tests 3 + 3, however many wells they have."""
    rng = np.random.default_rng(0)
    clones = np.repeat([f"c{i:02d}" for i in range(30)], rng.integers(1, 12, 30))
    labels = np.where(clones < "c15", "ALS", "control")
    folds = disjoint_folds(clones, labels, seed=3)
    assert folds.clonal
    for _, test in folds:
        held = pd.DataFrame({"clone": clones[test], "label": labels[test]}).drop_duplicates()
        assert held["label"].value_counts().to_dict() == {"ALS": 3, "control": 3}


def test_a_target_within_clones_has_its_share_in_every_fold() -> None:
    """Clones lie on two of four plates each; every fold tests and trains on every plate."""
    rows = [(f"c{i:02d}", f"P{(i + j) % 4}") for i in range(24) for j in range(2) for _ in range(3)]
    table = pd.DataFrame(rows, columns=["clone", "plate"])
    folds = disjoint_folds(table["clone"], table["plate"], seed=1)
    assert not folds.clonal
    for train, test in folds:
        assert table["plate"].iloc[train].nunique() == table["plate"].iloc[test].nunique() == 4
    assert folds.caveats == ()


def test_many_numbers_are_stratified_by_ranges() -> None:
    """Passages of 40 clones: every fold tests two clones of each quarter."""
    passages = pd.Series(np.arange(40.0))
    folds = disjoint_folds([f"c{i}" for i in range(40)], passages, seed=0)
    for _, test in folds:
        assert pd.cut(passages.iloc[test], [-1, 9, 19, 29, 39]).value_counts().tolist() == [2] * 4


def test_folds_are_fewer_where_values_have_few_clones_and_say_what_cannot_be_learnt() -> None:
    """3 + 3 clones give 3 folds; a plate of one clone is not learnt from the others, which is said."""
    assert disjoint_folds(list("abcdef"), list("xxxyyy")).n_folds == 3
    folds = disjoint_folds(list("aabbcc"), ["p", "q", "p", "q", "p", "r"])
    assert folds.caveats == (
        "1 row of 6 have a value that no other clones have: no model could learn it, and they count as told "
        "wrong.",
    )


def test_clones_with_a_value_each_are_dealt_all_the_same() -> None:
    """Five clones, five passages: two folds, each clone tested once, none on both sides."""
    found = disjoint_folds(["a", "b", "c", "d", "e"], [10, 11, 12, 13, 14])
    assert found.n_folds == 2
    assert sorted(np.concatenate([test for _, test in found]).tolist()) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("groups", "target", "n_folds", "message"),
    [
        (["a", "b"], ["x"], 5, "1 target values cannot go with 2 rows; give one for each."),
        (["a", None], ["x", "y"], 5, "1 rows have no group; leave them out first."),
        (["a", "b"], ["x", None], 5, "1 rows have no target; leave them out first."),
        (["a", "b"], ["x", "y"], 1, "n_folds 1 must be at least 2: one to train on and one to test."),
    ],
)
def test_wrong_arguments_are_refused(
    groups: list[str], target: list[str], n_folds: int, message: str
) -> None:
    """Each with a sentence."""
    with pytest.raises(ArgumentError) as refusal:
        disjoint_folds(groups, target, n_folds=n_folds)
    assert str(refusal.value) == message


def test_a_clone_in_two_folds_is_a_leak() -> None:
    """Whoever dealt it; and so is one that no fold tests."""
    for tested in ([0, 1, 1], [-1, -1, 0]):
        with pytest.raises(LeakError, match="clone a stands in folds"):
            check_disjoint(np.array(["a", "a", "b"], dtype=object), np.array(tested))
