"""Documents of a plate that somebody else wrote: read in bounds, and from inside the plate alone."""

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar, cast

from hcs_plates.errors import StoreError, UnreachableError
from hcs_plates.others.metadata import shown

Understood = TypeVar("Understood")

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
    return parsed(root, place, read_bytes(root, place))


def read_bytes(root: Path, place: str) -> bytes:
    """Read the bytes of a document; raises as `read_document`."""
    file = inside(root, place)
    try:
        with file.open("rb") as opened:
            content = opened.read(LARGEST_DOCUMENT + 1)
    except (FileNotFoundError, NotADirectoryError, IsADirectoryError) as error:
        raise NotInPlaceError(root, f"{place} is not there") from error
    except PermissionError as error:
        raise StoreError(root, f"{place} cannot be read (permission denied); ask its owner for it") from error
    except OSError as error:
        raise UnreachableError.of(error, "opening the plate", file) from error
    if len(content) > LARGEST_DOCUMENT:
        raise StoreError(root, f"{place} is larger than {LARGEST_DOCUMENT >> 20} MiB; expected metadata")
    return content


def parsed(root: Path, place: str, content: bytes) -> dict[str, Any]:
    """Parse a document that was read."""
    try:
        document = json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(root, f"{place} is damaged ({str(error)[:80]}); expected JSON") from error
    if not isinstance(document, dict):
        raise StoreError(root, f"{place} is no JSON object; expected metadata of OME-Zarr")
    return document


class Documents:
    """Metadata of a plate: documents are read when asked for, and those of the same bytes understood once.

    Parameters
    ----------
    root
        The plate's folder, resolved.
    version
        ``"0.4"`` or ``"0.5"``.
    """

    def __init__(self, root: Path, version: str) -> None:
        self.root, self.version = root, version
        self._plain: set[str] = set()
        self._understood: dict[tuple[str, bytes], Any] = {}

    def raw(self, place: str) -> bytes:
        """Read the bytes of a document.

        Raises
        ------
        NotInPlaceError, StoreError, UnreachableError
            As `read_document`.
        """
        below(self.root, place)
        folder = place.rpartition("/")[0]
        # Seven thousand of them in a plate: pathlib alone would take longer than the reading.
        path = f"{self.root}/{place}"
        if not self._is_plain(folder) or os.path.islink(path):  # noqa: PTH114
            return read_bytes(self.root, place)
        try:
            file = os.open(path, os.O_RDONLY)
        except OSError:
            # Asked again by the one place that says what is wrong.
            return read_bytes(self.root, place)
        try:
            content = os.read(file, 1 << 16)
            if len(content) == 1 << 16:
                return read_bytes(self.root, place)
        except OSError:
            return read_bytes(self.root, place)
        finally:
            os.close(file)
        return content

    def _is_plain(self, folder: str) -> bool:
        """Whether no part of a path below the plate is a link."""
        if not folder or folder in self._plain:
            return True
        above, _, _ = folder.rpartition("/")
        if not self._is_plain(above) or os.path.islink(f"{self.root}/{folder}"):  # noqa: PTH114
            return False
        self._plain.add(folder)
        return True

    def is_there(self, group: str) -> bool:
        """Whether a group has its document."""
        return os.path.isfile(f"{self.root}/{group}/{METADATA[self.version]}")  # noqa: PTH113

    def attributes(self, group: str) -> dict[str, Any]:
        """Read the OME attributes of a group: 0.4's ``.zattrs``, the key ``ome`` of 0.5's ``zarr.json``.

        Parameters
        ----------
        group
            Path of the group; empty for the plate itself.

        Raises
        ------
        NotInPlaceError, StoreError, UnreachableError
            As `read_document`; or without OME metadata.
        """
        place = self.place(group)
        return self._ome(place, parsed(self.root, place, self.raw(place)))

    def place(self, group: str) -> str:
        """Path of a group's document."""
        name = METADATA[self.version]
        return f"{group}/{name}" if group else name

    def _ome(self, place: str, document: dict[str, Any]) -> dict[str, Any]:
        if self.version == "0.4":
            return document
        found = document.get("attributes")
        ome = found.get("ome") if isinstance(found, dict) else None
        if not isinstance(ome, dict):
            raise StoreError(self.root, f"{place} has no OME metadata (key 'ome' of its attributes)")
        return ome

    def understood(
        self, kind: str, group: str, understand: Callable[[dict[str, Any]], Understood]
    ) -> Understood:
        """Understand a group's attributes; groups of the same document share what it means.

        Parameters
        ----------
        kind
            What is understood of it.
        group
            Path of the group.
        understand
            Called with the attributes. What it raises is raised each time.
        """
        place = self.place(group)
        content = self.raw(place)
        key = (kind, content)
        if key not in self._understood:
            self._understood[key] = understand(self._ome(place, parsed(self.root, place, content)))
        return cast("Understood", self._understood[key])
