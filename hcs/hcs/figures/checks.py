"""Figures on how far a model's numbers can be believed: reliability of its probabilities, and its search."""

from typing import TYPE_CHECKING

import pandas as pd

from hcs.figures.theme import FAINT, INK, model_line, model_name, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def reliability_figure(curve: pd.DataFrame, nouns: str) -> "Figure":
    """Draw observed share against mean probability, over tiles and over groups.

    Parameters
    ----------
    curve
        As `hcs_models.calibration.reliability` makes it.
    nouns
        What the groups are called, ``clones``.
    """
    panels = (("group", f"{nouns.capitalize()}, Wilson 95 %"), ("tile", "Tiles"))
    with theme():
        figure = new_figure(10, 4.6)
        for axis, (level, title) in zip(figure.subplots(1, 2), panels, strict=True):
            here = curve[curve["level"] == level]
            for place, (model, part) in enumerate(here.groupby("model", sort=False)):
                _draw_curve(axis, part, str(model), place)
            axis.plot([0, 1], [0, 1], color=FAINT, lw=1, ls=":", zorder=1)
            axis.text(0.3, 0.25, "as it should be", color="#5d6975", fontsize=8, rotation=45, va="top")
            axis.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02), aspect="equal", title=title)
            axis.set(xlabel="Mean predicted probability", ylabel="Share of positives")
            axis.grid(True)
            if axis.get_legend_handles_labels()[0]:
                axis.legend(loc="upper left")
    return figure


def _draw_curve(axis: "Axes", part: pd.DataFrame, model: str, place: int) -> None:
    """One model's points, sized by how many they stand for; intervals where there are any."""
    colour, dash = model_line(model, place)
    axis.plot(part["mean_probability"], part["observed"], color=colour, ls=dash, lw=1.6, zorder=2)
    sizes = 12 + 90 * part["n"] / part["n"].max()
    name = f"{model_name(model)} (n = {int(part['n'].sum()):,})"
    axis.scatter(part["mean_probability"], part["observed"], s=sizes, color=colour, label=name, zorder=3)
    known = part[part["low"].notna()]
    # The models' bins share places; moved a little apart their intervals stay readable.
    axis.vlines(
        known["mean_probability"] + 0.006 * place, known["low"], known["high"], color=colour, lw=1, alpha=0.7
    )


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
            order["learning_rate"],
            order["momentum"],
            c=order["value"],
            s=22,
            cmap="cividis",
            vmin=float(fair.min()) if len(fair) else 0.0,
            vmax=1.0,
            lw=0,
            zorder=2,
        )
        axis.scatter(
            heads["learning_rate"],
            heads["momentum"],
            s=60,
            facecolors="none",
            edgecolors=INK,
            lw=1.1,
            label=f"chosen ({len(heads)} sets)",
            zorder=3,
        )
        axis.set(xscale="log", xlabel="Learning rate", ylabel="Momentum")
        # The theme draws text as it stands, so powers of ten are written out.
        axis.xaxis.set_major_formatter("{x:g}")
        axis.xaxis.set_minor_formatter("")
        axis.grid(True)
        axis.legend(loc="upper left", bbox_to_anchor=(0, -0.16), borderaxespad=0)
        figure.colorbar(shown, ax=axis, label="Validation accuracy (tiles)")
    return figure
