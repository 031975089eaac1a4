"""Tests of trends: dots where the clones and wells are, lines in the labels' colours, medians over sets."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.trends import (
    TrendPanel,
    dose_figure,
    dose_places,
    power_figure,
    training_figure,
    trend_figure,
)

VALUES = pd.DataFrame({"x": [10.0, 20, 30], "y": [0.9, 0.8, 0.7], "within": ["ALS", "control", None]})


def test_every_clone_is_a_dot_in_its_colour() -> None:
    """Dots stand at passage and accuracy, by label; the legend names labels and lines; panels fill rows."""
    line = ("", np.array([10.0, 30]), np.array([0.9, 0.7]))
    panel = TrendPanel(VALUES, "passage", "accuracy", "rho", (line,))
    figure = trend_figure([panel] * 3, noun="clone", legend="diagnosis", positive="ALS", negative="control")
    assert len(figure.axes) == 4
    dots = [found for found in figure.axes[0].collections if found.get_gid() == "clones"]
    assert sorted(tuple(map(float, place)) for part in dots for place in np.asarray(part.get_offsets())) == [
        (10.0, 0.9),
        (20.0, 0.8),
        (30.0, 0.7),
    ]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["control", "ALS", "Theil–Sen line"]


@pytest.mark.parametrize(
    ("doses", "expected"),
    [
        ([0, 1, 10, 100], [-1, 0, 1, 2]),
        ([1, 2, 4, 0], [0, np.log10(2), np.log10(4), -0.5]),
        ([0, 0], [0, 0]),
        ([0, 5], [np.log10(5) - 1, np.log10(5)]),
    ],
)
def test_places_are_logarithmic_with_zero_left_of_all(doses: list[float], expected: list[float]) -> None:
    """Zero has a place, at least half a decade left of the smallest dose."""
    assert dose_places(doses) == pytest.approx(expected)


def test_a_panel_per_treatment_with_its_medians() -> None:
    """Medians per dose are drawn; wells without a dose or a score are not."""
    wells = pd.DataFrame(
        {
            "treatment": ["W"] * 5 + ["L", None],
            "dose": [0, 1, 1, 1, 10, 3, 4],
            "dose_unit": ["nM"] * 5 + ["µM", None],
            "label": ["neg", "x", "x", "x", "pos", None, None],
            "probability": [0.1, 0.2, 0.9, 0.4, 0.8, 0.5, 0.6],
        }
    )
    figure = dose_figure(wells, positive="pos", negative="neg")
    assert [axis.get_title(loc="left") for axis in figure.axes] == ["W", "L"]
    assert [axis.get_xlabel() for axis in figure.axes] == ["Dose (nM)", "Dose (µM)"]
    median = next(line for line in figure.axes[0].lines if line.get_gid() == "median")
    assert np.asarray(median.get_ydata()) == pytest.approx([0.1, 0.4, 0.8])
    dots = [line for line in figure.axes[0].lines if line.get_gid() == "wells"]
    assert sum(len(np.asarray(line.get_xdata())) for line in dots) == 5


def test_training_figure_draws_the_median_over_sets() -> None:
    """The bold line is the median of the thin ones, and one head out of bounds does not flatten the rest."""
    history = pd.DataFrame(
        {
            "set": [0, 0, 1, 1],
            "epoch": [1, 2, 1, 2],
            "loss": [1.0, 0.5, 0.8, 0.3],
            "accuracy": [0.5, 0.7, 0.6, 0.8],
            "validation_loss": [1.2, 0.9, 1.0, 0.7],
            "validation_accuracy": [0.5, 0.6, 0.5, 0.6],
        }
    )
    wild = pd.concat([history.assign(set=history["set"] + 2 * k) for k in range(20)])
    wild.iloc[-1, wild.columns.get_loc("loss")] = 1e6
    assert training_figure(wild).axes[0].get_ylim()[1] < 2
    figure = training_figure(history)
    medians = [line for line in figure.axes[0].lines if line.get_gid() == "median"]
    assert [list(np.asarray(line.get_ydata())) for line in medians] == [
        pytest.approx([0.9, 0.4]),
        pytest.approx([1.1, 0.8]),
    ]
    assert sum(line.get_gid() == "set" for line in figure.axes[1].lines) == 4


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
