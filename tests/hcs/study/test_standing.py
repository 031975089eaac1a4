"""A results folder that stands: run again, moved, damaged, or of other settings."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.report.reported import Study
from hcs.study import run as study_module
from hcs.study.dry_run import forecast
from hcs.study.folder import StudyResults
from hcs_plates.errors import ExistsError, NotThereError, StoreError
from hcs_plates.plate import create_plate, open_plate

TABLES = ("predictions", "scores", "metrics", "groups", "trials", "heads", "history", "splits", "wells")


@pytest.fixture
def copied(small_study: Study, small_plates: Path, tmp_path: Path) -> Study:
    """The small study with its plates, copied to another folder."""
    folder = shutil.copytree(small_plates, tmp_path / "moved")
    return Study.from_toml(folder / "small.toml")


def state(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Bytes and time of every file."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def forbid(monkeypatch: pytest.MonkeyPatch, *names: str) -> None:
    """Let nothing of these be made."""

    def made(*_: Any, **__: Any) -> None:
        raise AssertionError("made again")

    for name in names:
        monkeypatch.setattr(study_module, name, made)


def test_a_finished_run_again_makes_nothing(
    small_study: Study, small_plates: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is tiled, measured, extracted or trained, and no file is written; what a kill left goes."""
    before = state(small_study.results)
    (small_study.results / ".lock").touch()
    forbid(monkeypatch, "create_tiles", "measured_tiles", "extract_features", "run_units")
    again = Study.from_toml(small_plates / "small.toml").run()
    assert not again.anew
    assert state(small_study.results) == before


def test_a_moved_study_goes_on(copied: Study, small_study: Study, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is made again; only the record changes: it names the plates where they are now."""
    before = state(copied.results)
    forbid(monkeypatch, "create_tiles", "measured_tiles", "extract_features", "run_units")
    copied.run()
    after = state(copied.results)
    assert [name for name in before if before[name] != after[name]] == ["record.json"]
    assert copied.plate("P1").path == copied.source.parent / "P1.ome.zarr"
    moved, original = copied.record, small_study.record
    for name in ("plates", "config", "source"):
        del moved[name], original[name]
    assert moved == original


def test_plates_are_found_beside_results_that_moved_with_them(copied: Study) -> None:
    """Where the record names a place that is gone, its place beside the results is looked at."""
    record = copied.record
    for one in record["plates"].values():
        one["path"] = "/gone/" + Path(one["path"]).name
    (copied.results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    found = StudyResults.open(copied.results)
    assert found.plate("P1").path.resolve() == copied.source.parent / "P1.ome.zarr"
    shutil.rmtree(copied.source.parent / "P2.ome.zarr")
    with pytest.raises(NotThereError, match=r"Plate P2 is not at /gone/P2.ome.zarr any more: put it back"):
        found.plate("P2")


def test_other_images_are_refused(copied: Study) -> None:
    """A plate of the same name and other pixels: neither the run nor a reader takes it for the study's."""
    folder = copied.source.parent
    spec = open_plate(folder / "P1.ome.zarr").spec
    black = np.zeros(spec.layout.shape, dtype=spec.layout.dtype)
    create_plate(folder / "P1.ome.zarr", spec, lambda well, number: black, overwrite=True)
    before = state(copied.results)
    with pytest.raises(ExistsError, match=r"\(plate P1: other images.*Give this one another --out"):
        copied.run()
    assert state(copied.results) == before
    record = copied.record
    record["plates"]["P1"]["path"] = str(folder / "P1.ome.zarr")
    (copied.results / "record.json").write_text(json.dumps(record), encoding="utf-8")
    with pytest.raises(StoreError, match="holds other images than when the study was run on plate P1"):
        copied.plate("P1")


def test_folders_of_other_versions(copied: Study) -> None:
    """One without a mark, as they were before, is whole; one of a later format is refused and left alone."""
    record = copied.record
    file = copied.results / "record.json"
    assert record.pop("format") == 1
    file.write_text(json.dumps(record), encoding="utf-8")
    assert StudyResults.open(copied.results).record == record
    assert not copied.run().anew
    file.write_text(json.dumps({"format": 2, "hcs": "9.1", "layout": "unheard of"}), encoding="utf-8")
    before = state(copied.results)
    said = r"was written by hcs 9.1 in format 2, and hcs .* reads formats up to 1; open it with that version"
    reading = (lambda: StudyResults.open(copied.results), lambda: copied.table("groups"))
    for read in (*reading, copied.run, lambda: forecast(copied)):
        with pytest.raises(StoreError, match=said):
            read()
    assert state(copied.results) == before


def cut(path: Path) -> None:
    """Cut a file in half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


DAMAGED = (
    "tiles.parquet",
    "measurements.parquet",
    "measurements/P1/fields.parquet",
    "sets/0001/head.npz",
    "sets/0002/scores.parquet",
    "sets/0003/trials.parquet",
    "tables/groups.parquet",
    "tables/wells.parquet",
)


@pytest.mark.slow
@pytest.mark.parametrize("finished", [True, False])
def test_what_is_damaged_is_made_again(small_study: Study, copied: Study, finished: bool) -> None:
    """Files cut in half, a receipt that is no text, a table with a row less: the same results in the end.

    Of a finished run the record tells of tiles and features that are not as they were, too.
    """
    for name in DAMAGED:
        cut(copied.results / name)
    (copied.results / "sets" / "receipts" / "set-0004.json").write_bytes(b"\xff\xfe\x00")
    splits = copied.results / "tables" / "splits.parquet"
    pd.read_parquet(splits).iloc[1:].to_parquet(splits)
    if finished:
        cut(copied.results / "tiles.zarr" / "index.parquet")
        next((copied.results / "features.zarr" / "features" / "c").rglob("0/0/0")).unlink()
    else:
        (copied.results / "record.json").unlink()
    copied.run()
    assert copied.anew
    for name in TABLES:
        pd.testing.assert_frame_equal(copied.table(name), small_study.table(name))
    assert copied.record["files"].keys() == small_study.record["files"].keys()
    assert copied.record["inputs"] == small_study.record["inputs"]
    assert not copied.run().anew


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda table: table.head(1), "its digest differs"),
        (lambda table: pd.concat([table, table]), "its digest differs"),
        (lambda table: table.drop(columns="probability"), "its digest differs"),
    ],
)
def test_a_table_that_is_not_the_runs_is_not_believed(copied: Study, change: Any, said: str) -> None:
    """One row, doubled rows, a column less: refused with what to do."""
    path = copied.results / "tables" / "groups.parquet"
    change(pd.read_parquet(path)).to_parquet(path, index=False)
    with pytest.raises(StoreError, match=rf"{said}.*; run `hcs study run` again"):
        copied.table("groups")
