"""Packs made by hand: noise as images, the classes known to the test alone."""

import secrets
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hcs.readerstudy.pack import (
    IMAGES,
    INFO,
    SCHEDULE,
    Item,
    Pack,
    PackInfo,
    PackRecord,
    Schedule,
    schedule_content,
    token_digest,
)
from hcs.readerstudy.pictures import png

CLASSES = ("ALS", "control")


@dataclass(frozen=True)
class MadePack:
    """A pack, what logs its readers in, and which class each image is of."""

    pack: Pack
    tokens: dict[str, str]
    labels: dict[str, str]

    def label(self, reader: str, position: int) -> str:
        """The class of what a reader is shown at a position."""
        return self.labels[self.pack.items(reader)[position].image]


def make_pack(
    folder: Path,
    *,
    readers: tuple[str, ...] = ("reader 1", "reader 2"),
    images: int = 8,
    training: int = 2,
    repeats: int = 0,
    side: int = 32,
    question: str = "Patient or control?",
    classes: tuple[str, str] = CLASSES,
    seed: int = 0,
) -> MadePack:
    """Write a pack: `training` labelled images, then `images` in an order of each reader's own."""
    rng = np.random.default_rng(seed)
    labels = {rng.bytes(16).hex(): classes[number % 2] for number in range(training + images)}
    (folder / IMAGES).mkdir(parents=True)
    for image, label in labels.items():
        # The classes differ to the eye: only what is no pixel has to be the same.
        wave = np.sin(np.arange(side) * (1.2 if label == classes[0] else 0.3))
        picture = np.clip(rng.normal(90, 25, (side, side)) + 60 * wave, 0, 255).astype("uint8")
        (folder / IMAGES / f"{image}.png").write_bytes(png(picture))
    shown, tested = list(labels)[:training], list(labels)[training:]
    tokens = {reader: secrets.token_urlsafe(24) for reader in readers}
    schedules = []
    for reader in readers:
        order = [*rng.permutation(tested), *rng.permutation(tested)[:repeats]]
        items = [Item(image=one, training=True, answer=labels[one]) for one in shown]
        items += [Item(image=str(one)) for one in order]
        schedules.append(Schedule(name=reader, token_sha256=token_digest(tokens[reader]), items=tuple(items)))
    told = ("Judge each image by itself.", "If you do not know, guess, and say that you are unsure.")
    info = pack_info(rng.bytes(16).hex(), question=question, classes=classes, side=side, told=told)
    (folder / INFO).write_text(info.model_dump_json())
    (folder / SCHEDULE).write_bytes(schedule_content(tuple(schedules)))
    return MadePack(Pack.open(folder), tokens, labels)


def pack_info(
    ident: str,
    *,
    question: str = "Patient or control?",
    classes: tuple[str, str] = CLASSES,
    side: int = 8,
    told: tuple[str, ...] = (),
    key: str = "0" * 64,
) -> PackInfo:
    """What a pack says of itself; its counts, which no page shows, are made up."""
    counts = dict.fromkeys(classes, 1)
    record = PackRecord(
        headline="a pack",
        sentences=(),
        readers=1,
        images=1,
        repeats=0,
        training=0,
        classes=counts,
        groups=counts,
        training_groups=counts,
        noun="clone",
        same=True,
        apart=1,
        kind="tiles",
        scale="plate",
    )
    return PackInfo(
        pack=ident,
        title="Reader study",
        question=question,
        classes=classes,
        height=side,
        width=side,
        enlarged=8,
        channels="FITC",
        pixel_um=None,
        told=told,
        key=key,
        record=record,
        hcs="0.1.0",
    )
