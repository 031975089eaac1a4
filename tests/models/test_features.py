"""Features: stored once, found by tile id and digest, made again only where something changed."""

import json
import os
import random
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr

from hcs_models import features as module
from hcs_models.augment import AugmentSpec, augment, draw_view
from hcs_models.backbone import Backbone
from hcs_models.features import FeatureSpec, extract_features, feature_recipe
from hcs_models.featureset import FeatureSet, TileLookupError
from hcs_models.preprocessing import Preprocessing, network_input, rescale_intensity
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, NotThereError, StoreError
from hcs_plates.staging import staging_path
from hcs_plates.tiles import TileSet


@pytest.fixture(scope="module")
def spec(backbone: Backbone) -> FeatureSpec:
    """Give blocks 4 and 5 of the real network, default preprocessing and augmentation."""
    return FeatureSpec(backbone.spec)


@pytest.fixture(scope="module")
def features(tiles: TileSet, spec: FeatureSpec, tmp_path_factory: pytest.TempPathFactory) -> FeatureSet:
    """Give the 20 tiles' features, two views, made by two threads."""
    out = tmp_path_factory.mktemp("features") / "P1.features.zarr"
    return extract_features(tiles, out, spec, views=2, seed=7, workers=2)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Count the shards that are really computed, by their first tile."""
    started: list[int] = []
    extract = module._extract_shard

    def count(shard: Any) -> dict[str, Any]:
        started.append(shard.start)
        return extract(shard)

    monkeypatch.setattr(module, "_extract_shard", count)
    return started


def test_each_row_is_the_network_on_that_view_of_that_tile(
    features: FeatureSet, tiles: TileSet, backbone: Backbone
) -> None:
    """Rescaled, turned, preprocessed and run by hand, tile by tile, to float16."""
    stored = features.load(tiles.index)
    assert stored.shape == (20, 2, 1024)
    assert stored.dtype == np.float16
    for row in (0, 7, 19):
        scaled = rescale_intensity(tiles.read(row, row + 1))[0]
        tile_id = tiles.index["tile_id"].iloc[row]
        images = np.stack([augment(scaled, draw_view(tile_id, view, 7)) for view in range(2)])
        expected = backbone.features(network_input(images)).astype(np.float16)
        np.testing.assert_array_equal(stored[row], expected)
    assert np.abs(stored[:, 0] - stored[:, 1]).max() > 0.1


def test_a_filtered_reordered_index_gets_its_own_rows(features: FeatureSet, tiles: TileSet) -> None:
    """Position means nothing: rows follow the tile ids asked for, twice if asked twice."""
    whole = features.load(tiles.index)
    order = [19, 3, 3, 0, 16]
    np.testing.assert_array_equal(features.load(tiles.index.iloc[order]), whole[order])
    np.testing.assert_array_equal(features.load(tiles.index.iloc[order], view=1), whole[order, 1])
    assert features.load(tiles.index.iloc[:0]).shape == (0, 2, 1024)


def test_unknown_and_changed_tiles_are_refused_together(features: FeatureSet, tiles: TileSet) -> None:
    """A tile that is absent and one whose pixels changed are both named; nothing is borrowed."""
    index = tiles.index.copy()
    index.loc[2, "tile_id"] = "P9/A01/1/0"
    index.loc[5, "digest"] = "0" * 32
    with pytest.raises(TileLookupError) as refusal:
        features.load(index)
    assert isinstance(refusal.value, KeyError)
    assert "tile P9/A01/1/0 has no features here" in refusal.value.message
    assert f"tile {index['tile_id'][5]} has changed since its features were made" in refusal.value.message


def test_the_store_says_what_made_it(features: FeatureSet, backbone: Backbone) -> None:
    """Weights by digest and in words, preprocessing, augmentation, seed and engine are in the attributes."""
    record = FeatureSet.open(features.path).attributes
    assert record["weights"]["sha256"] == backbone.spec.weights.sha256
    assert record["weights"]["description"] == backbone.spec.weights.description
    assert (record["features_at"], record["pool"], record["dtype"]) == (
        ["block4", "block5"],
        "avg",
        "float16",
    )
    assert (record["views"], record["seed"], record["channels"]) == (2, 7, ["FITC", "DAPI"])
    assert record["preprocessing"]["percentiles"] == [0.1, 99.9]
    assert record["augment"]["rotation_degrees"] == 180.0
    assert record["engines"] == [backbone.engine.record()]
    array = zarr.open_array(features.path / "features", mode="r")
    assert array.metadata.zarr_format == 3
    assert (str(array.dtype), array.shards) == ("float16", (16, 2, 1024))


def test_the_same_features_are_opened_not_made_again(
    features: FeatureSet, tiles: TileSet, spec: FeatureSpec, counted: list[int]
) -> None:
    """A second run of the same settings computes nothing."""
    again = extract_features(tiles, features.path, spec, views=2, seed=7)
    assert (again.digest, counted) == (features.digest, [])


def test_other_settings_do_not_replace_features_unasked(
    tiles: TileSet, spec: FeatureSpec, counted: list[int], tmp_path: Path
) -> None:
    """A changed setting is refused at the same place, and with `overwrite` every shard is computed anew."""
    out = tmp_path / "f.zarr"
    first = extract_features(tiles, out, spec)
    changed = FeatureSpec(spec.backbone, Preprocessing(window=(0.0, 5000.0)))
    with pytest.raises(ExistsError, match="holds features of other tiles or settings"):
        extract_features(tiles, out, changed)
    assert FeatureSet.open(out).digest == first.digest
    counted.clear()
    second = extract_features(tiles, out, changed, overwrite=True)
    assert sorted(counted) == [0, 16]
    assert second.digest != first.digest
    assert not staging_path(out).exists()


def test_a_killed_run_goes_on_where_it_was(
    tiles: TileSet, spec: FeatureSpec, counted: list[int], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After a crash in the second shard nothing stands there; the next run computes that shard alone."""
    out = tmp_path / "f.zarr"
    count = module._extract_shard

    def crash(shard: Any) -> dict[str, Any]:
        if shard.start == 16:
            raise RuntimeError("killed")
        return count(shard)

    with monkeypatch.context() as patch:
        patch.setattr(module, "_extract_shard", crash)
        with pytest.raises(RuntimeError, match="killed"):
            extract_features(tiles, out, spec, workers=1)
    with pytest.raises(NotThereError, match="does not exist"):
        FeatureSet.open(out)
    assert counted == [0]
    resumed = extract_features(tiles, out, spec, workers=1)
    assert counted == [0, 16]
    assert resumed.digest == extract_features(tiles, tmp_path / "other.zarr", spec, workers=1).digest


