"""Illumination: the simulator's own fall-off is found, and fields are never made less even than they were."""

import json
import pickle
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs.measure.background import subtract_background
from hcs.measure.illumination import Illumination, estimate_illumination
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CameraSpec, CellSpec, FieldSpec, render_field

SIDE = 320


def simulate(
    fall: float, *, n: int = 30, channel: str = "FITC", side: int = SIDE, per_mm2: float = 80.0
) -> list[npt.NDArray[np.uint16]]:
    """Draw fields of one plate, whose far corner loses the share `fall` of the light."""
    spec = FieldSpec(
        height=side,
        width=side,
        channels=(channel,),
        cells=CellSpec(per_mm2=per_mm2),
        camera=CameraSpec(illumination=fall),
    )
    return [render_field(spec, seed=5, name=f"P1/B{i:02}/1").pixels[0] for i in range(n)]


def truth(fall: float, side: int = SIDE) -> npt.NDArray[np.float64]:
    """Fall-off as the simulator's camera has it, mean 1."""
    x = (np.arange(side) + 0.5) / side - 0.47
    y = (np.arange(side) + 0.5) / side - 0.54
    gain = 1 - fall * (x[None, :] ** 2 + y[:, None] ** 2) / (0.53**2 + 0.54**2)
    return np.asarray(gain / gain.mean())


def rms(values: npt.NDArray[Any]) -> float:
    """Root mean square."""
    return float(np.sqrt(np.square(values, dtype=np.float64).mean()))


@pytest.mark.parametrize(
    ("fall", "channel"),
    [
        (0.4, "FITC"),
        (0.15, "DAPI"),
        *(pytest.param(*one, marks=pytest.mark.slow) for one in ((0.15, "FITC"), (0.4, "DAPI"))),
    ],
)
def test_the_fall_off_is_found(fall: float, channel: str) -> None:
    """Thirty fields: within 2 % root mean square, 8 % anywhere; a third of what it was, or less."""
    light = estimate_illumination(simulate(fall, channel=channel, side=512))
    wrong = light.gain_at((512, 512)) / truth(fall, 512) - 1
    assert not light.flat
    assert rms(wrong) < min(0.02, rms(1 / truth(fall, 512) - 1) / 3)
    assert np.abs(wrong).max() < 0.08
    assert 145 < light.offset <= 180
    assert light.gain.shape == (64, 64)
    assert light.gain.mean() == pytest.approx(1, abs=1e-3)


def test_a_known_dark_level_is_used() -> None:
    """With the offset given, the fall-off of a dim background is found to half a percent."""
    light = estimate_illumination(simulate(0.4, channel="DAPI", per_mm2=40.0), offset=180.0)
    assert light.offset == 180.0
    assert rms(light.gain_at((SIDE, SIDE)) / truth(0.4) - 1) < 0.005


@pytest.mark.parametrize("fall", [0.0, 0.15, 0.4])
@pytest.mark.parametrize("density", [20.0, 300.0])
def test_correction_never_makes_it_worse(fall: float, density: float) -> None:
    """Also where fields are crowded or the light is even: then nothing is evened out, and it is said."""
    light = estimate_illumination(simulate(fall, n=20, per_mm2=density))
    after = rms(truth(fall) / light.gain_at((SIDE, SIDE)) - 1)
    assert after <= rms(truth(fall) - 1) + 1e-6
    assert light.flat == ("not clear of its own error" in light.notice)


def test_a_field_is_evened_out() -> None:
    """Background levels of a field's corners and middle agree after correction, above the dark level."""
    fields = simulate(0.4, channel="DAPI", per_mm2=10.0)
    corrected = estimate_illumination(fields, offset=180.0).correct(fields[0])
    assert corrected.dtype == np.float32
    corner, middle = np.median(corrected[-48:, -48:]), np.median(corrected[150:200, 150:200])
    assert corner == pytest.approx(middle, rel=0.03)


