"""Estimates with their intervals, one row each: the forest plot of every analysis."""

from textwrap import fill
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, OKABE_ITO, empty_figure, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "D", "s", "^", "v", "P", "X", "*")


def interval_figure(
    rows: pd.DataFrame,
    *,
    xlabel: str,
    reference: float | None = None,
    limits: tuple[float, float] | None = None,
    title: str = "",
    reference_label: str = "",
    note: str = "",
) -> "Figure":
    """Draw a forest plot: a point and its interval per row, numbers written at the right.

    Parameters
    ----------
    rows
        label (written at the left), estimate, low, high (NaN: the point stands alone), and if they are there
        n (written after the label) and group (one colour and mark each, with a legend). Drawn from the top.
    xlabel
        What is estimated, with its unit.
    reference
        Where there is no effect; a dashed line.
    limits
        Of the axis; from the data if None.
    title, note
        Above and below.
    reference_label
        What the dashed line is.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["batch 1"], "estimate": [0.8], "low": [0.5], "high": [0.9]})
    >>> interval_figure(rows, xlabel="ROC AUC", reference=0.5).axes[0].get_xlabel()
    'ROC AUC'
    """
    if rows.empty or rows["estimate"].isna().all():
        return empty_figure(note or "There is no estimate to draw.")
    groups = list(dict.fromkeys(rows["group"])) if "group" in rows else []
    with theme():
        figure = new_figure(8.5, 1.5 + 0.3 * len(rows) + (0.25 if title else 0) + (0.3 if note else 0))
        axis = figure.subplots()
        if reference is not None:
            axis.axvline(reference, color=INK, lw=1, ls="--", gid="reference", zorder=1)
        for place, row in enumerate(rows.to_dict("records")):
            number = groups.index(row["group"]) if groups else 0
            _draw_row(axis, place, row, number)
        axis.set_yticks(range(len(rows)), [_name(row) for row in rows.to_dict("records")])
        axis.set_ylim(len(rows) - 0.4, -0.6)
        axis.grid(True, axis="x")
        axis.tick_params(axis="y", length=0)
        axis.set_xlabel(xlabel)
        axis.set_title(title)
        if limits is not None:
            axis.set_xlim(*limits)
        _legend(axis, groups, reference_label if reference is not None else "")
        if note:
            figure.supxlabel(fill(note, 115), fontsize=8, color=INK, x=0.01, ha="left")
    return figure


def _draw_row(axis: "Axes", place: int, row: dict[str, object], number: int) -> None:
    """One estimate: bar, point, and the numbers at the right edge."""
    estimate, low, high = (float(row[name]) for name in ("estimate", "low", "high"))  # type: ignore[arg-type]
    if np.isnan(estimate):
        written = "none"
    else:
        colour, mark = OKABE_ITO[number % len(OKABE_ITO)], MARKS[number % len(MARKS)]
        bounded = np.isfinite(low) and np.isfinite(high)
        if bounded:
            axis.plot([low, high], [place, place], color=colour, lw=2.2, gid="interval", zorder=2)
        # An open mark has no interval, which the eye should not take for a sure estimate.
        face = colour if bounded else "white"
        axis.plot([estimate], [place], mark, color=colour, mfc=face, ms=7, mew=1.4, gid="estimate", zorder=3)
        written = f"{estimate:.2f}" + (f"  [{low:.2f}, {high:.2f}]" if bounded else "  [no interval]")
    axis.annotate(
        written,
        (1.01, place),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=8,
        annotation_clip=False,
    )


def _name(row: dict[str, object]) -> str:
    n = row.get("n")
    return str(row["label"]) if n is None or pd.isna(n) else f"{row['label']}  (n = {int(n):,})"  # type: ignore[call-overload]


def _legend(axis: "Axes", groups: list[object], reference: str) -> None:
    from matplotlib.lines import Line2D

    handles = [
        Line2D(
            [],
            [],
            marker=MARKS[number % len(MARKS)],
            color=OKABE_ITO[number % len(OKABE_ITO)],
            ms=7,
            lw=2.2,
            label=str(group),
        )
        for number, group in enumerate(groups)
        if len(groups) > 1
    ]
    if reference:
        handles.append(Line2D([], [], color=INK, lw=1, ls="--", label=reference))
    if handles and axis.figure is not None:
        axis.figure.legend(
            handles=handles, loc="outside upper right", ncols=4, labelcolor=INK, edgecolor=FAINT
        )
