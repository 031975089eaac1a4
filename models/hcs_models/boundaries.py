"""Proof that nothing stands on both sides of a boundary: no group, donor, well, tile or image content.

A split is made of groups; what must not cross with them is known only from the tiles. So every set is held
against the whole tile table before anything is trained.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs_models.deal import PARTS
from hcs_models.splits import Split, SplitPlan, split_parts
from hcs_plates.errors import LeakError

KINDS = {"group": "group", "donor": "donor", "place": "well", "tile_id": "tile", "digest": "image content"}
"""Columns that must not cross, in the order they are checked, and what they are called."""


@dataclass(frozen=True)
class AuditReport:
    """What was checked; that it exists says that nothing crossed.

    Parameters
    ----------
    table
        One row per set and kind: set, kind, n_train, n_validation, n_test (different ones in each part).
    unchecked
        Kinds that could not be checked, since the tiles have no such column.
    n_blank
        Tiles whose content is blank and was not compared.
    """

    table: pd.DataFrame
    unchecked: tuple[str, ...] = ()
    n_blank: int = 0

    def summary(self) -> str:
        """Sentences for a report."""
        kinds = list(dict.fromkeys(self.table["kind"]))
        listed = f"{', '.join(kinds[:-1])} or {kinds[-1]}" if len(kinds) > 1 else kinds[0]
        n_sets = self.table["set"].nunique()
        sentences = [f"Audit: no {listed} stands in two parts of any of the {n_sets} sets."]
        if self.unchecked:
            sentences.append(f"Not checked, since the tiles do not tell it: {', '.join(self.unchecked)}.")
        if self.n_blank:
            sentences.append(f"{self.n_blank} blank tiles have no content to compare.")
        return " ".join(sentences)


def audit(
    splits: SplitPlan | Iterable[Split], tiles: pd.DataFrame, *, blank: Collection[str] = ()
) -> AuditReport:
    """Prove that nothing crosses a boundary of any set.

    Parameters
    ----------
    splits
        The sets.
    tiles
        One row per tile with the column group, and any of donor, (plate, well), tile_id and digest (of the
        pixels).
    blank
        Digests of content that says nothing, such as of a black tile: it may stand anywhere.

    Raises
    ------
    LeakError
        Something stands in two parts of a set: the set, what it is, and where.

    Examples
    --------
    >>> tiles = pd.DataFrame({"group": ["a", "b"], "tile_id": ["P/A01/1/0", "P/B01/1/0"], "digest": ["x", "x"]})
    >>> audit([Split(1, ("a",), (), ("b",))], tiles)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.LeakError: Set 1: tile 'P/A01/1/0' of group 'a' is in train and tile 'P/B01/1/0' of group 'b' in test, and they are the same image; leave one of them out.
    """  # noqa: E501 - a refusal is one line
    sets = list(splits.splits if isinstance(splits, SplitPlan) else splits)
    for split in sets:
        _check_groups(split)
    if {"plate", "well"} <= set(tiles.columns):
        tiles = tiles.assign(place=tiles["plate"].astype(str) + "/" + tiles["well"].astype(str))
    n_blank = int(tiles["digest"].isin(blank).sum()) if "digest" in tiles else 0
    if n_blank:
        tiles = tiles.assign(digest=tiles["digest"].where(~tiles["digest"].isin(blank)))
    coded = {column: pd.factorize(tiles[column]) for column in KINDS if column in tiles.columns}
    rows = []
    for split in sets:
        part = split_parts(split, tiles)
        parts = part.map({name: place for place, name in enumerate(PARTS)}).fillna(-1).to_numpy(dtype=int)
        for column, (codes, names) in coded.items():
            where = _where(codes, parts, len(names))
            crossing = np.flatnonzero(where.sum(axis=0) > 1)
            if len(crossing):
                raise LeakError(_sentence(split, column, names[crossing[0]], tiles.assign(part=part)))
            rows.append((split.set, KINDS[column], *where.sum(axis=1).tolist()))
    unchecked = tuple(kind for column, kind in KINDS.items() if column not in coded)
    columns = ["set", "kind", *(f"n_{name}" for name in PARTS)]
    return AuditReport(pd.DataFrame(rows, columns=columns), unchecked, n_blank)


def _check_groups(split: Split) -> None:
    """Refuse a set that names a group twice: its tiles cannot be told apart into parts."""
    part_of: dict[str, str] = {}
    for part in PARTS:
        for group in getattr(split, part):
            if group in part_of:
                raise LeakError(
                    f"Set {split.set}: group {group!r} is in {part_of[group]} and in {part}; "
                    "parts must share no group."
                )
            part_of[group] = part


def _where(codes: npt.NDArray[np.int64], parts: npt.NDArray[np.int64], n: int) -> npt.NDArray[np.bool_]:
    """Array of shape (parts, n): which of n values stand in which part."""
    where = np.zeros((len(PARTS), n), dtype=bool)
    used = (codes >= 0) & (parts >= 0)
    where[parts[used], codes[used]] = True
    return where


def _sentence(split: Split, column: str, name: object, tiles: pd.DataFrame) -> str:
    """Name what crosses, where it stands, and the remedy."""
    rows = tiles[(tiles[column] == name) & tiles["part"].notna()].drop_duplicates("part")
    if column == "digest" and "tile_id" in tiles.columns:
        one, other = rows.iloc[0], rows.iloc[1]
        return (
            f"Set {split.set}: tile {one['tile_id']!r} of group {one['group']!r} is in {one['part']} and "
            f"tile {other['tile_id']!r} of group {other['group']!r} in {other['part']}, and they are the "
            "same image; leave one of them out."
        )
    among = " and ".join(map(repr, dict.fromkeys(rows["group"])))
    parts = " and in ".join(rows["part"])
    remedy = "; make the donor the group that sets are made of" if column == "donor" else ""
    return f"Set {split.set}: {KINDS[column]} {name!r} of group {among} is in {parts}{remedy}."
