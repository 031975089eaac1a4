"""The run record: everything needed to say how a study's numbers came about."""

import json
import platform
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from dask.system import CPU_COUNT
from pydantic import BaseModel, ConfigDict, ValidationError

from hcs.study.places import RECORD
from hcs.study.settings import StudyConfig
from hcs_plates.errors import NotThereError, StoreError
from hcs_plates.units import write_json

FORMAT = 1
"""Of the results folders that are written; raised when a version of before could not read them."""

PACKAGES = (
    "dask distributed keras numpy opencv-python-headless pandas scikit-learn scipy tensorflow "
    "tifffile xarray zarr"
)


@dataclass
class RunRecord:
    """Settings of a run, when it began, and the seconds that its steps took."""

    config: StudyConfig
    durations: dict[str, float] = field(default_factory=dict)
    begun: datetime = field(default_factory=partial(datetime.now, UTC))

    @contextmanager
    def timed(self, step: str) -> Iterator[None]:
        """Measure a step."""
        start = time.monotonic()
        yield
        self.durations[step] = round(time.monotonic() - start, 2)

    def write(self, path: Path, facts: Mapping[str, Any]) -> None:
        """Write the record with what the steps found; readers see the old one or the new one whole."""
        hardware = {"machine": platform.machine(), "system": platform.system(), "cores": CPU_COUNT}
        made_by = {
            "format": FORMAT,
            "hcs": version("hcs"),
            "versions": {name: version(name) for name in PACKAGES.split()},
            "python": platform.python_version(),
            "hardware": hardware,
            "config": self.config.model_dump(mode="json"),
            "durations": self.durations,
            "begun": self.begun.isoformat(timespec="seconds"),
            "finished": datetime.now(UTC).isoformat(timespec="seconds"),
        }
        write_json(path, made_by | dict(facts))


class _Plate(BaseModel):
    """A plate in a record."""

    model_config = ConfigDict(extra="allow")
    path: str
    beside: str = ""
    digest: str
    rows: int
    columns: int


class _Weights(BaseModel):
    """The backbone's weights in a record."""

    source: str
    sha256: str


class _Record(BaseModel):
    """What readers of a record rely on; records of earlier versions may lack some of it."""

    model_config = ConfigDict(extra="allow")
    format: int = 0
    config: dict[str, dict[str, Any]]
    source: str
    inputs: str = ""
    features_digest: str = ""
    weights: _Weights | None = None
    plates: dict[str, _Plate] = {}
    files: dict[str, str] = {}
    notices: list[str] = []
    confounding: list[str] = []
    measured: list[str] = []


class NewerError(StoreError):
    """A results folder of a format that this version of hcs does not know."""


def read_record(results: Path) -> dict[str, Any]:
    """Read the record of a finished study.

    Raises
    ------
    NotThereError, NewerError, StoreError
        Nothing there, a study of a later version, no finished study, or a record of another shape.
    """
    if not results.is_dir():
        what = "is a file" if results.exists() else "does not exist"
        raise NotThereError(f"{results} {what}; expected the results folder of `hcs study run`.")
    try:
        record = json.loads((results / RECORD).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError, ValueError, RecursionError) as error:
        raise StoreError(
            results, f"holds no finished study (no readable {RECORD}); run `hcs study run` to its end"
        ) from error
    _refuse_newer(results, record)
    try:
        _Record.model_validate(record)
    except ValidationError as error:
        raise StoreError(
            results, f"holds a {RECORD} that this version of hcs cannot read; run the study again with it"
        ) from error
    return dict(record)


def _refuse_newer(results: Path, record: Any) -> None:
    mark = record.get("format") if isinstance(record, dict) else None
    if isinstance(mark, int) and mark > FORMAT:
        raise NewerError(
            results,
            f"was written by hcs {record.get('hcs', 'of a later version')} in format {mark}, and hcs "
            f"{version('hcs')} reads formats up to {FORMAT}; open it with that version or a later one",
        )
