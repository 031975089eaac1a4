"""Clones' scores in A against B, as drawn: every clone at its place, those called otherwise named."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.figures.agreement import agreement_figure
from hcs.figures.theme import NEGATIVE, POSITIVE, to_svg

CLASSES = {"positive": "ALS", "negative": "control"}


def clones(scores: Mapping[str, tuple[str, float, float]], model: str = "cnn") -> pd.DataFrame:
    """Clones by name: label, score in A, score in B."""
    rows = [(model, name, *row) for name, row in scores.items()]
    table = pd.DataFrame(rows, columns=["model", "group", "label_a", "score_a", "score_b"])
    calls = {
        f"call_{one}": np.where(table[f"score_{one}"] >= 0.5, "ALS", "control").astype(object) for one in "ab"
    }
    return table.assign(difference=table["score_b"] - table["score_a"], **calls)


FOUR = {
    "a": ("ALS", 0.9, 0.8),
    "b": ("ALS", 0.4, 0.7),
    "c": ("control", 0.6, 0.1),
    "d": ("control", 0.2, 0.3),
}


def drawn(axis: Any, kind: str) -> list[Any]:
    """Artists of one kind."""
    return [artist for artist in axis.get_children() if artist.get_gid() == kind]


def test_every_clone_stands_at_its_scores() -> None:
    """Each class in its colour; the lines of the call at 0.5, and the diagonal of equal scores."""
    (axis,) = agreement_figure(clones(FOUR), **CLASSES).axes
    by_colour = {line.get_color(): line.get_xydata().tolist() for line in drawn(axis, "clone")}
    assert by_colour == {POSITIVE: [[0.9, 0.8], [0.4, 0.7]], NEGATIVE: [[0.6, 0.1], [0.2, 0.3]]}
    assert drawn(axis, "half-a")[0].get_xdata()[0] == 0.5
    assert drawn(axis, "half-b")[0].get_ydata()[0] == 0.5
    assert drawn(axis, "identity")[0].get_xydata().tolist() == [[0, 0], [1, 1]]
    assert axis.get_title("left") == "CNN: 2 of 4 clones called otherwise"


def test_only_those_called_otherwise_are_named() -> None:
    """A name stands at the height of its clone."""
    (axis,) = agreement_figure(clones(FOUR), **CLASSES).axes
    names = {text.get_text(): text.xy for text in drawn(axis, "name")}
    assert names == {"b": (0.4, 0.7), "c": (0.6, 0.1)}


def test_names_do_not_meet() -> None:
    """Twelve clones with one score are named at twelve heights inside the frame."""
    same = {f"n{place}": ("ALS", 0.3, 0.95) for place in range(12)}
    (axis,) = agreement_figure(clones(same), **CLASSES).axes
    heights = sorted(text.get_position()[1] for text in drawn(axis, "name"))
    assert len(heights) == 12
    assert min(np.diff(heights)) > 0.04
    assert heights[-1] <= 1.03


@pytest.mark.parametrize("models", [("cnn",), ("cnn", "forest"), ("cnn", "forest", "svm")])
def test_nothing_is_cut(models: tuple[str, ...]) -> None:
    """Titles, axes and legend lie inside the figure."""
    table = pd.concat([clones(FOUR, model) for model in models], ignore_index=True)
    figure = agreement_figure(table, **CLASSES)
    figure.draw_without_rendering()
    width, height = figure.bbox.size
    for axis in figure.axes:
        box = axis.get_tightbbox()
        assert box is not None
        assert box.y1 <= height
        assert box.y0 >= figure.legends[0].get_window_extent().y1 - 1
        assert 0 <= box.x0 < box.x1 <= width


def test_names_are_text() -> None:
    """Names that look like markup or mathematics are drawn as they are; long ones are cut."""
    evil = {"<script>x</script>&$a$": ("ALS", 0.3, 0.7), "y" * 80: ("control", 0.6, 0.2)}
    text = to_svg(agreement_figure(clones(evil), **CLASSES, noun="line"), name="agreement", alt="")
    assert "<script" not in text
    assert "&lt;script&gt;x&lt;/script&gt;&amp;$" in text
    assert "y" * 23 + "…" in text
    assert "y" * 24 not in text


def test_nothing_in_common() -> None:
    """Without a clone in both there is a sentence in place of a drawing."""
    table = clones(FOUR).assign(difference=np.nan)
    figure = agreement_figure(table, **CLASSES, noun="line")
    assert figure.axes[0].texts[0].get_text() == "No line was scored in both studies."
