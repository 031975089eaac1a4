"""A results folder, read by itself."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.archive import StudyResults
from hcs.study import Study
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
    with pytest.raises(NotThereError):
        Study.open(tmp_path / "nowhere")
    assert again.tiles.index["tile_id"].tolist() == small_study.tiles.index["tile_id"].tolist()
    assert again.features.digest == small_study.features.digest