def test_pixels_that_are_not_the_index_s_are_refused(
    make_tiles: Any, spec: FeatureSpec, tmp_path: Path
) -> None:
    """A shard of tiles that is gone reads as zeros; it must not become features of nothing."""
    tiles = make_tiles(tmp_path)
    array = zarr.open_array(tiles.path / "tiles", mode="r+")
    array[3] = 0
    with pytest.raises(HcsError, match=r"the pixels of tile P1/A01/1/3 are not those its index describes"):
        extract_features(tiles, tmp_path / "f.zarr", spec)


def test_the_recipe_covers_every_setting_but_not_the_place_of_the_weights(
    tiles: TileSet, spec: FeatureSpec
) -> None:
    """Whatever changes a feature changes the recipe; moving the weights' file does not."""
    from dataclasses import replace

    moved = replace(spec.backbone.weights, path=Path("elsewhere.h5"))
    other = replace(spec.backbone.weights, sha256="0" * 64)
    first = feature_recipe(tiles, spec)
    assert feature_recipe(tiles, replace(spec, backbone=replace(spec.backbone, weights=moved))) == first
    variants = [
        feature_recipe(tiles, spec, views=2),
        feature_recipe(tiles, spec, seed=1),
        feature_recipe(tiles, replace(spec, preprocessing=Preprocessing((1.0, 99.0)))),
        feature_recipe(tiles, replace(spec, augment=AugmentSpec(flip=False))),
        feature_recipe(tiles, replace(spec, backbone=replace(spec.backbone, weights=other))),
        feature_recipe(tiles, replace(spec, backbone=replace(spec.backbone, features_at=("block5",)))),
    ]
    assert len({first, *variants}) == len(variants) + 1


