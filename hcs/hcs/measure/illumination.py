"""Illumination: the uneven light of a microscope, learnt from a plate's own fields.

No calibration slide is needed: what all fields of a plate and channel have in common is the instrument
(Carpenter et al., Genome Biol 2006;7:R100; Singh et al., J Microsc 2014;256:231).
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isfinite
from typing import Any

import cv2
import numpy as np

from hcs.measure.pictures import Array, Image, Picture
from hcs_plates.errors import ArgumentError

SIDE = 64
"""Side of the grid that fields are reduced to, by area averaging."""
MIN_FIELDS = 10
GROUPS = 10
"""Groups of fields that are left out in turn to learn how far the fall-off can be trusted."""
LOW, CHECK = 5.0, 15.0
"""Percentile over fields that stands for the background, and a second one it must agree with."""
DEGREES = (2, 4)
CLEARANCE = 2.0
"""How many times its own error a fall-off must measure to be corrected."""
BLOCK_PX, BLOCKS = 16, 256
"""Side of the blocks that camera noise is measured in, and how many of a field are kept."""
NOISE_KERNEL = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32) / 6
"""Passes what changes from pixel to pixel only, with unit variance for unit noise (Immerkær 1996)."""


@dataclass(frozen=True)
class Illumination:
    """Fall-off of the light over a field: image = offset + gain × light.

    A few numbers only, so that it travels to workers and into a record as it is.

    Parameters
    ----------
    shape
        Height and width of the fields it is for, pixels.
    coefficients
        Of the Legendre polynomials P_i(y) P_j(x), i and j from 0, over a field from −1 to 1 both ways; the
        first is 1, the gain's mean.
    offset
        Dark level of the camera, grey levels; 0 where it is unknown.
    n_fields
        Fields it was learnt from.
    error
        Estimated root mean square error of the gain as a share of 1, given the offset; NaN where none was
        fitted.
    notice
        What the user should know, in a sentence; empty when all is well.
    """

    shape: tuple[int, int]
    coefficients: tuple[tuple[float, ...], ...] = ((1.0,),)
    offset: float = 0.0
    n_fields: int = 0
    error: float = float("nan")
    notice: str = ""

    @property
    def flat(self) -> bool:
        """Whether it leaves the evenness of a field as it is."""
        return len(self.coefficients) == 1

    @property
    def gain(self) -> Image:
        """Relative light, array of shape (64, 64) over the whole field, mean 1."""
        return self.gain_at((SIDE, SIDE))

    def gain_at(self, shape: tuple[int, int]) -> Image:
        """Relative light at the centres of (height, width) equal cells of the field."""
        size = len(self.coefficients)
        rows, columns = (_legendre(side, size) for side in shape)
        gain: Image = (rows @ np.array(self.coefficients) @ columns.T).astype(np.float32)
        return gain

    def correct(self, image: Picture) -> Image:
        """Take off the dark level and even out the light.

        Parameters
        ----------
        image
            Array of shape (y, x), a whole field.

        Returns
        -------
        array of shape (y, x)
            Grey levels above the dark level, on the scale of the field's mean light; may be below 0 by noise.

        Raises
        ------
        ArgumentError
            An image that is not a field of this shape.
        """
        if image.shape != self.shape:
            raise ArgumentError(
                f"The illumination is that of fields of shape {self.shape} and the image has {image.shape}; "
                "correct whole fields before they are cut."
            )
        levels: Image = np.subtract(image, np.float32(self.offset), dtype=np.float32)
        if not self.flat:
            levels /= self.gain_at(self.shape)
        return levels

    def record(self) -> dict[str, Any]:
        """Return all there is to it as plain numbers and text, for JSON; an unknown error is None."""
        return {**asdict(self), "error": self.error if isfinite(self.error) else None}

    @classmethod
    def from_record(cls, record: dict[str, Any]) -> "Illumination":
        """Make it again from what `record` gave."""
        height, width = record["shape"]
        error = float("nan") if record["error"] is None else record["error"]
        rows = tuple(map(tuple, record["coefficients"]))
        return cls(**{**record, "shape": (height, width), "coefficients": rows, "error": error})


def estimate_illumination(
    fields: Iterable[Picture], *, offset: float | None = None, min_fields: int = MIN_FIELDS
) -> Illumination:
    """Learn the fall-off of the light from many fields of one plate and channel.

    At each place of the reduced fields (64 × 64; 16 KB each) the 5th percentile over fields stands for the
    background. A Legendre polynomial of degree 2 or 4, whichever has the smaller estimated error, is laid
    under it such that bright leftovers count little. The error comes from leaving out a tenth of the fields
    in turn (jackknife), and from how far the 15th percentile disagrees. A fall-off smaller than twice its
    error is not corrected: the result is flat and says so. From 30 simulated fields that lose 15 to 40 % of
    their light in a corner the gain was right to 0.3 to 1.3 %; crowded fields need more of them.

    Parameters
    ----------
    fields
        Arrays of shape (y, x), all alike, raw grey levels; read once.
    offset
        Dark level of the camera. None estimates it from the camera's own noise, which grows in proportion to
        the light above it (photon transfer: Janesick 2007), a few grey levels low.
    min_fields
        Fewest fields that are fitted, 10 or more: below 10 nothing can be left out in turn.

    Raises
    ------
    ArgumentError
        No field, or fields that are not images of one shape.

    Examples
    --------
    >>> few = estimate_illumination([np.full((64, 64), 7, np.uint16)] * 3, offset=0)
    >>> few.flat, few.notice
    (True, 'The light was not evened out: 3 fields are too few to learn it from; 10 are needed.')
    """
    small, blocks, shape = _reduce(fields)
    notices = []
    if offset is None:
        offset = _dark_level(np.concatenate(blocks))
        if offset is None:
            offset = 0.0
            notices.append("The camera's dark level could not be told from its noise and was taken as 0.")
    n, needed = len(small), max(min_fields, GROUPS)
    coefficients, error = np.zeros((1, 1)), float("nan")
    if n < needed:
        notices.append(
            f"The light was not evened out: {n} fields are too few to learn it from; {needed} are needed."
        )
    else:
        coefficients, error = _fit(np.stack(small) - np.float32(offset))
        fall = float(np.sqrt(np.square(coefficients).sum()))
        if not fall >= CLEARANCE * error:
            notices.append(
                f"The light was not evened out: the unevenness found, {fall:.1%} (root mean square), is not "
                f"clear of its own error, {error:.1%}; give more fields or fields with more background."
            )
            coefficients = np.zeros((1, 1))
    scale = np.sqrt(2 * np.arange(len(coefficients)) + 1)
    legendre = coefficients * scale[:, None] * scale[None, :]
    legendre[0, 0] = 1.0
    rows = tuple(map(tuple, legendre.tolist()))
    return Illumination(shape, rows, float(offset), n, error, " ".join(notices))


def _reduce(fields: Iterable[Picture]) -> tuple[list[Image], list[Array], tuple[int, int]]:
    """Reduce fields, one at a time, to their small pictures and a few blocks' mean and noise variance."""
    small: list[Image] = []
    blocks: list[Array] = []
    shape: tuple[int, ...] | None = None
    for number, field in enumerate(fields):
        if field.ndim != 2 or min(field.shape) < BLOCK_PX:
            raise ArgumentError(
                f"Field {number} has shape {field.shape}; give arrays (y, x), each side {BLOCK_PX} or more."
            )
        shape = shape or field.shape
        if field.shape != shape:
            raise ArgumentError(
                f"Field {number} has shape {field.shape} and the first {shape}; give fields of one shape."
            )
        levels = field.astype(np.float32)
        small.append(cv2.resize(levels, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
        grid = (shape[1] // BLOCK_PX, shape[0] // BLOCK_PX)
        noise = np.square(cv2.filter2D(levels, -1, NOISE_KERNEL))
        pair = [cv2.resize(part, grid, interpolation=cv2.INTER_AREA).ravel() for part in (levels, noise)]
        step = -(-len(pair[0]) // BLOCKS)
        blocks.append(np.stack(pair, axis=1)[number % step :: step].astype(np.float64))
    if shape is None:
        raise ArgumentError("There is no field to learn the illumination from; give fields of one channel.")
    return small, blocks, (shape[0], shape[1])


def _dark_level(blocks: Array) -> float | None:
    """Level at which the camera's noise would vanish; None where noise does not grow with the light."""
    levels, noise = blocks[blocks[:, 0] <= np.percentile(blocks[:, 0], 97)].T
    bins = np.array_split(np.argsort(levels), 20)
    if len(levels) < 200 or levels.min() == levels.max():
        return None
    light = np.array([levels[part].mean() for part in bins])
    variance = np.array([np.median(noise[part]) for part in bins])
    slope, intercept = np.polyfit(light, variance, 1)
    if slope <= 0 or np.corrcoef(light, variance)[0, 1] < 0.9 or -intercept / slope >= light[0]:
        return None
    return max(0.0, float(-intercept / slope))


def _legendre(side: int, size: int) -> Array:
    """Legendre polynomials at the centres of `side` cells, array of shape (side, size)."""
    centres = (np.arange(side) + 0.5) / side * 2 - 1
    return np.asarray(np.polynomial.legendre.legvander(centres, size - 1), dtype=np.float64)


def _fit(stack: Image) -> tuple[Array, float]:
    """Fit the fall-off; coefficients of the orthonormal basis (the mean's is 0) and the estimated error."""
    low, check = np.percentile(stack, (LOW, CHECK), axis=0).astype(np.float64)
    number = np.arange(len(stack)) * GROUPS // len(stack)
    parts = [np.percentile(stack[number != group], LOW, axis=0).astype(np.float64) for group in range(GROUPS)]
    fits = {degree: _underlay(low, degree) for degree in DEGREES}
    left_out = {degree: np.stack([_underlay(part, degree) for part in parts]) for degree in DEGREES}
    squares = {
        degree: _jackknife(left_out[degree]) + float(np.square(fit - _underlay(check, degree)).sum())
        for degree, fit in fits.items()
    }
    simple, full = DEGREES
    missed = np.square(fits[full] - fits[simple]).sum() - _jackknife(left_out[full] - left_out[simple])
    squares[simple] += max(0.0, float(missed))
    best = min(DEGREES, key=lambda degree: squares[degree])
    return fits[best], float(np.sqrt(squares[best]))


def _jackknife(values: Array) -> float:
    """Jackknife estimate of the variance, summed over all coefficients."""
    return float((GROUPS - 1) / GROUPS * np.square(values - values.mean(axis=0)).sum())


def _underlay(levels: Array, degree: int) -> Array:
    """Lay a polynomial under a surface; levels far above it get little weight.

    Array of shape (5, 5) of coefficients of orthonormal polynomials, relative to the mean, whose own is 0:
    the root of the sum of squares is the root mean square of the departure from flat. NaN where the surface
    has no positive mean.
    """
    size = max(DEGREES) + 1
    rows, columns = (_legendre(side, size) * np.sqrt(2 * np.arange(size) + 1) for side in levels.shape)
    used = np.add.outer(np.arange(size), np.arange(size)) <= degree
    basis = np.einsum("yi,xj->yxij", rows, columns)[:, :, used].reshape(levels.size, -1)
    target = levels.ravel()
    weights = np.ones(levels.size)
    for _ in range(10):
        weighted = basis * weights[:, None]
        solution = np.linalg.solve(weighted.T @ basis, weighted.T @ target)
        rest = target - basis @ solution
        spread = 1.4826 * np.median(np.abs(rest[rest <= 0])) + 1e-9 * (1 + np.abs(target).max())
        weights = 1 / (1 + np.square(np.maximum(rest, 0) / spread))
    coefficients = np.zeros((size, size))
    coefficients[used] = solution / solution[0] if solution[0] > 0 else np.nan
    coefficients[0, 0] = 0.0
    return coefficients
