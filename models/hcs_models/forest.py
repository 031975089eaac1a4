"""The baseline beside the network: a random forest (Breiman 2001) on simple measurements."""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data


class ForestClassifier(ClassifierMixin, BaseEstimator):
    """Random forest with the settings of a study: many trees, seeded, classes weighted alike.

    Parameters
    ----------
    n_trees
        How many trees.
    class_weight
        ``balanced`` (ours) or None, as in scikit-learn.
    n_jobs
        Threads; the result does not depend on it.
    seed
        Of bootstraps and candidate columns.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    forest_ : the fitted `sklearn.ensemble.RandomForestClassifier`

    Examples
    --------
    >>> measured = np.array([[0.0], [0.1], [0.9], [1.0]])
    >>> forest = ForestClassifier(n_trees=20).fit(measured, ["C", "C", "ALS", "ALS"])
    >>> forest.predict([[0.05], [0.95]]).tolist()
    ['C', 'ALS']
    """

    def __init__(
        self,
        n_trees: int = 500,
        class_weight: str | None = "balanced",
        n_jobs: int | None = None,
        seed: int = 0,
    ) -> None:
        self.n_trees = n_trees
        self.class_weight = class_weight
        self.n_jobs = n_jobs
        self.seed = seed

    def fit(self, X: Any, y: npt.ArrayLike) -> Self:
        """Grow the trees.

        Parameters
        ----------
        X
            Array or DataFrame of shape (n, n_measurements). NaN, what could not be measured, goes its own way
            at every split.
        y
            Array of shape (n,), labels.
        """
        measured, labels = validate_data(self, X, y, ensure_all_finite="allow-nan")
        self.forest_ = RandomForestClassifier(
            self.n_trees, class_weight=self.class_weight, n_jobs=self.n_jobs, random_state=self.seed
        ).fit(measured, labels)
        self.classes_ = self.forest_.classes_
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes): mean over trees."""
        check_is_fitted(self)
        measured = validate_data(self, X, reset=False, ensure_all_finite="allow-nan")
        return np.asarray(self.forest_.predict_proba(measured))

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Most probable class of each row, array of shape (n,)."""
        probabilities = self.predict_proba(X)
        labels: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels
