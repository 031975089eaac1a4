"""Plates for tools that read OME-Zarr 0.4 alone: copies in Zarr v2, one file a chunk.

Documents are those of the plate (`hcs_plates.ngff`) as the specification of 0.4 has them ("plate", "well",
"multiscales", "omero", "labels"); pixels are those of every stored level, proved as they are read, and so are
those of the labels that hcs stored.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs_plates.csvcells import csv_text
from hcs_plates.ngff import image_attributes, placed, plate_attributes, shown_range, well_attributes
from hcs_plates.plate import Plate
from hcs_plates.proof import LEVEL
from hcs_plates.readers.acquisition import missing_rows, step_rows
from hcs_plates.shards import compressed, cut
from hcs_plates.staging import Kind, Place
from hcs_plates.storedfield import StoredField, field_path
from hcs_plates.storedlabels import FOLDER, ORIGIN, StoredLabel, label_layout, stored_labels, without_channels
from hcs_plates.units import Output, Progress, Unit, digest, run_units, write_json

COPY = Kind("an exported plate", ".zattrs", ("hcs",), r"[A-Z]{1,2}|.*\.csv|\..*")
VERSION = "0.4"
WELLS = "wells.csv"


@dataclass(frozen=True)
class _Work:
    """Payload of one unit: a field, the place and attributes of its copy, and its labels."""

    out: Path
    field: StoredField
    attributes: dict[str, Any]
    labels: tuple[StoredLabel, ...]


def export_ome_zarr_04(  # noqa: PLR0913 – where and how it runs stands beside what is made
    plate: Plate,
    out: Path | str,
    *,
    labels: Iterable[StoredLabel] | None = None,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Copy a plate as OME-Zarr 0.4 (Zarr v2), every level and label, with its wells table as ``wells.csv``.

    A copy of the same plate that stands at `out` stays; a run that was killed goes on where it was. What is
    missing or was never acquired is zeros there, as in the plate, and is listed under ``hcs`` of the plate's
    attributes.

    Parameters
    ----------
    plate
        Of hcs or of another tool.
    out
        The folder to make, such as ``P1.zarr``.
    labels
        Label images to copy; all that hcs stored in the plate if None. Each copy keeps the digest of the
        measurements it belongs to, under ``hcs`` of its attributes.
    overwrite
        Replace another copy that stands there, once the new one is whole.
    client, workers, progress
        As in `hcs_plates.units.run_units`.

    Raises
    ------
    ExistsError, StoreError
        The place is taken; a field or a label image cannot be read.
    """
    place = Place(out, COPY, overwrite=overwrite)
    wells = [list(column) for column in plate.spec.wells.astype(str).to_numpy()]
    copied = stored_labels(plate) if labels is None else list(labels)
    told = [[one.path, one.attributes] for one in copied]
    of_field: dict[tuple[str, int], list[StoredLabel]] = {}
    for one in copied:
        of_field.setdefault((one.well, one.number), []).append(one)
    plan = digest(VERSION, plate.name, plate.digest, wells, *([told] if told else []))
    if _standing(place.final) == plan:
        place.tidy(plan)
        return place.final
    place.check()
    with place.claim():
        staged = place.start(plan, partial(_allocate, plate=plate, plan=plan))
        units = [
            Unit(
                f"{well}-{number}",
                digest(plan, well, number),
                _Work(
                    staged,
                    plate[well][number].stored,
                    attributes,
                    tuple(of_field.get((well, number), ())),
                ),
            )
            for (well, number), attributes in _fields(plate).items()
        ]
        summary = run_units(_copy, units, place.receipts, client=client, workers=workers, progress=progress)
        summary.check()
        place.publish()
    return place.final


def _standing(path: Path) -> str | None:
    """Plan of the copy that stands there, None where there is none."""
    try:
        return str(json.loads((path / ".zattrs").read_bytes())["hcs"]["plan"])
    except (OSError, ValueError, LookupError, TypeError):
        return None


