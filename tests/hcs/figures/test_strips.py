"""Tests of the pictures of wells and assays: what is drawn is what the tables hold."""

import numpy as np
import pandas as pd

from hcs.figures.strips import MOST_STRIPS, plates_figure, statistics_figure


def test_statistics_are_a_dot_per_well_with_values() -> None:
    """Wells without rows are not drawn."""
    table = pd.DataFrame({"plate": ["P", "P", "Q"], "n": [3, 0, 2], "median": [1.0, np.nan, 2.0]})
    figure = statistics_figure(table, label="area")
    (dots,) = [part for part in figure.axes[0].collections if part.get_gid() == "sample"]
    assert np.asarray(dots.get_offsets())[:, 1].tolist() == [1, 2]
    assert figure.axes[0].get_title(loc="left") == "2 wells on 2 plates"


def test_many_plates_are_medians_with_spans() -> None:
    """Beyond a dozen plates each is one dot at its median, and a bar."""
    n = MOST_STRIPS + 3
    table = pd.DataFrame(
        {"plate": np.repeat(np.arange(n), 5), "n": 1, "median": np.tile([1.0, 2, 3, 4, 9], n)}
    )
    figure = statistics_figure(table, label="area")
    (dots,) = [part for part in figure.axes[0].collections if part.get_gid() == "sample"]
    assert np.asarray(dots.get_offsets())[:, 1].tolist() == [3] * n


def test_plates_stand_by_date() -> None:
    """A tick per date says how many plates it has."""
    medians = pd.DataFrame(
        {"plate": list("PQR"), "date": ["b", "a", "b"], "low": 1.0, "median": 2.0, "high": 3.0}
    )
    axis = plates_figure(medians, "cells", "day").axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["a\n1 plate", "b\n2 plates"]
    assert axis.get_xlabel() == "Day"
