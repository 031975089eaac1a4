"""Grey levels that show a channel on every field of a plate alike, from a sample of its fields."""

from collections.abc import Iterable, Sequence
from math import floor, log10

import numpy as np

from hcs_plates.errors import HcsError
from hcs_plates.others.planes import Pixels, Region
from hcs_plates.viewing.records import FieldImage

SAMPLED = 24
"""Fields that are sampled, spread evenly over the plate."""

SAMPLED_SIDE = 512
"""Largest side of what is read of a field."""

LOWEST, HIGHEST = 1.0, 99.7
"""Percentiles of the sample that become black and white."""

Contrast = tuple[float, float, tuple[float, float]]
"""Grey levels that are black and full at first, and the least and greatest that there are."""


def learned(images: Sequence[FieldImage]) -> dict[str, Contrast]:
    """Learn the contrast of every channel of some fields, by its name.

    Of each field the middle of the smallest level is read, at the middle time and step in z that are there; a
    field that cannot be read is passed over, as it is refused when it is looked at.
    """
    samples: dict[str, list[Pixels]] = {}
    stated: dict[str, list[float]] = {}
    for image in images:
        own = _sample(image)
        for channel, name in enumerate(image.names):
            samples.setdefault(name, []).extend([own[channel]] if channel in own else [])
            stated.setdefault(name, []).extend(image.ranges[channel] if image.ranges else ())
    dtypes = {name: image.dtype for image in reversed(images) for name in image.names}
    contrasts = {}
    for name, sample in samples.items():
        low, high = shown_levels(sample)
        seen = [low, high, *stated[name], *(float(end(part)) for part in sample for end in (np.min, np.max))]
        contrasts[name] = (low, high, outer_levels(dtypes[name], seen))
    return contrasts


def _sample(image: FieldImage) -> dict[int, Pixels]:
    """Read the sample of a field by channel: channels that are there at the same time and step at once."""
    places: dict[tuple[int, int], list[int]] = {}
    for channel in range(len(image.names)):
        steps = [
            (time, z)
            for time in range(image.n_times)
            for z in range(image.n_z)
            if (channel, time, z) not in image.missing
        ]
        if steps:
            places.setdefault(steps[len(steps) // 2], []).append(channel)
    level = image.levels[-1]
    rows, columns = (
        slice((size - min(size, SAMPLED_SIDE)) // 2, (size + min(size, SAMPLED_SIDE)) // 2)
        for size in (level.height, level.width)
    )
    found: dict[int, Pixels] = {}
    for (time, z), channels in places.items():
        try:
            pixels = image.read(len(image.levels) - 1, Region(tuple(channels), time, (z,), rows, columns))
        except HcsError:
            continue
        found.update(zip(channels, pixels, strict=True))
    return found


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
    >>> shown_levels([np.full(4, 4095)])
    (4094.0, 4095.0)
    """
    levels = [picture.ravel() for picture in sample]
    known = np.concatenate(levels) if levels else np.empty(0)
    known = known[np.isfinite(known)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(level) for level in np.percentile(known, [LOWEST, HIGHEST]))
    whole = bool(np.issubdtype(known.dtype, np.integer))
    if high > low + whole:
        return low, high
    # All at the top of 8, 12, … bits are saturated, and not dark.
    saturated = whole and low >= 255 and (int(low) + 1).bit_count() == 1
    return (low - 1, low) if saturated else (low, low + 1)


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
        lowest = 0 if least >= 0 else -(1 << (int(-least) - 1).bit_length())
        return float(lowest), float(max((1 << int(max(greatest, 0)).bit_length()) - 1, lowest + 1))
    below, above = _outward(least, -1), _outward(greatest, 1)
    return below, above if above > below else below + 1


def _outward(level: float, way: int) -> float:
    """Round to two digits, up or down."""
    if level == 0:
        return 0.0
    unit = 10.0 ** (floor(log10(abs(level))) - 1)
    return float(f"{way * np.ceil(way * level / unit - 1e-9) * unit:.2g}")
