"""Labels against the measurements that they are of: stale ones, those nobody knows of, fields without any."""

import json
import shutil
from pathlib import Path

import pytest

from hcs.measure.fieldlabels import write_labels
from hcs.measure.labelstanding import label_standing
from hcs.measure.measured import Measurements
from hcs_plates.plate import Plate, open_plate

MEASURED = ["A01 field 1", "A01 field 2", "A02 field 1", "A02 field 2", "A03 field 1"]


@pytest.fixture(scope="module")
def labelled(small_plate: Plate, measured: Measurements, tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """A copy of the small plate with its measurements and labels; not to be changed."""
    folder = tmp_path_factory.mktemp("standing")
    shutil.copytree(measured.path, folder / measured.path.name)
    plate = open_plate(shutil.copytree(small_plate.path, folder / small_plate.path.name))
    write_labels(plate, workers=1)
    return plate


@pytest.fixture
def own(labelled: Plate, tmp_path: Path) -> Plate:
    """A copy to be changed, with its measurements beside it, at another place."""
    shutil.copytree(labelled.path.parent, tmp_path / "own")
    return open_plate(tmp_path / "own" / labelled.path.name)


def test_current(own: Plate) -> None:
    """Labels as they were written are current, wherever plate and measurements go together.

    Fields that were left out have none, and why is told.
    """
    found = label_standing(own)
    assert (len(found.current), found.n_fields) == (3 * len(MEASURED), len(MEASURED))
    assert (found.stale, found.unknown, found.stale_sentence()) == ((), (), "")
    assert found.sentences() == [
        "3 fields have no labels (A03 field 2: file gone, A04 field 1: not included (platemap) and A04 field "
        "2: not included (platemap))"
    ]


def test_stale(own: Plate) -> None:
    """Measurements of another digest beside it: every label is stale, and no longer among the current."""
    record = own.path.with_name("P1.measurements") / "measurements.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"recipe": "another"}))
    found = label_standing(own)
    assert (found.current, len(found.stale)) == ((), 3 * len(MEASURED))
    assert found.sentences()[0].startswith("labels of 5 fields (A01 field 1, A01 field 2, ")
    assert f"hcs labels {own.path} writes them anew" in found.stale_sentence()


def test_not_known(own: Plate) -> None:
    """Without their measurements labels stay current, and that nothing is known of it is told."""
    shutil.rmtree(own.path.with_name("P1.measurements"))
    found = label_standing(own)
    assert found.unknown == found.current != ()
    assert "it is not known whether they are the last ones" in found.sentences()[0]


def test_measurements_elsewhere(own: Plate, tmp_path: Path) -> None:
    """Labels of measurements of another place are held against those, not against what stands beside."""
    beside = own.path.with_name("P1.measurements")
    elsewhere = Measurements.open(shutil.copytree(beside, tmp_path / "other"), own)
    write_labels(own, elsewhere, workers=1)
    record = beside / "measurements.json"
    record.write_text(json.dumps(json.loads(record.read_text()) | {"recipe": "another"}))
    assert (label_standing(own).stale, label_standing(own).unknown) == ((), ())


def test_labels_of_others(own: Plate) -> None:
    """They are named, and none of ours; a plate without labels of any kind says nothing."""
    document = own.path / "A/02/1/labels/zarr.json"
    found = json.loads(document.read_text())
    found["attributes"]["ome"]["labels"].append("cells")
    document.write_text(json.dumps(found))
    assert label_standing(own).foreign == ("cells in A02 field 1",)
    assert label_standing(own).sentences()[-1] == "1 label image is not of hcs (cells in A02 field 1)"
    for labels in own.path.rglob("labels"):
        shutil.rmtree(labels)
    assert label_standing(own).sentences() == []
