"""Quality of fluorescence fields: out of focus, empty, saturated, debris; measured, then judged by limits.

A field that is judged unfit keeps its row and gets a reason; what to leave out is decided later, in sight.
"""

from math import isfinite, log10, nan, pi, sqrt
from typing import Any

import cv2
import numpy as np

from hcs.measure.background import subtract_background
from hcs.measure.gaps import fill_gaps
from hcs.measure.illumination import NOISE_KERNEL
from hcs.measure.pictures import Image, Mask, Picture
from hcs_plates.errors import ArgumentError

MEASURES = ("focus", "saturated_share", "foreground_share", "debris_share", "mean", "p1", "p99")
MIN_SIDE = 32
SHRINK = 4
"""Pixels to a side of the reduced picture's pixel, in which foreground and debris are looked for."""
NOISE_FINE, NOISE_COARSE = 0.03576, 0.00795
"""Variance that white noise of variance 1 leaves in the two bands of `_focus`."""
REACH = 18
"""Pixels that the filters of `_focus` reach."""
FOREGROUND_SD = 6.0
PILE = 8
"""Fewest pixels at the highest level that can be a detector's ceiling below the type's."""


def measure_quality(
    image: Picture, *, debris_px: float = 45.0, covered: Mask | None = None
) -> dict[str, float]:
    """Measure what tells a good field from a bad one.

    ``focus`` is a log-log slope of the power spectrum (Bray et al., J Biomol Screen 2012;17:266): log10 of
    the power between Gaussians of SD 1 and 2 pixels over that between 2 and 4. White noise, known from the
    finest differences between pixels (Immerkær, Comput Vis Image Underst 1996), is taken off both: the score
    tells how sharp a field is, and little of how much it shows or of the camera.

    ``saturated_share``: pixels at the highest level, where that is the type's largest value or more pixels
    lie there than within 1 % below it, as with 12-bit data in 16 bits; else 0. ``foreground_share``: 4 × 4
    pixel blocks more than 6 SD of the noise above the local background. ``debris_share``: of that what lies
    in objects wider than any cell (equivalent diameter at least `debris_px`), compact (0.7 of their enclosing
    circle) and five times as bright as the median foreground.

    Parameters
    ----------
    image
        Array of shape (y, x), raw grey levels, 32 pixels or more a side.
    debris_px
        Least diameter of debris, pixels: twice that of a soma.
    covered
        Array of shape (y, x): where the picture shows anything (`hcs.measure.gaps`); all of it if None.

    Returns
    -------
    dict
        `MEASURES`; ``mean``, ``p1`` and ``p99`` in grey levels. Focus is NaN where no structure stands clear
        of the noise.

    Raises
    ------
    ArgumentError
        What is not a picture of finite levels, or is too small.

    Examples
    --------
    >>> full = measure_quality(np.full((64, 64), 255, np.uint8))
    >>> full["focus"], full["saturated_share"], full["foreground_share"]
    (nan, 1.0, 0.0)
    """
    if image.ndim != 2 or min(image.shape) < MIN_SIDE:
        raise ArgumentError(
            f"The image has shape {image.shape}; give an array (y, x) of {MIN_SIDE} pixels or more a side."
        )
    levels = image.astype(np.float32)
    seen, lights, part = image, levels, 1.0
    if covered is not None:
        seen, lights, part = image[covered], levels[covered], float(covered.mean())
    mean = float(lights.mean(dtype=np.float64))
    if not isfinite(mean):
        raise ArgumentError("The image has levels that are not finite; give the raw grey levels.")
    if not isfinite(debris_px) or debris_px <= 0:
        raise ArgumentError(f"debris_px is {debris_px}; give a diameter above 0.")
    if covered is not None:
        levels = fill_gaps(image, covered)
    noise = np.abs(cv2.filter2D(levels, -1, NOISE_KERNEL))
    foreground, debris = _objects(levels, noise, debris_px)
    low, high = _percentiles(seen, (1, 99))
    return {
        "focus": _focus(levels, np.square(noise, out=noise), covered),
        "saturated_share": _saturated(seen, lights),
        "foreground_share": min(1.0, foreground / part),
        "debris_share": min(1.0, debris / part),
        "mean": mean,
        "p1": low,
        "p99": high,
    }


