"""Plates of other tools opened as plates: what they hold, through every way to the pixels."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.inputs.otherplates import VERSIONS, edit, noise, ome, other_plate

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.remapping import replace_platemap
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

SHARED = ("ome_zarr_plates/plate_ones.zarr", "ome_zarr_plates/plate_ones_mip.zarr")


def levels(*shape: int, seed: int = 0, dtype: str = "uint16") -> list[Any]:
    """Two levels, the second a third of the first."""
    full = noise(*shape, seed=seed, dtype=dtype)
    return [full, full[..., ::3, ::3]]


@VERSIONS
def test_pixels_are_those_written(tmp_path: Path, version: str) -> None:
    """Any well's name, levels not by 2, channels' names; images, tiles and levels are its arrays."""
    first, second = levels(2, 48, 60), levels(2, 48, 60, seed=1)
    wells = {"A/1": {"0": first}, "AA/3": {"7": second}}
    path = other_plate(
        tmp_path / "P.zarr", wells, version=version, omero=[{"label": "NFH"}, {"label": "DNA"}]
    )
    plate = open_plate(path)
    assert list(plate) == ["A01", "AA03"]
    assert plate.channels == ("NFH", "DNA")
    np.testing.assert_array_equal(plate["AA3"][7].image("DNA"), second[0][1])
    np.testing.assert_array_equal(plate["A1"][0].image("NFH", level=1), first[1][0])
    np.testing.assert_array_equal(plate.images.sel(well="AA03").to_numpy()[0], second[0])
    tiles = create_tiles([plate], tmp_path / "tiles.zarr", TileSpec(16))
    assert len(tiles) == 2


@pytest.mark.parametrize("axes", ["tczyx", "zyx", "cyx", "yx", "czyx", "tyx"])
def test_any_axes(tmp_path: Path, axes: str) -> None:
    """Axes that a plate has not are of one place; those it has come out in our order."""
    sizes = {"t": 2, "c": 3, "z": 4, "y": 20, "x": 30}
    pixels = noise(*(sizes[axis] for axis in axes))
    plate = open_plate(other_plate(tmp_path / "P.zarr", {"B/2": {"0": [pixels]}}, axes=axes))
    layout = plate.spec.layout
    assert (layout.n_times, layout.n_channels, layout.n_z) == tuple(
        sizes[axis] if axis in axes else 1 for axis in "tcz"
    )
    shape = layout.shape
    np.testing.assert_array_equal(plate["B02"][0].read(), pixels.reshape(shape))


def test_what_a_field_lacks_is_missing(tmp_path: Path) -> None:
    """A field with fewer channels, and one of another shape, are what they are; both are told."""
    wells = {"A/1": {"0": [noise(3, 20, 30)], "1": [noise(2, 20, 30)]}, "A/2": {"0": [noise(3, 24, 30)]}}
    plate = open_plate(other_plate(tmp_path / "P.zarr", wells))
    assert plate.missing[["well", "field", "channel"]].to_numpy().tolist() == [["A01", 1, "channel 3"]]
    assert plate.spec.shapes == {("A02", 0): (24, 30)}
    with pytest.raises(ArgumentError, match="has no such channel"):
        plate["A01"][1].image("channel 3")
    assert plate["A01"][1].image("channel 2").shape == (20, 30)
    assert plate.tiles(8, channels=["channel 1"]).shape == (3, 8, 8, 1)


@pytest.mark.parametrize("dtype", ["int16", "int32", "float32"])
def test_other_types_are_taken_where_no_number_changes(tmp_path: Path, dtype: str) -> None:
    """Whole numbers from 0 to 65535 are 16-bit images; a negative one or a fraction is refused, and said."""
    good, bad = noise(1, 20, 30).astype(dtype) % 30000, noise(1, 20, 30).astype(dtype)
    bad[0, 3, 3] = -1
    plate = open_plate(other_plate(tmp_path / "P.zarr", {"A/1": {"0": [good]}, "A/2": {"0": [bad]}}))
    assert f"Pixels of 2 of 2 fields are {dtype}" in plate.spec.notices[-1]
    np.testing.assert_array_equal(plate["A01"][0].image("channel 1"), good[0].astype("uint16"))
    with pytest.raises(StoreError, match="no uint16 image has"):
        plate["A02"][0].read()


@pytest.mark.parametrize("second", [2, 1, None])
def test_several_acquisitions_stay_apart(tmp_path: Path, second: int | None) -> None:
    """Fields of one well keep their acquisitions' names, also where another names none, which is told."""
    path = other_plate(
        tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 8, 8)], "1": [noise(1, 8, 8)]}}, version="0.4"
    )

    def two(document: Any) -> None:
        ome(document)["plate"]["acquisitions"] = [{"id": 1, "name": "day 1"}, {"id": 2, "name": "day 8"}]

    def said(document: Any) -> None:
        images = ome(document)["well"]["images"]
        images[0]["acquisition"] = 1
        if second is not None:
            images[1]["acquisition"] = second

    edit(path / ".zattrs", two)
    edit(path / "A" / "1" / ".zattrs", said)
    plate = open_plate(path)
    expected = {2: [["day 1", "day 8"]], 1: [], None: [["day 1", None]]}[second]
    assert [plate.fields[name].tolist() for name in plate.fields if name == "acquisition"] == expected
    told = "1 of 2 fields name no acquisition; others do."
    assert (told in plate.spec.notices) == (second is None)


