"""Tests of pictures of places and times: what stands is filled, one plate among all, dates side by side."""

import numpy as np
import pandas as pd

from hcs.figures.ranked import autocorrelation_figure, drift_figure, position_figure

PLATES = ["P", "Q", "R"]
TABLE = pd.DataFrame(
    {
        "plate": PLATES,
        "effect": "edge",
        "shift": [-1.0, 0.1, np.nan],
        "shift_low": [-1.5, -0.2, np.nan],
        "shift_high": [-0.5, 0.4, np.nan],
        "epsilon2": [0.3, 0.0, 0.1],
        "p_adjusted": [0.01, 0.6, 0.05],
        "moran_i": [0.4, -0.1, 0.0],
        "expected": -0.05,
        "null_low": -0.2,
        "null_high": 0.1,
        "spearman": [-0.5, 0.1, 0.0],
        "slope": [-2.0, 0.1, 0.0],
        "drift": [-1.0, 0.2, 0.0],
        "drift_low": -1.2,
        "drift_high": 0.4,
    }
)
PROFILES = pd.concat(
    pd.DataFrame({"plate": name, "effect": effect, "level": [0, 1, 2], "median": [0.1, 0.0, -0.2]})
    for name in PLATES
    for effect in ("row", "column")
)


def test_positions_fill_what_stands_and_name_rows_by_letter() -> None:
    """Two of three plates stand; rows are letters, columns numbers."""
    figure = position_figure(TABLE, PROFILES, "P", "cell_count", rate=0.05)
    strip, shift, rows, columns = figure.axes
    assert strip.get_xticklabels()[0].get_text() == "edge\n2 of 3"
    filled = next(dots for dots in shift.collections if dots.get_gid() == "stands")
    assert np.asarray(filled.get_offsets()).tolist() == [[0.0, -1.0]]
    assert [label.get_text() for label in rows.get_xticklabels()] == ["A", "B", "C"]
    assert [label.get_text() for label in columns.get_xticklabels()] == ["1", "2", "3"]
    assert rows.get_title(loc="left") == "Row medians of cell count"


def test_neighbours_are_drawn_by_rising_likeness() -> None:
    """Dots rise from left to right, over the range of the permutations."""
    axis = autocorrelation_figure(TABLE, "cells", "rook", rate=0.05).axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["Q", "R", "P"]
    assert "rook" in axis.get_ylabel()


def test_drift_line_has_the_slope() -> None:
    """The Theil–Sen line goes through the medians."""
    wells = pd.DataFrame({"plate": "P", "order": [1.0, 2, 3], "value": [9.0, 7, 5]})
    left, right = drift_figure(TABLE, wells, "P", "cells", "by time", rate=0.05).axes
    line = next(line for line in left.lines if line.get_gid() == "slope")
    assert np.asarray(line.get_ydata()).tolist() == [9.0, 5.0]
    assert "3 wells" in left.get_title(loc="left")
    assert [label.get_text() for label in right.get_xticklabels()] == ["P", "R", "Q"]
