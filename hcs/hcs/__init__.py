"""High-content screening analysis: plates of cells from many donors in, a defensible answer out.

The public face; TensorFlow is imported only by what trains or runs a network.
"""

from hcs.study import Study
from hcs_models import clone_splits
from hcs_plates import (
    HcsError,
    Plate,
    TileSet,
    create_plate,
    create_tiles,
    ingest,
    open_plate,
    read_platemap,
    scan,
)

__all__ = [
    "HcsError",
    "Plate",
    "Study",
    "TileSet",
    "clone_splits",
    "create_plate",
    "create_tiles",
    "ingest",
    "open_plate",
    "read_platemap",
    "scan",
]
