"""Curves: ROC of every set beside the ROC of the groups, and the course of training."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import FAINT, INK, TRAIN, VALIDATION, model_line, model_name, new_figure, theme
from hcs.statistics.roc import roc_limits

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

Floats = npt.NDArray[np.float64]

_GRID: Floats = np.linspace(0.0, 1.0, 201)


@dataclass(frozen=True)
class RocBand:
    """ROC curves of one model over the sets, on one grid of false-positive rates.

    Parameters
    ----------
    curves
        Array of shape (n_sets, n_points): true-positive rate of each set that has both classes.
    areas
        Array of shape (n_sets,): area under each exact curve.
    """

    curves: Floats
    areas: Floats

    @property
    def grid(self) -> Floats:
        """False-positive rates, from 0 to 1."""
        return _GRID

    @property
    def mean(self) -> Floats:
        """Mean true-positive rate at each point (vertical averaging, Fawcett 2006)."""
        return np.asarray(self.curves.mean(axis=0))

    @property
    def sd(self) -> Floats:
        """Standard deviation over sets (n − 1) at each point; zeros with one set."""
        return np.asarray(self.curves.std(axis=0, ddof=1) if len(self.curves) > 1 else 0 * self.mean)


def roc_band(predictions: pd.DataFrame, model: str, positive: str) -> RocBand:
    """ROC of every set of one model, tile by tile.

    Parameters
    ----------
    predictions
        Table with the columns model, set, label, probability.
    model
        Which model's rows.
    positive
        The label whose probability is given.

    Examples
    --------
    >>> table = pd.DataFrame({"model": "cnn", "set": 0, "label": ["a", "b"], "probability": [0.1, 0.9]})
    >>> roc_band(table, "cnn", "b").areas
    array([1.])
    """
    from sklearn.metrics import auc, roc_curve

    curves: list[Floats] = []
    areas: list[float] = []
    for _, rows in predictions[predictions["model"] == model].groupby("set", sort=True):
        truth = (rows["label"].astype(str) == positive).to_numpy()
        if truth.all() or not truth.any():
            continue
        false, true, _ = roc_curve(truth, rows["probability"].to_numpy(dtype=float))
        curves.append(np.interp(_GRID, false, true))
        areas.append(float(auc(false, true)))
    return RocBand(np.array(curves).reshape(len(curves), len(_GRID)), np.array(areas))


def group_roc(groups: pd.DataFrame, model: str, positive: str) -> tuple[Floats, Floats, float] | None:
    """ROC over the groups' mean scores: false- and true-positive rates and the area.

    Parameters
    ----------
    groups
        Table with the columns model, label, probability; one row is one group (or one group × label).
    model
        Which model's rows.
    positive
        The label whose probability is given.

    Returns
    -------
    tuple or None
        None where a class has no group with a score.
    """
    from sklearn.metrics import auc, roc_curve

    rows = groups[(groups["model"] == model) & groups["probability"].notna()]
    truth = (rows["label"].astype(str) == positive).to_numpy()
    if len(rows) == 0 or truth.all() or not truth.any():
        return None
    # Every threshold is kept, so that each group is one step of the drawn curve.
    false, true, _ = roc_curve(truth, rows["probability"].to_numpy(dtype=float), drop_intermediate=False)
    return false, true, float(auc(false, true))


def group_limits(groups: pd.DataFrame, model: str, positive: str) -> tuple[Floats, Floats, Floats] | None:
    """Pointwise 95 % band of `group_roc` over resamples of the groups (`hcs.statistics.roc.roc_limits`)."""
    rows = groups[(groups["model"] == model) & groups["probability"].notna()]
    truth = (rows["label"].astype(str) == positive).to_numpy()
    if truth.all() or not truth.any():
        return None
    return roc_limits(rows["probability"].to_numpy(dtype=float), truth, rows["group"].tolist())


def roc_figure(predictions: pd.DataFrame, groups: pd.DataFrame, positive: str, group: str) -> "Figure":
    """Draw tile-level ROC of every set with mean ± SD, and the group-level ROC beside it.

    Parameters
    ----------
    predictions, groups
        The study's tables; `groups` holds the two classes only.
    positive
        The label whose probability is given.
    group
        What several groups are called, ``clones``.
    """
    models = list(dict.fromkeys([*predictions["model"], *groups["model"]]))
    with theme():
        figure = new_figure(10, 4.7)
        tiles, whole = figure.subplots(1, 2)
        for place, model in enumerate(models):
            colour, dash = model_line(model, place)
            band = roc_band(predictions, model, positive)
            if len(band.areas):
                _draw_band(tiles, band, model, colour, dash)
            curve = group_roc(groups, model, positive)
            if curve is not None:
                n = groups.loc[groups["model"] == model, "group"].nunique()
                name = f"{model_name(model)}: AUC {curve[2]:.2f} (n = {n} {group})"
                whole.plot(curve[0], curve[1], color=colour, ls=dash, lw=2, label=name, marker="o", ms=3.5)
                limits = group_limits(groups, model, positive)
                if limits is not None:
                    whole.fill_between(*limits, color=colour, alpha=0.16, lw=0, step="post", gid="band")
        _finish_roc(tiles, "Tiles: every test set, mean ± SD over sets")
        _finish_roc(whole, f"{group.capitalize()}: mean score of their test tiles")
    return figure


def roc_table(predictions: pd.DataFrame, groups: pd.DataFrame, positive: str) -> pd.DataFrame:
    """Points of the curves of `roc_figure`: the tiles' mean over sets, and the groups' exact steps.

    Returns
    -------
    DataFrame
        model, level (``tile``, ``group``, or ``group band``: the 95 % band over groups), false_positive_rate,
        true_positive_rate, sd (over sets; tiles only), low and high (of the band).
    """
    parts: list[tuple[str, str, Floats, dict[str, Floats]]] = []
    for model in dict.fromkeys([*predictions["model"], *groups["model"]]):
        band, curve = roc_band(predictions, model, positive), group_roc(groups, model, positive)
        if len(band.areas):
            parts.append((model, "tile", band.grid, {"true_positive_rate": band.mean, "sd": band.sd}))
        if curve is not None:
            parts.append((model, "group", curve[0], {"true_positive_rate": curve[1]}))
        limits = group_limits(groups, model, positive)
        if limits is not None:
            parts.append((model, "group band", limits[0], {"low": limits[1], "high": limits[2]}))
    names = ["model", "level", "false_positive_rate", "true_positive_rate", "sd", "low", "high"]
    tables = [
        pd.DataFrame({"model": model, "level": level, "false_positive_rate": rate, **columns})
        for model, level, rate, columns in parts
    ]
    tables = [table.reindex(columns=names) for table in tables]
    return pd.concat(tables, ignore_index=True) if tables else pd.DataFrame(columns=names)


def _draw_band(axis: "Axes", band: RocBand, model: str, colour: str, dash: str) -> None:
    """Every set thin, the mean thick, ± SD as a band within 0 and 1."""
    for curve in band.curves:
        axis.plot([0, *band.grid], [0, *curve], color=colour, lw=0.6, alpha=0.35, gid="set")
    spread = f" ± {band.areas.std(ddof=1):.2f}" if len(band.areas) > 1 else ""
    name = f"{model_name(model)}: AUC {band.areas.mean():.2f}{spread} ({len(band.areas)} sets)"
    axis.plot([0, *band.grid], [0, *band.mean], color=colour, ls=dash, lw=2.4, label=name, gid="mean")
    low, high = np.clip(band.mean - band.sd, 0, 1), np.clip(band.mean + band.sd, 0, 1)
    axis.fill_between(band.grid, low, high, color=colour, alpha=0.16, lw=0)


def _finish_roc(axis: "Axes", title: str) -> None:
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":", zorder=1)
    axis.text(0.56, 0.52, "chance", color="#5d6975", fontsize=8, rotation=45, ha="left", va="top")
    axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", title=title)
    axis.set(xlabel="False-positive rate (1 − specificity)", ylabel="True-positive rate (sensitivity)")
    axis.grid(True)
    if axis.get_legend_handles_labels()[0]:
        axis.legend(loc="lower right")


def training_figure(history: pd.DataFrame) -> "Figure":
    """Draw loss and accuracy by epoch, training against validation: sets thin, their median thick.

    The loss axis ends above 19 of 20 values: a single head with a momentum near 1 would flatten all others.

    Parameters
    ----------
    history
        Table with the columns set, epoch, loss, accuracy, validation_loss, validation_accuracy.
    """
    panels = (("loss", "Loss"), ("accuracy", "Accuracy (tiles)"))
    parts = (("", "training", TRAIN, "-"), ("validation_", "validation", VALIDATION, "--"))
    with theme():
        figure = new_figure(10, 3.4)
        for axis, (column, title) in zip(figure.subplots(1, 2), panels, strict=True):
            for prefix, name, colour, dash in parts:
                courses = history.pivot_table(index="epoch", columns="set", values=prefix + column)
                for number in courses.columns:
                    axis.plot(courses.index, courses[number], color=colour, lw=0.6, alpha=0.4, gid="set")
                middle = courses.median(axis=1)
                axis.plot(middle.index, middle, color=colour, ls=dash, lw=2.4, label=name, gid="median")
            axis.set(title=title, xlabel="Epoch")
            axis.grid(True)
            axis.xaxis.get_major_locator().set_params(integer=True)
            if column == "accuracy":
                axis.axhline(0.5, color=INK, lw=0.8, ls=":")
                axis.set_ylim(top=1.02)
            else:
                values = history[["loss", "validation_loss"]].to_numpy(dtype=float)
                high = np.nanquantile(values, 0.95) if np.isfinite(values).any() else 1.0
                axis.set_ylim(0, 1.25 * max(high, 0.1))
            axis.legend(loc="best")
    return figure
