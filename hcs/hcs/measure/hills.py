"""Hills of a picture: watershed basins of its peaks, merged while their union looks like one nucleus.

Sums over labelled pixels are taken for all labels at once; only the merging, pair by pair, is a loop.
"""

import heapq
from math import log, pi
from typing import Any

import cv2
import numpy as np
from skimage.measure import label as connected_parts

from hcs.measure.pictures import Array, Image, Labels, Picture


def moments_of(labels: Picture, n: int) -> Array:
    """Sum over each label's pixels of 1, y, x, y², x², yx: array of shape (n, 6), row 0 empty."""
    y, x = np.nonzero(labels)
    owner = labels[y, x]
    sums = (np.bincount(owner, weight, n) for weight in (None, y, x, y * y, x * x, y * x))
    return np.stack(list(sums), axis=1).astype(np.float64)


def ellipse_of(n: Any, sy: Any, sx: Any, syy: Any, sxx: Any, syx: Any) -> tuple[Any, Any, Any]:
    """Area, long and short axis of the ellipse with these moments; for numbers as for arrays."""
    count = n + (n == 0)
    vy, vx = syy / count - (sy / count) ** 2 + 1 / 12, sxx / count - (sx / count) ** 2 + 1 / 12
    root = ((vy - vx) ** 2 / 4 + (syx / count - sy * sx / count**2) ** 2) ** 0.5
    mean = (vy + vx) / 2
    return n, 4 * (mean + root) ** 0.5, 4 * (mean - root) ** 0.5


def climb(heights: Image) -> tuple[Labels, Array]:
    """Label each place above -inf by the peak that steepest ascent leads to; the frame must be -inf.

    Returns the labels and the height of each label's peak, 0 for label 0.
    """
    width = heights.shape[1]
    flat = heights.ravel()
    places = np.flatnonzero(flat > -np.inf)
    best = np.full(len(places), -np.inf, np.float32)
    to = places.copy()
    # From the last neighbour to the first: on a plateau all go the same way, so none goes round in a circle.
    for step in (width + 1, width, width - 1, 1, 0, -1, 1 - width, -width, -width - 1):
        height = flat[places + step]
        higher = height > best
        best[higher] = height[higher]
        to[higher] = places[higher] + step
    position = np.zeros(flat.size, np.int32)
    position[places] = np.arange(len(places), dtype=np.int32)
    target = position[to]
    while not np.array_equal(further := target[target], target):
        target = further
    tops = np.flatnonzero(target == np.arange(len(places)))
    rank = np.zeros(len(places), np.int32)
    rank[tops] = np.arange(1, len(tops) + 1)
    hills = np.zeros(heights.shape, np.int32)
    hills.ravel()[places] = rank[target]
    return hills, np.concatenate([[0.0], flat[places[tops]]]).astype(np.float64)


def trim(labels: Labels, light: Image, n: int) -> Labels:
    """Cut each label where its light falls below half of the mean of its brighter part."""
    places = np.flatnonzero(labels)
    owner, value = labels.ravel()[places], light.ravel()[places].astype(np.float64)
    mean = np.bincount(owner, value, n) / np.maximum(np.bincount(owner, minlength=n), 1)
    bright = value >= mean[owner]
    count = np.bincount(owner[bright], minlength=n)
    level = np.bincount(owner[bright], value[bright], n) / np.maximum(count, 1)
    kept = value > 0.5 * level[owner]
    trimmed = np.zeros_like(labels)
    trimmed.ravel()[places[kept]] = owner[kept]
    return trimmed


def fill_holes(labels: Labels, diameter: float) -> Labels:
    """Give holes smaller than half a diameter across to the label on their left."""
    _, parts, stats, _ = cv2.connectedComponentsWithStats((labels == 0).astype(np.uint8), connectivity=4)
    small = stats[:, cv2.CC_STAT_AREA] < pi / 16 * diameter**2
    small[0] = False
    filled = labels.copy()
    for part in np.flatnonzero(small):
        left, top, width, height, _ = stats[part]
        window = np.s_[top : top + height, left : left + width]
        inside = parts[window] == part
        first = left + int(np.argmax(inside[0]))
        filled[window][inside] = labels[top, first - 1]
    return filled


