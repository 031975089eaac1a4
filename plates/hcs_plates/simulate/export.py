"""Exports: a simulated experiment written to disk as an IN Cell Analyzer would leave it.

Each plate is a folder of TIFFs with its `.xdce`, and beside them what a lab would have (`platemap.csv`) and
what only a simulation has (`truth.csv`). Fields are units of work; the folder appears under its name when it
is whole.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import tifffile

from hcs_plates.csvcells import csv_text
from hcs_plates.opencv import one_thread
from hcs_plates.simulate.experiment import ExperimentSpec, SimulatedWell, simulate_wells
from hcs_plates.simulate.field import FieldSpec
from hcs_plates.simulate.laidout import LayoutSpec, wells_of_layout
from hcs_plates.simulate.neurons import render_field
from hcs_plates.simulate.xdce import ExportedPlate, image_name, write_xdce
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Output, Progress, Unit, digest, pixel_digest, run_units, write_json
from hcs_plates.wells import PlateFormat

EXPERIMENT = "experiment.json"
"""The spec of the experiment; marks a folder as one that the simulator wrote."""
PLATES = "plates"
"""Where that file names the plates of a layout, whose folders are called as they are."""


class SimulationKind(Kind):
    """Kind of simulated exports: folders of plates that the export's own document names are of hcs."""

    def foreign(self, folder: Path) -> list[str]:
        """Names of what stands in the folder and is not of hcs."""
        named = _document(folder).get(PLATES, [])
        return [name for name in super().foreign(folder) if name not in named]


SIMULATION = SimulationKind(
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
    unstained: tuple[str, ...]


@dataclass(frozen=True)
class _Export:
    """What an export is made of.

    Parameters
    ----------
    spec
        How its fields are imaged.
    format, wells
        Of all plates.
    described
        Digest of all that it depends on.
    document
        What its document says of it.
    alone
        Whether the only plate is the folder itself.
    maps
        Whether each plate's platemap is written beside it.
    told
        Columns of `truth.csv` that tell how a well was made, besides what was drawn in it.
    """

    spec: ExperimentSpec | LayoutSpec
    format: PlateFormat
    wells: list[SimulatedWell]
    described: str
    document: Mapping[str, Any]
    alone: bool = False
    maps: bool = True
    told: tuple[str, ...] = ("clone", "diagnosis", "beading")
    plates: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "plates", tuple(dict.fromkeys(well.plate for well in self.wells)))

    def below(self, plate: str) -> Path:
        """Where a plate stands under the export's folder."""
        return Path() if self.alone else Path(plate)

    def fields(self, plate: str | None = None) -> list[tuple[SimulatedWell, int]]:
        """List every field, of one plate or of all: its well, and its number from 1."""
        return [
            (well, number)
            for well in self.wells
            if plate in (None, well.plate)
            for number in range(1, self.spec.fields_per_well + 1)
        ]


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
    described = digest(RENDERER, asdict(spec))
    document = {"experiment": asdict(spec)}
    export = _Export(spec, spec.format, simulate_wells(spec), described, document, alone=spec.plates == 1)
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    return _write(export, Place(out, SIMULATION, overwrite=overwrite), Path(out), engine)


