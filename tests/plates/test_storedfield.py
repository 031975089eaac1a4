"""A field's pixels are those that were written, or a sentence."""

import json
import random
import shutil
import zipfile
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hcs_plates.errors import NotThereError, StoreError, UnreachableError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, open_plate

LAYOUT = FieldLayout(1, 2, 1, 300, 30, "uint16")
SHARD = "c/0/0/0"


def exchange(first: Path, second: Path) -> None:
    """Put each in the other's place."""
    aside = first.with_name("aside")
    first.rename(aside)
    second.rename(first)
    aside.rename(second)


def edited(path: Path, change: Callable[[Any], None]) -> None:
    """Change a JSON document."""
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


DAMAGE: dict[str, Callable[[Path], object]] = {
    "cut": lambda plate: (plate / "A/01/1/0" / SHARD).write_bytes(b"x" * 100),
    "gone": lambda plate: (plate / "A/01/1/0" / SHARD).unlink(),
    "of 0 bytes": lambda plate: (plate / "A/01/1/0" / SHARD).write_bytes(b""),
    "another field's shard": lambda plate: exchange(plate / "A/01/1/0" / SHARD, plate / "A/01/3/0" / SHARD),
    "another field's array": lambda plate: exchange(plate / "A/01/1/0", plate / "A/01/3/0"),
    "another field's folder": lambda plate: exchange(plate / "A/01/1", plate / "A/01/3"),
    "another level": lambda plate: exchange(plate / "A/01/1/0", plate / "A/01/1/1"),
    "no array document": lambda plate: (plate / "A/01/1/0/zarr.json").unlink(),
    "no field document": lambda plate: (plate / "A/01/1/zarr.json").unlink(),
    "huge shape": lambda plate: edited(
        plate / "A/01/1/0/zarr.json", lambda one: one.update(shape=[2, 10**9, 10**9])
    ),
    "huge chunks": lambda plate: edited(
        plate / "A/01/1/0/zarr.json",
        lambda one: one["codecs"][0]["configuration"].update(chunk_shape=[1, 10**6, 10**6]),
    ),
    "no codecs": lambda plate: edited(plate / "A/01/1/0/zarr.json", lambda one: one.pop("codecs")),
    "other sums": lambda plate: edited(
        plate / "A/01/1/zarr.json", lambda one: one["attributes"]["hcs"].update(crc32c=["0" * 16] * 2)
    ),
    "sums of another kind": lambda plate: edited(
        plate / "A/01/1/zarr.json", lambda one: one["attributes"]["hcs"].update(crc32c=7)
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_a_sentence(make_plate: Any, damage: str) -> None:
    """Whatever happens to a field's files: fields, single planes, arrays and tiles are refused by name."""
    plate: Plate = make_plate(layout=LAYOUT)
    DAMAGE[damage](plate.path)
    plate = open_plate(plate.path)
    for read in (
        lambda: plate["A01"][1].read(),
        lambda: plate["A01"][1].image("GFP"),
        lambda: plate.images.sel(well="A01", field=1, channel="DNA").compute(),
        lambda: plate.tiles(8).sel(well="A01", field=1).compute(),
    ):
        with pytest.raises(StoreError, match="field A01/1 cannot be read"):
            read()


def test_smaller_levels_are_held_against_sums_too(make_plate: Any) -> None:
    """Two fields' level 1 exchanged: level 0 is right, level 1 refused."""
    plate: Plate = make_plate(layout=LAYOUT)
    exchange(plate.path / "A/01/1/1", plate.path / "A/01/3/1")
    assert plate["A01"][1].read().any()
    with pytest.raises(StoreError, match="A01/1 cannot be read"):
        plate["A01"][1].read(1)


def flips(shard: Path, number: int) -> Any:
    """Flip one bit of a file after the other, each time of the whole file."""
    whole = shard.read_bytes()
    rng = random.Random(1)
    for _ in range(number):
        changed = bytearray(whole)
        changed[rng.randrange(len(whole))] ^= 1 << rng.randrange(8)
        shard.write_bytes(bytes(changed))
        yield
    shard.write_bytes(whole)


def test_no_bit_flip_is_read_as_other_pixels(make_plate: Any) -> None:
    """Of single bit flips anywhere in a shard none gives other pixels, of the field or of one plane."""
    plate: Plate = make_plate()
    field = plate["A01"][1]
    reads: list[Callable[[], Any]] = [field.read, partial(field.image, "DNA")]
    expected = [read() for read in reads]
    for _ in flips(plate.path / "A/01/1/0" / SHARD, 60):
        for read, right in zip(reads, expected, strict=True):
            with suppress(StoreError):
                assert np.array_equal(read(), right)


def test_dark_fields(make_plate: Any) -> None:
    """A field of zeros is an image like any other and leaves no hidden file; Zarr stores no shard of it."""
    plate: Plate = make_plate(layout=LAYOUT, pixels=lambda well, number: np.zeros(LAYOUT.shape, "uint16"))
    assert not [path for path in plate.path.rglob("*") if path.name.startswith(".") or path.name == "c"]
    assert not plate["A01"][1].read().any()
    assert plate.tiles(8).compute().shape == (6 - 1, 8, 8, 2)


def test_what_cannot_be_reached_is_not_damaged(make_plate: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A share that drops says nothing of the pixels: the advice is not to ingest again."""
    plate: Plate = make_plate()

    def drops(self: Path) -> bytes:
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", drops)
    with pytest.raises(UnreachableError, match="network share fails"):
        plate["A01"][1].read()


def test_a_plate_that_went_away(make_plate: Any) -> None:
    """A plate that is not there any more is said to be so."""
    plate: Plate = make_plate()
    shutil.rmtree(plate.path)
    with pytest.raises(NotThereError, match="does not exist, or not on this machine"):
        plate["A01"][1].read()


@pytest.fixture
def earlier(tmp_path: Path) -> Plate:
    """A plate of format 1, as hcs 0.1.0 wrote it: no sums, no CRC32C, a hidden mark beside dark fields."""
    with zipfile.ZipFile(Path(__file__).parent / "data" / "format1.zip") as archive:
        archive.extractall(tmp_path)
    return open_plate(tmp_path / "P1.ome.zarr")


def test_plates_of_format_1_are_read(earlier: Plate) -> None:
    """Fields, planes, smaller levels and dark fields come as they were, also without the dark ones' mark."""
    for mark in earlier.path.rglob(".dark"):
        mark.unlink()
    expected = np.arange(2 * 300 * 12, dtype="u2").reshape(2, 300, 12) + 2
    assert np.array_equal(earlier["A01"][2].read(), expected)
    assert np.array_equal(earlier["A01"][2].image("DNA"), expected[1])
    assert not earlier["B02"][1].read().any()
    pairs = expected.reshape(2, 150, 2, 6, 2).mean(axis=(2, 4))
    assert np.abs(earlier["A01"][2].read(1) - pairs).max() <= 0.5


@pytest.mark.parametrize(
    "damage",
    [
        DAMAGE["gone"],
        DAMAGE["of 0 bytes"],
        lambda plate: exchange(plate / "A/01/1/0/c", plate / "A/01/2/0/c"),
        lambda plate: exchange(plate / "A/01/1", plate / "A/01/2"),
    ],
    ids=["gone", "of 0 bytes", "another field's shard", "another field's folder"],
)
def test_damaged_plates_of_format_1_are_refused(earlier: Plate, damage: Callable[[Path], object]) -> None:
    """The digest of each field, which was always there, is what its pixels are held against."""
    damage(earlier.path)
    for level in (0, 1):
        with pytest.raises(StoreError, match="field A01/1 cannot be read"):
            earlier["A01"][1].read(level)


def test_one_well_reads_one_well(make_plate: Any, read: dict[str, list[int]]) -> None:
    """No byte of another well's arrays is read for the pixels of one."""
    plate = make_plate()
    well = list(plate)[-1]
    for field in plate[well].values():
        field.read()
    assert read
    assert all(name.startswith(f"{well[0]}/{well[1:]}/") for name in read)
