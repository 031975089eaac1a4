"""Groups and labels of wells: one pair of columns, whole; never half of another."""

from typing import Any

import pandas as pd
import pytest

from hcs_models.designs import leave_one_value_out
from hcs_models.splits import clone_splits
from hcs_plates.errors import ArgumentError


def named(extra: dict[str, Any]) -> pd.DataFrame:
    """Wells of eight clones, with more columns."""
    table = pd.DataFrame({"clone": list("abcdefgh") * 2, "diagnosis": (["ALS"] * 4 + ["control"] * 4) * 2})
    return table.assign(plate=["1"] * 8 + ["2"] * 8, **extra)


@pytest.mark.parametrize("extra", [{}, {"label": "tube"}, {"group": "half"}])
def test_a_column_group_or_label_of_the_platemap_is_not_taken_for_the_clones(extra: dict[str, Any]) -> None:
    """Clone and diagnosis are the pair; one of the other pair alone changes nothing."""
    counts = {"train": 1, "validation": 0, "test": 1}
    for drawn in (clone_splits(named(extra), 2, counts), leave_one_value_out(named(extra), "plate", counts)):
        assert drawn.labels == {name: ("ALS" if name < "e" else "control",) for name in "abcdefgh"}


def test_two_pairs_that_differ_are_refused() -> None:
    """Which is meant cannot be known; where both say the same it does not matter."""
    counts = {"train": 1, "validation": 0, "test": 1}
    same = named({}).assign(group=lambda t: t["clone"], label=lambda t: t["diagnosis"])
    assert clone_splits(same, 2, counts).splits == clone_splits(named({}), 2, counts).splits
    for column in ("group", "label"):
        with pytest.raises(ArgumentError, match=f"has {column} and .*, which differ"):
            leave_one_value_out(same.assign(**{column: list("pq") * 8}), "plate", counts)
    with pytest.raises(ArgumentError, match="has label and clone alone; it needs group and label, or clone"):
        leave_one_value_out(named({"label": "x"}).drop(columns="diagnosis"), "plate", counts)
