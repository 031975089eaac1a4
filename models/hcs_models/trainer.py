"""Training a head on stored features: one compiled TensorFlow graph runs all epochs of one head.

Everything that differs between heads (rows, labels, learning rate, momentum, penalty, dropout, seed) is an
input of the graph, so it is traced once per architecture, keeps no state, and any number of threads may run
it at once. One head is computed at a time in a thread: its weights, velocities and gradients (1.5 MB for 512
features and 256 hidden units) then stay in the core's cache. Stacking 55 heads into batched products was
measured at half that speed, since they leave it.
"""

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.engine import start_tensorflow
from hcs_models.headspec import Architecture, HeadRows, HeadSettings, Plan, draw_plan
from hcs_models.trained import HISTORY, TrainedHead

KEPT = 16
"""Architectures whose graphs are kept; the one used longest ago goes first."""
EVALUATED = 256
"""Rows that are scored at once, so that validation takes no more memory with more rows."""


def train_head(
    architecture: Architecture,
    features: Any,
    rows: HeadRows,
    settings: HeadSettings,
    plan: Plan | None = None,
) -> TrainedHead:
    """Train one head; the same bits whatever runs beside it.

    Parameters
    ----------
    architecture
        Of the head.
    features
        `as_tensor` of an array of shape (places, n_features).
    rows, settings
        What it learns from, and how.
    plan
        Start, order and views; drawn from the seed if None.
    """
    plan = plan or draw_plan(architecture, rows, settings)
    weights, history, kept = _graph(architecture)(
        features,
        *_sides(rows),
        rows.mean,
        rows.scale,
        plan.order,
        plan.views,
        *(np.float32(getattr(settings, name)) for name in ("learning_rate", "momentum", "l2", "dropout")),
        settings.keep == "best" and len(rows.validation) > 0,
        np.int32(settings.seed % 2**31),
        plan.start,
    )
    table = pd.DataFrame(history.numpy().astype(np.float64), columns=HISTORY[1:])
    table.insert(0, HISTORY[0], np.arange(1, settings.epochs + 1))
    about = {"hidden": list(architecture.hidden), "batch_size": architecture.batch_size, **vars(settings)}
    arrays = [np.array(array.numpy()) for array in weights]
    return TrainedHead(arrays, rows.mean, rows.scale, about, table, int(kept))


def _sides(rows: HeadRows) -> list[npt.NDArray[Any]]:
    """Places, classes and weights of the training rows, then of the validation rows."""
    arrays: list[npt.NDArray[Any]] = []
    for places, classes in (
        (rows.train, rows.train_classes),
        (rows.validation, rows.validation_classes),
    ):
        weights = rows.class_weights[classes].astype(np.float32)
        arrays += [places.astype(np.int32), classes.astype(np.int32), weights]
    return arrays


def as_tensor(features: npt.NDArray[Any]) -> Any:
    """Put features where TensorFlow computes, once for all heads."""
    start_tensorflow()
    import tensorflow as tf

    # Some 200,000 small steps a head: on a GPU starting each would take longer than computing it.
    with tf.device("CPU"):
        return tf.constant(features)


@lru_cache(maxsize=KEPT)
def _graph(architecture: Architecture) -> Any:
    """Trace the graph of an architecture."""
    start_tensorflow()
    import tensorflow as tf

    def vector(dtype: Any) -> Any:
        return tf.TensorSpec((None,), dtype)

    side = [vector(tf.int32), vector(tf.int32), vector(tf.float32)]
    number = tf.TensorSpec((), tf.float32)
    plan = tf.TensorSpec((None, None), tf.int32)
    row = tf.TensorSpec((architecture.n_features,), tf.float32)
    widths = [architecture.n_features, *architecture.hidden, architecture.n_classes]
    weights = [tf.TensorSpec(shape, tf.float32) for pair in pairwise(widths) for shape in (pair, pair[1:])]
    features = tf.TensorSpec((None, architecture.n_features), tf.as_dtype(architecture.dtype))
    flag, seed = tf.TensorSpec((), tf.bool), tf.TensorSpec((), tf.int32)
    return tf.function(
        _Graph(architecture).run,
        input_signature=[features, *side, *side, row, row, plan, plan, *[number] * 4, flag, seed, weights],
    )


