"""Scores of the same clones by two studies: one dot per clone, A across and B up."""

from typing import TYPE_CHECKING

import pandas as pd

from hcs.figures.theme import (
    FAINT,
    INK,
    NEGATIVE,
    POSITIVE,
    empty_figure,
    model_name,
    new_figure,
    theme,
)
from hcs.wording import counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

HALF = 0.5
LINE = 0.045
"""Height of a name, on the axis of scores."""
EDGE = 0.2
"""Nearer to the frame than this, names stand on the other side of their dot."""
LONGEST = 24
"""Letters of a name that are written."""


def agreement_figure(clones: pd.DataFrame, *, positive: str, negative: str, noun: str = "clone") -> "Figure":
    """Draw each clone's score in A against that in B, one panel per model; clones called otherwise are named.

    Parameters
    ----------
    clones
        model, group, label_a, score_a, score_b, difference, call_a, call_b; rows without a difference are
        left out.
    positive, negative
        The two classes; the score is the probability of the positive one.
    noun
        What a row is, in the singular.

    Examples
    --------
    >>> clones = pd.DataFrame({"model": "cnn", "group": ["a", "b"], "label_a": ["ALS", "control"]})
    >>> clones = clones.assign(score_a=[0.9, 0.6], score_b=[0.8, 0.3], difference=[-0.1, -0.3])
    >>> clones = clones.assign(call_a="ALS", call_b=["ALS", "control"])
    >>> agreement_figure(clones, positive="ALS", negative="control").axes[0].get_title("left")
    'CNN: 1 of 2 clones called otherwise'
    """
    drawn = clones[clones["difference"].notna()]
    if drawn.empty:
        return empty_figure(f"No {noun} was scored in both studies.")
    models = list(dict.fromkeys(drawn["model"]))
    with theme():
        width = min(10.0, 5.0 * len(models))
        figure = new_figure(width, width / len(models) + 0.9)
        panels = figure.subplots(1, len(models), squeeze=False)[0]
        for axis, model in zip(panels, models, strict=True):
            part = drawn[drawn["model"] == model]
            changed = part[part["call_a"] != part["call_b"]]
            _draw(axis, part, positive, negative)
            _name(axis, changed)
            name = model_name(str(model))
            n_changed, n = changed["group"].nunique(), part["group"].nunique()
            axis.set_title(
                f"{name[:1].upper()}{name[1:]}: {n_changed} of {counted(n, noun)} called otherwise"
            )
            axis.set_xlabel(f"Score in A: probability of {spaced(positive)}")
        panels[0].set_ylabel(f"Score in B: probability of {spaced(positive)}")
        _legend(figure, positive, negative, plural(noun))
    return figure


def _draw(axis: "Axes", part: pd.DataFrame, positive: str, negative: str) -> None:
    """Lines of the calls and of equal scores; the quarters where the calls differ are shaded."""
    for left, lower in ((0.0, HALF), (HALF, 0.0)):
        axis.fill_between(
            [left - 0.03 * (left == 0), left + HALF + 0.03 * (left > 0)],
            lower - 0.03 * (lower == 0),
            lower + HALF + 0.03 * (lower > 0),
            color=FAINT,
            alpha=0.12,
            lw=0,
            gid="otherwise",
        )
    axis.axvline(HALF, color=INK, lw=1, ls="--", gid="half-a")
    axis.axhline(HALF, color=INK, lw=1, ls="--", gid="half-b")
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, gid="identity")
    for label, colour, mark in ((negative, NEGATIVE, "o"), (positive, POSITIVE, "D")):
        rows = part[part["label_a"] == label]
        axis.plot(
            rows["score_a"].to_numpy(dtype=float),
            rows["score_b"].to_numpy(dtype=float),
            mark,
            color=colour,
            ms=6.5,
            mec="white",
            mew=0.6,
            zorder=3,
            gid="clone",
        )
    axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), box_aspect=1)


def _name(axis: "Axes", changed: pd.DataFrame) -> None:
    """Write names beside their dots, away from the line of the call, and never over each other."""
    for upwards in (True, False):
        rows = changed[(changed["score_b"] >= HALF) == upwards].sort_values("score_b")
        lowest = -0.03
        for place, row in enumerate(rows.itertuples()):
            above = LINE * (len(rows) - 1 - place)
            height = max(lowest, min(float(row.score_b), 1.0 - above))
            lowest = height + LINE
            across = float(row.score_a)
            side = -1 if EDGE < across < HALF or across > 1 - EDGE else 1
            axis.annotate(
                _shortened(str(row.group)),
                (across, float(row.score_b)),
                xytext=(across + 0.025 * side, height),
                va="center",
                ha="left" if side > 0 else "right",
                fontsize=7.5,
                zorder=4,
                gid="name",
            ).set_in_layout(False)


def _shortened(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"


def _legend(figure: "Figure", positive: str, negative: str, nouns: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], marker="D", ls="", color=POSITIVE, mec="white", ms=7, label=spaced(positive)),
        Line2D([], [], marker="o", ls="", color=NEGATIVE, mec="white", ms=7, label=spaced(negative)),
        Line2D([], [], color=FAINT, lw=1, label="same score in both"),
        Line2D([], [], color=INK, lw=1, ls="--", label="threshold of the call"),
        Patch(color=FAINT, alpha=0.25, lw=0, label=f"{nouns} called otherwise"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)))
