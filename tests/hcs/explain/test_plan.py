"""Which tiles are explained and by which heads: the sets that tested a clone, tiles spread evenly."""

from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.explain.plan import ExplainSpec, clones_to_explain, covering_sets, pictured_tiles
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs.study.places import TILES
from hcs_plates.errors import ArgumentError, NotThereError

TESTED = st.dictionaries(
    st.text("abcdefgh", min_size=1, max_size=2),
    st.sets(st.integers(0, 6), min_size=1).map(lambda sets: tuple(sorted(sets))),
    min_size=1,
    max_size=7,
)


@given(TESTED)
def test_every_clone_gets_a_set_that_tested_it(tested: dict[str, tuple[int, ...]]) -> None:
    """In the clones' order; and of few sets: no more than the harmonic sum times the fewest possible."""
    given_sets = covering_sets(tested)
    assert list(given_sets) == list(tested)
    assert all(given_sets[group] in sets for group, sets in tested.items())
    every = sorted({one for sets in tested.values() for one in sets})
    fewest = next(
        size
        for size in range(1, len(every) + 1)
        for chosen in combinations(every, size)
        if all(set(sets) & set(chosen) for sets in tested.values())
    )
    harmonic = sum(1 / place for place in range(1, len(tested) + 1))
    assert len(set(given_sets.values())) <= fewest * harmonic


@given(TESTED, st.integers(0, 2**32 - 1))
def test_the_order_of_clones_does_not_matter(tested: dict[str, tuple[int, ...]], seed: int) -> None:
    """The same set for every clone, whichever comes first."""
    shuffled = np.random.default_rng(seed).permutation(list(tested)).tolist()
    assert covering_sets({group: tested[group] for group in shuffled}) == covering_sets(tested)


def tiles_of(scores: list[float], positive: bool) -> pd.DataFrame:
    """Tiles of one clone, with an index that is not a range."""
    index = range(10, 10 + len(scores))
    return pd.DataFrame(
        {"tile": range(len(scores)), "probability": scores, "positive": positive}, index=index
    )


@pytest.mark.parametrize(
    ("scores", "positive", "chosen"),
    [
        ([0.7], True, {0: "highest, lowest, border"}),
        ([0.9, 0.6, 0.8], True, {0: "highest", 1: "lowest, border"}),
        ([0.9, 0.6, 0.1], True, {0: "highest", 2: "lowest, wrong", 1: "border"}),
        ([0.9, 0.1, 0.55, 0.7], False, {0: "highest, wrong", 1: "lowest", 2: "border", 3: "wrong"}),
        ([0.2, 0.45, 0.9, 0.95, 0.35], True, {3: "highest", 0: "lowest, wrong", 1: "border", 4: "wrong"}),
        ([0.5, 0.2], False, {0: "highest, border, wrong", 1: "lowest"}),
        ([0.5, 0.8], True, {1: "highest", 0: "lowest, border"}),
    ],
)
def test_pictured_tiles_and_why(scores: list[float], positive: bool, chosen: dict[int, str]) -> None:
    """A tile chosen twice stands once with both reasons; where none is wrong none is said to be."""
    found = pictured_tiles(tiles_of(scores, positive))
    assert dict(zip(found["tile"], found["reason"], strict=True)) == chosen
    assert found["tile"].tolist() == list(chosen)
    assert found.index.tolist() == list(range(len(chosen)))


def test_clones_are_explained_by_the_sets_that_tested_them(small_study: Study) -> None:
    """By all of those, by none that trained or validated on the clone, and controls by one of them."""
    splits = small_study.table("splits")
    plans = clones_to_explain(small_study, 2)
    assert [plan.group for plan in plans] == [*(f"a{n}" for n in range(4)), *(f"c{n}" for n in range(4))]
    for plan in plans:
        part = splits[splits["group"] == plan.group].set_index("set")["part"]
        assert plan.sets == tuple(sorted(part.index[part == "test"]))
        assert len(plan.sets) >= 1
        assert not set(plan.sets) & set(part.index[part != "test"])
        assert plan.control_set in plan.sets
    assert len({plan.control_set for plan in plans}) <= 4


def test_tiles_are_the_clones_own(small_study: Study) -> None:
    """Rows name the tile set's own tiles, with the clone's scores; pictured are the extremes of all tiles."""
    index, predictions = small_study.tiles.index, small_study.table("predictions")
    cnn = predictions[predictions["model"] == "cnn"]
    for plan in clones_to_explain(small_study, 3):
        own = (
            cnn[cnn["group"] == plan.group].groupby(["plate", "well", "field", "tile"])["probability"].mean()
        )
        assert len(plan.sampled) == 3
        for rows in (plan.pictured, plan.sampled):
            assert set(rows["group"]) == {plan.group}
            assert index["tile_id"].iloc[rows["row"]].tolist() == rows["tile_id"].tolist()
            place = rows[["plate", "well", "field", "tile"]].itertuples(index=False, name=None)
            assert rows["probability"].tolist() == pytest.approx([own[one] for one in place])
            assert (rows["positive"] == (rows["label"] == "ALS")).all()
        assert plan.pictured["probability"].max() == pytest.approx(own.max())
        assert plan.pictured["probability"].min() == pytest.approx(own.min())
        assert plan.sampled["plate"].nunique() == 2


