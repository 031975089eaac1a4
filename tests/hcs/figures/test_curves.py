"""Tests of curves: what is handed in is drawn."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes

from hcs.figures.curves import curves_figure, reliability_figure, roc_figure
from hcs.figures.theme import to_svg

RATES = np.linspace(0, 1, 5)
CNN = SimpleNamespace(
    model="cnn", curves=np.stack([RATES**0.5] * 4), areas=np.array([0.6, 0.7, 0.6, 0.7]), grid=RATES,
    mean=RATES**0.5, sd=0 * RATES, steps=(np.array([0.0, 0, 1]), np.array([0.0, 1, 1])), area=1.0, n=4,
    limits=(RATES, 0 * RATES, 0 * RATES + 1),
)  # fmt: skip
FOREST = SimpleNamespace(
    model="forest", curves=np.empty((0, 5)), areas=np.array([]), grid=RATES, mean=RATES, sd=RATES,
    steps=(RATES, RATES), area=0.75, n=4, limits=None,
)  # fmt: skip


def drawn(axis: Axes, name: str) -> list[list[float]]:
    """Heights of the lines of a panel that carry a name."""
    return [np.asarray(line.get_ydata()).tolist() for line in axis.lines if line.get_gid() == name]


def offsets(collection: Any) -> list[list[float]]:
    """Places of a scatter's points."""
    return [list(map(float, place)) for place in collection.get_offsets()]


def test_figure_shows_each_set_the_mean_and_the_groups() -> None:
    """Tile panel: a thin line per set and model and a mean per model; group panel: n in the legend."""
    figure = roc_figure((CNN, FOREST), "clones")
    assert len(drawn(figure.axes[0], "set")) == 4
    assert len(drawn(figure.axes[0], "mean")) == 1
    legend = figure.axes[1].get_legend()
    assert legend is not None
    named = [text.get_text() for text in legend.get_texts()]
    assert named == ["CNN: AUC 1.00 (n = 4 clones)", "random forest: AUC 0.75 (n = 4 clones)"]


def test_reliability_shows_both_levels() -> None:
    """Groups left with their intervals, tiles right without; every point where the table has it."""
    curve = pd.DataFrame(
        {
            "model": ["cnn", "cnn", "cnn", "forest"],
            "level": ["group", "group", "tile", "tile"],
            "bin": [1, 8, 3, 5],
            "n": [6, 4, 90, 10],
            "mean_probability": [0.15, 0.85, 0.35, 0.55],
            "observed": [0.0, 1.0, 0.3, 0.6],
            "low": [0.0, 0.5, np.nan, np.nan],
            "high": [0.4, 1.0, np.nan, np.nan],
        }
    )
    groups, tiles = reliability_figure(curve, "clones").axes
    assert offsets(groups.collections[0]) == [[0.15, 0.0], [0.85, 1.0]]
    assert len(groups.collections) == 2
    intervals = [np.asarray(path.vertices)[:, 1].tolist() for path in groups.collections[1].get_paths()]
    assert intervals == [[0.0, 0.4], [0.5, 1.0]]
    assert [len(offsets(collection)) for collection in tiles.collections[::2]] == [1, 1]
    legend = tiles.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["CNN (n = 90)", "random forest (n = 10)"]


def curves() -> pd.DataFrame:
    """Straight lines of known area; references are named as such."""
    fractions = np.linspace(0, 1, 5)
    parts = [
        pd.DataFrame({"kind": kind, "order": order, "fraction": fractions, "mean": start + slope * fractions})
        for kind, start, slope in (("insertion", 0.2, 0.6), ("deletion", 0.8, -0.6))
        for order in ("random", "Grad-CAM block 2", "Grad-CAM block 3", "brightness")
    ]
    table = pd.concat(parts, ignore_index=True)
    return table.assign(low=table["mean"] - 0.1, high=table["mean"] + 0.1)


def test_curves_are_drawn_in_two_panels() -> None:
    """Deletion left and falling, insertion right and rising, whatever the order of the rows."""
    figure = curves_figure(curves().sample(frac=1, random_state=1))
    left, right = figure.axes
    assert left.get_title(loc="left").startswith("Deletion")
    assert right.get_title(loc="left").startswith("Insertion")
    assert drawn(left, "curve") == [pytest.approx([0.8, 0.65, 0.5, 0.35, 0.2])] * 4
    assert drawn(right, "curve") == [pytest.approx([0.2, 0.35, 0.5, 0.65, 0.8])] * 4
    assert np.asarray(left.lines[0].get_xdata()).tolist() == [0, 25, 50, 75, 100]
    bands = [found.get_paths()[0].get_extents() for found in left.collections if found.get_gid() == "band"]
    assert [(band.y0, band.y1) for band in bands] == [pytest.approx((0.1, 0.9))] * 4


def test_no_two_orders_look_alike() -> None:
    """Orders differ in colour and in dash, and keep both in the other panel."""
    axes = curves_figure(curves()).axes
    looks = [[(line.get_color(), str(line.get_linestyle())) for line in axis.lines] for axis in axes]
    patterns = [str(line._dash_pattern) for line in axes[0].lines]  # type: ignore[attr-defined]
    assert looks[0] == looks[1]
    assert len({colour for colour, _ in looks[0]}) == 4
    assert len(set(patterns)) == 4


def test_areas_stand_in_the_legend() -> None:
    """Area under a straight line from 0.8 to 0.2 is a half; the references come last."""
    (legend,) = curves_figure(curves()).legends
    names = ("Grad-CAM block 2", "Grad-CAM block 3", "random", "brightness")
    assert [text.get_text() for text in legend.get_texts()] == [f"{name} (0.50 | 0.50)" for name in names]
    assert "band: 95 % interval over clones" in legend.get_title().get_text()
    (legend,) = curves_figure(curves().assign(low=np.nan, high=np.nan)).legends
    assert "band" not in legend.get_title().get_text()


def test_one_kind_is_one_panel() -> None:
    """Insertion alone."""
    figure = curves_figure(curves().query("kind == 'insertion'"))
    assert [axis.get_title(loc="left")[:9] for axis in figure.axes] == ["Insertion"]


def test_no_curve_is_a_sentence() -> None:
    """Nothing but the sentence."""
    for figure in (curves_figure(pd.DataFrame()), curves_figure(curves().iloc[:0])):
        (axis,) = figure.axes
        assert axis.texts[0].get_text().startswith("No ")


def test_names_of_orders_are_text() -> None:
    """Tags in names are shown as they are."""
    lines = to_svg(curves_figure(curves().replace({"random": "<i>&"})), name="curve")
    assert "&lt;i&gt;&amp;" in lines
    assert "<i>" not in lines
