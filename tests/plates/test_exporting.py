"""Copies as OME-Zarr 0.4: what zarr reads of them is what the plate holds, level by level."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaozarrs
import zarr
from tests.inputs.otherplates import edit, noise, ome, other_plate
from zarr.storage import LocalStore

from hcs_plates.errors import ExistsError
from hcs_plates.exporting import export_ome_zarr_04
from hcs_plates.plate import Plate, open_plate


def test_pixels_and_documents(make_plate: Callable[..., Plate], tmp_path: Path) -> None:
    """Every level of every field, wells and channels as in the plate; the models of 0.4 accept it."""
    plate = make_plate()
    out = export_ome_zarr_04(plate, tmp_path / "P1.zarr")
    yaozarrs.validate_zarr_store(str(out))
    for well, fields in plate.items():
        for number, field in fields.items():
            group = out / well[0] / well[1:] / str(number)
            for level in range(len(plate.spec.layout.plane_shapes)):
                stored = zarr.open_array(LocalStore(group / str(level)), mode="r", zarr_format=2)
                np.testing.assert_array_equal(stored[...], field.read(level))
    copy = open_plate(out)
    assert (copy.name, list(copy), copy.channels) == (plate.name, list(plate), plate.channels)
    assert copy.spec.pixel_size_um == plate.spec.pixel_size_um
    assert pd.read_csv(out / "wells.csv")["well"].tolist() == list(plate.wells.index)


def test_what_is_missing_is_listed(make_plate: Callable[..., Plate], tmp_path: Path) -> None:
    """Under `hcs` of the plate's attributes: zeros there are no data."""
    plate = make_plate()
    out = export_ome_zarr_04(plate, tmp_path / "P1.zarr")
    said = json.loads((out / ".zattrs").read_text())["hcs"]
    assert [row["well"] for row in said["missing"]] == plate.missing["well"].tolist()
    assert said["digest"] == plate.digest


def test_plates_of_other_tools(tmp_path: Path) -> None:
    """Of 0.5 too, pixels of another type; levels by the factor that they state, made nobody knows how."""
    full = noise(2, 30, 46).astype("int32")
    small = full[:, ::3, :45:3]
    path = other_plate(tmp_path / "P.zarr", {"B/2": {"0": [full, small]}}, pixel=0.5)
    edit(path / "B/2/0/zarr.json", lambda one: second(ome(one)).update(scale=[1, 1.5, 1.5]))
    out = export_ome_zarr_04(open_plate(path), tmp_path / "Q.zarr")
    np.testing.assert_array_equal(open_plate(out)["B02"][0].read(1), small)
    said = json.loads((out / "B/02/0/.zattrs").read_text())
    assert second(said)["scale"] == [1, 1.5, 1.5]
    assert not {"type", "metadata"} & set(said["multiscales"][0])


def second(document: dict[str, Any]) -> dict[str, Any]:
    """Scale of the second level of a field."""
    found: dict[str, Any] = document["multiscales"][0]["datasets"][1]["coordinateTransformations"][0]
    return found


def test_again(make_plate: Callable[..., Plate], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same copy stays; what is somebody else's is not replaced."""
    plate = make_plate()
    export_ome_zarr_04(plate, tmp_path / "P1.zarr")
    with monkeypatch.context() as held:
        held.setattr("hcs_plates.exporting.run_units", None)
        export_ome_zarr_04(plate, tmp_path / "P1.zarr")
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "file.txt").touch()
    with pytest.raises(ExistsError):
        export_ome_zarr_04(plate, tmp_path / "mine")
