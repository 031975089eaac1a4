"""A pack made: images chosen, ordered, drawn and written under random names, and the key apart from them."""

import os
import secrets
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path

from hcs.figures.composite import channel_key
from hcs.readerstudy.dealing import Dealt, deal_readers
from hcs.readerstudy.images import Images
from hcs.readerstudy.key import COLUMNS, Key
from hcs.readerstudy.pack import (
    IMAGES,
    INFO,
    PACK,
    SCHEDULE,
    Pack,
    PackInfo,
    Schedule,
    schedule_content,
    token_digest,
)
from hcs.readerstudy.pictures import SHOWN_SIDE, Scale, png
from hcs.readerstudy.spec import PackSpec
from hcs.readerstudy.telling import record, told
from hcs.study.folder import StudyResults
from hcs.study.places import PREPARED, RECORD
from hcs.wording import spaced
from hcs_plates.errors import ArgumentError, ExistsError, StoreError
from hcs_plates.files import write_file
from hcs_plates.paths import local_path
from hcs_plates.spelling import alike
from hcs_plates.staging import Place
from hcs_plates.units import file_digest

KEY, TOKENS = ".key.json", ".tokens.csv"
"""Endings of what stands beside the pack, after the pack's name."""
STAMP = 946684800
"""Time of change of every file of a pack, 2000-01-01 00:00 UTC: true ones tell the order of writing."""


@dataclass(frozen=True)
class NewPack:
    """What was made.

    Parameters
    ----------
    pack
        The pack.
    key
        File of the key.
    tokens
        File of the readers' tokens.
    """

    pack: Pack
    key: Path
    tokens: Path


def new_pack(
    study: StudyResults, out: Path | str, spec: PackSpec | None = None, *, key: Path | str | None = None
) -> NewPack:
    """Make a pack of a study's images for readers, its key and their tokens.

    All three appear whole or not at all: the key first, the pack last. None is ever overwritten.

    Parameters
    ----------
    study
        One that has run to its end.
    out
        Folder of the pack to make.
    spec
        How many readers, images and so on.
    key
        File of the key; ``OUT.key.json`` beside the pack if None. Never inside the pack, which is what
        readers and their server see.

    Raises
    ------
    ArgumentError
        More asked for than there is; a key inside the pack.
    ExistsError, PlaceError
        Something stands there already; it cannot be written to.
    NotThereError, StoreError
        The study lacks its tiles or tables, or they are damaged.
    """
    spec, data = spec or PackSpec(), study.config.data
    if alike([data.positive, data.negative]):
        raise ArgumentError(
            f"{data.positive!r} and {data.negative!r} cannot be told apart on two buttons; name the classes "
            "otherwise in the platemaps."
        )
    place = Place(out, PACK)
    beside = place.final.with_name
    files = (
        local_path(key or beside(f"{place.final.name}{KEY}")).absolute(),
        beside(f"{place.final.name}{TOKENS}"),
    )
    _check(place, files)
    images = Images.of(study, spec.images)
    scale = Scale.of(study, spec.scale)
    dealt = deal_readers(images, spec)
    tokens = {name: secrets.token_urlsafe(24) for name in spec.names}
    written: list[Path] = []
    with place.claim():
        try:
            place.start(secrets.token_hex(16), lambda folder: (folder / IMAGES).mkdir(parents=True))
            shape = _write_images(place.staged, images, scale, dealt)
            info = _info(study, images, spec, dealt, shape)
            made = _key(study, spec, scale, dealt, info.pack)
            written.append(made.write(files[0]))
            info = info.model_copy(update={"key": sha256(made.content()).hexdigest()})
            lines = "".join(f"{name},{token}\n" for name, token in tokens.items())
            written.append(write_file(files[1], f"reader,token\n{lines}".encode(), private=True))
            readers = tuple(
                Schedule(name=name, token_sha256=token_digest(tokens[name]), items=dealt.items[name])
                for name in spec.names
            )
            write_file(place.staged / SCHEDULE, schedule_content(readers))
            write_file(place.staged / INFO, info.model_dump_json(indent=1).encode())
            _stamp(place.staged)
            place.publish()
        except BaseException:
            # A pack that stands already, whole, must not lose its key.
            for file in [] if place.final.exists() else written:
                file.unlink(missing_ok=True)
            place.discard()
            raise
    return NewPack(Pack.open(place.final), *files)


