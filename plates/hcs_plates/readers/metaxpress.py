"""Image files of MetaXpress: what their names, folders and metadata say, and which of them are copies."""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import tifffile

from hcs_plates.readers.names import list_tiffs, shown
from hcs_plates.readers.pixels import refused_by_system
from hcs_plates.wells import parse_well

_GUID = r"[0-9A-F]{8}(?:-[0-9A-F]{4}){3}-[0-9A-F]{12}"
# Wells are written large and sites small: `_s12` is no well of row S.
NAME = re.compile(
    rf"^(?P<plate>.*)_(?P<well>(?-i:[A-Z]{{1,2}}\d{{2}}))(?:_(?-i:s)(?P<site>\d{{1,4}}))?"
    rf"(?:_(?-i:w)(?P<wave>\d{{1,2}}))?"
    rf"(?P<thumb>_thumb)?(?P<guid>{_GUID})?\.tiff?$",
    re.IGNORECASE,
)
_FOLDER = re.compile(r"^(TimePoint|ZStep)_(\d{1,6})$", re.IGNORECASE)
_PROPERTY = re.compile(r'<(?:custom-)?prop id="([^"]*)" type="[^"]*" value="([^"]*)"', re.IGNORECASE)
WANTED = frozenset(
    {
        *(
            "Z Projection Method",
            "Z Step",
            "z-position",
            "acquisition-time-local",
            "image-name",
            "wavelength",
        ),
        *(
            "_IllumSetting_",
            "Exposure Time",
            "OffsetFromWellCenterUmX",
            "OffsetFromWellCenterUmY",
            "_MagSetting_",
        ),
        *("_MagNA_", "stage-label"),
    }
)


@dataclass(frozen=True)
class ImageFile:
    """One image file by its name and folders, and what its metadata say."""

    path: Path
    plate: str
    well: str
    site: int
    wave: int
    time: int
    z: int
    said: Mapping[str, str]

    def run(self, folder: Path) -> str:
        """Folders below `folder` in which it lies, without those of times and steps."""
        parts = self.path.relative_to(folder).parts[:-1]
        return "/".join(part for part in parts if not _FOLDER.match(part))

    @property
    def projection(self) -> str:
        """By what it was projected; "" of a plane."""
        return self.said.get("Z Projection Method", "")

    @property
    def taken(self) -> tuple[object, ...]:
        """What tells one exposure from another of the same place and wave."""
        return self.said.get("acquisition-time-local"), self.said.get("Z Step"), self.projection


def image_files(folder: Path) -> tuple[list[ImageFile], list[str]]:
    """Read the names of all images below a folder, and the metadata of each."""
    named, others, thumbs = [], [], 0
    for path in list_tiffs(folder, below=True):
        match = NAME.match(path.name)
        places = [_FOLDER.match(part) for part in path.relative_to(folder).parts[:-1]]
        if (
            match is None
            or int(match["well"].lstrip("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")) == 0
        ):
            others.append(path.name)
        elif match["thumb"]:
            thumbs += 1
        else:
            numbers = {place[1].lower(): int(place[2]) for place in places if place is not None}
            named.append((path, match, numbers))
    with ThreadPoolExecutor() as pool:
        said = list(pool.map(_said, [path for path, _, _ in named]))
    files = [
        ImageFile(
            path,
            match["plate"],
            parse_well(match["well"]).name,
            int(match["site"] or 1),
            int(match["wave"] or 1),
            numbers.get("timepoint", 1),
            numbers.get("zstep", 0),
            values,
        )
        for (path, match, numbers), values in zip(named, said, strict=True)
    ]
    notes = []
    if others:
        notes.append(
            f"{len(others)} TIFF files have other names than MetaXpress gives: left out ({shown(others)})."
        )
    if thumbs:
        notes.append(f"{thumbs} thumbnails are left out.")
    return files, notes


def _said(path: Path) -> dict[str, str]:
    """Take what is wanted of an image's MetaSeries metadata; nothing where it has none or is damaged."""
    try:
        with tifffile.TiffFile(path) as tiff:
            text = tiff.pages.first.description
    # A damaged file is found where its header is read, and is missing then.
    except Exception as error:
        if refused_by_system(error):
            raise
        return {}
    return {key: value for key, value in _PROPERTY.findall(text) if key in WANTED}


def taken_once(files: Sequence[ImageFile]) -> tuple[list[ImageFile], list[str]]:
    """Leave out copies of an image at steps and times at which it was not taken, and projections of stacks.

    A channel without a stack has one plane, its projection or single step, at the first step of the plate.
    """
    groups: dict[tuple[str, int, int], list[ImageFile]] = defaultdict(list)
    for file in files:
        groups[file.well, file.site, file.wave].append(file)
    first = min((file.z for file in files if file.z > 0), default=0)
    kept: list[ImageFile] = []
    copies, outside, projections = 0, 0, Counter[int]()
    for group in groups.values():
        unlike: dict[tuple[object, ...], list[ImageFile]] = defaultdict(list)
        for file in sorted(group, key=lambda one: (one.time, one.z, str(one.path))):
            # An image without metadata is no copy of another.
            unlike[file.taken if file.taken[0] else (file.path,)].append(file)
        singles = []
        for same in unlike.values():
            step = number_of(same[0].said, "Z Step")
            right = [one for one in same if step is not None and step == one.z] or same
            singles.append(right[0])
            copies += sum(one.time != right[0].time or one.z != right[0].z for one in same)
            singles += [
                one
                for one in same
                if one is not right[0] and (one.time, one.z) == (right[0].time, right[0].z)
            ]
        stack = [file for file in singles if not file.projection]
        if len({file.z for file in stack if file.z > 0}) > 1:
            projections[group[0].wave] += len(singles) - len(stack)
            kept += [file for file in stack if file.z > 0]
            outside += sum(file.z == 0 for file in stack)
        else:
            kept += [replace(file, z=first) for file in stack or singles]
            projections[group[0].wave] += len(singles) - len(stack) if stack else 0
    notes = []
    if copies:
        notes.append(
            f"{copies} images are copies of one taken at another step or time, as the export fills its "
            "folders; each image is given once, where it was taken."
        )
    if outside:
        notes.append(
            f"{outside} images outside of the steps of their stack (in ZStep_0, or in no folder of a step) "
            "do not say that they are projections; the stack is taken, they are left out."
        )
    notes += [
        f"Channel {wave} has {count} projections beside its stack; the stack is taken, they are left out."
        for wave, count in sorted(projections.items())
        if count
    ]
    alone = sorted({file.wave for file in kept if file.projection})
    if alone:
        methods = sorted({file.projection.lower() for file in kept if file.projection})
        notes.append(
            f"Channel {', '.join(map(str, alone))} has projections only in the export ({', '.join(methods)})."
        )
    return kept, notes


def number_of(said: Mapping[str, str], key: str) -> float | None:
    """Take a number of an image's metadata, None where there is none."""
    try:
        value = float(said[key].split()[0].replace(",", "."))
    except (KeyError, ValueError, IndexError):
        return None
    return value if abs(value) < 1e9 else None
