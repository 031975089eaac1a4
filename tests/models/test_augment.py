"""Views: pure functions of (tile id, view, seed)."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_models.augment import AugmentSpec, Draw, augment, draw_view
from hcs_plates.errors import ArgumentError

TILE = np.random.default_rng(5).integers(0, 4000, (32, 32, 2)).astype(np.uint16)


@given(tile=st.text(min_size=1, max_size=12), view=st.integers(1, 50), seed=st.integers(0, 2**31))
def test_a_draw_stays_in_its_ranges_and_repeats(tile: str, view: int, seed: int) -> None:
    """Same tile, view and seed, same view; every number within the ranges of the specification."""
    spec = AugmentSpec(rotation_degrees=30.0, shift=0.05, zoom=0.2, flip=False)
    draw = draw_view(tile, view, seed, spec)
    assert draw == draw_view(tile, view, seed, spec)
    assert abs(draw.rotation_degrees) <= 30
    assert max(abs(draw.shift_y), abs(draw.shift_x)) <= 0.05
    assert 1 / 1.2 - 1e-9 <= draw.zoom <= 1.2 + 1e-9
    assert not draw.flip


def test_tiles_views_and_seeds_draw_apart() -> None:
    """No two of 5 tiles × 5 views × 5 seeds share a draw, and about half are mirrored."""
    draws = [
        draw_view(f"P1/B03/1/{tile}", view, seed)
        for tile in range(5)
        for view in range(1, 6)
        for seed in range(5)
    ]
    assert len(set(draws)) == len(draws)
    assert 35 < sum(draw.flip for draw in draws) < 90


def test_view_0_is_the_tile_itself() -> None:
    """The identity touches no pixel."""
    np.testing.assert_array_equal(augment(TILE, draw_view("P1/B03/1/0", 0, 1)), TILE)


@pytest.mark.parametrize(
    ("draw", "expected"),
    [
        (Draw(rotation_degrees=90.0), np.rot90(TILE)),
        (Draw(rotation_degrees=180.0), np.rot90(TILE, 2)),
        (Draw(flip=True), TILE[:, ::-1]),
        (Draw(rotation_degrees=90.0, flip=True), np.rot90(TILE[:, ::-1])),
    ],
    ids=["quarter turn", "half turn", "mirror", "mirror then turn"],
)
def test_turns_and_mirrors_are_exact(draw: Draw, expected: np.ndarray) -> None:
    """Geometry that needs no interpolation gives NumPy's answer."""
    np.testing.assert_allclose(augment(TILE, draw).astype(float), expected.astype(float), atol=1)


def test_a_shift_moves_down_and_right_and_mirrors_the_border() -> None:
    """4 of 32 pixels down, 8 right; what comes in is the tile mirrored at its edge."""
    moved = augment(TILE, Draw(shift_y=4 / 32, shift_x=8 / 32))
    np.testing.assert_array_equal(moved[4:, 8:], TILE[:-4, :-8])
    np.testing.assert_array_equal(moved[:4, 8:], TILE[4:0:-1, :-8])


def test_zoom_enlarges_about_the_centre() -> None:
    """A centred square of 16 pixels becomes one of about 24 at a factor of 1.5."""
    square = np.zeros((64, 64, 1), dtype=np.float32)
    square[24:40, 24:40] = 1
    enlarged = augment(square, Draw(zoom=1.5))
    assert enlarged.sum() == pytest.approx(24**2, rel=0.02)
    np.testing.assert_allclose(enlarged, enlarged[::-1, ::-1], atol=1e-3)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("channels", [1, 2, 3])
def test_shape_and_type_stay(dtype: str, channels: int) -> None:
    """One channel keeps its axis; the type is the tile's."""
    tile = np.ones((16, 20, channels), dtype=dtype)
    view = augment(tile, draw_view("t", 1, 0))
    assert (view.shape, view.dtype) == (tile.shape, tile.dtype)
    np.testing.assert_allclose(view, 1, atol=1e-5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: draw_view("t", -1, 0), "counted from 0"),
        (lambda: AugmentSpec(rotation_degrees=200), "outside 0 to 180"),
        (lambda: AugmentSpec(zoom=0.7), "zoom 0.7 is outside 0 to 0.5"),
    ],
)
def test_refusals(call: Any, message: str) -> None:
    """What cannot be is refused in a sentence."""
    with pytest.raises(ArgumentError, match=message):
        call()
