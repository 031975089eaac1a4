"""A plate read again: each damage is named, with its file and its kind, and nothing else is."""

import json
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr
from tests.inputs.otherplates import image, noise, other_plate
from zarr.storage import LocalStore

from hcs_plates.adopting import adopt
from hcs_plates.errors import HcsError, NotThereError, StoreError
from hcs_plates.lock import Lock
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import open_plate
from hcs_plates.staging import companion
from hcs_plates.tiles import create_tiles, tiles_folder
from hcs_plates.tiling import TileSpec
from hcs_plates.verifying.fault import Fault
from hcs_plates.verifying.plates import inspect_plate

LAYOUT = FieldLayout(1, 2, 1, 300, 30, "uint16")
SHARD = "c/0/0/0"
FIELD = "A/01/1"
INDEX = "tiles/t/index.parquet"


def flip(file: Path) -> None:
    """Flip one bit in the middle of a file."""
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 4
    file.write_bytes(content)


def exchange(first: Path, second: Path) -> None:
    """Put each in the other's place."""
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def edit(file: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON document."""
    document = json.loads(file.read_bytes())
    change(document)
    file.write_text(json.dumps(document))


def two_things(plate: Path) -> None:
    """Flip a bit, and put something into the plate."""
    flip(plate / FIELD / "0" / SHARD)
    (plate / "x").mkdir()


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file, and the times of the folders."""
    return {
        str(one): (one.read_bytes() if one.is_file() else b"", one.stat().st_mtime_ns)
        for one in [folder, *folder.rglob("*")]
    }


def verified(path: Path) -> list[Fault]:
    """Faults of a plate, which verifying leaves as it was."""
    before = state(path)
    found = inspect_plate(path).run(workers=2)
    assert state(path) == before
    return list(found)


@pytest.fixture
def plate(make_plate: Any) -> Path:
    """A plate of eight fields of two levels, with a tile set in it."""
    made = make_plate(layout=LAYOUT)
    create_tiles([made], tiles_folder(made) / "t", TileSpec(8), workers=1)
    return Path(made.path)


DAMAGE: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "bit of level 0": (lambda p: flip(p / FIELD / "0" / SHARD), [(f"{FIELD}/0/{SHARD}", "damaged")]),
    "bit of level 1": (lambda p: flip(p / FIELD / "1" / SHARD), [(f"{FIELD}/1/{SHARD}", "damaged")]),
    "no shard": (lambda p: (p / FIELD / "0" / SHARD).unlink(), [(f"{FIELD}/0/{SHARD}", "missing")]),
    "0 bytes": (lambda p: (p / FIELD / "1" / SHARD).write_bytes(b""), [(f"{FIELD}/1/{SHARD}", "damaged")]),
    "another field's shard": (
        lambda p: shutil.copy(p / "A/01/3/0" / SHARD, p / FIELD / "0" / SHARD),
        [(f"{FIELD}/0/{SHARD}", "damaged")],
    ),
    "exchanged shards": (
        lambda p: exchange(p / FIELD / "1" / SHARD, p / "C/05/1/1" / SHARD),
        [(f"{FIELD}/1/{SHARD}", "damaged"), (f"C/05/1/1/{SHARD}", "damaged")],
    ),
    "exchanged fields": (
        lambda p: exchange(p / FIELD, p / "A/01/3"),
        [(f"{FIELD}/zarr.json", "damaged"), ("A/01/3/zarr.json", "damaged")],
    ),
    "other sums": (
        lambda p: edit(
            p / FIELD / "zarr.json", lambda one: one["attributes"]["hcs"].update(crc32c=["0" * 16] * 2)
        ),
        [(f"{FIELD}/zarr.json", "damaged")],
    ),
    "another shape": (
        lambda p: edit(p / FIELD / "0/zarr.json", lambda one: one.update(shape=[2, 300, 31])),
        [(f"{FIELD}/0/zarr.json", "damaged")],
    ),
    "no array document": (
        lambda p: (p / FIELD / "1/zarr.json").unlink(),
        [(f"{FIELD}/1/zarr.json", "missing")],
    ),
    "no field": (lambda p: shutil.rmtree(p / FIELD), [(FIELD, "missing")]),
    "no well's document": (lambda p: (p / "A/01/zarr.json").unlink(), [("A/01/zarr.json", "missing")]),
    "a well of other fields": (
        lambda p: edit(
            p / "A/01/zarr.json", lambda one: one["attributes"]["ome"]["well"]["images"][0].update(path="2")
        ),
        [("A/01/zarr.json", "damaged")],
    ),
    "description": (
        lambda p: edit(p / "zarr.json", lambda one: one["attributes"]["hcs"].update(notices=[])),
        [("zarr.json", "damaged")],
    ),
    "no JSON": (lambda p: (p / "zarr.json").write_text("{"), [("zarr.json", "damaged")]),
    "no description": (lambda p: (p / "zarr.json").unlink(), [("zarr.json", "missing")]),
    "a file more": (lambda p: (p / "A/notes.txt").write_text("x"), [("A/notes.txt", "not part of it")]),
    "no tile set": (lambda p: (p / "tiles/x").mkdir(), [("tiles/x", "not part of it")]),
    "a field more": (lambda p: shutil.copytree(p / FIELD, p / "A/01/9"), [("A/01/9", "not part of it")]),
    "a shard more": (
        lambda p: (p / FIELD / "0/c/0/0/1").write_bytes(b"x"),
        [(f"{FIELD}/0/c/0/0/1", "not part of it")],
    ),
    "a tile's bit": (lambda p: flip(p / "tiles/t/tiles/c/0/0/0/0"), [("tiles/t/tiles/c/0/0/0/0", "damaged")]),
    "no tiles": (
        lambda p: (p / "tiles/t/tiles/c/0/0/0/0").unlink(),
        [("tiles/t/tiles/c/0/0/0/0", "missing")],
    ),
    "a row less": (
        lambda p: pd.read_parquet(p / INDEX).iloc[1:].to_parquet(p / INDEX),
        [(INDEX, "damaged")],
    ),
    "rows in another order": (
        lambda p: pd.read_parquet(p / INDEX).iloc[::-1].to_parquet(p / INDEX),
        [(INDEX, "damaged")],
    ),
    "a cut index": (lambda p: (p / INDEX).write_bytes((p / INDEX).read_bytes()[:-9]), [(INDEX, "damaged")]),
    "no index": (lambda p: (p / INDEX).unlink(), [(INDEX, "missing")]),
    "tiles of other settings": (
        lambda p: edit(
            p / "tiles/t/zarr.json", lambda one: one["attributes"]["hcs_tiles"].update(left_out=[])
        ),
        [("tiles/t/zarr.json", "damaged")],
    ),
    "two things": (
        two_things,
        [("x", "not part of it"), (f"{FIELD}/0/{SHARD}", "damaged")],
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_is_named_and_nothing_else(plate: Path, damage: str) -> None:
    """Its file, its kind, and a remedy."""
    change, expected = DAMAGE[damage]
    change(plate)
    found = verified(plate)
    assert [(str(Path(one.where).relative_to(plate)), one.kind) for one in found] == expected
    assert all(one.what and one.found and one.expected and one.remedy for one in found)


def test_a_whole_plate_has_no_fault(plate: Path) -> None:
    """Planes that the description lists as missing are known, and told."""
    assert verified(plate) == []
    assert inspect_plate(plate).notes == ("Plate P1 lists 2 planes as missing: known, and no fault.",)


def test_dark_fields_are_no_fault(make_plate: Any) -> None:
    """Zarr stores no shard of zeros: none is missing."""
    dark = make_plate(layout=LAYOUT, pixels=lambda well, number: np.zeros(LAYOUT.shape, "uint16"))
    assert verified(dark.path) == []


def test_what_reading_refuses_is_a_fault(plate: Path) -> None:
    """Any bit of a field's files: whichever level cannot be read is not called sound."""
    files = sorted(one for one in (plate / FIELD).rglob("*") if one.is_file())
    for file in files:
        whole = file.read_bytes()
        flip(file)
        refused = any(_refused(plate, level) for level in (0, 1))
        found = inspect_plate(plate).run(workers=1)
        assert not refused or found, file
        assert all(Path(one.where).is_relative_to(plate / FIELD) for one in found)
        file.write_bytes(whole)


def _refused(plate: Path, level: int) -> bool:
    with suppress(HcsError):
        open_plate(plate)["A01"][1].read(level)
        return False
    return True


def test_tiles_of_other_images_are_stale(plate: Path, make_plate: Any, tmp_path: Path) -> None:
    """Tiles that were cut from a plate of other pixels, and now lie in this one."""
    aside = tmp_path / "aside"
    plate.rename(aside)
    other = make_plate(layout=LAYOUT, pixels=lambda well, number: np.full(LAYOUT.shape, number, "uint16"))
    shutil.copytree(aside / "tiles", other.path / "tiles")
    (fault,) = verified(other.path)
    assert (fault.kind, Path(fault.where)) == ("stale", other.path / "tiles/t")
    assert fault.found == "plate P1 has other images now"


def test_a_run_that_works_in_it_is_told(plate: Path) -> None:
    """It goes on, and nothing of its lock changes."""
    with Lock(companion(plate, "lock"), plate):
        assert inspect_plate(plate).notes[0] == "A run works in it; what is checked is what stands."
    assert len(inspect_plate(plate).notes) == 1


def test_on_a_cluster(plate: Path, two_workers: Any) -> None:
    """Worker processes find the same; nothing is left beside the plate."""
    flip(plate / FIELD / "1" / SHARD)
    beside = set(plate.parent.iterdir())
    assert inspect_plate(plate).run(client=two_workers) == inspect_plate(plate).run(workers=1)
    assert set(plate.parent.iterdir()) == beside


@pytest.fixture
def adopted(tmp_path: Path) -> Path:
    """A plate of another tool with two levels, adopted."""
    wells = {f"{row}/1": {"0": [noise(2, 32, 32, seed=at), noise(2, 16, 16)]} for at, row in enumerate("AB")}
    path = other_plate(tmp_path / "other.zarr", wells)
    adopt(path, workers=1)
    return path


ADOPTED: dict[str, tuple[Callable[[Path], object], list[tuple[str, str]]]] = {
    "whole": (lambda p: None, []),
    "another field's chunk": (
        lambda p: shutil.copy(p / "B/1/0/0/c/0/0/0", p / "A/1/0/0/c/0/0/0"),
        [("A/1/0/0", "damaged")],
    ),
    "no chunk": (lambda p: (p / "A/1/0/0/c/0/0/0").unlink(), [("A/1/0/0", "damaged")]),
    "a smaller level": (lambda p: (p / "A/1/0/1/c/0/0/0").write_bytes(b"x"), [("A/1/0/1", "damaged")]),
    "the kept sums": (
        lambda p: edit(p / "adopted.json", lambda one: one.update(plate="Q")),
        [("adopted.json", "damaged")],
    ),
    "no field": (
        lambda p: shutil.rmtree(p / "B/1/0"),
        [("B/1/0", "missing"), ("adopted.json", "stale")],
    ),
}


@pytest.mark.parametrize("damage", ADOPTED)
def test_adopted_plates(adopted: Path, damage: str) -> None:
    """Held against the sums of adopted.json."""
    change, expected = ADOPTED[damage]
    change(adopted)
    found = verified(adopted)
    assert [(str(Path(one.where).relative_to(adopted)), one.kind) for one in found] == expected


def test_a_plate_that_was_not_adopted(adopted: Path) -> None:
    """Nothing was kept to hold it against, which is said; chunks that do not decode are faults."""
    (adopted / "adopted.json").unlink()
    assert verified(adopted) == []
    assert "was never adopted: nothing was kept to hold its pixels against" in inspect_plate(adopted).notes[0]
    (adopted / "B/1/0/0/c/1/0/0").write_bytes(b"x")
    (fault,) = verified(adopted)
    assert (fault.kind, fault.where) == ("damaged", str(adopted / "B/1/0/0"))


def test_labels_have_to_decode(plate: Path) -> None:
    """No sum is kept of label images, but each chunk has one."""
    labels = plate / FIELD / "labels/nuclei"
    zarr.create_array(LocalStore(labels / "0"), shape=(300, 30), dtype="int32", chunks=(300, 30))[:] = 7
    assert verified(plate) == []
    (labels / "0/c/0/0").write_bytes(b"x")
    (fault,) = verified(plate)
    assert (fault.kind, fault.where, fault.remedy) == ("damaged", str(labels / "0"), f"hcs labels {plate}")


def test_plates_of_format_1(tmp_path: Path) -> None:
    """They keep digests of whole fields alone: smaller levels only have to decode."""
    with zipfile.ZipFile(Path(__file__).parents[1] / "data" / "format1.zip") as stored:
        stored.extractall(tmp_path)
    (path,) = (one for one in tmp_path.iterdir() if one.is_dir())
    assert verified(path) == []
    shard = next(one for one in sorted(path.rglob("c/*/*/*")) if one.is_file())
    flip(shard)
    assert [(one.kind, one.where) for one in verified(path)] == [("damaged", str(shard))]


def test_nothing_there(tmp_path: Path) -> None:
    """A path that is not there, or that never was a plate, is no plate with faults."""
    image(tmp_path / "image.zarr", [noise(2, 8, 8)], "cyx", "0.5")
    with pytest.raises(StoreError, match="is not a plate but a single image"):
        inspect_plate(tmp_path / "image.zarr")
    with pytest.raises(NotThereError, match="does not exist"):
        inspect_plate(tmp_path / "P1.ome.zarr")
