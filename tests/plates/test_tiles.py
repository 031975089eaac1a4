"""Stored tiles: the same as the lazy ones, indexed, listed when left out, resumed, the same on Dask."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import zarr

from hcs_plates import tiles as tiles_module
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Plate, open_plate
from hcs_plates.rescale import tile_field
from hcs_plates.staging import staging_path
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.tiling import TileSpec, tile_index
from hcs_plates.units import pixel_digest


def test_stored_equals_lazy_equals_by_hand(make_plate: Any, tmp_path: Path) -> None:
    """Row i of the index is tile i, whichever way it was made."""
    plate: Plate = make_plate()
    stored = create_tiles([plate], tmp_path / "tiles", TileSpec(16, grid=2))
    lazy = plate.tiles(16, grid=2)
    pixels = stored.read(0, len(stored))
    assert np.array_equal(pixels, lazy.values)
    assert stored.index["tile_id"].tolist() == lazy["tile_id"].values.tolist()
    row = stored.index[stored.index["tile_id"] == "P1/C05/3/2"].iloc[0]
    by_hand = tile_field(plate["C05"][3].read(), 16, 2)[2]
    assert np.array_equal(pixels[row.name], by_hand)
    assert (row["grid_row"], row["grid_column"]) == (1, 0)
    assert row["digest"] == pixel_digest(by_hand)
    assert stored.index["digest"].tolist() == [pixel_digest(tile) for tile in pixels]


def test_what_is_left_out_is_listed(make_plate: Any, tmp_path: Path) -> None:
    """Wells not included, fields with a missing plane and fields missing whole give no tile and are named."""
    stored = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(16))
    assert stored.left_out.to_numpy().tolist() == [
        ["well", "P1/D06", "not included (platemap)"],
        ["field", "P1/A02/3", "DNA plane missing: file gone"],
        ["field", "P1/C05/2", "GFP plane missing: file gone"],
    ]
    assert set(stored.index["well"]) == {"A01", "A02", "C05"}


def test_only_the_wanted_channels_matter(make_plate: Any, tmp_path: Path) -> None:
    """A field that lacks another channel gives its tile; channels keep the order asked for."""
    plate: Plate = make_plate()
    one = create_tiles([plate], tmp_path / "one", TileSpec(16, channels=("GFP",)))
    assert "P1/A02/3/0" in set(one.index["tile_id"])
    two = create_tiles([plate], tmp_path / "two", TileSpec(16, channels=("DNA", "GFP")))
    assert two.channels == ("DNA", "GFP")
    assert np.array_equal(two.read(0, 1)[..., 1], one.read(0, 1)[..., 0])


def test_stacks_and_times(make_plate: Any, tmp_path: Path) -> None:
    """A z stack is projected by its maximum; the time point is the one asked for."""
    plate: Plate = make_plate(layout=FieldLayout(2, 2, 3, 32, 32, "uint8"), missing={})
    stored = create_tiles([plate], tmp_path / "tiles", TileSpec(32, time=1))
    whole = plate["A01"][1].read()
    assert np.array_equal(stored.read(0, 1)[0, :, :, 1], whole[1, 1].max(axis=0))
    with pytest.raises(ArgumentError, match="2 time points; got time 2"):
        tile_index(plate.spec, TileSpec(32, time=2))


def test_chosen_wells(make_plate: Any, tmp_path: Path) -> None:
    """Only the wells asked for give tiles."""
    stored = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(16), wells={"P1": ["C05"]})
    assert stored.index["well"].unique().tolist() == ["C05"]


@pytest.mark.parametrize("grid", [1, 2])
def test_chosen_tiles(make_plate: Any, tmp_path: Path, grid: int) -> None:
    """Only the tiles named are made, as among all, in the index's order; unknown ones are refused."""
    plate: Plate = make_plate()
    whole = create_tiles([plate], tmp_path / "whole", TileSpec(16, grid=grid))
    ids = whole.index["tile_id"].tolist()[1::3]
    some = create_tiles([plate], tmp_path / "some", TileSpec(16, grid=grid), chosen=ids[::-1])
    assert some.index["tile_id"].tolist() == ids
    rows = whole.index.index[whole.index["tile_id"].isin(ids)]
    assert np.array_equal(some.read(0, len(some)), whole.read(0, len(whole))[rows])
    assert some.index["digest"].tolist() == whole.index["digest"][rows].tolist()
    with pytest.raises(ArgumentError, match="1 chosen tiles are not of these wells, the first 'P1/Z99/1/0'"):
        create_tiles([plate], tmp_path / "none", TileSpec(16), chosen=["P1/Z99/1/0"])


