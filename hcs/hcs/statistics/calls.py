"""Rows of calls and areas, the same at every level: one score per unit, proportions and ROC AUC."""

import numpy as np
import pandas as pd

from hcs.statistics.auc import METHODS, auc_interval, roc_area
from hcs.statistics.frames import as_numbers, named_rows, require_columns
from hcs.wording import counted, listed, plural
from hcs_models.scores import called
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import told_alike

COLUMNS = ["model", "level", "measure", "method", "n", "n_right", "value", "low", "high"]
PROPORTIONS = {"exact": "beta", "wilson": "wilson"}
"""Intervals of a proportion, and statsmodels' names: Clopper & Pearson (1934), Wilson (1927)."""


def unit_scores(
    groups: pd.DataFrame, positive: str, *, names: tuple[str, str, str, str], noun: str = "clone"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take one score per model, clone and label.

    Parameters
    ----------
    groups
        Any number of rows per clone.
    positive
        A label that must occur.
    names
        Columns of model, group, label and probability; they get these names.
    noun
        What a unit is.

    Returns
    -------
    DataFrame, tuple of str
        model, group, label, probability; and sentences on what was left out or averaged.

    Examples
    --------
    >>> table = pd.DataFrame({"m": "cnn", "c": ["a", "a", "b"], "l": ["x", "x", "y"], "p": [0.2, 0.4, None]})
    >>> units, said = unit_scores(table, "x", names=("m", "c", "l", "p"))
    >>> units.to_numpy().tolist()
    [['cnn', 'a', 'x', 0.30000000000000004]]
    >>> said[0]
    '1 row has no score or no label and is left out.'
    """
    require_columns(groups, names, "The table of scores")
    groups = named_rows(groups, *names[1:3])
    labels = groups[names[2]].dropna()
    if not (labels == positive).any():
        raise ArgumentError(
            f"No row has the {names[2]} {positive!r}; {nearest(positive, sorted(map(str, labels.unique())))}"
        )
    table = pd.DataFrame(
        {
            "model": groups[names[0]],
            "group": groups[names[1]],
            "label": groups[names[2]],
            "probability": as_numbers(groups, names[3], "The table of scores"),
        }
    )
    kept = table.dropna()
    said: list[str] = []
    if len(kept) < len(table):
        lost = len(table) - len(kept)
        said.append(
            f"{counted(lost, 'row')} {'has' if lost == 1 else 'have'} no score or no label and "
            f"{'is' if lost == 1 else 'are'} left out."
        )
    kept = kept.astype({"model": str})
    said += told_alike(kept["group"], noun, kept["label"])
    keys = ["model", "group", "label"]
    units = kept.groupby(keys, sort=False, as_index=False)["probability"].mean()
    if len(units) < len(kept):
        said.append(
            f"{counted(len(kept), 'row')} were averaged to {counted(len(units), 'score')}, one per {noun} "
            f"and model: n is {plural(noun)}."
        )
    others = [name for name in dict.fromkeys(units["label"]) if name != positive]
    if len(others) > 1:
        said.append(f"Labels {listed(others)} are together the negative class.")
    return units, tuple(said)


def call_rows(part: pd.DataFrame, positive: str, level: str) -> list[dict[str, object]]:
    """Count calls of one model: accuracy, sensitivity and specificity with exact and Wilson's interval.

    Parameters
    ----------
    part
        model, label, correct; one row per unit.
    positive
        The positive label.
    level
        What a unit is.

    Examples
    --------
    >>> part = pd.DataFrame({"model": "cnn", "label": ["x"] * 10, "correct": True})
    >>> rows = call_rows(part, "x", "clone")
    >>> [(row["method"], round(row["low"], 4)) for row in rows if row["measure"] == "sensitivity"]
    [('exact', 0.6915), ('wilson', 0.7225)]
    """
    from statsmodels.stats.proportion import proportion_confint

    name, truth = str(part["model"].iloc[0]), (part["label"] == positive).to_numpy()
    right = part["correct"].to_numpy(dtype=bool)
    made: list[dict[str, object]] = []
    for measure, of in (("accuracy", truth | True), ("sensitivity", truth), ("specificity", ~truth)):
        n, hits = int(of.sum()), int(right[of].sum())
        for method, how in PROPORTIONS.items():
            low, high = proportion_confint(hits, n, method=how) if n else (np.nan, np.nan)
            value = hits / n if n else np.nan
            cells = (name, level, measure, method, n, float(hits), value, float(low), float(high))
            made.append(dict(zip(COLUMNS, cells, strict=True)))
    return made


def area_rows(part: pd.DataFrame, positive: str, level: str, seed: int = 0) -> list[dict[str, object]]:
    """Give the area of one model with every interval of `hcs.statistics.auc`.

    Parameters
    ----------
    part
        model, label, probability; one row per unit.
    positive
        The positive label.
    level
        What a unit is.
    seed
        Of the bootstrap.

    Examples
    --------
    >>> part = pd.DataFrame({"model": "cnn", "label": ["x", "x", "y", "y"], "probability": [4, 3, 2, 1]})
    >>> first = area_rows(part, "x", "clone")[0]
    >>> first["method"], first["value"], round(first["low"], 2), first["high"]
    ('newcombe', 1.0, 0.39, 1.0)
    """
    truth, scores = (part["label"] == positive).to_numpy(), part["probability"].to_numpy(dtype=float)
    area, made = roc_area(scores, truth), []
    for method in METHODS:
        found = auc_interval(scores, truth, method, seed=seed)
        name = str(part["model"].iloc[0])
        cells = (name, level, "auc", method, len(part), np.nan, area, found.low, found.high)
        made.append(dict(zip(COLUMNS, cells, strict=True)))
    return made


def image_rows(
    predictions: pd.DataFrame, positive: str, names: tuple[str, str, str, str], threshold: float
) -> list[dict[str, object]]:
    """Score images of each model: no interval, since those of one clone are not independent.

    Parameters
    ----------
    predictions
        One row per model, set and image.
    positive
        The positive label.
    names
        Columns of model, group, label and probability.
    threshold
        At and above it an image is called positive.

    Examples
    --------
    >>> images = pd.DataFrame({"m": "cnn", "g": "a", "l": ["x", "y"], "p": [0.9, 0.6]})
    >>> [row["value"] for row in image_rows(images, "x", ("m", "g", "l", "p"), 0.5)]
    [0.5, 1.0]
    """
    require_columns(predictions, names, "The predictions")
    predictions = named_rows(predictions, names[2])
    scores = as_numbers(predictions, names[3], "The predictions").to_numpy()
    known = ~np.isnan(scores) & predictions[names[2]].notna().to_numpy()
    truth, models = (predictions[names[2]] == positive).to_numpy(), predictions[names[0]]
    made: list[dict[str, object]] = []
    for name in dict.fromkeys(models[known]):
        mine = known & (models == name).to_numpy()
        right = called(scores[mine], threshold) == truth[mine]
        for measure, hits, value in (
            ("accuracy", float(right.sum()), float(right.mean())),
            ("auc", np.nan, roc_area(scores[mine], truth[mine])),
        ):
            cells = (str(name), "image", measure, "none", int(mine.sum()), hits, value, np.nan, np.nan)
            made.append(dict(zip(COLUMNS, cells, strict=True)))
    return made
