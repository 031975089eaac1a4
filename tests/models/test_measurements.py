"""Measurements: what each number is, on images whose answer is known."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from scipy import ndimage, stats

from hcs_models.measurements import measure_channel, measure_tiles, measure_tileset
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.tiles import TileSet


def test_intensity_statistics_are_scipys(tiles: TileSet) -> None:
    """Mean, SD, percentiles, skew and kurtosis of the raw grey levels."""
    image = tiles.read(4, 5)[0, ..., 1]
    measured = measure_channel(image)
    levels = image.astype(float).ravel()
    assert measured["mean"] == pytest.approx(levels.mean())
    assert measured["sd"] == pytest.approx(levels.std())
    assert measured["p5"] == pytest.approx(np.percentile(levels, 5))
    assert measured["p99"] == pytest.approx(np.percentile(levels, 99))
    assert measured["skew"] == pytest.approx(stats.skew(levels))
    assert measured["kurtosis"] == pytest.approx(stats.kurtosis(levels))


def test_foreground_is_what_is_bright() -> None:
    """A square of 16 × 16 in 64 × 64 is a sixteenth, with its own and the ground's level."""
    image = np.full((64, 64), 100, dtype=np.uint16)
    image[20:36, 20:36] = 3000
    measured = measure_channel(image)
    assert measured["foreground_fraction"] == pytest.approx(1 / 16)
    assert measured["foreground_mean"] == pytest.approx(3000)
    assert measured["background_mean"] == pytest.approx(100)


def test_a_ramp_has_its_slope_and_no_curvature() -> None:
    """Five grey levels per pixel; inside, a plane has no Laplacian. The edges mirror, so only nearly."""
    ramp = np.tile(np.arange(256, dtype=np.uint16) * 5, (256, 1))
    measured = measure_channel(ramp)
    assert measured["gradient_1"] == pytest.approx(5, rel=0.02)
    assert measured["laplacian_1"] < 0.5


def test_local_sd_is_the_mean_of_5_by_5_windows(tiles: TileSet) -> None:
    """As SciPy's mirrored uniform filter gives it."""
    image = tiles.read(0, 1)[0, ..., 0]
    levels = image.astype(float)
    mean = ndimage.uniform_filter(levels, 5, mode="mirror")
    square = ndimage.uniform_filter(levels**2, 5, mode="mirror")
    expected = np.sqrt(np.maximum(square - mean**2, 0)).mean()
    assert measure_channel(image)["local_sd"] == pytest.approx(expected, rel=1e-6)


def test_fine_and_coarse_texture_are_told_apart() -> None:
    """Stripes 4 pixels wide lose their Laplacian under the coarse Gaussian; those 32 wide keep a share."""
    columns = np.arange(256)
    fine, coarse = (
        measure_channel(np.tile(((columns // width) % 2 * 1000).astype(np.uint16), (64, 1)))
        for width in (2, 16)
    )
    assert fine["laplacian_3"] / fine["laplacian_1"] < 0.1 < coarse["laplacian_3"] / coarse["laplacian_1"]


@pytest.mark.parametrize("level", [0, 7, 65535])
def test_a_flat_image_gives_numbers(level: int) -> None:
    """An empty field has no contrast of any kind and no NaN."""
    measured = measure_channel(np.full((32, 32), level, dtype=np.uint16))
    levels = {"mean", "background_mean", "foreground_mean", *(f"p{p}" for p in (1, 5, 25, 50, 75, 95, 99))}
    for name, value in measured.items():
        assert value == pytest.approx(level if name in levels else 0, abs=1e-9), name


def test_columns_carry_their_channel(tiles: TileSet) -> None:
    """Each channel is measured by itself under its own name."""
    pixels = tiles.read(0, 3)
    table = measure_tiles(pixels, tiles.channels)
    alone = measure_tiles(pixels[..., 1:], ["DAPI"])
    assert len(table) == 3
    assert {name.split("_")[0] for name in table.columns} == {"FITC", "DAPI"}
    assert table[alone.columns].equals(alone)
    with pytest.raises(ArgumentError, match="1 channel names for pixels of shape"):
        measure_tiles(pixels, ["FITC"])


def test_a_tile_set_is_measured_by_tile_id_and_resumed(tiles: TileSet, tmp_path: Path) -> None:
    """The table is that of the pixels, in the index's order; a second run reads the receipts, bit for bit."""
    table = measure_tileset(tiles, workers=2, receipts=tmp_path)
    assert table.index.tolist() == tiles.index["tile_id"].tolist()
    expected = measure_tiles(tiles.read(0, len(tiles)), tiles.channels)
    np.testing.assert_array_equal(table.to_numpy(), expected.to_numpy())
    written = {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")}
    assert measure_tileset(tiles, receipts=tmp_path).equals(table)
    assert {path: path.stat().st_mtime_ns for path in tmp_path.glob("*.json")} == written
    assert measure_tileset(tiles).equals(table)


def test_changed_pixels_are_refused(make_tiles: Any, tmp_path: Path) -> None:
    """Pixels that are not the index's are named, not measured."""
    tiles = make_tiles(tmp_path)
    zarr.open_array(tiles.path / "tiles", mode="r+")[7] = 1
    with pytest.raises(HcsError, match="the pixels of tile P1/A02/1/3 are not those"):
        measure_tileset(tiles)
