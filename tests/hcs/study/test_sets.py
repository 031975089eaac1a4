"""A set as a unit: what makes it another one, and which rows it learns from, tests and scores."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.classifiers.cnn import ModelSettings, TrainSettings, TuningSettings, open_search
from hcs.classifiers.registry import MODELS
from hcs.report.reported import Study
from hcs.study.sets import SetWork, classed_rows, run_set
from hcs.study.settings import ModelsSettings, StudyConfig
from hcs_models.splits import Split
from hcs_models.trained import TrainedHead
from hcs_models.tuning import Search

SPLIT = Split(1, ("a0", "c0"), ("a1", "c1"), ("a2", "c2"))


@pytest.fixture
def work(tmp_path: Path) -> SetWork:
    """A set of a study that is not there."""
    return SetWork(tmp_path, SPLIT, StudyConfig.model_validate({"data": {"plates": ["P"]}}), 0, "features")


def other(work: SetWork, **sections: Any) -> SetWork:
    """The same set under other settings."""
    return replace(work, config=work.config.model_copy(update=sections))


def search(work: SetWork) -> Search | None:
    """The network's search of a set."""
    tiles = pd.DataFrame({"group": ["a0"], "positive": pd.array([True], dtype="boolean")})
    return open_search(work.task(tiles, MODELS["cnn"]))


def test_units_follow_their_inputs(work: SetWork) -> None:
    """Another split, setting, search, seed or feature digest makes another unit; another place does not."""
    changed = [
        replace(work, split=replace(SPLIT, test=("a3", "c3"))),
        replace(work, split=replace(SPLIT, held_out=("plate", "P1"))),
        other(work, model=ModelSettings(dropout=0.1)),
        other(work, train=TrainSettings(epochs=2)),
        other(work, tuning=TuningSettings(trials=3)),
        other(work, models=ModelsSettings(fitted=("cnn",))),
        replace(work, seed=1),
        replace(work, inputs="other"),
    ]
    recipes = [one.unit().inputs for one in (work, *changed)]
    assert len(set(recipes)) == len(recipes)
    assert replace(work, results=work.results / "elsewhere").unit().inputs == recipes[0]


def test_seeds_are_the_sets_own(work: SetWork) -> None:
    """Sets of a study differ in their seeds, and so do studies."""
    others = [replace(work, split=replace(SPLIT, set=number)) for number in range(2, 30)]
    seeds = {one.own_seed for one in (work, *others, replace(work, seed=1))}
    assert len(seeds) == 30


def test_trials_of_other_inputs_are_not_gone_on_with(work: SetWork) -> None:
    """A search keeps its trials under the digest of all it depends on."""
    first = search(work)
    assert first is not None
    trial = first.ask()
    assert trial is not None
    first.tell(trial.told(0.5, 0.7))
    again, elsewhere = search(work), search(replace(work, inputs="other"))
    assert again is not None
    assert elsewhere is not None
    assert (len(again.trials), elsewhere.trials) == (1, [])
    assert search(other(work, tuning=TuningSettings(sampler="none"))) is None


def test_rows_of_a_held_out_batch() -> None:
    """Tested in the batch, trained in the others; wells of neither class are in no part."""
    tiles = pd.DataFrame(
        {
            "group": ["a0", "a0", "a2", "a2", "c0", "c2", "a1", "a2"],
            "batch": ["1", "2", "1", "2", "1", "2", "2", "2"],
            "positive": pd.array([True, True, True, True, False, False, True, None], dtype="boolean"),
        }
    )
    rows = classed_rows(replace(SPLIT, held_out=("batch", "2")), tiles)
    assert {name: list(part) for name, part in rows.items()} == {
        "train": [0, 4],
        "validation": [],
        "test": [3, 5],
    }
    assert list(classed_rows(SPLIT, tiles)["test"]) == [2, 3, 5]


def test_a_set_run_alone_is_the_set_of_the_study(small_study: Study, tmp_path: Path) -> None:
    """Without a search, and with it, on data of its own: nothing hangs on the sets beside it."""
    splits = small_study.table("splits").query("set == 2")
    parts = {name: tuple(sorted(part["group"])) for name, part in splits.groupby("part")}
    config = small_study.config
    for name in ("tiles.parquet", "measurements.parquet", "features.zarr"):
        (tmp_path / name).symlink_to((small_study.results / name).resolve())
    alone = SetWork(
        tmp_path,
        Split(2, parts["train"], parts["validation"], parts["test"]),
        config,
        config.splits.seed,
        "alone",
    )
    run_set(alone)
    mine = TrainedHead.load(alone.folder / "head.npz")
    theirs = TrainedHead.load(small_study.results / "sets" / "0002" / "head.npz")
    for one, other in zip(mine.weights, theirs.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    pd.testing.assert_frame_equal(
        pd.read_parquet(alone.folder / "scores.parquet"),
        pd.read_parquet(small_study.results / "sets" / "0002" / "scores.parquet"),
    )
