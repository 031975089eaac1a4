"""The one record all readers make, and reading a plane it promises."""

import errno
import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, PlaneFile, PlaneKey, missing_rows
from hcs_plates.readers.pixels import read_plane
from hcs_plates.wells import FORMATS

IMAGE = np.arange(24, dtype="uint16").reshape(4, 6)


def acquisition() -> Acquisition:
    """Two wells; the second has nothing but a missing plane."""
    return Acquisition(
        name="P1",
        reader="tiffs",
        source=Path("P1"),
        format=FORMATS[96],
        channels=(Channel("GFP"), Channel("DNA")),
        planes={
            PlaneKey("B03", 2, 0): PlaneFile(Path("a.tif")),
            PlaneKey("B03", 1, 0): PlaneFile(Path("b.tif")),
        },
        missing={PlaneKey("A12", 1, 1): "gone"},
        shape=(4, 6),
        dtype="uint16",
    )


def test_wells_stand_in_the_plates_order_and_count_missing_planes() -> None:
    """A well whose planes are all missing is still a well of the plate, without fields."""
    found = acquisition()
    assert found.wells() == ["A12", "B03"]
    assert found.fields("B03") == [1, 2]
    assert found.fields("A12") == []


def test_the_summary_is_json_and_names_missing_planes() -> None:
    """`hcs info --json` prints it as it is."""
    summary = json.loads(json.dumps(replace(acquisition(), pixel_size_um=(0.5, 0.25)).summary()))
    assert (summary["plate"], summary["format"], summary["wells"], summary["fields"]) == ("P1", 96, 2, 2)
    assert summary["shape"] == [4, 6]
    assert summary["pixel_size_um"] == [0.5, 0.25]
    assert summary["missing_planes"] == [
        {"well": "A12", "field": 1, "channel": "DNA", "time": 0, "z": 0, "reason": "gone"}
    ]


def test_missing_planes_are_listed_in_order() -> None:
    """By well, field, channel, time and z, whatever the order they were found in."""
    missing = {PlaneKey("B01", 1, 0): "x", PlaneKey("A02", 2, 0): "y", PlaneKey("A02", 1, 0, 1): "z"}
    rows = missing_rows(missing, (Channel("GFP"),))
    assert [(row["well"], row["field"], row["time"]) for row in rows] == [
        ("A02", 1, 1),
        ("A02", 2, 0),
        ("B01", 1, 0),
    ]


def test_a_plane_is_read_as_promised(tmp_path: Path) -> None:
    """The pixels come back as they were written."""
    tifffile.imwrite(tmp_path / "a.tif", IMAGE, compression="zlib")
    np.testing.assert_array_equal(read_plane(PlaneFile(tmp_path / "a.tif"), (4, 6), "uint16"), IMAGE)


def test_a_page_of_a_stack_is_read(tmp_path: Path) -> None:
    """`PlaneFile.page` counts from 0."""
    tifffile.imwrite(tmp_path / "a.tif", np.stack([IMAGE, IMAGE + 1]), photometric="minisblack")
    np.testing.assert_array_equal(read_plane(PlaneFile(tmp_path / "a.tif", 1), (4, 6), "uint16"), IMAGE + 1)


@pytest.mark.parametrize(
    ("image", "message"),
    [
        (IMAGE[:2], "holds a uint16 image of 2 × 6 where the plate has uint16 images of 4 × 6"),
        (IMAGE.astype("uint8"), "holds a uint8 image of 4 × 6"),
    ],
)
def test_another_image_than_promised_is_refused(tmp_path: Path, image: np.ndarray, message: str) -> None:
    """A file that changed since the scan is not put into the plate."""
    tifffile.imwrite(tmp_path / "a.tif", image)
    with pytest.raises(ReaderError) as refusal:
        read_plane(PlaneFile(tmp_path / "a.tif"), (4, 6), "uint16")
    assert message in refusal.value.message


@pytest.mark.parametrize("content", [b"", b"II*\0", b"nonsense"])
def test_a_file_that_cannot_be_decoded_is_refused(tmp_path: Path, content: bytes) -> None:
    """Damage of any kind is one sentence."""
    (tmp_path / "a.tif").write_bytes(content)
    with pytest.raises(ReaderError, match=r"the image cannot be read .*; copy it again from the instrument"):
        read_plane(PlaneFile(tmp_path / "a.tif"), (4, 6), "uint16")


@pytest.mark.parametrize("code", [errno.EIO, errno.EACCES, errno.ESTALE, errno.EMFILE])
def test_a_plane_that_cannot_be_reached_is_not_missing(
    tmp_path: Path, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The system's own error is passed on; only what opens and does not decode is a refusal."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr("hcs_plates.readers.pixels.tifffile.TiffFile", fail)
    with pytest.raises(OSError, match=os.strerror(code)) as stopped:
        read_plane(PlaneFile(tmp_path / "a.tif"), (4, 4), "uint16")
    assert not isinstance(stopped.value, ReaderError)


def test_a_plane_that_went_away_is_not_missing(tmp_path: Path) -> None:
    """A share that dropped has no files, and says nothing of them."""
    with pytest.raises(FileNotFoundError):
        read_plane(PlaneFile(tmp_path / "gone.tif"), (4, 4), "uint16")
