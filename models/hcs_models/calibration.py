"""Do probabilities mean what they say? Reliability, Brier score and calls, over tiles and over groups."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.scores import called, checked_probabilities, wilson_interval
from hcs_plates.errors import ArgumentError

LEVELS = ("tile", "group")
BINS = 10


def group_means(predictions: pd.DataFrame) -> pd.DataFrame:
    """Mean probability of each (model, group, label): over sets of the mean over the tiles of a set."""
    per_set = predictions.groupby(["model", "group", "label", "set"], sort=False)["probability"].mean()
    return per_set.groupby(level=["model", "group", "label"], sort=False).mean().reset_index()


def reliability(predictions: pd.DataFrame, positive: str, bins: int = BINS) -> pd.DataFrame:
    """Share of positives among tiles, and among groups, of like probability.

    Bins are of equal width, so that a bin means the same for every model and study; empty ones are left out.

    Parameters
    ----------
    predictions
        Test tiles: model, set, group, label, probability (of the positive class).
    positive
        The positive label.
    bins
        How many.

    Returns
    -------
    DataFrame
        model, level (tile, group), bin (from 0), n, mean_probability, observed (share of positives), low,
        high (Wilson's 95 % interval over groups; none over tiles, since a group's are not independent).
    """
    if bins < 1:
        raise ArgumentError(f"bins {bins} must be at least 1.")
    rows = []
    for model, level, truth, probability in _levels(predictions, positive):
        place = np.minimum((probability * bins).astype(int), bins - 1)
        for number in np.unique(place):
            here = place == number
            positives, n = int(truth[here].sum()), int(here.sum())
            low, high = wilson_interval(positives, n) if level == "group" else (np.nan, np.nan)
            mean = float(probability[here].mean())
            rows.append((model, level, int(number), n, mean, positives / n, low, high))
    columns = ["model", "level", "bin", "n", "mean_probability", "observed", "low", "high"]
    return pd.DataFrame(rows, columns=columns)


def brier(predictions: pd.DataFrame, positive: str, bins: int = BINS) -> pd.DataFrame:
    """Mean squared error of the probabilities (Brier 1950), beside that of always saying one share.

    Returns
    -------
    DataFrame
        model, level (tile, group), n, brier, reference (share × (1 - share) of the positives),
        calibration_error (mean over bins, weighted by n, of |mean probability - observed share|; Naeini et
        al. 2015).

    Examples
    --------
    >>> rows = pd.DataFrame({"group": ["a", "b"], "label": ["ALS", "C"], "probability": [0.9, 0.2]})
    >>> brier(rows.assign(model="cnn", set=1), "ALS")["brier"].round(3).tolist()
    [0.025, 0.025]
    """
    curve = reliability(predictions, positive, bins)
    gap = (curve["mean_probability"] - curve["observed"]).abs() * curve["n"]
    errors = gap.groupby([curve["model"], curve["level"]]).sum()
    rows = []
    for model, level, truth, probability in _levels(predictions, positive):
        share = truth.mean()
        score = float(((probability - truth) ** 2).mean())
        error = float(errors[model, level] / len(truth))
        rows.append((model, level, len(truth), score, float(share * (1 - share)), error))
    return pd.DataFrame(rows, columns=["model", "level", "n", "brier", "reference", "calibration_error"])


def confusion(predictions: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Count calls against labels, over tiles and over groups.

    Returns
    -------
    DataFrame
        model, level, true_positive, false_negative, false_positive, true_negative, sensitivity,
        sensitivity_low, sensitivity_high, specificity, specificity_low, specificity_high: Wilson's 95 % over
        groups, none over tiles. A tile tested in several sets counts in each.
    """
    rows = []
    for model, level, truth, probability in _levels(predictions, positive):
        calls = called(probability)
        counts = [int((calls[truth] == answer).sum()) for answer in (True, False)]
        counts += [int((calls[~truth] == answer).sum()) for answer in (True, False)]
        shares: list[float] = []
        for right, wrong in ((counts[0], counts[1]), (counts[3], counts[2])):
            total = right + wrong
            known = level == "group" and total > 0
            interval = wilson_interval(right, total) if known else (np.nan, np.nan)
            shares += [right / total if total else np.nan, *interval]
        rows.append((model, level, *counts, *shares))
    columns = ["model", "level", "true_positive", "false_negative", "false_positive", "true_negative"]
    for name in ("sensitivity", "specificity"):
        columns += [name, f"{name}_low", f"{name}_high"]
    return pd.DataFrame(rows, columns=columns)


def _levels(
    predictions: pd.DataFrame, positive: str
) -> list[tuple[str, str, npt.NDArray[np.bool_], npt.NDArray[np.float64]]]:
    """Truth and probability of every model at both levels."""
    checked_probabilities(predictions)
    found = []
    for level, table in (("tile", predictions), ("group", group_means(predictions))):
        for model, part in table.groupby("model", sort=False):
            truth = (part["label"] == positive).to_numpy(dtype=bool)
            found.append((str(model), level, truth, part["probability"].to_numpy(dtype=float)))
    return found
