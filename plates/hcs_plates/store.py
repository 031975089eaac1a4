"""Plates on disk: the only file that writes Zarr groups of a plate.

A plate is allocated whole, in one go, by one process; afterwards workers only fill fields. One field is
written by one task: its levels are one shard each, and two writers inside one shard would lose data without a
word. The same task enters the sums of the planes into the field's own document (`hcs_plates.storedfield`).
"""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from hcs_plates.description import PlateSpec
from hcs_plates.document import from_json, to_json
from hcs_plates.errors import ArgumentError, NotThereError, StoreError, UnreachableError
from hcs_plates.files import remove
from hcs_plates.ngff import (
    FieldLayout,
    image_attributes,
    placed,
    plate_attributes,
    shown_range,
    well_attributes,
)
from hcs_plates.proof import compressors, plane_sums
from hcs_plates.shards import write_shard
from hcs_plates.storedfield import METADATA, Pixels, field_path, halved
from hcs_plates.units import pixel_digest, write_json

BATCH = 64
"""Documents that a thread writes at a time."""


def level_document(layout: FieldLayout, level: int) -> dict[str, Any]:
    """Metadata document of one level's array, made by zarr itself and used for every field."""
    import zarr
    from zarr.storage import MemoryStore

    written: dict[str, Any] = {}
    zarr.create_array(
        MemoryStore(written),
        shape=layout.level_shape(level),
        chunks=layout.chunks(level),
        shards=layout.shards(level),
        dtype=layout.dtype,
        compressors=compressors(layout.dtype),
        fill_value=0,
        dimension_names=layout.axes,
        zarr_format=3,
    )
    document = json.loads(written[METADATA].to_bytes())
    return dict(document)


def _documents(spec: PlateSpec) -> dict[str, dict[str, Any]]:
    """Zarr v3 metadata document of every group and array below the root, by path (Zarr v3 core spec)."""
    known: dict[FieldLayout, tuple[dict[str, Any], ...]] = {}
    documents: dict[str, dict[str, Any]] = {}
    for well, numbers in spec.fields.items():
        row, column, _ = field_path(well, 0).split("/")
        documents[row] = _group({})
        documents[f"{row}/{column}"] = _group({"ome": well_attributes(numbers)})
        for number in numbers:
            group, layout = field_path(well, number), spec.layout_of(well, number)
            if layout not in known:
                known[layout] = _field_documents(spec, layout)
            image, *levels = known[layout]
            corner = spec.corner_of(well, number)
            documents[group] = (
                image if corner is None else _group({"ome": placed(image["attributes"]["ome"], corner)})
            )
            documents.update({f"{group}/{level}": document for level, document in enumerate(levels)})
    return documents


def _field_documents(spec: PlateSpec, layout: FieldLayout) -> tuple[dict[str, Any], ...]:
    """Documents of a field's group, and of the array of each of its levels."""
    image = _group({"ome": image_attributes(layout, spec.channels, spec.pixel_size_um, spec.z_step_um)})
    return image, *(level_document(layout, level) for level in range(len(layout.plane_shapes)))


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _root(spec: PlateSpec) -> dict[str, Any]:
    """Root document: the OME plate and the description.

    The documents of the groups and arrays below are not repeated here (zarr's "consolidated metadata", which
    is no part of the format): of 384 wells that is 15 MB of copies of four documents, to be read first.
    """
    return _group(
        {"ome": plate_attributes(spec.name, spec.format, spec.fields), "hcs": to_json(spec)},
    )


def allocate(path: Path, spec: PlateSpec) -> None:
    """Write all metadata of a plate, and no pixels.

    Written as whole documents rather than group by group: zarr looks through the store again for every group
    added, and once more to consolidate.

    Parameters
    ----------
    path
        A place where nothing is.
    spec
        The plate.
    """
    from dask.system import CPU_COUNT

    documents = _documents(spec)
    # Those of the levels are the same objects for all fields.
    written = {id(document): json.dumps(document).encode() for document in documents.values()}

    def write(named: Sequence[tuple[str, dict[str, Any]]]) -> None:
        for name, document in named:
            folder = path / name
            folder.mkdir(parents=True, exist_ok=True)
            (folder / METADATA).write_bytes(written[id(document)])

    with ThreadPoolExecutor(CPU_COUNT) as pool:
        names = iter(documents.items())
        list(pool.map(write, iter(lambda: list(islice(names, BATCH)), [])))
    write_json(path / METADATA, _root(spec), indent=None)


