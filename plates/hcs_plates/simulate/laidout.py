"""Plates that were laid out beforehand: what stands in the wells of a given table, and what grows there.

In a blinded layout a clone is a code. Which diagnosis a code has, nature knows all the same: whoever
simulates says it apart from the table, and nothing that is written tells it.
"""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.mapcells import called_empty
from hcs_plates.names import as_names
from hcs_plates.simulate.experiment import (
    DISEASE,
    DiseaseEffect,
    RandomEffects,
    SimulatedWell,
    check_imaging,
    grown_field,
)
from hcs_plates.simulate.field import CellSpec, FieldSpec
from hcs_plates.wells import FORMATS, PlateFormat, parse_well, smallest_format

BARREN = CellSpec(per_mm2=0.0, clusters_per_mm2=0.0, debris_per_mm2=0.0)
"""Cells of a well that holds none."""
NEURITES = ("FITC",)
"""Channels of the neurites' stain."""
SHOWN = 5
"""Wells that a refusal names."""
STREAM = "layout"
"""Name under which random effects are drawn: the same whichever layout a clone stands in."""


@dataclass(frozen=True)
class LayoutSpec:
    """What grows in the wells of a layout, and how it is imaged.

    Parameters
    ----------
    fields_per_well
        Fields of view imaged in a well.
    wells
        Size of the plates' format: 6, 12, 24, 48, 96, 384 or 1536; None for the smallest that has all wells.
    field
        What the field of a control well looks like, its shape and channels.
    disease, random
        Effects, none unless asked for.
    diseased
        Diagnosis whose clones have the effect of the disease.
    seed
        Fixes everything that is drawn. Who knows it and the other settings can find the classes of a blinded
        layout by simulating it again: take one that is not guessed.

    Raises
    ------
    ArgumentError
        A number out of its range.
    """

    fields_per_well: int = 4
    wells: int | None = None
    field: FieldSpec = dataclasses.field(default_factory=FieldSpec)
    disease: DiseaseEffect = dataclasses.field(default_factory=DiseaseEffect)
    random: RandomEffects = dataclasses.field(default_factory=RandomEffects)
    diseased: str = DISEASE
    seed: int = 0

    def __post_init__(self) -> None:
        check_imaging(self.fields_per_well, self.wells or max(FORMATS), self.seed)

    def format_of(self, layout: pd.DataFrame) -> PlateFormat:
        """Grid of wells of a layout's plates."""
        return smallest_format(map(str, layout["well"])) if self.wells is None else FORMATS[self.wells]


def wells_of_layout(
    layout: pd.DataFrame, spec: LayoutSpec, diagnoses: Mapping[str, str] | None = None
) -> list[SimulatedWell]:
    """Say what the fields of every well of a layout are to look like.

    Parameters
    ----------
    layout
        One row a well: plate, well, clone; diagnosis unless `diagnoses` is given; differentiation_batch, role
        and included where there are any. A well without a clone that has a role (negative_control) has the
        second antibody alone, no light of the neurites' stain; one without, or called empty, has no cells.
    spec
        What grows there.
    diagnoses
        Diagnosis of every clone (code) of a blinded layout. It stands in no row of what is returned.

    Returns
    -------
    list of SimulatedWell
        Plate by plate as they come in the layout, in the order of the wells row by row.

    Raises
    ------
    ArgumentError
        A column or a diagnosis is missing, two rows are of one well, a well is none of the format, no clone
        has the disease.
    """
    rows = _checked(layout, spec)
    known = _diagnoses(rows, spec, diagnoses)
    order = {plate: number for number, plate in enumerate(dict.fromkeys(rows["plate"]))}
    simulated = [_grown(row, spec, known) for row in rows.to_dict("records")]
    return sorted(simulated, key=lambda one: (order[one.plate], parse_well(one.well)))


def _checked(layout: pd.DataFrame, spec: LayoutSpec) -> pd.DataFrame:
    """Rows with names as text; all that is wrong with them is told at once."""
    lacking = [name for name in ("plate", "well", "clone") if name not in layout]
    if lacking or layout.empty:
        what = "no wells" if not lacking else f"no column {' and no column '.join(map(repr, lacking))}"
        raise ArgumentError(
            f"The layout has {what}; expected a row for each well: plate, well, clone, diagnosis."
        )
    rows = layout.reset_index(drop=True)
    for name in {"plate", "clone", "diagnosis", "differentiation_batch", "role"} & set(rows):
        rows[name] = as_names(rows[name], numbers=True).astype(object).where(rows[name].notna(), None)
    rows["well"] = [parse_well(str(well)).name for well in rows["well"]]
    there = set(spec.format_of(rows).wells())
    faults = [
        f"plate {plate!r} cannot name files; use letters, digits, '-' and '_'"
        for plate in dict.fromkeys(rows["plate"])
        if not str(plate or "").replace("-", "").replace("_", "").isalnum()
    ]
    of_wells = {
        f"no well of a plate of {spec.wells}": ~rows["well"].isin(there),
        "described twice": rows.duplicated(["plate", "well"]),
    }
    for said, mask in of_wells.items():
        names = [f"{row.plate}/{row.well}" for row in rows[mask].itertuples()]
        more = f" and {len(names) - SHOWN} more" if len(names) > SHOWN else ""
        faults += [f"{said}: {', '.join(names[:SHOWN])}{more}"] if names else []
    if faults:
        raise ArgumentError(f"The layout cannot be simulated: {'; '.join(faults)}.")
    return rows


def _diagnoses(rows: pd.DataFrame, spec: LayoutSpec, told: Mapping[str, str] | None) -> dict[str, str]:
    """Diagnosis of every clone."""
    clones = rows.dropna(subset="clone")
    if told is not None and "diagnosis" in rows and rows["diagnosis"].notna().any():
        raise ArgumentError("The layout names diagnoses itself; give them there, or apart from it, not both.")
    if told is None and "diagnosis" not in rows:
        raise ArgumentError(
            "The layout has no column 'diagnosis', as a blinded one has none: say which diagnosis each code "
            "has (its key)."
        )
    known = dict(told) if told is not None else dict(zip(clones["clone"], clones["diagnosis"], strict=True))
    lacking = [clone for clone in dict.fromkeys(clones["clone"]) if known.get(clone) is None]
    if lacking:
        raise ArgumentError(f"The diagnosis of {', '.join(lacking)} is not known; give one of every clone.")
    held = {known[clone] for clone in clones["clone"]}
    if spec.diseased not in held:
        raise ArgumentError(
            f"No clone of the layout has the diagnosis {spec.diseased!r}; {nearest(spec.diseased, held)}."
        )
    return known


def _grown(row: dict[Any, Any], spec: LayoutSpec, diagnoses: Mapping[str, str]) -> SimulatedWell:
    """One well, as the fields of it look."""
    plate, well, clone = str(row["plate"]), str(row["well"]), row["clone"]
    names = {"clone": clone, "batch": row.get("differentiation_batch"), "plate": plate, "position": well}
    levels = {level: str(name) for level, name in names.items() if name is not None}
    diseased = clone is not None and diagnoses[clone] == spec.diseased
    effect = spec.disease if diseased else DiseaseEffect()
    field = grown_field(spec.field, spec.random, effect, levels, (spec.seed, STREAM))
    if clone is not None:
        return SimulatedWell(plate, well, row, field)
    role = row.get("role")
    if role is None or called_empty(role) or row.get("included") is False:
        return SimulatedWell(plate, well, row, replace(field, cells=BARREN))
    return SimulatedWell(plate, well, row, field, unstained=NEURITES)
