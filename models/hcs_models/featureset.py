"""The stored box of features: written once by `hcs_models.features`, read by all that trains or predicts.

Rows are found by tile id and content digest, never by position: a filtered or re-ordered index gets its own
rows, and tiles whose pixels have changed since are refused.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import zarr
from zarr.storage import LocalStore

from hcs_plates import store
from hcs_plates.errors import ArgumentError, NotThereError, StoreError
from hcs_plates.paths import local_path

SHARD_TILES = 16
INDEX = "index.parquet"
ATTRIBUTE = "hcs_features"


class TileLookupError(StoreError, KeyError):
    """A feature set has no features of a tile as it is now."""


class FeatureSet:
    """Stored features and what made them.

    Parameters
    ----------
    path
        The Zarr group.
    index
        tile_id and digest of each row.
    attributes
        Weights, preprocessing, augmentation, seed, and the engines that ran.
    """

    def __init__(self, path: Path, index: pd.DataFrame, attributes: dict[str, Any]) -> None:
        self.path = path
        self.index = index
        self.attributes = attributes
        self._rows = pd.Index(index["tile_id"])
        self._array = zarr.open_array(LocalStore(path, read_only=True), path="features", mode="r")

    @classmethod
    def open(cls, path: Path | str) -> "FeatureSet":
        """Open stored features.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, or not a finished feature set.

        Examples
        --------
        >>> FeatureSet.open("nowhere")
        Traceback (most recent call last):
            ...
        hcs_plates.errors.NotThereError: nowhere does not exist; make features with `hcs study run`.
        """
        folder = local_path(path)
        if not folder.exists():
            raise NotThereError(f"{folder} does not exist; make features with `hcs study run`.")
        try:
            document = json.loads((folder / store.METADATA).read_text(encoding="utf-8"))
            attributes = document["attributes"][ATTRIBUTE]
            index = pd.read_parquet(folder / INDEX)
        except (OSError, ValueError, KeyError) as error:
            raise StoreError(folder, "is not a feature set; make one with `hcs study run`") from error
        return cls(folder, index, attributes)

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return (
            f"<FeatureSet {self.path}: {len(self)} tiles × {self.views} views × {self.n_features} features>"
        )

    @property
    def views(self) -> int:
        """Stored views of each tile; view 0 is the tile itself."""
        return int(self._array.shape[1])

    @property
    def n_features(self) -> int:
        """Length of a feature row."""
        return int(self._array.shape[2])

    @property
    def digest(self) -> str:
        """Digest of the features and what made them."""
        return str(self.attributes["digest"])

    def load(self, index: pd.DataFrame, view: int | None = None) -> npt.NDArray[np.float16]:
        """Features of the tiles of an index, in its order and in the precision they are stored in.

        Parameters
        ----------
        index
            Any rows with columns tile_id and digest, such as a filtered `TileSet.index`.
        view
            One view only.

        Returns
        -------
        array of shape (n, views, features), or (n, features) of one view

        Raises
        ------
        TileLookupError
            A tile is not here, or its pixels are no longer those the features were made of.
        """
        if view is not None and not 0 <= view < self.views:
            raise ArgumentError(f"view {view} is not stored; {self.path} has views 0 to {self.views - 1}.")
        rows = self._find(index)
        views = slice(None) if view is None else slice(view, view + 1)
        out = np.empty((len(rows), self.views if view is None else 1, self.n_features), dtype=np.float16)
        for shard in np.unique(rows // SHARD_TILES):
            wanted = np.flatnonzero(rows // SHARD_TILES == shard)
            start = int(shard) * SHARD_TILES
            block = np.asarray(self._array[start : start + SHARD_TILES, views])
            out[wanted] = block[rows[wanted] - start]
        return out if view is None else out[:, 0]

    def _find(self, index: pd.DataFrame) -> npt.NDArray[np.int64]:
        """Row of every tile asked for."""
        rows: npt.NDArray[np.int64] = self._rows.get_indexer(pd.Index(index["tile_id"]))
        here = rows >= 0
        stored = self.index["digest"].to_numpy()[rows]
        changed = here & (stored != index["digest"].to_numpy())
        ids = index["tile_id"].to_numpy()
        faults = [f"tile {ids[row]} has no features here" for row in np.flatnonzero(~here)]
        faults += [
            f"tile {ids[row]} has changed since its features were made; run the features again"
            for row in np.flatnonzero(changed)
        ]
        if faults:
            raise TileLookupError(self.path, faults)
        return rows
