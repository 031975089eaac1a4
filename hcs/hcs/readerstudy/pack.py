"""A pack read: images under random names, and what each reader is shown. Nothing here opens a key."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from hashlib import sha256
from hmac import compare_digest
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from hcs_plates.errors import LookupRefusedError, NotThereError, StoreError, nearest
from hcs_plates.staging import Kind

FORMAT = 1
INFO, SCHEDULE, IMAGES = "pack.json", "schedule.json", "images"
PACK = Kind("a reader pack", INFO, ("pack",))
ID = r"^[0-9a-f]{32}$"
"""Names of images: 128 bits of chance."""
DIGEST = r"^[0-9a-f]{64}$"


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class PackRecord(_Strict):
    """What was dealt, in numbers alone: for the report, and no page of a reader.

    Parameters
    ----------
    headline, sentences
        The pack in words; cautions.
    readers, images, repeats, training
        How many readers; images that each judges, of them twice, and labelled ones before.
    classes, groups, training_groups
        By class: images that each reader judges (of the first reader, where they differ by one), clones
        tested, clones shown in training.
    noun
        What a clone is called.
    same
        Whether all readers judge the same images.
    apart
        Positions between two showings of an image, at least.
    kind, scale
        tiles or fields; plate, pack or image.
    """

    headline: str = Field(min_length=1)
    sentences: tuple[str, ...]
    readers: int
    images: int
    repeats: int
    training: int
    classes: dict[str, int]
    groups: dict[str, int]
    training_groups: dict[str, int]
    noun: str
    same: bool
    apart: int
    kind: str
    scale: str

    def summary(self) -> str:
        """Say what was dealt, and what to know of it."""
        return " ".join([self.headline, *self.sentences])


class PackInfo(_Strict):
    """What `pack.json` says.

    Parameters
    ----------
    pack
        Id of the pack, which its key names too.
    title, question
        As shown on top of every page.
    classes
        The two labels, in the order of the two buttons.
    height, width
        Of every image, pixels.
    enlarged
        How many of the screen's pixels a side of an image's pixel is to take.
    channels
        Which channel, or which channel in which colour.
    pixel_um
        Side of an image's pixel, µm, where it is the same on all plates.
    told
        Sentences that readers are told before they begin.
    key
        SHA-256 of the key's file.
    record
        What was dealt.
    hcs
        Version that made the pack.
    """

    pack: str = Field(pattern=ID)
    title: str
    question: str
    classes: tuple[str, str]
    height: int = Field(ge=1)
    width: int = Field(ge=1)
    enlarged: int = Field(ge=1)
    channels: str
    pixel_um: float | None
    told: tuple[str, ...]
    key: str = Field(pattern=DIGEST)
    record: PackRecord
    hcs: str
    format: int = Field(FORMAT, ge=1, le=FORMAT)


class Item(_Strict):
    """One showing: the image, whether it is of the training round, and then its label."""

    image: str = Field(pattern=ID)
    training: bool = False
    answer: str | None = None


class Schedule(_Strict):
    """What one reader is shown, in order."""

    name: str = Field(min_length=1)
    token_sha256: str = Field(pattern=DIGEST)
    items: tuple[Item, ...]


class _Schedules(_Strict):
    readers: tuple[Schedule, ...] = Field(min_length=1)


def schedule_content(readers: tuple[Schedule, ...]) -> bytes:
    """Give what `schedule.json` holds: JSON, UTF-8."""
    return _Schedules(readers=readers).model_dump_json(indent=1).encode()


def token_digest(token: str) -> str:
    """SHA-256 of a reader's token, all that the pack holds of it."""
    return sha256(token.encode()).hexdigest()


@dataclass(frozen=True, eq=False)
class Pack:
    """A reader study as it is served: images and what each reader is shown.

    Parameters
    ----------
    folder
        Absolute.
    info
        What `pack.json` says.
    schedules
        By reader.
    """

    folder: Path
    info: PackInfo
    schedules: Mapping[str, Schedule]

    @classmethod
    def open(cls, folder: Path | str) -> Self:
        """Open a pack.

        Raises
        ------
        NotThereError, StoreError
            Nothing there; no pack, or one that lacks something or was damaged, with all that is wrong.
        """
        place = Path(folder)
        if not place.is_dir():
            raise NotThereError(f"There is no pack {place}; hcs readers new makes one of a finished study.")
        try:
            info = PackInfo.model_validate_json((place / INFO).read_bytes())
            read = _Schedules.model_validate_json((place / SCHEDULE).read_bytes()).readers
        except (OSError, ValidationError) as error:
            raise StoreError(
                place, f"is no pack of readers that this version of hcs can read (its {INFO} and {SCHEDULE})"
            ) from error
        pack = cls(place.absolute(), info, {one.name: one for one in read})
        if faults := pack._faults(read):
            raise StoreError(place, faults)
        return pack

    def _faults(self, read: tuple[Schedule, ...]) -> list[str]:
        """Say what does not fit together."""
        faults = []
        if len(self.schedules) < len(read) or len({one.token_sha256 for one in read}) < len(read):
            faults.append(f"{SCHEDULE} holds two readers of one name or token; take it from a copy")
        items = [item for one in read for item in one.items]
        if any((item.answer is not None) != item.training for item in items) or not (
            {item.answer for item in items} <= {None, *self.info.classes}
        ):
            faults.append(f"{SCHEDULE} has labels where there should be none, or others than {INFO}")
        there = {path.stem: path.stat().st_size for path in (self.folder / IMAGES).glob("*.png")}
        if gone := len({item.image for item in items} - there.keys()):
            faults.append(f"{gone} of its images are gone; take {IMAGES} from a copy")
        if len(set(there.values())) > 1:
            faults.append(
                f"its images are not all of one number of bytes, as they were written; take {IMAGES} from a "
                "copy"
            )
        return faults

    def __repr__(self) -> str:
        return f"<Pack {self.folder}: {self.info.record.headline}>"

    @property
    def readers(self) -> tuple[str, ...]:
        """Names of the readers."""
        return tuple(self.schedules)

    def items(self, reader: str) -> tuple[Item, ...]:
        """Give what a reader is shown, in order; a position is a place in it, counted from 0.

        Raises
        ------
        LookupRefusedError
            No such reader.
        """
        if reader not in self.schedules:
            raise LookupRefusedError(f"The pack has no reader {reader!r}; {nearest(reader, self.readers)}")
        return self.schedules[reader].items

    def reader_of(self, token: str) -> str | None:
        """Name whose token it is; None if nobody's. It takes as long whosever it is."""
        digest = token_digest(token)
        found = None
        for name, one in self.schedules.items():
            if compare_digest(digest, one.token_sha256):
                found = name
        return found

    def image(self, image: str) -> bytes:
        """Read an image's file, PNG.

        Raises
        ------
        LookupRefusedError, StoreError
            No image of the pack; its file is gone or is not as long as it was written.
        """
        if image not in self._images:
            raise LookupRefusedError("The pack has no such image.")
        try:
            return (self.folder / IMAGES / f"{image}.png").read_bytes()
        except OSError as error:
            raise StoreError(self.folder, f"has lost an image; take {IMAGES} from a copy") from error

    @cached_property
    def _images(self) -> frozenset[str]:
        """Ids of all images."""
        return frozenset(item.image for one in self.schedules.values() for item in one.items)
