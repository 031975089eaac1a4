"""What a study finds when there is nothing to find: clone labels permuted, sets dealt and heads trained anew.

Features do not depend on labels, so they are read as they are; all that learns is run again. Whatever a model
then scores above one half is what the design itself gives away.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.archive import StudyResults
from hcs.config import StudyConfig
from hcs.record import read_record
from hcs.sets import SetData, SetWork, classed_rows, load_data, train_head
from hcs_models.scores import score_sets
from hcs_models.splits import Split, clone_splits, smallest_covering
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.units import Output, Progress, Unit, digest, run_units

COLUMNS = ["permutation", "set", "accuracy", "auc", "group_accuracy", "group_auc"]
POSITIVE, NEGATIVE = "1", "0"


@dataclass(frozen=True)
class PermutedLabels:
    """Scores under permuted labels beside those under the labels as they are.

    Parameters
    ----------
    table
        permutation (0: the labels as they are), set, accuracy, auc, group_accuracy, group_auc.
    n_groups
        Groups whose labels were permuted.
    """

    table: pd.DataFrame
    n_groups: int

    def means(self, score: str = "auc") -> pd.Series:
        """Mean of a score over the sets, by permutation; 0 is the labels as they are."""
        return self.table.groupby("permutation")[score].mean()

    def p_value(self, score: str = "auc") -> float:
        """Share of labellings that do at least as well, the true one counted (Phipson & Smyth 2010)."""
        means = self.means(score)
        null = means.drop(0)
        return float((1 + (null >= means[0]).sum()) / (1 + len(null)))

    def summary(self) -> str:
        """Give the null's mean and range, and the permutation test with the smallest p it can give."""
        means = self.means()
        null = means.drop(0)
        return (
            f"With labels permuted over the {self.n_groups} groups ({len(null)} permutations, sets and heads "
            f"anew), the mean ROC AUC over sets is {null.mean():.2f} ± {null.std():.2f} (range "
            f"{null.min():.2f} to {null.max():.2f}); with the labels as they are {means[0]:.2f}; permutation "
            f"test over groups, one-sided p = {self.p_value():.3g} (the smallest it can give is "
            f"{1 / (1 + len(null)):.3g})."
        )


@dataclass(frozen=True)
class PermutationWork:
    """Payload of one permutation.

    Parameters
    ----------
    data
        Names the study's tiles and features; its split is not used.
    config
        The study's settings.
    number
        Of the permutation; 0 leaves the labels as they are.
    n_sets
        Sets dealt for each permutation.
    searched
        Whether learning rate and momentum are searched for every set, as in the study.
    """

    data: SetWork
    config: StudyConfig
    number: int
    n_sets: int
    searched: bool


def permute_labels(
    study: StudyResults,
    n: int = 20,
    *,
    seed: int = 0,
    n_sets: int | None = None,
    searched: bool = False,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PermutedLabels:
    """Permute the labels of a finished study's groups, and deal, train and test anew each time.

    Parameters
    ----------
    study
        With one label per group.
    n
        How many permutations, besides the labels as they are.
    seed
        Of permutations and sets.
    n_sets
        Sets per permutation; the fewest that test every group if None.
    searched
        Search learning rate and momentum for every set anew, as the study did; otherwise ``[train]`` holds.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a run that was killed goes on where it was.

    Raises
    ------
    ArgumentError
        Groups that hold several labels: permuting their tiles' labels is another test.
    """
    tiles = pd.read_parquet(study.results / "tiles.parquet")
    labels = _group_labels(tiles)
    counts = study.config.splits.counts()
    if n_sets is None:
        n_sets = smallest_covering(labels, counts)
    inputs = str(read_record(study.results)["inputs"])
    config = study.config
    data = SetWork(
        study.results.resolve(), Split(0, (), (), ()), config.model, config.train, config.tuning, seed, inputs
    )
    units = []
    for number in range(n + 1):
        work = PermutationWork(data, config, number, n_sets, searched)
        recipe = digest(inputs, config.model_dump(mode="json"), seed, number, n_sets, searched)
        units.append(Unit(f"permutation-{number:05d}", recipe, work))
    receipts = study.results / "permutations"
    summary = run_units(run_permutation, units, receipts, client=client, workers=workers, progress=progress)
    if summary.failed:
        raise HcsError("; ".join(dict.fromkeys(summary.failed.values())))
    rows = [row for output in summary.outputs.values() for row in output["rows"]]
    return PermutedLabels(pd.DataFrame(rows, columns=COLUMNS), len(labels))


def run_permutation(work: PermutationWork) -> Output:
    """Deal, train and test under one labelling."""
    data = load_data(work.data)
    labels = permuted(_group_labels(data.tiles), work.data.seed, work.number)
    seed = int(digest("sets", work.data.seed, work.number)[:7], 16)
    plan = clone_splits(labels, work.n_sets, work.config.splits.counts(), seed)
    tested = pd.concat([_test(work, data, labels, split) for split in plan.splits])
    table = score_sets(tested, positive=POSITIVE).table.assign(permutation=work.number)
    return {"rows": table[COLUMNS].to_numpy().tolist()}


def permuted(labels: pd.Series, seed: int, number: int) -> pd.Series:
    """Labels dealt anew among the groups; 0 leaves them.

    Examples
    --------
    >>> labels = pd.Series({"a": "1", "b": "1", "c": "0", "d": "0"})
    >>> sorted(permuted(labels, seed=0, number=3)) == sorted(labels)
    True
    """
    if number == 0:
        return labels
    order = np.random.default_rng([seed, number]).permutation(len(labels))
    return pd.Series(labels.to_numpy()[order], index=labels.index)


def _test(work: PermutationWork, data: SetData, labels: pd.Series, split: Split) -> pd.DataFrame:
    """Train one set's head under a labelling and score its test tiles."""
    truth = (data.tiles["group"].map(labels) == POSITIVE).to_numpy(dtype=int)
    rows = classed_rows(split, data.tiles)
    head_rows = data.bank.rows(
        rows["train"], truth[rows["train"]], rows["validation"], truth[rows["validation"]]
    )
    one = SetWork(**{**vars(work.data), "split": split, "seed": work.data.seed + work.number})
    search = one.search(kept=False) if work.searched else None
    head = train_head(data.bank, head_rows, one.head_settings(), search)
    tested = data.tiles.iloc[rows["test"]][["plate", "well", "field", "tile", "group"]]
    probability = data.bank.predict_proba(head, rows["test"])[:, 1]
    return tested.assign(
        model="cnn", set=split.set, label=tested["group"].map(labels), probability=probability
    )


def _group_labels(tiles: pd.DataFrame) -> pd.Series:
    """Class of each group, ``1`` or ``0``, by group."""
    classed = tiles[tiles["positive"].notna()]
    held = classed.groupby("group")["positive"].nunique()
    if (held > 1).any():
        raise ArgumentError(
            f"Group {held.index[held > 1][0]!r} holds both labels; "
            "labels are permuted over groups of one label."
        )
    first = classed.drop_duplicates("group").set_index("group")["positive"].astype(bool)
    return first.map({True: POSITIVE, False: NEGATIVE}).sort_index()