def test_finished_tiles_are_taken_as_they_are(make_plate: Any, tmp_path: Path) -> None:
    """The same plates and settings again give the stored tiles, without asking to overwrite."""
    plate: Plate = make_plate()
    first = create_tiles([plate], tmp_path / "tiles", TileSpec(16))
    before = (first.path / "tiles").stat().st_mtime_ns
    again = create_tiles([plate], tmp_path / "tiles", TileSpec(16))
    assert again.index.equals(first.index)
    assert (again.path / "tiles").stat().st_mtime_ns == before


def test_several_plates(make_plate: Any, tmp_path: Path) -> None:
    """Plates follow each other, each tile under its plate's name; shards do not mix up the order."""
    plates = [make_plate("P1"), make_plate("P2")]
    stored = create_tiles(plates, tmp_path / "tiles", TileSpec(8, grid=5))
    assert stored.index["plate"].unique().tolist() == ["P1", "P2"]
    assert len(stored.shards()) > 1
    assert stored.shards()[-1][1] == len(stored)
    last = stored.index.iloc[-1]
    by_hand = tile_field(plates[1][last["well"]][last["field"]].read(), 8, 5)[24]
    assert np.array_equal(stored.read(len(stored) - 1, len(stored))[0], by_hand)


def test_a_killed_run_goes_on(make_plate: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Shards that were finished before a kill are not made again, and the result is the same."""
    plate: Plate = make_plate()
    spec = TileSpec(8, grid=6)
    whole = create_tiles([plate], tmp_path / "whole", spec)
    original = tiles_module._write_shard
    made: list[int] = []

    def dies(shard: Any) -> Any:
        if shard.start > 0:
            raise KeyboardInterrupt
        made.append(shard.start)
        return original(shard)

    monkeypatch.setattr(tiles_module, "_write_shard", dies)
    with pytest.raises(KeyboardInterrupt):
        create_tiles([plate], tmp_path / "tiles", spec, workers=1)
    assert not (tmp_path / "tiles").exists()

    def goes_on(shard: Any) -> Any:
        made.append(shard.start)
        return original(shard)

    monkeypatch.setattr(tiles_module, "_write_shard", goes_on)
    resumed = create_tiles([plate], tmp_path / "tiles", spec, workers=1)
    assert sorted(made) == [start for start, _ in whole.shards()]
    assert resumed.index.equals(whole.index)
    assert np.array_equal(resumed.read(0, len(resumed)), whole.read(0, len(whole)))


def test_a_run_killed_before_its_array_was_made(make_plate: Any, tmp_path: Path) -> None:
    """A staging folder that has the plan and not yet the array is made anew."""
    plate: Plate = make_plate()
    whole = create_tiles([plate], tmp_path / "tiles", TileSpec(16))
    staged = staging_path(tmp_path / "again")
    staged.mkdir()
    (staged / "zarr.json").write_bytes((whole.path / "zarr.json").read_bytes())
    assert create_tiles([plate], tmp_path / "again", TileSpec(16)).index.equals(whole.index)


def test_two_worker_processes_give_the_same(
    make_plate: Any, tmp_path: Path, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tiles made by two processes that stand elsewhere have the digests that threads give."""
    monkeypatch.chdir(tmp_path)
    plate = open_plate(make_plate().path.name)
    threads = create_tiles([plate], "threads", TileSpec(8, grid=6))
    processes = create_tiles([plate], "processes", TileSpec(8, grid=6), client=two_workers)
    assert threads.index.equals(processes.index)


@pytest.mark.parametrize(
    ("changes", "spec", "words"),
    [
        ({}, TileSpec(16, channels=("RFP",)), "no channel 'RFP'"),
        ({"layout": FieldLayout(1, 2, 1, 70, 90, "uint8")}, TileSpec(16), "tile them apart"),
        ({"name": "P1"}, TileSpec(16), "different names"),
    ],
)
def test_plates_that_do_not_go_together(
    make_plate: Any, make_spec: Any, tmp_path: Path, changes: dict[str, Any], spec: TileSpec, words: str
) -> None:
    """Missing channels, other pixel types and equal names are refused before anything is written."""
    first = make_plate("P1")
    second = Plate(first.path, make_spec(**{"name": "P2", **changes}))
    with pytest.raises(ArgumentError, match=words):
        create_tiles([first, second], tmp_path / "tiles", spec)
    assert not (tmp_path / "tiles").exists()


def test_nothing_to_tile(make_plate: Any, make_spec: Any, tmp_path: Path) -> None:
    """A plate with no included well is said, not stored."""
    table = make_spec().wells.assign(included=False)
    with pytest.raises(ArgumentError, match="no tiles"):
        create_tiles([make_plate(wells=table)], tmp_path / "tiles", TileSpec(16))
    with pytest.raises(ArgumentError, match="no tiles"):
        make_plate("P2", wells=table).tiles(16)


def test_opening(make_plate: Any, tmp_path: Path) -> None:
    """Stored tiles open again with everything; taken places and other folders are refused."""
    create_tiles([make_plate()], tmp_path / "tiles", TileSpec(16))
    again = TileSet.open(tmp_path / "tiles")
    assert (again.size, again.dtype, again.channels) == (16, "uint16", ("GFP", "DNA"))
    with pytest.raises(ExistsError):
        create_tiles([make_plate("P3")], tmp_path / "tiles", TileSpec(16))
    with pytest.raises(NotThereError):
        TileSet.open(tmp_path / "nowhere")
    with pytest.raises(StoreError, match="not a tile set"):
        TileSet.open(tmp_path)


def _edited(path: Path, change: Callable[[Any], object]) -> None:
    document = json.loads(path.read_text())
    change(document)
    path.write_text(json.dumps(document))


def _facts(document: Any) -> Any:
    (facts,) = document["attributes"].values()
    return facts


def _swap(first: Path, second: Path) -> None:
    one, other = first.read_bytes(), second.read_bytes()
    first.write_bytes(other)
    second.write_bytes(one)


@pytest.mark.parametrize(
    "damage",
    [
        lambda first, second: first.unlink(),
        lambda first, second: first.write_bytes(b""),
        lambda first, second: first.write_bytes(first.read_bytes()[:-9]),
        _swap,
    ],
    ids=["gone", "of 0 bytes", "cut", "exchanged"],
)
def test_damaged_shards_are_never_read_as_tiles(
    make_plate: Any, tmp_path: Path, damage: Callable[[Path, Path], object]
) -> None:
    """A shard lost, empty, cut or exchanged is refused; the tiles of the others are read."""
    tiles = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(8, grid=6))
    (start, stop), last = tiles.shards()[0], tiles.shards()[-1]
    assert start < stop <= last[0]
    damage(*(tiles.path / "tiles/c" / name / "0/0/0" for name in ("0", "1")))
    with pytest.raises(StoreError, match=r"not those its index describes|cannot be read"):
        TileSet.open(tiles.path).read(start, start + 1)
    assert len(TileSet.open(tiles.path).read(*last)) == last[1] - last[0]


