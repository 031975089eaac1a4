"""Nuclei: find, split and count the cell nuclei of one field from a nuclear stain.

A difference of Gaussians makes each nucleus one or a few hills. Neighbouring hills are merged while their
union looks like one nucleus. Each nucleus then ends where its light has fallen to half.
"""

from dataclasses import dataclass
from math import ceil, isfinite, pi, sqrt
from typing import Any

import cv2
import numpy as np
from scipy import ndimage
from skimage.filters import threshold_otsu

from hcs.measure.hills import (
    Hills,
    climb,
    ellipse_of,
    fill_holes,
    in_raster_order,
    moments_of,
    trim,
)
from hcs.measure.limits import ABOVE_0, BELOW_1, FROM_0
from hcs.measure.pictures import Image, Labels, Mask, Picture, checked_plane
from hcs_plates.errors import ArgumentError

NOMINAL_UM, NOMINAL_PX = 12.0, 18.0
"""Diameter of a nucleus where nothing tells it, and of nuclei at the scale the work is done at."""
FINEST_PX, COARSEST_PX = 9.0, 25.0
"""Images with smaller or larger nuclei are resampled."""
NARROW, WIDE = 0.1, 0.2
"""Standard deviations of the two Gaussians, in diameters."""
NOISE_SD = 6.0
"""Height of the lowest hill, in standard deviations of the noise; a million pixels of noise reach 5."""
LEAST_SKEW = 0.5
"""Skewness of the difference of Gaussians from which on a field holds more than noise."""
BACKGROUND_REACH = 15
"""Side, in diameters, of the window whose lowest place is background; aggregates are smaller."""


@dataclass(frozen=True)
class NucleiSpec:
    """What counts as a nucleus.

    Parameters
    ----------
    diameter_um
        Diameter of a typical nucleus; 12 µm fits neurons. A fixed number keeps fields comparable; None
        estimates it from each image.
    min_area_um2
        Smallest area of a nucleus; what is smaller is debris.
    min_contrast
        Contrast of the faintest nucleus as a share of that of the field's typical one, below 1.
    splitting
        1 splits as tuned; above 1, touching nuclei are split more readily, below 1 less.

    Raises
    ------
    ArgumentError
        A number that means nothing.

    Examples
    --------
    >>> NucleiSpec(diameter_um=0)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: NucleiSpec.diameter_um is 0; give a finite number above 0.
    """

    diameter_um: float | None = NOMINAL_UM
    min_area_um2: float = 25.0
    min_contrast: float = 0.2
    splitting: float = 1.0

    def __post_init__(self) -> None:
        ABOVE_0.check(self, "diameter_um", "splitting")
        FROM_0.check(self, "min_area_um2")
        BELOW_1.check(self, "min_contrast")