def test_fields_are_read_once_and_not_kept() -> None:
    """A generator will do, and no field is alive two fields later."""
    alive: list[weakref.ref[npt.NDArray[np.uint16]]] = []

    def stream() -> Iterator[npt.NDArray[np.uint16]]:
        for number in range(12):
            assert sum(reference() is not None for reference in alive) <= 1
            field = np.random.default_rng(number).poisson(100, (64, 64)).astype(np.uint16)
            alive.append(weakref.ref(field))
            yield field
            del field

    assert estimate_illumination(stream()).n_fields == 12


def test_few_fields_are_left_as_they_are() -> None:
    """Nine fields are too few to tell content from light."""
    light = estimate_illumination(simulate(0.4, n=9), offset=0.0)
    assert light.flat
    assert light.notice == (
        "The light was not evened out: 9 fields are too few to learn it from; 10 are needed."
    )
    field = np.arange(SIDE * SIDE, dtype=np.uint16).reshape(SIDE, SIDE)
    np.testing.assert_array_equal(light.correct(field), field.astype(np.float32))


def test_noise_that_does_not_grow_with_light_tells_no_dark_level() -> None:
    """The dark level is then 0, and the user is told."""
    rng = np.random.default_rng(0)
    ramp = np.linspace(1000, 3000, 128)[:, None]
    light = estimate_illumination(rng.normal(ramp, 10, (12, 128, 128)))
    assert light.offset == 0.0
    assert "dark level" in light.notice


def test_it_travels_and_is_recorded() -> None:
    """Pickling gives an equal one back; the record is plain JSON, an unknown error null."""
    light = Illumination((8, 8), ((1.0, 0.1), (0.0, 0.0)), 100.0, 20, 0.01)
    assert pickle.loads(pickle.dumps(light)) == light
    assert json.loads(json.dumps(light.record()))["coefficients"] == [[1.0, 0.1], [0.0, 0.0]]
    assert json.dumps(Illumination((8, 8)).record(), allow_nan=False)
    np.testing.assert_allclose(light.gain_at((1, 4))[0], [0.925, 0.975, 1.025, 1.075])


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ([], "no field to learn"),
        ([np.zeros((3, 64, 64))], r"Field 0 has shape \(3, 64, 64\)"),
        ([np.zeros((8, 64))], "each side 16 or more"),
        ([np.zeros((64, 64)), np.zeros((64, 32))], r"Field 1 has shape \(64, 32\) and the first \(64, 64\)"),
    ],
)
def test_fields_that_cannot_be_learnt_from(fields: list[npt.NDArray[Any]], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        estimate_illumination(fields)


def test_a_tile_is_not_a_field() -> None:
    """Correcting part of a field with the light of the whole would be wrong."""
    with pytest.raises(ArgumentError, match="correct whole fields before they are cut"):
        Illumination((64, 64)).correct(np.zeros((32, 32), np.uint16))


@pytest.mark.parametrize("radius", [10.0, 25.0, 80.0])
def test_background_goes_and_objects_stay(radius: float) -> None:
    """A spot a third as wide as the disc keeps 95 % of its height on a slope that is ten times as high."""
    y, x = np.mgrid[:512, :512].astype(np.float32)
    sigma = radius / 6
    spot = 100 * np.exp(-((x - 250) ** 2 + (y - 260) ** 2) / (2 * sigma**2))
    flat = subtract_background(1000 * x / 512 + spot, radius)
    assert flat[260, 250] == pytest.approx(100, rel=0.05)
    inside = slice(int(2 * radius), 512 - int(2 * radius))
    assert np.abs((flat - spot)[inside, inside]).max() < 5


def test_a_noisy_background_comes_near_zero() -> None:
    """The opening lies at most 0.4 SD of the noise below the mean."""
    noisy = np.random.default_rng(0).normal(200, 15, (512, 512))
    for radius in (10.0, 50.0):
        assert 0 <= subtract_background(noisy, radius).mean() < 6


@pytest.mark.parametrize(
    ("shape", "radius", "sentence"),
    [
        ((4, 4, 4), 5.0, r"shape \(4, 4, 4\)"),
        ((4, 4), 0.5, "radius_px is 0.5"),
        ((4, 4), np.nan, "radius_px is nan"),
    ],
)
def test_backgrounds_that_cannot_be_found(shape: tuple[int, ...], radius: float, sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        subtract_background(np.zeros(shape), radius)
