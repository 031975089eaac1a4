"""One effect of the diagnosis, with donors, clones and batches in their places.

Wells of a clone, clones of a donor and donors of a batch are alike, so a model of the wells has a random
effect for each. Its fixed effect of the diagnosis is here the difference of donors (clones) within batches,
each level averaged with equal weights: in a balanced design that is the estimate of the mixed model (Searle
1971), and diagnoses permuted within batches give p and interval without asking how well three batches or six
donors tell a variance. The formula's interval is too narrow there (Kenward & Roger 1997).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from hcs.analysis.clones.compared import class_rows
from hcs.analysis.clones.effect_rows import asked_columns, corrected, drawn, stated
from hcs.analysis.clones.effect_words import answer, outstanding, shared_caveats
from hcs.analysis.clones.groups import two_classes
from hcs.analysis.clones.stratified_units import TRAINED, batch_column, scored_wells, stratified_units
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.statistics.pvalues import PValue
from hcs.statistics.stratified import stratified_difference
from hcs.tables.compared import Classes
from hcs.wording import counted, plural, sentence, spaced

TEST = "Permutation test of the diagnosis"
TABLE = (
    "measurement", "n", "n_first", "n_second", "strata", "estimate", "low", "high", "spread", "crude", "test",
    "p", "smallest_p", "p_adjusted",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class DiagnosisEffect(Shown):
    """Effect of the diagnosis on each measurement.

    Parameters
    ----------
    table
        One row per measurement: n (units in batches that hold both classes), n_first, n_second, strata
        (batches, or sets of them, that hold both), estimate (first class minus second within batches), low,
        high (95 %), spread (SD of units within class and batch), crude (the difference without batches),
        test, p, smallest_p, p_adjusted.
    units
        measurement, group, label, value, stratum, n_rows; one row per unit.
    classes
        The two classes.
    batch
        What names the batch; empty without any.
    correction
        How p_adjusted was made.
    noun
        What a unit is.
    """

    table: pd.DataFrame
    units: pd.DataFrame
    classes: tuple[str, str]
    batch: str
    correction: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def headline(self) -> str:
        """Say which measurements the diagnosis changes, which way, and by how much."""
        return answer(self.table, self.classes, self.noun, self._within(), correction=self.correction)

    def summary(self) -> str:
        """Give the headline, what stands out, how far batches mattered, and the caveats."""
        return sentence(self.headline(), *outstanding(self.table), *self.caveats)

    @property
    def statistics(self) -> pd.DataFrame:
        """Estimate, interval and test of each measurement, and the difference without batches."""
        made = stated(self.table, self.classes, self.noun, self.correction)
        if self.batch:
            without = f"mean difference without {plural(spaced(self.batch))}"
            crude = zip(made, self.table["crude"], strict=True)
            made += [Stated(one.question, without, value) for one, value in list(crude)]
        return statistics_table(made)

    def plot(self) -> Panels:
        """Draw every effect in standard deviations of units, with its interval; its axes."""
        first, second = map(spaced, self.classes)
        over = f"{first} − {second} over {plural(self.noun)} {self._within()}".strip()
        return drawn(self.table, self.table["spread"], f"{over} (in SD)", self.caveats)

    def _within(self) -> str:
        return f"within {plural(spaced(self.batch))}" if self.batch else ""


def diagnosis_effect(  # noqa: PLR0913 – the table's columns and the classes, each by its own name
    table: pd.DataFrame,
    value: str | Sequence[str],
    *,
    group: str = "group",
    label: str = "label",
    labels: Sequence[str] | None = None,
    batch: str | None = None,
    correction: str = "holm",
    noun: str = "clone",
    seed: int = 0,
) -> DiagnosisEffect:
    """Estimate the effect of the diagnosis on measurements, over donors or clones within batches.

    Parameters
    ----------
    table
        Rows of wells or images. They are averaged per plate, clone and batch, and per donor where the table
        has a column ``donor`` and a donor gave several clones.
    value
        Column or columns of numbers.
    group, label
        Columns that name the clone and its class.
    labels
        The two classes, effects being first minus second; by default the two there are, in rising order.
    batch
        Column within whose values classes are compared; None compares all with all.
    correction
        For several measurements: ``holm`` or ``bh``.
    noun, seed
        What a unit is; of the permutations.

    Returns
    -------
    DiagnosisEffect
        The interval holds the effects that the permutation test does not reject
        (`hcs.statistics.stratified`).

    Raises
    ------
    ArgumentError
        A column that is not there or holds no numbers, more than two classes without `labels`.

    Examples
    --------
    >>> clones = pd.DataFrame({"group": list("abcdefgh"), "label": ["ALS", "control"] * 4})
    >>> clones = clones.assign(run=[1] * 4 + [2] * 4, area=[5.0, 3.1, 6, 3.9, 15, 12.9, 16.2, 14])
    >>> found = diagnosis_effect(clones, "area", batch="run")
    >>> found.table[["estimate", "p", "smallest_p"]].round(3).values.tolist()
    [[2.075, 0.056, 0.056]]
    """
    table, columns = asked_columns(table, value, (group, label, batch), correction)
    classes = two_classes(table, label, labels)
    chosen = class_rows(table, group, Classes(*classes, label, noun))
    noun, nouns = chosen.classes.noun, chosen.classes.nouns
    test = TEST if batch is None else f"{TEST} within {plural(spaced(batch))}"
    rows, units, said = [], [], {}
    for column in columns:
        made = stratified_units(chosen, column, batch)
        first = (made.values["label"] == classes[0]).to_numpy()
        values, strata = made.values["value"].to_numpy(), made.values["stratum"].tolist()
        found = stratified_difference(values, first, strata, seed=seed)
        units.append(made.values.assign(measurement=column))
        counts = {"n_first": int(first.sum()), "n_second": int((~first).sum())}
        crude = values[first].mean() - values[~first].mean() if 0 < first.sum() < len(first) else np.nan
        limits = {"estimate": found.estimate, "low": found.interval.low, "high": found.interval.high}
        p = PValue(found.p, test, found.n, found.smallest_p, nouns)
        more = {"measurement": column, "spread": found.spread, "crude": crude}
        rows.append(counts | limits | more | p.row() | {"strata": _strata(made.values)})
        said[spaced(column)] = (*made.caveats, *_left(made.values, found.n, batch, noun))
    caveats = (*chosen.caveats, *shared_caveats(said))
    every = pd.concat(units, ignore_index=True)
    return DiagnosisEffect(
        corrected(rows, TABLE, correction),
        every,
        classes,
        batch or "",
        correction,
        tuple(dict.fromkeys(caveats)),
        noun,
    )


def _strata(units: pd.DataFrame) -> int:
    return int((units.groupby("stratum")["label"].nunique() > 1).sum())


def _left(units: pd.DataFrame, n: int, batch: str | None, noun: str) -> tuple[str, ...]:
    """Say what strata of one class cost."""
    lost = len(units) - n
    if not n:
        where = (
            "there is one class only"
            if batch is None or units["label"].nunique() < 2
            else (f"diagnosis and {spaced(batch)} are confounded: no {spaced(batch)} holds both classes")
        )
        return (f"{where}.",)
    if lost:
        return (f"{counted(lost, noun)} in {plural(spaced(batch))} of one class tell nothing here.",)
    return ()


def _ask(asked: Question) -> DiagnosisEffect:
    wells, names = scored_wells(asked)
    batch, labels = batch_column(asked, wells), asked.evidence.classes.both
    found = diagnosis_effect(wells, names, labels=labels, batch=batch, **asked.common)
    return replace(found, caveats=(*found.caveats, TRAINED))


ANALYSIS = Analysis("diagnosis_effect", "Effect of the diagnosis within batches", StudySection.GROUPS, _ask)
