"""GE/Cytiva IN Cell Analyzer: TIFFs named ``B - 03(fld 012 wv Blue - FITC).tif``, mostly beside an `.xdce`.

With the `.xdce`, what it lists is the plate and what it lists and is not there is missing. Without it, the
names alone say what there is, and the gaps between them what is missing.
"""

import contextlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from hcs_plates.errors import ArgumentError, ReaderError
from hcs_plates.readers.acquisition import Acquisition, PlaneFile, PlaneKey
from hcs_plates.readers.dimensions import acquisition_notes, check_places, never_acquired, ranks, renumbered
from hcs_plates.readers.headers import PlateHeaders, check_headers, damaged_planes, field_shapes
from hcs_plates.readers.incellnames import (
    contradictions,
    incell_name,
    listed_name,
    named_channels,
    own_numbers,
    taken_once,
)
from hcs_plates.readers.listed import spelt
from hcs_plates.readers.names import TIFF_SUFFIXES, gaps, list_tiffs, shown
from hcs_plates.readers.pages import PageOrder
from hcs_plates.readers.tiffs import finish
from hcs_plates.readers.xdce import Xdce, XdceImage, read_xdce
from hcs_plates.readers.xdcestage import (
    Direction,
    Point,
    differ_in_y,
    offset_direction,
    plate_direction,
    within_wells,
)
from hcs_plates.wells import smallest_format

_UP = (
    "The .xdce does not say which way y grows between the fields of a well; it is taken to grow up, as "
    "Bio-Formats takes it (--y-axis down says otherwise)."
)


def find_xdce(source: Path) -> Path | None:
    """Find the `.xdce` of a folder, or take the one given itself.

    Raises
    ------
    ReaderError
        The folder holds several.
    """
    if source.is_file():
        return source if source.suffix.lower() == ".xdce" else None
    found = sorted(
        path for path in source.iterdir() if path.suffix.lower() == ".xdce" and path.name[0] != "."
    )
    if len(found) > 1:
        raise ReaderError(
            source,
            f"holds {len(found)} .xdce files ({shown([path.name for path in found])}); "
            "give the path of the one that describes the plate",
        )
    return found[0] if found else None


def is_incell(source: Path) -> str:
    """Say which `.xdce` it is or holds, or which TIFF is named as an IN Cell Analyzer does."""
    if source.is_file():
        return source.name if source.suffix.lower() == ".xdce" else ""
    found = [path for path in source.iterdir() if path.suffix.lower() == ".xdce" and path.name[0] != "."]
    named = found or [path for path in list_tiffs(source) if incell_name(path) is not None]
    return min(path.name for path in named) if named else ""


def scan_incell(source: Path, *, pages: PageOrder | None = None) -> Acquisition:
    """Scan an IN Cell Analyzer's export.

    Parameters
    ----------
    source
        Its folder, or the `.xdce` in it.
    pages
        Without an `.xdce`: what the pages of TIFFs with several images run over.

    Raises
    ------
    ReaderError
        A damaged `.xdce`, one of whose files not one is there, two files for one plane, or files of mixed
        shape or type.
    """
    xdce_path = find_xdce(source)
    if xdce_path is None:
        return _scan_names(source, pages)
    if pages is not None:
        raise ArgumentError(f"{xdce_path.name} lists one image a file; leave out --pages.")
    return _scan_listed(source, read_xdce(xdce_path))


def _scan_names(source: Path, pages: PageOrder | None) -> Acquisition:
    """Scan a folder that lost its `.xdce`."""
    paths = list_tiffs(source)
    read = {path: incell_name(path) for path in paths}
    files = [file for file in read.values() if file is not None]
    if not files:
        raise ReaderError(
            source, "holds neither a .xdce file nor TIFFs named like 'B - 03(fld 1 wv Blue - FITC).tif'"
        )
    others = [path.name for path, file in read.items() if file is None]
    notes = ["There is no .xdce file: planes are known by their names alone, without positions or optics."]
    if others:
        notes.append(
            f"{len(others)} TIFF files are not named as an IN Cell's and are left out: {shown(others)}."
        )
    try:
        smallest_format(file.well for file in files)
    except ValueError as error:
        raise ReaderError(source, str(error)) from error
    notes += _elsewhere(source, {source})
    return finish(source, "incell", files, notes=notes, pages=pages, whole_fields=True)


