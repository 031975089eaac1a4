"""What is read from a `.xdce` file."""

from pathlib import Path

import pytest

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Channel, Objective
from hcs_plates.readers.xdce import Xdce, read_xdce

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
    ("stated", "focus", "step"),
    [
        ('step="0.75" unit="um"', (10, 11, 12), 0.75),
        ('z_step="750" unit="nm"', (10, 11, 12), 0.75),
        ('step="0"', (10, 11.5, 13), 1.5),
        ('step="0"', (13, 11.5, 10), 1.5),
        ('step="x"', (10, 11.5, 13.05), 1.525),
        ("", (10, 11.5, 15), None),
        ("", (10, 10, 10), None),
        ("", ("a", 10, ""), None),
        ('step="5" unit="furlong"', (10, 11, 12), 1.0),
        ('step="5000"', (10, 11, 12), 1.0),
    ],
)
def test_steps_in_z(tmp_path: Path, stated: str, focus: tuple[object, ...], step: float | None) -> None:
    """As stated where a microscope can have it, else as the focus of the images rises, if it does evenly."""
    images = "".join(
        f'<Image filename="{z}.tif"><Row number="1"/><Column number="1"/><FocusPosition z="{height}" '
        f'unit="µm"/><Identifier field_index="0" wave_index="0" z_index="{z}"/></Image>'
        for z, height in enumerate(focus)
    )
    found = read_xdce(write(tmp_path, f"<ZDimensionParameters {stated}/>{images}", "utf-8")).z_step_um
    assert found == (None if step is None else pytest.approx(step))


def calibrated(folder: Path, height: str, width: str, unit: str) -> Xdce:
    """Read a `.xdce` that states this pixel size."""
    inside = f'<ObjectiveCalibration pixel_height="{height}" pixel_width="{width}" unit="{unit}"/>'
    return read_xdce(write(folder, inside + IMAGE.format(name="a.tif", ms=5, wave=0), "iso-8859-1"))


@pytest.mark.parametrize(
    ("height", "width", "unit"),
    [
        ("0.65", "0.325", "\xb5m"),
        ("0.65", "0.325", "um"),
        ("0.65", "0.325", ""),
        ("0.65", "0.325", "?m"),
        ("0.65", "0.325", "\xc2\xb5m"),
        ("0,65", "0,325", "micron"),
        ("650", "325", "nm"),
        ("6.5e-4", "3.25e-4", "mm"),
    ],
)
def test_pixel_sizes_are_in_micrometres(tmp_path: Path, height: str, width: str, unit: str) -> None:
    """Height first; a mangled µ is still one."""
    xdce = calibrated(tmp_path, height, width, unit)
    assert xdce.pixel_size_um == pytest.approx((0.65, 0.325))
    assert xdce.notes == ()