class _Graph:
    """The computation; its methods run once, while TensorFlow traces them."""

    def __init__(self, architecture: Architecture) -> None:
        self.architecture = architecture

    def run(  # noqa: PLR0913 – inputs of one traced graph
        self, features: Any, places: Any, classes: Any, weights: Any, held_places: Any, held_classes: Any,
        held_weights: Any, mean: Any, scale: Any, order: Any, views: Any, rate: Any, momentum: Any, l2: Any,
        dropout: Any, best: Any, seed: Any, start: list[Any],
    ) -> tuple[Any, Any, Any]:  # fmt: skip
        """All epochs: weights kept, history of shape (epochs, 4), number of the epoch kept."""
        import tensorflow as tf

        size = self.architecture.batch_size
        n_rows = tf.shape(places)[0]
        state = [tf.identity(array) for array in start]
        speed = [tf.zeros_like(array) for array in start]
        chosen = [tf.identity(array) for array in start]
        score = tf.constant([-1.0, -1.0])
        kept = tf.constant(0)
        finite = tf.constant(True)
        history = tf.fill((tf.shape(order)[0], 4), tf.constant(np.nan, tf.float32))
        for epoch in tf.range(tf.shape(order)[0]):
            if finite:
                total = tf.constant(0.0)
                right = tf.constant(0.0)
                for first in tf.range(0, n_rows, size):
                    rows = order[epoch, first : first + size]
                    turned = tf.gather(places, rows) + views[epoch, first : first + size]
                    inputs = (tf.cast(tf.gather(features, turned), tf.float32) - mean) / scale
                    step = tf.stack([seed, epoch * n_rows + first])
                    batch = (inputs, tf.gather(classes, rows), tf.gather(weights, rows))
                    loss, hits, pushes = self._pushes(state, batch, (rate, l2, dropout), step)
                    # One pass over each array per term, and none more: these passes are a third of the time.
                    speed = [tf.add_n([momentum * v, *push]) for v, push in zip(speed, pushes, strict=True)]
                    state = [w + v for w, v in zip(state, speed, strict=True)]
                    total += loss * tf.cast(tf.shape(rows)[0], tf.float32)
                    right += hits
                count = tf.cast(n_rows, tf.float32)
                tested = self._evaluate(
                    state, features, held_places, held_classes, held_weights, mean, scale, l2
                )
                finite = tf.math.is_finite(total)
                line = tf.concat([tf.stack([total / count, right / count]), tested], 0)
                history = tf.tensor_scatter_nd_update(history, [[epoch]], line[None])
                now = tf.stack([tested[1], -tested[0]])
                better = finite & ((now[0] > score[0]) | ((now[0] == score[0]) & (now[1] > score[1])))
                taken = tf.logical_not(best) | better | (kept == 0)
                chosen = [tf.where(taken, w, old) for w, old in zip(state, chosen, strict=True)]
                score = tf.where(taken, now, score)
                kept = tf.where(taken, epoch + 1, kept)
        return chosen, history, kept

    def _layers(self, state: list[Any], inputs: Any, masks: Sequence[Any]) -> tuple[Any, list[Any]]:
        """Logits, and the hidden layers' outputs (dropped out and scaled where there are masks)."""
        import tensorflow as tf

        outputs = []
        for place in range(len(self.architecture.hidden)):
            inputs = tf.nn.relu(tf.nn.bias_add(tf.matmul(inputs, state[2 * place]), state[2 * place + 1]))
            if masks:
                inputs = inputs * masks[place]
            outputs.append(inputs)
        return tf.nn.bias_add(tf.matmul(inputs, state[-2]), state[-1]), outputs

    def _pushes(
        self, state: list[Any], batch: tuple[Any, Any, Any], rates: tuple[Any, Any, Any], step: Any
    ) -> tuple[Any, Any, list[list[Any]]]:
        """Loss (penalty included), rows right, and for every array the terms of -learning rate × gradient.

        Written out instead of taped: for dense layers it is short, and the learning rate can go into the
        small factors before they are multiplied.
        """
        import tensorflow as tf

        inputs, classes, weights = batch
        rate, l2, dropout = rates
        masks = [
            self._mask(width, place, tf.shape(inputs)[0], dropout, step)
            for place, width in enumerate(self.architecture.hidden)
        ]
        logits, outputs = self._layers(state, inputs, masks)
        entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
        right = tf.cast(tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), classes), tf.float32)
        penalty = tf.add_n([2.0 * tf.nn.l2_loss(kernel) for kernel in state[::2]])
        loss = tf.reduce_mean(weights * entropy) + l2 * penalty
        count = tf.cast(tf.shape(classes)[0], tf.float32)
        off = tf.nn.softmax(logits) - tf.one_hot(classes, self.architecture.n_classes)
        back = off * (-rate * weights / count)[:, None]
        pushes: list[list[Any]] = []
        for place in reversed(range(len(outputs) + 1)):
            below = outputs[place - 1] if place else inputs
            kernel = state[2 * place]
            pushes = [
                [tf.matmul(below, back, transpose_a=True), (-2.0 * rate * l2) * kernel],
                [tf.reduce_sum(back, axis=0)],
                *pushes,
            ]
            if place:
                # An output of 0 was cut by the ReLU or dropped; either way nothing passes back through it.
                alive = tf.cast(below > 0.0, tf.float32) / (1.0 - dropout)
                back = tf.matmul(back, kernel, transpose_b=True) * alive
        return loss, tf.reduce_sum(right), pushes

    def _mask(self, width: int, place: int, n_rows: Any, dropout: Any, step: Any) -> Any:
        """0 or 1 / (1 - dropout) for every output of a layer, from 16 random bits each."""
        import tensorflow as tf

        size = self.architecture.batch_size
        bits = tf.random.stateless_uniform(
            (size, (width + 1) // 2), step + tf.constant([0, place << 24]), None, None, tf.uint32
        )
        drawn = tf.reshape(tf.bitcast(bits, tf.uint16), (size, -1))[:n_rows, :width]
        dropped = tf.cast(tf.round(dropout * 65536.0), tf.int32)
        return tf.cast(tf.cast(drawn, tf.int32) >= dropped, tf.float32) / (1.0 - dropout)

    def _evaluate(  # noqa: PLR0913 – tensors of one traced graph
        self, state: list[Any], features: Any, places: Any, classes: Any, weights: Any, mean: Any, scale: Any,
        l2: Any,
    ) -> Any:  # fmt: skip
        """Loss (penalty included) and accuracy of the identity views, without dropout; NaN of no rows."""
        import tensorflow as tf

        total = tf.constant(0.0)
        right = tf.constant(0.0)
        for first in tf.range(0, tf.shape(places)[0], EVALUATED):
            here = slice(first, first + EVALUATED)
            inputs = (tf.cast(tf.gather(features, places[here]), tf.float32) - mean) / scale
            logits, _ = self._layers(state, inputs, ())
            entropy = tf.nn.sparse_softmax_cross_entropy_with_logits(classes[here], logits)
            hits = tf.equal(tf.argmax(logits, axis=1, output_type=tf.int32), classes[here])
            total += tf.reduce_sum(weights[here] * entropy)
            right += tf.reduce_sum(tf.cast(hits, tf.float32))
        count = tf.cast(tf.shape(places)[0], tf.float32)
        penalty = l2 * tf.add_n([2.0 * tf.nn.l2_loss(kernel) for kernel in state[::2]])
        return tf.stack([total / count + penalty, right / count])
