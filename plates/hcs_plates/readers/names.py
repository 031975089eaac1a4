"""File names that say which plane they hold: from names to plane keys, and the gaps between them."""

import os
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hcs_plates.channelnames import find_channel
from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Channel, PlaneFile, PlaneKey
from hcs_plates.readers.dimensions import check_places, ranks, renumbered
from hcs_plates.readers.pictures import decoder_of

TIFF_SUFFIXES = frozenset({".tif", ".tiff"})
_SHOWN = 3


@dataclass(frozen=True)
class NamedFile:
    """One image file with the values read from its name.

    Parameters
    ----------
    path
        The file.
    well
        Well name, ``B03``.
    field
        As the name shows it.
    channel
        As the name shows it.
    time, z
        Numbers as the name shows them, not yet counted from 0.
    plate
        The plate's name where the file name has one.
    page
        Number of the image in the file.
    lost
        Why the file does not hold this image although it states it; None where it does.
    """

    path: Path
    well: str
    field: int = 1
    channel: str = "1"
    time: int = 0
    z: int = 0
    plate: str | None = None
    page: int = 0
    lost: str | None = None


@dataclass(frozen=True)
class NamedPlanes:
    """The planes that file names give, the gaps between them, and how far each dimension goes."""

    planes: Mapping[PlaneKey, PlaneFile]
    missing: Mapping[PlaneKey, str]
    channels: tuple[str, ...]
    n_times: int
    n_z: int
    plate: str | None
    notes: tuple[str, ...] = ()


def list_tiffs(folder: Path, *, below: bool = False, suffixes: frozenset[str] = TIFF_SUFFIXES) -> list[Path]:
    """List the TIFF files of a folder, or those of other endings, in the order of their names.

    Parameters
    ----------
    folder
        The folder.
    suffixes
        Endings, in lower case.
    below
        Whether its subfolders are searched too, but none behind links (`hcs_plates.readers.links`). Hidden
        files (``._A01.tif`` of macOS) are never listed; a link to a file that is not there is, so that its
        plane does not vanish.

    Raises
    ------
    OSError
        A folder that cannot be listed.
    ReaderError
        A link to what may be a folder of images and is not there.
    """
    found = [
        entry.path
        for entry in _entries(folder, below=below)
        # The ending first: what the system is asked of an entry may cost a way to a share.
        if f".{entry.name.rpartition('.')[2].lower()}" in suffixes
        and not entry.name.startswith(".")
        and (entry.is_file() or leads_nowhere(Path(entry.path)))
    ]
    # In the order of the parts of paths: nothing is less than the character between them.
    return [Path(path) for path in sorted(found, key=lambda path: path.replace(os.sep, "\0"))]


def _entries(folder: Path, *, below: bool) -> Iterator[os.DirEntry[str]]:
    """List what is in a folder, or below it; what a link to a folder leads to is listed where it stands."""
    places = [os.fspath(folder)]
    while places:
        with os.scandir(places.pop()) as entries:
            for entry in entries:
                if below and entry.is_dir(follow_symlinks=False):
                    places.append(entry.path)
                    continue
                if below and entry.is_symlink():
                    _check_link(Path(entry.path))
                yield entry


def _check_link(path: Path) -> None:
    """Refuse a link to nowhere that may have been a folder."""
    if leads_nowhere(path) and not path.suffix:
        raise ReaderError(
            path,
            f"is a link to {str(path.readlink())!r}, which is not there; if it is a folder of "
            "images, bring that back, else remove the link",
        )


def leads_nowhere(path: Path) -> bool:
    """Whether a path is a link to a file that is not there."""
    return path.is_symlink() and not path.exists()


def shown(names: Sequence[object]) -> str:
    """Show the first few of many names.

    Examples
    --------
    >>> shown(["a", "b", "c", "d", "e"])
    'a, b, c and 2 more'
    """
    first = ", ".join(str(name) for name in names[:_SHOWN])
    return first if len(names) <= _SHOWN else f"{first} and {len(names) - _SHOWN} more"


def channel_order(values: Iterable[str]) -> list[str]:
    """Sort channel values, numbers by their size.

    Examples
    --------
    >>> channel_order(["10", "2", "1"]), channel_order(["w2", "DAPI"])
    (['1', '2', '10'], ['DAPI', 'w2'])
    """
    unique = set(values)
    if all(value.isdecimal() for value in unique):
        return sorted(unique, key=lambda value: (int(value), value))
    return sorted(unique)


