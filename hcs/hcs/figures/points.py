"""Two numbers of each clone, well or trial against each other: one dot each."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.intervals import Rows, draw_rows, rows_key
from hcs.figures.keys import class_looks, class_marks, key, line, mark, patch
from hcs.figures.theme import (
    FAINT,
    INK,
    NEGATIVE,
    OKABE_ITO,
    OTHER,
    POSITIVE,
    empty_figure,
    model_name,
    new_figure,
    new_grid,
    theme,
)
from hcs.wording import capital, counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKERS = ("o", "^", "s", "D", "v", "P", "X")
COLOURS = OKABE_ITO[:7]
"""More batches than colours share one grey; more labels than markers share the last."""
HALF = 0.5
LINE = 0.045
"""Height of a name, on the axis of scores."""
EDGE = 0.2
"""Nearer to the frame than this, names stand on the other side of their dot."""
LONGEST = 24
"""Letters of a name that are written."""
MOST_PAIRS = 6
DENSE = 2_000
"""Beyond this many wells a scatter is drawn as a density."""


def mixing_figure(
    panel: Rows, points: pd.DataFrame, words: Mapping[str, str], *, batch: str, label: str
) -> "Figure":
    """Draw metrics of mixing at the left, the wells on their first two principal components at the right.

    Parameters
    ----------
    panel, words
        The metrics, as `hcs.figures.intervals.draw_rows` and `rows_key` take them.
    points
        One row per well: batch, label, pc1, pc2.
    batch, label
        What they are called.
    """
    with theme():
        figure = new_figure(10.5, 4.6)
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        draw_rows(left, panel)
        _draw_points(right, points, batch, label)
        key(figure, rows_key([panel], words))
    return figure


def _draw_points(axis: "Axes", points: pd.DataFrame, batch: str, label: str) -> None:
    """Draw every well, its batch by colour and its label by marker."""
    sizes = points["batch"].value_counts()
    batches = sorted(sizes.index, key=lambda name: (-sizes[name], name))
    shown = sorted(batches if len(batches) <= len(COLOURS) else batches[: len(COLOURS) - 1])
    colours = dict(zip(shown, COLOURS, strict=False))
    labels = sorted(points["label"].unique())
    markers = {name: MARKERS[min(place, len(MARKERS) - 1)] for place, name in enumerate(labels)}
    for name in labels:
        mine = points[points["label"] == name]
        colour = [colours.get(one, OTHER) for one in mine["batch"]]
        axis.scatter(
            mine["pc1"], mine["pc2"], c=colour, marker=markers[name], s=22, alpha=0.75, lw=0.3, ec="white",
            gid="wells",
        )  # fmt: skip
    axis.set(xlabel="Principal component 1", ylabel="Principal component 2")
    axis.set_title(f"{len(points):,} wells")
    rest = len(batches) - len(shown)
    entries = [(f"{batch}:", INK, ""), *((name, colours[name], "o") for name in shown)]
    entries += [(f"{rest} others", OTHER, "o")] if rest else []
    entries += [("", INK, ""), (f"{label}:", INK, "")]
    entries += [(name, INK, markers[name]) for name in labels[: len(MARKERS)]]
    axis.legend(handles=[mark(*entry, 6) for entry in entries], loc="upper left", bbox_to_anchor=(1.0, 1.02))


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
            _draw_scores(axis, part, positive, negative)
            _name_changed(axis, changed)
            said = f"{changed['group'].nunique()} of {counted(part['group'].nunique(), noun)}"
            axis.set_title(f"{capital(model_name(str(model)))}: {said} called otherwise")
            axis.set_xlabel(f"Score in A: probability of {spaced(positive)}")
        panels[0].set_ylabel(f"Score in B: probability of {spaced(positive)}")
        lines = [line("same score in both", FAINT, width=1), line("threshold of the call", INK, "--", 1)]
        shaded = patch(f"{plural(noun)} called otherwise", FAINT, alpha=0.25)
        columns = 5 if len(models) > 1 else 3
        key(figure, [*class_marks(positive, negative), *lines, shaded], columns)
    return figure


def _draw_scores(axis: "Axes", part: pd.DataFrame, positive: str, negative: str) -> None:
    """Lines of the calls and of equal scores; the quarters where the calls differ are shaded."""
    for left, lower in ((-0.03, HALF), (HALF, -0.03)):
        axis.fill_between(
            [left, left + HALF + 0.03], lower, lower + HALF + 0.03, color=FAINT, alpha=0.12, lw=0,
            gid="otherwise",
        )  # fmt: skip
    axis.axvline(HALF, color=INK, lw=1, ls="--", gid="half-a")
    axis.axhline(HALF, color=INK, lw=1, ls="--", gid="half-b")
    axis.plot([0, 1], [0, 1], color=FAINT, lw=1, gid="identity")
    for label, colour, shape in class_looks(positive, negative):
        rows = part[part["label_a"] == label]
        axis.plot(
            rows["score_a"].to_numpy(dtype=float), rows["score_b"].to_numpy(dtype=float), shape,
            color=colour, ms=6.5, mec="white", mew=0.6, zorder=3, gid="clone",
        )  # fmt: skip
    axis.set(xlim=(-0.03, 1.03), ylim=(-0.03, 1.03), box_aspect=1)


def _name_changed(axis: "Axes", changed: pd.DataFrame) -> None:
    """Write names beside their dots, away from the line of the call, and never over each other."""
    for upwards in (True, False):
        rows = changed[(changed["score_b"] >= HALF) == upwards].sort_values("score_b")
        lowest = -0.03
        for place, row in enumerate(rows.itertuples()):
            above = LINE * (len(rows) - 1 - place)
            height = max(lowest, min(float(row.score_b), 1.0 - above))
            lowest = height + LINE
            across, name = float(row.score_a), str(row.group)
            side = -1 if EDGE < across < HALF or across > 1 - EDGE else 1
            axis.annotate(
                name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…",
                (across, float(row.score_b)), xytext=(across + 0.025 * side, height), va="center",
                ha="left" if side > 0 else "right", fontsize=7.5, zorder=4, gid="name",
            ).set_in_layout(False)  # fmt: skip


def replicate_figure(pairs: pd.DataFrame, overall: pd.DataFrame, *, label: str) -> "Figure":
    """Draw wells of two replicates against each other, a panel for each pair of replicates.

    Parameters
    ----------
    pairs
        first, second, x, y; one row per well that stands in both.
    overall
        first, second, n, pearson, concordance; one row per pair, drawn in this order up to `MOST_PAIRS`.
    label
        What was measured.
    """
    shown = overall.head(MOST_PAIRS)
    with theme():
        figure, panels = new_grid(len(shown), 3, 4.4 if len(shown) == 1 else 3.6, 3.7)
        for axis, row in zip(panels, shown.itertuples(), strict=True):
            own = pairs[(pairs["first"] == row.first) & (pairs["second"] == row.second)]
            _draw_pair(axis, own["x"].to_numpy(dtype=float), own["y"].to_numpy(dtype=float))
            axis.set_xlabel(f"{label}, replicate {row.first}")
            axis.set_ylabel(f"{label}, replicate {row.second}")
            axis.set_title(
                f"r {row.pearson:.2f}, concordance {row.concordance:.2f}\n{counted(row.n, 'well')}"
            )
        notes = ["dashed: equal in both"]
        if overall["n"].max() > DENSE:
            notes.append("the lighter, the more wells (log scale)")
        if len(overall) > MOST_PAIRS:
            notes.append(f"{counted(len(overall) - MOST_PAIRS, 'more pair')} of replicates not drawn")
        figure.supxlabel("; ".join(notes), fontsize=8, color=INK)
    return figure


def _draw_pair(axis: "Axes", x: npt.NDArray[np.float64], y: npt.NDArray[np.float64]) -> None:
    """Dots with the line of equality; a density where dots would hide each other."""
    both = np.concatenate([x, y])
    ends = [float(both.min()), float(both.max())]
    if len(x) > DENSE:
        axis.hexbin(x, y, gridsize=60, bins="log", mincnt=1, cmap="cividis", lw=0, gid="wells")
    else:
        axis.scatter(x, y, s=12, color=NEGATIVE, alpha=0.55, lw=0, gid="wells")
    axis.plot(ends, ends, color=POSITIVE, lw=1, ls="--", gid="equal")
    axis.grid(True)


def search_figure(trials: pd.DataFrame, heads: pd.DataFrame) -> "Figure":
    """Draw every trial by learning rate and momentum, coloured by validation accuracy, chosen ones ringed.

    Parameters
    ----------
    trials
        set, learning_rate, momentum, value.
    heads
        set, learning_rate, momentum of the heads that were kept.
    """
    with theme():
        figure = new_figure(8.5, 4.2)
        axis = figure.subplots()
        order = trials.sort_values("value")
        # Diverged trials count as 0; the scale is for the others.
        fair = trials.loc[trials["value"] > 0, "value"]
        shown = axis.scatter(
            order["learning_rate"], order["momentum"], c=order["value"], s=22, cmap="cividis",
            vmin=float(fair.min()) if len(fair) else 0.0, vmax=1.0, lw=0, zorder=2,
        )  # fmt: skip
        axis.scatter(
            heads["learning_rate"], heads["momentum"], s=60, facecolors="none", edgecolors=INK, lw=1.1,
            label=f"chosen ({len(heads)} sets)", zorder=3,
        )  # fmt: skip
        axis.set(xscale="log", xlabel="Learning rate", ylabel="Momentum")
        # The theme draws text as it stands, so powers of ten are written out.
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter("")
        axis.grid(True)
        axis.legend(loc="upper left", bbox_to_anchor=(0, -0.16), borderaxespad=0)
        figure.colorbar(shown, ax=axis, label="Validation accuracy (tiles)")
    return figure