def _focus(levels: Image, squares: Image, covered: Mask | None) -> float:
    """Log10 of the power between SD 1 and 2 pixels over that between 2 and 4, both without noise.

    Of a picture that is covered in part, where no gap is within reach; `squares` are those of the noise.
    """
    away = None
    if covered is not None:
        away = cv2.erode(covered.astype(np.uint8), np.ones((2 * REACH + 1, 2 * REACH + 1), np.uint8))
        if not away.any():
            return nan
    noise = float((squares if away is None else squares[away > 0]).mean(dtype=np.float64))
    one = cv2.GaussianBlur(levels, (7, 7), 1.0)
    two = cv2.GaussianBlur(one, (11, 11), sqrt(3.0))
    # What is smooth at 2 pixels loses nothing at half the resolution, and is far quicker to smooth there.
    half = cv2.resize(two, (levels.shape[1] // 2, levels.shape[0] // 2), interpolation=cv2.INTER_AREA)
    four = cv2.GaussianBlur(half, (11, 11), 1.7)
    small = away if away is None else cv2.resize(away, half.shape[::-1], interpolation=cv2.INTER_NEAREST)
    fine = _power(one, two, away) - NOISE_FINE * noise
    coarse = _power(half, four, small) - NOISE_COARSE * noise
    # SD of the noise's own power in the fine band, from the number of independent places there, and the
    # rounding of single precision.
    size = levels.size if away is None else np.count_nonzero(away)
    doubt = NOISE_FINE * noise * sqrt(2 * 25 / size) + (1e-6 * float(levels.max())) ** 2
    # Sharp fields have some 0.4 of the coarse power in the fine band; with less than 3 SD it cannot be told.
    if coarse <= 0 or 0.4 * coarse < 3 * doubt:
        return nan
    return log10(max(fine, doubt, 1e-6 * coarse) / coarse)


def _power(image: Image, other: Image, mask: Any) -> float:
    """Mean square of the difference of two pictures, where a mask (if any) is not 0."""
    size = image.size if mask is None else np.count_nonzero(mask)
    return float(cv2.norm(image, other, cv2.NORM_L2SQR, mask)) / max(1, size)


def _saturated(image: Picture, levels: Image) -> float:
    """Share of pixels at the ceiling."""
    floor, top = image.min(), image.max()
    count = int(np.count_nonzero(image == top))
    if np.issubdtype(image.dtype, np.integer) and top == np.iinfo(image.dtype).max:
        return count / image.size
    lowest = np.float32(float(top) - 0.01 * (float(top) - float(floor)))
    near = int(np.count_nonzero(levels >= lowest)) - count
    return count / image.size if floor < top and count >= PILE and count > near else 0.0


def _percentiles(image: Picture, percents: tuple[float, ...]) -> tuple[float, ...]:
    """Percentiles as NumPy interpolates them, from a histogram where the type allows one."""
    if image.dtype not in (np.uint8, np.uint16):
        return tuple(float(value) for value in np.percentile(image, percents))
    size = np.iinfo(image.dtype).max + 1
    histogram = cv2.calcHist([np.ascontiguousarray(image)], [0], None, [size], [0, size])
    below = np.cumsum(histogram.ravel().astype(np.int64))
    values = []
    for percent in percents:
        rank = percent / 100 * (image.size - 1)
        first, second = np.searchsorted(below, [int(rank), min(int(rank) + 1, image.size - 1)], side="right")
        values.append(float(first + (rank - int(rank)) * (second - first)))
    return tuple(values)


def _objects(levels: Image, noise: Image, debris_px: float) -> tuple[float, float]:
    """Shares of the picture that are foreground, and debris."""
    size = (levels.shape[1] // SHRINK, levels.shape[0] // SHRINK)
    small = cv2.resize(levels, size, interpolation=cv2.INTER_AREA)
    small = subtract_background(small, max(2.0, min(size) / 8))
    low, quarter = np.percentile(small, (5, 25))
    # Of normal noise the 5th and 25th percentiles lie 0.971 SD apart, and the middle 0.674 SD above the 25th.
    camera = float(np.median(noise[::4, ::4])) / 0.6745 / SHRINK
    spread = max(camera, float(quarter - low) / 0.971)
    small -= np.float32(quarter + 0.674 * spread)
    foreground = small > FOREGROUND_SD * spread
    share = float(foreground.mean())
    if not foreground.any():
        return share, 0.0
    # The largest object must not set the level that it is judged by.
    brightest = _compact(small > small.max() / 2, debris_px).astype(np.uint8)
    rest = foreground & (cv2.dilate(brightest, np.ones((9, 9), np.uint8)) == 0)
    usual = float(np.median(small[rest])) if rest.any() else 2 * spread
    return share, float(_compact(small > 5 * usual, debris_px).mean())


def _compact(mask: Mask, debris_px: float) -> Mask:
    """Keep the objects of a reduced mask that are as wide as debris and compact."""
    # Opened, so that a neurite that touches debris does not make it look branched.
    opened = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8))
    _, labels, table, _ = cv2.connectedComponentsWithStats(opened)
    kept = np.zeros(len(table), dtype=bool)
    least = pi / 4 * (debris_px / SHRINK) ** 2
    for number in range(1, len(table)):
        left, top, width, height, area = table[number]
        if area >= least:
            part = (labels[top : top + height, left : left + width] == number).astype(np.uint8)
            outlines, _ = cv2.findContours(part, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
            _, radius = cv2.minEnclosingCircle(np.concatenate(outlines))
            kept[number] = area >= 0.7 * pi * (radius + 0.5) ** 2
    return np.asarray(kept[labels])
