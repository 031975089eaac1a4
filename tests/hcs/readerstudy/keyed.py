"""Packs with keys made by hand: no pixels, so that hundreds of images cost nothing."""

from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
from tests.hcs.web.readerpages.packs import CLASSES, pack_info

from hcs.readerstudy.clicks import Click
from hcs.readerstudy.key import COLUMNS, Key
from hcs.readerstudy.pack import (
    IMAGES,
    INFO,
    SCHEDULE,
    Item,
    Pack,
    Schedule,
    schedule_content,
    token_digest,
)
from hcs.readerstudy.responses import Responses

PLACE = ["plate", "well", "field", "tile"]


@dataclass(frozen=True)
class KeyedPack:
    """A pack and its key."""

    pack: Pack
    key: Key
    path: Path

    def answer(self, reader: str, calls: list[str], *, sure: bool = True, start: int = 0) -> None:
        """Answer the next images of a reader."""
        with Responses(self.pack.folder, create=True) as responses:
            revision = responses.state(reader).revision
            responses.record(
                [
                    Click(
                        reader,
                        start + place,
                        self.pack.items(reader)[start + place].image,
                        call,
                        sure,
                        revision + place,
                        f"{start}-{revision}-{place}",
                    )
                    for place, call in enumerate(calls)
                ]
            )

    def calls(self) -> pd.DataFrame:
        """What stands of the test round, joined with the key by hand."""
        with Responses(self.pack.folder) as responses:
            table = responses.table()
        table = table.merge(self.key.images, on="image")
        table = table[~table["training"]].sort_values(["reader", "position"], ignore_index=True)
        again = [
            place in self.key.repeats[name]
            for name, place in zip(table["reader"], table["position"], strict=True)
        ]
        return table.assign(repeat=np.array(again, dtype=int), position=table["position"] + 1)

    def truth(self, reader: str) -> list[str]:
        """The class of everything that a reader is shown, in order."""
        label = self.key.images.set_index("image")["label"]
        return [str(label[item.image]) for item in self.pack.items(reader)]


def keyed_pack(
    folder: Path,
    *,
    readers: int = 2,
    clones: int = 12,
    images: int = 4,
    repeats: int = 0,
    training: int = 2,
    study: Path | None = None,
    inputs: str = "inputs-0",
    seed: int = 0,
) -> KeyedPack:
    """Write a pack of all images of all clones for every reader, in an order of each reader's own."""
    rng = np.random.default_rng(seed)
    rows = []
    for clone in range(clones):
        label = CLASSES[clone % 2]
        group = f"{'a' if label == 'ALS' else 'c'}{clone // 2}"
        rows += [("P1", f"A{clone + 1:02d}", 1, image, group, label, False) for image in range(images)]
    trained = [("P1", "H12", 1, number, "t0", CLASSES[number % 2], True) for number in range(training)]
    files = pd.DataFrame([*trained, *rows], columns=COLUMNS[1:])
    files = pd.concat([files, files[~files["training"]].head(repeats)], ignore_index=True)
    files.insert(0, "image", [rng.bytes(16).hex() for _ in range(len(files))])
    tested, again = files["image"][training : training + len(rows)], files["image"][training + len(rows) :]
    schedules, second = [], {}
    for number in range(readers):
        order = rng.permutation(tested).tolist()
        items = [
            Item(image=one.image, training=True, answer=one.label) for one in files[:training].itertuples()
        ]
        items += [Item(image=one) for one in [*order, *again]]
        name = f"reader {number + 1}"
        second[name] = tuple(range(training + len(order), len(items)))
        schedules.append(Schedule(name=name, token_sha256=token_digest(name), items=tuple(items)))
    ident = rng.bytes(16).hex()
    told = {"title": "t", "place": str(study or folder / "gone"), "inputs": inputs, "record": "0"}
    told |= {"group": "clone", "positive": CLASSES[0], "negative": CLASSES[1]}
    key = Key(ident, files, second, told, {}, {}, 0, "2026-01-01T00:00:00+00:00", "0.1.0")
    (folder / IMAGES).mkdir(parents=True)
    for image in files["image"]:
        (folder / IMAGES / f"{image}.png").touch()
    (folder / SCHEDULE).write_bytes(schedule_content(tuple(schedules)))
    (folder / INFO).write_text(pack_info(ident, key=sha256(key.content()).hexdigest()).model_dump_json())
    path = key.write(folder.with_name(f"{folder.name}.key.json"))
    return KeyedPack(Pack.open(folder), key, path)
