"""Labels in plates: what another library reads of them is what was measured, under the same numbers."""

import json
import shutil
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import numpy.typing as npt
import pytest
import tensorstore
import yaozarrs
import zarr
from tests.hcs.measure.conftest import plate_pixels

from hcs.measure.again import measure_again
from hcs.measure.fieldlabels import labels_written, write_labels
from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.measured import Measurements
from hcs.measure.measurements import measure_plate
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, StoreError
from hcs_plates.exporting import export_ome_zarr_04
from hcs_plates.plate import Plate, open_plate


@pytest.fixture(scope="module")
def two_levels(measurable: Callable[..., Plate], tmp_path_factory: pytest.TempPathFactory) -> Plate:
    """The small plate with fields of two levels; not to be changed."""
    return measurable(tmp_path_factory.mktemp("plate"), side=280, pixels=partial(plate_pixels, side=280))


@pytest.fixture(scope="module")
def labelled(two_levels: Plate, tmp_path_factory: pytest.TempPathFactory) -> tuple[Plate, Measurements]:
    """A copy of the plate with its labels."""
    place = tmp_path_factory.mktemp("labels") / "P1.ome.zarr"
    shutil.copytree(two_levels.path, place)
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


def test_written_while_measuring(
    labelled: tuple[Plate, Measurements], two_levels: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same files as of measuring again, and every field is segmented once; other labels of ours go."""
    plate = open_plate(shutil.copytree(two_levels.path, tmp_path / "P1.ome.zarr"))
    assert not labels_written(plate, labelled[1])
    shutil.copytree(labelled[0].path / "A/01/1/labels", plate.path / "A/03/2/labels")
    segmented = Mock(wraps=measure_field)
    monkeypatch.setattr("hcs.measure.measurements.measure_field", segmented)
    measured = measure_plate(plate, MeasureSpec("FITC", "DAPI"), labels=True, workers=1)
    assert segmented.call_count == len(measured.fields)
    assert labels_written(plate, measured)
    made, expected = (
        {file.relative_to(one): file.read_bytes() for file in one.rglob("labels/**/*") if file.is_file()}
        for one in (plate.path, labelled[0].path)
    )
    assert made == expected != {}
    assert not list(plate.path.glob(".labels"))


def test_copied_as_0_4(labelled: tuple[Plate, Measurements], tmp_path: Path) -> None:
    """The copy has the same labels at every level, read by tensorstore, with the documents of 0.4.

    The field that was left out of the measurements has none.
    """
    plate, _ = labelled
    out = export_ome_zarr_04(plate, tmp_path / "P1.zarr")
    group = out / "A/01/1/labels"
    assert json.loads((group / ".zattrs").read_text())["labels"] == ["nuclei", "somas", "neurites"]
    for name in ("nuclei", "somas", "neurites"):
        yaozarrs.validate_zarr_store(str(group / name))
        attributes = json.loads((group / name / ".zattrs").read_text())
        assert attributes["image-label"]["version"] == attributes["multiscales"][0]["version"] == "0.4"
        assert [axis["name"] for axis in attributes["multiscales"][0]["axes"]] == ["y", "x"]
        for level in range(len(plate.spec.layout.plane_shapes)):
            spec = {"driver": "zarr", "kvstore": {"driver": "file", "path": str(group / name / str(level))}}
            copy = tensorstore.open(spec, read=True).result().read().result()
            np.testing.assert_array_equal(copy, stored(plate.path / f"A/01/1/labels/{name}/{level}"))
        assert copy.any()
    assert not (out / "A/03/2/labels").exists()
    assert list(open_plate(out)) == list(plate)


@pytest.mark.parametrize("fault", ["gone", "exchanged", "another field's", "smaller level", "no sum"])
def test_damaged_labels_are_not_copied(
    fault: str, labelled: tuple[Plate, Measurements], tmp_path: Path
) -> None:
    """Read by zarr they are zeros, or other nuclei; the copy is refused and nothing stands there."""
    plate = open_plate(shutil.copytree(labelled[0].path, tmp_path / "P1.ome.zarr"))
    ours = plate.path / "A/01/1/labels/nuclei"
    other = plate.path / ("A/01/2/labels/nuclei" if fault == "another field's" else "A/01/1/labels/somas")
    level = "1" if fault == "smaller level" else "0"
    if fault == "another field's":
        shutil.rmtree(ours)
        shutil.copytree(other, ours)
    elif fault == "no sum":
        document = json.loads((ours / "zarr.json").read_text())
        del document["attributes"]["hcs"]["sum"]
        (ours / "zarr.json").write_text(json.dumps(document))
    else:
        shard = next(file for file in (ours / level / "c").rglob("*") if file.is_file())
        shard.unlink()
        if fault == "exchanged":
            shutil.copy(other / shard.relative_to(ours), shard)
    with pytest.raises(HcsError, match=r"A/01/1/labels/nuclei cannot be read .*`hcs labels"):
        export_ome_zarr_04(plate, tmp_path / "P1.zarr", workers=1)
    assert not (tmp_path / "P1.zarr").exists()


def test_the_plate_stays(labelled: tuple[Plate, Measurements], two_levels: Plate) -> None:
    """Its digest and its pixels are what they were, and measurements of it still open."""
    plate, measured = labelled
    opened = open_plate(plate.path)
    assert opened.digest == two_levels.digest
    np.testing.assert_array_equal(opened["A01"][1].read(), two_levels["A01"][1].read())
    Measurements.open(measured.path, opened)


def test_cut_short(labelled: tuple[Plate, Measurements], monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that ends amid a label image leaves none of it in the list, and the next one goes on."""
    plate, measured = labelled
    group = plate.path / "A/01/1/labels"

    def ends(folder: Path, *_: object) -> None:
        if folder.parent.name == ".somas.partial":
            raise KeyboardInterrupt

    with monkeypatch.context() as cut:
        cut.setattr("hcs.measure.labelimages.write_shard", ends)
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
