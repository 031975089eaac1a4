"""One set of a study as a unit of work: fit every model, and score the tiles that it is blind to."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.classifiers.model import Inputs, Model, Task
from hcs.study.places import AGAIN, FEATURES, MEASUREMENTS, SCORES, TILES, set_place
from hcs.study.settings import StudyConfig
from hcs.tables.stored import box_digest, load_table, save_table
from hcs_models.featureset import FeatureSet
from hcs_models.splits import Split, split_parts
from hcs_plates.units import GPU, Output, Unit, digest, file_digest

PARTS = ("train", "validation", "test")
_LOADING = threading.Lock()


@dataclass(frozen=True)
class SetWork:
    """Payload of one unit.

    Parameters
    ----------
    results
        The study's results folder, visible to the worker.
    split
        Training, validation and test groups of this set.
    config
        The study's settings.
    seed
        The study's seed; each set draws its own from it.
    inputs
        Digest of features, measurements and tile table: trials of other inputs are not gone on with.
    """

    results: Path
    split: Split
    config: StudyConfig
    seed: int
    inputs: str

    @property
    def folder(self) -> Path:
        """Where the set's own tables stand."""
        return self.results / set_place(self.split.set)

    @property
    def own_seed(self) -> int:
        """The set's own seed, which does not depend on the order sets run in."""
        return int(digest(self.seed, self.split.set)[:7], 16)

    def unit(self) -> Unit:
        """Describe the work as a unit."""
        settings = [
            [model.name, *(getattr(self.config, name).model_dump(mode="json") for name in model.sections)]
            for model in self.config.fitted
        ]
        split = [self.split.train, self.split.validation, self.split.test, self.split.held_out]
        return Unit(f"set-{self.split.set:04d}", digest(self.inputs, settings, self.seed, split), self, GPU)

    def task(self, tiles: pd.DataFrame, model: Model) -> Task:
        """Say what a model learns from; its search goes on where an earlier run left it."""
        learnt = classed_rows(self.split, tiles)
        truth = tiles["positive"].astype("boolean").fillna(False).to_numpy(dtype=int)
        kept = self.folder / f"trials-{model.name}-{self.unit().inputs[:16]}.json"
        return Task(learnt["train"], learnt["validation"], truth, self.config, self.own_seed, trials=kept)


def set_files(config: StudyConfig) -> list[str]:
    """Names of the files that a set leaves in its folder."""
    kept = [[*(f"{name}.parquet" for name in model.tables), model.file] for model in config.fitted]
    return [SCORES, *(name for names in kept for name in names)]


@dataclass(frozen=True)
class SetData:
    """What every set of a study reads: tiles, and what each model is fed, row by row the same tiles."""

    tiles: pd.DataFrame
    fed: dict[str, Any]


def load_data(work: SetWork) -> SetData:
    """Load it once per process, whichever thread comes first."""
    with _LOADING:
        return _load(work.results, work.inputs, work.config)


@lru_cache(maxsize=1)
def _load(results: Path, inputs: str, config: StudyConfig) -> SetData:
    tiles = load_table(results / TILES, None, AGAIN)
    features = FeatureSet.open(results / FEATURES).load(tiles)
    measurements = load_table(results / MEASUREMENTS, None, AGAIN).loc[tiles["tile_id"]]
    given = Inputs(features, measurements)
    return SetData(tiles, {model.name: model.feed(given, config) for model in config.fitted})


def run_set(work: SetWork) -> Output:
    """Fit every model on one set, keep it, and score what it is blind to.

    Scored are the tiles of every group that is in neither training nor validation: the test groups, and the
    wells outside both classes whose group the models never saw.
    """
    data = load_data(work)
    blind = _blind_rows(work.split, data.tiles)
    scored = data.tiles[["tile_id"]].iloc[blind]
    parts, files = [], {}
    for model in work.config.fitted:
        fed = data.fed[model.name]
        fitted = model.fit(fed, work.task(data.tiles, model))
        probability = model.predict(fitted.trained, fed, blind)
        parts.append(scored.assign(model=model.name, probability=probability))
        for name in model.tables:
            file = work.folder / f"{name}.parquet"
            files[file.name] = save_table(fitted.tables[name], file)
        model.save(fitted.trained, work.folder / model.file)
        files[model.file] = file_digest(work.folder / model.file)
    table = pd.concat(parts, ignore_index=True)
    files[SCORES] = save_table(table, work.folder / SCORES)
    return {"checksum": digest(table["probability"].to_numpy()), "files": files}


def forget_damaged(work: Sequence[SetWork], receipts: Path) -> None:
    """Drop the receipts of sets whose files are not those that the receipts name: they are run again."""
    for one in work:
        receipt = receipts / f"{one.unit().name}.json"
        if receipt.is_file() and not _intact(receipt, one):
            receipt.unlink()


def _intact(receipt: Path, work: SetWork) -> bool:
    try:
        files = json.loads(receipt.read_text(encoding="utf-8"))["output"]["files"]
        return all(box_digest(work.folder / name) == files[name] for name in set_files(work.config))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def classed_rows(split: Split, tiles: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
    """Rows of the tile table that a set trains on, validates on and tests: wells of the two classes only."""
    part = split_parts(split, tiles).where(tiles["positive"].notna())
    return {name: np.flatnonzero((part == name).to_numpy(dtype=bool)) for name in PARTS}


def stored_split(splits: pd.DataFrame, number: int) -> Split:
    """Read one set back from a study's table of splits (`hcs_models.splits.SplitPlan.table`)."""
    rows = splits[splits["set"] == number]
    parts = {part: tuple(sorted(rows.loc[rows["part"] == part, "group"].unique())) for part in PARTS}
    column, _, value = str(rows["held_out"].iloc[0]).partition("=")
    return Split(number, **parts, held_out=(column, value) if column else None)


def _blind_rows(split: Split, tiles: pd.DataFrame) -> npt.NDArray[np.int64]:
    """Rows to score: the test tiles, and wells of neither class whose group the models never saw."""
    learnt = tiles["group"].isin([*split.train, *split.validation])
    others = np.flatnonzero((tiles["positive"].isna() & ~learnt).to_numpy(dtype=bool))
    return np.union1d(classed_rows(split, tiles)["test"], others)
