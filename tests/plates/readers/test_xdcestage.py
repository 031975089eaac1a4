"""Where and when the images of a `.xdce` were taken."""

from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
import tifffile
from defusedxml import ElementTree

from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.readers.incell import scan_incell
from hcs_plates.readers.xdcestage import created_at, taken_at

SIDE = 8
UM = 0.5
"""Side of a pixel."""
FIELD = SIDE * UM
SPACING = 9000.0
"""From well to well, µm."""


@pytest.mark.parametrize(
    ("creation", "image", "moment"),
    [
        ('date="2010-11-17" time="20:23:53"', 'acquisition_time_ms="61500"', "2010-11-17T20:24:54.500"),
        ('date="2010-11-17" time="20:23:53.250"', 'acquisition_time_ms="0"', "2010-11-17T20:23:53.250"),
        ('date="17.11.2010" time="20:23:53"', 'acquisition_time_ms="12"', None),
        ('date="2010-11-17" time="25:00"', 'acquisition_time_ms="12"', None),
        ('date="2010-11-17" time="20:23:53"', 'acquisition_time_ms="nan"', None),
        ('date="2010-11-17" time="20:23:53"', "", None),
        ("", 'acquisition_time_ms="12"', None),
        ('date="2010-11-17" time="20:23:53"', 'timestamp_sec="nan"', None),
        ('date="2010-11-17" time="20:23:53"', 'timestamp_sec="1e300"', None),
        ('date="2010-11-17" time="20:23:53"', 'timestamp_sec="12"', None),
    ],
)
def test_moments(creation: str, image: str, moment: str | None) -> None:
    """From the creation by milliseconds; what is no moment of a microscope is not known."""
    root = ElementTree.fromstring(f"<a><Creation {creation}/><Image {image}/></a>")
    assert taken_at(root.find("Image"), created_at(root)) == moment


def test_seconds_count_from_1970() -> None:
    """With their offset from UTC, so that they are not taken for the instrument's clock."""
    when = datetime(2024, 5, 6, 7, 8, 9, 250000, UTC)
    image = ElementTree.fromstring(f'<Image timestamp_sec="{when.timestamp():.2f}" acquisition_time_ms="1"/>')
    assert taken_at(image, datetime(2010, 1, 1)) == when.isoformat()


def export(
    folder: Path, *, offsets: str, on_plate: bool, rows: tuple[int, ...] = (1, 2), down: int = 1
) -> Path:
    """Write an export of 2 × 2 fields a well that are cuts of one picture, as the places of the stage say.

    Parameters
    ----------
    offsets
        Direction of y of the list of offsets; "" for none.
    on_plate
        Whether each image states its place on the plate; y of these grows by `down` along the rows.
    """
    images, points = [], []
    places = [(0, 0), (0, 1), (1, 0), (1, 1)]
    for field, (top, left) in enumerate(places):
        x, y = (left - 0.5) * FIELD, (top - 0.5) * FIELD
        points.append(f'<offset_point index="{field}" x="{x}" y="{-y if offsets == "up" else y}"/>')
        for row in rows:
            name = f"{'ABC'[row - 1]} - 1(fld {field + 1} wv Blue - FITC).tif"
            cut = picture(row)[top * SIDE : (top + 1) * SIDE, left * SIDE : (left + 1) * SIDE]
            tifffile.imwrite(folder / name, cut)
            place = f'<PlatePosition_um x="{14380 + x}" y="{down * (11240 + SPACING * (row - 1) + y)}"/>'
            images.append(
                f'<Image filename="{name}"><Well><Row number="{row}"/><Column number="1"/></Well>'
                f'{place if on_plate else ""}<Identifier field_index="{field}" wave_index="0"/></Image>'
            )
    listed = "".join(points) if offsets else ""
    (folder / "P1.xdce").write_text(
        f'<ImageStack><Plate rows="8" columns="12"/><ObjectiveCalibration pixel_height="{UM}" '
        f'pixel_width="{UM}" unit="um"/>{listed}<Images>{"".join(images)}</Images></ImageStack>'
    )
    return folder


def picture(row: int) -> np.ndarray:
    """Draw a whole well."""
    return np.random.default_rng(row).integers(0, 60000, (2 * SIDE, 2 * SIDE)).astype("uint16")


@pytest.mark.parametrize(
    ("offsets", "on_plate", "rows", "down", "told"),
    [
        ("up", True, (1, 2), 1, False),
        ("down", True, (1, 2), 1, False),
        ("up", True, (1, 2), -1, False),
        ("", True, (1, 3), 1, False),
        ("", True, (1, 2), -1, False),
        ("up", False, (1, 2), 1, True),
        ("up", True, (2,), 1, True),
    ],
)
def test_fields_lie_as_the_stage_moved(
    tmp_path: Path, offsets: str, on_plate: bool, rows: tuple[int, ...], down: int, told: bool
) -> None:
    """Stitched wells are the pictures that were cut; where y's direction is Bio-Formats' word, it is told."""
    (tmp_path / "P1").mkdir()
    folder = export(tmp_path / "P1", offsets=offsets, on_plate=on_plate, rows=rows, down=down)
    plate = ingest(Export(folder, stitch=True), tmp_path / "P1.ome.zarr")
    for row in rows:
        np.testing.assert_array_equal(plate[f"{'ABC'[row - 1]}01"][1].image("FITC"), picture(row))
    assert any("as Bio-Formats takes it" in note for note in plate.spec.notices) == told


def test_one_row_of_places_tells_no_direction(tmp_path: Path) -> None:
    """It is asked for, as of any export that does not state it."""
    found = scan_incell(export(tmp_path, offsets="", on_plate=True, rows=(1,)))
    assert found.y_axis is None
    assert found.positions_um["A01", 1] == (-FIELD / 2, -FIELD / 2)
