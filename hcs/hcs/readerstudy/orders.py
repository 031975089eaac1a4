"""In which order a reader sees images: by chance alone, and second showings not soon after the first."""

from collections.abc import Sequence

import numpy as np

from hcs_plates.errors import ArgumentError

APART = 20
"""Positions between two showings of an image, at least, where there are enough."""
TRIES = 10_000


def apart_by(showings: int) -> int:
    """How far apart two showings of an image are at least, of so many showings in all.

    Examples
    --------
    >>> apart_by(110), apart_by(40)
    (20, 10)
    """
    return max(1, min(APART, showings // 4))


def draw_order(
    images: Sequence[int], repeated: Sequence[int], rng: np.random.Generator
) -> list[tuple[int, bool]]:
    """Draw the order of a reader's images.

    Every order in which no second showing comes too soon can be drawn, and nothing but that is heeded: no
    blocks, no alternation. So before anything is known of the images, each position is of either class with
    the chance of the balance, 1/2, and so it stays for a reader who is never told whether a call was right.

    Parameters
    ----------
    images
        Each once.
    repeated
        Those of them that are shown twice.
    rng
        The chance.

    Returns
    -------
    list of (int, bool)
        The image, and whether this is its second showing.

    Raises
    ------
    ArgumentError
        So many are repeated that they cannot be kept apart.
    """
    shown = [*images, *repeated]
    order = [shown[place] for place in rng.permutation(len(shown))]
    least = apart_by(len(order))
    for _ in range(TRIES):
        near = _near(order, least)
        if not near:
            break
        here, there = near[rng.integers(len(near))], int(rng.integers(len(order)))
        order[here], order[there] = order[there], order[here]
    else:
        raise ArgumentError(
            f"{len(repeated)} of {len(images)} images cannot be shown twice and at least {least} positions "
            "apart; ask for fewer (--repeats)."
        )
    seen: set[int] = set()
    drawn = []
    for image in order:
        drawn.append((image, image in seen))
        seen.add(image)
    return drawn


def _near(order: Sequence[int], least: int) -> list[int]:
    """Positions of second showings that come too soon."""
    last: dict[int, int] = {}
    near = []
    for position, image in enumerate(order):
        if image in last and position - last[image] < least:
            near.append(position)
        last[image] = position
    return near
