"""How well batches are mixed: each metric beside what permutations give, and the wells in two components."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OKABE_ITO, OTHER, POSITIVE, new_figure, theme
from hcs.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

NULL = "#d9dfe5"
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
COLOURS = OKABE_ITO[:7]
"""More batches than colours share one grey; more labels than markers share the last."""


def mixing_figure(
    table: pd.DataFrame, points: pd.DataFrame, *, batch: str = "batch", label: str = "label"
) -> "Figure":
    """Draw the metrics at the left, the wells on their first two principal components at the right.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.mixing.BatchMixing` holds it: metric, name, about, value, mixed_is,
        null_mean, null_low, null_high, p. Metrics without a value are named and left empty.
    points
        One row per well: batch, label, pc1, pc2.
    batch, label
        What they are called.
    """
    rows = table.iloc[::-1].reset_index(drop=True)
    with theme():
        figure = new_figure(10.5, 4.6)
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1))
        for place, row in enumerate(rows.to_dict("records")):
            _draw_row(left, place, row)
        left.set_yticks(range(len(rows)), [_name(row) for row in rows.to_dict("records")])
        left.set(ylim=(-0.6, len(rows) - 0.4), xlim=(-0.03, 1.03), xlabel="Value of the metric")
        left.set_title(f"How well {spaced(batch)} is mixed")
        left.grid(True, axis="x")
        _draw_points(right, points, batch, label)
        _legend(figure, spaced(batch), spaced(label))
    return figure


def _name(row: dict[str, Any]) -> str:
    """Name a metric, what it is of, and which end is mixed."""
    return f"{row['name']}\n{spaced(row['about'])}, mixed: {row['mixed_is']:g}"


def _draw_row(axis: "Axes", place: int, row: dict[str, Any]) -> None:
    """Draw what permutations give as a bar and a tick, the value as a dot."""
    if np.isnan(row["value"]):
        axis.text(0.5, place, "cannot be told from these wells", color=FAINT, va="center", ha="center")
        return
    if not np.isnan(row["null_low"]):
        wide = row["null_high"] - row["null_low"]
        axis.barh(place, wide, left=row["null_low"], height=0.5, color=NULL, lw=0, gid="null")
        axis.plot([row["null_mean"]] * 2, [place - 0.3, place + 0.3], color=INK, lw=1.2, gid="null-mean")
    colour, marker = (POSITIVE, "D") if row["metric"] == "clisi" else (NEGATIVE, "o")
    axis.plot([row["value"]], [place], marker, color=colour, ms=8, mec="white", mew=0.8, gid="value")
    p = "" if np.isnan(row["p"]) else f", p = {row['p']:.2g}"
    axis.text(1.04, place, f"{row['value']:.2f}{p}", va="center", fontsize=8, clip_on=False)


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
    handles = [_entry("", INK, f"{spaced(batch)}:")]
    handles += [_entry("o", colours[name], name) for name in shown]
    if len(shown) < len(batches):
        handles.append(_entry("o", OTHER, f"{len(batches) - len(shown)} others"))
    handles += [_entry("", INK, ""), _entry("", INK, f"{spaced(label)}:")]
    handles += [_entry(markers[name], INK, name) for name in labels[: len(MARKERS)]]
    axis.legend(handles=handles, loc="upper left", bbox_to_anchor=(1.0, 1.02))


def _entry(marker: str, colour: str, text: str) -> "Line2D":
    """One line of a legend; without a marker, a heading."""
    from matplotlib.lines import Line2D

    return Line2D([], [], marker=marker, ls="", color=colour, ms=6, label=text)


def _legend(figure: "Figure", batch: str, label: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], marker="o", ls="", color=NEGATIVE, mec="white", ms=8, label=batch),
        Line2D([], [], marker="D", ls="", color=POSITIVE, mec="white", ms=8, label=label),
        Line2D([], [], color=INK, lw=1.2, marker="|", ls="", ms=10, label="mean of permutations"),
        Patch(color=NULL, label="95 % of permutations"),
    ]
    figure.legend(handles=handles, loc="outside lower left", ncols=4)
