"""Tests of heatmaps: every well's colour is its value's, and missing wells stay uncovered."""

from typing import Any

import matplotlib
import numpy as np
import pandas as pd
import pytest
from matplotlib.figure import Figure

from hcs.figures.heatmap import HeatmapSpec, plate_heatmap, robust_limits
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS, PlateFormat


def wells_of(figure: Figure, plate: int = 0) -> dict[tuple[int, int], tuple[float, ...]]:
    """Colour of every covered well by (row, column), read back from the drawing."""
    collection = next(one for one in figure.axes[plate].collections if one.get_gid() == "wells")
    colours: Any = collection.get_facecolor()
    corners = [path.vertices.min(axis=0) + 0.5 for path in collection.get_paths()]  # type: ignore[union-attr]  # vertices are typed as a bare buffer
    return {
        (round(float(y)), round(float(x))): tuple(colour)
        for (x, y), colour in zip(corners, colours, strict=True)
    }


def texts_of(figure: Figure, plate: int = 0) -> list[str]:
    """What is printed in the wells."""
    return [text.get_text() for text in figure.axes[plate].texts if text.get_gid() == "well"]


def rgba(name: str, part: float) -> tuple[float, ...]:
    """Colour of a colour map, from matplotlib itself."""
    return tuple(matplotlib.colormaps[name](part))


@pytest.mark.parametrize("size", sorted(FORMATS))
def test_every_format_has_all_its_wells(size: int) -> None:
    """6 to 1536 wells: each value is at its row and column, in its colour."""
    shape = FORMATS[size]
    values = pd.Series(np.arange(size, dtype=float), index=shape.wells(), name="P")
    figure = plate_heatmap(values, shape, HeatmapSpec(limits=(0, size - 1)))
    drawn = wells_of(figure)
    assert len(drawn) == size
    for number in (0, 1, size // 2, size - 1):
        place = divmod(number, shape.columns)
        assert drawn[place] == pytest.approx(rgba("cividis", number / (size - 1)), abs=0.01)
    assert figure.axes[0].get_title(loc="left") == "P"


def test_missing_wells_are_left_to_the_hatch() -> None:
    """Wells without a row, and wells with NaN, are not covered; the plate below them is hatched."""
    values = pd.Series({"A1": 1.0, "b - 02": np.nan, "B03": 3.0})
    figure = plate_heatmap(values, FORMATS[6])
    assert set(wells_of(figure)) == {(0, 0), (1, 2)}
    assert figure.axes[0].patches[0].get_hatch()
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["no value"]


def test_limits_are_robust_unless_given() -> None:
    """One extreme well does not stretch the scale; given limits are kept."""
    values = pd.Series([*np.linspace(0, 1, 95), 1000.0], index=FORMATS[96].wells())
    robust, given = (
        plate_heatmap(values, FORMATS[96]),
        plate_heatmap(values, FORMATS[96], HeatmapSpec(limits=(0, 2))),
    )
    assert wells_of(robust)[(7, 10)] == pytest.approx(rgba("cividis", 1.0), abs=0.02)
    assert wells_of(given)[(7, 10)] == pytest.approx(rgba("cividis", 0.5), abs=0.02)


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [([], (0.0, 1.0)), ([np.nan, np.inf], (0.0, 1.0)), ([3.0, 3.0], (2.5, 3.5)), ([0, 1], (0.02, 0.98))],
)
def test_robust_limits_of_odd_plates(numbers: list[float], expected: tuple[float, float]) -> None:
    """No number, one number, infinite numbers: the limits are still two different numbers."""
    assert robust_limits(pd.Series(numbers, dtype=float)) == pytest.approx(expected)


def test_plates_stand_side_by_side_on_one_scale() -> None:
    """The same value has the same colour on every plate, also when the formats differ."""
    values = pd.DataFrame({"P1": {"A01": 0.2, "H12": 0.9}, "P2": {"A01": 0.9}})
    figure = plate_heatmap(values, {"P1": FORMATS[96], "P2": FORMATS[6]})
    first, second = wells_of(figure, 0), wells_of(figure, 1)
    assert first[(7, 11)] == second[(0, 0)] != first[(0, 0)]
    assert set(second) == {(0, 0)}
    cells = [
        axis.get_window_extent().width / shape for axis, shape in zip(figure.axes, (12, 3), strict=False)
    ]
    assert cells[0] == pytest.approx(cells[1])


def test_categories_have_a_colour_each_and_a_legend() -> None:
    """Text values are categories; given colours are kept."""
    values = pd.Series({"A01": "ALS", "A02": "control", "A03": "ALS"})
    figure = plate_heatmap(values, FORMATS[6], HeatmapSpec("label", categories={"ALS": "#ff0000"}))
    drawn = wells_of(figure)
    assert drawn[(0, 0)] == drawn[(0, 2)] == (1.0, 0.0, 0.0, 1.0)
    assert drawn[(0, 1)] != drawn[(0, 0)]
    assert [text.get_text() for text in figure.legends[0].get_texts()] == ["ALS", "control", "no value"]


def test_values_are_printed_up_to_96_wells() -> None:
    """Small plates show their numbers, large ones only colours, unless it is said."""
    small = pd.Series({"A01": 0.123, "H12": 55.0})
    assert sorted(texts_of(plate_heatmap(small, FORMATS[96]))) == ["0.12", "55"]
    assert texts_of(plate_heatmap(small, FORMATS[384])) == []
    assert texts_of(plate_heatmap(small, FORMATS[96], HeatmapSpec(printed=False))) == []


@pytest.mark.parametrize(
    ("values", "shape", "message"),
    [
        (pd.Series({"Q03": 1.0}), FORMATS[384], "Well 'Q03' is outside a 384-well plate"),
        (pd.Series([1.0, 2.0], index=["A1", "A01"]), FORMATS[6], "Well A01 has two values"),
        (pd.DataFrame(), FORMATS[6], "no plate to draw"),
        (pd.DataFrame({"P9": {"A01": 1.0}}), {"P1": FORMATS[6]}, "Plate 'P9' has no format"),
    ],
)
def test_what_cannot_be_drawn_is_refused(values: Any, shape: Any, message: str) -> None:
    """Wells off the plate, wells named twice, nothing at all, an unknown plate."""
    with pytest.raises(ArgumentError, match=message):
        plate_heatmap(values, shape)


def test_an_empty_plate_is_drawn_hatched() -> None:
    """A plate of which nothing is known has no covered well and raises nothing."""
    figure = plate_heatmap(pd.Series(dtype=float), PlateFormat(4, 6))
    assert wells_of(figure) == {}
