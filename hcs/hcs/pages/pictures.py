"""Tiles as pictures: what the network is shown, for eyes."""

import numpy as np
import numpy.typing as npt

from hcs.figures.composite import composite
from hcs_models.preprocessing import Preprocessing, rescale_intensity
from hcs_plates.tiles import TileSet


def tile_picture(
    tiles: TileSet, row: int, preprocessing: Preprocessing | None = None
) -> npt.NDArray[np.uint8]:
    """Give the tile at a row of the index as the network sees it: rescaled between its own percentiles.

    An array of shape (y, x), grey, for one channel; for two or three of shape (y, x, 3), the channels in the
    colours of `hcs.figures.composite`.
    """
    return composite(rescale_intensity(tiles.read(row, row + 1), preprocessing or Preprocessing())[0])
