"""The figure of fusion: what stands in the tables is what is drawn."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.fusion import fusion_figure
from hcs.figures.theme import to_png

TABLE = pd.DataFrame(
    {
        "inputs": ["score alone", "both"],
        "n": 30,
        "auc": [0.7, 0.9],
        "low": [0.5, 0.75],
        "high": [0.85, 0.97],
        "expected": [np.nan, 0.42],
        "null_low": [np.nan, 0.1],
        "null_high": [np.nan, 0.7],
        "p": [np.nan, 0.005],
    }
)
WEIGHTS = pd.DataFrame(
    {
        "inputs": ["score alone", "both", "both"],
        "column": ["score", "score", "tau_csf"],
        "mean": [1.0, 1.2, -0.4],
        "low": [0.9, 1.0, -0.6],
        "high": [1.1, 1.5, -0.1],
    }
)


def test_areas_chance_and_weights_are_drawn() -> None:
    """Points, intervals and bars lie where the tables say; only the last row's weights are shown."""
    figure = fusion_figure(TABLE, WEIGHTS)
    left, right = figure.axes
    drawn = {
        name: [np.asarray(line.get_xdata()).tolist() for line in left.lines if line.get_gid() == name]
        for name in ("area", "interval", "expected")
    }
    assert drawn["area"] == [[0.7], [0.9]]
    assert drawn["interval"] == [[0.5, 0.85], [0.75, 0.97]]
    assert drawn["expected"] == [[0.42, 0.42]]
    (bar,) = left.patches
    ends = bar.get_path().get_extents(bar.get_patch_transform())
    assert (ends.x0, ends.x1) == pytest.approx((0.1, 0.7))
    assert [text.get_text() for text in left.texts] == ["0.70", "0.90, p = 0.005"]
    assert [label.get_text() for label in right.get_yticklabels()] == ["score", "tau csf"]
    assert [text.get_text() for text in right.texts] == ["+1.20", "−0.40"]
    assert to_png(figure).startswith(b"\x89PNG")


def test_without_a_permutation_there_is_no_key_to_one() -> None:
    """No bar by chance, and none in the legend."""
    figure = fusion_figure(TABLE.assign(null_low=np.nan, null_high=np.nan, expected=np.nan), WEIGHTS)
    assert not figure.axes[0].patches
    assert not any("chance" in text.get_text() for text in figure.legends[0].get_texts())
