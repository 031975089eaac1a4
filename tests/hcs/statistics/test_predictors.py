"""Predictions for rows not trained on: scikit-learn's, one target or many at once, poor features."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
from scipy.special import expit, softmax
from sklearn.covariance import ledoit_wolf_shrinkage, shrunk_covariance
from sklearn.decomposition import PCA
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from hcs.statistics.predictors import (
    FARTHEST,
    Reduced,
    discriminants,
    log_odds,
    reduce_folds,
    regressions,
)

Array = npt.NDArray[np.float64]


def fold_of(seed: int = 0, n: int = 60, features: int = 8) -> tuple[Reduced, Array]:
    """One fold of rows at random, two thirds of them to train on."""
    values = np.random.default_rng(seed).normal(size=(n, features)) * np.arange(1, features + 1)
    places = np.arange(n * 2 // 3), np.arange(n * 2 // 3, n)
    return reduce_folds(values, [places], seed=0)[0], values


@pytest.mark.parametrize("components", [3, 50])
def test_features_are_reduced_as_by_scikit_learn(components: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Scaler and components of the training rows, and Ledoit and Wolf's share: to 1e-9, but for signs."""
    monkeypatch.setattr("hcs.statistics.predictors.COMPONENTS", components)
    fold, values = fold_of()
    scaler = StandardScaler().fit(values[fold.train])
    reducer = PCA(min(components, 8)).fit(scaler.transform(values[fold.train]))
    for made, rows in ((fold.trained, fold.train), (fold.tested, fold.test)):
        plain = reducer.transform(scaler.transform(values[rows]))
        np.testing.assert_allclose(np.abs(made), np.abs(plain), atol=1e-9)
    assert fold.shrinkage == pytest.approx(ledoit_wolf_shrinkage(fold.trained, assume_centered=True))


def test_covariances_are_shrunk_as_by_scikit_learn() -> None:
    """One or a stack of them, to 1e-6 of their size."""
    fold, _ = fold_of()
    total = np.cov(fold.trained.T, bias=True)
    plain = shrunk_covariance(total, fold.shrinkage)
    np.testing.assert_allclose(fold.shrunk(total), plain, atol=1e-6)
    np.testing.assert_allclose(fold.shrunk(np.stack([total, 2 * total]))[1], 2 * plain, atol=1e-6)


def test_test_rows_say_nothing_of_the_reduction() -> None:
    """Whatever stands in them, trained features are the same."""
    fold, values = fold_of()
    other = values.copy()
    other[fold.test] = 99
    (again,) = reduce_folds(other, [(fold.train, fold.test)], seed=0)
    np.testing.assert_array_equal(again.trained, fold.trained)
    assert again.shrinkage == fold.shrinkage


@pytest.mark.parametrize("n_classes", [2, 3, 4])
def test_classes_are_told_as_by_scikit_learn_with_equal_priors(n_classes: int) -> None:
    """Log-odds of each class against all others, to 1e-6; classes of different sizes."""
    fold = replace(fold_of(1)[0], shrinkage=0.2)
    rng = np.random.default_rng(1)
    codes = rng.choice(n_classes, 60, p=np.arange(1, n_classes + 1) / np.arange(1, n_classes + 1).sum())
    model = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=fold.shrinkage)
    model.fit(fold.trained, codes[fold.train])
    if n_classes == 2:
        # scikit-learn's score is log-odds with the classes' shares in it.
        scores = model.decision_function(fold.tested) - np.log(model.priors_[1] / model.priors_[0])
        chances = np.stack([expit(-scores), expit(scores)], axis=1)
    else:
        chances = softmax(model.decision_function(fold.tested) - np.log(model.priors_), axis=1)
    found = discriminants(fold, codes[None], n_classes)[0]
    np.testing.assert_allclose(expit(found), chances, atol=1e-6)


def test_many_targets_at_once_are_told_as_one_by_one() -> None:
    """Classes and numbers, under a hundred arrangements."""
    fold, _ = fold_of(2)
    rng = np.random.default_rng(2)
    codes, numbers = rng.integers(0, 3, (100, 60)), rng.normal(size=(100, 60))
    for at in (0, 57, 99):
        one = discriminants(fold, codes[at : at + 1], 3)[0]
        np.testing.assert_allclose(discriminants(fold, codes, 3)[at], one, atol=1e-9)
        alone = regressions(fold, numbers[at : at + 1])[0]
        np.testing.assert_allclose(regressions(fold, numbers)[at], alone, atol=1e-9)


