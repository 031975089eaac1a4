"""Area-averaging rescaling against a float64 reference that shares no code with it."""

from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_plates.errors import ArgumentError
from hcs_plates.rescale import area_resize, area_weights, tile_field


def exact_mean(image: npt.NDArray[Any], shape: tuple[int, int]) -> npt.NDArray[np.float64]:
    """Mean over each output pixel's rectangle, by exact fractions (slow, obvious)."""
    height, width = image.shape
    out = np.zeros(shape)
    for i in range(shape[0]):
        for j in range(shape[1]):
            top, bottom = Fraction(i * height, shape[0]), Fraction((i + 1) * height, shape[0])
            left, right = Fraction(j * width, shape[1]), Fraction((j + 1) * width, shape[1])
            total = Fraction(0)
            for y in range(int(top), -int(-bottom // 1)):
                for x in range(int(left), -int(-right // 1)):
                    tall = min(bottom, Fraction(y + 1)) - max(top, Fraction(y))
                    wide = min(right, Fraction(x + 1)) - max(left, Fraction(x))
                    total += tall * wide * int(image[y, x])
            out[i, j] = float(total / ((bottom - top) * (right - left)))
    return out


@given(
    height=st.integers(1, 14),
    width=st.integers(1, 14),
    rows=st.integers(1, 14),
    columns=st.integers(1, 14),
    kind=st.sampled_from(["uint8", "uint16"]),
    seed=st.integers(0, 99),
)
@settings(max_examples=80, deadline=None)
def test_equals_the_exact_mean(
    height: int, width: int, rows: int, columns: int, kind: str, seed: int
) -> None:
    """Any size to any size: half a grey level from the exact area mean, and shrinking 0.01 more (float32)."""
    image = np.random.default_rng(seed).integers(0, np.iinfo(kind).max, (height, width), kind, endpoint=True)
    scaled = area_resize(image, (rows, columns))
    assert scaled.dtype == image.dtype
    slack = 0.01 if rows <= height and columns <= width else 1e-9
    assert np.abs(scaled - exact_mean(image, (rows, columns))).max() <= 0.5 + slack


@pytest.mark.parametrize(
    "shape", [(640, 640), (1024, 1024), (1080, 1080), (2048, 2048), (1040, 1392), (200, 300)]
)
@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_instrument_sizes_to_256(shape: tuple[int, int], kind: str) -> None:
    """The sizes cameras have, to the study's 256 × 256, against float64 block sums.

    Half a grey level from the mean; of 16-bit noise one pixel in 500 lies further, by less than 0.01, and
    none at whole factors.
    """
    image = np.random.default_rng(1).integers(0, np.iinfo(kind).max, shape, kind, endpoint=True)
    # Cumulative sums interpolated at the output's edges: another route to the same area mean.
    total = np.pad(image.astype(np.float64).cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    rows, columns = np.linspace(0, shape[0], 257), np.linspace(0, shape[1], 257)
    at_rows = np.stack([np.interp(rows, np.arange(shape[0] + 1), column) for column in total.T], axis=1)
    at = np.stack([np.interp(columns, np.arange(shape[1] + 1), row) for row in at_rows])
    area = shape[0] * shape[1] / 256**2
    reference = (at[1:, 1:] - at[:-1, 1:] - at[1:, :-1] + at[:-1, :-1]) / area
    distance = np.abs(area_resize(image, (256, 256)) - reference)
    assert distance.max() <= 0.51
    whole = all(side % 256 == 0 for side in shape)
    assert (distance > 0.5 + 1e-4).mean() <= (2e-3 if kind == "uint16" and not whole else 0)


def test_weights_sum_to_one() -> None:
    """A flat image stays flat at any ratio."""
    for n_in, n_out in ((640, 256), (3, 7), (2882, 256)):
        assert np.allclose(area_weights(n_in, n_out).sum(axis=1), 1.0)


def test_grid_covers_the_whole_field() -> None:
    """Tiles of a field whose sides the grid does not divide, put together again, are the rescaled field."""
    planes = np.random.default_rng(0).integers(0, 60000, (2, 101, 77), "uint16")
    tiles = tile_field(planes, size=16, grid=3)
    assert tiles.shape == (9, 16, 16, 2)
    together = np.block([[tiles[3 * row + column, :, :, 1] for column in range(3)] for row in range(3)])
    assert np.array_equal(together, area_resize(planes[1], (48, 48)))
    assert abs(float(tiles.mean()) - float(planes.mean())) < 1.0


@pytest.mark.parametrize(
    ("image", "shape", "words"),
    [
        (np.zeros((2, 2, 2), "u1"), (1, 1), "height and a width"),
        (np.zeros((2, 2), "u1"), (0, 4), "1 × 1 is the least"),
    ],
)
def test_refusals(image: Any, shape: tuple[int, int], words: str) -> None:
    """What cannot be rescaled is refused in a sentence."""
    with pytest.raises(ArgumentError, match=words):
        area_resize(image, shape)


def test_tiles_need_a_size() -> None:
    """A grid of nothing is refused."""
    with pytest.raises(ArgumentError, match="at least 1"):
        tile_field(np.zeros((1, 4, 4), "u1"), size=0, grid=1)


def test_opencv_s_threads_are_the_user_s() -> None:
    """Rescaling, on several threads at once too, leaves OpenCV's number of threads as it was."""
    before = cv2.getNumThreads()
    cv2.setNumThreads(3)
    try:
        image = np.zeros((300, 300), "u2")
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda side: area_resize(image, (side, side)), range(100, 180)))
        assert cv2.getNumThreads() == 3
    finally:
        cv2.setNumThreads(before)
