"""Search of a head's learning rate and momentum: ask for values, tell how well they did, stop and go on.

The search of one set knows only its own trials, and what it asks next depends on them and its seed alone; so
a search that was killed goes on exactly as it would have, wherever its sets are run and in whatever order.
"""

import json
import logging
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.units import digest, write_json

SEARCH = "hcs search"
"""Name of each of Optuna's studies that is a search of hcs."""
TRIAL_COLUMNS = ["trial", "learning_rate", "momentum", "value", "validation_loss"]


@dataclass(frozen=True)
class SearchSpec:
    """What is searched, and how.

    Parameters
    ----------
    sampler
        ``tpe``: tree-structured Parzen estimator (Bergstra et al. 2011) as Optuna has it, whose first ten
        trials are random; ``random``; ``grid``: even steps, bounds included.
    trials
        How many; a grid takes the largest number of steps that needs no more.
    learning_rate
        Bounds, searched in the logarithm.
    momentum
        Bounds; 1 is allowed, a head that diverges is a trial of value 0.
    seed
        Of everything drawn.

    Examples
    --------
    >>> SearchSpec("grid", trials=20).n_trials, SearchSpec("grid", trials=10).n_trials
    (20, 9)
    >>> SearchSpec(momentum=(0.9, 0.7))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: momentum bounds (0.9, 0.7) must rise and lie within 0 to 1.
    """

    sampler: Literal["tpe", "random", "grid"] = "tpe"
    trials: int = 20
    learning_rate: tuple[float, float] = (1e-4, 1e-2)
    momentum: tuple[float, float] = (0.7, 1.0)
    seed: int = 0

    def __post_init__(self) -> None:
        if self.sampler not in ("tpe", "random", "grid"):
            raise ArgumentError(f"sampler {self.sampler!r} is unknown; it is 'tpe', 'random' or 'grid'.")
        if self.trials < 1:
            raise ArgumentError(f"trials {self.trials} must be at least 1.")
        low, high = self.learning_rate
        if not 0 < low <= high < np.inf:
            raise ArgumentError(f"learning_rate bounds {self.learning_rate} must rise and be above 0.")
        low, high = self.momentum
        if not 0 <= low <= high <= 1:
            raise ArgumentError(f"momentum bounds {self.momentum} must rise and lie within 0 to 1.")

    @property
    def n_trials(self) -> int:
        """Number of trials that are run."""
        return len(self.grid()) if self.sampler == "grid" else self.trials

    def grid(self) -> list[dict[str, float]]:
        """Values of a grid search: momentum varies slowest."""
        momenta = int(np.sqrt(self.trials))
        rates = np.geomspace(*self.learning_rate, self.trials // momenta)
        return [
            {"learning_rate": float(rate), "momentum": float(momentum)}
            for momentum in np.linspace(*self.momentum, momenta)
            for rate in rates
        ]


@dataclass(frozen=True)
class Trial:
    """One pair of values and, once told, how well it did.

    Parameters
    ----------
    trial
        Its number, from 0.
    learning_rate, momentum
        The values.
    value
        Validation accuracy; 0 for a head that diverged.
    validation_loss
        Decides among equal accuracies; NaN for a head that diverged.
    """

    trial: int
    learning_rate: float
    momentum: float
    value: float = float("nan")
    validation_loss: float = float("nan")

    def told(self, accuracy: float, loss: float, *, diverged: bool = False) -> "Trial":
        """Give the trial its result."""
        value, loss = (0.0, float("nan")) if diverged else (accuracy, loss)
        return Trial(self.trial, self.learning_rate, self.momentum, float(value), float(loss))


class Search:
    """The trials of one set.

    Parameters
    ----------
    spec
        What is searched.
    path
        File that keeps the trials told; one that is there already is gone on with. Nothing is kept if None.

    Raises
    ------
    StoreError
        A file that is not a search's, or one of another specification.

    Examples
    --------
    >>> search = Search(SearchSpec("random", trials=3, seed=1))
    >>> while (trial := search.ask()) is not None:
    ...     search.tell(trial.told(accuracy=1 - trial.learning_rate, loss=0.5))
    >>> search.best() == min(search.trials, key=lambda trial: trial.learning_rate)
    True
    """

    def __init__(self, spec: SearchSpec, path: Path | None = None) -> None:
        self.spec = spec
        self.path = path
        self.trials: list[Trial] = []
        if path is not None and path.is_file():
            self.trials = self._read(path)

    def ask(self) -> Trial | None:
        """Give the next trial, None when all are done."""
        number = len(self.trials)
        if number >= self.spec.n_trials:
            return None
        values = self.spec.grid()[number] if self.spec.sampler == "grid" else self._suggest(number)
        return Trial(number, **values)

    def tell(self, trial: Trial) -> None:
        """Take a trial's result, and keep it before anything else happens.

        Raises
        ------
        ArgumentError
            Not the trial that was asked for.
        """
        if trial.trial != len(self.trials) or np.isnan(trial.value):
            raise ArgumentError(
                f"Trial {trial.trial} was told; trial {len(self.trials)} is to be, with a value."
            )
        self.trials.append(trial)
        if self.path is not None:
            write_json(self.path, {"spec": self._recipe(), "trials": [asdict(one) for one in self.trials]})

    def best(self) -> Trial:
        """Trial with the highest accuracy, then the lowest loss, then the first.

        Raises
        ------
        ArgumentError
            No trial was told.
        """
        if not self.trials:
            raise ArgumentError("No trial was told yet; a search has no best one.")
        return min(self.trials, key=lambda one: (-one.value, _last_if_nan(one.validation_loss), one.trial))

    def table(self) -> pd.DataFrame:
        """One row per trial: trial, learning_rate, momentum, value, validation_loss."""
        return pd.DataFrame([asdict(one) for one in self.trials], columns=TRIAL_COLUMNS)

    def _suggest(self, number: int) -> dict[str, float]:
        """Ask Optuna; its sampler is seeded anew for each trial, so that nothing hangs on what ran before."""
        import optuna

        # Optuna reports every study it makes; a study of hcs makes thousands. Its verbosity is the user's.
        logging.getLogger("optuna.storages._in_memory").addFilter(_of_others)
        seed = int(digest("trial", self.spec.seed, number)[:7], 16)
        samplers = {"tpe": optuna.samplers.TPESampler, "random": optuna.samplers.RandomSampler}
        study = optuna.create_study(
            study_name=SEARCH, direction="maximize", sampler=samplers[self.spec.sampler](seed=seed)
        )
        ranges: dict[str, optuna.distributions.BaseDistribution] = {
            "learning_rate": optuna.distributions.FloatDistribution(*self.spec.learning_rate, log=True),
            "momentum": optuna.distributions.FloatDistribution(*self.spec.momentum),
        }
        for one in self.trials:
            values = {"learning_rate": one.learning_rate, "momentum": one.momentum}
            study.add_trial(optuna.trial.create_trial(params=values, distributions=ranges, value=one.value))
        return {name: float(value) for name, value in study.ask(ranges).params.items()}

    def _recipe(self) -> str:
        return digest(asdict(self.spec))

    def _read(self, path: Path) -> list[Trial]:
        """Read the trials of an interrupted search."""
        try:
            stored: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
            trials = [Trial(**one) for one in stored["trials"]]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise StoreError(path, "is not a search's; delete it to search anew") from error
        if stored.get("spec") != self._recipe():
            raise StoreError(path, "holds trials of another search; delete it to search anew")
        return trials


def _of_others(record: logging.LogRecord) -> bool:
    """Whether a note is not on a search of hcs."""
    return SEARCH not in record.getMessage()


def _last_if_nan(loss: float) -> float:
    return float("inf") if np.isnan(loss) else loss
