"""Plates whose fields have several shapes: each is read, shown and tiled by its own."""

from pathlib import Path

import numpy as np
import pytest
import tifffile
import yaozarrs

from hcs.tables.independence import copied_images
from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate, open_plate
from hcs_plates.rescale import area_resize
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec
from hcs_plates.viewing.view import open_view

SHAPES = {("A01", 1): (300, 64), ("A01", 2): (300, 64), ("B02", 1): (40, 90), ("B02", 2): (300, 64)}


def picture(well: str, number: int) -> np.ndarray:
    """An image that only this field has."""
    rng = np.random.default_rng([ord(well[0]), number])
    return rng.integers(0, 4000, SHAPES[well, number], dtype="uint16")


@pytest.fixture
def mixed(tmp_path: Path) -> Plate:
    """A plate with one field of another shape, opened as users do."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well, number in SHAPES:
        tifffile.imwrite(folder / f"{well}_f{number}_GFP.tif", picture(well, number))
    export = Export(folder, pattern="{well}_f{field}_{channel}.tif", name="P1", pixel_size_um=0.5)
    return open_plate(ingest(export, tmp_path / "P1.ome.zarr").path)


def test_each_field_keeps_its_shape(mixed: Plate) -> None:
    """Pixels, levels and the validity of the plate do not suffer; the odd field is named."""
    for well, number in SHAPES:
        assert np.array_equal(mixed[well][number].image("GFP"), picture(well, number))
    assert mixed["A01"][1].image("GFP", level=1).shape == (150, 32)
    assert (mixed.path / "A" / "01" / "1" / "1").is_dir()
    assert not (mixed.path / "B" / "02" / "1" / "1").exists()
    yaozarrs.validate_zarr_store(str(mixed.path))
    assert any("300 × 64 pixels, but not all (40 × 90: B02/1)" in note for note in mixed.info()["notes"])


def test_one_array_has_one_shape(mixed: Plate) -> None:
    """All images at once are refused with the way out, which gives those of a shape."""
    with pytest.raises(ArgumentError, match=r"lazy_images\(shape=\(300, 64\)\)"):
        _ = mixed.images
    usual = mixed.lazy_images(shape=(300, 64))
    assert usual.sizes["image"] == 3
    assert np.array_equal(usual.sel(well="B02", field=2).values[0, 0], picture("B02", 2))
    odd = mixed.lazy_images(shape=(40, 90))
    assert np.array_equal(odd.values[0, 0], picture("B02", 1))
    assert odd["x"].values[1] == 0.5
    with pytest.raises(ArgumentError, match="it has 300 × 64, 40 × 90"):
        mixed.lazy_images(shape=(5, 5))


def test_tiles_are_cut_field_by_field(mixed: Plate, tmp_path: Path) -> None:
    """Each field becomes its tile; tiles of several scales have no common µm."""
    tiles = create_tiles([mixed], tmp_path / "tiles", TileSpec(32))
    for row, tile in zip(tiles.index.itertuples(), tiles.read(0, 4), strict=True):
        assert np.array_equal(tile[..., 0], area_resize(picture(row.well, row.field), (32, 32)))
    lazy = mixed.tiles(32)
    assert np.array_equal(lazy.values, tiles.read(0, 4))
    assert "x" not in lazy.coords


def test_viewers_show_each_field_by_its_own_shape(mixed: Plate) -> None:
    """The browser's regions are those of the field that is looked at."""
    field = open_view(mixed.path).field("B02", "1")
    assert [(level.height, level.width) for level in field.levels] == [(40, 90)]
    assert np.array_equal(field.region(0, [0], 0, 0, 3, 40, 50, 90)[0], picture("B02", 1)[3:, 50:])


def test_black_fields_of_two_shapes_are_no_copies(tmp_path: Path) -> None:
    """Blank fields say nothing, whatever their shape."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well in ("A01", "B02"):
        for number, shape in ((1, (20, 20)), (2, (20, 20)), (3, (9, 9))):
            tifffile.imwrite(folder / f"{well}_f{number}_GFP.tif", np.zeros(shape, "uint16"))
    plate = ingest(Export(folder, pattern="{well}_f{field}_{channel}.tif"), tmp_path / "P1.ome.zarr")
    assert copied_images([plate]) == []


def test_a_field_has_one_shape(tmp_path: Path) -> None:
    """A plane of another shape than its field's others is refused by name."""
    for name, shape in (("A01_f1_GFP", (20, 20)), ("A01_f1_DNA", (9, 9)), ("A01_f2_GFP", (20, 20))):
        tifffile.imwrite(tmp_path / f"{name}.tif", np.zeros(shape, "uint16"))
    with pytest.raises(ReaderError, match=r"field A01/1 has planes of 9 × 9 \(A01_f1_DNA.tif\) and 20 × 20"):
        Export(tmp_path, pattern="{well}_f{field}_{channel}.tif").scan()
