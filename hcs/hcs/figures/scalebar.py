"""Scale bars on micrographs: a round length that takes about a fifth of the picture, and what it is."""

from functools import cache
from math import floor, log10
from typing import Any

import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]

UNKNOWN = "pixel size not known"
SHARE = 0.22
"""Longest part of a picture's width that its bar takes."""


def bar_length(width_um: float) -> float:
    """Round length (1, 2 or 5 and noughts, µm) for a picture of a width in µm.

    Examples
    --------
    >>> bar_length(666), bar_length(83.2), bar_length(3.1)
    (100.0, 10.0, 0.5)
    """
    most = SHARE * width_um
    power = 10.0 ** floor(log10(most))
    return max(step * power for step in (1, 2, 5) if step * power <= most)


def with_scale_bar(picture: Pixels, pixel_um: float | None) -> Pixels:
    """Draw a scale bar at the lower right, white within black, or say that the pixel size is not known.

    Parameters
    ----------
    picture
        uint8 array of shape (y, x), or (y, x, 3) in RGB order, as it will be seen: bars are drawn last, after
        a picture was made smaller.
    pixel_um
        Side of one of *its* pixels, µm; None where it is not known.

    Returns
    -------
    array of the same shape
        Another one; pictures less than 48 pixels wide have no room for a bar and stay as they are.

    Examples
    --------
    >>> black = np.zeros((100, 200), np.uint8)
    >>> drawn = with_scale_bar(black, 0.5)
    >>> row = drawn[drawn.max(axis=1).nonzero()[0][-1] - 1]
    >>> int((row == 255).sum()), "20 µm"
    (40, '20 µm')
    """
    from PIL import Image, ImageDraw

    height, width = picture.shape[:2]
    if min(height, width) < 48:
        return picture
    image = Image.fromarray(np.ascontiguousarray(picture))
    draw = ImageDraw.Draw(image)
    ink: Any = (255, 255, 255) if picture.ndim == 3 else 255
    edge: Any = (0, 0, 0) if picture.ndim == 3 else 0
    size = max(10, min(height, width) // 32)
    away, thick = max(3, min(height, width) // 40), max(2, size // 5)
    right, bottom = width - 1 - away, height - 1 - away
    look: dict[str, Any] = {
        "font": _font(size),
        "fill": ink,
        "stroke_width": 1 + size // 24,
        "stroke_fill": edge,
    }
    if pixel_um is None:
        draw.text((right, bottom), UNKNOWN, anchor="rd", **look)
        return np.asarray(image)
    length = bar_length(width * pixel_um)
    left = right - round(length / pixel_um) + 1
    rim = max(1, thick // 3)
    draw.rectangle((left - rim, bottom - thick + 1 - rim, right + rim, bottom + rim), fill=edge)
    draw.rectangle((left, bottom - thick + 1, right, bottom), fill=ink)
    said = f"{length:g} µm"
    middle = min((left + right) / 2, width - 2 - draw.textlength(said, font=look["font"]) / 2)
    draw.text((middle, bottom - thick - rim - 1), said, anchor="md", **look)
    return np.asarray(image)


@cache
def _font(size: int) -> Any:
    """Give the letters of the figures, which have the sign µ."""
    import matplotlib
    from PIL import ImageFont

    return ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size)
