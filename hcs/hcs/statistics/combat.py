"""ComBat: location and scale of each batch, drawn by empirical Bayes to what the features have in common.

Johnson, Li & Rabinovic 2007, *Biostatistics* 8:118, with parametric priors. The batches' parameters are kept,
so that rows which took no part in fitting are corrected by the batches that others have shown.
"""

from typing import Any, Self

import numpy as np
import pandas as pd

from hcs.statistics.arrays import Bools, Codes, Floats
from hcs.statistics.scaling import FLAT, BatchCorrector
from hcs.wording import counted, listed
from hcs_plates.errors import ArgumentError

ROUNDS = 1_000
CLOSE = 1e-10
"""Rounds end where location (in pooled SD) and scale (relatively) move less than this."""


class ComBat(BatchCorrector):
    """Correct batches by shrunken shifts and scales.

    A row x of batch b becomes α + σ (z - γ) / √δ with z = (x - α) / σ: α is the mean over batches, σ the SD
    within batches, γ and δ the batch's shrunken location and variance. Effects of covariates are fitted
    beside the batches, so that a batch with more patients is not taken to be shifted by what patients have;
    they are never asked for when rows are transformed, since the label of a test row is not to be known.

    Parameters
    ----------
    mean_only
        Whether batches are shifted only, and not scaled. A shift is then drawn to the others by the number of
        its rows; some programs count every batch as one row there.

    Attributes
    ----------
    batches_ : list of str
        Batches seen, sorted.
    alpha_, sigma_ : arrays of shape (n_features,)
    beta_ : array of shape (n_covariates, n_features)
    gamma_, delta_ : arrays of shape (n_batches, n_features)
    usable_ : array of shape (n_features,)
        Features that vary within batches and are known in each; others stay as they are.
    caveats_ : tuple of str
        What could not be fitted.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> batches = np.repeat(["p", "q"], 50)
    >>> X = rng.normal(size=(100, 20)) + 5 * (batches == "q")[:, None]
    >>> corrected = ComBat().fit(X, batches).transform(X, batches)
    >>> bool(abs(corrected[50:].mean() - corrected[:50].mean()) < 0.01)
    True
    >>> ComBat().fit(X, ["p"] * 100)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: There is one batch only, p: ComBat compares two or more.
    """

    def __init__(self, mean_only: bool = False) -> None:
        self.mean_only = mean_only

    def fit(self, X: Any, batches: Any, covariates: Any = None) -> Self:
        """Estimate the batches' locations and scales.

        Parameters
        ----------
        X
            Array or DataFrame of shape (n_rows, n_features); NaN is left aside.
        batches
            One per row.
        covariates
            Array of shape (n_rows, n_covariates) of numbers, without a constant column: effects to protect.

        Raises
        ------
        ArgumentError
            One batch, covariates that batches tell without fail, X that is no table of numbers.
        """
        values, codes = self._seen(X, batches)
        if len(self.batches_) < 2:
            raise ArgumentError(f"There is one batch only, {self.batches_[0]}: ComBat compares two or more.")
        members = (codes[:, None] == np.arange(len(self.batches_))).astype(float)
        protected = _checked_covariates(covariates, len(values))
        design = np.hstack([members, protected])
        if np.linalg.matrix_rank(design) < design.shape[1]:
            raise ArgumentError(
                "The covariates to protect follow from the batches or from each other: their effects cannot "
                "be told apart; leave out covariates, or bring batches in which they vary."
            )
        self.usable_ = _known_everywhere(values, codes)
        self._standardise(values, design, members)
        z = (values - self.alpha_ - protected @ self.beta_) / self.sigma_
        self._shrink(z[:, self.usable_], codes)
        return self

    def _corrected(self, values: Floats, codes: Codes) -> Floats:
        z = (values - self.alpha_) / self.sigma_
        made = (z - self.gamma_[codes]) / np.sqrt(self.delta_[codes]) * self.sigma_ + self.alpha_
        return np.where(self.usable_, made, values)

    def _standardise(self, values: Floats, design: Floats, members: Floats) -> None:
        """Mean over batches, covariates' effects and SD within batches of every usable feature."""
        n_batches, d = members.shape[1], values.shape[1]
        fitted = np.zeros((design.shape[1], d))
        whole = ~np.isnan(values).any(axis=0)
        fitted[:, whole] = np.linalg.lstsq(design, values[:, whole], rcond=None)[0]
        for feature in np.flatnonzero(self.usable_ & ~whole):
            known = ~np.isnan(values[:, feature])
            fitted[:, feature] = np.linalg.lstsq(design[known], values[known, feature], rcond=None)[0]
        left = pd.DataFrame(values - design @ fitted)
        sigma = np.sqrt(left.pow(2).mean().to_numpy())
        flat = ~(sigma > FLAT * np.nan_to_num(pd.DataFrame(values).abs().max().to_numpy()))
        self.usable_ = self.usable_ & ~flat
        self.alpha_ = members.mean(axis=0) @ fitted[:n_batches]
        self.beta_ = fitted[n_batches:]
        self.sigma_ = np.where(self.usable_, sigma, 1.0)

    def _shrink(self, z: Floats, codes: Codes) -> None:
        """Draw the batches' locations and variances to their mean over features."""
        n_batches = len(self.batches_)
        self.gamma_ = np.zeros((n_batches, self.n_features_in_))
        self.delta_ = np.ones((n_batches, self.n_features_in_))
        said, alone, endless = [], [], []
        stays = int((~self.usable_).sum())
        if stays:
            said.append(
                f"{counted(stays, 'feature')} without spread within batches, or unknown in one of them, left "
                "as they are."
            )
        if 0 < z.shape[1] < 2:
            said.append("One feature alone gives nothing to draw a batch's shift and scale to: not shrunken.")
        for batch, name in enumerate(self.batches_ if z.shape[1] else []):
            rows = z[codes == batch]
            scaled = not self.mean_only and len(rows) > 1
            alone += [name] if len(rows) == 1 and not self.mean_only else []
            gamma, delta, closed = shrunken(rows, scaled)
            self.gamma_[batch, self.usable_], self.delta_[batch, self.usable_] = gamma, delta
            endless += [] if closed else [name]
        if alone:
            said.append(f"One row only to be fitted on in {listed(alone)}: shifted there, not scaled.")
        if endless:
            said.append(f"ComBat's rounds did not close in {listed(endless)}: read its numbers with care.")
        self.caveats_ = tuple(said)


