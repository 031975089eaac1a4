"""Loose ends: run straight on to the line ahead, where a link may run, and no further than asked."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs.measure.linking import link_ends

Array = npt.NDArray[Any]


def tee(gap: int) -> Array:
    """Draw an upright line, and one from the left that stops short of it."""
    skeleton = np.zeros((41, 61), dtype=bool)
    skeleton[:, 50] = True
    skeleton[20, 5 : 50 - gap] = True
    return skeleton


@pytest.mark.parametrize("gap", [3, 5, 8])
def test_an_end_reaches_the_line_ahead(gap: int) -> None:
    """The gap of a T is closed by a straight link, and nothing else is added."""
    joined = link_ends(tee(gap), np.ones((41, 61), dtype=bool), 10)
    expected = tee(gap)
    expected[20, 5:50] = True
    assert np.array_equal(joined, expected)


def test_what_is_far_or_barred_or_aside_stays_loose() -> None:
    """Beyond the reach, across a barrier, from a segment too short to have a direction, past the frame."""
    everywhere = np.ones((41, 61), dtype=bool)
    assert np.array_equal(link_ends(tee(14), everywhere, 10), tee(14))
    barred = everywhere.copy()
    barred[:, 46] = False
    assert np.array_equal(link_ends(tee(8), barred, 10), tee(8))
    short = np.zeros_like(everywhere)
    short[:, 50], short[20, 40:45] = True, True
    assert np.array_equal(link_ends(short, everywhere, 10), short)
    alone = np.zeros_like(everywhere)
    alone[20, :30] = True
    assert np.array_equal(link_ends(alone, everywhere, 10), alone)
    assert not link_ends(np.zeros_like(everywhere), everywhere, 10).any()