@pytest.fixture
def by_hand(tmp_path: Path, small_study: Study) -> StudyResults:
    """Results of three sets: set 1 tested g, set 2 g and h, and set 3 trained on both; k was never tested."""
    rows = [
        ("P/A01/1/0", "A01", "g", "ALS", True),
        ("P/A02/1/0", "A02", "h", "control", False),
        ("P/A03/1/0", "A03", "k", "ALS", True),
        ("P/A04/1/0", "A04", "g", None, None),
    ]
    tiles = pd.DataFrame(
        rows,
        columns=["tile_id", "well", "group", "label", "positive"],
    ).assign(plate="P", field=1, tile=0)
    tiles.to_parquet(tmp_path / TILES)
    splits = [
        (1, "test", "g"), (1, "train", "h"), (1, "train", "k"),
        (2, "test", "g"), (2, "test", "h"), (2, "train", "k"),
        (3, "train", "g"), (3, "validation", "h"), (3, "validation", "k"),
    ]  # fmt: skip
    scored = [
        ("cnn", 1, "A01", 0.9), ("cnn", 2, "A01", 0.5), ("cnn", 2, "A02", 0.2),
        ("forest", 1, "A01", 0.0), ("forest", 2, "A02", 1.0),
    ]  # fmt: skip
    (tmp_path / "record.json").write_text('{"config": {}, "source": "by-hand.toml"}', encoding="utf-8")
    (tmp_path / "tables").mkdir()
    pd.DataFrame(splits, columns=["set", "part", "group"]).to_parquet(tmp_path / "tables" / "splits.parquet")
    predictions = pd.DataFrame(scored, columns=["model", "set", "well", "probability"])
    predictions.assign(plate="P", field=1, tile=0).to_parquet(tmp_path / "tables" / "predictions.parquet")
    return StudyResults(small_study.config, small_study.source, tmp_path)


def test_scores_are_means_over_the_sets(by_hand: StudyResults) -> None:
    """Of the network, not of the forest; wells of neither class and clones without a test are left out."""
    first, second = clones_to_explain(by_hand, 4)
    assert (first.group, first.sets, first.control_set) == ("g", (1, 2), 2)
    assert (second.group, second.sets, second.control_set) == ("h", (2,), 2)
    assert first.sampled["tile_id"].tolist() == ["P/A01/1/0"]
    assert first.sampled["probability"].tolist() == pytest.approx([0.7])
    assert first.pictured["reason"].tolist() == ["highest, lowest, border"]
    assert second.pictured["reason"].tolist() == ["highest, lowest, border"]


def test_without_tests_there_is_nothing_to_explain(by_hand: StudyResults) -> None:
    """A sentence that says what to do."""
    table = by_hand.results / "tables" / "predictions.parquet"
    predictions = pd.read_parquet(table)
    predictions[predictions["model"] == "forest"].to_parquet(table)
    with pytest.raises(NotThereError, match="no tested tiles; run `hcs study run`"):
        clones_to_explain(by_hand, 1)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"sampled": 0}, "sampled is 0 .--tiles.; give 1 or more"),
        ({"controls": -1}, "controls is -1; give a finite number of 0 or more"),
        ({"networks": -2}, "networks is -2; give a finite number of 0 or more"),
        ({"judged": -1}, "judged is -1; give a finite number of 0 or more"),
        ({"sampled": 2, "judged": 3}, "judged is 3 of 2 sampled tiles"),
        ({"block": "blok3"}, "no block 'blok3'; did you mean 'block3'"),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, int], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        ExplainSpec(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("block", "features_at", "first"),
    [
        (None, ("block5",), "block2"),
        (None, ("block3", "block1"), "block2"),
        (None, ("block1",), "block1"),
        ("block1", ("block3",), "block1"),
        ("block3", ("block3",), "block3"),
    ],
)
def test_the_first_block(block: str | None, features_at: tuple[str, ...], first: str) -> None:
    """Block 2 unless said otherwise or the features are made before it."""
    assert ExplainSpec(block=block).first_block(features_at) == first


def test_a_block_that_the_features_do_not_reach() -> None:
    """It is refused with those that they do."""
    with pytest.raises(ArgumentError, match="block3 do not depend on block4; choose from block1 to block3"):
        ExplainSpec(block="block4").first_block(("block3",))
