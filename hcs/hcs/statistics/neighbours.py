"""How well batches are mixed among rows of features: neighbourhoods, silhouettes, explained variance.

Every metric takes many arrangements of the batches at once, since neighbours, weights and principal
components belong to the rows and not to their batches: they are found once.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from scipy import sparse
from scipy.special import entr
from scipy.stats import chi2

from hcs.statistics.arrangements import around, between, members, silhouettes, stacked
from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.pvalues import ALPHA
from hcs_plates.errors import ArgumentError

NEIGHBOURS = 50
"""Most rows in a neighbourhood, the row itself counted."""
LEAST = 10
"""A neighbourhood has a quarter of the mean batch, though not fewer rows than this (Büttner et al. 2019)."""
SMALLEST = 6
"""Smallest neighbourhood with a perplexity, a third of its size, above 1."""
COMPONENTS = 50
STEPS = 64
"""Halvings of the bracket of a row's kernel width."""
METRICS = {
    "kbet": "kBET acceptance rate",
    "ilisi": "iLISI",
    "batch_silhouette": "batch silhouette",
    "pc_regression": "principal-component regression",
}


def mixing_scores(
    values: Floats,
    batches: Codes,
    *,
    labels: Codes | None = None,
    neighbours: int = NEIGHBOURS,
    seed: int = 0,
) -> dict[str, float]:
    """Score how well batches are mixed among rows, array of shape (n_rows, n_features), four ways.

    Silhouettes are of batches within one label, averaged over labels; without labels, of all rows. See
    `neighbourhood_size` for the neighbours, and `embed` for what else there is to choose.

    Returns
    -------
    dict
        ``kbet``, ``ilisi``, ``batch_silhouette`` (1 is mixed, 0 apart), ``pc_regression`` (share of the
        variance that batches explain: 0 is mixed). NaN for one batch, constant features, and for the first
        two with fewer than 12 rows.

    Examples
    --------
    >>> apart = np.repeat([[0.0], [9.0]], 20, axis=0) + np.linspace(0, 1, 40)[:, None]
    >>> {name: round(score, 2) for name, score in mixing_scores(apart, np.repeat([0, 1], 20)).items()}
    {'kbet': 0.0, 'ilisi': 0.0, 'batch_silhouette': 0.02, 'pc_regression': 1.0}
    """
    codes = np.unique(batches, return_inverse=True)[1]
    number = int(codes.max(initial=-1)) + 1
    embedded = embed(values, seed=seed)
    if number < 2 or not embedded.size:
        return dict.fromkeys(METRICS, np.nan)
    rows = Embedding.of(embedded, neighbourhood_size(len(values), number, neighbours), labels)
    return {name: float(getattr(rows, name)(codes[None])[0]) for name in METRICS}


