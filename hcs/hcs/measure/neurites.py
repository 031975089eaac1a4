"""Neurites: thin bright lines of any direction, found as ridges of the picture and thinned to a skeleton.

Ridges are places of strong negative curvature across (Steger, IEEE PAMI 1998;20:113), looked for at several
widths on a picture whose noise is evened out by a square root (Anscombe 1948). Curvature is told in units of
the field's own noise, taken where the field is quietest, so that no grey level has to be set.
"""

from dataclasses import dataclass
from math import isfinite
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from skimage.morphology import skeletonize

from hcs.measure.hills import checked_plane
from hcs.measure.skeleton import SkeletonGraph, analyse_skeleton, prune
from hcs_plates.errors import ArgumentError

Image = npt.NDArray[np.float32]

USUAL_PIXEL_UM = 0.65
"""A pixel whose size is not known is taken for one of a 10 × objective."""
CREST = 0.99
BLOCK = 32
QUIET = 0.02
"""Share of the field's blocks that the noise is taken from: even a dense field has some without a neurite."""
LEAST_NOISE = 1e-3
"""In square roots of grey levels: a rendered or clipped picture has none, and rounding is no neurite."""
NORMAL_MEAN_DEVIATION = 0.7979
BEADING_UM = 5.0


@dataclass(frozen=True)
class NeuriteSpec:
    """What counts as a neurite.

    Parameters
    ----------
    widths_um
        Standard deviations of the cross-sections looked for, thin to thick.
    seed, follow
        Curvature, in SDs of the field's noise, that a neurite must reach somewhere, and must keep to be
        followed from there.
    faintest
        What is followed must also have this share of the curvature that the strongest hundredth of the field
        has: noise that differs from place to place, as in stitched pictures, is no neurite.
    spur_um
        Shorter side branches with a loose end are artefacts of thinning.
    shortest_um
        Shorter pieces are specks.

    Examples
    --------
    >>> NeuriteSpec(seed=4, follow=5)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: A neurite is seeded at 4 SD and followed at 5; seed must be the larger.
    """

    widths_um: tuple[float, ...] = (0.65, 1.05, 1.7)
    seed: float = 7.0
    follow: float = 3.0
    faintest: float = 0.03
    spur_um: float = 5.0
    shortest_um: float = 6.5

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths_um", tuple(self.widths_um))
        if not self.widths_um or not all(isfinite(width) and width > 0 for width in self.widths_um):
            raise ArgumentError(f"widths_um is {self.widths_um}; give one or more widths above 0 µm.")
        for name in ("seed", "follow", "faintest", "spur_um", "shortest_um"):
            if not isfinite(getattr(self, name)):
                raise ArgumentError(f"{name} is {getattr(self, name)}; give a finite number.")
        if self.follow <= 0 or min(self.spur_um, self.shortest_um) < 0:
            raise ArgumentError("follow must be above 0, and spur_um and shortest_um 0 or more.")
        if not 0 <= self.faintest < 1:
            raise ArgumentError(f"faintest is {self.faintest:g}; give a share from 0 to below 1.")
        if self.seed < self.follow:
            raise ArgumentError(
                f"A neurite is seeded at {self.seed:g} SD and followed at {self.follow:g}; "
                "seed must be the larger."
            )