def test_named_fields_are_numbered_and_said(tmp_path: Path) -> None:
    """Numbers are given in the order listed where fields have names."""
    plate = open_plate(
        other_plate(tmp_path / "P.zarr", {"A/1": {"left": [noise(1, 8, 8)], "right": [noise(1, 8, 8)]}})
    )
    assert list(plate["A01"]) == [0, 1]
    assert any("numbered as listed" in note for note in plate.spec.notices)


def test_one_well_reads_one_well(tmp_path: Path, read: dict[str, list[int]]) -> None:
    """No byte of another well is read for the pixels of one."""
    wells = {f"A/{column}": {"0": levels(2, 48, 60)} for column in (1, 2, 3)}
    plate = open_plate(other_plate(tmp_path / "P.zarr", wells))
    plate["A02"][0].read()
    assert read
    assert all(name.startswith("A/2/") for name in read)


def test_a_level_that_is_another_is_refused(tmp_path: Path) -> None:
    """Smaller levels are looked at when they are read: they must be as those of fields like it."""
    path = other_plate(
        tmp_path / "P.zarr", {"A/1": {"0": levels(1, 30, 30)}, "A/2": {"0": levels(1, 30, 30)}}, version="0.4"
    )
    edit(path / "A" / "2" / "0" / "1" / ".zarray", lambda document: document.update(shape=[1, 9, 10]))
    plate = open_plate(path)
    assert plate["A01"][0].read(1).shape == (1, 10, 10)
    with pytest.raises(StoreError, match=r"A/2/0/1 is uint16 of c 1, y 9, x 10.*\(expected .*y 10, x 10"):
        plate["A02"][0].read(1)


@VERSIONS
@pytest.mark.parametrize("change", ["steps", "times", "type", "axes", "channels"])
def test_a_field_that_changed_after_the_opening_is_refused(tmp_path: Path, version: str, change: str) -> None:
    """Its arrays, axes and channels must be those of the opening; else a step or a channel is another's."""
    # What the field was, and what it is at the reading: its shape, type, axes and channels.
    was, now = {
        "steps": (((2, 2, 2, 8, 9), "uint16", "tczyx", "ab"), ((2, 2, 4, 8, 9), "uint16", "tczyx", "ab")),
        "times": (((2, 2, 2, 8, 9), "uint16", "tczyx", "ab"), ((3, 2, 2, 8, 9), "uint16", "tczyx", "ab")),
        "type": (((2, 8, 9), "uint16", "cyx", "ab"), ((2, 8, 9), "int32", "cyx", "ab")),
        "axes": (((1, 3, 8, 9), "uint16", "czyx", "a"), ((1, 3, 8, 9), "uint16", "tzyx", "a")),
        "channels": (((2, 8, 9), "uint16", "cyx", "ab"), ((2, 8, 9), "uint16", "cyx", "ba")),
    }[change]

    def write(path: Path, shape: tuple[int, ...], dtype: str, axes: str, names: str) -> Path:
        wells = {"A/1": {"0": [noise(*shape, dtype=dtype)]}}
        return other_plate(path, wells, axes, version, omero=[{"label": one} for one in names])

    path = write(tmp_path / "P.zarr", *was)
    field = open_plate(path)["A01"][0]
    assert field.read().size == np.prod(was[0])
    path.rename(tmp_path / "old")
    write(path, *now)
    with pytest.raises(StoreError, match=r"A/1/0/0 is .* \(expected .* as when the plate was opened"):
        field.read()


def test_a_factor_that_no_level_has_is_told(tmp_path: Path) -> None:
    """A tool that states the same pixel for all levels: that of their shapes is taken."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": levels(1, 30, 31)}})

    def same(document: Any) -> None:
        full, small = ome(document)["multiscales"][0]["datasets"]
        small["coordinateTransformations"] = full["coordinateTransformations"]

    assert not any("level" in note for note in open_plate(path).spec.notices)
    edit(path / "A/1/0/zarr.json", same)
    plate = open_plate(path)
    assert plate.spec.layout_of("A01", 0).level_factors == [(1, 1), (3, 31 / 11)]
    assert any("evel '1' states pixels 1 times" in note for note in plate.spec.notices)


def test_the_digest_follows_the_files(tmp_path: Path) -> None:
    """Without sums a plate is known by sizes and times of its files: pixels written anew make it another."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 8, 8)]}})
    before = open_plate(path).digest
    assert open_plate(path).digest == before
    other_plate(tmp_path / "Q.zarr", {"A/1": {"0": [noise(1, 8, 8, seed=3)]}})
    (tmp_path / "Q.zarr" / "A").rename(tmp_path / "A")
    (path / "A").rename(tmp_path / "old")
    (tmp_path / "A").rename(path / "A")
    assert open_plate(path).digest != before


def test_nothing_is_written_into_it(tmp_path: Path) -> None:
    """Hcs platemap says what to do instead."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 8, 8)]}})
    (tmp_path / "map.csv").write_text("well,clone\nA1,c1\n")
    with pytest.raises(ArgumentError, match="hcs adopt PLATE --platemap MAP"):
        replace_platemap(path, tmp_path / "map.csv")


@pytest.mark.shared
@pytest.mark.parametrize("place", SHARED)
def test_real_plates(shared_data: Path, place: str) -> None:
    """Two plates of a facility's tool open, although a document of theirs is gone; all pixels are one."""
    plate = open_plate(shared_data / place)
    assert isinstance(plate, Plate)
    assert list(plate) == ["B03"]
    assert plate.channels == ("some-label-1", "some-label-2")
    assert plate.spec.pixel_size_um == (0.1625, 0.1625)
    assert (plate["B03"][0].read() == 1).all()
