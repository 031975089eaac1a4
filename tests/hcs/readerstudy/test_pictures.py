"""Images as readers see them."""

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from tests.hcs.readerstudy.fabricated import write_study

from hcs.readerstudy.images import FIELDS, Images
from hcs.readerstudy.pictures import Scale, png
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError


def chunks(content: bytes) -> list[tuple[bytes, bytes]]:
    """Read a PNG's chunks by the specification: length, kind, body, CRC-32 of kind and body."""
    assert content[:8] == b"\x89PNG\r\n\x1a\n"
    found, at = [], 8
    while at < len(content):
        (length,) = struct.unpack_from(">I", content, at)
        kind, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert struct.unpack_from(">I", content, at + 8 + length)[0] == zlib.crc32(kind + body)
        found.append((kind, body))
        at += 12 + length
    return found


@pytest.mark.parametrize("shape", [(5, 9), (256, 256), (40, 30, 3), (1, 1)])
def test_png(shape: tuple[int, ...]) -> None:
    """Another decoder reads the same pixels; only the three chunks of any PNG are there; one size."""
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, shape, dtype=np.uint8)
    pictures: list[npt.NDArray[np.uint8]] = [noise, np.zeros_like(noise), np.full_like(noise, 255)]
    for picture in pictures:
        read = cv2.imdecode(np.frombuffer(png(picture), np.uint8), cv2.IMREAD_UNCHANGED)
        assert read is not None
        assert np.array_equal(read if read.ndim == 2 else read[..., ::-1], picture)
        assert [kind for kind, _ in chunks(png(picture))] == [b"IHDR", b"IDAT", b"IEND"]
    assert len({len(png(picture)) for picture in pictures}) == 1


def expected(pixels: npt.NDArray[np.uint16], low: float, high: float) -> npt.NDArray[np.int_]:
    """Grey levels between two percentiles as 0 to 255, by arithmetic of its own."""
    share = (pixels.astype(np.float64) - low) / (high - low)
    return np.asarray(np.round(255 * np.minimum(np.maximum(share, 0), 1)), dtype=int)


@pytest.mark.parametrize("name", ["plate", "pack", "image"])
def test_scale(coded_study: StudyResults, name: str) -> None:
    """A tile's pixels between the percentiles of what the scale is of, found from one tile of each well."""
    scale, images, tiles = Scale.of(coded_study, name), Images.of(coded_study), coded_study.tiles
    every = tiles.read(0, len(tiles))[..., 0]
    index = tiles.index
    second = index.groupby(["plate", "well"]).cumcount() == 1
    for place in (0, 40, 100):
        row = images.table.loc[place]
        own = tiles.read(int(row["row"]), int(row["row"]) + 1)[0]
        of = {
            "plate": every[second & (index["plate"] == row["plate"])],
            "pack": every[second],
            "image": own,
        }[name]
        low, high = np.percentile(of, [0.1, 99.9])
        shown = scale.picture(images.read(row), row)
        assert shown.shape == (32, 32)
        assert np.abs(shown.astype(int) - expected(own[..., 0], low, high)).max() <= 1
        assert (shown != expected(own[..., 0], low, high)).mean() < 0.01


@pytest.mark.slow
def test_one_scale_a_plate_takes_staining_away(coded_study: StudyResults) -> None:
    """Plates of two gains look alike by plate, and not by pack."""
    images = Images.of(coded_study)

    def spread(name: str) -> float:
        scale = Scale.of(coded_study, name)
        light = pd.Series([scale.picture(images.read(row), row).mean() for _, row in images.table.iterrows()])
        by_plate = light.groupby(images.table["plate"]).mean()
        return float(by_plate.max() - by_plate.min())

    assert spread("plate") < 3
    assert spread("pack") > 30


def test_two_channels_and_fields(tmp_path: Path) -> None:
    """Two channels are green and magenta, each on its own scale; whole fields come one a field."""
    study = StudyResults.open(write_study(tmp_path, clones=4, plates=1, channels=("FITC", "DAPI")))
    images, scale = Images.of(study, FIELDS), Scale.of(study, "plate")
    assert len(images.table) == 16
    assert images.table["tile"].isna().all()
    row = images.table.loc[3]
    shown = scale.picture(images.read(row), row)
    assert shown.shape == (32, 32, 3)
    assert np.array_equal(shown[..., 0], shown[..., 2])
    # A tile is the whole field here, of the same size.
    assert np.array_equal(images.read(row), Images.of(study).read(row))
    assert len(scale.windows[str(row["plate"])]) == 2


def test_unknown(coded_study: StudyResults) -> None:
    """Scales and kinds that are not there are refused with the nearest."""
    with pytest.raises(ArgumentError, match="did you mean 'plate'"):
        Scale.of(coded_study, "plates")
    with pytest.raises(ArgumentError, match="did you mean 'fields'"):
        Images.of(coded_study, "field")