@pytest.mark.parametrize("shrinkage", [0.05, 0.7])
def test_numbers_are_told_as_by_scikit_learns_ridge(shrinkage: float) -> None:
    """The penalty that the shrinkage stands for; slopes are then too small by its share: to 1e-6."""
    fold = replace(fold_of(3)[0], shrinkage=shrinkage)
    numbers = np.random.default_rng(3).normal(50, 10, 60)
    keep = 1 - fold.shrinkage
    penalty = len(fold.train) * fold.shrinkage * np.square(fold.trained).mean() / keep
    model = Ridge(penalty).fit(fold.trained, numbers[fold.train])
    mean = numbers[fold.train].mean()
    plain = mean + (model.predict(fold.tested) - mean) / keep
    np.testing.assert_allclose(regressions(fold, numbers[None])[0], plain, atol=1e-6)


def test_a_class_that_training_lacks_is_never_told() -> None:
    """Its log-odds are −inf, and the others are told as without it."""
    fold, _ = fold_of(4)
    codes = np.random.default_rng(4).integers(0, 2, 60)
    codes[fold.test[0]] = 2
    found = discriminants(fold, codes[None], 3)[0]
    assert np.isneginf(found[:, 2]).all()
    np.testing.assert_allclose(found[:, :2], discriminants(fold, np.minimum(codes, 1)[None], 2)[0], atol=1e-9)


def test_the_only_class_of_training_has_finite_odds() -> None:
    """Nothing stands against it, and there is no NaN."""
    fold, _ = fold_of(5)
    codes = np.zeros(60, dtype=np.intp)
    codes[fold.test] = 1
    found = discriminants(fold, codes[None], 2)[0]
    assert np.isfinite(found[:, 0]).all()
    assert np.isneginf(found[:, 1]).all()


def test_log_odds_are_those_of_the_softmax() -> None:
    """The logarithm of p less that of 1 − p, to 1e-9."""
    scores = np.random.default_rng(6).normal(size=(4, 7, 5)) * 3
    chances = softmax(scores, axis=-1)
    np.testing.assert_allclose(log_odds(scores), np.log(chances) - np.log1p(-chances), atol=1e-9)


def test_gaps_count_as_the_training_mean_and_empty_features_as_none() -> None:
    """A feature without value in training is left out, even where tested rows have one."""
    _, values = fold_of(7)
    train, test = np.arange(40), np.arange(40, 60)
    holed = values.copy()
    holed[3, 0] = np.nan
    holed[train, 5] = np.nan
    (found,) = reduce_folds(holed, [(train, test)], seed=0)
    assert found.trained.shape == (40, 7)
    assert np.isfinite(found.trained).all()
    scaler = StandardScaler().fit(np.delete(holed, 5, axis=1)[train])
    scaled = np.nan_to_num(scaler.transform(np.delete(holed, 5, axis=1)))
    plain = PCA(7).fit(scaled[train]).transform(scaled[test])
    np.testing.assert_allclose(np.abs(found.tested), np.abs(plain), atol=1e-9)


@pytest.mark.parametrize("value", [0.0, 7.0, np.nan])
def test_features_that_do_not_vary_tell_nothing(value: float) -> None:
    """One column of zeros; classes are even, numbers are the training mean."""
    (fold,) = reduce_folds(np.full((12, 3), value), [(np.arange(8), np.arange(8, 12))], seed=0)
    assert fold.trained.shape == (8, 1)
    assert not fold.trained.any()
    codes = np.arange(12)[None] % 2
    np.testing.assert_allclose(discriminants(fold, codes, 2), 0)
    numbers = np.arange(12.0)[None]
    np.testing.assert_allclose(regressions(fold, numbers), 3.5)


def test_more_features_than_rows_are_no_obstacle() -> None:
    """Of 200 features of 20 rows as many components are kept as there can be, and all is finite."""
    fold, _ = fold_of(8, 20, 200)
    assert fold.trained.shape[1] <= 12
    found = discriminants(fold, np.arange(20)[None] % 2, 2)
    assert np.isfinite(found).all()


def test_a_row_far_outside_the_training_rows_is_not_predicted_far_outside() -> None:
    """A feature that is nearly flat in training and a thousand training SDs off in a tested row."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(60, 4))
    truth = features[:, 0] + rng.normal(scale=0.1, size=60)
    features[:, 3] = truth * 1e-6
    features[50, 3] = 1e-3
    (fold,) = reduce_folds(features, [(np.arange(50), np.arange(50, 60))], seed=0)
    assert np.linalg.norm(fold.tested, axis=1).max() <= 2 * FARTHEST
    predicted = regressions(fold, truth[None])[0]
    assert np.abs(predicted[1:] - truth[51:]).max() < 0.5
    assert abs(predicted[0]) < FARTHEST * truth[:50].std()
