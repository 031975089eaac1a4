"""File names of an IN Cell Analyzer, and where they contradict the `.xdce` that lists the files."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path, PurePosixPath

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import Channel
from hcs_plates.readers.listed import spelt
from hcs_plates.readers.names import NamedFile, shown
from hcs_plates.readers.xdce import Xdce, XdceImage
from hcs_plates.wells import parse_well

_NAME = re.compile(
    r"^(?:(?P<plate>.+?)[_ ])?(?P<row>[A-Z]{1,2})\s?-?\s?(?P<column>\d{1,3})\s?\(fld\s(?P<field>\d+)"
    r"(?:\swv\s(?P<wave>.+?))?(?:\s-?\s?z\s(?P<z>\d+))?(?:\s?-?\s?time\s(?P<time>\d+)(?:\s-\s\d+\s?ms)?)?\)"
    r"\.tiff?$",
    re.IGNORECASE,
)
_OF_METAXPRESS = re.compile(
    r"^t(?P<time>\d+)_(?P<row>[A-Z]{1,2})(?P<column>\d{2,3})_s(?P<field>\d+)_(?P<wave>w\d+)_z(?P<z>\d+)\.tiff?$",
    re.IGNORECASE,
)
"""Of the plates that MetaXpress writes for IN Carta, with a `.xdce`; all numbers count from 1."""


def incell_name(path: Path) -> NamedFile | None:
    """Read an IN Cell Analyzer's file name, None where it is not one.

    Examples
    --------
    >>> found = incell_name(Path("B - 03(fld 012 wv Blue - FITC z 3).tif"))
    >>> found.well, found.field, found.channel, found.time, found.z, found.plate
    ('B03', 12, 'Blue - FITC', 0, 3, None)
    >>> incell_name(Path("Channel1-01-A-01.tif")) is None
    True
    """
    return _named(path, _NAME.match(path.name))


def listed_name(filename: str) -> NamedFile | None:
    """Read the name of a file that a `.xdce` lists, an IN Cell's or MetaXpress'; None where it is neither.

    Examples
    --------
    >>> found = listed_name("sub/t2_B03_s4_w1_z8.tif")
    >>> found.well, found.field, found.channel, found.time, found.z
    ('B03', 4, 'w1', 2, 8)
    """
    path = Path(PurePosixPath(filename).name)
    return incell_name(path) or _named(path, _OF_METAXPRESS.match(path.name))


def _named(path: Path, match: re.Match[str] | None) -> NamedFile | None:
    if match is None or int(match["column"]) not in range(1, 100):
        return None
    return NamedFile(
        path,
        parse_well(f"{match['row']}{int(match['column'])}").name,
        field=int(match["field"]),
        channel=match["wave"] or "1",
        time=int(match["time"] or 0),
        z=int(match["z"] or 0),
        plate=match.groupdict().get("plate"),
    )


def named_channels(xdce: Xdce, images: Iterable[XdceImage]) -> dict[int, Channel]:
    """Channels by wave index, named as in the files, which tell waves of the same filters apart."""
    spelt_as = {wave: name for wave, name in _spellings(images).items() if not re.fullmatch(r"w\d+", name)}
    named = {
        wave: replace(channel, name=spelt_as.get(wave, channel.name))
        for wave, channel in xdce.channels.items()
    }
    twice = {name for name, count in Counter(channel.name for channel in named.values()).items() if count > 1}
    return {
        wave: replace(channel, name=f"{channel.name} ({wave + 1})") if channel.name in twice else channel
        for wave, channel in named.items()
    }


def own_numbers(images: Iterable[XdceImage], places: Mapping[int, int], axis: str) -> dict[int, int]:
    """Places by the numbers that files and folders show; a `.xdce` counts from 0 what those count from 1."""
    numbers = {index: index + 1 for index in places}
    for image in images:
        file = listed_name(image.filename)
        if file is not None and getattr(file, axis):
            numbers[getattr(image, f"{axis}_index")] = getattr(file, axis)
    return {numbers[index]: place for index, place in places.items()}


def taken_once(xdce: Xdce) -> tuple[list[XdceImage], list[str]]:
    """Give every file once: a wave without a stack is listed at each step of the others, as the same file.

    Raises
    ------
    ReaderError
        A file that is listed for several wells, fields or waves.
    """
    listed: dict[str, list[XdceImage]] = defaultdict(list)
    for image in xdce.images:
        listed[spelt(image.filename)].append(image)
    shared = [
        f"file {same[0].filename!r} is listed for {len(places)} places (well, field index, wave index): "
        f"{shown(sorted(places))}; which of them it shows is not known"
        for same in listed.values()
        if len(places := {(one.well, one.field_index, one.wave_index) for one in same}) > 1
    ]
    if shared:
        raise ReaderError(xdce.path, shared)
    again = sum(len(same) - 1 for same in listed.values())
    told = (
        f"{again} entries of the .xdce list a file again, at another step in z or time; each file is given "
        "once, where it was taken."
    )
    return [_own_entry(same) for same in listed.values()], [told] if again else []


def _own_entry(same: Sequence[XdceImage]) -> XdceImage:
    """Take the entry of a file's own step and time, as its name counts them from 1; else the first."""
    name = listed_name(same[0].filename)
    ordered = sorted(same, key=lambda one: (one.time_index, one.z_index))
    if name is None:
        return ordered[0]
    said = [one for one in ordered if name.z in (0, one.z_index + 1) and name.time in (0, one.time_index + 1)]
    return (said or ordered)[0]