def _scan_listed(source: Path, xdce: Xdce) -> Acquisition:
    """Scan what a `.xdce` lists."""
    folder = xdce.path.parent
    images, notes = taken_once(xdce)
    if faults := contradictions(xdce, images):
        raise ReaderError(xdce.path, faults)
    waves = named_channels(xdce, images)
    names = [channel.name for channel in waves.values()]
    order = {wave: index for index, wave in enumerate(waves)}
    times, steps = (
        ranks(image.time_index for image in images),
        ranks(image.z_index for image in images),
    )
    keyed, other_numbers = _keys(xdce, images, order, times, steps)
    stage = _stage(xdce, keyed)
    check_places(xdce.path, keyed, len(order), len(times), len(steps))
    there = _files_there(folder, keyed.values())
    planes = {
        key: PlaneFile(there[image.filename]) for key, image in keyed.items() if image.filename in there
    }
    absent = {
        key: f"{image.filename}: the .xdce lists this file and {_why_absent(folder, image.filename)}"
        for key, image in keyed.items()
        if image.filename not in there and image.well not in xdce.excluded
    }
    if not planes:
        raise ReaderError(xdce.path, _nothing_there(folder, list(keyed.values())))
    headers = check_headers(folder, [file.path for file in planes.values()], whole=True)
    unlisted = gaps([*planes, *absent], "the .xdce does not list this plane, though other fields have it")
    never = never_acquired([*planes, *absent], len(names), len(times), len(steps))
    missing = unlisted | absent | damaged_planes(planes, headers)
    notes += [
        *other_numbers,
        *renumbered("Time points", own_numbers(images, times, "time")),
        *renumbered("Steps in z", own_numbers(images, steps, "z")),
        *acquisition_notes(never, names, len(times), len(steps)),
    ]
    return Acquisition(
        name=xdce.path.stem,
        reader="incell",
        source=source,
        format=xdce.format,
        channels=tuple(waves.values()),
        planes={key: file for key, file in sorted(planes.items()) if key not in missing},
        missing=dict(sorted(missing.items())),
        shape=headers.shape,
        shapes=field_shapes(source, planes, headers),
        dtype=headers.dtype,
        n_times=len(times),
        n_z=len(steps),
        format_stated=xdce.format_stated,
        never_acquired=never,
        pixel_size_um=xdce.pixel_size_um or headers.pixel_size_um,
        z_step_um=(xdce.z_step_um or headers.z_step_um) if len(steps) > 1 else None,
        instrument=xdce.instrument,
        objective=xdce.objective,
        positions_um=stage.positions,
        y_axis=stage.y_axis,
        imaged_at=_moments(keyed),
        notes=(*notes, *stage.notes, *xdce.notes, *_notes(xdce, headers, there)),
    )


def _why_absent(folder: Path, filename: str) -> str:
    """Say of a listed image that was not found whether it is there in another format."""
    place = folder / filename
    # A listed name may be longer than any that a file can have.
    with contextlib.suppress(OSError):
        if place.suffix.lower() not in TIFF_SUFFIXES and place.is_file():
            return f"it is a {place.suffix or 'nameless'} file, which hcs does not read; export it as TIFF"
    return "it is not there"


def _nothing_there(folder: Path, images: Sequence[XdceImage]) -> str:
    """Say why not one of the listed images can be read."""
    others = [
        image.filename for image in images if "hcs does not read" in _why_absent(folder, image.filename)
    ]
    if others:
        return (
            f"{len(others)} of the {len(images)} images it lists are there, but as {Path(others[0]).suffix} "
            f"files (for example {others[0]!r}), which hcs does not read; export the images as TIFF"
        )
    return (
        f"none of the {len(images)} images it lists is in its folder (for example "
        f"{images[0].filename!r}); keep the .xdce beside its TIFFs"
    )


def _keys(
    xdce: Xdce,
    images: Iterable[XdceImage],
    order: Mapping[int, int],
    times: Mapping[int, int],
    steps: Mapping[int, int],
) -> tuple[dict[PlaneKey, XdceImage], list[str]]:
    """Give every listed image its key; the field is the number its file name shows."""
    claims: dict[PlaneKey, list[XdceImage]] = defaultdict(list)
    other_numbers = []
    for image in images:
        named = listed_name(image.filename)
        number = image.field_index + 1 if named is None else named.field
        if number != image.field_index + 1:
            other_numbers.append(image.filename)
        place = (order[image.wave_index], times[image.time_index], steps[image.z_index])
        claims[PlaneKey(image.well, number, *place)].append(image)
    faults = [
        f"well {key.well}, field {key.field}, channel {key.channel + 1}, time {key.time}, z {key.z} "
        f"is listed {len(same)} times: {' and '.join(image.filename for image in same)}"
        for key, same in claims.items()
        if len(same) > 1
    ]
    if faults:
        raise ReaderError(xdce.path, faults)
    notes = []
    if other_numbers:
        notes.append(
            f"{len(other_numbers)} file names show another field number than field_index + 1 in the .xdce "
            f"({shown(other_numbers)}); the number in the name is used."
        )
    return {key: same[0] for key, same in claims.items()}, notes


