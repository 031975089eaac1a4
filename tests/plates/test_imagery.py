"""All fields of a plate as xarray: lazily, by label, plane by plane, and saved where xarray saves."""

import pickle
from pathlib import Path
from typing import Any

import dask
import numpy as np
import pytest
import xarray as xr

from hcs_plates.errors import LookupRefusedError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.storedfield import StoredField

FILM = FieldLayout(2, 2, 3, 300, 280, "uint8")


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int, int]]:
    """Well, field and number of planes of each read of a field."""
    seen: list[tuple[str, int, int]] = []
    original = StoredField.read

    def counted(self: StoredField, level: int = 0, planes: Any = None) -> Any:
        pixels = original(self, level, planes)
        seen.append((self.well, self.number, int(np.prod(pixels.shape[:-2]))))
        return pixels

    monkeypatch.setattr(StoredField, "read", counted)
    return seen


def test_images_carry_the_wells_table(make_plate: Any) -> None:
    """`images` is lazy, one chunk a plane, and knows clone, passage and well of every image."""
    plate: Plate = make_plate()
    images = plate.images
    assert images.dims == ("image", "channel", "y", "x")
    assert images.shape == (8, 2, 70, 90)
    assert images.chunks == ((1,) * 8, (1, 1), (70,), (90,))
    assert np.array_equal(images.sel(well="C05", channel="DNA")[1].values, plate["C05"][3].image("DNA"))
    means = images.groupby("clone").mean()
    assert means["clone"].values.tolist() == ["c1", "c2", "c3"]
    own = [plate[well][field].read() for well in ("A01", "A02") for field in (1, 3)]
    assert np.allclose(means.sel(clone="c1"), np.mean(own, axis=0))
    assert np.isnan(images["passage"].values).sum() == 2


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ({"well": "C05", "field": 3}, [("C05", 3)]),
        ({"well": "c5"}, [("C05", 1), ("C05", 3)]),
        ({"well": ["D06", "A01"], "field": 1}, [("A01", 1), ("D06", 1)]),
        ({"field": 3}, [("A01", 3), ("A02", 3), ("C05", 3), ("D06", 3)]),
        ({"field": [1, 3], "well": np.array(["A02"])}, [("A02", 1), ("A02", 3)]),
    ],
)
def test_wells_and_fields_by_label(
    make_plate: Any, read: list[Any], labels: dict[str, Any], found: list[tuple[str, int]]
) -> None:
    """One label or several, of wells, fields or both; one plane of each image found is read, and no more."""
    plate: Plate = make_plate(missing={})
    chosen = plate.images.sel({**labels, "channel": "DNA"})
    assert list(zip(chosen["well"].values.tolist(), chosen["field"].values.tolist(), strict=True)) == found
    assert read == []
    pixels = chosen.compute(scheduler="synchronous").values
    assert sorted(read) == [(well, field, 1) for well, field in found]
    for image, (well, field) in zip(pixels, found, strict=True):
        assert np.array_equal(image, plate[well][field].image("DNA"))


@pytest.mark.parametrize("labels", [{"well": "B01"}, {"field": 2}, {"well": ["A01", "nonsense"]}])
def test_labels_that_are_not_there(make_plate: Any, labels: dict[str, Any]) -> None:
    """A KeyError, as xarray's own, whose sentence says what there is."""
    with pytest.raises(LookupRefusedError, match=r"There is no .* here; there are"):
        make_plate().images.sel(labels)


def test_one_channel_and_a_corner_read_one_plane(make_plate: Any, read: list[Any]) -> None:
    """A corner of one plane of a film of stacks reads that plane."""
    images = make_plate(layout=FILM, missing={}).images
    assert images.dims == ("image", "time", "channel", "z", "y", "x")
    corner = images.isel(image=3, time=1, z=2, y=slice(0, 9), x=slice(5, 9)).sel(channel="DNA")
    assert corner.compute(scheduler="synchronous").shape == (9, 4)
    assert read == [("A02", 3, 1)]


def test_levels_and_times(make_plate: Any) -> None:
    """A level and a time point are those of the fields."""
    plate: Plate = make_plate(layout=FILM, missing={})
    small = plate.lazy_images(level=1, time=1)
    assert small.dims == ("image", "channel", "z", "y", "x")
    assert np.array_equal(small.sel(well="C05", field=1)[0].values, plate["C05"][1].read(1)[1])
    assert np.allclose(small["y"].values[:2], [0.0, 1.3])


def test_coordinates_have_units(make_plate: Any) -> None:
    """Pixels lie in µm where their size is known, else in pixels; images where the stage stood."""
    plate: Plate = make_plate(positions_um={("A01", 1): (-100.0, 20.0)})
    images = plate.images
    assert images["x"].attrs["units"] == images["x_um"].attrs["units"] == "micrometer"
    assert np.allclose(images["x"].values, np.arange(90) * 0.65)
    assert (images["x_um"].values[0], images["y_um"].values[0]) == (-100.0, 20.0)
    assert np.isnan(images["x_um"].values[1:]).all()
    tiles = plate.tiles(35, grid=2)
    assert np.allclose(tiles["y"].values[-1], 34 * 0.65)
    bare = make_plate("P2", pixel_size_um=None).images
    assert bare["y"].attrs["units"] == "pixel"
    assert "pixel_size_um" not in bare.attrs


