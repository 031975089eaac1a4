"""Plates of 384 wells × 9 fields × 4 channels of 2048² that take the disk of one field, for `browser.py`.

One field's files stand in all 3,456 by hard links: the pixels are the same everywhere, and so is their
digest, so every proof holds.
"""

import json
import os
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import zarr

from hcs_plates import store
from hcs_plates.description import PlateSpec
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import create_plate
from hcs_plates.readers.acquisition import Channel
from hcs_plates.rescale import area_resize
from hcs_plates.simulate import FieldSpec
from hcs_plates.simulate.neurons import render_field
from hcs_plates.storedfield import field_path
from hcs_plates.wells import FORMATS

SIDE, FIELDS = 2048, 9
NAMES = ("DAPI", "FITC", "TRITC", "Cy5")
LAYOUT = FieldLayout(1, len(NAMES), 1, SIDE, SIDE, "uint16")


def make_ours(folder: Path) -> Path:
    """Make a plate of hcs, of 32 clones in two classes and three batches; give its place."""
    place = folder / "big.ome.zarr"
    if place.exists():
        return place
    first = create_plate(folder / "one.ome.zarr", _spec({"A01": (1,)}), lambda well, number: _pixels())
    checksum = first.spec.checksums["A01/1"]
    fields = dict.fromkeys(FORMATS[384].wells(), tuple(range(1, FIELDS + 1)))
    spec = _spec(fields, {f"{well}/{number}": checksum for well in fields for number in fields[well]})
    store.allocate(place, spec)
    for well, numbers in fields.items():
        for number in numbers:
            shutil.rmtree(place / field_path(well, number))
            _link(first.path / field_path("A01", 1), place / field_path(well, number))
    shutil.rmtree(first.path)
    return place


def _spec(fields: dict[str, tuple[int, ...]], checksums: dict[str, str] | None = None) -> PlateSpec:
    names = list(fields)
    at = np.arange(len(names))
    wells = pd.DataFrame(
        {
            "clone": [f"<b>{'ALS' if number % 2 else 'CTL'}{number % 32}</b>" for number in at],
            "diagnosis": np.where(at % 2, "ALS", "control"),
            "batch": [f"D{number % 3}" for number in at],
            "included": True,
            "cell_density": (np.sin(at / 9) + 2) * 100,
        },
        index=pd.Index(names, name="well", dtype="str"),
    )
    channels = tuple(map(Channel, NAMES))
    return PlateSpec(
        "big",
        FORMATS[384],
        channels,
        LAYOUT,
        fields,
        wells,
        pixel_size_um=(0.325, 0.325),
        checksums=checksums or {},
    )


def _pixels() -> npt.NDArray[Any]:
    """Draw neurons twice: (channel, y, x)."""
    halves = [
        render_field(FieldSpec(height=SIDE, width=SIDE, channels=("DAPI", "FITC")), seed=seed, name="big")
        for seed in (1, 2)
    ]
    return np.concatenate([half.pixels for half in halves])


def make_others(folder: Path) -> Path:
    """Make a plate as other tools write it (OME-Zarr 0.4, chunks of 1024², Blosc); give its place."""
    place = folder / "others.zarr"
    if place.exists():
        return place
    one = folder / "one.zarr"
    _write_image(one, _pixels())
    wells = FORMATS[384].wells()
    rows, columns = sorted({well[0] for well in wells}), sorted({well[1:] for well in wells})
    plate = {
        "version": "0.4",
        "name": "others",
        "field_count": FIELDS,
        "rows": [{"name": row} for row in rows],
        "columns": [{"name": column} for column in columns],
        "wells": [
            {
                "path": f"{well[0]}/{well[1:]}",
                "rowIndex": rows.index(well[0]),
                "columnIndex": int(well[1:]) - 1,
            }
            for well in wells
        ],
    }
    _group(place, {"plate": plate})
    for row in rows:
        _group(place / row, {})
    for well in wells:
        images = [{"path": str(field), "acquisition": 0} for field in range(FIELDS)]
        _group(place / well[0] / well[1:], {"well": {"version": "0.4", "images": images}})
        for field in range(FIELDS):
            _link(one, place / well[0] / well[1:] / str(field))
    shutil.rmtree(one)
    return place


def _write_image(place: Path, pixels: npt.NDArray[Any]) -> None:
    scales = [2**level for level in range(4)]
    multiscale = {
        "version": "0.4",
        "axes": [
            {"name": "c", "type": "channel"},
            *({"name": n, "type": "space", "unit": "micrometer"} for n in "yx"),
        ],
        "datasets": [
            {
                "path": str(level),
                "coordinateTransformations": [{"type": "scale", "scale": [1, 0.325 * scale, 0.325 * scale]}],
            }
            for level, scale in enumerate(scales)
        ],
    }
    _group(place, {"multiscales": [multiscale]})
    for level, scale in enumerate(scales):
        shape = (SIDE // scale, SIDE // scale)
        small = pixels if scale == 1 else np.stack([area_resize(plane, shape) for plane in pixels])
        array = zarr.create_array(
            place / str(level),
            shape=small.shape,
            chunks=(1, min(1024, shape[0]), min(1024, shape[1])),
            dtype=small.dtype,
            zarr_format=2,
            chunk_key_encoding={"name": "v2", "separator": "/"},
        )
        array[...] = small


def _group(place: Path, attributes: dict[str, Any]) -> None:
    place.mkdir(parents=True, exist_ok=True)
    (place / ".zgroup").write_text('{"zarr_format": 2}')
    (place / ".zattrs").write_text(json.dumps(attributes))


def _link(one: Path, place: Path) -> None:
    shutil.copytree(one, place, copy_function=os.link)
