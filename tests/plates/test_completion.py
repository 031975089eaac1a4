"""Planes that come later: read into the plate, and nothing else of it changes."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs_plates.completion import completed
from hcs_plates.errors import HcsError, NotThereError, ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate, open_plate
from hcs_plates.readers.acquisition import Step
from hcs_plates.staging import staging_path

WELLS = ("A01", "A02", "B01")


def picture(name: str) -> Any:
    """An image that only this plane has."""
    return np.random.default_rng(list(name.encode())).integers(1, 4000, (40, 32), dtype="uint16")


def write(folder: Path, name: str) -> Path:
    """Write a plane's file."""
    path = folder / f"{name}.tif"
    tifffile.imwrite(path, picture(name))
    return path


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Three wells of two fields in two channels; a plane is cut short, a whole field is empty files."""
    folder = tmp_path / "export"
    folder.mkdir()
    for well in WELLS:
        for number in (1, 2):
            for channel in ("GFP", "DAPI"):
                write(folder, f"{well}_f{number}_{channel}")
    cut = folder / "A01_f2_GFP.tif"
    cut.write_bytes(cut.read_bytes()[:300])
    for channel in ("GFP", "DAPI"):
        (folder / f"B01_f1_{channel}.tif").write_bytes(b"")
    return Export(folder, pattern="{well}_f{field}_{channel}.tif", name="P1")


@pytest.fixture
def plate(export: Export, tmp_path: Path) -> Plate:
    """The plate with its gaps, with a platemap."""
    (tmp_path / "map.csv").write_text("well,clone\nA01,c1\nA02,c2\nB01,c3\n")
    return ingest(export, tmp_path / "P1.ome.zarr", tmp_path / "map.csv")


def test_planes_that_came_are_read_and_the_rest_is_kept(
    export: Export, plate: Plate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plane and a whole field come; only their files are read, every other digest stays."""
    assert plate.spec.fields["B01"] == (2,)
    for name in ("A01_f2_GFP", "B01_f1_GFP", "B01_f1_DAPI"):
        write(export.path, name)
    read: list[str] = []

    def noted(page: Any, *arguments: Any, **settings: Any) -> Any:
        read.append(Path(page.parent.filehandle.path).name)
        return asarray(page, *arguments, **settings)

    asarray = tifffile.TiffPage.asarray
    monkeypatch.setattr(tifffile.TiffPage, "asarray", noted)
    done = ingest(export, plate.path, complete=True)
    assert sorted(set(read)) == [f"{name}_{c}.tif" for name in ("A01_f2", "B01_f1") for c in ("DAPI", "GFP")]
    assert done.missing.empty
    assert done.spec.fields["B01"] == (1, 2)
    assert done.wells["clone"].to_dict() == {"A01": "c1", "A02": "c2", "B01": "c3"}
    again = open_plate(plate.path)
    for well in WELLS:
        for number in (1, 2):
            for channel in ("GFP", "DAPI"):
                image = again[well][number].image(channel)
                assert np.array_equal(image, picture(f"{well}_f{number}_{channel}"))
    kept = {"A01/1", "A02/1", "A02/2", "B01/2"}
    for name in ("A/02/1", "B/01/1"):
        assert "crc32c" in json.loads((plate.path / name / "zarr.json").read_text())["attributes"]["hcs"]
    assert {name: again.spec.checksums[name] for name in kept} == {
        name: plate.spec.checksums[name] for name in kept
    }
    assert [path.name for path in plate.path.parent.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_completion_left_goes(export: Export, plate: Plate) -> None:
    """Killed between its two renames, or while it cleaned up, it is set right by the next one."""
    folder = plate.path.parent
    before = sorted(path.name for path in folder.iterdir())
    left = staging_path(plate.path)
    left.mkdir()
    (left / "plan.json").write_text('{"plan": "p"}')
    plate.path.rename(folder / f".{plate.path.name}.replaced")
    assert ingest(export, plate.path, complete=True).digest == plate.digest
    assert sorted(path.name for path in folder.iterdir()) == before


def test_a_completed_plate_is_the_one_made_at_once(export: Export, plate: Plate, tmp_path: Path) -> None:
    """The same digest as an ingest of the whole export; a second completion changes nothing."""
    for name in ("A01_f2_GFP", "B01_f1_GFP", "B01_f1_DAPI"):
        write(export.path, name)
    done = ingest(export, plate.path, complete=True)
    whole = ingest(export, tmp_path / "whole.ome.zarr")
    assert done.digest == whole.digest
    before = (plate.path / "zarr.json").stat()
    assert ingest(export, plate.path, complete=True).digest == whole.digest
    assert (plate.path / "zarr.json").stat().st_mtime_ns == before.st_mtime_ns


def test_what_did_not_come_stays_missing(export: Export, plate: Plate) -> None:
    """One of three planes comes; the others stay listed with their reasons."""
    assert ingest(export, plate.path, complete=True).digest == plate.digest
    write(export.path, "B01_f1_GFP")
    done = ingest(export, plate.path, complete=True)
    assert done.missing[["well", "field", "channel"]].to_numpy().tolist() == [
        ["A01", 2, "GFP"],
        ["B01", 1, "DAPI"],
    ]
    assert np.array_equal(done["B01"][1].image("GFP"), picture("B01_f1_GFP"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"name": "P2"}, "its name would be P2, and the plate has P1"),
        ({"channels": {"GFP": "NFH"}}, "its channels would be DAPI, NFH, and the plate has DAPI, GFP"),
    ],
)
def test_another_export_is_refused(
    export: Export, plate: Plate, change: dict[str, Any], message: str
) -> None:
    """What was read otherwise, or is of another plate, completes nothing."""
    write(export.path, "A01_f2_GFP")
    with pytest.raises(ReaderError) as refusal:
        ingest(replace(export, **change), plate.path, complete=True)
    assert message in refusal.value.message
    assert open_plate(plate.path).digest == plate.digest


