r"""Patterns of file names that say which plane a file holds.

A pattern is written with braces, ``Channel{channel}-{n}-{row}-{column}.tif``, or is a regular expression
with named groups, ``_(?P<well>[A-P]\d{2})_s(?P<field>\d+)``. The parts `well` (or `row` and `column`),
`field`, `channel`, `time`, `z` and `plate` are understood, any other is matched and ignored.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path

from hcs_plates.errors import ArgumentError
from hcs_plates.readers.names import NamedFile
from hcs_plates.wells import parse_well, row_name, well_name

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

    def ignored_values(self, name: str) -> dict[str, str]:
        """Values of the parts without a meaning in a file name that matches."""
        found = self.regex.fullmatch(name) if self.whole else self.regex.search(name)
        return {} if found is None else {part: found[part] or "" for part in self.ignored}


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
            f"Pattern {pattern!r} names no well; use {{well}}, or {{row}} and {{column}}{meant(ignored)}."
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


def meant(ignored: Sequence[str]) -> str:
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
