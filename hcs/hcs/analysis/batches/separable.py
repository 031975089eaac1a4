"""Whether what batches do can be told from what the label does: asked before a correction is fitted."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from hcs.analysis.batches.correction_wells import Columns, Wells
from hcs.analysis.batches.design import design_check
from hcs.analysis.batches.held_out import Set
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, spaced

CLEAR = 0.05
WEAK = 0.1
"""A Cramér's V below this is none to speak of."""


def separability(
    wells: Wells, sets: Sequence[Set], columns: Columns, seed: int, said: list[str]
) -> tuple[str, bool]:
    """Refuse a correction where classes and batches cannot be told apart, and say where they go together.

    Parameters
    ----------
    wells
        All wells.
    sets
        Training and test clones; a correction must be possible on each set's training clones.
    columns
        What label and batch are called.
    seed
        Of the permutations.
    said
        How they go together is added here.

    Returns
    -------
    str, bool
        Why nothing can be corrected, empty where something can; whether label and batch go together.
    """
    label, batch, noun = spaced(columns.label), spaced(columns.batch), columns.noun
    rows = np.flatnonzero(wells.members >= 0)
    if not sets or len(wells.classes) < 2:
        return "", False
    named = pd.DataFrame({"group": wells.names[wells.members[rows]]})
    named = named.assign(
        label=np.array(wells.classes, dtype=object)[wells.truth(rows)],
        **{columns.batch: np.array(wells.batch_names, dtype=object)[wells.batches[rows]]},
    )
    check = design_check(named, [columns.batch], label=columns.label, group=noun, seed=seed)
    row = check.table.iloc[0].to_dict()
    if row["tied"] or row["nested"]:
        return f"Nothing was corrected: {check.sentences[0]}", True
    p = PValue(row["p"], row["test"], row["n_groups"], row["smallest_p"], plural(noun), "one-sided")
    strength = f"Cramér's V {row['cramers_v']:.2f}; {p.sentence()}"
    apart = sum(not wells.joined(train) for train, _ in sets)
    if apart or not wells.joined(np.arange(len(wells.names))):
        return (
            f"Nothing was corrected: {label} and {batch} are nearly the same thing ({strength}). In "
            f"{apart} of {counted(len(sets), 'set')} no {batch} of the {plural(noun)} trained on joins the "
            f"values of {label}, so that what {batch} does cannot be told from what {label} does."
        ), True
    held = pd.crosstab(wells.batches[rows], wells.truth(rows)) > 0
    single = [wells.batch_names[number] for number in held.index[held.sum(axis=1) == 1]]
    # With so few groups that no p could be small, the strength alone has to do.
    unjudged = row["smallest_p"] > CLEAR and row["cramers_v"] >= WEAK
    if not (row["p"] <= CLEAR or unjudged or single):
        return "", False
    alone = (
        f" {listed(single)} {'holds' if len(single) == 1 else 'hold'} one value of {label} only."
        if single
        else ""
    )
    kept = (
        f"{label} was protected when ComBat was fitted"
        if columns.label in columns.protect
        else f"a correction that does not protect {label} takes away what the two share"
    )
    goes = "goes" if row["p"] <= CLEAR else "may go"
    said.append(f"{label} {goes} with {batch} ({strength}): {kept}.{alone}")
    return "", True
