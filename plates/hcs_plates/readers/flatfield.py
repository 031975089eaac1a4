"""Illumination as an instrument states it: a polynomial over the field, by channel."""

import json
import re
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

MOST_TERMS = 16
"""Degrees of a profile; Harmony writes 5."""

_LARGEST = 1e6
_LONGEST_SIDE = 2**16
_LONGEST_TEXT = 20_000
_POLYNOMIAL = re.compile(
    r"Profile:\s*\{\s*Coefficients:\s*(\[\[.*?\]\s*\])\s*,\s*Dims:\s*(\[[^\]]*\])\s*,"
    r"\s*Origin:\s*(\[[^\]]*\])\s*,\s*Scale:\s*(\[[^\]]*\])",
    re.DOTALL,
)
_FLAT = re.compile(r"Profile:\s*\{\s*Type:\s*Identity\b|^\{\s*Character:\s*(?:Flat|Null)\b")


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

    The order of the terms is not published. Of the eight ways to lay the polynomial over an image (mirrored,
    transposed) that of `FlatField` flattens real exports best: in seven images of two instruments a quadratic
    fitted to their background varies by 12–24 % of its mean before and by 3–6 % after.

    Returns
    -------
    FlatField or None
        None where the channel is stated to be flat.

    Raises
    ------
    ValueError
        It is written, and is no profile: unreadable, or out of bounds.
    """
    foreground = _block(written, "Foreground")
    found = _POLYNOMIAL.search(foreground)
    if found is None:
        if _FLAT.search(foreground):
            return None
        raise ValueError("its flat field has no polynomial")
    try:
        rows, size, origin, scale = (json.loads(part) for part in found.groups())
        light = FlatField(
            tuple(tuple(float(one) for one in row) for row in rows),
            (float(origin[0]), float(origin[1])),
            (float(scale[0]), float(scale[1])),
            (int(size[0]), int(size[1])),
        )
    except (ValueError, TypeError, LookupError, ArithmeticError, RecursionError) as error:
        raise ValueError("its flat field cannot be read") from error
    numbers = [*(one for row in light.coefficients for one in row), *light.origin, *light.scale]
    shaped = all(len(row) == degree + 1 for degree, row in enumerate(light.coefficients))
    bounded = all(abs(one) < _LARGEST for one in numbers) and all(
        0 < side <= _LONGEST_SIDE for side in light.size
    )
    if not (shaped and bounded and 0 < len(rows) <= MOST_TERMS):
        raise ValueError("its flat field is no polynomial of x and y")
    # From edge to edge a pixel's measure runs over about 1, as in all that Harmony writes.
    if any(not 0.1 < abs(one * side) < 10 for one, side in zip(light.scale, light.size, strict=True)):
        raise ValueError("its flat field is measured in no unit of a field")
    return light


def _block(written: str, name: str) -> str:
    """Take what stands in braces after a name of the outermost level."""
    if len(written) > _LONGEST_TEXT:
        raise ValueError("its flat field is too long to be one")
    depth, start = 0, None
    for found in re.finditer(rf"[{{}}]|\b{name}:\s*(?={{)", written):
        if found[0] not in "{}":
            start = found.end() if depth == 1 and start is None else start
        else:
            depth += 1 if found[0] == "{" else -1
            if start is not None and depth == 1:
                return written[start : found.end()]
    raise ValueError(f"its flat field has no whole {name.lower()}")
