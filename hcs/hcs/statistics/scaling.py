"""Per-batch centring and scaling, fitted on some rows and applied to any others of the same batches.

A batch that fitting never saw is refused. To centre it by its own rows, as is often done, would let the rows
that are to be tested shape their own correction.
"""

from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.utils.validation import check_is_fitted

from hcs.statistics.arrays import Bools, Codes, Floats
from hcs.wording import counted, have, listed
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names

STATISTICS = ("mean", "median")
NORMAL = 1.482602218505602
"""A median absolute deviation times this estimates the SD of normally distributed values."""
LEAST = 3
"""Fewest rows of a batch that its own spread is taken from."""
FLAT = 1e-12
"""A spread below this share of the largest value is rounding, not spread."""


class BatchCorrector(BaseEstimator):
    """An estimator that is fitted on rows and their batches, and corrects rows of these batches."""

    def transform(self, X: Any, batches: Any) -> Floats:
        """Take each row's batch from it.

        Parameters
        ----------
        X
            Array or DataFrame of shape (n_rows, n_features); NaN stays NaN.
        batches
            One per row, all of them fitted.

        Raises
        ------
        ArgumentError
            A batch that was not fitted, or another number of features.
        """
        check_is_fitted(self)
        values = as_rows(X, self.n_features_in_)
        given = _named(batches, len(values))
        codes = pd.Index(self.batches_, dtype=object).get_indexer(given)
        strange = sorted(set(given[codes < 0]))
        if strange:
            several = len(strange) > 1
            it = "them" if several else "it"
            raise ArgumentError(
                f"Batch{'es' if several else ''} {listed(strange)} {'were' if several else 'was'} not fitted "
                f"(fitted are {listed(self.batches_)}): there is nothing to correct {it} by; fit on rows of "
                f"{it}."
            )
        return self._corrected(values, codes)

    def _seen(self, X: Any, batches: Any) -> tuple[Floats, Codes]:
        """Rows to fit on, and the number of each one's batch."""
        values = as_rows(X)
        codes, names = pd.factorize(_named(batches, len(values)), sort=True)
        self.batches_, self.n_features_in_ = names.tolist(), values.shape[1]
        return values, np.asarray(codes, dtype=np.intp)

    def _corrected(self, values: Floats, codes: Codes) -> Floats:
        raise NotImplementedError


