"""Covariates of clones and donors: whether what is known of the patients goes with accuracy or score."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clinical import by_unit, is_number
from hcs.analysis.clones.passages import COLUMNS
from hcs.analysis.clones.units import DONOR, clinical_rows, come_from, donors_of
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.statistics.association import rank_association
from hcs.statistics.contrast import group_contrast
from hcs.statistics.equivalence import (
    ALPHA,
    BOUND,
    EQUIVALENT,
    RELATED,
    UNDECIDED,
    UNKNOWN,
    equivalence_test,
    smallest_contrast,
    smallest_detectable,
)
from hcs.statistics.frames import one_row_per_clone, require_columns
from hcs.statistics.pvalues import PValue, adjust_pvalues, told
from hcs.statistics.words import Words
from hcs.wording import capital, counted, have, listed, plural, sentence, spaced

NUMBER, TWO, SEVERAL = "number", "two groups", "several groups"
OUTCOMES = {"accuracy": ("#009E73", "o"), "score": ("#CC79A7", "D")}
"""Look of each outcome: none is a diagnosis's."""
EFFECTS = {NUMBER: "Spearman's rho", TWO: "rank-biserial correlation", SEVERAL: "epsilon squared"}
TABLE = (
    "model", "covariate", "outcome", "kind", "n", "within", "effect_name", "effect", "low", "high", "p",
    "smallest_p", "holm", "bh", "detectable", "excluded", "verdict", "test", "sentence",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class CovariateEffects(Shown):
    """Every covariate against accuracy and score of the clones.

    Parameters
    ----------
    table
        One row per covariate, outcome and model: kind (number, two groups, several groups), n (clones with
        both), within (empty where they are of one diagnosis), effect with its name and percentile bootstrap
        limits, p, smallest_p, holm, bh (over all rows), detectable (smallest effect seen with 80 % power, on
        the effect's scale), excluded (numbers: stronger correlations are excluded), verdict (by Holm's p),
        test, sentence.
    bound
        Correlations within ±bound count as none.
    noun
        What n counts.
    """

    table: pd.DataFrame
    bound: float = BOUND
    noun: str = "clone"
    caveats: tuple[str, ...] = ()

    def summary(self) -> str:
        """Say which covariates go with an outcome, which do not, and how many clones stand behind each."""
        if self.table.empty:
            return sentence("No covariate could be tested.", *self.caveats)
        rows = self.table.to_dict("records")
        tested = [row for row in rows if row["p"] == row["p"]]
        pairs = f"Of {counted(len(rows), 'pair')} of covariate and outcome, {len(tested)} could be tested"
        numbers = Counter(row["verdict"] for row in tested)
        said = [
            f"{numbers[verdict]} {words}"
            for verdict, words in (
                (RELATED, "related (Holm-corrected p ≤ 0.05)"),
                (EQUIVALENT, f"without a relation of note (within ±{self.bound:g})"),
                (UNDECIDED, "undecided, since a relation may be too weak to be seen with so few"),
            )
            if verdict in numbers
        ]
        named = self.table["model"].nunique() > 1
        every = sorted(tested, key=lambda row: row["verdict"] != RELATED)
        tests = told(PValue.of(row, self.noun) for row in every)
        return sentence(
            f"{pairs}: {listed(said)}." if said else f"{pairs}.",
            *(_sentence(row, named, test) for row, test in zip(every, tests, strict=True)),
            *(row["sentence"] for row in rows if row["verdict"] == UNKNOWN),
            *self.caveats,
        )

    def plot(self) -> Panels:
        """Draw every effect with its interval and n; its axes."""
        if not self.table["p"].notna().any():
            return Panels.none(self.summary(), self.table)
        several = self.table["model"].nunique() > 1
        marks = {TWO: "*", SEVERAL: "**"}
        rows = self.table.rename(columns={"effect": "estimate"}).assign(
            label=[
                spaced(row.covariate)
                + (f" · {model_name(row.model)}" if several else "")
                + marks.get(row.kind, "")
                for row in self.table.itertuples()
            ],
            group=self.table["outcome"],
        )
        names = {TWO: "* rank-biserial correlation", SEVERAL: "** epsilon squared"}
        kinds = [names[kind] for kind in (TWO, SEVERAL) if (rows["kind"] == kind).any()]
        axis = "; ".join([f"Spearman's rho and its 95 % interval over {plural(self.noun)}", *kinds])
        panel = Rows(
            rows,
            axis,
            limits=(-1.05, 1.05),
            reference=0.0,
            band=None if np.isnan(self.bound) else (-self.bound, self.bound),
            looks=OUTCOMES,
            missing="not known",
        )
        words = {"band": f"within ±{self.bound:g}: counts as none"}
        return Panels.of(interval_figure(panel, words=words), self.table)


def covariate_effects(  # noqa: PLR0913 – two tables' columns and their words, each by its own name
    groups: pd.DataFrame,
    clinical: pd.DataFrame,
    *,
    columns: Sequence[str] | None = None,
    donors: pd.Series | None = None,
    group: str = "group",
    label: str = "label",
    label_name: str = "diagnosis",
    bound: float = BOUND,
    noun: str = "clone",
    seed: int = 0,
) -> CovariateEffects:
    """Hold accuracy and score of every clone against each covariate.

    Numbers by Spearman's correlation, two groups by the difference of means, more by Kruskal–Wallis, all by
    permutation of clones. A covariate known for several diagnoses is tested within them, one known for
    patients only over the patients. Where a donor gave several clones, the donor is the unit.

    Parameters
    ----------
    groups
        One row per clone (and model): group, label, correct, probability.
    clinical
        Covariates by clone or donor (the index), as `read_clinical` gives them.
    columns
        Those to test; None takes all.
    donors
        Donor of every clone (index: clone). Needed where `clinical` is by donor; without it a column
        ``donor`` of `clinical` is used.
    group, label
        Names of columns.
    label_name, noun
        Words for the label and the unit.
    bound
        Correlations within ±bound count as none.
    seed
        Of permutations and resamples.

    Raises
    ------
    ArgumentError
        A column is missing or no number where one must be; a row of `clinical` or of `groups` is there twice.
    """
    table, caveats = one_row_per_clone(groups, group=group, label=label, noun=noun)
    known = clinical_rows(clinical)
    wanted = [name for name in known.columns if name != DONOR] if columns is None else list(columns)
    require_columns(known, wanted, "The clinical table")
    units, noun, said = _units(table["group"].drop_duplicates(), known, donors, noun)
    known, more = by_unit(known, units, wanted)
    table = table.assign(group=table["group"].map(units))
    rows = _rows(table, known[wanted], Words(within=label_name, noun=noun), seed)
    if absent := sorted(set(table["group"]) - set(known.index)):
        lacking = f"{counted(len(absent), noun)} {have(len(absent))} no row of covariates: {listed(absent)}."
        more = (*more, lacking)
    return CovariateEffects(_judged(rows, bound, noun), bound, noun, (*caveats, *said, *more))


def _units(
    clones: pd.Series, known: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """Map clones to units: to donors where covariates are by donor, or where a donor gave several clones."""
    of, said = donors_of(clones, known, donors, noun)
    n = len(set(of.values()))
    by_donor = not set(known.index) & set(clones) and bool(set(known.index) & set(of.values()))
    if n == len(clones) and not by_donor:
        return {clone: clone for clone in clones}, noun, ()
    return of, DONOR, (*filter(None, [come_from(len(clones), n, noun)]), *said)


def _rows(table: pd.DataFrame, known: pd.DataFrame, words: Words, seed: int) -> list[dict[str, Any]]:
    """Test every covariate against every outcome of every model."""
    rows = []
    for model, part in table.groupby("model", sort=False):
        outcomes = part.groupby("group")[["correct", "probability"]].mean()
        label = part.groupby("group")["label"].first()
        for column in known:
            covariate = known[column].reindex(outcomes.index)
            for outcome, of in COLUMNS.items():
                own = replace(words, x=str(column), y=outcome)
                rows.append({"model": str(model), **_effect(covariate, outcomes[of], label, own, seed)})
    return rows


def _effect(
    covariate: pd.Series, outcome: pd.Series, label: pd.Series, words: Words, seed: int
) -> dict[str, Any]:
    """Test one covariate against one outcome, within diagnoses where it is known for several."""
    known = covariate.notna() & outcome.notna() & label.notna()
    x, strata = covariate[known], label[known] if label[known].nunique() > 1 else None
    # Flags and codes of two values are groups, whatever they are written as.
    number = is_number(x) and x.nunique() != 2
    measure: Any = rank_association if number else group_contrast
    found = measure(x, outcome[known], within=strata, words=words, seed=seed)
    adjusted = strata.nunique() - 1 if strata is not None else 0
    if number:
        kind, effect = NUMBER, found.rho
        detectable = smallest_detectable(len(found.values), adjusted=adjusted)
    else:
        kind, effect = SEVERAL if len(found.levels) > 2 else TWO, found.effect
        sizes = [int(size) for size in found.values["x"].value_counts()]
        detectable = smallest_contrast(sizes, adjusted=adjusted)
    return {
        "covariate": words.x,
        "outcome": words.y,
        "kind": kind,
        "within": found.words.within,
        "effect_name": EFFECTS[kind],
        "effect": effect,
        "low": found.interval.low,
        "high": found.interval.high,
        "detectable": detectable,
        "adjusted": adjusted,
        "caveats": sentence(*found.caveats),
        **found.pvalue.row(),
    }


def _judged(rows: list[dict[str, Any]], bound: float, noun: str) -> pd.DataFrame:
    """Correct p for the number of tests, and say of each what it means."""
    if not rows:
        return pd.DataFrame(columns=list(TABLE))
    table = pd.DataFrame(rows)
    for method in ("holm", "bh"):
        table[method] = adjust_pvalues(table["p"].to_numpy(dtype=float), method)
    named, judged = table["model"].nunique() > 1, []
    for row in table.to_dict("records"):
        verdict, excluded = _verdict(row, bound)
        test = PValue.of(row, noun).sentence()
        said = _sentence(row | {"verdict": verdict}, named, test)
        judged.append((verdict, excluded, sentence(said, row["caveats"])))
    table[["verdict", "excluded", "sentence"]] = pd.DataFrame(judged, index=table.index)
    return table[list(TABLE)]


def _verdict(row: dict[Any, Any], bound: float) -> tuple[str, float]:
    """Verdict by Holm's p, and the correlation that is excluded."""
    if np.isnan(row["p"]):
        return UNKNOWN, np.nan
    if row["kind"] != NUMBER:
        return RELATED if row["holm"] <= ALPHA else UNDECIDED, np.nan
    judged = equivalence_test(row["effect"], row["n"], p=row["holm"], bound=bound, adjusted=row["adjusted"])
    return judged.verdict, judged.excluded


def _sentence(row: dict[Any, Any], named: bool, test: str) -> str:
    """Tell one row: effect, test, verdict, and what could have been seen."""
    said = f"{capital(row['outcome'])} and {spaced(row['covariate'])}"
    said += f" ({model_name(row['model'])})" if named and row["model"] else ""
    if row["verdict"] == UNKNOWN:
        return f"{said}: not known."
    said += f": {row['verdict']}, {row['effect_name']} {row['effect']:.2f}"
    if row["low"] == row["low"]:
        said += f" ({row['low']:.2f} to {row['high']:.2f})"
    said += f"; {test}, Holm {row['holm']:.2g}"
    if row["verdict"] == RELATED:
        return f"{said}."
    seen = "no effect" if np.isnan(row["detectable"]) else f"{row['detectable']:.2f}"
    return f"{said}; {seen} could have been seen."


def _ask(asked: Question) -> CovariateEffects:
    table, seen = asked.clinical_table(), asked.evidence
    if table.key == "donor":
        asked.needs("donor")
    donors = seen.donors if seen.has("donor") else None
    label = seen.classes.label
    return covariate_effects(seen.groups, table.values, donors=donors, label_name=label, **asked.common)


ANALYSIS = Analysis("covariates", "Clinical data", StudySection.COVARIATES, _ask, checked=True)
