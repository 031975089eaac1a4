"""One click of a reader, and the state of a reader that it was made on."""

from dataclasses import dataclass

from hcs_plates.errors import ArgumentError


@dataclass(frozen=True)
class Click:
    """One click of a reader: an answer, or, without a call, the withdrawal of the answer at that position.

    Parameters
    ----------
    reader
        Name of the reader.
    position
        Place of the image in the reader's order, counted from 0 (`Pack.items`).
    image
        The image's id in the pack.
    call
        The class that was named; None withdraws the last answer, which has to be that of `position`.
    sure
        Whether the reader was sure; None with a withdrawal.
    revision
        Revision of the reader's state that the click was made on.
    click
        What the page calls this click; the same again is acknowledged and not stored a second time.
    seconds
        From the image's appearance to the click, by a clock that is never set; cut at an hour.
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
