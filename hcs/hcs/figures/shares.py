"""Bars: shares of variance, stacked, and what permuted labels give."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import FAINT, INK, OKABE_ITO, OTHER, POSITIVE, new_figure, new_grid, theme
from hcs.wording import plural, spaced

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

MOST = 30
"""Values drawn; more would not be readable."""
RESIDUAL = "#c9d1d9"
LABELLED = 0.06
"""A share from here on has its number in the bar."""
DARK = ("#0072B2", "#D55E00", "#009E73", "#000000")


def share_figure(table: pd.DataFrame, *, noun: str = "image") -> "Figure":
    """Draw one bar per value, stacked by factor.

    Parameters
    ----------
    table
        Columns value, factor, share, n, n_eff; values whose shares are all NaN are left out. Of more than 30
        values the first 30 are drawn, and the title says so.
    noun
        What a row of the data was.
    """
    known = table[table["share"].notna()]
    values = list(dict.fromkeys(known["value"]))
    shown = values[:MOST]
    factors = [name for name in dict.fromkeys(known["factor"]) if name != "residual"]
    colours = {name: OKABE_ITO[place % len(OKABE_ITO)] for place, name in enumerate(factors)}
    shares = known.pivot(index="value", columns="factor", values="share").reindex(shown).fillna(0.0)
    first = known.groupby("value", sort=False)[["n", "n_eff"]].first().reindex(shown)
    with theme():
        figure = new_figure(10, max(1.9, 0.27 * len(shown) + 1.3))
        axis = figure.subplots()
        left = np.zeros(len(shown))
        for factor in [*factors, "residual"]:
            widths, colour = shares[factor].to_numpy(), colours.get(factor, RESIDUAL)
            name = f"residual: {plural(noun)}" if factor == "residual" else spaced(factor)
            axis.barh(range(len(shown)), widths, left=left, height=0.72, color=colour, ec="white", label=name)
            _numbers(axis, widths, left, "white" if colour in DARK else INK)
            left += widths
        for row, (n, effective) in enumerate(first.itertuples(index=False)):
            worth = "not known" if np.isnan(effective) else f"{effective:,.0f}"
            axis.text(1.01, row, f"{n:,.0f} → {worth}", va="center", size=8, color=INK)
        of = f" (the first {MOST} of {len(values)} values)" if len(values) > MOST else ""
        axis.set(xlim=(0, 1), ylim=(len(shown) - 0.4, -0.6), xlabel="Share of the variance")
        axis.set_title(f"Where the variance lies{of}")
        axis.set_title(f"{plural(noun)} → effective sample size", loc="right", size=8, weight="normal")
        axis.set_xticks(
            np.linspace(0, 1, 6), [f"{share:.0%}".replace("%", " %") for share in np.linspace(0, 1, 6)]
        )
        axis.set_yticks(range(len(shown)), [spaced(value) for value in shown])
        figure.legend(loc="outside lower center", ncols=6)
    return figure


def _numbers(
    axis: "Axes", widths: npt.NDArray[np.float64], left: npt.NDArray[np.float64], colour: str
) -> None:
    """Write percentages into bars wide enough."""
    for row, (width, start) in enumerate(zip(widths, left, strict=True)):
        if width >= LABELLED:
            axis.text(
                start + width / 2, row, f"{100 * width:.0f}", ha="center", va="center", color=colour, size=7.5
            )


def null_figure(panels: Mapping[str, pd.Series], p: Mapping[str, float]) -> "Figure":
    """Draw for every score what permuted labels give, and where the labels as they are stand.

    Parameters
    ----------
    panels
        By the name of a score: its value by permutation, 0 being the labels as they are.
    p
        Its p-value, by the same name.
    """
    with theme():
        figure, rows = new_grid(len(panels), 2, 5, 2.6)
        for axis, (name, means) in zip(rows, panels.items(), strict=True):
            null = means.drop(0).dropna().to_numpy(dtype=float)
            low, high = min(null.min(), means[0], 0.4), max(null.max(), means[0], 0.6)
            axis.hist(null, bins=list(np.linspace(low, high, 21)), color="#c3cbd3", edgecolor="white")
            axis.axvline(0.5, color=FAINT, linewidth=0.9, linestyle=":")
            axis.axvline(means[0], color=POSITIVE, linewidth=2)
            axis.set_title(f"labels as they are: {means[0]:.2f}, p = {p[name]:.2g}", color=INK)
            axis.locator_params(axis="y", integer=True)
            axis.set_xlabel(name)
            axis.set_ylabel(f"permutations ({len(null)})", color=OTHER)
    return figure
