"""Tests of the figures of variance shares and of power."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.shares import MOST, power_figure, share_figure
from hcs.figures.theme import to_png


def shares(values: int) -> pd.DataFrame:
    """Two factors and a residual for some values."""
    rows = [
        (f"feature_{value}", factor, share, 6750, 60.0)
        for value in range(values)
        for factor, share in (("clone", 0.5), ("well", 0.02), ("residual", 0.48))
    ]
    return pd.DataFrame(rows, columns=["value", "factor", "share", "n", "n_eff"])


def test_bars_are_stacked_to_one_and_named() -> None:
    """Every value has its bar from 0 to 1, its name, and what its images are worth."""
    figure = share_figure(shares(2))
    figure.draw_without_rendering()
    axis = figure.axes[0]
    assert [tick.get_text() for tick in axis.get_yticklabels()] == ["feature 0", "feature 1"]
    assert max(bar.get_window_extent().x1 for bar in axis.patches) == pytest.approx(axis.bbox.x1)
    assert "6,750 → 60" in [text.get_text() for text in axis.texts]


def test_values_beyond_the_most_are_counted() -> None:
    """Forty values: thirty drawn, and the title says so."""
    axis = share_figure(shares(40)).axes[0]
    assert len(axis.get_yticklabels()) == MOST
    assert f"the first {MOST} of 40 values" in axis.get_title(loc="left")


def test_power_shows_wanted_and_needed() -> None:
    """Both panels have the wanted line; the needed size is marked where there is one."""
    table = pd.DataFrame({"n_per_class": [5, 10, 20]})
    for name in ("power", "width"):
        table = table.assign(
            **{name: [0.5, 0.7, 0.9], f"{name}_se": 0.01, f"{name}_formula": [0.5, 0.7, 0.9]}
        )
    figure = power_figure(
        table, wanted={"power": 0.8, "width": 0.2}, needed={"power": 20, "width": None}, title="area"
    )
    marks = [{line.get_gid() for line in axis.lines} for axis in figure.axes]
    assert {"wanted", "needed"} <= marks[0]
    assert "needed" not in marks[1]
    assert np.size(to_png(figure)) > 0
