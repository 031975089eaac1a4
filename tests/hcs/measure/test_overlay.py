"""Overlays: what was measured is drawn where it is, in the colours that are promised."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from skimage.segmentation import find_boundaries

from hcs.figures.scalebar import with_scale_bar
from hcs.measure.colours import NUCLEUS, SOMA, STRETCHES
from hcs.measure.fields import MeasuredField, MeasureSpec, measure_field
from hcs.measure.measured import Measurements
from hcs.measure.measurements import planes
from hcs.measure.overlay import draw_measurement, show_measurement, write_overlays
from hcs_plates.plate import Plate

BOTH = MeasureSpec("FITC", "DAPI")


def rgb(colour: str) -> tuple[int, ...]:
    """Read ``#D55E00``."""
    return tuple(bytes.fromhex(colour[1:]))


def pixels_of(picture: npt.NDArray[np.uint8], colour: str) -> npt.NDArray[np.bool_]:
    """Pixels of one colour."""
    return np.asarray((picture == rgb(colour)).all(axis=-1))


def read_png(file: Path) -> npt.NDArray[np.uint8]:
    """Read a picture, RGB."""
    return np.asarray(cv2.imread(str(file)), dtype=np.uint8)[..., ::-1]


@pytest.fixture(scope="module")
def image(small_plate: Plate) -> npt.NDArray[Any]:
    """The neurites of one field."""
    return planes(small_plate["A01"][1], ("FITC",))["FITC"]


@pytest.fixture(scope="module")
def found(small_plate: Plate) -> MeasuredField:
    """What was found in it."""
    field = small_plate["A01"][1]
    return measure_field(planes(field, BOTH.channels), 0.65, BOTH)


def test_what_was_found_is_drawn(image: npt.NDArray[Any], found: MeasuredField) -> None:
    """Somas orange over nuclei blue over stretches of neurite in colours of their own; all else is grey."""
    picture = draw_measurement(image, found)
    assert picture.shape == (*image.shape, 3)
    assert picture.dtype == np.uint8
    assert found.somas is not None
    assert found.nuclei is not None
    assert found.neurites is not None
    orange, blue = pixels_of(picture, SOMA), pixels_of(picture, NUCLEUS)
    somas = find_boundaries(found.somas, mode="inner")
    nuclei = find_boundaries(found.nuclei, mode="inner")
    np.testing.assert_array_equal(orange, somas)
    np.testing.assert_array_equal(blue, nuclei & ~somas)
    lines = found.neurites.skeleton & ~somas & ~nuclei
    coloured = np.any([pixels_of(picture, colour) for colour in (*STRETCHES, "#FFFFFF")], axis=0)
    assert lines.any()
    assert coloured[lines].all()
    rest = picture[~(lines | somas | nuclei)]
    assert (rest.min(axis=1) == rest.max(axis=1)).all()


def test_a_stretch_has_one_colour(image: npt.NDArray[Any], found: MeasuredField) -> None:
    """And neighbours mostly another: all the colours are used."""
    assert found.neurites is not None
    picture = draw_measurement(image, replace(found, somas=None, nuclei=None))
    labels = found.neurites.graph.labels
    colours = {
        label: np.unique(picture[(labels == label) & found.neurites.skeleton], axis=0)
        for label in np.unique(labels[labels > 0])
    }
    assert all(len(values) == 1 for values in colours.values())
    assert len({tuple(values[0]) for values in colours.values()}) == len(STRETCHES)


@pytest.mark.parametrize("level", [0, 200, 65535])
def test_a_flat_field_is_drawn(level: int) -> None:
    """Nothing to stretch, nothing to draw: one grey."""
    flat = np.full((64, 80), level, np.uint16)
    picture = draw_measurement(flat, measure_field({"FITC": flat}, None, MeasureSpec("FITC", None)))
    assert picture.shape == (64, 80, 3)
    assert (picture == picture[0, 0]).all()


def test_overlays_are_written(
    measured: Measurements, small_plate: Plate, tmp_path: Path, image: npt.NDArray[Any], found: MeasuredField
) -> None:
    """As PNG of the field's size, for the first measured fields of every well, in the right colours."""
    copy = tmp_path / "P1.measurements"
    shutil.copytree(measured.path, copy)
    mine = Measurements.open(copy)
    files = write_overlays(small_plate, mine, BOTH)
    assert [file.name for file in files] == ["A01-1.png", "A02-1.png", "A03-1.png"]
    assert {file.parent for file in files} == {copy / "overlays"}
    for file in files:
        assert read_png(file).shape == (256, 256, 3)
    assert pixels_of(read_png(files[0]), SOMA).any()
    more = write_overlays(small_plate, mine, BOTH, fields_per_well=2)
    assert [file.name for file in more] == [
        "A01-1.png", "A01-2.png", "A02-1.png", "A02-2.png", "A03-1.png",
    ]  # fmt: skip
    assert all(file.is_file() for file in more)


def test_overlays_are_measured_with_the_stored_illumination(
    measured: Measurements, small_plate: Plate, tmp_path: Path
) -> None:
    """The picture is the one that drawing the measured field gives, with a scale bar."""
    copy = tmp_path / "P1.measurements"
    shutil.copytree(measured.path, copy)
    mine = Measurements.open(copy)
    (file, *_) = write_overlays(small_plate, mine, BOTH)
    field = small_plate["A01"][1]
    channels = planes(field, BOTH.channels)
    expected = draw_measurement(channels["FITC"], measure_field(channels, 0.65, BOTH, mine.illumination()))
    np.testing.assert_array_equal(read_png(file), with_scale_bar(expected, 0.65))


def test_a_field_is_shown(small_plate: Plate) -> None:
    """A figure of one pixel to a pixel that says where it is from and what it counted."""
    figure = show_measurement(small_plate["A01"][1], BOTH)
    assert tuple(figure.get_size_inches() * figure.dpi) == (256, 256)
    (axes,) = figure.axes
    (shown,) = axes.get_images()
    assert shown.get_array().shape == (256, 256, 3)
    assert axes.get_title().startswith("P1 A01 field 1, ")
    assert "cells" in axes.get_title()
    assert axes.get_title().endswith("µm of neurite")
    nuclei = show_measurement(small_plate["A01"][1], MeasureSpec(None, "DAPI"))
    assert nuclei.axes[0].get_title().endswith("cells")
