"""What a study found: its tables as one frozen record, and the numbers derived from them.

The unit of evidence is the *group* (a clone, a plate row): tiles of one group and sets that share groups are
not independent observations. So group-level numbers carry an interval over groups; numbers over sets carry
only a standard deviation, which describes the sets and is no standard error.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.kept import KeptAnalyses, KeptFinding
from hcs.answer.check import Check
from hcs.answer.result import GroupResult, group_result, right_groups
from hcs.classifiers.registry import in_order
from hcs.tables.columnnames import TREATMENTS
from hcs.tables.compared import Classes
from hcs_models.pairing import GroupPairing, pair_groups
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat

TABLES = (
    "predictions", "metrics", "scores", "well_scores", "groups", "paired", "reliability", "brier",
    "confusion", "history", "overfitting", "trials", "heads", "splits", "left_out", "trends", "wells",
    "design",
)  # fmt: skip
"""Tables of a results folder that a study's facts hold, by their fields."""


@dataclass(frozen=True)
class Spread:
    """Mean and standard deviation (n − 1) of a number over the sets that have it.

    Examples
    --------
    >>> str(Spread(0.9, 0.1, 55)), str(Spread(0.9, float("nan"), 1)), str(Spread(float("nan"), 0.0, 0))
    ('0.90 ± 0.10', '0.90', '–')
    """

    mean: float
    sd: float
    n_sets: int

    @classmethod
    def of(cls, values: "pd.Series[float]") -> "Spread":
        """Spread of numbers, one per set; sets without one do not count."""
        known = values.dropna().to_numpy(dtype=float)
        sd = float(known.std(ddof=1)) if len(known) > 1 else np.nan
        return cls(float(known.mean()) if len(known) else np.nan, sd, len(known))

    def __str__(self) -> str:
        if self.n_sets == 0:
            return "–"
        return f"{self.mean:.2f}" if np.isnan(self.sd) else f"{self.mean:.2f} ± {self.sd:.2f}"


