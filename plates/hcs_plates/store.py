"""Plates on disk: the only file that opens Zarr groups of a plate for writing.

A plate is allocated whole, in one go, by one process, its consolidated metadata included; afterwards workers
only fill arrays. One field is written by one task: its levels are one shard each, and two writers inside one
shard would lose data without a word.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import zarr
from zarr.codecs import BloscCodec, BloscShuffle
from zarr.core.buffer import Buffer
from zarr.storage import LocalStore, MemoryStore

from hcs_plates.description import PlateSpec, from_json, to_json
from hcs_plates.errors import ArgumentError, NotThereError, StoreError
from hcs_plates.files import remove
from hcs_plates.ngff import FieldLayout, image_attributes, plate_attributes, well_attributes
from hcs_plates.rescale import area_resize
from hcs_plates.units import pixel_digest, write_json
from hcs_plates.wells import parse_well, row_name

Pixels = npt.NDArray[Any]
METADATA = "zarr.json"
# zarr writes no shard for an image of zeros. With this mark beside it, a shard that is not there is a loss.
DARK = ".dark"


def field_path(well: str, number: int) -> str:
    """Path of a field's group inside the plate.

    Examples
    --------
    >>> field_path("B03", 12)
    'B/03/12'
    """
    position = parse_well(well)
    return f"{row_name(position.row)}/{position.column + 1:02d}/{number}"


def blosc(dtype: str) -> BloscCodec:
    """Compressor of all stored pixels: Zstandard through Blosc, bytes shuffled where there are several."""
    shuffle = BloscShuffle.noshuffle if np.dtype(dtype).itemsize == 1 else BloscShuffle.shuffle
    return BloscCodec(cname="zstd", clevel=3, shuffle=shuffle)


def _level_document(layout: FieldLayout, level: int) -> dict[str, Any]:
    """Metadata document of one level's array, made by zarr itself and used for every field."""
    written: dict[str, Buffer] = {}
    zarr.create_array(
        MemoryStore(written),
        shape=layout.level_shape(level),
        chunks=layout.chunks(level),
        shards=layout.shards(level),
        dtype=layout.dtype,
        compressors=blosc(layout.dtype),
        fill_value=0,
        dimension_names=layout.axes,
        zarr_format=3,
    )
    document = json.loads(written[METADATA].to_bytes())
    return dict(document)


def _documents(spec: PlateSpec) -> dict[str, dict[str, Any]]:
    """Zarr v3 metadata document of every group and array below the root, by path (Zarr v3 core spec)."""
    image = _group({"ome": image_attributes(spec.layout, spec.channels, spec.pixel_size_um)})
    levels = [_level_document(spec.layout, level) for level in range(len(spec.layout.plane_shapes))]
    documents: dict[str, dict[str, Any]] = {}
    for well, numbers in spec.fields.items():
        row, column, _ = field_path(well, 0).split("/")
        documents[row] = _group({})
        documents[f"{row}/{column}"] = _group({"ome": well_attributes(numbers)})
        for number in numbers:
            group = field_path(well, number)
            documents[group] = image
            documents.update({f"{group}/{level}": document for level, document in enumerate(levels)})
    return documents


def _group(attributes: dict[str, Any]) -> dict[str, Any]:
    return {"zarr_format": 3, "node_type": "group", "attributes": attributes}


def _root(spec: PlateSpec, documents: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Root document: OME plate, description, and the consolidated copy of every other document."""
    attributes = {"ome": plate_attributes(spec.name, spec.format, spec.fields), "hcs": to_json(spec)}
    # The layout zarr-python writes; readers that do not know it use the single files, which are there too.
    consolidated = {"kind": "inline", "must_understand": False, "metadata": documents}
    return {**_group(attributes), "consolidated_metadata": consolidated}


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
    documents = _documents(spec)
    for name, document in documents.items():
        folder = path / name
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METADATA).write_text(json.dumps(document), encoding="utf-8")
    write_json(path / METADATA, _root(spec, documents), indent=None)


def read_description(path: Path) -> PlateSpec:
    """Read a plate's description: one read, of the root's metadata document.

    Raises
    ------
    NotThereError
        Nothing there.
    StoreError
        Not a plate that hcs wrote.
    """
    if not path.exists():
        raise NotThereError(f"{path} does not exist; expected a plate (a folder such as P1.ome.zarr).")
    document = path / METADATA
    try:
        attributes = json.loads(document.read_text(encoding="utf-8"))["attributes"]
        stored, ome = attributes["hcs"], attributes["ome"]["plate"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StoreError(
            path,
            "is not a plate written by hcs (its zarr.json holds no OME-Zarr 0.5 plate with an 'hcs' "
            "description); `hcs ingest` makes one from an export or from TIFFs of its planes",
        ) from error
    if ome.get("name") != stored.get("name"):
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
    current = pixels
    for level, plane in enumerate(layout.plane_shapes):
        if level > 0:
            planes = current.reshape(-1, *current.shape[-2:])
            halved = np.stack([area_resize(image, plane) for image in planes])
            current = halved.reshape(layout.level_shape(level))
        place = f"{field_path(well, number)}/{level}"
        zarr.open_array(LocalStore(path), path=place, mode="r+")[...] = current
        if not current.any():
            (path / place / DARK).touch()
    return pixel_digest(pixels)


def read_field(path: Path, well: str, number: int, level: int = 0) -> Pixels:
    """Read all planes of one level of a field.

    Raises
    ------
    StoreError
        The stored bytes are damaged or gone.
    """
    place = f"{field_path(well, number)}/{level}"
    try:
        array = zarr.open_array(LocalStore(path, read_only=True), path=place, mode="r")
        shard = path.joinpath(place, "c", *["0"] * array.ndim)
        if not shard.is_file() and not (path / place / DARK).is_file():
            raise FileNotFoundError("its shard is gone")
        return np.asarray(array[...])
    # zarr and its codecs raise many kinds for damaged chunks; each means the same to the user.
    except Exception as error:
        raise StoreError(
            path, f"field {well}/{number} cannot be read ({error}); ingest the plate again"
        ) from error


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
    write_json(path / METADATA, _root(spec, documents), indent=None)
