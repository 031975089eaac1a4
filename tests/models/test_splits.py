"""Splits: group-disjoint, balanced, even, distinct."""

from dataclasses import replace
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_models.splits import Split, clone_splits, smallest_covering, split_parts
from hcs_plates.errors import ArgumentError

STUDY = {"train": 10, "validation": 3, "test": 2}


def clones(als: int, control: int) -> pd.Series:
    """Labels of so many clones of each class."""
    return pd.Series({f"a{i}": "ALS" for i in range(als)} | {f"c{i}": "C" for i in range(control)})


@st.composite
def plans(draw: st.DrawFn) -> tuple[int, int, dict[str, int], int, int]:
    """Sizes of both classes, counts that fit the smaller, number of sets, seed."""
    sizes = draw(st.integers(4, 14)), draw(st.integers(4, 14))
    test = draw(st.integers(1, min(sizes) - 2))
    validation = draw(st.integers(0, min(sizes) - test - 1))
    train = draw(st.integers(1, min(sizes) - test - validation))
    counts = {"train": train, "validation": validation, "test": test}
    return *sizes, counts, draw(st.integers(1, 12)), draw(st.integers(0, 2**32))


@settings(deadline=None, max_examples=30)
@given(plans())
def test_every_plan_is_disjoint_balanced_even_and_distinct(
    plan: tuple[int, int, dict[str, int], int, int],
) -> None:
    """For any classes and counts: parts share no group, classes are equal, turns differ by at most one."""
    als, control, counts, n_sets, seed = plan
    labels = clones(als, control)
    drawn = clone_splits(labels, n_sets, counts, seed)
    assert drawn.nested
    assert [split.set for split in drawn.splits] == list(range(1, n_sets + 1))
    for split in drawn.splits:
        parts = [set(split.train), set(split.validation), set(split.test)]
        assert len(set.union(*parts)) == sum(map(len, parts)) == 2 * sum(counts.values())
        for part, names in zip(("train", "validation", "test"), parts, strict=True):
            assert labels[sorted(names)].value_counts().to_dict() == (
                {"ALS": counts[part], "C": counts[part]} if counts[part] else {}
            )
    assert len({(split.train, split.validation, split.test) for split in drawn.splits}) == n_sets
    for part in ("test", "validation"):
        turns = pd.Series([name for split in drawn.splits for name in getattr(split, part)]).value_counts()
        for label in ("ALS", "C"):
            per_group = turns.reindex(labels.index[labels == label], fill_value=0)
            assert per_group.max() - per_group.min() <= 1
            if n_sets >= smallest_covering(labels, counts) and counts[part]:
                assert per_group.min() >= 1
    covered = any("smallest number" in notice for notice in drawn.notices)
    assert covered == (n_sets < smallest_covering(labels, counts))


def test_the_study_s_plan() -> None:
    """15 + 15 clones, 55 sets of 10, 3 and 2: everyone is tested 7 or 8 times and validated 11 times."""
    plan = clone_splits(clones(15, 15), 55, STUDY, seed=3)
    turns = plan.table().groupby(["part", "group"]).size()
    assert set(turns["test"]) == {7, 8}
    assert set(turns["validation"]) == {11}
    assert (plan.notices, plan.nested) == ((), True)
    assert (
        plan.summary() == "55 sets of 30 groups (20 train, 6 validation, 4 test; each group has one label)."
    )


@pytest.mark.parametrize(
    ("groups", "counts", "expected"),
    [
        (clones(15, 15), STUDY, 8),
        (clones(15, 10), STUDY, 8),
        (clones(4, 4), {"train": 2, "validation": 1, "test": 1}, 4),
        (clones(4, 4), {"train": 2, "validation": 0, "test": 2}, 2),
    ],
)
def test_the_smallest_covering_number(groups: pd.Series, counts: dict[str, int], expected: int) -> None:
    """Eight sets are enough for 15 + 15 clones; the plan says so when fewer are asked for."""
    assert smallest_covering(groups, counts) == expected
    notices = clone_splits(groups.iloc[:], 1, {**counts, "train": 1}, seed=0).notices
    assert any(f"{expected} sets are the smallest number" in notice for notice in notices)


