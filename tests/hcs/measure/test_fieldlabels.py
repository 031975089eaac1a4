"""Labels in plates: what another library reads of them is what was measured, under the same numbers."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import yaozarrs
import zarr

from hcs.measure.again import measure_again
from hcs.measure.fieldlabels import write_labels
from hcs.measure.fields import MeasureSpec
from hcs.measure.measured import Measurements
from hcs.measure.measurements import measure_plate
from hcs_plates.errors import ArgumentError, ExistsError, StoreError
from hcs_plates.exporting import export_ome_zarr_04
from hcs_plates.plate import Plate, open_plate


@pytest.fixture(scope="module")
def labelled(small_plate: Plate, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, Measurements]:
    """A copy of the small plate with its labels."""
    place = tmp_path_factory.mktemp("labels") / "P1.ome.zarr"
    shutil.copytree(small_plate.path, place)
    plate = open_plate(place)
    measured = measure_plate(plate, MeasureSpec("FITC", "DAPI"), workers=1)
    assert write_labels(plate, measured, workers=1) == len(measured.fields)
    return plate, measured


def stored(array: Path) -> npt.NDArray[Any]:
    """What zarr reads."""
    return np.asarray(zarr.open_array(str(array), mode="r")[...])


def test_what_was_measured(labelled: tuple[Plate, Measurements]) -> None:
    """Objects of the labels are the cells of the table; every level is every second pixel of that above."""
    plate, measured = labelled
    yaozarrs.validate_zarr_store(str(plate.path / "A/01/1/labels/nuclei"))
    yaozarrs.validate_zarr_store(str(plate.path))
    group = plate.path / "A/01/1/labels"
    cells = measured.cells.query("well == 'A01' and field == 1")
    assert set(np.unique(stored(group / "nuclei/0"))) - {0} == set(cells["cell"])
    again = measure_again(measured, plate["A01"][1])
    assert again.somas is not None
    np.testing.assert_array_equal(stored(group / "somas/0"), again.somas)
    for level in range(1, len(plate.spec.layout.plane_shapes)):
        above = stored(group / f"nuclei/{level - 1}")
        np.testing.assert_array_equal(stored(group / f"nuclei/{level}"), above[::2, ::2])
    neurites = stored(group / "neurites/0")
    assert (neurites > 0).any()


def test_the_plate_stays(labelled: tuple[Plate, Measurements], small_plate: Plate) -> None:
    """Its digest and its pixels are what they were, and measurements of it still open."""
    plate, measured = labelled
    opened = open_plate(plate.path)
    assert opened.digest == small_plate.digest
    np.testing.assert_array_equal(opened["A01"][1].read(), small_plate["A01"][1].read())
    Measurements.open(measured.path, opened)


def test_cut_short(labelled: tuple[Plate, Measurements], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends amid a label image leaves none of it in the list, and the next one goes on."""
    plate, measured = labelled
    group = plate.path / "A/01/1/labels"

    def ends(folder: Path, *_: object) -> None:
        if folder.parent.name == ".somas.partial":
            raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("hcs.measure.fieldlabels.write_shard", ends)
        with pytest.raises(KeyboardInterrupt):
            write_labels(plate, measured, workers=1)
    assert not (group / "zarr.json").exists()
    assert not (group / "somas").exists()
    write_labels(plate, measured, workers=1)
    assert not list(plate.path.rglob("*.partial"))
    assert not list(plate.path.glob(".labels"))
    assert (stored(group / "somas/0") > 0).any()


def test_labels_of_others_stay(labelled: tuple[Plate, Measurements]) -> None:
    """Theirs of other names stay listed; one of our names that is theirs is not replaced."""
    plate, measured = labelled
    group = plate.path / "A/01/1/labels"
    document = json.loads((group / "zarr.json").read_text())
    document["attributes"]["ome"]["labels"].append("cells")
    (group / "zarr.json").write_text(json.dumps(document))
    (group / "cells").mkdir()
    write_labels(plate, measured, workers=1)
    listed = json.loads((group / "zarr.json").read_text())["attributes"]["ome"]["labels"]
    assert sorted(listed) == ["cells", "neurites", "nuclei", "somas"]
    assert (group / "cells").is_dir()
    (group / "nuclei" / "zarr.json").write_text('{"attributes": {}}')
    with pytest.raises(ExistsError, match="not of hcs"):
        write_labels(plate, measured, workers=1)
    shutil.rmtree(group / "nuclei")


def test_refused(labelled: tuple[Plate, Measurements], tmp_path: Path) -> None:
    """Other numbers than the table's, and plates of other tools; nothing is written."""
    plate, measured = labelled
    other = Measurements(measured.path, measured.record | {"recipe": "other"})
    with pytest.raises(StoreError, match="measure it again"):
        write_labels(plate, other, workers=1)
    foreign = open_plate(export_ome_zarr_04(plate, tmp_path / "P1.zarr"))
    with pytest.raises(ArgumentError, match="another tool"):
        write_labels(foreign, workers=1)
