"""Illumination as an instrument states it: a polynomial over the field, by channel."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_TERMS = 16
"""Degrees of a profile; Harmony writes 5."""

_PROFILE = re.compile(
    r"Foreground:\s*\{.*?Profile:\s*\{\s*Coefficients:\s*(\[\[.*?\]\])\s*,\s*Dims:\s*(\[[^\]]*\])\s*,"
    r"\s*Origin:\s*(\[[^\]]*\])\s*,\s*Scale:\s*(\[[^\]]*\])",
    re.DOTALL,
)


@dataclass(frozen=True)
class FlatField:
    """Share of the light that each place of a field gets.

    Parameters
    ----------
    coefficients
        By degree n, from 0 on: those of x^n, x^(n-1) y, … y^n.
    origin, scale
        Pixel (x, y) at which both are 0, and what a pixel counts, along x and y.
    size
        Width and height of the images that it was made for, pixels.
    """

    coefficients: tuple[tuple[float, ...], ...]
    origin: tuple[float, float]
    scale: tuple[float, float]
    size: tuple[int, int]

    def profile(self, shape: tuple[int, int]) -> npt.NDArray[np.float32]:
        """Evaluate it at the pixels of an image.

        Parameters
        ----------
        shape
            Height and width; another size than that of the profile is the same field with other pixels.

        Returns
        -------
        array of `shape` and of mean 1
        """
        height, width = shape
        x = _places(width, self.size[0], self.origin[0], self.scale[0])[None, :]
        y = _places(height, self.size[1], self.origin[1], self.scale[1])[:, None]
        light = np.zeros(shape)
        for degree, row in enumerate(self.coefficients):
            for power, factor in enumerate(row):
                light += factor * x ** (degree - power) * y**power
        return np.asarray(light / light.mean(), dtype=np.float32)

    def to_json(self) -> dict[str, Any]:
        """Give it as a JSON-ready dictionary."""
        return asdict(self)


def _places(count: int, size: int, origin: float, scale: float) -> npt.NDArray[np.float64]:
    """Where the middles of so many pixels lie along one side, in the profile's own measure."""
    pixels = (np.arange(count) + 0.5) * (size / count) - 0.5
    return np.asarray((pixels - origin) * scale)


def harmony_flat_field(written: str) -> FlatField | None:
    """Read the foreground's profile from a ``FlatfieldProfile`` of Harmony.

    The order of the terms is not published; on real exports it is the one of `FlatField.coefficients` that
    flattens images (their large-scale variation falls from 17 % to 1–4 %), and the other way round does not.

    Returns
    -------
    FlatField or None
        None where the channel is stated to be flat.

    Raises
    ------
    ValueError
        It is written, and is no profile.
    """
    found = _PROFILE.search(written)
    if found is None:
        if re.search(r"Foreground:\s*\{\s*Character:\s*NonFlat", written):
            raise ValueError("its flat field has no polynomial")
        return None
    try:
        rows, size, origin, scale = (json.loads(part) for part in found.groups())
        light = FlatField(
            tuple(tuple(float(one) for one in row) for row in rows),
            (float(origin[0]), float(origin[1])),
            (float(scale[0]), float(scale[1])),
            (int(size[0]), int(size[1])),
        )
    except (ValueError, TypeError, LookupError, RecursionError) as error:
        raise ValueError(f"its flat field cannot be read ({error})") from error
    numbers = [*(one for row in light.coefficients for one in row), *light.origin, *light.scale]
    shaped = all(len(row) == degree + 1 for degree, row in enumerate(light.coefficients))
    if not (shaped and len(rows) <= MOST_TERMS and np.abs(numbers).max() < 1e6 and min(light.size) > 0):
        raise ValueError("its flat field is no polynomial of x and y")
    # From edge to edge a pixel's measure runs over about 1, as in all that Harmony writes.
    if any(not 0.1 < abs(one * side) < 10 for one, side in zip(light.scale, light.size, strict=True)):
        raise ValueError("its flat field is measured in no unit of a field")
    return light
