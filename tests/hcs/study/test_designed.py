"""Records of an experiment's design in a study: all faults at once, kept byte by byte, without a new run."""

import json
import shutil
from pathlib import Path

import pytest

from hcs.report.reported import Study
from hcs.study.designed import kept_places, named_records
from hcs.study.designrecord import DesignRecord
from hcs.study.folder import StudyResults
from hcs.study.new import write_study_file
from hcs.study.settings import read_config
from hcs_plates.errors import ConfigError, NotThereError, StoreError

LAYOUT = DesignRecord(kind="layout", headline="Diagnosis is balanced over plates.")


def _named(folder: Path, small_plates: Path, *records: str) -> Path:
    """The small study's file in another folder, with records that it names."""
    text = (small_plates / "small.toml").read_text().replace('"P', f'"{small_plates}/P')
    file = folder / "small.toml"
    file.write_text(f"{text}\n[design]\nrecords = {json.dumps(list(records))}\n")
    return file


def test_every_record_that_is_not_there_is_named(small_plates: Path, tmp_path: Path) -> None:
    """Together, as the settings' other faults are; and one that is named twice."""
    LAYOUT.write(tmp_path / "layout.json")
    file = _named(tmp_path, small_plates, "a.json", "layout.json", "./layout.json", "b.json")
    with pytest.raises(ConfigError) as caught:
        read_config(file)
    for said in ("a.json does not exist", "b.json does not exist", "layout.json is named twice"):
        assert f"[design] records: {tmp_path / said}" in str(caught.value)


def test_what_is_no_record_is_refused_before_anything_runs(small_plates: Path, tmp_path: Path) -> None:
    """All such files at once, and the study file stands before them."""
    (tmp_path / "a.json").write_text("{}")
    (tmp_path / "b.json").write_text("[]")
    with pytest.raises(ConfigError, match=r"(?s)small\.toml: .*a\.json: is no design record.*b\.json: is no"):
        Study.from_toml(_named(tmp_path, small_plates, "a.json", "b.json")).run()
    assert not (tmp_path / "small-results").exists()


def test_records_of_one_kind_have_places_of_their_own(tmp_path: Path) -> None:
    """Two layouts are layout.json and layout-2.json."""
    files = [LAYOUT.write(tmp_path / name) for name in ("first.json", "second.json")]
    assert named_records(files, tmp_path) == {
        "design/layout.json": files[0],
        "design/layout-2.json": files[1],
    }


def test_records_that_are_named_later_are_kept_and_no_number_is_made_again(
    small_study: Study, small_plates: Path, tmp_path: Path
) -> None:
    """The run goes on with them; the same once more changes nothing; without them they go."""
    results = tmp_path / "results"
    shutil.copytree(small_study.results, results)
    layout = LAYOUT.write(tmp_path / "layout.json")
    trained = (results / "sets" / "0001" / "scores.parquet").stat().st_mtime_ns
    study = Study.from_toml(_named(tmp_path, small_plates, "layout.json"), results)
    assert study.run().anew
    assert (results / "design" / "layout.json").read_bytes() == layout.read_bytes()
    assert StudyResults.open(results).design_records() == (LAYOUT,)
    assert not study.run().anew
    assert small_study.design_records() == ()
    layout.unlink()
    assert StudyResults.open(results).design_records() == (LAYOUT,)
    study = Study.from_toml(_named(tmp_path, small_plates), results)
    assert study.run().anew
    assert not (results / "design" / "layout.json").exists()
    assert kept_places(study.record) == {}
    assert (results / "sets" / "0001" / "scores.parquet").stat().st_mtime_ns == trained


def test_a_kept_record_that_was_changed_is_refused(
    small_study: Study, small_plates: Path, tmp_path: Path
) -> None:
    """By its digest; running the study again copies it anew."""
    results = tmp_path / "results"
    shutil.copytree(small_study.results, results)
    LAYOUT.write(tmp_path / "layout.json")
    study = Study.from_toml(_named(tmp_path, small_plates, "layout.json"), results).run()
    LAYOUT.model_copy(update={"headline": "All is well."}).write(results / "design" / "layout.json")
    with pytest.raises(StoreError, match="is not the record that the study kept"):
        study.design_records()


def test_a_study_file_names_records_as_seen_from_it(small_plates: Path, tmp_path: Path) -> None:
    """In another folder than the records; one that is none stops before a file is written."""
    (tmp_path / "layout").mkdir()
    (tmp_path / "studies").mkdir()
    record = LAYOUT.write(tmp_path / "layout" / "layout.json")
    plates, out = [small_plates / f"P{n}.ome.zarr" for n in (1, 2)], tmp_path / "studies" / "als.toml"
    data = {"label": "diagnosis", "positive": None, "negative": None, "group": "clone"}
    with pytest.raises(NotThereError, match="no design record"):
        write_study_file(plates, out, data, records=[tmp_path / "none.json"])
    write_study_file(plates, out, data, records=[record])
    assert '\nrecords = ["../layout/layout.json"]' in out.read_text()
    assert read_config(out).design.records == (record.resolve(),)
