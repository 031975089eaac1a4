"""How well a study's models tell the classes apart: per set, per group, and summed up.

Tiles are many and not independent; groups (clones) are few and are what a study is about. So every score is
given at both levels, and the interval that counts is the one over groups.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_plates.errors import ArgumentError

PREDICTION_COLUMNS = ("model", "set", "plate", "well", "field", "tile", "group", "label", "probability")
METRICS = ("accuracy", "auc", "group_accuracy", "group_auc")
THRESHOLD = 0.5
"""A probability from here upwards calls the positive class."""


@dataclass(frozen=True)
class Scores:
    """Scores of all sets of all models.

    Parameters
    ----------
    table
        One row per model and set: model, set, accuracy, auc, n_tiles, n_groups, group_accuracy, group_auc.
    notices
        Sentences on scores that do not exist and why.
    """

    table: pd.DataFrame
    notices: tuple[str, ...] = ()

    def summary_table(self) -> pd.DataFrame:
        """Mean and standard deviation over sets: model, metric, mean, sd, n_sets.

        Sets where a score does not exist are left out of its mean; `n_sets` counts those that remain.
        """
        long = self.table.melt(id_vars=["model", "set"], value_vars=list(METRICS), var_name="metric")
        grouped = long.groupby(["model", "metric"], sort=False)["value"]
        return grouped.agg(mean="mean", sd="std", n_sets="count").reset_index()

    def summary(self) -> str:
        """One sentence per model.

        Examples
        --------
        >>> both = {"model": "cnn", "n_tiles": 20, "n_groups": 4, "group_accuracy": 1.0, "group_auc": 1.0}
        >>> rows = [{"set": 1, "accuracy": 0.9, "auc": 0.95}, {"set": 2, "accuracy": 0.7, "auc": 0.85}]
        >>> Scores(pd.DataFrame([both | row for row in rows])).summary()
        'cnn: AUC 0.900 ± 0.071, accuracy 0.800 ± 0.141 (mean ± SD of 2 sets).'
        """
        table = self.summary_table().set_index(["model", "metric"])
        sentences = []
        for model in dict.fromkeys(self.table["model"]):
            auc, accuracy = table.loc[(model, "auc")], table.loc[(model, "accuracy")]
            sentences.append(
                f"{model}: AUC {auc['mean']:.3f} ± {auc['sd']:.3f}, accuracy {accuracy['mean']:.3f} ± "
                f"{accuracy['sd']:.3f} (mean ± SD of {int(accuracy['n_sets'])} sets)."
            )
        return " ".join(sentences)


def score_sets(predictions: pd.DataFrame, positive: str) -> Scores:
    """Score each set of each model, over tiles and over groups.

    Parameters
    ----------
    predictions
        Test tiles: model, set, group, label, probability (of the positive class), and more.
    positive
        The label that `probability` speaks of; every other label is negative.

    Returns
    -------
    Scores
        Accuracy calls a probability of 0.5 or more positive. Group scores use the mean probability of each
        (group, label). Where a set tests one class only, its AUCs are NaN and a notice says so.

    Raises
    ------
    ArgumentError
        A column or the positive label is lacking, or a probability is not within 0 to 1.
    """
    _check(predictions, positive)
    rows, notices = [], []
    for (model, number), part in predictions.groupby(["model", "set"], sort=False):
        grouped = part.groupby(["group", "label"], as_index=False)["probability"].mean()
        accuracy, auc = _score(part, positive)
        group_accuracy, group_auc = _score(grouped, positive)
        if np.isnan(auc):
            notices.append(f"Set {number} of {model} tests one class only, so it has no ROC AUC.")
        rows.append(
            (model, number, accuracy, auc, len(part), part["group"].nunique(), group_accuracy, group_auc)
        )
    columns = ["model", "set", "accuracy", "auc", "n_tiles", "n_groups", "group_accuracy", "group_auc"]
    return Scores(pd.DataFrame(rows, columns=columns), tuple(notices))


def score_groups(predictions: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Score each (group, label) over all sets that tested it.

    Parameters
    ----------
    predictions, positive
        As in `score_sets`; plate and well are needed too.

    Returns
    -------
    DataFrame
        model, group, label, n_tiles (different ones), n_wells, n_sets, probability (mean over sets of the
        mean over tiles), sd (over sets; NaN for one), correct (share of test tiles called right, over sets).
    """
    _check(predictions, positive)
    marked = predictions.assign(right=called_right(predictions, positive))
    rows = []
    for key, part in marked.groupby(["model", "group", "label"], sort=False):
        per_set = part.groupby("set")["probability"].mean()
        places = ["plate", "well", "field", "tile"]
        rows.append(
            (
                *key,
                len(part[places].drop_duplicates()),
                len(part[["plate", "well"]].drop_duplicates()),
                len(per_set),
                float(per_set.mean()),
                float(per_set.std()),
                float(part["right"].mean()),
            )
        )
    columns = ["model", "group", "label", "n_tiles", "n_wells", "n_sets", "probability", "sd", "correct"]
    return pd.DataFrame(rows, columns=columns)


