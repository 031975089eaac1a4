"""Score and biomarkers put together: areas over what chance gives, and what each column weighs."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import INK, NEGATIVE, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted, plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

NULL = "#d9dfe5"


def fusion_figure(table: pd.DataFrame, coefficients: pd.DataFrame, *, noun: str = "clone") -> "Figure":
    """Draw the areas at the left, the last row in its own colour, and its coefficients at the right.

    Parameters
    ----------
    table
        inputs, n, auc, low, high, expected, null_low, null_high (95 % by chance; NaN where there is none), p;
        the row that holds all inputs last.
    coefficients
        inputs, column, mean, low, high (of the fits); those of the table's last inputs are drawn.
    noun
        What n counts.

    Examples
    --------
    >>> row = {"inputs": "both", "n": 30, "auc": 0.9, "low": 0.7, "high": 1.0, "expected": 0.4, "p": 0.005}
    >>> table = pd.DataFrame([row | {"null_low": 0.2, "null_high": 0.6}])
    >>> weights = pd.DataFrame({"inputs": ["both"], "column": ["nfl"], "mean": [1.0], "low": 1, "high": 1})
    >>> [axis.get_xlabel() for axis in fusion_figure(table, weights).axes]
    ['ROC AUC over 30 clones', 'Log-odds per standard deviation']
    """
    every = str(table["inputs"].iloc[-1])
    weights = coefficients[coefficients["inputs"] == every]
    with theme():
        figure = new_figure(10, 1.8 + 0.42 * max(len(table), len(weights)))
        left, right = figure.subplots(1, 2, width_ratios=[3, 2])
        _areas(left, table, noun)
        _weights(right, weights, every)
        _legend(figure, noun, drawn=bool(table["null_low"].notna().any()))
    return figure


def _areas(axis: "Axes", table: pd.DataFrame, noun: str) -> None:
    """One row per inputs: chance as a bar with its mean, interval and area, numbers at the right edge."""
    for place, row in enumerate(table.to_dict("records")):
        last = place == len(table) - 1
        colour, mark = (POSITIVE, "D") if last else (NEGATIVE, "o")
        if np.isfinite(row["null_low"]):
            wide = row["null_high"] - row["null_low"]
            axis.barh(place, wide, left=row["null_low"], height=0.5, color=NULL, lw=0, gid="null")
            axis.plot([row["expected"]] * 2, [place - 0.25, place + 0.25], color=INK, lw=1.2, gid="expected")
        axis.plot([row["low"], row["high"]], [place, place], color=colour, lw=2.2, gid="interval")
        axis.plot([row["auc"]], [place], mark, color=colour, ms=8, mec="white", mew=0.8, gid="area")
        p = "" if np.isnan(row["p"]) else f", p = {row['p']:.2g}"
        _written(axis, place, f"{row['auc']:.2f}{p}")
    axis.axvline(0.5, color=INK, lw=0.8, ls=":", gid="half")
    axis.set_yticks(range(len(table)), list(table["inputs"]))
    axis.set(ylim=(len(table) - 0.4, -0.6), xlim=(0, 1.02))
    axis.set_xlabel(f"ROC AUC over {counted(int(table['n'].iloc[0]), noun)}")
    axis.set_title("Told apart when left out")
    axis.grid(True, axis="x")
    axis.tick_params(axis="y", length=0)


def _weights(axis: "Axes", weights: pd.DataFrame, inputs: str) -> None:
    """One row per column: mean coefficient and the range over the fits."""
    rows: list[dict[Any, Any]] = weights.to_dict("records")
    for place, row in enumerate(rows):
        axis.plot([row["low"], row["high"]], [place, place], color=POSITIVE, lw=2.2, gid="range")
        axis.plot([row["mean"]], [place], "D", color=POSITIVE, ms=7, mec="white", mew=0.8, gid="weight")
        _written(axis, place, f"{row['mean']:+.2f}".replace("-", "−"))
    axis.axvline(0, color=INK, lw=0.8, ls=":", gid="zero")
    axis.set_yticks(range(len(rows)), [spaced(row["column"]) for row in rows])
    axis.set_ylim(max(len(rows), 1) - 0.4, -0.6)
    axis.margins(x=0.1)
    axis.set_xlabel("Log-odds per standard deviation")
    axis.set_title(f"Weights in the fits of {inputs}")
    axis.grid(True, axis="x")
    axis.tick_params(axis="y", length=0)


def _written(axis: "Axes", place: int, text: str) -> None:
    axis.annotate(
        text,
        (1.02, place),
        xycoords=("axes fraction", "data"),
        va="center",
        fontsize=8,
        annotation_clip=False,
    )


def _legend(figure: "Figure", noun: str, *, drawn: bool) -> None:
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    handles: list[Any] = [
        Line2D([], [], color=OTHER, lw=2.2, label=f"95 % interval over {plural(noun)}; range over the fits"),
    ]
    if drawn:
        handles += [
            Patch(color=NULL, label="95 % by chance (permuted, fitted anew)"),
            Line2D([], [], color=INK, lw=1.2, marker="|", ls="", ms=10, label="mean by chance"),
        ]
    handles.append(Line2D([], [], color=INK, lw=0.8, ls=":", label="0.5; no weight"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
