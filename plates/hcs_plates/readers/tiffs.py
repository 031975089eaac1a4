"""Any folder of TIFFs whose names say which plane they hold, read by a pattern with named parts."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.dimensions import acquisition_notes, never_acquired
from hcs_plates.readers.headers import check_headers, damaged_planes, field_shapes
from hcs_plates.readers.namepattern import NamePattern, compile_pattern, meant, named_file
from hcs_plates.readers.names import (
    TIFF_SUFFIXES,
    NamedFile,
    fewer_fields,
    list_tiffs,
    plain_channels,
    planes_of,
    shown,
)
from hcs_plates.readers.pages import PageOrder
from hcs_plates.readers.pictures import KINDS, PICTURES, lossy_note
from hcs_plates.readers.stacks import paged
from hcs_plates.wells import smallest_format

FLEX = frozenset({".flex"})
"""Of the first Operas; a plug-in of bioio reads them."""


def scan_tiffs(source: Path, *, pattern: str | None = None, pages: PageOrder | None = None) -> Acquisition:
    """Scan a folder of TIFFs by a pattern of their names.

    Parameters
    ----------
    source
        The folder. Its subfolders are searched only when the pattern holds a ``/``.
    pattern
        As in `compile_pattern`.
    pages
        What the pages of TIFFs with several images run over, where they do not say it themselves.

    Raises
    ------
    ArgumentError
        No pattern, or one that is none.
    ReaderError
        Nothing matches, two files for one plane, files of mixed shape or type.
    """
    if pattern is None:
        raise ArgumentError(
            "The reader 'tiffs' needs a pattern of the file names, for example "
            "'Channel{channel}-{n}-{row}-{column}.tif'."
        )
    compiled = compile_pattern(pattern)
    files, notes = _matching(source, compiled)
    hint = f"; the pattern's {', '.join(compiled.ignored)} is ignored" if compiled.ignored else ""
    return finish(source, "tiffs", files, notes=notes, pages=pages, hint=hint)


def _matching(source: Path, pattern: NamePattern) -> tuple[list[NamedFile], list[str]]:
    """Read the names of all TIFFs in a folder; those that do not match end in a note."""
    below = "/" in pattern.text
    ending = Path(pattern.text).suffix.lower()
    wanted = PICTURES if ending in PICTURES else frozenset({ending}) if ending in KINDS else TIFF_SUFFIXES
    paths = list_tiffs(source, below=below, suffixes=wanted)
    if not paths:
        raise ReaderError(source, no_tiffs(source))
    files, faults, others = [], [], []
    unread: dict[str, dict[str, set[str]]] = {part: defaultdict(set) for part in pattern.ignored}
    for path in paths:
        shown_name = path.relative_to(source).as_posix()
        values = pattern.match(shown_name)
        if values is None:
            others.append(shown_name)
            continue
        try:
            files.append(named_file(path, values))
            for part, value in pattern.ignored_values(shown_name).items():
                unread[part][value].add(files[-1].well)
        except ArgumentError as error:
            faults.append(f"file {shown_name!r}: {error.message}")
    if not files and not faults:
        raise ReaderError(
            source,
            f"none of its {len(others)} images matches the pattern {pattern.text!r}; "
            f"a file there is named {others[0]!r}{meant(pattern.ignored)}",
        )
    if faults:
        raise ReaderError(source, faults)
    try:
        smallest_format(file.well for file in files)
    except ArgumentError as error:
        raise ReaderError(source, error.message) from error
    notes = lossy_note(paths)
    if others:
        notes.append(f"{len(others)} images do not match the pattern and are left out: {shown(others)}.")
    notes += [_several_plates(part, wells) for part, wells in unread.items() if _are_apart(wells)]
    if meant(pattern.ignored):
        notes.append(f"Part of the pattern is ignored{meant(pattern.ignored)}.")
    return files, notes


def _are_apart(wells: Mapping[str, set[str]]) -> bool:
    """Whether several values of a part have several wells each and none in common: they may be plates."""
    shared = sum(map(len, wells.values())) - len(set().union(*wells.values()))
    return len(wells) > 1 and shared == 0 and min(map(len, wells.values())) > 1


def _several_plates(part: str, wells: Mapping[str, set[str]]) -> str:
    """Say that a part that is not read may tell plates apart."""
    return (
        f"{{{part}}} of the pattern is not read, and its {len(wells)} values ({shown(sorted(wells))}) have "
        "no well in common; if they are plates, scan them one by one."
    )


def no_tiffs(source: Path) -> str:
    """Say what a folder without TIFFs holds instead."""
    inside = [path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")]
    if flex := list_tiffs(source, below=True, suffixes=FLEX):
        return (
            f"holds {len(flex)} .flex files of an Opera (for example {flex[0].name!r}); export the "
            "measurement as TIFFs from Harmony or Columbus, or give the folder of the files and read them "
            "through bioio-bioformats (--reader bioio)"
        )
    below = list_tiffs(source, below=True)
    pictures = list_tiffs(source, below=True, suffixes=frozenset(KINDS))
    if pictures and not below and not any(path.parent == source for path in pictures):
        first = pictures[0].relative_to(source)
        return (
            f"holds no image itself, but its subfolders hold {len(pictures)} (for example "
            f"{first.as_posix()!r}); say what their paths mean with a pattern that has a '/', such as "
            f"--pattern '{{well}}/{{field}}_{{channel}}{first.suffix}'"
        )
    if below:
        example = below[0].relative_to(source).as_posix()
        return (
            f"holds no TIFF file itself, but its subfolders do (for example {example!r}); give a pattern of "
            "the path with '/', such as '{folder}/{row} - {column}(fld {field} wv {channel}).tif', or the "
            "subfolder if it holds the whole plate"
        )
    if not inside:
        folders = [path.name for path in source.iterdir() if not path.name.startswith(".")]
        if folders:
            return f"holds no TIFF file, only folders without any ({shown(sorted(folders))})"
        return "is an empty folder; expected the export of an instrument"
    suffixes = ", ".join(sorted({path.suffix or path.name for path in inside})[:5])
    return (
        f"holds no TIFF file (.tif, .tiff), only {suffixes} files, for example {inside[0].name!r}; "
        "images must be exported as TIFF"
    )


def finish(  # noqa: PLR0913 – all that a reader of names may know
    source: Path,
    reader: str,
    files: Sequence[NamedFile],
    *,
    notes: Sequence[str],
    pages: PageOrder | None = None,
    hint: str = "",
    whole_fields: bool = False,
) -> Acquisition:
    """Read the headers and make the acquisition of planes that are known by their names and pages alone."""
    named = planes_of(source, files, hint=hint, whole_fields=whole_fields)
    headers = check_headers(source, [file.path for file in named.planes.values()], pages)
    found, how = paged(source, files, headers, pages)
    if headers.stacks:
        named = planes_of(source, found, hint=hint, whole_fields=whole_fields)
    keys = [*named.planes, *named.missing]
    never = never_acquired(keys, len(named.channels), named.n_times, named.n_z)
    told = acquisition_notes(never, named.channels, named.n_times, named.n_z)
    missing = dict(named.missing) | damaged_planes(named.planes, headers)
    return Acquisition(
        name=named.plate or source.name,
        reader=reader,
        source=source,
        format=smallest_format({key.well for key in named.planes}),
        format_stated=False,
        channels=plain_channels(named.channels),
        planes={key: file for key, file in named.planes.items() if key not in missing},
        missing=dict(sorted(missing.items())),
        shape=headers.shape,
        shapes=field_shapes(source, named.planes, headers),
        dtype=headers.dtype,
        n_times=named.n_times,
        n_z=named.n_z,
        never_acquired=never,
        pixel_size_um=headers.pixel_size_um,
        z_step_um=headers.z_step_um if named.n_z > 1 else None,
        notes=(
            *notes,
            *how,
            *named.notes,
            *told,
            *headers.notes,
            *fewer_fields((key.well, key.field) for key in [*named.planes, *named.missing]),
        ),
    )
