"""Preprocessing: each tile by itself, as VGG-16 was trained."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs_models.preprocessing import Preprocessing, network_input, preprocess, rescale_intensity
from hcs_plates.errors import ArgumentError


@pytest.fixture
def pixels() -> npt.NDArray[np.uint16]:
    """Give three noisy tiles of three channels."""
    return np.random.default_rng(3).integers(0, 4000, (3, 16, 16, 3)).astype(np.uint16)


def test_the_network_sees_what_keras_would_show_it(pixels: npt.NDArray[np.uint16]) -> None:
    """Colour order and means are those of Keras' own preprocessing of an RGB image."""
    from keras.applications.vgg16 import preprocess_input

    scaled = rescale_intensity(pixels)
    np.testing.assert_allclose(network_input(scaled), preprocess_input(scaled.copy()), atol=1e-4)


@pytest.mark.parametrize(
    ("channels", "sources"), [(1, (0, 0, 0)), (2, (0, 1, None)), (3, (0, 1, 2))], ids=["grey", "two", "three"]
)
def test_channels_become_colours(
    channels: int, sources: tuple[int | None, ...], pixels: npt.NDArray[np.uint16]
) -> None:
    """One channel is all colours; of more the first is red, then green, then blue; an absent one black."""
    from keras.applications.vgg16 import preprocess_input

    scaled = rescale_intensity(pixels[..., :channels])
    black = np.zeros_like(scaled[..., 0])
    rgb = np.stack([black if source is None else scaled[..., source] for source in sources], axis=-1)
    np.testing.assert_allclose(network_input(scaled), preprocess_input(rgb), atol=1e-4)


def test_a_tile_is_rescaled_by_its_own_percentiles_only(pixels: npt.NDArray[np.uint16]) -> None:
    """Nothing is fitted across tiles: a tile alone gives the same numbers as among others."""
    together = rescale_intensity(pixels)
    for place, tile in enumerate(pixels):
        np.testing.assert_array_equal(together[place], rescale_intensity(tile[None])[0])
    channel = pixels[1, ..., 2].astype(np.float64)
    low, high = np.percentile(channel, (0.1, 99.9))
    expected = np.clip((channel - low) / (high - low) * 255, 0, 255)
    np.testing.assert_allclose(together[1, ..., 2], expected, atol=1e-3)


def test_a_gain_and_offset_of_the_camera_do_not_matter(pixels: npt.NDArray[np.uint16]) -> None:
    """Percentiles move with the levels, so 3 × + 100 gives the same image."""
    np.testing.assert_allclose(rescale_intensity(pixels * 3 + 100), rescale_intensity(pixels), atol=1e-2)


def test_a_fixed_window_keeps_the_level(pixels: npt.NDArray[np.uint16]) -> None:
    """Within the window levels are linear, beyond it clipped."""
    scaled = rescale_intensity(pixels, Preprocessing(window=(1000.0, 2000.0)))
    np.testing.assert_allclose(scaled, np.clip((pixels - 1000.0) * 0.255, 0, 255), atol=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_a_flat_tile_is_black_and_finite(dtype: str) -> None:
    """An empty field gives numbers, not NaN."""
    flat = np.full((1, 8, 8, 1), 7, dtype=dtype)
    assert rescale_intensity(flat).max() == 0.0
    assert np.isfinite(preprocess(flat)).all()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: preprocess(np.zeros((8, 8, 1))), r"expected \(tile, y, x, channel\)"),
        (lambda: preprocess(np.zeros((1, 8, 8, 4))), "VGG-16 sees 1 to 3 channels, not 4"),
        (lambda: Preprocessing(percentiles=(99.0, 1.0)), "must rise within 0 to 100"),
        (lambda: Preprocessing(window=(5.0, 4.0)), r"window \(5.0, 4.0\) must rise"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    """What cannot be is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        call()
