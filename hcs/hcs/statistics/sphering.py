"""Sphering: features turned and stretched until control rows have no correlations and one variance.

What negative controls differ by is not what is looked for: sphering takes its weight away. The transforms are
those of Kessy, Lewin & Strimmer 2018, *Am Stat* 72:309.
"""

from typing import Any, Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.covariance import ledoit_wolf_shrinkage
from sklearn.utils.validation import check_is_fitted

from hcs.statistics.arrays import Floats
from hcs.statistics.scaling import FLAT, as_rows
from hcs.wording import counted
from hcs_plates.errors import ArgumentError, nearest

METHODS = ("ZCA-cor", "ZCA", "PCA-cor", "PCA")
LEAST = 5
"""Fewest control rows that a covariance is taken from."""
RANK = 1e-10
"""Eigenvalues below this share of the largest are 0 but for rounding."""


class Sphering(BaseEstimator):
    """Whiten features by the covariance of control rows.

    Parameters
    ----------
    method
        ``ZCA`` keeps features as near to themselves as can be; ``PCA`` gives the components that controls
        show, largest variance first. With ``-cor`` features are first brought to one variance.
    regularisation
        Share, 0 to 1, by which the covariance is drawn to a round one with the same total variance, so that
        directions in which controls hardly vary are not blown up; None for Ledoit and Wolf's (2004). 0 needs
        more controls than features.

    Attributes
    ----------
    mean_, scale_ : arrays of shape (n_features,)
    varied_ : array of shape (n_features,)
        Features that vary among the controls.
    components_ : array of shape (n_components, n_features)
        Directions that the controls show, largest variance first.
    stretch_ : array of shape (n_components,)
        What each is multiplied by.
    rest_ : float
        What all other directions are multiplied by.
    regularisation_ : float
        As used.
    caveats_ : tuple of str
        What the controls could not show.

    Examples
    --------
    >>> controls = np.random.default_rng(0).multivariate_normal([3, 5], [[4, 3], [3, 4]], 200)
    >>> sphered = Sphering(regularisation=0).fit(controls).transform(controls)
    >>> np.abs(np.cov(sphered.T).round(6)).tolist()
    [[1.0, 0.0], [0.0, 1.0]]
    >>> Sphering().fit(controls[:2])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 2 control rows are too few for sphering; give 5 or more.
    """

    def __init__(self, method: str = "ZCA-cor", regularisation: float | None = None) -> None:
        self.method = method
        self.regularisation = regularisation

    def fit(self, X: Any, y: Any = None) -> Self:
        """Take the covariance of control rows, of shape (n_controls, n_features); NaN stands for the mean.

        Raises
        ------
        ArgumentError
            An unknown method, a share outside 0 to 1, too few controls, or controls that leave directions
            unseen where there is no regularisation.
        """
        if self.method not in METHODS:
            raise ArgumentError(f"No sphering {self.method!r}; {nearest(self.method, METHODS)}")
        if self.regularisation is not None and not 0 <= self.regularisation <= 1:
            raise ArgumentError(f"regularisation is {self.regularisation}; give a share of 0 to 1, or None.")
        values = as_rows(X)
        n, d = values.shape
        if n < LEAST:
            rows = f"{counted(n, 'control row')} {'is' if n == 1 else 'are'}"
            raise ArgumentError(f"{rows} too few for sphering; give {LEAST} or more.")
        self.n_features_in_ = d
        self.mean_ = np.nan_to_num(pd.DataFrame(values).mean().to_numpy())
        centred = np.nan_to_num(values - self.mean_)
        spread = np.sqrt(np.square(centred).mean(axis=0))
        varied = spread > FLAT * np.nan_to_num(pd.DataFrame(values).abs().max().to_numpy())
        if not varied.any():
            raise ArgumentError(f"No feature varies among {n} control rows: they have no shape to take away.")
        self.varied_ = varied
        self.scale_ = np.where(varied, spread, 1.0) if self.method.endswith("-cor") else np.ones(d)
        self._whiten(np.where(varied, centred / self.scale_, 0.0))
        self.caveats_ = self._said(n, int(varied.sum()), d)
        return self

    def transform(self, X: Any) -> Floats:
        """Sphere rows, array or DataFrame of shape (n_rows, n_features), n_components wide with PCA.

        NaN stands for the controls' mean; a feature without variance among the controls becomes 0. Another
        number of features is refused.
        """
        check_is_fitted(self)
        values = as_rows(X, self.n_features_in_)
        centred = np.where(self.varied_, np.nan_to_num((values - self.mean_) / self.scale_), 0.0)
        along = centred @ self.components_.T
        if self.method.startswith("PCA"):
            return np.asarray(along * self.stretch_)
        return np.asarray(self.rest_ * centred + along * (self.stretch_ - self.rest_) @ self.components_)

    def _whiten(self, centred: Floats) -> None:
        """Take directions and their stretch from a thin decomposition: features may be many thousands."""
        n, k = len(centred), int(self.varied_.sum())
        _, sizes, directions = np.linalg.svd(centred, full_matrices=False)
        variances = np.square(sizes) / (n - 1)
        seen = variances > RANK * variances[0]
        variances, directions = variances[seen], directions[seen]
        share = self.regularisation
        if share is None:
            share = float(ledoit_wolf_shrinkage(centred[:, self.varied_], assume_centered=True))
        self.regularisation_ = min(max(share, 0.0), 1.0)
        if self.regularisation_ == 0 and len(variances) < k:
            raise ArgumentError(
                f"{counted(n, 'control row')} leave directions of {counted(k, 'feature')} without variance, "
                "and sphering would divide by 0; give more controls, fewer features, or a regularisation."
            )
        even = self.regularisation_ * variances.sum() / k
        # Directions have no sign of their own: the diagonal is made positive, as Kessy et al. advise.
        signs = np.where(np.diag(directions[:, self.varied_]) < 0, -1.0, 1.0)
        self.components_ = np.where(self.varied_, directions * signs[:, None], 0.0)
        self.stretch_ = 1 / np.sqrt((1 - self.regularisation_) * variances + even)
        self.rest_ = float(1 / np.sqrt(even)) if even > 0 else 0.0

    def _said(self, n: int, k: int, d: int) -> tuple[str, ...]:
        said = []
        if k < d:
            said.append(f"{counted(d - k, 'feature')} without variance among the controls set to 0.")
        if n - 1 < k:
            said.append(
                f"{counted(n, 'control row')} show {n - 1} of {k} directions: in the others sphering rests "
                f"on its regularisation ({self.regularisation_:.2f})."
            )
        return tuple(said)