def contradictions(xdce: Xdce, images: Sequence[XdceImage]) -> list[str]:
    """Say of each file whose name shows another well, wave, step in z or time than the `.xdce` gives it."""
    named = [(image, name) for image in images if (name := listed_name(image.filename)) is not None]
    faults = [
        f"image {image.filename!r} is listed under well {image.well}; one of the two is wrong"
        for image, name in named
        if name.well != image.well and not xdce.custom_naming
    ]
    usual = _spellings(images)
    filters = {channel.name: wave for wave, channel in xdce.channels.items()}
    faults += [
        f"files of wave {wave} are named {name!r}, which are the filters of wave {filters[name]}; one of the "
        "two is wrong"
        for wave, name in usual.items()
        if name != xdce.channels[wave].name and name in filters
    ]
    faults += [
        f"image {image.filename!r} is listed as wave {image.wave_index}, whose files are named "
        f"{usual[image.wave_index]!r}; one of the two is wrong"
        for image, name in named
        if name.channel != usual.get(image.wave_index, name.channel) and name.channel in usual.values()
    ]
    for axis, what in (("z", "step in z"), ("time", "time")):
        wrong = _out_of_order([(image, name) for image, name in named if getattr(name, axis)], axis)
        faults += [
            f"image {image.filename!r} is listed at {axis}_index {getattr(image, f'{axis}_index')}, where "
            f"the names of others show another {what}; one of the two is wrong"
            for image in wrong
        ]
    return faults


def _spellings(images: Iterable[XdceImage]) -> dict[int, str]:
    """Find what the files of each wave call it, most of them."""
    spelt_as: dict[int, Counter[str]] = defaultdict(Counter)
    for image in images:
        name = listed_name(image.filename)
        if name is not None and name.channel != "1":
            spelt_as[image.wave_index][name.channel] += 1
    return {wave: counts.most_common(1)[0][0] for wave, counts in spelt_as.items()}


def _out_of_order(named: Sequence[tuple[XdceImage, NamedFile]], axis: str) -> list[XdceImage]:
    """Find images whose number in the name is not that of the others at their index, wave by wave.

    Numbers and indices rise together; by how much they differ is the exporting program's choice.
    """
    numbers: dict[int, dict[int, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for image, name in named:
        numbers[image.wave_index][getattr(image, f"{axis}_index")][getattr(name, axis)] += 1
    usual = {
        wave: {index: counts.most_common(1)[0][0] for index, counts in sorted(found.items())}
        for wave, found in numbers.items()
    }
    falling = {wave for wave, found in usual.items() if list(found.values()) != sorted(set(found.values()))}
    return [
        image
        for image, name in named
        if image.wave_index in falling
        or getattr(name, axis) != usual[image.wave_index][getattr(image, f"{axis}_index")]
    ]
