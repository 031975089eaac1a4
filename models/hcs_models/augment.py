"""Views of a tile: the tile itself and random turns of it, each a pure function of (tile id, view, seed).

View 0 is the identity. The others stand in for the fresh draw per epoch of a Keras augmentation layer: since
the backbone is frozen, a few stored views are enough, and any worker can make any of them again.
"""

from dataclasses import asdict, dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError
from hcs_plates.units import digest


@dataclass(frozen=True)
class AugmentSpec:
    """Ranges of the random draws; all of them ours, the reference study does not publish its own.

    Parameters
    ----------
    rotation_degrees
        Turned by up to this much either way (ours: 180, a field of cells has no upright).
    shift
        Moved by up to this share of the side, in y and x (ours: 0.1).
    zoom
        Enlarged by a factor within 1 ± this, drawn evenly in its logarithm (ours: 0.1).
    flip
        Mirrored in every second view on average (ours: yes).
    """

    rotation_degrees: float = 180.0
    shift: float = 0.1
    zoom: float = 0.1
    flip: bool = True

    def __post_init__(self) -> None:
        if not 0 <= self.rotation_degrees <= 180:
            raise ArgumentError(f"rotation_degrees {self.rotation_degrees} is outside 0 to 180.")
        for name in ("shift", "zoom"):
            if not 0 <= getattr(self, name) <= 0.5:
                raise ArgumentError(f"{name} {getattr(self, name)} is outside 0 to 0.5 of the side.")

    def record(self) -> dict[str, Any]:
        """JSON-ready facts for a study's record."""
        return asdict(self) | {"border": "reflect", "interpolation": "linear", "ranges": "ours"}


@dataclass(frozen=True)
class Draw:
    """One view's geometry: degrees counter-clockwise, shares of the side, a factor, mirrored or not."""

    rotation_degrees: float = 0.0
    shift_y: float = 0.0
    shift_x: float = 0.0
    zoom: float = 1.0
    flip: bool = False

    def matrix(self, height: int, width: int) -> npt.NDArray[np.float64]:
        """Affine matrix of shape (2, 3) that takes (x, y) of the tile to (x, y) of the view.

        Mirrors, then turns and enlarges about the tile's centre, then moves.
        """
        centre_x, centre_y = (width - 1) / 2, (height - 1) / 2
        angle = np.deg2rad(self.rotation_degrees)
        cosine, sine = self.zoom * np.cos(angle), self.zoom * np.sin(angle)
        linear = np.array([[cosine, sine], [-sine, cosine]])
        if self.flip:
            linear = linear @ np.diag([-1.0, 1.0])
        centre = np.array([centre_x, centre_y])
        moved = centre + np.array([self.shift_x * width, self.shift_y * height])
        return np.column_stack([linear, moved - linear @ centre])


def draw_view(tile_id: str, view: int, seed: int, spec: AugmentSpec = AugmentSpec()) -> Draw:
    """Geometry of one view of one tile.

    Parameters
    ----------
    tile_id
        The tile's stable id, such as ``P1/B03/1/0``.
    view
        0 is the identity.
    seed
        The study's seed.
    spec
        Ranges.

    Examples
    --------
    >>> draw_view("P1/B03/1/0", 0, seed=1) == Draw()
    True
    >>> draw_view("P1/B03/1/0", 1, seed=1) == draw_view("P1/B03/1/0", 1, seed=1)
    True
    >>> draw_view("P1/B03/1/0", -1, seed=1)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: view -1 does not exist; views are counted from 0 (the identity).
    """
    if view < 0:
        raise ArgumentError(f"view {view} does not exist; views are counted from 0 (the identity).")
    if view == 0:
        return Draw()
    rng = np.random.default_rng(int(digest("augment", seed, tile_id, view), 16))
    rotation, shift_y, shift_x, zoom = rng.uniform(-1.0, 1.0, size=4)
    mirrored = bool(rng.random() < 0.5)
    return Draw(
        rotation_degrees=float(rotation * spec.rotation_degrees),
        shift_y=float(shift_y * spec.shift),
        shift_x=float(shift_x * spec.shift),
        zoom=float(np.exp(zoom * np.log1p(spec.zoom))),
        flip=spec.flip and mirrored,
    )


def augment(tile: npt.NDArray[Any], draw: Draw) -> npt.NDArray[Any]:
    """Make a view of a tile; beyond its border the tile is mirrored.

    Parameters
    ----------
    tile
        Array of shape (y, x, channel), at most 4 channels, uint8, uint16 or float32.
    draw
        The geometry.

    Returns
    -------
    array of shape (y, x, channel)
        Of the tile's type; the tile's own values for the identity.
    """
    if draw == Draw():
        return tile
    height, width = tile.shape[:2]
    warped = cv2.warpAffine(
        np.ascontiguousarray(tile),
        draw.matrix(height, width),
        (width, height),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REFLECT_101,
    )
    return np.asarray(warped).reshape(tile.shape)