@dataclass(frozen=True)
class StudyFacts:
    """Everything the report of a study is made from.

    Parameters
    ----------
    title
        The study's name.
    classes
        Column of the wells table that is predicted, its two classes, and what one group is called.
    group
        Column whose values are kept together, ``clone`` or ``row``; the unit of evidence.
    nested
        Whether each group has one label.
    record
        ``hcs`` (version), ``versions``, ``weights`` (``source``, ``sha256``, ``description``), ``config``,
        ``seeds``, ``hardware``, ``durations`` (seconds); what is not there is said to be missing.
    predictions, metrics, scores, groups, history, splits, left_out, trends
        The study's tables; an empty one without columns counts as missing.
    wells
        Wells of all plates: plate, well, `label`, `group` and the platemaps' other columns.
    trials, heads, reliability, brier, confusion, paired, overfitting, well_scores
        More of the study's tables.
    formats
        Rows and columns of each plate.
    analysed
        What `hcs study analyse` kept; None where it did not run.
    readers
        What the calls of people show; None where none are kept.
    design
        What goes with the label, as the run found it (`hcs.analysis.batches.design.DesignCheck.table`).
    permuted
        What `hcs study permute` kept; None where it did not run.
    settled
        How the study was kept to what its design says.
    looks
        Where the network looks, in one sentence; empty where that was not asked.
    notices
        Sentences the reader must see beside the verdict.
    """

    title: str
    classes: Classes
    group: str
    nested: bool
    record: Mapping[str, Any] = field(default_factory=dict)
    predictions: pd.DataFrame = field(default_factory=pd.DataFrame)
    metrics: pd.DataFrame = field(default_factory=pd.DataFrame)
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    groups: pd.DataFrame = field(default_factory=pd.DataFrame)
    history: pd.DataFrame = field(default_factory=pd.DataFrame)
    splits: pd.DataFrame = field(default_factory=pd.DataFrame)
    left_out: pd.DataFrame = field(default_factory=pd.DataFrame)
    trends: pd.DataFrame = field(default_factory=pd.DataFrame)
    wells: pd.DataFrame = field(default_factory=pd.DataFrame)
    trials: pd.DataFrame = field(default_factory=pd.DataFrame)
    heads: pd.DataFrame = field(default_factory=pd.DataFrame)
    reliability: pd.DataFrame = field(default_factory=pd.DataFrame)
    brier: pd.DataFrame = field(default_factory=pd.DataFrame)
    confusion: pd.DataFrame = field(default_factory=pd.DataFrame)
    paired: pd.DataFrame = field(default_factory=pd.DataFrame)
    overfitting: pd.DataFrame = field(default_factory=pd.DataFrame)
    well_scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    formats: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    analysed: KeptAnalyses | None = None
    readers: KeptAnalyses | None = None
    design: pd.DataFrame = field(default_factory=pd.DataFrame)
    permuted: KeptFinding | None = None
    settled: tuple[Check, ...] = ()
    looks: str = ""
    notices: tuple[str, ...] = ()

    @cached_property
    def class_groups(self) -> pd.DataFrame:
        """Rows of the groups table that belong to the two classes and have a score, labels as text."""
        if self.groups.empty:
            return self.groups
        groups = self.groups.assign(label=self.groups["label"].astype(str))
        return groups[groups["label"].isin(self.classes.both) & groups["probability"].notna()]

    @cached_property
    def models(self) -> tuple[str, ...]:
        """Models with group-level scores, in their order."""
        if self.class_groups.empty:
            return ()
        return in_order(str(model) for model in self.class_groups["model"].drop_duplicates())

    @property
    def n_sets(self) -> int:
        """Number of sets in the splits, or in the metrics where there are no splits."""
        table = self.metrics if self.splits.empty else self.splits
        return 0 if table.empty else int(table["set"].nunique())

    @property
    def n_tiles(self) -> int:
        """Number of different tiles that were test tiles."""
        if self.predictions.empty:
            return 0
        return len(self.predictions[["plate", "well", "field", "tile"]].drop_duplicates())

    def over_sets(self, model: str, number: str) -> Spread:
        """Mean and standard deviation over sets of one of the metrics.

        Parameters
        ----------
        model
            Which model.
        number
            Column of the metrics table: accuracy, auc, group_accuracy or group_auc.
        """
        if self.metrics.empty or number not in self.metrics:
            return Spread(np.nan, np.nan, 0)
        return Spread.of(self.metrics.loc[self.metrics["model"] == model, number])

    def differences(self, other: str, number: str) -> tuple[Spread, int, int]:
        """How far the first model is ahead of another over the sets, and in how many it is, or equals it."""
        # A study of two models by an earlier version does not name them.
        known = self.paired if "against" not in self.paired else self.paired[self.paired["against"] == other]
        values = known[number].dropna()
        return Spread.of(values), int((values > 0).sum()), int((values == 0).sum())

    def pairing(self, first: str, other: str) -> GroupPairing:
        """Compare two models over the groups that both scored.

        Raises
        ------
        ArgumentError
            They did not score the same groups.
        """
        return pair_groups(self.class_groups, self.classes.positive, first, other)

    def right_groups(self, model: str) -> pd.Series:
        """Whether the model called each group right; index: group."""
        return right_groups(self.class_groups, model, self.classes.positive)

    def group_result(self, model: str) -> GroupResult:
        """Count what a model got right in groups.

        Raises
        ------
        ArgumentError
            The model has no group-level score.
        """
        if model not in self.models:
            raise ArgumentError(f"Model {model!r} has no {self.classes.noun}-level score in this study.")
        return group_result(self.class_groups, model, self.classes)

    @property
    def last_losses(self) -> "pd.Series[float]":
        """Least, median and largest validation loss at the last epoch, over the sets."""
        last = self.history.sort_values("epoch").groupby("set").tail(1)
        return last["validation_loss"].dropna().astype(float).agg(["min", "median", "max"])

    @property
    def chosen(self) -> pd.DataFrame:
        """Least, median and largest learning rate and momentum that the search chose, over the sets."""
        return self.heads[["learning_rate", "momentum"]].agg(["min", "median", "max"])

    def comparison(self) -> pd.DataFrame:
        """Give every model's numbers, tile level and group level side by side; one row per model.

        Returns
        -------
        DataFrame
            Numbers, not text: ``*_mean`` and ``*_sd`` are over sets, the others over all groups.
        """
        rows = []
        for model in self.models:
            result = self.group_result(model)
            row: dict[str, Any] = {
                "model": model,
                "groups_right": result.right,
                "n_groups": result.n_groups,
                "group_accuracy": result.accuracy,
                "wilson_low": result.low,
                "wilson_high": result.high,
                "group_auc": result.auc,
            }
            for number in ("group_accuracy", "group_auc", "accuracy", "auc"):
                spread = self.over_sets(model, number)
                level = "by_set" if number.startswith("group") else "tile"
                name = number if level == "tile" else number.removeprefix("group_")
                row |= {f"{level}_{name}_mean": spread.mean, f"{level}_{name}_sd": spread.sd}
            rows.append(row | {"n_sets": self.over_sets(model, "accuracy").n_sets})
        return pd.DataFrame(rows)

    def plate_formats(self) -> dict[str, PlateFormat]:
        """Format of each plate."""
        return {str(plate): PlateFormat(*shape) for plate, shape in self.formats.items()}

    def well_table(self) -> pd.DataFrame:
        """Give every well's mean score as it was stored, with its dose where it has one."""
        table, wells = self.well_scores, self.wells
        name = next((name for name in TREATMENTS if name in wells), None)
        if table.empty or wells.empty or name is None or "dose" not in wells:
            return table
        wells = wells.rename(columns={name: "treatment"})
        extra = [name for name in ("treatment", "dose", "dose_unit") if name in wells]
        keys = wells.assign(plate=wells["plate"].astype(str), well=wells["well"].astype(str))
        return table.merge(keys[["plate", "well", *extra]], on=["plate", "well"], how="left", validate="m:1")
