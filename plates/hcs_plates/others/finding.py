"""The wells and fields that a plate of another tool lists, and which of them are there."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hcs_plates.errors import SHOWN_FAULTS, NotThereError, StoreError
from hcs_plates.others.documents import METADATA, Documents, NotInPlaceError, below
from hcs_plates.others.metadata import (
    FieldPlace,
    MetadataError,
    PlateMetadata,
    not_a_plate,
    plate_metadata,
    shown,
    well_metadata,
)

SHOWN = 6


@dataclass(frozen=True)
class FoundPlate:
    """A plate of another tool, as far as its plate and its wells say.

    Parameters
    ----------
    documents
        Its metadata.
    plate
        What it says of itself.
    fields
        Fields that are there, by well and by key.
    faults
        What is broken, missing or assumed.
    absent
        Paths of the wells and fields that are listed and not there.
    """

    documents: Documents
    plate: PlateMetadata
    fields: Mapping[str, Mapping[str, FieldPlace]]
    faults: tuple[str, ...]
    absent: tuple[str, ...]

    @property
    def root(self) -> Path:
        """The plate's folder, resolved."""
        return self.documents.root

    @property
    def name(self) -> str:
        """The plate's name, or its folder's."""
        return self.plate.name or self.root.name.removesuffix(".zarr").removesuffix(".ome")

    def group(self, well: str, key: str) -> str:
        """Path of a field below the plate."""
        return f"{self.plate.wells[well]}/{key}"


def find_plate(path: Path, expected: str) -> FoundPlate:
    """Find what a plate of another tool lists and has.

    Parameters
    ----------
    path
        Its folder.
    expected
        What was looked for, for the sentence of a refusal.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened; every fault found.
    UnreachableError
        A disk or a share that fails.
    """
    if not path.exists():
        raise NotThereError(f"{path} does not exist; expected a plate (a folder such as P1.ome.zarr).")
    root = path.resolve()
    version = next((one for one in ("0.5", "0.4") if (root / METADATA[one]).is_file()), None)
    if version is None:
        raise StoreError(path, f"is not a plate (no zarr.json or .zattrs in it); {expected}")
    documents = Documents(root, version)
    ome = documents.attributes("")
    if kind := not_a_plate(ome):
        raise StoreError(path, f"is not a plate but {kind}; {expected}")
    said = ome["plate"] if isinstance(ome["plate"], dict) else {}
    stated = ome.get("version", said.get("version")) if version == "0.5" else said.get("version", "0.4")
    if stated != version:
        raise StoreError(path, f"is a plate of OME-Zarr {shown(stated)}; {expected}")
    return _found(documents, ome)


def _found(documents: Documents, ome: Mapping[str, Any]) -> FoundPlate:
    root, document = documents.root, METADATA[documents.version]
    try:
        plate = plate_metadata(ome, documents.version)
    except MetadataError as error:
        raise StoreError(root, [f"{document}: {fault}" for fault in error.faults]) from error
    faults = [f"{document}: {fault}" for fault in plate.faults]
    wells: dict[str, dict[str, FieldPlace]] = {}
    gone: list[str] = []
    for name, path in plate.wells.items():
        listed = _well(documents, path, faults)
        if listed is None:
            gone.append(path)
            continue
        there = [place for place in listed if documents.is_there(f"{path}/{place.key}")]
        gone += [f"{path}/{place.key}" for place in listed if place not in there]
        if there:
            wells[name] = {place.key: place for place in there}
    if gone:
        more = f" and {len(gone) - SHOWN} more" if len(gone) > SHOWN else ""
        faults.append(f"listed and not there: {', '.join(gone[:SHOWN])}{more}")
    if not wells:
        raise StoreError(root, faults)
    if not plate.format_stated:
        faults.append(
            f"its rows and columns are those of no standard plate; it is drawn with {plate.format.size} "
            "wells, the fewest that hold those it has"
        )
    return FoundPlate(documents, plate, wells, tuple(faults), tuple(gone))


def sentences(faults: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Write faults as sentences, the first dozen of them."""
    told = [f"{fault[:1].upper()}{fault[1:]}." for fault in faults[:SHOWN_FAULTS]]
    more = len(faults) - SHOWN_FAULTS
    return (*told, f"{more} more faults were found in its metadata.") if more > 0 else tuple(told)


def _well(documents: Documents, path: str, faults: list[str]) -> list[FieldPlace] | None:
    """List a well's fields; of one without a document, its folders that hold images, None if none does."""
    document = f"{path}/{METADATA[documents.version]}"
    try:
        listed, found = _known_well(documents, path)
    except NotInPlaceError:
        listed = _folders(documents, path)
        if not listed:
            return None
        taken = ", ".join(shown(one.key) for one in listed)
        faults.append(
            f"{document} is not there (expected the list of the well's fields); its folders that hold images "
            f"are taken for its fields: {taken}"
        )
        return listed
    except StoreError as error:
        faults += error.faults
        return []
    except MetadataError as error:
        faults += [f"{document}: {fault}" for fault in error.faults]
        return []
    faults += [f"{document}: {fault}" for fault in found]
    return [place for place in listed if _is_below(documents.root, f"{path}/{place.key}", faults)]


def _known_well(documents: Documents, path: str) -> tuple[list[FieldPlace], list[str]]:
    """Read a well's document; wells of the same document are understood once."""
    return documents.understood("well", path, lambda ome: well_metadata(ome, documents.version))


def _is_below(root: Path, place: str, faults: list[str]) -> bool:
    try:
        below(root, place)
    except StoreError as error:
        faults += error.faults
        return False
    return True


def _folders(documents: Documents, path: str) -> list[FieldPlace]:
    """Find the folders of a well that hold images, numbers in order."""
    folder = below(documents.root, path)
    names = [one.name for one in folder.iterdir() if one.is_dir()] if folder.is_dir() else []
    found = []
    for name in sorted(names, key=lambda name: (not name.isdecimal(), len(name), name)):
        try:
            if "multiscales" in documents.attributes(f"{path}/{name}"):
                found.append(FieldPlace(name))
        except StoreError:
            # Not an image's folder.
            continue
    return found
