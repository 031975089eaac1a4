"""Which images readers judge: evenly over classes, clones, plates, wells and fields, else by chance."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from hcs.readerstudy.images import Images
from hcs.wording import counted, noted, plural
from hcs_plates.errors import ArgumentError

LEVELS = ("label", "group", "batch", "plate", "place", "site")
"""Images are shared out over these in turn, each time as evenly as there are images."""
PER_READER, TRAINING = 100, 20
"""Images to judge and to train with where no number is asked for and there are as many."""
TELLING = 0.6
"""Of images that their plates alone would tell: so large a share is a caution."""
Used = Counter[tuple[str, int, str]]
"""How many images were dealt by class, level and what of the level it is."""


@dataclass(frozen=True, eq=False)
class Selection:
    """What is shown.

    Parameters
    ----------
    training
        Rows of the images that are shown with their label.
    tested
        For every reader the rows that are judged: the same object for all where they judge the same.
    cautions
        What a reader of the results must know of the choice.
    """

    training: pd.DataFrame
    tested: tuple[pd.DataFrame, ...]
    cautions: tuple[str, ...]


def select(  # noqa: PLR0913 – how many of what, each asked by an option of its own
    images: Images,
    *,
    readers: int,
    per_reader: int | None = None,
    training: int | None = None,
    training_groups: int | None = None,
    same: bool = True,
    rng: np.random.Generator,
) -> Selection:
    """Choose images to train with and to judge.

    Parameters
    ----------
    images
        All there are.
    readers, per_reader, training
        How many; both classes equally often (± 1), and the clones of a class too. `PER_READER` and `TRAINING`
        if None, or as many as there are.
    training_groups
        Donors (clones) of each class that are shown in training alone; as many as `held_out` says if None,
        none if 0.
    same
        Whether all readers judge the same images; else each has a draw of its own, which takes first what the
        others had least of.
    rng
        The chance.

    Raises
    ------
    ArgumentError
        More asked for than there is, with the numbers.
    """
    table = images.table.assign(
        place=images.table["plate"] + "/" + images.table["well"].astype(str),
        site=lambda own: own["place"] + "/" + own["field"].astype(str),
    )
    rest, shown, cautions = _apart(images, table, (training, training_groups, per_reader), rng)
    n_judged = _number(images, rest, per_reader, "--per-reader")
    used: Used = Counter()
    draws = [deal(rest, n_judged, rng, used) for _ in range(1 if same else readers)]
    known = told_by_plate(draws[0])
    said = f"by the plate alone, such as its staining, {known:.2f} of the images could be called right"
    cautions += noted((known >= TELLING, f"Classes are not even over plates: {said}."))
    return Selection(shown, tuple(draws * readers if same else draws), (*images.cautions, *cautions))


def deal(images: pd.DataFrame, n: int, rng: np.random.Generator, used: Used | None = None) -> pd.DataFrame:
    """Take n images, as evenly over each of `LEVELS` in turn as whole images allow; what is left is chance.

    Of two that could have one image more, the one of which its class had less so far has it: so plates and
    batches are even over the clones of a class, too, and not only within each.

    Parameters
    ----------
    images
        With the columns of `LEVELS`, under an index that names each row once.
    n
        At most as many as there are.
    rng
        Decides what evenness leaves open.
    used
        Counted on with what is dealt.
    """
    columns = [images[level].astype(str).tolist() for level in LEVELS]
    whose = dict(zip(images.index.tolist(), zip(*columns, strict=True), strict=True))
    counts: Used = Counter() if used is None else used
    return images.loc[_dealt(list(whose), n, 0, _Dealer(whose, rng, counts))]


@dataclass(frozen=True)
class _Dealer:
    """What dealing goes by: of every row, what it is on each level; chance; what was dealt."""

    whose: Mapping[int, tuple[str, ...]]
    rng: np.random.Generator
    used: Used


def _dealt(rows: list[int], n: int, level: int, by: _Dealer) -> list[int]:
    """Take n rows of those that are alike on all levels before."""
    parts: dict[str, list[int]] = {}
    last = level == len(LEVELS)
    for row in rows:
        parts.setdefault(str(row) if last else by.whose[row][level], []).append(row)
    keys = [(by.whose[own[0]][0], level, name) for name, own in parts.items()]
    groups = list(parts.values())
    by_chance = by.rng.permutation(len(groups)).tolist()
    first = sorted(by_chance, key=lambda place: by.used[keys[place]])
    given = shares([len(own) for own in groups], n, first)
    by.used.update({key: share for key, share in zip(keys, given, strict=True) if share})
    if last:
        return [groups[place][0] for place in by_chance if given[place]]
    return [
        row
        for place in by_chance
        if given[place]
        for row in _dealt(groups[place], given[place], level + 1, by)
    ]


def shares(room: Sequence[int], n: int, first: Sequence[int]) -> list[int]:
    """Share n out as evenly as the room of each allows; what does not go up is for those that are first.

    Examples
    --------
    >>> shares([5, 5, 1], 8, [1, 0, 2])
    [3, 4, 1]
    """
    given = [0] * len(room)
    while n:
        free = [place for place in first if given[place] < room[place]][:n]
        for place in free:
            given[place] += 1
        n -= len(free)
    return given


def told_by_plate(images: pd.DataFrame) -> float:
    """Give the share of images that are right where each is called by the commoner class of its plate.

    Examples
    --------
    >>> told_by_plate(pd.DataFrame({"plate": list("AAABB"), "label": list("xxyyy")}))
    0.8
    """
    return float(pd.crosstab(images["plate"], images["label"]).max(axis=1).sum() / len(images))


def held_out(units: int) -> int:
    """How many donors (clones) of a class are for training alone, of so many: 2 of 8, 1 of 4, else none.

    Examples
    --------
    >>> held_out(15), held_out(6), held_out(3)
    (2, 1, 0)
    """
    return 2 if units >= 8 else 1 if units >= 4 else 0


def _apart(
    images: Images,
    table: pd.DataFrame,
    asked: tuple[int | None, int | None, int | None],
    rng: np.random.Generator,
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Part the images that may be tested from those shown in training, and say how."""
    training, groups, per_reader = asked
    if training == 0:
        return table, table.iloc[:0], []
    units = {label: sorted(own["unit"].unique()) for label, own in table.groupby("label")}
    fewest = min(map(len, units.values()))
    held = held_out(fewest) if groups is None else groups
    if held >= fewest:
        raise ArgumentError(
            f"--training-clones {held}: of each class as many are kept for training alone, and of one there "
            f"are {fewest}; ask for fewer, or none (0)."
        )
    if held:
        kept = [unit for own in units.values() for unit in rng.choice(own, held, replace=False)]
        pool = table[table["unit"].isin(kept)]
        n_shown = _number(images, pool, training, "--training")
        return table[~table["unit"].isin(kept)], deal(pool, n_shown, rng), []
    # Of clones that are tested as well, at most a fifth is shown: the rest is there to be judged.
    few = most(table) // 10 * 2
    n_shown = min(TRAINING, few) if training is None else _number(images, table, training, "--training")
    if not n_shown:
        return table, table.iloc[:0], []
    shown = deal(table, n_shown, rng)
    said, rest = "wells", table[~table["place"].isin(shown["place"])]
    # No clone is lost to the training round because all its wells were shown.
    if most(rest) < (per_reader or 2) or rest["group"].nunique() < table["group"].nunique():
        said, rest = "fields", table[~table["site"].isin(shown["site"])]
    caution = (
        f"The images of the training round are of {plural(images.noun)} that are tested as well, from {said} "
        f"that are not: what is recognised may be a {images.noun}, and not its class."
    )
    return rest, shown, [caution]