def open_named(results: Path | str) -> StudyResults:
    """Open a study's results whose classes are known.

    Raises
    ------
    StoreError
        Its samples are under codes still; or as `StudyResults.open`.
    """
    folder = Path(results)
    if (folder / PREPARED).is_file() and not (folder / RECORD).is_file():
        raise StoreError(
            folder,
            "was prepared under codes, so no image has a class yet that a reader could be right about; hcs "
            "unblind puts the names back, and hcs study run finishes the study",
        )
    return StudyResults.open(folder)


def _check(place: Place, files: tuple[Path, Path]) -> None:
    """Refuse places that cannot be taken, before any work."""
    key, _ = files
    if place.final.resolve() in [key.resolve(), *key.resolve().parents]:
        raise ArgumentError(
            f"--key {key} lies in the pack, which readers and their server see; keep the key elsewhere."
        )
    for file in (place.final, *files):
        if within := [one for one in file.resolve().parents if (one / SCHEDULE).is_file()]:
            raise ArgumentError(
                f"{file} would lie in the pack {within[0]}, which readers and their server see; choose "
                "another place."
            )
    if key == files[1]:
        raise ArgumentError(f"--key {key} is where the readers' tokens go; choose another name.")
    standing = {place.final: "a pack", key: "a key", files[1]: "the tokens of a pack"}
    for file, what in standing.items():
        if os.path.lexists(file):
            raise ExistsError(
                f"{file} exists already, and {what} is never overwritten: answers may rest on it. Choose "
                "another --out, or move it away."
            )
    place.check()


def _write_images(folder: Path, images: Images, scale: Scale, dealt: Dealt) -> tuple[int, int]:
    """Draw and write every image, in the random order of their names; give height and width."""
    shape = (0, 0)
    for name, row in zip(dealt.files["image"], dealt.files["row"], strict=True):
        source = images.table.loc[row]
        picture = scale.picture(images.read(source), source)
        shape = (picture.shape[0], picture.shape[1])
        write_file(folder / IMAGES / f"{name}.png", png(picture), durable=False)
    return shape


def _stamp(folder: Path) -> None:
    """Give all that is in a pack one time and one set of permissions."""
    for path in sorted(folder.rglob("*"), key=lambda one: len(one.parts), reverse=True):
        path.chmod(0o755 if path.is_dir() else 0o644)
        os.utime(path, (STAMP, STAMP))
    os.utime(folder, (STAMP, STAMP))


def _info(
    study: StudyResults, images: Images, spec: PackSpec, dealt: Dealt, shape: tuple[int, int]
) -> PackInfo:
    data, channels = study.config.data, channel_key(study.tiles.channels)
    classes = (data.positive, data.negative)
    width_um = None if images.pixel_um is None else images.pixel_um * shape[1]
    return PackInfo(
        pack=secrets.token_hex(16),
        title=spec.title,
        question=f"Are these cells {spaced(classes[0])} or {spaced(classes[1])}?",
        classes=classes,
        height=shape[0],
        width=shape[1],
        enlarged=max(1, SHOWN_SIDE // max(shape)),
        channels=channels,
        pixel_um=images.pixel_um,
        told=told(dealt.counts, classes, channels, width_um),
        key="0" * 64,
        record=record(images, spec, dealt, classes),
        hcs=version("hcs"),
    )


def _key(study: StudyResults, spec: PackSpec, scale: Scale, dealt: Dealt, pack: str) -> Key:
    data, chosen = study.config.data, asdict(spec)
    chosen.pop("drawn")
    chosen.pop("seed")
    chosen |= dict(zip(("per_reader", "repeats", "training"), dealt.counts, strict=True))
    return Key(
        pack=pack,
        images=dealt.files[list(COLUMNS)],
        repeats=dict(dealt.repeats),
        study={
            "title": study.title,
            "place": str(study.results),
            "inputs": study.record.get("inputs"),
            "record": file_digest(study.results / RECORD),
            "group": data.group,
            "positive": data.positive,
            "negative": data.negative,
        },
        chosen=chosen | {"readers": list(spec.names)},
        scale=asdict(scale),
        seed=spec.drawn,
        made=datetime.now(UTC).replace(microsecond=0).isoformat(),
        hcs=version("hcs"),
    )
