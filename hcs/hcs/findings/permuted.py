"""What a study finds when there is nothing to find: clone labels permuted, sets dealt and heads trained anew.

Features do not depend on labels, so they are read as they are; all that learns is run again. Whatever a model
then scores above one half is what the design itself gives away.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.clone_calls import batch_blocks
from hcs.analysis.finding import Shown
from hcs.analysis.kept import keep_analyses
from hcs.statistics.permutation import arrangements, block_places, count_arrangements
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_PERMUTATIONS, MEASUREMENTS, PERMUTING, TILES
from hcs.study.sets import SetData, SetWork, classed_rows, load_data, train_head
from hcs.study.settings import StudyConfig
from hcs.wording import counted, plural, sentence, spaced
from hcs_models.scores import score_sets
from hcs_models.splits import Split, clone_splits, smallest_covering
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.units import Output, Progress, Unit, digest, run_units

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

COLUMNS = ["permutation", "set", "accuracy", "auc", "group_accuracy", "group_auc"]
POSITIVE, NEGATIVE = "1", "0"
TEST = "permutation test of labels, sets and heads anew"
SCORES = {"group_auc": "ROC AUC over {noun} of a set", "auc": "ROC AUC over tiles of a set"}
"""Scores whose means over the sets are tested, the level of the groups first."""
TIE = 1e-12


@dataclass(frozen=True, repr=False)
class PermutedLabels(Shown):
    """Scores under permuted labels beside those under the labels as they are.

    Parameters
    ----------
    table
        permutation (0: the labels as they are), set, accuracy, auc, group_accuracy, group_auc.
    n_groups
        Groups whose labels were permuted.
    exact
        Whether every arrangement there is was looked at.
    noun
        What a group is called.
    caveats
        What the numbers cannot say.
    tests
        score, observed, n_permutations, null_mean, null_sd, null_low, null_high, p, smallest_p, test, n: one
        row per score, the level of the groups first.
    """

    table: pd.DataFrame
    n_groups: int
    exact: bool = False
    noun: str = "group"
    caveats: tuple[str, ...] = ()
    tests: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tests", pd.DataFrame([self._test(score) for score in SCORES]))

    def _test(self, score: str) -> dict[str, Any]:
        """Row of one score: what was observed, the null, and the test."""
        means = self.means(score)
        null = means.drop(0, errors="ignore").dropna()
        row = {"score": score, "observed": means.get(0, np.nan), "n_permutations": len(null)}
        row |= {
            "null_mean": null.mean(),
            "null_sd": null.std(),
            "null_low": null.min(),
            "null_high": null.max(),
        }
        return row | self.p_value(score).row()

    def means(self, score: str = "auc") -> pd.Series:
        """Mean of a score over the sets, by permutation; 0 is the labels as they are."""
        return self.table.groupby("permutation")[score].mean()

    def p_value(self, score: str = "auc") -> PValue:
        """Share of labellings that do at least as well, the true one counted (Phipson & Smyth 2010)."""
        means = self.means(score)
        if len(means) < 2 or np.isnan(means[0]):
            return no_pvalue(TEST, self.n_groups, plural(self.noun))
        hits = int((means >= means[0] - TIE).sum())
        smallest = 1 / len(means)
        return PValue(hits * smallest, TEST, self.n_groups, smallest, plural(self.noun), "one-sided")

    def summary(self) -> str:
        """Give the null's mean and range, and the permutation test with the smallest p it can give."""
        said = []
        for score, words in SCORES.items():
            means = self.means(score)
            null = means.drop(0)
            name = words.format(noun=plural(self.noun))
            if null.empty or np.isnan(means[0]):
                said.append(f"There is no other arrangement to hold the {name} against.")
                continue
            of = "all other arrangements" if self.exact else f"{len(null)} permutations"
            said.append(
                f"Mean {name}: {means[0]:.2f} with the labels as they are; {null.mean():.2f} ± "
                f"{null.std():.2f} (range {null.min():.2f} to {null.max():.2f}) over {of}; "
                f"{self.p_value(score).sentence()}."
            )
        return sentence(*said, *self.caveats)

    def plot(self) -> "Panels":
        """Draw the null distribution of both scores, and where the labels as they are stand; its axes."""
        from hcs.figures.nulls import null_figure
        from hcs.figures.panels import Panels
        from hcs.figures.theme import empty_figure

        drawn = self.table.groupby("permutation", as_index=False)[list(SCORES)].mean()
        if len(drawn) < 2:
            return Panels.of(empty_figure(self.summary()), drawn)
        names = {score: f"Mean {words.format(noun=plural(self.noun))}" for score, words in SCORES.items()}
        figure = null_figure(
            {name: self.means(score) for score, name in names.items()},
            {name: self.p_value(score).value for score, name in names.items()},
        )
        return Panels.of(figure, drawn)


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
    labels
        Group and class, ``1`` or ``0``.
    n_sets
        Sets dealt for each permutation.
    searched
        Whether learning rate and momentum are searched for every set, as in the study.
    """

    data: SetWork
    config: StudyConfig
    number: int
    labels: tuple[tuple[str, str], ...]
    n_sets: int
    searched: bool


def permute_labels(
    study: StudyResults,
    n: int = 20,
    *,
    within: str | None = None,
    seed: int = 0,
    n_sets: int | None = None,
    searched: bool = False,
    trials: int | None = None,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PermutedLabels:
    """Permute the labels of a finished study's groups, and deal, train and test anew each time.

    What is found is kept in the results folder, in place of what was found before; the report shows it.

    Parameters
    ----------
    study
        With one label per group.
    n
        How many permutations, besides the labels as they are. Where there are no more arrangements than
        that, each is looked at once.
    within
        Column of the wells table (a batch, a plate): labels move only among groups that stand in the same of
        its values, so that a difference between batches cannot pass for one between classes.
    seed
        Of permutations and sets.
    n_sets
        Sets per permutation; the fewest that test every group if None.
    searched
        Search learning rate and momentum for every set anew, as the study did; otherwise ``[train]`` holds.
    trials
        Of each search; the study's number if None.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a run that was killed goes on where it was.

    Raises
    ------
    ArgumentError
        Groups that hold several labels: permuting their tiles' labels is another test. Labels that are tied
        to `within`: nothing can be permuted.
    """
    tiles = study.stored(TILES)
    study.stored(MEASUREMENTS)  # read by the sets too, so that a damaged one is told of here
    labels, config = _group_labels(tiles), study.config
    noun = spaced(config.data.group)
    caveats: tuple[str, ...] = ()
    blocks: list[object] | None = None
    if within is not None:
        held, caveats = batch_blocks(
            list(labels.index), study.table("wells"), within, clone="group", noun=noun
        )
        blocks = held.tolist()
    dealt, exact = labellings(labels, n, blocks, seed)
    if len(dealt) < 2:
        raise ArgumentError(
            f"Every {spaced(within or 'study')} holds {plural(noun)} of one label: nothing can be permuted, "
            "and no test can tell the two apart."
        )
    if trials is not None:
        config = config.model_copy(update={"tuning": config.tuning.model_copy(update={"trials": trials})})
    n_sets = smallest_covering(labels, config.splits.counts()) if n_sets is None else n_sets
    inputs = str(study.record["inputs"])
    data = SetWork(
        study.results, Split(0, (), (), ()), config.model, config.train, config.tuning, seed, inputs
    )
    units = []
    for number, one in enumerate(dealt):
        pairs = tuple(one.items())
        work = PermutationWork(data, config, number, pairs, n_sets, searched)
        recipe = digest(inputs, config.model_dump(mode="json"), seed, pairs, n_sets, searched)
        units.append(Unit(f"permutation-{number:05d}", recipe, work))
    receipts = study.results / PERMUTING
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    with working_in(study.results):
        summary = run_units(run_permutation, units, receipts, **engine)
    if summary.failed:
        raise HcsError("; ".join(dict.fromkeys(summary.failed.values())))
    rows = [row for output in summary.outputs.values() for row in output["rows"]]
    if not searched and config.tuning.sampler != "none":
        caveats += ("Learning rate and momentum were not searched anew: [train] holds for every labelling.",)
    if len(dealt) < 20:
        caveats += (f"With {counted(len(dealt), 'labelling')} no p can be 0.05 or less.",)
    found = PermutedLabels(pd.DataFrame(rows, columns=COLUMNS), len(labels), exact, noun, caveats)
    asked = {"inputs": inputs, "permutations": n, "within": within, "seed": seed, "searched": searched}
    with working_in(study.results):
        keep_analyses({"permutations": found}, {}, asked, study.results / KEPT_PERMUTATIONS)
    return found


def run_permutation(work: PermutationWork) -> Output:
    """Deal, train and test under one labelling."""
    data = load_data(work.data)
    labels = pd.Series(dict(work.labels))
    seed = int(digest("sets", work.data.seed, work.number)[:7], 16)
    plan = clone_splits(labels, work.n_sets, work.config.splits.counts(), seed)
    tested = pd.concat([_test(work, data, labels, split) for split in plan.splits])
    table = score_sets(tested, positive=POSITIVE).table.assign(permutation=work.number)
    return {"rows": table[COLUMNS].to_numpy().tolist()}


def labellings(
    labels: pd.Series, n: int, blocks: list[object] | None, seed: int
) -> tuple[list[pd.Series], bool]:
    """Labels as they are, then dealt anew among the groups of a block.

    Returns
    -------
    list of Series, bool
        The labels as they are first; whether these are all arrangements there are.

    Examples
    --------
    >>> labels = pd.Series({"a": "1", "b": "1", "c": "0", "d": "0"})
    >>> dealt, exact = labellings(labels, 20, ["p", "q", "p", "q"], seed=0)
    >>> len(dealt), exact
    (4, True)
    """
    truth = (labels == POSITIVE).to_numpy(dtype=float)
    places = block_places(len(truth), blocks)
    exact = count_arrangements(truth, places) <= n + 1
    rows = arrangements(truth, places, draws=n, seed=seed, exact=n + 1 if exact else 0)
    if exact:
        rows = np.concatenate([truth[None, :], rows[(rows != truth).any(axis=1)]])
    else:
        rows = np.concatenate([truth[None, :], rows])
    names = np.array([NEGATIVE, POSITIVE])
    return [pd.Series(names[row.astype(int)], index=labels.index) for row in rows], exact


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
