"""Exports: a simulated experiment written to disk as an IN Cell Analyzer would leave it.

Each plate is a folder of TIFFs with its `.xdce`, and beside them what a lab would have (`platemap.csv`) and
what only a simulation has (`truth.csv`). Fields are units of work; the folder appears under its name when it
is whole.
"""

import json
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import tifffile

from hcs_plates.csvcells import csv_text
from hcs_plates.opencv import one_thread
from hcs_plates.simulate.experiment import ExperimentSpec, SimulatedWell, simulate_wells
from hcs_plates.simulate.field import FieldSpec
from hcs_plates.simulate.neurons import render_field
from hcs_plates.simulate.xdce import ExportedPlate, image_name, write_xdce
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Output, Progress, Unit, digest, pixel_digest, run_units, write_json

EXPERIMENT = "experiment.json"
"""The spec of the experiment; marks a folder as one that the simulator wrote."""
SIMULATION = Kind(
    "a simulated export",
    EXPERIMENT,
    ("experiment",),
    r"[\w-]+-\d+|.*\.(tif|xdce|json)|(platemap|truth)\.csv|\..*",
)
PLATEMAP, TRUTH = "platemap.csv", "truth.csv"
RENDERER = 1
"""Raised when the same spec and seed come to give other pixels, so that no old field is kept."""


@dataclass(frozen=True)
class _FieldTask:
    """What a worker needs to write one field."""

    folder: Path
    field: FieldSpec
    seed: int
    name: str
    files: tuple[str, ...]


def simulate_export(
    out: Path | str,
    spec: ExperimentSpec,
    *,
    client: Any = None,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Simulate an experiment and write it as an instrument's export.

    Parameters
    ----------
    out
        Folder to make: the plate itself, or one folder per plate where there are several.
    spec
        The experiment.
    client, workers, progress
        As in `run_units`; none of them changes a byte.
    overwrite
        Replace an earlier simulation in `out`, once the new one is whole.

    Returns
    -------
    list of Path
        Folder of each plate. In it: the TIFFs (uint16, uncompressed), ``<plate>.xdce``, ``platemap.csv`` and
        ``truth.csv`` (one row per field: cells, mean soma area, neurite length, branch points, beading).

    Raises
    ------
    ExistsError
        `out` is there and `overwrite` was not asked for.
    ArgumentError
        `out` is to be overwritten but is not a simulation.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> small = FieldSpec(height=32, width=32)
    >>> spec = ExperimentSpec(clones_per_class=1, wells_per_clone=1, fields_per_well=1, field=small)
    >>> with TemporaryDirectory() as folder:
    ...     (plate,) = simulate_export(Path(folder) / "export", spec)
    ...     sorted(path.name for path in plate.glob("*.*") if path.suffix != ".tif")
    ['experiment.json', 'platemap.csv', 'sim-1.xdce', 'truth.csv']
    """
    place = Place(out, SIMULATION, overwrite=overwrite)
    folders = [Path(out) / _below(spec, plate) for plate in spec.plate_names()]
    described = digest(RENDERER, asdict(spec))
    if _described_at(place.final) == described and (not overwrite or place.published(described)):
        place.tidy(described)
        return folders
    place.check()
    wells = simulate_wells(spec)
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    with place.claim():
        staged = place.start(described, partial(_prepare, spec=spec, described=described))
        tasks = [_task(staged, spec, well, number) for well, number in _fields(spec, wells)]
        units = [_unit(task) for task in tasks]
        run = run_units(_write_field, units, place.receipts, **engine)
        truth = {task.name: run.outputs[unit.name]["truth"] for task, unit in zip(tasks, units, strict=True)}
        for plate in spec.plate_names():
            _write_tables(
                staged / _below(spec, plate), spec, [well for well in wells if well.plate == plate], truth
            )
        place.publish()
    return folders


def _described_at(folder: Path) -> str | None:
    """Digest of the experiment whose export stands somewhere."""
    try:
        return str(json.loads((folder / EXPERIMENT).read_text(encoding="utf-8"))["digest"])
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _below(spec: ExperimentSpec, plate: str) -> Path:
    """Where a plate stands under the export's folder; the only plate is the folder itself."""
    return Path() if spec.plates == 1 else Path(plate)


def _fields(spec: ExperimentSpec, wells: list[SimulatedWell]) -> list[tuple[SimulatedWell, int]]:
    """List every field: its well, and its number from 1."""
    return [(well, number) for well in wells for number in range(1, spec.fields_per_well + 1)]


def _field_name(well: SimulatedWell, number: int) -> str:
    """Stable name of a field, ``PLATE/B03/1``."""
    return f"{well.plate}/{well.well}/{number}"


def _prepare(staged: Path, spec: ExperimentSpec, described: str) -> None:
    """Make the export's folders, with what the experiment is."""
    write_json(staged / EXPERIMENT, {"digest": described, "experiment": asdict(spec)})
    for plate in spec.plate_names():
        (staged / _below(spec, plate)).mkdir(parents=True, exist_ok=True)


def _task(staged: Path, spec: ExperimentSpec, well: SimulatedWell, number: int) -> _FieldTask:
    """Put together what a worker needs for one field."""
    files = [image_name(well.well, number, spec.fields_per_well, channel) for channel in well.field.channels]
    folder = staged / _below(spec, well.plate)
    return _FieldTask(folder, well.field, spec.seed, _field_name(well, number), tuple(files))


def _unit(task: _FieldTask) -> Unit:
    """Make a field's unit of work; its inputs are all that the pixels depend on."""
    inputs = digest(RENDERER, asdict(task.field), task.seed, task.name, task.files)
    return Unit(task.name.replace("/", "_"), inputs, task)


@one_thread()
def _write_field(task: _FieldTask) -> Output:
    """Draw one field and write its TIFFs."""
    rendered = render_field(task.field, seed=task.seed, name=task.name)
    for file, plane in zip(task.files, rendered.pixels, strict=True):
        tifffile.imwrite(task.folder / file, plane, photometric="minisblack", metadata=None, software="hcs")
    return {"pixels": pixel_digest(rendered.pixels), "truth": asdict(rendered.truth)}


def _write_tables(
    folder: Path, spec: ExperimentSpec, wells: list[SimulatedWell], truth: dict[str, dict[str, Any]]
) -> None:
    """Write what goes beside a plate's TIFFs."""
    plate = wells[0].plate
    names = [well.well for well in wells]
    exported = ExportedPlate(plate, spec.format, names, spec.fields_per_well, spec.field)
    write_xdce(folder / f"{plate}.xdce", exported)
    described = pd.DataFrame([well.row for well in wells])
    (folder / PLATEMAP).write_text(csv_text(described), encoding="utf-8")
    rows = [
        {
            "plate": plate,
            "well": well.well,
            "field": number,
            "clone": well.row["clone"],
            "diagnosis": well.row["diagnosis"],
            "beading": well.field.neurites.beading,
            **truth[_field_name(well, number)],
        }
        for well, number in _fields(spec, wells)
    ]
    (folder / TRUTH).write_text(csv_text(pd.DataFrame(rows)), encoding="utf-8")
