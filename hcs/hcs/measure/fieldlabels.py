"""Label images: nuclei, somas and neurites stored in a plate as OME-Zarr 0.5 has them, for any viewer.

They lie in the field they were found in (``B/03/1/labels/nuclei``); the field's pixels, the plate's
description and its digest stay as they are. Nuclei and somas have the numbers of `cell` in the measured table
of cells; neurites those of their stretches between branching points, which have none.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.measure.again import differences, measure_again, measuring_spec
from hcs.measure.fields import MeasuredField
from hcs.measure.measured import Measurements, default_place
from hcs.measure.outlines import NEURITES, NUCLEI, SOMAS
from hcs.measure.overlay import NUCLEUS, SOMA, STRETCHES, stretch_colour
from hcs.measure.pictures import Labels
from hcs_plates.errors import ArgumentError, ExistsError, StoreError
from hcs_plates.files import remove
from hcs_plates.lock import Lock
from hcs_plates.members import Field
from hcs_plates.ngff import FieldLayout, image_attributes, placed
from hcs_plates.plate import Plate
from hcs_plates.shards import write_shard
from hcs_plates.store import level_document
from hcs_plates.storedfield import METADATA, field_path
from hcs_plates.storedlabels import FOLDER, ORIGIN, group_attributes, group_labels, label_layout, label_sum
from hcs_plates.units import Output, Progress, Unit, digest, run_units, write_json

RECEIPTS = ".labels"
NAMES = (NUCLEI, SOMAS, NEURITES)


@dataclass(frozen=True)
class _Work:
    """Payload of one unit: a field, what was measured on its plate, and its row of the table of fields."""

    field: Field
    measured: Measurements
    row: pd.Series
    corner: tuple[float, float] | None


def write_labels(
    plate: Plate,
    measured: Measurements | None = None,
    *,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> int:
    """Write label images of every measured field into a plate of hcs, at every level of the field.

    Those that hcs wrote before are replaced; those of fields that were not measured this time go. A run that
    was killed goes on where it was.

    Parameters
    ----------
    plate, measured
        The plate, and what `hcs measure` stored of it; what stands beside the plate if None.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a unit is a field.

    Returns
    -------
    int
        Number of fields that have label images now.

    Raises
    ------
    ArgumentError
        A plate of another tool.
    ExistsError
        Labels of these names, of another tool.
    StoreError
        A field in which other things are found now than when it was measured.
    """
    if plate.spec.other is not None:
        raise ArgumentError(
            f"{plate.path} is a plate of another tool, which hcs does not write into; ingest the "
            "instrument's export (hcs ingest) for labels, or draw overlays (hcs measure --overlay)."
        )
    if measured is None:
        measured = Measurements.open(default_place(plate))
    measured.check(plate)
    rows = {(str(row["well"]), int(row["field"])): row for _, row in measured.fields.iterrows()}
    for well, numbers in plate.spec.fields.items():
        for number in numbers:
            _check_free(plate.path / field_path(well, number) / FOLDER)
    recipe = measured.record["recipe"]
    units = [
        Unit(
            f"labels-{well}-{number}",
            digest(recipe, well, number),
            _Work(plate[well][number], measured, row, plate.spec.corner_of(well, number)),
        )
        for (well, number), row in rows.items()
    ]
    receipts = plate.path.absolute() / RECEIPTS
    receipts.mkdir(exist_ok=True)
    with Lock(receipts / "lock", plate.path):
        for well, numbers in plate.spec.fields.items():
            for number in numbers:
                if (well, number) not in rows:
                    (receipts / f"labels-{well}-{number}.json").unlink(missing_ok=True)
                    _withdraw(plate.path / field_path(well, number) / FOLDER)
        summary = run_units(_write, units, receipts, client=client, workers=workers, progress=progress)
        summary.check()
    remove(receipts)
    return len(units)


def _check_free(group: Path) -> None:
    """Refuse to replace labels that are not ours."""
    for name in NAMES:
        if (group / name).exists() and ORIGIN not in group_attributes(group / name):
            raise ExistsError(f"{group / name} exists already and is not of hcs; move it elsewhere.")


def _list(group: Path, names: list[str]) -> None:
    """Write the document that lists a field's labels, those of other tools included."""
    write_json(group / METADATA, _group({"ome": {"version": "0.5", "labels": names}}), indent=None)


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _withdraw(group: Path) -> list[str]:
    """Take our labels out of a field, out of its list first; what is left are those of other tools."""
    if not group.exists():
        return []
    kept = [name for name in group_labels(group) if name not in NAMES]
    _list(group, kept)
    for name in NAMES:
        hidden = _hidden(group, name)
        remove(hidden)
        if (group / name).exists():
            # Cut short, removing would leave a folder that nobody knows as ours.
            (group / name).rename(hidden)
            remove(hidden)
    if not kept:
        remove(group)
    return kept