def shrunken(z: Floats, scaled: bool) -> tuple[Floats, Floats, bool]:
    """Posterior location and variance of one batch, given normal and inverse-gamma priors over features.

    Of standardised rows of shape (n_rows, n_features), at least one value a feature: arrays of shape
    (n_features,), and whether the rounds came to rest. Variances are 1 unless they are fitted (`scaled`).
    """
    held = pd.DataFrame(z)
    number = held.notna().sum().to_numpy().astype(float)
    first, delta = held.mean().to_numpy(), np.ones(z.shape[1])
    if scaled:
        own = held.var(ddof=1).to_numpy()
        # A feature that does not vary in this batch, or has one value in it, is taken to vary as in all.
        delta = np.where(np.isnan(own) | (own <= 0), 1.0, own)
    if z.shape[1] < 2:
        return first, delta, True
    middle, wide = float(first.mean()), float(first.var(ddof=1))
    if not scaled:
        return _drawn(first, delta, middle, wide, number), delta, True
    mean, spread = float(delta.mean()), float(delta.var(ddof=1))
    if spread <= FLAT * mean**2:
        delta = np.full_like(delta, mean)
        return _drawn(first, delta, middle, wide, number), delta, True
    shape, rate = 2 + mean**2 / spread, mean + mean**3 / spread
    gamma = first
    for _ in range(ROUNDS):
        new = _drawn(first, delta, middle, wide, number)
        squares = held.sub(new).pow(2).sum().to_numpy()
        spreads = (squares / 2 + rate) / (number / 2 + shape - 1)
        moved = max(float(np.abs(new - gamma).max()), float(np.abs(spreads / delta - 1).max()))
        gamma, delta = new, spreads
        if moved < CLOSE:
            return gamma, delta, True
    return gamma, delta, False


def _drawn(first: Floats, delta: Floats, middle: float, wide: float, number: Floats) -> Floats:
    """Mean of a location's posterior."""
    return (number * wide * first + delta * middle) / (number * wide + delta)


def _checked_covariates(covariates: Any, n_rows: int) -> Floats:
    """Covariates as centred columns: their effects are held against their means."""
    if covariates is None:
        return np.zeros((n_rows, 0))
    given = np.asarray(covariates, dtype=float)
    given = given[:, None] if given.ndim == 1 else given
    if given.ndim != 2 or len(given) != n_rows or not np.isfinite(given).all():
        raise ArgumentError(
            f"Covariates to protect must be {counted(n_rows, 'row')} of finite numbers, one for each row of "
            "features; write categories as columns of 0 and 1."
        )
    return np.asarray(given - given.mean(axis=0))


def _known_everywhere(values: Floats, codes: Codes) -> Bools:
    """Tell the features with a value in every batch."""
    return np.asarray(pd.DataFrame(~np.isnan(values)).groupby(codes).any().all().to_numpy(), dtype=bool)
