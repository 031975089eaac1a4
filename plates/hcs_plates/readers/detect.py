"""Which reader an export needs, and the one way in: `scan`."""

from collections.abc import Callable, Mapping
from pathlib import Path

from hcs_plates.errors import ArgumentError, NotThereError, ReaderError, nearest
from hcs_plates.paths import check_name, local_path
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.incell import find_xdce, incell_name, scan_incell
from hcs_plates.readers.names import list_tiffs
from hcs_plates.readers.pages import parse_pages
from hcs_plates.readers.tiffs import no_tiffs, scan_tiffs

READERS: Mapping[str, Callable[..., Acquisition]] = {"incell": scan_incell, "tiffs": scan_tiffs}
"""Reader by its name."""

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
    if reader != "auto" and reader not in READERS:
        raise ArgumentError(f"There is no reader {reader!r}; {nearest(reader, ['auto', *READERS])}")
    if name is not None:
        check_name(name, "a plate")
    if not source.exists():
        raise NotThereError(f"There is no '{source}'; expected the folder of an instrument's export.")
    if source.is_file() and source.suffix.lower() != ".xdce":
        raise ReaderError(source, "is a file; give the folder of the export (or its .xdce file)")
    source = source.absolute()
    order = None if pages is None else parse_pages(pages)
    chosen = _choose(source, pattern) if reader == "auto" else reader
    if chosen == "tiffs":
        if source.is_file():
            raise ReaderError(source, "is a file; the reader 'tiffs' takes the folder of the TIFFs")
        return scan_tiffs(source, pattern=pattern, channels=channels, name=name, pages=order)
    if pattern is not None:
        raise ArgumentError(
            f"The reader {chosen!r} takes no pattern; leave it out, or use the reader 'tiffs' with it."
        )
    return READERS[chosen](source, channels=channels, name=name, pages=order)


def _choose(source: Path, pattern: str | None) -> str:
    """Pick a reader by what the folder holds."""
    if pattern is not None:
        return "tiffs"
    if source.is_file() or find_xdce(source) is not None:
        return "incell"
    tiffs = list_tiffs(source)
    if any(incell_name(path) is not None for path in tiffs):
        return "incell"
    if tiffs:
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
