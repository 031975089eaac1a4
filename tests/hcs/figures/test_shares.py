"""Tests of the figures of variance shares."""

import pandas as pd
import pytest

from hcs.figures.shares import MOST, share_figure


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
