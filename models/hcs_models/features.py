"""Features: the frozen network run once per (tile, view), stored, so that every split and epoch only reads.

`FeatureSpec` says how, `extract_features` runs (resumable, on threads or a cluster); a `FeatureSet` holds it.
"""

from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.storage import LocalStore

from hcs_models.augment import AugmentSpec, augment, draw_view
from hcs_models.backbone import BATCH, BackboneSpec, load_backbone
from hcs_models.featureset import FEATURES, SHARD_TILES, FeatureSet, view_sums
from hcs_models.preprocessing import Preprocessing, network_input, rescale_intensity
from hcs_plates.box import INDEX
from hcs_plates.errors import ArgumentError, ExistsError, HcsError
from hcs_plates.proof import compressors
from hcs_plates.staging import Place
from hcs_plates.tiles import TileSet
from hcs_plates.units import GPU, Output, Progress, Unit, digest, run_units

VERSION = 1


@dataclass(frozen=True)
class FeatureSpec:
    """Everything that features depend on besides the tiles, the number of views and the seed.

    Parameters
    ----------
    backbone
        Weights, blocks, pooling.
    preprocessing
        How grey levels become the network's input.
    augment
        Ranges of the views' random draws.
    """

    backbone: BackboneSpec
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    augment: AugmentSpec = field(default_factory=AugmentSpec)

    def record(self) -> dict[str, Any]:
        """JSON-ready facts for a study's record."""
        return {
            "weights": self.backbone.weights.record(),
            "features_at": list(self.backbone.features_at),
            "pool": self.backbone.pool,
            "convolution": self.backbone.convolution,
            "preprocessing": self.preprocessing.record(),
            "augment": self.augment.record(),
            "dtype": "float16",
        }


@dataclass(frozen=True)
class _Shard:
    """Payload of one unit; the network travels as its specification only."""

    tiles: Path
    out: Path
    start: int
    stop: int
    spec: FeatureSpec
    views: int
    seed: int


