"""What a results folder was begun with: settings and plates, compared by meaning and not by path."""

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import pandas as pd
from pydantic import TypeAdapter

from hcs.study.places import CLAIM, FOLDERS, FORMER, RECORD, REPORT, SETTINGS, WORKBOOK
from hcs.study.record import read_record
from hcs.study.settings import SECTIONS, StudyConfig
from hcs.wording import counted, listed
from hcs_models.weights import Weights
from hcs_plates.errors import ExistsError, HcsError, StoreError
from hcs_plates.files import write_file
from hcs_plates.plate import Plate
from hcs_plates.runlog import LOG
from hcs_plates.staging import Kind, Place
from hcs_plates.units import digest

NOT_SETTINGS = {("data", "plates"), ("model", "weights"), ("design", "records")}
"""Paths: plates and weights are compared by what they hold; on records of the design no number depends."""
MAKING: Mapping[str, Collection[str]] = {
    "data": ("where", "channels", "time", "images_per_clone"),
    "tiles": ("size", "grid", "z"),
    "model": ("backbone", "features_at", "pool", "arithmetic"),
    "train": ("views",),
    "splits": ("seed",),
    "forest": ("measured", "neurites", "nuclei"),
}
"""Settings that tiles, measurements and features are made by; all others act on what is made of these."""


class StudyKind(Kind):
    """Kind of results folders: one whose study was not run to its end has its claim and no record."""

    def made(self, folder: Path) -> bool:
        """Whether hcs made the folder, as a study's results."""
        return super().made(folder) or Kind(self.name, RECORD, ("config",)).made(folder)


OWNED = "|".join(map(re.escape, (*FOLDERS, FORMER, SETTINGS, REPORT, WORKBOOK, LOG)))
STUDY = StudyKind("a study's results", CLAIM, ("settings",), rf"{OWNED}|.*\.(zarr|parquet|json)|\..*")


@dataclass(frozen=True)
class Claim:
    """Settings, weights and plates of a study.

    Parameters
    ----------
    settings
        By section and name, as they stand in JSON.
    weights
        SHA-256 of the backbone's weights.
    plates
        In the study's order: name, digest of the images, digest of the wells table (None where not known).
    hcs
        The version that wrote it.
    prepared
        Whether the folder holds only what was made while the classes were not known (`hcs study prepare`):
        settings of what is made afterwards may still change.
    coded
        Digest of the wells table as it was under codes, by the name of each plate that got names since.
    """

    settings: dict[str, dict[str, Any]]
    weights: str
    plates: Sequence[tuple[str, str, str | None]]
    hcs: str
    prepared: bool = False
    coded: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, config: StudyConfig, weights: Weights, plates: Sequence[Plate]) -> Self:
        """Claim of a study that is about to run."""
        held: list[tuple[str, str, str | None]] = [
            (plate.name, plate.digest, table_digest(plate.spec.wells)) for plate in plates
        ]
        settings = config.model_dump(mode="json")
        if config.data.channels is not None:
            known = plates[0].channels
            named = [known[plates[0].channel_index(name)] for name in config.data.channels]
            # All channels, named one by one, are what a study takes that names none.
            settings["data"]["channels"] = None if named == list(known) else named
        coded = {
            plate.name: table_digest(plate.spec.processed_wells)
            for plate in plates
            if plate.spec.unblinding is not None
        }
        return cls(settings, weights.sha256, held, version("hcs"), coded=coded)

    @classmethod
    def read(cls, results: Path) -> Self | None:
        """Read what a results folder was begun with; None where none was.

        Raises
        ------
        StoreError
            It cannot be read, or an earlier version of hcs did not write it down.
        """
        file = results / CLAIM
        if not file.is_file():
            former = results / FORMER
            said = former.read_text(encoding="utf-8", errors="replace") if former.is_file() else ""
            return cls._former(results) if re.fullmatch("[0-9a-f]{32}", said) else None
        try:
            return TypeAdapter(cls).validate_json(file.read_bytes())
        except ValueError as error:
            raise StoreError(
                file, "cannot be read, so whose results these are is not known; choose another --out"
            ) from error

    @classmethod
    def _former(cls, results: Path) -> Self:
        """Claim of a study that an earlier version of hcs ran to its end."""
        try:
            record = read_record(results)
        except HcsError as error:
            raise StoreError(
                results,
                "was begun by an earlier version of hcs, which did not write down with what settings; choose "
                "another --out",
            ) from error
        known = record.get("plates", {}).items()
        plates: Sequence[tuple[str, str, str | None]] = [
            (name, str(one["digest"]), None) for name, one in known
        ]
        weights = str(record.get("weights", {}).get("sha256", ""))
        return cls(record["config"], weights, plates, str(record.get("hcs", "")))

    def write(self, results: Path) -> None:
        """Write it into a results folder."""
        write_file(results / CLAIM, json.dumps(asdict(self), indent=1, default=str).encode())

    def plan(self) -> str:
        """Digest of what is compared."""
        return digest(self.settings, self.weights, self.plates)

    def differences(self, now: "Claim") -> list[str]:
        """Name what is otherwise in a study that asks for the folder now, each as ``what: there → now``."""
        return [*self._settings(now), *self._weights(now), *self._plates(now)]

    def refusal(self, now: "Claim", results: Path) -> str | None:
        """Say why a study cannot have the folder; None if it is the study that the folder was begun with."""
        other = self.differences(now)
        if not other:
            return None
        return (
            f"{results} holds results of a study that differs in {counted(len(other), 'thing')} "
            f"({'; '.join(other)}). Give this one another --out; with --overwrite it takes the place of "
            "those results, which are then gone."
        )

    def _holds(self, section: str, name: str) -> bool:
        """Whether what the folder holds was made by a setting."""
        if not self.prepared:
            return True
        drawn = self.settings["data"]["images_per_clone"] is not None
        return name in MAKING.get(section, ()) or (drawn and (section, name) == ("data", "group"))

    def _settings(self, now: "Claim") -> Iterator[str]:
        for section, kind in SECTIONS.items():
            for name, setting in kind.model_fields.items():
                if (section, name) in NOT_SETTINGS or not self._holds(section, name):
                    continue
                default = setting.get_default()
                there, here = (
                    _meant(one.settings.get(section, {}).get(name, default)) for one in (self, now)
                )
                if there != here:
                    yield f"[{section}] {name}: {_said(there)} → {_said(here)}"

    def _weights(self, now: "Claim") -> Iterator[str]:
        if self.weights != now.weights:
            there, here = (
                f"{_said(one.settings.get('model', {}).get('weights'))} (SHA-256 {one.weights[:12]}…)"
                for one in (self, now)
            )
            yield f"[model] weights: {there} → {here}"

    def _plates(self, now: "Claim") -> Iterator[str]:
        there, here = ({name: rest for name, *rest in one.plates} for one in (self, now))
        names = [listed(list(held)) for held in (there, here)]
        if set(there) != set(here):
            yield f"plates: {names[0]} → {names[1]}"
        elif list(there) != list(here):
            yield f"order of the plates: {names[0]} → {names[1]}"
        for name in there.keys() & here.keys():
            if there[name][0] != here[name][0]:
                yield f"plate {name}: other images"
            elif there[name][1] not in (None, here[name][1], now.coded.get(name) if self.prepared else None):
                yield f"plate {name}: another platemap"


