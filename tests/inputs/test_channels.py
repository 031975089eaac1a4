"""Channels as labs name them: a part that one channel alone has means it wherever a channel is named."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs.heatmaps.fields import field_pictures
from hcs.measure.fields import channel_spec
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.export import Export
from hcs_plates.ingestion import ingest
from hcs_plates.plate import Plate
from hcs_plates.tiles import create_tiles
from hcs_plates.tiling import TileSpec

SIDE = 32
IN_CELL = ("Blue - FITC", "Red - Cy5", "UV - DAPI")


def export(folder: Path, channels: tuple[str, ...]) -> Path:
    """Write an export of one field whose grey level is 100 times the place of the channel's name, from 1."""
    folder.mkdir(parents=True)
    for number, name in enumerate(channels, start=1):
        image = np.full((SIDE, SIDE), 100 * number, "uint16")
        tifffile.imwrite(folder / f"A - 01(fld 1 wv {name}).tif", image)
    return folder


def by_image(plate: Plate, asked: str) -> int:
    """Read the channel of a field."""
    return int(plate["A01"][1].image(asked).mean()) // 100


def by_tiles(plate: Plate, asked: str) -> int:
    """Cut tiles of the channel, lazily and stored."""
    stored = create_tiles(
        [plate], plate.path / "tiles" / "t", TileSpec(16, 1, asked), overwrite=True, workers=1
    )
    assert stored.channels == (plate.channels[plate.channel_index(asked)],)
    assert (stored.read(0, 1) == plate.tiles(16, 1, asked).values).all()
    return int(stored.read(0, 1).mean()) // 100


def by_measuring(plate: Plate, asked: str) -> int:
    """Take the channel for that of the neurites, and a marker."""
    spec = channel_spec(plate, neurites=asked)
    other = next(name for name in plate.channels if name != spec.neurites)
    assert channel_spec(plate, neurites=other, nuclei=asked).nuclei == spec.neurites
    return plate.channels.index(str(spec.neurites)) + 1


def by_pictures(plate: Plate, asked: str) -> int:
    """Show the channel on a page."""
    _, said = field_pictures([plate], 1, asked)
    return next(
        place for place, name in enumerate(plate.channels, 1) if said.startswith(f"Pictures show {name},")
    )


WAYS: list[Callable[[Plate, str], int]] = [by_image, by_tiles, by_measuring, by_pictures]


