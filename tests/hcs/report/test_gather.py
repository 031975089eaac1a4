"""Which tiles are shown, and how."""

import json
import shutil
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest

from hcs.report.gather import gallery, measured_gallery, study_facts, table_facts
from hcs.report.reported import Study
from hcs.report.study.page import write_report
from hcs.study.folder import StudyResults


def test_gallery_shows_each_kind(small_study: Study) -> None:
    """Typical tiles of different clones of each class, and the wells of neither class."""
    tiles = gallery(small_study.tiles, small_study.table("scores"), "ALS", "control")
    kinds = {
        kind: [tile.caption for tile in tiles if tile.kind == kind] for kind in {tile.kind for tile in tiles}
    }
    assert len(kinds["ALS"]) == len(kinds["control"]) == 4
    assert len({caption.split(",")[0] for caption in kinds["ALS"]}) == 4
    assert [caption.split(" field")[0] for caption in kinds["scored only"]] == ["P1 B03", "P2 B03"]
    for tile in tiles:
        assert tile.image.dtype == np.uint8
        assert tile.image.shape == (64, 64)
        assert int(tile.image.max()) > 200


def test_gallery_shows_what_was_measured(small_study: Study) -> None:
    """Fields of each class with what was found drawn on them; a plate that has gone is said to be missing."""
    pictures, gone = measured_gallery(small_study, small_study.table("scores"))
    assert not gone
    assert {picture.caption.split(", ")[1] for picture in pictures} == {"ALS", "control"}
    assert all(picture.image.shape == (64, 64, 3) for picture in pictures)
    assert all("cells" in picture.caption and "pixels of neurite" in picture.caption for picture in pictures)
    moved = StudyResults(small_study.config, small_study.source, small_study.results)
    plates = {
        name: facts | {"path": "/gone", "beside": "../gone"} for name, facts in moved.record["plates"].items()
    }
    with patch.object(StudyResults, "_record", moved.record | {"plates": plates}):
        pictures, gone = measured_gallery(moved, moved.table("scores"))
    assert not pictures
    assert sorted(gone) == [
        f"What was measured on plate {name} is not shown: Plate {name} is not at /gone any more: put it back "
        "there, or run the study anew."
        for name in ("P1", "P2")
    ]


def test_facts_hold_every_table(small_study: Study) -> None:
    """The report sees what the results folder holds."""
    facts = study_facts(small_study)
    assert facts.models == ("cnn", "forest")
    assert facts.group_result("cnn").n_groups == 8
    assert dict(facts.formats) == {"P1": (4, 6), "P2": (4, 6)}
    assert facts.nested


@pytest.mark.slow
def test_a_study_that_lost_things_still_gives_a_report(small_study: Study, tmp_path: Path) -> None:
    """Tables, tiles, measurements, plates and analyses may be gone or damaged: the page says which."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copytree(small_study.results / "tables", folder / "tables")
    record = json.loads((small_study.results / "record.json").read_text(encoding="utf-8"))
    (folder / "record.json").write_text(json.dumps(record), encoding="utf-8")
    (folder / "tables" / "metrics.parquet").write_bytes(b"no table")
    (folder / "tables" / "splits.parquet").unlink()
    (folder / "analyses").mkdir()
    (folder / "analyses" / "summaries.json").write_text("{", encoding="utf-8")
    text = write_report(StudyResults.open(folder)).read_text(encoding="utf-8")
    for sentence in (
        "The table of metrics cannot be read: what rests on it is left out (",
        "is not the table that hcs wrote (its digest differs)",
        "The quality of the fields is left out:",
        "The analyses are left out:",
        "The table of splits is missing",
        "There are no pictures:",
        "Fields were not judged",
        "clones right",
    ):
        assert sentence in text
    for name in ("groups", "scores", "wells"):
        (folder / "tables" / f"{name}.parquet").unlink()
        assert ">Answer</h2>" in write_report(StudyResults.open(folder)).read_text(encoding="utf-8")


def test_analyses_of_an_earlier_run_are_left_out(small_study: Study, tmp_path: Path) -> None:
    """They are of other features than the study's; the page says so and how to make them anew."""
    folder = tmp_path / "results"
    folder.mkdir()
    shutil.copytree(small_study.results / "tables", folder / "tables")
    shutil.copyfile(small_study.results / "record.json", folder / "record.json")
    document = {"asked": {"features": "of another run"}, "findings": {}, "left_out": {}}
    (folder / "analyses").mkdir()
    (folder / "analyses" / "summaries.json").write_text(json.dumps(document), encoding="utf-8")
    facts = table_facts(StudyResults.open(folder))
    assert facts.analysed is None
    assert any("is of an earlier run" in notice for notice in facts.notices)
    document["asked"] = {"features": small_study.record["features_digest"]}
    (folder / "analyses" / "summaries.json").write_text(json.dumps(document), encoding="utf-8")
    assert table_facts(StudyResults.open(folder)).analysed is not None
