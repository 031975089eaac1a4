"""A plate of another tool described as plates of hcs are, from its own metadata alone."""

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from hcs_plates.description import LARGEST_SIDE, PlateSpec
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.ngff import FieldLayout
from hcs_plates.others.field import OtherField
from hcs_plates.others.finding import FoundPlate, find_plate, sentences
from hcs_plates.others.kinds import FieldKind, Kinds
from hcs_plates.platemap import blank_wells
from hcs_plates.readers.acquisition import Channel, PlaneKey

EXPECTED = "hcs opens plates of OME-Zarr 0.4 and 0.5, and `hcs ingest` makes one of an export"
READER = "OME-Zarr"
_SHOWN = 4


@dataclass(frozen=True)
class OtherPlace:
    """Where a field of a plate of another tool is, and what it is.

    Parameters
    ----------
    group
        Its path below the plate.
    kind
        What it is.
    layout
        Its sizes as the plate's other fields have them.
    places
        For each channel of the plate, its place in the field; -1 where the field lacks it.
    acquisition
        The acquisition that it is of, None where the plate names none.
    sums
        CRC32C of each full-resolution plane, where the plate was adopted.
    """

    group: str
    kind: FieldKind
    layout: FieldLayout
    places: tuple[int, ...]
    acquisition: str | None
    sums: tuple[str, ...] = ()


@dataclass(frozen=True)
class OtherFields:
    """Where the fields of a plate of another tool are.

    Parameters
    ----------
    version
        ``"0.4"`` or ``"0.5"``.
    places
        By well and number.
    absent
        Wells and fields that are listed and not there, by their paths below the plate.
    left_out
        Why fields that are there cannot be opened, a sentence each.
    """

    version: str
    places: Mapping[tuple[str, int], OtherPlace]
    absent: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()

    def layout_of(self, well: str, number: int) -> FieldLayout:
        """Layout of one field."""
        return self.places[well, number].layout

    def stored(self, plate: Path, well: str, number: int, digest: str | None) -> OtherField:
        """Take one field."""
        place = self.places[well, number]
        return OtherField(
            plate=plate,
            layout=place.layout,
            well=well,
            number=number,
            digest=digest,
            group=place.group,
            version=self.version,
            kind=place.kind,
            places=place.places,
            kept_sums=place.sums,
        )

    def acquisitions(self) -> dict[tuple[str, int], str]:
        """Acquisition of each field that names one; empty where all fields are of the same, or of none."""
        told = {key: place.acquisition for key, place in self.places.items()}
        named = {key: one for key, one in told.items() if one is not None}
        return named if len(set(told.values())) > 1 else {}

    def stamps(self, plate: Path) -> list[list[Any]]:
        """Sizes and times of change of the files of each field's largest level, in order of their names.

        What a plate that was not adopted is known by: no pixel is read for it.
        """
        return [self.stamp(plate, *key) for key in self.places]

    def stamp(self, plate: Path, well: str, number: int) -> list[Any]:
        """Sizes and times of change of the files of one field's largest level, after its path."""
        place = self.places[well, number]
        folder = plate / place.group / place.kind.paths[0]
        files = sorted(file for file in folder.rglob("*") if file.is_file())
        stats = [(file.relative_to(folder).as_posix(), file.stat()) for file in files]
        return [place.group, *([name, stat.st_size, stat.st_mtime_ns] for name, stat in stats)]


def describe_other(path: Path) -> PlateSpec:
    """Describe a plate of another tool; no pixel is read.

    Raises
    ------
    NotThereError, StoreError
        Nothing there, no plate, or one of which nothing can be opened; every fault found.
    UnreachableError
        A disk or a share that fails.
    """
    found = find_plate(path, EXPECTED)
    kinds, left_out, said = _kinds(found)
    numbers, told = _numbers(found, kinds)
    channels = _channels(kinds)
    names = [channel.name for channel in channels]
    usual = _usual(kinds, names)
    places: dict[tuple[str, int], OtherPlace] = {}
    missing: dict[PlaneKey, str] = {}
    for (well, key), kind in kinds.items():
        number = numbers[well, key]
        at = tuple(kind.names.index(name) if name in kind.names else -1 for name in names)
        height, width = kind.shapes[0]
        layout = replace(usual, height=height, width=width, levels=kind.shapes, factors=kind.factors)
        acquired = found.fields[well][key].acquisition
        acquisition = (
            None if acquired is None else found.plate.acquisitions.get(acquired, f"acquisition {acquired}")
        )
        places[well, number] = OtherPlace(found.group(well, key), kind, layout, at, acquisition)
        missing |= _missing(well, number, kind, at, usual)
    fields: dict[str, list[int]] = defaultdict(list)
    for well, number in places:
        fields[well].append(number)
    ordered = {well: tuple(sorted(fields[well])) for well in sorted(fields, key=found.plate.format.parse)}
    unnamed = sum(place.acquisition is None for place in places.values())
    if 0 < unnamed < len(places):
        told.append(f"{unnamed} of {len(places)} fields name no acquisition; others do")
    sizes = {kind.pixel_size_um for kind in kinds.values()}
    if len(sizes) > 1:
        told.append(f"its fields state {len(sizes)} pixel sizes; none is taken")
    try:
        return PlateSpec(
            name=found.name,
            format=found.plate.format,
            channels=channels,
            layout=usual,
            fields=ordered,
            wells=blank_wells(found.name, found.plate.format, ordered),
            missing=missing,
            format_stated=found.plate.format_stated,
            pixel_size_um=sizes.pop() if len(sizes) == 1 else None,
            reader=f"{READER} {found.documents.version}",
            source=found.root.name,
            shapes={
                key: (place.layout.height, place.layout.width)
                for key, place in places.items()
                if (place.layout.height, place.layout.width) != (usual.height, usual.width)
            },
            notices=sentences([*found.faults, *left_out, *said, *told, *_types(kinds, usual)]),
            other=OtherFields(found.documents.version, places, found.absent, tuple(left_out)),
        )
    except ArgumentError as error:
        raise StoreError(path, error.message) from error


