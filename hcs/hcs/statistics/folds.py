"""Folds that never show a clone on both sides, drawn so that every fold has its share of the target."""

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.arrays import Places
from hcs.wording import are, counted, listed, plural
from hcs_plates.errors import ArgumentError, LeakError
from hcs_plates.names import as_names, told_alike

Set = tuple[Places, Places]
"""Places of what is trained on, and of what is tested."""
FOLDS = 5
BINS = 4
"""A target of more different numbers than `MANY` is stratified by so many ranges of ranks."""
MANY = 8
TRIES = 20


@dataclass(frozen=True)
class Folds:
    """Which fold tests each row.

    Parameters
    ----------
    tested
        Fold, from 0, in which each row is tested; array of shape (n_rows,). -1 where there are no folds.
    n_folds
        How many; 0 where the data allow none.
    clonal
        Whether the target is the same in all rows of a group.
    caveats
        What the folds could not do.
    """

    tested: Places
    n_folds: int
    clonal: bool
    caveats: tuple[str, ...] = ()

    def __iter__(self) -> Iterator[Set]:
        """Places of training and test rows, fold by fold."""
        for fold in range(self.n_folds):
            yield np.flatnonzero(self.tested != fold), np.flatnonzero(self.tested == fold)


def disjoint_folds(
    groups: Sequence[object] | npt.NDArray[np.generic] | pd.Series,
    target: Sequence[object] | npt.NDArray[np.generic] | pd.Series,
    *,
    n_folds: int = FOLDS,
    seed: int = 0,
    noun: str = "clone",
) -> Folds:
    """Deal groups to folds; every group is tested once, and never by a model that was trained on it.

    A target that belongs to the group (passage, diagnosis) is dealt group by group, so that folds hold as
    many groups of each value, to within one, as can be (scikit-learn's `StratifiedKFold` over groups). For a
    target that differs within groups (plate, row) whole groups are dealt so that folds have like shares of
    its values (`StratifiedGroupKFold`). Numbers are stratified by ranges.

    Parameters
    ----------
    groups, target
        Of each row; none missing.
    n_folds
        At most so many. There are fewer where half of the values have fewer groups than that, so that the
        usual fold holds every value.
    seed
        Of the deal.
    noun
        What a group is called.

    Raises
    ------
    ArgumentError
        Fewer than 2 folds asked for, other lengths, a missing value, or groups whose names look alike.

    Examples
    --------
    >>> folds = disjoint_folds(list("aabbccdd"), list("xxxxyyyy"), n_folds=2)
    >>> [sorted({"aabbccdd"[row] for row in test}) for _, test in folds]
    [['b', 'c'], ['a', 'd']]
    >>> disjoint_folds(["a", "a"], ["p", "q"]).caveats
    ('There is 1 clone, so nothing can be predicted for a clone that was not trained on.',)
    """
    if n_folds < 2:
        raise ArgumentError(f"n_folds {n_folds} must be at least 2: one to train on and one to test.")
    unit, value = _checked(groups, target)
    names, members = np.unique(unit, return_inverse=True)
    told_alike(pd.Series(names, dtype="str"), noun, dealt=True)
    strata = _strata(value)
    clonal = bool((pd.Series(value).groupby(members).nunique() == 1).all())
    if len(names) < 2:
        few = f"There {are(len(names))} {counted(len(names), noun)}"
        said = f"{few}, so nothing can be predicted for a {noun} that was not trained on."
        return Folds(np.full(len(unit), -1, dtype=np.intp), 0, clonal, (said,))
    held = pd.crosstab(members, strata).to_numpy() > 0
    counts = np.sort(held.sum(axis=0))
    # The lower median of the values' groups.
    number = min(n_folds, len(names), max(2, int(counts[(len(counts) - 1) // 2])))
    tested = _clonal(members, strata, number, seed) if clonal else _varying(members, strata, number, seed)
    check_disjoint(unit, tested, noun)
    return Folds(tested, number, clonal, _untrained(strata, tested, number, noun))


def check_disjoint(groups: npt.NDArray[np.object_], tested: Places, noun: str = "clone") -> None:
    """Refuse folds that test a group in several of them, or not at all, by the first such group's name."""
    for group, folds in pd.Series(tested).groupby(groups):
        places = folds.unique()
        if len(places) > 1 or places[0] < 0:
            raise LeakError(
                f"{noun} {group} stands in folds {listed(sorted(places))}: "
                "it would be trained on and tested at once."
            )


def _checked(groups: object, target: object) -> tuple[npt.NDArray[np.object_], pd.Series]:
    unit, value = pd.Series(groups).reset_index(drop=True), pd.Series(target).reset_index(drop=True)
    if len(unit) != len(value):
        raise ArgumentError(f"{len(value)} target values cannot go with {len(unit)} rows; give one for each.")
    for what, given in (("group", unit), ("target", value)):
        if given.isna().any():
            raise ArgumentError(f"{int(given.isna().sum())} rows have no {what}; leave them out first.")
    return as_names(unit, "groups").to_numpy(dtype=object), value


def _strata(value: pd.Series) -> Places:
    """Code categories; many different numbers by ranges of ranks."""
    if pd.api.types.is_numeric_dtype(value) and not pd.api.types.is_bool_dtype(value):
        if value.nunique() > MANY:
            value = pd.qcut(value, BINS, duplicates="drop").cat.codes
        return np.unique(value.to_numpy(), return_inverse=True)[1]
    return np.unique(as_names(value, "target", numbers=True).to_numpy(dtype=object), return_inverse=True)[1]


def _dealt(splitter: Any, strata: Places, members: Places | None = None) -> Places:
    """Fold that tests each row, by one of scikit-learn's splitters."""
    tested = np.full(len(strata), -1, dtype=np.intp)
    with warnings.catch_warnings():
        # A value with fewer groups than folds is told of by `_untrained` where it matters.
        warnings.simplefilter("ignore", UserWarning)
        for fold, (_, test) in enumerate(splitter.split(np.zeros(len(strata)), strata, members)):
            tested[test] = fold
    return tested


def _clonal(members: Places, strata: Places, number: int, seed: int) -> Places:
    """Deal groups that each have one value."""
    from sklearn.model_selection import KFold, StratifiedKFold

    of_group = pd.Series(strata).groupby(members).first().to_numpy()
    # Where no value has a group for every fold, there is nothing to stratify by.
    kind = KFold if np.bincount(of_group).max() < number else StratifiedKFold
    return _dealt(kind(number, shuffle=True, random_state=seed), of_group)[members]


def _varying(members: Places, strata: Places, number: int, seed: int) -> Places:
    """Deal groups of mixed values; of several deals the first without a value that training lacks."""
    from sklearn.model_selection import GroupKFold, StratifiedGroupKFold

    best, lacking = None, len(members) + 1
    kind = StratifiedGroupKFold if int(np.bincount(strata).max()) >= number else GroupKFold
    for attempt in range(TRIES):
        draw = int(np.random.default_rng([seed, attempt]).integers(2**31))
        tested = _dealt(kind(number, shuffle=True, random_state=draw), strata, members)
        wrong = _lost(strata, tested, number)
        if len(np.unique(tested)) == number and wrong < lacking:
            best, lacking = tested, wrong
        if lacking == 0:
            break
    # Greedy dealing may leave a fold without groups each time: then groups are dealt by size alone.
    return _dealt(GroupKFold(number), strata, members) if best is None else best


def _lost(strata: Places, tested: Places, number: int) -> int:
    """Count rows whose value no row of their training part has."""
    return sum(
        int((~np.isin(strata[tested == fold], strata[tested != fold])).sum()) for fold in range(number)
    )


def _untrained(strata: Places, tested: Places, number: int, noun: str) -> tuple[str, ...]:
    rows = _lost(strata, tested, number)
    if not rows:
        return ()
    return (
        f"{counted(rows, 'row')} of {len(tested)} have a value that no other {plural(noun)} have: no model "
        "could learn it, and they count as told wrong.",
    )
