"""Which kind of plate lies in a folder: one of hcs, or an OME-Zarr 0.4 or 0.5 plate of another tool."""

from pathlib import Path
from typing import Any

from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.viewing.documents import METADATA, attributes, read_document
from hcs_plates.viewing.metadata import not_a_plate, shown
from hcs_plates.viewing.others import open_other
from hcs_plates.viewing.ours import open_ours
from hcs_plates.viewing.records import Opened

EXPECTED = "hcs shows plates of OME-Zarr 0.4 and 0.5"


def opened(path: Path) -> Opened:
    """Open whatever plate lies in a folder.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened.
    UnreachableError
        A disk or a share that fails.
    """
    if not path.exists():
        raise NotThereError(f"{path} does not exist; expected a plate (a folder such as P1.ome.zarr).")
    root = path.resolve()
    version = next((one for one in ("0.5", "0.4") if (root / METADATA[one]).is_file()), None)
    if version is None:
        raise StoreError(path, f"is not a plate (no zarr.json or .zattrs in it); {EXPECTED}")
    if version == "0.5":
        kept = read_document(root, METADATA[version]).get("attributes")
        if isinstance(kept, dict) and "hcs" in kept:
            return open_ours(path)
    ome = attributes(root, "", version)
    if kind := not_a_plate(ome):
        raise StoreError(path, f"is not a plate but {kind}; {EXPECTED}")
    _check_version(path, ome, version)
    return open_other(root, ome, version)


def _check_version(path: Path, ome: dict[str, Any], version: str) -> None:
    """Refuse versions whose metadata mean something else; 0.4 may be left unsaid."""
    plate = ome["plate"] if isinstance(ome["plate"], dict) else {}
    said = ome.get("version", plate.get("version")) if version == "0.5" else plate.get("version", "0.4")
    if said != version:
        raise StoreError(path, f"is a plate of OME-Zarr {shown(said)}; {EXPECTED}")
