"""Readers that other distributions add, by the entry point group ``hcs.readers``.

A distribution names its reader in its ``pyproject.toml``::

    [project.entry-points."hcs.readers"]
    toy = "my_lab.toy:READER"

where ``READER`` is a `hcs_plates.readers.reader.Reader`. None is imported before an export is scanned.
"""

from functools import cache
from importlib.metadata import EntryPoint, entry_points

from hcs_plates.errors import ArgumentError
from hcs_plates.readers.reader import Reader

GROUP = "hcs.readers"


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
            found[point.name] = reader
        else:
            notes.append(
                f"The reader {point.name!r} of {_package(point)} is no hcs_plates.readers.reader.Reader "
                "and was not asked."
            )
    return found, tuple(notes)


def _package(point: EntryPoint) -> str:
    return f"package {point.dist.name}" if point.dist is not None else point.value
