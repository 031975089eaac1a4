"""Somas: the compact bright bodies of a neurite stain, one to a nucleus where nuclei are known.

Opening the picture with a disk wider than any neurite leaves the bodies (Serra 1982); what stands out of the
slowly changing haze is split between the nuclei, or between its own summits, by a watershed.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from skimage.filters import threshold_otsu
from skimage.measure import label as connected_parts
from skimage.segmentation import watershed

from hcs.measure.limits import ABOVE_0
from hcs.measure.pictures import Image, Labels, Picture, checked_plane, curvatures, ellipse, scale_of
from hcs.measure.ridges import quiet_noise

HAZE_UM = 20.0
STANDING_OUT = 0.5
"""A body's edge is where half of its height above the haze is left."""
NOISE_LEVELS = 5.0
LEFT_BY_OPENING = 0.3
TWO_KINDS = 2.0
"""Bodies are so many times as high as crossings of neurites; summits less unlike are of one kind."""
ROUND = 0.3
"""Least curvature along, as a share of that across, at the summit of a body."""


@dataclass(frozen=True)
class SomaSpec:
    """What counts as a soma.

    Parameters
    ----------
    neurite_um
        Width of the thickest neurite or fascicle; what is narrower is no body.
    smallest_um2
        Smaller bodies are debris.
    around_nucleus_um
        A soma's edge lies no further from the edge of its nucleus than this,
    radius_um
        and without a nucleus no further from its summit than this.

    Examples
    --------
    >>> SomaSpec(neurite_um=0)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: SomaSpec.neurite_um is 0; give a finite number above 0.
    """

    neurite_um: float = 8.0
    smallest_um2: float = 40.0
    around_nucleus_um: float = 5.0
    radius_um: float = 12.0

    def __post_init__(self) -> None:
        ABOVE_0.check(self, "neurite_um", "smallest_um2", "around_nucleus_um", "radius_um")


def segment_somas(
    image: Picture,
    pixel_um: float | None,
    spec: SomaSpec | None = None,
    *,
    nuclei: Labels | None = None,
) -> Labels:
    """Outline the somas of one field.

    Parameters
    ----------
    image
        Array of shape (y, x), the neurite stain, grey levels.
    pixel_um
        Side of a pixel, µm; None if not known.
    spec
        What counts as a soma.
    nuclei
        Array of shape (y, x), labels: each gives one soma or none, which keeps its label. Without them every
        summit of a body's brightness is a soma.

    Returns
    -------
    array of shape (y, x), int32
        0 is background. Without `nuclei`, labels run from 1 in raster order of the summits.
    """
    spec = spec or SomaSpec()
    per_um = scale_of(pixel_um)
    levels = checked_plane(image)
    bodies = _bodies(levels, spec.neurite_um * per_um)
    standing, noise = _standing_out(bodies, HAZE_UM * per_um)
    if nuclei is None:
        whole = cv2.GaussianBlur(levels, (0, 0), 1) - bodies + standing
        summits, reach = _summits(standing, whole, noise, spec, per_um), spec.radius_um
    else:
        summits, reach = nuclei, spec.around_nucleus_um
    # Outlining takes the most memory.
    del levels, bodies
    somas = _outline(standing, noise, summits, reach * per_um)
    area = np.bincount(somas.ravel(), minlength=int(summits.max(initial=0)) + 1)
    kept = area >= spec.smallest_um2 * per_um**2
    kept[0] = False
    numbers = np.arange(len(kept)) if nuclei is not None else np.cumsum(kept)
    return np.where(kept, numbers, 0).astype(np.int32)[somas]


