"""Reading the pixels of one plane from the file it is in."""

import errno
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import tifffile

from hcs_plates.errors import ReaderError

if TYPE_CHECKING:
    from hcs_plates.readers.acquisition import PlaneFile

Decode = Callable[[Path, int], npt.NDArray[Any]]
"""Reads an image of a file, by its number counted from 0, into an array of shape (height, width)."""


def tiff_page(path: Path, page: int) -> npt.NDArray[Any]:
    """Read a page of a TIFF; of a palette image the indices, not the colours."""
    with tifffile.TiffFile(path) as tiff:
        return np.asarray(tiff.pages[page].asarray())


def read_plane(file: "PlaneFile", shape: tuple[int, int], dtype: str) -> npt.NDArray[Any]:
    """Read one plane and hold it against what the acquisition promised.

    Parameters
    ----------
    file
        The file and the image in it.
    shape, dtype
        What the plane must be.

    Returns
    -------
    array of shape (height, width)

    Raises
    ------
    ReaderError
        The file cannot be decoded (cut short, not a TIFF) or holds another shape or type.
    OSError
        The file cannot be reached: that says nothing of what is in it.
    """
    try:
        pixels = file.decode(file.path, file.page)
    # Decoders raise many kinds for damaged files; each means the same to the user.
    except Exception as error:
        if refused_by_system(error):
            raise
        reason = (
            f"the image cannot be read ({type(error).__name__}: {error}); copy it again from the instrument"
        )
        raise ReaderError(file.path, reason) from error
    if pixels.shape != shape or pixels.dtype != np.dtype(dtype):
        raise ReaderError(
            file.path,
            f"holds a {pixels.dtype} image of {' × '.join(map(str, pixels.shape))} "
            f"where the plate has {dtype} images of {shape[0]} × {shape[1]}",
        )
    return np.asarray(pixels)


def refused_by_system(error: Exception) -> bool:
    """Whether the system could not give a file: a share that dropped, no permission, a failing disk.

    A seek to where no file goes, which damaged offsets ask for, is an invalid argument and no such refusal.
    """
    return isinstance(error, OSError) and error.errno not in (None, errno.EINVAL)
