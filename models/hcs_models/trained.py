"""A trained head: weights and standardisation that give probabilities, kept in a file, exported to Keras."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.arrayfile import read_arrays, write_arrays
from hcs_plates.errors import ArgumentError

HISTORY = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]

Arrays = list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class TrainedHead:
    """Fully connected layers on features, as training left them.

    Parameters
    ----------
    weights
        Kernels of shape (inputs, outputs) and biases of shape (outputs,), layer by layer.
    mean, scale
        Arrays of shape (n_features,): features are standardised as (feature - mean) / scale.
    settings
        What it was trained with, JSON-ready.
    history
        epoch (from 1), loss, accuracy, validation_loss, validation_accuracy.
    epoch
        The epoch whose weights these are.
    """

    weights: Arrays
    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]
    settings: dict[str, Any]
    history: pd.DataFrame
    epoch: int

    @property
    def n_features(self) -> int:
        """Length of a feature row."""
        return len(self.mean)

    @property
    def n_classes(self) -> int:
        """How many classes it tells apart."""
        return len(self.weights[-1])

    @property
    def diverged(self) -> bool:
        """Whether training ended in numbers that are not finite; every class is then equally probable."""
        return not all(np.isfinite(array).all() for array in self.weights)

    def kept(self) -> pd.Series:
        """Row of the history of the epoch whose weights these are."""
        return self.history.set_index("epoch").loc[self.epoch]

    def predict_proba(self, features: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes).

        In float64: in float32 a row's result would depend in the seventh digit on the rows beside it.

        Parameters
        ----------
        features
            Array of shape (n, n_features).

        Raises
        ------
        ArgumentError
            Rows of another length.
        """
        if features.ndim != 2 or features.shape[1] != self.n_features:
            raise ArgumentError(
                f"features have shape {features.shape}; the head takes rows of {self.n_features} features."
            )
        if self.diverged:
            return np.full((len(features), self.n_classes), 1 / self.n_classes)
        return forward(self.weights, (features.astype(np.float64) - self.mean) / self.scale)

    def keras_layers(self) -> list[Any]:
        """Make Keras layers from features to probabilities, `standardise` first; `set_keras` fills them."""
        import keras

        dropout, l2 = self.settings["dropout"], self.settings["l2"]
        layers: list[Any] = [
            keras.layers.Normalization(mean=self.mean, variance=np.square(self.scale), name="standardise")
        ]
        for place, bias in enumerate(self.weights[1:-1:2], start=1):
            penalty = keras.regularizers.L2(l2)
            layers.append(
                keras.layers.Dense(
                    len(bias), activation="relu", kernel_regularizer=penalty, name=f"hidden{place}"
                )
            )
            layers.append(keras.layers.Dropout(dropout, name=f"dropout{place}"))
        penalty = keras.regularizers.L2(l2)
        layers.append(keras.layers.Dense(self.n_classes, kernel_regularizer=penalty, name="logits"))
        layers.append(keras.layers.Softmax(name="probability"))
        return layers

    def set_keras(self, layers: Sequence[Any]) -> None:
        """Put the weights into layers of `keras_layers` that have been called once."""
        dense = [layer for layer in layers if layer.name == "logits" or layer.name.startswith("hidden")]
        for layer, kernel, bias in zip(dense, self.weights[::2], self.weights[1::2], strict=True):
            layer.set_weights([kernel, bias])

    def to_keras(self) -> Any:
        """Ordinary Keras model from features to class probabilities.

        `hcs_models.saved.joined_model` makes one from images.
        """
        import keras

        layers = self.keras_layers()
        model = keras.Sequential([keras.Input((self.n_features,), name="features"), *layers], name="head")
        self.set_keras(layers)
        return model

    def save(self, path: Path | str) -> None:
        """Write one ``.npz`` file; a reader sees the old one or the new one whole."""
        about = {"settings": self.settings, "epoch": self.epoch}
        arrays: dict[str, Any] = {f"weight{place}": array for place, array in enumerate(self.weights)}
        history = self.history[HISTORY].to_numpy(dtype=np.float64)
        write_arrays(path, about, arrays | {"mean": self.mean, "scale": self.scale, "history": history})

    @classmethod
    def load(cls, path: Path | str) -> "TrainedHead":
        """Read what `save` wrote.

        Raises
        ------
        StoreError
            Not such a file.
        """
        with read_arrays(path, "a head") as (about, stored):
            history = pd.DataFrame(stored["history"], columns=HISTORY).astype({"epoch": int})
            weights = [stored[f"weight{place}"] for place in range(len(stored.files) - 4)]
            standard = stored["mean"], stored["scale"]
            head = cls(weights, *standard, about["settings"], history, int(about["epoch"]))
            head._check()
        return head

    def _check(self) -> None:
        """Raise ValueError for arrays that cannot be a head's; weights may be what a diverged one left."""
        widths = [self.mean.size, *(bias.size for bias in self.weights[1::2])]
        shapes = [shape for pair in pairwise(widths) for shape in (pair, pair[1:])]
        arrays = [*self.weights, self.mean, self.scale]
        wanted = [*shapes, (widths[0],), (widths[0],)]
        if len(self.weights) < 2 or [array.shape for array in arrays] != wanted:
            raise ValueError("arrays of shapes that do not follow on one another")
        if any(array.dtype.kind != "f" for array in arrays) or not isinstance(self.settings, dict):
            raise ValueError("arrays that are not numbers")
        if not (np.isfinite(self.mean).all() and np.isfinite(self.scale).all() and (self.scale > 0).all()):
            raise ValueError("a standardisation that is not finite")


def forward(weights: Sequence[npt.NDArray[Any]], inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Run the layers on standardised features, array of shape (n, n_classes), in float64."""
    *hidden, kernel, bias = [array.astype(np.float64) for array in weights]
    for layer, offset in zip(hidden[::2], hidden[1::2], strict=True):
        inputs = np.maximum(inputs @ layer + offset, 0.0)
    logits = inputs @ kernel + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))