def _bodies(light: Image, neurite_px: float) -> Image:
    """Open the picture with a disk that no neurite holds; at half resolution, for speed."""
    half = cv2.resize(light, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    side = max(3, 2 * int(neurite_px / 4) + 1)
    opened = cv2.GaussianBlur(cv2.morphologyEx(half, cv2.MORPH_OPEN, ellipse(side)), (0, 0), side / 8)
    size = (light.shape[1], light.shape[0])
    return np.asarray(cv2.resize(opened, size, interpolation=cv2.INTER_LINEAR))


def _standing_out(bodies: Image, haze_px: float) -> tuple[Image, float]:
    """Height above the haze, and the SD of that height where nothing is."""
    step = max(1, round(haze_px / 8))
    size = tuple(max(2, side // step) for side in reversed(bodies.shape))
    small = cv2.resize(bodies, size, interpolation=cv2.INTER_AREA)
    low = cv2.erode(small, np.ones((9, 9), np.uint8))
    haze = cv2.GaussianBlur(low, (0, 0), 4, borderType=cv2.BORDER_REFLECT)
    height = bodies - cv2.resize(haze, (bodies.shape[1], bodies.shape[0]), interpolation=cv2.INTER_LINEAR)
    return np.maximum(height, 0), quiet_noise(height)


def _summits(standing: Image, whole: Image, noise: float, spec: SomaSpec, per_um: float) -> Labels:
    """Local maxima, a soma's radius apart, of heights that belong to bodies.

    Of a thin line the opening leaves next to nothing; of a body it leaves most of the `whole` height.
    """
    radius = max(1.0, np.sqrt(spec.smallest_um2 / np.pi) * per_um)
    smooth = cv2.GaussianBlur(standing, (0, 0), radius / 2)
    near = ellipse(2 * round(radius) + 1)
    peaks = smooth == cv2.dilate(smooth, near)
    heights = smooth[peaks]
    high = heights[heights > NOISE_LEVELS * noise]
    chosen = peaks & (smooth >= LEFT_BY_OPENING * cv2.dilate(whole, near)) & (smooth >= _bar(high))
    chosen &= (smooth > NOISE_LEVELS * noise) & (roundness(smooth) > ROUND)
    _, labels = cv2.connectedComponents(chosen.astype(np.uint8), connectivity=8)
    return np.asarray(labels, dtype=np.int32)


def _bar(heights: Image) -> float:
    """Least height of a body among summits: Otsu's threshold, where there are two kinds of them at all."""
    if len(np.unique(heights)) < 2:
        return 0.0
    bar = float(threshold_otsu(heights))
    low, high = heights[heights <= bar], heights[heights > bar]
    return bar if len(high) and high.mean() >= TWO_KINDS * low.mean() else 0.0


def roundness(smooth: Image) -> Image:
    """Curvature along over curvature across: near 0 on a fascicle, towards 1 on a body."""
    across, down, slant = curvatures(smooth, 5)
    mean = -(across + down) / 2
    spread = cv2.magnitude((across - down) / 2, slant)
    return np.asarray((mean - spread) / np.maximum(mean + spread, 1e-6))


def _outline(standing: Image, noise: float, seeds: Labels, reach_px: float) -> Labels:
    """Give every seed the pixels around it that are at least half as high as the seed itself."""
    n = int(seeds.max(initial=0))
    if n == 0:
        return np.zeros(standing.shape, dtype=np.int32)
    here = seeds > 0
    total = np.bincount(seeds[here], standing[here], n + 1)
    crest = total / np.maximum(np.bincount(seeds[here], minlength=n + 1), 1)
    far = cv2.distanceTransform((~here).astype(np.uint8), cv2.DIST_L2, 3)
    mask = here | ((far <= reach_px) & (standing > NOISE_LEVELS * noise))
    del far
    parts = watershed(-standing, seeds, mask=mask)
    high = standing >= STANDING_OUT * crest[parts]
    somas = np.where((parts > 0) & high, parts, 0)
    del parts, high, mask
    # Of every soma the pieces that its seed lies in are kept.
    pieces = connected_parts(somas, connectivity=1)
    held = np.isin(pieces, pieces[here & (seeds == somas)]) & (pieces > 0)
    # A nucleus that does not stand out in the neurite stain has no soma that could be outlined.
    faint = crest <= NOISE_LEVELS * noise
    return np.where(held & ~faint[somas], somas, 0).astype(np.int32)
