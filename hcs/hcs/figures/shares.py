"""Shares of variance as stacked bars, and power against the number of clones."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.theme import INK, NEGATIVE, OKABE_ITO, POSITIVE, new_figure, theme
from hcs.wording import counted, plural, spaced

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
        axis.set_title(
            f"{plural(noun)} → independent ones they are worth", loc="right", size=8, weight="normal"
        )
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


def power_figure(
    table: pd.DataFrame,
    *,
    wanted: Mapping[str, float],
    needed: Mapping[str, int | None],
    title: str,
    noun: str = "clone",
) -> "Figure":
    """Draw power and interval width against clones per class, with bands of two Monte Carlo errors.

    Parameters
    ----------
    table
        Columns n_per_class, power, power_se, power_formula, width, width_se, width_formula.
    wanted, needed
        Wanted ``power`` and ``width``, and the clones per class that reach them, or None.
    title
        What effect is looked for.
    noun
        What is counted.
    """
    with theme():
        figure = new_figure(10, 3.8)
        panels = figure.subplots(1, 2)
        for axis, name, colour, label, rule in zip(
            panels,
            ("power", "width"),
            (NEGATIVE, POSITIVE),
            ("Power of the test", "Width of the AUC's 95 % interval"),
            ("t-test formula", "Hanley–McNeil formula"),
            strict=True,
        ):
            _curve(axis, table, name, colour, rule, wanted[name], needed[name], noun)
            axis.set(xlabel=f"{plural(noun).capitalize()} per class", ylabel=label)
        panels[0].set_ylim(0, 1.04)
        panels[1].set_ylim(0, max(0.1, float(np.nanmax([*table["width"], *table["width_formula"]])) * 1.1))
        figure.suptitle(title, x=0.01, ha="left", size=10, weight="bold")
    return figure


def _curve(
    axis: "Axes",
    table: pd.DataFrame,
    name: str,
    colour: str,
    rule: str,
    wanted: float,
    needed: int | None,
    noun: str,
) -> None:
    """One quantity with its error band, its closed form, the wanted line and where it is reached."""
    n, made, error = (table[column].to_numpy(dtype=float) for column in ("n_per_class", name, f"{name}_se"))
    axis.fill_between(n, made - 2 * error, made + 2 * error, color=colour, alpha=0.25, lw=0)
    axis.plot(n, made, "o-", color=colour, ms=3.5, label="simulated (band: ± 2 Monte Carlo errors)")
    axis.plot(n, table[f"{name}_formula"], ls="--", lw=1.1, color=INK, label=rule)
    axis.axhline(wanted, color="#5d6975", lw=1, ls=":", label=f"wanted: {wanted:g}", gid="wanted")
    if needed is not None:
        axis.axvline(needed, color="#5d6975", lw=1, gid="needed")
        axis.annotate(
            f"{counted(needed, noun)} per class", (needed, 0), (4, 4), textcoords="offset points", size=8
        )
    axis.grid(True)
    axis.legend(loc="lower right" if name == "power" else "upper right")
