"""Per-batch scaling: plain numpy and pycytominer's recorded robust z, unseen batches refused, gaps said."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import clone

from hcs.statistics.scaling import BatchScaler
from hcs_plates.errors import ArgumentError

RECORDED = json.loads((Path(__file__).parent / "pycytominer.json").read_text())
BATCHES = np.repeat(["p", "q"], [6, 10])
X = np.random.default_rng(0).normal(size=(16, 3)) * np.where(BATCHES == "q", 4, 1)[:, None] + 7


def test_robust_z_is_pycytominers() -> None:
    """Fitted on each plate's samples, applied to all its wells; to 1e-5, as its constant has 5 digits."""
    counts, samples = np.array(RECORDED["counts"]), np.array(RECORDED["samples"])
    plates = np.repeat(["P", "Q"], 96)
    fit = np.tile(samples, 2)
    model = BatchScaler("median").fit(counts.ravel()[fit, None], plates[fit])
    made = model.transform(counts.ravel()[:, None], plates)
    assert made.ravel() == pytest.approx(np.ravel(RECORDED["robust_z"]), rel=1e-5, abs=1e-8)


def test_mean_and_sd_by_numpy() -> None:
    """Each batch has mean 0 and SD 1 after, with n - 1; centred alone it keeps its SD."""
    made = BatchScaler().fit(X, BATCHES).transform(X, BATCHES)
    centred = BatchScaler(scale=False).fit(X, BATCHES).transform(X, BATCHES)
    for mine in (slice(0, 6), slice(6, 16)):
        own = X[mine]
        assert made[mine] == pytest.approx((own - own.mean(axis=0)) / own.std(axis=0, ddof=1))
        assert centred[mine] == pytest.approx(own - own.mean(axis=0))


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_only_fitted_rows_count(statistic: str) -> None:
    """Whatever stands beside a row when it is transformed, its numbers are the same."""
    train = np.arange(16) % 2 == 0
    model = clone(BatchScaler(statistic)).fit(X[train], BATCHES[train])
    made = model.transform(X, BATCHES)
    wild = model.transform(np.where(np.arange(16)[:, None] == 3, 1e9, X), BATCHES)
    assert np.array_equal(np.delete(made, 3, axis=0), np.delete(wild, 3, axis=0))


@pytest.mark.parametrize("statistic", ["mean", "median"])
def test_odd_batches_take_the_common_spread(statistic: str) -> None:
    """Few rows, a feature constant in a batch or in all or unknown in one: words, no division by 0."""
    values, batches = X.copy(), BATCHES.copy()
    batches[-1] = "r"
    values[:6, 0], values[:, 1], values[:6, 2] = 5.0, 3.0, np.nan
    model = BatchScaler(statistic).fit(values, batches)
    assert model.batches_ == ["p", "q", "r"]
    assert model.scale_[0, 0] == model.scale_[2, 0] > 0
    assert (model.scale_[:, 1] == 1).all()
    made = model.transform(values, batches)
    assert (made[:6, 0] == 0).all()
    assert (made[:, 1] == 0).all()
    assert np.isnan(made[:6, 2]).all()
    assert model.caveats_ == (
        "1 feature without any value in a batch of those fitted (p): not known there when corrected.",
        "Batch r has fewer than 3 rows to be fitted on: divided by the spread within all batches.",
        "2 features without spread in some batch: divided by the spread within all batches there.",
    )


def test_the_common_spread_is_that_within_batches() -> None:
    """Sum of squares around the batches' means over rows less batches, batches of one row without weight."""
    values, batches = [[1.0], [3.0], [11.0], [15.0], [90.0]], list("ppqqr")
    model = BatchScaler().fit(values, batches)
    assert model.scale_.ravel() == pytest.approx([np.sqrt((2 + 8) / 2)] * 3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"statistic": "mode"}, "No statistic 'mode'; "),
        ({"X": X[:, 0]}, "Features of shape 16 are no table"),
        ({"X": [["a"]] * 16}, "The features are not all numbers"),
        ({"X": X[:0], "batches": []}, "Features of shape 0 × 3 are no table"),
        ({"batches": ["p"]}, "1 batch cannot go with 16 rows; give one for each."),
        ({"batches": [None] * 16}, "16 of 16 rows have no batch"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, Any], message: str) -> None:
    """What, where, what was expected."""
    given: dict[str, Any] = {"X": X, "batches": BATCHES, "statistic": "mean"} | change
    with pytest.raises(ArgumentError, match=message):
        BatchScaler(given["statistic"]).fit(given["X"], given["batches"])


def test_an_unseen_batch_is_refused() -> None:
    """Its own rows do not stand in for a fit."""
    with pytest.raises(ArgumentError, match=r"Batch s was not fitted \(fitted are p and q\)"):
        BatchScaler().fit(X, BATCHES).transform(X[:1], ["s"])
