"""The figure of readers: what stands in the table is what is drawn."""

import numpy as np
import pandas as pd
import pytest

from hcs.figures.readers import READER, reader_figure
from hcs.figures.theme import model_line, to_png, to_svg

NAN = np.nan
TABLE = pd.DataFrame(
    [
        ("worse", "reader", "clone", 12, 0.25, NAN, 0.09, 0.53),
        ("worse", "reader", "image", 120, 0.45, NAN, NAN, NAN),
        ("better", "reader", "clone", 12, 0.75, NAN, 0.47, 0.91),
        ("better", "reader", "image", 120, 0.6, NAN, NAN, NAN),
        ("tied", "reader", "clone", 11, 0.5, NAN, NAN, NAN),
        ("all readers", "all", "clone", 3, 0.5, 0.25, NAN, NAN),
        ("all readers", "all", "image", 3, 0.52, 0.1, NAN, NAN),
        ("cnn", "model", "clone", 12, 0.92, NAN, 0.65, 0.99),
    ],
    columns=["reader", "kind", "level", "n", "value", "sd", "low", "high"],
)


def test_clones_images_spread_and_model_are_drawn() -> None:
    """The best reader on top, then the mean and the model; the band is the mean ± SD over clones."""
    figure = reader_figure(TABLE)
    (axis,) = figure.axes
    drawn = {
        name: [np.asarray(line.get_xdata()).tolist() for line in axis.lines if line.get_gid() == name]
        for name in ("chance", "reader", "interval", "image", "all", "model")
    }
    assert drawn["chance"] == [[0.5, 0.5]]
    assert drawn["reader"] == [[0.75], [0.5], [0.25]]
    assert drawn["interval"] == [[0.47, 0.91], [0.09, 0.53], [0.65, 0.99]]
    assert drawn["image"] == [[0.6], [0.45], [0.52]]
    assert (drawn["all"], drawn["model"]) == ([[0.5]], [[0.92]])
    (band,) = axis.patches
    ends = band.get_path().get_extents(band.get_patch_transform())
    assert (ends.x0, ends.x1) == pytest.approx((0.25, 0.75))
    assert [label.get_text() for label in axis.get_yticklabels()] == [
        "better  (n = 12)",
        "tied  (n = 11)",
        "worse  (n = 12)",
        "all readers  (n = 3)",
        "CNN  (n = 12)",
    ]
    assert [text.get_text() for text in axis.texts] == [
        "0.75  [0.47, 0.91]  images 0.60",
        "0.50  [no interval]",
        "0.25  [0.09, 0.53]  images 0.45",
        "0.50 ± 0.25  images 0.52 ± 0.10",
        "0.92  [0.65, 0.99]",
    ]
    assert to_png(figure).startswith(b"\x89PNG")


def test_marks_tell_levels_and_intervals_apart() -> None:
    """A clone's mark is larger than an image's; one without interval is open; the model has its colour."""
    lines = reader_figure(TABLE).axes[0].lines
    readers = [line for line in lines if line.get_gid() == "reader"]
    (model,) = [line for line in lines if line.get_gid() == "model"]
    image = next(line for line in lines if line.get_gid() == "image")
    assert readers[0].get_markersize() > image.get_markersize()
    assert [line.get_markerfacecolor() for line in readers] == [READER, "white", READER]
    assert model.get_color() == model_line("cnn")[0]


def test_one_reader_of_clones_has_no_band_and_no_key_to_one() -> None:
    """Without images and without a spread the legend does not speak of them."""
    one = TABLE[(TABLE["level"] == "clone") & TABLE["reader"].isin(["worse", "all readers"])]
    figure = reader_figure(one.assign(sd=NAN))
    assert not figure.axes[0].patches
    keys = [text.get_text() for text in figure.legends[0].get_texts()]
    assert keys == ["clones, Wilson 95 % interval", "one half"]
    whole = [text.get_text() for text in reader_figure(TABLE, noun="clone").legends[0].get_texts()]
    assert "single images" in whole
    assert "mean ± SD over readers (clones)" in whole


def test_names_are_shown_as_they_are() -> None:
    """Neither markup nor mathematics."""
    named = TABLE.replace({"reader": {"better": "<b>B</b> $x$"}})
    svg = to_svg(reader_figure(named), name="readers")
    assert "&lt;b&gt;B&lt;/b&gt; $x$" in svg
    assert "<b>B" not in svg


def test_no_reader_is_a_sentence() -> None:
    """An empty table gives words in place of a drawing."""
    figure = reader_figure(TABLE.iloc[:0], noun="donor")
    assert figure.axes[0].texts[0].get_text() == "No reader called a donor."
