"""Curves of dose: wells at their doses, the fitted curve, and where half of the effect is reached."""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.keys import key, line, mark, patch
from hcs.figures.theme import INK, NEGATIVE, OTHER, POSITIVE, new_grid, theme
from hcs.figures.trends import dose_places
from hcs.wording import capital, counted

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 12
"""Curves that are drawn."""
MARKS = 6
"""Doses named on an axis, about."""
Floats = npt.NDArray[np.float64]
Curve = Callable[[Floats], Floats]
"""From doses, log10, to the level of the curve."""


def dose_curve_figure(
    wells: pd.DataFrame, fits: pd.DataFrame, curves: dict[str, Curve], *, value: str
) -> "Figure":
    """Draw one panel per series of doses.

    Parameters
    ----------
    wells
        series, dose, value; one row per well.
    fits
        series, unit, title, ec50_low, ec50_high (NaN where there is no EC50), in the order of drawing.
    curves
        Of the series that have one.
    value
        What was measured.
    """
    drawn = fits.head(MOST)
    with theme():
        figure, axes = new_grid(len(drawn), 3, 10 / min(3, max(1, len(drawn))), 3.0)
        for axis, row in zip(axes, drawn.to_dict("records"), strict=True):
            own = wells[wells["series"] == row["series"]]
            _draw_series(axis, own, row["ec50_low"], row["ec50_high"], curves.get(row["series"]))
            axis.set(title=row["title"], xlabel=f"Dose ({row['unit']})" if row["unit"] else "Dose")
        axes[0].set_ylabel(capital(value))
        entries = [mark("one well", OTHER, "o", 5), line("median of a dose", INK, width=1.6)]
        if curves:
            entries.append(line("fitted curve", NEGATIVE, width=2))
            entries.append(patch("95 % interval of the EC50", POSITIVE, alpha=0.25))
        key(figure, entries)
        if len(fits) > MOST:
            figure.supxlabel(f"{counted(len(fits) - MOST, 'more series')} not drawn", fontsize=8, color=INK)
    return figure


def _draw_series(axis: "Axes", own: pd.DataFrame, low: float, high: float, curve: Curve | None) -> None:
    """Dots, medians, curve and interval of one series, dose 0 apart at the left."""
    doses = own["dose"].to_numpy(dtype=float)
    places = dose_places(doses)
    if np.isfinite(low):
        axis.axvspan(np.log10(low), np.log10(high), color=POSITIVE, alpha=0.25, lw=0, gid="interval")
    axis.scatter(places, own["value"], s=16, color=OTHER, alpha=0.7, lw=0, zorder=2, gid="wells")
    medians = pd.Series(own["value"].to_numpy(dtype=float)).groupby(places).median()
    axis.scatter(medians.index, medians, s=90, color=INK, marker="_", zorder=3, gid="median")
    above = np.unique(places[doses > 0])
    if curve is not None:
        along = np.linspace(above[0], above[-1], 200)
        axis.plot(along, curve(along), color=NEGATIVE, lw=2, zorder=4, gid="curve")
        if (doses == 0).any():
            zero = float(places[doses == 0][0])
            axis.plot([zero - 0.15, zero + 0.15], [curve(np.array([-np.inf]))[0]] * 2, color=NEGATIVE, lw=2)
    step = -(-len(above) // MARKS)
    shown = [*(places[doses == 0][:1]), *above[::step]]
    names = ["0"] * int((doses == 0).any()) + [f"{10**place:.3g}" for place in above[::step]]
    axis.set_xticks(shown, names)
    axis.grid(True, axis="y")
