"""Exports of Harmony: every version's layout is the same plate, and what is wrong is said in a sentence."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile
from tests.inputs.harmonyexports import LIGHT, PLATE, Harmony, Shot

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate
from hcs_plates.readers.acquisition import Acquisition, PlaneKey
from hcs_plates.readers.detect import scan


def check_plate(found: Acquisition, shots: tuple[Shot, ...] = PLATE) -> None:
    """Hold every plane against the image that was made for it."""
    keys = {
        PlaneKey(f"{'ABCDEFGH'[one.row - 1]}03", one.field, one.channel - 1, one.time, one.plane - 1): one
        for one in shots
    }
    assert set(found.planes) == set(keys)
    for key, file in found.planes.items():
        assert file.decode(file.path, file.page)[0, 0] == keys[key].value()


@pytest.mark.parametrize("version", [1, 3, 4, 5, 6, 7, 8])
def test_every_version_is_the_same_plate(version: int, tmp_path: Path) -> None:
    """Whether optics stand with each image or once among the maps, all that is stated is read."""
    found = scan(Harmony(version).write(tmp_path))
    check_plate(found)
    assert (found.name, found.format.size, found.instrument, found.reader) == (
        "Plate 7",
        96,
        "Phenix",
        "harmony",
    )
    assert [(one.name, one.excitation_nm, one.emission_nm, one.exposure_ms) for one in found.channels] == [
        ("DAPI", 100, None, 10),
        ("Alexa µ488", 200, None, 20),
    ]
    assert found.pixel_size_um == pytest.approx((0.5, 0.6))
    assert found.z_step_um == pytest.approx(2)
    assert found.positions_um["D03", 2] == pytest.approx((200, -200))
    assert found.y_axis == "up"
    assert found.imaged_at["B03", 2] == "2022-12-19T10:02:00.5+01:00"
    assert sorted(found.flat_fields) == [0, 1]
    assert found.objective is not None
    assert (found.objective.magnification, found.objective.numerical_aperture) == (20, 0.8)
    assert (dict(found.missing), found.disagreements, found.notes) == ({}, (), ())


def test_archives_keep_the_index_and_light_apart(tmp_path: Path) -> None:
    """An archive's index may have any name in a folder of its own, and its flat fields likewise."""
    export = Harmony(7, light="", name="5de72537.xml").write(tmp_path / "archive", index="index")
    light = export / "flatfieldcorrection"
    light.mkdir()
    (light / "one.xml").write_text(
        f'<M xmlns="x"><Entry ChannelID="2"><FlatfieldProfile>{LIGHT}</FlatfieldProfile></Entry></M>'
    )
    found = scan(export)
    check_plate(found)
    assert list(found.flat_fields) == [1]
    (light / "two.xml").write_text("<M/>")
    assert "2 files state flat fields" in scan(export).notes[0]


@pytest.mark.parametrize(
    ("encoding", "name"), [("utf-8", "index.IDX.xml"), ("utf-8-sig", "Index.xml"), ("utf-16", "Index.xml")]
)
def test_encodings_and_names(encoding: str, name: str, tmp_path: Path) -> None:
    """A byte-order mark, UTF-16 and names of another case are the same index, also given by itself."""
    export = Harmony(name=name).write(tmp_path, encoding)
    check_plate(scan(export))
    check_plate(scan(export / "Images"))
    check_plate(scan(export / "Images" / name))


def test_gaps_stay_gaps(tmp_path: Path) -> None:
    """Failed images, lost files and unlisted planes are missing under their own key, with the reason."""
    shots = [replace(PLATE[0], state="Failed"), *PLATE[1:-1]]
    export = Harmony(shots=shots).write(tmp_path)
    (export / "Images" / PLATE[1].file).unlink()
    found = scan(export)
    check_plate(found, PLATE[2:-1])
    assert "'Failed'" in found.missing[PlaneKey("B03", 1, 0, 0, 0)]
    assert "is not there" in found.missing[PlaneKey("B03", 1, 1, 0, 0)]
    assert "does not list" in found.missing[PlaneKey("D03", 2, 1, 1, 1)]


def test_channels_in_other_planes_are_never_acquired_elsewhere(tmp_path: Path) -> None:
    """A channel that was taken in one plane of a stack has no gaps in the others."""
    found = scan(Harmony(shots=[one for one in PLATE if one.channel == 1 or one.plane == 2]).write(tmp_path))
    assert not found.missing
    assert {(one.channel, one.z) for one in found.never_acquired} == {(1, 0)}


def test_fields_of_another_size(tmp_path: Path) -> None:
    """A field whose planes all have another size has its own shape."""
    export = Harmony().write(tmp_path)
    for one in PLATE:
        if (one.row, one.field) == (4, 2):
            tifffile.imwrite(export / "Images" / one.file, np.zeros((4, 6), np.uint16))
    found = scan(export)
    assert found.shape == (8, 12)
    assert found.shapes == {("D03", 2): (4, 6)}


def test_wells_without_images_are_told(tmp_path: Path) -> None:
    """A well that was measured and of which no image is listed is a disagreement."""
    found = scan(Harmony(wells=["0203", "0403", "0812"]).write(tmp_path))
    assert "H12" in found.disagreements[0]


