"""Which file of a folder describes an OME-TIFF plate: a companion file, a TIFF, or the master of a set.

The TIFFs of a set may say no more than which file describes them all (``BinaryOnly``, OME schema 2016-06).
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

import tifffile

from hcs_plates.errors import ReaderError
from hcs_plates.readers.listed import spelt
from hcs_plates.readers.names import TIFF_SUFFIXES, list_tiffs, shown
from hcs_plates.readers.omexml import ome_root
from hcs_plates.readers.pixels import refused_by_system
from hcs_plates.readers.xmlfile import every, first, read_root, text

COMPANIONS = (".companion.ome", ".ome.xml")
_MARKS = ("Plate ", "BinaryOnly")

logging.getLogger("tifffile").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class Described:
    """The XML that describes a plate, and the file that it is in."""

    path: Path
    root: Any
    notes: tuple[str, ...]


def companions(source: Path) -> list[Path]:
    """List the files that are OME-XML by their names."""
    files = [source] if source.is_file() else source.iterdir()
    named = (one for one in files if one.name.lower().endswith(COMPANIONS) and one.name[0] != ".")
    return sorted(one for one in named if one.is_file())


def find_description(source: Path) -> Described | None:
    """Find the XML of a plate: in companion files, else in the first TIFF or the master that it names.

    Raises
    ------
    ReaderError
        A companion file that is damaged, or a master that is not there.
    """
    for path in companions(source):
        # Of UTF-16 every second byte is 0.
        if b"Plate" not in path.read_bytes().replace(b"\0", b""):
            continue
        root, notes = read_root(path)
        if first(root, "Plate") is not None:
            return Described(path, root, notes)
    tiffs = [source] if source.is_file() else list_tiffs(source)[:1]
    for path in (one for one in tiffs if one.suffix.lower() in TIFF_SUFFIXES):
        found = _described(path)
        master = text(first(found.root, "BinaryOnly"), "MetadataFile")
        if master is not None:
            found = _described(_beside(path, master))
        if first(found.root, "Plate") is not None:
            return found
    return None


def _beside(path: Path, named: str) -> Path:
    """Find the master of a set beside a file of it; folders that it names are not entered."""
    name = PureWindowsPath(named).name
    places = (one for one in path.parent.iterdir() if spelt(one.name) == spelt(name))
    master = next((one for one in places if one.is_file()), None)
    if master is None:
        raise ReaderError(
            path, f"belongs to a set that {name[:80]!r} describes, and that is not there; copy it too"
        )
    return master


def _described(path: Path) -> Described:
    """Read the XML of a file that may describe a plate, or name the one that does; its root may be None."""
    if path.suffix.lower() not in TIFF_SUFFIXES:
        return Described(path, *read_root(path))
    description = _description(path)
    marked = any(mark in description for mark in _MARKS)
    return Described(path, ome_root(description) if marked else None, ())


def _description(path: Path) -> str:
    """Read a TIFF's first description; "" where it has none or is no TIFF."""
    try:
        with tifffile.TiffFile(path) as tiff:
            return str(tiff.pages.first.description or "")
    # What is no TIFF is none of ours.
    except Exception as error:
        if refused_by_system(error):
            raise
        return ""


def check_alone(source: Path, found: Described) -> tuple[str, ...]:
    """Refuse a folder with another plate's description than the one that was found.

    Files that the description names are its own and are not opened.

    Returns
    -------
    notes
        A sentence on the TIFFs that it does not name.
    """
    if source.is_file():
        return ()
    own = {spelt(name) for name in _named(found.root)} | {spelt(found.path.name)}
    unnamed = []
    for path in [*companions(source), *list_tiffs(source)]:
        if spelt(path.name) in own:
            continue
        if first(_described(path).root, "Plate") is not None:
            raise ReaderError(
                source,
                f"holds two descriptions of plates ({found.path.name} and {path.name}), and the first does "
                "not name the second; give the path of one",
            )
        if path.suffix.lower() in TIFF_SUFFIXES:
            unnamed.append(path.name)
    if not unnamed:
        return ()
    return (f"{len(unnamed)} TIFF files are not named in {found.path.name}: left out ({shown(unnamed)}).",)


def _named(root: Any) -> Iterator[str]:
    """Names of the files that planes are in, without their folders."""
    for data in every(root, "TiffData"):
        name = text(first(data, "UUID"), "FileName")
        if name is not None:
            yield PureWindowsPath(name).name
