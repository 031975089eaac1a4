"""Blobs: soft irregular ellipses of light, which somas, nuclei and the halos of neurons are drawn with."""

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from hcs_plates.simulate.field import FieldSpec

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]

CORNERS = 40
GRAIN_PX = 7
"""Size of the mottles inside a blob."""


@dataclass(frozen=True)
class Blobs:
    """Blobs of one kind.

    Parameters
    ----------
    centres
        Array of shape (n, 2), x and y in µm.
    areas
        Array of shape (n,), µm², within the outline.
    angles
        Array of shape (n,), direction of the long axis.
    light
        Array of shape (n,), about the light in the middle.
    roughness
        How irregular the outline and how mottled the inside: 1 for a soma.
    """

    centres: Array
    areas: Array
    angles: Array
    light: Array
    roughness: float = 1.0


def draw_blobs(spec: FieldSpec, rng: np.random.Generator, blobs: Blobs) -> Image:
    """Draw blobs, added up.

    Returns
    -------
    array of shape (height, width)
    """
    picture = np.zeros((spec.height, spec.width), np.float32)
    outlines = _outlines(rng, blobs) / spec.pixel_size_um
    sides = np.abs(outlines).max(axis=(1, 2), initial=0.0) * 2 / GRAIN_PX + 5
    reach_um = 2 * float(np.sqrt(blobs.areas.max(initial=1.0)))
    for number in np.flatnonzero(spec.contains(blobs.centres, reach_um)):
        grain = rng.random((int(sides[number]),) * 2, dtype=np.float32)
        mottle = 1 + np.float32(0.8 * blobs.roughness) * (grain - np.float32(0.5))
        centre = blobs.centres[number] / spec.pixel_size_um
        _add_blob(picture, outlines[number], centre, float(blobs.light[number]), mottle)
    return picture


def _outlines(rng: np.random.Generator, blobs: Blobs) -> Array:
    """Draw outlines of the given areas (µm²) about 0: array of shape (n, n_corners, 2), µm."""
    n = len(blobs.areas)
    ratio = np.sqrt(rng.uniform(1.0, 1.9, n))
    turn = np.linspace(0, 2 * np.pi, 40, endpoint=False)
    waves = np.concatenate([np.cos(np.outer([2, 3, 4, 5], turn)), np.sin(np.outer([2, 3, 4, 5], turn))])
    radius = 1 + rng.normal(0, 0.07 * blobs.roughness, (n, 8)) @ waves
    x, y = radius * ratio[:, None] * np.cos(turn), radius / ratio[:, None] * np.sin(turn)
    # Scaled by the polygon's own area (the shoelace formula), so that what is drawn is what the truth says.
    twice = np.sum(x * np.roll(y, -1, axis=1) - y * np.roll(x, -1, axis=1), axis=1)
    scale = np.sqrt(2 * blobs.areas / np.abs(twice))[:, None]
    cos, sin = np.cos(blobs.angles)[:, None], np.sin(blobs.angles)[:, None]
    return np.asarray(np.stack([scale * (x * cos - y * sin), scale * (x * sin + y * cos)], axis=-1))


def _add_blob(picture: Image, outline: Array, centre: Array, light: float, mottle: Image) -> None:
    """Draw one blob of the given peak light into the picture, cut at its borders."""
    reach = int(np.ceil(np.abs(outline).max())) + 8
    corner = np.floor(centre).astype(int) - reach
    side = 2 * reach + 1
    patch = np.zeros((side, side), np.uint8)
    inside = np.round((outline + centre - corner) * 16).astype(np.int32)
    cv2.fillPoly(patch, [inside], 255, lineType=cv2.LINE_AA, shift=4)
    core = cv2.GaussianBlur(patch.astype(np.float32), (0, 0), 1.6)
    bulk = cv2.GaussianBlur(patch.astype(np.float32), (0, 0), 5.0)
    blob = (
        (light / 255)
        * (0.35 * core + 0.65 * core * bulk / 255)
        * cv2.resize(mottle, (side, side), interpolation=cv2.INTER_CUBIC)
    )
    top, left = max(0, -corner[1]), max(0, -corner[0])
    bottom = min(side, picture.shape[0] - corner[1])
    right = min(side, picture.shape[1] - corner[0])
    if bottom > top and right > left:
        picture[corner[1] + top : corner[1] + bottom, corner[0] + left : corner[0] + right] += blob[
            top:bottom, left:right
        ]
