"""Neurites: thin bright lines of any direction, found as ridges of the picture and thinned to a skeleton.

Ridges are looked for at several widths on a picture whose noise is evened out by a square root; their
curvature is told in units of the field's own noise, so that no grey level has to be set. What is thinned are
the crests of the ridges and not all of their width, which grows and shrinks with every bead.
"""

from dataclasses import dataclass
from math import isfinite

import cv2
import numpy as np
import pandas as pd
from skimage.morphology import skeletonize

from hcs.measure.limits import ABOVE_0, BELOW_1, FROM_0
from hcs.measure.linking import link_ends
from hcs.measure.pictures import Image, Mask, Picture, checked_plane, nearest_marked, scale_of, unit_of
from hcs.measure.ridges import Ridges, find_ridges, steady
from hcs.measure.skeleton import SkeletonGraph, analyse_skeleton, prune
from hcs_plates.errors import ArgumentError

CREST = 0.99
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
    ahead_um, ahead
        What has less than this share of the curvature of something so near ahead of it on its own line is a
        ray of a bead, of a body or of a loose end, and no neurite.
    link_um
        A loose end is run on to a line that lies no further ahead of it.
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
    ahead_um: float = 2.6
    ahead: float = 0.25
    link_um: float = 6.5
    spur_um: float = 5.0
    shortest_um: float = 10.0

    def __post_init__(self) -> None:
        object.__setattr__(self, "widths_um", tuple(self.widths_um))
        if not self.widths_um or not all(isfinite(width) and width > 0 for width in self.widths_um):
            raise ArgumentError(f"widths_um is {self.widths_um}; give one or more widths above 0 µm.")
        ABOVE_0.check(self, "seed", "follow")
        FROM_0.check(self, "ahead_um", "link_um", "spur_um", "shortest_um")
        BELOW_1.check(self, "faintest", "ahead")
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

    skeleton: Mask
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
        segments, (unit, scale) = self.graph.segments, unit_of(self.pixel_um)
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

    def covered(self) -> Mask:
        """Pixels that neurites cover: within half its stretch's mean width of a centre-line.

        A centre-line is at least itself; a branch point has the mean width of all stretches.
        """
        if not self.skeleton.any():
            return self.skeleton.copy()
        widths = np.full(int(self.graph.labels.max()) + 1, _by_length(self.graph.segments, "width"))
        widths[self.graph.segments.index] = self.graph.segments["width"]
        distance, width = nearest_marked(self.skeleton, widths[self.graph.labels])
        return np.asarray(self.skeleton | (distance < width / 2))


def trace_neurites(
    image: Picture,
    pixel_um: float | None,
    spec: NeuriteSpec | None = None,
    *,
    somas: Mask | None = None,
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
    del image
    ridges = find_ridges(light, [width * per_um for width in spec.widths_um])
    # Both limits are raised together where a field's noise is uneven: its neurites stand further out of it.
    least = max(spec.follow, spec.faintest * float(np.quantile(ridges.strength[::2, ::2], CREST)))
    lines, passable = _crest_lines(ridges, least, spec, per_um), ridges.strength >= least
    del ridges
    if somas is not None:
        lines &= ~somas
        passable &= ~somas
    skeleton = prune(skeletonize(lines), spec.spur_um * per_um, 0)
    skeleton = skeletonize(link_ends(skeleton, passable, spec.link_um * per_um))
    if somas is not None:
        skeleton &= ~somas
    skeleton = prune(skeleton, spec.spur_um * per_um, spec.shortest_um * per_um)
    width = _half_widths(light, skeleton, max(spec.widths_um) * per_um)
    graph = analyse_skeleton(skeleton, width, np.square(light, out=light), beading_px=BEADING_UM * per_um)
    return Neurites(skeleton, graph, pixel_um)


def _crest_lines(ridges: Ridges, least: float, spec: NeuriteSpec, per_um: float) -> Mask:
    """Crests, made whole where they skip a pixel, that reach the higher strength (Canny's hysteresis)."""
    crests = ridges.crests(least, spec.ahead_um * per_um, spec.ahead).view(np.uint8)
    lines = (cv2.dilate(crests, np.ones((3, 3), np.uint8)) > 0) & (ridges.strength >= least)
    _, regions = cv2.connectedComponents(lines.view(np.uint8))
    seeded = np.zeros(int(regions.max()) + 1, dtype=bool)
    seeded[regions[ridges.strength >= least * spec.seed / spec.follow]] = True
    seeded[0] = False
    return np.asarray(seeded[regions])


def _half_widths(light: Image, skeleton: Mask, widest_px: float) -> Image:
    """Full width at half height around every skeleton pixel, pixels.

    Half height lies between the brightness of the nearest centre-line and the darkest place about it.
    """
    levels = np.square(cv2.GaussianBlur(light, (0, 0), 0.7))
    reach = 2 * round(3 * widest_px) + 1
    near = cv2.getStructuringElement(cv2.MORPH_RECT, (reach, reach))
    floor = cv2.erode(levels, near)
    crest = cv2.dilate(np.where(skeleton, levels, np.float32(0)), near)
    floor += crest
    floor /= 2
    inside = (levels >= floor) & (crest > 0)
    del levels, floor, crest
    # The deepest pixel of n across lies (n + 1) / 2 or n / 2 deep: odd and even widths alike on average.
    widths: Image = cv2.distanceTransform(inside.astype(np.uint8), cv2.DIST_L2, 3)
    # Exact in float32: what is left of a number of 1 or more needs no more digits than it has.
    widths *= 2
    widths -= 0.5
    return np.maximum(widths, 1, out=widths)


def _by_length(segments: pd.DataFrame, column: str) -> float:
    """Mean of a column over segments, weighted by length; NaN where there is none."""
    known = segments[segments[column].notna()]
    if known.empty:
        return float("nan")
    return float(np.average(known[column], weights=known["length"]))