def simulate_layout(  # noqa: PLR0913 – the layout with its key, and how units are run
    out: Path | str,
    layout: pd.DataFrame,
    spec: LayoutSpec,
    *,
    diagnoses: Mapping[str, str] | None = None,
    client: Any = None,
    workers: int | None = None,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> list[Path]:
    """Simulate the plates of a layout and write them as an instrument's export.

    No platemap is written: the layout has them. Of a blinded layout nothing that is written tells what nature
    knows: `truth.csv` holds no diagnosis and no beading, and the document neither effects nor the seed.

    Parameters
    ----------
    out
        Folder to make, in it one folder for each plate.
    layout, diagnoses
        As in `hcs_plates.simulate.laidout.wells_of_layout`; a blinded layout is one with `diagnoses`.
    spec
        What grows there, and how it is imaged.
    client, workers, progress, overwrite
        As in `simulate_export`.

    Returns
    -------
    list of Path
        Folder of each plate.

    Raises
    ------
    ExistsError, ArgumentError
        As `simulate_export`; a layout that cannot be simulated.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> coded = pd.DataFrame({"plate": "P1", "well": ["A1", "A2"], "clone": ["K7F", "Q2M"]})
    >>> spec = LayoutSpec(fields_per_well=1, field=FieldSpec(height=32, width=32))
    >>> with TemporaryDirectory() as folder:
    ...     (plate,) = simulate_layout(
    ...         Path(folder) / "export", coded, spec, diagnoses={"K7F": "ALS", "Q2M": "control"}
    ...     )
    ...     sorted(path.name for path in plate.iterdir() if path.suffix != ".tif")
    ['P1.xdce', 'truth.csv']
    """
    wells = wells_of_layout(layout, spec, diagnoses)
    grown = [[one.plate, one.well, one.row["clone"], asdict(one.field), one.unstained] for one in wells]
    plates = list(dict.fromkeys(well.plate for well in wells))
    told = {"fields_per_well": spec.fields_per_well, "wells": spec.wells, "field": asdict(spec.field)}
    hidden = {name: value for name, value in asdict(spec).items() if name not in told}
    export = _Export(
        spec,
        spec.format_of(layout),
        wells,
        digest(RENDERER, spec.seed, grown),
        {"experiment": told if diagnoses is not None else told | hidden, PLATES: plates},
        maps=False,
        told=("clone",) if diagnoses is not None else ("clone", "diagnosis", "beading"),
    )
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    return _write(export, Place(out, SIMULATION, overwrite=overwrite), Path(out), engine)


def _write(export: _Export, place: Place, out: Path, engine: dict[str, Any]) -> list[Path]:
    """Draw all fields of an export and write them, unless they are there already."""
    folders, described = [out / export.below(plate) for plate in export.plates], export.described
    if _document(place.final).get("digest") == described and (
        not place.overwrite or place.published(described)
    ):
        place.tidy(described)
        return folders
    place.check()
    with place.claim():
        staged = place.start(described, partial(_prepare, export=export))
        tasks = [_task(staged, export, well, number) for well, number in export.fields()]
        units = [_unit(task) for task in tasks]
        run = run_units(_write_field, units, place.receipts, **engine)
        truth = {task.name: run.outputs[unit.name]["truth"] for task, unit in zip(tasks, units, strict=True)}
        for plate in export.plates:
            _write_tables(staged / export.below(plate), export, plate, truth)
        place.publish()
    return folders


def _document(folder: Path) -> dict[str, Any]:
    """Read what an export's document says; nothing where there is none."""
    try:
        found = json.loads((folder / EXPERIMENT).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _field_name(well: SimulatedWell, number: int) -> str:
    """Stable name of a field, ``PLATE/B03/1``."""
    return f"{well.plate}/{well.well}/{number}"


def _prepare(staged: Path, export: _Export) -> None:
    """Make the export's folders, with what the experiment is."""
    write_json(staged / EXPERIMENT, {"digest": export.described, **export.document})
    for plate in export.plates:
        (staged / export.below(plate)).mkdir(parents=True, exist_ok=True)


def _task(staged: Path, export: _Export, well: SimulatedWell, number: int) -> _FieldTask:
    """Put together what a worker needs for one field."""
    per_well = export.spec.fields_per_well
    files = [image_name(well.well, number, per_well, channel) for channel in well.field.channels]
    folder, name = staged / export.below(well.plate), _field_name(well, number)
    return _FieldTask(folder, well.field, export.spec.seed, name, tuple(files), well.unstained)


def _unit(task: _FieldTask) -> Unit:
    """Make a field's unit of work; its inputs are all that the pixels depend on."""
    inputs = digest(RENDERER, asdict(task.field), task.seed, task.name, task.files, task.unstained)
    return Unit(task.name.replace("/", "_"), inputs, task)


@one_thread()
def _write_field(task: _FieldTask) -> Output:
    """Draw one field and write its TIFFs."""
    rendered = render_field(task.field, seed=task.seed, name=task.name, unstained=task.unstained)
    for file, plane in zip(task.files, rendered.pixels, strict=True):
        tifffile.imwrite(task.folder / file, plane, photometric="minisblack", metadata=None, software="hcs")
    return {"pixels": pixel_digest(rendered.pixels), "truth": asdict(rendered.truth)}


def _write_tables(folder: Path, export: _Export, plate: str, truth: dict[str, dict[str, Any]]) -> None:
    """Write what goes beside a plate's TIFFs."""
    wells, spec = [well for well in export.wells if well.plate == plate], export.spec
    names = [well.well for well in wells]
    write_xdce(
        folder / f"{plate}.xdce", ExportedPlate(plate, export.format, names, spec.fields_per_well, spec.field)
    )
    if export.maps:
        described = pd.DataFrame([well.row for well in wells])
        (folder / PLATEMAP).write_text(csv_text(described), encoding="utf-8")
    rows = []
    for well, number in export.fields(plate):
        made = {**well.row, "beading": well.field.neurites.beading}
        told = {name: made.get(name) for name in export.told}
        drawn = truth[_field_name(well, number)]
        rows.append({"plate": plate, "well": well.well, "field": number, **told, **drawn})
    (folder / TRUTH).write_text(csv_text(pd.DataFrame(rows)), encoding="utf-8")
