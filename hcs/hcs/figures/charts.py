"""Control charts: plates in their order, with centre, limits, and the plates that stand out."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.keys import key, line, mark, patch
from hcs.figures.theme import INK, NEGATIVE, OTHER, POSITIVE, new_figure, theme
from hcs.wording import listed

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NAMED = 6
"""Plates named in a panel."""
FEW = 16
"""Up to this many plates are named on the axis."""
BAND = "#eef1f4"


def control_figure(
    plates: pd.DataFrame, charts: pd.DataFrame, *, names: Mapping[str, str], by: str = ""
) -> "Figure":
    """Draw one panel per chart, plates from left to right in their order.

    Parameters
    ----------
    plates
        statistic, plate, date (empty where not known), value, outside, run; in order.
    charts
        statistic, centre, low, high; NaN where there are no limits.
    names
        What each statistic is called.
    by
        What `date` is called; its changes are shaded.
    """
    limits = charts.set_index("statistic")
    with theme():
        figure = new_figure(10, 1.9 * len(charts) + 1.1)
        panels = figure.subplots(len(charts), 1, sharex=True, squeeze=False)[:, 0]
        for axis, statistic in zip(panels, charts["statistic"], strict=True):
            own = plates[plates["statistic"] == statistic]
            _draw_chart(axis, own, limits.loc[statistic])
            axis.set_title(names[statistic])
        _name_plates(panels[-1], plates[["place", "plate"]].drop_duplicates().sort_values("place"), by)
        entries = [mark("plate", OTHER, "o", 5), mark("outside the limits", POSITIVE, "D", 6)]
        entries += [mark("in a run of 8 on one side", NEGATIVE, "s", 6), line("median", INK, width=1)]
        entries += [line("limits: 3 SD by moving ranges", INK, "--", 1)]
        entries += [patch(f"every other {by}", BAND)] if by else []
        key(figure, entries, 3)
    return figure


def _draw_chart(axis: "Axes", own: pd.DataFrame, limits: pd.Series) -> None:
    """One chart: shaded dates, lines, dots, and the names of plates beyond the limits."""
    at, values = own["place"].to_numpy(dtype=float), own["value"].to_numpy(dtype=float)
    outside, run = own["outside"].to_numpy(dtype=bool), own["run"].to_numpy(dtype=bool)
    for number, (_, held) in enumerate(own.groupby("date", sort=False)):
        if number % 2:
            ends = held["place"].min() - 0.5, held["place"].max() + 0.5
            axis.axvspan(*ends, color=BAND, lw=0, zorder=0, gid="date")
    axis.plot(at, values, color=OTHER, lw=0.8, zorder=1)
    if np.isfinite(limits["centre"]):
        axis.axhline(limits["centre"], color=INK, lw=1, gid="centre")
        for name in ("low", "high"):
            axis.axhline(limits[name], color=INK, lw=1, ls="--", gid="limit")
    axis.scatter(at, values, s=12, color=OTHER, lw=0, zorder=2, gid="plates")
    axis.scatter(at[run], values[run], s=14, color=NEGATIVE, marker="s", lw=0, zorder=3, gid="run")
    axis.scatter(
        at[outside], values[outside], s=22, color=POSITIVE, marker="D", lw=0, zorder=4, gid="outside"
    )
    axis.margins(y=0.15)
    for place in _named(at, values, outside, float(limits["centre"])):
        axis.annotate(
            str(own["plate"].iloc[place]), (at[place], values[place]), (5, 0), textcoords="offset points",
            va="center", fontsize=7, gid="name",
        )  # fmt: skip
    axis.grid(True, axis="y")


def _named(at: Floats, values: Floats, outside: Bools, centre: float) -> list[int]:
    """Places of the furthest plates outside whose names do not meet."""
    named: list[int] = []
    near, close = 0.13 * float(np.ptp(at)), 0.1 * float(np.ptp(values))
    for place in np.argsort(-np.abs(values - centre), kind="stable")[: int(outside.sum())]:
        apart = [abs(at[place] - at[one]) > near or abs(values[place] - values[one]) > close for one in named]
        if all(apart) and len(named) < NAMED:
            named.append(int(place))
    return named


def _name_plates(axis: "Axes", places: pd.DataFrame, by: str) -> None:
    """Name the plates below the last panel, or say how many there are."""
    if len(places) <= FEW:
        axis.set_xticks(places["place"], [str(name) for name in places["plate"]], rotation=30, ha="right")
        return
    ends = listed([places["plate"].iloc[0], "…", places["plate"].iloc[-1]]).replace(", … and ", " … ")
    axis.set_xlabel(f"{len(places)} plates in order{f' of {by}' if by else ''}: {ends}")