def segment_nuclei(image: Picture, pixel_um: float | None, spec: NucleiSpec | None = None) -> Labels:
    """Segment the nuclei of one field; of two less than about half a diameter apart, one is seen.

    Parameters
    ----------
    image
        Array of shape (y, x), a nuclear stain; any level of background, raw or corrected for illumination.
    pixel_um
        Side of a pixel, µm. With None the nuclei's diameter is estimated from the image and taken to be
        `diameter_um`, which fixes the other sizes.
    spec
        What counts as a nucleus; None is `NucleiSpec()`.

    Returns
    -------
    array of shape (y, x), int32
        0 is background; nuclei are 1 … n in the order of their first pixel, each in one piece. Nuclei cut by
        the border are there as well; `centred_in_field` says which to count.

    Raises
    ------
    ArgumentError
        An image that is not 2-D or not finite, a pixel size that means nothing, nuclei below 3 pixels.

    Examples
    --------
    >>> y, x = np.mgrid[:64, :64]
    >>> field = 100 + 900 * (np.hypot(y - 32, x - 24) < 9) + 900 * (np.hypot(y - 32, x - 41) < 9)
    >>> int(segment_nuclei(field, 0.65).max())
    2
    """
    spec = spec or NucleiSpec()
    levels = checked_plane(image)
    if pixel_um is not None and not (isfinite(pixel_um) and pixel_um > 0):
        raise ArgumentError(f"pixel_um is {pixel_um}; give a finite number above 0, or None if unknown.")
    if levels.min() == levels.max():
        return np.zeros(levels.shape, np.int32)
    if pixel_um is None or spec.diameter_um is None:
        diameter = _estimate_diameter(levels, NOMINAL_UM / pixel_um if pixel_um else NOMINAL_PX)
    else:
        diameter = spec.diameter_um / pixel_um
    pixel_um = pixel_um or (spec.diameter_um or NOMINAL_UM) / diameter
    if diameter < 3:
        raise ArgumentError(
            f"Nuclei are {diameter:.2g} pixels across at {pixel_um:g} µm per pixel; at least 3 are needed."
        )
    scale = 1.0 if FINEST_PX <= diameter <= COARSEST_PX else NOMINAL_PX / diameter
    height, width = levels.shape
    if scale != 1.0:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        way = cv2.INTER_AREA if scale < 1 else cv2.INTER_CUBIC
        levels = cv2.resize(levels, size, interpolation=way)
    min_area = spec.min_area_um2 * (scale / pixel_um) ** 2
    labels = _segment(levels, diameter * scale, min_area, scale, spec)
    if scale != 1.0:
        labels = cv2.resize(labels, (width, height), interpolation=cv2.INTER_NEAREST_EXACT)
    return in_raster_order(labels)


def centred_in_field(labels: Picture, inside: Mask | None = None) -> Mask:
    """Tell which objects 1 … n have their centre in the field: those to count, so that density is unbiased.

    They are clear of the border, or show at least half of the median area of those that are.

    Parameters
    ----------
    labels
        Array of shape (y, x).
    inside
        Whether each object is clear of what else cuts objects, as gaps do; nothing does if None.

    Examples
    --------
    >>> labels = np.zeros((9, 9), int)
    >>> labels[3:6, 3:6], labels[8, 0] = 1, 2
    >>> centred_in_field(labels).tolist()
    [True, False]
    """
    n = int(labels.max(initial=0))
    area = np.bincount(labels.ravel(), minlength=n + 1)[1:]
    clear = _clear_of_border(labels, n)[1:]
    if inside is not None:
        clear &= inside
    if not area.size:
        return clear
    return np.asarray(clear | (area >= 0.5 * np.median(area[clear] if clear.any() else area)))


def count_nuclei(labels: Picture) -> int:
    """Count the nuclei whose centre is in the field, by `centred_in_field`."""
    return int(centred_in_field(labels).sum())


def _blur(image: Image, sigma: float) -> Any:
    return cv2.GaussianBlur(image, (0, 0), sigma)


