"""Whether a study's plates, settings and weights are still those that its run began with."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from hcs.study.claims import Claim
from hcs.study.folder import StudyResults
from hcs.study.places import CLAIM, RECORD, SETTINGS
from hcs.study.settings import StudyConfig, parse_config
from hcs.study.settingsfile import read_toml
from hcs_models.weights import KERAS_FILE, Weights, keras_cache, resolve_weights
from hcs_plates.errors import HcsError, NotThereError, StoreError, WeightsError
from hcs_plates.plate import Plate
from hcs_plates.units import file_digest
from hcs_plates.verifying.fault import STALE, Fault, damaged, fault_of, missing


@dataclass(frozen=True)
class Inputs:
    """What a study was made of, as it is now.

    Parameters
    ----------
    faults
        What is another now, is gone, or is not what was written down.
    notes
        Where plates lie, and what could not be looked at.
    """

    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def study_inputs(study: StudyResults) -> Inputs:
    """Look at the plates, settings and weights of a finished study.

    Raises
    ------
    UnreachableError
        A disk or a share that fails.
    """
    plates, faults = _plates(study)
    try:
        claim = Claim.read(study.results)
    except StoreError as error:
        what, file = "settings that the folder was begun with", study.results / CLAIM
        return Inputs((*faults, fault_of(error, what, file, _again(study))), _lie(plates))
    weights, of_weights, notes = _weights(study)
    if claim is None and study.record.get("format"):
        what, file = "settings that the folder was begun with", study.results / CLAIM
        faults.append(missing(what, file, _again(study)))
    if claim is not None:
        ran = _claim(study.config, weights, plates, claim)
        faults += [*_maps(study, claim, ran, plates), *_settings(study, claim, ran, plates)]
    return Inputs((*faults, *of_weights), (*_lie(plates), *notes))


def _again(study: StudyResults) -> str:
    return f"hcs study run {study.source.name} --out NEW"


def _lie(plates: Sequence[Plate]) -> tuple[str, ...]:
    """Say where the plates lie whose descriptions were looked at."""
    if not plates:
        return ()
    where = ", ".join(f"{plate.name} ({plate.path.resolve()})" for plate in plates)
    return (f"Plates {where} were looked at by their descriptions; hcs verify PLATE reads their pixels.",)


def _plates(study: StudyResults) -> tuple[list[Plate], list[Fault]]:
    """Open the plates; what is refused, by the judgement of who opens them, is a fault."""
    plates, faults = [], []
    for name, kept in study.record.get("plates", {}).items():
        try:
            plates.append(study.plate(name))
        except (NotThereError, StoreError) as error:
            where = error.path.resolve() if isinstance(error, StoreError) else Path(kept["path"])
            again = f"put it back at {where}" if isinstance(error, NotThereError) else _again(study)
            faults.append(fault_of(error, f"plate {name}", where, again))
    return plates, faults


def _claim(config: StudyConfig, weights: Weights, plates: Sequence[Plate], claim: Claim) -> Claim:
    """Say what a study of these settings would begin with; plates that are not here count as unchanged."""
    if plates:
        now = Claim.of(config, weights, plates)
    else:
        now = replace(claim, settings=config.model_dump(mode="json"), weights=weights.sha256)
    here = {entry[0]: entry for entry in now.plates}
    return replace(now, plates=[here.get(entry[0], entry) for entry in claim.plates])


def _maps(study: StudyResults, claim: Claim, now: Claim, plates: Sequence[Plate]) -> Iterator[Fault]:
    """Name plates that have another platemap than when the study began."""
    lie = {f"plate {plate.name}": plate.path.resolve() for plate in plates}
    for said in replace(claim, settings=now.settings, weights=now.weights).differences(now):
        what, _, found = said.partition(": ")
        yield Fault(what, str(lie.get(what, study.results)), STALE, found, "that of the run", _again(study))


def _settings(study: StudyResults, claim: Claim, ran: Claim, plates: Sequence[Plate]) -> Iterator[Fault]:
    """Hold the settings that the run recorded against those it began with, their file, and its copy."""
    results, again = study.results, _again(study)
    begun = _differing(replace(claim, plates=ran.plates), ran)
    copy = _read(results / SETTINGS)
    copied = None if copy is None else _claim_of(copy, ran, plates, claim)
    held = copied and replace(copied, weights=claim.weights, plates=claim.plates)
    if begun and claim.weights == ran.weights and held is not None and not _differing(held, claim):
        yield damaged("settings in the record", results / RECORD, begun, again)
        return
    if begun:
        yield damaged("settings that the folder was begun with", results / CLAIM, begun, again)
    if isinstance(copy, HcsError):
        yield fault_of(copy, "copy of the study file", results / SETTINGS, again)
    elif copied is not None and (differs := _differing(ran, copied)):
        yield damaged("copy of the study file", results / SETTINGS, differs, again)
    source = study.source if study.source.is_absolute() else results.parent / study.source.name
    now = _read(source)
    if isinstance(now, HcsError):
        yield Fault("study file", str(source), STALE, now.message, "the settings of the run", again)
    elif now is not None and (differs := _differing(ran, _claim_of(now, ran, plates, claim))):
        yield Fault("study file", str(source), STALE, differs, "the settings of the run", again)


def _read(file: Path) -> StudyConfig | HcsError | None:
    """Read a study file, whether or not its plates are there; None where there is none."""
    if not file.is_file():
        return None
    try:
        return parse_config(read_toml(file, "a study", "take it from a copy"), file)
    except HcsError as error:
        return error


def _claim_of(
    config: StudyConfig | HcsError, ran: Claim, plates: Sequence[Plate], claim: Claim
) -> Claim | None:
    if isinstance(config, HcsError):
        return None
    weights = Weights("", Path(), ran.weights, "")
    try:
        return _claim(config, weights, plates, claim)
    except HcsError:
        # A channel that the plates have not.
        return replace(ran, settings=config.model_dump(mode="json"))


def _differing(there: Claim, here: Claim | None) -> str:
    """Name the settings that differ, ``there → here``; nothing where none do."""
    return "" if here is None else "; ".join(there.differences(here))


def _weights(study: StudyResults) -> tuple[Weights, list[Fault], list[str]]:
    """Find the file of the run's weights again; only new maps and scores need it."""
    told: dict[str, Any] = study.record.get("weights") or {}
    kept = Weights(
        str(told.get("source", "")), Path(str(told.get("path", ""))), str(told.get("sha256", "")), ""
    )
    place = next((one for one in _may_be(kept) if one.is_file()), None)
    if place is None:
        gone = (
            f"The weights file {kept.path} is not here: hcs explain and predict need it, nothing else does."
        )
        return kept, [], [gone]
    if file_digest(place) == kept.sha256:
        return kept, [], []
    found = "another file than the run's"
    return (
        kept,
        [Fault("weights", str(place), STALE, found, f"SHA-256 {kept.sha256[:12]}…", _again(study))],
        [],
    )


def _may_be(weights: Weights) -> Iterator[Path]:
    """Give places where the weights may be on this machine; none is downloaded."""
    yield weights.path
    if weights.source == "imagenet":
        yield keras_cache() / KERAS_FILE
    if weights.source == "packaged":
        try:
            yield resolve_weights("packaged").path
        except WeightsError:
            return
