"""Plates of cells on disk: wells, metadata, instruments' exports, OME-Zarr plates and tiles.

The ground floor of hcs. It knows no learning library.
"""

from hcs_plates.description import PlateSpec
from hcs_plates.errors import HcsError
from hcs_plates.ingest import Export, ingest
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import Field, Plate, Well, create_plate, open_plate
from hcs_plates.platemap import read_platemap
from hcs_plates.readers.acquisition import Acquisition, Channel
from hcs_plates.readers.detect import scan
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
    "scan",
    "well_name",
]