def test_every_changed_tile_is_named(make_plate: Any, tmp_path: Path) -> None:
    """Two tiles overwritten by another tool, two faults, each with its id."""
    tiles = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(8, grid=2))
    array = zarr.open_array(tiles.path / "tiles", mode="r+")
    array[2], array[6] = 0, 1
    with pytest.raises(StoreError) as refusal:
        tiles.read(0, 8)
    assert [fault.split()[4] for fault in refusal.value.faults] == ["P1/A01/1/2", "P1/A01/3/2"]


@pytest.mark.parametrize(
    "damage",
    [
        lambda copy: (copy / "zarr.json").write_text("no json"),
        lambda copy: (copy / "zarr.json").write_text('{"attributes": []}'),
        lambda copy: (copy / "index.parquet").write_bytes(b"PAR1"),
        lambda copy: (copy / "tiles/zarr.json").unlink(),
        lambda copy: _edited(copy / "zarr.json", lambda one: _facts(one).pop("channels")),
        lambda copy: _edited(copy / "zarr.json", lambda one: _facts(one).update(spec=1)),
        lambda copy: _edited(copy / "zarr.json", lambda one: _facts(one).update(plates={})),
        lambda copy: _edited(copy / "tiles/zarr.json", lambda one: one.update(shape=[10**9, 8, 8, 2])),
        lambda copy: _edited(copy / "tiles/zarr.json", lambda one: one.update(shape=[20, 10**9, 8, 2])),
        lambda copy: pd.DataFrame({"tile_id": ["a"]}).to_parquet(copy / "index.parquet"),
    ],
)
def test_damaged_documents_are_sentences(
    make_plate: Any, tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    """A tile set whose documents or index are damaged says so and what to remove; nothing is allocated."""
    tiles = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(8, grid=2))
    damage(tiles.path)
    with pytest.raises(StoreError, match="remove this folder and run again what made it"):
        TileSet.open(tiles.path)


def test_unreadable_tiles_in_the_way(make_plate: Any, tmp_path: Path) -> None:
    """Finished ones that cannot be read are refused by name; an interrupted run's are made again."""
    plate: Plate = make_plate()
    tiles = create_tiles([plate], tmp_path / "tiles", TileSpec(8))
    (tiles.path / "zarr.json").write_text("{")
    with pytest.raises(StoreError, match="remove this folder"):
        create_tiles([plate], tiles.path, TileSpec(8))
    tiles.path.rename(staging_path(tiles.path))
    assert create_tiles([plate], tiles.path, TileSpec(8)).index.equals(tiles.index)


def test_shown(make_plate: Any, tmp_path: Path) -> None:
    """A tile set says what it is in a line and in a notebook."""
    tiles = create_tiles([make_plate()], tmp_path / "tiles", TileSpec(8))
    assert repr(tiles).endswith("5 tiles of 8 px, channels GFP, DNA>")
    assert "5 of 8 × 8 uint16" in tiles._repr_html_()
