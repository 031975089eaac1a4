"""Another platemap on a plate that stands: its wells table changes, and nothing else of it."""

import json
import zipfile
from pathlib import Path

import numpy as np
import pytest
import tifffile
import yaozarrs

from hcs_plates import store
from hcs_plates.errors import BusyError, ExistsError, PlaceError, PlatemapError, StoreError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import PLATE, Plate, open_plate
from hcs_plates.remapping import replace_platemap
from hcs_plates.staging import Place

WELLS = ("A01", "B02", "C03")
OLD = "well,clone,diagnosis,own\nA1,c1,ALS,x\nB2,c2,control,y\nC3,c1,ALS,z\n"
NEW = "well,clone,diagnosis,passage\nA1,c1,ALS,3\nB2,c2,control,4\nC3,c3,,5\nD4,EMPTY,,\n"


def write(folder: Path, content: str, name: str = "map.csv") -> Path:
    """Save a map."""
    (folder / name).write_text(content)
    return folder / name


@pytest.fixture
def export(tmp_path: Path) -> Export:
    """Three wells of one field."""
    (tmp_path / "export").mkdir()
    for at, well in enumerate(WELLS):
        tifffile.imwrite(tmp_path / "export" / f"{well}_f1.tif", np.full((16, 16), at + 1, "uint16"))
    return Export(tmp_path / "export", pattern="{well}_f{field}.tif", name="P1", format=24)


@pytest.fixture
def plate(export: Export, tmp_path: Path) -> Plate:
    """A plate with the first map."""
    return ingest(export, tmp_path / "P1.ome.zarr", write(tmp_path, OLD))


def test_the_wells_table_is_that_of_the_new_map(plate: Plate, tmp_path: Path) -> None:
    """Cells that changed are counted by column; pixels, their digest and the store stay whole."""
    changed = replace_platemap(plate.path, write(tmp_path, NEW, "new.csv"))
    again = open_plate(plate.path)
    assert changed.columns == {
        "row": 1, "column": 1, "plate": 1, "clone": 1, "diagnosis": 1, "passage": 3, "included": 1, "own": 3,
    }  # fmt: skip
    assert changed.wells == ("A01", "B02", "C03", "D04")
    assert changed.taking_part == ("D04",)
    assert again.wells["clone"].dropna().to_dict() == {"A01": "c1", "B02": "c2", "C03": "c3"}
    assert again.wells["passage"].dropna().tolist() == [3, 4, 5]
    assert "own" not in again.wells
    assert again.digest == plate.digest
    assert all((again[well][1].read() == at + 1).all() for at, well in enumerate(WELLS))
    assert "Called empty" in " ".join(again.info()["notes"])
    yaozarrs.validate_zarr_store(str(plate.path))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P1.ome.zarr", "export", "map.csv", "new.csv"]


def test_the_same_map_changes_nothing(plate: Plate, tmp_path: Path) -> None:
    """Not a byte, whatever order its rows and columns have."""
    before = (plate.path / "zarr.json").read_bytes()
    changed = replace_platemap(
        plate.path, write(tmp_path, "own,diagnosis,clone,well\nz,ALS,c1,C3\nx,ALS,c1,A1\ny,control,c2,B2\n")
    )
    assert (changed.columns, changed.wells, changed.taking_part) == ({}, (), ())
    assert (plate.path / "zarr.json").read_bytes() == before


@pytest.mark.parametrize(
    "content", ["well,clone\nA1,c1\n", NEW.replace("D4", "A1"), "clone\nc1\n", NEW.replace("3\n", "x\n")]
)
def test_a_map_that_does_not_fit_leaves_the_old(plate: Plate, tmp_path: Path, content: str) -> None:
    """A refusal writes nothing."""
    before = (plate.path / "zarr.json").read_bytes()
    with pytest.raises(PlatemapError):
        replace_platemap(plate.path, write(tmp_path, content, "new.csv"))
    assert (plate.path / "zarr.json").read_bytes() == before
    assert sorted(path.name for path in tmp_path.iterdir()) == ["P1.ome.zarr", "export", "map.csv", "new.csv"]


def test_ingesting_again_knows_the_map(plate: Plate, export: Export, tmp_path: Path) -> None:
    """With the corrected map the plate is opened; with the one before it would be another plate."""
    new = write(tmp_path, NEW, "new.csv")
    replace_platemap(plate.path, new)
    assert ingest(export, plate.path, new).wells["clone"].dropna().to_list() == ["c1", "c2", "c3"]
    with pytest.raises(ExistsError):
        ingest(export, plate.path, tmp_path / "map.csv")
    assert ingest(export, plate.path, tmp_path / "map.csv", complete=True).wells["clone"].tolist() == [
        "c1",
        "c2",
        "c1",
    ]


def test_a_plate_without_a_map_gets_one(export: Export, tmp_path: Path) -> None:
    """What was said of its absence goes."""
    bare = ingest(export, tmp_path / "P1.ome.zarr")
    assert "No platemap was given" in " ".join(bare.info()["notes"])
    replace_platemap(bare.path, write(tmp_path, NEW))
    assert "No platemap was given" not in " ".join(open_plate(bare.path).info()["notes"])


def test_a_kill_leaves_the_old_map_or_the_new(
    plate: Plate, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever fails while the description is written, the plate opens."""

    def fails(path: Path, *_: object, **__: object) -> None:
        (path.parent / ".zarr.json.1.part").write_text("{")
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(store, "write_json", fails)
    with pytest.raises(PlaceError, match="disk is full"):
        replace_platemap(plate.path, write(tmp_path, NEW, "new.csv"))
    assert open_plate(plate.path).wells["clone"].tolist() == ["c1", "c2", "c1"]


def test_two_runs_on_one_plate_are_refused(plate: Plate, tmp_path: Path) -> None:
    """The second is told who works there."""
    with Place(plate.path, PLATE, overwrite=True).claim(), pytest.raises(BusyError):
        replace_platemap(plate.path, write(tmp_path, NEW, "new.csv"))


def test_a_description_that_was_changed_is_not_sealed_anew(plate: Plate, tmp_path: Path) -> None:
    """A new map makes no damaged plate whole."""
    file = plate.path / "zarr.json"
    document = json.loads(file.read_bytes())
    document["attributes"]["hcs"]["name"] = "P2"
    document["attributes"]["ome"]["plate"]["name"] = "P2"
    file.write_text(json.dumps(document))
    with pytest.raises(StoreError):
        replace_platemap(plate.path, write(tmp_path, NEW, "new.csv"))


def test_a_plate_of_an_earlier_format_gets_a_map(tmp_path: Path) -> None:
    """Its pixels are held against what they were held against before."""
    with zipfile.ZipFile(Path(__file__).parent / "data" / "format1.zip") as archive:
        archive.extractall(tmp_path)
    old = open_plate(tmp_path / "P1.ome.zarr")
    replace_platemap(old.path, write(tmp_path, "well,clone\n" + "".join(f"{well},x{well}\n" for well in old)))
    new = open_plate(old.path)
    assert new.wells["clone"].tolist() == [f"x{well}" for well in old]
    assert new.digest == old.digest
    for well, fields in old.items():
        for number, field in fields.items():
            assert np.array_equal(new[well][number].read(), field.read())
