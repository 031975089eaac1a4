"""Tiles as pictures: the network's own rescaling, rounded, and its planes as colours."""

from pathlib import Path

import numpy as np
import pytest

from hcs.pages.pictures import tile_picture
from hcs.report.reported import Study
from hcs_models.preprocessing import Preprocessing, preprocess
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.wells import FORMATS

CAFFE_GREEN = 116.779
"""ImageNet's mean of green, which VGG-16's input is less by."""


def test_a_picture_is_what_the_network_sees(small_study: Study) -> None:
    """Grey levels are the network's input before the mean is taken off, rounded."""
    for row in (0, 7, 20):
        picture = tile_picture(small_study.tiles, row)
        assert picture.shape == (64, 64)
        assert picture.dtype == np.uint8
        seen = preprocess(small_study.tiles.read(row, row + 1), Preprocessing())[0]
        assert np.abs(picture - (seen[..., 1] + CAFFE_GREEN)).max() <= 0.5 + 1e-3
    first, other = (tile_picture(small_study.tiles, row) for row in (0, 1))
    assert not np.array_equal(first, other)


def test_a_setting_of_the_rescaling_counts(small_study: Study) -> None:
    """With narrower percentiles more pixels are black and white."""
    usual = tile_picture(small_study.tiles, 3)
    narrow = tile_picture(small_study.tiles, 3, Preprocessing(percentiles=(20.0, 80.0)))
    for end in (0, 255):
        assert (narrow == end).sum() > 5 * (usual == end).sum()
        assert (narrow == end).mean() == pytest.approx(0.2, abs=0.03)


@pytest.fixture
def two_channels(tmp_path: Path) -> TileSet:
    """One tile whose first channel rises to the right and whose second rises downwards."""
    layout = FieldLayout(1, 2, 1, 64, 64, "uint16")
    spec = PlateSpec(
        "P",
        FORMATS[24],
        (Channel("FITC"), Channel("DAPI")),
        layout,
        {"A01": (1,)},
        blank_wells("P", FORMATS[24], ["A01"]),
    )
    rising = np.broadcast_to(np.arange(64, dtype=np.uint16), (64, 64))
    plate = create_plate(tmp_path / "P.ome.zarr", spec, lambda *_: np.stack([rising, rising.T]))
    return create_tiles([plate], tmp_path / "tiles.zarr", TileSpec(size=64, grid=1), workers=1)


def test_channels_are_green_and_magenta(two_channels: TileSet) -> None:
    """Colours that colour-blind eyes tell apart: the second channel is what of red and blue there is."""
    picture = tile_picture(two_channels, 0).astype(int)
    assert picture.shape == (64, 64, 3)
    assert (np.diff(picture[..., 1], axis=1) >= 0).all()
    assert (picture[:, 0, 1] == 0).all()
    assert (picture[:, -1, 1] == 255).all()
    assert np.array_equal(picture[..., 0], picture[..., 1].T)
    assert np.array_equal(picture[..., 0], picture[..., 2])
