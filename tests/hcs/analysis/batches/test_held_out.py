"""Sets that hold groups out: no group on both sides, and what cannot be used is said."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.batches.held_out import blind_sets, leave_one_of_each_out
from hcs_plates.errors import ArgumentError, LeakError


def test_drawn_sets_leave_out_one_of_each_class() -> None:
    """Each round tests every group at least once; training never holds a tested group."""
    positive = np.array([True] * 3 + [False] * 5)
    sets = leave_one_of_each_out(positive, 2)
    assert len(sets) == 15
    tested = np.concatenate([test for _, test in sets])
    assert set(tested) == set(range(8))
    for train, test in sets:
        assert positive[test].sum() == 1
        assert sorted(np.r_[train, test]) == list(range(8))
    np.testing.assert_array_equal(leave_one_of_each_out(positive, 2)[4][1], sets[4][1])


NAMES = np.array([f"c{place}" for place in range(4)], dtype=object)
SIDES = np.array([True, True, False, False])


def split(*sets: tuple[str, str]) -> pd.DataFrame:
    """Rows of a study's table of sets, from "train names" and "test names"."""
    rows = [
        (number, part, f"c{name}")
        for number, names in enumerate(sets)
        for part, held in zip(("train", "test"), names, strict=True)
        for name in held
    ]
    return pd.DataFrame(rows, columns=["set", "part", "group"])


def test_given_sets_are_taken_as_they_are() -> None:
    """Training and test groups of each set, by place; validation groups are in neither."""
    table = split(("02", "13"), ("13", "0"))
    table.loc[len(table)] = [1, "validation", "c2"]
    sets, said = blind_sets(NAMES, SIDES, table)
    assert [[part.tolist() for part in one] for one in sets] == [[[0, 2], [1, 3]], [[1, 3], [0]]]
    assert said == ()


@pytest.mark.parametrize(
    ("table", "number", "sentence"),
    [
        (
            split(("01", "23"), ("02", "13")),
            1,
            "1 set without test clones, or trained on one class, left out.",
        ),
        (split(("02", ""), ("0", "1")), 0, "2 sets without test clones, or trained on one class, left out."),
        (split(("029", "13")), 1, "1 clone of the sets without wells here (c9)."),
    ],
)
def test_sets_that_cannot_be_used_are_counted(table: pd.DataFrame, number: int, sentence: str) -> None:
    """Trained on one class, testing nothing, or holding groups that are not here."""
    sets, said = blind_sets(NAMES, SIDES, table)
    assert len(sets) == number
    assert said == (sentence,)


@pytest.mark.parametrize(("sides", "n"), [([True], 1), ([True, True, False], 3), ([], 0)])
def test_too_few_groups_have_no_sets(sides: list[bool], n: int) -> None:
    """One to train on and one to test are needed of each class, and the sentence says so."""
    sets, said = blind_sets(NAMES[:n], np.array(sides, dtype=bool), None)
    assert sets == []
    assert "two or more of each class are needed" in said[0]


def test_a_group_on_both_sides_is_a_leak() -> None:
    """Named with its set."""
    with pytest.raises(LeakError, match="clone c1 is trained on and tested in set 0"):
        blind_sets(NAMES, SIDES, split(("012", "13")))


def test_a_table_without_sets_is_refused() -> None:
    """Its columns are named."""
    with pytest.raises(ArgumentError, match="The table of sets has no column 'part'"):
        blind_sets(NAMES, SIDES, split(("02", "13")).drop(columns="part"))
