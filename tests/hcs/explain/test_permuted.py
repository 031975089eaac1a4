"""Heads that learnt permuted labels: dealt over whole groups, trained as the set's own head was."""

from collections import Counter
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.classifiers.cnn import Network
from hcs.explain.permuted import PermutedWork, permute_groups, permuted_head, train_permuted
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.study.sets import SetWork
from hcs_models.splits import Split
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError


@given(
    st.lists(st.tuples(st.integers(1, 5), st.integers(0, 1)), min_size=1, max_size=8), st.integers(0, 2**32)
)
def test_labels_are_dealt_over_groups(sizes: list[tuple[int, int]], seed: int) -> None:
    """Every row of a group has the group's label, and as many groups have each label as before."""
    groups = np.array([f"g{place}" for place, (size, _) in enumerate(sizes) for _ in range(size)], object)
    truth = np.array([label for size, label in sizes for _ in range(size)], np.int64)
    order = np.random.default_rng(seed).permutation(len(groups))
    dealt = permute_groups(groups[order], truth[order], np.random.default_rng(seed))
    held = {group: set(dealt[groups[order] == group]) for group in groups}
    assert all(len(labels) == 1 for labels in held.values())
    assert Counter(labels.pop() for labels in held.values()) == Counter(label for _, label in sizes)


def test_every_deal_is_as_likely() -> None:
    """Of two of each among four groups all six arrangements come, each about a sixth of the time."""
    groups, truth = np.array(list("aabcd"), object), np.array([1, 1, 1, 0, 0])
    rng = np.random.default_rng(0)
    seen = Counter(tuple(permute_groups(groups, truth, rng)[1:].tolist()) for _ in range(600))
    assert set(seen) == {tuple(int(n in one) for n in range(4)) for one in combinations(range(4), 2)}
    # 100 of each are expected, with an SD of 9.
    assert all(64 <= times <= 136 for times in seen.values())


def test_a_group_of_both_labels_is_refused() -> None:
    """There is no label of the group that could be dealt."""
    with pytest.raises(ArgumentError, match="Group 'b' holds both labels"):
        permute_groups(np.array(list("abb"), object), np.array([0, 1, 0]), np.random.default_rng(0))


def set_work(study: StudyResults, number: int) -> SetWork:
    """One of the study's sets as its table of splits has it."""
    splits = study.table("splits")
    rows, config = splits[splits["set"] == number], study.config
    train, validation, test = (
        tuple(rows.loc[rows["part"] == part, "group"]) for part in ("train", "validation", "test")
    )
    split, inputs = Split(number, train, validation, test), str(study.record["inputs"])
    return SetWork(study.results.resolve(), split, config, config.splits.seed, inputs)


def heads_of(folder: Path, set_number: int, number: int) -> list[TrainedHead]:
    """Read the permuted heads of a set."""
    return [TrainedHead.load(permuted_head(folder, set_number, place)) for place in range(number)]


def same(first: TrainedHead, second: TrainedHead) -> bool:
    """Whether two heads have the same weights, bit by bit."""
    return all(np.array_equal(one, other) for one, other in zip(first.weights, second.weights, strict=True))


def test_permuted_heads(small_study: Study, tmp_path: Path) -> None:
    """Others than the study's and than each other; the same again for the same seed, others for another."""
    work = set_work(small_study, 2)
    first = train_permuted(PermutedWork(work, tmp_path / "one", 4, seed=0))
    again = train_permuted(PermutedWork(work, tmp_path / "two", 4, seed=0))
    other = train_permuted(PermutedWork(work, tmp_path / "three", 4, seed=1))
    assert first == again != other
    own, made = small_study.trained(2, Network()), heads_of(tmp_path / "one", 2, 4)
    assert all(map(same, made, heads_of(tmp_path / "two", 2, 4)))
    assert not all(map(same, made, heads_of(tmp_path / "three", 2, 4)))
    assert len({made[place].weights[0].tobytes() for place in range(4)}) >= 3
    assert not any(same(own, one) for one in made)
    # More heads leave those before them as they are: a permutation has a seed of its own.
    train_permuted(PermutedWork(work, tmp_path / "four", 2, seed=0))
    assert all(map(same, made[:2], heads_of(tmp_path / "four", 2, 2)))


def test_they_are_trained_as_the_sets_own(
    small_study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With what its search found, on its rows, from its seed: with the true labels its own head comes out."""
    own, config = small_study.trained(3, Network()), small_study.config.train
    assert own.settings["learning_rate"] != config.learning_rate
    assert own.settings["momentum"] != config.momentum
    work = PermutedWork(set_work(small_study, 3), tmp_path, 1, seed=0)
    train_permuted(work)
    (permuted,) = heads_of(tmp_path, 3, 1)
    assert permuted.settings == own.settings
    monkeypatch.setattr("hcs.explain.permuted.permute_groups", lambda groups, truth, rng: truth)
    train_permuted(work)
    (unpermuted,) = heads_of(tmp_path, 3, 1)
    assert same(unpermuted, own)


def test_they_know_nothing_of_the_clones_they_did_not_see(small_study: Study, tmp_path: Path) -> None:
    """The study's own heads are right about nearly all test tiles; permuted ones are as often wrong."""
    splits, index = small_study.table("splits"), small_study.table("scores")
    index = index[index["model"] == "cnn"].merge(small_study.tiles.index)
    right: dict[str, list[float]] = {"own": [], "permuted": []}
    for number in range(1, 5):
        train_permuted(PermutedWork(set_work(small_study, number), tmp_path, 6, seed=3))
        tested = splits.loc[(splits["set"] == number) & (splits["part"] == "test"), "group"]
        tiles = index[index["group"].isin(tested) & index["label"].notna()]
        features, truth = small_study.features.load(tiles, view=0), (tiles["label"] == "ALS").to_numpy()
        own = small_study.trained(number, Network())
        for kind, heads in (("own", [own]), ("permuted", heads_of(tmp_path, number, 6))):
            called = [one.predict_proba(features)[:, 1] >= 0.5 for one in heads]
            right[kind] += [float((one == truth).mean()) for one in called]
    assert np.mean(right["own"]) > 0.9
    assert 0.25 < np.mean(right["permuted"]) < 0.75