class BatchScaler(BatchCorrector):
    """Take each batch's centre from its rows and, if wanted, divide by its spread.

    Parameters
    ----------
    statistic
        ``mean`` (with the SD, n - 1) or ``median`` (with 1.4826 × MAD).
    scale
        Whether to divide by the spread. Where a batch has fewer than 3 rows, or a feature does not vary in
        it, the spread within all batches together is taken; a feature that varies in none is only centred.

    Attributes
    ----------
    batches_ : list of str
        Batches seen, sorted.
    centre_, scale_ : arrays of shape (n_batches, n_features)
    caveats_ : tuple of str
        What could not be fitted as asked.

    Examples
    --------
    >>> scaler = BatchScaler(scale=False).fit([[1.0], [3.0], [11.0], [13.0]], ["p", "p", "q", "q"])
    >>> scaler.transform([[4.0], [14.0]], ["p", "q"]).tolist()
    [[2.0], [2.0]]
    >>> scaler.transform([[4.0]], ["r"])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Batch r was not fitted (fitted are p and q): there is nothing to correct it by; fit on rows of it.
    """  # noqa: E501 - a message is one line

    def __init__(self, statistic: str = "mean", scale: bool = True) -> None:
        self.statistic = statistic
        self.scale = scale

    def fit(self, X: Any, batches: Any) -> Self:
        """Take centre and spread of every batch; NaN is left aside.

        Raises
        ------
        ArgumentError
            An unknown statistic, X that is no table of numbers, a row without batch.
        """
        if self.statistic not in STATISTICS:
            raise ArgumentError(f"No statistic {self.statistic!r}; {nearest(self.statistic, STATISTICS)}")
        values, codes = self._seen(X, batches)
        held = pd.DataFrame(values).groupby(codes)
        self.centre_ = np.asarray(held.mean() if self.statistic == "mean" else held.median(), dtype=float)
        said = []
        lacking = np.isnan(self.centre_)
        if lacking.any():
            said.append(
                f"{counted(int(lacking.any(axis=0).sum()), 'feature')} without any value in a batch of "
                f"those fitted ({listed(self._named(lacking.any(axis=1)))}): not known there when corrected."
            )
        self.scale_ = np.ones_like(self.centre_)
        if self.scale:
            self.scale_, words = self._spread(values, codes)
            said += words
        self.caveats_ = tuple(said)
        return self

    def _corrected(self, values: Floats, codes: Codes) -> Floats:
        return np.asarray((values - self.centre_[codes]) / self.scale_[codes])

    def _spread(self, values: Floats, codes: Codes) -> tuple[Floats, list[str]]:
        """Spread of each batch, with that of all batches together where it has none of its own."""
        away = pd.DataFrame(values - self.centre_[codes])
        number = away.notna().groupby(codes).sum().to_numpy()
        if self.statistic == "mean":
            squares = away.pow(2).groupby(codes).sum().to_numpy()
            own = np.sqrt(_divided(squares, number - 1))
            whole = np.sqrt(_divided(squares.sum(axis=0), (number - 1).clip(min=0).sum(axis=0)))
        else:
            own = NORMAL * away.abs().groupby(codes).median().to_numpy()
            whole = NORMAL * away.abs().median().to_numpy()
        size = np.nan_to_num(pd.DataFrame(values).abs().max().to_numpy())
        flat = ~(own > FLAT * size)
        small = np.bincount(codes) < LEAST
        whole = np.where(whole > FLAT * size, whole, 1.0)
        said = []
        if small.any():
            names = self._named(small)
            said.append(
                f"Batch{'es' * (len(names) > 1)} {listed(names)} {have(len(names))} fewer than {LEAST} rows "
                "to be fitted on: divided by the spread within all batches."
            )
        alone = int((flat & ~small[:, None] & (number > 0)).any(axis=0).sum())
        if alone:
            said.append(
                f"{counted(alone, 'feature')} without spread in some batch: divided by the spread within all "
                "batches there."
            )
        return np.where(flat | small[:, None], whole, own), said

    def _named(self, which: Bools) -> list[str]:
        return [name for name, one in zip(self.batches_, which, strict=True) if one]


def as_rows(X: Any, n_features: int | None = None) -> Floats:
    """Take an array or DataFrame of shape (n_rows, n_features) as numbers; infinite ones become NaN.

    Raises
    ------
    ArgumentError
        No numbers, another shape or number of features, no rows or features.

    Examples
    --------
    >>> as_rows([[1, float("inf")]]).tolist()
    [[1.0, nan]]
    >>> as_rows([1.0, 2.0])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Features of shape 2 are no table; give an array of shape (rows, features).
    """  # noqa: E501 - a message is one line
    values = as_floats(X)
    if values.ndim != 2 or 0 in values.shape:
        shape = " × ".join(map(str, values.shape))
        raise ArgumentError(
            f"Features of shape {shape} are no table; give an array of shape (rows, features)."
        )
    if n_features is not None and values.shape[1] != n_features:
        raise ArgumentError(
            f"{values.shape[1]} features cannot be corrected by a fit on {n_features}; give the same ones."
        )
    return np.where(np.isfinite(values), values, np.nan)


def as_floats(X: Any) -> Floats:
    """Take features of any shape as numbers, or refuse them."""
    try:
        return np.asarray(X, dtype=float)
    except (TypeError, ValueError) as error:
        raise ArgumentError(
            "The features are not all numbers; give an array of shape (rows, features)."
        ) from error


def _named(batches: Any, n_rows: int) -> npt.NDArray[np.object_]:
    """Names of the rows' batches."""
    given = as_names(pd.Series(np.asarray(batches, dtype=object).ravel()), "batches", numbers=True)
    if len(given) != n_rows:
        raise ArgumentError(
            f"{counted(len(given), 'batch')} cannot go with {counted(n_rows, 'row')}; give one for each."
        )
    lacking = int(given.isna().sum())
    if lacking:
        raise ArgumentError(
            f"{lacking} of {n_rows} rows {have(lacking)} no batch; leave such rows out first."
        )
    return np.asarray(given, dtype=object)


def _divided(sums: Floats, number: Any) -> Floats:
    """Quotient, NaN where there is nothing to divide by."""
    return np.asarray(np.divide(sums, number, out=np.full(sums.shape, np.nan), where=number > 0))
