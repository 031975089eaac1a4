"""Which reader an export needs, and the one way in: `scan`."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from hcs_plates.errors import ArgumentError, NotThereError, ReaderError, nearest
from hcs_plates.paths import check_name, local_path
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.bioimages import PLUGINS, is_bioio, scan_bioio
from hcs_plates.readers.cellvoyager import is_cellvoyager, scan_cellvoyager
from hcs_plates.readers.harmony import is_harmony, scan_harmony
from hcs_plates.readers.harmonyindex import INDEXES
from hcs_plates.readers.imagexpress import is_imagexpress, scan_imagexpress
from hcs_plates.readers.incell import is_incell, scan_incell
from hcs_plates.readers.links import check_links
from hcs_plates.readers.names import list_tiffs, rename_channels
from hcs_plates.readers.ometiff import ENDINGS, is_ometiff, scan_ometiff
from hcs_plates.readers.pages import parse_pages
from hcs_plates.readers.pictures import KINDS
from hcs_plates.readers.plugins import AddedReaderError, added_readers
from hcs_plates.readers.reader import Reader, never
from hcs_plates.readers.scanr import is_scanr, scan_scanr
from hcs_plates.readers.tiffs import no_tiffs, scan_tiffs

_INCELL = "a .xdce, or TIFFs named such as 'B - 03(fld 1 wv Blue - FITC).tif'"
_BIOIO = f"files of bioio's plug-ins: {', '.join(PLUGINS)}"
_HARMONY = "Index.idx.xml or Index.xml, mostly in Images"

READERS: Mapping[str, Reader] = {
    "incell": Reader("IN Cell Analyzer", scan_incell, is_incell, _INCELL, (".xdce",), {"pages"}),
    "harmony": Reader("Harmony: Opera Phenix, Operetta", scan_harmony, is_harmony, _HARMONY, INDEXES),
    "imagexpress": Reader("ImageXpress", scan_imagexpress, is_imagexpress, "a .HTD", (".htd",)),
    "cellvoyager": Reader(
        "CellVoyager CV7000, CV8000", scan_cellvoyager, is_cellvoyager, "a .mlf", (".mlf",)
    ),
    "scanr": Reader("ScanR", scan_scanr, is_scanr, "TIFFs named such as A1--W00001--P00001--…"),
    "bioio": Reader("ND2, CZI, LIF …", scan_bioio, is_bioio, _BIOIO, tuple(PLUGINS), {"pattern"}),
    "ometiff": Reader(
        "OME-TIFF plate",
        scan_ometiff,
        is_ometiff,
        "a .companion.ome, or TIFFs that describe a plate",
        ENDINGS,
    ),
    "tiffs": Reader("images named by a pattern (--pattern)", scan_tiffs, never, takes={"pages", "pattern"}),
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
        The export cannot be read as one plate, or holds links that lead out of it.

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
    told = [*broken]
    chosen, reason = _reader(readers, source, reader, pattern, told)
    one = readers[chosen]
    given = {"pattern": pattern, "pages": None if pages is None else parse_pages(pages)}
    for option, value in given.items():
        if value is not None and option not in one.takes:
            raise ArgumentError(f"The reader {chosen!r} takes no {option}; leave it out.")
    found = one.scan(source.absolute(), **{option: given[option] for option in sorted(one.takes)})
    if channels is not None:
        names = rename_channels([channel.name for channel in found.channels], channels)
        renamed = (replace(channel, name=new) for channel, new in zip(found.channels, names, strict=True))
        found = replace(found, channels=tuple(renamed))
    read_as = f"{one.title} ({reason})" if reason else one.title
    found = replace(found, reader=chosen, read_as=read_as, notes=(*found.notes, *told))
    return found if name is None else replace(found, name=name)


def known_readers() -> tuple[dict[str, Reader], tuple[str, ...]]:
    """Readers by name, ours and those that installed packages add, and sentences on those that fail."""
    added, broken = added_readers()
    if taken := sorted(set(READERS) & set(added)):
        raise ArgumentError(
            f"An installed package adds a reader {taken[0]!r}, which hcs has itself; uninstall the package."
        )
    return {**READERS, **added}, broken


def _reader(
    readers: Mapping[str, Reader], source: Path, reader: str, pattern: str | None, told: list[str]
) -> tuple[str, str]:
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
    # Of a microscope's own file nothing beside it is read.
    if not (is_file and source.suffix.lower() in PLUGINS):
        check_links(source.absolute().parent if is_file else source.absolute())
    if reader == "auto":
        return _choose(readers, source.absolute(), pattern, told)
    if is_file and not source.name.lower().endswith(readers[reader].files or ("/",)):
        raise ReaderError(source, f"is a file; the reader {reader!r} takes the folder of the images")
    return reader, ""


def _choose(
    readers: Mapping[str, Reader], source: Path, pattern: str | None, told: list[str]
) -> tuple[str, str]:
    """Pick a reader by what the folder holds."""
    if pattern is not None:
        patterned = {name: one for name, one in readers.items() if "pattern" in one.takes}
        return next(iter(_recognised(patterned, source, told).items()), ("tiffs", ""))
    found = _recognised(readers, source, told)
    if len(found) > 1:
        kinds = "; ".join(f"{readers[name].title} ({reason})" for name, reason in found.items())
        raise ReaderError(
            source, f"may be an export of {kinds}; say which with --reader {' or '.join(found)}"
        )
    if found:
        return next(iter(found.items()))
    table = [] if _is_zarr(source) else [readers_table(readers), *told]
    raise ReaderError(source, "\n".join([_unknown(source), *table]))


def _recognised(readers: Mapping[str, Reader], source: Path, told: list[str]) -> dict[str, str]:
    """Ask every reader, and keep the reasons of those that know it; one of others that fails is told of."""
    found = {}
    for name, one in readers.items():
        try:
            reason = one.recognises(source)
        except AddedReaderError as error:
            told.append(f"{error.faults[0]}.")
            continue
        if reason:
            found[name] = reason
    return found


def _is_zarr(source: Path) -> bool:
    """Whether a folder is a Zarr group: nothing that an instrument exports."""
    return any((source / name).exists() for name in ZARR)


def _unknown(source: Path) -> str:
    """Say what lies in a folder that no reader knows, and what can be done."""
    if source.is_file():
        return "is a file of an export, and no reader knows it; give the folder that it describes"
    if _is_zarr(source):
        return (
            "is a Zarr folder and no instrument's export; a plate of OME-Zarr needs no ingesting: every "
            "command opens it as it is (hcs info), and hcs adopt keeps a platemap of it"
        )
    if tiffs := list_tiffs(source):
        return (
            f"holds {len(tiffs)} TIFFs that no reader knows by itself (one is named {tiffs[0].name!r}); "
            "give a pattern of the names, such as 'Channel{channel}-{row}-{column}.tif'"
        )
    if pictures := list_tiffs(source, suffixes=frozenset(KINDS)):
        ending = pictures[0].suffix
        return (
            f"holds {len(pictures)} images that no reader knows by itself (one is {pictures[0].name!r}); "
            f"give a pattern of the names, such as '{{well}}_{{channel}}{ending}'"
        )
    return no_tiffs(source)


def readers_table(readers: Mapping[str, Reader]) -> str:
    """List readers and what each knows an export by, a line each."""
    width = max(map(len, readers))
    return "\n".join(
        f"  {name:<{width}}  {one.title}" + (f" – {one.looks_for}" if one.looks_for else "")
        for name, one in readers.items()
    )
