"""Some of many things, spread evenly over them: fields to look at, tiles to explain."""

import numpy as np


def evenly(n: int, wanted: int) -> list[int]:
    """Places of so many things out of n, evenly from the first to the last; all where there are no more.

    Examples
    --------
    >>> evenly(10, 4), evenly(2, 4), evenly(9, 1)
    ([0, 3, 6, 9], [0, 1], [4])
    """
    if wanted == 1:
        return [n // 2][:n]
    return [int(place) for place in np.unique(np.linspace(0, n - 1, min(n, wanted)).round())]
