"""From an instrument's export to a plate: scan, check the platemap, copy every field, publish.

The plate is made in a staging folder beside its place. A run that is killed goes on from its receipts the
next time; the plate appears under its own name only when every unit has ended. Planes that cannot be read
stay missing under their own key and are listed in the plate, and never keep the others from being ingested.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from hcs_plates.acquired import spec_of
from hcs_plates.completion import FieldKey, StoredPlanes, completed
from hcs_plates.description import PlateSpec
from hcs_plates.document import to_json
from hcs_plates.errors import HcsError, PlatemapError, ReaderError, reachable
from hcs_plates.export import Export
from hcs_plates.fieldpixels import Recipe, field_pixels
from hcs_plates.ngff import FieldLayout
from hcs_plates.plate import PLATE, Plate, open_plate
from hcs_plates.platemap import blank_wells, read_platemap
from hcs_plates.preparation import Prepared
from hcs_plates.protocol import read_protocol
from hcs_plates.protocolchecks import with_protocol
from hcs_plates.readers.acquisition import Acquisition, PlaneFile, PlaneKey
from hcs_plates.remapping import keep_log, replace_platemap
from hcs_plates.staging import Place
from hcs_plates.store import allocate, rewrite_description, write_field
from hcs_plates.units import Output, Progress, RunSummary, Unit, digest, run_units

NO_MAP = (
    "No platemap was given, so nothing is known of what is in the wells; hcs platemap PLATE MAP adds one."
)


@dataclass(frozen=True)
class _FieldWork:
    """Payload of one unit: the planes of one field, where they go, and what a plate to complete has of it."""

    plate: Path
    layout: FieldLayout
    well: str
    number: int
    planes: tuple[tuple[PlaneKey, PlaneFile], ...]
    stored: StoredPlanes | None = None
    recipe: Recipe | None = None


def ingest(  # noqa: PLR0913 – where and how it runs stands beside what is made
    export: Export | Path | str,
    out: Path | str,
    platemap: Path | str | None = None,
    *,
    sheet: str | None = None,
    protocol: Path | str | None = None,
    overwrite: bool = False,
    complete: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Plate:
    """Turn an instrument's export into an OME-Zarr plate.

    A plate that stands at `out` and was made of the same files and platemap is opened, not made again; a run
    that was killed goes on where it was.

    Parameters
    ----------
    export
        The export's folder, or an `Export` that also says how to read it.
    out
        The plate to make, such as ``P1.ome.zarr``.
    platemap
        CSV, TSV or XLSX with one row per well, or drawn as the plate is; without one the wells table has the
        wells' places only.
    sheet
        Sheet of a workbook; None takes the one that is called as the plate is, or the only one with a map.
    protocol
        `protocol.toml`: how the plate was made and imaged (`hcs_plates.protocol`).
    overwrite
        Replace the plate at `out`, once the new one is whole.
    complete
        Read the planes that were missing from the plate at `out` and are in its export now; whatever it has
        stays as it is, and so does its wells table where no platemap is given.
    client, workers, progress
        As in `hcs_plates.units.run_units`.

    Returns
    -------
    Plate
        Planes that were missing or unreadable are listed in its `missing`.

    Raises
    ------
    ReaderError, PlatemapError, ConfigError, ExistsError
        Before anything is written.
    """
    said = None if protocol is None else read_protocol(protocol)
    source = export if isinstance(export, Export) else Export(Path(export))
    place = Place(out, PLATE, overwrite=overwrite or complete)
    if complete:
        place.recover()
    before = open_plate(out) if complete else None
    if overwrite or complete or not place.final.exists():
        place.check()
    prepared = source.prepared(source.scan())
    acquisition = prepared.acquisition
    spec = spec_of(acquisition, _wells_table(acquisition, platemap, sheet), acquisition.missing)
    spec = replace(spec, made=prepared.made)
    if said is not None:
        spec = with_protocol(spec, said, Path(str(protocol)))
    stored: Mapping[FieldKey, StoredPlanes] = {}
    if before is not None:
        if platemap is not None:
            keep_log(place.final, before.spec)
        spec, stored = completed(before, spec)
        if spec is before.spec:
            place.tidy(digest(to_json(spec)))
            if platemap is None and protocol is None:
                return before
            return replace_platemap(out, platemap, sheet=sheet, protocol=protocol).plate
        if platemap is None:
            kept = before.spec
            spec = replace(spec, wells=kept.wells, map_notices=kept.map_notices, unblinding=kept.unblinding)
        if protocol is None:
            spec = replace(spec, protocol=before.spec.protocol)
    plan = digest(to_json(spec))
    units = _units(place.staged, spec, prepared, stored)
    spec = replace(spec, inputs=_inputs(spec, units))
    again = not overwrite and not complete
    if _is_there(place, spec) and (again or place.published(plan)):
        place.tidy(plan)
        return open_plate(out)
    with place.claim():
        staged = place.start(plan, partial(allocate, spec=spec))
        engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
        summary = run_units(_ingest_field, units, place.receipts, **engine)
        spec = _with_results(spec, summary)
        if not spec.fields:
            place.discard()
            raise ReaderError(source.path, "none of its images can be read; copy the export again")
        rewrite_description(staged, spec)
        place.publish()
    return Plate(Path(out), spec)


def _is_there(place: Place, spec: PlateSpec) -> bool:
    """Whether the plate that stands there was made of the same files, platemap, protocol and settings."""
    try:
        standing = open_plate(place.final).spec
    except HcsError:
        return False
    told = spec.protocol in (None, standing.protocol)
    return standing.inputs == spec.inputs and standing.wells.equals(spec.wells) and told


def _inputs(spec: PlateSpec, units: Sequence[Unit]) -> str:
    """Digest of what the pixels depend on; what may be corrected later is compared by itself."""
    apart = ("wells", "protocol", "notices", "map_notices", "inputs", "digest")
    content = {key: value for key, value in to_json(spec).items() if key not in apart}
    return digest(content, [[unit.name, unit.inputs] for unit in units])


def _wells_table(acquisition: Acquisition, platemap: Path | str | None, sheet: str | None) -> pd.DataFrame:
    """Read the platemap, or make a wells table of the wells' places."""
    name, format, imaged = acquisition.name, acquisition.format, acquisition.wells()
    if platemap is None:
        table = blank_wells(name, format, imaged)
        table.attrs["notices"] = [NO_MAP]
        return table
    try:
        return read_platemap(Path(platemap), plate=name, format=format, imaged=imaged, sheet=sheet)
    except PlatemapError as error:
        if not any("outside a" in fault for fault in error.faults):
            raise
        hint = f"the plate was taken to have {format.size} wells; if it has more, say so with --wells"
        raise PlatemapError(error.path, [*error.faults, hint]) from error


