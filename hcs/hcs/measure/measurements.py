"""Measurements: what was found on a plate, stored as Parquet beside it, from cells up to clones."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.flags import flag_fields
from hcs.measure.illumination import Illumination, estimate_illumination
from hcs.measure.quality import MEASURES
from hcs.measure.summary import group_table, well_table
from hcs_plates.errors import ArgumentError, HcsError, NotThereError, StoreError
from hcs_plates.plate import Field, Plate
from hcs_plates.staging import RECEIPTS, check_free, publish, staging_path
from hcs_plates.units import Output, Progress, Unit, digest, run_units, write_json

VERSION = 1
RECORD = "measurements.json"
PARTS = ".parts"
LIGHT_FIELDS = 100
"""Fields, spread evenly over the plate, that its illumination is learnt from."""


@dataclass(frozen=True)
class Measurements:
    """Stored measurements of one plate.

    Parameters
    ----------
    path
        The folder.
    record
        Settings, units, illumination, notices, and what made them.
    """

    path: Path
    record: dict[str, Any]

    def __post_init__(self) -> None:
        # A worker in another folder finds what stands here.
        object.__setattr__(self, "path", self.path.absolute())

    @classmethod
    def open(cls, path: Path | str) -> "Measurements":
        """Open stored measurements.

        Raises
        ------
        NotThereError, StoreError
            Nothing there, or not measurements.
        """
        folder = Path(path)
        if not folder.exists():
            raise NotThereError(f"{folder} does not exist; measure a plate with `hcs measure PLATE`.")
        try:
            return cls(folder, json.loads((folder / RECORD).read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StoreError(folder, "holds no measurements; make them with `hcs measure PLATE`") from error

    def table(self, name: str) -> pd.DataFrame:
        """Read a stored table: ``cells``, ``fields`` or ``wells``."""
        return pd.read_parquet(self.path / f"{name}.parquet")

    @property
    def cells(self) -> pd.DataFrame:
        """One row per cell, of all fields, with plate, well, field and whether the field is included."""
        return self.table("cells")

    @property
    def fields(self) -> pd.DataFrame:
        """One row per field: measurements, quality, ``included`` and the ``reason`` if not."""
        return self.table("fields")

    @property
    def wells(self) -> pd.DataFrame:
        """One row per well (`hcs.measure.summary.well_table`) with the plate's wells table."""
        return self.table("wells")

    def groups(self, group: str = "clone") -> pd.DataFrame:
        """One row per clone, or per value of another column of the wells (`group_table`)."""
        return group_table(self.wells, group)

    def illumination(self) -> dict[str, Illumination]:
        """Give the fall-off of light that was taken out, by channel."""
        return {name: Illumination.from_record(one) for name, one in self.record["illumination"].items()}

    @property
    def notices(self) -> list[str]:
        """Sentences that belong beside the numbers."""
        return list(self.record["notices"])


@dataclass(frozen=True)
class _WellWork:
    """Payload of one unit: a well, its fields, and all that is needed to measure them."""

    fields: tuple[Field, ...]
    spec: MeasureSpec
    pixel_um: float | None
    illumination: dict[str, Illumination]
    parts: Path


