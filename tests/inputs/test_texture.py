"""Texture: neurites on the same paths, smooth or beaded, are the same cells and the same length."""

from functools import cache
from typing import Any

import numpy as np
import pytest

from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs_plates.simulate import CellSpec, FieldSpec, RenderedField, render_field
from hcs_plates.simulate import NeuriteSpec as DrawnSpec

TWINS = [
    ("sparse", {"per_mm2": 80 / 3}, {}),
    ("usual", {"per_mm2": 80.0}, {}),
    ("dense", {"per_mm2": 200.0}, {}),
    ("no aggregates", {"per_mm2": 80.0, "clustered": 0.0}, {}),
    ("all in aggregates", {"per_mm2": 80.0, "clustered": 1.0, "clusters_per_mm2": 20.0}, {}),
    ("much debris", {"per_mm2": 80.0, "debris_per_mm2": 150.0}, {}),
    ("large somas", {"per_mm2": 80.0, "soma_area_um2": 220.0}, {}),
    ("no fascicles", {"per_mm2": 80.0}, {"bundle_fibres": 0.0}),
    ("short axons", {"per_mm2": 120.0}, {"axon_um": 200.0}),
    ("many dendrites", {"per_mm2": 80.0}, {"dendrites": 4.0}),
    ("winding", {"per_mm2": 80.0}, {"persistence_um": 250.0}),
]
SIDE = 512
SPEC = MeasureSpec("FITC", "DAPI")


@cache
def measured(number: int, beading: float) -> tuple[RenderedField, MeasuredField]:
    """Draw and measure one of a pair."""
    name, cells, neurites = TWINS[number]
    drawn = render_field(
        FieldSpec(
            height=SIDE,
            width=SIDE,
            channels=("FITC", "DAPI"),
            cells=CellSpec(**cells),
            neurites=DrawnSpec(beading=beading, **neurites),
        ),
        seed=11,
        name=f"twins/{name}",
    )
    return drawn, measure_field(dict(zip(SPEC.channels, drawn.pixels, strict=True)), 0.65, SPEC)


def values(number: int, beading: float) -> dict[str, Any]:
    """Measures of the field."""
    return measured(number, beading)[1].values


@pytest.mark.parametrize("number", range(len(TWINS)), ids=[name for name, _, _ in TWINS])
def test_twins_are_measured_alike(number: int) -> None:
    """The same count, the same somas within 5 %, the length within 6 %; beading itself is seen."""
    assert measured(number, 0.0)[0].truth == measured(number, 0.5)[0].truth
    smooth, beaded = values(number, 0.0), values(number, 0.5)
    assert beaded["cell_count"] == smooth["cell_count"]
    assert beaded["mean_soma_area_um2"] == pytest.approx(smooth["mean_soma_area_um2"], rel=0.05)
    assert beaded["neurite_length_um"] == pytest.approx(smooth["neurite_length_um"], rel=0.06)
    assert beaded["intensity_beading"] > smooth["intensity_beading"]


def test_twins_do_not_differ_on_the_whole() -> None:
    """Over all pairs the length differs by 1.5 % at most: texture does not leak into it."""
    smooth, beaded = (
        np.array([values(number, level)["neurite_length_um"] for number in range(len(TWINS))])
        for level in (0.0, 0.5)
    )
    assert abs(np.mean(beaded / smooth) - 1) < 0.015


def test_lengths_are_those_that_can_be_traced() -> None:
    """Smooth and beaded alike within 15 % of the truth."""
    for number in range(len(TWINS)):
        for level in (0.0, 0.5):
            drawn, found = measured(number, level)
            true = drawn.truth.traceable_um
            assert found.values["neurite_length_um"] == pytest.approx(true, rel=0.15), TWINS[number][0]
