"""Granularity: bright spots in cells, and the spectrum of a picture's grain sizes.

Spots are what a receptor that is taken up into vesicles, or a protein that clumps, looks like; the spectrum
tells how much of a picture's light lies in grains of each size, and needs no threshold.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from hcs.measure.pictures import Array, Image, Index, Labels, Mask, Picture, disc, ellipse, scale_of
from hcs.measure.ridges import quiet_noise, steady
from hcs.measure.somas import ROUND, roundness

SPOT_UM = 0.65
"""SD of the spots looked for; those of half and of twice as much are found too."""
GRAIN_UM = 0.65
SIZES = 8
"""Radii of the spectrum: one to eight times GRAIN_UM."""
PEAK, EDGE = 10.0, 3.0
"""How many SD of the noise a spot rises, and where it ends."""


@dataclass(frozen=True)
class Spots:
    """Spots of a picture.

    Parameters
    ----------
    places
        Array of shape (n, 2), y and x of their summits, pixels.
    light
        Array of shape (y, x): light of spots above what surrounds them; 0 elsewhere.
    """

    places: Index
    light: Image

    def within(self, shown: Mask | None) -> "Spots":
        """Spots of a part of the picture (array of shape (y, x)); all if None."""
        if shown is None:
            return self
        return Spots(self.places[shown[tuple(self.places.T)]], np.where(shown, self.light, np.float32(0)))

    def per_cell(self, cells: Labels, image: Image, size: int) -> tuple[Array, Array]:
        """Count spots in every cell (labels below `size`), and take their share of the cell's light.

        The share is 0 to 1, NaN for a cell without light or pixels; row 0 is what is in no cell.
        """
        n = np.bincount(cells[tuple(self.places.T)], minlength=size).astype(np.float64)
        n[np.bincount(cells.ravel(), minlength=size) == 0] = np.nan
        total = np.bincount(cells.ravel(), np.maximum(image, 0).ravel(), size)
        spots = np.bincount(cells.ravel(), self.light.ravel(), size)
        share = np.divide(spots, total, out=np.full(size, np.nan), where=total > 0)
        return n, np.minimum(share, 1.0)


def find_spots(image: Picture, pixel_um: float | None) -> Spots:
    """Find bright round spots, a micrometre or two across.

    A spot is a summit of the difference of two Gaussians (close to a Laplacian of Gaussian: Marr & Hildreth,
    Proc R Soc B 1980) that stands clear of the field's noise and curves down in every direction, so that
    lines and the edges of cells are none.

    Parameters
    ----------
    image
        Array of shape (y, x), grey levels.
    pixel_um
        Side of a pixel, µm; None if not known.
    """
    levels = image.astype(np.float32)
    sigma = max(0.8, SPOT_UM * scale_of(pixel_um))
    light = steady(levels)
    fine = cv2.GaussianBlur(light, (0, 0), sigma)
    standing = fine - cv2.GaussianBlur(light, (0, 0), 2 * sigma)
    noise = quiet_noise(standing)
    near = ellipse(2 * round(2 * sigma) + 1)
    summit = (standing == cv2.dilate(standing, near)) & (standing > PEAK * noise)
    summit &= (roundness(fine) > ROUND) & (roundness(standing) > ROUND)
    _, _, _, middles = cv2.connectedComponentsWithStats(summit.astype(np.uint8), connectivity=8)
    places = np.rint(middles[1:, ::-1]).astype(np.int64)
    around = ellipse(2 * round(2.5 * sigma) + 1)
    within = (cv2.dilate(summit.astype(np.uint8), around) > 0) & (standing > EDGE * noise)
    wide = ellipse(2 * round(4 * sigma) + 1)
    floor = cv2.morphologyEx(cv2.GaussianBlur(levels, (0, 0), sigma), cv2.MORPH_OPEN, wide)
    return Spots(places, np.where(within, np.maximum(levels - floor, 0), 0).astype(np.float32))


def granularity(image: Picture, pixel_um: float | None) -> dict[str, float]:
    """Measure how much of a picture's light lies in grains of each size.

    The granular spectrum (Ravkin & Temov, SPIE 1988): what an opening with a disc one step larger takes away,
    as a share of all light.

    Parameters
    ----------
    image
        Array of shape (y, x), background subtracted.
    pixel_um
        Side of a pixel, µm; None if not known.

    Returns
    -------
    dict
        ``granularity_1`` to ``granularity_8``, for discs with a radius of 0.65 µm to 5.2 µm (of pixels of
        unknown size, one to eight pixels); each 0 to 1, together at most 1; NaN in a dark picture.

    Examples
    --------
    >>> y, x = np.mgrid[-32:32, -32:32]
    >>> spectrum = granularity((np.hypot(y, x) <= 3).astype(np.float32), 0.65)
    >>> max(spectrum, key=spectrum.get), round(sum(spectrum.values()), 3)
    ('granularity_4', 1.0)
    """
    light = np.maximum(image, 0).astype(np.float32)
    whole = float(light.sum(dtype=np.float64))
    if whole <= 0:
        return {f"granularity_{size}": float("nan") for size in range(1, SIZES + 1)}
    spectrum, left = {}, whole
    for size in range(1, SIZES + 1):
        radius = size * GRAIN_UM * scale_of(pixel_um)
        # Large discs are opened with at half the resolution, where grains of their size are still smooth.
        half = radius >= 4
        small = cv2.resize(light, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA) if half else light
        opened = cv2.morphologyEx(small, cv2.MORPH_OPEN, disc(radius / (2 if half else 1)))
        still = float(opened.mean(dtype=np.float64)) * light.size
        spectrum[f"granularity_{size}"] = max(0.0, left - still) / whole
        left = min(left, still)
    return spectrum
