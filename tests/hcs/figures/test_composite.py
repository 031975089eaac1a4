"""Channels in one picture."""

import numpy as np

from hcs.figures.composite import COLOURS, composite


def test_levels_are_rounded_and_clipped() -> None:
    """To the nearest, halves to the even one, and never wrapped round."""
    scaled = np.array([-3.0, 0.49, 0.51, 1.5, 2.5, 254.4, 255.4, 300.0]).reshape(2, 4, 1)
    assert composite(scaled).tolist() == [[0, 0, 1, 2], [2, 254, 255, 255]]
    assert composite(np.full((1, 1, 3), 255.0)).tolist() == [[[255, 255, 255]]]


def test_colours_are_told_apart_without_red_or_green_cones() -> None:
    """Seen by protanopes and deuteranopes (Viénot et al. 1999), every two channels differ clearly."""
    to_lms = np.array(
        [[17.8824, 43.5161, 4.11935], [3.45565, 27.1554, 3.86714], [0.0299566, 0.184309, 1.46709]]
    )
    for lacking, row in ((0, (0, 2.02344, -2.52581)), (1, (0.494207, 0, 1.24827))):
        seen = np.eye(3)
        seen[lacking] = row
        simulated = np.linalg.inv(to_lms) @ seen @ to_lms @ np.array(list(COLOURS.values())).T
        pairs = [np.linalg.norm(simulated[:, a] - simulated[:, b]) for a, b in ((0, 1), (0, 2), (1, 2))]
        red, green = (np.linalg.inv(to_lms) @ seen @ to_lms)[:, :2].T
        assert min(pairs) > 0.35
        assert pairs[0] > 2 * np.linalg.norm(red / 2 - green / 2)