def _kinds(found: FoundPlate) -> tuple[dict[tuple[str, str], FieldKind], list[str], list[str]]:
    """Open every field's documents; give why others are left out, and what is odd of those that open."""
    known = Kinds(found.documents)
    kinds: dict[tuple[str, str], FieldKind] = {}
    faults: list[str] = []
    notices: Counter[str] = Counter()
    for well, fields in found.fields.items():
        for key in fields:
            try:
                kind = known.of(found.group(well, key))
            except StoreError as error:
                faults += [f"field {well}/{key} is left out: {fault}" for fault in error.faults]
                continue
            if max(kind.shapes[0]) > LARGEST_SIDE:
                faults.append(f"field {well}/{key} is left out: no field is that large")
                continue
            kinds[well, key] = kind
            notices.update(kind.notices)
    if not kinds:
        raise StoreError(found.root, faults or ["none of its fields is there"])
    return kinds, faults, [f"{notice} ({count} fields)" for notice, count in notices.items()]


def _numbers(
    found: FoundPlate, kinds: Mapping[tuple[str, str], FieldKind]
) -> tuple[dict[tuple[str, str], int], list[str]]:
    """Give every field a number: the one that it is called by, or its place in the well where one is none."""
    keys = {key for _, key in kinds}
    if all(key.isdecimal() and str(int(key)) == key for key in keys):
        return {place: int(place[1]) for place in kinds}, []
    numbers = {
        (well, key): number
        for well, fields in found.fields.items()
        for number, key in enumerate(fields)
        if (well, key) in kinds
    }
    named = sorted(keys)[:_SHOWN]
    return numbers, [
        f"its fields have names and no numbers ({', '.join(named)}); they are numbered as listed"
    ]


def _channels(kinds: Mapping[tuple[str, str], FieldKind]) -> tuple[Channel, ...]:
    """All channels that any field has, in the order of the commonest kind."""
    usual = Counter(kind.names for kind in kinds.values()).most_common()
    return tuple(Channel(name) for name in dict.fromkeys(name for names, _ in usual for name in names))


def _usual(kinds: Mapping[tuple[str, str], FieldKind], names: list[str]) -> FieldLayout:
    """Layout of most fields, with as many times and steps in z as any has."""
    (shapes, _), _ = Counter((kind.shapes, kind.dtype) for kind in kinds.values()).most_common(1)[0]
    dtype = "uint8" if {kind.dtype for kind in kinds.values()} == {"uint8"} else "uint16"
    times, steps = (max(kind.sizes[axis] for kind in kinds.values()) for axis in (0, 2))
    return FieldLayout(times, len(names), steps, *shapes[0], dtype, shapes)


def _missing(
    well: str, number: int, kind: FieldKind, at: tuple[int, ...], usual: FieldLayout
) -> dict[PlaneKey, str]:
    """List the planes that other fields have and this one has not."""
    if min(at) >= 0 and kind.sizes[0] == usual.n_times and kind.sizes[2] == usual.n_z:
        return {}
    return {
        PlaneKey(well, number, channel, time, z): "the field has no such channel"
        if place < 0
        else "the field has fewer time points or steps in z"
        for channel, place in enumerate(at)
        for time in range(usual.n_times)
        for z in range(usual.n_z)
        if place < 0 or time >= kind.sizes[0] or z >= kind.sizes[2]
    }


def _types(kinds: Mapping[tuple[str, str], FieldKind], usual: FieldLayout) -> list[str]:
    """Say of pixels of another type than plates have that they are taken as 16-bit where they fit."""
    count = Counter(kind.dtype for kind in kinds.values() if np.dtype(kind.dtype) != np.dtype(usual.dtype))
    return [
        f"pixels of {number} of {len(kinds)} fields are {dtype}; they are read as {usual.dtype}, and a field "
        f"whose numbers no {usual.dtype} image has is refused when it is read"
        for dtype, number in sorted(count.items())
    ]
