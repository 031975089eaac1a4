"""Which kind of plate lies in a folder: one of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool."""

from pathlib import Path

from hcs_plates.store import is_ours
from hcs_plates.viewing.others import open_other
from hcs_plates.viewing.ours import open_ours
from hcs_plates.viewing.records import Opened


def opened(path: Path) -> Opened:
    """Open whatever plate lies in a folder.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened.
    UnreachableError
        A disk or a share that fails.
    """
    return open_ours(path) if is_ours(path) else open_other(path)
