"""Tests of the figure of compartments: what stands in the tables is drawn."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hcs.figures.enrichment import CONTROLS, LOWEST, enrichment_figure
from hcs.figures.theme import NEGATIVE, POSITIVE, to_svg

BLOCKS = ("block 2", "block 3")


def clones() -> pd.DataFrame:
    """Four clones of two classes, unevenly spread; each compartment has twice the enrichment of the last."""
    rows = [
        (
            block,
            compartment,
            group,
            "ALS" if group < "C" else "control",
            2.0 ** (place - 1) * (1 + 0.1 * n**2),
        )
        for place, compartment in enumerate(("background", "soma", "neurite"))
        for block in BLOCKS
        for n, group in enumerate("ABCD")
    ]
    return pd.DataFrame(rows, columns=["block", "compartment", "group", "label", "enrichment"])


def controls() -> pd.DataFrame:
    """Three controls of three replicates, not around the clones' values."""
    rows = [
        (block, compartment, control, replicate, 1 + 0.1 * replicate + place)
        for place, control in enumerate(("shuffled weights", "random heads", "permuted labels"))
        for block, compartment in itertools.product(BLOCKS, ("soma", "neurite", "background"))
        for replicate in (0, 1, 2)
    ]
    return pd.DataFrame(rows, columns=["block", "compartment", "control", "replicate", "enrichment"])


def draw(own: pd.DataFrame, beside: pd.DataFrame | None = None) -> Figure:
    """Draw with this study's classes."""
    return enrichment_figure(
        own, controls() if beside is None else beside, positive="ALS", negative="control"
    )


def drawn(axis: Axes, name: str) -> list[list[float]]:
    """Heights of the lines of a panel that carry a name; lines without points are left out."""
    found = [np.asarray(line.get_ydata(), dtype=float) for line in axis.lines if line.get_gid() == name]
    return [heights.tolist() for heights in found if heights.size]


def test_one_panel_per_compartment_in_their_order() -> None:
    """Soma, neurite, background, on one logarithmic axis with a line at 1."""
    figure = draw(clones())
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["Soma, 4 clones", "Neurite, 4 clones", "Background, 4 clones"]
    assert {axis.get_ylim() for axis in figure.axes} == {figure.axes[0].get_ylim()}
    assert [drawn(axis, "one") for axis in figure.axes] == [[[1.0, 1.0]]] * 3
    assert figure.axes[0].get_yscale() == "log"
    names = [text.get_text() for text in figure.axes[0].get_yticklabels()]
    assert names == ["1/2", "1", "2", "4"]
    assert [text.get_text() for text in figure.axes[0].get_xticklabels()] == list(BLOCKS)


def test_dots_are_the_clones_in_the_colours_of_their_class() -> None:
    """Controls first and blue, patients vermilion, each clone once per block; the bar is the mean of all."""
    axis = draw(clones()).axes[1]
    dots = [line for line in axis.lines if line.get_gid() == "clones" and np.size(line.get_xdata())]
    assert [to_hex(line.get_color()) for line in dots] == [NEGATIVE.lower(), POSITIVE.lower()] * 2
    assert drawn(axis, "clones") == [pytest.approx(pair) for pair in ([2.8, 3.8], [2.0, 2.2]) * 2]
    assert drawn(axis, "mean") == [pytest.approx([2.7, 2.7])] * 2
    across = [np.asarray(line.get_xdata()) for line in dots]
    assert across[0].max() < across[1].min() < 0.1 < across[2].min()


def test_controls_stand_beside_with_their_range() -> None:
    """Known controls in their order, each with its own grey and marker, from the least to the greatest."""
    axis = draw(clones()).axes[0]
    assert drawn(axis, "control-range") == [
        pytest.approx(ends) for ends in ([2.0, 2.2], [3.0, 3.2], [1.0, 1.2]) * 2
    ]
    assert drawn(axis, "control") == [pytest.approx([value]) for value in (2.1, 3.1, 1.1) * 2]
    marks = [line for line in axis.lines if line.get_gid() == "control"][:3]
    assert [(line.get_color(), line.get_marker()) for line in marks] == list(CONTROLS.values())
    at = [float(np.asarray(line.get_xdata())[0]) for line in marks]
    clone = max(float(np.max(line.get_xdata())) for line in axis.lines[:4] if line.get_gid() == "clones")
    assert clone < at[0] < at[1] < at[2] < 0.5


def test_numbers_stand_in_the_legend() -> None:
    """Clones of each class and replicates of each control."""
    (legend,) = draw(clones()).legends
    assert [text.get_text() for text in legend.get_texts()] == [
        "control (2 clones)", "ALS (2 clones)", "mean of clones",
        *(f"{name}: median and range of 3" for name in CONTROLS),
    ]  # fmt: skip
    (legend,) = draw(clones(), controls().query("replicate == 0")).legends
    assert "random heads (one)" in [text.get_text() for text in legend.get_texts()]


def test_unmeasured_clones_are_not_counted() -> None:
    """NaN is left out of dots, mean and number."""
    own = clones()
    own.loc[
        (own["compartment"] == "soma") & (own["block"] == "block 2") & (own["group"] == "D"), "enrichment"
    ] = np.nan
    axis = draw(own).axes[0]
    assert axis.get_title(loc="left") == "Soma, 3–4 clones"
    assert drawn(axis, "mean")[0] == pytest.approx([3.5 / 3, 3.5 / 3])


def test_values_below_the_axis_are_hollow_at_its_end() -> None:
    """No saliency at all in a compartment neither stretches the logarithmic axis nor vanishes from it."""
    own = clones()
    own.loc[0, "enrichment"] = 0.0
    figure = draw(own)
    axis = figure.axes[2]
    ((height,),) = drawn(axis, "below")
    low = axis.get_ylim()[0]
    assert LOWEST < low < height < 1.2 * low
    assert low == draw(clones()).axes[2].get_ylim()[0]
    assert "hollow: below the axis" in [text.get_text() for text in figure.legends[0].get_texts()]
    assert len(drawn(axis, "clones")[1]) == 1


def test_without_controls_clones_stand_over_their_block() -> None:
    """Nothing is kept free where nothing is drawn."""
    axis = draw(clones(), pd.DataFrame()).axes[0]
    means = [np.asarray(line.get_xdata()) for line in axis.lines if line.get_gid() == "mean"]
    assert [float(ends.mean()) for ends in means] == pytest.approx([0.0, 1.0])
    assert not drawn(axis, "control")


def test_empty_tables_give_a_sentence() -> None:
    """Nothing but the sentence."""
    for figure in (draw(pd.DataFrame()), draw(clones().assign(enrichment=np.nan))):
        (axis,) = figure.axes
        assert not axis.axison
        assert axis.texts[0].get_text().startswith("No ")


def test_names_are_text_and_drawings_repeat() -> None:
    """Tags and dollars in names are shown as they are; the same tables give the same SVG."""
    own = clones().replace({"block 2": "<b>&$x$"})
    drawings = [to_svg(draw(own, controls().replace({"block 2": "<b>&$x$"})), name="look") for _ in range(2)]
    assert drawings[0] == drawings[1]
    assert "&lt;b&gt;&amp;$x$" in drawings[0]
    assert "<b>" not in drawings[0]
