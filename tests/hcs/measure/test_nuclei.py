"""Nuclei: counts against drawn and simulated truth, splitting, shapes against scikit-image, refusals."""

import tarfile
from collections.abc import Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import tifffile
from scipy.ndimage import gaussian_filter
from skimage.filters import threshold_otsu
from skimage.measure import label

from hcs.measure.nuclei import NucleiSpec, centred_in_field, count_nuclei, segment_nuclei
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CellSpec, FieldSpec, render_field

PIXEL_UM = 0.65
Array = npt.NDArray[Any]


def balls(centres: Sequence[tuple[float, float]], side: int = 128, radius: float = 9.0) -> Array:
    """Balls seen through their thickness on a level of 100, a little blurred; overlapping light adds up."""
    y, x = np.mgrid[:side, :side]
    field = np.full((side, side), 100.0)
    for row, column in centres:
        reach = np.hypot(y - row, x - column) / radius
        field += 800 * np.sqrt(np.maximum(0.0, 1 - reach**2))
    return np.asarray(gaussian_filter(field, 0.08 * radius))


def noise(side: int, seed: int = 0) -> Array:
    """Camera noise alone."""
    return np.random.default_rng(seed).normal(300, 20, (side, side))


def diameters(labels: Array) -> Array:
    """Diameter of the circle of each label's area, pixels."""
    return np.asarray(np.sqrt(4 / np.pi * np.bincount(labels.ravel())[1:]))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((64, 64), np.uint8),
        np.full((64, 64), 65535, np.uint16),
        np.full((16, 16), 0.1, np.float32),
        np.full((1, 1), 3, np.uint16),
        noise(512).astype(np.uint16),
        noise(16),
        noise(512)[:, :40],
        noise(512) + np.linspace(0, 2000, 512),
        gaussian_filter(noise(512), 1.5),
        np.random.default_rng(0).poisson(0.1, (512, 512)).astype(np.uint8),
    ],
    ids=[
        "zero",
        "saturated",
        "tiny",
        "one pixel",
        "noise",
        "tiny noise",
        "strip of noise",
        "ramp and noise",
        "correlated noise",
        "single photons",
    ],
)
@pytest.mark.parametrize("pixel_um", [PIXEL_UM, None])
def test_a_field_without_nuclei_has_none(image: Array, pixel_um: float | None) -> None:
    """Blank, saturated, tiny and noisy fields have no nuclei, and nothing warns."""
    labels = segment_nuclei(image, pixel_um)
    assert labels.shape == image.shape
    assert labels.dtype == np.int32
    assert count_nuclei(labels) == 0


GRID = [(float(y), float(x)) for y in (20, 64, 108) for x in (20, 64, 108)]


@pytest.mark.parametrize("scale", [0.01, 0.25, 1.0, 60.0])
@pytest.mark.parametrize("kind", [np.uint8, np.uint16, np.int32, np.float32, np.float64])
def test_any_type_and_level_gives_the_same_count(kind: type, scale: float) -> None:
    """Grey levels have no unit."""
    image = balls(GRID) * scale
    if np.issubdtype(kind, np.integer) and (scale < 0.1 or image.max() > np.iinfo(kind).max):
        pytest.skip("these levels do not fit the type")
    assert count_nuclei(segment_nuclei(image.astype(kind), PIXEL_UM)) == 9


def test_a_high_pedestal_of_a_float_image_changes_nothing() -> None:
    """A level far above the contrast costs no digits."""
    low, high = (segment_nuclei(balls(GRID) + level, PIXEL_UM) for level in (0.0, 1e9))
    np.testing.assert_array_equal(low, high)


@pytest.mark.parametrize("apart", [16, 18, 20, 22])
@pytest.mark.parametrize("angle", [0.0, 0.5, np.pi / 2])
def test_touching_nuclei_are_split(apart: float, angle: float) -> None:
    """18 pixels across: overlapping, touching and free."""
    step = np.array([np.sin(angle), np.cos(angle)]) * apart / 2
    labels = segment_nuclei(balls([(64 - step[0], 64 - step[1]), (64 + step[0], 64 + step[1])]), PIXEL_UM)
    assert labels.max() == 2
    for sign in (-1, 1):
        y, x = np.round(64 + 1.5 * sign * step).astype(int)
        assert labels[y, x] > 0


