"""Plates of hcs for viewing: regions are the plate's pixels, read by chunk, or a sentence."""

import tracemalloc
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.plates.test_storedfield import DAMAGE, SHARD, exchange, flips

from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate
from hcs_plates.readers.acquisition import Channel, PlaneKey, Step
from hcs_plates.viewing import open_view

LAYOUT = FieldLayout(2, 2, 3, 530, 300, "uint16")


@pytest.fixture
def film(make_plate: Any) -> Plate:
    """One field of two times, two channels and three steps in z; a plane missing and one never acquired."""
    plate: Plate = make_plate(
        layout=LAYOUT,
        fields={"A01": (3,)},
        missing={PlaneKey("A01", 3, 0, 1, 2): "file gone"},
        never_acquired=frozenset({Step(1, 0, 0)}),
    )
    return plate


def test_regions_are_the_plates_pixels(film: Plate) -> None:
    """At every level, time and step, in the order of channels asked for, a region is what the plate has."""
    view = open_view(film.path)
    assert (view.name, view.version, view.plate, dict(view.fields)) == ("P1", "0.5", film, {"A01": (3,)})
    assert view.wells.equals(film.wells)
    field = view.field("a1", "3")
    assert (field.dtype, field.n_times, field.n_z, field.pixel_size_um) == ("uint16", 2, 3, (0.65, 0.65))
    assert [(level.height, level.width) for level in field.levels] == LAYOUT.plane_shapes
    assert field.missing == {(0, 1, 2), (1, 0, 0)}
    rng = np.random.default_rng(2)
    for level, (height, width) in enumerate(LAYOUT.plane_shapes):
        whole = film["A01"][3].read(level)
        for _ in range(6):
            (y0, y1), (x0, x1) = (sorted(rng.choice(size + 1, 2, replace=False)) for size in (height, width))
            found = field.region(level, [1, 0], 0, 1, y0, y1, x0, x1)
            assert np.array_equal(found, whole[0, [1, 0], 1, y0:y1, x0:x1])
        # Steps that are not there are no part of the maximum.
        highest = field.region(level, [0, 1], 0, "max", 0, height, 0, width)
        assert np.array_equal(highest, np.stack([whole[0, 0].max(0), whole[0, 1, 1:].max(0)]))
        highest = field.region(level, [0], 1, "max", 0, 9, 0, 9)
        assert np.array_equal(highest, whole[1, [0], :2, :9, :9].max(axis=1))


def test_what_is_not_there_is_refused(film: Plate) -> None:
    """Images that are missing or were never acquired, and places beyond the field: one sentence."""
    field = open_view(film.path).field("A01", 3)
    for asked in (
        (0, [0], 1, 2, 0, 9, 0, 9),
        (0, [1, 0], 0, 0, 0, 9, 0, 9),
        (4, [0], 0, 0, 0, 9, 0, 9),
        (0, [2], 0, 0, 0, 9, 0, 9),
        (0, [-1], 0, 0, 0, 9, 0, 9),
        (0, [], 0, 0, 0, 9, 0, 9),
        (0, [0], 2, 0, 0, 9, 0, 9),
        (0, [0], 0, 3, 0, 9, 0, 9),
        (0, [0], 0, 0, 0, 531, 0, 9),
        (0, [0], 0, 0, 5, 5, 0, 9),
        (0, [0], 0, 0, 0, 9, -1, 9),
        (0, [0] * 20_000, 0, 0, 0, 530, 0, 300),
    ):
        with pytest.raises(ArgumentError, match="ViewedField A01/3 of P1"):
            field.region(*asked)


def test_other_wells_and_fields_are_refused(film: Plate) -> None:
    """Wells and fields are looked up as in a plate, and what is not there is named."""
    view = open_view(film.path)
    for well, key in (("A02", 3), ("Q99", 3), ("A01", 1), ("A01", "../3")):
        with pytest.raises(KeyError, match=r"has no images of|no field|outside a"):
            view.field(well, key)


