"""Maps of a batch of tiles, head after head, each brought to a sum of one so that heads weigh alike."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_models.backbone import block_stride
from hcs_models.headgradient import score_gradient
from hcs_models.saliency import ForwardPass, upsampled
from hcs_models.trained import TrainedHead

Maps = npt.NDArray[np.float32]
"""Array of shape (n, y, x); every map sums to 1, or is NaN where nothing speaks for the class."""


def cams(passed: ForwardPass, head: TrainedHead, targets: npt.NDArray[np.int64]) -> dict[str, Maps]:
    """Grad-CAMs of a batch, by block since the first one passed, each in the block's own resolution."""
    found = passed.maps(gradients(head, passed.features, targets))
    return {block: unit_sum(one) for block, one in found.items()}


def guided(passed: ForwardPass, head: TrainedHead, targets: npt.NDArray[np.int64]) -> Maps:
    """Guided gradient of a batch, passed guided from the pixels on, in their grey level; positive values."""
    found = passed.pixel_gradient(gradients(head, passed.features, targets, guided=True))
    return unit_sum(np.maximum(found.sum(axis=-1), 0.0))


def gradients(
    head: TrainedHead, features: npt.NDArray[Any], targets: npt.NDArray[np.int64], *, guided: bool = False
) -> npt.NDArray[np.float64]:
    """Gradient of each row's own class's score in the features, array of shape (n, n_features)."""
    made = np.zeros(features.shape)
    for target in np.unique(targets):
        rows = targets == target
        made[rows] = score_gradient(head, features[rows], int(target), guided=guided)
    return made


def unit_sum(maps: npt.NDArray[Any]) -> Maps:
    """Divide every map by its sum; NaN where that is 0.

    Examples
    --------
    >>> unit_sum(np.array([[[1.0, 3.0]], [[0.0, 0.0]]])).tolist()
    [[[0.25, 0.75]], [[nan, nan]]]
    """
    sums = maps.sum(axis=(1, 2), keepdims=True, dtype=np.float64)
    return np.asarray(np.divide(maps, sums, out=np.full(maps.shape, np.nan), where=sums > 0), np.float32)


def mean_map(maps: Sequence[Maps]) -> Maps:
    """Mean over heads, of those that have a map; 0 where none has.

    Examples
    --------
    >>> mean_map([np.array([[[0.5, 0.5]]]), np.array([[[np.nan, np.nan]]])]).tolist()
    [[[0.5, 0.5]]]
    """
    stack = np.stack(maps)
    there = ~np.isnan(stack)
    total, number = np.where(there, stack, 0).sum(axis=0), there.sum(axis=0)
    return np.asarray(total / np.maximum(number, 1), dtype=np.float32)


def to_pixels(maps: Maps, block: str, side: int) -> Maps:
    """Bring a block's maps to the tile's pixels, sums of 1 kept."""
    return unit_sum(np.nan_to_num(upsampled(maps, side, block_stride(block))))


def save_maps(path: Path, maps: Mapping[str, npt.NDArray[Any]]) -> None:
    """Write maps as one packed ``.npz`` file, which `numpy.load` reads."""
    arrays: dict[str, Any] = dict(maps)
    np.savez_compressed(path, **arrays)
