"""What a study finds when there is nothing to find: clone labels permuted, sets dealt and heads trained anew.

Features do not depend on labels, so they are read as they are; all that learns is run again. Whatever a model
then scores above one half is what the design itself gives away.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clones.units import batch_blocks
from hcs.analysis.kept import keep_analyses
from hcs.classifiers.registry import FIRST, find_model
from hcs.findings.permuted_null import PermutedLabels
from hcs.statistics.permutation import arrangements, block_places, count_arrangements
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_PERMUTATIONS, MEASUREMENTS, PERMUTING, TILES
from hcs.study.sets import SetData, SetWork, classed_rows, load_data
from hcs.study.settings import ModelsSettings, StudyConfig
from hcs.wording import counted, plural, spaced
from hcs_models.scores import score_sets
from hcs_models.splits import Split, clone_splits, smallest_covering
from hcs_plates.errors import ArgumentError
from hcs_plates.runlog import in_step
from hcs_plates.units import GPU, Output, Progress, Unit, digest, run_units

COLUMNS = ["model", "permutation", "set", "accuracy", "auc", "group_accuracy", "group_auc"]
POSITIVE, NEGATIVE = "1", "0"


@dataclass(frozen=True)
class PermutationWork:
    """Payload of one permutation.

    Parameters
    ----------
    data
        Names the study's tiles and features, and the models; its split is not used.
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
    number: int
    labels: tuple[tuple[str, str], ...]
    n_sets: int
    searched: bool

    def unit(self) -> Unit:
        """Describe the work as a unit."""
        settings = self.data.config.model_dump(mode="json")
        recipe = digest(self.data.inputs, settings, self.data.seed, self.labels, self.n_sets, self.searched)
        return Unit(f"permutation-{self.number:05d}", recipe, self, GPU)


def permute_labels(  # noqa: PLR0913 – how it is drawn beside where it runs
    study: StudyResults,
    n: int = 20,
    *,
    models: Sequence[str] = (),
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
    models
        Models of the study that are trained anew besides its first, which the verdict is about.
    within
        Column of the wells table (a batch, a plate): labels move only among groups that stand in the same of
        its values, so that a difference between batches cannot pass for one between classes.
    seed
        Of permutations and sets.
    n_sets
        Sets per permutation; the fewest that test every group if None.
    searched
        Search settings (the network's learning rate and momentum) for every set anew, as the study did;
        otherwise they stand as the study file has them.
    trials
        Of each search of the network; the study's number if None.
    client, workers, progress
        As in `hcs_plates.units.run_units`; a run that was killed goes on where it was.

    Raises
    ------
    ArgumentError
        Groups that hold several labels: permuting their tiles' labels is another test. Labels that are tied
        to `within`: nothing can be permuted. A model that the study does not have.
    """
    labels, noun = _group_labels(study.stored(TILES)), spaced(study.config.data.group)
    study.stored(MEASUREMENTS)  # read by the sets too, so that a damaged one is told of here
    dealt, exact, caveats = _dealt(study, labels, n, within, seed)
    config, inputs = _config(study, models, trials), str(study.record["inputs"])
    n_sets = smallest_covering(labels, config.splits.counts()) if n_sets is None else n_sets
    data = SetWork(study.results, Split(0, (), (), ()), config, seed, inputs)
    works = [
        PermutationWork(data, number, tuple(one.items()), n_sets, searched)
        for number, one in enumerate(dealt)
    ]
    units, receipts = [one.unit() for one in works], study.results / PERMUTING
    engine: dict[str, Any] = {"client": client, "workers": workers, "progress": progress}
    with working_in(study.results, "study permute"), in_step("permutations"):
        summary = run_units(run_permutation, units, receipts, **engine)
        summary.check()
    rows = [row for output in summary.outputs.values() for row in output["rows"]]
    if not searched and config.tuning.sampler != "none":
        caveats += ("Learning rate and momentum were not searched anew (--search does).",)
    if len(dealt) < 20:
        caveats += (f"p could not be 0.05 or less with {counted(len(dealt), 'labelling')}; 20 are needed.",)
    found = PermutedLabels(pd.DataFrame(rows, columns=COLUMNS), len(labels), exact, noun, caveats)
    asked = {"inputs": inputs, "permutations": n, "within": within, "seed": seed, "searched": searched}
    with working_in(study.results):
        keep_analyses({"permutations": found}, {}, asked, study.results / KEPT_PERMUTATIONS)
    return found


def _dealt(
    study: StudyResults, labels: pd.Series, n: int, within: str | None, seed: int
) -> tuple[list[pd.Series], bool, tuple[str, ...]]:
    """Labellings, the labels as they are first; whether they are all there are; what blocks leave unsaid."""
    noun = spaced(study.config.data.group)
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
    return dealt, exact, caveats


def _config(study: StudyResults, models: Sequence[str], trials: int | None) -> StudyConfig:
    """Give the study's settings, with the models and trials that are asked for."""
    config = study.config
    for name in models:
        find_model(name, config.models.fitted)
    fitted = tuple(name for name in config.models.fitted if name in {FIRST, *models})
    update: dict[str, Any] = {"models": ModelsSettings(fitted=fitted)}
    if trials is not None:
        update["tuning"] = config.tuning.model_copy(update={"trials": trials})
    return config.model_copy(update=update)


def run_permutation(work: PermutationWork) -> Output:
    """Deal, train and test under one labelling."""
    data = load_data(work.data)
    labels = pd.Series(dict(work.labels))
    seed = int(digest("sets", work.data.seed, work.number)[:7], 16)
    plan = clone_splits(labels, work.n_sets, work.data.config.splits.counts(), seed)
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
    """Train one set's models under a labelling and score its test tiles."""
    one = replace(work.data, split=split, seed=work.data.seed + work.number)
    rows = classed_rows(split, data.tiles)
    tested = data.tiles.iloc[rows["test"]][["plate", "well", "field", "tile", "group"]]
    tested = tested.assign(set=split.set, label=tested["group"].map(labels))
    truth = (data.tiles["group"].map(labels) == POSITIVE).to_numpy(dtype=int)
    parts = []
    for model in one.config.fitted:
        fed = data.fed[model.name]
        task = replace(one.task(data.tiles, model), truth=truth, searched=work.searched, trials=None)
        probability = model.predict(model.fit(fed, task).trained, fed, rows["test"])
        parts.append(tested.assign(model=model.name, probability=probability))
    return pd.concat(parts, ignore_index=True)


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
