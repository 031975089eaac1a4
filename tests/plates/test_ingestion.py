"""From an export to a plate: gaps stay gaps, refusals write nothing, kills are resumed, Dask is no matter."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
import yaozarrs

from hcs_plates import ingestion, staging
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, PlatemapError, ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate

PATTERN = "{well}_f{field}_{channel}.tif"
WELLS = ("A01", "B02", "C03")


def picture(well: str, number: int, channel: str) -> Any:
    """An image that only this plane has."""
    rng = np.random.default_rng([WELLS.index(well), number, len(channel)])
    return rng.integers(0, 4000, (48, 56), dtype="uint16")


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Three wells of two fields in two channels."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well in WELLS:
        for number in (1, 2):
            for channel in ("GFP", "DAPI"):
                tifffile.imwrite(folder / f"{well}_f{number}_{channel}.tif", picture(well, number, channel))
    return Export(folder, pattern=PATTERN, name="P1")


@pytest.fixture
def platemap(tmp_path: Path) -> Path:
    """A platemap that fits the export."""
    path = tmp_path / "map.csv"
    path.write_text("well,clone,diagnosis\nA1,c1,ALS\nB2,c2,control\nC3,c1,ALS\n")
    return path


def test_pixels_and_wells_arrive(export: Export, platemap: Path, tmp_path: Path) -> None:
    """Every plane is where its name says, and the wells table is the platemap."""
    plate = ingest(export, tmp_path / "P1.ome.zarr", platemap)
    for well in WELLS:
        for number in (1, 2):
            for channel in ("GFP", "DAPI"):
                assert np.array_equal(plate[well][number].image(channel), picture(well, number, channel))
    assert plate.wells["clone"].to_dict() == {"A01": "c1", "B02": "c2", "C03": "c1"}
    assert open_plate(plate.path).digest == plate.digest
    yaozarrs.validate_zarr_store(str(plate.path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P1.ome.zarr", "export", "map.csv"]


def test_missing_and_truncated_planes_stay_gaps(export: Export, platemap: Path, tmp_path: Path) -> None:
    """No later image slides into the place of one that is gone or cut short; each is listed with why."""
    (export.path / "A01_f1_GFP.tif").unlink()
    cut = export.path / "B02_f2_DAPI.tif"
    cut.write_bytes(cut.read_bytes()[:700])
    plate = ingest(export, tmp_path / "P1.ome.zarr", platemap)
    listed = plate.missing.set_index(["well", "field", "channel"])["reason"]
    assert set(listed.index) == {("A01", 1, "GFP"), ("B02", 2, "DAPI")}
    gfp, dapi = plate.channel_index("GFP"), plate.channel_index("DAPI")
    assert not plate["A01"][1].read()[gfp].any()
    assert np.array_equal(plate["A01"][1].read()[dapi], picture("A01", 1, "DAPI"))
    assert np.array_equal(plate["A01"][2].image("GFP"), picture("A01", 2, "GFP"))
    assert np.array_equal(plate["B02"][2].image("GFP"), picture("B02", 2, "GFP"))


def test_planes_that_fail_to_decode_are_listed(export: Export, platemap: Path, tmp_path: Path) -> None:
    """Damage that only decoding shows is listed too, and a field with nothing left leaves the plate."""
    for channel in ("GFP", "DAPI"):
        path = export.path / f"C03_f1_{channel}.tif"
        tifffile.imwrite(path, picture("C03", 1, channel), compression="zlib")
        content = bytearray(path.read_bytes())
        content[-2500:-200] = bytes(2300)
        path.write_bytes(bytes(content))
    plate = ingest(export, tmp_path / "P1.ome.zarr", platemap)
    assert list(plate["C03"]) == [2]
    assert set(plate.missing["well"]) == {"C03"}
    assert plate.missing["reason"].str.contains("cannot be read").all()
    yaozarrs.validate_zarr_store(str(plate.path))


def test_no_readable_image(export: Export, tmp_path: Path) -> None:
    """An export of which nothing can be read is refused and leaves nothing."""
    for path in export.path.iterdir():
        path.write_bytes(path.read_bytes()[:600])
    with pytest.raises(ReaderError):
        ingest(export, tmp_path / "P1.ome.zarr")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["export"]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("A1,c1,ALS\nB2,c2,control\nQ3,c1,ALS", "outside a"),
        ("A1,c1,ALS\nB2,c2,control\nC3,c1,control", "two diagnoses|'c1'"),
        ("A1,c1,ALS\nA01,c2,control\nB2,c2,control\nC3,c1,ALS", "A01"),
        ("A1,c1,ALS\nB2,c2,control", "C03"),
        ("A1,c1,ALS\nB2,c2,control\nC3,c1,ALS\nA2,c3,ALS", "A02"),
    ],
)
def test_wrong_platemaps_write_nothing(export: Export, tmp_path: Path, rows: str, words: str) -> None:
    """Wells off the plate, two diagnoses, duplicates, wells without rows, rows without images."""
    path = tmp_path / "wrong.csv"
    path.write_text(f"well,clone,diagnosis\n{rows}\n")
    with pytest.raises(PlatemapError, match=words):
        ingest(export, tmp_path / "P1.ome.zarr", path)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["export", "wrong.csv"]


def test_the_format_can_be_said(export: Export, tmp_path: Path) -> None:
    """Without the export's word the smallest format is taken; a larger one can be said, a smaller one not."""
    path = tmp_path / "map.csv"
    path.write_text("well,included\nA1,yes\nB2,yes\nC3,yes\nD6,no\n")
    with pytest.raises(PlatemapError, match="12 wells; if it has more, say so with --wells"):
        ingest(export, tmp_path / "P1.ome.zarr", path)
    assert ingest(replace(export, format=24), tmp_path / "P1.ome.zarr", path).spec.format.size == 24
    with pytest.raises(ArgumentError, match="'C03' is outside a 6-well plate"):
        ingest(replace(export, format=6), tmp_path / "P2.ome.zarr", path)
    with pytest.raises(ArgumentError, match="no plate of 25 wells"):
        ingest(replace(export, format=25), tmp_path / "P2.ome.zarr", path)