class Hills:
    """Hills, their neighbours and the saddles between them; merged pair by pair, the least doubtful first."""

    def __init__(self, hills: Labels, heights: Image, peaks: Array, light: Image) -> None:
        n = len(peaks)
        self.peaks: list[float] = peaks.tolist()
        self.moments: list[list[float]] = moments_of(trim(hills, light, n), n).tolist()
        self.saddles: list[dict[int, float]] = [{} for _ in range(n)]
        width = hills.shape[1]
        names, levels = hills.ravel(), heights.ravel()
        places = np.flatnonzero(names)
        pairs, saddles = [], []
        for step in (1, width - 1, width, width + 1):
            other = names[places + step]
            border = places[(other > 0) & (other != names[places])]
            first, second = names[border].astype(np.int64), names[border + step]
            pairs.append(np.minimum(first, second) * n + np.maximum(first, second))
            saddles.append(np.minimum(levels[border], levels[border + step]))
        found, which = np.unique(np.concatenate(pairs), return_inverse=True)
        highest = np.zeros(len(found))
        np.maximum.at(highest, which, np.concatenate(saddles))
        for pair, saddle in zip(found.tolist(), highest.tolist(), strict=True):
            x, y = divmod(pair, n)
            self.saddles[x][y] = self.saddles[y][x] = saddle

    def merge(self, diameter: float, splitting: float) -> Labels:
        """Merge until every union left is doubtful: array of shape (n,), the hill that each hill went to."""
        owner, age = list(range(len(self.peaks))), [0] * len(self.peaks)
        queue: list[tuple[float, int, int, int, int]] = []

        def offer(x: int, y: int) -> None:
            doubt = self._doubt(x, y, diameter) + 2 * log(splitting)
            if doubt < 0:
                heapq.heappush(queue, (doubt, x, y, age[x], age[y]))

        for x, saddles in enumerate(self.saddles):
            for y in saddles:
                if x < y:
                    offer(x, y)
        while queue:
            _, x, y, *ages = heapq.heappop(queue)
            if ages == [age[x], age[y]]:
                self._unite(x, y)
                owner[y] = x
                age[x], age[y] = age[x] + 1, -1
                for z in self.saddles[x]:
                    offer(min(x, z), max(x, z))
        for x in range(len(owner)):
            while owner[x] != owner[owner[x]]:
                owner[x] = owner[owner[x]]
        return np.array(owner, np.int32)

    def _unite(self, x: int, y: int) -> None:
        self.moments[x] = [one + two for one, two in zip(self.moments[x], self.moments[y], strict=True)]
        self.peaks[x] = max(self.peaks[x], self.peaks[y])
        for z, saddle in self.saddles[y].items():
            del self.saddles[z][y]
            if z != x:
                self.saddles[x][z] = self.saddles[z][x] = max(saddle, self.saddles[x].get(z, 0.0))
        self.saddles[y] = {}

    def _doubt(self, x: int, y: int, diameter: float) -> float:
        """Score above 0 where two hills are two nuclei: log odds, about.

        Speaking for two are a deep saddle, an outline that is no ellipse, unequal heights, and great length.
        The weights were searched on simulated fields, sizes wrong by a third either way among them, so that
        length alone does not tear a large nucleus.
        """
        low, high = sorted((self.peaks[x], self.peaks[y]))
        depth = (low - self.saddles[x][y]) / low
        area, major, minor = ellipse_of(*map(sum, zip(self.moments[x], self.moments[y], strict=True)))
        hollow = max(0.0, 1 - area / (pi / 4 * major * minor))
        unlike = log(high / low)
        score: float = 1.5 * log(depth + 0.01) + 10 * hollow + 3 * log(major / diameter) + 5.5 * unlike - 2.1
        return score


def in_raster_order(labels: Labels) -> Labels:
    """Keep the largest piece of each label, and number them by their first pixel."""
    pieces: Labels = connected_parts(labels, connectivity=1)
    places = np.flatnonzero(pieces)
    piece = pieces.ravel()[places]
    n = int(pieces.max(initial=0))
    area = np.bincount(piece, minlength=n + 1)
    owner = np.zeros(n + 1, np.int32)
    owner[piece] = labels.ravel()[places]
    order = np.lexsort((-area, owner))
    kept = np.zeros(n + 1, bool)
    kept[order[np.unique(owner[order], return_index=True)[1]]] = True
    kept[0] = False
    numbered = np.zeros(labels.shape, np.int32)
    numbered.ravel()[places] = np.where(kept, np.cumsum(kept), 0)[piece]
    return numbered