def _units(
    staged: Path, spec: PlateSpec, prepared: Prepared, stored: Mapping[FieldKey, StoredPlanes]
) -> list[Unit]:
    """One unit a field; its inputs are the files it is read from, or the pixels that are kept."""
    units = []
    for well, numbers in spec.fields.items():
        for number in numbers:
            had = stored.get((well, number))
            if had is not None and had.kept:
                work = _FieldWork(staged, spec.layout_of(well, number), well, number, (), had)
                units.append(Unit(f"{well}-{number}", digest("kept", had.checksum), work))
                continue
            layout = spec.layout_of(well, number)
            planes, recipe = tuple(prepared.planes[well, number]), prepared.recipes.get((well, number))
            work = _FieldWork(staged, layout, well, number, planes, had, recipe)
            with reachable("looking at its files", prepared.acquisition.source):
                stats = [(file.path.name, file.page, file.path.stat()) for _, file in work.planes]
            inputs = digest([[name, page, stat.st_size, stat.st_mtime_ns] for name, page, stat in stats])
            units.append(Unit(f"{well}-{number}", inputs, work))
    return units


def _ingest_field(work: _FieldWork) -> Output:
    """Read the planes of a field and write it; planes that cannot be read are left empty and named."""
    if work.stored is not None and work.stored.kept:
        work.stored.link_into(work.plate)
        return {"checksum": work.stored.checksum, "unreadable": []}
    layout = work.layout
    found = field_pixels(work.planes, layout, work.number, work.recipe)
    whole, told = found.pixels.reshape(layout.shape), found.told()
    if work.stored is not None:
        work.stored.check_same(found.pixels)
    if found.n_planes == 0:
        return {"checksum": None, **told}
    return {"checksum": write_field(work.plate, layout, work.well, work.number, whole), **told}


def _with_results(spec: PlateSpec, summary: RunSummary) -> PlateSpec:
    """Enter checksums and unreadable planes; fields with nothing readable leave."""
    summary.check()
    missing = dict(spec.missing)
    checksums: dict[str, str] = {}
    fields: dict[str, tuple[int, ...]] = {}
    for well, numbers in spec.fields.items():
        for number in numbers:
            output = summary.outputs[f"{well}-{number}"]
            missing.update({PlaneKey(*row[:-1]): row[-1] for row in output["unreadable"]})
            if output["checksum"] is not None:
                checksums[f"{well}/{number}"] = output["checksum"]
                fields[well] = (*fields.get(well, ()), number)
    shapes = {key: shape for key, shape in spec.shapes.items() if key[1] in fields.get(key[0], ())}
    made = spec.made.after(summary.outputs.values(), spec.channel_names, spec.layout.n_times)
    return replace(spec, missing=missing, checksums=checksums, fields=fields, shapes=shapes, made=made)
