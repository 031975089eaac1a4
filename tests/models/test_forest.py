"""The random forest: scikit-learn's own, seeded, whatever the number of threads."""

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import RandomForestClassifier
from sklearn.utils.estimator_checks import parametrize_with_checks

from hcs_models.forest import ForestClassifier

RNG = np.random.default_rng(4)
MEASURED = pd.DataFrame(RNG.normal(size=(60, 5)), columns=[f"FITC_m{i}" for i in range(5)])
LABELS = np.where(MEASURED["FITC_m2"] + RNG.normal(0, 0.5, 60) > 0, "ALS", "C")


def test_it_is_scikit_learn_s_forest_of_500_seeded_trees() -> None:
    """Same trees as scikit-learn's with the same settings, on one thread or two."""
    forest = ForestClassifier(seed=3, n_jobs=2).fit(MEASURED, LABELS)
    theirs = RandomForestClassifier(500, class_weight="balanced", random_state=3).fit(MEASURED, LABELS)
    np.testing.assert_array_equal(forest.predict_proba(MEASURED), theirs.predict_proba(MEASURED))
    assert len(forest.trees_) == 500
    assert forest.classes_.tolist() == ["ALS", "C"]
    assert forest.feature_names_in_.tolist() == list(MEASURED.columns)


def test_the_seed_decides() -> None:
    """Another seed grows other trees."""
    one, other = (
        ForestClassifier(50, seed=seed).fit(MEASURED, LABELS).predict_proba(MEASURED) for seed in (1, 2)
    )
    assert np.abs(one - other).max() > 0


@parametrize_with_checks([ForestClassifier(n_trees=20)])
def test_scikit_learn_s_conventions(estimator: Any, check: Any) -> None:
    """Every check that scikit-learn has for classifiers passes."""
    check(estimator)
