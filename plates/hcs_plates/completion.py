"""Completing a plate whose planes were missing: what it has is kept, only fields with gaps are read again.

The completed plate is made beside the old one and takes its place when it is whole, as any plate does. Fields
that are kept are linked, not copied, where the file system can.
"""

import contextlib
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.description import PlateSpec
from hcs_plates.errors import ReaderError
from hcs_plates.plate import Plate, open_plate
from hcs_plates.readers.acquisition import PlaneKey, Step
from hcs_plates.storedfield import METADATA, field_path

FieldKey = tuple[str, int]


@dataclass(frozen=True)
class StoredPlanes:
    """What the plate has of one field.

    Parameters
    ----------
    plate
        The plate's folder.
    well, number
        The field.
    checksum
        Of its pixels.
    planes
        Those that are not missing.
    kept
        Whether the field is kept as it is; else it is read again, and what was there must be the same.
    """

    plate: Path
    well: str
    number: int
    checksum: str
    planes: tuple[PlaneKey, ...]
    kept: bool

    def link_into(self, staged: Path) -> None:
        """Give the field to another plate of the same layout: its pixels, and the documents with them.

        A plate of format 1 has other codecs, and a field's sums stand in its own document.
        """
        shutil.copytree(
            self.plate / field_path(self.well, self.number),
            staged / field_path(self.well, self.number),
            copy_function=_link,
            dirs_exist_ok=True,
        )

    def check_same(self, read: npt.NDArray[Any]) -> None:
        """Hold what was read again, (time, channel, z, y, x), against what is stored.

        Raises
        ------
        ReaderError
            A plane that the plate has is another one in the export.
        """
        stored = open_plate(self.plate)[self.well][self.number].read().reshape(read.shape)
        for key in self.planes:
            place = (key.time, key.channel, key.z)
            if not np.array_equal(stored[place], read[place]):
                raise ReaderError(
                    self.plate,
                    f"field {self.well}/{self.number} has other pixels than this export; it was made from "
                    "another one, or from files that were changed since: ingest it anew with --overwrite",
                )


def _link(source: str, target: str) -> None:
    """Link pixels, which nobody writes into; copy documents, and what the file system cannot link."""
    Path(target).unlink(missing_ok=True)
    if Path(source).name != METADATA:
        with contextlib.suppress(OSError):
            os.link(source, target)
            return
    shutil.copy2(source, target)


def completed(plate: Plate, found: PlateSpec) -> tuple[PlateSpec, Mapping[FieldKey, StoredPlanes]]:
    """Plan a plate's completion by what its export holds now.

    Parameters
    ----------
    plate
        The plate as it stands.
    found
        What it would be if its export were ingested now.

    Returns
    -------
    spec
        What it will be; the plate's own description where no plane that was missing has come.
    stored
        What the plate has, by field.

    Raises
    ------
    ReaderError
        The export is not that of the plate.
    """
    _check_same_export(plate, found)
    old = plate.spec
    gaps = {(key.well, key.field) for key in old.missing if key not in found.missing}
    came = {field for field in gaps if field[1] in found.fields.get(field[0], ())}
    if not came:
        return old, {}
    lost = [key for key in found.missing if (key.well, key.field) in came and key not in old.missing]
    if lost:
        raise ReaderError(
            plate.path,
            f"{len(lost)} planes that it has are missing from the export now (such as well {lost[0].well}, "
            f"field {lost[0].field}, channel {old.channel_names[lost[0].channel]}); bring them back first",
        )
    fields: dict[str, set[int]] = {well: set(numbers) for well, numbers in old.fields.items()}
    for well, number in came:
        fields.setdefault(well, set()).add(number)
    missing = {
        key: reason
        for source, again in ((old.missing, False), (found.missing, True))
        for key, reason in source.items()
        if ((key.well, key.field) in came) is again
    }
    ordered = {well: tuple(sorted(fields[well])) for well in sorted(fields, key=old.format.parse)}
    spec = replace(
        found,
        format=old.format,
        fields=ordered,
        missing=missing,
        shapes={**old.shapes, **found.shapes},
        imaged_at={**old.imaged_at, **found.imaged_at},
    )
    return spec, {
        (well, number): _stored(plate, well, number, kept=(well, number) not in came)
        for well, numbers in old.fields.items()
        for number in numbers
    }


def _stored(plate: Plate, well: str, number: int, *, kept: bool) -> StoredPlanes:
    layout = plate.spec.layout
    planes = [
        PlaneKey(well, number, channel, time, step)
        for channel in range(layout.n_channels)
        for time in range(layout.n_times)
        for step in range(layout.n_z)
    ]
    never = plate.spec.never_acquired
    there = tuple(key for key in planes if key not in plate.spec.missing and Step(*key[2:]) not in never)
    checksum = plate.spec.checksums[f"{well}/{number}"]
    return StoredPlanes(plate.path.absolute(), well, number, checksum, there, kept)


def _check_same_export(plate: Plate, found: PlateSpec) -> None:
    """Refuse an export that would make another plate."""
    old = plate.spec
    known = {(key.well, key.field) for key in old.missing} | {
        (well, number) for well, numbers in old.fields.items() for number in numbers
    }
    others = [f"{well}/{number}" for well, numbers in found.fields.items() for number in numbers]
    strange = [name for name in others if (name.split("/")[0], int(name.split("/")[1])) not in known]
    pairs = {
        "name": (old.name, found.name),
        "channels": (", ".join(old.channel_names), ", ".join(found.channel_names)),
        "sizes": (str(old.layout), str(found.layout)),
        "pixel size": (str(old.pixel_size_um), str(found.pixel_size_um)),
    }
    faults = [
        f"its {what} would be {new}, and the plate has {had}; it is another export, or was read otherwise "
        "(--name, --channels, --pattern)"
        for what, (had, new) in pairs.items()
        if had != new
    ]
    faults += [
        f"field {well}/{number} would have another shape"
        for well, numbers in old.fields.items()
        for number in set(numbers) & set(found.fields.get(well, ()))
        if found.layout_of(well, number) != old.layout_of(well, number)
    ]
    if old.made.is_other or found.made.is_other or old.made.times != found.made.times:
        faults.append(
            "its planes were projected, corrected, stitched or chosen by time, or would be now, so what is "
            "there cannot be held against the export; ingest it anew with --overwrite"
        )
    if found.never_acquired != old.never_acquired:
        faults.append(
            "its channels were acquired at other time points or steps in z than the plate knows; ingest it "
            "anew with --overwrite"
        )
    if strange:
        faults.append(
            f"it holds fields that the plate knows nothing of ({', '.join(strange[:3])}); ingest it anew "
            "with --overwrite"
        )
    if faults:
        raise ReaderError(plate.path, [f"cannot be completed from this export: {fault}" for fault in faults])
