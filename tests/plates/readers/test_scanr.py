"""ScanR: real images of two channels, and made-up ones for the offset and the numbers of wells."""

import tarfile
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan
from hcs_plates.readers.pixels import read_plane
from hcs_plates.readers.scanr import scanr_page


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


def test_an_image_unlike_the_others_is_refused(tmp_path: Path) -> None:
    """An image that was not looked at and is not raised is no plane, rather than one that wraps round."""
    image(tmp_path, "A1--W00001--P00001--Z00000--T00000--GFP", 7)
    with pytest.raises(ValueError, match="not raised by 32768"):
        scanr_page(next(tmp_path.iterdir()), 0)


def test_numbers_of_wells_that_contradict_are_refused(tmp_path: Path) -> None:
    """One well under two numbers is two wells, or none."""
    image(tmp_path, "A1--W00001--P00001--Z00000--T00000--GFP", 7)
    image(tmp_path, "A1--W00002--P00002--Z00000--T00000--GFP", 7)
    with pytest.raises(ReaderError, match="under several numbers"):
        scan(tmp_path)


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
