"""The gradient of a head's score in its features: exact, and for as many heads as there are.

The score of a class is its log-odds, the logit less the logarithm of the sum of the other classes'
exponentials: what is added to all logits alike changes no probability, and does not change it either. Of two
classes it is the difference of the logits, and what speaks for one speaks against the other.
"""

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.special import logsumexp, softmax

from hcs_models.headspec import Architecture
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]


def log_odds(head: TrainedHead, features: npt.NDArray[Any], target: int) -> Array:
    """Log-odds of a class, computed in float64.

    Parameters
    ----------
    head
        A trained head.
    features
        Array of shape (n, n_features), not standardised.
    target
        Number of the class.

    Returns
    -------
    array of shape (n,)
        All 0 for a head that diverged.

    Raises
    ------
    ArgumentError
        Rows of another length, or a class that is not there.

    Examples
    --------
    >>> import pandas as pd
    >>> weights = [np.array([[0.0, 2.0]]), np.array([0.0, 1.0])]
    >>> head = TrainedHead(weights, np.zeros(1), np.ones(1), {}, pd.DataFrame(), 1)
    >>> log_odds(head, np.array([[3.0]]), 1).tolist()
    [7.0]
    """
    _check(head, features, target)
    if head.diverged:
        return np.zeros(len(features))
    logits, _ = _forward(head, features)
    return np.asarray(logits[:, target] - logsumexp(np.delete(logits, target, axis=1), axis=1))


def score_gradient(
    head: TrainedHead, features: npt.NDArray[Any], target: int, *, guided: bool = False
) -> Array:
    """Gradient of `log_odds` in the features, computed in float64.

    Parameters
    ----------
    head, features, target
        As for `log_odds`.
    guided
        Let only positive gradients pass a hidden layer's rectifier (Springenberg et al., ICLR workshop 2015).

    Returns
    -------
    array of shape (n, n_features)
        All 0 for a head that diverged. Where a hidden unit's input is exactly 0 its rectifier counts as
        closed, as in TensorFlow.

    Raises
    ------
    ArgumentError
        As for `log_odds`.

    Examples
    --------
    >>> import pandas as pd
    >>> weights = [np.array([[0.0, 2.0]]), np.array([0.0, 1.0])]
    >>> head = TrainedHead(weights, np.zeros(1), np.full(1, 4.0), {}, pd.DataFrame(), 1)
    >>> score_gradient(head, np.array([[3.0]]), 0).tolist()
    [[-0.5]]
    """
    _check(head, features, target)
    if head.diverged:
        return np.zeros(features.shape)
    logits, hidden = _forward(head, features)
    gradient = np.zeros_like(logits)
    others = np.delete(np.arange(head.n_classes), target)
    gradient[:, target] = 1.0
    gradient[:, others] = -softmax(logits[:, others], axis=1)
    for kernel, output in zip(head.weights[-2::-2], [*hidden[::-1], None], strict=True):
        gradient = gradient @ kernel.T.astype(np.float64)
        if output is not None:
            passing = (output > 0) & (gradient > 0) if guided else output > 0
            gradient = np.where(passing, gradient, 0.0)
    return np.asarray(gradient / head.scale)


def random_head(like: TrainedHead, seed: int) -> TrainedHead:
    """Draw a head that has learnt nothing: another's layers and standardisation, weights as training starts.

    A head without hidden layers starts training at 0, which looks nowhere; it is drawn like the others. The
    control of Adebayo et al. (NeurIPS 2018), for the layers that were trained here.

    Parameters
    ----------
    like
        The head whose place it takes.
    seed
        Decides the weights.

    Examples
    --------
    >>> import pandas as pd
    >>> weights = [np.array([[0.0, 2.0]]), np.array([0.0, 1.0])]
    >>> head = TrainedHead(weights, np.zeros(1), np.ones(1), {}, pd.DataFrame(), 1)
    >>> [array.shape for array in random_head(head, seed=0).weights]
    [(1, 2), (2,)]
    """
    widths = tuple(len(bias) for bias in like.weights[1:-1:2])
    shape = Architecture(like.n_features, widths, like.n_classes, batch_size=1)
    weights = shape.drawn_weights(np.random.default_rng(seed))
    return TrainedHead(weights, like.mean, like.scale, like.settings, like.history, like.epoch)


def _forward(head: TrainedHead, features: npt.NDArray[Any]) -> tuple[Array, list[Array]]:
    """Logits, and the rectified outputs of the hidden layers."""
    value = (features.astype(np.float64) - head.mean) / head.scale
    *layers, kernel, bias = [array.astype(np.float64) for array in head.weights]
    hidden = []
    for weights, offset in zip(layers[::2], layers[1::2], strict=True):
        value = np.maximum(value @ weights + offset, 0.0)
        hidden.append(value)
    return value @ kernel + bias, hidden


def _check(head: TrainedHead, features: npt.NDArray[Any], target: int) -> None:
    """Refuse rows of another length and classes that are not there."""
    if features.ndim != 2 or features.shape[1] != head.n_features:
        raise ArgumentError(
            f"features have shape {features.shape}; the head takes rows of {head.n_features} features."
        )
    if not 0 <= target < head.n_classes:
        raise ArgumentError(f"target {target} is no class; the head tells {head.n_classes} apart, from 0.")
