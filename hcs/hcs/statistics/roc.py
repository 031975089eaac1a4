"""ROC curves of a model: of every test set over tiles, and over groups with a band from resampled groups."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.arrays import Bools, Floats
from hcs.statistics.auc import checked_scores, roc_area
from hcs.statistics.bootstrap import DRAWS, TAILS, resamples
from hcs_plates.errors import ArgumentError

Band = tuple[Floats, Floats, Floats]

GRID: Floats = np.linspace(0.0, 1.0, 101)
TILES: Floats = np.linspace(0.0, 1.0, 201)
"""False-positive rates of the curves over tiles."""
FEWEST = 3
"""Clones of a class below which a band would be a drawing of a few points."""


@dataclass(frozen=True)
class ModelRoc:
    """ROC curves of one model.

    Parameters
    ----------
    model
        Its name.
    curves
        Array of shape (n_sets, 201): true-positive rate over tiles of each set that has both classes, at
        `TILES`.
    areas
        Array of shape (n_sets,): area under each exact curve.
    steps
        False- and true-positive rates over groups, one step per score; None where a class has no group with
        a score.
    area
        Over groups; NaN without.
    n
        Groups.
    limits
        False-positive rates, lowest and highest true-positive rate of the groups' 95 % band; None where there
        is none.
    """

    model: str
    curves: Floats
    areas: Floats
    steps: tuple[Floats, Floats] | None
    area: float
    n: int
    limits: Band | None

    @property
    def grid(self) -> Floats:
        """False-positive rates of the curves over tiles."""
        return TILES

    @property
    def mean(self) -> Floats:
        """Mean true-positive rate over sets (vertical averaging, Fawcett 2006)."""
        return np.asarray(self.curves.mean(axis=0))

    @property
    def sd(self) -> Floats:
        """Standard deviation over sets (n − 1); zeros with one set."""
        return np.asarray(self.curves.std(axis=0, ddof=1) if len(self.curves) > 1 else 0 * self.mean)


def roc_curves(predictions: pd.DataFrame, groups: pd.DataFrame, positive: str) -> tuple[ModelRoc, ...]:
    """Compute the curves of every model; `positive` is the label whose probability is given.

    Parameters
    ----------
    predictions
        Test tiles: model, set, label, probability.
    groups
        model, group, label, probability; one row is one group (or one group × label) of the two classes.
    """
    models = dict.fromkeys([*predictions["model"], *groups["model"]])
    return tuple(
        _model_roc(
            str(model), predictions[predictions["model"] == model], groups[groups["model"] == model], positive
        )
        for model in models
    )


def _model_roc(model: str, tiles: pd.DataFrame, groups: pd.DataFrame, positive: str) -> ModelRoc:
    from sklearn.metrics import roc_curve

    curves: list[Floats] = []
    areas: list[float] = []
    for _, rows in tiles.groupby("set", sort=True):
        scores, truth = _scored(rows, positive)
        if truth.all() or not truth.any():
            continue
        curves.append(np.interp(TILES, *roc_curve(truth, scores)[:2]))
        areas.append(roc_area(scores, truth))
    of_sets = np.array(curves).reshape(len(curves), len(TILES)), np.array(areas)
    known = groups[groups["probability"].notna()]
    n, (scores, truth) = groups["group"].nunique(), _scored(known, positive)
    if truth.all() or not truth.any():
        return ModelRoc(model, *of_sets, None, np.nan, n, None)
    # Every threshold is kept, so that each group is one step of the drawn curve.
    false, true, _ = roc_curve(truth, scores, drop_intermediate=False)
    limits = roc_limits(scores, truth, known["group"].tolist())
    return ModelRoc(model, *of_sets, (false, true), roc_area(scores, truth), n, limits)


def _scored(rows: pd.DataFrame, positive: str) -> tuple[Floats, Bools]:
    return rows["probability"].to_numpy(dtype=float), (rows["label"].astype(str) == positive).to_numpy()


def roc_table(curves: Sequence[ModelRoc]) -> pd.DataFrame:
    """Give the points of the curves: the tiles' mean over sets, and the groups' exact steps.

    Returns
    -------
    DataFrame
        model, level (``tile``, ``group``, or ``group band``: the 95 % band over groups), false_positive_rate,
        true_positive_rate, sd (over sets; tiles only), low and high (of the band).
    """
    parts: list[tuple[str, str, Floats, dict[str, Floats]]] = []
    for curve in curves:
        if len(curve.areas):
            parts.append((curve.model, "tile", TILES, {"true_positive_rate": curve.mean, "sd": curve.sd}))
        if curve.steps is not None:
            parts.append((curve.model, "group", curve.steps[0], {"true_positive_rate": curve.steps[1]}))
        if curve.limits is not None:
            rate, low, high = curve.limits
            parts.append((curve.model, "group band", rate, {"low": low, "high": high}))
    names = ["model", "level", "false_positive_rate", "true_positive_rate", "sd", "low", "high"]
    tables = [
        pd.DataFrame({"model": model, "level": level, "false_positive_rate": rate, **columns})
        for model, level, rate, columns in parts
    ]
    tables = [table.reindex(columns=names) for table in tables]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)


def roc_limits(
    scores: npt.ArrayLike, truth: npt.ArrayLike, clones: Sequence[object], *, draws: int = DRAWS
) -> Band | None:
    """Give the pointwise band of a ROC curve: percentiles over resamples of clones within their class.

    At a false-positive rate the curve takes the highest true-positive rate of any threshold whose own rate is
    no higher, so the steps of few clones are not smoothed away (vertical averaging, Fawcett 2006, *Pattern
    Recognit. Lett.* 27:861).

    Score, class and clone are of each row, arrays of shape (n,); a clone with a row of either class is drawn
    with both.

    Returns
    -------
    tuple of arrays of shape (101,), or None
        False-positive rates, and the lowest and highest true-positive rate there. None where a class has
        fewer than three clones. Where classes do not overlap no resample does: the band then has no width.
    """
    taken, positive = checked_scores(scores, truth)
    names, members = np.unique(np.asarray(list(clones), dtype=object).astype(str), return_inverse=True)
    if len(members) != len(taken):
        raise ArgumentError(f"{len(taken)} scores are of {len(members)} clones; give one clone per score.")
    held = np.stack([np.bincount(members[positive == side], minlength=len(names)) > 0 for side in (0, 1)])
    if held.sum(axis=1).min() < FEWEST:
        return None
    order = np.argsort(-taken, kind="stable")
    # Rows of one score pass a threshold together.
    last = np.append(np.diff(taken[order]) != 0, True)
    side, owner = positive[order], members[order]
    strata = [f"{first}{second}" for first, second in held.T]
    curves = []
    for drawn in resamples(len(names), strata=strata, draws=draws):
        counts = np.stack([np.bincount(one, minlength=len(names)) for one in drawn])[:, owner]
        true, false = (np.cumsum(counts * mask, axis=1) for mask in (side, ~side))
        rates = (part[:, last] / np.maximum(part[:, -1:], 1) for part in (true, false))
        curves += [_steps(*one) for one in zip(*rates, strict=True)]
    low, high = np.quantile(np.stack(curves), TAILS, axis=0)
    return GRID, low, high


def _steps(true: Floats, false: Floats) -> Floats:
    """Read a curve's true-positive rate at the grid's false-positive rates."""
    place = np.searchsorted(false, GRID + 1e-9, side="right")
    return np.concatenate([[0.0], true])[place]
