"""A model of one's own: fitted on every set of a study, in its tables, its report and its predictions.

    python examples/new_model.py STUDY.toml

where STUDY.toml names it: ``[models]`` ``fitted = ["cnn", "forest", "nearest"]``. To keep it, put the class
into a file of its own in ``hcs/hcs/classifiers/`` and name it in ``hcs/hcs/classifiers/registry.py``.
"""

import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

import hcs
from hcs.classifiers.model import Fitted, Model, Task
from hcs.classifiers.registry import MODELS

NEIGHBOURS = 15


@dataclass(frozen=True)
class Neighbours:
    """Training tiles in units of their own spread, and the class of each."""

    mean: npt.NDArray[np.float64]
    scale: npt.NDArray[np.float64]
    known: npt.NDArray[np.float64]
    truth: npt.NDArray[np.int64]
    settings: dict[str, Any] = field(default_factory=lambda: {"neighbours": NEIGHBOURS})

    def predict_proba(self, measured: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Share of each class among the nearest training tiles, shape (n, 2)."""
        values = self.standardised(measured)
        away = ((values[:, None, :] - self.known[None]) ** 2).sum(axis=2)
        nearest = np.argsort(away, axis=1, kind="stable")[:, :NEIGHBOURS]
        positive = self.truth[nearest].mean(axis=1)
        return np.stack([1 - positive, positive], axis=1)

    def standardised(self, measured: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Count what could not be measured as the training tiles' mean."""
        values: npt.NDArray[np.float64] = (measured.to_numpy(dtype=float) - self.mean) / self.scale
        return np.nan_to_num(values)

    def save(self, path: Path) -> None:
        """Write plain arrays, which are read without running code."""
        with path.open("wb") as stream:
            np.savez(stream, mean=self.mean, scale=self.scale, known=self.known, truth=self.truth)


class NearestTiles(Model):
    """The nearest training tiles vote."""

    name = "nearest"
    title = "nearest neighbours"
    colour, dash = "#5B4B8A", ":"
    file = "nearest.npz"

    def fit(self, fed: pd.DataFrame, task: Task) -> Fitted:
        """Learn mean and spread of the training tiles only: those of the others are not known yet."""
        learnt = fed.iloc[task.train]
        mean = learnt.mean().fillna(0.0).to_numpy(dtype=float)
        scale = learnt.std(ddof=0).fillna(0.0).replace(0.0, 1.0).to_numpy(dtype=float)
        known = np.nan_to_num((learnt.to_numpy(dtype=float) - mean) / scale)
        return Fitted(Neighbours(mean, scale, known, task.truth[task.train]))

    def load(self, path: Path) -> Neighbours:
        """Read what was kept."""
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as kept:
            return Neighbours(kept["mean"], kept["scale"], kept["known"], kept["truth"])


def main(settings: Path) -> hcs.Study:
    """Run the study with it."""
    MODELS[NearestTiles.name] = NearestTiles()
    study = hcs.Study.from_toml(settings).run()
    groups = study.table("groups")
    right = (groups["probability"] >= 0.5) == (groups["label"] == study.config.data.positive)
    print(right.groupby(groups["model"], sort=False).mean().to_string())
    print(study.report())
    return study


if __name__ == "__main__":
    main(Path(sys.argv[1]))
