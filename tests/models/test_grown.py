"""A forest kept as arrays: scikit-learn's numbers to the last bit; files that are no forest are refused."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs_models.forest import ForestClassifier
from hcs_models.grown import GrownForest
from hcs_plates.errors import ArgumentError, StoreError

RNG = np.random.default_rng(5)
MEASURED = pd.DataFrame(RNG.normal(size=(80, 3)), columns=["cells", "somas", "neurites"])
MEASURED.iloc[::7, 1] = np.nan
NEW = pd.DataFrame(RNG.normal(size=(300, 3)), columns=MEASURED.columns)
NEW.iloc[::5, 0] = np.nan
NEW.iloc[::9, 1] = np.nan
TRUTH = (MEASURED["cells"] + RNG.normal(0, 0.8, 80) > 0.4).astype(int)
FOREST = ForestClassifier(n_trees=60, seed=2).fit(MEASURED, TRUTH)


def test_numbers_are_scikit_learn_s(tmp_path: Path) -> None:
    """Of new rows with gaps, on values that thresholds fall between, before and after the file."""
    grown = GrownForest.of(FOREST)
    grown.save(tmp_path / "forest.npz")
    again = GrownForest.load(tmp_path / "forest.npz")
    thresholds = grown.threshold[np.isfinite(grown.threshold)]
    near = pd.DataFrame({name: np.resize(thresholds, 400) for name in MEASURED})
    for rows in (NEW, MEASURED, near, NEW.iloc[:0]):
        expected = FOREST.predict_proba(rows) if len(rows) else np.empty((0, 2))
        np.testing.assert_array_equal(grown.predict_proba(rows), expected)
        np.testing.assert_array_equal(again.predict_proba(rows), expected)
    assert again.settings == {"n_trees": 60, "class_weight": "balanced", "seed": 2}


def test_a_forest_of_single_leaves() -> None:
    """Where nothing can be told apart every tree is a leaf, and gives the classes' shares."""
    same = pd.DataFrame({"cells": [1.0] * 6})
    forest = ForestClassifier(n_trees=5).fit(same, [0, 0, 0, 1, 1, 1])
    np.testing.assert_array_equal(GrownForest.of(forest).predict_proba(same), forest.predict_proba(same))


def test_other_measurements_are_refused() -> None:
    """Columns in another order are other columns."""
    with pytest.raises(
        ArgumentError, match="takes cells, somas, neurites; measured are neurites, somas, cells"
    ):
        GrownForest.of(FOREST).predict_proba(NEW[NEW.columns[::-1]])


@pytest.mark.parametrize(
    "change",
    [
        lambda arrays: arrays["children"].__setitem__((0, 0), 0),
        lambda arrays: arrays["children"].__setitem__((0, 1), len(arrays["feature"])),
        lambda arrays: arrays["feature"].__setitem__(0, 3),
        lambda arrays: arrays["shares"].__setitem__(0, np.nan),
        lambda arrays: arrays["roots"].__setitem__(1, 0),
        lambda arrays: arrays.update(threshold=arrays["threshold"][1:]),
        lambda arrays: arrays.update(threshold=np.zeros((len(arrays["feature"]), 2))),
        lambda arrays: arrays.update(threshold=arrays["threshold"] * np.nan),
        lambda arrays: arrays.update(shares=arrays["shares"][:, 0]),
        lambda arrays: arrays.update(shares=arrays["shares"].astype(object)),
        lambda arrays: arrays.pop("about"),
    ],
)
def test_what_is_no_forest_is_refused(change: Callable[[dict[str, Any]], object], tmp_path: Path) -> None:
    """A child before its node or in another tree, a measurement that is none, arrays cut or of objects."""
    file = tmp_path / "forest.npz"
    GrownForest.of(FOREST).save(file)
    with np.load(file) as stored:
        arrays = {name: stored[name] for name in stored.files}
    change(arrays)
    np.savez(file, **arrays)
    with pytest.raises(StoreError, match="is not a forest of a study"):
        GrownForest.load(file)
