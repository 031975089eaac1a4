"""Plates of other tools: every layout that OME-Zarr 0.4 and 0.5 allow is shown, and faults are told."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr
from tests.inputs.otherplates import DOCUMENT, VERSIONS, edit, group, noise, ome, other_plate

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.viewing import open_view
from hcs_plates.wells import FORMATS


@VERSIONS
@pytest.mark.parametrize("axes", ["yx", "zyx", "tcyx", "tczyx"])
def test_every_layout_of_axes(tmp_path: Path, version: str, axes: str) -> None:
    """Times, channels, steps, levels and pixels are those of the arrays, whichever axes there are."""
    sizes = {"t": 2, "c": 3, "z": 4, "y": 50, "x": 40}
    whole = noise(*(sizes[axis] for axis in axes))
    levels = [whole, whole[..., ::3, ::2]]
    path = other_plate(tmp_path / "P.zarr", {"B/2": {"0": levels}}, axes, version)
    view = open_view(path)
    assert (view.version, dict(view.fields)) == (version, {"B02": ("0",)})
    assert view.wells["well"].tolist() == ["B02"] == view.wells.index.tolist()
    field = view.field("B2", "0")
    expected = [sizes[axis] if axis in axes else 1 for axis in "tcz"]
    assert [field.n_times, len(field.channels), field.n_z] == expected
    assert [(one.height, one.width, one.chunk_height, one.chunk_width) for one in field.levels] == [
        (50, 40, 16, 16),
        (17, 20, 16, 16),
    ]
    assert (field.dtype, field.pixel_size_um, field.missing) == ("uint16", (0.5, 0.5), frozenset())
    for level, pixels in enumerate(levels):
        full = pixels.reshape(*expected, *pixels.shape[-2:])
        wanted = list(range(expected[1]))[::-1]
        found = field.region(level, wanted, expected[0] - 1, "max", 1, 17, 3, 20)
        assert np.array_equal(found, full[-1][wanted].max(axis=1)[:, 1:17, 3:20])
        found = field.region(level, [0], 0, expected[2] - 1, 0, 1, 0, 20)
        assert np.array_equal(found, full[0, :1, -1, :1, :20])


@pytest.mark.parametrize(("version", "shards"), [("0.4", None), ("0.5", None), ("0.5", (2, 32, 32))])
def test_only_the_chunks_of_a_region_are_read(
    tmp_path: Path, read: dict[str, list[int]], version: str, shards: tuple[int, ...] | None
) -> None:
    """Of one level the chunks that hold the region, of shards the index and those chunks' bytes; no more."""
    levels = [noise(2, 64, 64), noise(2, 32, 32)]
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": levels}}, "cyx", version, shards=shards)
    field = open_view(path).field("A01", "0")
    read.clear()
    field.region(0, [1], 0, 0, 17, 33, 0, 10)
    keys = (
        ["c/0/0/0", "c/0/1/0"]
        if shards
        else [f"{'c/' if version == '0.5' else ''}1/{row}/0" for row in (1, 2)]
    )
    assert sorted(read) == sorted(f"A/1/0/0/{key}" for key in keys)
    if shards:
        # One chunk of each shard: its index (offset and length of 8 chunks, CRC32C) and 16 × 16 pixels.
        for key in keys:
            pieces = read[f"A/1/0/0/{key}"]
            assert len(pieces) == 2
            assert pieces[0] == 8 * 16 + 4


def test_real_plates(shared_data: Path) -> None:
    """Two plates of Fractal: no list of the well's fields, paths that are numbers, display ranges as text."""
    view = open_view(shared_data / "ome_zarr_plates" / "plate_ones.zarr")
    assert (view.name, view.version, dict(view.fields)) == ("plate_ones", "0.4", {"B03": ("0",)})
    assert "B/03/.zattrs is not there" in view.notices[0]
    field = view.field("B03", "0")
    assert (field.n_z, field.pixel_size_um, field.dtype) == (3, (0.1625, 0.1625), "uint16")
    assert [(one.name, one.colour) for one in field.channels] == [
        ("some-label-1", "00FFFF"),
        ("some-label-2", "00FFFF"),
    ]
    assert [(one.height, one.width) for one in field.levels] == [(1080, 1280), (540, 640), (270, 320)]
    assert (field.region(0, [0, 1], 0, "max", 500, 700, 1000, 1280) == 1).all()
    assert open_view(shared_data / "ome_zarr_plates" / "plate_ones_mip.zarr").field("B03", "0").n_z == 1
    with pytest.raises(StoreError, match="not a plate but a single image"):
        open_view(shared_data / "ome_zarr_plates" / "6001240_labels_v0.5.zarr")


