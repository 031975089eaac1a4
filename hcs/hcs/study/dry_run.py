"""What a study would do, told before it does anything: counts, sets, time and disk."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pandas as pd
from dask.system import CPU_COUNT

from hcs.classifiers.cnn import TuningSettings
from hcs.classifiers.model import Model, Task
from hcs.measure.fields import measure_field
from hcs.measure.measured import square_pixel
from hcs.measure.measurements import planes
from hcs.study.claims import Claim
from hcs.study.places import FEATURES, TILE_SET
from hcs.study.prepared import Prepared
from hcs.study.run import StudyRun
from hcs.study.settings import StudyConfig
from hcs.study.standing import is_finished
from hcs.study.wells import classes_told
from hcs_models.backbone import BATCH, load_backbone
from hcs_models.headbank import HeadBank
from hcs_models.headspec import HeadSettings
from hcs_models.splits import SplitPlan
from hcs_models.tuning import SearchSpec
from hcs_models.weights import weaker_block
from hcs_plates.errors import ExistsError

SAMPLED_EPOCHS = 2
SAMPLED_ROWS = 300
MEASUREMENTS = 22


@dataclass(frozen=True)
class Forecast:
    """A study's plan.

    Parameters
    ----------
    tiles, groups
        Tiles the study takes; groups by label.
    sets, design
        Number of sets, and a sentence on how they are made.
    views, passes
        Stored views of a tile; images that go through the network.
    trials, heads, epochs
        Trials a set; heads trained in all; epochs of each.
    seconds
        Estimate by step (network, cells, heads, and each model on measurements), from short trials on this
        machine.
    bytes
        Estimate by what is stored (tiles, features, heads, and each model on measurements).
    standing
        Boxes of an earlier run of the study that are finished and will be taken as they are.
    notices
        What the design check and the plan have to say before anything is trained.
    """

    tiles: int
    groups: dict[str, int]
    sets: int
    design: str
    views: int
    passes: int
    trials: int
    heads: int
    epochs: int
    seconds: dict[str, float]
    bytes: dict[str, int]
    standing: tuple[str, ...]
    notices: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plan as a JSON-ready dictionary."""
        return asdict(self)

    def summary(self) -> str:
        """Lines for a person."""
        groups = ", ".join(f"{count} {label}" for label, count in self.groups.items())
        times = ", ".join(f"{name} {_duration(seconds)}" for name, seconds in self.seconds.items())
        disk = ", ".join(f"{name} {size / 1e6:,.0f} MB" for name, size in self.bytes.items())
        searched = f"{self.trials} trials and 1 final fit a set" if self.trials else "nothing searched"
        lines = [
            f"groups: {groups}; {self.tiles:,} tiles",
            f"sets: {self.design}",
            f"network: {self.passes:,} images ({self.views} views a tile)",
            f"heads: {self.heads:,} ({searched}), {self.epochs} epochs each",
            f"time, from a short measurement here: {times}; in all {_duration(sum(self.seconds.values()))}",
            f"disk, at most: {disk}",
        ]
        if self.standing:
            lines.append(f"finished already and taken as it stands: {', '.join(self.standing)}")
        return "\n".join([*lines, *(f"note: {notice}" for notice in self.notices)])


def forecast(study: StudyRun) -> Forecast:
    """Plan a study that was not run yet, or in part; nothing is written.

    Raises
    ------
    HcsError
        Whatever would stop the run before it starts.
    """
    config, ready = study.config, study.prepared()
    kept = Claim.read(study.results)
    refusal = None if kept is None else kept.refusal(ready.claim, study.results)
    if refusal is not None:
        raise ExistsError(refusal)
    # A folder of a later version is refused, as by a run.
    is_finished(study, ready.plates)
    classed = ready.tiles[ready.tiles["positive"].notna()]
    trials = _trials(config.tuning)
    heads = len(ready.plan.splits) * (trials + 1)
    standing = tuple(name for name in (TILE_SET, FEATURES) if (study.results / name).is_dir())
    seconds, stored = _costs(ready, heads, _train_rows(ready.plan, classed), FEATURES in standing)
    return Forecast(
        tiles=len(ready.tiles),
        groups=classed.groupby("label")["group"].nunique().to_dict(),
        sets=len(ready.plan.splits),
        design=ready.plan.summary(),
        views=config.train.views,
        passes=len(ready.tiles) * config.train.views,
        trials=trials,
        heads=heads,
        epochs=config.train.epochs,
        seconds=seconds,
        bytes=stored,
        standing=standing,
        notices=(
            classes_told(config.data),
            *ready.notices,
            *weaker_block(ready.weights, config.model.features_at),
            *ready.design.sentences,
        ),
    )


