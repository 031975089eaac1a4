"""Measurements: what was found on a plate, stored as Parquet beside it, from cells up to clones."""

import shutil
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import asdict, dataclass, replace
from importlib.metadata import version as installed
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.measure.fields import MeasureSpec, measure_field
from hcs.measure.flags import flag_fields
from hcs.measure.gaps import covered_part, gap_share, has_gaps
from hcs.measure.illumination import Illumination, estimate_illumination
from hcs.measure.labelimages import check_labels, label_origin, labelling, write_field_labels
from hcs.measure.measured import (
    RECORD,
    TABLES,
    Measurements,
    default_place,
    measuring_recipe,
    square_pixel,
)
from hcs.measure.pictures import Picture
from hcs.measure.quality import MEASURES
from hcs.measure.summary import well_table
from hcs_plates.columns import left_out_reasons
from hcs_plates.errors import ArgumentError, NotThereError, StoreError
from hcs_plates.members import Field
from hcs_plates.objects import seen_from
from hcs_plates.opencv import one_thread
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate
from hcs_plates.projection import project
from hcs_plates.runlog import tell_begun
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Output, Progress, Unit, digest, file_digest, run_units, write_json

VERSION = 2
COUNTED_BY_SOMAS = (
    "No nuclei: bodies in {} are counted as cells, beaded neurites among them; compare no classes by their "
    "counts or sizes."
)
GAPS = (
    "{:.1%} of the stitched wells' area shows no field. It is left out, and so is the place of a field that "
    "lacks a channel: nothing is found there, shares and densities are of the rest, cells cut by a gap count "
    "as those at the border, and neurites end there."
)
NO_LIGHT = (
    "The light was not evened out: wells were stitched with gaps, and it falls off over each field "
    "(hcs ingest --flat-field apply)."
)
PARTS = "parts"
MEASURED = Kind("measurements", RECORD, ("recipe",), r"overlays|.*\.(json|parquet|xlsx)|\..*")
LIGHT_FIELDS = 100
"""Fields, spread evenly over the plate, that its illumination is learnt from."""


@dataclass(frozen=True)
class _WellWork:
    """Payload of one unit: a well, its fields, and all that is needed to measure them.

    With an `origin` (`hcs.measure.labelimages.label_origin`) what is found is stored as label images too.
    """

    fields: tuple[Field, ...]
    spec: MeasureSpec
    pixel_um: float | None
    illumination: dict[str, Illumination]
    parts: Path
    origin: Mapping[str, Any] | None


