"""Files beside TIFFs that hold planes, by their endings; PNG and JPEG: their headers, and their pixels.

Pillow opens them; it reads a header first and pixels when asked. Colour is refused as it is of TIFFs: which
of three numbers is a pixel's grey level, nobody says.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ReaderError
from hcs_plates.readers.metamorph import stk_kind, stk_plane
from hcs_plates.readers.pixels import Decode, tiff_page

PICTURES = frozenset({".png", ".jpg", ".jpeg"})
LOSSY = frozenset({".jpg", ".jpeg"})
_TYPES = {"L": "uint8", "P": "uint8", "I;16": "uint16", "I;16B": "uint16"}
"""Pixel types by Pillow's modes; a palette must be the grey levels themselves."""


def picture_kind(path: Path) -> tuple[tuple[int, int], str]:
    """Read height, width and pixel type from a picture's header.

    Raises
    ------
    ReaderError
        It is a colour image, or of one bit a pixel.
    Exception
        Whatever Pillow raises for a file that it cannot read.
    """
    from PIL import Image

    with Image.open(path) as image:
        if image.mode not in _TYPES:
            raise ReaderError(
                path,
                f"is an image of kind {image.mode} (colour, or one bit a pixel); export 8 or 16 bits of grey",
            )
        if image.mode == "P" and image.getpalette() != [level for level in range(256) for _ in "RGB"]:
            raise ReaderError(
                path, "has a palette that is not plain grey levels; export grey levels without one"
            )
        return (image.height, image.width), _TYPES[image.mode]


def picture_page(path: Path, page: int) -> npt.NDArray[Any]:
    """Read the pixels of a picture, which has one page."""
    from PIL import Image

    if page:
        raise ValueError(f"it has one image, not {page + 1}")
    with Image.open(path) as image:
        return np.asarray(image).astype(_TYPES[image.mode])


KINDS: Mapping[str, Callable[[Path], tuple[Any, ...]]] = {
    **dict.fromkeys(PICTURES, picture_kind),
    ".stk": stk_kind,
}
"""What reads the header of a file that is no plain TIFF, by ending; gives the parts of a `Header`."""

DECODERS: Mapping[str, Decode] = {**dict.fromkeys(PICTURES, picture_page), ".stk": stk_plane}


def decoder_of(path: Path) -> Decode:
    """Say how the images of a file are read, by its ending."""
    return DECODERS.get(path.suffix.lower(), tiff_page)


def lossy_note(paths: list[Path]) -> list[str]:
    """Say that images are JPEGs, whose numbers are not the camera's."""
    lossy = sum(path.suffix.lower() in LOSSY for path in paths)
    if not lossy:
        return []
    return [
        f"{lossy} images are JPEGs: their compression changed the camera's numbers, fine texture most; "
        "export TIFF or PNG where you can."
    ]
