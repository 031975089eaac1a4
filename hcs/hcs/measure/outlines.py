"""Outlines: what was measured in a field as lines, for whoever draws them over the field.

Points are (x, y) in pixels of the field, whose pixel in column 0 and row 0 reaches from 0 to 1: its centre
lies at (0.5, 0.5). Lines run through centres of pixels, and of straight runs only the ends are kept.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from scipy import ndimage

from hcs.measure.fields import MeasuredField
from hcs.measure.neurites import Neurites
from hcs.measure.overlay import BRANCHING, NUCLEUS, SOMA, STRETCHES, stretch_colour
from hcs.measure.pictures import Array, Index, Labels
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
    at = neurites.graph.labels[links.y, links.x].astype(np.int64)
    owner = np.maximum(at[links.first], at[links.second])
    places = np.column_stack([links.x, links.y])
    made = []
    for chain, of in _chains(links, owner):
        colour = STRETCHES[stretch_colour(of)] if of else BRANCHING
        closed = chain[0] == chain[-1]
        points = _turns(places[chain])
        made.append(Outline(colour, closed, points[:-1] + 0.5 if closed else points + 0.5))
    return made


def _chains(links: Links, owner: Index) -> Iterator[tuple[list[int], int]]:
    """Follow the links from pixel to pixel as far as they have one owner; each is in one chain.

    Yields
    ------
    list of int, int
        Pixels in order (of a ring the first is also the last), and the owner.
    """
    ends, others = np.concatenate([links.first, links.second]), np.concatenate([links.second, links.first])
    order = np.argsort(ends, kind="stable")
    begins = np.concatenate([[0], np.cumsum(links.degree)]).tolist()
    other, number = others[order].tolist(), np.tile(np.arange(len(owner)), 2)[order].tolist()
    owners, free = owner.tolist(), [True] * len(owner)

    def onward(here: int, of: int | None) -> int | None:
        """Find a link that leads on from a pixel, of an owner or of any, that no chain has."""
        for slot in range(begins[here], begins[here + 1]):
            if free[number[slot]] and of in (None, owners[number[slot]]):
                return slot
        return None

    # From pixels that have a single link of some owner first: what is left after that are rings.
    kinds = int(owner.max(initial=0)) + 1
    pairs, count = np.unique(ends * kinds + np.tile(owner, 2), return_counts=True)
    tips = np.zeros(len(links.y), dtype=bool)
    tips[pairs[count == 1] // kinds] = True
    for start in np.argsort(~tips, kind="stable").tolist():
        while (slot := onward(start, None)) is not None:
            chain, of = [start], owners[number[slot]]
            while slot is not None:
                free[number[slot]] = False
                chain.append(other[slot])
                slot = onward(chain[-1], of)
            yield chain, of


def _turns(points: npt.NDArray[Any]) -> Array:
    """Keep the ends of a chain and the points at which it turns."""
    steps = np.diff(points, axis=0)
    kept = np.ones(len(points), dtype=bool)
    kept[1:-1] = (steps[1:] != steps[:-1]).any(axis=1)
    return np.asarray(points[kept], dtype=np.float64)
