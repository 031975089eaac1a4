"""A study as an RO-Crate (RO-Crate 1.1, Process Run Crate 0.5), written whole or not at all."""

import json
import shutil
import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pandas as pd

from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict
from hcs.report.crate.entities import (
    Entity,
    file_entity,
    plate_entities,
    sample_entities,
    software_entity,
    weights_entity,
)
from hcs.report.crate.spec import CrateSpec
from hcs.report.crate.terms import CRATE, EXTRA_TERMS, PROCESS, refs
from hcs.report.gather import table_facts
from hcs.study.asdesigned import AS_ELIGIBLE
from hcs.study.folder import StudyResults
from hcs.study.places import (
    AGAIN,
    CLAIM,
    DESIGN,
    KEPT_ANALYSES,
    KEPT_EXPLANATIONS,
    KEPT_PERMUTATIONS,
    RECORD,
    REPORT,
    SETTINGS,
    TABLES,
)
from hcs.wording import counted, listed
from hcs_plates.errors import StoreError
from hcs_plates.staging import Kind, Place
from hcs_plates.units import file_digest

METADATA = "ro-crate-metadata.json"
PLATES = "plates"
ALONE = (REPORT, SETTINGS, CLAIM, RECORD)
"""Files of a results folder that a crate holds."""
FOLDERS = (TABLES, DESIGN, KEPT_ANALYSES, KEPT_PERMUTATIONS, KEPT_EXPLANATIONS)
"""Folders of it whose tables, records, sentences and figures a crate holds."""
ENDINGS = (".parquet", ".json", ".svg")
ACTION = "#run"


class CrateKind(Kind):
    """Kind of crates that hcs wrote: their metadata name it as what made them."""

    def made(self, folder: Path) -> bool:
        """Whether hcs wrote the crate that stands there."""
        return any(str(one.get("@id", "")).startswith("pkg:generic/hcs@") for one in _graph(folder))

    def foreign(self, folder: Path) -> list[str]:
        """Names of what stands in it and is not listed in its metadata."""
        own = {METADATA, *(str(one.get("@id", "")).partition("/")[0] for one in _graph(folder))}
        return sorted(path.name for path in folder.iterdir() if path.name not in own)


def _graph(folder: Path) -> list[dict[str, Any]]:
    """Entities of a crate's metadata; none where it has no readable ones."""
    try:
        return list(json.loads((folder / METADATA).read_bytes())["@graph"])
    except (OSError, ValueError, KeyError, TypeError):
        return []


CRATED = CrateKind("an RO-Crate", METADATA, ())


@dataclass(frozen=True)
class Crate:
    """A crate that was written.

    Parameters
    ----------
    path
        The folder.
    files
        How many files of the study it holds.
    said
        What it holds that tells of people or machines, and what it leaves out.
    """

    path: Path
    files: int
    said: tuple[str, ...] = field(default=())


def write_crate(
    study: StudyResults, out: Path | str, spec: CrateSpec | None = None, *, overwrite: bool = False
) -> Crate:
    """Write a finished study as an RO-Crate.

    Identifiers are made of names, so the same study gives the same ones.

    Parameters
    ----------
    study
        One that has run to its end.
    out
        The folder; it is there when it is whole.
    spec
        License, authors, and whether plates are copied.
    overwrite
        Replace a crate that hcs wrote there.

    Raises
    ------
    ExistsError, ArgumentError, PlaceError
        The place is taken or cannot be written to.
    NotThereError, StoreError
        No report, a table that is not the run's, or a plate to copy that is gone or another now.
    """
    said = spec or CrateSpec()
    place = Place(out, CRATED, overwrite=overwrite)
    place.check()
    facts = table_facts(study)
    plates = {name: study.plate(name).path for name in facts.record["plates"]} if said.with_plates else {}
    files = list(_files(study))
    with place.claim():
        staged = place.start(uuid.uuid4().hex)
        try:
            for name, path in files:
                (staged / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, staged / name)
            for name, path in plates.items():
                shutil.copytree(path, staged / _copy_of(name), ignore=partial(_without_tiles, path))
            _checked(study, staged, [name for name, _ in files])
            _write_metadata(staged, [name for name, _ in files], facts, said)
        except BaseException:
            place.discard()
            raise
        place.publish()
    absent = [] if REPORT in dict(files) else ["It has no report.html; hcs study report writes one."]
    return Crate(place.final, len(files), (*absent, *_told(facts, said)))


def _files(study: StudyResults) -> Iterator[tuple[str, Path]]:
    """Files of the results that a crate holds: where each stands in both, and where it is now."""
    root = study.results
    for name in ALONE:
        if (root / name).is_file():
            yield name, root / name
    for folder in FOLDERS:
        for path in sorted((root / folder).glob("*")):
            if path.suffix in ENDINGS and path.is_file():
                yield f"{folder}/{path.name}", path


def _copy_of(plate: str) -> str:
    return f"{PLATES}/{plate}.ome.zarr/"


def _without_tiles(plate: Path, folder: str, names: list[str]) -> Iterable[str]:
    """Leave out the tiles stored inside a plate, which are made of it, and what belongs to its making."""
    return [name for name in names if Path(folder) == plate and (name == "tiles" or name.startswith("."))]


