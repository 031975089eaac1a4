"""Figure of a permutation test: what permuted labels give, and where the labels as they are stand."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.figures.theme import FAINT, INK, OTHER, POSITIVE, new_figure, theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def null_figure(panels: Mapping[str, pd.Series], p: Mapping[str, float]) -> "Figure":
    """Draw a histogram for every score.

    Parameters
    ----------
    panels
        By the name of a score: its value by permutation, 0 being the labels as they are.
    p
        Its p-value, by the same name.
    """
    with theme():
        figure = new_figure(4.2 * len(panels), 2.8)
        rows = figure.subplots(1, len(panels), squeeze=False)[0]
        for axes, (name, means) in zip(rows, panels.items(), strict=True):
            null = means.drop(0).dropna().to_numpy(dtype=float)
            low, high = min(null.min(), means[0], 0.4), max(null.max(), means[0], 0.6)
            axes.hist(null, bins=np.linspace(low, high, 21), color="#c3cbd3", edgecolor="white")
            axes.axvline(0.5, color=FAINT, linewidth=0.9, linestyle=":")
            axes.axvline(means[0], color=POSITIVE, linewidth=2)
            axes.set_title(f"labels as they are: {means[0]:.2f}, p = {p[name]:.2g}", color=INK)
            axes.yaxis.get_major_locator().set_params(integer=True)
            axes.set_xlabel(name)
            axes.set_ylabel(f"permutations ({len(null)})", color=OTHER)
    return figure
