"""What is asked of a reader study, checked."""

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from hcs.readerstudy.images import TILES
from hcs.readerstudy.pictures import PLATE
from hcs_plates.errors import ArgumentError
from hcs_plates.spelling import alike, visible

LONGEST, MOST_READERS, MOST_IMAGES = 60, 200, 5000
REPEATS = 10
"""Images shown twice, of 40 or more, where no number is asked for."""
NAME = re.compile(r"\w[\w .'-]*")
"""Letters of any alphabet, digits and what stands between them: no spreadsheet takes it for a formula."""


@dataclass(frozen=True)
class PackSpec:
    """What is asked of a reader study.

    Parameters
    ----------
    readers
        How many ("reader 1", …), or their names.
    per_reader
        Images that each reader judges; the reference study does not say how many its ten biologists saw. 100
        if None, or as many as can be dealt evenly.
    training
        Labelled images that each sees before; 0 for none; 20 if None, or as many as there are.
    repeats
        Of the judged images, how many are shown twice; 10 if None, and no more than a quarter.
    training_groups
        Donors (clones) of each class for training alone; None takes 2 where there are at least 8, 1 of 4.
    images
        tiles, as the network saw them, or whole fields.
    same_images
        Whether all readers judge the same images.
    scale
        Which grey levels are black and white: by plate, pack or image (`hcs.readerstudy.pictures.Scale`).
    title
        Shown on top of readers' pages.
    seed
        Of the draw; one of 128 bits is drawn if None. It stands in the key alone.
    """

    readers: int | Sequence[str] = 10
    per_reader: int | None = None
    training: int | None = None
    repeats: int | None = None
    training_groups: int | None = None
    images: str = TILES
    same_images: bool = True
    scale: str = PLATE
    title: str = "Reader study"
    seed: int | None = None
    drawn: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse numbers and names that make no study."""
        object.__setattr__(self, "drawn", secrets.randbits(128) if self.seed is None else self.seed)
        if isinstance(self.readers, int):
            if not 1 <= self.readers <= MOST_READERS:
                raise ArgumentError(f"--readers {self.readers}: expected 1 to {MOST_READERS}.")
        else:
            object.__setattr__(self, "readers", tuple(_checked(self.readers)))
        for option, number, least in (
            ("--per-reader", 2 if self.per_reader is None else self.per_reader, 2),
            ("--training", self.training or 0, 0),
            ("--repeats", self.repeats or 0, 0),
            ("--training-clones", self.training_groups or 0, 0),
            ("--seed", self.drawn, 0),
        ):
            most = MOST_IMAGES if option != "--seed" else None
            if number < least or (most is not None and number > most):
                raise ArgumentError(
                    f"{option} {number}: expected {f'{least} to {most:,}' if most else 'a number from 0'}."
                )
        if self.training == 1:
            raise ArgumentError("--training 1 shows one class alone; show at least 2 images, or none (0).")
        if self.repeats is not None and self.per_reader is not None:
            self.repeated(self.per_reader)

    def repeated(self, judged: int) -> int:
        """How many of so many judged images are shown twice.

        Raises
        ------
        ArgumentError
            More than all are asked for.
        """
        if self.repeats is None:
            return min(REPEATS, judged // 4)
        if self.repeats > judged:
            raise ArgumentError(f"--repeats {self.repeats}: no more than all {judged} images can come twice.")
        return self.repeats

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the readers."""
        if isinstance(self.readers, int):
            return tuple(f"reader {number}" for number in range(1, self.readers + 1))
        return tuple(self.readers)


def _checked(names: Sequence[str]) -> list[str]:
    """Refuse names that cannot be told apart, or that mean something else in a spreadsheet or a page."""
    shown = [visible(name) for name in names]
    if not shown or len(shown) > MOST_READERS:
        raise ArgumentError(f"{len(shown)} readers are named; expected 1 to {MOST_READERS}.")
    for name in shown:
        if not NAME.fullmatch(name) or len(name) > LONGEST:
            raise ArgumentError(
                f"--reader {name!r}: expected up to {LONGEST} letters, digits, spaces, points, hyphens and "
                "apostrophes, a letter or digit first."
            )
    if len(set(shown)) < len(shown) or (same := alike(shown)):
        twice = sorted({name for name in shown if shown.count(name) > 1}) or list(same[0])
        raise ArgumentError(
            f"--reader: {' and '.join(map(repr, twice))} would be two readers; name them apart."
        )
    return shown