def group_calls(groups: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Count groups called right, with Wilson's interval: the accuracy that a study may claim.

    Parameters
    ----------
    groups
        As `score_groups` gives it.
    positive
        The positive label.

    Returns
    -------
    DataFrame
        model, n_groups, n_correct, accuracy, low, high (95 %).
    """
    right = called_right(groups, positive)
    rows = []
    for model, part in right.groupby(groups["model"], sort=False):
        low, high = wilson_interval(int(part.sum()), len(part))
        rows.append((model, len(part), int(part.sum()), float(part.mean()), low, high))
    return pd.DataFrame(rows, columns=["model", "n_groups", "n_correct", "accuracy", "low", "high"])


def wilson_interval(successes: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Score interval of a proportion (Wilson 1927).

    Parameters
    ----------
    successes, trials
        How many of how many.
    confidence
        Its coverage.

    Examples
    --------
    >>> [round(limit, 4) for limit in wilson_interval(10, 10)]
    [0.7225, 1.0]
    >>> wilson_interval(3, 2)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 3 successes of 2 trials cannot be; at most all of 1 or more trials.
    """
    if not (trials >= 1 and 0 <= successes <= trials):
        raise ArgumentError(
            f"{successes} successes of {trials} trials cannot be; at most all of 1 or more trials."
        )
    from statsmodels.stats.proportion import proportion_confint

    low, high = proportion_confint(successes, trials, alpha=1 - confidence, method="wilson")
    return float(low), float(high)


def called(probability: Any, threshold: float = THRESHOLD) -> Any:
    """Whether each probability calls the positive class; of the type given.

    Examples
    --------
    >>> called(np.array([0.4, 0.5])).tolist()
    [False, True]
    """
    return probability >= threshold


def called_right(rows: pd.DataFrame, positive: str, threshold: float = THRESHOLD) -> pd.Series:
    """Whether each row's probability calls its label.

    Parameters
    ----------
    rows
        label, probability (of `positive`).
    positive
        Every other label is negative.
    threshold
        At and above it a probability calls `positive`.

    Examples
    --------
    >>> called_right(pd.DataFrame({"label": ["ALS", "C"], "probability": [0.5, 0.5]}), "ALS").tolist()
    [True, False]
    """
    return called(rows["probability"], threshold) == (rows["label"] == positive)


def _check(predictions: pd.DataFrame, positive: str) -> None:
    """Refuse predictions that cannot be scored."""
    lacking = [column for column in PREDICTION_COLUMNS if column not in predictions.columns]
    if lacking:
        raise ArgumentError(f"The predictions lack {', '.join(lacking)}.")
    if not (predictions["label"] == positive).any():
        known = ", ".join(map(str, predictions["label"].dropna().unique()))
        raise ArgumentError(f"No prediction has the positive label {positive!r}; labels are {known}.")
    checked_probabilities(predictions)


def checked_probabilities(predictions: pd.DataFrame) -> None:
    """Refuse what is no probability, by its set and well (where there is one).

    Examples
    --------
    >>> checked_probabilities(pd.DataFrame({"set": [1, 1], "group": ["a", "b"], "probability": [0.2, None]}))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 1 probability is not within 0 to 1, the first nan in set 1, group b.
    """
    strange = ~predictions["probability"].between(0, 1)
    if not strange.any():
        return
    first, n = predictions[strange].iloc[0], int(strange.sum())
    place = f"well {first['plate']}/{first['well']}" if "well" in first else f"group {first['group']}"
    said = "1 probability is" if n == 1 else f"{n} probabilities are"
    raise ArgumentError(
        f"{said} not within 0 to 1, the first {first['probability']} in set {first['set']}, {place}."
    )


def _score(part: pd.DataFrame, positive: str) -> tuple[float, float]:
    """Accuracy and ROC AUC of rows with label and probability."""
    # Imported here: who only reads calls, as the plate browser does, need not wait for it.
    from sklearn.metrics import roc_auc_score

    truth: npt.NDArray[np.bool_] = (part["label"] == positive).to_numpy()
    probability = part["probability"].to_numpy()
    accuracy = float(called_right(part, positive).mean())
    # An AUC compares the two classes; of one alone there is none.
    auc = float(roc_auc_score(truth, probability)) if 0 < truth.sum() < len(truth) else float("nan")
    return accuracy, auc
