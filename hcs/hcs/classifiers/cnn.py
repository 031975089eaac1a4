"""The network: new layers on a frozen backbone's features, searched and trained set by set."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, PositiveInt, model_validator

from hcs.classifiers.model import AGAIN, Fitted, Inputs, Model, Section, Task, as_tuple
from hcs_plates.errors import StoreError

if TYPE_CHECKING:
    import pandas as pd

    from hcs.classifiers.model import Rows, Scores
    from hcs_models.features import FeatureSpec
    from hcs_models.headbank import HeadBank
    from hcs_models.headspec import HeadRows, HeadSettings
    from hcs_models.trained import TrainedHead
    from hcs_models.tuning import Search, Trial

Blocks = Annotated[
    tuple[Literal["block1", "block2", "block3", "block4", "block5"], ...], BeforeValidator(as_tuple)
]


class ModelSettings(Section):
    """The frozen backbone and the new layers on it."""

    backbone: Literal["vgg16"] = Field("vgg16", description="the study's VGG-16")
    weights: str = Field(
        "auto",
        description="imagenet, packaged, a file, or auto (the first of imagenet, packaged that is there)",
    )
    features_at: Blocks = Field(
        ("block5",), min_length=1, description="blocks whose output is pooled and joined (the study's block5)"
    )
    pool: Literal["avg", "flatten"] = Field(
        "avg", description="avg: mean over positions (ours); flatten: all"
    )
    hidden: Annotated[tuple[PositiveInt, ...], BeforeValidator(as_tuple)] = Field(
        (128,), description="widths of the new fully connected layers (ours)"
    )
    arithmetic: Literal["float32", "winograd"] = Field(
        "float32",
        description="of the frozen network; winograd: twice as fast on CPUs, other sixth digits (ours)",
    )
    dropout: float = Field(0.5, ge=0.0, lt=1.0, description="share of units dropped in training (ours)")
    l2: float = Field(1e-4, ge=0.0, description="weight penalty (ours)")


class TrainSettings(Section):
    """Training of the new layers."""

    batch_size: int = Field(32, ge=1, description="tiles a step (study: 32)")
    epochs: int = Field(64, ge=1, description="passes over the training tiles (study: 64)")
    learning_rate: float = Field(1e-3, gt=0.0, description="of SGD; the study searched 1e-4 … 1e-2")
    momentum: float = Field(0.9, ge=0.0, le=1.0, description="of SGD; the study searched 0.7 … 1.0")
    keep: Literal["last", "best"] = Field(
        "last",
        description="epoch whose weights are kept: last (the study's) or best on the validation tiles",
    )
    views: int = Field(
        4,
        ge=1,
        le=64,
        description="stored views a tile: itself and views - 1 random turns (ours)",
    )


class TuningSettings(Section):
    """Search of learning rate and momentum, set by set, on the accuracy of the validation tiles."""

    sampler: Literal["tpe", "random", "grid", "none"] = Field(
        "tpe", description="tpe (the study's kind of search), random, grid, or none: [train] as it stands"
    )
    trials: int = Field(20, ge=1, description="trials a set (ours)")
    learning_rate: tuple[float, float] = Field(
        (1e-4, 1e-2), description="bounds, drawn evenly in the logarithm (study)"
    )
    momentum: tuple[float, float] = Field((0.7, 1.0), description="bounds, drawn evenly (study)")

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        low, high = self.learning_rate
        if not 0 < low <= high:
            raise ValueError(f"learning_rate bounds {low}, {high} must rise and be above 0")
        low, high = self.momentum
        if not 0 <= low <= high <= 1:
            raise ValueError(f"momentum bounds {low}, {high} must rise and lie within 0 to 1")
        return self


class Network(Model):
    """The study's network; what is trained, and kept, is its head (`hcs_models.trained.TrainedHead`)."""

    name = "cnn"
    title = "CNN"
    colour, dash = "#009E73", "-"
    fed = "features"
    file = "head.npz"
    exported = ".keras"
    explainable = True
    tables = ("trials",)
    sections = ("model", "train", "tuning")

    def feed(self, inputs: Inputs, config: Any) -> "HeadBank":
        """Put the features into a bank of heads."""
        from hcs_models.headbank import HeadBank

        assert inputs.features is not None, "the network is fed features"
        return HeadBank(inputs.features, hidden=config.model.hidden, batch_size=config.train.batch_size)

    def validates(self, config: Any) -> tuple[str, str] | None:
        """Name the search, or the choice of an epoch."""
        if config.tuning.sampler != "none":
            return f"[tuning] sampler = {config.tuning.sampler!r}", "'none'"
        return ("[train] keep = 'best'", "'last'") if config.train.keep == "best" else None

    def fit(self, fed: "HeadBank", task: Task) -> Fitted:
        """Search to its end, then train with the best trial's values; without a search, with the settings."""
        from hcs_models.tuning import Search, SearchSpec

        rows = fed.rows(task.train, task.truth[task.train], task.validation, task.truth[task.validation])
        settings = head_settings(task.config, task.seed)
        search = open_search(task)
        if search is not None:
            while (trial := search.ask()) is not None:
                search.tell(_try(fed, rows, settings, trial))
            settings = _with(settings, search.best())
        (head,) = fed.fit([(rows, settings)], workers=1)
        return Fitted(head, {"trials": (search or Search(SearchSpec())).table()})

    def predict(self, trained: "TrainedHead", fed: "HeadBank", rows: "Rows | None" = None) -> "Scores":
        """Probability of the positive class, from the tiles themselves (view 0)."""
        return fed.predict_proba(trained, rows)[:, 1]

    def load(self, path: Path) -> "TrainedHead":
        """Read a head of two classes."""
        from hcs_models.trained import TrainedHead

        head = TrainedHead.load(path)
        if head.n_classes != 2:
            raise StoreError(path, f"tells {head.n_classes} classes apart, a study two; {AGAIN}")
        return head

    def export(
        self,
        trained: "TrainedHead",
        recipe: "FeatureSpec",
        path: Path,
        about: dict[str, Any],
        *,
        overwrite: bool = False,
    ) -> Path:
        """Join the head to its backbone, as one ordinary Keras file."""
        from hcs_models.saved import save_joined

        return save_joined(trained, recipe, path, about, overwrite=overwrite)

    def training(self, sets: Mapping[int, Path]) -> "dict[str, pd.DataFrame]":
        """Give history, trials, heads and overfitting: how every set's head came about.

        ``trials`` has no rows where nothing was searched; ``value`` is the accuracy on the validation tiles,
        0 if training diverged. ``heads`` has the values chosen, the epoch kept, and its scores.
        """
        import pandas as pd

        from hcs.tables.stored import load_table
        from hcs_models.overfitting import validation_rise
        from hcs_models.tuning import TRIAL_COLUMNS

        history, trials, heads = [], [], []
        for number, folder in sets.items():
            head = self.load(folder / self.file)
            history.append(head.history.assign(set=number))
            trials.append(load_table(folder / "trials.parquet", None, AGAIN).assign(set=number))
            kept = head.kept()
            chosen = {name: head.settings[name] for name in ("learning_rate", "momentum")}
            row = {"set": number, **chosen, "epoch": head.epoch, "diverged": head.diverged}
            row["train_accuracy"] = kept["accuracy"]
            heads.append(row | {name: kept[name] for name in ("validation_accuracy", "validation_loss")})
        tried = [table for table in trials if len(table)]
        nothing = pd.DataFrame(columns=["set", *TRIAL_COLUMNS]).astype(
            {"set": int, "trial": int} | dict.fromkeys(TRIAL_COLUMNS[1:], float)
        )
        histories = pd.concat(history, ignore_index=True)
        return {
            "overfitting": validation_rise(histories),
            "history": histories,
            "trials": pd.concat(tried, ignore_index=True)[["set", *TRIAL_COLUMNS]] if tried else nothing,
            "heads": pd.DataFrame(heads),
        }