@VERSIONS
def test_wells_are_named_as_on_plates(tmp_path: Path, version: str) -> None:
    """A/1, A/02 and AA/3 are A01, A02 and AA03, in the plate's order, on the plate that holds them."""
    wells = {path: {"0": [noise(20, 20)]} for path in ("AA/3", "A/02", "A/1", "P/24")}
    view = open_view(other_plate(tmp_path / "P.zarr", wells, "yx", version))
    assert list(view.fields) == ["A01", "A02", "P24", "AA03"]
    assert (view.format, "of no standard plate" in view.notices[-1]) == (FORMATS[1536], True)
    rows = [{"name": letter} for letter in "ABCDEFGH"]
    stated: dict[str, Any] = {"rows": rows, "columns": [{"name": str(number + 1)} for number in range(12)]}
    stated["wells"] = [{"path": "B/3", "rowIndex": 1, "columnIndex": 2}]
    view = open_view(
        other_plate(tmp_path / "Q.zarr", {"B/3": {"0": [noise(20, 20)]}}, "yx", version, plate=stated)
    )
    assert (view.format, view.notices, list(view.fields)) == (FORMATS[96], (), ["B03"])


@VERSIONS
def test_acquisitions_and_fields_that_differ(tmp_path: Path, version: str) -> None:
    """Fields stay as their well lists them, each of its own shape, channels and acquisition."""
    fields = {"7": [noise(2, 30, 40)], "pos_2": [noise(1, 20, 20, dtype="uint8")], "a": [noise(3, 40, 30)]}
    runs = {"acquisitions": [{"id": 0, "name": "day 1"}, {"id": 3}]}
    path = other_plate(tmp_path / "P.zarr", {"A/1": fields}, "cyx", version, plate=runs)
    images = [{"path": key, "acquisition": run} for key, run in zip(fields, (3, 0, 3), strict=True)]
    group(path / "A/1", {"well": {"images": images}}, version)
    view = open_view(path)
    assert view.fields["A01"] == ("7", "pos_2", "a")
    opened = [view.field("A01", key) for key in view.fields["A01"]]
    assert [field.acquisition for field in opened] == ["acquisition 3", "day 1", "acquisition 3"]
    assert [field.dtype for field in opened] == ["uint16", "uint8", "uint16"]
    for field, pixels in zip(opened, fields.values(), strict=True):
        level = field.levels[0]
        found = field.region(0, range(len(pixels[0])), 0, 0, 0, level.height, 0, level.width)
        assert np.array_equal(found, pixels[0])


def test_levels_that_are_smaller_in_z_too(tmp_path: Path) -> None:
    """A step is looked up where it lies in a level of fewer steps."""
    whole = noise(4, 20, 20)
    levels = [whole, whole[::2, ::2, ::2]]
    field = open_view(other_plate(tmp_path / "P.zarr", {"A/1": {"0": levels}}, "zyx")).field("A01", "0")
    assert np.array_equal(field.region(1, [0], 0, 3, 0, 10, 0, 10)[0], levels[1][1])
    assert np.array_equal(field.region(1, [0], 0, "max", 0, 10, 0, 10)[0], levels[1].max(axis=0))


@pytest.mark.parametrize("dtype", ["int16", "float32", "float64", ">u2", "uint32"])
def test_pixel_types(tmp_path: Path, dtype: str) -> None:
    """Whole and floating-point numbers come in the machine's byte order; others are refused."""
    pixels = noise(1, 20, 20).astype(dtype)
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [pixels]}}, version="0.4")
    field = open_view(path).field("A01", "0")
    assert field.dtype == pixels.dtype.newbyteorder("=").name
    found = field.region(0, [0], 0, 0, 0, 20, 0, 20)
    assert (found.dtype.name, np.array_equal(found, pixels)) == (field.dtype, True)
    low, high = field.channels[0].limits
    assert low <= pixels.min() <= pixels.max() <= high
    other = other_plate(tmp_path / "Q.zarr", {"A/1": {"0": [pixels.astype(bool)]}}, version="0.4")
    with pytest.raises(StoreError, match="its pixels are 'bool'"):
        open_view(other).field("A01", "0")


def test_flat_keys_and_columns_first(tmp_path: Path) -> None:
    """Arrays of 0.4 whose chunks are named 0.1.0 and lie column by column are read as they are meant."""
    pixels = noise(2, 40, 30)
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [pixels]}}, version="0.4")
    shutil.rmtree(path / "A/1/0/0")
    zarr.create_array(
        path / "A/1/0/0",
        data=pixels,
        chunks=(2, 16, 16),
        zarr_format=2,
        config={"order": "F"},
        order="F",
        chunk_key_encoding={"name": "v2", "separator": "."},
    )
    assert (path / "A/1/0/0/0.1.0").is_file()
    field = open_view(path).field("A01", "0")
    assert np.array_equal(field.region(0, [1], 0, 0, 10, 40, 0, 29)[0], pixels[1, 10:40, :29])


