"""A results folder read again: each damage, and each input that is another now, is named and nothing else."""

import json
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from tests.hcs.analysis.test_kept import found as finding
from tests.plates.verifying.test_plates import edit, exchange, flip, state

from hcs.analysis.kept import keep_analyses
from hcs.explain.sheet import COLUMNS
from hcs.report.reported import Study
from hcs.study.folder import StudyResults, working_in
from hcs.study.preparation import Preparation
from hcs.tables.stored import save_table
from hcs.verification.verified import Verified, verify
from hcs_plates import store
from hcs_plates.errors import HcsError, StoreError
from hcs_plates.plate import create_plate, open_plate
from hcs_plates.units import file_digest

R = "small-results"
SET = f"{R}/sets/0001"


@pytest.fixture(scope="module")
def whole(small_plates: Path, small_study: Study, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Plates, study file and results with analyses, permutations and a report; to be copied."""
    folder = Path(shutil.copytree(small_plates, tmp_path_factory.mktemp("whole") / "study"))
    results = folder / R
    edit(results / "record.json", _moved)
    study = Study.open(results)
    for name, key, digest in (("analyses", "features", "features_digest"), ("permuted", "inputs", "inputs")):
        found = {"analyses": "batches", "permuted": "permutations"}[name]
        keep_analyses({found: finding()}, {}, {key: study.record[digest]}, results / name)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(
            "hcs.pages.page.to_svg", lambda figure, *, name, alt: f'<svg role="img" id="{name}"/>'
        )
        study.report()
    return folder


def _moved(record: dict[str, Any]) -> None:
    """Let a record name no place of this machine: its plates and its file lie beside it."""
    record["source"] = "small.toml"
    for name, plate in record["plates"].items():
        plate |= {"path": f"/gone/{name}.ome.zarr", "beside": f"../{name}.ome.zarr"}


@pytest.fixture
def folder(whole: Path, tmp_path: Path) -> Path:
    """A copy of it."""
    return Path(shutil.copytree(whole, tmp_path / "study"))


def verified(folder: Path) -> Verified:
    """Verify a study, which stays as it was to the last byte and time."""
    before = state(folder)
    found = verify(folder / R, workers=2)
    assert state(folder) == before
    return found


def settings_recorded(folder: Path) -> None:
    """Change the settings in the record; what was made by them is left out here."""
    edit(folder / R / "record.json", lambda one: one["config"]["train"].update(epochs=7))
    (folder / R / "report.html").unlink()
    shutil.rmtree(folder / R / "sets/receipts")


def replaced(folder: Path) -> None:
    """Put a plate of black images in the place of one."""
    spec = open_plate(folder / "P1.ome.zarr").spec
    black = np.zeros(spec.layout.shape, spec.layout.dtype)
    create_plate(folder / "P1.ome.zarr", spec, lambda well, number: black, overwrite=True)


def corrected(folder: Path) -> None:
    """Correct the platemap of a plate: a well held another clone."""
    spec = open_plate(folder / "P2.ome.zarr").spec
    spec.wells.loc["A01", "clone"] = "a1"
    store.rewrite_description(folder / "P2.ome.zarr", spec)


def rows_less(file: Path) -> None:
    """Leave the first row of a table out."""
    pd.read_parquet(file).iloc[1:].to_parquet(file)


def replace_text(file: Path, old: str, new: str) -> None:
    """Change a text file."""
    text = file.read_text(encoding="utf-8")
    assert old in text
    file.write_text(text.replace(old, new), encoding="utf-8")


Damage = tuple[Callable[[Path], object], str, str]
DAMAGE: dict[str, Damage] = {
    "table": (lambda f: rows_less(f / R / "tables/groups.parquet"), f"{R}/tables/groups.parquet", "damaged"),
    "no table": (lambda f: (f / R / "tables/brier.parquet").unlink(), f"{R}/tables/brier.parquet", "missing"),
    "tile table": (lambda f: rows_less(f / R / "tiles.parquet"), f"{R}/tiles.parquet", "damaged"),
    "head": (lambda f: flip(f / SET / "head.npz"), f"{SET}/head.npz", "damaged"),
    "head of 0 bytes": (lambda f: (f / SET / "head.npz").write_bytes(b""), f"{SET}/head.npz", "damaged"),
    "scores": (lambda f: rows_less(f / SET / "scores.parquet"), f"{SET}/scores.parquet", "damaged"),
    "receipt's digest": (
        lambda f: edit(f / R / "sets/receipts/set-0001.json", lambda one: one["output"].update(checksum="0")),
        f"{R}/sets/receipts/set-0001.json",
        "damaged",
    ),
    "receipt's inputs": (
        lambda f: edit(f / R / "sets/receipts/set-0002.json", lambda one: one.update(inputs="0")),
        f"{R}/sets/receipts/set-0002.json",
        "damaged",
    ),
    "receipt no JSON": (
        lambda f: (f / R / "sets/receipts/set-0003.json").write_bytes(b"\xff"),
        f"{R}/sets/receipts/set-0003.json",
        "damaged",
    ),
    "a tile's bit": (
        lambda f: flip(f / R / "tiles.zarr/tiles/c/0/0/0/0"),
        f"{R}/tiles.zarr/tiles/c/0/0/0/0",
        "damaged",
    ),
    "no features": (
        lambda f: (f / R / "features.zarr/features/c/1/0/0").unlink(),
        f"{R}/features.zarr/features/c/1/0/0",
        "missing",
    ),
    "features' index": (
        lambda f: edit_digests(f / R / "features.zarr/index.parquet"),
        f"{R}/features.zarr/index.parquet",
        "damaged",
    ),
    "a file in a box": (
        lambda f: (f / R / "features.zarr/x.txt").write_text("x"),
        f"{R}/features.zarr/x.txt",
        "not part of it",
    ),
    "measured cells": (
        lambda f: (f / R / "measurements/P1/cells.parquet").write_bytes(b""),
        f"{R}/measurements/P1/cells.parquet",
        "damaged",
    ),
    "record of measurements": (
        lambda f: edit(f / R / "measurements/P2/measurements.json", lambda one: one.update(notices=["x"])),
        f"{R}/measurements/P2",
        "damaged",
    ),
    "record": (lambda f: (f / R / "record.json").write_text("{"), f"{R}/record.json", "damaged"),
    "settings begun with": (
        lambda f: edit(f / R / "settings.json", lambda one: one["settings"]["train"].update(epochs=7)),
        f"{R}/settings.json",
        "damaged",
    ),
    "settings no JSON": (
        lambda f: (f / R / "settings.json").write_text("{"),
        f"{R}/settings.json",
        "damaged",
    ),
    "weights begun with": (
        lambda f: edit(f / R / "settings.json", lambda one: one.update(weights="0")),
        f"{R}/settings.json",
        "damaged",
    ),
    "no settings": (lambda f: (f / R / "settings.json").unlink(), f"{R}/settings.json", "missing"),
    "copy of the study file": (
        lambda f: replace_text(f / R / "study.toml", "epochs = 6", "epochs = 7"),
        f"{R}/study.toml",
        "damaged",
    ),
    "settings of the record": (
        settings_recorded,
        f"{R}/record.json",
        "damaged",
    ),
    "study file since": (
        lambda f: replace_text(f / "small.toml", "epochs = 6", "epochs = 7"),
        "small.toml",
        "stale",
    ),
    "a file more": (lambda f: (f / R / "notes.txt").write_text("x"), f"{R}/notes.txt", "not part of it"),
    "a set more": (
        lambda f: shutil.copytree(f / SET, f / R / "sets/0009"),
        f"{R}/sets/0009",
        "not part of it",
    ),
    "a table more": (
        lambda f: shutil.copy(f / R / "tables/wells.parquet", f / R / "tables/w.parquet"),
        f"{R}/tables/w.parquet",
        "not part of it",
    ),
    "plate of other pixels": (replaced, "P1.ome.zarr", "stale"),
    "platemap corrected": (corrected, "P2.ome.zarr", "stale"),
    "plate gone": (lambda f: shutil.rmtree(f / "P2.ome.zarr"), "/gone/P2.ome.zarr", "missing"),
    "plate damaged": (
        lambda f: (f / "P2.ome.zarr/zarr.json").write_text("{"),
        "P2.ome.zarr",
        "damaged",
    ),
    "analyses of an earlier run": (
        lambda f: stale_analyses(f / R),
        f"{R}/analyses",
        "stale",
    ),
    "a finding's table": (
        lambda f: rows_less(f / R / "analyses/batches.parquet"),
        f"{R}/analyses/batches.parquet",
        "damaged",
    ),
    "no drawing": (
        lambda f: (f / R / "permuted/permutations.svg").unlink(),
        f"{R}/permuted/permutations.svg",
        "missing",
    ),
    "a file among analyses": (
        lambda f: (f / R / "analyses/x.txt").write_text("x"),
        f"{R}/analyses/x.txt",
        "not part of it",
    ),
    "report of an earlier state": (lambda f: newer_analyses(f / R), f"{R}/report.html", "stale"),
}


def edit_digests(index: Path) -> None:
    """Let the index of features say that they are of other pixels."""
    pd.read_parquet(index).assign(digest="0").to_parquet(index, write_page_checksum=True)


def stale_analyses(results: Path) -> None:
    """Keep analyses of other features, and write a report of them."""
    keep_analyses({"batches": finding()}, {}, {"features": "0"}, results / "analyses")
    (results / "report.html").unlink()


def newer_analyses(results: Path) -> None:
    """Keep other analyses of the same run."""
    digest = StudyResults.open(results).record["features_digest"]
    keep_analyses({"batches": finding(0.7)}, {}, {"features": digest}, results / "analyses")


@pytest.mark.slow
@pytest.mark.parametrize("damage", DAMAGE)
def test_each_damage_is_named_and_nothing_else(folder: Path, damage: str) -> None:
    """Its place, its kind, and what makes it anew."""
    change, where, kind = DAMAGE[damage]
    change(folder)
    found = verified(folder)
    assert [(one.where.removeprefix(f"{folder}/"), one.kind) for one in found.faults] == [(where, kind)]
    (fault,) = found.faults
    assert fault.what
    assert fault.found != fault.expected
    assert fault.remedy
    assert found.summary().endswith("read.")
    assert len(found.summary().split()) <= 30


def test_a_whole_study_has_no_fault(folder: Path) -> None:
    """Wherever it lies; where its plates are is told, and a run that works in it."""
    found = verified(folder)
    assert found.sound
    assert found.table.empty
    assert found.summary() == "Study small-results is sound: 44 files read, no fault."
    assert [note.split(" ")[0] for note in found.notes] == ["Plates"]
    with working_in(folder / R):
        assert verify(folder / R).notes[0] == "A run works in it; what is checked is what stands."


def test_all_faults_at_once(folder: Path) -> None:
    """Two heads exchanged, a plate of other pixels, a table gone: four faults."""
    exchange(folder / SET / "head.npz", folder / R / "sets/0002/head.npz")
    replaced(folder)
    (folder / R / "tables/brier.parquet").unlink()
    found = verified(folder)
    assert found.summary() == (
        "Study small-results has 4 faults (1 missing, 2 damaged and 1 stale); 44 files read."
    )
    assert list(found.table) == ["what", "where", "kind", "found", "expected", "remedy"]


def test_what_readers_refuse_is_a_fault(folder: Path) -> None:
    """Every file of the record with a bit flipped in turn: named alone, and never called sound."""
    study = StudyResults.open(folder / R)
    for name in ("tables/metrics.parquet", "tiles.parquet", "sets/0004/forest.npz", "measurements.parquet"):
        file = folder / R / name
        kept = file.read_bytes()
        flip(file)
        with suppress(HcsError):
            study.stored(name)
        (fault,) = verify(folder / R).faults
        assert fault.where == str(file)
        file.write_bytes(kept)


def test_other_weights_are_stale(folder: Path, tmp_path: Path) -> None:
    """The file of the weights is another now; where it is gone, that is told and no fault."""
    other = tmp_path / "weights.h5"
    other.write_bytes(b"x")
    edit(folder / R / "record.json", lambda one: one["weights"].update(path=str(other), source="file"))
    (folder / R / "report.html").unlink()
    (fault,) = verified(folder).faults
    assert (fault.what, fault.kind, fault.where) == ("weights", "stale", str(other))
    other.unlink()
    assert verified(folder).sound
    assert "is not here: hcs explain and predict need it" in verified(folder).notes[-1]


def test_measurements_alone(folder: Path) -> None:
    """Tables against their digests, and against the plate that they were made of."""
    measured = folder / R / "measurements/P1"
    assert verify(measured).summary() == "Measurement folder P1 is sound: 3 files read, no fault."
    edit(measured / "measurements.json", lambda one: one.update(place="../../P1.ome.zarr"))
    replaced(folder)
    (fault,) = verify(measured).faults
    assert (fault.kind, fault.where) == ("stale", str(measured))


def explained(results: Path, inputs: str) -> None:
    """Put explanations of a run into a folder, and what was found in them."""
    folder = results / "explanations"
    folder.mkdir(exist_ok=True)
    files = {"maps.npz": save(folder / "maps.npz")}
    for name, columns in {**COLUMNS, "tiles": ["tile_id"]}.items():
        files[f"{name}.parquet"] = save_table(pd.DataFrame(columns=columns), folder / f"{name}.parquet")
    record: dict[str, Any] = {"inputs": inputs, "recipe": "r", "files": files, "control_sets": {}, "deals": 1}
    record |= {"blocks": [], "measured": [], "positive": "x", "negative": "x", "noun": "x"}
    (folder / "explanations.json").write_text(json.dumps(record | {"left_out": {}}))
    keep_analyses({"compartments": finding()}, {}, {"inputs": inputs, "recipe": "r"}, results / "explained")
    (results / "report.html").unlink(missing_ok=True)


def save(file: Path) -> str:
    """Write an array, and give the file's digest."""
    np.savez(file, guided=np.zeros(3))
    return file_digest(file)


def test_explanations(folder: Path) -> None:
    """Their files, the run that they explain, and what was found in them."""
    results, inputs = folder / R, str(StudyResults.open(folder / R).record["inputs"])
    explained(results, inputs)
    assert verified(folder).sound
    flip(results / "explanations/maps.npz")
    (fault,) = verified(folder).faults
    assert (fault.kind, fault.where) == ("damaged", str(results / "explanations/maps.npz"))
    explained(results, inputs)
    edit(results / "explanations/explanations.json", lambda one: one.update(recipe="s"))
    assert [(one.kind, one.what) for one in verified(folder).faults] == [("stale", "explained")]
    explained(results, "0")
    found = [(one.kind, one.what) for one in verified(folder).faults]
    assert found == [("stale", "explained"), ("stale", "explanations")]


def test_what_was_made_under_codes(folder: Path) -> None:
    """A folder that was prepared and not run: its boxes against what was written down."""
    record = StudyResults.open(folder / R).record
    boxes = {name: record["files"][name] for name in ("tiles.zarr", "features.zarr", "measurements.parquet")}
    Preparation(config=record["config"], plates={}, files=boxes).write(folder / R)
    (folder / R / "record.json").unlink()
    assert verified(folder).summary() == "Study small-results is sound: 3 files read, no fault."
    flip(folder / R / "tiles.zarr/tiles/c/0/0/0/0")
    (fault,) = verified(folder).faults
    assert fault.where.endswith("tiles.zarr/tiles/c/0/0/0/0")


def test_nothing_to_verify(folder: Path) -> None:
    """A folder of something else, and a study that was not run to its end, are refused."""
    (folder / "other").mkdir()
    with pytest.raises(StoreError, match="is nothing that hcs can verify; expected a plate"):
        verify(folder / "other")
    (folder / R / "record.json").unlink()
    with pytest.raises(StoreError, match="holds no finished study to hold its files against"):
        verify(folder / R)
