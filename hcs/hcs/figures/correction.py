"""What a correction of batches did: every measure before and after it, joined by a line."""

from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OTHER, PAPER, POSITIVE, new_figure, theme
from hcs.wording import counted, plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

APART = 0.16
"""How far above and below their row the two states of a measure are drawn."""
MIXING = {
    "kbet": "kBET acceptance", "ilisi": "iLISI", "batch_silhouette": "silhouette",
    "pc_regression": "variance\nexplained",
}  # fmt: skip


def correction_figure(
    table: pd.DataFrame, *, method: str, label: str, batch: str, noun: str = "clone"
) -> "Figure":
    """Draw areas with their intervals at the left, mixing scores at the right.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.correction.CorrectionEffect` holds it: measure, n_groups, n_wells, wanted,
        before, after, each with _low and _high.
    method
        What was done, for the title.
    label, batch, noun
        What label, batch and a group are called.
    """
    rows = table.set_index("measure")
    areas = {"label_auc": label, "batch_auc": batch}
    with theme():
        figure = new_figure(9.5, 3.8)
        left, right = figure.subplots(1, 2, width_ratios=(1, 1))
        left.axvline(0.5, color=INK, lw=1, ls="--", gid="chance")
        for axis, names in ((left, areas), (right, MIXING)):
            for place, name in enumerate(names):
                _draw_row(axis, place, rows.loc[name].to_dict())
            axis.set_ylim(len(names) - 0.5, -0.5)
            axis.set_xlim(-0.03, 1.03)
            axis.tick_params(axis="y", length=0)
            axis.grid(True, axis="x")
        left.set_yticks(range(2), [_named(name, rows.loc[key], noun) for key, name in areas.items()])
        right.set_yticks(range(len(MIXING)), [_wanted(name, rows.loc[key]) for key, name in MIXING.items()])
        left.set_xlabel(f"AUC in {plural(noun)} not trained on (0.5: chance)")
        right.set_xlabel("Mixing score")
        left.set_title(f"What the features tell of unseen {plural(noun)}")
        right.set_title(f"How well {plural(batch)} mix")
        figure.suptitle(fill(method, 95), x=0.01, ha="left", fontsize=10)
        _legend(figure, noun)
    return figure


def _named(name: str, row: pd.Series, noun: str) -> str:
    held = dict.fromkeys([counted(int(row["n_groups"]), noun), counted(int(row["n_wells"]), "well")])
    return f"{fill(name, 18)}\n{', '.join(held)}"


def _wanted(name: str, row: pd.Series) -> str:
    return f"{name}\n({'1' if row['wanted'] == 'higher' else '0'} is mixed)"


def _draw_row(axis: "Axes", place: int, row: dict[str, Any]) -> None:
    """Draw both states with their intervals and the way from one to the other."""
    if np.isnan(row["before"]) or np.isnan(row["after"]):
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 2}
        axis.text(0.5, place, "cannot be measured", color=FAINT, va="center", ha="center", bbox=box)
        return
    axis.annotate(
        "", (row["after"], place + APART), (row["before"], place - APART),
        arrowprops={"arrowstyle": "->", "color": OTHER, "lw": 1, "shrinkA": 5, "shrinkB": 5},
    )  # fmt: skip
    for side, shift, colour, mark in (("before", -APART, NEGATIVE, "o"), ("after", APART, POSITIVE, "D")):
        ends = [row[f"{side}_low"], row[f"{side}_high"]]
        if not np.isnan(ends).any():
            axis.plot(ends, [place + shift] * 2, color=colour, lw=2, gid="interval")
        axis.plot([row[side]], [place + shift], mark, color=colour, ms=7, mec="white", mew=0.8, gid=side)
        axis.annotate(
            f"{row[side]:.2f}", (1.01, place + shift), xycoords=("axes fraction", "data"), va="center",
            color=colour, fontsize=8, annotation_clip=False,
        )  # fmt: skip


def _legend(figure: "Figure", noun: str) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D([], [], marker="o", ls="", color=NEGATIVE, mec="white", ms=7, label="before"),
        Line2D([], [], marker="D", ls="", color=POSITIVE, mec="white", ms=7, label="after correction"),
        Line2D([], [], color=OTHER, lw=2, label=f"95 % interval over {plural(noun)}"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=3)