@pytest.mark.parametrize(
    ("channels", "asked", "meant"),
    [
        (IN_CELL, "Blue - FITC", 1),
        (IN_CELL, "FITC", 1),
        (IN_CELL, "fitc", 1),
        (IN_CELL, "dapi ", 3),
        (IN_CELL, "Cy5", 2),
        (IN_CELL, "red", 2),
        (IN_CELL, "Cy", 2),
        (IN_CELL, "DAP", 3),
        (IN_CELL, "U", "has several channels 'U': Blue - FITC, UV - DAPI"),
        (IN_CELL, "blue  -  fitc", 1),
        (IN_CELL, "-", "has several channels '-': Blue - FITC, Red - Cy5, UV - DAPI"),
        (IN_CELL, "GFP", "has no channel 'GFP'; it has Blue - FITC, Red - Cy5, UV - DAPI"),
        (IN_CELL, "", "has no channel ''; it has Blue - FITC"),
        (IN_CELL, "Cy55", "has no channel 'Cy55'"),
        (("DAPI - DAPI", "DAPI - FITC"), "DAPI", 1),
        (("Blue - FITC", "Green - FITC", "UV - DAPI"), "FITC", "several channels 'FITC': Blue - FITC, Green"),
        (("Blue - FITC", "Green - FITC", "UV - DAPI"), "green", 2),
        (("Cy3", "Cy3.5", "Cy5"), "Cy3", 1),
        (("Cy3.5", "Cy5"), "Cy3", "has no channel 'Cy3'; it has Cy3.5, Cy5"),
        (("Red - Cy3", "Red - Cy35"), "Cy3", 1),
        (("FITC", "FITC wix 2"), "FITC", 1),
        (("Fluo-4 AM", "Hoechst 33342"), "hoechst", 2),
        (("Fluo-4 AM", "Hoechst 33342"), "33342", 2),
        (("Fluo-4 AM", "Hoechst 33342"), "3334", "has no channel '3334'"),
        (("TL-Brightfield - DAPI", "UV - DAPI"), "bright", 1),
        (("TL-Brightfield - DAPI", "UV - DAPI"), "DAPI", "several channels 'DAPI'"),
    ],
)
def test_a_part_of_a_name(channels: tuple[str, ...], asked: str, meant: int | str, tmp_path: Path) -> None:
    """Every way in finds the same channel, with its pixels; what is unclear is refused with the list."""
    plate = ingest(export(tmp_path / "P", channels), tmp_path / "P.ome.zarr", workers=1)
    assert plate.channels == channels
    for way in WAYS:
        if isinstance(meant, int):
            assert way(plate, asked) == meant
        else:
            with pytest.raises(ArgumentError) as refusal:
                way(plate, asked)
            assert meant in refusal.value.message


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ({"FITC": "NFH"}, ("NFH", "Red - Cy5", "UV - DAPI")),
        ({"fitc": "NFH", "Cy5": "CASP3", "DAPI": "DNA"}, ("NFH", "CASP3", "DNA")),
        ({"FITC": "NFH", "Blue": "GFP"}, "are one channel, 'Blue - FITC'; name it once"),
        ({"GFP": "NFH"}, "The export has no channel 'GFP'; it has Blue - FITC, Red - Cy5, UV - DAPI"),
        ({"FITC": "UV - DAPI"}, "each needs a name of its own"),
        ({"FITC": " "}, "each needs a name of its own"),
    ],
)
def test_names_at_ingest(names: dict[str, str], expected: Any, tmp_path: Path) -> None:
    """Channels that are given names are found by parts too."""
    source = Export(export(tmp_path / "P", IN_CELL), channels=names)
    if isinstance(expected, str):
        with pytest.raises(ArgumentError) as refusal:
            source.scan()
        assert expected in refusal.value.message
    else:
        assert tuple(channel.name for channel in source.scan().channels) == expected


@pytest.mark.parametrize(
    ("second", "asked", "expected"),
    [
        (IN_CELL, ("FITC",), ("Blue - FITC",)),
        (("FITC", "DAPI", "Cy5"), ("FITC", "DAPI"), ("FITC", "DAPI")),
        (IN_CELL, None, IN_CELL),
        (IN_CELL[::-1], None, IN_CELL),
        (("A - b", *IN_CELL), None, IN_CELL),
        ((*IN_CELL, "TL"), None, IN_CELL),
        (("FITC", "DAPI", "Cy5"), None, "name those to take"),
        (("GFP", "DAPI"), ("FITC",), "Plate B has no channel 'FITC'"),
        (("Blue - FITC", "Green - FITC"), ("FITC",), "Plate B has several channels 'FITC'"),
        (IN_CELL, ("FITC", "Blue"), "a channel is named twice"),
    ],
)
def test_plates_that_name_channels_differently(
    second: tuple[str, ...], asked: tuple[str, ...] | None, expected: Any, tmp_path: Path
) -> None:
    """Tiles of two plates hold the channel that was meant of each; nothing is matched that nobody named."""
    plates = [
        ingest(export(tmp_path / name, channels), tmp_path / f"{name}.ome.zarr", workers=1)
        for name, channels in (("A", IN_CELL), ("B", second))
    ]
    spec = TileSpec(16, 1, asked)
    if isinstance(expected, str):
        with pytest.raises(HcsError) as refusal:
            create_tiles(plates, tmp_path / "t", spec, workers=1)
        assert expected in refusal.value.message
        return
    tiles = create_tiles(plates, tmp_path / "t", spec, workers=1)
    assert tiles.channels == expected
    for plate, written, tile in zip(plates, (IN_CELL, second), tiles.read(0, 2), strict=True):
        meant = [plate.channels[plate.channel_index(name)] for name in expected]
        assert (tile == [100 * (written.index(name) + 1) for name in meant]).all()
