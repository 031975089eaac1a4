"""CellVoyager: the real measurement against its own list, and made-up lists for what goes wrong."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan

REAL = "imagexpress_cv8000/CV8000/CV8000-Minimal-DataSet-2C-3W-4S-FP2-stack_20230918_135839"
SPACE = "http://www.yokogawa.co.jp/BTS/BTSSchema/1.0"


def record(well: str = "B03", field: int = 1, z: int = 1, channel: int = 1, **changes: str) -> str:
    """Write a record, and name its file as a CellVoyager does."""
    values = {
        "Type": "IMG", "Row": str("ABCDEFGH".index(well[0]) + 1), "Column": str(int(well[1:])),
        "TimePoint": "1", "FieldIndex": str(field), "ZIndex": str(z), "TimelineIndex": "1",
        "ActionIndex": "1",
        "Action": "2D",
        "X": "-10.5", "Y": "20.25", "Z": str(2.0 * z), "Ch": str(channel),
        "Time": "2023-09-18T13:58:44.438+02:00",
    }  # fmt: skip
    text = changes.pop("text", f"P_{well}_T0001F{field:03}L01A01Z{z:02}C{channel:02}.tif")
    attributes = " ".join(f'bts:{key}="{value}"' for key, value in (values | changes).items())
    return f"<bts:MeasurementRecord {attributes}>{text}</bts:MeasurementRecord>"


def measurement(folder: Path, *records: str) -> Path:
    """Write the list and the images that it names."""
    folder.mkdir(exist_ok=True)
    body = "\n".join(records)
    start = f'<?xml version="1.0" encoding="utf-8"?><bts:MeasurementData xmlns:bts="{SPACE}">'
    (folder / "MeasurementData.mlf").write_text(f"{start}{body}</bts:MeasurementData>")
    for number, one in enumerate(ET.fromstring((folder / "MeasurementData.mlf").read_text())):
        if one.text and one.text.endswith(".tif"):
            tifffile.imwrite(folder / Path(one.text).name, np.full((4, 6), number, "uint16"))
    return folder


def test_records_are_planes(tmp_path: Path) -> None:
    """Well, field, step and channel as listed; an error of the instrument is a missing plane, with why."""
    folder = measurement(
        tmp_path / "P",
        record(),
        record(z=2),
        record(z=1, field=2),
        record(z=2, field=2, Type="ERR", text="No focus"),
    )
    found = scan(folder)
    assert (found.reader, found.n_z, found.z_step_um, found.y_axis) == ("cellvoyager", 2, 2.0, "up")
    assert len(found.planes) == 3
    (reason,) = found.missing.values()
    assert "No focus" in reason
    assert found.positions_um["B03", 1] == (-10.5, 20.25)
    assert found.imaged_at["B03", 1] == "2023-09-18T13:58:44.438+02:00"


def test_several_actions_are_channels(tmp_path: Path) -> None:
    """One channel that two actions took at the same place is two, which is said."""
    second = record(text="P_B03_T0001F001L01A02Z01C01.tif", ActionIndex="2")
    found = scan(measurement(tmp_path / "P", record(), second))
    assert [channel.name for channel in found.channels] == ["channel 1, action 1.1", "channel 1, action 1.2"]
    assert any("several actions" in note for note in found.notes)


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (record(Row="99999"), "has Row '99999'"),
        (record(Type="XYZ"), "is of type 'XYZ'"),
        (record(Column="4"), "one of the two is wrong"),
        (record(z=1, ZIndex="-1"), "has ZIndex '-1'"),
    ],
)
def test_records_that_cannot_be_are_refused(tmp_path: Path, wrong: str, said: str) -> None:
    """The record is named by its place in the list."""
    with pytest.raises(ReaderError, match=said):
        scan(measurement(tmp_path / "P", record(field=7), wrong))


def test_an_error_without_an_image_is_told(tmp_path: Path) -> None:
    """A focus that was not found names a well alone; the plate is read all the same."""
    error = (
        '<bts:MeasurementRecord bts:Type="ERR" bts:Row="2" bts:Column="3">AF failed</bts:MeasurementRecord>'
    )
    found = scan(measurement(tmp_path / "P", record(), error))
    assert len(found.planes) == 1
    assert any("1 errors of the instrument" in note for note in found.notes)


ERROR = record(Type="ERR", text="No focus")
IMAGE = record()


@pytest.mark.parametrize("records", [(ERROR, IMAGE), (ERROR, ERROR, IMAGE)], ids=["once", "twice"])
def test_a_plane_that_was_tried_again(tmp_path: Path, records: tuple[str, ...]) -> None:
    """The image that came of it is the plane's, which is said."""
    found = scan(measurement(tmp_path / "P", *records, record(field=2)))
    assert (len(found.planes), len(found.missing)) == (2, 0)
    assert "1 images were taken again after an error of the instrument: B03 field 1." in found.notes


def test_a_plane_that_failed_twice_is_missing(tmp_path: Path) -> None:
    """With what the last error says."""
    late = record(Type="ERR", text="No light")
    (reason,) = scan(measurement(tmp_path / "P", ERROR, late, record(field=2))).missing.values()
    assert "No light" in reason


@pytest.mark.parametrize(
    "records",
    [(IMAGE, IMAGE), (ERROR, IMAGE, IMAGE), (IMAGE, ERROR)],
    ids=["images", "an error first", "last"],
)
def test_a_record_twice_is_refused(tmp_path: Path, records: tuple[str, ...]) -> None:
    """Which of the two is right is not known; an error after the image is none of a first try."""
    with pytest.raises(ReaderError, match="1 images are listed twice"):
        scan(measurement(tmp_path / "P", *records))


@pytest.mark.shared
def test_the_real_measurement(shared_data: Path, tmp_path: Path) -> None:
    """Every plane of its list, with positions and steps as listed; ingested, its pixels are all zero."""
    found = scan(shared_data / REAL)
    path = next((shared_data / REAL).rglob("MeasurementData.mlf"))
    listed = list(ET.parse(path).getroot())
    assert len(found.planes) == len(listed) == 96
    attributes = {
        one.text: {key.rpartition("}")[2]: value for key, value in one.attrib.items()} for one in listed
    }
    for key, file in found.planes.items():
        said = attributes[file.path.name]
        well = f"{'ABCDEFGH'[int(said['Row']) - 1]}{int(said['Column']):02}"
        assert (well, said["FieldIndex"], said["ZIndex"]) == (key.well, str(key.field), str(key.z + 1))
        assert found.positions_um[key.well, key.field] == (float(said["X"]), float(said["Y"]))
    assert (found.format.size, found.pixel_size_um, found.z_step_um) == (96, (0.325, 0.325), 3.0)
    assert [channel.excitation_nm for channel in found.channels] == [405, 488]
    plate = ingest(shared_data / REAL, tmp_path / "P.ome.zarr")
    assert not plate["D08"][1].read().any()
    assert plate.tiles(64).shape == (12, 64, 64, 2)
