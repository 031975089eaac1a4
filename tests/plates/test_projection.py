"""A stack in z as one plane: exact, without what was never acquired, the same everywhere."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from tests.plates.conftest import plate_spec

from hcs_plates.errors import ArgumentError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.projection import Fold, check_projection, project, sharpness
from hcs_plates.readers.acquisition import Step
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

RNG = np.random.default_rng(7)


def folded(z: str, planes: Iterable[Any]) -> Any:
    """Fold planes as ingestion does, one by one."""
    fold = Fold(z)
    for step, plane in enumerate(planes):
        fold.add(step, plane)
    return fold


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_projections_are_exact(dtype: str) -> None:
    """Maximum and mean are those of whole numbers: no sum overflows, halves are rounded up."""
    top = np.iinfo(dtype).max
    stack = RNG.integers(top - 5, top, (6, 9, 8), dtype=dtype, endpoint=True)
    assert np.array_equal(folded("max", stack).plane(), stack.max(axis=0))
    exact = [
        [(2 * sum(map(int, stack[:, row, column])) + 6) // 12 for column in range(8)] for row in range(9)
    ]
    assert folded("mean", stack).plane().tolist() == exact


@pytest.mark.parametrize("scale", [1, 40])
def test_the_sharp_plane_is_in_focus(scale: int) -> None:
    """Of an image blurred more and more on both sides, the sharp plane is taken, dim or bright."""
    sharp = np.zeros((64, 64))
    sharp[RNG.integers(0, 64, 40), RNG.integers(0, 64, 40)] = 30.0
    stack = [
        np.rint(scale * (gaussian_filter(sharp, sigma) + 20)).astype("uint16")
        for sigma in (4, 2, 0.7, 1.5, 3)
    ]
    fold = folded("best-focus", stack)
    assert fold.taken == 2
    assert np.array_equal(fold.plane(), stack[2])


def test_focus_is_the_published_measure_and_ties_take_the_first() -> None:
    """Variance over mean, as NumPy has it; of equal planes the first, of black ones too."""
    plane = RNG.integers(0, 65535, (50, 60), dtype="uint16")
    assert sharpness(plane) == pytest.approx(plane.astype(float).var() / plane.mean(), rel=1e-12)
    assert folded("best-focus", [plane, plane]).taken == 0
    assert folded("best-focus", np.zeros((2, 4, 4), "uint8")).taken == 0


def test_what_is_no_projection_is_refused() -> None:
    """The sentence lists those there are."""
    with pytest.raises(ArgumentError, match="z cannot be 'median'"):
        check_projection("median")
    with pytest.raises(ArgumentError, match="did you mean 'max'"):
        TileSpec(16, z="maxi")


def test_steps_that_were_never_acquired_take_no_part(tmp_path: Path) -> None:
    """A channel of one plane beside stacks of three is that plane in every projection, in tiles too."""
    layout = FieldLayout(1, 2, 3, 32, 32, "uint16")
    pixels = RNG.integers(100, 900, (2, 3, 32, 32), dtype="uint16")
    pixels[1, [0, 2]] = 0
    never = frozenset({Step(1, 0, 0), Step(1, 0, 2)})
    spec = plate_spec(layout=layout, missing={}, never_acquired=never, fields={"A01": (1,)})
    plate = create_plate(tmp_path / "P1.ome.zarr", spec, lambda well, number: pixels)
    stored = plate["A01"][1].stored
    for z in ("max", "mean", "best-focus"):
        both, taken = project(stored, 0, [0, 1], z, never)
        assert np.array_equal(both[1], pixels[1, 1])
        assert np.array_equal(both[0], folded(z, pixels[0]).plane())
        tiles = create_tiles([plate], tmp_path / z, TileSpec(32, z=z), workers=1)
        assert np.array_equal(np.moveaxis(tiles.read(0, 1)[0], -1, 0), both)
        assert taken == ((folded(z, pixels[0]).taken, 1) if z == "best-focus" else (None, None))
        assert list(tiles.index.get("z", ["None, None"])) == [", ".join(map(str, taken))]
        lazy = plate.tiles(32, z=z).transpose("tile", "channel", "y", "x")
        assert np.array_equal(lazy.values[0], both)


def test_tiles_of_the_maximum_are_described_as_before() -> None:
    """Tile sets that were stored before there was a choice are still the same."""
    assert "z" not in TileSpec(16).to_json()
    assert TileSpec(**TileSpec(16, z="mean").to_json()) == TileSpec(16, z="mean")
