"""Which kind of plate lies in a folder."""

from pathlib import Path

from hcs_plates.viewing.ours import open_ours
from hcs_plates.viewing.records import Opened


def opened(path: Path) -> Opened:
    """Open whatever plate lies there."""
    return open_ours(path)
