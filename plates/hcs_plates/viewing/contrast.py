"""Grey levels that show a channel on every field of a plate alike, from a sample of its fields."""

from collections.abc import Iterable, Sequence
from math import floor, log10
from typing import Any

import numpy as np
import numpy.typing as npt

SAMPLED = 24
"""Fields that are sampled, spread evenly over the plate."""

LOWEST, HIGHEST = 1.0, 99.7
"""Percentiles of the sample that become black and white."""

Pixels = npt.NDArray[Any]


def shown_levels(sample: Sequence[Pixels]) -> tuple[float, float]:
    """Grey levels that become black and white; 0 and 1 where there is no sample.

    Parameters
    ----------
    sample
        Pictures of one channel, of any shapes.

    Examples
    --------
    >>> shown_levels([np.arange(1001)])
    (10.0, 997.0)
    >>> shown_levels([np.full(4, 7)]), shown_levels([])
    ((7.0, 8.0), (0.0, 1.0))
    """
    levels = [picture.ravel() for picture in sample]
    known = np.concatenate(levels) if levels else np.empty(0)
    known = known[np.isfinite(known)]
    if not known.size:
        return 0.0, 1.0
    low, high = np.percentile(known, [LOWEST, HIGHEST])
    least = 1.0 if np.issubdtype(known.dtype, np.integer) else 0.0
    return float(low), float(high if high > low + least else low + 1)


def outer_levels(dtype: str, seen: Iterable[float]) -> tuple[float, float]:
    """Least and greatest grey level that a control of contrast needs.

    Parameters
    ----------
    dtype
        NumPy name of the pixel type.
    seen
        Grey levels that there are.

    Returns
    -------
    tuple
        Of uint8 its whole range; of other integers the range of the fewest bits that hold what was seen, as
        cameras have them; of floating point what was seen, rounded outward to two digits.

    Examples
    --------
    >>> outer_levels("uint8", [3, 70]), outer_levels("uint16", [90, 2100]), outer_levels("int16", [-3, 70])
    ((0.0, 255.0), (0.0, 4095.0), (-4.0, 127.0))
    >>> outer_levels("float32", [0.0123, 0.876])
    (0.012, 0.88)
    """
    kind = np.dtype(dtype)
    known = [float(level) for level in seen if np.isfinite(level)]
    if kind == np.uint8 or not known:
        return (0.0, 255.0) if kind == np.uint8 else (0.0, 1.0)
    least, greatest = min(known), max(known)
    if np.issubdtype(kind, np.integer):
        below = 0 if least >= 0 else -(1 << (int(-least) - 1).bit_length())
        return float(below), float(max((1 << int(max(greatest, 0)).bit_length()) - 1, below + 1))
    below, above = _outward(least, -1), _outward(greatest, 1)
    return below, above if above > below else below + 1


def _outward(level: float, way: int) -> float:
    """Round to two digits, up or down."""
    if level == 0:
        return 0.0
    unit = 10.0 ** (floor(log10(abs(level))) - 1)
    return float(f"{way * np.ceil(way * level / unit - 1e-9) * unit:.2g}")
