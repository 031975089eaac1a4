"""Paths and names from outside: what may become a path, before anything is read or written."""

import re
from pathlib import Path

from hcs_plates.errors import ArgumentError

LONGEST_NAME = 120
"""Bytes of a name that files are called after; what is added to it fits into the 255 of file systems."""

# One letter and a colon is a drive; ``Path`` has made one slash of two.
_ADDRESS = re.compile(r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]+):/")


def local_path(path: Path | str) -> Path:
    """Take a path of this machine; refuse addresses, which would become folders of that name.

    Raises
    ------
    ArgumentError
        An address such as ``s3://bucket/P1.ome.zarr``, or no path at all.

    Examples
    --------
    >>> local_path("plates/P1.ome.zarr").as_posix()
    'plates/P1.ome.zarr'
    >>> local_path("s3://bucket/P1.ome.zarr")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 's3://bucket/P1.ome.zarr' is an address, and here hcs takes files and \
folders of this machine only. Plates, tiles and features are read at s3://, gs://, az://, https://; what is \
made goes to a disk (--out).
    """
    said = str(path)
    if found := _ADDRESS.match(said):
        rest = said[found.end() :].lstrip("/")
        raise ArgumentError(
            f"'{found['scheme']}://{rest}' is an address, and here hcs takes files and folders of this "
            "machine only. Plates, tiles and features are read at s3://, gs://, az://, https://; what is "
            "made goes to a disk (--out)."
        )
    if "\0" in said:
        raise ArgumentError(f"{said!r} is no path: it holds a character that no file name can have.")
    return Path(path)


def check_name(name: str, what: str) -> str:
    """Refuse a name that files could not safely be called after.

    Parameters
    ----------
    name
        As it was given or found in a file.
    what
        What it is the name of, for the sentence.

    Raises
    ------
    ArgumentError
        Empty, ``.`` or ``..``, with a slash or a character that cannot be seen, with blanks around it, or
        too long.

    Examples
    --------
    >>> check_name("P1.rep2", "a plate")
    'P1.rep2'
    >>> check_name("../P1", "a plate")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: '../P1' cannot name a plate: it holds a slash; use a name such as 'P1'.
    """
    faults = {
        "it is empty": not name.strip(),
        "it means a folder": name in (".", ".."),
        "it holds a slash": bool(set(name) & set("/\\")),
        "it begins or ends with a blank": name != name.strip(),
        "it holds a character that cannot be seen": not name.isprintable(),
        f"it is longer than {LONGEST_NAME} bytes": len(name.encode("utf-8", "replace")) > LONGEST_NAME,
    }
    for fault, found in faults.items():
        if found:
            shown = name if len(name) <= LONGEST_NAME else f"{name[:40]}…"
            raise ArgumentError(f"{shown!r} cannot name {what}: {fault}; use a name such as 'P1'.")
    return name