def _group(folder: Path, attributes: Mapping[str, Any] | None = None) -> None:
    """Write the documents of a group (Zarr v2 specification, "Groups")."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / ".zgroup").write_text('{"zarr_format": 2}')
    if attributes is not None:
        write_json(folder / ".zattrs", attributes, indent=None)


def _allocate(staged: Path, plate: Plate, plan: str) -> None:
    """Write the documents of the plate and its wells."""
    spec = plate.spec
    ours = {
        "plan": plan,
        "digest": plate.digest,
        "missing": missing_rows(spec.missing, spec.channels),
        "never_acquired": step_rows(spec.never_acquired, spec.channels),
        "notes": plate.info()["notes"],
    }
    described = plate_attributes(spec.name, spec.format, spec.fields)["plate"]
    _group(staged, {"plate": {**described, "version": VERSION}, "hcs": ours})
    for well, numbers in spec.fields.items():
        row, column, _ = field_path(well, 0).split("/")
        _group(staged / row)
        _group(staged / row / column, {"well": {**well_attributes(numbers)["well"], "version": VERSION}})
    (staged / WELLS).write_text(csv_text(plate.wells), encoding="utf-8")


def _fields(plate: Plate) -> dict[tuple[str, int], dict[str, Any]]:
    """Attributes of every field, as 0.5 has them."""
    spec = plate.spec
    found = {}
    for well, numbers in spec.fields.items():
        for number in numbers:
            layout = spec.layout_of(well, number)
            ome = image_attributes(layout, spec.channels, spec.pixel_size_um, spec.z_step_um)
            corner = spec.corner_of(well, number)
            found[well, number] = ome if corner is None else placed(ome, corner)
    return found


def _copy(work: _Work) -> Output:
    """Copy every level of a field, and its labels."""
    field, layout = work.field, work.field.layout
    group = work.out / field_path(field.well, field.number)
    ranges: list[tuple[int, int]] = []
    for level in range(len(layout.plane_shapes)):
        pixels = field.read(level)
        if level == 0:
            channels = np.moveaxis(pixels, layout.axes.index("c"), 0)
            ranges = [(int(one.min()), int(one.max())) for one in channels]
        _write_array(group / str(level), layout.chunks(level), pixels)
    attributes = {"ome": work.attributes}
    shown_range(attributes, ranges)
    ome = attributes["ome"]
    multiscales = [{**one, "version": VERSION} for one in ome["multiscales"]]
    _group(group, {"multiscales": multiscales, "omero": {**ome["omero"], "version": VERSION}})
    if work.labels:
        _group(group / FOLDER, {"labels": [one.name for one in work.labels]})
    for label in work.labels:
        _copy_label(group / FOLDER / label.name, label)
    return {"checksum": digest(ranges)}


def _copy_label(group: Path, label: StoredLabel) -> None:
    """Copy every level of a label image (specification of NGFF 0.4, "labels")."""
    ome = label.attributes["ome"]
    for level, pixels in enumerate(label.read()):
        _write_array(group / str(level), without_channels(label_layout(label.layout).chunks(level)), pixels)
    multiscales = [{**one, "version": VERSION} for one in ome["multiscales"]]
    described = {**ome["image-label"], "version": VERSION}
    own = label.attributes[ORIGIN]
    _group(group, {"multiscales": multiscales, "image-label": described, ORIGIN: own})


def _write_array(folder: Path, chunks: tuple[int, ...], pixels: npt.NDArray[Any]) -> None:
    """Write an array of Zarr v2, chunks nested; those of zeros are its fill value and are not stored."""
    folder.mkdir(parents=True, exist_ok=True)
    shuffle = 0 if pixels.dtype.itemsize == 1 else 1
    document = {
        "zarr_format": 2,
        "shape": list(pixels.shape),
        "chunks": list(chunks),
        "dtype": pixels.dtype.newbyteorder("<").str,
        "compressor": {"id": "blosc", "cname": "zstd", "clevel": LEVEL, "shuffle": shuffle, "blocksize": 0},
        "fill_value": 0,
        "order": "C",
        "filters": None,
        "dimension_separator": "/",
    }
    height, width = chunks[-2:]
    rows, columns = (-(-size // side) for size, side in zip(pixels.shape[-2:], (height, width), strict=True))
    for planes in np.ndindex(pixels.shape[:-2]):
        for row, column in product(range(rows), range(columns)):
            chunk = cut(pixels[planes], row * height, column * width, height, width)
            if not chunk.any():
                continue
            file = folder.joinpath(*map(str, (*planes, row, column)))
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(compressed(chunk))
    write_json(folder / ".zarray", document, indent=None)
