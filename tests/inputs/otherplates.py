"""Plates of other tools: OME-Zarr 0.4 and 0.5, written with plain zarr and documents by hand."""

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zarr
from zarr.storage import LocalStore

Pixels = npt.NDArray[Any]
VERSIONS = pytest.mark.parametrize("version", ["0.4", "0.5"])
DOCUMENT = {"0.4": ".zattrs", "0.5": "zarr.json"}
TYPES = {"t": "time", "c": "channel"}


def group(folder: Path, ome: dict[str, Any], version: str) -> None:
    """Write the documents of a group."""
    folder.mkdir(parents=True, exist_ok=True)
    if version == "0.4":
        (folder / ".zgroup").write_text('{"zarr_format": 2}')
        (folder / ".zattrs").write_text(json.dumps(ome))
    else:
        attributes = {"ome": {"version": "0.5", **ome}} if ome else {}
        document = {"zarr_format": 3, "node_type": "group", "attributes": attributes}
        (folder / "zarr.json").write_text(json.dumps(document))


def image(folder: Path, levels: Sequence[Pixels], axes: str, version: str, **changes: Any) -> None:
    """Write a field: `chunks`, `shards`, `unit`, `pixel`, `omero` as asked, in the documents of `version`."""
    unit, pixel = changes.get("unit", "micrometer"), changes.get("pixel", 0.5)
    kinds = [{"name": axis, "type": TYPES.get(axis, "space")} for axis in axes]
    datasets = []
    for place, level in enumerate(levels):
        zoom = levels[0].shape[-1] / level.shape[-1]
        scale = [pixel * zoom if axis in "yx" else 1.0 for axis in axes]
        datasets.append(
            {"path": str(place), "coordinateTransformations": [{"type": "scale", "scale": scale}]}
        )
        nested = {"chunk_key_encoding": {"name": "v2", "separator": "/"}}
        zarr.create_array(
            LocalStore(folder / str(place)),
            shape=level.shape,
            dtype=level.dtype,
            chunks=changes.get("chunks") or (1,) * (level.ndim - 2) + (16, 16),
            zarr_format=2 if version == "0.4" else 3,
            fill_value=0,
            **(nested if version == "0.4" else {"shards": changes.get("shards")}),
        )[...] = level
    for kind in kinds:
        if kind["type"] == "space" and unit:
            kind["unit"] = unit
    multiscale = {"axes": kinds, "datasets": datasets, "name": "field"}
    ome: dict[str, Any] = {"multiscales": [multiscale]}
    if "omero" in changes:
        ome["omero"] = {"channels": changes["omero"]}
    group(folder, ome, version)


def other_plate(
    folder: Path,
    wells: Mapping[str, Mapping[str, Sequence[Pixels]]],
    axes: str = "cyx",
    version: str = "0.5",
    **changes: Any,
) -> Path:
    """Write a plate: levels of pixels by well path and field; further keys of the plate as `plate`."""
    rows = list(dict.fromkeys(path.split("/")[0] for path in wells))
    columns = list(dict.fromkeys(path.split("/")[1] for path in wells))
    plate = {
        "rows": [{"name": row} for row in rows],
        "columns": [{"name": column} for column in columns],
        "wells": [
            {
                "path": path,
                "rowIndex": rows.index(path.split("/")[0]),
                "columnIndex": columns.index(path.split("/")[1]),
            }
            for path in wells
        ],
        "name": "other",
        **({"version": "0.4"} if version == "0.4" else {}),
        **changes.pop("plate", {}),
    }
    group(folder, {"plate": plate}, version)
    for path, fields in wells.items():
        group(folder / path, {"well": {"images": [{"path": key} for key in fields]}}, version)
        for key, levels in fields.items():
            image(folder / path / key, levels, axes, version, **changes)
    return folder


def ome(document: dict[str, Any]) -> Any:
    """The OME part of a group's document."""
    return document["attributes"]["ome"] if "attributes" in document else document


def edit(file: Path, change: Callable[[Any], object]) -> None:
    """Change a JSON document."""
    document = json.loads(file.read_text())
    change(document)
    file.write_text(json.dumps(document))


def noise(*shape: int, dtype: str = "uint16", seed: int = 0) -> Pixels:
    """Pixels that no other region has."""
    levels = np.random.default_rng(seed).integers(0, 4000, shape)
    return levels.astype(dtype)
