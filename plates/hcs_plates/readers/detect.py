"""Which reader an export needs, and the one way in: `scan`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hcs_plates.errors import ArgumentError, NotThereError, ReaderError, nearest
from hcs_plates.paths import check_name, local_path
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.cellvoyager import is_cellvoyager, scan_cellvoyager
from hcs_plates.readers.harmony import INDEXES, is_harmony, scan_harmony
from hcs_plates.readers.imagexpress import is_imagexpress, scan_imagexpress
from hcs_plates.readers.incell import is_incell, scan_incell
from hcs_plates.readers.names import list_tiffs, rename_channels
from hcs_plates.readers.pages import parse_pages
from hcs_plates.readers.plugins import added_readers
from hcs_plates.readers.reader import Reader, never
from hcs_plates.readers.scanr import is_scanr, scan_scanr
from hcs_plates.readers.tiffs import no_tiffs, scan_tiffs

READERS: Mapping[str, Reader] = {
    "incell": Reader("IN Cell Analyzer", scan_incell, is_incell, files=(".xdce",), takes={"pages"}),
    "harmony": Reader("Harmony: Opera Phenix, Operetta", scan_harmony, is_harmony, files=INDEXES),
    "imagexpress": Reader("ImageXpress", scan_imagexpress, is_imagexpress, files=(".htd",)),
    "cellvoyager": Reader("CellVoyager CV7000, CV8000", scan_cellvoyager, is_cellvoyager, files=(".mlf",)),
    "scanr": Reader("ScanR", scan_scanr, is_scanr),
    "tiffs": Reader("images named by a pattern", scan_tiffs, never, takes={"pages", "pattern"}),
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
        The export's folder, or the file in it that describes the plate.
    reader
        A name of `READERS`, or ``auto``: ``tiffs`` where a pattern is given, else the one that recognises
        what the folder holds.
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
    readers, broken = known_readers()
    chosen, reason = _reader(readers, source, reader, pattern)
    one = readers[chosen]
    given = {"pattern": pattern, "pages": None if pages is None else parse_pages(pages)}
    for option, value in given.items():
        if value is not None and option not in one.takes:
            raise ArgumentError(f"The reader {chosen!r} takes no {option}; leave it out.")
    found = one.scan(source.absolute(), **{option: given[option] for option in sorted(one.takes)})
    if channels is not None:
        names = rename_channels([channel.name for channel in found.channels], channels)
        renamed = (replace(one, name=new) for one, new in zip(found.channels, names, strict=True))
        found = replace(found, channels=tuple(renamed))
    found = replace(found, read_as=f"{one.title} ({reason})" if reason else one.title)
    found = replace(found, notes=(*found.notes, *broken))
    return found if name is None else replace(found, name=name)


def known_readers() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """Readers by name, ours and those that installed packages add, and sentences on those that fail."""
    added, broken = added_readers()
    if taken := sorted(set(READERS) & set(added)):
        raise ArgumentError(
            f"An installed package adds a reader {taken[0]!r}, which hcs has itself; uninstall the package."
        )
    return {**READERS, **added}, broken


def _reader(readers: Mapping[str, Reader], source: Path, reader: str, pattern: str | None) -> tuple[str, str]:
    """Find the reader of that name, or the one that what lies there needs, and why it is that one."""
    if reader != "auto" and reader not in readers:
        raise ArgumentError(f"There is no reader {reader!r}; {nearest(reader, ['auto', *readers])}")
    if not source.exists():
        raise NotThereError(f"There is no '{source}'; expected the folder of an instrument's export.")
    is_file = source.is_file()
    endings = sorted({ending for one in readers.values() for ending in one.files})
    if is_file and not source.name.lower().endswith(tuple(endings)):
        raise ReaderError(
            source, f"is a file; give the folder of the export (or its {' or '.join(endings)} file)"
        )
    if reader == "auto":
        return _choose(readers, source.absolute(), pattern)
    if is_file and not source.name.lower().endswith(readers[reader].files or ("/",)):
        raise ReaderError(source, f"is a file; the reader {reader!r} takes the folder of the images")
    return reader, ""


def _choose(readers: Mapping[str, Reader], source: Path, pattern: str | None) -> tuple[str, str]:
    """Pick a reader by what the folder holds."""
    if pattern is not None:
        return "tiffs", ""
    found = {name: reason for name, one in readers.items() if (reason := one.recognises(source))}
    if len(found) > 1:
        told = "; ".join(f"{readers[name].title} ({reason})" for name, reason in found.items())
        raise ReaderError(source, f"may be an export of {told}; say which with --reader {' or '.join(found)}")
    if found:
        return next(iter(found.items()))
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
