"""Mean average precision: copairs' values, ties that count against a group, and pairs that may not meet."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.statistics.average_precision import (
    cosine_similarity,
    group_precision,
    group_similarity,
    similarity_ranks,
)

RECORDED = json.loads(Path(__file__).with_name("copairs.json").read_text(encoding="utf-8"))["sets"]
"""Written by `tests/interop/record_copairs.py`."""


@pytest.mark.parametrize("recorded", RECORDED)
def test_precision_is_that_of_copairs(recorded: dict[str, Any]) -> None:
    """Of every group, pairs on different plates or on one, groups of unlike size."""
    wells = pd.DataFrame(recorded["wells"])
    same = wells["plate"].to_numpy()[:, None] == wells["plate"].to_numpy()
    allowed = (~same if recorded["across"] else same) & ~np.eye(len(wells), dtype=bool)
    ranks = similarity_ranks(cosine_similarity(wells[list("abcde")].to_numpy(dtype=float)), allowed)
    for name, mean in recorded["mean"].items():
        members = np.flatnonzero(wells["group"] == name)
        assert group_precision(ranks, members[None, :])[0] == pytest.approx(mean, abs=1e-6)
        each = [recorded["precision"][at] for at in members]
        assert mean == pytest.approx(np.mean([one for one in each if one is not None]), abs=1e-6)


def test_ties_and_lone_profiles() -> None:
    """Profiles all alike find each other last; one that may meet nobody of its group has no precision."""
    alike = np.ones((6, 6))
    ranks = similarity_ranks(alike, ~np.eye(6, dtype=bool))
    # Two of a group among five at rank 5: precision (1/5 + 2/5) / 2.
    assert group_precision(ranks, np.array([[0, 1, 2]]))[0] == pytest.approx(0.3)
    nobody = similarity_ranks(alike, np.zeros((6, 6), dtype=bool))
    assert np.isnan(group_precision(nobody, np.array([[0, 1]]))).all()
    assert np.isnan(group_similarity(alike, np.zeros((6, 6), dtype=bool), np.array([[0, 1]]))).all()


def test_similarity_is_the_median_of_allowed_pairs() -> None:
    """By hand, of a group of three; profiles that are 0 throughout are like nothing."""
    profiles = np.array([[1.0, 0], [1, 1], [0, 2], [0, 0]])
    similarity = cosine_similarity(profiles)
    assert similarity[3].tolist() == [0, 0, 0, 0]
    allowed = ~np.eye(4, dtype=bool)
    assert group_similarity(similarity, allowed, np.array([[0, 1, 2]]))[0] == pytest.approx(np.sqrt(0.5))
    allowed[0, 1] = allowed[1, 0] = allowed[1, 2] = allowed[2, 1] = False
    assert group_similarity(similarity, allowed, np.array([[0, 1, 2]]))[0] == 0.0
