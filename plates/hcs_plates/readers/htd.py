"""``.HTD`` files of MetaXpress: the wells, sites, waves, steps in z and times a plate was set up with."""

import csv
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from hcs_plates.errors import ReaderError
from hcs_plates.readers.names import shown
from hcs_plates.wells import PlateFormat, well_name

MOST = {
    "XWells": 99,
    "YWells": 702,
    "XSites": 99,
    "YSites": 99,
    "NWavelengths": 99,
    "TimePoints": 99_999,
    "ZSteps": 9_999,
}


@dataclass(frozen=True)
class Htd:
    """What an HTD file says.

    Parameters
    ----------
    path
        The file.
    format
        The plate's grid.
    wells, sites
        Names of the wells, and numbers of the sites from 1 on, that were selected.
    waves
        Names by number, from 1 on, of those that were collected.
    skipped
        Numbers of the waves that were set up and not collected.
    n_times, n_z
        How many time points and steps in z; one where there is no series.
    notes
        Sentences on what was forgiven.
    """

    path: Path
    format: PlateFormat
    wells: frozenset[str]
    sites: frozenset[int]
    waves: Mapping[int, str]
    n_times: int
    n_z: int
    skipped: frozenset[int] = frozenset()
    notes: tuple[str, ...] = field(default=())


def read_htd(path: Path) -> Htd:
    """Read an HTD file.

    Raises
    ------
    ReaderError
        It is cut short, has a key twice, or numbers that no plate has.
    """
    values, notes = _values(path)
    rows, columns = _whole(path, values, "YWells"), _whole(path, values, "XWells")
    wells = {
        well_name(row, column)
        for row in range(rows)
        for column, taken in enumerate(_flags(path, values, f"WellsSelection{row + 1}", columns))
        if taken
    }
    down, across = _whole(path, values, "YSites", 1), _whole(path, values, "XSites", 1)
    if _flag(path, values, "Sites", default=down * across > 1):
        flags = [
            taken for row in range(down) for taken in _flags(path, values, f"SiteSelection{row + 1}", across)
        ]
        sites = frozenset(place for place, taken in enumerate(flags, 1) if taken)
    else:
        sites = frozenset({1})
    if not wells or not sites:
        raise ReaderError(
            path, f"selects no {'site' if wells else 'well'}; copy it again from the instrument"
        )
    count = _whole(path, values, "NWavelengths", 1)
    waves = {number: " ".join(values.get(f"WaveName{number}", ())).strip() for number in range(1, count + 1)}
    skipped = {number for number in waves if values.get(f"WaveCollect{number}") == ["0"]}
    series = _flag(path, values, "ZSeries", default=False)
    return Htd(
        path,
        PlateFormat(rows, columns),
        frozenset(wells),
        sites,
        {number: name for number, name in waves.items() if number not in skipped},
        max(1, _whole(path, values, "TimePoints", 1)),
        max(1, _whole(path, values, "ZSteps", 1)) if series else 1,
        frozenset(skipped),
        notes,
    )


def _values(path: Path) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """Read its lines: a key and its values."""
    raw = path.read_bytes()
    encoding = "utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    notes: tuple[str, ...] = ()
    try:
        text = raw.decode(encoding)
    except UnicodeDecodeError:
        # MetaXpress writes what the user typed in the computer's own code page, and \x82 for line ends.
        text = raw.decode("cp1252", errors="replace")
        odd = next(line for line in text.splitlines() if not line.isascii())
        notes = (f"{path.name} is not UTF-8 and was read as Windows-1252 ({odd.strip()[:60]!r}).",)
    if "\0" in text:
        notes = (*notes, f"{path.name} holds {text.count(chr(0))} NUL characters; it was read without them.")
        text = text.replace("\0", "")
    try:
        lines = [line for line in csv.reader(text.splitlines(), skipinitialspace=True) if line]
    except csv.Error as error:
        raise ReaderError(path, f"is damaged ({error}); copy it again from the instrument") from error
    if not lines or lines[0][0].strip() != "HTSInfoFile":
        raise ReaderError(path, "is no HTD file (it does not begin with HTSInfoFile)")
    if lines[-1][0].strip() != "EndFile":
        raise ReaderError(
            path, "is cut short: its last line is not EndFile; copy it again from the instrument"
        )
    values: dict[str, list[str]] = {}
    twice = []
    for key, *rest in lines[1:-1]:
        name = key.strip()
        if name in values and values[name] != [one.strip() for one in rest]:
            twice.append(name)
        values[name] = [one.strip() for one in rest]
    if twice:
        raise ReaderError(
            path, f"has {shown(twice)} twice with other values; copy it again from the instrument"
        )
    return values, notes


def _whole(path: Path, values: Mapping[str, list[str]], key: str, default: int | None = None) -> int:
    """Take a whole number within its bounds."""
    if key not in values and default is not None:
        return default
    written = " ".join(values.get(key, ()))
    least = 0 if key in ("ZSteps", "TimePoints") else 1
    if not re.fullmatch(r"\d{1,6}", written) or not least <= int(written) <= MOST[key]:
        raise ReaderError(
            path, f"has {key} {written[:20]!r}; expected a whole number from {least} to {MOST[key]}"
        )
    return int(written)


def _flag(path: Path, values: Mapping[str, list[str]], key: str, *, default: bool) -> bool:
    """Take TRUE or FALSE."""
    return _flags(path, values, key, 1)[0] if key in values else default


def _flags(path: Path, values: Mapping[str, list[str]], key: str, count: int) -> list[bool]:
    """Take so many times TRUE or FALSE."""
    written = [one.upper() for one in values.get(key, ())]
    if len(written) != count or not set(written) <= {"TRUE", "FALSE"}:
        raise ReaderError(
            path, f"has {key} {', '.join(written)[:40]!r}; expected {count} times TRUE or FALSE"
        )
    return [one == "TRUE" for one in written]
