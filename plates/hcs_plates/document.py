"""The description of a plate as JSON, and back: a file that somebody may have changed is read as such.

It lives under the key ``hcs`` of the root group's attributes (extra keys beside ``ome`` are allowed by the
specification), so opening a plate, wells table included, is one read.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import pandas as pd
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcs_plates.coding import Unblinding
from hcs_plates.description import PlateSpec
from hcs_plates.errors import ArgumentError, StoreError
from hcs_plates.made import Made
from hcs_plates.ngff import FieldLayout
from hcs_plates.protocol import Protocol
from hcs_plates.readers.acquisition import Channel, Objective, PlaneKey, Step
from hcs_plates.units import digest
from hcs_plates.wells import PlateFormat

VERSION = 5
READABLE = (1, 2, 3, 4, 5)
"""Format 1 has one digest a field and none of itself, format 2 a sum of every plane and its own digest.
Format 3 adds what was never acquired, which older versions of hcs would take for black images; format 4 when
names were put on codes, which older versions would lose; format 5 the shapes of fields that differ from the
others, when fields were imaged, and how pixels were made of the export's planes. A plate is of the least
format from 3 on that says all of it.
"""

REMEDY = "take its zarr.json from a copy, or ingest the plate again"
Count = Annotated[int, Field(ge=0)]


class _Strict(BaseModel):
    model_config = ConfigDict(strict=True, allow_inf_nan=False)


class _Column(_Strict):
    name: str
    dtype: str
    values: list[bool | int | float | str | None]


class _Table(_Strict):
    index: list[str]
    columns: list[_Column]


class _Document(_Strict):
    """The keys of a description and their kinds."""

    name: str
    format: tuple[Annotated[int, Field(ge=1, le=702)], Annotated[int, Field(ge=1, le=99)]]
    channels: tuple[Channel, ...]
    layout: FieldLayout
    fields: dict[str, tuple[Count, ...]]
    wells: _Table
    missing: list[tuple[str, Count, Count, Count, Count, str]]
    never_acquired: list[tuple[Count, Count, Count]] = []
    format_stated: bool = True
    pixel_size_um: tuple[float, float] | None
    z_step_um: float | None = None
    instrument: str | None
    objective: Objective | None
    reader: str | None
    source: str | None
    protocol: dict[str, Any] | None = None
    positions_um: list[tuple[str, Count, float, float]]
    y_axis: Literal["up", "down"] | None = None
    shapes: list[tuple[str, Count, Count, Count]] = []
    imaged_at: list[tuple[str, Count, str]] = []
    made: Made = Made()
    notices: tuple[str, ...]
    map_notices: tuple[str, ...] = ()
    checksums: dict[str, str]
    inputs: str | None = None
    unblinding: Unblinding | None = None


def to_json(spec: PlateSpec) -> dict[str, Any]:
    """Turn a description into a JSON-ready dictionary; `from_json` reads it back."""
    newer = spec.shapes or spec.imaged_at or spec.made != Made()
    document = {
        "version": VERSION if newer else 3 if spec.unblinding is None else 4,
        "name": spec.name,
        "format": [spec.format.rows, spec.format.columns],
        "channels": [asdict(channel) for channel in spec.channels],
        "layout": {key: size for key, size in asdict(spec.layout).items() if key != "levels"},
        "fields": {well: list(numbers) for well, numbers in spec.fields.items()},
        "wells": table_to_json(spec.wells),
        "missing": [[*key, reason] for key, reason in sorted(spec.missing.items())],
        "never_acquired": [list(step) for step in sorted(spec.never_acquired)],
        "format_stated": spec.format_stated,
        "pixel_size_um": None if spec.pixel_size_um is None else list(spec.pixel_size_um),
        "z_step_um": spec.z_step_um,
        "instrument": spec.instrument,
        "objective": None if spec.objective is None else asdict(spec.objective),
        "reader": spec.reader,
        "source": spec.source,
        "protocol": None if spec.protocol is None else spec.protocol.to_json(),
        "positions_um": [[well, number, x, y] for (well, number), (x, y) in spec.positions_um.items()],
        "notices": list(spec.notices),
        "map_notices": list(spec.map_notices),
        "checksums": dict(spec.checksums),
        "inputs": spec.inputs,
    }
    if spec.y_axis is not None:
        document["y_axis"] = spec.y_axis
    if spec.shapes:
        document["shapes"] = [[*key, *shape] for key, shape in sorted(spec.shapes.items())]
    if spec.imaged_at:
        document["imaged_at"] = [[*key, at] for key, at in sorted(spec.imaged_at.items())]
    if spec.made != Made():
        document["made"] = asdict(spec.made)
    if spec.unblinding is not None:
        document["unblinding"] = asdict(spec.unblinding)
    return document | {"digest": digest(document)}


def from_json(stored: Mapping[str, Any], path: Path) -> PlateSpec:
    """Read a description back.

    Raises
    ------
    StoreError
        Another format, keys that are gone or of another kind, sizes that no plate has, or anything that has
        been changed since it was written.
    """
    version = stored.get("version")
    if version not in READABLE or isinstance(version, bool):
        raise StoreError(
            path,
            f"was written with plate format {str(version)[:40]}; this hcs reads formats 1 to {VERSION}",
        )
    content = {key: value for key, value in stored.items() if key != "digest"}
    if version != 1 and stored.get("digest") != digest(content):
        raise StoreError(path, f"its description is not the one that hcs wrote; {REMEDY}")
    try:
        # In JSON mode strictness lets lists be tuples, and nothing else be something else.
        return _spec(_Document.model_validate_json(json.dumps(content)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the whole"
        raise StoreError(path, f"its description is damaged at {where} ({first['msg']}); {REMEDY}") from error
    except (ArgumentError, ValueError, TypeError, ArithmeticError) as error:
        raise StoreError(path, f"its description is damaged ({error}); {REMEDY}") from error


def _spec(document: _Document) -> PlateSpec:
    if len({tuple(row[:-1]) for row in document.missing}) < len(document.missing):
        raise ValueError("a missing plane is listed twice")
    return PlateSpec(
        name=document.name,
        format=PlateFormat(*document.format),
        channels=document.channels,
        layout=document.layout,
        fields=document.fields,
        wells=_table(document.wells),
        missing={PlaneKey(*row[:-1]): row[-1] for row in document.missing},
        never_acquired=frozenset(Step(*row) for row in document.never_acquired),
        format_stated=document.format_stated,
        pixel_size_um=document.pixel_size_um,
        z_step_um=document.z_step_um,
        instrument=document.instrument,
        objective=document.objective,
        reader=document.reader,
        source=document.source,
        protocol=None if document.protocol is None else Protocol.model_validate(document.protocol),
        positions_um={(well, number): (x, y) for well, number, x, y in document.positions_um},
        y_axis=document.y_axis,
        shapes={(well, number): (height, width) for well, number, height, width in document.shapes},
        imaged_at={(well, number): at for well, number, at in document.imaged_at},
        made=document.made,
        notices=document.notices,
        map_notices=document.map_notices,
        checksums=document.checksums,
        inputs=document.inputs,
        unblinding=document.unblinding,
    )


def table_to_json(wells: pd.DataFrame) -> dict[str, Any]:
    """Wells table as columns of plain values, with the pandas type of each."""
    columns = []
    for name in wells.columns:
        values = [None if pd.isna(value) else _plain(value) for value in wells[name]]
        columns.append({"name": name, "dtype": str(wells[name].dtype), "values": values})
    return {"index": list(wells.index), "columns": columns}


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def table_from_json(stored: Mapping[str, Any]) -> pd.DataFrame:
    """Wells table read back, types as they were."""
    return _table(_Table.model_validate_json(json.dumps(stored)))


def _table(stored: _Table) -> pd.DataFrame:
    index = pd.Index(stored.index, name="well", dtype="str")
    # A number that its column's type cannot hold is an error here, where NumPy would only warn.
    with np.errstate(invalid="raise"):
        columns = {
            column.name: pd.Series(column.values, index=index, dtype=column.dtype)
            for column in stored.columns
        }
    if len(columns) < len(stored.columns):
        raise ValueError("the wells table has a column twice")
    return pd.DataFrame(columns, index=index)