@dataclass(frozen=True)
class _Stage:
    """Positions (x, y) of fields within their wells, µm, the direction of y, and what was assumed."""

    positions: Mapping[tuple[str, int], Point]
    y_axis: Direction | None
    notes: tuple[str, ...] = ()


def _stage(xdce: Xdce, keyed: Mapping[PlaneKey, XdceImage]) -> _Stage:
    """Place the fields within their wells: by offsets that all wells share, else by places on the plate."""
    firsts: dict[tuple[str, int], XdceImage] = {}
    for key, image in keyed.items():
        firsts.setdefault((key.well, key.field), image)
    on_plate = {place: image.plate_um for place, image in firsts.items() if image.plate_um is not None}
    if not xdce.offsets_um:
        return _Stage(within_wells(on_plate), plate_direction(on_plate))
    positions = {
        place: xdce.offsets_um[image.field_index]
        for place, image in firsts.items()
        if image.field_index in xdce.offsets_um
    }
    by_index = {
        (image.well, image.field_index): image.plate_um for image in firsts.values() if image.plate_um
    }
    found = offset_direction(xdce.offsets_um, by_index)
    if found is not None or not differ_in_y(list(positions.values())):
        return _Stage(positions, found)
    return _Stage(positions, "up", (_UP,))


def _moments(keyed: Mapping[PlaneKey, XdceImage]) -> dict[tuple[str, int], str]:
    """Find when the first plane of each field was imaged."""
    found: dict[tuple[str, int], str] = {}
    for key, image in keyed.items():
        if image.imaged_at is not None:
            place = (key.well, key.field)
            found[place] = min(image.imaged_at, found.get(place, image.imaged_at))
    return found


def _files_there(folder: Path, images: Iterable[XdceImage]) -> dict[str, Path]:
    """Find the listed files; that a copy changed the case of names, or how umlauts are kept, is forgiven."""
    by_name = {spelt(path.relative_to(folder).as_posix()): path for path in list_tiffs(folder, below=True)}
    names = {image.filename for image in images}
    return {name: by_name[spelt(name)] for name in names if spelt(name) in by_name}


def _notes(xdce: Xdce, headers: PlateHeaders, there: Mapping[str, Path]) -> list[str]:
    """Say where the `.xdce`, the folder and the images disagree, and which wells were not acquired."""
    notes = []
    listed = {spelt(image.filename) for image in xdce.images} | {spelt(name) for name in xdce.thumbnails}
    folder = xdce.path.parent
    places = {folder} | {path.parent for path in there.values()}
    others = sorted(
        path.name
        for place in places
        for path in list_tiffs(place)
        if incell_name(path) is not None and spelt(path.relative_to(folder).as_posix()) not in listed
    )
    if others:
        notes.append(f"{len(others)} images are not listed in the .xdce and are left out: {shown(others)}.")
    notes += _elsewhere(folder, places)
    if xdce.corrected:
        notes.append("The instrument corrected the images by its own flat field (apply_ffc in the .xdce).")
    counted = any(image.imaged_at and not image.imaged_at.endswith("+00:00") for image in xdce.images)
    if xdce.created is not None and counted:
        notes.append(f"Times of the images count from the creation of the .xdce, {xdce.created.isoformat()}.")
    if xdce.excluded:
        notes.append(f"{len(xdce.excluded)} wells were excluded at acquisition: {shown(xdce.excluded)}.")
    imaged = sorted({image.well for image in xdce.images} & set(xdce.excluded))
    if imaged:
        notes.append(
            f"Images are listed for excluded wells all the same ({shown(imaged)}); those there are kept."
        )
    if xdce.stated_images is not None and xdce.stated_images != len(xdce.images):
        notes.append(f"The .xdce lists {len(xdce.images)} images where it states {xdce.stated_images}.")
    if xdce.size is not None and xdce.size != headers.shape:
        notes.append(
            f"The .xdce states images of {xdce.size[0]} × {xdce.size[1]}; "
            f"they are {headers.shape[0]} × {headers.shape[1]}, which is used."
        )
    return notes


def _elsewhere(folder: Path, places: Collection[Path]) -> list[str]:
    """Say that folders below hold TIFFs and no image of the plate: flat fields, other runs."""
    others = [path for path in list_tiffs(folder, below=True) if path.parent not in places]
    if not others:
        return []
    names = sorted({path.parent.relative_to(folder).as_posix() for path in others})
    return [
        f"{len(others)} TIFF files in folders without an image of the plate are left out ({shown(names)}); "
        "flat fields among them are not applied."
    ]
