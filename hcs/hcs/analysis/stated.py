"""The statistics behind a finding's words: every estimate, interval and test, once, as a table."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from math import isnan

import numpy as np
import pandas as pd

from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.pvalues import PValue
from hcs_plates.errors import ArgumentError

COLUMNS = (
    "question",
    "estimate",
    "value",
    "low",
    "high",
    "interval",
    "test",
    "n",
    "of",
    "p",
    "smallest_p",
    "p_corrected",
    "correction",
)
"""Of the table, in their order."""


@dataclass(frozen=True)
class Stated:
    """One estimate with its interval and test, as a summary quotes it.

    Parameters
    ----------
    question
        What was asked, in words: ``AUC of the CNN``, ``passage and accuracy``.
    estimate
        What the number is: ``ROC AUC``, ``Spearman's rho``, ``share of variance``; empty where there is none.
    value, interval
        The number and its 95 % interval; NaN where there is none.
    method
        How the interval was made: ``Newcombe``, ``bootstrap over clones``.
    pvalue
        The test; None where nothing was tested.
    corrected, correction
        p corrected for the number of tests, and how (``Holm over 3 metrics``).
    """

    question: str
    estimate: str = ""
    value: float = np.nan
    interval: Interval = NO_INTERVAL
    method: str = ""
    pvalue: PValue | None = None
    corrected: float = np.nan
    correction: str = ""

    def __post_init__(self) -> None:
        if not isnan(self.corrected) and not self.correction:
            raise ArgumentError(f"{self.question}: a corrected p-value without its correction; name it.")

    def row(self) -> dict[str, object]:
        """Columns of the table: `COLUMNS`."""
        low, high = self.interval
        method = "" if isnan(low) and isnan(high) else self.method
        made = asdict(self) | {"low": low, "high": high, "interval": method}
        made |= {"p_corrected": self.corrected, "of": "", "test": "", "p": np.nan, "smallest_p": np.nan}
        if self.pvalue is not None:
            sided = "" if self.pvalue.sided == "two-sided" else f", {self.pvalue.sided}"
            made |= self.pvalue.row() | {"of": self.pvalue.noun, "test": f"{self.pvalue.test}{sided}"}
        return {name: made.get(name) for name in COLUMNS}


def statistics_table(rows: Iterable[Stated]) -> pd.DataFrame:
    """Give the table of what a summary quotes; columns `COLUMNS`, of no rows where nothing was estimated."""
    table = pd.DataFrame([row.row() for row in rows], columns=list(COLUMNS))
    return table.astype({"n": "Int64"})