@VERSIONS
def test_what_is_not_there_is_told(tmp_path: Path, version: str) -> None:
    """Wells and fields that are listed and gone are named; the others are opened."""
    wells = {f"A/{number}": {"0": [noise(1, 20, 20)], "1": [noise(1, 20, 20)]} for number in range(1, 5)}
    path = other_plate(tmp_path / "P.zarr", wells, version=version)
    shutil.rmtree(path / "A/2")
    shutil.rmtree(path / "A/3/1")
    (path / "A/4" / DOCUMENT[version]).unlink()
    view = open_view(path)
    assert dict(view.fields) == {"A01": ("0", "1"), "A03": ("0",), "A04": ("0", "1")}
    told = " ".join(view.notices)
    assert "Listed and not there: A/2, A/3/1." in told
    assert f"A/4/{DOCUMENT[version]} is not there" in told
    assert "are taken for its fields: '0', '1'." in told
    shutil.rmtree(path / "A/1/0" / "0")
    with pytest.raises(StoreError, match="level '0' is left out: A/1/0/0/"):
        view.field("A01", "0")
    assert view.channels == ("channel 1",)


@VERSIONS
def test_levels_that_do_not_follow_are_left_out(tmp_path: Path, version: str) -> None:
    """Levels of other channels or another type, or larger: the others are shown, and it is told."""
    levels = [
        noise(2, 32, 32),
        noise(1, 16, 16),
        noise(2, 8, 8, dtype="uint8"),
        noise(2, 40, 8),
        noise(2, 4, 4),
    ]
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": levels}}, version=version)
    field = open_view(path).field("A01", "0")
    assert [one.height for one in field.levels] == [32, 4]
    assert [notice.split(":")[1] for notice in field.notices] == [
        f" level '{place}' is left out" for place in (1, 2, 3)
    ]
    assert np.array_equal(field.region(1, [0, 1], 0, 0, 0, 4, 0, 4), levels[4])


@VERSIONS
def test_a_field_without_pixels_is_told(tmp_path: Path, version: str) -> None:
    """A chunk that is not there is the fill value, as the format has it; a field without any is told."""
    path = other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 20, 20)]}}, version=version)
    for entry in (path / "A/1/0/0").iterdir():
        if entry.is_dir():
            shutil.rmtree(entry)
    field = open_view(path).field("A01", "0")
    assert "no stored pixels" in field.notices[0]
    assert not field.region(0, [0], 0, 0, 0, 20, 0, 20).any()


BROKEN: dict[str, Callable[[Any], object]] = {
    "no wells": lambda plate: plate.update(wells=[]),
    "no rows": lambda plate: plate.pop("rows"),
    "rows of another kind": lambda plate: plate.update(rows=7),
    "a well out of the plate": lambda plate: plate["wells"][0].update(path="../A/1"),
    "an absolute path": lambda plate: plate["wells"][0].update(path="/etc/passwd"),
    "a well of two names": lambda plate: plate["wells"][0].update(rowIndex=1),
    "a well beyond the columns": lambda plate: plate["wells"][0].update(columnIndex=9),
    "a well of no letter": lambda plate: (
        plate["rows"][0].update(name="1"),
        plate["wells"][0].update(path="1/1"),
    ),
    "a well that is text": lambda plate: plate.update(wells=["A/1"]),
}


@VERSIONS
@pytest.mark.parametrize("fault", BROKEN)
def test_broken_plates_are_a_sentence(tmp_path: Path, version: str, fault: str) -> None:
    """What is broken in one well leaves the others; where nothing is left, one error names every fault."""
    one = {"A/1": {"0": [noise(1, 20, 20)]}}
    path = other_plate(tmp_path / "P.zarr", one, version=version)
    edit(path / DOCUMENT[version], lambda document: BROKEN[fault](ome(document)["plate"]))
    with pytest.raises(StoreError, match=DOCUMENT[version]):
        open_view(path)
    if "well" in fault and fault != "no wells":
        path = other_plate(tmp_path / "Q.zarr", {**one, "B/2": {"0": [noise(1, 20, 20)]}}, version=version)
        edit(path / DOCUMENT[version], lambda document: BROKEN[fault](ome(document)["plate"]))
        if fault != "a well that is text":
            view = open_view(path)
            assert (list(view.fields), len(view.notices) > 1) == (["B02"], True)


def test_contrast_is_the_plates(tmp_path: Path) -> None:
    """Channels of one name have one contrast on all fields; a channel that one field alone has, its own."""
    wells = {
        f"A/{number}": {"0": [np.full((1 + (number == 7), 30, 30), 100 * number, "uint16")]}
        for number in range(1, 9)
    }
    view = open_view(other_plate(tmp_path / "P.zarr", wells))
    first = view.field("A01", "0").channels
    assert view.field("A08", "0").channels == first
    assert (first[0].low, first[0].high, first[0].limits) == (100.0, 800.0, (0.0, 1023.0))
    both = view.field("A07", "0").channels
    assert both[0] == first[0]
    assert (both[1].low, both[1].high) == (700.0, 701.0)


def test_a_field_beyond_the_plate_is_refused(tmp_path: Path) -> None:
    """Regions keep to the field, also in plates of others."""
    field = open_view(other_plate(tmp_path / "P.zarr", {"A/1": {"0": [noise(1, 16, 20)]}})).field("A01", "0")
    with pytest.raises(ArgumentError, match="16 × 20"):
        field.region(0, [0], 0, 0, 0, 17, 0, 9)
