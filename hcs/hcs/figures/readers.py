"""Shares that people called right: clones with their intervals, single images small beside them."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import (
    FAINT,
    INK,
    OKABE_ITO,
    empty_figure,
    model_line,
    model_name,
    new_figure,
    theme,
)
from hcs.wording import plural

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

READER = OKABE_ITO[0]
KINDS = ("reader", "all", "model")
"""From the top: readers, the best first; all of them; models."""


def reader_figure(table: pd.DataFrame, *, noun: str = "clone") -> "Figure":
    """Draw a row per reader: clones called right with interval, images beside, numbers at the right.

    Parameters
    ----------
    table
        reader, kind (reader, all, model), level (the noun, or image), n, value, sd, low, high, as
        `hcs.analysis.clones.reader_calls.reader_calls` gives it.
    noun
        What a unit is.

    Examples
    --------
    >>> row = {"reader": "P", "kind": "reader", "level": "clone", "n": 12, "value": 0.5}
    >>> figure = reader_figure(pd.DataFrame([row | {"sd": np.nan, "low": 0.25, "high": 0.75}]))
    >>> [label.get_text() for label in figure.axes[0].get_yticklabels()]
    ['P  (n = 12)']
    """
    rows = _rows(table, noun)
    if not rows:
        return empty_figure(f"No reader called a {noun}.")
    with theme():
        figure = new_figure(8.5, 1.9 + 0.3 * len(rows))
        axis = figure.subplots()
        axis.axvline(0.5, color=INK, lw=1, ls="--", gid="chance", zorder=1)
        for place, row in enumerate(rows):
            if row["kind"] == "all":
                _draw_all(axis, place, row)
            else:
                _draw_row(axis, place, row)
            if np.isfinite(row["image"]):
                axis.plot([row["image"]], [place], "D", color=INK, mfc="white", ms=4, gid="image", zorder=4)
            axis.annotate(
                _written(row),
                (1.01, place),
                xycoords=("axes fraction", "data"),
                va="center",
                fontsize=8,
                annotation_clip=False,
            )
        axis.set_yticks(range(len(rows)), [_name(row) for row in rows])
        axis.set(xlim=(-0.03, 1.03), ylim=(len(rows) - 0.4, -0.6), xlabel="Share called right")
        axis.grid(True, axis="x")
        axis.tick_params(axis="y", length=0)
        _legend(figure, rows, noun)
    return figure


def _rows(table: pd.DataFrame, noun: str) -> list[dict[str, Any]]:
    """Rows at the level of the clone in drawing order, each with its share of images."""
    clones = table[table["level"] == noun]
    images = table[table["level"] == "image"].set_index(["kind", "reader"])
    rows = [
        row
        | {
            "image": float(images["value"].get((row["kind"], row["reader"]), np.nan)),
            "image_sd": float(images["sd"].get((row["kind"], row["reader"]), np.nan)),
        }
        for row in clones.to_dict("records")
    ]
    order = {kind: place for place, kind in enumerate(KINDS)}
    return sorted(rows, key=lambda row: (order[row["kind"]], -row["value"] if row["kind"] == "reader" else 0))


def _draw_row(axis: "Axes", place: int, row: dict[str, Any]) -> None:
    """One reader or model: its interval and its point."""
    colour, mark = (READER, "o") if row["kind"] == "reader" else (model_line(row["reader"])[0], "s")
    bounded = np.isfinite(row["low"]) and np.isfinite(row["high"])
    if bounded:
        axis.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.2, gid="interval", zorder=2)
    # An open mark has no interval, which the eye should not take for a sure estimate.
    face = colour if bounded else "white"
    axis.plot([row["value"]], [place], mark, color=colour, mfc=face, ms=7, mew=1.4, gid=row["kind"], zorder=3)


def _draw_all(axis: "Axes", place: int, row: dict[str, Any]) -> None:
    """Mean over readers, and as a band behind all rows their standard deviation."""
    if np.isfinite(row["sd"]):
        low, high = row["value"] - row["sd"], row["value"] + row["sd"]
        axis.axvspan(low, high, color=READER, alpha=0.12, lw=0, gid="spread", zorder=0)
    axis.plot([row["value"]], [place], "|", color=READER, ms=16, mew=2.6, gid="all", zorder=3)


def _name(row: dict[str, Any]) -> str:
    if row["kind"] == "all":
        return f"all readers  (n = {row['n']:,})"
    name = row["reader"] if row["kind"] == "reader" else model_name(row["reader"])
    return f"{name}  (n = {row['n']:,})"


def _written(row: dict[str, Any]) -> str:
    """Numbers of a row: clones first, then images."""
    if row["kind"] == "all":
        written = f"{row['value']:.2f}" + _plus_minus(row["sd"])
    else:
        bounded = np.isfinite(row["low"]) and np.isfinite(row["high"])
        interval = f"[{row['low']:.2f}, {row['high']:.2f}]" if bounded else "[no interval]"
        written = f"{row['value']:.2f}  {interval}"
    images = "" if np.isnan(row["image"]) else f"  images {row['image']:.2f}{_plus_minus(row['image_sd'])}"
    return written + images


def _plus_minus(sd: float) -> str:
    return "" if np.isnan(sd) else f" ± {sd:.2f}"


def _legend(figure: "Figure", rows: list[dict[str, Any]], noun: str) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    nouns = plural(noun)
    kinds: list[Any] = [
        Line2D([], [], marker="o", color=READER, ms=7, lw=2.2, label=f"{nouns}, Wilson 95 % interval")
    ]
    if any(np.isfinite(row["image"]) for row in rows):
        kinds.append(Line2D([], [], marker="D", ls="", color=INK, mfc="white", ms=4, label="single images"))
    if any(row["kind"] == "all" and np.isfinite(row["sd"]) for row in rows):
        kinds.append(Patch(color=READER, alpha=0.12, lw=0, label=f"mean ± SD over readers ({nouns})"))
    kinds.append(Line2D([], [], color=INK, lw=1, ls="--", label="one half"))
    figure.legend(handles=kinds, loc="outside upper right", ncols=4, labelcolor=INK, edgecolor=FAINT)
