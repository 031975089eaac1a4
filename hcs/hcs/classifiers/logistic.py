"""Logistic regression on simple measurements: the plainest model there is."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, PositiveFloat

from hcs.classifiers.model import Fitted, Model, Section, Task, as_tuple
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt
    import pandas as pd

ARRAYS = ("mean", "scale", "weights")


class LogisticSettings(Section):
    """Logistic regression, where [models] fitted names it."""

    c: Annotated[tuple[PositiveFloat, ...], BeforeValidator(as_tuple)] = Field(
        (0.01, 0.1, 1.0, 10.0),
        min_length=1,
        description="inverse penalties tried; the one of the lowest log loss on the validation tiles (ours)",
    )


@dataclass(frozen=True)
class LogisticLine:
    """A fitted regression as plain arrays: of each measurement its mean, scale and weight, and the offset.

    What could not be measured counts as the training tiles' mean.
    """

    columns: tuple[str, ...]
    mean: "npt.NDArray[np.float64]"
    scale: "npt.NDArray[np.float64]"
    weights: "npt.NDArray[np.float64]"
    offset: float
    settings: dict[str, Any]

    @classmethod
    def fit(cls, measured: "pd.DataFrame", truth: "npt.NDArray[np.int64]", c: float) -> "LogisticLine":
        """Standardise on these rows, and fit them; classes weigh alike."""
        from sklearn.linear_model import LogisticRegression

        mean = measured.mean().fillna(0.0).to_numpy(dtype=float)
        scale = measured.std(ddof=0).fillna(0.0).replace(0.0, 1.0).to_numpy(dtype=float)
        standardised = ((measured - mean) / scale).fillna(0.0).to_numpy(dtype=float)
        fitted = LogisticRegression(C=c, class_weight="balanced", max_iter=10_000).fit(standardised, truth)
        columns = tuple(map(str, measured.columns))
        return cls(columns, mean, scale, fitted.coef_[0], float(fitted.intercept_[0]), {"c": c})

    def predict_proba(self, measured: "pd.DataFrame") -> "npt.NDArray[np.float64]":
        """Probability of the negative and of the positive class, shape (n, 2)."""
        import numpy as np
        from scipy.special import expit

        if tuple(measured.columns) != self.columns:
            known, given = ", ".join(self.columns), ", ".join(measured.columns)
            raise ArgumentError(f"The logistic regression takes {known}; measured are {given}.")
        standardised = ((measured - self.mean) / self.scale).fillna(0.0).to_numpy(dtype=float)
        # Row by row, so that a row's sum does not depend on the rows beside it.
        positive = expit((standardised * self.weights).sum(axis=1) + self.offset)
        return np.stack([1 - positive, positive], axis=1)

    def save(self, path: Path) -> None:
        """Write one ``.npz`` file."""
        from hcs_models.arrayfile import write_arrays

        about = {"columns": self.columns, "offset": self.offset, "settings": self.settings}
        write_arrays(path, about, {name: getattr(self, name) for name in ARRAYS})


class Logistic(Model):
    """Logistic regression; its penalty is chosen on the validation tiles."""

    name = "logistic"
    title = "logistic regression"
    colour, dash = "#7A5C00", "-."
    file = "logistic.npz"
    sections = ("logistic",)

    def validates(self, config: Any) -> tuple[str, str] | None:
        """Name the choice among several penalties."""
        tried = config.logistic.c
        return (f"[logistic] c = {list(tried)}", "a single one") if len(tried) > 1 else None

    def fit(self, fed: "pd.DataFrame", task: Task) -> Fitted:
        """Fit with every penalty, and keep the one of the lowest log loss on the validation tiles."""
        from sklearn.metrics import log_loss

        learnt, truth = fed.iloc[task.train], task.truth[task.train]
        lines = [LogisticLine.fit(learnt, truth, c) for c in task.config.logistic.c]
        if len(lines) == 1:
            return Fitted(lines[0])
        held = task.truth[task.validation]
        if not len(held):
            raise ArgumentError("A set has no validation tiles to choose [logistic] c on; give a single one.")
        losses = [log_loss(held, self.predict(line, fed, task.validation), labels=[0, 1]) for line in lines]
        return Fitted(lines[losses.index(min(losses))])

    def load(self, path: Path) -> LogisticLine:
        """Read what was kept."""
        import numpy as np

        from hcs_models.arrayfile import read_arrays

        with read_arrays(path, "a logistic regression") as (about, stored):
            columns = tuple(map(str, about["columns"]))
            held = {name: stored[name] for name in ARRAYS}
            if any(one.shape != (len(columns),) or not np.isfinite(one).all() for one in held.values()):
                raise ValueError("numbers that do not fit the columns")
            offset, settings = float(about["offset"]), dict(about["settings"])
            line = LogisticLine(columns, **held, offset=offset, settings=settings)
        return line
