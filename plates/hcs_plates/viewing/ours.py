"""Plates of hcs for viewing: regions by chunk, held against what the plate says of its fields."""

from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from hcs_plates.ngff import channel_colour
from hcs_plates.others.planes import Pixels, Region, read_region
from hcs_plates.plate import Plate, open_plate
from hcs_plates.proof import plane_sums, reading
from hcs_plates.storedfield import REMEDY, StoredField, field_path, stored_field
from hcs_plates.viewing.records import FieldImage, Opened, ViewedLevel


def open_ours(path: Path) -> Opened:
    """Open a plate that hcs wrote.

    Raises
    ------
    NotThereError, StoreError
        As `hcs_plates.plate.open_plate`.
    """
    plate = open_plate(path)
    spec = plate.spec
    missing: dict[tuple[str, int], set[tuple[int, int, int]]] = defaultdict(set)
    for key in spec.missing:
        missing[key.well, key.field].add((key.channel, key.time, key.z))
    return Opened(
        name=plate.name,
        path=plate.path,
        version="0.5",
        format=spec.format,
        wells=plate.wells,
        fields=spec.fields,
        open_field=lambda well, number: _field(plate, well, int(number), missing[well, int(number)]),
        notices=(
            *spec.notices,
            *spec.made.told(),
            *spec.map_notices,
            *filter(None, (spec.shapes_told, spec.guess, spec.coding)),
        ),
        plate=plate,
    )


def _field(plate: Plate, well: str, number: int, missing: set[tuple[int, int, int]]) -> FieldImage:
    spec, layout = plate.spec, plate.spec.layout_of(well, number)
    stored = stored_field(plate.path, spec, well, number)
    with reading(plate.path, stored.name, REMEDY):
        shown = stored.document()["ome"]["omero"]["channels"]
        windows = [channel["window"] for _, channel in zip(spec.channels, shown, strict=True)]
        ranges = tuple((float(window["start"]), float(window["end"])) for window in windows)
    chunks = [layout.chunks(level)[-2:] for level in range(len(layout.plane_shapes))]
    return FieldImage(
        dtype=layout.dtype,
        n_times=layout.n_times,
        n_z=layout.n_z,
        names=spec.channel_names,
        colours=tuple(channel_colour(channel, place) for place, channel in enumerate(spec.channels)),
        levels=tuple(
            ViewedLevel(*shape, *chunk) for shape, chunk in zip(layout.plane_shapes, chunks, strict=True)
        ),
        read=StoredRegions(stored),
        pixel_size_um=spec.pixel_size_um,
        missing=frozenset(missing) | {(step.channel, step.time, step.z) for step in spec.never_acquired},
        ranges=ranges,
    )


class StoredRegions:
    """Regions of one field of a plate of hcs; each level's array is opened once.

    What a region proves: the field's own document is the one that the plate's description has the digest of
    (at each call: a field that was exchanged for another is found out); each chunk, and the shard's index,
    is as its CRC32C says; the shard is there, unless all of it is zero. A region that is a whole plane, as
    those of small levels are, is held against the plane's sum as well. What it does not prove: that a shard
    alone, put in the place of another field's, is this field's. That takes whole planes, as
    `StoredField.read` takes them.

    Plates of format 1 have neither sums nor CRC32C: the first region of a field reads all of it once and
    holds it against its digest, and nothing proves its smaller levels.

    Parameters
    ----------
    stored
        The field.
    """

    def __init__(self, stored: StoredField) -> None:
        self.stored = stored
        self._arrays: dict[int, Any] = {}
        self._is_proved = False

    def __call__(self, level: int, region: Region) -> Pixels:
        """Read a region of a level.

        Raises
        ------
        StoreError
            The stored bytes are damaged, gone or another field's.
        """
        stored, layout = self.stored, self.stored.layout
        with reading(stored.plate, stored.name, REMEDY):
            sums = stored.sums()
            if sums is None and not self._is_proved:
                stored.read()
                self._is_proved = True
            if not self._shard_is_there(level) and stored.read(level).any():
                raise stored.refused(level)
            if level not in self._arrays:
                self._arrays[level] = stored.array(level)
            array = self._arrays[level]
            height, width = layout.plane_shapes[level]
            if sums is None or (region.rows, region.columns) != (slice(0, height), slice(0, width)):
                return read_region(array, layout.axes, region)
            return self._whole_planes(array, level, region, sums[level])

    def _whole_planes(self, array: Any, level: int, region: Region, sums: list[str]) -> Pixels:
        """Read planes one step in z after the other, each held against its sum."""
        layout = self.stored.layout
        kept = np.array(sums).reshape(layout.n_times, layout.n_channels, layout.n_z)
        folded = np.zeros(0, layout.dtype)
        for place, step in enumerate(region.steps):
            planes = read_region(array, layout.axes, replace(region, steps=(step,)))
            if plane_sums(planes) != kept[region.time, list(region.channels), step].tolist():
                raise self.stored.refused(level)
            folded = planes if place == 0 else np.maximum(folded, planes)
        return folded

    def _shard_is_there(self, level: int) -> bool:
        stored = self.stored
        place = field_path(stored.well, stored.number), str(level), "c", *"0" * len(stored.layout.axes)
        shard = stored.plate.joinpath(*place)
        return shard.is_file() and shard.stat().st_size > 0
