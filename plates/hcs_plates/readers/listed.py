"""Plates of which a file lists every image: from the list to an `Acquisition`, whatever instrument wrote it.

A reader parses its instrument's metadata into a `Listing`; what is the same for all of them is here. Images
are found by name below the export's folder and nowhere else, and what is listed and not there is missing.
"""

import unicodedata
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath
from typing import Any, Literal

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Acquisition, Channel, Objective, PlaneFile, PlaneKey
from hcs_plates.readers.dimensions import acquisition_notes, check_places, never_acquired, ranks, renumbered
from hcs_plates.readers.headers import PlateHeaders, check_headers, damaged_planes, field_shapes
from hcs_plates.readers.names import gaps, list_tiffs, shown
from hcs_plates.readers.pixels import Decode, tiff_page
from hcs_plates.wells import PlateFormat

MOST_IMAGES = 20_000_000
"""A plate of 1,536 wells, 25 fields, 5 channels, 20 steps in z and 5 time points has them."""


def one_image_a_file(folder: Path, paths: Sequence[Path]) -> PlateHeaders:
    """Read the headers of files of one image each."""
    return check_headers(folder, paths, whole=True)


@dataclass(frozen=True, slots=True)
class ListedImage:
    """One image as the metadata list it.

    Parameters
    ----------
    well
        Well name, ``B03``.
    field
        The number that the instrument shows.
    channel
        Key of the channel in `Listing.channels`.
    time, z
        Numbers as listed, not yet counted from 0.
    file
        The file as it is written there: below the folder, or with the folders of the instrument's computer.
    page
        Which image of the file, counted from 0.
    position_um
        Stage position (x, y) within the well.
    imaged_at
        ISO 8601.
    failed
        Why the instrument says that there is no image; "" where there is one.
    """

    well: str
    field: int
    channel: str
    time: int
    z: int
    file: str
    page: int = 0
    position_um: tuple[float, float] | None = None
    imaged_at: str | None = None
    failed: str = ""


@dataclass(frozen=True)
class Listing:
    """What an instrument's metadata say of a plate.

    Parameters
    ----------
    path, folder
        The file that lists the images, and the folder that they are below.
    reader, name, format, format_stated, pixel_size_um, z_step_um, instrument, objective, y_axis
        As in `Acquisition`.
    channels
        By the key that images name, in order.
    images
        In any order.
    size
        Height and width of the images as the metadata state them.
    flat_fields
        By the channel's key.
    decode
        How an image of a file is read.
    headers
        How the headers of the files are read and held against each other.
    disagreements, notes
        As in `Acquisition`.
    """

    path: Path
    folder: Path
    reader: str
    name: str
    format: PlateFormat
    format_stated: bool
    channels: Mapping[str, Channel]
    images: Sequence[ListedImage]
    pixel_size_um: tuple[float, float] | None = None
    size: tuple[int, int] | None = None
    z_step_um: float | None = None
    instrument: str | None = None
    objective: Objective | None = None
    y_axis: Literal["up", "down"] | None = None
    flat_fields: Mapping[str, Any] = field(default_factory=dict)
    decode: Decode = tiff_page
    headers: Callable[[Path, Sequence[Path]], PlateHeaders] = one_image_a_file
    disagreements: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def listed_acquisition(source: Path, listing: Listing) -> Acquisition:
    """Hold a list of images against the files that are there.

    Parameters
    ----------
    source
        What was scanned.
    listing
        The list.

    Raises
    ------
    ReaderError
        No image listed, an image listed twice, not one of the files there, files of mixed kinds.
    """
    if not listing.images:
        raise ReaderError(listing.path, "lists no image; copy it again from the instrument")
    channels = _imaged_channels(listing)
    order = {key: place for place, key in enumerate(channels)}
    times = ranks(image.time for image in listing.images)
    steps = ranks(image.z for image in listing.images)
    keyed = _keyed(listing, order, times, steps)
    check_places(listing.path, keyed, len(order), len(times), len(steps))
    files, said = _files(listing.folder, keyed.values())
    planes: dict[PlaneKey, PlaneFile] = {}
    missing: dict[PlaneKey, str] = {}
    for key, image in keyed.items():
        found = files.get(image.file)
        if image.failed:
            missing[key] = f"{image.file or 'no file'}: {image.failed}"
        elif isinstance(found, Path):
            planes[key] = PlaneFile(found, image.page, listing.decode)
        else:
            missing[key] = f"{image.file}: {listing.path.name} lists this file and {found}"
    if not planes:
        raise ReaderError(
            listing.path,
            f"none of the {len(keyed)} images it lists can be read (for example "
            f"{next(iter(missing.values()))}); keep it beside its images",
        )
    headers = listing.headers(listing.folder, list(dict.fromkeys(file.path for file in planes.values())))
    reason = f"{listing.path.name} does not list this plane, though other fields have it"
    missing = gaps(keyed, reason) | missing | damaged_planes(planes, headers)
    names = [channel.name for channel in channels.values()]
    never = never_acquired(keyed, len(order), len(times), len(steps))
    return Acquisition(
        name=listing.name,
        reader=listing.reader,
        source=source,
        format=listing.format,
        format_stated=listing.format_stated,
        channels=tuple(channels.values()),
        planes={key: file for key, file in sorted(planes.items()) if key not in missing},
        missing=dict(sorted(missing.items())),
        never_acquired=never,
        shape=headers.shape,
        shapes=field_shapes(listing.path, planes, headers),
        dtype=headers.dtype,
        n_times=len(times),
        n_z=len(steps),
        pixel_size_um=listing.pixel_size_um or headers.pixel_size_um,
        z_step_um=(listing.z_step_um or headers.z_step_um) if len(steps) > 1 else None,
        instrument=listing.instrument,
        objective=listing.objective,
        positions_um=_firsts(keyed, "position_um"),
        y_axis=listing.y_axis,
        imaged_at=_firsts(keyed, "imaged_at"),
        flat_fields={order[key]: one for key, one in listing.flat_fields.items() if key in order},
        disagreements=listing.disagreements,
        notes=(
            *listing.notes,
            *said,
            *renumbered("Time points", times),
            *renumbered("Steps in z", steps),
            *acquisition_notes(never, names, len(times), len(steps)),
            *headers.notes,
            *_other_size(listing, headers.shape),
        ),
    )


