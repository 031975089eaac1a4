"""Training a head on stored features: one traced TensorFlow epoch, used by every fit of the same shapes.

A study trains tens of small heads, and tracing a graph costs far more than running it. So the network, its
optimizer and the compiled epoch are kept per architecture, and a fit only puts its own numbers into them.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_models.engine import start_tensorflow

KEPT = 16
"""Architectures whose compiled epochs are kept; the one used longest ago goes first."""

Arrays = list[npt.NDArray[np.float32]]


@dataclass(frozen=True)
class Architecture:
    """What a compiled epoch is traced for.

    Parameters
    ----------
    n_features, hidden, n_classes
        Sizes of the input, the hidden layers and the output.
    dropout
        Share of a hidden layer's outputs that is dropped in training.
    l2
        Weight of the squared kernels in the loss.
    momentum
        Of the optimizer; 1 is allowed.
    batch_size
        Tiles per step.
    """

    n_features: int
    hidden: tuple[int, ...]
    n_classes: int
    dropout: float
    l2: float
    momentum: float
    batch_size: int

    def layers(self) -> list[Any]:
        """Keras layers from standardised features to logits."""
        import keras

        layers: list[Any] = []
        for place, width in enumerate(self.hidden, start=1):
            layers.append(
                keras.layers.Dense(
                    width,
                    activation="relu",
                    kernel_regularizer=keras.regularizers.L2(self.l2),
                    name=f"hidden{place}",
                )
            )
            layers.append(keras.layers.Dropout(self.dropout, seed=0, name=f"dropout{place}"))
        layers.append(
            keras.layers.Dense(
                self.n_classes, kernel_regularizer=keras.regularizers.L2(self.l2), name="logits"
            )
        )
        return layers

    def initial_weights(self, rng: np.random.Generator) -> Arrays:
        """Kernels drawn evenly within ±√(6 / (in + out)) (Glorot & Bengio 2010), biases 0.

        A head without hidden layers starts at 0: with fewer tiles than features, training never touches the
        part of a random start that the training tiles do not span, and it would stay as noise in every score.
        """
        widths = [self.n_features, *self.hidden, self.n_classes]
        arrays: Arrays = []
        for before, after in pairwise(widths):
            limit = np.sqrt(6.0 / (before + after)) if self.hidden else 0.0
            arrays.append(rng.uniform(-limit, limit, (before, after)).astype(np.float32))
            arrays.append(np.zeros(after, dtype=np.float32))
        return arrays


@dataclass(frozen=True)
class Rows:
    """Data of one fit or one evaluation.

    Parameters
    ----------
    features
        Array of shape (n, views, n_features), any float type.
    classes
        Array of shape (n,), class numbers.
    weights
        Array of shape (n,), weight of each row in the loss.
    """

    features: npt.NDArray[Any]
    classes: npt.NDArray[np.int64]
    weights: npt.NDArray[np.float32]


class Trainer:
    """The network of one architecture with its optimizer and compiled epoch; `trainer_for` keeps them."""

    def __init__(self, architecture: Architecture) -> None:
        start_tensorflow()
        import keras
        import tensorflow as tf

        self.lock = threading.Lock()
        self.architecture = architecture
        self.network = keras.Sequential([keras.Input((architecture.n_features,)), *architecture.layers()])
        self.optimizer = keras.optimizers.SGD(learning_rate=0.01, momentum=float(architecture.momentum))
        self.optimizer.build(self.network.trainable_variables)
        features = tf.TensorSpec((None, None, architecture.n_features), tf.float32)
        row = tf.TensorSpec((architecture.n_features,), tf.float32)
        numbers = tf.TensorSpec((None,), tf.int32)
        self._epoch = tf.function(
            self._run_epoch,
            input_signature=[
                features,
                numbers,
                tf.TensorSpec((None,), tf.float32),
                row,
                row,
                numbers,
                numbers,
            ],
        )
        self._evaluate = tf.function(
            self._run_evaluation,
            input_signature=[features, numbers, tf.TensorSpec((None,), tf.float32), row, row],
        )

    def reset(self, weights: Sequence[npt.NDArray[Any]], learning_rate: float, seed: int) -> None:
        """Forget the last fit: own weights, no momentum yet, own learning rate and dropout."""
        for variable, value in zip(self.network.trainable_variables, weights, strict=True):
            variable.assign(value)
        for variable in self.optimizer.variables:
            variable.assign(np.zeros(variable.shape, dtype=variable.dtype))
        self.optimizer.learning_rate = learning_rate
        for place, layer in enumerate(self.network.layers):
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                generator.state.assign(np.array([seed % 2**32, place], dtype=np.uint32))

    def weights(self) -> Arrays:
        """Copy of the kernels and biases as they are now."""
        return [np.array(variable.numpy()) for variable in self.network.trainable_variables]

    def epoch(
        self, data: Any, order: npt.NDArray[np.int64], views: npt.NDArray[np.int64]
    ) -> tuple[float, float]:
        """Take one pass of steps; loss (penalty included) and accuracy, means over the steps' rows.

        Parameters
        ----------
        data
            As `tensors` made it.
        order, views
            Rows in the order they are taken, and the view of each.
        """
        loss, accuracy = self._epoch(*data, order.astype(np.int32), views.astype(np.int32))
        return float(loss), float(accuracy)

    def evaluate(self, data: Any) -> tuple[float, float]:
        """Loss (penalty included) and accuracy on the identity views, without dropout."""
        loss, accuracy = self._evaluate(*data)
        return float(loss), float(accuracy)

    def _loss(self, inputs: Any, classes: Any, weights: Any, *, training: bool) -> tuple[Any, Any]:
        """Weighted cross-entropy plus penalty, and how many rows are right."""
        import tensorflow as tf

        logits = self.network(inputs, training=training)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
        right = tf.cast(tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), classes), tf.float32)
        penalty = tf.add_n(self.network.losses) if self.network.losses else 0.0
        return tf.reduce_mean(weights * entropy) + penalty, tf.reduce_sum(right)

    def _run_epoch(
        self, features: Any, classes: Any, weights: Any, mean: Any, scale: Any, order: Any, views: Any
    ) -> tuple[Any, Any]:
        """Loop over batches inside the graph: one call per epoch instead of one per step."""
        import tensorflow as tf

        size = self.architecture.batch_size
        n_rows = tf.shape(order)[0]
        total = tf.constant(0.0)
        right = tf.constant(0.0)
        for start in tf.range(0, n_rows, size):
            rows = order[start : start + size]
            inputs = tf.gather_nd(features, tf.stack([rows, views[start : start + size]], axis=1))
            with tf.GradientTape() as tape:
                loss, hits = self._loss(
                    (inputs - mean) / scale, tf.gather(classes, rows), tf.gather(weights, rows), training=True
                )
            gradients = tape.gradient(loss, self.network.trainable_variables)
            self.optimizer.apply_gradients(zip(gradients, self.network.trainable_variables, strict=True))
            total += loss * tf.cast(tf.shape(rows)[0], tf.float32)
            right += hits
        count = tf.cast(n_rows, tf.float32)
        return total / count, right / count

    def _run_evaluation(
        self, features: Any, classes: Any, weights: Any, mean: Any, scale: Any
    ) -> tuple[Any, Any]:
        import tensorflow as tf

        loss, hits = self._loss((features[:, 0] - mean) / scale, classes, weights, training=False)
        return loss, hits / tf.cast(tf.shape(classes)[0], tf.float32)


_TRAINERS: OrderedDict[Architecture, Trainer] = OrderedDict()
_LOCK = threading.Lock()


def trainer_for(architecture: Architecture) -> Trainer:
    """Find or make the trainer of an architecture; hold its `lock` while using it."""
    with _LOCK:
        if architecture not in _TRAINERS:
            _TRAINERS[architecture] = Trainer(architecture)
        _TRAINERS.move_to_end(architecture)
        while len(_TRAINERS) > KEPT:
            _TRAINERS.popitem(last=False)
        return _TRAINERS[architecture]


def tensors(rows: Rows, mean: npt.NDArray[np.float32], scale: npt.NDArray[np.float32]) -> tuple[Any, ...]:
    """Put one fit's data where TensorFlow computes, once for all its epochs."""
    import tensorflow as tf

    return (
        tf.constant(rows.features, dtype=tf.float32),
        tf.constant(rows.classes, dtype=tf.int32),
        tf.constant(rows.weights, dtype=tf.float32),
        tf.constant(mean, dtype=tf.float32),
        tf.constant(scale, dtype=tf.float32),
    )
