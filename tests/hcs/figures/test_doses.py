"""Tests of dose plots: wells at their dose, dose 0 apart at the left."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.doses import dose_figure, dose_places


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