def test_changed_pixels_and_strange_fields_are_refused(export: Export, plate: Plate) -> None:
    """What the plate has must be the same in the export, as far as it is read again."""
    write(export.path, "A01_f2_GFP")
    other = export.path / "A01_f2_DAPI.tif"
    tifffile.imwrite(other, picture("another"))
    with pytest.raises(HcsError, match="field A01/2 has other pixels than this export"):
        ingest(export, plate.path, complete=True)
    other.unlink()
    with pytest.raises(ReaderError, match="1 planes that it has are missing from the export now"):
        ingest(export, plate.path, complete=True)
    for channel in ("GFP", "DAPI"):
        write(export.path, f"B02_f1_{channel}")
    with pytest.raises(ReaderError, match=r"fields that the plate knows nothing of \(B02/1\)"):
        ingest(export, plate.path, complete=True)
    assert open_plate(plate.path).digest == plate.digest


def test_another_course_of_the_acquisition_is_refused(export: Export, plate: Plate) -> None:
    """A moment that came for one channel alone changes what was never acquired in every field."""
    write(export.path, "A01_f2_GFP")
    spec = replace(plate.spec, layout=replace(plate.spec.layout, n_times=2))
    for never in (frozenset({Step(0, 1, 0)}), frozenset({Step(0, 0, 0)})):
        other = Plate(plate.path, replace(spec, never_acquired=never))
        with pytest.raises(ReaderError, match="acquired at other time points or steps in z"):
            completed(other, spec)
        with pytest.raises(ReaderError, match="acquired at other time points or steps in z"):
            completed(Plate(plate.path, spec), other.spec)


def test_a_killed_completion_goes_on(export: Export, plate: Plate, tmp_path: Path) -> None:
    """The plate stays as it was until the completed one is whole; what was done is not done again."""
    write(export.path, "A01_f2_GFP")

    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ingest(export, plate.path, complete=True, workers=1, progress=stop)
    assert open_plate(plate.path).digest == plate.digest
    counts: list[int] = []
    done = ingest(export, plate.path, complete=True, workers=1, progress=lambda n, _: counts.append(n))
    assert counts[0] >= 2
    assert len(done.missing) == 2


def test_there_must_be_a_plate(export: Export, tmp_path: Path) -> None:
    """Nothing is made where there is nothing to complete."""
    with pytest.raises(NotThereError):
        ingest(export, tmp_path / "no.ome.zarr", complete=True)
