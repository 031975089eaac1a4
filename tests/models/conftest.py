"""Small tiles and the real VGG-16 for the tests of the middle floor."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs_models.backbone import Backbone, BackboneSpec, load_backbone
from hcs_models.weights import Weights, resolve_weights
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.units import digest
from hcs_plates.wells import FORMATS

MakeTiles = Callable[..., TileSet]
WELLS = ("A01", "A02", "B01", "B03", "D06")


def speckles(name: str, well: str, layout: FieldLayout) -> npt.NDArray[Any]:
    """Bright blocks on a dim, noisy ground that only this well of this plate has."""
    rng = np.random.default_rng(int(digest(name, well), 16))
    image = rng.normal(400, 30, layout.shape)
    for _ in range(40):
        y, x = rng.integers(0, layout.height - 8), rng.integers(0, layout.width - 8)
        image[:, y : y + 8, x : x + 8] += rng.uniform(200, 4000)
    return image.clip(0, 65535).astype(layout.dtype)


def write_tiles(folder: Path, name: str = "P1", channels: tuple[str, ...] = ("FITC", "DAPI")) -> TileSet:
    """Make a plate of five wells and cut it into 20 tiles of 64 × 64 pixels."""
    layout = FieldLayout(1, len(channels), 1, 128, 128, "uint16")
    spec = PlateSpec(
        name=name,
        format=FORMATS[24],
        channels=tuple(Channel(channel) for channel in channels),
        layout=layout,
        fields=dict.fromkeys(WELLS, (1,)),
        wells=blank_wells(name, FORMATS[24], WELLS),
    )
    plate = create_plate(folder / f"{name}.ome.zarr", spec, lambda well, _: speckles(name, well, layout))
    return create_tiles([plate], folder / f"{name}.tiles.zarr", TileSpec(size=64, grid=2), workers=1)


@pytest.fixture(scope="session")
def make_tiles() -> MakeTiles:
    """Give `write_tiles`, for tests that change what they read."""
    return write_tiles


@pytest.fixture(scope="session")
def tiles(tmp_path_factory: pytest.TempPathFactory) -> TileSet:
    """Twenty tiles of two channels that no test changes."""
    return write_tiles(tmp_path_factory.mktemp("tiles"))


@pytest.fixture(scope="session")
def weights() -> Weights:
    """Give the packaged weights, a dependency of the tests."""
    return resolve_weights("packaged")


@pytest.fixture(scope="session")
def backbone(weights: Weights) -> Backbone:
    """Give the real VGG-16, loaded once, features at blocks 4 and 5."""
    return load_backbone(BackboneSpec(weights, ("block4", "block5")))
