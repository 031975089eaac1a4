"""Shares over readers and clones at once: what other readers would call right of other clones."""

import numpy as np
import pandas as pd

from hcs.analysis.clones.reader_counts import CHANCE, Row, reader_cells
from hcs.statistics.arrays import Floats
from hcs.statistics.crossed import METHOD, CrossedMean, crossed_mean
from hcs.statistics.permutation import permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.tables.compared import Classes
from hcs.wording import plural

COLUMNS = [
    "level",
    "over",
    "n_readers",
    "n_groups",
    "value",
    "low",
    "high",
    "interval",
    "test",
    "n",
    "p",
    "smallest_p",
]
LABELS, CROSSED = "Permutation test of labels", "t test, readers and {} crossed"
BOTH = "readers and {}"
"""What `over` says where both are drawn anew."""


def crossed_rows(of: dict[str, pd.DataFrame], classes: Classes) -> list[Row]:
    """Give each level's mean share with its interval over clones, and over readers and clones, and tests.

    The test over clones exchanges their labels: under guessing, however biased and however much alike the
    readers are, a clone's calls say nothing of its label.
    """
    rows: list[Row] = []
    for level, units in of.items():
        cells = reader_cells(units)
        found, n = crossed_mean(cells), cells["group"].nunique()
        over, test = found.p(CHANCE), CROSSED.format(plural(classes.noun))
        crossed = PValue(over, test, n, noun=classes.nouns) if over == over else no_pvalue(test, n)
        rows += interval_rows(level, found, label_test(cells, classes), crossed, classes)
    return rows


def interval_rows(
    level: str, found: CrossedMean, over_clones: PValue, over_both: PValue, classes: Classes
) -> list[Row]:
    """Lay out a mean with its intervals over clones, and over readers and clones."""
    nouns = plural(classes.noun)
    known = {"level": level, "n_readers": found.n_readers, "n_groups": found.n_clones, "value": found.value}
    made = (
        (nouns, found.clones, f"Student's t over {nouns}", over_clones),
        (BOTH.format(nouns), found.both, METHOD, over_both),
    )
    return [
        known
        | {"over": over, "low": limits.low, "high": limits.high}
        | {"interval": method if limits.low == limits.low else ""}
        | p.row()
        for over, limits, method, p in made
    ]


def label_test(cells: pd.DataFrame, classes: Classes) -> PValue:
    """Test whether clones of the positive class are called positive more often, n = clones."""
    positive = cells["label"] == classes.positive
    yes = cells["value"].where(positive, 1 - cells["value"])
    means = yes.groupby(cells["group"], sort=False).mean().to_numpy()
    truth = positive.groupby(cells["group"], sort=False).first().to_numpy(dtype=float)
    if len(truth) < 2 or np.ptp(truth) == 0 or np.ptp(means) == 0:
        return no_pvalue(LABELS, len(truth), classes.nouns)

    def difference(labels: Floats) -> Floats:
        m = truth.sum()
        return np.asarray(labels @ means / m - (1 - labels) @ means / (len(truth) - m))

    found = permutation_test(difference, truth)
    return PValue(found.p, LABELS, len(truth), found.smallest_p, classes.nouns)
