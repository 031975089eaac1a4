"""ImageXpress: real exports against their HTD files and images, and made-up ones for what goes wrong."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import open_plate
from hcs_plates.readers.detect import scan
from hcs_plates.readers.htd import read_htd
from hcs_plates.readers.imagexpress import is_imagexpress
from hcs_plates.readers.metaxpress import NAME

EXPORTED = "imagexpress_cv8000/ImageXpress_exported"
DATABASE = "imagexpress_cv8000/ImageXpress"
GUID = "D5F8F51A-3E85-4358-AE51-A465AF87386F"


def htd(folder: Path, **changes: object) -> Path:
    """Write an HTD file of wells A01 and B02, two sites, two waves; changed as asked."""
    values: dict[str, object] = {
        "Description": "made",
        "TimePoints": 1,
        "ZSeries": "FALSE",
        "ZSteps": 1,
        "XWells": 3,
        "YWells": 2,
        "WellsSelection1": "TRUE, FALSE, FALSE",
        "WellsSelection2": "FALSE, TRUE, FALSE",
        "Sites": "TRUE",
        "XSites": 2,
        "YSites": 1,
        "SiteSelection1": "TRUE, TRUE",
        "Waves": "TRUE",
        "NWavelengths": 2,
        "WaveName1": '"DAPI"',
        "WaveName2": '"FITC"',
        **changes,
    }
    lines = [
        '"HTSInfoFile", Version 1.0',
        *(f'"{key}", {value}' for key, value in values.items()),
        '"EndFile"',
    ]
    path = folder / "P.HTD"
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def images(folder: Path, *names: str) -> None:
    """Write tiny images."""
    for number, name in enumerate(names):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / name, np.full((4, 6), number, "uint16"))


WHOLE = [f"P_{well}_s{site}_w{wave}.TIF" for well in ("A01", "B02") for site in (1, 2) for wave in (1, 2)]


def test_a_plate(tmp_path: Path) -> None:
    """Wells, sites and waves by the names of the files, as the HTD file selects them."""
    htd(tmp_path)
    images(tmp_path, *WHOLE)
    found = scan(tmp_path)
    assert found.read_as == "ImageXpress (P.HTD)"
    assert (found.name, found.reader, found.format.size, found.format_stated) == ("P", "imagexpress", 6, True)
    assert [channel.name for channel in found.channels] == ["DAPI", "FITC"]
    assert {(key.well, key.field, key.channel): file.path.name for key, file in found.planes.items()} == {
        (name[2:5], int(name[7]), int(name[10]) - 1): name for name in WHOLE
    }
    assert found.missing == {}
    assert found.disagreements == ()


def test_what_is_selected_and_not_there_is_missing(tmp_path: Path) -> None:
    """An image, and a whole site, stay missing under their own keys; the others keep their places."""
    htd(tmp_path)
    images(tmp_path, *(name for name in WHOLE if name != WHOLE[1] and not name.startswith("P_B02_s2")))
    found = scan(tmp_path)
    assert [tuple(key[:3]) for key in found.missing] == [("A01", 1, 1), ("B02", 2, 0), ("B02", 2, 1)]
    assert len(found.planes) == 5


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"NWavelengths": 3}, "states 3 waves; there is no image of 3"),
        ({"WaveCollect1": 1, "WaveCollect2": 0}, "says that waves 2 were not collected; there are images"),
        ({"TimePoints": 4}, "states 4 time points; there are 1"),
        ({"WellsSelection2": "FALSE, FALSE, FALSE"}, "does not select 1 wells that have images: B02"),
        ({"SiteSelection1": "TRUE, FALSE"}, "does not select 1 sites that have images: 2"),
    ],
)
def test_counts_that_disagree(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """What the HTD file states and the images do not have is said, and an ingest refuses it."""
    htd(tmp_path, **changes)
    images(tmp_path, *WHOLE)
    (sentence,) = scan(tmp_path).disagreements
    assert said in sentence
    with pytest.raises(ReaderError, match="allow-incomplete"):
        ingest(Export(tmp_path), tmp_path / "P.ome.zarr")
    assert not (tmp_path / "P.ome.zarr").exists()


def test_a_wave_that_was_not_collected_is_not_asked_for(tmp_path: Path) -> None:
    """It is set up, and no image of it is missing."""
    htd(tmp_path, NWavelengths=3, WaveCollect1=1, WaveCollect2=1, WaveCollect3=0)
    images(tmp_path, *WHOLE)
    found = scan(tmp_path)
    assert (len(found.planes), found.missing, found.disagreements) == (8, {}, ())


def test_what_an_htd_is_forgiven_is_told(tmp_path: Path) -> None:
    """Another encoding, and NUL characters; the waves keep their names."""
    images(tmp_path, *WHOLE)
    htd(tmp_path, WaveName1='"DA\0PI"', WaveName2='"FITC \xb5"')
    found = scan(tmp_path)
    assert [channel.name for channel in found.channels] == ["DAPI", "FITC \xb5"]
    assert "P.HTD is not UTF-8 and was read as Windows-1252" in found.notes[0]
    assert "P.HTD holds 1 NUL characters" in found.notes[1]


def test_images_outside_of_the_steps_are_no_copies(tmp_path: Path) -> None:
    """ZStep_0 without metadata may be projections: left out beside the steps, and not called copies."""
    steps = [f"TimePoint_1/ZStep_{z}/P_A01_s1_w1.TIF" for z in (0, 1, 2)]
    images(tmp_path, *steps)
    htd(
        tmp_path,
        ZSeries="TRUE",
        ZSteps=2,
        NWavelengths=1,
        WellsSelection2="FALSE, FALSE, FALSE",
        Sites="FALSE",
    )
    found = scan(tmp_path)
    assert sorted(file.path.parent.name for file in found.planes.values()) == ["ZStep_1", "ZStep_2"]
    assert "1 images outside of the steps of their stack (in ZStep_0" in " ".join(found.notes)
    assert not any("copies" in note for note in found.notes)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"XWells": 99999}, "has XWells '99999'"),
        ({"XWells": 4}, "expected 4 times TRUE or FALSE"),
        ({"XSites": "two"}, "has XSites 'two'"),
        (
            {"WellsSelection1": "FALSE, FALSE, FALSE", "WellsSelection2": "FALSE, FALSE, FALSE"},
            "selects no well",
        ),
    ],
)
def test_a_wrong_htd_is_refused(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """What no plate has is said with the key."""
    with pytest.raises(ReaderError, match=said):
        read_htd(htd(tmp_path, **changes))


def test_a_cut_htd_is_refused(tmp_path: Path) -> None:
    """Its last line tells that it is whole."""
    path = htd(tmp_path)
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(ReaderError, match="is cut short"):
        read_htd(path)


def test_a_field_beyond_measure_is_refused(tmp_path: Path) -> None:
    """A line that no instrument writes is a sentence."""
    with pytest.raises(ReaderError, match="is damaged"):
        read_htd(htd(tmp_path, Description='"' + "x" * 200_000 + '"'))


def test_two_plates_are_refused(tmp_path: Path) -> None:
    """Neither is taken for the other."""
    images(tmp_path, f"1334/P_A01_s1_w1{GUID}.tif", f"1335/P_A01_s1_w1{GUID}.tif")
    with pytest.raises(ReaderError, match="images of 2 plates"):
        scan(tmp_path)


def test_names() -> None:
    """Site and wave may be left out; a GUID and ``_thumb`` are told from the wave."""
    match = NAME.match(f"a_b-c_C07_s12_w3_thumb{GUID}.tif")
    assert match is not None
    assert (match["plate"], match["well"], match["site"], match["wave"]) == ("a_b-c", "C07", "12", "3")
    assert (match["thumb"], match["guid"]) == ("_thumb", GUID)
    assert NAME.match("9987_B02.TIF") is not None
    assert NAME.match("image.tif") is None


def test_other_folders_are_none(tmp_path: Path) -> None:
    """A folder of TIFFs with other names is not taken."""
    images(tmp_path, "sub/A01_w1.tif")
    assert is_imagexpress(tmp_path) == ""


@pytest.mark.shared
@pytest.mark.parametrize(
    ("folder", "facts"),
    [
        (f"{EXPORTED}/9987_Plate_3420", (1, 1, ["DAPI"], 1, 1, 1)),
        (f"{EXPORTED}/9987_Plate_3434", (2, 4, ["DAPI", "FITC", "Texas Red"], 1, 2, 16)),
        (f"{EXPORTED}/9987_Plate_3435", (2, 4, ["DAPI", "FITC"], 2, 1, 12)),
        (f"{DATABASE}/1well-3C-2S-Zmix-T", (1, 2, ["FITC", "Cy3", "Texas Red"], 2, 1, 12)),
        (f"{DATABASE}/Projection-Mix", (2, 4, ["FITC_05", "FITC_05-2", "FITC_05-3", "FITC_05-4"], 1, 2, 24)),
    ],
)
def test_real_exports(shared_data: Path, folder: str, facts: tuple[object, ...]) -> None:
    """Wells, fields, waves, times and steps, and how many images: each once, where it was taken."""
    found = scan(shared_data / folder)
    fields = {(key.well, key.field) for key in found.planes}
    names = [channel.name for channel in found.channels]
    assert (len(found.wells()), len(fields), names, found.n_times, found.n_z, len(found.planes)) == facts
    assert found.missing == {}


@pytest.mark.shared
def test_every_image_says_that_it_is_there(shared_data: Path) -> None:
    """Each plane's own label and step are those of its key; no projection stands in a stack."""
    found = scan(shared_data / EXPORTED / "9987_Plate_3434")
    for key, file in found.planes.items():
        with tifffile.TiffFile(file.path) as tiff:
            said = (tiff.metaseries_metadata or {})["PlaneInfo"]
        assert said["stage-label"] == f"{key.well} : Site {key.field}"
        assert said["_IllumSetting_"] == found.channels[key.channel].name
        if key.channel == 0:
            assert "Z Projection Method" not in said
            assert said["Z Step"] == key.z + 1


@pytest.mark.shared
def test_from_the_export_to_tiles(shared_data: Path, tmp_path: Path) -> None:
    """Pixel for pixel what tifffile reads; the step in z is that of the stage."""
    export = Export(shared_data / EXPORTED / "9987_Plate_3434", allow_incomplete=True)
    ingest(export, tmp_path / "P.ome.zarr")
    plate = open_plate(tmp_path / "P.ome.zarr")
    for key, file in export.scan().planes.items():
        stored = plate[key.well][key.field].read()[key.channel, key.z]
        np.testing.assert_array_equal(stored, tifffile.imread(file.path))
    assert plate.spec.z_step_um == pytest.approx(3.0, abs=0.02)
    assert plate.spec.pixel_size_um == (1.3672, 1.3672)
    assert plate.tiles(64).shape == (4, 64, 64, 3)
