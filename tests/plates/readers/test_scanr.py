"""ScanR: real images of two channels, and made-up ones for the offset and the numbers of wells."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan
from hcs_plates.readers.pixels import Decode, read_plane
from hcs_plates.readers.scanr import METADATA, SAMPLED, plain_page, scanr_page


def image(folder: Path, name: str, value: int) -> None:
    """Write an image named as a ScanR names it."""
    folder.mkdir(parents=True, exist_ok=True)
    tifffile.imwrite(folder / f"{name}.tif", np.full((4, 6), value, "uint16"))


def test_raised_values_are_lowered(tmp_path: Path) -> None:
    """Where every value is 32768 or more, that much is taken from each, which is said."""
    for number, well in enumerate(("A1--W00001", "B2--W00014")):
        image(tmp_path / "P" / "data", f"{well}--P00001--Z00000--T00000--GFP", 0x8000 + number)
    found = scan(tmp_path / "P")
    assert (found.reader, found.name, found.format.size, found.format_stated) == ("scanr", "P", 96, True)
    pixels = [read_plane(file, found.shape, found.dtype).max() for _, file in sorted(found.planes.items())]
    assert pixels == [0, 1]
    assert any("32768 is taken from every value" in note for note in found.notes)


def test_plain_values_stay(tmp_path: Path) -> None:
    """One image with a lower value, and none is touched, which is said: the two are hardly of one kind."""
    image(tmp_path, "A1--W00001--P00001--Z00000--T00000--GFP", 0x8000)
    image(tmp_path, "A2--W00002--P00001--Z00000--T00000--GFP", 7)
    found = scan(tmp_path)
    pixels = [read_plane(file, found.shape, found.dtype).max() for _, file in sorted(found.planes.items())]
    assert pixels == [0x8000, 7]
    assert any("no number is changed" in note for note in found.notes)


@pytest.mark.parametrize(
    ("decode", "value", "said"),
    [(scanr_page, 7, "not raised by 32768"), (plain_page, 0x8007, "are 32768 or more")],
)
def test_an_image_unlike_the_others_is_refused(tmp_path: Path, decode: Decode, value: int, said: str) -> None:
    """An image that was not looked at and is of the other kind is no plane: it would be 32768 off."""
    image(tmp_path, "A1--W00001--P00001--Z00000--T00000--GFP", value)
    with pytest.raises(ValueError, match=said):
        decode(next(tmp_path.iterdir()), 0)


@pytest.mark.parametrize("count", [SAMPLED + 1, 2 * SAMPLED - 1, 3 * SAMPLED])
def test_the_last_images_are_looked_at_too(tmp_path: Path, count: int) -> None:
    """Those that are looked at are spread over the plate, first and last among them, of each channel."""
    for number in range(count):
        for channel in ("GFP", "Cy5"):
            value = 7 if number == count - 1 and channel == "Cy5" else 0x8000
            image(tmp_path, f"A1--W00001--P{number:05}--Z00000--T00000--{channel}", value)
    (note,) = [note for note in scan(tmp_path).notes if "no number is changed" in note]
    assert f"All values of {2 * SAMPLED - 1} of {2 * SAMPLED} images" in note


def test_damaged_images_are_not_what_is_judged_by(tmp_path: Path) -> None:
    """Where the first and the spread ones are cut short, whole ones tell the offset."""
    for number in range(SAMPLED + 1):
        image(tmp_path, f"A1--W00001--P{number:05}--Z00000--T00000--GFP", 0x8000)
    for path in sorted(tmp_path.iterdir())[:-1]:
        path.write_bytes(path.read_bytes()[:100])
    found = scan(tmp_path)
    assert (len(found.planes), len(found.missing)) == (1, SAMPLED)
    (file,) = found.planes.values()
    assert read_plane(file, found.shape, found.dtype).max() == 0


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("A1--W00001--P00001", "A1--W00002--P00002"), "under several numbers"),
        (("A1--W00001--P00001", "A2--W00001--P00001"), "of wells A01 and A02 under the number 1"),
        (("A1--W00001--P00001", "data/A1--W00001--P00002"), "images itself and in its data"),
    ],
)
def test_names_that_contradict_are_refused(tmp_path: Path, names: tuple[str, ...], said: str) -> None:
    """One well under two numbers is two wells, or none; images in two places are of two plates."""
    for name in names:
        path = tmp_path / f"{name}--Z00000--T00000--GFP"
        image(path.parent, path.name, 7)
    with pytest.raises(ReaderError, match=said):
        scan(tmp_path)


def test_numbers_of_no_plate_are_told(tmp_path: Path) -> None:
    """A well that was renamed is not numbered as its neighbours are."""
    for name in ("A1--W00001", "B1--W00013", "B2--W00044"):
        image(tmp_path, f"{name}--P00001--Z00000--T00000--GFP", 7)
    found = scan(tmp_path)
    assert not found.format_stated
    assert any("of 96 wells 1 would not fit: B02 as W00044" in note for note in found.notes)


def test_wells_with_fewer_fields_are_told(tmp_path: Path) -> None:
    """A field that is gone as a whole leaves no gap between its planes."""
    for name in ("A1--W00001--P00001", "A1--W00001--P00002", "A2--W00002--P00001"):
        image(tmp_path, f"{name}--Z00000--T00000--GFP", 7)
    assert "1 of 2 wells have fewer than 2 fields: A02." in scan(tmp_path).notes


def listing(names: list[str], sizes: list[str]) -> str:
    """Write what a ScanR writes of its images."""
    images = [
        f'<Image ID="Image:{number}"><ObjectiveSettings ID="Objective:1"/><Pixels PhysicalSizeX="{size}" '
        f'PhysicalSizeY="{size}"><TiffData><UUID FileName="{name}.tif">urn:uuid:1</UUID></TiffData></Pixels>'
        "</Image>"
        for number, (name, size) in enumerate(zip(names, sizes, strict=True))
    ]
    lenses = '<Objective ID="Objective:0" LensNA="0.16"/><Objective ID="Objective:1" LensNA="0.80"/>'
    return f'<OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2013-06">{lenses}{"".join(images)}</OME>'


NAMES = [f"A{well}--W0000{well}--P00001--Z00000--T00000--GFP" for well in (1, 2, 3)]


def test_what_the_metadata_list_and_is_gone_is_missing(tmp_path: Path) -> None:
    """A well of which every image was lost is missing all the same."""
    for name in NAMES[:2]:
        image(tmp_path, name, 7)
    (tmp_path / METADATA).write_text(listing(NAMES[1:], ["0.325"] * 2), encoding="utf-8")
    found = scan(tmp_path)
    assert (found.wells(), found.pixel_size_um) == (["A01", "A02", "A03"], (0.325, 0.325))
    assert found.objective is not None
    assert found.objective.numerical_aperture == 0.8
    ((key, reason),) = found.missing.items()
    assert (key.well, reason) == ("A03", f"{NAMES[2]}.tif: {METADATA} lists it and it is not there")
    assert any(
        "1 images are not listed in metadata.ome.xml" in note and NAMES[0] in note for note in found.notes
    )


@pytest.mark.parametrize(
    ("names", "sizes", "said"),
    [
        (NAMES, ["0.325", "0.325", "0.65"], "states 2 pixel sizes; none is taken"),
        (["H1--W00085--P00001--Z00000--T00000--GFP"], ["0.325"], "lists none of the images"),
    ],
)
def test_metadata_that_do_not_fit(tmp_path: Path, names: list[str], sizes: list[str], said: str) -> None:
    """Nothing is taken from those of two lenses or of another plate, which is told."""
    for name in NAMES:
        image(tmp_path, name, 7)
    (tmp_path / METADATA).write_text(listing(names, sizes), encoding="utf-8")
    found = scan(tmp_path)
    assert (len(found.planes), found.missing, found.pixel_size_um) == (3, {}, None)
    assert any(said in note for note in found.notes)


@pytest.mark.shared
def test_real_images(shared_data: Path, tmp_path: Path) -> None:
    """Four wells of a 96-well plate, two channels, less the offset: pixel for pixel tifffile's, ingested."""
    with tarfile.open(shared_data / "scanr" / "SCANR-C2-S1-T1.tar.xz") as packed:
        packed.extractall(tmp_path, filter="data")
    found = scan(tmp_path / "SCANR-C2-S1-T1")
    assert found.wells() == ["A01", "A02", "B01", "B02"]
    assert (found.format.size, found.format_stated) == (96, True)
    assert [channel.name for channel in found.channels] == ["GFP", "mcherry"]
    plate = ingest(tmp_path / "SCANR-C2-S1-T1", tmp_path / "P.ome.zarr")
    for key, file in found.planes.items():
        stored = plate[key.well][key.field].read()[key.channel]
        np.testing.assert_array_equal(stored, tifffile.imread(file.path) - np.uint16(0x8000))
    assert plate.tiles(64).shape == (4, 64, 64, 2)
