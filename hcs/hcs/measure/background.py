"""The local background of a picture, and taking it off."""

from math import isfinite

import cv2
import numpy as np

from hcs.measure.pictures import Image, Picture, disc
from hcs_plates.errors import ArgumentError


def subtract_background(image: Picture, radius_px: float) -> Image:
    """Subtract what varies slowly: haze and uneven background, but not the objects.

    The background is a grey-scale opening with a disc (the flat relative of the rolling ball: Sternberg, IEEE
    Computer 1983), taken on a reduced and lightly smoothed picture where the disc has a radius of 8 pixels,
    then smoothed and enlarged. An opening is a local maximum of local minima, and so lies below the mean of a
    noisy background: by 0.4 SD of a pixel's noise at a radius of 10 pixels or less, by less at larger ones.
    Within a radius or two of the border it does not follow a slope.

    Parameters
    ----------
    image
        Array of shape (y, x), grey levels.
    radius_px
        Radius of the disc, pixels; larger than the half-width of any object, or it is taken for background.

    Returns
    -------
    array of shape (y, x)
        Grey levels above the background; noise leaves some below 0, and they are kept.

    Raises
    ------
    ArgumentError
        A radius below 1, or what is not a picture.

    Examples
    --------
    >>> ramp = np.linspace(100, 200, 128, dtype=np.float32)[None, :].repeat(128, axis=0)
    >>> ramp[60:64, 60:64] += 50
    >>> bool(abs(subtract_background(ramp, 20)[61, 61] - 50) < 3)
    True
    """
    if image.ndim != 2 or not image.size:
        raise ArgumentError(f"The image has shape {image.shape}; give an array of shape (y, x).")
    if not isfinite(radius_px) or radius_px < 1:
        raise ArgumentError(f"radius_px is {radius_px}; give a radius of 1 pixel or more.")
    levels: Image = image.astype(np.float32)
    height, width = levels.shape
    shrink = max(1.0, radius_px / 8)
    size = (max(1, round(width / shrink)), max(1, round(height / shrink)))
    small = cv2.resize(levels, size, interpolation=cv2.INTER_AREA)
    small = cv2.GaussianBlur(small, (0, 0), 1.0)
    reach = max(1, round(radius_px / shrink))
    small = cv2.morphologyEx(small, cv2.MORPH_OPEN, disc(reach + 0.5), borderType=cv2.BORDER_REPLICATE)
    small = cv2.GaussianBlur(small, (0, 0), reach / 2, borderType=cv2.BORDER_REPLICATE)
    background = cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)
    levels -= background
    return levels
