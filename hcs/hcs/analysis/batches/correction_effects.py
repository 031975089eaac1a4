"""Mixing of batches and what is told of test clones, before and after a correction, with intervals.

Test rows are compared pair by pair within their set, since scores of models trained on different rows have no
common zero.
"""

from collections.abc import Callable, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from hcs.analysis.batches.correction_trials import Correction, Outcome, Part, Told, trials
from hcs.analysis.batches.correction_wells import Array, Codes, Wells
from hcs.statistics.bootstrap import bootstrap_interval
from hcs.statistics.concordance import GroupPairs, group_pairs
from hcs.statistics.folds import Set, disjoint_folds
from hcs.statistics.neighbours import METRICS
from hcs.wording import counted, spaced

SIDES = ("before", "after")
LIMITS = ("", "_low", "_high")
LOWER = ("batch_auc", "pc_regression")
"""Measures that a correction should lower; it should raise the others."""
MEASURES = ("label_auc", "batch_auc", *METRICS)
VALUES = [f"{side}{end}" for side in (*SIDES, "change") for end in LIMITS]
COLUMNS = ["measure", "n_groups", "n_wells", "n_sets", "wanted", *VALUES]
RESAMPLES = 999


def effects(
    wells: Wells, folds: Sequence[Set], sets: Sequence[Set], correction: Correction, batch: str
) -> tuple[pd.DataFrame, pd.DataFrame, list[str]]:
    """Measure mixing and what is told of test clones, before and after.

    Mixing and batch are measured in `folds`, the label in `sets` (which may be the same), by their training
    and test clones.

    Returns
    -------
    DataFrame, DataFrame, list of str
        Measures (`COLUMNS`), scores of clones (set, group, label, before, after), and what is to be said.
    """
    outcome, of_halves, seed = Outcome(), Outcome(), correction.seed
    asked, mixed, tested = [], [], []
    for trial in trials(wells, [Part(train, train, test) for train, test in folds], correction, outcome):
        mixed.append(trial.mixing(correction.neighbours, seed))
        tested.append(wells.members[trial.test])
        if folds is sets:
            asked.append(trial.label(seed))
    if folds is not sets:
        parts = [Part(train, train, test) for train, test in sets]
        asked = [trial.label(seed) for trial in trials(wells, parts, correction, outcome)]
    of_label = [told for told in asked if told is not None]
    halved = trials(wells, _halves(wells, folds, seed), correction, of_halves)
    of_batch = [trial.batch(seed) for trial in halved]
    table = pd.DataFrame(np.nan, index=pd.Index(MEASURES, name="measure"), columns=VALUES)
    if mixed:
        means = _weighted(np.stack(mixed), np.array([len(one) for one in tested], dtype=float))
        table.loc[list(METRICS), list(SIDES)] = means.T
        table["change"] = table["after"] - table["before"]
    for name, told in (("label_auc", of_label), ("batch_auc", of_batch)):
        if told:
            table.loc[name] = pd.Series(_areas(told, wells.labels, seed))
    rows = [_counts([one.members for one in told], wells) for told in (of_label, of_batch)]
    table[["n_groups", "n_wells", "n_sets"]] = [*rows, *[_counts(tested, wells)] * len(METRICS)]
    table["wanted"] = ["lower" if name in LOWER else "higher" for name in MEASURES]
    if wells.n_plates:
        # Clones drawn anew say nothing of other plates, by which batches are told too.
        limits = [name for name in VALUES if name.endswith(LIMITS[1:])]
        table.loc["batch_auc", limits] = np.nan
    said = outcome.sentences(batch, wells.batch_names.tolist())
    if len(of_label) < len(asked):
        sets_lost = f"{len(asked) - len(of_label)} of {counted(len(asked), 'set')}"
        said.append(f"{sets_lost} give no AUC: a label has no clone to train on.")
    if of_halves.refusals and not outcome.refusals:
        said.append(
            f"To predict {spaced(batch)}, a correction is fitted on half of the training clones: in "
            f"{len(of_halves.refusals)} of {of_halves.n_sets} halves it was not, as {of_halves.refusals[0]}"
        )
    return table.reset_index()[COLUMNS], _clone_scores(of_label, wells), said


def _halves(wells: Wells, folds: Sequence[Set], seed: int) -> list[Part]:
    """Fit on one half of the training clones, tell batches by the other half, and the other way round.

    Rows that a correction was fitted on have the means of their batches taken away without a rest: a model
    trained on them would find no batch, whatever is left of batches elsewhere.
    """
    strata = np.array(wells.strata(), dtype=object)
    made = []
    for train, test in folds:
        inner = disjoint_folds(wells.names[train], strata[train], n_folds=2, seed=seed)
        made += [Part(train[fit], train[other], test) for fit, other in inner]
    return made


def _areas(told: Sequence[Told], labels: Codes, seed: int) -> dict[str, float]:
    """Areas before and after and their difference, with intervals over clones within classes.

    Where all resamples agree, as under complete separation, there is no interval: they cannot tell how far
    from the edge an area is.
    """
    first, second = (_pairs(told, [getattr(one, side) for one in told], len(labels)) for side in SIDES)
    statistics: dict[str, Callable[[Codes], float]] = {
        "before": first.score,
        "after": second.score,
        "change": lambda places: second.score(places) - first.score(places),
    }
    made: dict[str, float] = {}
    for side, statistic in statistics.items():
        found = bootstrap_interval(statistic, len(labels), strata=labels, draws=RESAMPLES, seed=seed)
        limits = (found.low, found.high) if found.high > found.low else (np.nan, np.nan)
        values = (statistic(np.arange(len(labels))), *limits)
        made |= dict(zip((f"{side}{end}" for end in LIMITS), values, strict=True))
    return made


def _pairs(told: Sequence[Told], scores: Sequence[Array], n_groups: int) -> GroupPairs:
    """Pairs of rows of the same set in their right order, between every two clones."""
    ends = np.cumsum([0, *(len(one.truth) for one in told)])
    parts = [np.arange(start, stop) for start, stop in pairwise(ends)]
    truth, members = (np.concatenate([getattr(one, name) for one in told]) for name in ("truth", "members"))
    return group_pairs(np.concatenate(scores), truth, members, n_groups, parts)


def _weighted(mixed: Array, weights: Array) -> Array:
    """Mean over the sets that have a score both before and after, by their wells; shape (2, n_metrics)."""
    known = ~np.isnan(mixed).any(axis=1, keepdims=True)
    share = weights[:, None, None] * known
    total = share.sum(axis=0)
    sums = (np.nan_to_num(mixed) * share).sum(axis=0)
    return np.asarray(np.divide(sums, total, out=np.full(sums.shape, np.nan), where=total > 0))


def _counts(members: Sequence[Codes], wells: Wells) -> tuple[int, int, int]:
    """Clones, wells and sets that were tested."""
    groups = np.unique(np.concatenate(members)) if members else np.zeros(0, dtype=np.intp)
    return len(groups), int(wells.of(groups).sum()), len(members)


def _clone_scores(told: Sequence[Told], wells: Wells) -> pd.DataFrame:
    """Log-odds that each test clone has of its own label."""
    rows = [pd.DataFrame(columns=["set", "group", "label", *SIDES])] if not told else []
    for one in told:
        place = np.arange(len(one.truth))
        cells = {
            "set": one.number + 1, "group": wells.names[one.members], "label": wells.classes[one.truth],
            "before": one.before[place, one.truth], "after": one.after[place, one.truth],
        }  # fmt: skip
        rows.append(pd.DataFrame(cells))
    return pd.concat(rows, ignore_index=True)
