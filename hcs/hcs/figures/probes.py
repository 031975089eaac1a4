"""How well features tell each thing: a dot and an interval each, beside what chance gives."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OTHER, POSITIVE, model_name, new_figure, theme
from hcs.wording import counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NULL = "#d9dfe5"


def probe_figure(table: pd.DataFrame, *, noun: str = "clone") -> "Figure":
    """Draw one row per target, the best told on top, the label in its own colour.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.probes.ShortcutProbes` holds it: target, role, kind, n_groups, n_wells,
        score, low, high, chance, null_low, null_high, p. Rows without a score are named and left empty.
    noun
        What a group is called.
    """
    rows = table.sort_values("score", na_position="first").reset_index(drop=True)
    with theme():
        figure = new_figure(8.5, 1.6 + 0.5 * len(rows))
        axis = figure.subplots()
        for place, row in enumerate(rows.to_dict("records")):
            _draw_row(axis, place, row, own=row["role"] == "label")
        axis.set_yticks(range(len(rows)), [_name(row, noun) for row in rows.to_dict("records")])
        axis.set(
            ylim=(-0.6, len(rows) - 0.4), xlim=(min(0.0, float(rows["null_low"].min(skipna=True))), 1.02)
        )
        axis.set_xlabel(
            "Share of pairs of test wells in their right order (macro AUC, or concordance of numbers)"
        )
        axis.set_title(f"What the features tell of {plural(noun)} that were not trained on")
        axis.grid(True, axis="x")
        _legend(figure, noun, "the label", "shortcuts")
    return figure


def _name(row: dict[str, Any], noun: str) -> str:
    wells = "" if noun == "well" else f", {counted(row['n_wells'], 'well')}"
    return f"{spaced(row['target'])}\n{counted(row['n_groups'], noun)}{wells}"


def _draw_row(axis: "Axes", place: int, row: dict[str, Any], *, own: bool) -> None:
    """Draw chance as a bar and a tick, the interval as a line, the score as a dot."""
    score, chance = row["score"], row["chance"]
    if np.isnan(score):
        axis.text(chance, place, "cannot be told from these wells", color=FAINT, va="center", ha="center")
        return
    colour = POSITIVE if own else NEGATIVE
    if not np.isnan(row["null_low"]):
        wide = row["null_high"] - row["null_low"]
        axis.barh(place, wide, left=row["null_low"], height=0.5, color=NULL, lw=0, gid="null")
    axis.plot([chance] * 2, [place - 0.3, place + 0.3], color=INK, lw=1.2, gid="chance")
    axis.plot([row["low"], row["high"]], [place, place], color=colour, lw=2, gid="interval")
    axis.plot([score], [place], "D" if own else "o", color=colour, ms=8, mec="white", mew=0.8, gid="score")
    p = "" if np.isnan(row["p"]) else f", p = {row['p']:.2g}"
    axis.text(1.03, place, f"{score:.2f}{p}", va="center", fontsize=8, clip_on=False)


def _legend(figure: "Figure", noun: str, own: str, others: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles = [
        Line2D([], [], marker="D", ls="", color=POSITIVE, mec="white", ms=8, label=own),
        Line2D([], [], marker="o", ls="", color=NEGATIVE, mec="white", ms=8, label=others),
        Line2D([], [], color=OTHER, lw=2, label=f"95 % interval over {plural(noun)}"),
        Line2D([], [], color=INK, lw=1.2, marker="|", ls="", ms=10, label="0.5"),
        Patch(color=NULL, label="95 % of permutations"),
    ]
    figure.legend(handles=handles, loc="outside lower center", ncols=5)


def baseline_figure(table: pd.DataFrame, *, noun: str = "clone") -> "Figure":
    """Draw the AUC of baselines and of models over the same groups, the best on top.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.baselines.PixelFreeBaselines` holds it: model, kind, n_groups, auc, low,
        high, null_low, null_high, p.
    noun
        What a group is called.
    """
    rows = table.dropna(subset=["auc"]).sort_values("auc").reset_index(drop=True)
    with theme():
        figure = new_figure(8.5, 1.6 + 0.5 * len(rows))
        axis = figure.subplots()
        for place, row in enumerate(rows.to_dict("records")):
            _draw_row(axis, place, row | {"score": row["auc"], "chance": 0.5}, own=row["kind"] == "model")
        names = [f"{model_name(row.model)}\n{counted(row.n_groups, noun)}" for row in rows.itertuples()]
        axis.set_yticks(range(len(rows)), names)
        axis.set(ylim=(-0.6, len(rows) - 0.4), xlim=(0, 1.02))
        axis.set_xlabel(f"AUC over {plural(noun)}")
        axis.set_title("The class told without a look at the images, and with one")
        axis.grid(True, axis="x")
        _legend(figure, noun, "a model that sees images", "baselines without pixels")
    return figure
