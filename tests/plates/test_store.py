"""Plates on disk, read by others: validators, an independent pixel reader, and counted file access."""

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorstore
import yaozarrs
import zarr
from ome_zarr_io import validate

from hcs_plates import store
from hcs_plates.errors import ArgumentError, NotThereError, StoreError, UnreachableError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, open_plate
from hcs_plates.rescale import area_resize


def test_yaozarrs_finds_no_fault(make_plate: Any) -> None:
    """The whole store, arrays included, is valid OME-Zarr 0.5 to yaozarrs."""
    yaozarrs.validate_zarr_store(str(make_plate().path))


def test_ome_zarr_io_finds_no_fault(make_plate: Any) -> None:
    """Nor does ome-zarr-io, plate, wells and images together."""
    report = validate(make_plate().path, strict=True)
    assert report.is_valid, report.to_dict()


@pytest.mark.parametrize("key", ["rows", "wells", "columns"])
def test_a_planted_fault_is_found(make_plate: Any, key: str) -> None:
    """The validators do look: a plate without its rows, columns or wells is refused by one of them."""
    path = make_plate().path
    document = json.loads((path / "zarr.json").read_text())
    del document["attributes"]["ome"]["plate"][key]
    (path / "zarr.json").write_text(json.dumps(document))
    try:
        yaozarrs.validate_zarr_store(str(path))
    except ValueError:
        return
    assert not validate(path, strict=True).is_valid


def test_pixels_by_tensorstore(make_plate: Any) -> None:
    """An independent Zarr v3 reader gets the pixels that were written, sharding and compression included."""
    plate: Plate = make_plate()
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(plate.path / "C/05/3/0")}}
    read = tensorstore.open(spec).result().read().result()
    assert np.array_equal(read, plate["C05"][3].read())


def test_levels_are_area_means(make_plate: Any) -> None:
    """Each level is the area mean of the one above."""
    plate: Plate = make_plate(layout=FieldLayout(1, 2, 1, 300, 260, "uint16"))
    field = plate["A01"][1]
    above, below = field.read(0), field.read(1)
    assert below.shape == (2, 150, 130)
    assert np.array_equal(below[1], area_resize(above[1], (150, 130)))


def test_one_file_per_field_and_level(make_plate: Any) -> None:
    """One shard a field and level."""
    plate: Plate = make_plate(layout=FieldLayout(2, 2, 3, 600, 520, "uint8"))
    shards = [path for path in (plate.path / "A/01/1").rglob("c/**/*") if path.is_file()]
    assert len(shards) == len(plate.spec.layout.plane_shapes) == 3


def test_opening_is_one_read(make_plate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Opening a plate reads one document, whatever the number of fields."""
    path = make_plate().path
    reads: list[Path] = []
    original = Path.read_text

    def counted(self: Path, *args: Any, **kwargs: Any) -> str:
        reads.append(self)
        return original(self, *args, **kwargs)

    monkeypatch.setattr(Path, "read_text", counted)
    open_plate(path)
    assert reads == [path / "zarr.json"]


def test_zarr_finds_everything(make_plate: Any) -> None:
    """zarr-python opens every field from the files alone; the root repeats no document of the others."""
    path = make_plate().path
    assert "consolidated_metadata" not in json.loads((path / "zarr.json").read_text())
    group = zarr.open_group(path, mode="r")
    assert sorted(name for name, _ in group.members(max_depth=None) if name.count("/") == 3) == sorted(
        f"{field}/0"
        for field in ("A/01/1", "A/01/3", "A/02/1", "A/02/3", "C/05/1", "C/05/3", "D/06/1", "D/06/3")
    )
    array = group["A/01/1/0"]
    assert isinstance(array, zarr.Array)
    assert array.shape == (2, 70, 90)


def test_viewers_see_the_grey_levels_that_are_there(make_plate: Any) -> None:
    """Each channel's window is the range of the field's pixels; the type's own range is beside it."""
    flat = np.stack([np.full((70, 90), 7, "u2"), np.full((70, 90), 4000, "u2")])
    plate: Plate = make_plate(pixels=lambda *_: flat)
    document = json.loads((plate.path / "A/01/3/zarr.json").read_text())
    windows = [channel["window"] for channel in document["attributes"]["ome"]["omero"]["channels"]]
    assert windows == [
        {"start": 7, "end": 8, "min": 0, "max": 65535},
        {"start": 4000, "end": 4001, "min": 0, "max": 65535},
    ]


def test_fields_that_leave_take_their_files(make_plate: Any) -> None:
    """A field that a rewritten description no longer names is gone; the others keep their numbers."""
    plate: Plate = make_plate()
    fields = {"A01": (3,), "A02": (1, 3), "C05": (1, 3)}
    store.rewrite_description(plate.path, replace(plate.spec, fields=fields))
    assert sorted(path.name for path in (plate.path / "A/01").iterdir() if path.is_dir()) == ["3"]
    assert not (plate.path / "D").exists()
    assert list(open_plate(plate.path)["A01"]) == [3]
    yaozarrs.validate_zarr_store(str(plate.path))


def test_wrong_pixels_are_refused(make_plate: Any) -> None:
    """A field of another shape or type is refused by name."""
    plate: Plate = make_plate()
    with pytest.raises(ArgumentError, match=r"Field A01/1 was given uint8 pixels of shape \(2, 70, 90\)"):
        store.write_field(plate.path, plate.spec.layout, "A01", 1, np.zeros((2, 70, 90), "u1"))


def test_not_a_plate(tmp_path: Path) -> None:
    """A path that is not there and a folder of something else are told apart."""
    with pytest.raises(NotThereError, match="does not exist"):
        open_plate(tmp_path / "nothing")
    with pytest.raises(StoreError, match="hcs ingest"):
        open_plate(tmp_path)


def test_a_share_that_fails_is_no_damaged_plate(make_plate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An input/output error on the description is told as one; nothing is said of the plate."""
    plate = make_plate()

    def fails(path: Path, **_: object) -> str:
        raise OSError(errno.EIO, "Input/output error", str(path))

    monkeypatch.setattr(Path, "read_text", fails)
    with pytest.raises(UnreachableError, match="the disk or the network share fails"):
        store.read_description(plate.path)