def _checked(study: StudyResults, staged: Path, files: Sequence[str]) -> None:
    """Refuse a copy that is not the file that the run wrote."""
    written = study.record.get("files", {})
    for name in files:
        if name in written and file_digest(staged / name) != written[name]:
            raise StoreError(
                study.results / name,
                f"is not the file that the run wrote (its digest differs); {AGAIN}",
            )


def _write_metadata(staged: Path, files: Sequence[str], facts: StudyFacts, spec: CrateSpec) -> None:
    """Describe what was copied, in `ro-crate-metadata.json`."""
    from rocrate.model import ContextEntity, Dataset, File
    from rocrate.rocrate import ROCrate

    crate = ROCrate(version=CRATE.rpartition("/")[2])
    crate.metadata.extra_terms.update(EXTRA_TERMS)

    def added(entity: Entity, kind: Any = ContextEntity) -> None:
        properties = {key: value for key, value in entity.items() if key != "@id"}
        if kind is ContextEntity:
            crate.add(ContextEntity(crate, entity["@id"], properties=properties))
        else:
            # The library writes places as addresses by itself.
            crate.add(kind(crate, dest_path=unquote(entity["@id"]), properties=properties))

    described: list[Entity] = []
    columns: dict[str, Entity] = {}
    for name in files:
        entity, own = file_entity(staged / name, name)
        described.append(entity)
        columns |= {one["@id"]: one for one in own}
        added(entity, File)
    plates = []
    for name, kept in facts.record.get("plates", {}).items():
        first, *rest = plate_entities(name, kept, _copy_of(name) if spec.with_plates else None)
        plates.append(first)
        added(first, Dataset if spec.with_plates else ContextEntity)
        for one in rest:
            added(one)
    samples = sample_entities(facts)
    weights = weights_entity(facts.record)
    software = software_entity(str(facts.record.get("hcs", "not recorded")))
    authors, organization = spec.people()
    action = _action(facts, described, plates, weights)
    action |= {"instrument": refs([software])}
    if agents := authors or [one for one in (organization,) if one is not None]:
        action["agent"] = refs(agents)
    profile = {"@id": PROCESS, "@type": "CreativeWork", "name": "Process Run Crate", "version": "0.5"}
    license = spec.license_entity()
    more = [*columns.values(), *samples, *weights, software, action, profile, *authors]
    for one in [*more, *(known for known in (organization, license) if known is not None)]:
        added(one)
    root = _root(facts, spec) | {"conformsTo": refs([profile])}
    root["mentions"] = refs([action, *(one for one in samples if one["@type"] == "Sample")])
    for key, value in root.items():
        crate.root_dataset[key] = value
    crate.metadata.write(staged)


def _root(facts: StudyFacts, spec: CrateSpec) -> Entity:
    """Describe the crate: the study's name, its answer, when and by whom it was published."""
    found = verdict(facts)
    authors, organization = spec.people()
    license = spec.license_entity()
    published = spec.published or datetime.now(UTC)
    told: Entity = {
        "name": f"Study {facts.title}",
        "description": " ".join(
            [found.headline, "Results of an analysis of images by hcs; for research use only."]
        ),
        "datePublished": published.date().isoformat(),
    }
    if license is not None:
        told["license"] = refs([license])
    if authors:
        told["author"] = refs(authors)
    if organization is not None:
        told["publisher"] = refs([organization])
    return told


def _action(
    facts: StudyFacts, files: Sequence[Entity], plates: Sequence[Entity], weights: Sequence[Entity]
) -> Entity:
    """Describe the run: what went in, what came out, and when."""
    record = facts.record
    settings = [one for one in files if one["@id"] == SETTINGS]
    results = [one for one in files if one["@id"] not in (SETTINGS, CLAIM)]
    told: Entity = {
        "@id": ACTION,
        "@type": "CreateAction",
        "name": f"Run of study {facts.title}",
        "description": f"hcs study run on {counted(len(plates), 'plate')}.",
        "object": refs([*settings, *plates, *weights]),
        "result": refs(results),
        "actionStatus": "http://schema.org/CompletedActionStatus",
    }
    times = {"startTime": record.get("begun"), "endTime": record.get("finished")}
    return told | {name: time for name, time in times.items() if time}


def _told(facts: StudyFacts, spec: CrateSpec) -> Iterator[str]:
    """Say what the crate tells of people and machines, and what it leaves out."""
    wells = facts.wells
    columns = [str(name) for name in wells.columns] if isinstance(wells, pd.DataFrame) else []
    if columns:
        yield (
            f"It names the {facts.classes.nouns} as the study does; tables/wells.parquet has the columns "
            f"{listed(columns, most=40)}: look whether they may be given away."
        )
    if "donor" in columns:
        yield "Donors stand in its tables by the names of the platemaps, and nowhere in its metadata."
    if any(one.name == AS_ELIGIBLE for one in facts.settled):
        yield (
            f"{DESIGN}/eligibility.json and {REPORT} name variants and repeats of the {facts.classes.nouns}: "
            "look whether they may be given away."
        )
    yield (f"{RECORD}, {CLAIM}, {SETTINGS} and {REPORT} name folders of the machine that ran the study.")
    left = "tiles, features, trained models, measurements, maps of where the network looks, readers' calls"
    yield f"Left out: {left}{'' if spec.with_plates else ', plates (named by their digests)'}."
    if spec.license is None:
        yield "It states no license, so nobody may use it; --license CC-BY-4.0, or another, states one."
