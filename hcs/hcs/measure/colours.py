"""Colours of what was measured: somas orange, nuclei blue, a stretch of neurite each in one of its own."""

from typing import Any

from hcs.figures.theme import OKABE_ITO

SOMA, NUCLEUS = "#D55E00", "#56B4E9"
STRETCHES = tuple(colour for colour in OKABE_ITO if colour not in (SOMA, NUCLEUS, "#000000"))
BRANCHING = "#FFFFFF"


def stretch_colour(labels: Any) -> Any:
    """Give the place among `STRETCHES` of a stretch, or of each of an array (int64).

    Labels run along rows; mixing them keeps neighbours from sharing a colour.
    """
    return (labels * 7919 >> 3) % len(STRETCHES)
