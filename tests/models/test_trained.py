"""A trained head in its file and as a Keras model."""

import io
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs_models.trained import HISTORY, TrainedHead
from hcs_plates.errors import ArgumentError, StoreError


@pytest.fixture
def head() -> TrainedHead:
    """A head of two hidden layers."""
    rng = np.random.default_rng(0)
    shapes = [(5, 4), (4,), (4, 3), (3,), (3, 2), (2,)]
    history = pd.DataFrame([[1, 0.7, 0.5, np.nan, np.nan], [2, 0.6, 0.6, 0.65, 0.5]], columns=HISTORY)
    return TrainedHead(
        [rng.normal(size=shape).astype(np.float32) for shape in shapes],
        rng.normal(size=5).astype(np.float32),
        rng.uniform(1, 2, 5).astype(np.float32),
        {"dropout": 0.5, "l2": 1e-4, "learning_rate": 0.01},
        history.astype({"epoch": int}),
        2,
    )


def test_kept_in_a_file(head: TrainedHead, tmp_path: Path) -> None:
    """What is loaded is what was saved, bit by bit; nothing else lies beside it."""
    head.save(tmp_path / "head.npz")
    assert [path.name for path in tmp_path.iterdir()] == ["head.npz"]
    loaded = TrainedHead.load(tmp_path / "head.npz")
    for mine, theirs in zip(head.weights, loaded.weights, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(head.mean, loaded.mean)
    np.testing.assert_array_equal(head.scale, loaded.scale)
    pd.testing.assert_frame_equal(head.history, loaded.history)
    assert (loaded.settings, loaded.epoch) == (head.settings, 2)
    assert loaded.kept()["validation_loss"] == 0.65


def test_keras_gives_the_same(head: TrainedHead) -> None:
    """An ordinary model, standardisation and softmax included, against the layers worked out by hand."""
    features = np.random.default_rng(1).normal(size=(7, 5)).astype(np.float32)
    inputs = (features - head.mean) / head.scale
    first = np.maximum(inputs @ head.weights[0] + head.weights[1], 0)
    second = np.maximum(first @ head.weights[2] + head.weights[3], 0)
    powers = np.exp(second @ head.weights[4] + head.weights[5])
    expected = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(head.predict_proba(features), expected, rtol=1e-5)
    np.testing.assert_allclose(head.to_keras().predict(features, verbose=0), expected, rtol=1e-5)


def test_refusals(head: TrainedHead, tmp_path: Path) -> None:
    """Features of another length, and files that are no heads."""
    with pytest.raises(ArgumentError, match=r"shape \(2, 4\); the head takes rows of 5 features"):
        head.predict_proba(np.zeros((2, 4)))
    (tmp_path / "head.npz").write_bytes(b"no zip")
    for name in ("head.npz", "absent.npz"):
        with pytest.raises(StoreError, match="is not a head of a study"):
            TrainedHead.load(tmp_path / name)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("weight0", lambda array: array.T),
        ("weight4", lambda array: array[:, :1]),
        ("mean", lambda array: array[:4]),
        ("mean", lambda array: array * np.nan),
        ("scale", lambda array: array * 0),
        ("weight1", lambda array: array.astype("U8")),
        ("about", lambda _: np.array('{"settings": null, "epoch": 2}')),
        ("about", lambda _: np.array('{"settings": {}, "epoch": null}')),
        ("about", lambda _: np.array("[]")),
    ],
)
def test_arrays_that_are_no_head_s(
    head: TrainedHead, tmp_path: Path, name: str, change: Callable[[Any], Any]
) -> None:
    """Shapes that do not follow, a standardisation of nothing, text for numbers: one sentence."""
    head.save(tmp_path / "head.npz")
    with np.load(tmp_path / "head.npz") as stored:
        arrays: dict[str, Any] = {key: stored[key] for key in stored.files}
    np.savez(tmp_path / "head.npz", **arrays | {name: change(arrays[name])})
    with pytest.raises(StoreError, match="is not a head of a study"):
        TrainedHead.load(tmp_path / "head.npz")


@pytest.mark.parametrize("share", [0.0, 0.3, 0.98])
def test_a_file_cut_short(head: TrainedHead, tmp_path: Path, share: float) -> None:
    """Nothing at all, half, or all but the end."""
    head.save(tmp_path / "head.npz")
    whole = (tmp_path / "head.npz").read_bytes()
    (tmp_path / "head.npz").write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(StoreError, match="is not a head of a study"):
        TrainedHead.load(tmp_path / "head.npz")


def test_a_size_that_cannot_be(head: TrainedHead, tmp_path: Path) -> None:
    """An array that states 40 TB and holds nothing is damage, not a lack of memory."""
    head.save(tmp_path / "head.npz")
    header = io.BytesIO()
    np.lib.format.write_array_header_1_0(header, {"descr": "<f4", "fortran_order": False, "shape": (10**13,)})
    with zipfile.ZipFile(tmp_path / "head.npz") as stored:
        members = {name: stored.read(name) for name in stored.namelist()}
    with zipfile.ZipFile(tmp_path / "head.npz", "w") as damaged:
        for name, content in members.items():
            damaged.writestr(name, header.getvalue() if name == "weight0.npy" else content)
    with pytest.raises(StoreError, match="is not a head of a study"):
        TrainedHead.load(tmp_path / "head.npz")
