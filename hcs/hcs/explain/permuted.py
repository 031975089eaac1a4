"""Heads that learnt permuted labels: what the same frozen network shows when there is nothing to be learnt.

The frozen network's activations are the same whatever a head learnt, and so are the places where they are
strong. Only what the maps of a study's heads show beyond those of such heads is about the label.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from math import factorial, prod
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.classifiers.cnn import Network, head_settings
from hcs.study.folder import StudyResults
from hcs.study.sets import SetWork, classed_rows, load_data
from hcs_models.headspec import HeadSettings
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError
from hcs_plates.units import Output, digest


@dataclass(frozen=True)
class PermutedWork:
    """Payload of one unit: a set, where its permuted heads are kept, how many, the permutations' seed."""

    data: SetWork
    folder: Path
    number: int
    seed: int


def permuted_head(folder: Path, number: int, permutation: int) -> Path:
    """File of a permuted head."""
    return folder / f"{number:04d}-{permutation:03d}.npz"


def train_permuted(work: PermutedWork) -> Output:
    """Train the heads of one set anew on permuted labels, with what the search found for the true ones.

    Labels move among the clones of the training part and among those of the validation part, so that both
    keep their numbers of each class.

    Raises
    ------
    ArgumentError
        Clones that hold both labels.
    """
    data, number = load_data(work.data), work.data.split.set
    truth = data.tiles["positive"].astype("boolean").fillna(False).to_numpy(dtype=int)
    rows = classed_rows(work.data.split, data.tiles)
    settings = _settings_of(StudyResults.open(work.data.results).trained(number, Network()), work.data)
    bank, groups = data.fed[Network.name], data.tiles["group"].to_numpy()
    work.folder.mkdir(parents=True, exist_ok=True)
    kept = []
    for permutation in range(work.number):
        rng = np.random.default_rng([work.seed, number, permutation])
        learnt = {
            part: permute_groups(groups[rows[part]], truth[rows[part]], rng)
            for part in ("train", "validation")
        }
        chosen = bank.rows(rows["train"], learnt["train"], rows["validation"], learnt["validation"])
        (head,) = bank.fit([(chosen, settings)], workers=1)
        head.save(permuted_head(work.folder, number, permutation))
        kept.append(digest(*head.weights))
    return {"checksum": digest(kept)}


def permute_groups(
    groups: npt.NDArray[np.object_], truth: npt.NDArray[np.int64], rng: np.random.Generator
) -> npt.NDArray[np.int64]:
    """Deal the class numbers of groups anew among them, and give every row its group's.

    Raises
    ------
    ArgumentError
        A group that holds both labels.

    Examples
    --------
    >>> groups = np.array(["a", "a", "b", "c"], dtype=object)
    >>> permute_groups(groups, np.array([1, 1, 0, 0]), np.random.default_rng(3)).tolist()
    [0, 0, 0, 1]
    """
    labels = pd.Series(truth).groupby(groups, sort=True).agg(["first", "nunique"])
    if (labels["nunique"] > 1).any():
        raise ArgumentError(
            f"Group {labels.index[labels['nunique'] > 1][0]!r} holds both labels; labels are permuted over "
            "groups of one label."
        )
    dealt = pd.Series(rng.permutation(labels["first"].to_numpy()), index=labels.index)
    return np.asarray(dealt.loc[groups], dtype=np.int64)


def fewest_deals(splits: pd.DataFrame, sets: Collection[int]) -> int:
    """Count the ways to deal the labels of a set's training clones anew; of the set that has the fewest.

    Examples
    --------
    >>> rows = [(1, "train", name, label) for name, label in zip("abcd", "1100")]
    >>> fewest_deals(pd.DataFrame(rows, columns=["set", "part", "group", "label"]), [1])
    6
    """
    learnt = splits[splits["set"].isin(list(sets)) & (splits["part"] == "train")]
    ways = []
    for _, part in learnt.drop_duplicates(["set", "group"]).groupby("set"):
        counts = part["label"].value_counts()
        ways.append(factorial(len(part)) // prod(factorial(int(count)) for count in counts))
    return min(ways)


def _settings_of(head: TrainedHead, data: SetWork) -> HeadSettings:
    """How the set's own head was trained in the end."""
    settings = head_settings(data.config, data.own_seed)
    found = head.settings
    return replace(settings, learning_rate=float(found["learning_rate"]), momentum=float(found["momentum"]))
