"""Plates of cells on disk: wells, metadata, instruments' exports, OME-Zarr plates and tiles.

The ground floor of hcs. It knows no learning library.
"""

from typing import TYPE_CHECKING

from hcs_plates.lazy import lazy_names

if TYPE_CHECKING:
    from hcs_plates.description import PlateSpec
    from hcs_plates.errors import HcsError
    from hcs_plates.ingestion import Export, ingest
    from hcs_plates.members import Field, Well
    from hcs_plates.ngff import FieldLayout
    from hcs_plates.plate import Plate, create_plate, open_plate
    from hcs_plates.platemap import read_platemap
    from hcs_plates.readers.acquisition import Acquisition, Channel
    from hcs_plates.readers.detect import scan
    from hcs_plates.remapping import replace_platemap
    from hcs_plates.tiles import TileSet, create_tiles
    from hcs_plates.tiling import TileSpec
    from hcs_plates.wells import FORMATS, PlateFormat, parse_well, well_name

__all__ = [
    "FORMATS",
    "Acquisition",
    "Channel",
    "Export",
    "Field",
    "FieldLayout",
    "HcsError",
    "Plate",
    "PlateFormat",
    "PlateSpec",
    "TileSet",
    "TileSpec",
    "Well",
    "create_plate",
    "create_tiles",
    "ingest",
    "open_plate",
    "parse_well",
    "read_platemap",
    "replace_platemap",
    "scan",
    "well_name",
]

__getattr__ = lazy_names(
    __name__,
    {
        "FORMATS": "hcs_plates.wells",
        "Acquisition": "hcs_plates.readers.acquisition",
        "Channel": "hcs_plates.readers.acquisition",
        "Export": "hcs_plates.ingestion",
        "Field": "hcs_plates.members",
        "FieldLayout": "hcs_plates.ngff",
        "HcsError": "hcs_plates.errors",
        "Plate": "hcs_plates.plate",
        "PlateFormat": "hcs_plates.wells",
        "PlateSpec": "hcs_plates.description",
        "TileSet": "hcs_plates.tiles",
        "TileSpec": "hcs_plates.tiling",
        "Well": "hcs_plates.members",
        "create_plate": "hcs_plates.plate",
        "create_tiles": "hcs_plates.tiles",
        "ingest": "hcs_plates.ingestion",
        "open_plate": "hcs_plates.plate",
        "parse_well": "hcs_plates.wells",
        "read_platemap": "hcs_plates.platemap",
        "replace_platemap": "hcs_plates.remapping",
        "scan": "hcs_plates.readers.detect",
        "well_name": "hcs_plates.wells",
    },
)


def __dir__() -> list[str]:
    return __all__