def measure_plate(  # noqa: PLR0913 – where and how it runs stands beside what is made
    plate: Plate,
    spec: MeasureSpec,
    out: Path | str | None = None,
    *,
    labels: bool = False,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Measurements:
    """Measure every whole field of a plate and store what was found.

    Measurements of this plate and these settings that stand at `out` are opened, not made again; those that
    stand beside the plate are copied; a run that was killed goes on where it was.

    Parameters
    ----------
    plate, spec
        The plate, and what is measured (`hcs.measure.fields.channel_spec` chooses channels).
    out
        The folder to make; beside the plate, ``P1.measurements``, if None.
    labels
        Store nuclei, somas and neurites in the plate as they are found, so that no field is segmented twice
        for it. Of measurements that stand already, `hcs.measure.write_labels` does it.
    overwrite
        Replace other measurements that stand there, once the new ones are whole.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a unit is a well.

    Raises
    ------
    ArgumentError, ExistsError
        A channel or time point the plate lacks, no whole field; a place that is taken; with `labels` a plate
        of another tool, or one that has labels of another tool of these names.
    """
    final = local_path(out) if out is not None else default_place(plate)
    place = Place(final, MEASURED, overwrite=overwrite)
    if labels:
        check_labels(plate)
    fields, left_out = _whole_fields(plate, spec)
    recipe = measuring_recipe(plate, asdict(spec), VERSION)
    standing = _standing(final, recipe)
    wells = list(dict.fromkeys(field.well for field in fields))
    if standing is not None:
        place.tidy(recipe)
        _tell_there(progress, len(wells))
        return standing
    # Measurements are kept on disks alone.
    usual = default_place(plate)
    beside = _standing(usual, recipe) if isinstance(usual, Path) else None
    with place.claim():
        staged, parts = place.start(recipe), place.scratch(PARTS)
        if beside is not None:
            _copy(beside, plate, staged, final)
            place.publish()
            _tell_there(progress, len(wells))
            return Measurements.read(final)
        if progress is not None:
            # Learning the light takes a while too.
            progress(0, len(wells))
        light = learn_illumination(fields, spec) if spec.even_light else {}
        origin = label_origin(plate, final, recipe, spec.time) if labels else None
        work = _WellWork((), spec, square_pixel(plate)[0], light, parts, origin)
        units = [
            Unit(
                f"measure-{well}",
                digest(recipe, well, *(["labels"] if labels else [])),
                replace(work, fields=tuple(own)),
            )
            for well, own in groupby(fields, key=lambda field: field.well)
        ]
        engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
        taken = {(field.well, field.number) for field in fields}
        with labelling(plate, taken) if labels else nullcontext():
            summary = run_units(_measure_well, units, place.receipts, **engine)
            summary.check()
        _gather(plate, spec, parts, staged, wells)
        record = _described(plate, spec, light) | {"recipe": recipe, "left_out": left_out}
        record["place"] = seen_from(final.parent, plate.path)
        record["files"] = {name: file_digest(staged / f"{name}.parquet") for name in TABLES}
        write_json(staged / RECORD, record)
        place.publish()
    return Measurements.read(final)


def _tell_there(progress: Progress | None, wells: int) -> None:
    """Say that all wells of the plate are measured already."""
    tell_begun(wells, wells)
    if progress is not None:
        progress(wells, wells)


def _copy(found: Measurements, plate: Plate, staged: Path, final: Path) -> None:
    """Copy measurements of the same plate and settings, as if they had been made at another place."""
    for name in TABLES:
        shutil.copyfile(found.path / f"{name}.parquet", staged / f"{name}.parquet")
    place = seen_from(final.parent, plate.path)
    write_json(staged / RECORD, found.record | {"place": place})


def _described(plate: Plate, spec: MeasureSpec, light: dict[str, Illumination]) -> dict[str, Any]:
    """Tell what was measured, how and by what."""
    pixel_um, notices = square_pixel(plate)
    if spec.nuclei is None:
        notices.append(COUNTED_BY_SOMAS.format(spec.neurites))
    if has_gaps(plate):
        notices.append(GAPS.format(gap_share(plate)))
    moment = plate.spec.moment(spec.time)
    notices += [moment] if moment else []
    return {
        "version": VERSION,
        "hcs": installed("hcs"),
        "plate": plate.name,
        "images": plate.digest,
        "pixel_um": pixel_um,
        "spec": asdict(spec),
        "illumination": {name: one.record() for name, one in light.items()},
        "notices": notices + [f"{name}: {one.notice}" for name, one in light.items() if one.notice],
    }


def _standing(final: Path, recipe: str) -> Measurements | None:
    """Measurements of the same recipe that stand somewhere and are whole."""
    try:
        found = Measurements.read(final)
        whole = found.record["recipe"] == recipe and all(len(getattr(found, name).columns) for name in TABLES)
    except (NotThereError, StoreError):
        return None
    return found if whole else None


def learn_illumination(fields: list[Field], spec: MeasureSpec) -> dict[str, Illumination]:
    """Learn each channel's fall-off of light from up to 100 fields spread over the plate.

    None is learnt from stitched wells with gaps, which would be taken for shade.
    """
    plate = fields[0].plate
    if has_gaps(plate):
        shape = (plate.spec.layout.height, plate.spec.layout.width)
        return {name: Illumination(shape, notice=NO_LIGHT) for name in spec.channels}
    chosen = [fields[at] for at in np.unique(np.linspace(0, len(fields) - 1, LIGHT_FIELDS).astype(int))]
    return {
        name: estimate_illumination(planes(field, (name,), spec.time)[name] for field in chosen)
        for name in spec.channels
    }


def planes(field: Field, channels: Sequence[str], time: int = 0) -> dict[str, Picture]:
    """Read channels of a field, all at once, at a time point: arrays of shape (y, x), a z stack's maximum."""
    places = [field.plate.channel_index(name) for name in channels]
    whole = project(field.stored, time, places, never_acquired=field.plate.spec.never_acquired)
    return dict(zip(channels, whole.pixels, strict=True))


def _whole_fields(plate: Plate, spec: MeasureSpec) -> tuple[list[Field], list[dict[str, str]]]:
    """Fields that have all planes wanted, of included wells; and what is left out, with the reason."""
    wanted = {plate.channel_index(name) for name in spec.channels}
    plate.spec.check_acquired(sorted(wanted), spec.time)
    fields, left_out, reasons = [], [], left_out_reasons(plate.spec.wells)
    for well in plate.values():
        if not well.metadata["included"]:
            left_out.append({"what": "well", "where": well.name, "reason": reasons[well.name]})
            continue
        for field in well.values():
            missing, shape = field.missing.items(), plate.spec.shapes.get((well.name, field.number))
            gaps = [why for key, why in missing if key.channel in wanted and key.time == spec.time]
            if shape is not None and spec.even_light:
                gaps.append(
                    f"it is {shape[0]} × {shape[1]} pixels, and the light is learnt from fields of "
                    f"{plate.spec.layout.height} × {plate.spec.layout.width}"
                )
            if gaps:
                where = f"{well.name} field {field.number}"
                left_out.append({"what": "field", "where": where, "reason": gaps[0]})
            else:
                fields.append(field)
    absent = {(key.well, key.field): reason for key, reason in plate.spec.missing.items()}
    for (name, number), reason in sorted(absent.items()):
        if number not in plate.spec.fields.get(name, ()):
            left_out.append({"what": "field", "where": f"{name} field {number}", "reason": reason})
    if not fields:
        raise ArgumentError(f"Plate {plate.name} has no included well with a whole field to measure.")
    return fields, left_out


@one_thread()
def _measure_well(work: _WellWork) -> Output:
    """Measure the fields of one well, one after the other, and store its part of the tables."""
    rows, cells = [], []
    for field in work.fields:
        channels = planes(field, work.spec.channels, work.spec.time)
        covered = covered_part(field, channels)
        found = measure_field(channels, work.pixel_um, work.spec, work.illumination, covered)
        place = {"plate": field.plate.name, "well": field.well, "field": field.number}
        rows.append(place | found.values)
        cells.append(found.cells.assign(**place))
        if work.origin is not None:
            write_field_labels(field, found, work.origin)
    well = work.fields[0].well
    tables = {"fields": pd.DataFrame(rows), "cells": pd.concat(cells, ignore_index=True)}
    for name, table in tables.items():
        table.to_parquet(work.parts / f"{well}-{name}.parquet", index=False)
    return {"checksum": digest(tables["fields"].to_json(double_precision=15)), "fields": len(rows)}


def _gather(plate: Plate, spec: MeasureSpec, own: Path, staged: Path, wells: list[str]) -> None:
    """Join the parts, judge the fields beside each other, and write the tables."""

    def joined(name: str) -> pd.DataFrame:
        parts = [pd.read_parquet(own / f"{well}-{name}.parquet") for well in wells]
        table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        place = ["plate", "well", "field"]
        return table[[*place, *(column for column in table if column not in place)]]

    fields = judge_fields(joined("fields"), spec)
    cells = joined("cells").merge(fields[["well", "field", "included"]], on=["well", "field"], how="left")
    wells_table = well_table(fields, cells, plate.spec.wells)
    for name, table in {"fields": fields, "cells": cells, "wells": wells_table}.items():
        table.to_parquet(staged / f"{name}.parquet", index=False)


def judge_fields(fields: pd.DataFrame, spec: MeasureSpec) -> pd.DataFrame:
    """Add ``included`` and ``reason``: whether anything speaks against the channels cells are found in.

    Focus is judged beside the other fields of the plate, channel by channel (`flag_fields`).
    """
    reasons = pd.Series([""] * len(fields), index=fields.index)
    for channel in spec.judged:
        own = fields[[f"{channel}_{name}" for name in MEASURES]].set_axis(list(MEASURES), axis=1)
        judged = flag_fields(own, spec.quality)
        said = judged["reason"].where(judged["reason"] == "", channel + " " + judged["reason"])
        reasons = reasons.where(said == "", reasons + reasons.map(lambda text: "; " if text else "") + said)
    return fields.assign(included=reasons == "", reason=reasons)
