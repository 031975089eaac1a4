"""Linear predictions for rows not trained on, for one target or thousands of shuffled ones at once.

Features are standardised and reduced by principal components in each training part, without a look at the
target; so shuffled targets need no new reduction, only means or products, which are closed forms.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from scipy.special import logsumexp

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.folds import Set

COMPONENTS = 50
TINY = 1e-9
FARTHEST = 10.0
"""A tested row counts as at most so many training SDs away: else a feature that hardly varied among training
rows would decide alone."""


@dataclass(frozen=True)
class Reduced:
    """Features of one fold, reduced by what its training rows are like.

    Parameters
    ----------
    train, test
        Places of the rows.
    trained, tested
        Principal components of training and test rows, centred on the training rows; arrays of shape
        (n_train, k) and (n_test, k).
    shrinkage
        Share, 0 to 1, by which a covariance is drawn to a round one (Ledoit & Wolf 2004), from the
        training rows' features alone.
    """

    train: Places
    test: Places
    trained: Floats
    tested: Floats
    shrinkage: float

    def shrunk(self, covariance: Floats) -> Floats:
        """Draw covariances, array of shape (..., k, k), to round ones with the same total variance."""
        k = covariance.shape[-1]
        even = np.trace(covariance, axis1=-2, axis2=-1)[..., None, None] / k * np.eye(k)
        floor = TINY + TINY * float(np.square(self.trained).mean())
        return np.asarray((1 - self.shrinkage) * covariance + self.shrinkage * even + floor * np.eye(k))


def reduce_folds(features: Floats, folds: Iterable[Set], *, seed: int) -> list[Reduced]:
    """Standardise features, array of shape (n_rows, n_features), and reduce them to principal components.

    Both are fitted on each fold's training rows, whose mean NaN stands for. Standardised features of tested
    rows are cut at ±`FARTHEST`; the seed is that of scikit-learn's randomised decomposition of large tables.
    """
    from sklearn.covariance import ledoit_wolf_shrinkage
    from sklearn.decomposition import PCA
    from sklearn.preprocessing import StandardScaler

    made = []
    for train, test in folds:
        known = ~np.isnan(features[train]).all(axis=0)
        trained, tested = np.zeros((len(train), 1)), np.zeros((len(test), 1))
        if known.any():
            scaler = StandardScaler().fit(features[train][:, known])
            trained = np.nan_to_num(scaler.transform(features[train][:, known]))
            tested = np.nan_to_num(scaler.transform(features[test][:, known])).clip(-FARTHEST, FARTHEST)
        k = min(COMPONENTS, trained.shape[1], len(train) - 1)
        if k >= 1 and np.ptp(trained, axis=0).max() > 0:
            reducer = PCA(int(k), random_state=seed).fit(trained)
            trained, tested = reducer.transform(trained), reducer.transform(tested)
        else:
            trained, tested = np.zeros((len(train), 1)), np.zeros((len(test), 1))
        shrinkage = float(ledoit_wolf_shrinkage(trained, assume_centered=True)) if trained.any() else 1.0
        made.append(Reduced(train, test, trained, tested, min(max(shrinkage, 0.0), 1.0)))
    return made


def discriminants(fold: Reduced, codes: Places, n_classes: int) -> Floats:
    """Tell classes apart by linear discriminants with equal prior probabilities (Fisher 1936; Rao 1948).

    From the class, 0 to n_classes - 1, of every row under each arrangement, shape (n_arrangements, n_rows):
    log-odds of each class against the others, shape (n_arrangements, n_test, n_classes), -inf for a class
    that training lacks.
    """
    k = fold.trained.shape[1]
    members = (codes[:, fold.train, None] == np.arange(n_classes)).astype(float)
    counts = members.sum(axis=1)
    sums = np.swapaxes(members, 1, 2).reshape(-1, len(fold.train)) @ fold.trained
    means = sums.reshape(len(codes), n_classes, k) / np.maximum(counts, 1)[:, :, None]
    total = fold.trained.T @ fold.trained / len(fold.train)
    shares = (counts / len(fold.train))[:, :, None]
    within = fold.shrunk(total - np.swapaxes(means * shares, 1, 2) @ means)
    weights = np.linalg.solve(within, np.swapaxes(means, 1, 2))
    offset = 0.5 * np.einsum("pck,pkc->pc", means, weights)
    scores = np.asarray(fold.tested @ weights - offset[:, None, :])
    scores[np.broadcast_to((counts == 0)[:, None, :], scores.shape)] = -np.inf
    return log_odds(scores)


def log_odds(scores: Floats) -> Floats:
    """Log-odds of each class against all others, from scores; arrays of shape (..., n_classes)."""
    made = np.empty_like(scores)
    for one in range(scores.shape[-1]):
        others = logsumexp(np.delete(scores, one, axis=-1), axis=-1)
        # Where the only class known to training is this one, nothing stands against it.
        made[..., one] = scores[..., one] - np.where(np.isneginf(others), 0.0, others)
    return made


def regressions(fold: Reduced, values: Floats) -> Floats:
    """Predict numbers by ridge regression (Hoerl & Kennard 1970), the penalty set by the shrinkage.

    Numbers of every row under each arrangement, array of shape (n_arrangements, n_rows), give predictions of
    shape (n_arrangements, n_test).
    """
    train = values[:, fold.train]
    mean = train.mean(axis=1, keepdims=True)
    product = (train - mean) @ fold.trained / len(fold.train)
    total = fold.trained.T @ fold.trained / len(fold.train)
    slopes = np.linalg.solve(fold.shrunk(total), product.T).T
    return np.asarray(mean + slopes @ fold.tested.T)