def extract_features(  # noqa: PLR0913 – where and how it runs stands beside what is made
    tiles: TileSet,
    out: Path | str,
    spec: FeatureSpec,
    *,
    views: int = 1,
    seed: int = 0,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> FeatureSet:
    """Run the frozen network over tiles and store the features.

    Features that stand at `out` and are of these tiles and settings are opened, not made again; a run that
    was killed goes on where it was.

    Parameters
    ----------
    tiles
        Of 1 to 3 channels.
    out
        The Zarr group to make.
    spec
        How.
    views
        View 0 is the tile; each further one a random turn of it.
    seed
        Of the views.
    overwrite
        Replace features of other tiles or settings at `out`, once the new ones are whole.
    client, workers, progress
        As in `hcs_plates.units.run_units`; the network is loaded once per process.

    Raises
    ------
    ArgumentError, ExistsError, WeightsError
        Channels or views that cannot be; other features at `out`; weights that are gone.
    HcsError
        Tiles that could not be read as their index describes them; the other shards are kept.
    """
    _check(tiles, views)
    place = Place(out, FEATURES.folder, overwrite=overwrite)
    recipe = feature_recipe(tiles, spec, views=views, seed=seed)
    standing = FEATURES.standing(place.final, "recipe", overwrite=overwrite)
    if standing == recipe:
        place.tidy(recipe)
        return FeatureSet.open(out)
    if standing is not None and not overwrite:
        raise ExistsError(
            f"{out} holds features of other tiles or settings; "
            "choose another place or ask to overwrite it (--overwrite)."
        )
    empty = partial(_allocate, shape=(len(tiles), views, spec.backbone.n_features(tiles.size)), recipe=recipe)
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    with place.claim():
        staged = place.start(recipe, empty)
        units = _plan(tiles, staged, spec, views=views, seed=seed)
        summary = run_units(_extract_shard, units, place.receipts, **engine)
        summary.check()
        attributes = _attributes(tiles, spec, recipe, list(summary.outputs.values())) | {
            "views": views,
            "seed": seed,
        }
        attributes[FEATURES.seal] = digest(attributes)
        zarr.open_group(LocalStore(staged), mode="r+").attrs[FEATURES.attribute] = attributes
        tiles.index[["tile_id", "digest"]].to_parquet(staged / INDEX, write_page_checksum=True)
        place.publish()
    return FeatureSet.open(out)


def _check(tiles: TileSet, views: int) -> None:
    """Refuse what the network cannot see."""
    if views < 1:
        raise ArgumentError(f"views {views} must be at least 1 (the tile itself).")
    if len(tiles.channels) > 3:
        raise ArgumentError(
            f"VGG-16 sees 1 to 3 channels and the tiles have {len(tiles.channels)} "
            f"({', '.join(tiles.channels)}); choose some with [data] channels."
        )


def _attributes(tiles: TileSet, spec: FeatureSpec, recipe: str, outputs: list[Output]) -> dict[str, Any]:
    """Say what made the features, and give their digest."""
    engines = list({digest(output["engine"]): output["engine"] for output in outputs}.values())
    return {
        "version": VERSION,
        "recipe": recipe,
        "digest": digest(recipe, [output["checksum"] for output in outputs]),
        "crc32c": [output["crc32c"] for output in outputs],
        "channels": list(tiles.channels),
        **spec.record(),
        "engines": engines,
    }


def feature_recipe(tiles: TileSet, spec: FeatureSpec, *, views: int = 1, seed: int = 0) -> str:
    """Digest of all that the features depend on; the same on every machine.

    Where weights lie on disk does not count, their SHA-256 does.
    """
    settings = spec.record()
    settings["weights"] = spec.backbone.weights.sha256
    pixels = tiles.index[["tile_id", "digest"]].to_numpy().tolist()
    return digest(VERSION, settings, views, seed, pixels)


def _allocate(staged: Path, shape: tuple[int, int, int], recipe: str) -> None:
    """Make the empty array."""
    zarr.create_group(LocalStore(staged), attributes={FEATURES.attribute: {"recipe": recipe}}, zarr_format=3)
    zarr.create_array(
        LocalStore(staged),
        name="features",
        shape=shape,
        # One chunk per view: validation and prediction read the identity alone.
        chunks=(SHARD_TILES, 1, shape[2]),
        shards=(SHARD_TILES, shape[1], shape[2]),
        dtype="float16",
        compressors=compressors("float16"),
        dimension_names=("tile", "view", "feature"),
        zarr_format=3,
    )


def _plan(tiles: TileSet, staged: Path, spec: FeatureSpec, *, views: int, seed: int) -> list[Unit]:
    """One unit per shard of features."""
    recipe = feature_recipe(tiles, spec, views=views, seed=seed)
    units = []
    for start in range(0, len(tiles), SHARD_TILES):
        stop = min(start + SHARD_TILES, len(tiles))
        payload = _Shard(tiles.path, staged, start, stop, spec, views, seed)
        units.append(Unit(f"features-{start}", digest(recipe, start, "crc32c"), payload, GPU))
    return units


def _extract_shard(shard: _Shard) -> Output:
    """Fill one whole shard, by one task: two writers in a shard would lose features."""
    tiles = TileSet.open(shard.tiles)
    pixels = tiles.read(shard.start, shard.stop)
    backbone = load_backbone(shard.spec.backbone)
    identities = tiles.index["tile_id"].iloc[shard.start : shard.stop].tolist()
    scaled = rescale_intensity(pixels, shard.spec.preprocessing)
    wanted = [(row, view) for row in range(len(pixels)) for view in range(shard.views)]
    parts = []
    for first in range(0, len(wanted), BATCH):
        turned = [
            augment(scaled[row], draw_view(identities[row], view, shard.seed, shard.spec.augment))
            for row, view in wanted[first : first + BATCH]
        ]
        parts.append(backbone.features(network_input(np.stack(turned))))
    features = np.concatenate(parts).reshape(len(pixels), shard.views, -1)
    if np.abs(features).max(initial=0) > np.finfo(np.float16).max:
        raise HcsError(
            f"Features of {identities[0]} and its neighbours exceed float16; check the weights file."
        )
    stored = features.astype(np.float16)
    zarr.open_array(LocalStore(shard.out), path="features", mode="r+")[shard.start : shard.stop] = stored
    return {"checksum": digest(stored), "crc32c": view_sums(stored), "engine": backbone.engine.record()}
