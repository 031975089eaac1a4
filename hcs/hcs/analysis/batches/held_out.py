"""Groups that sets train on and test: a study's sets, or drawn ones that leave out one of each class."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.arrays import Places
from hcs.statistics.folds import Set
from hcs.statistics.frames import require_columns
from hcs.wording import are, counted, listed, plural
from hcs_plates.errors import LeakError
from hcs_plates.names import as_names

Bools = npt.NDArray[np.bool_]
ROUNDS = 3
"""How often each group is tested where a study gives no sets."""


def leave_one_of_each_out(positive: Bools, seed: int) -> list[Set]:
    """Draw sets that each leave out one group of each class, and train on all others.

    In each round every group is tested at least once; groups of the smaller class more often.

    Examples
    --------
    >>> sets = leave_one_of_each_out(np.array([True, True, False, False]), 0)
    >>> len(sets), sorted(np.concatenate([test for _, test in sets]).tolist())
    (6, [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3])
    """
    rng = np.random.default_rng(seed)
    classes = np.flatnonzero(positive), np.flatnonzero(~positive)
    most = max(map(len, classes))
    made = []
    for _ in range(ROUNDS):
        dealt = [np.resize(rng.permutation(one), most) for one in classes]
        for pair in zip(*dealt, strict=True):
            test = np.array(pair, dtype=np.intp)
            made.append((np.setdiff1d(np.arange(len(positive)), test), test))
    return made


def blind_sets(
    names: npt.NDArray[np.object_],
    positive: Bools,
    splits: pd.DataFrame | None,
    *,
    seed: int = 0,
    noun: str = "clone",
) -> tuple[list[Set], tuple[str, ...]]:
    """Take a study's sets (set, part, group), or draw sets that leave out one group of each class.

    Groups have a name and a class each. Returned are the places of the training and test groups of each set,
    and what is to be said of them; no sets where a class has fewer than 2 groups.

    Raises
    ------
    LeakError
        A set trains on a group that it tests.
    """
    if min(positive.sum(), (~positive).sum()) < 2:
        few = f"There {are(len(names))} {counted(len(names), noun)}"
        return [], (f"{few}; two or more of each class are needed.",)
    if splits is None:
        return leave_one_of_each_out(positive, seed), (f"Each set held out one {noun} of each class.",)
    return _given_sets(names, positive, splits, noun)


def _given_sets(
    names: npt.NDArray[np.object_], positive: Bools, splits: pd.DataFrame, noun: str
) -> tuple[list[Set], tuple[str, ...]]:
    """Take a study's sets as places of groups, those that can be used."""
    said: list[str] = []
    require_columns(splits, ["set", "part", "group"], "The table of sets")
    place = {str(name): number for number, name in enumerate(names)}
    splits = splits.assign(group=as_names(splits["group"]))
    strange = sorted(set(splits["group"].dropna()) - set(place))
    if strange:
        said.append(f"{counted(len(strange), noun)} of the sets without wells here ({listed(strange)}).")
    made, lost = [], 0
    for number, part in splits[splits["group"].isin(place)].groupby("set", sort=True):
        train, test = (_places(part.loc[part["part"] == role, "group"], place) for role in ("train", "test"))
        both = np.intersect1d(train, test)
        if len(both):
            raise LeakError(f"{noun} {names[both[0]]} is trained on and tested in set {number}.")
        usable = len(test) and len(np.unique(positive[train])) == 2
        made += [(train, test)] if usable else []
        lost += not usable
    if lost:
        said.append(f"{counted(lost, 'set')} without test {plural(noun)}, or trained on one class, left out.")
    return made, tuple(said)


def _places(groups: pd.Series, place: dict[str, int]) -> Places:
    return np.unique([place[name] for name in groups]).astype(np.intp)
