"""The new fully connected layers on frozen features, as a scikit-learn classifier trained by SGD."""

from numbers import Integral, Real
from typing import Any, Literal, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_array, check_is_fitted, column_or_1d, validate_data

from hcs_models.headbank import HeadBank
from hcs_models.headspec import HeadSettings
from hcs_plates.errors import ArgumentError


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
        Of Keras' SGD. A momentum of 1 is allowed; a head that diverges says so in `head_.diverged`.
    batch_size, epochs
        Tiles per step (the last step of an epoch may have fewer), passes over the tiles.
    keep
        Weights of the ``last`` epoch, or of the ``best`` one on the validation rows.
    class_weight
        ``balanced`` (ours, so that unequal classes do not tilt the head): all classes weigh alike. None: all
        rows weigh alike. A dict gives weights by label. Rows weigh 1 on average, so that the learning rate
        keeps its meaning.
    seed
        Of everything random.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    head_ : TrainedHead with weights, standardisation, the epoch kept, and whether it diverged; every class is
        then equally probable
    model_ : Keras model from raw features to class probabilities, exportable
    history_ : DataFrame with epoch (from 1), loss, accuracy, validation_loss, validation_accuracy; training
        values are means over the epoch's steps, dropout on, as Keras reports them

    Examples
    --------
    >>> head = HeadClassifier(hidden=(8,), epochs=2)
    >>> head.get_params()["momentum"]
    0.9
    """

    def __init__(
        self,
        hidden: tuple[int, ...] = (128,),
        dropout: float = 0.5,
        l2: float = 1e-4,
        learning_rate: float = 1e-3,
        momentum: float = 0.9,
        batch_size: int = 32,
        epochs: int = 64,
        keep: Literal["last", "best"] = "last",
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
        self.keep = keep
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
        held_out, held_numbers = self._check_validation(validation, features)
        bank = HeadBank(
            np.concatenate([features, held_out]) if len(held_out) else features,
            n_classes=len(self.classes_),
            hidden=self.hidden,
            batch_size=int(self.batch_size),
        )
        known = range(len(features), len(features) + len(held_out))
        rows = bank.rows(
            np.arange(len(features)),
            numbers,
            np.array(known, dtype=np.int64),
            held_numbers,
            class_weight=self._class_weight(),
        )
        (self.head_,) = bank.fit([(rows, self._settings())])
        self.history_ = self.head_.history
        return self

    def predict_proba(self, X: npt.ArrayLike) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes), from the identity view of each row."""
        check_is_fitted(self)
        return self.head_.predict_proba(self._check_features(X, reset=False)[:, 0])

    @property
    def model_(self) -> Any:
        """New Keras model from raw features to class probabilities, exportable."""
        check_is_fitted(self)
        return self.head_.to_keras()

    def predict(self, X: npt.ArrayLike) -> npt.NDArray[Any]:
        """Most probable class of each row, array of shape (n,)."""
        probabilities = self.predict_proba(X)
        labels: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _settings(self) -> HeadSettings:
        """Put the parameters as the bank takes them."""
        return HeadSettings(
            learning_rate=float(self.learning_rate),
            momentum=float(self.momentum),
            l2=float(self.l2),
            dropout=float(self.dropout),
            epochs=int(self.epochs),
            keep=self.keep,
            seed=int(self.seed),
        )

    def _class_weight(self) -> dict[int, float] | str | None:
        """Weights by class number."""
        if not isinstance(self.class_weight, dict):
            return self.class_weight
        return {number: self.class_weight.get(label, 1) for number, label in enumerate(self.classes_)}

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
        if self.keep not in ("last", "best"):
            raise ArgumentError(f"keep = {self.keep!r} must be 'last' or 'best'.")
        if not isinstance(self.class_weight, dict) and self.class_weight not in ("balanced", None):
            raise ArgumentError(f"class_weight = {self.class_weight!r} must be 'balanced', None or a dict.")

    def _check_training(
        self, X: npt.ArrayLike, y: npt.ArrayLike
    ) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        """Check training features and labels; features with their views' axis."""
        features = self._check_features(X, reset=True)
        if features.dtype == np.float64:
            features = features.astype(np.float32)
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
        self, validation: tuple[npt.ArrayLike, npt.ArrayLike] | None, features: npt.NDArray[Any]
    ) -> tuple[npt.NDArray[Any], npt.NDArray[np.int64]]:
        """Check validation data, shaped and typed like the training features; its labels must be known."""
        if validation is None:
            return features[:0], np.empty(0, dtype=np.int64)
        held_out = self._check_features(validation[0], reset=False)[:, :1].astype(features.dtype)
        labels = np.asarray(validation[1])
        unknown = sorted(set(labels.tolist()) - set(self.classes_.tolist()))
        if unknown:
            raise ArgumentError(f"Validation has the label {str(unknown[0])!r}, which training has not.")
        shape = (len(held_out), *features.shape[1:])
        return np.broadcast_to(held_out, shape), np.searchsorted(self.classes_, labels)


def _within(value: object, low: float, high: float) -> bool:
    """Whether a parameter is a number of a range, ends included."""
    return isinstance(value, Real) and low <= float(value) <= high
