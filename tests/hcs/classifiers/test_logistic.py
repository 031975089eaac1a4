"""Logistic regression: scikit-learn's, on training tiles; its penalty is chosen on the validation tiles."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import log_loss
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from hcs.classifiers.logistic import Logistic, LogisticSettings
from hcs.classifiers.model import Task
from hcs_plates.errors import ArgumentError, StoreError

RNG = np.random.default_rng(1)
TRUTH = np.tile([0, 1], 60)
MEASURED = pd.DataFrame({"cells": RNG.normal(20, 5, 120) + 6 * TRUTH, "somas": RNG.normal(300, 80, 120)})
TRAIN, VALIDATION, TEST = np.arange(60), np.arange(60, 90), np.arange(90, 120)


def task(*c: float) -> Task:
    """Sixty tiles to learn from, thirty to choose on."""
    config = SimpleNamespace(logistic=LogisticSettings(c=c))
    return Task(TRAIN, VALIDATION, TRUTH, config, seed=0)


def by_hand(c: float, rows: np.ndarray) -> np.ndarray:
    """The same with scikit-learn's pipeline."""
    model = make_pipeline(StandardScaler(), LogisticRegression(C=c, class_weight="balanced"))
    fitted = model.fit(MEASURED.iloc[TRAIN], TRUTH[TRAIN])
    return np.asarray(fitted.predict_proba(MEASURED.iloc[rows])[:, 1])


def test_numbers_are_scikit_learn_s() -> None:
    """Mean and spread are of the training tiles alone."""
    trained = Logistic().fit(MEASURED, task(0.3)).trained
    np.testing.assert_allclose(Logistic().predict(trained, MEASURED, TEST), by_hand(0.3, TEST), atol=1e-5)


def test_the_penalty_is_chosen_on_the_validation_tiles() -> None:
    """Test tiles take no part in the choice."""
    tried = (1e-4, 1e-2, 1.0)
    losses = {c: log_loss(TRUTH[VALIDATION], by_hand(c, VALIDATION)) for c in tried}
    assert Logistic().fit(MEASURED, task(*tried)).trained.settings == {
        "c": min(losses, key=losses.__getitem__)
    }


def test_what_was_not_measured_counts_as_the_mean() -> None:
    """A tile without cells is scored, and a column that never varies tells nothing."""
    gaps = MEASURED.assign(flat=1.0, none=np.nan)
    trained = Logistic().fit(gaps, task(1.0)).trained
    (score,) = Logistic().predict(trained, pd.DataFrame(np.nan, [0], gaps.columns))
    assert score == pytest.approx(1 / (1 + np.exp(-trained.offset)))


def test_it_is_read_back_exactly(tmp_path: Path) -> None:
    """Same scores to the last bit, row by row or together; a damaged file and other columns are refused."""
    file, model = tmp_path / "logistic.npz", Logistic()
    trained = model.fit(MEASURED, task(1.0)).trained
    model.save(trained, file)
    again = model.load(file)
    together = model.predict(trained, MEASURED)
    alone = [model.predict(again, MEASURED.iloc[[row]])[0] for row in range(len(MEASURED))]
    np.testing.assert_array_equal(together, alone)
    with pytest.raises(ArgumentError, match="takes cells, somas; measured are somas"):
        model.predict(again, MEASURED[["somas"]])
    file.write_bytes(file.read_bytes()[:-40])
    with pytest.raises(StoreError, match="is not a logistic regression of a study"):
        model.load(file)
