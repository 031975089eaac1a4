"""A results folder, read by itself."""

from pathlib import Path

import pandas as pd
import pytest

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
