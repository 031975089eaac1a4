"""TIFF headers: kinds, damage and pixel sizes."""

import errno
import os
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.readers.headers import Header, check_headers, read_header

IMAGE = np.arange(64 * 48, dtype="uint16").reshape(64, 48)


def write(path: Path, image: np.ndarray = IMAGE, **settings: Any) -> Path:
    """Write a TIFF."""
    tifffile.imwrite(path, image, **settings)
    return path


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "uint32", "float32"])
@pytest.mark.parametrize("byteorder", ["<", ">"])
def test_shape_and_type_are_read(tmp_path: Path, dtype: str, byteorder: str) -> None:
    """Height, width and NumPy's name of the type, whatever the byte order."""
    path = write(tmp_path / "a.tif", IMAGE.astype(dtype), byteorder=byteorder)
    assert read_header(path) == Header((64, 48), dtype)


@pytest.mark.parametrize("settings", [{}, {"compression": "zlib"}, {"rowsperstrip": 7}, {"tile": (16, 16)}])
@pytest.mark.parametrize("share", [0.0, 0.0005, 0.03, 0.5, 0.99])
def test_a_file_cut_anywhere_is_damaged(tmp_path: Path, settings: dict[str, Any], share: float) -> None:
    """However a TIFF is laid out and wherever it ends, its reason is one sentence, not an exception."""
    whole = write(
        tmp_path / "whole.tif", np.random.default_rng(0).integers(0, 60000, (64, 48), "uint16"), **settings
    )
    assert isinstance(read_header(whole), Header)
    cut = tmp_path / "cut.tif"
    cut.write_bytes(whole.read_bytes()[: int(whole.stat().st_size * share)])
    reason = read_header(cut)
    assert isinstance(reason, str)
    assert "0 bytes" in reason if share == 0 else ("cut short" in reason or "cannot be read" in reason)


def test_what_is_no_tiff_is_damaged(tmp_path: Path) -> None:
    """A text file with a TIFF's name is told as such."""
    path = tmp_path / "a.tif"
    path.write_text("not an image")
    reason = read_header(path)
    assert isinstance(reason, str)
    assert "not a TIFF" in reason


@pytest.mark.parametrize(
    ("image", "settings", "message"),
    [
        (np.zeros((8, 8, 3), "uint8"), {"photometric": "rgb"}, "colour image (3 samples a pixel)"),
        (
            np.zeros((4, 8, 8), "uint8"),
            {"photometric": "minisblack"},
            "holds 4 images (pages) and does not say what they are",
        ),
        (np.zeros((8, 8), bool), {}, "1 bits a pixel"),
    ],
)
def test_other_kinds_of_image_are_refused(
    tmp_path: Path, image: np.ndarray, settings: dict[str, Any], message: str
) -> None:
    """Colour, stacks and bitmaps stop the scan, since their planes cannot be known."""
    path = write(tmp_path / "a.tif", image, **settings)
    with pytest.raises(ReaderError) as refusal:
        check_headers(tmp_path, [path])
    assert message in refusal.value.message


def test_a_thumbnail_behind_the_image_is_allowed(tmp_path: Path) -> None:
    """A smaller second page is no second plane."""
    path = tmp_path / "a.tif"
    with tifffile.TiffWriter(path) as tiff:
        tiff.write(IMAGE)
        tiff.write(IMAGE[::4, ::4], subfiletype=1)
    assert read_header(path) == Header((64, 48), "uint16")


def test_a_palette_image_has_the_type_of_its_indices(tmp_path: Path) -> None:
    """Palette TIFFs are 8-bit grey levels with a look-up table."""
    colours = np.stack([np.arange(256, dtype="uint16") * 257] * 3)
    path = write(tmp_path / "a.tif", IMAGE.astype("uint8"), photometric="palette", colormap=colours)
    assert read_header(path) == Header((64, 48), "uint8")


