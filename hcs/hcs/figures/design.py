"""Figure of the design check: how strongly each column goes with the label, beside what chance gives."""

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, OTHER, POSITIVE, new_figure, theme
from hcs.wording import plural, spaced

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def design_figure(table: pd.DataFrame, *, label: str, noun: str) -> "Figure":
    """Draw one row per column: Cramér's V as a dot, and the range that chance gives as a band.

    Parameters
    ----------
    table
        As `hcs.analysis.batches.design.DesignCheck` holds it: column, cramers_v, chance_v, p, tied.
    label
        What the columns are held against.
    noun
        What a group is called.
    """
    rows = table.sort_values("cramers_v").reset_index(drop=True)
    with theme():
        figure = new_figure(7.5, 1.2 + 0.34 * len(rows))
        axes = figure.subplots()
        places = np.arange(len(rows))
        band = rows["chance_v"].to_numpy(dtype=float)
        axes.barh(places, np.nan_to_num(band), height=0.6, color="#e3e8ed", label="95 % of permutations")
        shown = rows["tied"].to_numpy(dtype=bool) | (rows["p"].to_numpy(dtype=float) <= 0.05)
        for which, colour, mark, name in (
            (~shown, OTHER, "o", "no sign of association"),
            (shown, POSITIVE, "D", f"goes with {label} (p ≤ 0.05, or tied)"),
        ):
            if which.any():
                axes.plot(rows["cramers_v"][which], places[which], mark, color=colour, label=name)
        for place, row in zip(places, rows.to_dict("records"), strict=True):
            words = "the same thing" if row["tied"] else f"p = {row['p']:.2g}"
            if np.isnan(row["p"]) and not row["tied"]:
                words = "no test"
            axes.text(1.04, float(place), words, va="center", fontsize=8, color=INK)
        axes.set_yticks(places, [spaced(name) for name in rows["column"]])
        axes.set_xlim(-0.03, 1.03)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.axvline(1, color=FAINT, linewidth=0.8, linestyle=":")
        axes.set_xlabel(f"Cramér's V with {label}, over {int(rows['n_groups'].max())} {plural(noun)}")
        figure.legend(loc="outside lower left", ncols=3)
    return figure
