"""Channels as one picture, in colours that colour-blind eyes tell apart, the same wherever tiles are shown.

Green and magenta add up to white and differ in lightness as well as in blue, which nearly everybody sees
(Okabe and Ito 2008; Wong, Nature Methods 2011;8:441); red beside green is what they warn of.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

COLOURS: dict[str, tuple[float, float, float]] = {
    "green": (0.0, 1.0, 0.0),
    "magenta": (1.0, 0.0, 1.0),
    "grey": (0.6, 0.6, 0.6),
}
"""Of the first, second and third channel, as shares of red, green and blue."""


def composite(levels: npt.NDArray[Any]) -> npt.NDArray[np.uint8]:
    """Give channels as a picture: grey for one, colours of `COLOURS` added up for two or three.

    Parameters
    ----------
    levels
        Array of shape (y, x, channel), 0 to 255.

    Returns
    -------
    uint8 array of shape (y, x) or (y, x, 3)

    Examples
    --------
    >>> composite(np.array([[[0.4], [254.6]]])).tolist()
    [[0, 255]]
    >>> composite(np.array([[[10.0, 20.0]]])).tolist()
    [[[20, 10, 20]]]
    """
    if levels.shape[-1] == 1:
        return np.asarray(np.clip(np.rint(levels[..., 0]), 0, 255), dtype=np.uint8)
    colours = np.array(list(COLOURS.values()))[: levels.shape[-1]]
    return np.asarray(np.clip(np.rint(levels @ colours), 0, 255), dtype=np.uint8)


def channel_key(names: Sequence[str]) -> str:
    """Say which channel has which colour.

    Examples
    --------
    >>> channel_key(["FITC", "DAPI"]), channel_key(["FITC"])
    ('FITC green, DAPI magenta', 'FITC')
    """
    if len(names) == 1:
        return names[0]
    return ", ".join(f"{name} {colour}" for name, colour in zip(names, COLOURS, strict=False))