def table_digest(wells: pd.DataFrame) -> str:
    """Digest of a plate's wells table."""
    return digest(wells.reset_index().to_json())


def _meant(value: Any) -> Any:
    """Give a setting as JSON holds it: a tuple is a list."""
    return json.loads(json.dumps(value, default=str))


def _said(value: Any) -> str:
    return "none" if value is None else json.dumps(value, ensure_ascii=False)


def claim_folder(results: Path, claim: Claim, *, overwrite: bool) -> bool:
    """See whose a results folder is: a new one, or that of an earlier run of the same settings and plates.

    Returns
    -------
    bool
        Whether results of another study stand there, which may be replaced (overwrite).

    Raises
    ------
    ExistsError, ArgumentError, PlaceError, StoreError
        Another study's results, or something else, stand there; nothing can be written; what the folder was
        begun with is not known.
    """
    place = Place(results, STUDY, overwrite=True)
    place.recover()
    kept = Claim.read(results)
    if kept is not None:
        refusal = kept.refusal(claim, results)
        if refusal is None:
            place.tidy(claim.plan())
            return False
        if not overwrite:
            raise ExistsError(refusal)
        return True
    if results.is_dir() and any(not path.name.startswith(".") for path in results.iterdir()):
        raise ExistsError(f"{results} is not empty and holds no study; choose another --out.")
    if not results.is_dir():
        place.check()
    return False


def refuse_run(results: Path) -> None:
    """Refuse (ExistsError) to make anything under codes in place of a run that knew the names."""
    kept = Claim.read(results)
    if kept is not None and not kept.prepared:
        raise ExistsError(f"{results} holds results of a run; choose another --out for what is under codes.")


def sign_folder(results: Path, claim: Claim, source: Path, *, overwrite: bool = False) -> None:
    """Write down whose the folder is, once no other run works there, and keep a copy of the study's file."""
    # Asked again: another run may have had the folder until now.
    if claim_folder(results, claim, overwrite=overwrite):
        refuse_run(results)
    kept = Claim.read(results)
    if kept is None or kept.prepared:
        claim.write(results)
        if source.is_file():
            write_file(results / SETTINGS, source.read_bytes())
