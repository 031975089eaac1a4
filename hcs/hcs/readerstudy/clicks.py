"""One click of a reader: as a page says it, and as it is kept; and the state that it was made on."""

from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from hcs.readerstudy.pack import Pack
from hcs_plates.errors import ArgumentError

LONGEST = 3600.0
"""Seconds above which a duration is a break, and is kept as this."""
SIMULATED = "simulated"
"""Session of every click of a reader who is none."""


class Said(BaseModel):
    """A click as a page says it; anything else is refused.

    Parameters
    ----------
    position
        Place of the image in the reader's order, counted from 0 (`Pack.items`).
    call
        The class that was named; None withdraws the last answer, which has to be that of `position`.
    sure
        Whether the reader was sure; None with a withdrawal.
    revision
        Revision of the reader's state that the click was made on.
    click
        What the page calls this click.
    seconds
        From the image's appearance to the click, by a clock that is never set.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    position: int = Field(ge=0, le=10**6)
    call: str | None
    sure: bool | None
    revision: int = Field(ge=0, le=10**9)
    click: str = Field(pattern=r"^[0-9a-f]{8,64}$")
    seconds: Annotated[float, Field(ge=0, allow_inf_nan=False, strict=False)]


@dataclass(frozen=True)
class Click:
    """One click as it is kept: an answer, or, without a call, the withdrawal of the one at that position.

    Parameters
    ----------
    reader
        Name of the reader.
    position, call, sure, revision, click
        As `Said` has them; the same `click` again is acknowledged and not stored a second time.
    image
        The image's id in the pack.
    seconds
        As `Said` has it, cut at an hour.
    answered_at
        Time of day as it was told (ISO 8601), now if empty. Nothing depends on it.
    session
        Name of the file's session where the click came in a file; empty from the served page.
    """

    reader: str
    position: int
    image: str
    call: str | None
    sure: bool | None
    revision: int
    click: str
    seconds: float = 0.0
    answered_at: str = ""
    session: str = ""


def checked_click(pack: Pack, reader: str, said: Said) -> Click:
    """Hold a click against what its reader was shown.

    Raises
    ------
    ArgumentError
        No such image or class; an answer of the training round, whose label was told, withdrawn.
    """
    items, classes = pack.items(reader), pack.info.classes
    if said.position >= len(items):
        raise ArgumentError(f"There is no image at position {said.position}; {reader} has {len(items)}.")
    item = items[said.position]
    if said.call is None:
        if said.sure is not None:
            raise ArgumentError("A withdrawn answer is neither sure nor unsure.")
        if item.training:
            raise ArgumentError("Answers of the training round stand: the right one has been told.")
    elif said.call not in classes:
        raise ArgumentError(f"{said.call[:40]!r} is none of the classes; expected {' or '.join(classes)}.")
    elif said.sure is None:
        raise ArgumentError("An answer is either sure or unsure.")
    seconds = round(min(said.seconds, LONGEST), 3)
    return Click(reader, said.position, item.image, said.call, said.sure, said.revision, said.click, seconds)


@dataclass(frozen=True)
class ReaderState:
    """Where a reader stands: clicks stored, and images answered, which are the first ones of the order."""

    revision: int = 0
    answered: int = 0


class StaleError(ArgumentError):
    """A click that was made on a state that is no longer the reader's; `state` is the one that stands."""

    def __init__(self, state: ReaderState) -> None:
        self.state = state
        super().__init__(
            "This was answered on an older state of the page; what was answered since stands. "
            "Go on from the image that is shown now."
        )
