"""What a reader of a pack is shown and may do; no HTTP here.

Images lie in memory, so that how long one takes says nothing of it, and are named by the reader's own
position alone. A reader gets the image that is asked now, the one after it (which the page loads ahead), and
those that are answered.
"""

from typing import Any

from hcs.readerstudy.clicks import Said, checked_click
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import Responses
from hcs_plates.errors import LookupRefusedError, StoreError

CHUNKS = (b"IHDR", b"IDAT", b"IEND")
"""All that an image may consist of (PNG, ISO/IEC 15948): its size, its pixels, its end."""


class Desk:
    """A pack in use.

    Parameters
    ----------
    pack
        What is shown to whom.
    responses
        Where answers are kept.

    Raises
    ------
    StoreError
        Images that could be told apart without being looked at: of another size in bytes, or with anything
        in them but pixels.
    """

    def __init__(self, pack: Pack, responses: Responses) -> None:
        self.pack = pack
        self._responses = responses
        named = {item.image for reader in pack.readers for item in pack.items(reader)}
        self._images = {image: pack.image(image) for image in named}
        if len({len(content) for content in self._images.values()}) > 1:
            raise StoreError(pack.folder, "holds images of different sizes in bytes, which tells them apart")
        if any(chunks(content) != CHUNKS for content in self._images.values()):
            raise StoreError(pack.folder, "holds images with more in them than pixels, or damaged ones")

    def reader_of(self, token: str) -> str | None:
        """Name whose token it is; None if nobody's."""
        return self.pack.reader_of(token)

    def shown(self, reader: str) -> dict[str, Any]:
        """Say all that a reader's page is told of the pack, and where the reader stands."""
        state = self._responses.state(reader)
        return {**about(self.pack, reader), "revision": state.revision, "answered": state.answered}

    def image(self, reader: str, position: int) -> bytes:
        """Give the image at a reader's position, PNG.

        Raises
        ------
        LookupRefusedError
            There is none, or it comes later.
        """
        items = self.pack.items(reader)
        if not 0 <= position < len(items) or position > self._responses.state(reader).answered + 1:
            raise LookupRefusedError("This image is not shown now.")
        return self._images[items[position].image]

    def click(self, reader: str, said: Said) -> dict[str, Any]:
        """Store a click; it is on the disk when this returns.

        Returns
        -------
        dict
            state, and label: of the training round, the right answer, which is told only now.

        Raises
        ------
        ArgumentError, StaleError
            The click makes no sense; it was made on an older state.
        """
        state = self._responses.record([checked_click(self.pack, reader, said)])
        label = self.pack.items(reader)[said.position].answer
        return {"state": {"revision": state.revision, "answered": state.answered}, "label": label}


def about(pack: Pack, reader: str) -> dict[str, Any]:
    """Say what a reader's page is told of the pack: nothing that differs between images."""
    info, items = pack.info, pack.items(reader)
    return {
        "reader": reader,
        "title": info.title,
        "question": info.question,
        "classes": list(info.classes),
        "told": list(info.told),
        "size": [info.height, info.width],
        "enlarged": info.enlarged,
        "training": sum(item.training for item in items),
        "total": len(items),
    }


def chunks(content: bytes) -> tuple[bytes, ...]:
    """Name the parts that a PNG consists of, in order; what is none has no parts.

    Examples
    --------
    >>> chunks(b"no picture")
    ()
    """
    if not content.startswith(b"\x89PNG\r\n\x1a\n"):
        return ()
    found, place = [], 8
    while place < len(content):
        size = int.from_bytes(content[place : place + 4], "big")
        found.append(content[place + 4 : place + 8])
        place += 12 + size
    return tuple(found) if place == len(content) else ()
