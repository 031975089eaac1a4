"""The new fully connected layers on frozen features, as a scikit-learn classifier trained by SGD."""

from numbers import Integral, Real
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.class_weight import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from hcs_models.trainer import Architecture, Arrays, Rows, Trainer, tensors, trainer_for
from hcs_plates.errors import ArgumentError

HISTORY = ["epoch", "loss", "accuracy", "validation_loss", "validation_accuracy"]


class HeadClassifier(ClassifierMixin, BaseEstimator):
    """Fully connected layers with dropout and L2 on stored features.

    Features are standardised by the training rows, and that is part of the model. Each epoch takes every tile
    once, in a random order, in one of its stored views drawn at random; prediction sees view 0, the tile
    itself. All randomness (initial weights, order, views, dropout) comes from `seed`.

    Parameters
    ----------
    hidden
        Widths of the hidden layers (ReLU); () is logistic regression.
    dropout
        Share of a hidden layer's outputs dropped in training.
    l2
        Weight of the sum of squared kernels in the loss.
    learning_rate, momentum
        Of Keras' SGD. A momentum of 1 is allowed; a head that diverges says so in `diverged_`.
    batch_size, epochs
        Tiles per step (the last step of an epoch may have fewer), passes over the tiles.
    class_weight
        ``balanced`` (ours, so that unequal classes do not tilt the head): all classes weigh alike. None: all
        rows weigh alike. A dict gives weights by label. Rows weigh 1 on average, so that the learning rate
        keeps its meaning.
    seed
        Of everything random.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    model_ : Keras model from raw features to class probabilities, exportable
    history_ : DataFrame with epoch (from 1), loss, accuracy, validation_loss, validation_accuracy; training
        values are means over the epoch's steps, dropout on, as Keras reports them
    weights_ : list of kernels and biases, layer by layer
    mean_, scale_ : arrays of shape (n_features,), the standardisation
    diverged_ : whether training ended in numbers that are not finite; every class is then equally probable

    Examples
    --------
    >>> head = HeadClassifier(hidden=(8,), epochs=2)
    >>> head.get_params()["momentum"]
    0.9
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (256,),
        dropout: float = 0.5,
        l2: float = 1e-4,
        learning_rate: float = 1e-3,
        momentum: float = 0.9,
        batch_size: int = 32,
        epochs: int = 64,
        class_weight: dict[Any, float] | str | None = "balanced",
        seed: int = 0,
    ) -> None:
        self.hidden = hidden
        self.dropout = dropout
        self.l2 = l2
        self.learning_rate = learning_rate
        self.momentum = momentum
        self.batch_size = batch_size
        self.epochs = epochs
        self.class_weight = class_weight
        self.seed = seed

    def fit(
        self,
        X: npt.ArrayLike,
        y: npt.ArrayLike,
        validation: tuple[npt.ArrayLike, npt.ArrayLike] | None = None,
    ) -> Self:
        """Train.

        Parameters
        ----------
        X
            Array of shape (n, n_features) or (n, views, n_features).
        y
            Array of shape (n,), labels.
        validation
            Features and labels that are scored after each epoch and never learnt from.

        Raises
        ------
        ArgumentError
            Parameters or labels that cannot be.
        """
        self._check_parameters()
        features, labels = self._check_training(X, y)
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ArgumentError(
                f"Only one class, {str(self.classes_[0])!r}, is in y; a classifier needs two."
            )
        share = compute_class_weight(self.class_weight, classes=self.classes_, y=labels)
        share = share / share[numbers].mean()
        rows = Rows(features, numbers, share[numbers].astype(np.float32))
        self.mean_ = features.mean(axis=(0, 1), dtype=np.float64).astype(np.float32)
        spread = features.std(axis=(0, 1), dtype=np.float64).astype(np.float32)
        # A feature that never varies in training says nothing; 1 keeps it at 0 instead of dividing by 0.
        self.scale_ = np.where(spread > 0, spread, np.float32(1))
        held_out = None if validation is None else self._check_validation(validation, share)
        architecture = self._architecture(features.shape[2])
        trainer = trainer_for(architecture)
        with trainer.lock:
            self.weights_ = self._train(trainer, rows, held_out)
        self.diverged_ = not all(np.isfinite(array).all() for array in self.weights_)
        self.model_ = _keras_model(architecture, self.weights_, self.mean_, self.scale_)
        return self

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes), from the identity view of each row."""
        check_is_fitted(self)
        features = self._check_features(X, reset=False)[:, 0]
        if self.diverged_:
            return np.full((len(features), len(self.classes_)), 1 / len(self.classes_))
        return _probabilities(self.weights_, (features.astype(np.float64) - self.mean_) / self.scale_)

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Most probable class of each row, array of shape (n,)."""
        probabilities = self.predict_proba(X)
        labels: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _train(self, trainer: Trainer, rows: Rows, held_out: Rows | None) -> Arrays:
        """Run the epochs; the trainer is this fit's own meanwhile."""
        rng = np.random.default_rng(self.seed)
        trainer.reset(trainer.architecture.initial_weights(rng), self.learning_rate, self.seed)
        data = tensors(rows, self.mean_, self.scale_)
        validation = None if held_out is None else tensors(held_out, self.mean_, self.scale_)
        n_rows, n_views = rows.features.shape[:2]
        history = []
        for epoch in range(1, self.epochs + 1):
            order = rng.permutation(n_rows)
            views = np.asarray(rng.integers(0, n_views, size=n_rows))
            trained = trainer.epoch(data, order, views)
            tested = (np.nan, np.nan) if validation is None else trainer.evaluate(validation)
            history.append((epoch, *trained, *tested))
        self.history_ = pd.DataFrame(history, columns=HISTORY)
        return trainer.weights()

    def _architecture(self, n_features: int) -> Architecture:
        """Build the key under which the compiled epoch is kept."""
        return Architecture(
            n_features=n_features,
            hidden=tuple(int(width) for width in self.hidden),
            n_classes=len(self.classes_),
            dropout=float(self.dropout),
            l2=float(self.l2),
            momentum=float(self.momentum),
            batch_size=int(self.batch_size),
        )

    def _check_parameters(self) -> None:
        """Refuse parameters that cannot be, as scikit-learn asks: when fitting, not before."""
        ranges = {"dropout": (0, 1), "l2": (0, np.inf), "learning_rate": (0, np.inf), "momentum": (0, 1)}
        for name, (low, high) in ranges.items():
            value = getattr(self, name)
            if not _within(value, low, high) or (name == "dropout" and value == 1):
                limit = "at least 0" if high == np.inf else "within 0 to 1"
                raise ArgumentError(f"{name} = {value!r} must be a number {limit}.")
        for name in ("batch_size", "epochs"):
            value = getattr(self, name)
            if not isinstance(value, Integral) or value < 1:
                raise ArgumentError(f"{name} = {value!r} must be a whole number of at least 1.")
        if not all(isinstance(width, Integral) and width >= 1 for width in self.hidden):
            raise ArgumentError(f"hidden = {self.hidden!r} must be a tuple of widths of at least 1.")
        if not isinstance(self.class_weight, dict) and self.class_weight not in ("balanced", None):
            raise ArgumentError(f"class_weight = {self.class_weight!r} must be 'balanced', None or a dict.")

    def _check_training(
        self, X: npt.ArrayLike, y: npt.ArrayLike
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Check training features and labels; features with their views' axis."""
        features = self._check_features(X, reset=True)
        if y is None:
            raise ArgumentError("This HeadClassifier requires y to be passed, but the target y is None.")
        labels = check_array(column_or_1d(y, warn=True), ensure_2d=False, dtype=None, input_name="y")
        check_classification_targets(labels)
        if labels.shape != (len(features),):
            raise ArgumentError(f"y has shape {labels.shape} for {len(features)} rows of X.")
        return features, labels

    def _check_features(self, X: npt.ArrayLike, *, reset: bool) -> npt.NDArray[Any]:
        """Check features; array of shape (n, views, n_features)."""
        if getattr(X, "ndim", 2) != 3:
            flat = validate_data(self, X, reset=reset, dtype=[np.float32, np.float16, np.float64])
            return np.asarray(flat)[:, None]
        features = np.asarray(check_array(X, allow_nd=True, dtype=[np.float32, np.float16, np.float64]))
        if reset:
            self.n_features_in_ = features.shape[2]
        elif features.shape[2] != self.n_features_in_:
            raise ArgumentError(f"X has {features.shape[2]} features; the head has {self.n_features_in_}.")
        return features

    def _check_validation(
        self, validation: tuple[npt.ArrayLike, npt.ArrayLike], share: npt.NDArray[np.float64]
    ) -> Rows:
        """Check validation data; its labels must be the training labels."""
        features = self._check_features(validation[0], reset=False)
        labels = np.asarray(validation[1])
        unknown = sorted(set(labels.tolist()) - set(self.classes_.tolist()))
        if unknown:
            raise ArgumentError(f"Validation has the label {str(unknown[0])!r}, which training has not.")
        numbers = np.searchsorted(self.classes_, labels)
        return Rows(features[:, :1], numbers, share[numbers].astype(np.float32))


def _within(value: object, low: float, high: float) -> bool:
    """Whether a parameter is a number of a range, ends included."""
    return isinstance(value, Real) and low <= float(value) <= high


def _probabilities(weights: Arrays, inputs: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Run the layers on standardised features, array of shape (n, n_classes).

    In float64: in float32 a row's result would depend in the seventh digit on the rows beside it.
    """
    *hidden, kernel, bias = [array.astype(np.float64) for array in weights]
    for layer, offset in zip(hidden[::2], hidden[1::2], strict=True):
        inputs = np.maximum(inputs @ layer + offset, 0.0)
    logits = inputs @ kernel + bias
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def _keras_model(
    architecture: Architecture, weights: Arrays, mean: npt.NDArray[Any], scale: npt.NDArray[Any]
) -> Any:
    """Build an ordinary Keras model from raw features to probabilities."""
    import keras

    model = keras.Sequential(
        [
            keras.Input((architecture.n_features,), name="features"),
            keras.layers.Normalization(mean=mean, variance=np.square(scale), name="standardise"),
            *architecture.layers(),
            keras.layers.Softmax(name="probability"),
        ],
        name="head",
    )
    for variable, value in zip(model.trainable_variables, weights, strict=True):
        variable.assign(value)
    return model
