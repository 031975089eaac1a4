"""OME-Zarr 0.5 metadata: chunks, shards, levels, and what the specification asks for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.ngff import (
    MAX_CHUNK,
    FieldLayout,
    channel_colour,
    image_attributes,
    plate_attributes,
    well_attributes,
)
from hcs_plates.readers.acquisition import Channel
from hcs_plates.wells import FORMATS


@given(
    times=st.integers(1, 3),
    channels=st.integers(1, 5),
    z=st.integers(1, 4),
    height=st.integers(1, 5000),
    width=st.integers(1, 5000),
)
def test_one_shard_holds_a_whole_level(times: int, channels: int, z: int, height: int, width: int) -> None:
    """Every level is one shard of whole chunks of at most 512 pixels; the last level is at most 256."""
    layout = FieldLayout(times, channels, z, height, width, "uint16")
    for level, plane in enumerate(layout.plane_shapes):
        shape, chunks, shards = layout.level_shape(level), layout.chunks(level), layout.shards(level)
        assert shape[-2:] == plane
        assert all(
            shard >= size and shard % chunk == 0
            for shard, size, chunk in zip(shards, shape, chunks, strict=True)
        )
        assert max(chunks) <= MAX_CHUNK
        assert chunks[:-2] == (1,) * (len(shape) - 2)
        # No chunk lies wholly outside the image.
        assert all(shard - size < chunk for shard, size, chunk in zip(shards, shape, chunks, strict=True))
    assert max(layout.plane_shapes[-1]) <= 256


def test_axes_appear_where_they_are_needed() -> None:
    """Time and z are axes only where there is more than one, in the order of the specification."""
    assert FieldLayout(1, 2, 1, 8, 8, "uint8").axes == ("c", "y", "x")
    assert FieldLayout(4, 2, 3, 8, 8, "uint8").axes == ("t", "c", "z", "y", "x")
    assert FieldLayout(4, 2, 3, 8, 9, "uint8").shape == (4, 2, 3, 8, 9)


def test_plate_metadata() -> None:
    """Rows, columns and wells as the HCS section asks; the version inside the plate too."""
    ome = plate_attributes("P1", FORMATS[96], {"B03": (1, 2), "H12": (1,)})
    plate = ome["plate"]
    assert ome["version"] == plate["version"] == "0.5"
    assert [row["name"] for row in plate["rows"]] == list("ABCDEFGH")
    assert plate["wells"] == [
        {"path": "B/03", "rowIndex": 1, "columnIndex": 2},
        {"path": "H/12", "rowIndex": 7, "columnIndex": 11},
    ]
    assert plate["field_count"] == 2


def test_fields_keep_their_numbers() -> None:
    """A gap among the fields is not closed up."""
    images = well_attributes([1, 3])["well"]["images"]
    assert [image["path"] for image in images] == ["1", "3"]


@pytest.mark.parametrize(
    ("pixel", "unit", "scale"), [((0.5, 0.65), "micrometer", (1.0, 1.3)), (None, None, (2.0, 2.0))]
)
def test_scales_of_levels(
    pixel: tuple[float, float] | None, unit: str | None, scale: tuple[float, float]
) -> None:
    """Lengths are µm where the pixel size is known; else pixels, without a unit."""
    image = image_attributes(FieldLayout(1, 1, 1, 512, 400, "uint8"), [Channel("GFP")], pixel)["multiscales"][
        0
    ]
    assert [axis.get("unit") for axis in image["axes"]] == [None, unit, unit]
    second = image["datasets"][1]["coordinateTransformations"][0]["scale"]
    assert tuple(second) == (1.0, *scale)


@pytest.mark.parametrize(("step", "unit", "scale"), [(1.5, "micrometer", 1.5), (None, None, 1.0)])
def test_steps_in_z_have_their_length(step: float | None, unit: str | None, scale: float) -> None:
    """Of every level: z is never made smaller."""
    attributes = image_attributes(FieldLayout(1, 1, 3, 512, 400, "uint8"), [Channel("GFP")], None, step)
    (image,) = attributes["multiscales"]
    assert image["axes"][1] == {"name": "z", "type": "space"} | ({} if unit is None else {"unit": unit})
    assert {one["coordinateTransformations"][0]["scale"][1] for one in image["datasets"]} == {scale}


@pytest.mark.parametrize(
    ("emission", "colour"),
    [(461, "0000FF"), (525, "00FF00"), (580, "FFFF00"), (620, "FF0000"), (700, "FF00FF"), (None, "FF0000")],
)
def test_channels_have_the_colour_of_their_emission(emission: float | None, colour: str) -> None:
    """DAPI blue, FITC green, Cy3 yellow, far red magenta, wherever they stand; unknown ones by place."""
    assert channel_colour(Channel("C", emission_nm=emission), 3) == colour
