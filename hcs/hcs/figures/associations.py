"""Figures of relations over clones: dots with a trend, groups side by side, and effects with intervals."""

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import FAINT, INK, OKABE_ITO, OTHER, label_colours, new_figure, theme
from hcs.wording import plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "D", "s", "^", "v", "P", "X")
SERIES = ("#009E73", "#CC79A7", "#E69F00", "#56B4E9")
"""Colours of outcomes: none is a diagnosis's."""
WRAP = 60


@dataclass(frozen=True)
class TrendPanel:
    """One scatter of clones.

    Parameters
    ----------
    values
        Columns x and y, one row per clone; `within` colours the dots where it holds labels.
    x_name, y_name
        Names of the axes.
    title
        Heading; lines are kept.
    curves, curve_name
        Fitted lines: the label whose colour each has (empty: grey), and its points, arrays x and y; and what
        they are.
    """

    values: pd.DataFrame
    x_name: str
    y_name: str
    title: str
    curves: tuple[tuple[str, npt.NDArray[np.float64], npt.NDArray[np.float64]], ...] = ()
    curve_name: str = ""


def trend_figure(
    panels: Sequence[TrendPanel],
    *,
    noun: str = "clone",
    legend: str = "",
    positive: str = "",
    negative: str = "",
    columns: int = 2,
) -> "Figure":
    """Draw one dot per clone in each panel, coloured by label, with the fitted line.

    Parameters
    ----------
    panels
        At least one.
    noun
        What a dot is.
    legend
        What the labels are ("diagnosis"); empty without labels.
    positive, negative
        Labels that keep the two colours of the classes.
    columns
        Panels in a row.
    """
    labels = sorted({str(label) for panel in panels for label in _labels(panel).dropna()})
    # Dot for the negative class and diamond for the positive one, as in the figure of groups.
    labels.sort(key=lambda label: {negative: 0, positive: 1}.get(label, 2))
    colours = _colours(labels, positive, negative)
    across = min(columns, len(panels))
    down = -(-len(panels) // across)
    with theme():
        figure = new_figure(4.8 * across, 3.3 * down + 0.4)
        axes = figure.subplots(down, across, squeeze=False).ravel()
        for axis, panel in zip(axes, panels, strict=False):
            _draw_panel(axis, panel, labels, colours)
        for axis in axes[len(panels) :]:
            axis.set_axis_off()
        _trend_legend(figure, panels, labels, colours, noun, legend)
    return figure


def _labels(panel: TrendPanel) -> pd.Series:
    empty = pd.Series(None, index=panel.values.index, dtype=object)
    return panel.values.get("within", empty)


def _colours(labels: Sequence[str], positive: str, negative: str) -> dict[str, str]:
    """Colour of each label; without named classes those of the palette in order."""
    if positive and negative:
        return dict(label_colours(labels, positive=positive, negative=negative))
    return {label: OKABE_ITO[place] if place < 7 else OTHER for place, label in enumerate(labels)}


def _draw_panel(axis: "Axes", panel: TrendPanel, labels: Sequence[str], colours: dict[str, str]) -> None:
    held = _labels(panel)
    groups: list[tuple[Any, str, str]] = [(held.isna(), INK, "o")]
    groups += [
        (held.map(str) == label, colours[label], MARKS[place % len(MARKS)])
        for place, label in enumerate(labels)
    ]
    for label, x, y in panel.curves:
        axis.plot(x, y, color=colours.get(label, FAINT), lw=1.8, ls="--", zorder=2, gid="trend")
    for chosen, colour, mark in groups:
        table = panel.values[chosen]
        if len(table):
            style: dict[str, Any] = {"marker": mark, "color": colour, "ec": "white", "gid": "clones"}
            axis.scatter(table["x"], table["y"], s=42, alpha=0.8, lw=0.7, zorder=3, **style)
    if len(panel.values) and panel.values["y"].between(0, 1).all():
        axis.set_ylim(-0.04 if panel.values["y"].min() < 0.4 else 0.36, 1.04)
    name = spaced(panel.y_name)
    lines = [fill(line, WRAP) for line in panel.title.splitlines()]
    axis.set(xlabel=_capital(spaced(panel.x_name)), ylabel=_capital(name))
    axis.set_title("\n".join(lines), fontsize=9)
    axis.grid(True)


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _trend_legend(
    figure: "Figure",
    panels: Sequence[TrendPanel],
    labels: Sequence[str],
    colours: dict[str, str],
    noun: str,
    legend: str,
) -> None:
    from matplotlib.lines import Line2D

    def dot(mark: str, colour: str, name: str) -> Line2D:
        return Line2D([], [], marker=mark, ls="", color=colour, ms=7, mec="white", mew=0.6, label=name)

    handles = [dot(MARKS[at % len(MARKS)], colours[label], spaced(label)) for at, label in enumerate(labels)]
    if not labels:
        handles = [dot("o", INK, f"one {noun}")]
    names = [panel.curve_name for panel in panels if panel.curves and panel.curve_name]
    handles += [Line2D([], [], color=FAINT, lw=1.8, ls="--", label=name) for name in dict.fromkeys(names)]
    title = f"One dot is one {noun}; colour: {spaced(legend)}" if labels and legend else None
    figure.legend(handles=handles, loc="outside lower center", ncols=min(5, len(handles)), title=title)


def contrast_figure(values: pd.DataFrame, *, x_name: str, y_name: str, noun: str, title: str) -> "Figure":
    """Draw clones by group, side by side, each group with its median.

    Parameters
    ----------
    values
        Columns x (group) and y, one row per clone.
    x_name, y_name, noun
        Words for axes.
    title
        Heading.
    """
    levels = sorted(set(values["x"].map(str)))
    with theme():
        figure = new_figure(max(4.2, 1.1 * len(levels) + 1.6), 3.4)
        axis = figure.subplots()
        for place, level in enumerate(levels):
            y = np.sort(values.loc[values["x"].map(str) == level, "y"].to_numpy(dtype=float))
            # Spread sideways in a fixed order, so that equal values are seen apart.
            beside = (
                place + 0.26 * (np.arange(len(y)) % 5 - 2) / 2 if len(y) > 1 else np.array([float(place)])
            )
            colour = OKABE_ITO[place] if place < 7 else OTHER
            axis.scatter(
                beside, y, s=38, marker=MARKS[place % len(MARKS)], color=colour, alpha=0.8, ec="white"
            )
            axis.plot([place - 0.35, place + 0.35], [np.median(y)] * 2, color=INK, lw=1.8, gid="median")
        names = [f"{spaced(level)}\nn = {(values['x'].map(str) == level).sum()}" for level in levels]
        axis.set_xticks(range(len(levels)), names)
        axis.set(xlabel=_capital(spaced(x_name)), ylabel=_capital(spaced(y_name)))
        axis.set_title(f"{fill(title, WRAP)}\none dot is one {noun}; line: median", fontsize=9)
        axis.grid(True, axis="y")
    return figure


def forest_figure(
    rows: pd.DataFrame, *, bound: float = np.nan, noun: str = "clone", axis: str = "Effect", title: str = ""
) -> "Figure":
    """Draw effects with intervals, one line each, with the number of clones printed beside it.

    Parameters
    ----------
    rows
        row (name of the line), effect, low, high, n, series (coloured alike); optional p. An effect without
        interval is a dot alone; one that is NaN leaves its line empty and says so.
    bound
        Effects within ±bound count as none: shaded. NaN without.
    noun
        What n counts.
    axis
        Name of the axis.
    title
        Heading.
    """
    series = list(dict.fromkeys(rows["series"]))
    colours = {name: SERIES[place % len(SERIES)] for place, name in enumerate(series)}
    with theme():
        figure = new_figure(8.6, 0.34 * len(rows) + 1.6)
        plane = figure.subplots()
        if not np.isnan(bound):
            plane.axvspan(-bound, bound, color="#e3e8ed", lw=0, gid="bound", zorder=0)
        plane.axvline(0, color=INK, lw=1)
        for at, row in enumerate(rows.to_dict("records")):
            _draw_effect(plane, at, row, colours[row["series"]], MARKS[series.index(row["series"])], noun)
        plane.set_yticks(range(len(rows)), [str(name) for name in rows["row"]])
        plane.set(ylim=(len(rows) - 0.5, -0.5), xlim=(-1.05, 1.05), xlabel=axis)
        plane.grid(True, axis="x")
        if title:
            plane.set_title(fill(title, 90))
        _forest_legend(figure, series, colours, bound)
    return figure


def _draw_effect(plane: "Axes", at: int, row: dict[Any, Any], colour: str, mark: str, noun: str) -> None:
    low, high, effect = float(row["low"]), float(row["high"]), float(row["effect"])
    if not np.isnan(low):
        plane.plot([low, high], [at, at], color=colour, lw=2.2, zorder=2, gid="interval")
    if np.isnan(effect):
        plane.text(0.02, at, "not known", va="center", color=FAINT, fontsize=8, zorder=3)
    else:
        plane.plot([effect], [at], mark, color=colour, ms=7, mec="white", mew=0.7, zorder=3, gid="effect")
    said = f"n = {int(row['n'])} {plural(noun, int(row['n']))}"
    if not np.isnan(float(row.get("p", np.nan))):
        said += f", p = {float(row['p']):.2g}"
    plane.text(1.02, at, said, transform=plane.get_yaxis_transform(), va="center", fontsize=8)


def _forest_legend(figure: "Figure", series: Sequence[str], colours: dict[str, str], bound: float) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], marker=MARKS[at], color=colours[name], ms=7, mec="white", lw=2.2, label=spaced(name))
        for at, name in enumerate(series)
    ]
    if not np.isnan(bound):
        handles.append(Patch(color="#e3e8ed", label=f"within ±{bound:g}: counts as none"))
    figure.legend(handles=handles, loc="outside lower center", ncols=min(4, len(handles)))
