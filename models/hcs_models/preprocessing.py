"""From a tile's grey levels to what VGG-16 was trained on.

Each tile is rescaled by its own percentiles, so nothing is fitted across clones and no split can leak through
the preprocessing; the means subtracted are ImageNet's ("caffe" order, Simonyan & Zisserman 2015).
"""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError

BGR_MEANS = (103.939, 116.779, 123.68)
"""Mean blue, green and red of ImageNet's training images (Simonyan & Zisserman 2015)."""


@dataclass(frozen=True)
class Preprocessing:
    """How grey levels become 0–255.

    Parameters
    ----------
    percentiles
        Which percentiles of each tile's channel become 0 and 255; values beyond are clipped.
    window
        Grey levels that become 0 and 255 in every tile instead, for data whose absolute level matters.

    Examples
    --------
    >>> Preprocessing(window=(100.0, 100.0))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: window (100.0, 100.0) must rise: (darkest, brightest) grey level.
    """

    percentiles: tuple[float, float] = (0.1, 99.9)
    window: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        low, high = self.percentiles
        if not 0 <= low < high <= 100:
            raise ArgumentError(f"percentiles {self.percentiles} must rise within 0 to 100.")
        if self.window is not None and not self.window[0] < self.window[1]:
            raise ArgumentError(f"window {self.window} must rise: (darkest, brightest) grey level.")

    def record(self) -> dict[str, Any]:
        """JSON-ready facts for a study's record."""
        return asdict(self) | {"order": "BGR", "means": list(BGR_MEANS)}


def rescale_intensity(
    tiles: npt.NDArray[Any], spec: Preprocessing = Preprocessing()
) -> npt.NDArray[np.float32]:
    """Bring grey levels to 0–255, tile by tile and channel by channel.

    Parameters
    ----------
    tiles
        Array of shape (n, y, x, channel).
    spec
        Percentiles or a fixed window.

    Returns
    -------
    array of shape (n, y, x, channel)
        Within 0 to 255. A channel without contrast (its percentiles coincide) is 0 wherever it is not above
        them.

    Examples
    --------
    >>> ramp = np.arange(4, dtype=np.uint16).reshape(1, 2, 2, 1)
    >>> rescale_intensity(ramp, Preprocessing(percentiles=(0, 100)))[0, ..., 0].tolist()
    [[0.0, 85.0], [170.0, 255.0]]
    """
    if tiles.ndim != 4:
        raise ArgumentError(f"tiles have {tiles.ndim} dimensions; expected (tile, y, x, channel).")
    low: Any
    high: Any
    if spec.window is None:
        low, high = np.percentile(tiles, spec.percentiles, axis=(1, 2), keepdims=True)
    else:
        low, high = (np.full((1, 1, 1, 1), level) for level in spec.window)
    # A flat channel has no span: dividing by at least one grey level leaves it black instead of NaN.
    span = np.maximum(high - low, 1.0 if np.issubdtype(tiles.dtype, np.integer) else 1e-6)
    scaled: npt.NDArray[np.float32] = (tiles.astype(np.float32) - low.astype(np.float32)) * (
        255.0 / span
    ).astype(np.float32)
    np.clip(scaled, 0.0, 255.0, out=scaled)
    return scaled


def network_input(scaled: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Map channels to colours and subtract ImageNet's means.

    Parameters
    ----------
    scaled
        Array of shape (n, y, x, channel) within 0 to 255. One channel becomes grey (all three colours); of
        two or three the first is red, the second green, the third blue, and an absent one is black.

    Returns
    -------
    array of shape (n, y, x, 3)
        Blue, green, red, means subtracted.

    Raises
    ------
    ArgumentError
        More than three channels.

    Examples
    --------
    >>> network_input(np.zeros((1, 2, 2, 4), np.float32))
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: VGG-16 sees 1 to 3 channels, not 4; choose some with [data] channels.
    """
    channels = scaled.shape[-1]
    if not 1 <= channels <= 3:
        raise ArgumentError(f"VGG-16 sees 1 to 3 channels, not {channels}; choose some with [data] channels.")
    colours = np.zeros((*scaled.shape[:-1], 3), dtype=np.float32)
    if channels == 1:
        colours[...] = scaled
    else:
        for place in range(channels):
            colours[..., 2 - place] = scaled[..., place]
    colours -= np.array(BGR_MEANS, dtype=np.float32)
    return colours


def preprocess(tiles: npt.NDArray[Any], spec: Preprocessing = Preprocessing()) -> npt.NDArray[np.float32]:
    """Turn tiles into the network's input: `rescale_intensity`, then `network_input`.

    Parameters
    ----------
    tiles
        Array of shape (n, y, x, channel), 1 to 3 channels.
    spec
        Percentiles or a fixed window.

    Returns
    -------
    array of shape (n, y, x, 3)
    """
    return network_input(rescale_intensity(tiles, spec))
