"""Scores of a screen: every one by its rank with the hits named, and controls beside samples."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.keys import key, line, mark
from hcs.figures.theme import FAINT, INK, NEGATIVE, OKABE_ITO, OTHER, POSITIVE, new_figure, theme
from hcs.wording import capital, counted, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

KINDS = {
    "negative": ("negative\ncontrols", OKABE_ITO[2]),
    "sample": ("samples", OTHER),
    "positive": ("positive\ncontrols", OKABE_ITO[3]),
}
NAMED = 4
"""How many of either side are named."""
LONGEST = 18
FEW = 100
"""Up to so many scores the range of each one's replicates is drawn."""
SIDES = {"lower": NEGATIVE, "higher": POSITIVE}


def hits_figure(scores: pd.DataFrame, wells: pd.DataFrame, *, noun: str, value: str) -> "Figure":
    """Draw scores from the lowest to the highest, and the z of wells by what they count as.

    Parameters
    ----------
    scores
        name, z, z_low, z_high, direction, hit, cytotoxic.
    wells
        kind, z.
    noun, value
        What was scored, and by what.

    Examples
    --------
    >>> scores = pd.DataFrame({"name": ["a", "b"], "z": [-4.0, 0.1], "z_low": [-5, 0], "z_high": [-3, 0.2]})
    >>> scores = scores.assign(direction=["lower", "higher"])
    >>> wells = pd.DataFrame({"kind": "sample", "z": [-4.0, 0.1]})
    >>> hits_figure(scores.assign(hit=[True, False], cytotoxic=False), wells, noun="gene", value="light").axes[0].get_title("left")
    '2 genes, 1 hit'
    """  # noqa: E501 - an example is one line
    ordered = scores[scores["z"].notna()].sort_values("z").reset_index(drop=True)
    with theme():
        figure = new_figure(10, 3.9)
        left, right = figure.subplots(1, 2, width_ratios=(2.2, 1), sharey=True)
        _draw_ranked(left, ordered)
        left.set(
            title=f"{counted(len(ordered), noun)}, {counted(int(ordered['hit'].sum()), 'hit')}",
            xlabel=f"{capital(noun)}, lowest to highest",
            ylabel=f"z of {spaced(value)}\n(mean over replicates)",
        )  # fmt: skip
        _draw_kinds(right, wells)
        met = set(ordered.loc[ordered["hit"], "direction"])
        # Room above the curve for the names of those at its upper end.
        low, high = left.get_ylim()
        left.set_ylim(low, high + ("higher" in met) * 0.25 * (high - low))
        entries = [mark(f"hit, {side}", colour, "o", 6) for side, colour in SIDES.items() if side in met]
        if ordered["cytotoxic"].fillna(False).any():
            entries.append(mark("hollow: lost cells", OTHER, "o", 6, "white"))
        entries.append(mark("no hit", FAINT, "o", 4))
        if len(ordered) <= FEW:
            entries.append(line("replicates", FAINT, width=1))
        key(figure, entries)
    return figure


def _draw_ranked(axis: "Axes", ordered: pd.DataFrame) -> None:
    """Scores as dots in their order; the furthest hits with their names."""
    rest, few = ordered[~ordered["hit"]], len(ordered) <= FEW
    if few:
        axis.vlines(ordered.index, ordered["z_low"], ordered["z_high"], color=FAINT, lw=1, gid="replicates")
    axis.scatter(
        rest.index,
        rest["z"],
        s=26 if few else 7,
        color=FAINT,
        lw=0,
        gid="scores",
        rasterized=len(rest) > 2_000,
    )
    for side, colour in SIDES.items():
        own = ordered[ordered["hit"] & (ordered["direction"] == side)]
        hollow = own["cytotoxic"].fillna(False).to_numpy(dtype=bool)
        faces = np.where(hollow, "white", colour)
        axis.scatter(
            own.index,
            own["z"],
            s=34 if few else 16,
            c=faces,
            edgecolors=colour,
            lw=0.9,
            zorder=3,
            gid=f"hits-{side}",
        )
        far = own.head(NAMED) if side == "lower" else own.tail(NAMED).iloc[::-1]
        _name(axis, far, side)
    axis.axhline(0, color=INK, lw=0.8)
    axis.set_xticks([])
    axis.margins(x=0.02, y=0.08)
    axis.grid(True, axis="y")


def _name(axis: "Axes", far: pd.DataFrame, side: str) -> None:
    """Write names beside the ends of the curve, one below (or above) the other."""
    low = side == "lower"
    for place, name in enumerate(far["name"].astype(str)):
        short = name if len(name) <= LONGEST else f"{name[: LONGEST - 1]}…"
        axis.annotate(
            short, (0.06 if low else 0.94, (0.03 + 0.065 * place) if low else (0.95 - 0.065 * place)),
            xycoords="axes fraction", ha="left" if low else "right", va="center", fontsize=7.5,
            color=SIDES[side], gid="name",
        )  # fmt: skip


def _draw_kinds(axis: "Axes", wells: pd.DataFrame) -> None:
    """Wells of each kind side by side: median, middle half, middle 95 %."""
    present = [kind for kind in KINDS if ((wells["kind"] == kind) & wells["z"].notna()).any()]
    for place, kind in enumerate(present):
        values = wells.loc[(wells["kind"] == kind), "z"].dropna().to_numpy(dtype=float)
        low, first, middle, third, high = np.quantile(values, [0.025, 0.25, 0.5, 0.75, 0.975])
        colour = KINDS[kind][1]
        axis.plot([place, place], [low, high], color=colour, lw=1.4, gid="range")
        axis.plot([place, place], [first, third], color=colour, lw=9, solid_capstyle="butt", gid="half")
        axis.plot([place - 0.22, place + 0.22], [middle, middle], color=INK, lw=1.6, zorder=4, gid="median")
        if len(values) <= 60:
            spread = 0.3 + 0.12 * ((np.arange(len(values)) * 0.618034) % 1)
            axis.scatter(place + spread, values, s=6, color=colour, lw=0, gid="wells")
    names = [
        f"{KINDS[kind][0]}\n{int(((wells['kind'] == kind) & wells['z'].notna()).sum()):,}" for kind in present
    ]
    axis.set_xticks(range(len(present)), names)
    axis.set_xlim(-0.6, len(present) - 0.3)
    axis.set_title("Wells: median, half, 95 %")
    axis.axhline(0, color=INK, lw=0.8)
    axis.grid(True, axis="y")