@dataclass(frozen=True)
class Neurites:
    """The neurites of a field.

    Parameters
    ----------
    skeleton
        Array of shape (y, x): their centre-lines.
    graph
        The centre-lines taken apart; lengths and widths in pixels.
    pixel_um
        Side of a pixel, µm; None if not known.
    """

    skeleton: npt.NDArray[np.bool_]
    graph: SkeletonGraph
    pixel_um: float | None

    def measures(self) -> dict[str, float]:
        """Measure the field.

        Returns
        -------
        dict
            ``neurite_length`` (total), ``branch_points``, ``end_points``, ``neurite_segments``,
            ``segment_length`` (mean), ``tortuosity`` (length over distance of the ends, mean),
            ``neurite_width`` (full width at half height, the microscope's blur included), and
            ``width_beading`` and ``intensity_beading``: SD of the logarithm of width and brightness about
            their running mean of 5 µm. The last four are means weighted by length; NaN without a neurite.
            Branch points are where lines of the picture meet, crossings of different neurites included.
            Lengths and widths end in ``_um``, or in ``_px`` if the pixel size is not known.
        """
        segments, unit = self.graph.segments, "px" if self.pixel_um is None else "um"
        scale = 1.0 if self.pixel_um is None else self.pixel_um
        long = segments[segments["length"] >= BEADING_UM * scale_of(self.pixel_um)]
        return {
            f"neurite_length_{unit}": self.graph.length * scale,
            "branch_points": float(self.graph.branch_points),
            "end_points": float(self.graph.end_points),
            "neurite_segments": float(len(segments)),
            f"segment_length_{unit}": float(segments["length"].mean() * scale) if len(segments) else np.nan,
            "tortuosity": _by_length(segments, "tortuosity"),
            f"neurite_width_{unit}": _by_length(segments, "width") * scale,
            "width_beading": _by_length(long, "width_beading"),
            "intensity_beading": _by_length(long, "intensity_beading"),
        }

    def covered(self) -> npt.NDArray[np.bool_]:
        """Pixels that neurites cover: within half its stretch's mean width of a centre-line.

        Returns
        -------
        array of shape (y, x)
            A centre-line is at least itself; a branch point has the mean width of all stretches.
        """
        if not self.skeleton.any():
            return self.skeleton.copy()
        off = (~self.skeleton).astype(np.uint8)
        distance, nearest = cv2.distanceTransformWithLabels(
            off, cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        width = np.full(int(self.graph.labels.max()) + 1, _by_length(self.graph.segments, "width"))
        width[self.graph.segments.index] = self.graph.segments["width"]
        half = np.zeros(int(nearest.max()) + 1)
        half[nearest[self.skeleton]] = width[self.graph.labels[self.skeleton]] / 2
        return np.asarray(self.skeleton | (distance < half[nearest]))


def scale_of(pixel_um: float | None) -> float:
    """Pixels per µm; of pixels of unknown size, as if they were of the usual one."""
    return 1 / (pixel_um or USUAL_PIXEL_UM)


def trace_neurites(
    image: npt.NDArray[Any],
    pixel_um: float | None,
    spec: NeuriteSpec | None = None,
    *,
    somas: npt.NDArray[np.bool_] | None = None,
) -> Neurites:
    """Find the neurites of one field.

    Parameters
    ----------
    image
        Array of shape (y, x), the neurite stain, grey levels.
    pixel_um
        Side of a pixel, µm; None if not known.
    spec
        What counts as a neurite.
    somas
        Array of shape (y, x); what lies in a soma is no neurite.

    Returns
    -------
    Neurites
        None of them in a field without structure.
    """
    spec = spec or NeuriteSpec()
    per_um = scale_of(pixel_um)
    light = steady(checked_plane(image))
    strength = ridge_strength(light, [width * per_um for width in spec.widths_um])
    lines = _follow(strength, spec)
    if somas is not None:
        lines &= ~somas
    skeleton = prune(skeletonize(lines), spec.spur_um * per_um, spec.shortest_um * per_um)
    width = _half_widths(light, skeleton, max(spec.widths_um) * per_um)
    graph = analyse_skeleton(skeleton, width, np.square(light), beading_px=BEADING_UM * per_um)
    return Neurites(skeleton, graph, pixel_um)


def steady(image: npt.NDArray[Any]) -> Image:
    """Even out shot noise: the square root of the light above the field's darkest place.

    A quarter of the median is added, so that the root does not blow up the noise of the darkest pixels.
    """
    levels = image.astype(np.float32)
    shrunk = tuple(max(1, side // 4) for side in reversed(levels.shape))
    floor = float(cv2.resize(levels, shrunk, interpolation=cv2.INTER_AREA).min())
    middle = float(np.median(levels[::2, ::2])) - floor
    return np.asarray(np.sqrt(np.maximum(levels - floor, 0) + max(middle, 0) / 4 + 1), dtype=np.float32)


def ridge_strength(light: Image, widths_px: list[float]) -> Image:
    """Curvature across the best line through every pixel, in SDs of the field's noise.

    Parameters
    ----------
    light
        Array of shape (y, x) of even noise, as `steady` makes it.
    widths_px
        Standard deviations of the Gaussians it is smoothed with; the strongest answer counts.
    """
    best = np.zeros(light.shape, dtype=np.float32)
    for width in widths_px:
        smooth = cv2.GaussianBlur(light, (0, 0), max(width, 0.7), borderType=cv2.BORDER_REFLECT_101)
        across = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=3)
        down = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=3)
        slant = cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=3)
        sharpest = cv2.magnitude((across - down) / 2, slant) - (across + down) / 2
        np.maximum(best, sharpest / np.float32(quiet_noise(across)), out=best)
    return best


def quiet_noise(answer: Image) -> float:
    """SD of an answer's noise, from the blocks of the field that are quietest."""
    blocks = tuple(max(1, side // BLOCK) for side in reversed(answer.shape))
    deviation = cv2.resize(np.abs(answer), blocks, interpolation=cv2.INTER_AREA)
    return max(float(np.quantile(deviation, QUIET)) / NORMAL_MEAN_DEVIATION, LEAST_NOISE)


def _follow(strength: Image, spec: NeuriteSpec) -> npt.NDArray[np.bool_]:
    """Regions above the lower strength that reach the higher one (Canny's hysteresis)."""
    # Both are raised together where a field's noise is uneven: its neurites stand further out of it.
    least = max(spec.follow, spec.faintest * float(np.quantile(strength[::2, ::2], CREST)))
    _, regions = cv2.connectedComponents((strength >= least).astype(np.uint8), connectivity=8)
    seeded = np.zeros(int(regions.max()) + 1, dtype=bool)
    seeded[regions[strength >= least * spec.seed / spec.follow]] = True
    seeded[0] = False
    return np.asarray(seeded[regions])


def _half_widths(light: Image, skeleton: npt.NDArray[np.bool_], widest_px: float) -> npt.NDArray[np.float64]:
    """Full width at half height around every skeleton pixel, pixels.

    Half height lies between the brightness of the nearest centre-line and the darkest place about it.
    """
    levels = np.square(cv2.GaussianBlur(light, (0, 0), 0.7))
    reach = 2 * round(3 * widest_px) + 1
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    floor = cv2.erode(levels, near)
    crest = cv2.dilate(np.where(skeleton, levels, 0).astype(np.float32), near)
    inside = (levels >= (floor + crest) / 2) & (crest > 0)
    depth = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    # The deepest pixel of n across lies (n + 1) / 2 or n / 2 deep: odd and even widths alike on average.
    return np.asarray(np.maximum(2 * depth.astype(np.float64) - 0.5, 1.0))


def _by_length(segments: pd.DataFrame, column: str) -> float:
    """Mean of a column over segments, weighted by length; NaN where there is none."""
    known = segments[segments[column].notna()]
    if known.empty:
        return float("nan")
    return float(np.average(known[column], weights=known["length"]))
