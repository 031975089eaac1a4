"""Plates and tiles at an address: the same pixels as on a disk, few requests, sentences for failures."""

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import obstore
import pandas as pd
import pytest
from tests.plates.s3server import BUCKET, Faulty, put_folder, s3_server, set_environment

import hcs
from hcs.cli import main
from hcs_plates import TileSet, TileSpec, create_tiles, objects, open_plate, sending
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError, StoreError, UnreachableError
from hcs_plates.ingestion import ingest
from hcs_plates.objects import ObjectPath
from hcs_plates.sending import send
from hcs_plates.simulate import ExperimentSpec, FieldSpec, simulate_export

Captured = pytest.CaptureFixture[str]
PLATE = f"s3://{BUCKET}/plates/P.ome.zarr"


@pytest.fixture(scope="module")
def local(tmp_path_factory: pytest.TempPathFactory) -> hcs.Plate:
    """A plate on a disk."""
    field = FieldSpec(height=256, width=256, channels=("FITC", "DAPI"))
    spec = ExperimentSpec(name="P", clones_per_class=2, wells_per_clone=1, fields_per_well=2, field=field)
    folder = tmp_path_factory.mktemp("local")
    (export,) = simulate_export(folder / "export", spec)
    return ingest(export, folder / "P.ome.zarr", export / "platemap.csv")


@pytest.fixture(scope="module")
def server(local: hcs.Plate) -> Iterator[Faulty]:
    """A server that holds the plate."""
    with s3_server() as (front, environment):
        before = {name: os.environ.get(name) for name in environment}
        os.environ.update(environment)
        objects.server.cache_clear()
        put_folder(local.path, PLATE)
        yield front
        objects.server.cache_clear()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


@pytest.fixture
def front(server: Faulty) -> Iterator[Faulty]:
    """The server, sound again after each test."""
    server.asked.clear()
    yield server
    server.refused, server.late, server.forbidden = 0.0, 0.0, False


def test_a_plate_at_an_address_is_the_plate(local: hcs.Plate, front: Faulty) -> None:
    """Digest, wells, pixels at every level, lazily too; few requests, and no listing after opening."""
    plate = open_plate(PLATE)
    assert (plate.digest, str(plate.path)) == (local.digest, PLATE)
    pd.testing.assert_frame_equal(plate.wells, local.wells)
    front.asked.clear()
    for well in local:
        for number in local[well]:
            for level in range(len(local.spec.layout.plane_shapes)):
                np.testing.assert_array_equal(
                    plate[well][number].read(level), local[well][number].read(level)
                )
    assert not [one for one in front.asked if one.endswith("?list")]
    # A field's document, the level's array, and the shard, which is read whole.
    n_reads = sum(map(len, local.values())) * len(local.spec.layout.plane_shapes)
    assert len(front.asked) == 3 * n_reads
    assert plate.images.identical(plate.images)
    np.testing.assert_array_equal(plate.images.to_numpy(), local.images.to_numpy())


@pytest.mark.slow
def test_tiles_and_measurements_are_made_of_it(
    local: hcs.Plate, front: Faulty, two_workers: Any, tmp_path: Path
) -> None:
    """The digests are those of the plate on the disk, also on workers; tiles are read at an address."""
    plate = open_plate(PLATE)
    here = create_tiles([local], tmp_path / "here", TileSpec(64))
    there = create_tiles([plate], tmp_path / "there", TileSpec(64))
    login = {name: value for name, value in os.environ.items() if name.startswith("AWS_")}
    two_workers.run(set_environment, login)
    spread = create_tiles([plate], tmp_path / "spread", TileSpec(64), client=two_workers)
    for tiles in (there, spread):
        pd.testing.assert_frame_equal(tiles.index, here.index)
    channels = hcs.channel_spec(plate, neurites="FITC", nuclei="DAPI")
    measured = hcs.measure_plate(plate, channels, tmp_path / "P.measurements")
    pd.testing.assert_frame_equal(
        measured.cells, hcs.measure_plate(local, channels, tmp_path / "Q.measurements").cells
    )
    assert measured.record["place"] == PLATE
    put_folder(tmp_path / "here", f"s3://{BUCKET}/tiles")
    np.testing.assert_array_equal(TileSet.open(f"s3://{BUCKET}/tiles").read(0, 8), here.read(0, 8))


@pytest.mark.slow
def test_a_server_that_is_busy_is_asked_again(local: hcs.Plate, front: Faulty) -> None:
    """A fifth of all requests refused and one in twenty late: the same pixels."""
    front.refused, front.late, front.late_s = 0.2, 0.05, 0.2
    np.testing.assert_array_equal(open_plate(PLATE).images.to_numpy(), local.images.to_numpy())


