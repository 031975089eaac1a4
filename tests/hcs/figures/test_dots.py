"""Tests of group scores: a dot for every group at its mean, ordered, with wells and sets behind it."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.dots import clone_figure, group_figure, group_order

GROUPS = pd.DataFrame(
    {
        "model": ["cnn"] * 3 + ["forest"] * 3,
        "group": ["c1", "c2", "c3"] * 2,
        "label": ["ALS", "control", "control"] * 2,
        "probability": [0.9, 0.4, 0.2, 0.6, 0.5, 0.55],
    }
)
WELLS = pd.DataFrame(
    {
        "model": "cnn",
        "group": ["c1", "c1", "c9"],
        "label": ["ALS", "ALS", None],
        "probability": [0.9, 0.7, np.nan],
    }
)
SETS = pd.DataFrame(
    {
        "model": "cnn",
        "set": [0, 0, 1],
        "group": "c1",
        "label": "ALS",
        "probability": [0.8, 1.0, 0.7],
    }
)


def test_order_is_negative_class_first_by_rising_score() -> None:
    """One order for all panels, from the first model."""
    assert group_order(GROUPS, "control") == [("c3", "control"), ("c2", "control"), ("c1", "ALS")]


def test_figure_has_a_dot_per_group_and_the_half_line() -> None:
    """Dots stand at the mean scores in both panels; wells and set ranges stand behind them."""
    figure = group_figure(GROUPS, WELLS, SETS, positive="ALS", negative="control")
    for axis, expected in zip(figure.axes, ([0.2, 0.4, 0.9], [0.55, 0.5, 0.6]), strict=True):
        dots = [line for line in axis.lines if line.get_gid() == "group"]
        assert [float(np.asarray(dot.get_xdata())[0]) for dot in dots] == pytest.approx(expected)
        half = next(line for line in axis.lines if line.get_gid() == "half")
        assert np.asarray(half.get_xdata()) == pytest.approx([0.5, 0.5])
    first = figure.axes[0]
    assert [label.get_text() for label in first.get_yticklabels()] == ["c3", "c2", "c1"]
    bar = next(line for line in first.lines if line.get_gid() == "sets")
    assert np.asarray(bar.get_xdata()) == pytest.approx([0.7, 0.9])
    wells = next(one for one in first.collections if one.get_gid() == "wells")
    assert np.asarray(wells.get_offsets())[:, 0] == pytest.approx([0.9, 0.7])


def test_a_group_with_both_labels_has_a_dot_for_each() -> None:
    """Rows that hold both controls are named with their label."""
    both = pd.DataFrame(
        {"model": "cnn", "group": ["A", "A"], "label": ["pos_c", "neg_c"], "probability": [0.9, 0.1]}
    )
    figure = group_figure(both, pd.DataFrame(), pd.DataFrame(), positive="pos_c", negative="neg_c")
    assert [label.get_text() for label in figure.axes[0].get_yticklabels()] == ["A · neg c", "A · pos c"]


def test_a_wrong_call_has_a_cross_and_its_name() -> None:
    """Clones stand by rising score, the positive class above; the legend counts both classes."""
    calls = GROUPS[:3].assign(probability=[0.3, 0.9, 0.2], correct=[False, False, True])
    figure = clone_figure(calls, positive="ALS", threshold=0.5)
    (axis,) = figure.axes
    wrong = next(line for line in axis.lines if line.get_gid() == "wrong")
    assert np.asarray(wrong.get_xdata()).tolist() == [0.9, 0.3]
    assert [text.get_text() for text in axis.texts] == ["c2", "c1"]
    names = [text.get_text() for text in figure.legends[0].get_texts()]
    assert names == ["ALS, 1 clone", "control, 2 clones", "called wrong", "threshold of the call"]
    empty = clone_figure(calls[:0], positive="ALS", threshold=0.5, noun="donor")
    assert empty.axes[0].texts[0].get_text() == "No donor has a score."
