"""Tile galleries: small pictures with captions, inlined so that a page carries them itself."""

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs.figures.scalebar import with_scale_bar
from hcs_plates.errors import ArgumentError

LARGEST_SIDE = 320
"""Longer pictures are reduced (area average) to this side, pixels."""

WEBP_QUALITY = 90


@dataclass(frozen=True)
class GalleryTile:
    """A picture and what stands under it.

    Parameters
    ----------
    image
        uint8 array of shape (y, x), or (y, x, 3) in RGB order.
    caption
        Clone, well, label and score, as text.
    kind
        Heading under which the tile stands: tiles of one kind are shown together.
    pixel_um
        Side of the picture's pixels, µm, for its scale bar; None where it is not known.
    """

    image: npt.NDArray[np.uint8]
    caption: str
    kind: str = ""
    pixel_um: float | None = None


@dataclass(frozen=True)
class GalleryItem:
    """A tile as a page needs it: the picture as a ``data:`` address."""

    source: str
    caption: str
    width: int
    height: int


def encode_tile(image: npt.NDArray[Any]) -> str:
    """Encode a picture as a ``data:`` address of WebP, quality 90.

    Parameters
    ----------
    image
        uint8 array of shape (y, x) or (y, x, 3) in RGB order.

    Raises
    ------
    ArgumentError
        Another type or shape.

    Examples
    --------
    >>> encode_tile(np.zeros((4, 4), np.uint8))[:23]
    'data:image/webp;base64,'
    >>> encode_tile(np.zeros((4, 4), np.uint16))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: A tile to draw is uint8, (y, x) or (y, x, 3), not uint16 of shape (4, 4).
    """
    import cv2

    check_picture(image)
    image = reduced(image, LARGEST_SIDE)
    ordered = image if image.ndim == 2 else image[..., ::-1]
    settings = [cv2.IMWRITE_WEBP_QUALITY, WEBP_QUALITY]
    done, data = cv2.imencode(".webp", np.ascontiguousarray(ordered), settings)
    if not done:
        raise ArgumentError(f"A tile of shape {image.shape} could not be encoded as WebP.")
    return f"data:image/webp;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"


def check_picture(picture: npt.NDArray[Any]) -> None:
    """Refuse an array that is no picture of 8 bits, grey or RGB."""
    if picture.dtype != np.uint8 or picture.size == 0 or not (picture.ndim == 2 or picture.shape[2:] == (3,)):
        raise ArgumentError(
            f"A tile to draw is uint8, (y, x) or (y, x, 3), not {picture.dtype} of shape {picture.shape}."
        )


def reduced(image: npt.NDArray[Any], longest: int) -> npt.NDArray[Any]:
    """Reduce a picture or map so that no side is longer, by area averages."""
    import cv2

    scale = longest / max(image.shape[:2])
    if scale >= 1:
        return image
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    kept = image if image.dtype == np.uint8 else image.astype(np.float64)
    return np.asarray(cv2.resize(kept, size, interpolation=cv2.INTER_AREA))


def barred(tile: GalleryTile) -> npt.NDArray[np.uint8]:
    """Give a tile's picture as it is shown, with its scale bar."""
    check_picture(tile.image)
    small = reduced(tile.image, LARGEST_SIDE)
    smaller = tile.image.shape[1] / small.shape[1]
    return with_scale_bar(small, None if tile.pixel_um is None else tile.pixel_um * smaller)


def gallery_items(tiles: Iterable[GalleryTile]) -> dict[str, list[GalleryItem]]:
    """Encode tiles, sorted under their kinds in the order in which the kinds first appear.

    Parameters
    ----------
    tiles
        The tiles, in the order to show them.
    """
    kinds: dict[str, list[GalleryItem]] = {}
    for tile in tiles:
        height, width = tile.image.shape[:2]
        item = GalleryItem(encode_tile(barred(tile)), tile.caption, int(width), int(height))
        kinds.setdefault(tile.kind, []).append(item)
    return kinds
