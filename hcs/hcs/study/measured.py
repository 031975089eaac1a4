"""What the random forest of a study sees: cells measured in every field, or the texture of every tile."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.measure.fields import NUCLEAR_STAINS, MeasureSpec, channel_spec
from hcs.measure.measured import Measurements
from hcs.measure.measurements import COUNTED_BY_SOMAS, measure_plate
from hcs.study.folder import StudyResults
from hcs.study.places import MEASURED
from hcs.study.settings import ForestSettings
from hcs.study.steps import in_turn
from hcs.wording import listed
from hcs_models.measurements import measure_tileset
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate
from hcs_plates.runlog import tell_expected
from hcs_plates.tiles import TileSet

OTHERS = "Name models that need no measurements with --model."
UNITS = ("", "_um", "_um2", "_px", "_px2")
"""Endings that a measurement's name may be given without."""
OF_NEURITES = (
    "neurite_", "mean_soma_", "branch_points", "end_points", "segment_length", "tortuosity", "width_beading",
    "intensity_beading",
)  # fmt: skip
"""Beginnings of the measurements that need a channel of neurites."""


def field_specs(settings: ForestSettings, plates: Sequence[Plate], time: int = 0) -> list[MeasureSpec]:
    """Choose what is measured on each plate, before anything long is started.

    Raises
    ------
    ArgumentError
        A channel that a plate lacks or that was not imaged at the time point (counted from 0), or no way to
        tell which shows the neurites.
    """
    if settings.measured == "tiles":
        return []
    specs = [
        channel_spec(plate, settings.neurites or _lone(settings, plate), settings.nuclei, time=time)
        for plate in plates
    ]
    wanting = [name for name in settings.columns if name.startswith(OF_NEURITES)]
    for plate, spec in zip(plates, specs, strict=True):
        if wanting and spec.neurites is None:
            raise ArgumentError(
                f"[forest] columns has {', '.join(wanting)}, and nothing says which channel of plate "
                f"{plate.name} shows the neurites; set [forest] neurites to one of "
                f"{', '.join(plate.channels)}."
            )
    return specs


def measuring_notices(
    settings: ForestSettings, plates: Sequence[Plate], specs: Sequence[MeasureSpec]
) -> list[str]:
    """Say which channel is taken for the neurites unnamed, and where cells are counted by their somas."""
    said = []
    lone = {_lone(settings, plate) for plate in plates} if specs and settings.neurites is None else set()
    if guessed := sorted(name for name in lone if name is not None):
        said.append(
            f"The only channel, {listed(guessed)}, is taken for the neurites; [forest] neurites names it."
        )
    counted = sorted({str(spec.neurites) for spec in specs if spec.nuclei is None})
    return [*said, *(COUNTED_BY_SOMAS.format(name) for name in counted)]


def _lone(settings: ForestSettings, plate: Plate) -> str | None:
    """Name the channel of a plate that has a single one: taken for neurites if it is no nuclear stain."""
    single = len(plate.channels) == 1 and settings.nuclei is None
    return besides_nuclei([plate]) if single else None


def besides_nuclei(plates: Sequence[Plate]) -> str | None:
    """Name the one channel that plates have beside nuclear stains; None where there is another number."""
    found = {
        name
        for plate in plates
        for name in plate.channels
        if not any(stain in name.lower() for stain in NUCLEAR_STAINS)
    }
    return found.pop() if len(found) == 1 else None


def measured_tiles(
    settings: ForestSettings,
    plates: Sequence[Plate],
    tiles: TileSet,
    results: Path,
    *,
    time: int = 0,
    **engine: Any,
) -> tuple[pd.DataFrame, list[Measurements]]:
    """Measure what the forest is to see.

    Parameters
    ----------
    results
        Folder whose ``measurements`` keeps what was measured, so that a killed run goes on.
    time
        Time point of films, counted from 0.
    engine
        As `hcs_plates.units.run_units`.

    Returns
    -------
    DataFrame, list of Measurements
        One row per tile, index `tile_id`; of cells, a tile's row is that of its field. And what was measured
        on the plates.

    Raises
    ------
    ArgumentError
        A column that was not measured; the sentence lists those that were.
    """
    if settings.measured == "tiles":
        return measure_tileset(tiles, receipts=results / MEASURED, **engine), []
    found = []
    specs = field_specs(settings, plates, time)
    wells = [int(plate.spec.wells["included"].sum()) for plate in plates]
    tell_expected(sum(wells))
    shown = in_turn(engine.pop("progress", None), wells)
    for plate, spec, progress in zip(plates, specs, shown, strict=True):
        own = {**engine, "progress": progress}
        found.append(measure_plate(plate, spec, results / MEASURED / plate.name, overwrite=True, **own))
    fields = pd.concat([one.fields for one in found], ignore_index=True)
    columns = measured_columns(fields, settings.columns)
    place = ["plate", "well", "field"]
    joined = tiles.index[["tile_id", *place]].merge(
        fields[[*place, *columns]], on=place, how="left", validate="many_to_one"
    )
    return joined.set_index("tile_id")[columns].astype("float64"), found


def measured_columns(fields: pd.DataFrame, wanted: tuple[str, ...]) -> list[str]:
    """Find columns by name; the unit at the end may be left out.

    Examples
    --------
    >>> measured_columns(pd.DataFrame(columns=["cell_count", "neurite_length_um"]), ("neurite_length",))
    ['neurite_length_um']
    """
    columns = []
    for name in wanted:
        match = next((name + unit for unit in UNITS if name + unit in fields), None)
        if match is None:
            known = [column for column in fields if column not in ("plate", "well", "field", "reason")]
            raise ArgumentError(f"[forest] columns: nothing measured is called {name!r}; there are {known}.")
        columns.append(match)
    return columns


def measured_alike(study: StudyResults, plates: Sequence[Plate]) -> ForestSettings:
    """Give settings by which later plates are measured as the study's, whatever other channels they have.

    Raises
    ------
    HcsError
        A plate lacks a channel, or would be measured otherwise; what the study measured is gone.
    """
    settings = study.config.forest
    kept = [one.record["spec"] for one in study.measurements()]
    ours = [MeasureSpec(spec["neurites"], spec["nuclei"]) for spec in kept]
    if ours:
        settings = settings.model_copy(update={"neurites": ours[0].neurites, "nuclei": ours[0].nuclei})
    for plate, spec in zip(plates, field_specs(settings, plates, study.config.data.time), strict=False):
        if _kinds(spec) not in map(_kinds, ours):
            raise ArgumentError(
                f"Plate {plate.name} would be measured otherwise ({spec.describe()}) than those of the study "
                f"({ours[0].describe()}). {OTHERS}"
            )
    return settings


def _kinds(spec: MeasureSpec) -> tuple[bool, bool]:
    """Whether neurites are traced, and cells counted by their nuclei."""
    return spec.neurites is not None, spec.nuclei is not None
