"""The numbers of a batch of tiles as they are taken: shares on compartments, likeness to controls."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
from pydantic import BaseModel
from scipy.stats import rankdata

from hcs.explain.compartments import COMPARTMENTS, Shares
from hcs.explain.maps import Maps
from hcs_models.backbone import block_stride
from hcs_models.saliency import upsampled

TILE = ["tile_id", "group", "label"]
COLUMNS = {
    "shares": [*TILE, "source", "replicate", "block", *COMPARTMENTS],
    "areas": [*TILE, *COMPARTMENTS],
    "likeness": [*TILE, "method", "control", "rho"],
    "curves": [*TILE, "order", "kind", "fraction", "probability"],
    "occlusion": [*TILE, "block", "rho_drop", "rho_shift"],
}
"""Tables of an explained study, and their columns."""

Rows = dict[str, list[tuple[Any, ...]]]


class Sheet:
    """Rows of a batch of tiles; its compartments, if any, are an array of shape (n, side, side, 3)."""

    def __init__(self, tiles: pd.DataFrame, covered: Shares | None, blocks: tuple[str, ...]) -> None:
        self.names = list(tiles[TILE].itertuples(index=False, name=None))
        self.rows: Rows = {name: [] for name in COLUMNS}
        self._own: dict[str, list[npt.NDArray[np.float64] | None]] = {}
        self._weights: dict[str, npt.NDArray[np.float64]] = {}
        if covered is not None:
            self._weights = {block: block_weights(covered, block) for block in blocks}
            self._add("areas", covered.mean(axis=(1, 2)))

    def add_shares(self, source: str, replicate: int, cams: Mapping[str, Maps]) -> None:
        """Add the share of maps (by block, in its resolution) on each compartment; nothing without those."""
        for block, weights in self._weights.items():
            self._add("shares", shares_on(cams[block], weights), source, replicate, block)

    def keep_own(self, maps: Mapping[str, Maps]) -> None:
        """Keep the trained head's maps, by kind, to compare others with."""
        self._own = {method: [_centred_ranks(one) for one in held] for method, held in maps.items()}

    def compare(self, control: str, maps: Mapping[str, Maps]) -> None:
        """Add the likeness of a control's maps to the trained head's."""
        for method, held in maps.items():
            pairs = zip(self._own[method], held, strict=True)
            rho = [_correlation(own, _centred_ranks(one)) for own, one in pairs]
            self._add("likeness", np.array(rho)[:, None], method, control)

    def _add(self, table: str, numbers: npt.NDArray[Any], *between: Any) -> None:
        """Add one row per tile."""
        self.rows[table] += [
            (*name, *between, *map(float, row)) for name, row in zip(self.names, numbers, strict=True)
        ]


def block_weights(covered: Shares, block: str) -> npt.NDArray[np.float64]:
    """Bring compartments down to a block's cells as its maps are brought up: one is the other's transpose.

    Array of shape (n, rows, columns, 4): what a cell adds to the saliency on each compartment once it is
    brought up, and to all of it.
    """
    rise = _rise(block, covered.shape[1])
    whole = np.concatenate([covered, np.ones((*covered.shape[:3], 1), dtype=np.float32)], axis=3)
    return np.stack([rise.T @ whole[..., place] @ rise for place in range(whole.shape[3])], axis=3)


def shares_on(maps: Maps, weights: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Share of maps on each compartment by `block_weights`, array of shape (n, 3); NaN for an empty map."""
    sums = np.einsum("nyx,nyxk->nk", maps.astype(np.float64), weights)
    whole = sums[:, 3:]
    nothing = np.full((len(maps), 3), np.nan)
    return np.asarray(np.divide(sums[:, :3], whole, out=nothing, where=whole > 0))


def likeness(first: npt.NDArray[Any], second: npt.NDArray[Any]) -> float:
    """Spearman's correlation of two maps, pixel by pixel; NaN where one is flat or none.

    Examples
    --------
    >>> likeness(np.array([[1.0, 2.0], [3.0, 9.0]]), np.array([[1.0, 4.0], [5.0, 6.0]]))
    1.0
    """
    return _correlation(_centred_ranks(first), _centred_ranks(second))


def _centred_ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float64] | None:
    """Ranks about their mean, of length 1; None of what is flat or not there."""
    flat = values.ravel()
    if np.isnan(flat).any() or np.ptp(flat) == 0:
        return None
    ranks = rankdata(flat) - (len(flat) + 1) / 2
    return np.asarray(ranks / np.linalg.norm(ranks))


def _correlation(first: npt.NDArray[np.float64] | None, second: npt.NDArray[np.float64] | None) -> float:
    """Correlation of centred ranks."""
    if first is None or second is None:
        return float("nan")
    return float(np.round(first @ second, 12))


@lru_cache(maxsize=16)
def _rise(block: str, side: int) -> npt.NDArray[np.float64]:
    """Matrix that brings a block's cells up to pixels along one side; array of shape (side, cells)."""
    stride = block_stride(block)
    cells = side // stride
    lines = np.broadcast_to(np.eye(cells)[:, :, None], (cells, cells, cells))
    return np.asarray(upsampled(lines, side, stride)[:, :, 0].T, dtype=np.float64)


class KeptRecord(BaseModel):
    """What readers of ``explanations.json`` rely on."""

    inputs: str
    recipe: str
    blocks: list[str]
    measured: list[str]
    control_sets: dict[str, int]
    deals: int
    positive: str
    negative: str
    noun: str
    left_out: dict[str, str]
    files: dict[str, str] = {}
