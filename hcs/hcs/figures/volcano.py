"""Volcano: how sure an effect is against how large it is, one dot per feature."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.keys import key, line, mark
from hcs.figures.theme import FAINT, INK, NEGATIVE, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted, spaced

if TYPE_CHECKING:
    from matplotlib.figure import Figure

NAMED = 10
"""Features of the smallest p that are numbered, and named in the key."""
LONGEST = 40
"""Letters of a name that are written."""


def volcano_figure(table: pd.DataFrame, *, first: str, second: str, rate: float, noun: str) -> "Figure":
    """Draw −log10 p against Hedges' g; features of the smallest p are numbered and named in the key.

    Parameters
    ----------
    table
        feature, g, p, p_adjusted; one row per feature, all known.
    first, second
        Classes; effects are first minus second.
    rate
        Features with p_adjusted up to this are coloured.
    noun
        What a unit is.
    """
    called = (table["p_adjusted"] <= rate).to_numpy()
    g, up = table["g"].to_numpy(dtype=float), _heights(table)
    sides = {spaced(first): (g >= 0, POSITIVE, "D"), spaced(second): (g < 0, NEGATIVE, "o")}
    with theme():
        figure = new_figure(10, 4.6)
        axis = figure.subplots()
        axis.axvline(0, color=FAINT, lw=0.8)
        axis.scatter(g[~called], up[~called], s=18, color=OTHER, alpha=0.5, lw=0, gid="features")
        entries = [mark("not called", OTHER, "o", 5)]
        for name, (side, colour, shape) in sides.items():
            mine = called & side
            axis.scatter(
                g[mine], up[mine], s=30, color=colour, marker=shape, ec="white", lw=0.5, gid="called"
            )
            entries.append(mark(f"higher in {name} ({int(mine.sum())})", colour, shape, 6))
        if called.any():
            axis.axhline(up[called].min(), color=INK, lw=1, ls="--", gid="rate")
            share = f"{rate:.0%}".replace("%", " %")
            entries.append(line(f"false-discovery rate {share}", INK, "--", 1))
        widest = 1.1 * max(float(np.abs(g).max()), 1.0)
        axis.set(xlim=(-widest, widest), ylim=(0, 1.12 * max(float(up.max()), 1.5)))
        axis.set(xlabel=f"Hedges' g over {noun}s: {spaced(first)} − {spaced(second)} (in SD)")
        axis.set(ylabel="−log10 p (Welch's t-test)", title=counted(len(table), "feature"))
        axis.grid(True)
        for number, at in enumerate(np.argsort(-up, kind="stable")[:NAMED], 1):
            axis.annotate(
                str(number), (g[at], up[at]), (4, 3), textcoords="offset points", fontsize=8, gid="number"
            )
            entries.append(mark(f"{number}  {_short(table['feature'].iloc[at])}", INK, ""))
        key(figure, entries)
    return figure


def _heights(table: pd.DataFrame) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    return np.asarray(-np.log10(np.maximum(table["p"].to_numpy(dtype=float), 1e-300)))


def _short(name: object) -> str:
    """Write a feature's name, cut where it is long."""
    text = spaced(name)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
