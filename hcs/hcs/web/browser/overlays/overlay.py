"""What an overlay is: what it offers for a field, and what it draws there."""

import gzip
import json
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

from starlette.responses import Response

from hcs.heatmaps.plates import Key
from hcs.study.folder import StudyResults
from hcs_plates.coding import are_coded
from hcs_plates.errors import ArgumentError
from hcs_plates.members import Field
from hcs_plates.plate import Plate

_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), allow_nan=False)
PACKED_FROM, PACKING = 20_000, 3
"""Bytes of JSON from which on it is packed, and how hard."""


@dataclass(frozen=True)
class Shown:
    """The field that is looked at.

    Parameters
    ----------
    plate
        None of plates that hcs did not write.
    well, key
        Which field; of a plate of hcs the key is the field's number.
    study
        The study that is served, if any.
    """

    plate: Plate | None
    well: str
    key: str
    study: StudyResults | None = None

    @property
    def number(self) -> int:
        """The field's number, on a plate of hcs."""
        return int(self.key)

    @property
    def name(self) -> str:
        """Well and field as `Measurements` and messages say them."""
        return f"{self.well} field {self.key}"

    def ours(self) -> Field:
        """Give the field of a plate of hcs.

        Raises
        ------
        ArgumentError
            The plate is not one that hcs wrote.
        """
        if self.plate is None:
            raise ArgumentError("Only plates of hcs have this; `hcs ingest` makes one of an export.")
        return self.plate[self.well][self.number]

    def studied(self) -> StudyResults:
        """Give the study, which saw just this plate.

        Raises
        ------
        ArgumentError
            No study is served, or it saw no such plate or other images; the plate holds codes, and what a
            study found tells classes.
        """
        plate = self.ours().plate
        if self.study is None:
            raise ArgumentError("No study is shown; `hcs serve RESULTS` shows a study with its plates.")
        kept = self.study.record.get("plates", {}).get(plate.name)
        if kept is None:
            raise ArgumentError(f"Plate {plate.name} is not one of the study's.")
        if kept["digest"] != plate.digest:
            raise ArgumentError(f"Plate {plate.name} holds other images than the study saw.")
        if are_coded(plate.spec.wells):
            raise ArgumentError(f"Plate {plate.name} holds codes, and this would tell classes.")
        return self.study


@dataclass(frozen=True)
class Area:
    """A rectangle of a field in its full-resolution pixels; pixel 0 reaches from 0 to 1."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Offer:
    """One overlay of a field, as a list of them tells it.

    Parameters
    ----------
    name
        In addresses.
    title
        For people.
    kind
        What is sent: ``outlines`` and ``tiles`` are JSON, ``picture`` is a PNG with alpha.
    why
        Why it cannot be had here, a sentence; empty where it can.
    said
        Sentences that belong beside it.
    time
        The only time point that it is of, counted from 0; None where it is of all.
    area
        Of a picture: what it covers.
    key
        What its colours mean.
    """

    name: str
    title: str
    kind: Literal["outlines", "tiles", "picture"]
    why: str = ""
    said: tuple[str, ...] = ()
    time: int | None = None
    area: Area | None = None
    key: Key | None = None

    def told(self) -> dict[str, Any]:
        """Give it as JSON takes it."""
        return asdict(self)

    def check(self, time: int) -> None:
        """Refuse (ArgumentError) what is not there, at a time point counted from 0."""
        if self.why:
            raise ArgumentError(self.why)
        if self.time is not None and time != self.time:
            raise ArgumentError(
                f"{self.title}: only time point {self.time} was looked at, this is {time} (from 0)."
            )


@dataclass(frozen=True)
class Drawn:
    """What is sent: bytes, their media type, and whether they are packed (gzip)."""

    content: bytes
    media_type: str
    packed: bool = False

    @classmethod
    def of_json(cls, **told: Any) -> "Drawn":
        """Write JSON, and pack what is long: outlines are five times as short then."""
        parts = [f"{_ENCODER.encode(name)}:{_written(value)}" for name, value in told.items()]
        text = f"{{{','.join(parts)}}}".encode()
        if len(text) < PACKED_FROM:
            return cls(text, "application/json")
        return cls(gzip.compress(text, PACKING, mtime=0), "application/json", packed=True)

    def answer(self, accepted: str) -> Response:
        """Send it to who accepts these encodings (the header ``Accept-Encoding``)."""
        if not self.packed:
            return Response(self.content, media_type=self.media_type)
        if "gzip" not in accepted:
            return Response(gzip.decompress(self.content), media_type=self.media_type)
        return Response(self.content, media_type=self.media_type, headers={"content-encoding": "gzip"})


def _written(value: Any) -> str:
    """Write a value, a long list one by one: a single call holds up all other threads until it is done.

    Of an iterator no more than one element is there at a time.
    """
    if isinstance(value, list | Iterator):
        return f"[{','.join(map(_ENCODER.encode, value))}]"
    return _ENCODER.encode(value)


class Overlay(ABC):
    """One source of overlays; `hcs.web.browser.overlays.registry.OVERLAYS` lists them all."""

    slow: ClassVar[bool] = False
    """Whether drawing takes so long that fields wait for each other."""

    @abstractmethod
    def offers(self, shown: Shown) -> list[Offer]:
        """List what there is for a field, or why not; in a few milliseconds."""

    @abstractmethod
    def mark(self, shown: Shown) -> str:
        """Give what tells the source that drawings of a field are made from, from another one."""

    @abstractmethod
    def draw(self, shown: Shown) -> Mapping[str, Drawn]:
        """Draw all that is offered for a field, by name; raises `HcsError`."""
