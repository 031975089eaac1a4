"""Images as readers see them: grey levels by one scale, and PNG files that are all of one size.

A compressed picture is the larger the more there is to see in it, so the size of its file, and the time it
takes to arrive, tell something of the cells. Stored without compression every picture takes the same number
of bytes (RFC 1951, 3.2.4: stored blocks), and none but the chunks that PNG demands are written.
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.figures.composite import composite
from hcs.study.folder import StudyResults
from hcs_models.preprocessing import Preprocessing, rescale_intensity
from hcs_plates.errors import ArgumentError, nearest

PLATE, PACK, IMAGE = "plate", "pack", "image"
SCALES = (PLATE, PACK, IMAGE)
SHOWN_SIDE = 512
"""Small images are shown this large or nearly so, each pixel as a whole number of the screen's."""
Window = tuple[float, float]


@dataclass(frozen=True)
class Scale:
    """Which grey levels of an image are black and white.

    Parameters
    ----------
    name
        ``plate``: one scale a plate, so that staining and exposure of plates differ less to the eye;
        ``pack``: one for all images; ``image``: each image its own, as the network is shown it.
    windows
        By plate, the levels that become 0 and 255, a pair a channel; empty where each image has its own.
    percentiles
        Of grey levels, which become 0 and 255.
    """

    name: str
    windows: Mapping[str, tuple[Window, ...]]
    percentiles: Window

    @classmethod
    def of(cls, study: StudyResults, name: str) -> "Scale":
        """Find the scale of a study's images, from one tile of every well of its plates, whatever its class.

        Raises
        ------
        ArgumentError
            No such scale.
        """
        percentiles = Preprocessing().percentiles
        if name not in SCALES:
            raise ArgumentError(f"--scale {name!r} is not known; {nearest(name, SCALES)}")
        if name == IMAGE:
            return cls(name, {}, percentiles)
        tiles = study.tiles
        index = tiles.index.assign(row=np.arange(len(tiles)))
        middle = index.groupby(["plate", "well"])["row"].agg(lambda rows: rows.iloc[len(rows) // 2])
        pixels = {
            str(plate): np.stack([tiles.read(row, row + 1)[0] for row in rows])
            for plate, rows in middle.groupby("plate")
        }
        if name == PACK:
            window = _window(np.concatenate(list(pixels.values())), percentiles)
            return cls(name, dict.fromkeys(pixels, window), percentiles)
        return cls(name, {plate: _window(own, percentiles) for plate, own in pixels.items()}, percentiles)

    def picture(self, pixels: npt.NDArray[Any], row: pd.Series) -> npt.NDArray[np.uint8]:
        """Give an image as it is shown.

        Parameters
        ----------
        pixels
            Array of shape (y, x, channel).
        row
            The image's row; its plate decides.

        Returns
        -------
        uint8 array of shape (y, x), or (y, x, 3) of two or three channels
        """
        if self.name == IMAGE:
            return composite(rescale_intensity(pixels[None])[0])
        windows = self.windows[str(row["plate"])]
        levels = [
            rescale_intensity(pixels[None, ..., place : place + 1], Preprocessing(window=window))[0]
            for place, window in enumerate(windows)
        ]
        return composite(np.concatenate(levels, axis=-1))


def _window(pixels: npt.NDArray[Any], percentiles: Window) -> tuple[Window, ...]:
    """Grey levels that become 0 and 255, by channel; a channel without contrast has one level more."""
    low, high = np.percentile(pixels, percentiles, axis=(0, 1, 2))
    return tuple(
        (float(dark), float(bright if bright > dark else dark + 1.0))
        for dark, bright in zip(low, high, strict=True)
    )


def png(picture: npt.NDArray[np.uint8]) -> bytes:
    """Write a picture as PNG (ISO/IEC 15948) without compression and without a word beside the pixels.

    Parameters
    ----------
    picture
        uint8 array of shape (y, x) or (y, x, 3).

    Returns
    -------
    bytes
        As many for every picture of one shape.

    Examples
    --------
    >>> black, noise = np.zeros((9, 9), np.uint8), np.arange(81, dtype=np.uint8).reshape(9, 9)
    >>> len(png(black)) == len(png(noise))
    True
    """
    height, width = picture.shape[:2]
    lines = np.zeros((height, 1 + picture[0].size), dtype=np.uint8)
    lines[:, 1:] = picture.reshape(height, -1)
    head = struct.pack(">IIBBBBB", width, height, 8, 0 if picture.ndim == 2 else 2, 0, 0, 0)
    parts = (b"IHDR", head), (b"IDAT", zlib.compress(lines.tobytes(), level=0)), (b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
        for kind, body in parts
    )
