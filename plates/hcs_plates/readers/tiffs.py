r"""Any folder of TIFFs whose names say which plane they hold, read by a pattern with named parts.

A pattern is written with braces, ``Channel{channel}-{n}-{row}-{column}.tif``, or is a regular expression
with named groups, ``_(?P<well>[A-P]\d{2})_s(?P<field>\d+)``. The parts `well` (or `row` and `column`),
`field`, `channel`, `time`, `z` and `plate` are understood, any other is matched and ignored.
"""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Acquisition
from hcs_plates.readers.dimensions import acquisition_notes, never_acquired
from hcs_plates.readers.headers import check_headers, damaged_planes
from hcs_plates.readers.names import (
    NamedFile,
    NamedPlanes,
    list_tiffs,
    plain_channels,
    planes_of,
    rename_channels,
    shown,
)
from hcs_plates.wells import parse_well, row_name, smallest_format, well_name

PARTS = {
    "well": r"[A-Za-z]{1,2}\s?-?\s?\d{1,2}",
    "row": r"[A-Za-z]{1,2}|\d{1,2}",
    "column": r"\d{1,3}",
    "field": r"\d+",
    "channel": r"[^/]+?",
    "time": r"\d+",
    "z": r"\d+",
    "plate": r"[^/]+?",
}
"""What each named part of a brace pattern matches."""

_BRACE = re.compile(r"\{([^{}]*)\}")
_IGNORED = r"[^/]+?"


@dataclass(frozen=True)
class NamePattern:
    """A compiled pattern.

    Parameters
    ----------
    text
        As the user wrote it.
    regex
        What is matched.
    groups
        Group's own name by the part it stands for.
    ignored
        Named parts without a meaning here.
    whole
        Whether the whole name must match (brace patterns) or a part of it (regular expressions).
    """

    text: str
    regex: re.Pattern[str]
    groups: Mapping[str, str]
    ignored: tuple[str, ...]
    whole: bool

    def match(self, name: str) -> dict[str, str] | None:
        """Values of the known parts in a file name, None where it does not match."""
        found = self.regex.fullmatch(name) if self.whole else self.regex.search(name)
        if found is None:
            return None
        return {part: found[group] for part, group in self.groups.items() if found[group] is not None}


def compile_pattern(pattern: str) -> NamePattern:
    """Compile a pattern of file names.

    Parameters
    ----------
    pattern
        With braces, matched against the whole name whatever its case; or, where it holds ``(?P<``, a regular
        expression searched in the name. With a ``/`` it is matched against the path under the folder.

    Raises
    ------
    ArgumentError
        Not a pattern, no well in it, or one part twice.

    Examples
    --------
    >>> compile_pattern("Channel{channel}-{n}-{row}-{column}.tif").match("Channel2-09-A-09.tif")
    {'channel': '2', 'row': 'A', 'column': '09'}
    >>> compile_pattern("{field}.tif")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Pattern '{field}.tif' names no well; use {well}, or {row} and {column}.
    """
    whole = "(?P<" not in pattern
    try:
        regex = re.compile(_regex_of_braces(pattern), re.IGNORECASE) if whole else re.compile(pattern)
    except re.error as error:
        raise ArgumentError(f"Pattern {pattern!r} is not a regular expression: {error}.") from error
    groups: dict[str, str] = {}
    ignored = []
    for group in regex.groupindex:
        part = group.lower()
        if part in groups:
            raise ArgumentError(f"Pattern {pattern!r} has the part {part!r} twice; each may stand once.")
        if part in PARTS:
            groups[part] = group
        else:
            ignored.append(group)
    if "well" not in groups and not {"row", "column"} <= groups.keys():
        raise ArgumentError(
            f"Pattern {pattern!r} names no well; use {{well}}, or {{row}} and {{column}}{_meant(ignored)}."
        )
    if "well" in groups and {"row", "column"} & groups.keys():
        raise ArgumentError(
            f"Pattern {pattern!r} has both a well and a row or column; use one of the two ways."
        )
    return NamePattern(pattern, regex, groups, tuple(ignored), whole)


def _regex_of_braces(pattern: str) -> str:
    """Turn braces into named groups and take everything else literally."""
    names = _BRACE.findall(pattern)
    if not names:
        raise ArgumentError(
            f"Pattern {pattern!r} has no named part; "
            "write for example 'Channel{channel}-{row}-{column}.tif'."
        )
    for name in names:
        if not name.isidentifier():
            raise ArgumentError(
                f"Pattern {pattern!r} has the part {{{name}}}; "
                "a part is a plain name such as {well} or {channel}."
            )
        if names.count(name) > 1:
            raise ArgumentError(f"Pattern {pattern!r} has the part {name!r} twice; each may stand once.")
    literals = _BRACE.split(pattern)[::2]
    regex = re.escape(literals[0])
    for name, literal in zip(names, literals[1:], strict=True):
        regex += f"(?P<{name}>{PARTS.get(name.lower(), _IGNORED)}){re.escape(literal)}"
    return regex


def _meant(ignored: Sequence[str]) -> str:
    """Point at ignored parts that look like known ones."""
    pairs = [(name, get_close_matches(name.lower(), PARTS, n=1, cutoff=0.6)) for name in ignored]
    alike = [f"{{{name}}} is ignored: did you mean {{{close[0]}}}?" for name, close in pairs if close]
    return f" ({' '.join(alike)})" if alike else ""