def neighbourhood_size(n: int, n_batches: int, neighbours: int = NEIGHBOURS) -> int:
    """Choose how many rows make a neighbourhood, the row itself counted.

    A quarter of the mean batch, 10 to `neighbours`, as Büttner et al. (2019) advise, and never more than half
    of all rows; 0 where that leaves fewer than 6, which are too few to speak of a neighbourhood. Fewer than 6
    asked for are refused.

    Examples
    --------
    >>> [neighbourhood_size(n, 3) for n in (270, 5000, 16, 8)]
    [22, 50, 8, 0]
    """
    if neighbours < SMALLEST:
        raise ArgumentError(f"neighbours is {neighbours}; a neighbourhood needs {SMALLEST} rows or more.")
    size = min(neighbours, max(LEAST, n // (4 * n_batches)), n // 2)
    return size if size >= SMALLEST else 0


def embed(values: Floats, *, standardise: bool = True, seed: int = 0) -> Floats:
    """Principal components of rows, array of shape (n_rows, n_features), centred and largest variance first.

    NaN and infinite values stand for the feature's mean. Features are first brought to the same variance, if
    they are to be standardised; the seed is that of scikit-learn's randomised decomposition of large tables.
    There are no components where all features are constant.

    Examples
    --------
    >>> embed(np.array([[1.0, 10], [2, 20], [3, 30]])).round(2).tolist()
    [[-1.73], [0.0], [1.73]]
    """
    from sklearn.decomposition import PCA

    known = np.where(np.isfinite(values), values, np.nan)
    known = known[:, ~np.isnan(known).all(axis=0)]
    if len(known) < 2 or known.shape[1] == 0:
        return np.empty((len(values), 0))
    centred = np.nan_to_num(known - np.nanmean(known, axis=0))
    spread = centred.std(axis=0)
    # Rounding leaves a constant feature a spread that is tiny beside its size.
    varied = spread > 1e-12 * np.nanmax(np.abs(known), axis=0)
    centred = centred[:, varied] / (spread[varied] if standardise else 1.0)
    if not centred.shape[1]:
        return np.empty((len(values), 0))
    found = PCA(min(COMPONENTS, *centred.shape), random_state=seed).fit(centred)
    variance = found.explained_variance_
    return np.asarray(found.transform(centred)[:, variance > 1e-12 * variance[0]])


@dataclass(frozen=True)
class Embedding:
    """Rows of features with what the metrics need of them, whatever their batches.

    Parameters
    ----------
    values
        Centred array of shape (n_rows, n_components).
    size
        Rows in a neighbourhood, the row itself counted; 0 without neighbourhoods.
    near
        Sparse matrix of shape (n_rows, n_rows): 1 where a column's row is in a row's neighbourhood.
    weights
        The same shape: how much each neighbour counts, the row itself left out; a row sums to 1.
    labels
        Number of each row's label.
    """

    values: Floats
    size: int
    near: sparse.csr_array
    weights: sparse.csr_array
    labels: Codes

    @classmethod
    def of(cls, values: Floats, size: int, labels: Codes | None = None) -> "Embedding":
        """Find the `size` - 1 neighbours of each row, and their weights at a perplexity of a third of `size`.

        `size` is 0, or 6 or more and no more than there are rows; labels are all the same without any.
        """
        from sklearn.neighbors import NearestNeighbors

        n = len(values)
        labels = np.zeros(n, dtype=np.intp) if labels is None else labels
        centred = values - values.mean(axis=0)
        if size == 0:
            nothing = sparse.csr_array((n, n))
            return cls(centred, 0, nothing, nothing, labels)
        distances, places = NearestNeighbors(n_neighbors=size - 1).fit(values).kneighbors()
        starts = np.arange(0, n * (size - 1) + 1, size - 1)
        shares = perplexed(distances, size // 3)
        weights = sparse.csr_array((shares.ravel(), places.ravel(), starts), shape=(n, n))
        others = sparse.csr_array((np.ones(places.size), places.ravel(), starts), shape=(n, n))
        return cls(centred, size, sparse.csr_array(others + sparse.eye_array(n)), weights, labels)

    def kbet(self, codes: Codes) -> Floats:
        """Share of neighbourhoods whose batches are those of all rows, by a chi-square test at 5 %.

        The acceptance rate of Büttner et al. 2019, *Nat Methods* 16:43: 1 is mixed. The test takes the rows
        of a neighbourhood for independent, which wells of one clone are not, so the rate speaks only beside
        that of permuted batches. From the batch, 0 to n_batches - 1, of every row under each arrangement,
        shape (n_arrangements, n_rows), two batches or more in each and a row in each batch: an array of shape
        (n_arrangements,), NaN without neighbourhoods.
        """
        if not self.size:
            return np.full(len(codes), np.nan)
        return stacked(self._accepted, codes)

    def ilisi(self, codes: Codes) -> Floats:
        """Scale the median number of batches in a neighbourhood: 0 is one batch, 1 is all in equal parts.

        Korsunsky et al. 2019, *Nat Methods* 16:1289, scaled as by Luecken et al. 2022, *Nat Methods* 19:41.
        Batches of unequal size stay below 1 where they are mixed. Parameters and result as for `kbet`.
        """
        if not self.size:
            return np.full(len(codes), np.nan)
        found = stacked(lambda rows, _: np.median(self.lisi(rows), axis=1), codes)
        return np.asarray((found - 1) / codes.max())

    def lisi(self, codes: Codes) -> Floats:
        """Effective number of batches around every row: one over Simpson's index (1949) of their weights.

        Parameters as for `kbet`; returns an array of shape (n_arrangements, n_rows).
        """
        shares = around(self.weights, members(codes, int(codes.max()) + 1))
        return np.asarray(1 / np.square(shares).sum(axis=2))

    def clisi(self, codes: Codes) -> Floats:
        """Scale the median number of labels in a neighbourhood: 1 is one label, 0 is all in equal parts.

        Parameters and result as for `kbet`, with labels for batches.
        """
        return np.asarray(1 - self.ilisi(codes))

    def batch_silhouette(self, codes: Codes) -> Floats:
        """One less the size of rows' silhouettes among batches of the same label: 1 is mixed, 0 apart.

        Silhouette of Rousseeuw 1987, *J Comput Appl Math* 20:53; averaged over the rows of a label, then over
        labels (Luecken et al. 2022). A label with one batch, or with as many batches as rows, is left out; a
        row alone in its batch has the silhouette 0. Parameters as for `kbet`; NaN where no label is left.
        """
        found = np.stack(
            [
                stacked(partial(silhouettes, self.values[mine]), codes[:, mine], int(codes.max()) + 1)
                for mine in (np.flatnonzero(self.labels == label) for label in np.unique(self.labels))
            ]
        )
        known = (~np.isnan(found)).sum(axis=0)
        empty = np.full(len(codes), np.nan)
        return np.asarray(np.divide(np.nansum(found, axis=0), known, out=empty, where=known > 0))

    def pc_regression(self, codes: Codes) -> Floats:
        """Share of the components' variance that batches explain: 0 is mixed.

        Each component's R² on the batches, weighted by its variance (Büttner et al. 2019), which is the sum
        of squares between batches over the total. Parameters as for `kbet`.
        """
        found = stacked(partial(between, self.values), codes)
        return np.asarray(found / float(np.square(self.values).sum()))

    def _accepted(self, codes: Codes, number: int) -> Floats:
        """Share of neighbourhoods that pass the test."""
        held = members(codes, number)
        expected = self.size * held.mean(axis=1, keepdims=True)
        statistic = (np.square(around(self.near, held) - expected) / expected).sum(axis=2)
        return np.asarray((statistic <= chi2.isf(ALPHA, number - 1)).mean(axis=1))


def perplexed(distances: Floats, perplexity: float) -> Floats:
    """Weigh neighbours by an exponential kernel of their distance, as wide as a wanted perplexity asks.

    The perplexity is the exponential of the weights' entropy: how many neighbours count, in effect (Korsunsky
    et al. 2019, after van der Maaten & Hinton 2008), 1 to n_neighbours; where more neighbours than that are
    equally the nearest, they count alike. Distances and weights are arrays of shape (n_rows, n_neighbours);
    a row's weights sum to 1.

    Examples
    --------
    >>> perplexed(np.array([[1.0, 2, 3]]), 2).round(2).tolist()
    [[0.75, 0.2, 0.05]]
    """
    near = distances - distances.min(axis=1, keepdims=True)
    scale = near.mean(axis=1, keepdims=True)
    near = np.divide(near, scale, out=np.zeros_like(near), where=scale > 0)
    low, high = np.full((len(near), 1), np.log(1e-6)), np.full((len(near), 1), np.log(1e6))
    for _ in range(STEPS):
        middle = (low + high) / 2
        shares = _kernel(near, middle)
        wide = entr(shares).sum(axis=1, keepdims=True) > np.log(perplexity)
        low, high = np.where(wide, middle, low), np.where(wide, high, middle)
    return _kernel(near, (low + high) / 2)


def _kernel(near: Floats, log_slope: Floats) -> Floats:
    shares = np.exp(-np.exp(log_slope) * near)
    return np.asarray(shares / shares.sum(axis=1, keepdims=True))
