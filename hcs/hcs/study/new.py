"""Setting up a study: a study file that fits the plates it names."""

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.statistics.frames import takes_part
from hcs.study.codedwells import select_coded
from hcs.study.designrecord import DesignRecord
from hcs.study.measured import besides_nuclei
from hcs.study.plan import fitting_splits
from hcs.study.settings import DataSettings, template
from hcs.study.wells import select_wells
from hcs.tables.classes import NamedClasses, two_classes
from hcs.tables.independence import DONOR, shared_donors
from hcs.wording import plural, spaced
from hcs_models.weights import resolve_weights, strong_block
from hcs_plates.coding import are_coded
from hcs_plates.errors import ArgumentError, ExistsError, WeightsError, nearest
from hcs_plates.files import write_file
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate

PLACE = ("plate", "well", "row", "column", "included")
"""Columns that every plate has, also without a platemap."""


def write_study_file(
    plates: Sequence[Path],
    out: Path,
    data: Mapping[str, str | None],
    *,
    records: Sequence[Path] = (),
    overwrite: bool = False,
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Write a study file with every setting.

    Parameters
    ----------
    plates
        Paths of plates; they stand in the file relative to it.
    out
        The file.
    data
        label, group, positive and negative; the last two may be None where the label has two values, and
        group may be None: donors where they gave several clones, else clones.
    records
        Of the experiment's design.
    overwrite
        Replace the file.

    Returns
    -------
    dict, tuple of str
        The ``[data]`` values written, and sentences on how they were found.

    Raises
    ------
    ArgumentError, ConfigError, NotThereError, StoreError
        No record of a design; a column that no plate has, a label whose two values must be named, plates that
        no study can be made of (`hcs.study.wells.select_wells`), or too few groups.
    """
    if local_path(out).exists() and not overwrite:
        raise ExistsError(f"{out} exists already; choose another --out or replace it with --overwrite.")
    for record in records:
        DesignRecord.read(record)
    opened = [open_plate(path) for path in plates]
    wells = pd.concat([plate.wells for plate in opened], ignore_index=True)
    group, said = _unit(wells, data["group"])
    label = str(data["label"])
    coded = label not in wells and all(are_coded(plate.spec.wells) for plate in opened)
    needed = {"label": label, "group": group}
    _refuse_columns(
        {setting: name for setting, name in needed.items() if not (coded and name in (label, DONOR))}, wells
    )
    found = (
        _unseen_classes(data)
        if coded
        else two_classes(wells[label].dropna(), label, data["positive"], data["negative"])
    )
    folder = out.resolve().parent
    chosen = {
        "plates": _beside(folder, plates),
        "label": label,
        "positive": found.positive,
        "negative": found.negative,
        "group": group,
    }
    choose = select_coded if coded else select_wells
    selection = choose(opened, DataSettings.model_validate(chosen), out)
    splits = fitting_splits(_halved(selection.wells) if coded else selection.classed)
    sections, told = _fitting_sections(opened, splits)
    sections["design"] = {"records": _beside(folder, records)}
    write_file(out, template({"data": chosen, "splits": dict(splits), **sections}).encode("utf-8"))
    parts = ", ".join(f"{splits[part]} {part}" for part in ("train", "validation", "test"))
    told.append(f"{splits['n_sets']} sets of {parts}, as the {plural(spaced(group))} at hand can fill.")
    notices = (one for one in selection.notices if one not in found.reason)
    return chosen, (found.reason, *said, *told, *notices)


def _refuse_columns(needed: Mapping[str, str], wells: pd.DataFrame) -> None:
    """Refuse settings whose column no plate has."""
    known = [str(name) for name in wells.columns if name not in PLACE]
    for setting, column in needed.items():
        if column in wells:
            continue
        if not known:
            raise ArgumentError(
                f"--{setting} {column}: the plates have no platemap, so nothing is known of their wells; put "
                "one on each: hcs platemap PLATE MAP, or hcs adopt PLATE --platemap MAP for those of other "
                "tools."
            )
        raise ArgumentError(
            f"--{setting} {column}: no plate has this column in its wells table; {nearest(column, known)}"
        )


def _beside(folder: Path, files: Sequence[Path]) -> list[str]:
    """Paths of files as they are seen from a folder."""
    return [Path(os.path.relpath(file.resolve(), folder)).as_posix() for file in files]


def _unseen_classes(data: Mapping[str, str | None]) -> NamedClasses:
    """Take the classes as they are named, since no plate has them while samples are under codes."""
    positive, negative = data["positive"], data["negative"]
    if positive is None or negative is None:
        raise ArgumentError(
            f"Samples are under codes, so no plate has their {data['label']} yet: name the two classes as "
            "the key does, --positive ALS --negative control."
        )
    return NamedClasses(
        positive,
        negative,
        "Samples are under codes: the classes are as you named them, and sets are as if half of the samples "
        "were of each; see to [splits] when names are back.",
    )


def _halved(wells: pd.DataFrame) -> pd.DataFrame:
    """Take every other sample for one of a class, where only codes are known."""
    known = wells[wells["group"].notna()]
    place = known["group"].map({code: at for at, code in enumerate(sorted(known["group"].unique()))})
    return known.assign(label=(place % 2).map({0: "one", 1: "other"}))


def _fitting_sections(
    plates: Sequence[Plate], splits: Mapping[str, int]
) -> tuple[dict[str, dict[str, Any]], list[str]]:
    """Choose settings besides plates, classes and sets that fit what is at hand; and say why."""
    sections: dict[str, dict[str, Any]] = {}
    said = []
    if not splits["validation"]:
        sections["tuning"] = {"sampler": "none"}
        said.append("No group can be spared for validation, so nothing is searched (sampler none).")
    neurites = besides_nuclei(plates)
    if neurites is not None:
        sections["forest"] = {"neurites": neurites}
        said.append(f"{neurites} is written down as the channel of the neurites ([forest] neurites).")
    with suppress(WeightsError):
        weights = resolve_weights("auto")
        block = strong_block(weights)
        sections["model"] = {"features_at": [block]}
        said.append(f"Features are taken at {block}, where the {weights.source} weights are strong.")
    return sections, said


def _unit(wells: pd.DataFrame, group: str | None) -> tuple[str, list[str]]:
    """Take the column whose groups are independent: donors where they gave several clones, else clones."""
    if group is not None or not {"clone", DONOR} <= set(wells.columns):
        return group or "clone", []
    own = wells[takes_part(wells) & wells["clone"].notna()]
    refusal, _ = shared_donors(own.rename(columns={"clone": "group"}), "clone")
    if not refusal:
        return "clone", []
    return DONOR, [f"Groups are donors: {refusal}."]
