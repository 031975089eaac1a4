"""Tests of points: clones in two studies, wells on components or in replicates, trials of a search."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.colors import to_hex

from hcs.figures.intervals import Rows
from hcs.figures.points import COLOURS, agreement_figure, mixing_figure, replicate_figure, search_figure
from hcs.figures.theme import NEGATIVE, OTHER, POSITIVE, to_svg

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


def points(batches: int) -> pd.DataFrame:
    """Wells of so many batches and two labels; the first batch has one well more."""
    names = [f"b{place}" for place in range(batches) for _ in range(2)] + ["b0"]
    n = len(names)
    return pd.DataFrame(
        {"batch": names, "label": [("ALS", "control")[i % 2] for i in range(n)], "pc1": range(n), "pc2": 1.0}
    )


def mixed(batches: int) -> Any:
    """Panel of the wells beside one metric."""
    metrics = Rows(pd.DataFrame({"label": ["kBET"], "estimate": [0.2]}), "value")
    figure = mixing_figure(metrics, points(batches), {}, batch="seeding day", label="label")
    return figure.axes[1]


def test_every_well_is_drawn_by_batch_and_label() -> None:
    """One colour for each batch, one marker for each label, both named."""
    axis = mixed(3)
    drawn = [found for found in axis.collections if found.get_gid() == "wells"]
    assert [np.asarray(found.get_offsets()).shape[0] for found in drawn] == [4, 3]
    colours = {to_hex(colour).upper() for found in drawn for colour in np.asarray(found.get_facecolor())}
    assert colours == set(COLOURS[:3])
    legend = axis.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["seeding day:", "b0", "b1", "b2", "", "label:", "ALS", "control"]


def test_more_batches_than_colours_are_counted_together() -> None:
    """The largest keep a colour; the others are grey, and the legend says how many they are."""
    axis = mixed(12)
    legend = axis.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names[:8] == ["seeding day:", "b0", "b1", "b10", "b11", "b2", "b3", "6 others"]
    grey = sum(
        to_hex(colour) == OTHER
        for found in axis.collections
        if found.get_gid() == "wells"
        for colour in np.asarray(found.get_facecolor())
    )
    assert grey == 12


def test_replicates_are_drawn_up_to_a_number() -> None:
    """Each pair a panel with its n; those beyond are counted at the foot."""
    pairs = pd.concat(
        [
            pd.DataFrame({"first": "1", "second": str(other), "x": [1.0, 2, 3], "y": [1.0, 2, 4]})
            for other in range(2, 10)
        ]
    )
    overall = pairs.drop_duplicates(["first", "second"]).assign(n=3, pearson=0.98, concordance=0.9)
    figure = replicate_figure(pairs, overall, label="count")
    assert "3 wells" in figure.axes[0].get_title(loc="left")
    assert figure.get_supxlabel().endswith("2 more pairs of replicates not drawn")


def offsets(collection: Any) -> list[list[float]]:
    """Places of a scatter's points."""
    return [list(map(float, place)) for place in collection.get_offsets()]


def test_search_rings_the_chosen() -> None:
    """Every trial is drawn; a diverged one does not set the colour scale; ticks are numbers, not markup."""
    trials = pd.DataFrame(
        {
            "set": [1, 1, 2, 2],
            "learning_rate": [1e-4, 1e-2, 1e-3, 2e-3],
            "momentum": [0.7, 1.0, 0.9, 0.8],
            "value": [0.6, 0.0, 0.8, 0.7],
        }
    )
    figure = search_figure(trials, trials.iloc[[0, 2]])
    shown, ringed = figure.axes[0].collections
    assert len(offsets(shown)) == 4
    assert shown.get_clim() == (0.6, 1.0)
    assert offsets(ringed) == [[1e-4, 0.7], [1e-3, 0.9]]
    text = to_svg(figure, name="search", alt="")
    assert "mathdefault" not in text
    assert "0.001" in text


def test_all_trials_diverged() -> None:
    """A search without a single head that held is drawn, and nothing warns."""
    trials = pd.DataFrame({"set": 1, "learning_rate": [1e-2], "momentum": [1.0], "value": [0.0]})
    assert search_figure(trials, trials).axes
