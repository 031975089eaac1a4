"""Rows of calls and areas, the same at every level: one score per unit, proportions and ROC AUC."""

import numpy as np
import pandas as pd

from hcs.statistics.auc import METHODS, auc_interval, roc_area
from hcs.statistics.frames import as_numbers, named_rows, require_columns
from hcs.wording import are, counted, have, listed, plural
from hcs_models.scores import called_right
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import told_alike

COLUMNS = ["model", "level", "measure", "method", "n", "n_right", "value", "low", "high"]
SCORE = ["model", "group", "label", "probability"]


PROPORTIONS = {"exact": "beta", "wilson": "wilson"}
"""Intervals of a proportion, and statsmodels' names: Clopper & Pearson (1934), Wilson (1927)."""


def unit_scores(
    groups: pd.DataFrame, positive: str, *, names: tuple[str, str, str, str], noun: str = "clone"
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Take one score per model, clone and label, from any number of rows of each; `positive` is among labels.

    `names` are the columns of model, group, label and probability, which get these names; sentences say what
    was left out or averaged.
    """
    table = _scores(groups, names, "The table of scores")
    labels = table["label"].dropna()
    if not (labels == positive).any():
        raise ArgumentError(
            f"No row has the {names[2]} {positive!r}; {nearest(positive, sorted(map(str, labels.unique())))}"
        )
    kept = table.dropna()
    said: list[str] = []
    if lost := len(table) - len(kept):
        said.append(f"{counted(lost, 'row')} {have(lost)} no score or no label and {are(lost)} left out.")
    kept = kept.astype({"model": str})
    said += told_alike(kept["group"], noun, kept["label"])
    units = kept.groupby(SCORE[:3], sort=False, as_index=False)["probability"].mean()
    if len(units) < len(kept):
        said.append(
            f"{counted(len(kept), 'row')} were averaged to {counted(len(units), 'score')}, one per {noun} "
            f"and model: n is {plural(noun)}."
        )
    others = [name for name in dict.fromkeys(units["label"]) if name != positive]
    if len(others) > 1:
        said.append(f"Labels {listed(others)} are together the negative class.")
    return units, tuple(said)


def _scores(table: pd.DataFrame, names: tuple[str, str, str, str], what: str) -> pd.DataFrame:
    """Take model, group, label and probability under these names."""
    require_columns(table, names, what)
    table = named_rows(table, *names[1:3])
    made = {new: table[name] for new, name in zip(SCORE[:3], names, strict=False)}
    return pd.DataFrame(made | {"probability": as_numbers(table, names[3], what)})


def call_rows(part: pd.DataFrame, positive: str, level: str) -> list[dict[str, object]]:
    """Count calls of one model: accuracy, sensitivity and specificity with exact and Wilson's interval.

    `part` has one row (model, label, correct) per unit; `level` is what a unit is.

    Examples
    --------
    >>> part = pd.DataFrame({"model": "cnn", "label": ["x"] * 10, "correct": True})
    >>> rows = call_rows(part, "x", "clone")
    >>> [(row["method"], round(row["low"], 4)) for row in rows if row["measure"] == "sensitivity"]
    [('exact', 0.6915), ('wilson', 0.7225)]
    """
    from statsmodels.stats.proportion import proportion_confint

    model, truth = str(part["model"].iloc[0]), (part["label"] == positive).to_numpy()
    right = part["correct"].to_numpy(dtype=bool)
    made: list[dict[str, object]] = []
    for measure, of in (("accuracy", truth | True), ("sensitivity", truth), ("specificity", ~truth)):
        n, hits = int(of.sum()), int(right[of].sum())
        for method, how in PROPORTIONS.items():
            limits = proportion_confint(hits, n, method=how) if n else (np.nan, np.nan)
            value = hits / n if n else np.nan
            made.append(_row(model, level, measure, method, n, float(hits), value, *map(float, limits)))
    return made


def area_rows(part: pd.DataFrame, positive: str, level: str, seed: int = 0) -> list[dict[str, object]]:
    """Give the area of one model with every interval of `hcs.statistics.auc`.

    `part` has one row (model, label, probability) per unit; `level` is what a unit is.

    Examples
    --------
    >>> part = pd.DataFrame({"model": "cnn", "label": ["x", "x", "y", "y"], "probability": [4, 3, 2, 1]})
    >>> first = area_rows(part, "x", "clone")[0]
    >>> first["method"], first["value"], round(first["low"], 2), first["high"]
    ('newcombe', 1.0, 0.39, 1.0)
    """
    model, n, truth = str(part["model"].iloc[0]), len(part), (part["label"] == positive).to_numpy()
    scores = part["probability"].to_numpy(dtype=float)
    area, made = roc_area(scores, truth), []
    for method in METHODS:
        found = auc_interval(scores, truth, method, seed=seed)
        made.append(_row(model, level, "auc", method, n, np.nan, area, found.low, found.high))
    return made


def _row(*cells: object) -> dict[str, object]:
    return dict(zip(COLUMNS, cells, strict=True))


def image_rows(
    predictions: pd.DataFrame, positive: str, names: tuple[str, str, str, str], threshold: float
) -> list[dict[str, object]]:
    """Score images of each model: no interval, since those of one clone are not independent.

    `predictions` have one row per model, set and image; `names` are their columns of model, group, label and
    probability; from the threshold upwards an image is called positive.

    Examples
    --------
    >>> images = pd.DataFrame({"m": "cnn", "g": "a", "l": ["x", "y"], "p": [0.9, 0.6]})
    >>> [row["value"] for row in image_rows(images, "x", ("m", "g", "l", "p"), 0.5)]
    [0.5, 1.0]
    """
    known = _scores(predictions, names, "The predictions").dropna(subset=["label", "probability"])
    made: list[dict[str, object]] = []
    for model, part in known.groupby("model", sort=False):
        right, truth = called_right(part, positive, threshold), (part["label"] == positive).to_numpy()
        area = roc_area(part["probability"].to_numpy(), truth)
        for measure, hits, value in (
            ("accuracy", float(right.sum()), float(right.mean())),
            ("auc", np.nan, area),
        ):
            made.append(_row(str(model), "image", measure, "none", len(part), hits, value, np.nan, np.nan))
    return made
