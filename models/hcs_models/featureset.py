"""The stored box of features: written once by `hcs_models.features`, read by all that trains or predicts.

Rows are found by tile id and content digest, never by position: a filtered or re-ordered index gets its own
rows, and tiles whose pixels have changed since are refused.
"""

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_plates.box import BoxKind
from hcs_plates.display import facts_html
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.objects import readable_path
from hcs_plates.proof import SUM_LENGTH, plane_sums, reading
from hcs_plates.units import digest

SHARD_TILES = 16
FEATURES = BoxKind(
    "feature set",
    "hcs study run",
    "hcs_features",
    "features",
    ("tile_id", "digest"),
    {"digest": str, "recipe": str, "views": int},
    # Sets stored before there were sums have none.
    "seal",
)


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

    def __init__(self, path: Path, index: pd.DataFrame, attributes: dict[str, Any], array: Any) -> None:
        self.path = path
        self.index = index
        self.attributes = attributes
        self._rows = pd.Index(index["tile_id"])
        self._array = array
        self._proved = False

    @classmethod
    def open(cls, path: Path | str) -> "FeatureSet":
        """Open stored features.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, not a finished feature set, or damaged.

        Examples
        --------
        >>> FeatureSet.open("nowhere")
        Traceback (most recent call last):
            ...
        hcs_plates.errors.NotThereError: nowhere does not exist; make one with `hcs study run`.
        """
        place = readable_path(path)
        return cls(place, *FEATURES.open(place))

    def __len__(self) -> int:
        return len(self.index)

    def __repr__(self) -> str:
        return (
            f"<FeatureSet {self.path}: {len(self)} tiles × {self.views} views × {self.n_features} features>"
        )

    def _repr_html_(self) -> str:
        weights = self.attributes.get("weights")
        return facts_html(
            f"Features of {self.path.parent.name or self.path.name}",
            {
                "tiles": len(self),
                "views": self.views,
                "features": self.n_features,
                "weights": weights.get("name") if isinstance(weights, dict) else None,
                "digest": self.digest,
                "path": self.path,
            },
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
        StoreError
            Stored features that are damaged, gone or exchanged.
        """
        if view is not None and not 0 <= view < self.views:
            raise ArgumentError(f"view {view} is not stored; {self.path} has views 0 to {self.views - 1}.")
        rows = self._find(index)
        views = range(self.views) if view is None else range(view, view + 1)
        out: npt.NDArray[np.float16] | None = None
        for shard in np.unique(rows // SHARD_TILES):
            wanted = np.flatnonzero(rows // SHARD_TILES == shard)
            block = self._block(int(shard), views)
            if out is None:
                # Only now: a length that a damaged document states would be allocated else.
                out = np.empty((len(rows), *block.shape[1:]), dtype=np.float16)
            out[wanted] = block[rows[wanted] % SHARD_TILES]
        if out is None:
            out = np.empty((0, len(views), self.n_features), dtype=np.float16)
        return out if view is None else out[:, 0]

    def _block(self, shard: int, views: range) -> npt.NDArray[np.float16]:
        """Read views of one shard's tiles and hold each against its sum."""
        kept = self.attributes.get("crc32c")
        if kept is None and not self._proved:
            self._prove_whole()
        start = shard * SHARD_TILES
        with reading(self.path, f"features {start} to {start + SHARD_TILES - 1}", FEATURES.remedy):
            block = np.asarray(self._array[start : start + SHARD_TILES, views.start : views.stop])
            if kept is not None:
                first, last = views.start * SUM_LENGTH, views.stop * SUM_LENGTH
                if view_sums(block) != kept[shard][first:last]:
                    raise ValueError("they are not those that were written")
        return block

    def _prove_whole(self) -> None:
        """Hold a set that was stored without sums against the digest of all its features, once."""
        with reading(self.path, "this feature set", FEATURES.remedy):
            starts = range(0, len(self), SHARD_TILES)
            blocks = [digest(np.asarray(self._array[start : start + SHARD_TILES])) for start in starts]
            if digest(self.attributes["recipe"], blocks) != self.digest:
                raise ValueError("its features are not those that were written")
        self._proved = True

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


def view_sums(block: npt.NDArray[np.float16]) -> str:
    """Sum a shard's features of shape (tile, view, feature), view after view (`hcs_plates.proof`)."""
    return "".join(plane_sums(block.swapaxes(0, 1)))
