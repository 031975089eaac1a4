"""Occlusion: a patch of a tile is put out of focus, and the features are asked what they miss.

A network that is frozen gives all heads the same features, so the copies of a tile pass once and every head
scores them. Nothing here knows the network: `features` is any function of scaled tiles.
`hcs_models.deletion` does with pixels in any order what is done here with patches.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hcs_models.headgradient import log_odds
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

Values = npt.NDArray[np.float64]
Tile = npt.NDArray[np.float32]
Features = Callable[[Tile], npt.NDArray[Any]]
"""From scaled tiles, array of shape (n, side, side, channel), to their features, array of shape (n, D)."""

AT_ONCE = 16
"""Copies made and passed together, so that memory does not grow with the number of copies."""


@dataclass(frozen=True)
class OcclusionSpec:
    """Where patches lie: one every `stride` pixels, and one at the end of the tile.

    Parameters
    ----------
    patch
        Side of a patch, pixels.
    stride
        Pixels from one patch to the next, 1 to `patch`.

    Raises
    ------
    ArgumentError
        A patch of nothing, or a stride that leaves pixels out.

    Examples
    --------
    >>> OcclusionSpec(patch=32, stride=48)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: stride 48 must be 1 to 32, the patch's side, or pixels are left out.
    """

    patch: int = 32
    stride: int = 32

    def __post_init__(self) -> None:
        if self.patch < 1:
            raise ArgumentError(f"patch {self.patch} must be at least 1 pixel.")
        if not 1 <= self.stride <= self.patch:
            raise ArgumentError(
                f"stride {self.stride} must be 1 to {self.patch}, the patch's side, or pixels are left out."
            )

    def starts(self, side: int) -> list[int]:
        """First pixel of every patch along one side; the last patch ends with the tile.

        Where the stride does not divide, that one is moved inwards and not cut: patches of one size hide the
        same area, so their drops compare.

        Parameters
        ----------
        side
            Side of the tile, pixels.

        Raises
        ------
        ArgumentError
            A tile smaller than the patch.

        Examples
        --------
        >>> OcclusionSpec(4, 3).starts(10), OcclusionSpec(4, 3).starts(9)
        ([0, 3, 6], [0, 3, 5])
        """
        if self.patch > side:
            raise ArgumentError(
                f"patch {self.patch} is larger than the tile's {side} pixels; take a smaller one."
            )
        return [*range(0, side - self.patch, self.stride), side - self.patch]

    def cover(self, side: int) -> Values:
        """Array of shape (patches along one side, side), pixels: 1 where a patch lies, 0 elsewhere."""
        starts, pixels = np.array(self.starts(side))[:, None], np.arange(side)
        return ((starts <= pixels) & (pixels < starts + self.patch)).astype(np.float64)


@dataclass(frozen=True)
class Occluded:
    """Features of a tile, and of its copies with one patch hidden.

    Parameters
    ----------
    features
        Array of shape (rows, columns, D): of the copies, by the patch that is hidden.
    whole
        Array of shape (D,): of the tile itself.
    spec
        Where the patches lie.
    side
        Side of the tile, pixels.
    """

    features: npt.NDArray[Any]
    whole: npt.NDArray[Any]
    spec: OcclusionSpec
    side: int

    def drops(self, heads: Sequence[TrainedHead], target: int) -> Values:
        """Fall of a class's log-odds (`hcs_models.headgradient.log_odds`) when a patch is gone.

        Parameters
        ----------
        heads
            At least one, each of D features.
        target
            Number of the class.

        Returns
        -------
        array of shape (heads, rows, columns)
            Above 0 where the patch speaks for the class; all 0 for a head that diverged.

        Raises
        ------
        ArgumentError
            No heads, a class that one of them does not have, or heads of features of another length.
        """
        check_heads(heads, target)
        rows, columns, width = self.features.shape
        passed = np.concatenate([self.whole[None], self.features.reshape(-1, width)])
        odds = np.stack([log_odds(head, passed, target) for head in heads])
        return np.asarray((odds[:, :1] - odds[:, 1:]).reshape(len(heads), rows, columns))

    def shift(self, scale: npt.NDArray[Any]) -> Values:
        """How far the standardised features move when a patch is gone, whatever any head makes of it.

        Parameters
        ----------
        scale
            Array of shape (D,): what features are divided by (`TrainedHead.scale`). The mean that is
            subtracted from them is no part of a distance.

        Returns
        -------
        array of shape (rows, columns)
            Euclidean distances.

        Raises
        ------
        ArgumentError
            Another length, or a scale that is no positive number.
        """
        if scale.shape != self.whole.shape or not (np.isfinite(scale) & (scale > 0)).all():
            raise ArgumentError(f"scale must be {len(self.whole)} positive numbers, one for each feature.")
        return np.asarray(np.linalg.norm((self.features.astype(np.float64) - self.whole) / scale, axis=-1))


def occlude_features(scaled: Tile, features: Features, spec: OcclusionSpec = OcclusionSpec()) -> Occluded:
    """Pass a tile, and once for every patch a copy with that patch blurred (Zeiler & Fergus, ECCV 2014).

    Parameters
    ----------
    scaled
        Array of shape (side, side, channel) within 0 to 255.
    features
        Is given rows × columns + 1 tiles, at most `AT_ONCE` a call.
    spec
        Where the patches lie.

    Raises
    ------
    ArgumentError
        No such tile, a patch larger than it, or features that are not one row per tile.

    Examples
    --------
    A network that sees the brightest pixel alone, which is at the lower right:

    >>> tile = np.zeros((8, 8, 1), np.float32)
    >>> tile[6, 6] = 255
    >>> occluded = occlude_features(tile, lambda tiles: tiles.max(axis=(1, 2)), OcclusionSpec(4, 4))
    >>> (occluded.shift(np.ones(1)) > 0).tolist()
    [[False, False], [False, True]]
    """
    tile = checked_tile(scaled)
    starts = spec.starts(len(tile))
    plain = blurred(tile)

    def copies() -> Iterator[Tile]:
        yield tile
        for top, left in product(starts, starts):
            copy = tile.copy()
            hidden = slice(top, top + spec.patch), slice(left, left + spec.patch)
            copy[hidden] = plain[hidden]
            yield copy

    rows = pass_copies(copies(), features)
    return Occluded(rows[1:].reshape(len(starts), len(starts), -1), rows[0], spec, len(tile))


def spread(values: npt.NDArray[Any], spec: OcclusionSpec, side: int) -> Values:
    """Give every pixel the mean over the patches that cover it.

    Parameters
    ----------
    values
        Array of shape (…, rows, columns): one number per patch.
    spec
        Where the patches lie.
    side
        Side of the tile, pixels.

    Returns
    -------
    array of shape (…, side, side)

    Raises
    ------
    ArgumentError
        Not as many values as there are patches, or values that are no numbers.

    Examples
    --------
    >>> spread(np.array([[0.0, 1.0], [0.0, 1.0]]), OcclusionSpec(2, 1), 3)[0].tolist()
    [0.0, 0.5, 1.0]
    """
    cover = spec.cover(side)
    _check_maps("values", values, len(cover))
    share = cover / cover.sum(axis=0)
    return np.asarray(share.T @ values.astype(np.float64) @ share)


def patch_means(maps: npt.NDArray[Any], spec: OcclusionSpec) -> Values:
    """Mean of maps in every patch, to be compared with occlusion.

    Parameters
    ----------
    maps
        Array of shape (…, side, side).
    spec
        Where the patches lie.

    Returns
    -------
    array of shape (…, rows, columns)

    Raises
    ------
    ArgumentError
        Maps that are not square, smaller than a patch, or of values that are no numbers.

    Examples
    --------
    >>> patch_means(np.arange(16).reshape(4, 4), OcclusionSpec(2, 2)).tolist()
    [[2.5, 4.5], [10.5, 12.5]]
    """
    side = maps.shape[-1] if maps.ndim else 0
    _check_maps("maps", maps, side)
    share = spec.cover(side) / spec.patch
    return np.asarray(share @ maps.astype(np.float64) @ share.T)


def blurred(scaled: Tile, sigma: float | None = None) -> Tile:
    """Make what stands in place of light taken away: the tile out of focus (Fong & Vedaldi, ICCV 2017).

    Black or grey patches would be edges and levels no tile has. A Gaussian takes the texture and leaves the
    local brightness; mirrored at the border, it also keeps the mean of the whole tile.

    Parameters
    ----------
    scaled
        Array of shape (side, side, channel) within 0 to 255, as
        `hcs_models.preprocessing.rescale_intensity` makes it.
    sigma
        Pixels; a sixteenth of the side if None (ours).

    Raises
    ------
    ArgumentError
        No such tile, or no such sigma.

    Examples
    --------
    >>> spot = np.zeros((9, 9, 1), np.float32)
    >>> spot[1, 1] = 200
    >>> smooth = blurred(spot, sigma=1.0)
    >>> round(float(smooth.max())), round(float(smooth.sum()))
    (33, 200)
    """
    tile = checked_tile(scaled)
    sigma = len(tile) / 16 if sigma is None else sigma
    if not 0 < sigma < np.inf:
        raise ArgumentError(f"sigma {sigma} must be a positive number of pixels.")
    smooth = cv2.GaussianBlur(tile, (0, 0), sigma, borderType=cv2.BORDER_REFLECT)
    return np.asarray(smooth).reshape(tile.shape)


def pass_copies(copies: Iterable[Tile], features: Features) -> npt.NDArray[Any]:
    """Pass copies of a tile `AT_ONCE` at a time, array of shape (n, D); refuse features of another shape."""
    rest = iter(copies)
    rows: list[npt.NDArray[Any]] = []
    while batch := list(islice(rest, AT_ONCE)):
        given = features(np.stack(batch))
        if given.ndim != 2 or len(given) != len(batch):
            raise ArgumentError(f"features gave shape {given.shape}; expected ({len(batch)}, D).")
        rows.append(given)
    return np.concatenate(rows)


def checked_tile(scaled: Tile) -> Tile:
    """Give a scaled tile in float32, or say why it is none."""
    if scaled.ndim != 3 or scaled.shape[0] != scaled.shape[1] or not scaled.size:
        raise ArgumentError(f"the tile has shape {scaled.shape}; expected (side, side, channel).")
    # Half a level of slack: turning a tile interpolates. NaN fails as well.
    if not (scaled.min() >= -0.5 and scaled.max() <= 255.5):
        raise ArgumentError(f"levels {scaled.min():g} to {scaled.max():g} must be rescaled to 0 to 255.")
    return np.ascontiguousarray(scaled, dtype=np.float32)


def check_heads(heads: Sequence[TrainedHead], target: int) -> None:
    """Refuse no heads at all, and a class that one of them does not have."""
    if not heads:
        raise ArgumentError("heads is empty; give at least one.")
    fewest = min(head.n_classes for head in heads)
    if not 0 <= target < fewest:
        raise ArgumentError(f"target {target} is no class of all heads; they share 0 to {fewest - 1}.")


def _check_maps(name: str, maps: npt.NDArray[Any], side: int) -> None:
    """Refuse maps that are not (…, side, side) or have values that are no numbers."""
    if maps.shape[-2:] != (side, side) or not np.isfinite(maps).all():
        raise ArgumentError(f"{name} of shape {maps.shape} must be (…, {side}, {side}) finite values.")
