"""Pictures of places and times: edge, row and column effects, likeness of neighbours, drift, plates."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OKABE_ITO, OTHER, POSITIVE, new_figure, theme
from hcs.wording import counted, spaced
from hcs_plates.wells import row_name

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from matplotlib.lines import Line2D

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
        _filled_legend(figure, rate, plate, band=profiles["plate"].nunique() > 1)
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
    rows = table[table["moran_i"].notna()].sort_values("moran_i").reset_index(drop=True)
    with theme():
        figure = new_figure(10, 3.6)
        axis = figure.subplots()
        axis.vlines(rows.index, rows["null_low"], rows["null_high"], color="#c9d1d9", lw=3, gid="null")
        axis.axhline(float(rows["expected"].median()), color=INK, lw=1, ls="--")
        _dots(axis, rows.index.to_numpy(), rows["moran_i"].to_numpy(), _stands(rows, rate), OKABE_ITO[0])
        _name_plates(axis, rows["plate"])
        axis.set(
            title=f"Likeness of neighbouring wells: {spaced(value)}",
            ylabel=f"Moran's I ({neighbours} neighbours)",
        )
        axis.grid(True, axis="y")
        handles = [*_marks(rate, OKABE_ITO[0]), _line("#c9d1d9", "95 % of permutations", width=3)]
        handles.append(_line(INK, "expected without likeness", "--", width=1))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
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
        rows = table[table["drift"].notna()].sort_values("drift").reset_index(drop=True)
        right.vlines(
            rows.index, rows["drift_low"], rows["drift_high"], color="#c9d1d9", lw=2.5, gid="interval"
        )
        right.axhline(0, color=INK, lw=1, ls="--")
        _dots(right, rows.index.to_numpy(), rows["drift"].to_numpy(), _stands(rows, rate), NEGATIVE)
        _name_plates(right, rows["plate"])
        right.set(title="Drift over the run, all plates", ylabel="Robust SDs, first to last well")
        right.grid(True, axis="y")
        handles = [_line(POSITIVE, "Theil–Sen slope"), *_marks(rate, NEGATIVE)]
        handles.append(_line("#c9d1d9", "95 % interval", width=2.5))
        figure.legend(handles=handles, loc="outside lower center", ncols=4)
    return figure


def plates_figure(medians: pd.DataFrame, value: str, date: str) -> "Figure":
    """Draw median and quartiles of every plate, dates side by side.

    Parameters
    ----------
    medians
        plate, date, low, median, high; one row per plate.
    value, date
        What was measured, and the column of dates (empty without).
    """
    rows = medians.sort_values(["date", "plate"], kind="stable").reset_index(drop=True)
    with theme():
        figure = new_figure(10, 3.6)
        axis = figure.subplots()
        ticks = []
        for place, (name, own) in enumerate(rows.groupby("date", sort=False)):
            at = own.index.to_numpy() + place * 2.0
            colour = OKABE_ITO[place % 2]
            axis.vlines(at, own["low"], own["high"], color=colour, lw=2, alpha=0.35, gid="quartiles")
            axis.plot(at, own["median"], "o", color=colour, ms=4, gid="median")
            axis.hlines(own["median"].median(), at[0] - 0.5, at[-1] + 0.5, color=INK, lw=1.2, gid="date")
            ticks.append((float(at.mean()), f"{name}\n{counted(len(own), 'plate')}".strip()))
        axis.set_xticks([tick for tick, _ in ticks], [name for _, name in ticks])
        axis.set(title=f"Plates: {spaced(value)}", ylabel=f"{spaced(value).capitalize()} per well")
        axis.set_xlabel(spaced(date).capitalize())
        axis.grid(True, axis="y")
        key = "one date" if not date else f"one {spaced(date)}"
        handles = [_mark(OTHER, "median of a plate's wells"), _line("#9aa5b1", "their quartiles", width=2)]
        handles.append(_line(INK, f"median plate of {key}" if date else "median plate", width=1.2))
        figure.legend(handles=handles, loc="outside lower center", ncols=3)
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
    rows = rows.sort_values("shift").reset_index(drop=True)
    axis.set_title("Edge minus inside")
    if rows.empty:
        axis.text(0.5, 0.5, "no edge effect to show", ha="center", color=OTHER, transform=axis.transAxes)
        axis.set_axis_off()
        return
    axis.set_ylabel("Robust SDs of the plate")
    axis.axhline(0, color=INK, lw=1, ls="--")
    axis.grid(True, axis="y")
    axis.vlines(rows.index, rows["shift_low"], rows["shift_high"], color="#c9d1d9", lw=2, gid="interval")
    at, shift = rows.index.to_numpy(), rows["shift"].to_numpy()
    _dots(axis, at, shift, _stands(rows, rate), OKABE_ITO[0])
    _ring(axis, at, shift, rows["plate"] == plate)
    _name_plates(axis, rows["plate"])


def _draw_profile(axis: "Axes", profiles: pd.DataFrame, effect: str, plate: str, value: str) -> None:
    """Medians of one plate's rows or columns over the quartiles of all plates'."""
    rows = profiles[(profiles["effect"] == effect) & profiles["median"].notna()]
    if rows["plate"].nunique() > 1:
        held = rows.groupby("level")["median"].quantile([0.25, 0.5, 0.75]).unstack()
        axis.fill_between(held.index, held[0.25], held[0.75], color="#c9d1d9", lw=0, gid="band")
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


def _name_plates(axis: "Axes", names: pd.Series) -> None:
    if len(names) <= MANY:
        axis.set_xticks(range(len(names)), [str(name) for name in names], rotation=30, ha="right")
        axis.margins(x=0.5 if len(names) == 1 else 0.1)
    else:
        axis.set_xticks([])
        axis.set_xlabel(f"{len(names)} plates, lowest to highest")


def _line(colour: str, label: str, dash: str = "-", width: float = 2) -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D([], [], color=colour, ls=dash, lw=width, label=label)


def _mark(colour: str, label: str, face: str = "") -> "Line2D":
    from matplotlib.lines import Line2D

    return Line2D([], [], marker="o", ls="", ms=5, mec=colour, mfc=face or colour, label=label)


def _marks(rate: float, colour: str) -> "list[Line2D]":
    return [
        _mark(colour, f"plate with an effect (false-discovery rate {rate:.0%})".replace("%", " %")),
        _mark(colour, "plate without", "white"),
    ]


def _filled_legend(figure: "Figure", rate: float, plate: str, *, band: bool) -> None:
    handles = [*_marks(rate, OKABE_ITO[0]), _line(POSITIVE, f"plate {plate}")]
    if band:
        handles.append(_line(OTHER, "median of all plates and quartiles", width=1.4))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
