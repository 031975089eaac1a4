"""Which kind of plate lies in a folder: one of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool."""

from dataclasses import replace
from pathlib import Path

from hcs_plates.errors import StoreError
from hcs_plates.plate import open_plate
from hcs_plates.store import is_ours
from hcs_plates.viewing.others import open_other
from hcs_plates.viewing.ours import open_ours
from hcs_plates.viewing.records import Opened


def opened(path: Path) -> Opened:
    """Open whatever plate lies in a folder.

    A plate of another tool is shown with the map that it was adopted with and what was measured of it, if its
    fields can be opened as fields of a plate; else as it is.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened.
    UnreachableError
        A disk or a share that fails.
    """
    if is_ours(path):
        return open_ours(path)
    found = open_other(path)
    try:
        plate = open_plate(path)
    except StoreError as error:
        return replace(found, notices=(*found.notices, f"It cannot be measured: {error.message}."))
    told = tuple(note for note in (*plate.spec.notices, *plate.spec.map_notices) if note not in found.notices)
    found = replace(found, wells=plate.wells, notices=(*found.notices, *told))
    # Fields are looked up by their keys, which are those of the plate where they are its numbers.
    same = all(
        tuple(map(str, plate.spec.fields.get(well, ()))) == keys for well, keys in found.fields.items()
    )
    return replace(found, plate=plate) if same else found
