"""A reader study's images dealt: who sees which, in which order, and under which random names."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hcs.readerstudy.images import Images
from hcs.readerstudy.orders import draw_order
from hcs.readerstudy.pack import Item
from hcs.readerstudy.selection import PER_READER, TRAINING, deal, select
from hcs.readerstudy.spec import PackSpec
from hcs.wording import noted, plural

TABLE = ("plate", "well", "field", "tile", "group", "label")


@dataclass(frozen=True, eq=False)
class Dealt:
    """What each reader is shown.

    Parameters
    ----------
    files
        One row a file: image (its random id), row (its place in the table of images), training and the
        columns of the images' table, in random order.
    items
        By reader, in order: training first.
    repeats
        By reader, positions of second showings.
    cautions
        As `hcs.readerstudy.selection.Selection` has them.
    """

    files: pd.DataFrame
    items: Mapping[str, tuple[Item, ...]]
    repeats: Mapping[str, tuple[int, ...]]
    cautions: tuple[str, ...]

    @property
    def counts(self) -> tuple[int, int, int]:
        """How many images a reader judges, how many of them twice, and how many are shown with labels."""
        reader, items = next(iter(self.items.items()))
        repeats, training = len(self.repeats[reader]), sum(item.training for item in items)
        return len(items) - repeats - training, repeats, training

    def judged(self, reader: str) -> pd.DataFrame:
        """Rows of `files` that a reader judges, each image once."""
        twice = set(self.repeats[reader])
        ids = [
            item.image
            for position, item in enumerate(self.items[reader])
            if not item.training and position not in twice
        ]
        return self.files.set_index("image", drop=False).loc[ids]


def deal_readers(images: Images, spec: PackSpec) -> Dealt:
    """Deal images to readers.

    The seed decides which images, and in which order each reader sees them. Names are drawn anew each time:
    whoever knows seed and study makes the draw again, and still not the names. A second showing has a name
    of its own, so that no address gives it away.

    Raises
    ------
    ArgumentError
        As `hcs.readerstudy.selection.select`, `hcs.readerstudy.orders.draw_order`.
    """
    rng = np.random.default_rng(spec.drawn)
    chosen = select(
        images,
        readers=len(spec.names),
        per_reader=spec.per_reader,
        training=spec.training,
        training_groups=spec.training_groups,
        same=spec.same_images,
        rng=rng,
    )
    names: dict[tuple[int, bool, bool], str] = {}

    def item(row: int, *, training: bool = False, second: bool = False) -> Item:
        name = names.setdefault((row, training, second), secrets.token_hex(16))
        answer = str(images.table.at[row, "label"]) if training else None
        return Item(image=name, training=training, answer=answer)

    items, repeats = {}, {}
    for reader, tested in zip(spec.names, chosen.tested, strict=True):
        first = [item(int(row), training=True) for row in rng.permutation(chosen.training.index.to_list())]
        repeated = deal(tested, spec.repeated(len(tested)), rng)
        order = draw_order(tested.index.tolist(), repeated.index.tolist(), rng)
        items[reader] = (*first, *(item(row, second=second) for row, second in order))
        repeats[reader] = tuple(len(first) + place for place, (_, second) in enumerate(order) if second)
    files = pd.DataFrame(
        [{"image": name, "row": row, "training": training} for (row, training, _), name in names.items()]
    ).sort_values("image", ignore_index=True)
    table = images.table.loc[files["row"], list(TABLE)].reset_index(drop=True)
    dealt = Dealt(pd.concat([files, table], axis=1), items, repeats, chosen.cautions)
    judged, _, training = dealt.counts
    fewer = noted(
        (spec.per_reader is None and judged < PER_READER, f"{judged} images to judge, and not {PER_READER}"),
        (spec.training is None and training < TRAINING, f"{training} to train with, and not {TRAINING}"),
    )
    if not fewer:
        return dealt
    evenly = f"as many as can be dealt evenly over classes and {plural(images.noun)}"
    said = f"There are {'; '.join(fewer)}: {evenly}."
    return replace(dealt, cautions=(said, *dealt.cautions))