def test_own_columns_keep_their_values(make_plate: Any, make_spec: Any) -> None:
    """Columns of the platemap that are called like a coordinate of ours stand beside it."""
    table = make_spec().wells.assign(field="left", channel=7, tile_id="t", y=0.5, platemap_field="right")
    plate: Plate = make_plate(wells=table)
    for array in (plate.images, plate.tiles(8)):
        assert set(array["platemap_field"].values) == {"left"}
        assert set(array["platemap_platemap_field"].values) == {"right"}
        assert set(array["platemap_channel"].values) == {7}
        assert set(array["platemap_tile_id"].values) == {"t"}
        assert set(array["platemap_y"].values) == {0.5}
        assert set(array["field"].values) == {1, 3}


def test_nothing_is_computed_twice(make_plate: Any, read: list[Any]) -> None:
    """Asked for twice, arrays have the same names, so that Dask reads a plane once; building reads none."""
    plate: Plate = make_plate()
    assert plate.images.data.name == plate.images.data.name
    assert plate.tiles(8).data.name == plate.tiles(8).data.name
    assert len({plate.images.data.name, plate.tiles(8).data.name, plate.tiles(9).data.name}) == 3
    assert read == []
    first, again = plate.images.sel(well="A01"), plate.images.sel(well="A01")
    dask.compute(first.mean(), again.max(), scheduler="synchronous")
    assert sorted(read) == [("A01", 1, 1)] * 2 + [("A01", 3, 1)] * 2


def test_arrays_travel(make_plate: Any) -> None:
    """An array pickles, as workers of a cluster get it."""
    images = make_plate().images
    assert np.array_equal(pickle.loads(pickle.dumps(images)).sel(well="C05").values, images.sel(well="C05"))


def test_tiles_read_the_channels_asked_for(make_plate: Any, read: list[Any]) -> None:
    """One channel of one tile reads one plane."""
    plate: Plate = make_plate()
    tiles = plate.tiles(8, grid=3)
    tile = tiles.swap_dims(tile="tile_id").sel(tile_id="P1/C05/3/4", channel="DNA")
    pixels = tile.compute(scheduler="synchronous").values
    assert read == [("C05", 3, 1)]
    assert np.array_equal(pixels, tiles.sel(well="C05", field=3).values[4, ..., 1])
    assert plate.tiles(8, channels="DNA").sizes["channel"] == 1


@pytest.mark.parametrize("kind", ["netcdf", "zarr"])
@pytest.mark.parametrize("what", ["images", "tiles"])
@pytest.mark.filterwarnings("ignore:Consolidated metadata is currently not part")
def test_saved_and_opened(make_plate: Any, tmp_path: Path, kind: str, what: str) -> None:
    """Images and tiles go to NetCDF and Zarr and back: pixels, text with gaps, and whole numbers."""
    plate: Plate = make_plate(pixel_size_um=None)
    array = plate.images if what == "images" else plate.tiles(8)
    if kind == "netcdf":
        array.to_dataset(name="v").to_netcdf(tmp_path / "saved.nc")
        opened = xr.open_dataset(tmp_path / "saved.nc")
    else:
        array.to_dataset(name="v").to_zarr(tmp_path / "saved.zarr", zarr_format=3)
        opened = xr.open_zarr(tmp_path / "saved.zarr")
    with opened:
        assert opened["v"].dtype == "uint16"
        assert np.array_equal(opened["v"].values, array.values)
        assert opened["clone"].values.tolist() == array["clone"].values.tolist()
        assert opened["included"].dtype == bool


def test_arrays_of_plates_go_together(make_plate: Any) -> None:
    """Concatenation, arithmetic, selection by place and new names keep the labels."""
    plates = [make_plate("P1"), make_plate("P2")]
    both = xr.concat([plate.images for plate in plates], dim="image")
    assert both.sel(well="A01", field=3)["plate"].values.tolist() == ["P1", "P2"]
    assert both.groupby("plate").mean(("image", "y", "x")).sizes == {"plate": 2, "channel": 2}
    images = plates[0].images
    assert (images - images).sel(well="A01").values.max() == 0
    assert images[[6, 0]].sel(field=1)["well"].values.tolist() == ["D06", "A01"]
    assert images.rename(image="i", well="place").sel(place="A01").sizes["i"] == 2
    tiles = plates[0].tiles(8)
    assert tiles.swap_dims(tile="tile_id").sel(tile_id="P1/A01/1/0").sizes == {"y": 8, "x": 8, "channel": 2}
    assert tiles.groupby(["diagnosis", "clone"]).mean().sizes["clone"] == 2
    assert tiles.where(tiles["clone"] == "c1", drop=True).sizes["tile"] == 3