def test_what_no_plate_can_mix_is_refused(export: Export, tmp_path: Path) -> None:
    """A file of another type, and a plane of another shape than its field, are named; nothing is written."""
    name = "A01_f1_GFP.tif"
    for image in (np.zeros((20, 20), "u2"), np.zeros((48, 56), "u1")):
        tifffile.imwrite(export.path / name, image)
        with pytest.raises(ReaderError, match=name):
            ingest(export, tmp_path / "P1.ome.zarr")
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["export"]


def test_existing_plates_are_kept(export: Export, platemap: Path, tmp_path: Path) -> None:
    """A plate is replaced only when asked, and stays when the new one is refused."""
    first = ingest(export, tmp_path / "P1.ome.zarr", platemap)
    with pytest.raises(ExistsError):
        ingest(export, tmp_path / "P1.ome.zarr")
    bad = tmp_path / "bad.csv"
    bad.write_text("well,clone\nA1,c1\n")
    with pytest.raises(PlatemapError):
        ingest(export, tmp_path / "P1.ome.zarr", bad, overwrite=True)
    assert open_plate(first.path).wells["clone"].notna().all()
    replaced = ingest(export, tmp_path / "P1.ome.zarr", overwrite=True)
    assert "clone" not in replaced.wells.columns


def refuses(work: Any) -> Any:
    """Write no field."""
    raise AssertionError(f"{work.well}-{work.number} was written already")


