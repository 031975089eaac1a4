"""A skeleton as a graph: segments between branch points and ends, with length, tortuosity, width and beading.

All is computed on arrays of pixels and links, never pixel by pixel in Python, so that a field of tens of
thousands of skeleton pixels takes some tens of milliseconds.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import cv2
import numpy as np
import pandas as pd
from scipy import sparse

from hcs.measure.pictures import Array, Index, Labels, Mask, Picture

SMOOTHING = 3
"""Passes of smoothing before a length is taken: a line of pixels at 22° is 8 % longer than the line it shows,
and after three passes 0.5 %."""
SHORTEST_CHORD_PX = 5.0
"""A segment whose ends lie closer has no tortuosity: it is as long as its pixels are coarse."""
COLUMNS = ("length", "tortuosity", "width", "width_beading", "intensity", "intensity_beading")
NEIGHBOURS = np.array([[1, 1, 1], [1, 0, 1], [1, 1, 1]], dtype=np.uint8)


@dataclass(frozen=True)
class SkeletonGraph:
    """A skeleton taken apart.

    Parameters
    ----------
    labels
        Array of shape (y, x), int32: the segment of every skeleton pixel, from 1; 0 at branch points and off
        the skeleton.
    segments
        One row per segment, index its label: ``length`` (pixels), ``tortuosity`` (length over the distance of
        the ends, at least 1), ``width`` (pixels) and ``intensity`` (means along it), ``width_beading`` and
        ``intensity_beading`` (SD of the logarithm about its running mean).
    length
        Of the whole skeleton, pixels.
    branch_points, end_points
        How many; pixels of one crossing count as one point.
    """

    labels: Labels
    segments: pd.DataFrame
    length: float
    branch_points: int
    end_points: int


@dataclass(frozen=True)
class Links:
    """Skeleton pixels as points, and which of them are joined."""

    y: Index
    x: Index
    first: Index
    second: Index

    @cached_property
    def degree(self) -> Index:
        """Number of links of every pixel."""
        ends = np.concatenate([self.first, self.second])
        return np.bincount(ends, minlength=len(self.y))

    def halfway(self, moving: Mask) -> Any:
        """Sparse matrix that takes moving pixels' values halfway to the mean of their linked neighbours."""
        n = len(self.y)
        rows = np.concatenate([self.first, self.second])
        columns = np.concatenate([self.second, self.first])
        used = moving[rows]
        weights = 0.5 / self.degree[rows[used]]
        neighbours = sparse.csr_array((weights, (rows[used], columns[used])), shape=(n, n))
        return neighbours + sparse.diags_array(np.where(moving, 0.5, 1.0), format="csr")


def analyse_skeleton(
    skeleton: Mask,
    width: Picture | None = None,
    intensity: Picture | None = None,
    *,
    smoothing: int = SMOOTHING,
    beading_px: float = 8.0,
) -> SkeletonGraph:
    """Take a one-pixel-wide skeleton apart into segments and measure them.

    Two pixels are linked if they touch by a side, or by a corner without a shared side neighbour, so that
    corners are not counted twice. A length is that of the links after the chain of pixels is smoothed.

    Parameters
    ----------
    skeleton
        Array of shape (y, x), as `skimage.morphology.skeletonize` makes it.
    width, intensity
        Arrays of shape (y, x), read at the skeleton's pixels; NaN columns without them.
    smoothing
        Passes of smoothing of the chain; 0 takes pixel centres as they are.
    beading_px
        Length of the running mean that beading is measured about, pixels.

    Examples
    --------
    >>> cross = np.zeros((9, 9), dtype=bool)
    >>> cross[4, :] = cross[:, 4] = True
    >>> graph = analyse_skeleton(cross)
    >>> graph.branch_points, graph.end_points, len(graph.segments), round(graph.length, 6)
    (1, 4, 4, 16.0)
    """
    links = link_pixels(skeleton)
    places, branch_points = segments_of(skeleton)
    at = places[links.y, links.x].astype(np.int64)
    steps = _steps(links, smoothing)
    owner = np.maximum(at[links.first], at[links.second])
    n = int(places.max(initial=0))
    inside = (at[links.first] > 0) & (at[links.second] > 0)
    table = pd.DataFrame(index=pd.RangeIndex(1, n + 1, name="segment"), columns=list(COLUMNS), dtype=float)
    table["length"] = np.bincount(owner, steps, n + 1)[1:]
    table["tortuosity"] = _tortuosity(links, at, steps, inside, n)
    for name, image in (("width", width), ("intensity", intensity)):
        if image is not None:
            values = np.asarray(image)[links.y, links.x].astype(np.float64)
            table[name], table[f"{name}_beading"] = _along(links, at, values, n, beading_px)
    ends = int((links.degree == 1).sum())
    return SkeletonGraph(places, table, float(steps.sum()), branch_points, ends)