def head_settings(config: Any, seed: int) -> "HeadSettings":
    """How a head is trained before anything is searched."""
    from hcs_models.headspec import HeadSettings

    train, model = config.train, config.model
    return HeadSettings(
        learning_rate=train.learning_rate,
        momentum=train.momentum,
        l2=model.l2,
        dropout=model.dropout,
        epochs=train.epochs,
        keep=train.keep,
        seed=seed,
    )


def open_search(task: Task) -> "Search | None":
    """Open a set's search where an earlier run left it; None where nothing is searched."""
    from hcs_models.tuning import Search, SearchSpec

    tuning = task.config.tuning
    if tuning.sampler == "none" or not task.searched:
        return None
    spec = SearchSpec(tuning.sampler, tuning.trials, tuning.learning_rate, tuning.momentum, seed=task.seed)
    return Search(spec, task.trials)


def _try(bank: "HeadBank", rows: "HeadRows", settings: "HeadSettings", trial: "Trial") -> "Trial":
    """Train with a trial's values and score it on the validation tiles."""
    (head,) = bank.fit([(rows, _with(settings, trial))], workers=1)
    kept = head.kept()
    return trial.told(kept["validation_accuracy"], kept["validation_loss"], diverged=head.diverged)


def _with(settings: "HeadSettings", trial: "Trial") -> "HeadSettings":
    return replace(settings, learning_rate=trial.learning_rate, momentum=trial.momentum)
