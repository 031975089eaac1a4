"""Designs besides the drawn sets: one group, one batch or one plate left out at a time."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from hcs_models.deal import PARTS, deal_validation
from hcs_models.groups import group_labels, with_groups
from hcs_models.splits import STUDY_COUNTS, Split, SplitPlan, clone_splits, smallest_covering
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.names import as_names
from hcs_plates.units import digest


def leave_one_group_out(groups: pd.DataFrame | pd.Series, validation: int = 3, seed: int = 0) -> SplitPlan:
    """Test every group once, alone, by a model that was trained on all others but the validation groups.

    Parameters
    ----------
    groups
        As `hcs_models.splits.clone_splits` takes them.
    validation
        Groups per class (in all, where groups hold several labels) that are validated on, drawn anew for each
        set and as evenly as can be; may be 0.
    seed
        Of that draw.

    Raises
    ------
    ArgumentError
        A class with no group left to train on.

    Examples
    --------
    >>> clones = pd.Series({"a1": "ALS", "a2": "ALS", "a3": "ALS", "c1": "C", "c2": "C", "c3": "C"})
    >>> [split.test for split in leave_one_group_out(clones, validation=1).splits][:2]
    [('a1',), ('a2',)]
    """
    labels = group_labels(groups)
    nested = all(len(held) == 1 for held in labels.values())
    strata: dict[str, list[str]] = {}
    for group, held in labels.items():
        strata.setdefault(held[0] if nested else "", []).append(group)
    for label, names in strata.items():
        if len(names) < validation + 2:
            who = f"Class {label!r} has" if nested else "There are"
            raise ArgumentError(
                f"{who} {len(names)} groups; leaving one out needs {validation + 2} or more (1 to test, "
                f"{validation} for validation, 1 to train)."
            )
    rng = np.random.default_rng(int(digest("leave-one-out", seed), 16))
    tests = sorted(labels)
    validated: list[list[str]] = [[] for _ in tests]
    for names in strata.values():
        for one, drawn_here in zip(validated, deal_validation(names, tests, validation, rng), strict=True):
            one += drawn_here
    splits = [
        Split(number, tuple(sorted(set(labels) - {test, *chosen})), tuple(sorted(chosen)), (test,))
        for number, (test, chosen) in enumerate(zip(tests, validated, strict=True), start=1)
    ]
    notices = (
        ["Each set tests one group; a ROC AUC exists over the groups, not within a set."] if nested else []
    )
    if not validation:
        notices.append("No groups are set aside for validation; the last epoch is used as it is.")
    return SplitPlan(tuple(splits), nested, labels, tuple(notices))


def leave_one_value_out(
    wells: pd.DataFrame,
    column: str,
    per_class: Mapping[str, int] = STUDY_COUNTS,
    n_sets: int | None = None,
    seed: int = 0,
) -> SplitPlan:
    """Test in one batch (plate, …) what was trained in the others, on groups that were not trained on either.

    For every value of `column` sets are drawn as in `hcs_models.splits.clone_splits`. Tiles of test groups
    are tested where they have the value; tiles of training and validation groups are used where they have
    another. So neither the group nor the batch of a test tile was ever seen.

    Parameters
    ----------
    wells
        One row per well or tile with the columns group and label (or clone and diagnosis) and `column`.
    column
        What is left out, such as differentiation_batch or plate.
    per_class
        Groups for train, validation and test of each class.
    n_sets
        Sets for each value; the fewest that test every group if None.
    seed
        Of the draws.

    Raises
    ------
    ArgumentError
        One value only, or a value whose wells, or all others, hold too few groups of a class.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("aabbccdd"), "label": list("xxxxyyyy")})
    >>> wells["batch"] = list("12121212")
    >>> plan = leave_one_value_out(wells, "batch", {"train": 1, "validation": 0, "test": 1})
    >>> [(split.held_out, split.test) for split in plan.splits][0]
    (('batch', '1'), ('b', 'c'))
    >>> leave_one_value_out(wells[wells.batch == "1"], "batch")
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: All wells have batch '1'; leaving one out needs two values or more.
    """
    if column not in wells.columns:
        raise ArgumentError(f"The wells have no column {column!r}; {nearest(column, wells.columns)}")
    wells = with_groups(wells).dropna(subset=["group", "label"])
    unknown = int(wells[column].isna().sum())
    if unknown:
        raise ArgumentError(f"{unknown} wells have no {column}; give them one, or leave them out.")
    values = sorted(as_names(wells[column], numbers=True).unique())
    if len(values) < 2:
        raise ArgumentError(
            f"All wells have {column} {values[0]!r}; leaving one out needs two values or more."
        )
    labels = group_labels(wells)
    splits: list[Split] = []
    notices: dict[str, None] = {}
    nested = True
    for value in values:
        drawn = _sets_without(wells, column, value, per_class, n_sets, seed)
        nested = nested and drawn.nested
        notices |= dict.fromkeys(drawn.notices)
        splits += [
            Split(len(splits) + place, one.train, one.validation, one.test, (column, value))
            for place, one in enumerate(drawn.splits, start=1)
        ]
    first = (
        f"Sets leave out one {column} at a time ({', '.join(values)}): test tiles are of groups and of a "
        f"{column} that the set never saw."
    )
    return SplitPlan(tuple(splits), nested, labels, (first, *notices))


def _sets_without(
    wells: pd.DataFrame,
    column: str,
    value: str,
    per_class: Mapping[str, int],
    n_sets: int | None,
    seed: int,
) -> SplitPlan:
    """Draw the sets of one value left out.

    Where all groups have wells on both sides, as `clone_splits`; a group with wells on one side only can
    stand only there.
    """
    inside = as_names(wells[column], numbers=True) == value
    here, elsewhere = set(wells.loc[inside, "group"]), set(wells.loc[~inside, "group"])
    place = f"with {column} {value!r} left out"
    if here & elsewhere == here | elsewhere:
        drawn_seed = int(digest("leave-out", seed, column, value)[:7], 16)
        count = smallest_covering(wells, per_class) if n_sets is None else n_sets
        return clone_splits(wells, count, per_class, drawn_seed)
    return _sets_of_sides(wells, (here, elsewhere), per_class, n_sets, (seed, column, value, place))


def _sets_of_sides(
    wells: pd.DataFrame,
    sides: tuple[set[str], set[str]],
    per_class: Mapping[str, int],
    n_sets: int | None,
    naming: tuple[int, str, str, str],
) -> SplitPlan:
    """Draw sets where some groups live on one side of the boundary only."""
    seed, column, value, place = naming
    here, elsewhere = sides
    labels = group_labels(wells)
    if any(len(held) > 1 for held in labels.values()):
        raise ArgumentError(
            f"Groups hold several labels and not every one has wells on both sides, {place}; "
            "leave single groups out instead."
        )
    rng = np.random.default_rng(int(digest("leave-out", seed, column, value), 16))
    classes = sorted({held[0] for held in labels.values()})
    least = []
    for label in classes:
        tested = sum(labels[group][0] == label for group in here)
        least.append(-(-tested // per_class["test"]))
    times = dict.fromkeys(labels, 0)
    splits: dict[tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]], None] = {}
    wanted = max(least) if n_sets is None else n_sets
    for _ in range(20 * wanted):
        parts: dict[str, list[str]] = {"train": [], "validation": [], "test": []}
        for label in classes:
            taken: set[str] = set()
            for part, side in (("test", here), ("validation", elsewhere), ("train", elsewhere)):
                free = sorted(group for group in side if labels[group][0] == label and group not in taken)
                if len(free) < per_class.get(part, 0):
                    raise ArgumentError(
                        f"Class {label!r} has {len(free)} groups for {part} {place}, and each set needs "
                        f"{per_class[part]}; lower the counts."
                    )
                order = [free[number] for number in rng.permutation(len(free))]
                if part == "test":
                    order.sort(key=lambda group: times[group])
                chosen = order[: per_class.get(part, 0)]
                taken |= set(chosen)
                parts[part] += chosen
        train, validation, test = (tuple(sorted(parts[part])) for part in PARTS)
        made = (train, validation, test)
        if made not in splits:
            splits[made] = None
            for group in made[2]:
                times[group] += 1
        if len(splits) == wanted:
            break
    found = tuple(
        Split(number, train, validation, test)
        for number, (train, validation, test) in enumerate(splits, start=1)
    )
    notices = [f"Groups with wells on one side only stand there only, {place}."]
    if len(found) < wanted:
        notices.append(f"Only {len(found)} distinct sets of {wanted} were found {place}.")
    return SplitPlan(found, True, labels, tuple(notices))
