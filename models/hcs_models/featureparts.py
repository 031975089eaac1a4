"""Verifying a feature set: every view of every tile against its sum, and the index against the recipe."""

import uuid
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from hcs_models.featureset import FEATURES, FeatureSet
from hcs_plates.box import INDEX, BoxKind
from hcs_plates.paths import local_path
from hcs_plates.units import digest
from hcs_plates.verifying.boxes import ShardPart, inspect_box
from hcs_plates.verifying.fault import damaged
from hcs_plates.verifying.inspection import Inspection

NO_SETTINGS = {"version", "recipe", "digest", "crc32c", "channels", "engines", "views", "seed", FEATURES.seal}
"""Facts of a set that are not those of `hcs_models.features.FeatureSpec.record`."""


class FeaturesPart(ShardPart):
    """One shard of a feature set."""

    @staticmethod
    def kind() -> BoxKind:
        """Feature sets."""
        return FEATURES

    def prove(self) -> None:
        """Hold every view against its sum; a set that was stored without sums is proved whole."""
        found = _features(self.path, self.inspection)
        found.load(found.index.iloc[self.first : self.last])


@lru_cache(maxsize=2)
def _features(path: Path, inspection: str) -> FeatureSet:
    """Open a feature set, once for all its shards."""
    return FeatureSet.open(path)


def inspect_features(path: Path | str) -> Inspection:
    """See what of a feature set is to be read.

    Raises
    ------
    NotThereError, UnreachableError
        Nothing there; a disk or a share that fails.
    """
    place = local_path(path).absolute()
    found, opened = inspect_box(FEATURES, FeaturesPart, place)
    if opened is None:
        return found
    index, attributes = opened
    if "crc32c" not in attributes:
        # One digest of all: where it does not fit, no shard can be told from the others.
        found = replace(found, parts=[FeaturesPart(place, 0, len(index), FEATURES.array, uuid.uuid4().hex)])
    if _recipe(index, attributes) in (None, attributes["recipe"]):
        return found
    fault = damaged("index of the features", place / INDEX, "rows of other tiles", FEATURES.remedy)
    # Features that are held against a wrong index say nothing of themselves.
    return replace(found, parts=(), faults=(*found.faults, fault))


def _recipe(index: pd.DataFrame, attributes: Mapping[str, Any]) -> str | None:
    """Make the recipe again (`hcs_models.features.feature_recipe`); None of sets that do not say it all."""
    weights, seed, version = (attributes.get(name) for name in ("weights", "seed", "version"))
    if not isinstance(weights, dict) or seed is None or version is None:
        return None
    settings = {name: value for name, value in attributes.items() if name not in NO_SETTINGS}
    settings["weights"] = weights.get("sha256")
    pixels = index[["tile_id", "digest"]].to_numpy().tolist()
    return digest(version, settings, attributes["views"], seed, pixels)
