"""Estimates and what lies around them, one row each: the forest plot of every analysis."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.keys import beside, key, line, mark, patch
from hcs.figures.theme import FAINT, INK, OKABE_ITO, OTHER, PAPER, new_figure, theme
from hcs.wording import plural

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MARKS = ("o", "D", "s", "^", "v", "P", "X", "*")
CHANCE = "#d9dfe5"
BAND = "#e3e8ed"
APART = 0.16
"""How far above and below their place the two rows of a pair are drawn."""


@dataclass(frozen=True)
class Rows:
    """One panel of rows, drawn from the top.

    Parameters
    ----------
    table
        label (written at the left) and estimate (NaN: said in words). If they are there: n (after the label);
        group (one colour and mark each); low, high (interval; a mark without one is open); null_low,
        null_high and expected (what chance gives); beside (a second, small mark); p; said (at the right, in
        place of the numbers).
    xlabel, title
        What is estimated, with its unit; heading.
    limits
        Of the axis; None: from the data.
    reference
        Where there is no effect.
    band
        From where to where all rows are shaded.
    looks
        Colour and mark of each group; without, those of the palette in the order in which groups are met.
    paired
        Whether two rows of one label are before and after: they share its place, joined by an arrow.
    missing
        Said where there is no estimate.
    """

    table: pd.DataFrame
    xlabel: str
    title: str = ""
    limits: tuple[float, float] | None = (-0.03, 1.03)
    reference: float | None = None
    band: tuple[float, float] | None = None
    looks: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    paired: bool = False
    missing: str = "cannot be told from these wells"

    @property
    def labels(self) -> list[str]:
        """What stands at the left, with n where there is one."""
        rows = self.table.drop_duplicates("label") if self.paired else self.table
        n = rows["n"] if "n" in rows else [np.nan] * len(rows)
        return [
            str(label) if pd.isna(size) else f"{label}  (n = {int(size):,})"
            for label, size in zip(rows["label"], n, strict=True)
        ]

    @property
    def groups(self) -> dict[str, tuple[str, str]]:
        """Colour and mark of the groups that are met, or of all rows under an empty name."""
        met = dict.fromkeys(self.table["group"]) if "group" in self.table else [""]
        palette = zip(OKABE_ITO[:7] * len(met), MARKS * len(met), strict=False)
        spare = dict(zip(met, palette, strict=False))
        return {name: self.looks.get(name, spare[name]) for name in met}

    def has(self, column: str) -> bool:
        """Whether any row has a number there."""
        return column in self.table and bool(self.table[column].notna().any())


def interval_figure(*panels: Rows, words: Mapping[str, str] | None = None, heading: str = "") -> "Figure":
    """Draw forest plots side by side, numbers written at the right of each row.

    Parameters
    ----------
    panels
        At least one.
    words
        As `rows_key` takes them.
    heading
        Above all panels.

    Examples
    --------
    >>> rows = pd.DataFrame({"label": ["batch 1"], "estimate": [0.8], "low": [0.5], "high": [0.9]})
    >>> figure = interval_figure(Rows(rows, "ROC AUC", reference=0.5), words={"reference": "chance"})
    >>> figure.axes[0].get_xlabel(), figure.axes[0].texts[0].get_text()
    ('ROC AUC', '0.80  [0.50, 0.90]')
    """
    with theme():
        figure = new_figure(8.5 if len(panels) == 1 else 10, max(map(_height, panels)) + 0.35 * bool(heading))
        for axis, panel in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
            draw_rows(axis, panel)
        if heading:
            figure.suptitle(fill(heading, 95), x=0.01, ha="left", fontsize=10)
        key(figure, rows_key(panels, words or {}), columns=5)
    return figure


def _height(panel: Rows) -> float:
    tall = 0.75 if panel.paired else 0.44 if any("\n" in label for label in panel.labels) else 0.32
    return 1.5 + 0.25 * bool(panel.title) + tall * len(panel.labels)


def draw_rows(axis: "Axes", panel: Rows) -> None:
    """Draw one panel of rows."""
    if panel.band is not None:
        axis.axvspan(*panel.band, color=BAND, lw=0, gid="band", zorder=0)
    if panel.reference is not None:
        axis.axvline(panel.reference, color=INK, lw=1, ls="--", gid="reference", zorder=1)
    places = np.arange(len(panel.table), dtype=float)
    again = panel.table["label"].duplicated().to_numpy() & panel.paired
    if panel.paired:
        apart = APART * panel.table["label"].duplicated(keep=False).to_numpy()
        places = pd.factorize(panel.table["label"])[0] + np.where(again, apart, -apart)
    groups, last = panel.groups, (np.nan, np.nan)
    for place, second, row in zip(places, again, panel.table.to_dict("records"), strict=True):
        _draw_row(axis, place, row, groups[row.get("group", "")], panel)
        if second:
            arrow = {"arrowstyle": "->", "color": OTHER, "lw": 1, "shrinkA": 5, "shrinkB": 5}
            axis.annotate("", (row["estimate"], place), last, arrowprops=arrow)
        last = (row["estimate"], place)
    axis.set_yticks(range(len(panel.labels)), panel.labels)
    axis.set(ylim=(len(panel.labels) - 0.4, -0.6), xlabel=panel.xlabel, title=panel.title)
    if panel.limits is not None:
        axis.set_xlim(*panel.limits)
    axis.grid(True, axis="x")
    axis.tick_params(axis="y", length=0)


def _draw_row(axis: "Axes", place: float, row: dict[Any, Any], look: tuple[str, str], panel: Rows) -> None:
    """Chance as a bar and a tick, the interval as a line, the estimate as a mark, numbers at the right."""
    estimate, (colour, shape) = row["estimate"], look
    if np.isnan(estimate):
        box = {"facecolor": PAPER, "edgecolor": "none", "pad": 2}
        middle = axis.get_yaxis_transform()
        axis.text(
            0.5, place, panel.missing, color=FAINT, va="center", ha="center", bbox=box, transform=middle
        )
        return
    low, high, null_low, null_high, expected, small = (
        row.get(name, np.nan) for name in ("low", "high", "null_low", "null_high", "expected", "beside")
    )
    if np.isfinite(null_low):
        axis.barh(place, null_high - null_low, left=null_low, height=0.5, color=CHANCE, lw=0, gid="null")
    if np.isfinite(expected):
        axis.plot([expected] * 2, [place - 0.27, place + 0.27], color=INK, lw=1.2, gid="expected")
    bounded = bool(np.isfinite(low) and np.isfinite(high))
    if bounded:
        axis.plot([low, high], [place] * 2, color=colour, lw=2.2, gid="interval", zorder=2)
    # An open mark has no interval, which the eye should not take for a sure estimate.
    face, edge = ("white", colour) if panel.has("low") and not bounded else (colour, "white")
    edge, width = (colour, 2.6) if shape == "|" else (edge, 1.0)
    size = 16 if shape == "|" else 7.5
    axis.plot(
        [estimate],
        [place],
        shape,
        color=colour,
        mfc=face,
        mec=edge,
        mew=width,
        ms=size,
        gid="estimate",
        zorder=3,
    )
    if np.isfinite(small):
        axis.plot([small], [place], "D", color=INK, mfc="white", ms=4, gid="beside", zorder=4)
    beside(axis, place, row.get("said") or _said(row, bounded, panel), color=colour if panel.paired else INK)


def _said(row: dict[Any, Any], bounded: bool, panel: Rows) -> str:
    """Write an estimate, its interval and its p."""
    said = f"{row['estimate']:.2f}"
    if panel.has("low"):
        said += f"  [{row['low']:.2f}, {row['high']:.2f}]" if bounded else "  [no interval]"
    said = said.replace("-", "−")
    return said if np.isnan(row.get("p", np.nan)) else f"{said}  p = {row['p']:.2g}"


def rows_key(panels: Sequence[Rows], words: Mapping[str, str]) -> "list[Artist]":
    """Name the groups and whatever else is drawn.

    Parameters
    ----------
    panels
        Drawn together; a group has one look in all of them.
    words
        What interval, null, expected, reference, band and beside are; what has no word or is not drawn is
        left out.
    """
    groups = {name: look for panel in panels for name, look in panel.groups.items() if name}
    entries = [mark(str(name), colour, shape, 7.5) for name, (colour, shape) in groups.items()]
    one = next(iter(panels[0].groups.values()))[0] if len(groups) < 2 else OTHER
    drawn: dict[str, tuple[bool, Any, tuple[Any, ...]]] = {
        "interval": (any(panel.has("low") for panel in panels), line, (one, "-", 2.2)),
        "beside": (any(panel.has("beside") for panel in panels), mark, (INK, "D", 4, "white")),
        "null": (any(panel.has("null_low") for panel in panels), patch, (CHANCE,)),
        "expected": (any(panel.has("expected") for panel in panels), mark, (INK, "|", 10)),
        "band": (any(panel.band is not None for panel in panels), patch, (BAND,)),
        "reference": (any(panel.reference is not None for panel in panels), line, (INK, "--", 1)),
    }
    made = {name: (make, look) for name, (there, make, look) in drawn.items() if there and name in words}
    return entries + [make(words[name], *look) for name, (make, look) in made.items()]


def key_words(noun: str) -> dict[str, str]:
    """Words of `rows_key` for a score over clones beside permutations."""
    return {
        "interval": f"95 % interval over {plural(noun)}",
        "null": "95 % of permutations",
        "expected": "0.5",
        "reference": "0.5",
    }
