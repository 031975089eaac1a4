"""What a model got right, counted in groups (clones): the unit of evidence."""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.statistics.auc import auc_interval, roc_area
from hcs.tables.compared import Classes
from hcs_models.scores import called_right, wilson_interval


@dataclass(frozen=True)
class GroupResult:
    """What one model got right, counted in groups.

    Parameters
    ----------
    model
        ``cnn``, ``forest``, …
    right, n_groups
        A group is right when the mean score of its test tiles lies on its label's side of 0.5; one that holds
        both labels, when both of its means do.
    n_positive, n_negative
        Groups that hold each label.
    low, high
        Wilson 95 % interval of right / n_groups.
    auc
        Area under the ROC over the groups' mean scores; NaN with one class only.
    auc_low
        Lower limit of its 95 % interval (Newcombe's method 5); NaN where there is none.
    """

    model: str
    right: int
    n_groups: int
    n_positive: int
    n_negative: int
    low: float
    high: float
    auc: float
    auc_low: float = np.nan

    @property
    def accuracy(self) -> float:
        """Share of the groups called right."""
        return self.right / self.n_groups

    @property
    def chance(self) -> float:
        """Share that always naming one label would get right, at least one half.

        A group that holds both labels is never right that way: one of its two means is on the wrong side.
        """
        only_positive, only_negative = self.n_groups - self.n_negative, self.n_groups - self.n_positive
        return max(0.5, only_positive / self.n_groups, only_negative / self.n_groups)


def right_groups(groups: pd.DataFrame, model: str, positive: str) -> pd.Series:
    """Whether a model called each group right; index: group."""
    rows = groups[groups["model"] == model]
    right = called_right(rows.astype({"label": str}), positive)
    return right.groupby(rows["group"].astype(str)).all()


def group_result(groups: pd.DataFrame, model: str, classes: Classes) -> GroupResult:
    """Count what a model got right in groups.

    Parameters
    ----------
    groups
        Rows of the two classes that have a score: model, group, label, probability.
    model
        One that has rows.
    classes
        The two classes.
    """
    rows, (positive, negative) = groups[groups["model"] == model], classes.both
    truth = (rows["label"].astype(str) == positive).to_numpy()
    held = rows.assign(label=rows["label"].astype(str)).groupby("label")["group"].nunique()
    right = right_groups(groups, model, positive)
    low, high = wilson_interval(int(right.sum()), len(right))
    area, area_low = np.nan, np.nan
    if truth.any() and not truth.all():
        scores = rows["probability"].to_numpy(dtype=float)
        area, area_low = float(roc_area(scores, truth)), auc_interval(scores, truth).low
    return GroupResult(
        model=model,
        right=int(right.sum()),
        n_groups=len(right),
        n_positive=int(held.get(positive, 0)),
        n_negative=int(held.get(negative, 0)),
        low=low,
        high=high,
        auc=area,
        auc_low=area_low,
    )
