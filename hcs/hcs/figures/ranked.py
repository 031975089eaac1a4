"""Plates in their rank with what chance gives: edge, row and column effects, neighbours, drift."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.keys import key, line, mark
from hcs.figures.theme import FAINT, INK, OKABE_ITO, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted, spaced
from hcs_plates.wells import row_name

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SPREAD = "#c9d1d9"
EFFECTS = ("edge", "row", "column")
JITTER = 0.3
MANY = 10
"""Up to this many plates are named on an axis."""


def position_figure(
    table: pd.DataFrame, profiles: pd.DataFrame, plate: str, value: str, *, rate: float
) -> "Figure":
    """Draw position effects over plates, and medians of rows and columns.

    Parameters
    ----------
    table
        plate, effect, shift, epsilon2, p_adjusted; one row per plate and effect.
    profiles
        plate, effect, level, median; rows and columns of each plate.
    plate
        The one whose profiles are drawn as a line; all others are a band.
    value
        What was measured.
    rate
        Plates with p_adjusted up to this are filled.
    """
    with theme():
        figure = new_figure(10, 6.4)
        (strip, shift), (rows, columns) = figure.subplots(2, 2)
        _draw_strip(strip, table, plate, rate)
        _draw_shift(shift, table, plate, rate)
        _draw_profile(rows, profiles, "row", plate, value)
        _draw_profile(columns, profiles, "column", plate, value)
        entries = [*_marks(rate, OKABE_ITO[0]), line(f"plate {plate}", POSITIVE)]
        if profiles["plate"].nunique() > 1:
            entries.append(line("median of all plates and quartiles", OTHER, width=1.4))
        key(figure, entries)
    return figure


def autocorrelation_figure(table: pd.DataFrame, value: str, neighbours: str, *, rate: float) -> "Figure":
    """Draw Moran's I of every plate by rank, over the range that permutations give.

    Parameters
    ----------
    table
        plate, moran_i, expected, null_low, null_high, p_adjusted; one row per plate.
    value, neighbours
        For the title.
    rate
        Plates with p_adjusted up to this are filled.
    """
    with theme():
        figure = new_figure(10, 3.6)
        axis = figure.subplots()
        _draw_ranked(axis, table, ("moran_i", "null_low", "null_high"), rate)
        axis.axhline(
            float(table.loc[table["moran_i"].notna(), "expected"].median()), color=INK, lw=1, ls="--"
        )
        axis.set(
            title=f"Likeness of neighbouring wells: {spaced(value)}",
            ylabel=f"Moran's I ({neighbours} neighbours)",
        )
        entries = [*_marks(rate, OKABE_ITO[0]), line("95 % of permutations", SPREAD, width=3)]
        key(figure, [*entries, line("expected without likeness", INK, "--", 1)])
    return figure


def drift_figure(
    table: pd.DataFrame, wells: pd.DataFrame, plate: str, value: str, order: str, *, rate: float
) -> "Figure":
    """Draw one plate's wells in their order with the Theil–Sen line, and the drift of every plate.

    Parameters
    ----------
    table
        plate, n, spearman, slope, drift, drift_low, drift_high, p_adjusted; one row per plate.
    wells
        plate, order, value.
    plate
        The one whose wells are drawn.
    value, order
        For titles and axes.
    rate
        Plates with p_adjusted up to this are filled.
    """
    own = wells[wells["plate"] == plate]
    one = table.set_index("plate").loc[plate]
    with theme():
        figure = new_figure(10, 3.8)
        left, right = figure.subplots(1, 2, width_ratios=(1.3, 1))
        left.scatter(own["order"], own["value"], s=12, color=OTHER, alpha=0.6, lw=0, gid="wells")
        ends = np.array([own["order"].min(), own["order"].max()], dtype=float)
        middle = own["value"].median() + one["slope"] * (ends - own["order"].median())
        left.plot(ends, middle, color=POSITIVE, lw=2, gid="slope")
        left.set(
            title=f"Plate {plate}: {counted(len(own), 'well')}, Spearman {one['spearman']:.2f}",
            xlabel=f"Acquisition ({order})", ylabel=spaced(value).capitalize(),
        )  # fmt: skip
        left.grid(True, axis="y")
        _draw_ranked(right, table, ("drift", "drift_low", "drift_high"), rate)
        right.axhline(0, color=INK, lw=1, ls="--")
        right.set(title="Drift over the run, all plates", ylabel="Robust SDs, first to last well")
        entries = [line("Theil–Sen slope", POSITIVE), *_marks(rate, OKABE_ITO[0])]
        key(figure, [*entries, line("95 % interval", SPREAD, width=3)])
    return figure


def _draw_strip(axis: "Axes", table: pd.DataFrame, plate: str, rate: float) -> None:
    """Share of variance of each effect, one dot per plate."""
    known = table[table["epsilon2"].notna()]
    shown, names = [effect for effect in EFFECTS if (known["effect"] == effect).any()], []
    for place, effect in enumerate(shown):
        rows = known[known["effect"] == effect]
        stands = _stands(rows, rate)
        at = place + _spread(len(rows))
        _dots(axis, at, rows["epsilon2"].to_numpy(), stands, OKABE_ITO[0])
        _ring(axis, at, rows["epsilon2"].to_numpy(), rows["plate"] == plate)
        middle = rows["epsilon2"].median()
        axis.hlines(middle, place - 0.42, place + 0.42, color=INK, lw=1.6, zorder=5, gid="median")
        names.append(f"{effect}\n{int(stands.sum())} of {len(rows)}")
    axis.set_xticks(range(len(shown)), names)
    axis.set_xlim(-0.6, len(shown) - 0.4)
    axis.axhline(0, color=FAINT, lw=0.8)
    axis.set(title="Effect of position (plates with one, of all)", ylabel="Share of variance (ε² of ranks)")
    axis.grid(True, axis="y")


def _draw_shift(axis: "Axes", table: pd.DataFrame, plate: str, rate: float) -> None:
    """Edge minus inside of each plate, by rank, with its interval."""
    rows = table[(table["effect"] == "edge") & table["shift"].notna()]
    axis.set_title("Edge minus inside")
    if rows.empty:
        axis.text(0.5, 0.5, "no edge effect to show", ha="center", color=OTHER, transform=axis.transAxes)
        axis.set_axis_off()
        return
    _draw_ranked(axis, rows, ("shift", "shift_low", "shift_high"), rate, ringed=plate)
    axis.set_ylabel("Robust SDs of the plate")
    axis.axhline(0, color=INK, lw=1, ls="--")


def _draw_ranked(
    axis: "Axes", table: pd.DataFrame, columns: tuple[str, str, str], rate: float, *, ringed: str = ""
) -> None:
    """Plates from the lowest to the highest value, each over its interval or what chance gives."""
    value, low, high = columns
    rows = table[table[value].notna()].sort_values(value).reset_index(drop=True)
    at, values = rows.index.to_numpy(), rows[value].to_numpy()
    axis.vlines(at, rows[low], rows[high], color=SPREAD, lw=3, gid="interval")
    _dots(axis, at, values, _stands(rows, rate), OKABE_ITO[0])
    _ring(axis, at, values, rows["plate"] == ringed)
    if len(rows) <= MANY:
        axis.set_xticks(at, [str(name) for name in rows["plate"]], rotation=30, ha="right")
        axis.margins(x=0.5 if len(rows) == 1 else 0.1)
    else:
        axis.set_xticks([])
        axis.set_xlabel(f"{len(rows)} plates, lowest to highest")
    axis.grid(True, axis="y")


def _draw_profile(axis: "Axes", profiles: pd.DataFrame, effect: str, plate: str, value: str) -> None:
    """Medians of one plate's rows or columns over the quartiles of all plates'."""
    rows = profiles[(profiles["effect"] == effect) & profiles["median"].notna()]
    if rows["plate"].nunique() > 1:
        held = rows.groupby("level")["median"].quantile([0.25, 0.5, 0.75]).unstack()
        axis.fill_between(held.index, held[0.25], held[0.75], color=SPREAD, lw=0, gid="band")
        axis.plot(held.index, held[0.5], color=OTHER, lw=1.4, gid="median")
    own = rows[rows["plate"] == plate].sort_values("level")
    axis.plot(own["level"], own["median"], "o-", color=POSITIVE, ms=4, gid="plate")
    axis.axhline(0, color=INK, lw=1, ls="--")
    levels = sorted(rows["level"].unique())
    shown = levels[:: max(1, round(len(levels) / 16))]
    axis.set_xticks(shown, [row_name(int(at)) if effect == "row" else str(int(at) + 1) for at in shown])
    axis.set(title=f"{effect.capitalize()} medians of {spaced(value)}", xlabel=effect.capitalize())
    axis.set_ylabel("Robust SDs from plate median")
    axis.grid(True, axis="y")


def _stands(rows: pd.DataFrame, rate: float) -> "np.ndarray[tuple[int], np.dtype[np.bool_]]":
    return np.asarray(rows["p_adjusted"].to_numpy(dtype=float) <= rate)


def _spread(n: int) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    """Sideways places that keep dots apart, the same in every drawing (golden-ratio sequence)."""
    parts = (np.arange(n, dtype=np.float64) * 0.618034) % 1
    return np.asarray(JITTER * (2 * parts - 1) * (n > 1))


def _dots(axis: "Axes", across: np.ndarray, up: np.ndarray, stands: np.ndarray, colour: str) -> None:
    """Draw dots, filled where an effect stands and hollow where not."""
    for which, face, name in ((stands, colour, "stands"), (~stands, "white", "falls")):
        axis.scatter(
            across[which], up[which], s=16, facecolor=face, edgecolor=colour, lw=0.9, zorder=3, gid=name
        )


def _ring(axis: "Axes", across: np.ndarray, up: np.ndarray, which: pd.Series) -> None:
    here = which.to_numpy()
    axis.scatter(across[here], up[here], s=70, facecolor="none", edgecolor=POSITIVE, lw=1.6, zorder=6)


def _marks(rate: float, colour: str) -> "list[Artist]":
    """Name dots that are filled, and those that are hollow."""
    with_one = f"plate with an effect (false-discovery rate {rate:.0%})".replace("%", " %")
    return [mark(with_one, colour, "o", 5, colour), mark("plate without", colour, "o", 5, "white")]