def test_refusals_are_sentences(
    local: hcs.Plate, front: Faulty, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Nothing there, no plate, not allowed, a password: said, without what the server answered."""
    with pytest.raises(NotThereError, match=r"s3://screens/nothing does not exist"):
        open_plate(f"s3://{BUCKET}/nothing")
    obstore.put(objects.server(f"s3://{BUCKET}"), "other/zarr.json", b"{}")
    with pytest.raises(StoreError, match="is not a plate that hcs wrote, which alone are read at an address"):
        open_plate(f"s3://{BUCKET}/other")
    with pytest.raises(ArgumentError, match="here hcs takes files and folders of this machine only"):
        create_tiles([local], f"s3://{BUCKET}/out", TileSpec(64))
    with pytest.raises(ArgumentError, match="with a password, a signature"):
        open_plate("https://a.org/P.ome.zarr?signature=x")
    plate = open_plate(PLATE)
    front.forbidden = True
    with pytest.raises(UnreachableError, match="you have no permission") as refused:
        plate[next(iter(plate))][1].read()
    assert "secret-detail" not in str(refused.value)
    with pytest.raises(SystemExit) as left:
        main(["info", PLATE])
    assert left.value.code == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "secret-detail" not in said
    assert "of-the-tests" not in said


def test_damage_at_an_address(local: hcs.Plate, front: Faulty) -> None:
    """A shard that is gone, or another's, is never read as pixels."""
    damaged = f"s3://{BUCKET}/plates/D.ome.zarr"
    put_folder(local.path, damaged)
    first, second, *_ = (f"plates/D.ome.zarr/{well[0]}/{well[1:]}/1/0/c/0/0/0" for well in local)
    server = objects.server(f"s3://{BUCKET}")
    obstore.put(server, first, bytes(obstore.get(server, second).bytes()))
    obstore.delete(server, second)
    plate = open_plate(damaged)
    for well, said in zip(plate, ("not those that were written", "its shard is gone"), strict=False):
        with pytest.raises(StoreError, match=said):
            plate[well][1].read()


def test_the_command_line(
    local: hcs.Plate, front: Faulty, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`hcs info` and `hcs tile` take the address; what is made goes to a disk."""
    with pytest.raises(SystemExit) as left:
        main(["info", PLATE, "--json"])
    assert left.value.code == 0
    assert json.loads(capsys.readouterr().out)["path"] == PLATE
    with pytest.raises(SystemExit) as left:
        main(["tile", PLATE, "--size", "64", "--out", str(tmp_path / "tiles")])
    assert left.value.code == 0
    assert len(TileSet.open(tmp_path / "tiles")) == 8


def test_addresses_keep_their_parts() -> None:
    """Whatever slashes they end with."""
    place = ObjectPath.of("https://data.org/a/P.ome.zarr/")
    assert (str(place), place.name, str(place / "A" / "01")) == (
        "https://data.org/a/P.ome.zarr",
        "P.ome.zarr",
        "https://data.org/a/P.ome.zarr/A/01",
    )
    assert str(place.with_name("Q")) == "https://data.org/a/Q"


def test_sent_and_opened(
    local: hcs.Plate, front: Faulty, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    """Broken off, it does not open; sent again, only what lacked goes; the plate is the same, and stays."""
    target = f"s3://{BUCKET}/sent/P.ome.zarr"
    front.refused = 0.2
    with monkeypatch.context() as patched:
        patched.setattr("hcs_plates.sending._check", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            send(local.path, target)
    with pytest.raises(StoreError, match="is not a plate"):
        open_plate(target)
    front.asked.clear()
    done: list[tuple[int, int]] = []
    sent = send(local.path, target, progress=lambda *one: done.append(one))
    assert (sent.kept, done[-1]) == (sent.objects - 1, (sent.objects, sent.objects))
    assert {one.partition("/")[2] for one in front.asked if one.startswith("PUT")} == {
        f"{BUCKET}/sent/P.ome.zarr/zarr.json"
    }
    np.testing.assert_array_equal(open_plate(target).images.to_numpy(), local.images.to_numpy())
    with pytest.raises(SystemExit) as left:
        main(["send", str(local.path), target])
    assert left.value.code == 0
    assert f"{sent.objects - 1} of them there already" in capsys.readouterr().out


def test_sending_is_refused(local: hcs.Plate, front: Faulty, tmp_path: Path) -> None:
    """Where another has sent, before or meanwhile; what hcs did not make; where nothing is written."""
    taken = f"s3://{BUCKET}/taken"
    obstore.put(objects.server(f"s3://{BUCKET}"), "taken/zarr.json", b"{}")
    with pytest.raises(ExistsError, match="is taken; choose another name"):
        send(local.path, taken)
    with pytest.raises(ExistsError, match="was made by another run meanwhile"):
        sending._put_root(ObjectPath.of(taken), b"{}")
    with pytest.raises(StoreError, match="no plate, tile set or feature set of hcs"):
        send(tmp_path, f"s3://{BUCKET}/x")
    for address in ("https://a.org/P", "plates/P.ome.zarr", f"s3://{BUCKET}"):
        with pytest.raises(ArgumentError, match="no address that can be written to"):
            send(local.path, address)
    front.forbidden = True
    with pytest.raises(UnreachableError, match="you have no permission"):
        send(local.path, f"s3://{BUCKET}/y")
