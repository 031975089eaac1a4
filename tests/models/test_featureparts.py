"""Features read again: each damaged shard is named, and an index that is not theirs."""

import json
from pathlib import Path

import pytest
from tests.mutations.boxes import make_features
from tests.plates.verifying.test_plates import edit, flip

from hcs_models.featureparts import inspect_features
from hcs_models.featureset import FEATURES
from hcs_plates.units import digest


@pytest.fixture
def features(tmp_path: Path) -> Path:
    """Features of twenty tiles in two shards."""
    make_features(tmp_path)
    return tmp_path / "features.zarr"


def faults(features: Path) -> list[tuple[str, str]]:
    """Places and kinds of what is wrong."""
    found = inspect_features(features).run(workers=1)
    return [(str(Path(one.where).relative_to(features)), one.kind) for one in found]


def test_each_shard_is_held_against_its_sums(features: Path) -> None:
    """Whole, one exchanged for the other, gone."""
    assert faults(features) == []
    first, second = features / "features/c/0/0/0", features / "features/c/1/0/0"
    second.write_bytes(first.read_bytes())
    assert faults(features) == [("features/c/1/0/0", "damaged")]
    first.unlink()
    assert faults(features) == [("features/c/0/0/0", "missing"), ("features/c/1/0/0", "damaged")]


def test_sets_without_sums(features: Path) -> None:
    """What was stored before there were sums has one digest of all: it is named as a whole."""

    def without(document: dict[str, dict[str, dict[str, object]]]) -> None:
        facts = document["attributes"][FEATURES.attribute]
        del facts["crc32c"], facts[FEATURES.seal]
        facts[FEATURES.seal] = digest(facts)

    edit(features / "zarr.json", without)
    assert json.loads((features / "zarr.json").read_bytes())
    assert faults(features) == []
    flip(features / "features/c/1/0/0")
    assert faults(features) == [("features", "damaged")]