def _costs(
    ready: Prepared, heads: int, n_train: int, extracted: bool
) -> tuple[dict[str, float], dict[str, int]]:
    """Seconds of every step on this machine, from samples of it, and bytes of all that is stored."""
    config, n_sets = ready.config, len(ready.plan.splits)
    passes = len(ready.tiles) * config.train.views
    n_features = ready.network.n_features(config.tiles.size)
    widths = [n_features, *config.model.hidden, 2]
    parameters = sum((before + 1) * after for before, after in pairwise(widths))
    seconds = {
        "network": 0.0 if extracted else passes * _image_seconds(ready),
        "cells": _cell_seconds(ready) / CPU_COUNT,
        "heads": heads * _head_seconds(config, n_train, n_features) / CPU_COUNT,
    }
    stored = {
        "tiles": len(ready.tiles) * _tile_bytes(ready),
        "features": passes * n_features * 2,
        "heads": n_sets * parameters * 4,
    }
    for model in config.fitted:
        if model.fed == "measurements":
            took, size = _sampled(model, config, n_train)
            seconds[model.name], stored[model.name] = n_sets * took / CPU_COUNT, round(n_sets * size)
    return seconds, stored


def _tile_bytes(ready: Prepared) -> int:
    """Size of one tile as it is stored, at most."""
    config, plate = ready.config, ready.plates[0]
    channels = len(config.data.channels or plate.channels)
    return config.tiles.size**2 * channels * np.dtype(plate.spec.layout.dtype).itemsize


def _trials(tuning: TuningSettings) -> int:
    """Trials a set, none where nothing is searched."""
    if tuning.sampler == "none":
        return 0
    return SearchSpec(tuning.sampler, tuning.trials, tuning.learning_rate, tuning.momentum).n_trials


def _train_rows(plan: SplitPlan, classed: pd.DataFrame) -> int:
    """Training tiles of a set, the mean over sets."""
    counts = classed["group"].value_counts()
    return round(float(np.mean([counts.reindex(split.train).sum() for split in plan.splits])))


def _seconds(work: Callable[[], object]) -> float:
    """Time of doing something once."""
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _image_seconds(ready: Prepared) -> float:
    """Time of the network on one image of the study's size, all cores at it."""
    backbone, size = load_backbone(ready.network), ready.config.tiles.size
    images = np.zeros((BATCH, size, size, 3), dtype=np.float32)
    backbone.features(images)
    with ThreadPoolExecutor(CPU_COUNT) as pool:
        spent = _seconds(lambda: list(pool.map(backbone.features, [images] * CPU_COUNT)))
    return float(spent / (BATCH * CPU_COUNT))


def _cell_seconds(ready: Prepared) -> float:
    """Time of measuring the study's fields on one core, from one; none where the forest sees tiles."""
    if not ready.specs:
        return 0.0
    plate, spec = ready.plates[0], ready.specs[0]
    field = next(iter(next(iter(plate.values())).values()))
    channels = planes(field, spec.channels, spec.time)
    n_fields = len(ready.tiles[["plate", "well", "field"]].drop_duplicates())
    return n_fields * _seconds(lambda: measure_field(channels, square_pixel(plate)[0], spec))


def _head_seconds(config: StudyConfig, n_train: int, n_features: int) -> float:
    """Time of one head of the study's shape on one core, from a few epochs of drawn features."""
    features = np.random.default_rng(0).normal(size=(n_train, 1, n_features)).astype(np.float16)
    bank = HeadBank(features, hidden=config.model.hidden, batch_size=config.train.batch_size)
    rows = bank.rows(np.arange(n_train), np.arange(n_train) % 2)
    work = [(rows, HeadSettings(epochs=SAMPLED_EPOCHS))]
    bank.fit(work, workers=1)
    return _seconds(lambda: bank.fit(work, workers=1)) / SAMPLED_EPOCHS * config.train.epochs


def _sampled(model: Model, config: StudyConfig, n_train: int) -> tuple[float, float]:
    """Time on one core and bytes of a model on measurements, from one of fewer rows and no signal."""
    n = min(n_train, SAMPLED_ROWS)
    drawn, rows = np.random.default_rng(0).normal(size=(n, MEASUREMENTS)), np.arange(n)
    measured = pd.DataFrame(drawn).rename(columns=str)
    start = time.perf_counter()
    fitted = model.fit(measured, Task(rows, rows, rows % 2, config, seed=0))
    took = time.perf_counter() - start
    with TemporaryDirectory() as folder:
        file = Path(folder) / model.file
        model.save(fitted.trained, file)
        size = file.stat().st_size
    return took * n_train / n, size * n_train / n


def _duration(seconds: float) -> str:
    """Say a time as a person does.

    Examples
    --------
    >>> _duration(42), _duration(600), _duration(9000)
    ('42 s', '10 min', '2.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"