def measure_plate(
    plate: Plate,
    spec: MeasureSpec,
    out: Path | str | None = None,
    *,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Measurements:
    """Measure every whole field of a plate and store what was found.

    Measurements that stand at `out` and are of this plate and these settings are opened, not made again; a
    run that was killed goes on where it was.

    Parameters
    ----------
    plate
        The plate.
    spec
        What is measured (`hcs.measure.fields.channel_spec` chooses channels).
    out
        The folder to make; beside the plate, ``P1.measurements``, if None.
    overwrite
        Replace other measurements that stand there, once the new ones are whole.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a unit is a well.

    Raises
    ------
    ArgumentError, ExistsError
        A channel or time point the plate lacks, no whole field; a place that is taken.
    """
    final = Path(out) if out is not None else default_place(plate)
    fields, left_out = _whole_fields(plate, spec)
    pixel_um, notices = square_pixel(plate)
    metadata = [list(plate.channels), pixel_um, plate.wells.reset_index().to_json()]
    recipe = digest(VERSION, plate.digest, asdict(spec), metadata)
    if (final / RECORD).is_file() and Measurements.open(final).record["recipe"] == recipe:
        return Measurements.open(final)
    check_free(final, overwrite=overwrite, marker=RECORD)
    staged = staging_path(final)
    if staged.exists() and _recipe_at(staged) != recipe:
        shutil.rmtree(staged)
    write_json(staged / "recipe.json", recipe)
    illumination = learn_illumination(fields, spec) if spec.even_light else {}
    (staged / PARTS).mkdir(exist_ok=True)
    wells = list(dict.fromkeys(field.well for field in fields))
    units = []
    for well in wells:
        own = tuple(field for field in fields if field.well == well)
        work = _WellWork(own, spec, pixel_um, illumination, staged / PARTS)
        units.append(Unit(f"measure-{well}", digest(recipe, well), work))
    summary = run_units(
        _measure_well, units, staged / RECEIPTS, client=client, workers=workers, progress=progress
    )
    if summary.failed:
        raise HcsError("; ".join(dict.fromkeys(summary.failed.values())))
    _gather(plate, spec, staged, wells)
    lights = {name: one.record() for name, one in illumination.items()}
    notices += [f"{name}: {one.notice}" for name, one in illumination.items() if one.notice]
    facts = {"recipe": recipe, "plate": plate.name, "spec": asdict(spec), "pixel_um": pixel_um}
    said = {"notices": notices, "illumination": lights, "left_out": left_out}
    write_json(staged / RECORD, {"version": VERSION, **facts, **said})
    publish(staged, final)
    return Measurements.open(final)


def default_place(plate: Plate) -> Path:
    """Beside the plate: ``P1.ome.zarr`` gives ``P1.measurements``."""
    return plate.path.with_name(f"{plate.path.name.split('.')[0]}.measurements")


def square_pixel(plate: Plate) -> tuple[float | None, list[str]]:
    """Side of the plate's pixels, µm, or None with the reason where lengths can only be told in pixels."""
    size = plate.spec.pixel_size_um
    if size is None:
        return None, ["The pixel size is not known, so lengths are in pixels and areas in square pixels."]
    down, right = size
    if not np.isclose(down, right, rtol=0.01):
        return None, [
            f"Pixels are not square ({down:g} × {right:g} µm), so lengths are in pixels and areas in "
            "square pixels."
        ]
    return float((down + right) / 2), []


def learn_illumination(fields: list[Field], spec: MeasureSpec) -> dict[str, Illumination]:
    """Learn each channel's fall-off of light from up to 100 fields spread over the plate."""
    chosen = [fields[at] for at in np.unique(np.linspace(0, len(fields) - 1, LIGHT_FIELDS).astype(int))]
    return {
        name: estimate_illumination(planes(field, (name,), spec.time)[name] for field in chosen)
        for name in spec.channels
    }


def planes(field: Field, channels: Sequence[str], time: int = 0) -> dict[str, npt.NDArray[Any]]:
    """Read channels of a field, all at once, at a time point: arrays of shape (y, x), a z stack's maximum."""
    places = [field.plate.channel_index(name) for name in channels]
    projected = field.plate.spec.layout.project(field.read(), time, places)
    return dict(zip(channels, projected, strict=True))


def _whole_fields(plate: Plate, spec: MeasureSpec) -> tuple[list[Field], list[dict[str, str]]]:
    """Fields that have all planes wanted, of included wells; and what is left out, with the reason."""
    wanted = {plate.channel_index(name) for name in spec.channels}
    if not 0 <= spec.time < plate.spec.layout.n_times:
        raise ArgumentError(
            f"Plate {plate.name} has {plate.spec.layout.n_times} time points; got time {spec.time}."
        )
    fields, left_out = [], []
    for well in plate:
        if not well.metadata["included"]:
            left_out.append({"what": "well", "where": well.name, "reason": "its platemap says not included"})
            continue
        for field in well.values():
            gaps = [
                reason
                for key, reason in field.missing.items()
                if key.channel in wanted and key.time == spec.time
            ]
            if gaps:
                where = f"{well.name} field {field.number}"
                left_out.append({"what": "field", "where": where, "reason": gaps[0]})
            else:
                fields.append(field)
    stored = {(well, number) for well, numbers in plate.spec.fields.items() for number in numbers}
    absent = {(key.well, key.field): reason for key, reason in plate.spec.missing.items()}
    for well_name, number in sorted(set(absent) - stored):
        reason = absent[well_name, number]
        left_out.append({"what": "field", "where": f"{well_name} field {number}", "reason": reason})
    if not fields:
        raise ArgumentError(f"Plate {plate.name} has no included well with a whole field to measure.")
    return fields, left_out


def _recipe_at(staged: Path) -> str | None:
    """Recipe of an interrupted run."""
    file = staged / "recipe.json"
    return json.loads(file.read_text(encoding="utf-8")) if file.is_file() else None


def _measure_well(work: _WellWork) -> Output:
    """Measure the fields of one well, one after the other, and store its part of the tables."""
    cv2.setNumThreads(1)
    rows, cells = [], []
    for field in work.fields:
        channels = planes(field, work.spec.channels, work.spec.time)
        found = measure_field(channels, work.pixel_um, work.spec, work.illumination)
        place = {"plate": field.plate.name, "well": field.well, "field": field.number}
        rows.append(place | found.values)
        cells.append(found.cells.assign(**place))
    well = work.fields[0].well
    tables = {"fields": pd.DataFrame(rows), "cells": pd.concat(cells, ignore_index=True)}
    for name, table in tables.items():
        table.to_parquet(work.parts / f"{well}-{name}.parquet", index=False)
    return {"checksum": digest(tables["fields"].to_json(double_precision=15)), "fields": len(rows)}


def _gather(plate: Plate, spec: MeasureSpec, staged: Path, wells: list[str]) -> None:
    """Join the parts, judge the fields beside each other, and write the tables."""

    def joined(name: str) -> pd.DataFrame:
        parts = [pd.read_parquet(staged / PARTS / f"{well}-{name}.parquet") for well in wells]
        filled = [part for part in parts if len(part)] or parts[:1]
        table = pd.concat(filled, ignore_index=True)
        place = ["plate", "well", "field"]
        return table[[*place, *(column for column in table if column not in place)]]

    fields = judge_fields(joined("fields"), spec)
    cells = joined("cells").merge(fields[["well", "field", "included"]], on=["well", "field"], how="left")
    wells_table = well_table(fields, cells, plate.wells)
    for name, table in {"fields": fields, "cells": cells, "wells": wells_table}.items():
        table.to_parquet(staged / f"{name}.parquet", index=False)
    shutil.rmtree(staged / PARTS)
    shutil.rmtree(staged / RECEIPTS)
    (staged / "recipe.json").unlink()


def judge_fields(fields: pd.DataFrame, spec: MeasureSpec) -> pd.DataFrame:
    """Add ``included`` and ``reason``: a field counts if nothing speaks against any of its channels.

    Focus is judged beside the other fields of the plate, channel by channel (`flag_fields`).
    """
    reasons = pd.Series([""] * len(fields), index=fields.index)
    for channel in spec.channels:
        own = fields[[f"{channel}_{name}" for name in MEASURES]].set_axis(list(MEASURES), axis=1)
        judged = flag_fields(own, spec.quality)
        said = judged["reason"].where(judged["reason"] == "", channel + " " + judged["reason"])
        reasons = reasons.where(said == "", reasons + reasons.map(lambda text: "; " if text else "") + said)
    return fields.assign(included=reasons == "", reason=reasons)
