"""Tests of figures of relations: dots where the clones are, n printed, lines in the labels' colours."""

import numpy as np
import pandas as pd

from hcs.figures.associations import TrendPanel, contrast_figure, forest_figure, trend_figure

VALUES = pd.DataFrame({"x": [10.0, 20, 30], "y": [0.9, 0.8, 0.7], "within": ["ALS", "control", "ALS"]})


def test_every_clone_is_a_dot_in_its_colour() -> None:
    """Dots stand at passage and accuracy, by label, and the legend names the labels."""
    line = ("", np.array([10.0, 30]), np.array([0.9, 0.7]))
    panel = TrendPanel(VALUES, "passage", "accuracy", "rho", (line,), "line")
    figure = trend_figure([panel], legend="diagnosis", positive="ALS", negative="control")
    dots = [found for found in figure.axes[0].collections if found.get_gid() == "clones"]
    assert sorted(tuple(map(float, place)) for part in dots for place in np.asarray(part.get_offsets())) == [
        (10.0, 0.9),
        (20.0, 0.8),
        (30.0, 0.7),
    ]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["control", "ALS", "line"]


def test_panels_without_labels_and_many_panels() -> None:
    """Three panels stand in two rows; without labels there is one kind of dot."""
    panel = TrendPanel(VALUES.drop(columns="within"), "x", "y", "t")
    figure = trend_figure([panel] * 3)
    assert len(figure.axes) == 4
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["one clone"]


def test_groups_stand_beside_each_other_with_n() -> None:
    """Every group is named with its number of clones and has its median."""
    values = pd.DataFrame({"x": ["f", "f", "m"], "y": [1.0, 3.0, 5.0]})
    axis = contrast_figure(values, x_name="sex", y_name="accuracy", noun="clone", title="t").axes[0]
    assert [label.get_text() for label in axis.get_xticklabels()] == ["f\nn = 2", "m\nn = 1"]
    medians = [line for line in axis.lines if line.get_gid() == "median"]
    assert [float(np.asarray(line.get_ydata())[0]) for line in medians] == [2.0, 5.0]


def test_forest_prints_n_and_says_what_is_not_known() -> None:
    """Every row has n; one without an effect says so."""
    rows = pd.DataFrame(
        {
            "row": ["a", "b"],
            "effect": [0.2, np.nan],
            "low": [-0.1, np.nan],
            "high": [0.5, np.nan],
            "n": [15, 1],
        }
    )
    axis = forest_figure(rows.assign(series="score", p=[0.3, np.nan]), bound=0.3).axes[0]
    assert [text.get_text() for text in axis.texts] == ["n = 15 clones, p = 0.3", "not known", "n = 1 clone"]
    assert sum(line.get_gid() == "interval" for line in axis.lines) == 1
