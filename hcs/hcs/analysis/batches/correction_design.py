"""What a correction can be tried on: folds and sets of clones, unless batches and label go together."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hcs.analysis.batches.correction_wells import Wells
from hcs.analysis.batches.design import EVEN, check_design
from hcs.analysis.batches.held_out import blind_sets
from hcs.analysis.batches.well_features import Columns
from hcs.statistics.folds import Set, disjoint_folds
from hcs.statistics.pvalues import ALPHA
from hcs.wording import are, capital, counted, listed, plural, spaced


def folds_and_sets(
    wells: Wells, splits: pd.DataFrame | None, columns: Columns, seed: int, said: list[str]
) -> tuple[list[Set], list[Set]]:
    """Draw folds for mixing and batch, and take sets for the label: the study's, or these folds.

    None where there is nothing to correct or to try it on, which is added to `said`.
    """
    noun = columns.noun
    if problem := _nothing(wells, columns):
        said.append(problem)
        return [], []
    folds = list(disjoint_folds(wells.names, wells.strata(), seed=seed, noun=noun))
    if len(wells.classes) < 2 or np.bincount(wells.labels).min() < 2:
        few = "one value only" if len(wells.classes) < 2 else f"a value with one {noun} only"
        said.append(
            f"{spaced(columns.label)} has {few}: what a correction does to it cannot be seen, as one {noun} "
            "of each value is trained on and one tested."
        )
        return folds, []
    if splits is None:
        return folds, folds
    sets, words = blind_sets(wells.names, wells.labels == 0, splits, seed=seed, noun=noun)
    said += words
    return folds, sets


def _nothing(wells: Wells, columns: Columns) -> str:
    """Why there is nothing to correct, or nothing to try it on."""
    n, owned = len(wells.names), wells.members >= 0
    if n < 2:
        return (
            f"There {are(n)} {counted(n, columns.noun)}: a correction fitted on some "
            f"{plural(columns.noun)} cannot be tried on others."
        )
    if len(np.unique(wells.batches[owned])) < 2:
        return f"There is one {spaced(columns.batch)} only: there is nothing to correct."
    if not (pd.DataFrame(wells.values[owned]).nunique() > 1).any():
        return "All features are constant: there is nothing to correct."
    return ""


def separability(
    wells: Wells, sets: Sequence[Set], columns: Columns, seed: int, said: list[str]
) -> tuple[str, bool]:
    """Refuse a correction where classes and batches cannot be told apart, and say where they go together.

    It must be possible on the training clones of every set. How the two go together is added to `said`.

    Returns
    -------
    str, bool
        Why nothing can be corrected, empty where something can; whether label and batch go together.
    """
    if not sets or len(wells.classes) < 2:
        return "", False
    label, batch = spaced(columns.label), spaced(columns.batch)
    rows = np.flatnonzero(wells.members >= 0)
    named = {"group": wells.names[wells.members[rows]], "label": wells.classes[wells.truth(rows)]}
    named |= {columns.batch: wells.batch_names[wells.batches[rows]]}
    check = check_design(
        pd.DataFrame(named), [columns.batch], label=columns.label, group=columns.noun, seed=seed
    )
    row = check.table.iloc[0].to_dict()
    strength = f"Cramér's V {row['cramers_v']:.2f}"
    if row["tied"]:
        return f"Not corrected: {check.sentences[0]}", True
    if row["nested"]:
        own = f"each {columns.noun} has a {batch} of its own"
        return f"Not corrected: {own}, so none of a tested {columns.noun} was trained on.", True
    apart = sum(not wells.joined(train) for train, _ in sets)
    if apart:
        both = f"both {listed(wells.classes)}" if len(wells.classes) == 2 else f"several values of {label}"
        none = f"in {apart} of {counted(len(sets), 'training set')} no {batch} holds {both}"
        return f"Not corrected: {none} ({strength}), so their effects cannot be separated.", True
    met = pd.crosstab(wells.batches[rows], wells.truth(rows)) > 0
    single = [wells.batch_names[number] for number in met.index[met.sum(axis=1) == 1]]
    # With so few groups that no p could be small, the strength alone has to do.
    unjudged = row["smallest_p"] > ALPHA and row["cramers_v"] >= EVEN
    if not (row["p"] <= ALPHA or unjudged or single):
        return "", False
    alone = f" {listed(single)} {'holds' if len(single) == 1 else 'hold'} one {label} only." if single else ""
    kept = f"a correction that does not protect {label} removes what the two share"
    if columns.label in columns.protect:
        kept = f"{label} was protected when ComBat was fitted"
    is_so = "is" if row["p"] <= ALPHA else "may be"
    said.append(f"{capital(label)} {is_so} associated with {batch} ({strength}): {kept}.{alone}")
    return "", True
