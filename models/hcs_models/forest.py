"""The baseline beside the network: a random forest (Breiman 2001) on simple measurements."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any, Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.tree import DecisionTreeClassifier
from sklearn.utils import Tags, check_random_state, compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data


class ForestClassifier(ClassifierMixin, BaseEstimator):
    """Random forest with the settings of a study: many trees, seeded, classes weighted alike.

    The same trees as `sklearn.ensemble.RandomForestClassifier` grows. That one sets the process's filters of
    warnings anew for every tree, so that forests on several threads undo each other's; this one does not.

    Parameters
    ----------
    n_trees
        How many trees.
    class_weight
        ``balanced`` (ours) or None, as in scikit-learn.
    n_jobs
        Threads, of which None is one; the result does not depend on it.
    seed
        Of bootstraps and candidate columns.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    trees_ : list of fitted `sklearn.tree.DecisionTreeClassifier`, of labels as places in `classes_`

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
        measured, labels = validate_data(self, X, y, dtype=np.float32, ensure_all_finite="allow-nan")
        check_classification_targets(labels)
        self.classes_, truth = np.unique(labels, return_inverse=True)
        weights = None if self.class_weight is None else compute_sample_weight(self.class_weight, truth)
        shares = None if weights is None else weights / weights.sum()

        def grow(seed: int) -> DecisionTreeClassifier:
            """Grow a tree on a bootstrap of the rows, drawn by their weights."""
            drawn = check_random_state(seed).choice(len(truth), len(truth), p=shares)
            tree = DecisionTreeClassifier(max_features="sqrt", random_state=seed)
            return tree.fit(measured, truth, np.bincount(drawn, minlength=len(truth)))

        seeds = check_random_state(self.seed).randint(2**31 - 1, size=self.n_trees)
        with ThreadPoolExecutor(self.n_jobs or 1) as pool:
            self.trees_ = list(pool.map(grow, seeds))
        return self

    def predict_proba(self, X: Any) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes): mean over trees."""
        check_is_fitted(self)
        measured = validate_data(self, X, reset=False, dtype=np.float32, ensure_all_finite="allow-nan")
        total = np.zeros((len(measured), len(self.classes_)))
        for tree in self.trees_:
            total += tree.predict_proba(measured, check_input=False)
        return total / len(self.trees_)

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def predict(self, X: Any) -> npt.NDArray[Any]:
        """Most probable class of each row, array of shape (n,)."""
        probabilities = self.predict_proba(X)
        labels: npt.NDArray[Any] = self.classes_[probabilities.argmax(axis=1)]
        return labels