def test_only_the_chunks_of_a_region_are_read(make_plate: Any, read: dict[str, list[int]]) -> None:
    """Of a level's shard the index and the one chunk are read, by their bytes; of other levels nothing."""
    layout = FieldLayout(1, 2, 1, 1100, 520, "uint16")
    plate = make_plate(layout=layout, fields={"A01": (1,)}, missing={})
    field = open_view(plate.path).field("A01", 1)
    height, width = layout.chunks(0)[-2:]
    shard = (plate.path / "A/01/1/0" / SHARD).read_bytes()
    grid = (2, -(-1100 // height), -(-520 // width))
    # The index of a shard: offset and length of each chunk, and a CRC32C (Zarr sharding codec, 1.0).
    size = 16 * int(np.prod(grid)) + 4
    index = np.frombuffer(shard[-size:-4], "<u8").reshape(*grid, 2)
    read.clear()
    field.region(0, [1], 0, 0, height, height + 10, width, width + 10)
    assert sum(read.pop(f"A/01/1/0/{SHARD}")) == size + int(index[1, 1, 1, 1])
    assert set(read) == {"A/01/1/0/zarr.json"}
    read.clear()
    field.region(0, [0, 1], 0, 0, height - 1, height + 1, 0, 1)
    # The array's document is read once.
    assert set(read) == {f"A/01/1/0/{SHARD}"}
    expected = sum(int(index[channel, row, 0, 1]) for channel in (0, 1) for row in (0, 1))
    assert sum(read[f"A/01/1/0/{SHARD}"]) == size + expected


@pytest.mark.parametrize("damage", DAMAGE)
def test_damage_is_a_sentence(make_plate: Any, damage: str) -> None:
    """Whatever happens to a field's files, a plane is refused by name; a part, unless a shard is whole."""
    plate: Plate = make_plate(layout=FieldLayout(1, 2, 1, 300, 30, "uint16"))
    DAMAGE[damage](plate.path)
    with pytest.raises(StoreError, match="field A01/1 cannot be read"):
        open_view(plate.path).field("A01", 1).region(0, [0, 1], 0, 0, 0, 300, 0, 30)
    if damage not in ("another field's shard", "another field's array", "other sums"):
        with pytest.raises(StoreError, match="field A01/1 cannot be read"):
            open_view(plate.path).field("A01", 1).region(0, [0, 1], 0, 0, 0, 10, 0, 10)


def test_no_bit_flip_is_read_as_other_pixels(make_plate: Any) -> None:
    """Of single bit flips anywhere in a shard none gives other pixels of a part of a plane."""
    plate: Plate = make_plate()
    field = open_view(plate.path).field("A01", 1)
    right = field.region(0, [0, 1], 0, 0, 0, 50, 3, 50)
    found = 0
    for _ in flips(plate.path / "A/01/1/0" / SHARD, 60):
        try:
            assert np.array_equal(field.region(0, [0, 1], 0, 0, 0, 50, 3, 50), right)
        except StoreError:
            found += 1
    assert found > 30


def test_a_field_that_is_exchanged_while_it_is_open(make_plate: Any) -> None:
    """The field's document is held against the description at every region."""
    plate: Plate = make_plate()
    field = open_view(plate.path).field("A01", 1)
    field.region(0, [0], 0, 0, 0, 5, 0, 5)
    exchange(plate.path / "A/01/1", plate.path / "A/01/3")
    with pytest.raises(StoreError, match="another field"):
        field.region(0, [0], 0, 0, 0, 5, 0, 5)


def test_dark_fields(make_plate: Any) -> None:
    """A field of zeros, of which zarr stores no shard, is zeros."""
    plate = make_plate(pixels=lambda well, number: np.zeros((2, 70, 90), "uint16"))
    field = open_view(plate.path).field("A01", 1)
    assert not field.region(0, [0, 1], 0, 0, 0, 70, 0, 80).any()
    assert [(one.low, one.high, one.limits) for one in field.channels] == [(0.0, 1.0, (0.0, 1.0))] * 2


def test_plates_of_format_1(tmp_path: Path) -> None:
    """They are shown as they were; fields exchanged, lost or damaged are found out at their first region."""
    with zipfile.ZipFile(Path(__file__).parents[1] / "data" / "format1.zip") as archive:
        archive.extractall(tmp_path)
    path = tmp_path / "P1.ome.zarr"
    field = open_view(path).field("A01", 2)
    expected = np.arange(2 * 300 * 12, dtype="u2").reshape(2, 300, 12) + 2
    assert np.array_equal(field.region(0, [1], 0, 0, 10, 290, 2, 9), expected[[1], 10:290, 2:9])
    assert not open_view(path).field("B02", 1).region(0, [0], 0, 0, 0, 5, 0, 5).any()
    assert field.region(1, [0], 0, 0, 0, 150, 0, 6).max() > 3000
    (path / "A/01/2/1/c/0/0/0").unlink()
    with pytest.raises(StoreError, match="field A01/2 cannot be read"):
        field.region(1, [0], 0, 0, 0, 5, 0, 5)
    exchange(path / "A/01/1/0/c", path / "A/01/2/0/c")
    with pytest.raises(StoreError, match="field A01/1 cannot be read"):
        open_view(path).field("A01", 1).region(0, [0], 0, 0, 0, 5, 0, 5)


def test_threads_read_at_once(film: Plate) -> None:
    """Regions asked for by eight threads of one view are those that one thread gets."""
    view = open_view(film.path)
    whole = film["A01"][3].read()

    def right(place: int) -> bool:
        y, x, channel = 2 * place, place, place % 2
        found = view.field("A01", 3).region(0, [channel], 1, 1, y, y + 200, x, x + 100)
        return np.array_equal(found[0], whole[1, channel, 1, y : y + 200, x : x + 100])

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(right, range(100)))


def test_contrast_is_learned_once_from_small_levels(make_plate: Any, read: dict[str, list[int]]) -> None:
    """Channels have the percentiles 1 and 99.7 of the fields' smallest levels; limits hold all levels."""
    plate: Plate = make_plate(layout=FieldLayout(1, 2, 1, 300, 300, "uint16"), missing={})
    read.clear()
    view = open_view(plate.path)
    found = view.field("A01", 1).channels
    assert {key.split("/")[3] for key in read} == {"1"}
    read.clear()
    assert view.field("D06", 3).channels == found
    assert not read
    for channel, shown in enumerate(found):
        small = np.stack([field.read(1)[channel] for well in plate.values() for field in well.values()])
        assert (shown.low, shown.high) == pytest.approx(np.percentile(small, [1, 99.7]))
        assert (shown.limits, shown.name) == ((0.0, 65535.0), plate.channels[channel])


def test_a_stack_takes_the_memory_of_a_few_chunks(make_plate: Any) -> None:
    """The maximum over 36 steps holds a few planes (zarr's own copies too), and never the stack."""
    layout = FieldLayout(1, 1, 36, 256, 256, "uint16")
    plate: Plate = make_plate(layout=layout, channels=(Channel("GFP"),), fields={"A01": (1,)}, missing={})
    field = open_view(plate.path).field("A01", 1)
    field.region(0, [0], 0, 0, 0, 200, 0, 256)
    tracemalloc.start()
    try:
        for rows in (200, 256):
            tracemalloc.reset_peak()
            field.region(0, [0], 0, "max", 0, rows, 0, 256)
            # In bytes: twelve planes, a third of the stack.
            assert tracemalloc.get_traced_memory()[1] < 12 * 256 * 256 * 2
    finally:
        tracemalloc.stop()