def test_files_of_another_kind_are_listed_all_at_once(tmp_path: Path) -> None:
    """Every odd file stands in the error with its own kind and the plate's."""
    paths = [write(tmp_path / f"a{number}.tif") for number in range(5)]
    paths.append(write(tmp_path / "type.tif", IMAGE.astype("uint8")))
    paths.append(write(tmp_path / "colour.tif", np.zeros((64, 48, 3), "uint8"), photometric="rgb"))
    with pytest.raises(ReaderError) as refusal:
        check_headers(tmp_path, paths)
    faults = "\n".join(refusal.value.faults)
    usual = "where the plate's images are 64 × 48 uint16 (5 of 7 files)"
    assert f"type.tif is 64 × 48 uint8 {usual}" in faults
    assert "colour.tif is a colour image" in faults


def test_damaged_files_do_not_stop_the_others(tmp_path: Path) -> None:
    """Damage is told by file; the plate's kind comes from the rest."""
    good, bad = write(tmp_path / "a.tif"), tmp_path / "b.tif"
    bad.write_bytes(b"")
    headers = check_headers(tmp_path, [good, bad])
    assert (headers.shape, headers.dtype) == ((64, 48), "uint16")
    assert dict(headers.damaged) == {bad: "the file is empty (0 bytes)"}


def test_a_plate_of_damaged_files_alone_is_refused(tmp_path: Path) -> None:
    """With nothing to read there is no plate."""
    for name in ("a.tif", "b.tif"):
        (tmp_path / name).write_bytes(b"II*\0")
    with pytest.raises(ReaderError) as refusal:
        check_headers(tmp_path, sorted(tmp_path.iterdir()))
    assert len(refusal.value.faults) == 2


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({}, None),
        ({"resolution": (72, 72), "resolutionunit": "INCH"}, None),
        ({"resolution": (300, 300), "resolutionunit": "INCH"}, None),
        ({"resolution": (1550.3, 1550.3), "resolutionunit": "CENTIMETER"}, None),
        ({"resolution": (4.0, 2.0), "imagej": True, "metadata": {"unit": "micron"}}, (0.5, 0.25)),
        ({"resolution": (2.0, 2.0), "imagej": True, "metadata": {"unit": "um"}}, (0.5, 0.5)),
        ({"resolution": (2.0, 2.0), "imagej": True, "metadata": {"unit": "pixel"}}, None),
        (
            {"ome": True, "metadata": {"axes": "YX", "PhysicalSizeX": 0.3, "PhysicalSizeY": 0.6}},
            (0.6, 0.3),
        ),
        (
            {
                "ome": True,
                "metadata": {
                    "axes": "YX",
                    "PhysicalSizeX": 300,
                    "PhysicalSizeXUnit": "nm",
                    "PhysicalSizeY": 300,
                    "PhysicalSizeYUnit": "nm",
                },
            },
            (0.3, 0.3),
        ),
    ],
)
def test_pixel_sizes_are_believed_where_a_microscope_can_have_them(
    tmp_path: Path, settings: dict[str, Any], expected: tuple[float, float] | None
) -> None:
    """OME and ImageJ give µm; print resolutions and a camera's pitch in bare resolution tags give nothing."""
    header = read_header(write(tmp_path / "a.tif", **settings))
    assert isinstance(header, Header)
    assert header.pixel_size_um == (None if expected is None else pytest.approx(expected, rel=1e-4))


def test_files_that_disagree_on_the_pixel_size_give_none_and_a_note(tmp_path: Path) -> None:
    """A pixel size counts only when all files agree."""
    paths = [
        write(tmp_path / f"{size}.tif", resolution=(1 / size, 1 / size), imagej=True, metadata={"unit": "um"})
        for size in (0.5, 0.6)
    ]
    headers = check_headers(tmp_path, paths)
    assert headers.pixel_size_um is None
    assert "disagree on the pixel size" in headers.notes[0]


@pytest.mark.shared
@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("imagexpress_cv8000/ImageXpress_exported/9987_Plate_3434/**/*_w1.TIF", (1.3672, 1.3672)),
        ("operetta/operetta_plate/Images/*.tiff", None),
        ("opera_phenix/Version1/images/*.tiff", None),
    ],
)
def test_pixel_sizes_of_real_exports(
    shared_data: Path, pattern: str, expected: tuple[float, float] | None
) -> None:
    """MetaSeries states it; Harmony's TIFFs hold their camera's pitch, which their index contradicts."""
    paths = sorted(shared_data.glob(pattern))
    headers = check_headers(shared_data, paths)
    assert len(paths) > 1
    assert headers.pixel_size_um == (None if expected is None else pytest.approx(expected))


