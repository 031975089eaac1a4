"""Left out one at a time: groups, batches, plates."""

import pandas as pd
import pytest

from hcs_models.boundaries import audit
from hcs_models.designs import leave_one_group_out, leave_one_value_out
from hcs_models.splits import smallest_covering, split_parts
from hcs_plates.errors import ArgumentError

COUNTS = {"train": 3, "validation": 1, "test": 1}


def wells(batches: str = "123", n: int = 6) -> pd.DataFrame:
    """Every clone of two classes in every batch."""
    rows = [(f"{kind}{k}", kind, batch) for kind in "ac" for k in range(n) for batch in batches]
    return pd.DataFrame(rows, columns=["clone", "diagnosis", "batch"])


@pytest.mark.parametrize("validation", [0, 1, 2])
def test_every_group_is_tested_once_alone(validation: int) -> None:
    """All others but the validation groups are trained on; validation is even within each class."""
    plan = leave_one_group_out(wells(), validation, seed=1)
    assert sorted(split.test for split in plan.splits) == [(f"{kind}{k}",) for kind in "ac" for k in range(6)]
    for split in plan.splits:
        assert len(split.validation) == 2 * validation
        assert len({*split.train, *split.validation, *split.test}) == 12
    table = plan.table()
    for kind in "ac":
        counts = table[(table["part"] == "validation") & (table["label"] == kind)]["group"].value_counts()
        if validation:
            every = counts.reindex([f"{kind}{k}" for k in range(6)], fill_value=0)
            assert every.max() - every.min() <= 1
    assert any("over the groups" in notice for notice in plan.notices)


def test_groups_with_both_labels_are_left_out_whole() -> None:
    """A plate row that holds both controls is one group; a set then tests both labels."""
    rows = pd.DataFrame({"group": list("ABCDABCD"), "label": list("ppppnnnn")})
    plan = leave_one_group_out(rows, validation=1)
    assert not plan.nested
    assert [split.test for split in plan.splits] == [("A",), ("B",), ("C",), ("D",)]
    assert {len(split.train) for split in plan.splits} == {2}


def test_neither_clone_nor_batch_is_seen_twice() -> None:
    """Every batch is left out; test tiles are of its clones that were trained in no batch."""
    table = wells().rename(columns={"clone": "group", "diagnosis": "label"})
    plan = leave_one_value_out(table, "batch", COUNTS, seed=2)
    assert [split.set for split in plan.splits] == list(range(1, len(plan.splits) + 1))
    assert len(plan.splits) == 3 * smallest_covering(table, COUNTS)
    for split in plan.splits:
        assert split.held_out is not None
        parts = split_parts(split, table)
        test, learnt = table[parts == "test"], table[parts.isin(["train", "validation"])]
        assert set(test["batch"]) == {split.held_out[1]}
        assert split.held_out[1] not in set(learnt["batch"])
        assert not set(test["group"]) & set(learnt["group"])
        assert set(test["label"]) == {"a", "c"}
    audit(plan, table)
    tested = plan.table().query("part == 'test'").groupby("held_out")["group"].nunique()
    assert tested.to_dict() == {f"batch={value}": 12 for value in "123"}


def test_clones_of_one_batch_only() -> None:
    """A clone grown in one batch is tested there and trained on when another is left out."""
    rows = [(f"{kind}{k}", kind, "12"[k % 2]) for kind in "ac" for k in range(10)]
    table = pd.DataFrame(rows, columns=["group", "label", "batch"])
    plan = leave_one_value_out(table, "batch", COUNTS)
    for split in plan.splits:
        parts = split_parts(split, table)
        assert parts.value_counts().to_dict() == {"train": 6, "validation": 2, "test": 2}
    tested = set(plan.table().query("part == 'test'")["group"])
    assert tested == set(table["group"])
    assert len({(split.train, split.validation, split.test) for split in plan.splits}) == len(plan.splits)


def test_refusals() -> None:
    """One value, unknown columns, gaps, too few groups: each in a sentence."""
    with pytest.raises(ArgumentError, match="All wells have batch '1'"):
        leave_one_value_out(wells("1"), "batch", COUNTS)
    with pytest.raises(ArgumentError, match="no column 'batc'; did you mean 'batch'"):
        leave_one_value_out(wells(), "batc", COUNTS)
    gaps = wells().assign(batch=lambda table: table["batch"].where(table.index != 3))
    with pytest.raises(ArgumentError, match="1 wells have no batch"):
        leave_one_value_out(gaps, "batch", COUNTS)
    tied = wells().query("(diagnosis == 'a') == (batch == '1')")
    with pytest.raises(ArgumentError, match="Class 'a' has 0 groups for validation with batch '1' left out"):
        leave_one_value_out(tied, "batch", COUNTS)
    with pytest.raises(ArgumentError, match="Class 'a' has 2 groups; leaving one out needs 3 or more"):
        leave_one_group_out(wells(n=2), validation=1)
