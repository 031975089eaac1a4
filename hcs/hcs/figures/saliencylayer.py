"""A saliency map as a layer of its own: colour and alpha, for a page that lays it over an image."""

from typing import Any

import numpy as np
import numpy.typing as npt

from hcs.figures.saliency import Pixels, draw_half, relative_saliency, saliency_colours


def laid_over(saliency: npt.NDArray[Any]) -> Pixels:
    """Draw a saliency map as a layer of its own, for whoever shows it over a picture that changes.

    Over a picture it adds light as `overlay` does, as nearly as one alpha for three colours can; the picture
    is not dimmed under it. The line at half of the maximum is drawn.

    Parameters
    ----------
    saliency
        Array of shape (y, x), zero or above; scaled by its own maximum. Of a flat map nothing is drawn.

    Returns
    -------
    array of shape (y, x, 4)
        uint8: red, green, blue, and alpha that they are not multiplied by.

    Examples
    --------
    >>> corner = np.zeros((1, 2))
    >>> corner[0, 1] = 7.0
    >>> laid_over(corner).tolist()
    [[[0, 0, 0, 0], [252, 255, 165, 165]]]
    """
    relative = relative_saliency(saliency, saliency.shape)
    light = np.asarray(saliency_colours()(relative))[..., :3]
    alpha = light.max(axis=-1, keepdims=True)
    colour = np.divide(light, alpha, out=np.zeros_like(light), where=alpha > 0)
    laid: Pixels = np.rint(255 * np.concatenate([colour, alpha], axis=-1)).astype(np.uint8)
    if relative.any() and min(relative.shape) > 1:
        draw_half(laid, relative)
    return laid