def most(images: pd.DataFrame) -> int:
    """How many images can be dealt so that classes, and clones within each, differ by one at most."""
    if images["label"].nunique() < 2:
        return 0
    fits = []
    for _, own in images.groupby("label"):
        room = own["group"].value_counts()
        fits.append(int(len(room) * room.min() + (room > room.min()).sum()))
    return 2 * min(fits)


def _number(images: Images, table: pd.DataFrame, asked: int | None, option: str) -> int:
    """Give how many images are dealt; refuse more than can be dealt evenly, where a number was asked for."""
    fits = most(table)
    wanted = asked or (PER_READER if option == "--per-reader" else TRAINING)
    if asked is None and fits:
        return min(wanted, fits)
    if wanted <= fits:
        return wanted
    there = [
        f"{label} has {counted(len(own), 'image')} of {images.groups(own['group'].nunique())}, the one with "
        f"the fewest {own['group'].value_counts().min()}"
        for label, own in table.groupby("label")
    ]
    more = ", or keep more of them for it (--training-clones)" if option == "--training" else ""
    raise ArgumentError(
        f"{option} {wanted}: evenly over both classes and their {plural(images.noun)} there are at most "
        f"{fits} ({'; '.join(there) or 'no images are left'}); ask for fewer{more}."
    )
