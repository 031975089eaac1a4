"""Scores of clones with what each was called: right or wrong, one panel per model."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.theme import INK, NEGATIVE, POSITIVE, empty_figure, model_name, new_figure, theme
from hcs.wording import counted, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WRONG = "#000000"


def clone_figure(
    calls: pd.DataFrame, *, positive: str, threshold: float, noun: str = "clone", xlabel: str = ""
) -> "Figure":
    """Draw each clone's score, sorted within its class; a wrong call has a cross and its name.

    Parameters
    ----------
    calls
        model, group, label, probability, correct (True or False); one row per model and clone.
    positive
        The label whose probability is given; drawn above the other.
    threshold
        At and above it a clone is called positive.
    noun
        What a row is, in the singular.
    xlabel
        Of the score, if it is no mean probability.

    Examples
    --------
    >>> calls = pd.DataFrame({"model": "cnn", "group": ["a", "b"], "label": ["ALS", "control"]})
    >>> calls = calls.assign(probability=[0.9, 0.6], correct=[True, False])
    >>> clone_figure(calls, positive="ALS", threshold=0.5).axes[0].get_title("left")
    'CNN: 1 of 2 clones called right'
    """
    if calls.empty:
        return empty_figure(f"No {noun} has a score.")
    models = list(dict.fromkeys(calls["model"]))
    rows = int(calls.groupby("model").size().max())
    with theme():
        figure = new_figure(10, max(3.0, 0.17 * rows + 1.5))
        panels = figure.subplots(1, len(models), squeeze=False)[0]
        for axis, model in zip(panels, models, strict=True):
            part = calls[calls["model"] == model]
            part = part.assign(_up=part["label"] == positive).sort_values(["_up", "probability"])
            _draw(axis, part, positive, threshold)
            right = int(part["correct"].sum())
            name = model_name(str(model))
            axis.set_title(
                f"{name[:1].upper()}{name[1:]}: {right} of {counted(len(part), noun)} called right"
            )
            axis.set_xlabel(xlabel or f"Mean score: probability of {spaced(positive)}")
        _legend(figure, calls, positive, noun)
    return figure


def _draw(axis: "Axes", part: pd.DataFrame, positive: str, threshold: float) -> None:
    """One model's clones from the bottom up, the positive class above."""
    scores, up = part["probability"].to_numpy(), part["_up"].to_numpy()
    right = part["correct"].to_numpy(dtype=bool)
    places = np.arange(len(part)) + up
    axis.axvline(threshold, color=INK, lw=1, ls="--", gid="threshold")
    for upper, colour, mark in ((False, NEGATIVE, "o"), (True, POSITIVE, "D")):
        chosen = up == upper
        axis.plot(scores[chosen], places[chosen], mark, color=colour, ms=6, mec="white", mew=0.5, gid="clone")
    axis.plot(scores[~right], places[~right], "x", color=WRONG, ms=9, mew=1.6, ls="", gid="wrong", zorder=4)
    for score, place, name in zip(scores[~right], places[~right], part["group"][~right], strict=True):
        side = -1 if score > threshold + 0.3 else 1
        axis.annotate(
            str(name),
            (score, place),
            xytext=(8 * side, 0),
            textcoords="offset points",
            va="center",
            ha="left" if side > 0 else "right",
            fontsize=7,
        )
    axis.set(ylim=(-0.8, len(part) + 0.8), yticks=[])
    if len(part) and scores.min() >= 0 and scores.max() <= 1:
        axis.set_xlim(-0.03, 1.03)
    axis.grid(True, axis="x")


def _legend(figure: "Figure", calls: pd.DataFrame, positive: str, noun: str) -> None:
    from matplotlib.lines import Line2D

    others = " / ".join(spaced(name) for name in dict.fromkeys(calls["label"]) if name != positive)
    first = calls[calls["model"] == calls["model"].iloc[0]]
    n = int((first["label"] == positive).sum())
    handles = [
        Line2D([], [], marker="D", ls="", color=POSITIVE, label=f"{spaced(positive)}, {counted(n, noun)}"),
        Line2D([], [], marker="o", ls="", color=NEGATIVE, label=f"{others}, {counted(len(first) - n, noun)}"),
        Line2D([], [], marker="x", ls="", color=WRONG, mew=1.6, ms=8, label="called wrong"),
        Line2D([], [], color=INK, lw=1, ls="--", label="threshold of the call"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