@pytest.mark.parametrize(
    ("height", "width", "unit"),
    [
        ("0.65", "0.65", "m"),
        ("0.65", "0.65", "pixel"),
        ("0.65", "0.65", "furlong"),
        ("0.65", "0.65", "cm"),
        ("650", "650", "um"),
        ("0", "0.65", "um"),
        ("-0.65", "0.65", "um"),
        ("nan", "0.65", "um"),
        ("1e999", "0.65", "um"),
        ("x", "0.65", "um"),
    ],
)
def test_pixel_sizes_that_no_microscope_has_are_left_out(
    tmp_path: Path, height: str, width: str, unit: str
) -> None:
    """A length in another unit, or none, is not taken for micrometres; it is told."""
    xdce = calibrated(tmp_path, height, width, unit)
    assert xdce.pixel_size_um is None
    (note,) = xdce.notes
    assert f"a pixel size of {height} × {width} {unit!r}" in note


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ('<Plate rows="nan" columns="3"/>', "has Plate@rows 'nan'; expected a whole number from 1 to 64"),
        ('<Plate rows="1e400" columns="3"/>', "has Plate@rows '1e400'"),
        ('<Plate rows="2" columns="1e9"/>', "has Plate@columns '1e9'; expected a whole number from 1 to 99"),
        ('<Plate rows="2.7" columns="3"/>', "has Plate@rows '2.7'"),
        ('<Plate rows="0" columns="3"/>', "has Plate@rows '0'"),
        ('<Wavelength index="nan"/>', "has Wavelength@index 'nan'"),
        ('<offset_point index="inf" x="1" y="2"/>', "has offset_point@index 'inf'"),
    ],
)
def test_numbers_that_place_things_are_whole(tmp_path: Path, inside: str, message: str) -> None:
    """Nothing is allocated for a plate of a billion columns, and nothing is cut to a whole number."""
    with pytest.raises(ReaderError) as refusal:
        read_xdce(write(tmp_path, inside + IMAGE.format(name="a.tif", ms=5, wave=0)))
    assert message in refusal.value.message


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('Row number="2"', 'Row number="703"', "Row@number '703'; expected a whole number from 1 to 64"),
        ('Column number="3"', 'Column number="1e9"', "Column@number '1e9'; expected a whole number from 1"),
        (
            'time_index="1"',
            'time_index="99999999999999999999"',
            "Identifier@time_index '99999999999999999999'",
        ),
        ('z_index="2"', 'z_index="-1"', "Identifier@z_index '-1'"),
        ('z_index="2"', 'z_index="x"', "Identifier@z_index 'x'"),
        ('filename="a.tif"', 'filename="."', "image '.' names no file"),
        ('filename="a.tif"', 'filename="/"', "image '/' names no file"),
        ('filename="a.tif"', 'filename="..\\"', "names no file"),
    ],
)
def test_images_that_cannot_be_placed_are_refused(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Each image has a name, a well and indices."""
    image = IMAGE.format(name="a.tif", ms=5, wave=0)
    assert old in image
    with pytest.raises(ReaderError) as refusal:
        read_xdce(write(tmp_path, image.replace(old, new)))
    assert message in refusal.value.message


def test_what_only_describes_is_not_known_where_it_is_no_number(tmp_path: Path) -> None:
    """An endless exposure or a wavelength of NaN stops nothing."""
    inside = (
        '<ObjectiveCalibration magnification="nan" numerical_aperture="inf"/><Size width="nan" height="1"/>'
        '<Exclude row="nan" col="1e999"/><offset_point index="0" x="nan" y="1"/>'
        '<Images number="inf"/><Wavelength index="0"><Exposure time="inf"/></Wavelength>'
    )
    xdce = read_xdce(write(tmp_path, inside + IMAGE.format(name="a.tif", ms="nan", wave=0)))
    assert xdce.objective == Objective(None, None, None)
    assert (xdce.size, xdce.stated_images, xdce.excluded, dict(xdce.offsets_um)) == (None, None, (), {})
    assert xdce.channels[0] == Channel("FITC", None, 535.0, None)


@pytest.mark.parametrize("thumbnail", ["..", "/", "\\", ".", "small\\a.jpg"])
def test_thumbnails_need_no_name(tmp_path: Path, thumbnail: str) -> None:
    """They are no data, whatever they are called."""
    image = IMAGE.format(name="a.tif", ms=5, wave=0).replace("<Image", f'<Image thumbnail="{thumbnail}"')
    assert read_xdce(write(tmp_path, image)).thumbnails <= {"small/a.jpg"}


@pytest.mark.parametrize(
    ("declared", "content"),
    [("utf-8", "\xb5m".encode("latin-1")), ("utf-8", b"&#0;\xc2\xb5m&#x1f;"), ("utf-8", b"\x01um")],
)
def test_wrong_characters_are_forgiven(tmp_path: Path, declared: str, content: bytes) -> None:
    """A file in another encoding than it says, or with control characters, is whole; it is told."""
    path = write(tmp_path, IMAGE.format(name="a.tif", ms=5, wave=0), declared)
    calibration = b'<ObjectiveCalibration pixel_height="0.65" pixel_width="0.65" unit="' + content + b'"/>'
    path.write_bytes(path.read_bytes().replace(b"<ImageStack>", b"<ImageStack>" + calibration))
    xdce = read_xdce(path)
    assert xdce.pixel_size_um == (0.65, 0.65)
    assert "holds characters that its encoding has not" in xdce.notes[0]


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
