"""Everything stored read again against its checksums: what is missing, damaged or stale."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.display import preview
from hcs.measure.measured import RECORD as MEASURED
from hcs.study.places import CLAIM, FORMER, PREPARED, RECORD
from hcs.verification.measurements import inspect_measurements
from hcs.verification.study import inspect_study
from hcs.wording import counted, listed
from hcs_models.featureparts import inspect_features
from hcs_models.featureset import FEATURES
from hcs_plates.box import INDEX, BoxKind
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.paths import local_path
from hcs_plates.storedfield import METADATA
from hcs_plates.tiles import TILES
from hcs_plates.units import Progress
from hcs_plates.verifying.boxes import inspect_tiles
from hcs_plates.verifying.fault import DAMAGED, MISSING, STALE, STRANGE, Fault
from hcs_plates.verifying.inspection import Inspection
from hcs_plates.verifying.plates import inspect_plate

EXPECTED = "expected a plate, a tile set, a feature set, measurements, or a study's results folder"


@dataclass(frozen=True, repr=False)
class Verified:
    """What `verify` found.

    Parameters
    ----------
    path
        What was read.
    noun
        What it is, such as ``plate P1``.
    read
        How much was read, such as ``96 fields``.
    faults
        Each once.
    notes
        What is known and no fault, and what nothing was kept to hold against.
    """

    path: Path
    noun: str
    read: str
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<Verified: {self.summary()}>"

    def _repr_html_(self) -> str:
        return preview(self.summary(), self.table, len(self.faults))

    @property
    def sound(self) -> bool:
        """Whether no fault was found."""
        return not self.faults

    @property
    def table(self) -> pd.DataFrame:
        """One row per fault: what, where, kind, found, expected, remedy."""
        names = [one.name for one in fields(Fault)]
        return pd.DataFrame([fault.to_json() for fault in self.faults], columns=names, dtype=object)

    def summary(self) -> str:
        """Say in one sentence whether it is sound, or how many faults of which kinds there are."""
        name = f"{self.noun[:1].upper()}{self.noun[1:]}"
        if self.sound:
            return f"{name} is sound: {self.read} read, no fault."
        count = Counter(fault.kind for fault in self.faults)
        kinds = [f"{count[kind]} {kind}" for kind in (MISSING, DAMAGED, STALE, STRANGE) if count[kind]]
        return f"{name} has {counted(len(self.faults), 'fault')} ({listed(kinds)}); {self.read} read."

    def to_json(self) -> dict[str, Any]:
        """Give it as JSON has it."""
        faults = [fault.to_json() for fault in self.faults]
        told = {"path": str(self.path), "what": self.noun, "sound": self.sound, "summary": self.summary()}
        return told | {"faults": faults, "notes": list(self.notes)}


def inspect(path: Path | str) -> Inspection:
    """See what is to be read of a plate, a tile set, a feature set, measurements or a study's results.

    Raises
    ------
    NotThereError, StoreError
        Nothing there; something else, or a study that was not run to its end, which nothing can be held
        against.
    UnreachableError
        A disk or a share that fails.
    """
    place = local_path(path)
    if not place.exists():
        raise NotThereError(f"{place} does not exist; {EXPECTED}.")
    return _inspector(place)(place)


def _inspector(place: Path) -> Callable[[Path], Inspection]:
    """Tell what a folder is by the documents in it."""
    here = {one.name for one in place.iterdir()} if place.is_dir() else set()
    if here & {RECORD, CLAIM, PREPARED, FORMER}:
        return inspect_study
    if MEASURED in here:
        return inspect_measurements
    for kind, found in ((TILES, inspect_tiles), (FEATURES, inspect_features)):
        if _is_box(place, kind, here):
            return found
    if here & {METADATA, ".zattrs"} or any(place.glob(f"[A-Z]*/*/*/{METADATA}")):
        return inspect_plate
    raise StoreError(place, f"is nothing that hcs can verify; {EXPECTED}")


def _is_box(place: Path, kind: BoxKind, here: set[str]) -> bool:
    """Whether a folder is a box of a kind, whole or damaged."""
    try:
        return kind.attribute in json.loads((place / METADATA).read_bytes())["attributes"]
    except (OSError, ValueError, LookupError, TypeError):
        return {kind.array, INDEX} <= here


def verify(
    path: Path | str, *, client: Any = None, workers: int | None = None, progress: Progress | None = None
) -> Verified:
    """Read everything of a plate, a tile set, measurements or a study again, against what was kept of it.

    Nothing is written in it. What opening or reading would refuse is a fault.

    Parameters
    ----------
    path
        A plate (of hcs, or of another tool: against the sums that `hcs adopt` kept), a tile set, a feature
        set, a measurement folder, or a study's results folder.
    client, workers, progress
        As in `hcs_plates.units.run_units`.

    Raises
    ------
    NotThereError, StoreError
        As `inspect`: nothing could be checked.
    UnreachableError
        A file that cannot be reached, which says nothing of what it holds.

    Examples
    --------
    >>> verify("plates/P1.ome.zarr").table  # doctest: +SKIP
    """
    return verified(inspect(path), client=client, workers=workers, progress=progress)


def verified(
    found: Inspection, *, client: Any = None, workers: int | None = None, progress: Progress | None = None
) -> Verified:
    """Read what `inspect` saw; arguments and errors as of `verify`."""
    faults = found.run(client=client, workers=workers, progress=progress)
    nouns = Counter(part.noun for part in found.parts)
    read = listed(counted(number, noun) for noun, number in nouns.items()) or "nothing"
    return Verified(found.path, found.noun, read, faults, found.notes)
