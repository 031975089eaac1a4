"""Tiles as pictures: what the network is shown, for eyes."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_models.preprocessing import Preprocessing, rescale_intensity
from hcs_plates.tiles import TileSet


def tile_picture(
    tiles: TileSet, row: int, preprocessing: Preprocessing | None = None
) -> npt.NDArray[np.uint8]:
    """Give the tile at a row of the index as the network sees it: rescaled between its own percentiles.

    An array of shape (y, x), grey, for one channel; for two or three of shape (y, x, 3), red, green and blue,
    as the network's planes.
    """
    return eight_bit(rescale_intensity(tiles.read(row, row + 1), preprocessing or Preprocessing())[0])


def eight_bit(scaled: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Round a scaled tile, array of shape (y, x, channel), to a picture.

    Examples
    --------
    >>> eight_bit(np.array([[[0.4], [254.6]]])).tolist()
    [[0, 255]]
    >>> eight_bit(np.array([[[10.0, 20.0]]])).tolist()
    [[[10, 20, 0]]]
    """
    levels = np.clip(np.rint(scaled), 0, 255).astype(np.uint8)
    if levels.shape[-1] == 1:
        return np.asarray(levels[..., 0])
    colour = np.zeros((*levels.shape[:2], 3), dtype=np.uint8)
    colour[..., : levels.shape[-1]] = levels
    return colour