def _other_size(listing: Listing, shape: tuple[int, int]) -> list[str]:
    """Say that images are of another size than the metadata state."""
    if listing.size is None or listing.size == shape:
        return []
    return [
        f"{listing.path.name} states images of {listing.size[0]} × {listing.size[1]}; they are {shape[0]} × "
        f"{shape[1]}, which is used."
    ]


def _imaged_channels(listing: Listing) -> dict[str, Channel]:
    """Take the channels that have images, in order; refuse images of none."""
    imaged = {image.channel for image in listing.images}
    if unknown := sorted(imaged - set(listing.channels)):
        raise ReaderError(
            listing.path,
            f"lists images of channel {unknown[0]!r}, which it does not describe (it has "
            f"{shown(list(listing.channels))}); copy it again from the instrument",
        )
    taken = {key: channel for key, channel in listing.channels.items() if key in imaged}
    names = [channel.name for channel in taken.values()]
    # Two channels of one name are told apart by their keys.
    return {
        key: Channel(
            f"{channel.name} ({key})", channel.excitation_nm, channel.emission_nm, channel.exposure_ms
        )
        if names.count(channel.name) > 1
        else channel
        for key, channel in taken.items()
    }


def _keyed(
    listing: Listing, order: Mapping[str, int], times: Mapping[int, int], steps: Mapping[int, int]
) -> dict[PlaneKey, ListedImage]:
    """Give every image its key; refuse two of one key, and one file under two."""
    keyed: dict[PlaneKey, ListedImage] = {}
    owners: dict[tuple[str, int], PlaneKey] = {}
    faults, twice, shared = [], [], []
    for image in listing.images:
        try:
            listing.format.parse(image.well)
        except ArgumentError as error:
            faults.append(f"{image.file}: {error.message}")
            continue
        key = PlaneKey(image.well, image.field, order[image.channel], times[image.time], steps[image.z])
        before = keyed.setdefault(key, image)
        owner = owners.setdefault((image.file, image.page), key) if image.file else key
        if before is not image:
            twice.append(f"{_place(key)} as {before.file or 'no file'} and {image.file or 'no file'}")
        elif owner != key:
            shared.append(f"{image.file} for {_place(owner)} and {_place(key)}")
    for faulty, said in ((twice, "images are listed twice"), (shared, "files are listed for several images")):
        if faulty:
            faults.append(f"{len(faulty)} {said}, for example {faulty[0]}; which is right is not known")
    if faults:
        raise ReaderError(listing.path, faults)
    return keyed


def _place(key: PlaneKey) -> str:
    """Name the place of an image, counted from 0 as its key is."""
    return f"well {key.well}, field {key.field}, channel {key.channel}, time {key.time}, z {key.z}"


def _files(folder: Path, images: Iterable[ListedImage]) -> tuple[dict[str, Path | str], list[str]]:
    """Find the listed files below a folder, or say why one is not taken; and what was forgiven.

    That a copy changed the case of names, or how umlauts are kept, or that the list names folders of the
    instrument's computer, is forgiven where one file can be meant.
    """
    by_place: dict[str, Path] = {}
    by_name: dict[str, list[Path]] = defaultdict(list)
    for path in list_tiffs(folder, below=True):
        by_place[spelt(path.relative_to(folder).as_posix())] = path
        by_name[spelt(path.name)].append(path)
    found: dict[str, Path | str] = {}
    moved = []
    for file in {image.file for image in images if not image.failed}:
        place = PureWindowsPath(file)
        same = by_name.get(spelt(place.name), [])
        if (there := by_place.get(spelt(place.as_posix()))) is not None:
            found[file] = there
        elif len(same) == 1 and len(place.parts) > 1:
            found[file] = same[0]
            moved.append(file)
        elif len(same) > 1:
            found[file] = f"{len(same)} files below the folder have its name"
        elif place.is_absolute() or ".." in place.parts:
            found[file] = "it would lie outside of the export's folder, where hcs opens nothing"
        else:
            found[file] = "it is not there"
    told = []
    if moved:
        told.append(
            f"{len(moved)} images are listed in other folders and were found by name: {shown(sorted(moved))}."
        )
    return found, told


def spelt(name: str) -> str:
    """Spell a file name as every copy of it is: macOS keeps an umlaut as two characters.

    Examples
    --------
    >>> spelt("A01.TIF")
    'a01.tif'
    """
    return unicodedata.normalize("NFC", name).lower()


def _firsts(keyed: Mapping[PlaneKey, ListedImage], what: str) -> dict[tuple[str, int], Any]:
    """Take what the first image of each field says: the least time, the place of the first plane."""
    taken: dict[tuple[str, int], Any] = {}
    for key, image in sorted(keyed.items(), key=lambda pair: pair[0]):
        value = getattr(image, what)
        place = key.well, key.field
        if value is not None and (place not in taken or (what == "imaged_at" and value < taken[place])):
            taken[place] = value
    return taken
