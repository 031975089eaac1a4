"""Which reader an export needs, and the one way in: `scan`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from hcs_plates.errors import ArgumentError, NotThereError, ReaderError, nearest
from hcs_plates.paths import check_name, local_path
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.incell import is_incell, scan_incell
from hcs_plates.readers.names import list_tiffs
from hcs_plates.readers.pages import parse_pages
from hcs_plates.readers.tiffs import no_tiffs, scan_tiffs


@dataclass(frozen=True)
class Reader:
    """How the export of one kind of instrument is read.

    Parameters
    ----------
    scan
        Called with the folder, ``channels``, ``name`` and ``pages``, and with ``pattern`` where it takes one.
    recognises
        Whether a folder, or a file of it, is such an export by what it holds.
    file
        Ending of the one file that may be given instead of its folder.
    patterned
        Whether it takes a pattern of file names.
    """

    scan: Callable[..., Acquisition]
    recognises: Callable[[Path], bool]
    file: str = ""
    patterned: bool = False


READERS: Mapping[str, Reader] = {
    "incell": Reader(scan_incell, is_incell, file=".xdce"),
    "tiffs": Reader(scan_tiffs, lambda _: False, patterned=True),
}
"""Readers by name, in the order in which they are asked whether they recognise an export."""

ZARR = ("zarr.json", ".zattrs", ".zgroup")
"""What lies in a folder that is a Zarr group."""


def scan(
    source: Path | str,
    *,
    reader: str = "auto",
    pattern: str | None = None,
    channels: Mapping[str, str] | None = None,
    name: str | None = None,
    pages: str | None = None,
) -> Acquisition:
    """Find out what an instrument's export holds, without reading a pixel.

    Parameters
    ----------
    source
        The export's folder (or the `.xdce` file in it).
    reader
        ``incell``, ``tiffs``, or ``auto``: ``tiffs`` where a pattern is given, ``incell`` where there is a
        `.xdce` or a TIFF named as an IN Cell Analyzer names them.
    pattern
        For ``tiffs``: how file names are made, ``Channel{channel}-{n}-{row}-{column}.tif``.
    channels
        New channel names by the export's own.
    name
        The plate's name; else the export's.
    pages
        What the pages of TIFFs run over, the fastest first (``c3z``), where the files do not say it.

    Raises
    ------
    NotThereError
        The path does not exist.
    ArgumentError
        An unknown reader, a pattern for a reader that takes none, a name that cannot name a plate.
    ReaderError
        The export cannot be read as one plate.

    Examples
    --------
    >>> scan("no/export")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.NotThereError: There is no 'no/export'; expected the folder of an instrument's export.
    """
    source = local_path(source)
    if name is not None:
        check_name(name, "a plate")
    one = _reader(source, reader, pattern)
    given = {"pattern": pattern} if one.patterned else {}
    order = None if pages is None else parse_pages(pages)
    return one.scan(source.absolute(), channels=channels, name=name, pages=order, **given)


def _reader(source: Path, reader: str, pattern: str | None) -> Reader:
    """Find the reader of that name, or the one that what lies there needs, and hold both against it."""
    if reader != "auto" and reader not in READERS:
        raise ArgumentError(f"There is no reader {reader!r}; {nearest(reader, ['auto', *READERS])}")
    if not source.exists():
        raise NotThereError(f"There is no '{source}'; expected the folder of an instrument's export.")
    files = {one.file for one in READERS.values() if one.file}
    if source.is_file() and source.suffix.lower() not in files:
        raise ReaderError(
            source, f"is a file; give the folder of the export (or its {' or '.join(sorted(files))} file)"
        )
    source = source.absolute()
    chosen = _choose(source, pattern) if reader == "auto" else reader
    one = READERS[chosen]
    if source.is_file() and source.suffix.lower() != one.file:
        raise ReaderError(source, f"is a file; the reader {chosen!r} takes the folder of the TIFFs")
    if pattern is not None and not one.patterned:
        raise ArgumentError(
            f"The reader {chosen!r} takes no pattern; leave it out, or use the reader 'tiffs' with it."
        )
    return one


def _choose(source: Path, pattern: str | None) -> str:
    """Pick a reader by what the folder holds."""
    if pattern is not None:
        return "tiffs"
    for name, one in READERS.items():
        if one.recognises(source):
            return name
    if tiffs := list_tiffs(source):
        raise ReaderError(
            source,
            "holds no .xdce file and no TIFF named as an IN Cell Analyzer names them; "
            "for any other folder give a pattern of the names, such as 'Channel{channel}-{row}-{column}.tif' "
            f"(a file there is named {tiffs[0].name!r})",
        )
    if any((source / name).exists() for name in ZARR):
        raise ReaderError(
            source,
            "is a Zarr folder and no instrument's export; hcs opens only plates that it wrote itself, and "
            "makes them from an export or from TIFFs of the planes: export those",
        )
    raise ReaderError(source, no_tiffs(source))
