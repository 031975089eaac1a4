"""Tests of the figures of compartments and of deletion and insertion: what stands in the tables is drawn."""

import itertools

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from hcs.figures.compartments import CONTROLS, LOWEST, curves_figure, enrichment_figure
from hcs.figures.theme import NEGATIVE, POSITIVE, to_png, to_svg
from hcs_plates.errors import ArgumentError

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
    """Soma, neurite, background, then others, on one logarithmic axis with a line at 1."""
    other = clones()[lambda table: table["compartment"] == "soma"].assign(compartment="dead_cells")
    figure = draw(pd.concat([other, clones()]))
    titles = [axis.get_title(loc="left") for axis in figure.axes]
    assert titles == ["Soma, 4 clones", "Neurite, 4 clones", "Background, 4 clones", "Dead cells, 4 clones"]
    assert {axis.get_ylim() for axis in figure.axes} == {figure.axes[0].get_ylim()}
    assert [drawn(axis, "one") for axis in figure.axes] == [[[1.0, 1.0]]] * 4
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


def test_clones_of_neither_class_are_grey_and_named() -> None:
    """A label outside both classes, or none, is drawn and counted apart."""
    own = clones()
    own["label"] = own["label"].where(own["group"] != "D", None)
    texts = [text.get_text() for text in draw(own).legends[0].get_texts()]
    assert texts[:3] == ["control (1 clone)", "ALS (2 clones)", "neither class (1 clone)"]


def test_without_controls_clones_stand_over_their_block() -> None:
    """Nothing is kept free where nothing is drawn."""
    axis = draw(clones(), pd.DataFrame()).axes[0]
    means = [np.asarray(line.get_xdata()) for line in axis.lines if line.get_gid() == "mean"]
    assert [float(ends.mean()) for ends in means] == pytest.approx([0.0, 1.0])
    assert not drawn(axis, "control")


def test_strange_controls_have_markers_of_their_own() -> None:
    """Controls that have no look yet are told apart too."""
    beside = pd.concat([controls().assign(control=name) for name in ("x", "y", "random heads")])
    axis = draw(clones(), beside).axes[0]
    marks = [line.get_marker() for line in axis.lines if line.get_gid() == "control"][:3]
    assert len(set(marks)) == 3


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


def test_a_strange_kind_is_refused() -> None:
    """Only deletion and insertion have a panel."""
    with pytest.raises(ArgumentError, match="deletion or of insertion, not of removal"):
        curves_figure(curves().assign(kind="removal"))


def test_empty_tables_give_a_sentence() -> None:
    """Nothing but the sentence."""
    for figure in (
        draw(pd.DataFrame()),
        draw(clones().assign(enrichment=np.nan)),
        curves_figure(pd.DataFrame()),
        curves_figure(curves().iloc[:0]),
    ):
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
    lines = to_svg(curves_figure(curves().replace({"random": "<i>&"})), name="curve")
    assert "&lt;i&gt;&amp;" in lines
    assert "<i>" not in lines
    assert to_png(curves_figure(curves())).startswith(b"\x89PNG")
