"""Tests of galleries: what is encoded decodes to the same picture."""

import base64

import cv2
import numpy as np
import numpy.typing as npt
import pytest

from hcs.figures.gallery import GalleryTile, encode_tile, gallery_items
from hcs_plates.errors import ArgumentError


def decode(address: str) -> npt.NDArray[np.uint8]:
    """Pixels of a data address, colours in RGB order."""
    data = np.frombuffer(base64.b64decode(address.split(",", 1)[1]), np.uint8)
    image = np.asarray(cv2.imdecode(data, cv2.IMREAD_UNCHANGED))
    return image[..., ::-1] if image.ndim == 3 else image


def picture(*shape: int) -> npt.NDArray[np.uint8]:
    """Smooth ramps, different in each colour."""
    y, x = np.mgrid[: shape[0], : shape[1]]
    grey = (x + y) * 255 // (shape[0] + shape[1])
    return np.asarray(np.stack([grey, 255 - grey, grey // 2], axis=-1) if len(shape) == 3 else grey, np.uint8)


@pytest.mark.parametrize("shape", [(64, 64), (64, 64, 3)])
def test_pixels_stay_close(shape: tuple[int, ...]) -> None:
    """WebP at quality 90 stays within a few grey levels of a smooth picture, colours in their order."""
    image = picture(*shape)
    found = decode(encode_tile(image)).astype(int)
    difference = np.abs(found[..., :3] - (image if image.ndim == 3 else image[..., None]))
    assert difference.mean() < 3


def test_large_pictures_are_reduced() -> None:
    """Nothing longer than 320 pixels is carried along."""
    assert decode(encode_tile(picture(1000, 500))).shape[:2] == (320, 160)


def test_kinds_keep_their_order() -> None:
    """Tiles are collected under their kind, in the order in which kinds appear."""
    tiles = [GalleryTile(picture(4, 6), str(number), kind) for number, kind in enumerate("bab")]
    items = gallery_items(tiles)
    assert {kind: [item.caption for item in found] for kind, found in items.items()} == {
        "b": ["0", "2"],
        "a": ["1"],
    }
    assert list(items) == ["b", "a"]
    assert (items["a"][0].width, items["a"][0].height) == (6, 4)


@pytest.mark.parametrize(
    "image", [np.zeros((4, 4), np.uint16), np.zeros((4, 4, 4), np.uint8), np.zeros((0, 4), np.uint8)]
)
def test_other_arrays_are_refused(image: npt.NDArray[np.uint8]) -> None:
    """Only 8-bit grey or RGB pictures that have pixels."""
    with pytest.raises(ArgumentError, match=r"A tile to draw is uint8, \(y, x\) or \(y, x, 3\)"):
        encode_tile(image)
