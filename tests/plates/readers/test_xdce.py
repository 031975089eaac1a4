"""What is read from a `.xdce` file."""

from pathlib import Path

import pytest

from hcs_plates.readers.acquisition import Channel
from hcs_plates.readers.xdce import read_xdce

IMAGE = (
    '<Image filename="{name}"><Row number="2"/><Column number="3"/><Exposure time="{ms}"/>'
    '<EmissionFilter name="FITC" wavelength="535"/>'
    '<Identifier field_index="4" wave_index="{wave}" time_index="1" z_index="2"/></Image>'
)


def write(folder: Path, inside: str, encoding: str = "utf-8") -> Path:
    """Save a `.xdce`."""
    path = folder / "P1.xdce"
    path.write_bytes(
        f'<?xml version="1.0" encoding="{encoding}"?><ImageStack>{inside}</ImageStack>'.encode(encoding)
    )
    return path


def test_indices_count_from_zero_and_wells_from_one(tmp_path: Path) -> None:
    """Row 2, column 3 is B03; indices are taken as they are."""
    (image,) = read_xdce(write(tmp_path, IMAGE.format(name="a.tif", ms=5, wave=0))).images
    assert (image.well, image.field_index, image.wave_index, image.time_index, image.z_index) == (
        "B03",
        4,
        0,
        1,
        2,
    )


def test_an_image_describes_its_channel_where_the_wavelengths_do_not(tmp_path: Path) -> None:
    """Programs that imitate the format leave the wavelengths' filters or exposures out."""
    xdce = read_xdce(write(tmp_path, '<Wavelength index="1"/>' + IMAGE.format(name="a.tif", ms=5, wave=1)))
    assert dict(xdce.channels) == {1: Channel("FITC", None, 535.0, 5.0)}
    assert xdce.format.size == 6


def test_waves_without_images_are_no_channels(tmp_path: Path) -> None:
    """Fused waves are computed afterwards; what has no image has no channel."""
    waves = '<Wavelength index="0" fusion_wave="true"/><Wavelength index="1" fusion_wave="false"/>'
    xdce = read_xdce(write(tmp_path, waves + IMAGE.format(name="a.tif", ms=5, wave=1)))
    assert list(xdce.channels) == [1]


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("\xb5m", (0.65, 0.325)),
        ("um", (0.65, 0.325)),
        ("", (0.65, 0.325)),
        ("?m", (0.65, 0.325)),
        ("nm", (0.00065, 0.000325)),
    ],
)
def test_pixel_sizes_are_in_micrometres(tmp_path: Path, unit: str, expected: tuple[float, float]) -> None:
    """Height first; a mangled µ is still one."""
    inside = f'<ObjectiveCalibration pixel_height="0.65" pixel_width="0.325" unit="{unit}"/>'
    xdce = read_xdce(write(tmp_path, inside + IMAGE.format(name="a.tif", ms=5, wave=0), "iso-8859-1"))
    assert xdce.pixel_size_um == pytest.approx(expected)


@pytest.mark.parametrize(
    ("name", "read"),
    [
        ("a.tif", "a.tif"),
        ("sub\\a.tif", "sub/a.tif"),
        ("C:\\data\\P1\\a.tif", "a.tif"),
        ("/data/P1/a.tif", "a.tif"),
        ("..\\..\\a.tif", "a.tif"),
        ("./a.tif", "a.tif"),
    ],
)
def test_file_names_stay_inside_the_export(tmp_path: Path, name: str, read: str) -> None:
    """Absolute paths are those of the instrument's computer; only their last part means something here."""
    (image,) = read_xdce(write(tmp_path, IMAGE.format(name=name, ms=5, wave=0))).images
    assert image.filename == read
