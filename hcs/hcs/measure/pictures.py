"""Pictures as measuring takes them: their types, the size of a pixel, and steps that several parts share."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from hcs_plates.errors import ArgumentError

Picture = npt.NDArray[Any]
Image = npt.NDArray[np.float32]
Labels = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]
Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

USUAL_PIXEL_UM = 0.65
"""A pixel whose size is not known is taken for one of a 10 × objective."""


def scale_of(pixel_um: float | None) -> float:
    """Pixels per µm; of pixels of unknown size, as if they were of the usual one."""
    return 1 / (pixel_um or USUAL_PIXEL_UM)


def unit_of(pixel_um: float | None) -> tuple[str, float]:
    """Give the unit that lengths are told in, and how many of it a pixel's side is."""
    return ("px", 1.0) if pixel_um is None else ("um", pixel_um)


def checked_plane(image: Picture) -> Image:
    """Give the image as float32, from 0 so that no digits are lost, or refuse it."""
    if image.ndim != 2 or image.size == 0:
        raise ArgumentError(f"The image has shape {image.shape}; give one plane of shape (y, x) with pixels.")
    if not np.isfinite(image).all():
        raise ArgumentError("The image holds values that are not finite; replace them first.")
    if image.dtype in (np.uint8, np.uint16):
        return image.astype(np.float32)
    # Piece by piece in float64, so that no whole picture of it is made.
    levels: Image = np.empty(image.shape, np.float32)
    np.subtract(image, float(image.min()), out=levels, dtype=np.float64, casting="same_kind")
    return levels


def disc(radius: float) -> npt.NDArray[np.uint8]:
    """Draw a disc; one of radius 1 has five pixels."""
    reach = max(1, int(radius))
    across = np.arange(-reach, reach + 1)
    return (np.add.outer(across**2, across**2) <= max(radius, 1.0) ** 2).astype(np.uint8)


def ellipse(side: int) -> Any:
    """Draw OpenCV's round window of an odd side."""
    return cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))


def curvatures(smooth: Image, ksize: int) -> tuple[Image, Image, Image]:
    """Second derivatives across, down, and across and down, by Sobel filters of a size."""
    across = cv2.Sobel(smooth, cv2.CV_32F, 2, 0, ksize=ksize)
    down = cv2.Sobel(smooth, cv2.CV_32F, 0, 2, ksize=ksize)
    return across, down, cv2.Sobel(smooth, cv2.CV_32F, 1, 1, ksize=ksize)


def nearest_marked(marked: Mask, values: npt.NDArray[Any]) -> tuple[Image, npt.NDArray[Any]]:
    """Distance of every pixel from the nearest marked one (there must be one), and that one's value."""
    distance, nearest = cv2.distanceTransformWithLabels(
        (~marked).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    held = np.zeros(int(nearest.max()) + 1, values.dtype)
    held[nearest[marked]] = values[marked]
    return distance, held[nearest]
