"""Statistics of a study's wells, of several values at once: the model's score, and what was measured."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from hcs.analysis.finding import Finding, Shown
from hcs.analysis.question import Question
from hcs.analysis.stated import statistics_table
from hcs.wording import counted, sentence, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

MOST_WORDS = 110
SCORE = "score"
PLACE = ("plate", "well", "group", "label", "role")
"""What stands beside a well's value, as far as it is known."""


@dataclass(frozen=True, repr=False)
class OfValues(Shown):
    """One statistic of several values of the same wells.

    Parameters
    ----------
    findings
        By the name of the value; the first one is drawn.
    table
        Their tables, one below the other, with the column ``measure`` before them.
    plates
        Likewise what they say of plates, where they say it in a table of its own.
    """

    findings: Mapping[str, Finding]
    table: pd.DataFrame = field(init=False)
    plates: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "table", self._below("table"))
        object.__setattr__(self, "plates", self._below("plates"))

    def _below(self, part: str) -> pd.DataFrame:
        """One part of every finding; columns that bear the value's name are called after what they hold."""
        rows = []
        for name, found in self.findings.items():
            own = getattr(found, part, pd.DataFrame())
            short = {column: str(column).removeprefix(f"{name}_") for column in own}
            called = {old: new for old, new in short.items() if new not in own} | {name: "value"}
            rows.append(own.rename(columns=called).assign(measure=name))
        joined = pd.concat(rows, ignore_index=True)
        return joined[["measure", *joined.columns.drop("measure")]] if len(joined.columns) > 1 else joined[[]]

    @property
    def caveats(self) -> tuple[str, ...]:
        """Those of every finding, each once."""
        return tuple(dict.fromkeys(one for found in self.findings.values() for one in found.caveats))

    def headline(self) -> str:
        """Give the main thing of the first value."""
        return next(iter(self.findings.values())).headline()

    @property
    def statistics(self) -> pd.DataFrame:
        """Those of every value, named by it."""
        rows = [
            made.assign(question=spaced(name) + ": " + made["question"])
            for name, found in self.findings.items()
            if len(made := found.statistics)
        ]
        return pd.concat(rows, ignore_index=True) if rows else statistics_table(())

    def summary(self) -> str:
        """Say all of the first value, the main thing of as many as `MOST_WORDS` allow, every caveat once."""
        first, *others = self.findings.values()
        said = [first.summary().removesuffix(sentence(*first.caveats)).strip()]
        said += [found.headline() for found in others]
        words = np.cumsum([len(text.split()) for text in said]) + len(sentence(*self.caveats).split())
        shown = said[: max(1, int((words <= MOST_WORDS).sum()))]
        left = len(said) - len(shown)
        more = (
            f"{counted(left, 'more value')} {'stands' if left == 1 else 'stand'} in the table."
            if left
            else ""
        )
        return sentence(*shown, more, *self.caveats)

    def plot(self) -> "Panels":
        """Draw the first value; its axes."""
        return next(iter(self.findings.values())).plot()


def of_wells(
    asked: Question, make: Callable[[pd.DataFrame, str], Finding], beside: Iterable[str] = ()
) -> OfValues:
    """Make a statistic of every value that a study has of its wells.

    Parameters
    ----------
    asked
        Whose wells and scores.
    make
        Makes it from a table of wells and the name of its column of values.
    beside
        Further columns of the wells that it looks at.

    Raises
    ------
    ArgumentError
        There is neither a score nor a measurement.
    """
    wells = asked.once(study_wells)
    kept = [name for name in dict.fromkeys((*PLACE, *beside)) if name in wells]
    return OfValues({name: make(wells[list(dict.fromkeys((*kept, name)))], name) for name in _values(asked)})


def of_parts(asked: Question, make: Callable[[pd.DataFrame, str, str], Finding]) -> OfValues:
    """Make a statistic of the parts of wells: of every tile's score, and of what was measured in every field.

    `make` takes the table of parts, the name of its column of values, and what a part is called.
    """
    plated = asked.evidence.plated
    scores = _scores(asked)
    scores = scores[scores["model"] == asked.model] if len(scores) else scores
    return OfValues(
        {
            name: make(scores, name, "tile") if name == SCORE else make(plated.fields, name, "field")
            for name in _values(asked)
        }
    )


def study_wells(asked: Question) -> pd.DataFrame:
    """Every well of a study, of neither class too, with its score and what was measured in it."""
    plated, keys = asked.evidence.plated, ["plate", "well"]
    wells = plated.wells
    for rows, names in ((plated.fields, plated.measured), (_scores(asked), [SCORE])):
        if len(rows):
            own = rows[rows["model"] == asked.model] if "model" in rows else rows
            means = own.groupby(keys, as_index=False)[list(names)].mean()
            wells = wells.drop(columns=list(names), errors="ignore").merge(means, on=keys, how="left")
    return wells


def _scores(asked: Question) -> pd.DataFrame:
    """Scores of every tile, in the column `SCORE`."""
    return asked.evidence.plated.scores.rename(columns={"probability": SCORE})


def _values(asked: Question) -> list[str]:
    """Names of the values that there are, the score first."""
    wells = asked.once(study_wells)
    there = [name for name in (SCORE, *asked.evidence.plated.measured) if name in wells]
    if found := [name for name in there if wells[name].notna().any()]:
        return found
    raise ArgumentError("No well has a score of the model or a measurement.")
