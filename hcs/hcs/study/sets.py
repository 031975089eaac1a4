"""One set of a study as a unit of work: search, train, and score the tiles that it is blind to."""

import json
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.study.places import AGAIN, FEATURES, HEAD, MEASUREMENTS, SCORES, TILES, TRIALS, set_place
from hcs.study.settings import ModelSettings, TrainSettings, TuningSettings
from hcs.tables.stored import box_digest, load_table, save_table
from hcs_models.featureset import FeatureSet
from hcs_models.forest import ForestClassifier
from hcs_models.headbank import HeadBank
from hcs_models.headspec import HeadRows, HeadSettings
from hcs_models.splits import Split, split_parts
from hcs_models.trained import TrainedHead
from hcs_models.tuning import Search, SearchSpec, Trial
from hcs_plates.units import Output, Unit, digest, file_digest

MODELS = ("cnn", "forest")
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
    model, train, tuning
        Settings of the new layers, their training and the search.
    seed
        The study's seed; each set draws its own from it.
    inputs
        Digest of features, measurements and tile table: trials of other inputs are not gone on with.
    """

    results: Path
    split: Split
    model: ModelSettings
    train: TrainSettings
    tuning: TuningSettings
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
        settings = [part.model_dump(mode="json") for part in (self.model, self.train, self.tuning)]
        split = [self.split.train, self.split.validation, self.split.test, self.split.held_out]
        return Unit(f"set-{self.split.set:04d}", digest(self.inputs, settings, self.seed, split), self)

    def head_settings(self) -> HeadSettings:
        """How a head of this set is trained before anything is searched."""
        return HeadSettings(
            learning_rate=self.train.learning_rate,
            momentum=self.train.momentum,
            l2=self.model.l2,
            dropout=self.model.dropout,
            epochs=self.train.epochs,
            keep=self.train.keep,
            seed=self.own_seed,
        )

    def search(self, *, kept: bool = True) -> Search | None:
        """Open the set's search where an earlier run left it; None where nothing is searched.

        Parameters
        ----------
        kept
            Whether the search keeps its trials in the set's folder.
        """
        tuning = self.tuning
        if tuning.sampler == "none":
            return None
        spec = SearchSpec(
            tuning.sampler, tuning.trials, tuning.learning_rate, tuning.momentum, seed=self.own_seed
        )
        return Search(spec, self.folder / f"trials-{self.unit().inputs[:16]}.json" if kept else None)


@dataclass(frozen=True)
class SetData:
    """What every set of a study reads: tiles, bank and measurements, row by row the same tiles."""

    tiles: pd.DataFrame
    bank: HeadBank
    measurements: pd.DataFrame


def load_data(work: SetWork) -> SetData:
    """Load it once per process, whichever thread comes first."""
    with _LOADING:
        return _load(work.results, work.inputs, tuple(work.model.hidden), work.train.batch_size)


@lru_cache(maxsize=1)
def _load(results: Path, inputs: str, hidden: tuple[int, ...], batch_size: int) -> SetData:
    tiles = load_table(results / TILES, None, AGAIN)
    features = FeatureSet.open(results / FEATURES).load(tiles)
    measurements = load_table(results / MEASUREMENTS, None, AGAIN).loc[tiles["tile_id"]]
    return SetData(tiles, HeadBank(features, hidden=hidden, batch_size=batch_size), measurements)


def run_set(work: SetWork) -> Output:
    """Search and train the network's new layers and the forest on one set, and score what they are blind to.

    Scored are the tiles of every group that is in neither training nor validation: the test groups, and the
    wells outside both classes whose group the models never saw.
    """
    data = load_data(work)
    truth = data.tiles["positive"].astype("boolean").fillna(False).to_numpy(dtype=int)
    learnt = classed_rows(work.split, data.tiles)
    train, validation = learnt["train"], learnt["validation"]
    blind = _blind_rows(work.split, data.tiles, learnt["test"])
    rows = data.bank.rows(train, truth[train], validation, truth[validation])
    search = work.search()
    head = train_head(data.bank, rows, work.head_settings(), search)
    trials = (search or Search(SearchSpec())).table()
    forest = ForestClassifier(seed=work.own_seed).fit(data.measurements.iloc[train], truth[train])
    probabilities = {
        "cnn": data.bank.predict_proba(head, blind)[:, 1],
        "forest": forest.predict_proba(data.measurements.iloc[blind])[:, 1],
    }
    scored = data.tiles[["tile_id"]].iloc[blind]
    table = pd.concat(
        [scored.assign(model=model, probability=values) for model, values in probabilities.items()],
        ignore_index=True,
    )
    files = {
        SCORES: save_table(table, work.folder / SCORES),
        TRIALS: save_table(trials, work.folder / TRIALS),
    }
    head.save(work.folder / HEAD)
    files[HEAD] = file_digest(work.folder / HEAD)
    return {"checksum": digest(table["probability"].to_numpy()), "files": files}


def forget_damaged(work: Sequence[SetWork], receipts: Path) -> None:
    """Drop the receipts of sets whose files are not those that the receipts name: they are run again."""
    for one in work:
        receipt = receipts / f"{one.unit().name}.json"
        if receipt.is_file() and not _intact(receipt, one.folder):
            receipt.unlink()


def _intact(receipt: Path, folder: Path) -> bool:
    try:
        files = json.loads(receipt.read_text(encoding="utf-8"))["output"]["files"]
        return all(box_digest(folder / name) == files[name] for name in (SCORES, TRIALS, HEAD))
    except (ValueError, KeyError, TypeError, RecursionError):
        return False


def classed_rows(split: Split, tiles: pd.DataFrame) -> dict[str, npt.NDArray[np.int64]]:
    """Rows of the tile table that a set trains on, validates on and tests: wells of the two classes only."""
    part = split_parts(split, tiles).where(tiles["positive"].notna())
    return {name: np.flatnonzero((part == name).to_numpy(dtype=bool)) for name in PARTS}


def _blind_rows(split: Split, tiles: pd.DataFrame, tested: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Rows to score: the test tiles, and wells of neither class whose group the models never saw."""
    learnt = tiles["group"].isin([*split.train, *split.validation])
    others = np.flatnonzero((tiles["positive"].isna() & ~learnt).to_numpy(dtype=bool))
    return np.union1d(tested, others)


def train_head(bank: HeadBank, rows: HeadRows, settings: HeadSettings, search: Search | None) -> TrainedHead:
    """Search to its end, then train with the best trial's values; without a search, with the settings."""
    if search is not None:
        while (trial := search.ask()) is not None:
            search.tell(_try(bank, rows, settings, trial))
        settings = _with(settings, search.best())
    (head,) = bank.fit([(rows, settings)], workers=1)
    return head


def _try(bank: HeadBank, rows: HeadRows, settings: HeadSettings, trial: Trial) -> Trial:
    """Train with a trial's values and score it on the validation tiles."""
    (head,) = bank.fit([(rows, _with(settings, trial))], workers=1)
    kept = head.kept()
    return trial.told(kept["validation_accuracy"], kept["validation_loss"], diverged=head.diverged)


def _with(settings: HeadSettings, trial: Trial) -> HeadSettings:
    return replace(settings, learning_rate=trial.learning_rate, momentum=trial.momentum)