@pytest.mark.parametrize("aspect", [1.0, 1.5, 2.0, 2.4])
@pytest.mark.parametrize("size", [0.7, 1.0, 1.4])
def test_a_lone_ellipse_is_not_torn_and_has_its_area(aspect: float, size: float) -> None:
    """Flat ellipses with sharp edges, smaller and larger than expected, stay whole."""
    y, x = np.mgrid[:96, :96]
    turned = (x - 48) * 0.8 + (y - 48) * 0.6, (y - 48) * 0.8 - (x - 48) * 0.6
    short = 9 * size / np.sqrt(aspect)
    reach = np.hypot(turned[0] / aspect, turned[1])
    labels = segment_nuclei(100 + 800 / (1 + np.exp(reach - short)), PIXEL_UM)
    assert labels.max() == 1
    assert (labels > 0).sum() == pytest.approx(np.pi * short**2 * aspect, rel=0.3 if size < 1 else 0.12)


def test_labels_are_in_raster_order_and_each_in_one_piece() -> None:
    """Labels are 1 … n by first pixel, without satellites."""
    labels = segment_nuclei(render(3).pixels[0], PIXEL_UM)
    names, first = np.unique(labels, return_index=True)
    assert names.tolist() == list(range(labels.max() + 1))
    assert (np.diff(first[1:]) > 0).all()
    assert label(labels, connectivity=1).max() == labels.max()


@pytest.mark.parametrize("pixel_um", [0.2, 0.325, 0.65, 1.3, 1.8])
def test_the_count_does_not_hang_on_the_pixel_size(pixel_um: float) -> None:
    """The same nuclei are counted at every magnification."""
    zoom = PIXEL_UM / pixel_um
    places = [(y * zoom, x * zoom) for y, x in GRID]
    image = balls(places, side=round(128 * zoom), radius=9 * zoom)
    assert count_nuclei(segment_nuclei(image, pixel_um)) == 9


@pytest.mark.parametrize("radius", [6.0, 9.0, 14.0, 22.0])
def test_an_unknown_pixel_size_is_estimated_from_the_nuclei(radius: float) -> None:
    """Neither pixel size nor diameter need be known."""
    zoom = radius / 9
    image = balls([(y * zoom, x * zoom) for y, x in GRID], side=round(128 * zoom), radius=radius)
    for labels in (
        segment_nuclei(image, None),
        segment_nuclei(image, PIXEL_UM / zoom, NucleiSpec(diameter_um=None)),
    ):
        assert count_nuclei(labels) == 9
        assert np.median(diameters(labels)) == pytest.approx(2 * radius, rel=0.15)


def test_more_splitting_never_gives_fewer_nuclei() -> None:
    """`splitting` goes the way it says."""
    image = render(5).pixels[0]
    counts = [int(segment_nuclei(image, PIXEL_UM, NucleiSpec(splitting=s)).max()) for s in (0.2, 1.0, 5.0)]
    assert counts == sorted(counts)
    assert counts[0] < counts[-1]


def test_debris_and_faint_ghosts_are_left_out() -> None:
    """Specks and ghosts are no nuclei unless asked for."""
    image = balls(GRID[:8])
    image += balls([GRID[8]], radius=3.0) - 100
    assert segment_nuclei(image, PIXEL_UM, NucleiSpec(min_area_um2=40)).max() == 8
    image = balls(GRID[:8]) + 0.1 * (balls([GRID[8]]) - 100)
    assert segment_nuclei(image, PIXEL_UM).max() == 8
    assert segment_nuclei(image, PIXEL_UM, NucleiSpec(min_contrast=0.05)).max() == 9


