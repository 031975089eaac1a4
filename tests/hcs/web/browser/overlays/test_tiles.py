"""Where tiles lie: the pixels of a tile's rectangle are those that the stored tile shows."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from tests.hcs.measure.conftest import WELLS

from hcs.web.browser.overlays.tiles import tile_area
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.wells import FORMATS

HEIGHT, WIDTH = 100, 130


def weights(start: float, length: float, side: int) -> npt.NDArray[np.float64]:
    """Share of each pixel along a side that lies in a stretch of it."""
    edges = np.clip(np.arange(side + 1), start, start + length)
    return np.asarray(np.diff(edges))


@pytest.mark.parametrize("grid", [1, 3])
def test_the_mean_of_the_rectangle_is_the_mean_of_the_tile(tmp_path: Path, grid: int) -> None:
    """On fields whose sides no tile divides, too, to the rounding of grey levels."""
    rng = np.random.default_rng(5)
    ramp = np.add.outer(np.arange(HEIGHT) * 90.0, np.arange(WIDTH) * 250.0)
    image = (ramp + rng.integers(0, 9000, (1, HEIGHT, WIDTH))).astype("uint16")
    spec = PlateSpec(
        name="P1",
        format=FORMATS[24],
        channels=(Channel("FITC"),),
        layout=FieldLayout(1, 1, 1, HEIGHT, WIDTH, "uint16"),
        fields={"A01": (1,)},
        wells=WELLS.iloc[:1],
    )
    plate = create_plate(tmp_path / "P1.ome.zarr", spec, lambda well, number: image)
    tiles = create_tiles([plate], tmp_path / "tiles.zarr", TileSpec(size=32, grid=grid))
    assert len(tiles) == grid**2
    for tile, stored in zip(tiles.index["tile"], tiles.read(0, len(tiles)), strict=True):
        area = tile_area(int(tile), grid, HEIGHT, WIDTH)
        down, across = weights(area.y, area.height, HEIGHT), weights(area.x, area.width, WIDTH)
        mean = down @ image[0] @ across / (area.width * area.height)
        assert stored.mean() == pytest.approx(mean, abs=0.5)
