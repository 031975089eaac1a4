"""Group-disjoint train, validation and test sets, drawn many times over and evenly.

A group (a clone, a donor, a plate row) stands in one part of a set only, so a model is always tested on
groups it has never seen. Over the sets every group is tested, and validated, equally often to within one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

import numpy as np
import pandas as pd

from hcs_models.deal import PARTS, Deal, deal_groups
from hcs_models.groups import group_labels
from hcs_plates.errors import ArgumentError
from hcs_plates.names import as_names, told_alike

Part = Literal["train", "validation", "test"]
STUDY_COUNTS: Mapping[str, int] = MappingProxyType({"train": 10, "validation": 3, "test": 2})
"""Clones per class of each part in the reference study, which drew 55 sets."""
_ATTEMPTS = 200


@dataclass(frozen=True)
class Split:
    """One set: which groups are trained on, which choose the epoch, which are tested.

    Parameters
    ----------
    set
        Its number, from 1.
    train, validation, test
        Group names, sorted.
    held_out
        Column and value: tiles are tested where they have this value, and trained and validated on where they
        have another. None: a group's tiles all stand in its part.
    """

    set: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]
    held_out: tuple[str, str] | None = None

    def part_of(self, group: str) -> Part | None:
        """Part that holds a group, None if the set leaves it out."""
        parts: tuple[Part, ...] = ("train", "validation", "test")
        return next((part for part in parts if group in getattr(self, part)), None)


@dataclass(frozen=True)
class SplitPlan:
    """All sets of a study and what is to be said about them.

    Parameters
    ----------
    splits
        The sets.
    nested
        True where each group has one label (the counts are then per class), False where groups hold several
        (counts of groups in all).
    labels
        Labels that each group holds.
    notices
        Sentences for the report: what the plan does not cover, what was assumed.
    """

    splits: tuple[Split, ...]
    nested: bool
    labels: Mapping[str, tuple[str, ...]]
    notices: tuple[str, ...] = ()

    def table(self) -> pd.DataFrame:
        """One row per set, part, group and label that the group holds, and the value held out."""
        rows = [
            (split.set, part, group, label, "" if split.held_out is None else "=".join(split.held_out))
            for split in self.splits
            for part in PARTS
            for group in getattr(split, part)
            for label in self.labels[group]
        ]
        return pd.DataFrame(rows, columns=["set", "part", "group", "label", "held_out"])

    def summary(self) -> str:
        """Sentence on how the groups were dealt."""
        first = self.splits[0]
        sizes = ", ".join(f"{len(getattr(first, part))} {part}" for part in PARTS)
        kind = "each group has one label" if self.nested else "groups hold several labels"
        return f"{len(self.splits)} sets of {len(self.labels)} groups ({sizes}; {kind})."


def clone_splits(
    groups: pd.DataFrame | pd.Series,
    n_sets: int = 55,
    per_class: Mapping[str, int] = STUDY_COUNTS,
    seed: int = 0,
) -> SplitPlan:
    """Draw group-disjoint, class-balanced, distinct sets.

    Where each group has one label, `per_class` counts groups of each class; where groups hold several labels (a
    plate row with both controls), groups in all.

    Parameters
    ----------
    groups
        Table with columns group and label, or a wells table with clone and diagnosis (any number of rows per
        group), or a Series of labels by group.
    n_sets
        How many sets (the study's 55).
    per_class
        Groups (the study's 10, 3 and 2) for ``train``, ``validation`` and ``test``; validation may be 0.
    seed
        Of the draw.

    Returns
    -------
    SplitPlan
        Over groups of a class, how often each is tested differs by at most one; so for validation.

    Raises
    ------
    ArgumentError
        Too few groups, groups whose names look alike, counts that cannot be, or more sets than there are
        distinct ones.

    Examples
    --------
    >>> clones = pd.Series({"a1": "ALS", "a2": "ALS", "a3": "ALS", "c1": "C", "c2": "C", "c3": "C"})
    >>> plan = clone_splits(clones, 3, {"train": 1, "validation": 1, "test": 1}, seed=1)
    >>> sorted(group for split in plan.splits for group in split.test)
    ['a1', 'a2', 'a3', 'c1', 'c2', 'c3']
    >>> clone_splits(clones, 3, {"train": 2, "validation": 1, "test": 1}, seed=1)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: Class 'ALS' has 3 groups and each set needs 4 (2 train, 1 validation, 1 test); lower the counts or add groups.
    """  # noqa: E501 - a refusal is one line
    labels = group_labels(groups)
    told_alike(pd.Series(list(labels), dtype="str"), "group", dealt=True)
    counts = _counts(per_class)
    if n_sets < 1:
        raise ArgumentError(f"n_sets {n_sets} must be at least 1.")
    nested = all(len(held) == 1 for held in labels.values())
    strata = _strata(labels, nested=nested)
    _check_enough(strata, counts, n_sets, nested=nested)
    splits = _distinct_sets(strata, labels, counts, n_sets, np.random.default_rng(seed))
    return SplitPlan(splits, nested, labels, _notices(strata, labels, counts, n_sets, nested=nested))


def _distinct_sets(
    strata: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, ...]],
    counts: Mapping[str, int],
    n_sets: int,
    rng: np.random.Generator,
) -> tuple[Split, ...]:
    """Draw until no two sets are the same, and each trains on both labels."""
    for _ in range(_ATTEMPTS):
        drawn = [deal_groups(names, counts, n_sets, rng) for names in strata.values()]
        whole = [one for one in drawn if one is not None]
        if len(whole) < len(drawn):
            continue
        splits = _join(whole)
        if any(len({one for group in split.train for one in labels[group]}) < 2 for split in splits):
            continue
        if len({(split.train, split.validation, split.test) for split in splits}) == n_sets:
            return splits
    raise ArgumentError(
        f"{n_sets} distinct, even sets of {_words(counts)}, with both labels to train on, were not found in "
        f"{_ATTEMPTS} draws; ask for fewer sets or other counts."
    )


def smallest_covering(groups: pd.DataFrame | pd.Series, per_class: Mapping[str, int]) -> int:
    """Smallest number of sets that tests, and validates, every group at least once.

    Parameters
    ----------
    groups, per_class
        As in `clone_splits`.

    Examples
    --------
    >>> clones = pd.Series({f"a{i}": "ALS" for i in range(15)} | {f"c{i}": "C" for i in range(15)})
    >>> smallest_covering(clones, {"train": 10, "validation": 3, "test": 2})
    8
    """
    labels = group_labels(groups)
    told_alike(pd.Series(list(labels), dtype="str"), "group", dealt=True)
    strata = _strata(labels, nested=all(len(held) == 1 for held in labels.values()))
    return _smallest(strata, _counts(per_class))


def split_parts(split: Split, tiles: pd.DataFrame) -> pd.Series:
    """Part of a set that each row of a tile (or wells) table stands in, None where the set leaves it out.

    Parameters
    ----------
    split
        The set.
    tiles
        With the column group, and the one that the set holds out.

    Raises
    ------
    ArgumentError
        A column is lacking.
    """
    column = "group" if split.held_out is None else split.held_out[0]
    for needed in ("group", column):
        if needed not in tiles.columns:
            raise ArgumentError(f"The table lacks the column {needed!r}, by which set {split.set} is made.")
    part_of = {group: part for part in PARTS for group in getattr(split, part)}
    part = as_names(tiles["group"]).map(part_of).astype(object)
    if split.held_out is not None:
        held = as_names(tiles[column], numbers=True) == split.held_out[1]
        part = part.where(held == (part == "test"), None)
    return part.where(part.notna(), None)


def _counts(per_class: Mapping[str, int]) -> dict[str, int]:
    """Check the counts of the three parts."""
    unknown = sorted(set(per_class) - set(PARTS))
    if unknown:
        raise ArgumentError(f"per_class names no part {unknown[0]!r}; known: {', '.join(PARTS)}.")
    counts = {part: int(per_class.get(part, 0)) for part in PARTS}
    for part, least in (("train", 1), ("validation", 0), ("test", 1)):
        if counts[part] < least:
            raise ArgumentError(f"{part} = {counts[part]} groups must be at least {least}.")
    return counts


def _strata(labels: Mapping[str, tuple[str, ...]], *, nested: bool) -> dict[str, list[str]]:
    """List groups that are dealt together: of one class where nested, else all."""
    if not nested:
        return {"": sorted(labels)}
    strata: dict[str, list[str]] = {}
    for group, held in labels.items():
        strata.setdefault(held[0], []).append(group)
    return {label: sorted(strata[label]) for label in sorted(strata)}


def _words(counts: Mapping[str, int]) -> str:
    """Say counts as sentences show them."""
    return ", ".join(f"{count} {part}" for part, count in counts.items())


def _check_enough(
    strata: Mapping[str, Sequence[str]], counts: Mapping[str, int], n_sets: int, *, nested: bool
) -> None:
    """Refuse counts that the groups cannot give."""
    if nested and len(strata) < 2:
        raise ArgumentError(
            f"All groups have the label {next(iter(strata), '(none)')!r}; two classes are needed."
        )
    needed = sum(counts.values())
    distinct = 1
    for label, names in strata.items():
        who = (
            f"Class {label!r} has {len(names)} groups" if nested else f"There are {len(names)} groups in all"
        )
        if len(names) < needed:
            raise ArgumentError(
                f"{who} and each set needs {needed} ({_words(counts)}); lower the counts or add groups."
            )
        left = len(names)
        for count in counts.values():
            distinct *= math.comb(left, count)
            left -= count
    if n_sets > distinct:
        raise ArgumentError(f"Only {distinct} distinct sets of {_words(counts)} exist; n_sets is {n_sets}.")


def _smallest(strata: Mapping[str, Sequence[str]], counts: Mapping[str, int]) -> int:
    """Count the sets needed so that everyone is tested and validated."""
    drawn = [counts[part] for part in ("test", "validation") if counts[part]]
    return max(math.ceil(len(names) / count) for names in strata.values() for count in drawn)


def _notices(
    strata: Mapping[str, Sequence[str]],
    labels: Mapping[str, tuple[str, ...]],
    counts: Mapping[str, int],
    n_sets: int,
    *,
    nested: bool,
) -> tuple[str, ...]:
    """Say what the plan assumes and does not cover."""
    notices = []
    smallest = _smallest(strata, counts)
    if n_sets < smallest:
        notices.append(
            f"{n_sets} sets do not test and validate every group at least once; {smallest} sets are the "
            "smallest number that does."
        )
    if not counts["validation"]:
        notices.append("No groups are set aside for validation; the last epoch is used as it is.")
    if nested:
        sizes = {label: len(names) for label, names in strata.items()}
        if len(set(sizes.values())) > 1:
            listed = ", ".join(f"{size} {label}" for label, size in sizes.items())
            notices.append(f"Classes differ in groups ({listed}); each set draws the same number of each.")
    else:
        notices.append("Groups hold more than one label, so the counts are groups in all, not per class.")
        single = sorted(group for group, held in labels.items() if len(held) == 1)
        if single:
            notices.append(f"These groups hold one label only: {', '.join(single)}.")
    return tuple(notices)


def _join(strata: Sequence[Deal]) -> tuple[Split, ...]:
    """Put the classes' deals together, set by set."""
    return tuple(
        Split(number, *(tuple(sorted(name for one in drawn for name in one[part])) for part in PARTS))
        for number, drawn in enumerate(zip(*strata, strict=True), start=1)
    )
