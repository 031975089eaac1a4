"""Reading tiles with proof that they are the ones their index describes.

A Zarr array gives zeros for a shard that is gone, and whatever it holds for one that was changed; both would
become features and measurements of nothing. Every reader of this floor goes through here.
"""

from pathlib import Path
from typing import Any

import numpy.typing as npt
import pandas as pd

from hcs_plates.errors import StoreError
from hcs_plates.tiles import TileSet
from hcs_plates.units import pixel_digest


def read_verified(tiles: TileSet, start: int, stop: int) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    """Read tiles start … stop-1 and hold each against its digest.

    Parameters
    ----------
    tiles
        Stored tiles.
    start, stop
        Rows of the index.

    Returns
    -------
    index
        These rows of `TileSet.index`.
    pixels
        Array of shape (n, y, x, channel).

    Raises
    ------
    StoreError
        Pixels that are not those the index was written for; every such tile is named.
    """
    rows = tiles.index.iloc[start:stop]
    pixels = tiles.read(start, stop)
    changed = [
        f"the pixels of tile {tile_id} are not those its index describes; make the tiles again"
        for tile_id, expected, tile in zip(rows["tile_id"], rows["digest"], pixels, strict=True)
        if pixel_digest(tile) != expected
    ]
    if changed:
        raise StoreError(tiles.path, changed)
    return rows, pixels


def open_verified(path: Path, start: int, stop: int) -> tuple[pd.DataFrame, npt.NDArray[Any]]:
    """Do `read_verified` on tiles named by their path, as a worker process has them."""
    return read_verified(TileSet.open(path), start, stop)
