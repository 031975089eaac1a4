"""One set of a study as a unit of work: train on its training groups, score every tile it is blind to."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.config import ModelSettings, TrainSettings
from hcs_models import Split
from hcs_models.featureset import FeatureSet
from hcs_plates.units import Output, Unit, digest

TILES = "tiles.parquet"
FEATURES = "features.zarr"
MEASUREMENTS = "measurements.parquet"
MODELS = ("cnn", "forest")


@dataclass(frozen=True)
class SetWork:
    """Payload of one unit.

    Parameters
    ----------
    results
        The study's results folder, visible to the worker.
    split
        Training, validation and test groups of this set.
    model, train
        Settings of the new layers.
    seed
        The study's seed; each set draws its own from it.
    """

    results: Path
    split: Split
    model: ModelSettings
    train: TrainSettings
    seed: int

    @property
    def folder(self) -> Path:
        """Where the set's own tables stand."""
        return self.results / "sets" / f"{self.split.set:04d}"


def set_units(work: list[SetWork], inputs: str) -> list[Unit]:
    """Units of a study's sets; `inputs` is the digest of features, measurements and tile table."""
    units = []
    for one in work:
        settings = [one.model.model_dump(mode="json"), one.train.model_dump(mode="json"), one.seed]
        parts = [one.split.train, one.split.validation, one.split.test]
        units.append(Unit(f"set-{one.split.set:04d}", digest(inputs, settings, parts), one))
    return units


@lru_cache(maxsize=1)
def _inputs(results: Path, changed: int) -> tuple[pd.DataFrame, npt.NDArray[np.float32], pd.DataFrame]:
    """Tile table, features and measurements, row by row the same tiles; loaded once per process."""
    tiles = pd.read_parquet(results / TILES)
    features = FeatureSet.open(results / FEATURES).load(tiles)
    measurements = pd.read_parquet(results / MEASUREMENTS).loc[tiles["tile_id"]]
    return tiles, features, measurements


def run_set(work: SetWork) -> Output:
    """Train the network's new layers and the forest on one set, and score what they are blind to.

    Scored are the tiles of every group that is in neither training nor validation: the test groups, and the
    wells outside both classes whose group the models never saw.
    """
    tiles, features, measurements = _inputs(work.results, (work.results / TILES).stat().st_mtime_ns)
    group, classed = tiles["group"], tiles["positive"].notna().to_numpy()
    train = classed & group.isin(work.split.train).to_numpy()
    validation = classed & group.isin(work.split.validation).to_numpy()
    blind = ~group.isin([*work.split.train, *work.split.validation]).to_numpy()
    truth = tiles["positive"].astype("boolean").fillna(False).to_numpy(dtype=int)

    head, history = _fit_head(work, features, truth, train, validation)
    forest = _fit_forest(work, measurements, truth, train)
    scored = tiles.loc[blind, ["tile_id"]]
    probabilities = {
        "cnn": head.predict_proba(features[blind])[:, 1],
        "forest": forest.predict_proba(measurements[blind])[:, 1],
    }
    table = pd.concat(
        [scored.assign(model=model, probability=values) for model, values in probabilities.items()],
        ignore_index=True,
    )
    work.folder.mkdir(parents=True, exist_ok=True)
    table.to_parquet(work.folder / "scores.parquet")
    history.assign(set=work.split.set).to_parquet(work.folder / "history.parquet")
    return {"checksum": digest(table["probability"].to_numpy())}


def _fit_head(
    work: SetWork,
    features: npt.NDArray[np.float32],
    truth: npt.NDArray[np.int_],
    train: npt.NDArray[np.bool_],
    validation: npt.NDArray[np.bool_],
) -> tuple[Any, pd.DataFrame]:
    from hcs_models.head import HeadClassifier

    settings = work.train
    head = HeadClassifier(
        hidden=work.model.hidden,
        dropout=work.model.dropout,
        l2=work.model.l2,
        learning_rate=settings.learning_rate,
        momentum=settings.momentum,
        batch_size=settings.batch_size,
        epochs=settings.epochs,
        seed=_seed(work),
    )
    held_out = (features[validation], truth[validation]) if validation.any() else None
    head.fit(features[train], truth[train], validation=held_out)
    return head, head.history_


def _fit_forest(
    work: SetWork, measurements: pd.DataFrame, truth: npt.NDArray[np.int_], train: npt.NDArray[np.bool_]
) -> Any:
    from hcs_models.forest import ForestClassifier

    return ForestClassifier(seed=_seed(work)).fit(measurements[train], truth[train])


def _seed(work: SetWork) -> int:
    """Give the set a seed of its own that does not depend on the order sets run in."""
    return int(digest(work.seed, work.split.set)[:7], 16)