def named_file(path: Path, values: Mapping[str, str]) -> NamedFile:
    """Turn the values in a file's name into a `NamedFile`.

    Raises
    ------
    ArgumentError
        A value that is no well, row, column or number.
    """
    if "well" in values:
        well = parse_well(values["well"]).name
    else:
        row, column = values["row"], _number(values, "column", 0)
        if row.isdecimal():
            if int(row) < 1:
                raise ArgumentError(f"Row {row!r} is not a row; numbered rows are counted from 1.")
            row = row_name(int(row) - 1)
        if column < 1:
            raise ArgumentError(f"Column {values['column']!r} is not a column; columns are counted from 1.")
        well = well_name(*_indices(f"{row}{column}"))
    return NamedFile(
        path,
        well,
        field=_number(values, "field", 1),
        channel=values.get("channel", "1"),
        time=_number(values, "time", 0),
        z=_number(values, "z", 0),
        plate=values.get("plate"),
    )


def _indices(name: str) -> tuple[int, int]:
    position = parse_well(name)
    return position.row, position.column


def _number(values: Mapping[str, str], part: str, default: int) -> int:
    """Read a part that is a whole number."""
    value = values.get(part)
    if value is None:
        return default
    if not value.isdecimal():
        raise ArgumentError(f"{part.capitalize()} {value!r} is not a whole number.")
    return int(value)


def scan_tiffs(
    source: Path,
    *,
    pattern: str | None = None,
    channels: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Acquisition:
    """Scan a folder of TIFFs by a pattern of their names.

    Parameters
    ----------
    source
        The folder. Its subfolders are searched only when the pattern holds a ``/``.
    pattern
        As in `compile_pattern`.
    channels
        New names by the channel values in the file names.
    name
        The plate's name; else the pattern's `plate`, else the folder's name.

    Raises
    ------
    ArgumentError
        No pattern, or one that is none; a channel to be renamed that is not there.
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
    named = planes_of(source, files, hint=hint)
    channel_names = rename_channels(named.channels, channels)
    return finish(source, "tiffs", named, channel_names, name=name, notes=notes)


def _matching(source: Path, pattern: NamePattern) -> tuple[list[NamedFile], list[str]]:
    """Read the names of all TIFFs in a folder; those that do not match end in a note."""
    below = "/" in pattern.text
    paths = list_tiffs(source, below=below)
    if not paths:
        raise ReaderError(source, no_tiffs(source))
    files, faults, others = [], [], []
    for path in paths:
        shown_name = path.relative_to(source).as_posix()
        values = pattern.match(shown_name)
        if values is None:
            others.append(shown_name)
            continue
        try:
            files.append(named_file(path, values))
        except ArgumentError as error:
            faults.append(f"file {shown_name!r}: {error.message}")
    if not files and not faults:
        raise ReaderError(
            source,
            f"none of its {len(others)} TIFF files matches the pattern {pattern.text!r}; "
            f"a file there is named {others[0]!r}{_meant(pattern.ignored)}",
        )
    if faults:
        raise ReaderError(source, faults)
    try:
        smallest_format(file.well for file in files)
    except ArgumentError as error:
        raise ReaderError(source, error.message) from error
    notes = []
    if others:
        notes.append(f"{len(others)} TIFF files do not match the pattern and are left out: {shown(others)}.")
    if _meant(pattern.ignored):
        notes.append(f"Part of the pattern is ignored{_meant(pattern.ignored)}.")
    return files, notes


def no_tiffs(source: Path) -> str:
    """Say what a folder without TIFFs holds instead."""
    inside = [path for path in source.iterdir() if path.is_file() and not path.name.startswith(".")]
    below = list_tiffs(source, below=True)
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


def finish(
    source: Path,
    reader: str,
    named: NamedPlanes,
    channel_names: Sequence[str],
    *,
    name: str | None,
    notes: Sequence[str],
) -> Acquisition:
    """Read the headers and make the acquisition of planes that are known by their names alone."""
    headers = check_headers(source, [file.path for file in named.planes.values()])
    keys = [*named.planes, *named.missing]
    never = never_acquired(keys, len(channel_names), named.n_times, named.n_z)
    told = acquisition_notes(never, channel_names, named.n_times, named.n_z)
    missing = dict(named.missing) | damaged_planes(named.planes, headers)
    return Acquisition(
        name=name or named.plate or source.name,
        reader=reader,
        source=source,
        format=smallest_format({key.well for key in named.planes}),
        format_stated=False,
        channels=plain_channels(channel_names),
        planes={key: file for key, file in named.planes.items() if key not in missing},
        missing=dict(sorted(missing.items())),
        shape=headers.shape,
        dtype=headers.dtype,
        n_times=named.n_times,
        n_z=named.n_z,
        never_acquired=never,
        pixel_size_um=headers.pixel_size_um,
        notes=(*notes, *named.notes, *told, *headers.notes, *_unequal_wells(named)),
    )


def _unequal_wells(named: NamedPlanes) -> list[str]:
    """Note the wells with fewer fields than the others."""
    fields = {(key.well, key.field) for key in [*named.planes, *named.missing]}
    counts = Counter(well for well, _ in fields)
    usual = max(counts.values())
    fewer = sorted(well for well, count in counts.items() if count < usual)
    if not fewer:
        return []
    return [f"{len(fewer)} of {len(counts)} wells have fewer than {usual} fields: {shown(fewer)}."]
