"""Illumination as Harmony states it: what is read of it, and that it is the illumination of real images."""

import json
import pickle
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import tifffile

from hcs_plates.readers.detect import scan
from hcs_plates.readers.flatfield import FlatField, harmony_flat_field

ROWS = "[[1.2], [0.1, -0.2], [-0.9, 0.05, -0.4]]"
PLACED = "Dims: [40, 20], Origin: [19.5, 9.5], Scale: [0.025, 0.05]"
IDENTITY = "{Character: Null, Profile: {Type: Identity}, Quality: 1}"


def polynomial(rows: str = ROWS, placed: str = PLACED) -> str:
    """Write a profile of one ground."""
    return (
        f"{{Character: NonFlat, NonFlatness: {{Original: 0.6}}, Profile: {{Coefficients: {rows}, {placed}, "
        "Type: Polynomial}, Quality: 1.0}"
    )


def written(foreground: str, background: str = IDENTITY, name: str = "Alexa 488") -> str:
    """Write a channel's entry as Harmony does."""
    return (
        f"{{Background: {background}, Channel: 1, ChannelName: {name}, Foreground: {foreground}, "
        "Version: Acapella:2013}"
    )


def test_terms_stand_by_degree_and_power_of_y() -> None:
    """The profile is the polynomial at each pixel, x along columns, divided by its mean."""
    light = harmony_flat_field(written(polynomial()))
    assert light is not None
    y, x = np.mgrid[:20, :40]
    x, y = (x - 19.5) * 0.025, (y - 9.5) * 0.05
    expected = 1.2 + 0.1 * x - 0.2 * y - 0.9 * x**2 + 0.05 * x * y - 0.4 * y**2
    profile = light.profile((20, 40))
    assert profile.dtype == np.float32
    np.testing.assert_allclose(profile, expected / expected.mean(), rtol=1e-6)


def test_binned_images_are_the_same_field() -> None:
    """Of an image with half the pixels a side, each pixel has the light of the four that it is made of."""
    light = harmony_flat_field(written(polynomial()))
    assert light is not None
    whole = light.profile((20, 40))
    binned = whole.reshape(10, 2, 20, 2).mean(axis=(1, 3))
    np.testing.assert_allclose(light.profile((10, 20)), binned, atol=2e-3)


def test_the_foreground_is_taken_wherever_it_stands() -> None:
    """A background that follows a flat foreground, or has braces of its own, is not taken for it."""
    other = polynomial("[[9.0], [1.0, 1.0]]")
    light = harmony_flat_field(written(polynomial(), other))
    assert light is not None
    assert light.coefficients[0] == (1.2,)
    assert harmony_flat_field(f"{{Foreground: {IDENTITY}, Background: {other}}}") is None


def test_it_travels(tmp_path: Path) -> None:
    """A profile is the same after a journey to a worker, and is JSON."""
    light = FlatField(((1.0,), (0.1, 0.2)), (0.5, 0.5), (0.5, 0.5), (2, 2))
    assert pickle.loads(pickle.dumps(light)) == light
    assert json.loads(json.dumps(light.to_json()))["size"] == [2, 2]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no whole foreground"),
        ("{Background: {Profile: {Type: Identity}}}", "no whole foreground"),
        (written(polynomial())[:-60], "no whole foreground"),
        (written(polynomial()) * 100, "too long"),
        (written("{Character: NonFlat, Profile: {Type: Spline}}"), "no polynomial"),
        (written(polynomial("[[1.2], [0.1]]")), "of x and y"),
        (written(polynomial("[[NaN]]")), "of x and y"),
        (written(polynomial("[[1e9]]")), "of x and y"),
        (written(polynomial("[[1.0],]]")), "cannot be read"),
        (written(polynomial("[[" + "[" * 9000 + "]]")), "cannot be read"),
        (written(polynomial(placed=PLACED.replace("[40, 20]", "[Infinity, 20]"))), "cannot be read"),
        (written(polynomial(placed=PLACED.replace("[40, 20]", "[0, 20]"))), "of x and y"),
        (written(polynomial(placed=PLACED.replace("[40, 20]", f"[{'9' * 400}, 20]"))), "of x and y"),
        (written(polynomial(placed=PLACED.replace("0.05", "5.0"))), "no unit of a field"),
    ],
)
def test_what_is_no_profile(text: str, said: str) -> None:
    """Whatever is written and is no polynomial of a field is refused, and never taken for a flat one."""
    with pytest.raises(ValueError, match=said):
        harmony_flat_field(text)


def unevenness(image: npt.NDArray[np.float64]) -> float:
    """Fit a quadratic to the dark tenth of 20 × 20 tiles: its standard deviation by its mean."""
    side = image.shape[0] // 20
    dark = np.percentile(image.reshape(20, side, 20, side), 10, axis=(1, 3)).ravel()
    y, x = np.mgrid[-1:1:20j, -1:1:20j].reshape(2, -1)
    terms = np.stack([np.ones_like(x), x, y, x * x, x * y, y * y], axis=1)
    surface = terms @ np.linalg.lstsq(terms, dark, rcond=None)[0]
    return float(surface.std() / surface.mean())


@pytest.mark.shared
def test_real_images_are_flatter_by_it(shared_data: Path) -> None:
    """Every real image is much less uneven after its profile, which fits better than turned ones."""
    turned = dict.fromkeys(product((0, 1), (0, 1), (0, 1)), 0.0)
    images = 0
    for folder in ("opera_phenix/Version1", "operetta/operetta_plate"):
        found = scan(shared_data / folder)
        for key, file in found.planes.items():
            if key.channel not in found.flat_fields:
                continue
            image = tifffile.imread(file.path).astype(float)
            light = found.flat_fields[key.channel].profile(found.shape)
            images += 1
            assert light.mean() == pytest.approx(1, abs=1e-4)
            assert unevenness(image / light) < 0.6 * unevenness(image)
            for transposed, upside, mirrored in turned:
                other = light.T if transposed else light
                other = other[:: -1 if upside else 1, :: -1 if mirrored else 1]
                turned[transposed, upside, mirrored] += unevenness(image / other)
    assert images == 7
    assert min(turned, key=lambda one: turned[one]) == (0, 0, 0)


@pytest.mark.shared
def test_flat_channels_have_none(shared_data: Path) -> None:
    """The bright field of a real export is stated to be flat, and has no profile."""
    found = scan(shared_data / "opera_phenix/Version1")
    assert found.channels[5].name == "Brightfield"
    assert sorted(found.flat_fields) == [0, 1, 2, 3, 4]
    assert all(replace(one, size=(1080, 1080)) == one for one in found.flat_fields.values())