def planes_of(
    source: Path, files: Sequence[NamedFile], *, hint: str = "", whole_fields: bool = False
) -> NamedPlanes:
    """Give every named file its key: channels in order, times and z steps as ranks counted from 0.

    Parameters
    ----------
    source
        The folder, for messages.
    files
        What the names say.
    hint
        What to add where two files claim the same plane.
    whole_fields
        As in `gaps`.

    Raises
    ------
    ReaderError
        Two files for one plane, or files of several plates.
    """
    plates = sorted({file.plate for file in files if file.plate is not None})
    unnamed = [file.path.name for file in files if file.plate is None]
    if len(plates) == 1 and unnamed:
        raise ReaderError(
            source,
            f"{len(files) - len(unnamed)} file names name the plate {plates[0]!r} and {len(unnamed)} name "
            f"none ({shown(unnamed)}); move each plate's files into a folder of its own and scan them one "
            "by one",
        )
    if len(plates) > 1:
        raise ReaderError(
            source,
            f"the file names are of {len(plates)} plates ({shown(plates)}); move each plate's files into "
            "a folder of its own and scan them one by one",
        )
    channels = channel_order(file.channel for file in files)
    rank = {value: index for index, value in enumerate(channels)}
    time_rank, z_rank = ranks(file.time for file in files), ranks(file.z for file in files)
    claims: dict[PlaneKey, list[NamedFile]] = defaultdict(list)
    for file in files:
        key = PlaneKey(file.well, file.field, rank[file.channel], time_rank[file.time], z_rank[file.z])
        claims[key].append(file)
    folder = source if source.is_dir() else source.parent
    faults = [
        f"well {key.well}, field {key.field}, channel {channels[key.channel]}, time {key.time}, z {key.z} "
        f"(both counted from 0) is claimed by {len(found)} files: "
        f"{' and '.join(os.path.relpath(file.path, folder) for file in found)}{hint}"
        for key, found in sorted(claims.items())
        if len(found) > 1
    ]
    if faults:
        raise ReaderError(source, faults)
    check_places(source, claims, len(channels), len(time_rank), len(z_rank))
    missing = gaps(claims, "no such file, though other fields have this plane", whole_fields=whole_fields)
    planes = {}
    for key, (file, *_) in sorted(claims.items()):
        if file.lost is None:
            planes[key] = PlaneFile(file.path, file.page, decoder_of(file.path))
        else:
            missing[key] = file.lost
    plate = plates[0] if plates else None
    notes = (*renumbered("Time points", time_rank), *renumbered("Steps in z", z_rank))
    return NamedPlanes(planes, missing, tuple(channels), len(time_rank), len(z_rank), plate, notes)


def gaps(keys: Iterable[PlaneKey], reason: str, *, whole_fields: bool = False) -> dict[PlaneKey, str]:
    """Find the planes that a field has not although another field of the plate has them.

    Parameters
    ----------
    keys
        The planes there are.
    reason
        What to say of each gap.
    whole_fields
        Whether a field that other wells have is a gap where a well has no plane of it at all.

    Examples
    --------
    >>> keys = [PlaneKey("A01", 1, 0), PlaneKey("A01", 1, 1), PlaneKey("A02", 1, 0)]
    >>> list(gaps(keys, "no file"))
    [PlaneKey(well='A02', field=1, channel=1, time=0, z=0)]
    """
    by_field: dict[tuple[str, int], set[tuple[int, int, int]]] = defaultdict(set)
    for key in keys:
        by_field[key.well, key.field].add((key.channel, key.time, key.z))
    # Only combinations that exist somewhere: a z stack of one channel alone leaves no gap in the others.
    usual = set().union(*by_field.values())
    if whole_fields:
        wells = {well for well, _ in by_field}
        numbers = {number for _, number in by_field}
        for well in wells:
            for number in numbers:
                by_field.setdefault((well, number), set())
    return {
        PlaneKey(well, number, *rest): reason
        for (well, number), have in sorted(by_field.items())
        for rest in sorted(usual - have)
    }


def fewer_fields(fields: Iterable[tuple[str, int]]) -> list[str]:
    """Note the wells with fewer fields than the others.

    Examples
    --------
    >>> fewer_fields([("A01", 1), ("A01", 2), ("A02", 1)])
    ['1 of 2 wells have fewer than 2 fields: A02.']
    """
    counts = Counter(well for well, _ in set(fields))
    usual = max(counts.values(), default=0)
    fewer = sorted(well for well, count in counts.items() if count < usual)
    if not fewer:
        return []
    return [f"{len(fewer)} of {len(counts)} wells have fewer than {usual} fields: {shown(fewer)}."]


def rename_channels(values: Sequence[str], names: Mapping[str, str] | None) -> list[str]:
    """Give channels the user's names.

    Parameters
    ----------
    values
        Channels as the export has them.
    names
        New name by export's name; channels left out keep theirs.

    Raises
    ------
    ArgumentError
        A name for a channel that is not there (`hcs_plates.channelnames`), or two channels with one name.

    Examples
    --------
    >>> rename_channels(["1", "2"], {"1": "GFP"})
    ['GFP', '2']
    >>> rename_channels(["Blue - FITC", "UV - DAPI"], {"FITC": "NFH"})
    ['NFH', 'UV - DAPI']
    >>> rename_channels(["1", "2"], {"3": "DNA"})
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: The export has no channel '3'; it has 1, 2.
    """
    renamed = list(values)
    meant: dict[int, str] = {}
    for value, new in (names or {}).items():
        place = find_channel(value, values, "The export")
        if place in meant:
            raise ArgumentError(
                f"{meant[place]!r} and {value!r} are one channel, {values[place]!r}; name it once."
            )
        meant[place] = value
        renamed[place] = new.strip()
    if len(set(renamed)) != len(renamed) or not all(renamed):
        raise ArgumentError(
            f"Channels would be named {', '.join(map(repr, renamed))}; each needs a name of its own."
        )
    return renamed


def plain_channels(names: Iterable[str]) -> tuple[Channel, ...]:
    """Channels of which only the names are known."""
    return tuple(Channel(name) for name in names)