def test_the_same_again_is_opened(
    export: Export, platemap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A script that is run again finds its plate; other files, platemaps and settings are told apart."""
    out = tmp_path / "P1.ome.zarr"
    first = ingest(export, out, platemap)
    monkeypatch.setattr(ingestion, "_ingest_field", refuses)
    assert ingest(export, out, platemap).digest == first.digest
    with pytest.raises(AssertionError):
        ingest(export, out, platemap, overwrite=True)
    with pytest.raises(ExistsError):
        ingest(replace(export, channels={"GFP": "NF"}), out, platemap)
    tifffile.imwrite(export.path / "A01_f1_GFP.tif", np.full((48, 56), 7, "u2"))
    with pytest.raises(ExistsError):
        ingest(export, out, platemap)
    assert open_plate(out).digest == first.digest


def test_a_kill_after_all_was_written(
    export: Export, platemap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before the plate is named, and while what is needed no more is removed: no field is written again."""
    whole = ingest(export, tmp_path / "whole.ome.zarr", platemap)
    for overwrite in (False, True):
        for moment in ("flush_tree", "flush_folder"):
            out = tmp_path / f"{moment}{overwrite}.ome.zarr"
            if overwrite:
                ingest(export, out)
            with monkeypatch.context() as killed:
                killed.setattr(staging, moment, interrupt)
                with pytest.raises(KeyboardInterrupt):
                    ingest(export, out, platemap, overwrite=overwrite)
            with monkeypatch.context() as again:
                again.setattr(ingestion, "_ingest_field", refuses)
                assert ingest(export, out, platemap, overwrite=overwrite).digest == whole.digest
            assert "clone" in open_plate(out).wells
    assert not list(tmp_path.glob(".*"))


def interrupt(_: Path) -> None:
    """Stop where this is called."""
    raise KeyboardInterrupt


@pytest.mark.parametrize("name", ["../../x", "..", "P\n1", "n" * 300])
def test_names_never_become_paths(name: str, export: Export, tmp_path: Path) -> None:
    """Neither the one that is given, nor one that a plate says it has."""
    with pytest.raises(ArgumentError, match="cannot name a plate"):
        ingest(replace(export, name=name), tmp_path / "P.ome.zarr")
    plate = ingest(export, tmp_path / "P.ome.zarr")
    path = plate.path / "zarr.json"
    document = json.loads(path.read_text().replace('"P1"', json.dumps(name)))
    # As in plates of format 1, whose descriptions have no digest that tells the change.
    document["attributes"]["hcs"]["version"] = 1
    path.write_text(json.dumps(document))
    with pytest.raises(HcsError, match="cannot name a plate"):
        open_plate(plate.path)


def test_a_killed_run_goes_on(
    export: Export, platemap: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fields that were written before a kill are not written again; a changed file is."""
    original = ingestion._ingest_field
    written: list[str] = []

    def dies(work: Any) -> Any:
        if work.well == "C03":
            raise KeyboardInterrupt
        written.append(f"{work.well}-{work.number}")
        return original(work)

    def goes_on(work: Any) -> Any:
        written.append(f"{work.well}-{work.number}")
        return original(work)

    monkeypatch.setattr(ingestion, "_ingest_field", dies)
    with pytest.raises(KeyboardInterrupt):
        ingest(export, tmp_path / "P1.ome.zarr", platemap, workers=1)
    assert not (tmp_path / "P1.ome.zarr").exists()
    before = set(written)
    written.clear()
    changed = np.full((48, 56), 7, "u2")
    first = sorted(before)[0]
    well, number = first.split("-")
    tifffile.imwrite(export.path / f"{well}_f{number}_GFP.tif", changed)
    monkeypatch.setattr(ingestion, "_ingest_field", goes_on)
    plate = ingest(export, tmp_path / "P1.ome.zarr", platemap, workers=1)
    assert set(written) == ({f"{well}-{n}" for well in WELLS for n in (1, 2)} - before) | {first}
    assert np.array_equal(plate[well][int(number)].image("GFP"), changed)


def test_two_worker_processes_give_the_same(
    export: Export, platemap: Path, tmp_path: Path, two_workers: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plate ingested by two processes in another folder has the digest that threads give."""
    monkeypatch.chdir(tmp_path)
    source = replace(export, path=export.path.relative_to(tmp_path))
    threads = ingest(source, "threads.ome.zarr", platemap)
    processes = ingest(source, "processes.ome.zarr", platemap, client=two_workers)
    assert processes.digest == threads.digest


@pytest.mark.shared
@pytest.mark.slow
def test_bbbc013(shared_data: Path, tmp_path: Path) -> None:
    """The real translocation plate: 96 wells, two channels of 640 × 640, palettes read as their indices."""
    import tarfile

    with tarfile.open(shared_data / "bbbc013" / "ExampleSBSImages.tar.xz") as archive:
        archive.extractall(tmp_path, filter="data")
    export = Export(
        tmp_path / "ExampleSBSImages",
        pattern="Channel{channel}-{n}-{row}-{column}.tif",
        channels={"1": "GFP", "2": "DNA"},
        name="BBBC013",
    )
    plate = ingest(export, tmp_path / "P.ome.zarr", shared_data / "bbbc013" / "platemap.csv")
    facts = plate.info()
    assert (facts["wells"], facts["fields"], facts["channels"]) == (96, 96, ["GFP", "DNA"])
    assert (facts["shape"], facts["dtype"], facts["missing_planes"]) == ([640, 640], "uint8", [])
    with tifffile.TiffFile(export.path / "Channel2-44-D-08.tif") as tiff:
        assert np.array_equal(plate["D08"][1].image("DNA"), tiff.pages[0].asarray())
    assert plate.wells.loc["D08", ["drug", "role"]].tolist() == ["Wortmannin", "dose_series"]
    yaozarrs.validate_zarr_store(str(plate.path))


def test_a_share_that_drops_stops_the_run(export: Export, tmp_path: Path) -> None:
    """Files that were there a moment ago are not damaged: the run stops, and goes on when they are back."""
    away = tmp_path / "away"

    def drop(done: int, total: int) -> None:
        if done == 2 and not away.exists():
            export.path.rename(away)

    with pytest.raises(OSError, match=r"\.tif"):
        ingest(export, tmp_path / "P1.ome.zarr", workers=1, progress=drop)
    assert not (tmp_path / "P1.ome.zarr").exists()
    away.rename(export.path)
    counts: list[int] = []
    plate = ingest(export, tmp_path / "P1.ome.zarr", workers=1, progress=lambda done, _: counts.append(done))
    assert counts[0] >= 2
    assert plate.missing.empty
    assert np.array_equal(plate["C03"][2].image("GFP"), picture("C03", 2, "GFP"))


def test_a_guessed_format_is_told(export: Export) -> None:
    """Which wells are edge wells depends on it; where it was said, nothing is guessed."""
    assert "it was taken to have 12, the fewest that hold" in export.scan().notes[-1]
    assert not any("fewest" in note for note in replace(export, format=96).scan().notes)