def prune(skeleton: Mask, spur_px: float, smallest_px: float) -> Mask:
    """Take off what thinning and noise add: loose ends shorter than `spur_px`, next to a branch point.

    Pieces with fewer pixels than `smallest_px` go with them.
    """
    kept = skeleton.astype(bool)
    places, _ = segments_of(kept)
    count = cv2.filter2D(kept.astype(np.uint8), -1, NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    n = int(places.max(initial=0))
    size = np.bincount(places[kept], minlength=n + 1)
    loose = np.bincount(places[kept & (count <= 1)], minlength=n + 1) > 0
    near = cv2.dilate((kept & (places == 0)).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    touching = np.bincount(places[kept & near], minlength=n + 1) > 0
    spur = loose & touching & (size < spur_px)
    spur[0] = False
    kept = kept & ~spur[places]
    _, labels, stats, _ = cv2.connectedComponentsWithStats(kept.astype(np.uint8))
    large = stats[:, cv2.CC_STAT_AREA] >= smallest_px
    return np.asarray(large[labels] & kept)


def link_pixels(skeleton: Mask) -> Links:
    """Join neighbouring pixels; a corner link only where no side link goes around it."""
    solid = skeleton.astype(bool)
    y, x = np.nonzero(solid)
    number = np.full(solid.shape, -1, dtype=np.int32)
    number[y, x] = np.arange(len(y))
    one, right, below, across = solid[:-1, :-1], solid[:-1, 1:], solid[1:, :-1], solid[1:, 1:]
    pairs = [
        (number[:, :-1], number[:, 1:], solid[:, :-1] & solid[:, 1:]),
        (number[:-1], number[1:], solid[:-1] & solid[1:]),
        (number[:-1, :-1], number[1:, 1:], one & across & ~below & ~right),
        (number[1:, :-1], number[:-1, 1:], below & right & ~across & ~one),
    ]
    first = np.concatenate([one[joined] for one, _, joined in pairs], dtype=np.int64)
    second = np.concatenate([other[joined] for _, other, joined in pairs], dtype=np.int64)
    return Links(y, x, first, second)


def segments_of(skeleton: Mask) -> tuple[Labels, int]:
    """Label segments, and count branch points: clumps of many-neighboured pixels where three segments meet.

    Thinning leaves corners whose pixels have three neighbours though nothing branches there; a clump that
    only two segments touch is given back to them.
    """
    solid = skeleton.astype(np.uint8)
    count = cv2.filter2D(solid, -1, NEIGHBOURS, borderType=cv2.BORDER_CONSTANT)
    crowded = ((solid > 0) & (count >= 3)).astype(np.uint8)
    n_clumps, clumps = cv2.connectedComponents(crowded, connectivity=8)
    # Where a segment touches a clump, not the segment: both ends of a loop may meet in one clump.
    near = cv2.dilate(crowded, np.ones((3, 3), np.uint8))
    _, contacts = cv2.connectedComponents((solid - crowded) * near, connectivity=8)
    met = _meetings(clumps, contacts)
    real = np.bincount(met[:, 0], minlength=n_clumps) >= 3
    real[0] = False
    branching = real[clumps]
    del clumps, contacts
    _, labels = cv2.connectedComponents(((solid > 0) & ~branching).astype(np.uint8), connectivity=8)
    return labels.astype(np.int32, copy=False), int(real.sum())


def _meetings(clumps: Labels, parts: Labels) -> Index:
    """Pairs (clump, contact) that touch, each once."""
    y, x = np.nonzero(clumps)
    padded = np.pad(parts, 1)
    near = [padded[y + down, x + right] for down in range(3) for right in range(3)]
    pairs = np.column_stack([np.tile(clumps[y, x], 9), np.concatenate(near)]).astype(np.int64)
    return np.unique(pairs[pairs[:, 1] > 0], axis=0)


def _steps(links: Links, smoothing: int) -> Array:
    """Length of every link, pixels, once the chains are smoothed; ends and branch points stay in place."""
    places = np.column_stack([links.y, links.x]).astype(np.float64)
    halfway = links.halfway(links.degree == 2)
    for _ in range(smoothing):
        places = halfway @ places
    return np.asarray(np.hypot(*(places[links.first] - places[links.second]).T))


def _tortuosity(links: Links, at: Index, steps: Array, inside: Mask, n: int) -> Array:
    """Length along a segment's own pixels over the distance of its ends; NaN for loops and short ones."""
    length = np.bincount(at[links.first][inside], steps[inside], n + 1)
    degree = np.bincount(np.concatenate([links.first[inside], links.second[inside]]), minlength=len(links.y))
    tips = np.flatnonzero((degree == 1) & (at > 0))
    order = tips[np.argsort(at[tips], kind="stable")]
    two = np.bincount(at[order], minlength=n + 1) == 2
    pairs = order[two[at[order]]].reshape(-1, 2)
    chord = np.full(n + 1, np.nan)
    chord[at[pairs[:, 0]]] = np.hypot(*(np.diff(axis[pairs], axis=1)[:, 0] for axis in (links.y, links.x)))
    chord[chord < SHORTEST_CHORD_PX] = np.nan
    return np.asarray(np.maximum(1.0, length / chord)[1:])


def _along(links: Links, at: Index, values: Array, n: int, beading_px: float) -> tuple[Array, Array]:
    """Mean of values along every segment, and the SD of their logarithm about its running mean."""
    size = np.bincount(at, minlength=n + 1).astype(np.float64)
    size[size == 0] = np.nan
    mean = np.bincount(at, values, n + 1) / size
    level = np.log(np.maximum(values, np.finfo(np.float32).tiny))
    smooth = level
    halfway = links.halfway(links.degree > 0)
    # Every halfway step adds half a pixel² to the variance of the running mean.
    for _ in range(max(1, round(2 * (beading_px / 2) ** 2))):
        smooth = halfway @ smooth
    square = np.bincount(at, (level - smooth) ** 2, n + 1) / size
    return mean[1:], np.sqrt(square)[1:]
