"""A grown forest as plain arrays: kept in a file that runs no code, read back exactly."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.utils.validation import check_is_fitted

from hcs_models.arrayfile import read_arrays, write_arrays
from hcs_models.forest import ForestClassifier
from hcs_plates.errors import ArgumentError

AT_ONCE = 2**21
"""Places in trees that are gone through together: rows times trees."""


@dataclass(frozen=True)
class GrownForest:
    """Trees of a forest, one after the other; a node's children stand after it.

    Parameters
    ----------
    columns
        Names of the measurements, in the order that `feature` counts them.
    roots
        Array of shape (n_trees,): first node of each tree.
    feature
        Array of shape (n_nodes,): the measurement a node asks of; -1 for a leaf.
    threshold
        Array of shape (n_nodes,): what is no more than this goes left.
    missing_left
        Array of shape (n_nodes,): whether what could not be measured goes left.
    children
        Array of shape (n_nodes, 2): steps to the left and the right child, 0 for a leaf.
    shares
        Array of shape (n_nodes, n_classes): classes of the training rows in a leaf, in parts of one.
    settings
        What it was grown with, JSON-ready.
    """

    columns: tuple[str, ...]
    roots: npt.NDArray[np.int64]
    feature: npt.NDArray[np.int32]
    threshold: npt.NDArray[np.float32]
    missing_left: npt.NDArray[np.bool_]
    children: npt.NDArray[np.int32]
    shares: npt.NDArray[np.float64]
    settings: dict[str, Any]

    @classmethod
    def of(cls, forest: ForestClassifier) -> "GrownForest":
        """Take the trees out of a fitted forest.

        Examples
        --------
        >>> measured = pd.DataFrame({"cells": [1.0, 2.0, 8.0, 9.0]})
        >>> forest = ForestClassifier(n_trees=20).fit(measured, [0, 0, 1, 1])
        >>> grown = GrownForest.of(forest)
        >>> bool((grown.predict_proba(measured) == forest.predict_proba(measured)).all())
        True
        """
        check_is_fitted(forest)
        trees = [one.tree_ for one in forest.trees_]
        left, right = (
            np.concatenate([getattr(tree, side) for tree in trees])
            for side in ("children_left", "children_right")
        )
        leaf = left < 0
        place = np.concatenate([np.arange(tree.node_count) for tree in trees])
        steps = np.where(leaf[:, None], 0, np.stack([left - place, right - place], axis=1))
        columns = getattr(forest, "feature_names_in_", [str(n) for n in range(forest.n_features_in_)])
        return cls(
            tuple(map(str, columns)),
            np.cumsum([0, *(tree.node_count for tree in trees[:-1])]),
            np.where(leaf, -1, np.concatenate([tree.feature for tree in trees])).astype(np.int32),
            np.where(leaf, np.float32(0), _single(np.concatenate([tree.threshold for tree in trees]))),
            ~leaf & np.concatenate([tree.missing_go_to_left for tree in trees]).astype(bool),
            steps.astype(np.int32),
            np.where(leaf[:, None], np.concatenate([tree.value[:, 0, :] for tree in trees]), 0.0),
            {name: forest.get_params()[name] for name in ("n_trees", "class_weight", "seed")},
        )

    def predict_proba(self, measured: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Probability of each class, array of shape (n, n_classes): mean over the trees, as scikit-learn's.

        Raises
        ------
        ArgumentError
            Other measurements than it was grown on.
        """
        if tuple(measured.columns) != self.columns:
            raise ArgumentError(
                f"The forest takes {', '.join(self.columns)}; measured are {', '.join(measured.columns)}."
            )
        # Trees compare in single precision, whatever they were given.
        values = measured.to_numpy(dtype=np.float32)
        step = max(1, AT_ONCE // len(self.roots))
        parts = [self._part(values[start : start + step]) for start in range(0, len(values), step)]
        return np.concatenate([np.empty((0, self.shares.shape[1])), *parts])

    def _part(self, values: npt.NDArray[np.float32]) -> npt.NDArray[np.float64]:
        """Probabilities of rows that are gone through together."""
        node = np.repeat(self.roots, len(values))
        row = np.tile(np.arange(len(values)), len(self.roots))
        under_way = np.arange(len(node))
        while len(under_way := under_way[self.feature[node[under_way]] >= 0]):
            at = node[under_way]
            seen = values[row[under_way], self.feature[at]]
            left = np.where(np.isnan(seen), self.missing_left[at], seen <= self.threshold[at])
            node[under_way] = at + np.where(left, self.children[at, 0], self.children[at, 1])
        total = np.zeros((len(values), self.shares.shape[1]))
        # In the trees' order, so that sums are the same to the last bit.
        for leaves in node.reshape(len(self.roots), len(values)):
            total += self.shares[leaves]
        return total / len(self.roots)

    def save(self, path: Path | str) -> None:
        """Write one ``.npz`` file; a reader sees the old one or the new one whole."""
        about = {"columns": self.columns, "settings": self.settings}
        write_arrays(path, about, {name: getattr(self, name) for name in ARRAYS}, compressed=True)

    @classmethod
    def load(cls, path: Path | str) -> "GrownForest":
        """Read what `save` wrote.

        Raises
        ------
        StoreError
            Not such a file.
        """
        with read_arrays(path, "a forest") as (about, stored):
            arrays = {name: stored[name] for name in ARRAYS}
            forest = cls(tuple(about["columns"]), **arrays, settings=dict(about["settings"]))
            forest._check()
        return forest

    def _check(self) -> None:
        """Raise ValueError for arrays that cannot be a forest's, so that no row ever leaves its tree."""
        n, ends = len(self.feature), np.append(self.roots[1:], len(self.feature))
        kinds = {name: getattr(self, name).dtype.kind for name in ARRAYS}
        rows = [getattr(self, name).shape for name in ("feature", "threshold", "missing_left")]
        if kinds != ARRAYS or rows != [(n,)] * 3 or self.children.shape != (n, 2) or self.roots.ndim != 1:
            raise ValueError("arrays of other kinds or shapes")
        if self.shares.ndim != 2 or len(self.shares) != n or np.isnan(self.threshold).any():
            raise ValueError("arrays of other kinds or shapes")
        if self.roots[:1].tolist() != [0] or (self.roots >= ends).any():
            raise ValueError("trees that do not follow on one another")
        inner = self.feature >= 0
        last = np.repeat(ends, np.diff(np.append(self.roots, n)))
        steps = self.children[inner]
        if (steps < 1).any() or (steps + np.flatnonzero(inner)[:, None] >= last[inner][:, None]).any():
            raise ValueError("a child that does not stand after its node")
        if (self.feature >= len(self.columns)).any():
            raise ValueError("a node without its question")
        if not ((self.shares >= 0) & (self.shares <= 1)).all():
            raise ValueError("shares that are none")


def _single(thresholds: npt.NDArray[np.float64]) -> npt.NDArray[np.float32]:
    """Round down to single precision: values of single precision then fall on the same side as before."""
    rounded = thresholds.astype(np.float32)
    return np.where(rounded > thresholds, np.nextafter(rounded, np.float32(-np.inf)), rounded)


ARRAYS = {
    "roots": "i", "feature": "i", "threshold": "f", "missing_left": "b", "children": "i", "shares": "f",
}  # fmt: skip
"""Arrays of a forest, and their kinds."""
