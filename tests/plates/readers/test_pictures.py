"""PNG and JPEG folders: read by a pattern like TIFFs, lossy ones said, colour refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hcs_plates.errors import ReaderError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.readers.detect import scan
from hcs_plates.readers.pictures import picture_page

REAL = "isl_ipsc_motor_neurons/condition_blue_sample"
PATTERN = (
    "lab-{lab},condition-{condition},acquisition_date,year-{year},month-{month},day-{day},minute-{minute},"
    "well-{well},tile_computation-{tile},depth_computation-{depth},channel-{channel},is_mask-{mask}.png"
)


def picture(path: Path, value: int, kind: str = "uint8") -> None:
    """Write a grey image with a gradient."""
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray((np.arange(48).reshape(6, 8) + value).astype(kind)).save(path)


@pytest.mark.parametrize("kind", ["uint8", "uint16"])
def test_png_is_exact(tmp_path: Path, kind: str) -> None:
    """Pixel for pixel, in a plate; nothing is said of loss."""
    for number, name in enumerate(("A01_DAPI", "A01_GFP", "B02_DAPI", "B02_GFP")):
        picture(tmp_path / "P" / f"{name}.png", 50 * number, kind)
    plate = ingest(Export(tmp_path / "P", pattern="{well}_{channel}.png"), tmp_path / "P.ome.zarr")
    np.testing.assert_array_equal(
        plate["B02"][1].image("GFP"), (np.arange(48).reshape(6, 8) + 150).astype(kind)
    )
    assert not any("JPEG" in note for note in plate.spec.notices)


def test_jpeg_is_said_to_be_lossy(tmp_path: Path) -> None:
    """Folders per well, and a note that the numbers are not the camera's."""
    picture(tmp_path / "A01" / "f1_DAPI.jpg", 9)
    picture(tmp_path / "A02" / "f1_DAPI.JPG", 9)
    found = scan(tmp_path, pattern="{well}/f{field}_{channel}.jpg")
    assert found.wells() == ["A01", "A02"]
    assert any("2 images are JPEGs" in note for note in found.notes)


def test_without_a_pattern_it_is_asked_for(tmp_path: Path) -> None:
    """A folder of JPEGs is not empty."""
    picture(tmp_path / "A01_DAPI.jpeg", 9)
    with pytest.raises(
        ReaderError, match=r"holds 1 images .* give a pattern .* '\{well\}_\{channel\}\.jpeg'"
    ):
        scan(tmp_path)


def test_pictures_in_folders_are_told_of(tmp_path: Path) -> None:
    """A folder a well: what is there, and the option that reads it."""
    for well in ("A01", "A02"):
        picture(tmp_path / well / "1_DAPI.png", 9)
    with pytest.raises(ReaderError, match=r"subfolders hold 2 \(for example 'A01/1_DAPI\.png'\)") as refusal:
        scan(tmp_path)
    said = re.search(r"--pattern '([^']+)'", refusal.value.message)
    assert said is not None
    assert scan(tmp_path, pattern=said[1]).wells() == ["A01", "A02"]


def test_a_palette_is_grey_levels_or_refused(tmp_path: Path) -> None:
    """Indices are grey levels where the palette says so; of any other, also an inverted one, they are not."""
    image = Image.fromarray(np.arange(48, dtype="uint8").reshape(6, 8), mode="P")
    image.putpalette([one for one in range(256) for _ in range(3)])
    image.save(tmp_path / "A01.png", optimize=False)
    (file,) = scan(tmp_path, pattern="{well}.png").planes.values()
    np.testing.assert_array_equal(file.decode(file.path, 0), np.arange(48).reshape(6, 8))
    image.putpalette([255 - one for one in range(256) for _ in range(3)])
    image.save(tmp_path / "A01.png")
    with pytest.raises(ReaderError, match="has a palette"):
        scan(tmp_path, pattern="{well}.png")


def test_colour_is_refused(tmp_path: Path) -> None:
    """Each such file in one sentence."""
    Image.fromarray(np.zeros((4, 6, 3), "uint8")).save(tmp_path / "A01.png")
    with pytest.raises(ReaderError, match="is an image of kind RGB"):
        scan(tmp_path, pattern="{well}.png")


def test_a_cut_picture_is_missing(tmp_path: Path) -> None:
    """A header that is gone is found at the scan, pixels that are gone at the ingest."""
    noise = np.random.default_rng(0).integers(0, 60000, (40, 50)).astype("uint16")
    (tmp_path / "P").mkdir()
    for name in ("A01", "A02", "A03"):
        Image.fromarray(noise).save(tmp_path / "P" / f"{name}.png")
    for name, kept in (("A02", 10), ("A03", 2000)):
        file = tmp_path / "P" / f"{name}.png"
        file.write_bytes(file.read_bytes()[:kept])
    plate = ingest(Export(tmp_path / "P", pattern="{well}.png"), tmp_path / "P.ome.zarr")
    assert list(plate) == ["A01"]
    assert plate.missing["well"].tolist() == ["A02", "A03"]


def test_there_is_one_page(tmp_path: Path) -> None:
    """Another is asked for by a fault of the reader."""
    picture(tmp_path / "A01.png", 1)
    with pytest.raises(ValueError, match="one image"):
        picture_page(tmp_path / "A01.png", 1)


@pytest.mark.shared
def test_real_pictures(shared_data: Path) -> None:
    """Three stains of one well of motor neurons, 16 bit; the fourth picture, named otherwise, is told."""
    found = scan(shared_data / REAL, pattern=PATTERN)
    assert (found.wells(), found.shape, found.dtype) == (["A04"], (1024, 1024), "uint16")
    assert len(found.planes) == 3
    assert found.notes[0].startswith("1 images do not match")
    assert "NFH_CONFOCAL" in [channel.name for channel in found.channels]
