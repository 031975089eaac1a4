"""Tiles are read with proof that they are their index's."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from hcs_models.pixels import open_verified, read_verified
from hcs_plates.errors import StoreError
from hcs_plates.tiles import TileSet


def test_rows_and_pixels_belong_together(tiles: TileSet) -> None:
    """A span gives its own rows of the index and their pixels, opened here or by path."""
    index, pixels = read_verified(tiles, 5, 9)
    assert index["tile_id"].tolist() == tiles.index["tile_id"].tolist()[5:9]
    np.testing.assert_array_equal(pixels, tiles.read(0, 20)[5:9])
    np.testing.assert_array_equal(open_verified(tiles.path, 5, 9)[1], pixels)


def test_all_changed_tiles_are_named(make_tiles: Any, tmp_path: Path) -> None:
    """Two tiles overwritten, two faults, each with its id."""
    tiles = make_tiles(tmp_path)
    array = zarr.open_array(tiles.path / "tiles", mode="r+")
    array[2], array[6] = 0, 1
    with pytest.raises(StoreError) as refusal:
        read_verified(tiles, 0, 20)
    assert [fault.split()[4] for fault in refusal.value.faults] == ["P1/A01/1/2", "P1/A02/1/2"]