def _hidden(group: Path, name: str) -> Path:
    """Where a label image lies until it is whole, and while it is removed."""
    return group / f".{name}.partial"


def _write(work: _Work) -> Output:
    """Measure a field again, and write what was found; listed last, so that a kill leaves no half label."""
    field = work.field
    found = measure_again(work.measured, field)
    if said := differences(found, work.row):
        raise StoreError(
            work.measured.path,
            f"has other numbers of {field.well} field {field.number} than are found now ({said[0]}); measure "
            f"the plate again with `hcs measure {field.plate.path} --overwrite`",
        )
    group = field.plate.path / field_path(field.well, field.number) / FOLDER
    kept, made = _withdraw(group), label_images(found)
    for name, labels in made.items():
        _write_image(_hidden(group, name), name, labels, work)
        _hidden(group, name).rename(group / name)
    _list(group, [*kept, *made])
    return {"checksum": digest(*made.values()), "labels": list(made)}


def label_images(found: MeasuredField) -> dict[str, Labels]:
    """Give what was looked for in a field as arrays of shape (y, x), int32; 0 is the background."""
    images = {NUCLEI: found.nuclei, SOMAS: found.somas}
    if found.neurites is not None:
        lines = np.where(found.neurites.skeleton, found.neurites.graph.labels, 0)
        images[NEURITES] = lines
    return {name: np.asarray(one, np.int32) for name, one in images.items() if one is not None}


def _write_image(folder: Path, name: str, labels: Labels, work: _Work) -> None:
    """Write one label image: its levels, by every second pixel, then the document that makes it one."""
    spec, whole = work.field.plate.spec, work.field.stored.layout
    time = measuring_spec(work.measured).time
    layout, pixels = label_layout(whole), labels
    if layout.n_times > 1:
        pixels = np.zeros((layout.n_times, *labels.shape), np.int32)
        pixels[time] = labels
    for level in range(len(layout.plane_shapes)):
        document = _without_channels(level_document(layout, level), layout.axes.index("c"))
        write_json(folder / str(level) / METADATA, document, indent=None)
        write_shard(folder / str(level), layout, level, pixels[..., :: 2**level, :: 2**level])
    numbers = np.unique(labels[labels > 0])
    own = {
        "measurements": work.measured.record["recipe"],
        "time": time,
        "sum": label_sum(work.field.well, work.field.number, name, pixels),
    }
    attributes = {"ome": _image_label(layout, spec.pixel_size_um, work.corner, name, numbers), ORIGIN: own}
    write_json(folder / METADATA, _group(attributes), indent=None)


def _without_channels(document: dict[str, Any], place: int) -> dict[str, Any]:
    """Take the axis of channels out of an array's document: labels are of no channel."""
    cut = document["chunk_grid"]["configuration"]["chunk_shape"]
    inner = document["codecs"][0]["configuration"]["chunk_shape"]
    for sizes in (document["shape"], cut, inner, document["dimension_names"]):
        del sizes[place]
    return document


def _image_label(
    layout: FieldLayout,
    pixel_size_um: tuple[float, float] | None,
    corner: tuple[float, float] | None,
    name: str,
    numbers: Labels,
) -> dict[str, Any]:
    """Attributes of a label image (specification of NGFF 0.5, "labels"), with a colour for every number."""
    ome = image_attributes(layout, (), pixel_size_um)
    (multiscale,), place = ome["multiscales"], layout.axes.index("c")
    del ome["omero"], multiscale["axes"][place]
    for dataset in multiscale["datasets"]:
        del dataset["coordinateTransformations"][0]["scale"][place]
    method = {"method": "every second pixel of the level above", "version": "1"}
    multiscale |= {"name": name, "type": "nearest", "metadata": method}
    own = {NUCLEI: NUCLEUS, SOMAS: SOMA}
    colours = [
        {"label-value": int(number), "rgba": [*bytes.fromhex(colour[1:]), 255]}
        for number in numbers
        for colour in [own.get(name) or STRETCHES[stretch_colour(int(number))]]
    ]
    label = {"source": {"image": "../../"}} | ({"colors": colours} if colours else {})
    return {**(ome if corner is None else placed(ome, corner)), "image-label": label}