def test_a_giant_saturated_clump_ends() -> None:
    """A plateau is no endless loop and no crowd."""
    image = balls([(256.0, 256.0)], side=512, radius=200.0)
    assert count_nuclei(segment_nuclei(np.minimum(image, 300), PIXEL_UM)) < 200


def test_nuclei_centred_outside_are_not_counted() -> None:
    """A ball whose centre passes the border is counted from half on."""
    for row, expected in ((-6.0, False), (-3.0, False), (3.0, True), (12.0, True)):
        labels = segment_nuclei(balls([*GRID[3:], (row, 64.0)]), PIXEL_UM, NucleiSpec(min_area_um2=5))
        found = int(labels[max(round(row), 0), 64])
        assert found > 0
        assert bool(centred_in_field(labels)[found - 1]) is expected


def render(seed: int, density: float = 1.0) -> Any:
    """Render nuclei alone."""
    spec = FieldSpec(channels=("DAPI",), cells=CellSpec(per_mm2=80 * density))
    return render_field(spec, seed=seed, name="P1/B03/1")


def test_simulated_fields_are_counted() -> None:
    """Seeds never used for tuning; what is missed are nuclei on top of each other."""
    found, truth = [], []
    for seed in range(900, 906):
        field = render(seed)
        found.append(count_nuclei(segment_nuclei(field.pixels[0], PIXEL_UM)))
        truth.append(field.truth.cells)
    error = np.array(found) / np.array(truth) - 1
    assert abs(error).mean() < 0.06
    assert sum(found) == pytest.approx(sum(truth), rel=0.05)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"diameter_um": -1}, "NucleiSpec.diameter_um is -1; give a finite number above 0."),
        ({"splitting": 0}, "NucleiSpec.splitting is 0; give a finite number above 0."),
        (
            {"min_area_um2": float("nan")},
            "NucleiSpec.min_area_um2 is nan; give a finite number of 0 or more.",
        ),
        ({"min_contrast": 1}, "NucleiSpec.min_contrast is 1; give a share from 0 to below 1."),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings: dict[str, float], sentence: str) -> None:
    """A setting is refused by name."""
    with pytest.raises(ArgumentError) as refusal:
        NucleiSpec(**settings)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize(
    ("image", "pixel_um", "sentence"),
    [
        (
            np.zeros((2, 4, 4)),
            1.0,
            "The image has shape (2, 4, 4); give one plane of shape (y, x) with pixels.",
        ),
        (np.zeros((0, 4)), 1.0, "The image has shape (0, 4); give one plane of shape (y, x) with pixels."),
        (np.full((4, 4), np.nan), 1.0, "The image holds values that are not finite; replace them first."),
        (np.eye(4), 0.0, "pixel_um is 0.0; give a finite number above 0, or None if unknown."),
        (
            np.eye(4),
            8.0,
            "Nuclei are 1.5 pixels across at 8 µm per pixel; at least 3 are needed.",
        ),
    ],
)
def test_images_that_cannot_be_segmented_are_refused(
    image: Array, pixel_um: float | None, sentence: str
) -> None:
    """An image is refused with a remedy."""
    with pytest.raises(ArgumentError) as refusal:
        segment_nuclei(image, pixel_um)
    assert str(refusal.value) == sentence


@pytest.mark.slow
@pytest.mark.shared
def test_a_real_monolayer_is_counted(shared_data: Path) -> None:
    """U2OS cells, most of which stand alone: Otsu's pieces are a lower bound, and not far off."""
    with tarfile.open(shared_data / "bbbc013" / "ExampleSBSImages.tar.xz") as archive:
        # The archive is one stream: whichever comes first is there soonest.
        name = next(member for member in archive if "Channel2-" in member.name)
        member = archive.extractfile(name)
        assert member is not None
        image = tifffile.TiffFile(BytesIO(member.read())).pages[0].asarray()
    labels = segment_nuclei(image, None)
    pieces = np.bincount(label(image > threshold_otsu(image)).ravel())[1:]
    assert 1 < labels.max() / (pieces > 40).sum() < 1.25
    assert np.median(diameters(labels)) == pytest.approx(15, abs=2)