def is_plate(path: Path) -> bool:
    """Whether a folder is one of OME-Zarr, of hcs or of another tool: a plate, until it is opened."""
    return any((path / name).is_file() for name in (METADATA, ".zattrs"))


def is_ours(path: Path) -> bool:
    """Whether what lies there is a plate of hcs, whole or damaged, rather than one of another tool."""
    try:
        document = json.loads((path / METADATA).read_bytes())
    except (OSError, ValueError, RecursionError):
        return False
    attributes = document.get("attributes") if isinstance(document, dict) else None
    return isinstance(attributes, dict) and "hcs" in attributes


def read_description(path: Path) -> PlateSpec:
    """Read a plate's description: one read, of the root's metadata document.

    Raises
    ------
    NotThereError
        Nothing there.
    StoreError
        Not a plate that hcs wrote.
    UnreachableError
        A disk or a share that fails.
    """
    if not path.exists():
        raise NotThereError(f"{path} does not exist; expected a plate (a folder such as P1.ome.zarr).")
    try:
        attributes = json.loads((path / METADATA).read_text(encoding="utf-8"))["attributes"]
        stored, ome = attributes["hcs"], attributes["ome"]["plate"]
        names = ome["name"], stored["name"]
    except PermissionError as error:
        raise StoreError(path, "cannot be read (permission denied); ask its owner for it") from error
    except (
        FileNotFoundError,
        NotADirectoryError,
        ValueError,
        LookupError,
        TypeError,
        RecursionError,
    ) as error:
        raise StoreError(
            path,
            "is not a plate written by hcs (its zarr.json holds no OME-Zarr 0.5 plate with an 'hcs' "
            "description); `hcs ingest` makes one from an export or from TIFFs of its planes",
        ) from error
    except OSError as error:
        # A share that fails says nothing of what lies on it.
        raise UnreachableError.of(error, "opening the plate", path) from error
    if names[0] != names[1]:
        raise StoreError(path, "its OME metadata and its hcs description name different plates")
    return from_json(stored, path)


def write_field(path: Path, layout: FieldLayout, well: str, number: int, pixels: Pixels) -> str:
    """Fill one field: every level, one shard each.

    Parameters
    ----------
    path
        An allocated plate.
    layout
        The plate's layout.
    well, number
        The field.
    pixels
        Array of the layout's shape and type.

    Returns
    -------
    str
        Digest of the full-resolution pixels.
    """
    if pixels.shape != layout.shape or str(pixels.dtype) != layout.dtype:
        raise ArgumentError(
            f"Field {well}/{number} was given {pixels.dtype} pixels of shape {pixels.shape}; "
            f"this plate holds {layout.dtype} of shape {layout.shape} (axes {', '.join(layout.axes)})."
        )
    current, sums = pixels, []
    group = field_path(well, number)
    for level in range(len(layout.plane_shapes)):
        if level > 0:
            current = halved(current, layout, level)
        write_shard(path / group / str(level), layout, level, current)
        sums.append("".join(plane_sums(current)))
    digest = pixel_digest(pixels)
    document = json.loads((path / group / METADATA).read_bytes())
    document["attributes"]["hcs"] = {"digest": digest, "crc32c": sums}
    channels = np.moveaxis(pixels, layout.axes.index("c"), 0)
    shown_range(document["attributes"], [(int(one.min()), int(one.max())) for one in channels])
    write_json(path / group / METADATA, document, indent=None)
    return digest


def rewrite_description(path: Path, spec: PlateSpec) -> None:
    """Replace the plate's description (wells table, missing planes, checksums).

    Fields that `spec` no longer names (every plane of theirs proved unreadable) leave the store too; the
    others keep their numbers.
    """
    before = read_description(path)
    documents = _documents(spec)
    for well, numbers in before.fields.items():
        kept = spec.fields.get(well, ())
        for number in set(numbers) - set(kept):
            remove(path / field_path(well, number))
        folder = (path / field_path(well, 0)).parent
        if not kept:
            remove(folder)
        elif len(kept) < len(numbers):
            write_json(folder / METADATA, documents[folder.relative_to(path).as_posix()])
    for row in {well.rstrip("0123456789") for well in before.fields}:
        if row not in documents:
            remove(path / row)
    write_json(path / METADATA, _root(spec), indent=None)
