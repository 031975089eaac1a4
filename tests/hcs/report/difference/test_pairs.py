"""Clones scored by two studies: counts, tests and areas against numbers worked out another way."""

import itertools
from pathlib import Path

import numpy as np
import pytest
from tests.hcs.report.difference.fabricated import LABELS, SCORES, write_results

from hcs.report.difference.comparison import compare_studies
from hcs.report.difference.pairs import ClonePairs

CHANGED = SCORES | {"a2": 0.4, "a3": 0.3, "c2": 0.45, "c3": 0.7, "a0": 0.95}
"""Three clones of SCORES are called otherwise, all of them wrong."""


def paired(folder: Path, a: dict[str, float], b: dict[str, float]) -> ClonePairs:
    """Pair two studies whose CNN gives these scores."""
    one = write_results(folder / "one", scores={"cnn": a})
    other = write_results(folder / "other", scores={"cnn": b})
    (pair,) = compare_studies(one, other).pairs
    return pair


def test_calls_and_mcnemar(tmp_path: Path) -> None:
    """Clones right in one alone are counted; with 3 against 0 the exact p is 2 × (1/2)³, the smallest."""
    pair = paired(tmp_path, SCORES, CHANGED)
    assert (pair.n, pair.right_a, pair.right_b) == (8, 8, 5)
    assert (pair.only_a, pair.only_b, pair.changed) == (3, 0, 3)
    assert pair.calls.value == pytest.approx(0.25)
    assert pair.calls.smallest == pytest.approx(0.25)
    said, moved = pair.sentences()
    assert "3 clones are called right by A alone, 0 by B alone" in said
    assert "p = 0.25, smallest possible 0.25" in said
    assert "p could not have been below 0.05" in said
    assert "lower in B than in A" in moved
    assert "over 8 clones" in moved


def test_scores_of_the_true_label(tmp_path: Path) -> None:
    """The mean change and its p are those of all 256 sign patterns."""
    pair = paired(tmp_path, SCORES, CHANGED)
    change = [
        (CHANGED[clone] - SCORES[clone]) * (1 if label == "ALS" else -1) for clone, label in LABELS.items()
    ]
    sums = [abs(np.dot(signs, change)) for signs in itertools.product((-1, 1), repeat=8)]
    assert pair.shift == pytest.approx(np.mean(change))
    assert pair.shifted.value == pytest.approx(np.mean(np.array(sums) >= abs(sum(change)) - 1e-9))
    assert pair.largest == pytest.approx(0.3)


def test_the_other_way_round(tmp_path: Path) -> None:
    """B against A is A against B with everything turned, and the same p-values."""
    pair, turned = paired(tmp_path / "x", SCORES, CHANGED), paired(tmp_path / "y", CHANGED, SCORES)
    assert (turned.only_a, turned.only_b) == (pair.only_b, pair.only_a)
    assert (turned.right_a, turned.right_b) == (pair.right_b, pair.right_a)
    assert turned.shift == pytest.approx(-pair.shift)
    assert turned.calls == pair.calls
    assert turned.shifted.value == pytest.approx(pair.shifted.value)


def test_a_score_on_the_threshold(tmp_path: Path) -> None:
    """0.5 calls the positive class, as everywhere: a control there is wrong, and counted once."""
    one = write_results(tmp_path / "one", scores={"cnn": SCORES | {"c0": 0.5}})
    other = write_results(tmp_path / "other", scores={"cnn": SCORES})
    found = compare_studies(one, other)
    (pair,) = found.pairs
    assert (pair.only_a, pair.only_b) == (0, 1)
    assert pair.right_a == found.a.facts.group_result("cnn").right == 7
    row = found.clones.set_index("group").loc["c0"]
    assert (row["call_a"], row["right_a"], row["right_b"]) == ("ALS", False, True)


def test_same_scores(tmp_path: Path) -> None:
    """Nothing to test is said so, without a p-value that looks like one."""
    pair = paired(tmp_path, SCORES, SCORES)
    said, moved = pair.sentences()
    assert said.startswith("The CNN calls all 8 clones the same in A and B, 8 right (1.00;")
    assert moved == "The CNN gives every clone the same score in A and B."


def test_groups_that_hold_both_labels(tmp_path: Path) -> None:
    """Such a group is right when both of its calls are, and is one observation."""
    both = {"record": {"nested": False}}
    one = write_results(tmp_path / "one", **both)  # type: ignore[arg-type]
    groups = one.table("groups")
    groups["group"] = groups["group"].str[1:]
    moved = groups.assign(
        probability=groups["probability"].where(~((groups["group"] == "0") & (groups["label"] == "ALS")), 0.2)
    )
    first = write_results(tmp_path / "first", **both, tables={"groups": groups})  # type: ignore[arg-type]
    second = write_results(tmp_path / "second", **both, tables={"groups": moved})  # type: ignore[arg-type]
    found = compare_studies(first, second)
    assert len(found.clones) == 16
    for pair in found.pairs:
        assert (pair.n, pair.right_a, pair.right_b, pair.only_a) == (4, 4, 3, 1)


def test_numbers(tmp_path: Path) -> None:
    """Clone level before tile level, each with A, B and B − A; a model of one alone has no difference."""
    one = write_results(tmp_path / "one")
    other = write_results(tmp_path / "other", scores={"cnn": CHANGED})
    table = compare_studies(one, other).numbers.set_index(["model", "level", "number"])
    share = table.loc[("cnn", "group", "accuracy")]
    assert (share["a"], share["b"], share["difference"], share["n_a"]) == (1.0, 5 / 8, -3 / 8, 8)
    assert share["low_a"] == pytest.approx(1 / (1 + 1.959964**2 / 8), abs=1e-5)
    tiles = table.loc[("cnn", "tile by set", "accuracy")]
    assert tiles["a"] == pytest.approx(1.0 - 0.15)
    assert tiles["sd_a"] == pytest.approx(0.1 / np.sqrt(2))
    assert table.loc["forest", "b"].isna().all()
    assert table.loc["forest", "difference"].isna().all()
    levels = list(table.loc["cnn"].index.get_level_values("level"))
    assert levels.index("group") < levels.index("tile by set")


def test_clones_by_what_changed_most(tmp_path: Path) -> None:
    """Rows fall by the size of the change; a clone of one study alone stands last with what there is."""
    one = write_results(tmp_path / "one", scores={"cnn": SCORES})
    fewer = {clone: score for clone, score in CHANGED.items() if clone != "a1"}
    found = compare_studies(one, write_results(tmp_path / "other", scores={"cnn": fewer}))
    sizes = found.clones["difference"].abs()
    assert sizes.iloc[:-1].is_monotonic_decreasing
    last = found.clones.iloc[-1]
    assert (last["group"], last["score_a"], last["right_a"]) == ("a1", 0.8, True)
    assert np.isnan(last["difference"])
    assert np.isnan(last["score_b"])
    assert found.pairs[0].n == 7