def test_the_seed_decides_and_the_order_of_rows_does_not() -> None:
    """Same groups and seed, same sets, however the table is sorted or repeated; another seed, other sets."""
    series = clones(8, 8)
    wells = pd.DataFrame({"group": series.index, "label": series.to_numpy(), "well": "B03"})
    table = pd.concat([wells, wells]).sample(frac=1, random_state=0)
    counts = {"train": 4, "validation": 2, "test": 2}
    first = clone_splits(series, 5, counts, seed=1)
    assert clone_splits(table, 5, counts, seed=1).splits == first.splits
    assert clone_splits(series, 5, counts, seed=2).splits != first.splits


def test_groups_with_both_labels_are_counted_in_all() -> None:
    """Plate rows that hold both controls are crossed with the label: it is found, and said."""
    rows = pd.DataFrame(
        [(row, label) for row in "ABCDEFGH" for label in ("negative", "positive")], columns=["group", "label"]
    )
    plan = clone_splits(rows, 8, {"train": 5, "validation": 2, "test": 1}, seed=0)
    assert not plan.nested
    assert any("counts are groups in all" in notice for notice in plan.notices)
    assert sorted(group for split in plan.splits for group in split.test) == list("ABCDEFGH")
    assert all(len(split.train) == 5 for split in plan.splits)
    assert len(plan.table()) == 8 * 8 * 2
    plan = clone_splits(rows.iloc[:-1], 2, {"train": 5, "validation": 2, "test": 1}, seed=0)
    assert "These groups hold one label only: H." in plan.notices


def test_unequal_classes_and_no_validation_are_said() -> None:
    """What a reader of the report should know stands in the notices."""
    notices = clone_splits(clones(6, 4), 6, {"train": 3, "validation": 0, "test": 1}, seed=0).notices
    assert any("Classes differ in groups (6 ALS, 4 C)" in notice for notice in notices)
    assert any("No groups are set aside for validation" in notice for notice in notices)


@pytest.mark.parametrize(
    ("groups", "n_sets", "counts", "message"),
    [
        (clones(3, 15), 5, STUDY, "Class 'ALS' has 3 groups and each set needs 15"),
        (clones(5, 0), 5, {"train": 1, "test": 1}, "All groups have the label 'ALS'"),
        (clones(2, 2), 9, {"train": 1, "test": 1}, "Only 4 distinct sets"),
        (clones(4, 4), 0, {"train": 1, "test": 1}, "n_sets 0 must be at least 1"),
        (clones(4, 4), 1, {"train": 1, "test": 0}, "test = 0 groups must be at least 1"),
        (clones(4, 4), 1, {"train": 1, "tset": 1}, "names no part 'tset'"),
        (pd.DataFrame({"clone": ["a"]}), 1, STUDY, "has clone alone; it needs group and label, or clone"),
        (pd.Series({"a": "ALS", "b": None}), 1, STUDY, "1 rows have no group or no label"),
    ],
)
def test_refused_plans(groups: Any, n_sets: int, counts: dict[str, int], message: str) -> None:
    """What cannot be is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        clone_splits(groups, n_sets, counts, seed=0)


def test_a_wells_table_is_understood() -> None:
    """Clone and diagnosis are group and label; the study's counts are the defaults."""
    wells = pd.DataFrame({"clone": [f"{kind}{n}" for kind in "ac" for n in range(15)] * 2})
    wells["diagnosis"] = wells["clone"].str[0].map({"a": "ALS", "c": "control"})
    plan = clone_splits(wells)
    assert len(plan.splits) == 55
    assert {len(split.train) for split in plan.splits} == {20}
    pd.testing.assert_frame_equal(
        plan.table(), clone_splits(wells.drop_duplicates(), 55, STUDY, seed=0).table()
    )


def test_parts_of_tiles() -> None:
    """Tiles stand where their group does; with a value held out, tested in it and trained outside it."""
    tiles = pd.DataFrame({"group": ["a", "b", "c", "a", None, "x"], "plate": ["1", "1", "1", "2", "1", "1"]})
    split = Split(1, ("a",), ("b",), ("c",))
    assert split_parts(split, tiles).tolist() == ["train", "validation", "test", "train", None, None]
    held = replace(split, held_out=("plate", "1"))
    assert split_parts(held, tiles).tolist() == [None, None, "test", "train", None, None]
    with pytest.raises(ArgumentError, match="lacks the column 'batch', by which set 1 is made"):
        split_parts(replace(split, held_out=("batch", "1")), tiles)
    assert split.part_of("c") == "test"
    assert split.part_of("x") is None