def _background(levels: Image, diameter: float) -> Image:
    """Level between the nuclei: a wide opening at a quarter of a diameter per pixel."""
    shrink = max(1, int(diameter / 4))
    height, width = levels.shape
    size = (max(1, width // shrink), max(1, height // shrink))
    small = cv2.resize(levels, size, interpolation=cv2.INTER_AREA)
    reach = round(BACKGROUND_REACH * diameter / shrink) | 1
    opened = ndimage.grey_opening(small, size=(reach, reach), mode="nearest")
    background: Image = cv2.resize(_blur(opened, reach / 4), (width, height), interpolation=cv2.INTER_LINEAR)
    return background


def _estimate_diameter(levels: Image, fallback: float) -> float:
    """Diameter in pixels of the nuclei that stand alone, by area-weighted median; `fallback` below five."""
    smooth = _blur(levels, 1.0)
    smooth -= _background(smooth, NOMINAL_PX)
    if smooth.min() == smooth.max():
        return fallback
    n, parts = cv2.connectedComponents((smooth > threshold_otsu(smooth)).astype(np.uint8), connectivity=4)
    area, major, minor = ellipse_of(*moments_of(parts, n).T)
    alone = _clear_of_border(parts, n - 1) & (area >= 25) & (area > 0.9 * pi / 4 * major * minor)
    area = np.sort(area[alone & (major < 2.5 * minor)])
    if len(area) < 5:
        return fallback
    return sqrt(4 / pi * area[np.searchsorted(np.cumsum(area), area.sum() / 2)])


def _clear_of_border(labels: Picture, n: int) -> Mask:
    """Tell which labels touch no border: array of shape (n + 1,), the background counted as touching."""
    clear = np.ones(n + 1, bool)
    clear[0] = False
    for line in (labels[:1], labels[-1:], labels[:, :1], labels[:, -1:]):
        clear[line] = False
    return clear


def _segment(levels: Image, diameter: float, min_area: float, scale: float, spec: NucleiSpec) -> Labels:
    """Segment at a scale where nuclei are 9 to 25 pixels across; labels in no order."""
    blobs = _blur(levels, NARROW * diameter)
    blobs -= _blur(levels, WIDE * diameter)
    # An image without noise still has the rounding of its arithmetic.
    lowest = max(NOISE_SD * _noise(levels, blobs, diameter, scale), 1e-5 * float(np.ptp(levels)))
    heights = np.full((levels.shape[0] + 2, levels.shape[1] + 2), -np.inf, np.float32)
    np.copyto(heights[1:-1, 1:-1], blobs, where=blobs > lowest)
    del blobs
    hills, peaks = climb(heights)
    n = len(peaks)
    light = np.pad(_blur(levels - _background(levels, diameter), max(0.06 * diameter, 0.5)), 1)
    owner = Hills(hills, heights, peaks, light).merge(diameter, spec.splitting)
    del heights
    labels = trim(owner[hills], light, n)
    del hills, light
    labels = fill_holes(labels, diameter)
    area = np.bincount(labels.ravel(), minlength=n)
    area[0] = 0
    height = np.zeros(n)
    np.maximum.at(height, owner, peaks)
    order = np.argsort(height)
    volume = np.cumsum((area * height)[order])
    # By volume, so that many faint specks do not make the typical nucleus faint.
    typical = height[order][min(np.searchsorted(volume, volume[-1] / 2), n - 1)]
    kept = (height >= spec.min_contrast * typical) & (area >= max(min_area, 1))
    return np.where(kept[labels], labels, 0)[1:-1, 1:-1].astype(np.int32)


def _noise(levels: Image, blobs: Image, diameter: float, scale: float) -> float:
    """Estimate the standard deviation of the noise in the difference of Gaussians.

    The lowest fifth of Gaussian noise lies within 0.2533 SD. In a field crowded with nuclei this is too much;
    where the skew shows that there is more than noise, twice what white noise would give is the limit.
    """
    some = blobs[::2, ::2].astype(np.float64)
    lowest = float(np.quantile(np.abs(some), 0.2)) / 0.2533
    centred = some - some.mean()
    skew = float((centred * centred * centred).mean()) / max(float(some.std()), 1e-30) ** 3
    # Enlarged pixels are alike: the next independent one is `scale` away.
    lag = max(1, ceil(scale))
    if min(levels.shape) <= lag or skew < LEAST_SKEW:
        return lowest
    mixed = levels[lag:, lag:] - levels[lag:, :-lag] - levels[:-lag, lag:] + levels[:-lag, :-lag]
    pixel = float(np.abs(mixed[::2, ::2]).mean()) * sqrt(pi / 2) / 2
    narrow, wide = (NARROW * diameter) ** 2, (WIDE * diameter) ** 2
    passed = sqrt((1 / narrow + 1 / wide - 4 / (narrow + wide)) / (4 * pi))
    return min(lowest, 2 * max(1.0, scale) * pixel * passed)
