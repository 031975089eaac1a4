"""Scores of groups in every batch, however whole plates are dealt to the batches."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import sparse

from hcs.analysis.batches.exchange import Exchange, batch_exchange, plate_sets
from hcs.statistics.arrays import Floats

CELLS = 2_000_000
"""Scores held in memory at once."""


@dataclass(frozen=True)
class PlateScores:
    """One model's scores on plates that lie in batches, and how plates exchange these.

    Parameters
    ----------
    sums, counts
        Of the images of each group (and label) and set, one column per plate of the group: sparse matrices of
        shape (n_groups * n_sets, n_cells).
    truth
        Whether each group is positive, array of shape (n_groups,).
    threshold
        From this score on a group is called positive.
    exchange
        Of the cells: group, plate, batch.
    """

    sums: sparse.csr_array
    counts: sparse.csr_array
    truth: npt.NDArray[np.bool_]
    threshold: float
    exchange: Exchange

    @classmethod
    def of(cls, tiles: pd.DataFrame, positive: str, threshold: float, noun: str) -> "PlateScores | None":
        """Take one model's tiles (group, label, plate, batch, set, probability); None without such plates."""
        cells = tiles[["group", "label", "plate", "batch"]].drop_duplicates(ignore_index=True)
        if (plate_sets(cells, "batch") < 0).all():
            return None
        cell = tiles.merge(cells.assign(cell=cells.index), validate="many_to_one")["cell"].to_numpy()
        group = tiles.groupby(["group", "label"], sort=False).ngroup().to_numpy()
        number, sets = pd.factorize(tiles["set"])
        truth = np.zeros(group.max() + 1, dtype=bool)
        truth[group] = (tiles["label"] == positive).to_numpy()
        shape = (len(truth) * len(sets), len(cells))
        places = group * len(sets) + number, cell
        score = tiles["probability"].to_numpy(dtype=float)
        sums, counts = (
            sparse.coo_array((one, places), shape).tocsr() for one in (score, np.ones(len(score)))
        )
        return cls(sums, counts, truth, threshold, batch_exchange(cells, noun))

    def scores(self, rows: Floats) -> Floats:
        """Score of every group in every batch: the mean over sets of its mean over the batch's images.

        From the batch of every unit, shape (n_arrangements, n_units), to an array of shape (n_batches,
        n_groups, n_arrangements), NaN where a group has no image.
        """
        dealt = rows[:, self.exchange.unit].T
        made = []
        for batch in range(int(self.exchange.values.max()) + 1):
            held = (dealt == batch).astype(float)
            sums, counts = self.sums @ held, self.counts @ held
            means = np.divide(sums, counts, out=np.zeros_like(sums), where=counts > 0)
            shape = len(self.truth), -1, rows.shape[0]
            known = (counts > 0).reshape(shape).sum(axis=1)
            total = means.reshape(shape).sum(axis=1)
            made.append(np.divide(total, known, out=np.full(total.shape, np.nan), where=known > 0))
        return np.stack(made)

    def accuracy_spread(self, rows: Floats) -> Floats:
        """Weighted squared spread of the batches' shares of right calls, for each arrangement."""
        return self._stacked(rows, self._accuracies)

    def area_spread(self, rows: Floats) -> Floats:
        """Weighted squared spread of the batches' areas; 0 with fewer than two batches of both classes."""
        return self._stacked(rows, self._areas)

    def _stacked(self, rows: Floats, spread: Callable[[Floats], Floats]) -> Floats:
        step = max(1, CELLS // self.sums.shape[0])
        return np.concatenate([spread(self.scores(rows[at : at + step])) for at in range(0, len(rows), step)])

    def _accuracies(self, scores: Floats) -> Floats:
        known = ~np.isnan(scores)
        right = known & ((scores >= self.threshold) == self.truth[:, None])
        size, hits = known.sum(axis=1), right.sum(axis=1)
        return _spread(hits / np.maximum(size, 1), size.astype(float))

    def _areas(self, scores: Floats) -> Floats:
        pairs = scores[:, self.truth, None] - scores[:, None, ~self.truth]
        number = (~np.isnan(pairs)).sum(axis=(1, 2))
        above = np.nansum(np.sign(pairs), axis=(1, 2))
        areas = (np.divide(above, number, out=np.zeros(number.shape), where=number > 0) + 1) / 2
        return _spread(areas, np.where(number > 0, (~np.isnan(scores)).sum(axis=1), 0).astype(float))


def _spread(values: Floats, sizes: Floats) -> Floats:
    """Sum over batches of their size times the squared distance from the weighted mean."""
    total = np.maximum(sizes.sum(axis=0), 1)
    mean = (values * sizes).sum(axis=0) / total
    return np.asarray((sizes * np.square(values - mean)).sum(axis=0))
