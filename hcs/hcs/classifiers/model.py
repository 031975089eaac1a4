"""What a model of a study is: name and look, what it is fed, and how it is fitted, kept and handed out."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

    Rows = npt.NDArray[np.int64]
    Scores = npt.NDArray[np.float64]


AGAIN = "run `hcs study run` again, which makes it anew"


class Section(BaseModel):
    """A section of a study file."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def as_tuple(value: Any) -> Any:
    """Take a single value where a list is expected: ``hidden = 256``."""
    return (value,) if isinstance(value, (str, int, float)) else value


@dataclass(frozen=True)
class Inputs:
    """What models may be fed, row by row the same tiles.

    Parameters
    ----------
    features
        Array of shape (n, views, n_features); None where no model is fed features.
    measurements
        One row per tile; without columns where no model is fed measurements.
    """

    features: "npt.NDArray[Any] | None"
    measurements: "pd.DataFrame"


@dataclass(frozen=True)
class Task:
    """What a model learns from in one set.

    Parameters
    ----------
    train, validation
        Rows of the tiles, shapes (n,) and (m,).
    truth
        Class of every tile, 1 or 0, shape (n_tiles,).
    config
        The study's settings (`hcs.study.settings.StudyConfig`), a section of each name.
    seed
        The set's own.
    searched
        Whether settings are searched on the validation rows where the study searches them.
    trials
        File that keeps what a search tried, so that it goes on where it was killed; None keeps nothing.
    """

    train: "Rows"
    validation: "Rows"
    truth: "Rows"
    config: Any
    seed: int
    searched: bool = True
    trials: Path | None = None


@dataclass(frozen=True)
class Fitted:
    """A trained model, and tables on how it came about that are kept beside it, by name."""

    trained: Any
    tables: "Mapping[str, pd.DataFrame]" = field(default_factory=dict)


class Model(ABC):
    """One kind of model; `hcs.classifiers.registry.MODELS` lists them all.

    What training leaves (`trained`) is the model's own: others only hand it back. Where a model is fed
    measurements, `predict`, `save` and `export` take its ``predict_proba``, ``save`` and ``settings``.
    """

    name: ClassVar[str]
    """In tables, settings and options."""
    title: ClassVar[str]
    """In prose."""
    colour: ClassVar[str]
    dash: ClassVar[str]
    fed: ClassVar[Literal["features", "measurements"]] = "measurements"
    file: ClassVar[str]
    """Of the trained model, in the folder of its set."""
    exported: ClassVar[str] = ".npz"
    """Ending of the file that `export` writes."""
    explainable: ClassVar[bool] = False
    """Whether maps can show where in the image it looks."""
    tables: ClassVar[tuple[str, ...]] = ()
    """Names of `Fitted.tables`."""
    sections: ClassVar[tuple[str, ...]] = ()
    """Sections of the study file that it is fitted by."""

    def feed(self, inputs: Inputs, config: Any) -> Any:
        """Make of the inputs what `fit` and `predict` take; once per process."""
        return inputs.measurements

    def validates(self, config: Any) -> tuple[str, str] | None:
        """Name a setting that cannot do without validation groups, and what can; None where none is set."""
        return None

    @abstractmethod
    def fit(self, fed: Any, task: Task) -> Fitted:
        """Learn from a set's training rows."""

    def predict(self, trained: Any, fed: Any, rows: "Rows | None" = None) -> "Scores":
        """Probability of the positive class of rows, shape (n,); of all rows if None."""
        scores: Scores = trained.predict_proba(fed if rows is None else fed.iloc[rows])[:, 1]
        return scores

    def save(self, trained: Any, path: Path) -> None:
        """Write one file that `load` reads back exactly, without running code of it."""
        trained.save(path)

    @abstractmethod
    def load(self, path: Path) -> Any:
        """Read what `save` wrote; raises StoreError for anything else."""

    def training(self, sets: Mapping[int, Path]) -> "dict[str, pd.DataFrame]":
        """Sum training up over sets, given the folder of each; tables by the study's names for them."""
        return {}

    def export(
        self, trained: Any, recipe: Any, path: Path, about: dict[str, Any], *, overwrite: bool = False
    ) -> Path:
        """Write a file that ends as `exported`, and a JSON file on the model beside it, with facts `about`.

        `recipe` says how its inputs are made: a `hcs_models.features.FeatureSpec`, or names of measurements.
        Raises ExistsError for a file that is there already.
        """
        from hcs_models.saved import check_free, write_described

        check_free(path, overwrite=overwrite)
        inputs = {"shape": ["n", len(recipe)], "measurements": list(recipe)}
        facts = {"input": inputs, "output": {"shape": ["n", 2]}, "model": self.name}
        facts |= {"settings": trained.settings, **about}
        return write_described(path, lambda file: self.save(trained, file), facts)
