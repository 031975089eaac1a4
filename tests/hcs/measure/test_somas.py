"""Somas: one to a nucleus with its label, drawn discs, thin lines that are none, empty fields, refusals."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

from hcs.measure.nuclei import segment_nuclei
from hcs.measure.somas import SomaSpec, segment_somas
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CellSpec, FieldSpec, render_field

PIXEL_UM = 0.65
SIDE = 384
RADIUS_UM = 7.0
PLACES = ((60, 70), (70, 200), (90, 320), (190, 120), (200, 250), (310, 60), (300, 190), (320, 330))
LINES = ((-100.0, 0.3), (0.0, 0.3), (100.0, 0.3))
Array = npt.NDArray[Any]


def disc(place: tuple[int, int], radius: float = RADIUS_UM / PIXEL_UM) -> Array:
    """Pixels within a radius of a place."""
    y, x = np.mgrid[:SIDE, :SIDE]
    return np.asarray(np.hypot(y - place[0], x - place[1]) <= radius)


def picture(
    places: Sequence[tuple[int, int]] = PLACES, lines: Sequence[tuple[float, float]] = LINES, seed: int = 0
) -> Array:
    """Soft-edged discs of 600 photons and lines of 200 (offset from the middle, direction) on 100."""
    y, x = np.mgrid[:SIDE, :SIDE] - SIDE / 2
    discs = np.zeros((SIDE, SIDE))
    for place in places:
        discs[disc(place)] = 600
    light = 100 + gaussian_filter(discs, 1.5)
    for offset, turn in lines:
        light += 200 * np.exp(-((x * np.sin(turn) + y * np.cos(turn) - offset) ** 2) / (2 * 1.5**2))
    return np.asarray(np.random.default_rng(seed).poisson(light), dtype=np.uint16)


def nuclei_in(places: Sequence[tuple[int, int]] = PLACES) -> npt.NDArray[np.int32]:
    """Nuclei in the middle of discs, labelled 3, 6, 9, ..."""
    labels = np.zeros((SIDE, SIDE), dtype=np.int32)
    for number, place in enumerate(places, start=1):
        labels[disc(place, 5.0)] = 3 * number
    return labels


def one_for_one(somas: Array, places: Sequence[tuple[int, int]]) -> bool:
    """Whether every place has a soma of its own and there is no other."""
    return sorted(somas[place] for place in places) == list(range(1, int(somas.max()) + 1))


def areas_um2(labels: Array) -> Array:
    """Areas of the labels from 1 on."""
    return np.asarray(np.bincount(labels.ravel())[1:] * PIXEL_UM**2)


@pytest.mark.parametrize("seed", range(5))
def test_discs_among_thin_lines_are_found(seed: int) -> None:
    """One for one, labelled 1 to n, with their areas within 20 %."""
    somas = segment_somas(picture(seed=seed), PIXEL_UM)
    assert somas.dtype == np.int32
    assert one_for_one(somas, PLACES)
    assert areas_um2(somas) == pytest.approx(np.full(len(PLACES), np.pi * RADIUS_UM**2), rel=0.2)


@pytest.mark.parametrize("seed", range(5))
def test_a_disc_alone_is_found(seed: int) -> None:
    """With its area within 20 %, and also where the pixel size is not known."""
    image = picture(PLACES[4:5], (), seed)
    somas = segment_somas(image, PIXEL_UM)
    assert one_for_one(somas, PLACES[4:5])
    assert areas_um2(somas) == pytest.approx([np.pi * RADIUS_UM**2], rel=0.2)
    assert np.array_equal(segment_somas(image, None), somas)


@pytest.mark.parametrize("n", [2, 8])
def test_discs_alone_are_found(n: int) -> None:
    """One for one, also without a line between them."""
    assert one_for_one(segment_somas(picture(PLACES[:n], ()), PIXEL_UM), PLACES[:n])


@pytest.mark.parametrize(
    "lines", [LINES, ((60.0, 0.2), (-90.0, 1.0), (20.0, 2.2))], ids=["parallel", "crossing"]
)
def test_thin_lines_are_no_somas(lines: Sequence[tuple[float, float]]) -> None:
    """Lines without a body, crossing or not, have none."""
    assert not segment_somas(picture((), lines), PIXEL_UM).any()


@pytest.mark.parametrize("seed", range(3))
def test_somas_keep_the_labels_of_their_nuclei(seed: int) -> None:
    """Every disc gets the label of the nucleus in it, with its area within 20 %; a nucleus off them none."""
    nuclei = nuclei_in()
    nuclei[disc((130, 200), 5.0)] = 50
    somas = segment_somas(picture(lines=(), seed=seed), PIXEL_UM, nuclei=nuclei)
    expected = [3 * number for number in range(1, len(PLACES) + 1)]
    assert np.unique(somas).tolist() == [0, *expected]
    assert [somas[place] for place in PLACES] == expected
    assert areas_um2(somas)[np.array(expected) - 1] == pytest.approx(np.pi * RADIUS_UM**2, rel=0.2)


def test_touching_discs_are_parted_by_their_nuclei() -> None:
    """Each holds its own side, the smaller at least half as large; together they cover both discs."""
    pair = ((190, 180), (190, 198))
    somas = segment_somas(picture(pair, ()), PIXEL_UM, nuclei=nuclei_in(pair))
    left, right = somas == 3, somas == 6
    assert left[190, 172]
    assert right[190, 206]
    assert 0.5 < left.sum() / right.sum() < 2
    assert (left | right).sum() == pytest.approx((disc(pair[0]) | disc(pair[1])).sum(), rel=0.2)


def test_a_disc_without_a_nucleus_is_none() -> None:
    """Where nuclei are known, a body without one is not a soma."""
    somas = segment_somas(picture(), PIXEL_UM, nuclei=nuclei_in(PLACES[:3]))
    assert np.unique(somas).tolist() == [0, 3, 6, 9]
    assert not segment_somas(picture(), PIXEL_UM, nuclei=np.zeros((SIDE, SIDE), np.int32)).any()


@pytest.mark.parametrize("seed", range(4))
def test_simulated_somas_lie_on_their_nuclei(seed: int) -> None:
    """Each overlaps the nucleus whose label it has and is in one piece with it; most nuclei have one."""
    spec = FieldSpec(height=512, width=512, channels=("FITC", "DAPI"))
    neurites, stain = render_field(spec, seed=seed, name="P1/B02/1").pixels
    nuclei = segment_nuclei(stain, PIXEL_UM)
    somas = segment_somas(neurites, PIXEL_UM, nuclei=nuclei)
    labels = np.unique(somas[somas > 0])
    assert set(labels) <= set(np.unique(nuclei))
    assert all((nuclei[somas == number] == number).any() for number in labels)
    assert len(labels) >= 0.8 * nuclei.max()


@pytest.mark.parametrize("seed", range(4))
def test_labels_have_no_gaps(seed: int) -> None:
    """Without nuclei they run from 1 to n, none smaller than asked."""
    image = render_field(FieldSpec(height=512, width=512), seed=seed, name="P1/B02/1").pixels[0]
    somas = segment_somas(image, PIXEL_UM)
    assert np.unique(somas).tolist() == list(range(somas.max() + 1))
    assert areas_um2(somas).min() >= SomaSpec().smallest_um2


def test_the_smallest_area_is_obeyed() -> None:
    """A disc below it is no soma."""
    area = np.pi * RADIUS_UM**2
    image, nuclei = picture(lines=()), nuclei_in()
    assert segment_somas(image, PIXEL_UM, SomaSpec(smallest_um2=0.7 * area), nuclei=nuclei).any()
    assert not segment_somas(image, PIXEL_UM, SomaSpec(smallest_um2=1.5 * area), nuclei=nuclei).any()


def noise(*shape: int, seed: int = 0) -> Array:
    """Shot noise alone."""
    return np.random.default_rng(seed).poisson(300, shape).astype(np.uint16)


@pytest.mark.parametrize("nuclei_known", [False, True])
@pytest.mark.parametrize(
    "image",
    [
        np.zeros((128, 128), np.uint8),
        np.full((128, 128), 65535, np.uint16),
        np.full((16, 16), 7, np.uint16),
        noise(16, 16),
        noise(512, 512),
        noise(512, 512, seed=1),
        noise(512, 40),
        np.minimum(noise(256, 256), 300),
        gaussian_filter(noise(512, 512).astype(np.float64), 1.5),
        render_field(
            FieldSpec(height=256, width=256, cells=CellSpec(0.0, clusters_per_mm2=0.0, debris_per_mm2=0.0)),
            seed=0,
            name="P1/B02/1",
        ).pixels[0],
    ],
    ids=[
        "zero",
        "saturated",
        "tiny",
        "tiny noise",
        "noise",
        "noise too",
        "narrow",
        "partly saturated",
        "blurred",
        "bare",
    ],
)
def test_fields_without_bodies_have_no_somas(image: Array, nuclei_known: bool) -> None:
    """Nor do they warn, whether nuclei are given or not."""
    nuclei = np.zeros(image.shape, dtype=np.int32)
    nuclei[2:14, 2:14] = 3
    somas = segment_somas(image, PIXEL_UM, nuclei=nuclei if nuclei_known else None)
    assert somas.shape == image.shape
    assert somas.dtype == np.int32
    assert not somas.any()


def test_a_level_that_is_no_binary_fraction_has_no_soma() -> None:
    """A constant picture of 0.1 with a nucleus."""
    nuclei = np.zeros((64, 64), dtype=np.int32)
    nuclei[:32, :32] = 3
    assert not segment_somas(np.full((64, 64), 0.1, np.float32), PIXEL_UM, nuclei=nuclei).any()


@pytest.mark.parametrize("value", [0.0, -1.0])
@pytest.mark.parametrize("name", ["neurite_um", "smallest_um2", "around_nucleus_um", "radius_um"])
def test_settings_that_mean_nothing(name: str, value: float) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=f"{name} is {value}; give a finite number above 0"):
        SomaSpec(**{name: value})
