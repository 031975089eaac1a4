"""Label images of one field, from what was measured in it to the folders of OME-Zarr 0.5.

They lie in the field they were found in (``B/03/1/labels/nuclei``); the field's pixels, the plate's
description and its digest stay as they are. Nuclei and somas have the numbers of `cell` in the measured table
of cells; neurites those of their stretches between branching points, which have none.
"""

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from hcs.measure.colours import NUCLEUS, SOMA, STRETCHES, stretch_colour
from hcs.measure.fields import MeasuredField
from hcs.measure.outlines import NEURITES, NUCLEI, SOMAS
from hcs.measure.pictures import Labels
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import remove
from hcs_plates.lock import Lock
from hcs_plates.members import Field
from hcs_plates.ngff import FieldLayout, image_attributes, placed
from hcs_plates.plate import Plate
from hcs_plates.shards import write_shard
from hcs_plates.store import level_document
from hcs_plates.storedfield import METADATA, field_path
from hcs_plates.storedlabels import FOLDER, ORIGIN, group_attributes, group_labels, label_layout, label_sum
from hcs_plates.units import digest, write_json

RECEIPTS = ".labels"
NAMES = (NUCLEI, SOMAS, NEURITES)


def label_origin(plate: Plate, measured: Path, recipe: str, time: int) -> dict[str, Any]:
    """Tell which measurements label images belong to, as they keep it.

    Parameters
    ----------
    plate
        The plate.
    measured
        Folder of the measurements, said as it lies from beside the plate.
    recipe
        Digest of all that they depend on.
    time
        The time point that was measured.
    """
    at = os.path.relpath(measured.resolve(), plate.path.resolve().parent)
    return {"measurements": recipe, "at": at, "time": time}


def check_labels(plate: Plate) -> None:
    """Refuse a plate that label images cannot be written into.

    Raises
    ------
    ArgumentError
        A plate of another tool.
    ExistsError
        Labels of these names, of another tool.
    """
    if plate.spec.other is not None:
        raise ArgumentError(
            f"{plate.path} is a plate of another tool, which hcs does not write into; ingest the "
            "instrument's export (hcs ingest) for labels, or draw overlays (hcs measure --overlay)."
        )
    for well, numbers in plate.spec.fields.items():
        for number in numbers:
            _check_free(plate.path / field_path(well, number) / FOLDER)


@contextmanager
def labelling(plate: Plate, fields: Collection[tuple[str, int]]) -> Iterator[Path]:
    """Take a plate to write label images of some of its fields (by well and number); others lose ours.

    Gives the folder for receipts, which goes when all is written.

    Raises
    ------
    BusyError
        Another run writes labels there.
    """
    receipts = plate.path.absolute() / RECEIPTS
    receipts.mkdir(exist_ok=True)
    with Lock(receipts / "lock", plate.path):
        for well, numbers in plate.spec.fields.items():
            for number in numbers:
                if (well, number) not in fields:
                    (receipts / f"labels-{well}-{number}.json").unlink(missing_ok=True)
                    _withdraw(plate.path / field_path(well, number) / FOLDER)
        yield receipts
    remove(receipts)


def write_field_labels(field: Field, found: MeasuredField, origin: Mapping[str, Any]) -> dict[str, Any]:
    """Write what was found in a field as label images; listed last, so that a kill leaves no half label.

    Parameters
    ----------
    field, found
        The field, and what was measured in it.
    origin
        As `label_origin` gives it.

    Returns
    -------
    dict
        Their names and a digest of their pixels.
    """
    group = field.plate.path / field_path(field.well, field.number) / FOLDER
    kept, made = _withdraw(group), label_images(found)
    for name, labels in made.items():
        _write_image(_hidden(group, name), name, labels, field, origin)
        _hidden(group, name).rename(group / name)
    _list(group, [*kept, *made])
    return {"checksum": digest(*made.values()), "labels": list(made)}


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


def label_images(found: MeasuredField) -> dict[str, Labels]:
    """Give what was looked for in a field as arrays of shape (y, x), int32; 0 is the background."""
    images = {NUCLEI: found.nuclei, SOMAS: found.somas}
    if found.neurites is not None:
        lines = np.where(found.neurites.skeleton, found.neurites.graph.labels, 0)
        images[NEURITES] = lines
    return {name: np.asarray(one, np.int32) for name, one in images.items() if one is not None}


def _write_image(folder: Path, name: str, labels: Labels, field: Field, origin: Mapping[str, Any]) -> None:
    """Write one label image: its levels, by every second pixel, then the document that makes it one."""
    spec = field.plate.spec
    layout, pixels = label_layout(spec.layout_of(field.well, field.number)), labels
    if layout.n_times > 1:
        pixels = np.zeros((layout.n_times, *labels.shape), np.int32)
        pixels[origin["time"]] = labels
    for level in range(len(layout.plane_shapes)):
        document = _without_channels(level_document(layout, level), layout.axes.index("c"))
        write_json(folder / str(level) / METADATA, document, indent=None)
        write_shard(folder / str(level), layout, level, pixels[..., :: 2**level, :: 2**level])
    numbers = np.unique(labels[labels > 0])
    own = {**origin, "sum": label_sum(field.well, field.number, name, pixels)}
    corner = spec.corner_of(field.well, field.number)
    attributes = {"ome": _image_label(layout, spec.pixel_size_um, corner, name, numbers), ORIGIN: own}
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