def stated(path: Path, **tags: int) -> Path:
    """The image of this name with other numbers in its header (TIFF 6.0: 12 bytes a tag)."""
    codes = {"width": 256, "height": 257, "bits": 258, "offset": 273, "rows": 278}
    content = bytearray(path.read_bytes())
    (directory,) = struct.unpack_from("<I", content, 4)
    (count,) = struct.unpack_from("<H", content, directory)
    for place in range(directory + 2, directory + 2 + 12 * count, 12):
        (code,) = struct.unpack_from("<H", content, place)
        for name, value in tags.items():
            if codes[name] == code:
                struct.pack_into("<HHII", content, place, code, 4, 1, value)
    path.write_bytes(content)
    return path


@pytest.mark.parametrize(
    ("settings", "tags", "reason"),
    [
        ({}, {"width": 0}, "its header states an image of 64 × 0 pixels"),
        ({}, {"height": 0}, "its header states an image of 0 × 48 pixels"),
        ({}, {"width": 2**31 - 1}, "pixels, more than its"),
        ({"compression": "zlib"}, {"height": 200_000}, "pixels, more than its"),
        (
            {"compression": "zlib"},
            {"width": 60_000, "height": 60_000, "rows": 60_000},
            "pixels, more than its",
        ),
        (
            {"compression": "zlib"},
            {"width": 20_000, "height": 20_000, "rows": 20_000},
            "pixels, more than its",
        ),
        ({}, {"bits": 8}, "the image needs 3072 bytes and holds 6144"),
        ({}, {"bits": 12}, "the image needs 4608 bytes and holds 6144"),
        ({}, {"offset": 0}, "its pixels would lie within its header"),
    ],
)
def test_headers_that_lie_are_damage(
    tmp_path: Path, settings: dict[str, Any], tags: dict[str, int], reason: str
) -> None:
    """Absurd sizes are found before anything of the size is allocated; the plane is missing, not the run."""
    good = write(tmp_path / "good.tif", np.tile(IMAGE, (4, 1))[:64], **settings)
    bad = stated(write(tmp_path / "bad.tif", **settings), **tags)
    headers = check_headers(tmp_path, [good, bad])
    assert reason in headers.damaged[bad]
    assert good not in headers.damaged


def test_a_dark_image_packs_well(tmp_path: Path) -> None:
    """A field without light is packed to a thousandth, and is no lie."""
    dark = write(tmp_path / "a.tif", np.zeros((2048, 2048), "uint16"), compression="zlib")
    assert dark.stat().st_size < 2**23 / 200
    assert read_header(dark) == Header((2048, 2048), "uint16")


def test_what_is_said_of_many_files_is_said_once(tmp_path: Path) -> None:
    """Four colour images are one fault, and it says what to do."""
    paths = [write(tmp_path / f"{n}.tif", np.zeros((8, 8, 3), "uint8"), photometric="rgb") for n in range(4)]
    with pytest.raises(ReaderError) as refusal:
        check_headers(tmp_path, paths)
    (fault,) = refusal.value.faults
    assert fault.startswith("4 files (0.tif, 1.tif, 2.tif and 1 more): each is a colour image")


def test_a_link_that_leads_nowhere_is_damage(tmp_path: Path) -> None:
    """Its plane is missing with the link's own target; it does not vanish."""
    link = tmp_path / "b.tif"
    link.symlink_to("no/such.tif")
    headers = check_headers(tmp_path, [write(tmp_path / "a.tif"), link])
    assert dict(headers.damaged) == {link: "it is a link to 'no/such.tif', which is not there"}


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE, errno.EMFILE, errno.ENODEV])
def test_a_file_that_cannot_be_reached_is_not_damaged(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own error stops the scan: of what is in the file nothing is known."""
    path = write(tmp_path / "a.tif")

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code), str(path))

    monkeypatch.setattr("hcs_plates.readers.headers.tifffile.TiffFile", fail)
    with pytest.raises(OSError, match=r"a\.tif") as stopped:
        check_headers(tmp_path, [path])
    assert stopped.value.errno == code
