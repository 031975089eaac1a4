"""What one head is, what it learns from and how: the inputs of its training."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from hcs_models.trained import Arrays


@dataclass(frozen=True)
class Architecture:
    """What a graph is traced for.

    Parameters
    ----------
    n_features, hidden, n_classes
        Sizes of the input, the hidden layers and the output.
    batch_size
        Rows per step.
    dtype
        Of the stored features, ``float16`` or ``float32``; computed is in float32.
    """

    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    batch_size: int
    dtype: str = "float32"

    def initial_weights(self, rng: np.random.Generator) -> Arrays:
        """Kernels drawn evenly within ±√(6 / (in + out)) (Glorot & Bengio 2010), biases 0.

        A head without hidden layers starts at 0: with fewer tiles than features, training never touches the
        part of a random start that the training tiles do not span, and it would stay as noise in every score.
        """
        drawn = self.drawn_weights(rng)
        return drawn if self.hidden else [np.zeros_like(array) for array in drawn]

    def drawn_weights(self, rng: np.random.Generator) -> Arrays:
        """Kernels drawn evenly within ±√(6 / (in + out)) (Glorot & Bengio 2010), biases 0."""
        widths = [self.n_features, *self.hidden, self.n_classes]
        arrays: Arrays = []
        for before, after in pairwise(widths):
            limit = np.sqrt(6.0 / (before + after))
            arrays.append(rng.uniform(-limit, limit, (before, after)).astype(np.float32))
            arrays.append(np.zeros(after, dtype=np.float32))
        return arrays

    @property
    def head_bytes(self) -> int:
        """Memory that one head takes while it trains: weights, velocities, gradients, best weights."""
        widths = [self.n_features, *self.hidden, self.n_classes]
        return 4 * 4 * sum((before + 1) * after for before, after in pairwise(widths))


@dataclass(frozen=True)
class HeadSettings:
    """How one head is trained.

    Parameters
    ----------
    learning_rate, momentum
        Of Keras' SGD: velocity = momentum × velocity - learning rate × gradient. A momentum of 1 is allowed
        to diverge.
    l2
        Weight of the sum of squared kernels in the loss.
    dropout
        Share of a hidden layer's outputs dropped in training (to within 2⁻¹⁶).
    epochs
        Passes over the training rows.
    keep
        ``last`` epoch's weights, or those of the ``best``: highest validation accuracy, then lowest
        validation loss, then earliest.
    seed
        Of initial weights, order, views and dropout.
    """

    learning_rate: float = 1e-3
    momentum: float = 0.9
    l2: float = 1e-4
    dropout: float = 0.5
    epochs: int = 64
    keep: Literal["last", "best"] = "last"
    seed: int = 0


@dataclass(frozen=True)
class HeadRows:
    """Rows one head learns from and is validated on; their places are those of their view 0.

    Parameters
    ----------
    train, validation
        Arrays of shape (n,) and (m,): places in the features, m may be 0.
    train_classes, validation_classes
        Class numbers.
    class_weights
        Array of shape (n_classes,): weight of each class' rows in the loss.
    views
        Views of each training row; they follow view 0.
    mean, scale
        Arrays of shape (n_features,), of the training rows.
    """

    train: npt.NDArray[np.int64]
    train_classes: npt.NDArray[np.int64]
    validation: npt.NDArray[np.int64]
    validation_classes: npt.NDArray[np.int64]
    class_weights: npt.NDArray[np.float64]
    views: int
    mean: npt.NDArray[np.float32]
    scale: npt.NDArray[np.float32]


@dataclass(frozen=True)
class Plan:
    """What chance decides of a head's training.

    Parameters
    ----------
    start
        Initial kernels and biases.
    order, views
        Arrays of shape (epochs, n): training rows as they are taken, by their number, and the view of each.
    """

    start: Arrays
    order: npt.NDArray[np.int32]
    views: npt.NDArray[np.int32]


def draw_plan(architecture: Architecture, rows: HeadRows, settings: HeadSettings) -> Plan:
    """Draw a head's plan from its seed: initial weights, then epoch by epoch order and views."""
    rng = np.random.default_rng(settings.seed)
    start = architecture.initial_weights(rng)
    order = np.empty((settings.epochs, len(rows.train)), dtype=np.int32)
    views = np.empty_like(order)
    for epoch in range(settings.epochs):
        order[epoch] = rng.permutation(len(rows.train))
        views[epoch] = rng.integers(0, rows.views, size=len(rows.train))
    return Plan(start, order, views)