# Two fresh processes each import TensorFlow and load the network: half a minute and more on two busy cores.
@pytest.mark.slow
def test_two_worker_processes_give_the_digest_of_threads(
    features: FeatureSet,
    tiles: TileSet,
    spec: FeatureSpec,
    tmp_path: Path,
    two_workers: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """On a Dask cluster each process loads the network by its path and computes the same bits."""
    monkeypatch.chdir(tmp_path)
    told: list[tuple[int, int]] = []
    clustered = extract_features(
        TileSet.open(os.path.relpath(tiles.path)),
        "f.zarr",
        spec,
        views=2,
        seed=7,
        client=two_workers,
        progress=lambda done, total: told.append((done, total)),
    )
    assert clustered.digest == features.digest
    assert told == [(0, 2), (1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("views", "channels", "message"),
    [
        (0, ("A",), "views 0 must be at least 1"),
        (1, ("A", "B", "C", "D"), r"the tiles have 4 \(A, B, C, D\)"),
    ],
)
def test_refused_runs(
    views: int, channels: tuple[str, ...], message: str, make_tiles: Any, spec: FeatureSpec, tmp_path: Path
) -> None:
    """What cannot be is refused before anything is written."""
    tiles = make_tiles(tmp_path, channels=channels)
    with pytest.raises(ArgumentError, match=message):
        extract_features(tiles, tmp_path / "f.zarr", spec, views=views)
    assert not staging_path(tmp_path / "f.zarr").exists()


def test_what_is_not_a_feature_set_is_not_opened(features: FeatureSet, tiles: TileSet) -> None:
    """Tiles are not features, and a view that is not stored is refused."""
    with pytest.raises(StoreError, match="is not a feature set"):
        FeatureSet.open(tiles.path)
    with pytest.raises(ArgumentError, match=r"view 2 is not stored; .* has views 0 to 1"):
        features.load(tiles.index, view=2)


def _edited(path: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def _facts(document: Any) -> Any:
    (facts,) = document["attributes"].values()
    return facts


def _swap(first: Path, second: Path) -> None:
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


def _unsummed(copy: Path) -> None:
    """Make a set as it was stored before there were sums."""

    def forget(document: Any) -> None:
        for name in ("crc32c", "seal"):
            del document["attributes"]["hcs_features"][name]

    _edited(copy / "zarr.json", forget)


SHARDS: dict[str, Callable[[Path, Path], object]] = {
    "gone": lambda first, second: first.unlink(),
    "of 0 bytes": lambda first, second: first.write_bytes(b""),
    "cut": lambda first, second: first.write_bytes(first.read_bytes()[:-9]),
    "exchanged": _swap,
}


@pytest.mark.parametrize("summed", [True, False], ids=["sums", "digest alone"])
@pytest.mark.parametrize("damage", SHARDS)
@pytest.mark.parametrize("view", [None, 0])
def test_damaged_shards_are_never_read_as_features(
    features: FeatureSet, tiles: TileSet, tmp_path: Path, damage: str, view: int | None, summed: bool
) -> None:
    """A shard lost, empty, cut or exchanged is refused, all views or one read, also in sets without sums."""
    copy = shutil.copytree(features.path, tmp_path / "f.zarr")
    if not summed:
        _unsummed(copy)
    assert np.array_equal(FeatureSet.open(copy).load(tiles.index), features.load(tiles.index))
    shards = [copy / "features" / "c" / name / "0" / "0" for name in ("0", "1")]
    SHARDS[damage](*shards)
    with pytest.raises(StoreError, match=r"(features 0 to 15|this feature set) cannot be read"):
        FeatureSet.open(copy).load(tiles.index, view)


def test_no_bit_flip_is_read_as_other_features(features: FeatureSet, tiles: TileSet, tmp_path: Path) -> None:
    """Of single bit flips anywhere in a shard none gives other features."""
    copy = shutil.copytree(features.path, tmp_path / "f.zarr")
    right = features.load(tiles.index)
    shard = copy / "features/c/0/0/0"
    whole, rng = shard.read_bytes(), random.Random(1)
    for _ in range(50):
        changed = bytearray(whole)
        changed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        shard.write_bytes(bytes(changed))
        with suppress(StoreError):
            assert np.array_equal(FeatureSet.open(copy).load(tiles.index), right)


@pytest.mark.parametrize(
    "damage",
    [
        lambda copy: (copy / "zarr.json").write_text("no json"),
        lambda copy: (copy / "index.parquet").write_bytes(b"PAR1"),
        lambda copy: (copy / "features/zarr.json").unlink(),
        lambda copy: _edited(copy / "zarr.json", lambda one: _facts(one).pop("digest")),
        lambda copy: _edited(
            copy / "zarr.json", lambda one: one["attributes"]["hcs_features"].update(seed=9)
        ),
        lambda copy: _edited(copy / "features/zarr.json", lambda one: one.update(shape=[20, 2, 10**12])),
        lambda copy: _edited(copy / "features/zarr.json", lambda one: one.update(shape=[10**9, 2, 1024])),
        lambda copy: _edited(copy / "features/zarr.json", lambda one: one["codecs"][0].pop("configuration")),
        lambda copy: pd.DataFrame({"tile_id": ["a"]}).to_parquet(copy / "index.parquet"),
    ],
)
def test_damaged_documents_are_sentences(
    features: FeatureSet, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """A set whose documents or index are damaged says so and what to remove; nothing is allocated."""
    copy = shutil.copytree(features.path, tmp_path / "f.zarr")
    damage(copy)
    with pytest.raises(StoreError, match="remove this folder and run again what made it"):
        FeatureSet.open(copy)


def test_unreadable_features_in_the_way(
    features: FeatureSet, tiles: TileSet, spec: FeatureSpec, counted: list[int], tmp_path: Path
) -> None:
    """Finished ones that cannot be read are refused by name; an interrupted run's are made again."""
    copy = shutil.copytree(features.path, tmp_path / "f.zarr")
    (copy / "zarr.json").write_text("{")
    with pytest.raises(StoreError, match="remove this folder"):
        extract_features(tiles, copy, spec)
    assert counted == []
    copy.rename(staging_path(copy))
    assert len(extract_features(tiles, copy, spec)) == 20
    assert sorted(counted) == [0, 16]


def test_shown(features: FeatureSet) -> None:
    """A feature set says what it is in a line and in a notebook."""
    assert repr(features).endswith("20 tiles × 2 views × 1024 features>")
    assert "<th>features</th><td>1024</td>" in features._repr_html_()
