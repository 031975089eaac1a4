"""Score against dose: one panel per treatment, one dot per well."""

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, NEGATIVE, OTHER, POSITIVE, new_figure, theme
from hcs.wording import spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_ACROSS = 3


def dose_figure(wells: pd.DataFrame, *, positive: str, negative: str) -> "Figure":
    """Draw the mean score of every dosed well, with the median per dose.

    Parameters
    ----------
    wells
        One row per well: treatment, dose, dose_unit, probability and label (wells outside both classes are
        grey). Doses are drawn on a logarithmic axis with dose 0 apart at its left.
    positive, negative
        The two classes; the score is the probability of the positive one.
    """
    wells = wells[wells["treatment"].notna() & wells["dose"].notna() & wells["probability"].notna()]
    treatments = list(dict.fromkeys(wells["treatment"].astype(str)))
    across = max(1, min(_ACROSS, len(treatments)))
    down = max(1, -(-len(treatments) // across))
    with theme():
        figure = new_figure(10 if across > 1 else 6, 3.2 * down + 0.4)
        axes = figure.subplots(down, across, sharey=True, squeeze=False).ravel()
        for axis, treatment in zip(axes, treatments, strict=False):
            rows = wells[wells["treatment"].astype(str) == treatment]
            _draw_treatment(axis, rows, treatment, positive, negative)
        for axis in axes[len(treatments) :]:
            axis.set_axis_off()
        axes[0].set_ylabel(f"Mean score: probability of {spaced(positive)}")
        _legend(figure, positive, negative)
    return figure


def dose_places(doses: Any) -> "np.ndarray[Any, np.dtype[np.float64]]":
    """Where doses stand on the axis: log10, dose 0 one step (at least half a decade) left of the smallest.

    Examples
    --------
    >>> dose_places([0, 1, 10])
    array([-1.,  0.,  1.])
    """
    amounts = np.asarray(doses, dtype=float)
    above = np.unique(amounts[amounts > 0])
    if above.size == 0:
        return np.zeros_like(amounts)
    logs = np.log10(above)
    step = max(0.5, float(np.median(np.diff(logs)))) if above.size > 1 else 1.0
    places = np.full(amounts.shape, logs[0] - step)
    places[amounts > 0] = np.log10(amounts[amounts > 0])
    return places


def _draw_treatment(axis: "Axes", rows: pd.DataFrame, treatment: str, positive: str, negative: str) -> None:
    """Dots, median line and an axis labelled with the doses themselves."""
    places = dose_places(rows["dose"])
    labels = rows["label"].astype(object)
    axis.axhline(0.5, color=INK, lw=0.8, ls=":")
    for name, colour, mark in ((None, OTHER, "s"), (negative, NEGATIVE, "o"), (positive, POSITIVE, "D")):
        here = ~labels.isin([positive, negative]).to_numpy() if name is None else (labels == name).to_numpy()
        axis.plot(
            places[here],
            rows["probability"].to_numpy(dtype=float)[here],
            mark,
            color=colour,
            ms=5.5,
            alpha=0.8,
            mec="white",
            mew=0.5,
            gid="wells",
        )
    medians = pd.Series(rows["probability"].to_numpy(dtype=float)).groupby(places).median()
    axis.plot(medians.index, medians, color=FAINT, lw=1.2, zorder=1, gid="median")
    marks = pd.Series(rows["dose"].to_numpy(dtype=float)).groupby(places).first()
    shown = _apart(list(marks.index))
    axis.set_xticks(shown, [f"{marks[place]:.3g}" for place in shown])
    units = [str(unit) for unit in rows["dose_unit"].dropna().unique()] if "dose_unit" in rows else []
    axis.set(title=treatment, xlabel=f"Dose ({', '.join(units)})" if units else "Dose", ylim=(-0.05, 1.05))
    axis.grid(True, axis="y")


def _apart(places: list[float]) -> list[float]:
    """Keep the places whose labels do not touch: an eighth of the axis apart, from the left."""
    least = (places[-1] - places[0]) / 8
    kept = places[:1]
    for place in places[1:]:
        if place - kept[-1] >= least * 0.999:
            kept.append(place)
    return kept


def _legend(figure: "Figure", positive: str, negative: str) -> None:
    from matplotlib.lines import Line2D

    looks = (
        ("o", NEGATIVE, spaced(negative)),
        ("D", POSITIVE, spaced(positive)),
        ("s", OTHER, "neither class (never trained on)"),
    )
    handles: list[Any] = [
        Line2D([], [], marker=mark, ls="", color=colour, ms=6, mec="white", label=name)
        for mark, colour, name in looks
    ]
    handles.append(Line2D([], [], color=FAINT, lw=1.2, label="median per dose"))
    figure.legend(handles=handles, loc="outside lower center", ncols=4)
