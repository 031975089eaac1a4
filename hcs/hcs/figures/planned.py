"""A plan drawn: what is wanted against clones, and against images a clone."""

from math import isfinite
from typing import TYPE_CHECKING

import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OKABE_ITO, new_figure, theme
from hcs.wording import counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

LIMITS = ("worst", "best")
DIM = "#5d6975"


def plan_figure(  # noqa: PLR0913 – two curves, what is marked on them, and their words
    curve: pd.DataFrame,
    images: pd.DataFrame,
    *,
    wanted: float,
    needed: int | None,
    enough: float | None,
    words: tuple[str, str, str],
    planned: tuple[int, int],
) -> "Figure":
    """Draw width or power against the number of clones, and against images a clone at the number needed.

    Parameters
    ----------
    curve
        at (estimate, worst, best), n_per_class, value, value_se, formula.
    images
        wells, images, value; without rows the first panel stands alone.
    wanted, needed
        Value that is wanted, and the clones that reach it.
    enough
        Images from which on more hardly help; None or infinite where there is no such number.
    words
        Names of the axis of clones, of one clone, and of the value.
    planned
        Images and wells of each clone.
    """
    many, noun, label = words
    with theme():
        alone = images.empty
        figure = new_figure(5.6 if alone else 10, 3.8)
        panels = figure.subplots(1, 1 if alone else 2, squeeze=False)[0]
        _draw_clones(panels[0], curve)
        panels[0].set(xlabel=many[:1].upper() + many[1:], ylabel=label)
        if needed is not None and needed <= curve["n_per_class"].max():
            panels[0].axvline(needed, color=DIM, lw=1, gid="needed")
            panels[0].annotate(f"{needed}", (needed, 0), (4, 4), textcoords="offset points", size=8)
        if not alone:
            _draw_images(panels[1], images, planned)
            at = "" if needed is None else f" ({needed:,} {many})"
            panels[1].set(xlabel=f"Images a {noun}{at}", ylabel=label)
            if enough is not None and isfinite(enough) and enough <= images["images"].max():
                panels[1].axvline(enough, color=DIM, lw=1, gid="enough")
                said = f"more than {counted(int(enough), 'image')}\nhardly help"
                side, shift = ("right", -4) if enough**2 > images["images"].max() else ("left", 4)
                panels[1].annotate(said, (enough, 0), (shift, 4), textcoords="offset points", size=8, ha=side)
        high = 1.04 if curve["value"].iloc[-1] > curve["value"].iloc[0] else None
        for axis in panels:
            axis.axhline(wanted, color=DIM, lw=1, ls=":", label=f"wanted: {wanted:g}", gid="wanted")
            axis.set_ylim(0, high or 1.08 * axis.get_ylim()[1])
            axis.grid(True)
            axis.legend(loc="best")
    return figure


def _draw_clones(axis: "Axes", curve: pd.DataFrame) -> None:
    """Draw the estimate with its error and its formula, and the curves at the pilot's limits."""
    rows = curve[curve["at"] == "estimate"]
    n, value, error = (rows[name].to_numpy(dtype=float) for name in ("n_per_class", "value", "value_se"))
    axis.fill_between(n, value - 2 * error, value + 2 * error, color=NEGATIVE, alpha=0.25, lw=0)
    axis.plot(n, value, "o-", color=NEGATIVE, ms=3, label="simulated (band: ± 2 Monte Carlo errors)")
    axis.plot(n, rows["formula"], ls="--", lw=1.1, color=INK, label="formula")
    for name in LIMITS:
        limit = curve[curve["at"] == name]
        if len(limit):
            axis.plot(limit["n_per_class"], limit["value"], color=FAINT, lw=1.2, gid=name)
    if curve["at"].isin(LIMITS).any():
        low, high = (curve[curve["at"] == name] for name in LIMITS)
        axis.fill_between(
            low["n_per_class"].to_numpy(), low["value"].to_numpy(dtype=float),
            high["value"].to_numpy(dtype=float), color=FAINT, alpha=0.18, lw=0,
            label="pilot's 95 % limits",
        )  # fmt: skip


def _draw_images(axis: "Axes", images: pd.DataFrame, planned: tuple[int, int]) -> None:
    """Draw a line for each number of wells; what is planned is marked."""
    for place, (wells, rows) in enumerate(images.groupby("wells")):
        colour = OKABE_ITO[place % len(OKABE_ITO)]
        axis.plot(
            rows["images"], rows["value"], "o-", ms=3, color=colour, label=counted(int(str(wells)), "well")
        )
    at = images[(images["images"] == planned[0]) & (images["wells"] == planned[1])]
    axis.plot(at["images"], at["value"], "D", color=INK, ms=6, mfc="none", label="planned", gid="planned")
    axis.set_xscale("log", base=2)
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
