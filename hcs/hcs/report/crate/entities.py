"""What a crate says of a study: entities of its files, columns, plates, samples, software and run."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pandas as pd
import pyarrow.parquet as pq

from hcs.answer.facts import StudyFacts
from hcs.report.crate.terms import (
    COLUMN_UNITS,
    TISSUES,
    UNITS,
    media_type,
    property_value,
    refs,
    slug,
)
from hcs.wording import counted, spaced
from hcs_plates.columns import KNOWN, UNIT_OF
from hcs_plates.protocol import Protocol
from hcs_plates.protocolchecks import EXPOSURE, protocol_values
from hcs_plates.quantities import dilution_text
from hcs_plates.units import file_digest

Entity = dict[str, Any]
DENSITY = "seeding_density"

DESCRIBED: Mapping[str, str] = {
    "report.html": "Report of the study; opens offline in a browser.",
    "study.toml": "Settings of the study.",
    "settings.json": "What the results were begun with: settings, weights and plates by digest.",
    "record.json": "How the numbers came about: settings, versions, digests, weights, seeds, durations.",
    "tables/predictions.parquet": "Test tiles: model, set, plate, well, label, probability.",
    "tables/metrics.parquet": "Accuracy and area under the ROC curve of every model and set.",
    "tables/scores.parquet": "Every tile, scored by the models that did not train on its group.",
    "tables/groups.parquet": "Score of every group (clone or donor) by models blind to it.",
    "tables/well_scores.parquet": "Score of every well by models blind to its group.",
    "tables/wells.parquet": "Wells that took part, with the columns of the platemaps.",
    "tables/splits.parquet": "Which group stood in which part of each set.",
    "tables/left_out.parquet": "What was left out, and why.",
    "tables/design.parquet": "What the label is associated with, before anything is trained.",
}
"""What files hold, by their place in the results folder."""


def file_entity(path: Path, place: str) -> tuple[Entity, list[Entity]]:
    """Describe a file; of a table its columns too.

    Parameters
    ----------
    path
        The file.
    place
        Where it stands in the results and in the crate.

    Returns
    -------
    dict, list of dict
        The file, and the entities of its columns.
    """
    told: Entity = {
        "@id": quote(place),
        "@type": "File",
        "name": place,
        "encodingFormat": media_type(place),
        "contentSize": str(path.stat().st_size),
        "sha256": file_digest(path),
    }
    columns = list(_columns(path)) if path.suffix == ".parquet" else []
    described = DESCRIBED.get(place)
    if columns:
        rows = pq.read_metadata(path).num_rows
        described = f"{described or 'Table.'} {counted(rows, 'row')}."
        told["variableMeasured"] = refs(columns)
    if described:
        told["description"] = described
    return told, columns


def _columns(path: Path) -> Iterator[Entity]:
    """Describe the columns of a Parquet table; the same name and type is the same entity in every table."""
    for field in pq.read_schema(path):
        if field.name.startswith("__index_level"):
            continue
        meaning = KNOWN[field.name].meaning + "; " if field.name in KNOWN else ""
        told: Entity = {
            "@id": slug("column", field.name, field.type),
            "@type": "PropertyValue",
            "name": field.name,
            "description": f"{meaning}type {field.type}",
        }
        unit = next((unit for end, unit in COLUMN_UNITS.items() if field.name.endswith(end)), None)
        if unit is not None:
            told["unitText"] = unit
            if unit in UNITS:
                told["unitCode"] = UNITS[unit]
        yield told


def plate_entities(name: str, kept: Mapping[str, Any], copied: str | None) -> list[Entity]:
    """Describe a plate: where its pixels are if they are copied, their digest, and its protocol.

    Parameters
    ----------
    name
        Of the plate.
    kept
        What the study's record says of it.
    copied
        Where its copy stands in the crate; None where it is only named.

    Returns
    -------
    list of dict
        The plate first.
    """
    digest = {
        "@id": slug("digest", name),
        "@type": "PropertyValue",
        "name": "digest of the pixels (BLAKE2b, 128 bit)",
        "value": kept["digest"],
    }
    size = int(kept["rows"]) * int(kept["columns"])
    values = [{"@id": slug("plate", name, key), **value} for key, value in _protocol_of(kept).items()]
    plate: Entity = {
        "@id": quote(copied) if copied else slug("plate", name),
        "@type": "Dataset" if copied else "CreativeWork",
        "name": f"Plate {name}",
        "description": f"Images of a {size}-well plate"
        + (", OME-Zarr 0.5." if copied else "; named by its digest and not part of this crate."),
        "identifier": {"@id": digest["@id"]},
    }
    if values:
        plate["additionalProperty"] = refs(values)
    return [plate, digest, *values]


def _protocol_of(kept: Mapping[str, Any]) -> dict[str, Entity]:
    """Give what export and protocol state of a plate as properties, by name, each as whose it is."""
    made = {}
    if kept.get("pixel_size_um"):
        made["pixel size"] = property_value("pixel size", f"{kept['pixel_size_um'][0]:.6g} µm")
    protocol = Protocol.model_validate(kept.get("protocol") or {})
    said = {f"{name} (protocol)": value for name, value in protocol_values(protocol).items()}
    said |= {f"{name} (export)": value for name, value in kept.get("imaged_with", {}).items()}
    for name, value in said.items():
        bare, _, whose = name.rpartition(" (")
        if bare == UNIT_OF[DENSITY]:
            continue
        key, told = f"{spaced(bare)} ({whose}", value
        if bare.endswith(EXPOSURE):
            key, told = f"exposure of {bare.removesuffix(EXPOSURE)} ({whose}", f"{value:g} ms"
        elif bare.endswith("antibody dilution"):
            told = dilution_text(float(value))
        made[key] = property_value(key, told)
        if bare == DENSITY:
            made[key]["unitText"] = protocol.culture.seeding_density_unit
    for name, text in protocol.stated().items():
        if "antibody to " in name:
            made[f"{name} (protocol)"] = property_value(f"{name} (protocol)", text)
    return made


def sample_entities(facts: StudyFacts) -> list[Entity]:
    """Describe the groups by their names in the study: class, tissue, vector, passages; no donor."""
    wells = facts.wells
    if wells.empty or "group" not in wells:
        return []
    made = []
    for group, rows in wells[wells["group"].notna()].groupby(wells["group"].astype(str), sort=True):
        values = {spaced(facts.classes.label): _one(rows["label"])}
        for column in ("source_tissue", "reprogramming_vector", "passage", "differentiation_day"):
            if column in rows and rows[column].notna().any():
                values[column] = _one(rows[column])
        own = [
            {"@id": slug("sample", group, key), **property_value(key, value)}
            for key, value in values.items()
            if value is not None
        ]
        for one in own:
            term = TISSUES.get(str(one["value"]).casefold()) if one["name"] == "source_tissue" else None
            one["name"] = spaced(one["name"])
            if term is not None:
                one["valueReference"] = {"@id": term}
        sample = {
            "@id": slug("sample", group),
            "@type": "Sample",
            "name": str(group),
            "additionalProperty": refs(own),
        }
        made += [sample, *own]
    return made + _tissue_terms(made)


def _one(values: pd.Series) -> object:
    """Give the value of a group, or its range, or its values."""
    known = sorted(values.dropna().unique().tolist())
    if not known:
        return None
    if len(known) == 1:
        return known[0]
    numeric = pd.api.types.is_numeric_dtype(values)
    return f"{known[0]:g}–{known[-1]:g}" if numeric else ", ".join(map(str, known))


def _tissue_terms(samples: Sequence[Entity]) -> list[Entity]:
    """Describe the terms that samples refer to."""
    used = {one["valueReference"]["@id"] for one in samples if "valueReference" in one}
    names: dict[str, str] = {}
    for name, term in TISSUES.items():
        names.setdefault(term, name)
    return [{"@id": term, "@type": "DefinedTerm", "name": names[term]} for term in sorted(used)]


def software_entity(version: str) -> Entity:
    """Describe hcs, by its package URL (purl specification): it has no address of its own."""
    return {
        "@id": f"pkg:generic/hcs@{version}",
        "@type": "SoftwareApplication",
        "name": "hcs",
        "description": "High-content screening analysis of patient-derived cell lines.",
        "softwareVersion": version,
    }


def weights_entity(record: Mapping[str, Any]) -> list[Entity]:
    """Describe the pretrained weights by their digest; nothing where the record names none."""
    weights = record.get("weights") or {}
    if "sha256" not in weights:
        return []
    told = {"@id": slug("weights"), "@type": "CreativeWork", "name": f"Weights: {weights['source']}"}
    described = {"description": str(weights["description"])} if weights.get("description") else {}
    return [told | described | {"sha256": weights["sha256"]}]
