"""A results folder, read by itself."""

import shutil
from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.conftest import replace_table

from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs_plates.errors import NotThereError, StoreError


def test_open_again(small_study: Study, tmp_path: Path) -> None:
    """A results folder opens by itself; other folders are refused in a sentence."""
    again = StudyResults.open(small_study.results)
    assert again.config == small_study.config
    pd.testing.assert_frame_equal(again.table("metrics"), small_study.table("metrics"))
    with pytest.raises(NotThereError, match="no table 'metric'"):
        again.table("metric")
    with pytest.raises(StoreError, match="no finished study"):
        Study.open(tmp_path)
    with pytest.raises(NotThereError, match="does not exist"):
        Study.open(tmp_path / "nowhere")
    (tmp_path / "file").touch()
    with pytest.raises(NotThereError, match="is a file; expected the results folder"):
        Study.open(tmp_path / "file")
    assert again.tiles.index["tile_id"].tolist() == small_study.tiles.index["tile_id"].tolist()
    assert again.features.digest == small_study.features.digest


def test_a_changed_file_is_read_again(small_study: Study, tmp_path: Path) -> None:
    """What another run wrote is not taken from memory; what a caller does to a table stays the caller's."""
    shutil.copytree(small_study.results / "tables", tmp_path / "tables")
    shutil.copy(small_study.results / "record.json", tmp_path)
    study = StudyResults.open(tmp_path)
    groups = study.table("groups")
    groups["probability"] = 0.0
    assert (study.table("groups")["probability"] > 0).any()
    replace_table(tmp_path, "tables/groups.parquet", groups)
    pd.testing.assert_frame_equal(study.table("groups"), groups)
    study.record["hcs"] = "another"
    assert study.record == StudyResults.open(tmp_path).record


@pytest.mark.parametrize(
    "record",
    [
        '{"source": "a.toml"}',
        '{"config": {"splits": {"unheard": 1}}, "source": "a.toml"}',
        '{"config": {}}',
        "[]",
    ],
)
def test_a_record_of_another_version_is_refused(record: str, tmp_path: Path) -> None:
    """Settings that are lacking or unheard of: one sentence, no traceback."""
    (tmp_path / "record.json").write_text(record, encoding="utf-8")
    with pytest.raises(StoreError, match=r"this version of hcs cannot read|no finished study"):
        StudyResults.open(tmp_path)
