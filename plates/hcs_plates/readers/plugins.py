"""Readers that other distributions add, by the entry point group ``hcs.readers``.

A distribution names its reader in its ``pyproject.toml``::

    [project.entry-points."hcs.readers"]
    toy = "my_lab.toy:READER"

where ``READER`` is a `hcs_plates.readers.reader.Reader`. None is imported before an export is scanned.
"""

import itertools
from dataclasses import replace
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from hcs_plates.errors import ArgumentError, HcsError, ReaderError
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.reader import Reader

GROUP = "hcs.readers"


class AddedReaderError(ReaderError):
    """A reader of another package that fails by itself."""


@cache
def added_readers() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """Load the readers that installed distributions add.

    Returns
    -------
    readers
        By name.
    notes
        A sentence on each that cannot be loaded; the others are used all the same.

    Raises
    ------
    ArgumentError
        Two distributions add a reader of one name.
    """
    found: dict[str, Reader] = {}
    notes = []
    for point in sorted(entry_points(group=GROUP), key=lambda point: point.name):
        if point.name in found:
            raise ArgumentError(
                f"Two installed packages add a reader {point.name!r}, one of them {_package(point)}; "
                "uninstall one."
            )
        try:
            reader = point.load()
        # Whatever a package of others raises while it is imported must not keep the other readers away.
        except Exception as error:
            notes.append(
                f"The reader {point.name!r} of {_package(point)} cannot be loaded "
                f"({type(error).__name__}: {error}) and was not asked."
            )
            continue
        if isinstance(reader, Reader):
            found[point.name] = _guarded(reader, f"reader {point.name!r} of {_package(point)}")
        else:
            notes.append(
                f"The reader {point.name!r} of {_package(point)} is no hcs_plates.readers.reader.Reader "
                "and was not asked."
            )
    return found, tuple(notes)


def _guarded(reader: Reader, owner: str) -> Reader:
    """Say in a sentence what goes wrong in a reader of others, and hold its plate against what one is."""

    def recognises(source: Path) -> str:
        try:
            return reader.recognises(source)
        except Exception as error:
            raise _failed(source, owner, error) from error

    def scan(source: Path, **options: Any) -> Acquisition:
        try:
            found = reader.scan(source, **options)
        except (HcsError, OSError):
            raise
        except Exception as error:
            raise _failed(source, owner, error) from error
        if not isinstance(found, Acquisition):
            raise ReaderError(source, f"the {owner} gives a {type(found).__name__}, and no Acquisition")
        if faults := _faults(found):
            raise ReaderError(source, [f"the {owner} {fault}" for fault in faults])
        return found

    return replace(reader, recognises=recognises, scan=scan)


def _failed(source: Path, owner: str, error: Exception) -> AddedReaderError:
    return AddedReaderError(source, f"the {owner} fails ({type(error).__name__}: {error}); tell its authors")


def _faults(found: Acquisition) -> list[str]:
    """Sentences on what would make no plate: no planes, keys beyond the sizes stated, wells off the plate."""
    names = [channel.name for channel in found.channels]
    if not found.planes:
        return ["finds no plane"]
    faults = []
    if len(set(names)) != len(names) or not all(names):
        faults.append(f"names its channels {', '.join(map(repr, names))}; each needs a name of its own")
    if found.dtype not in ("uint8", "uint16"):
        faults.append(f"gives pixels of {found.dtype}; expected uint8 or uint16")
    ends = (len(names), found.n_times, found.n_z)
    for key in itertools.chain(found.planes, found.missing):
        if not all(0 <= place < end for place, end in zip(key[2:], ends, strict=True)):
            faults.append(f"gives {key}; of (channel, time, z) there are {ends}")
        try:
            found.format.parse(key.well)
        except ArgumentError as error:
            faults.append(f"gives {key}: {error.message}")
    return faults


def _package(point: EntryPoint) -> str:
    return f"package {point.dist.name}" if point.dist is not None else point.value