def test_y_runs_as_the_matrix_says(tmp_path: Path) -> None:
    """A matrix that does not turn y over leaves the stage's y as the image's."""
    assert scan(Harmony(y_sign="").write(tmp_path)).y_axis == "down"


def test_damaged_light_is_told_and_left_out(tmp_path: Path) -> None:
    """A flat field that is none is left out and said; the plate is read."""
    found = scan(Harmony(light=LIGHT.replace("[0.1, -0.2]", "[0.1]")).write(tmp_path))
    check_plate(found)
    assert not found.flat_fields
    assert "no polynomial of x and y" in found.notes[0]


def test_folders_of_the_instruments_computer(tmp_path: Path) -> None:
    """Images listed in Windows folders are found by name, below the export alone."""
    shots = tuple(replace(one, url=rf"D:\Data\µ\{one.file}") for one in PLATE)
    names = tuple(replace(one, url=one.url.rpartition("\\")[2]) for one in shots)
    export = Harmony(shots=names).write(tmp_path / "export")
    (export / "Images" / "Index.idx.xml").write_text(Harmony(shots=shots).text(), encoding="utf-8")
    found = scan(export)
    check_plate(found, names)
    assert "were found by name" in found.notes[0]


SECOND = "<Plate><PlateID>P8</PlateID><Name>Plate 8</Name></Plate>"


@pytest.mark.parametrize(
    ("export", "said"),
    [
        (Harmony(more=SECOND), "describes 2 plates (Plate 7, Plate 8)"),
        (Harmony(shots=[*PLATE, PLATE[3]]), "1 images are listed twice"),
        (Harmony(shots=[*PLATE, replace(PLATE[0], field=9, url="x.tiff")][-2:]), ""),
        (Harmony(shots=[replace(PLATE[0], row=3, url=PLATE[0].file)]), "one of the two is wrong"),
        (Harmony(shots=[replace(PLATE[0], row=99_999, url="a.tiff")]), "whole number from 1 to 702"),
        (Harmony(shots=[replace(PLATE[0], column=13)]), "outside a 96-well plate"),
        (Harmony(plate="<PlateRows>0</PlateRows><PlateColumns>12</PlateColumns>"), "PlateRows '0'"),
        (Harmony(shots=[]), "lists no image"),
    ],
)
def test_what_is_refused(export: Harmony, said: str, tmp_path: Path) -> None:
    """What cannot be placed is refused with its reason; where nothing is wrong, it is read."""
    export.write(tmp_path)
    if not said:
        assert len(scan(tmp_path).planes) == 2
        return
    with pytest.raises(ReaderError) as error:
        scan(tmp_path)
    assert said in str(error.value)


def test_nothing_outside_is_opened(tmp_path: Path) -> None:
    """An image listed above the export is missing, although it is there."""
    tifffile.imwrite(tmp_path / "outside.tiff", np.zeros((8, 12), np.uint16))
    export = Harmony().write(tmp_path / "export")
    index = export / "Images" / "Index.idx.xml"
    index.write_text(index.read_text("utf-8-sig").replace(PLATE[0].file, r"..\..\outside.tiff"), "utf-8")
    found = scan(export)
    assert "outside of the export's folder" in found.missing[PlaneKey("B03", 1, 0, 0, 0)]


@pytest.mark.shared
def test_real_phenix_is_what_another_reader_lists(shared_data: Path, tmp_path: Path) -> None:
    """Place, optics and moments agree with another reader's list; pixels reach the plate and its tiles."""
    folder = shared_data / "opera_phenix/Version1"
    found = scan(folder)
    with (folder / "load_data_version1.csv").open(newline="") as file:
        (row,) = csv.DictReader(file)
    assert found.name == row["Metadata_Plate"]
    assert found.wells() == [row["Metadata_Well"]]
    assert found.pixel_size_um is not None
    assert found.pixel_size_um[0] == pytest.approx(float(row["Metadata_ImageResolutionY"]) * 1e6)
    assert found.shape == (int(row["Metadata_ImageSizeY"]), int(row["Metadata_ImageSizeX"]))
    place = (float(row["Metadata_PositionX"]) * 1e6, float(row["Metadata_PositionY"]) * 1e6)
    assert found.positions_um["A01", int(row["Metadata_Site"])] == pytest.approx(place)
    names = [column.removeprefix("FileName_") for column in row if column.startswith("FileName_")]
    for name in names:
        channel = int(row[f"Metadata_ChannelID_{name}"]) - 1
        one = found.channels[channel]
        assert one.name == row[f"Metadata_ChannelName_{name}"]
        assert one.excitation_nm == float(row[f"Metadata_MainExcitationWavelength_{name}"])
        assert (one.emission_nm or 0) == float(row[f"Metadata_MainEmissionWavelength_{name}"])
        assert found.planes[PlaneKey("A01", 1, channel)].path.name == row[f"FileName_{name}"]
    assert len(names) == len(found.channels) == 6
    assert found.imaged_at["A01", 1] == min(row[f"Metadata_AbsTime_{name}"] for name in names)
    out = tmp_path / "plate.zarr"
    ingest(folder, out)
    stored = open_plate(out)
    tiles = stored.tiles(1080)
    for key, plane in found.planes.items():
        image = tifffile.imread(plane.path)
        np.testing.assert_array_equal(stored.images.isel(image=0, channel=key.channel), image)
        np.testing.assert_array_equal(tiles.isel(tile=0, channel=key.channel), image)
