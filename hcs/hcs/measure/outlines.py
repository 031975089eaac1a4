"""Outlines: what was measured in a field as lines, for whoever draws them over the field.

Points are (x, y) in pixels of the field, whose pixel in column 0 and row 0 reaches from 0 to 1: its centre
lies at (0.5, 0.5). Lines run through centres of pixels, and of straight runs only the ends are kept.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from scipy import ndimage

from hcs.measure.colours import BRANCHING, NUCLEUS, SOMA, STRETCHES, stretch_colour
from hcs.measure.fields import MeasuredField
from hcs.measure.neurites import Neurites
from hcs.measure.pictures import Array, Index, Labels, Mask
from hcs.measure.skeleton import Links, link_pixels

NUCLEI, SOMAS, NEURITES = "nuclei", "somas", "neurites"


@dataclass(frozen=True, eq=False)
class Outline:
    """One line.

    Parameters
    ----------
    colour
        ``#RRGGBB``.
    closed
        Whether the last point is joined to the first.
    points
        Array of shape (n, 2): x and y, pixels of the field.
    """

    colour: str
    closed: bool
    points: Array


def field_outlines(found: MeasuredField) -> dict[str, list[Outline]]:
    """Give all that was looked for in a field: `NUCLEI`, `SOMAS` and `NEURITES`, colours as in overlays."""
    made = {}
    for name, labels, colour in ((NUCLEI, found.nuclei, NUCLEUS), (SOMAS, found.somas, SOMA)):
        if labels is not None:
            made[name] = region_outlines(labels, colour)
    if found.neurites is not None:
        made[NEURITES] = neurite_lines(found.neurites)
    return made


def region_outlines(labels: Labels, colour: str) -> list[Outline]:
    """Outline every labelled region along the outermost of its own pixels, and along its holes' borders.

    Drawn and filled with their edges, holes taken out without theirs, the outlines of a region cover its
    pixels and no others (border following: Suzuki and Abe, CVGIP 1985;30:32).

    Parameters
    ----------
    labels
        Array of shape (y, x), 0 is background.

    Returns
    -------
    list of Outline
        By label; a region of several parts or with holes has several.

    Examples
    --------
    >>> square = np.zeros((4, 5), np.int32)
    >>> square[1:3, 1:4] = 7
    >>> [one.points.tolist() for one in region_outlines(square, "#56B4E9")]
    [[[1.5, 1.5], [1.5, 2.5], [3.5, 2.5], [3.5, 1.5]]]
    """
    made = []
    for number, place in enumerate(ndimage.find_objects(labels), start=1):
        if place is not None:
            own = (labels[place] == number).astype(np.uint8)
            corner = (place[1].start, place[0].start)
            lines, _ = cv2.findContours(own, cv2.RETR_CCOMP, cv2.CHAIN_APPROX_SIMPLE, offset=corner)
            made += [Outline(colour, True, line[:, 0].astype(np.float64) + 0.5) for line in lines]
    return made


def neurite_lines(neurites: Neurites) -> list[Outline]:
    """Give the centre-lines, one for each stretch between branch points, in the colour of its stretch.

    A stretch reaches to the centre of the branch points that it meets; what joins the pixels of one branch
    point is white. Together the lines are the links of the skeleton, each once: their length is that of
    `hcs.measure.skeleton.analyse_skeleton` without smoothing.
    """
    links = link_pixels(neurites.skeleton)
    if not len(links.first):
        return []
    at = neurites.graph.labels[links.y, links.x].astype(np.int64)
    pixels, lengths, owners = _chains(links, np.maximum(at[links.first], at[links.second]))
    ends = np.cumsum(lengths)
    begins = ends - lengths
    closed = pixels[begins] == pixels[ends - 1]
    points = np.column_stack([links.x, links.y])[pixels].astype(np.float64) + 0.5
    kept = _turning(points)
    kept[begins] = kept[ends - 1] = True
    # Of a ring the last point is the first again.
    kept[ends[closed] - 1] = False
    cut = np.split(points[kept], np.cumsum(np.add.reduceat(kept, begins, dtype=np.int64))[:-1])
    colours = np.where(owners > 0, np.array(STRETCHES)[stretch_colour(owners)], BRANCHING).tolist()
    return [Outline(*one) for one in zip(colours, closed.tolist(), cut, strict=True)]


def _turning(points: Array) -> Mask:
    """Whether the way turns at each of many points in a row; the first and the last are none of it."""
    steps = np.diff(points, axis=0)
    turning = np.zeros(len(points), dtype=bool)
    turning[1:-1] = (steps[1:] != steps[:-1]).any(axis=1)
    return turning


def _chains(links: Links, owner: Index) -> tuple[Index, Index, Index]:
    """Follow the links from pixel to pixel as far as they have one owner; each is in one chain.

    Returns
    -------
    array of shape (n_pixels,), arrays of shape (n_chains,)
        Pixels of one chain after the other (of a ring the first is also the last), how many each has, and
        whose it is.
    """
    ends, others = np.concatenate([links.first, links.second]), np.concatenate([links.second, links.first])
    order = np.argsort(ends, kind="stable")
    first = np.concatenate([[0], np.cumsum(links.degree)])
    other, number = others[order], np.tile(np.arange(len(owner)), 2)[order]
    onward = _onward(links.degree, owner[number], first, other, number)
    begins, heads, numbers, follow = first.tolist(), other.tolist(), number.tolist(), onward.tolist()
    owners, free = owner.tolist(), [True] * len(owner)
    pixels: list[int] = []
    lengths: list[int] = []
    whose: list[int] = []

    def leading_on(here: int, of: int | None) -> int:
        """Find a link of an owner, or of any, that leads on from a pixel and that no chain has; else -1."""
        for slot in range(begins[here], begins[here + 1]):
            if free[numbers[slot]] and of in (None, owners[numbers[slot]]):
                return slot
        return -1

    for start in _starts(ends, np.tile(owner, 2), len(links.y)):
        while (slot := leading_on(start, None)) >= 0:
            of, before = owners[numbers[slot]], len(pixels)
            pixels.append(start)
            while slot >= 0 and free[numbers[slot]]:
                free[numbers[slot]] = False
                pixels.append(heads[slot])
                slot = follow[slot] if follow[slot] >= 0 else leading_on(heads[slot], of)
            lengths.append(len(pixels) - before)
            whose.append(of)
    return np.array(pixels, np.int64), np.array(lengths, np.int64), np.array(whose, np.int64)


def _onward(degree: Index, owner: Index, first: Index, other: Index, number: Index) -> Index:
    """Give the link that goes on after each, where a pixel has just two of one owner; -1 elsewhere.

    Links stand once for each of their pixels, those of one pixel together, from `first` on.
    """
    one = np.minimum(first[:-1], len(owner) - 1)
    two = np.minimum(one + 1, len(owner) - 1)
    through = (degree == 2) & (owner[one] == owner[two])
    way = np.where(number[one[other]] == number, two[other], one[other])
    return np.asarray(np.where(through[other], way, -1))


def _starts(ends: Index, owner: Index, n: int) -> list[int]:
    """Order pixels: first those that have a single link of some owner; what is left after them are rings."""
    kinds = int(owner.max(initial=0)) + 1
    pairs, count = np.unique(ends * kinds + owner, return_counts=True)
    tips = np.zeros(n, dtype=bool)
    tips[pairs[count == 1] // kinds] = True
    starts: list[int] = np.argsort(~tips, kind="stable").tolist()
    return starts
