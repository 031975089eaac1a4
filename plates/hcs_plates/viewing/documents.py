"""Documents of a plate that somebody else wrote: read in bounds, and from inside the plate alone."""

import json
import os
from pathlib import Path
from typing import Any

from hcs_plates.errors import StoreError, UnreachableError
from hcs_plates.viewing.metadata import shown

LARGEST_DOCUMENT = 2**26
"""Bytes; the plate's own of 1,536 wells has 0.2 MB."""

LONGEST_PATH, LONGEST_NAME = 1000, 200
"""Signs of a path below the plate, and bytes of a part of it; file systems have 255."""

METADATA = {"0.4": ".zattrs", "0.5": "zarr.json"}
"""The file that holds a group's attributes, by version of OME-Zarr."""

ARRAY = {"0.4": ".zarray", "0.5": "zarr.json"}


class NotInPlaceError(StoreError):
    """A document that is listed and not there."""


def below(root: Path, place: str) -> Path:
    """Join a path that the plate's documents name to its folder; links are not looked at.

    Raises
    ------
    StoreError
        The path is absolute, has ``..``, a backslash or what cannot be seen in it, or is too long.
    """
    parts = place.split("/")
    if len(place) > LONGEST_PATH or not all(map(_is_name, parts)):
        raise StoreError(root, f"its metadata name the path {shown(place)} (expected one inside the plate)")
    return root.joinpath(*parts)


def _is_name(part: str) -> bool:
    """Whether a part of a path can name a file and goes nowhere else."""
    plain = part.strip(".") != "" and "\\" not in part and part.isprintable()
    return plain and len(part.encode()) <= LONGEST_NAME


def inside(root: Path, place: str) -> Path:
    """Find a place inside the plate that its documents name.

    Parameters
    ----------
    root
        The plate's folder, resolved.
    place
        Path below it, with slashes.

    Raises
    ------
    StoreError
        The path leads out of the plate, of itself or over a link.
    """
    found = below(root, place)
    if not Path(os.path.realpath(found)).is_relative_to(root):
        raise StoreError(root, f"{place} is a link that leads out of the plate, which is not followed")
    return found


def read_document(root: Path, place: str) -> dict[str, Any]:
    """Read one document.

    Raises
    ------
    NotInPlaceError
        Nothing is there.
    StoreError
        No JSON object, or an absurdly large one.
    UnreachableError
        A disk or a share that fails.
    """
    file = inside(root, place)
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_DOCUMENT + 1)
        if len(content) > LARGEST_DOCUMENT:
            raise StoreError(root, f"{place} is larger than {LARGEST_DOCUMENT >> 20} MiB; expected metadata")
        document = json.loads(content)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotInPlaceError(root, f"{place} is not there") from error
    except PermissionError as error:
        raise StoreError(root, f"{place} cannot be read (permission denied); ask its owner for it") from error
    except OSError as error:
        raise UnreachableError.of(error, "opening the plate", file) from error
    except (ValueError, RecursionError) as error:
        raise StoreError(root, f"{place} is damaged ({str(error)[:80]}); expected JSON") from error
    if not isinstance(document, dict):
        raise StoreError(root, f"{place} is no JSON object; expected metadata of OME-Zarr")
    return document


def attributes(root: Path, group: str, version: str) -> dict[str, Any]:
    """Read the OME attributes of a group: all of 0.4's ``.zattrs``, the key ``ome`` of 0.5's ``zarr.json``.

    Parameters
    ----------
    root
        The plate's folder, resolved.
    group
        Path of the group; empty for the plate itself.
    version
        ``"0.4"`` or ``"0.5"``.
    """
    place = f"{group}/{METADATA[version]}" if group else METADATA[version]
    document = read_document(root, place)
    if version == "0.4":
        return document
    found = document.get("attributes")
    ome = found.get("ome") if isinstance(found, dict) else None
    if not isinstance(ome, dict):
        raise StoreError(root, f"{place} has no OME metadata (key 'ome' of its attributes)")
    return ome
