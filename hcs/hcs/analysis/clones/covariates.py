"""Covariates of clones and donors: whether what is known of the patients goes with accuracy or score."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clinical import by_unit, is_number
from hcs.analysis.clones.passage_relations import COLUMNS
from hcs.analysis.clones.units import DONOR, clinical_rows, come_from, donors_of
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.intervals import Rows, interval_figure
from hcs.figures.panels import Panels
from hcs.figures.theme import model_name
from hcs.statistics.association import INTERVAL as FISHER
from hcs.statistics.association import rank_association
from hcs.statistics.bootstrap import Interval, span
from hcs.statistics.contrast import INTERVAL as NEWCOMBE
from hcs.statistics.contrast import group_contrast
from hcs.statistics.equivalence import (
    BOUND,
    EQUIVALENT,
    RELATED,
    UNKNOWN,
    equivalence_test,
    smallest_contrast,
    smallest_detectable,
    verdicts,
)
from hcs.statistics.frames import one_row_per_clone, require_columns
from hcs.statistics.pvalues import ALPHA, PValue, adjust_pvalues
from hcs.statistics.words import Words
from hcs.wording import counted, have, listed, plural, sentence, spaced

NUMBER, TWO, SEVERAL = "number", "two groups", "several groups"
OUTCOMES = {"accuracy": ("#009E73", "o"), "score": ("#CC79A7", "D")}
"""Look of each outcome: none is a diagnosis's."""
METHODS = {NUMBER: FISHER, TWO: NEWCOMBE, SEVERAL: ""}
MOST = 4
"""Reasons why a covariate cannot be tested that are written out."""
EFFECTS = {NUMBER: "Spearman's rho", TWO: "rank-biserial correlation", SEVERAL: "epsilon squared"}
TABLE = (
    "model", "covariate", "outcome", "kind", "n", "within", "effect_name", "effect", "low", "high", "p",
    "smallest_p", "holm", "bh", "detectable", "excluded", "equivalence_p", "equivalence_holm", "verdict",
    "test", "caveats",
)  # fmt: skip


@dataclass(frozen=True, repr=False)
class CovariateEffects(Shown):
    """Every covariate against accuracy and score of the clones.

    Parameters
    ----------
    table
        One row per covariate, outcome and model: kind (number, two groups, several groups), n (clones with
        both), within (empty where they are of one diagnosis), effect with its name and 95 % limits, p,
        smallest_p, holm, bh (over all rows), detectable (smallest effect seen with 80 % power, on the
        effect's scale), of numbers excluded (stronger correlations are excluded), equivalence_p and
        equivalence_holm; verdict (by Holm's p either way), test, caveats.
    bound
        Correlations within ±bound count as none.
    noun
        What n counts.
    """

    table: pd.DataFrame
    bound: float = BOUND
    noun: str = "clone"
    caveats: tuple[str, ...] = ()

    @property
    def statistics(self) -> pd.DataFrame:
        """Every effect with its interval and test."""
        known = self._tested()
        several, correction = self.table["model"].nunique() > 1, f"Holm over {counted(len(known), 'test')}"
        return statistics_table(
            Stated(
                _pair(row, several) + (f" within {spaced(row['within'])}" if row["within"] else ""),
                row["effect_name"],
                row["effect"],
                Interval(row["low"], row["high"]),
                METHODS[row["kind"]],
                PValue.of(row, self.noun),
                row["holm"],
                correction,
            )
            for row in known
        )

    def headline(self) -> str:
        """Say which covariates are associated with accuracy or score, or what could have been missed."""
        tested, several = self._tested(), self.table.empty or self.table["model"].nunique() > 1
        if not tested:
            return "No covariate can be tested."
        n = counted(max(row["n"] for row in tested), self.noun)
        related = sorted((row for row in tested if row["verdict"] == RELATED), key=lambda row: row["holm"])
        if related:
            first, *others = [_pair(row, several) for row in related]
            n = counted(related[0]["n"], self.noun)
            return f"Associated: {listed([f'{first} ({_size(related[0])}; {n})', *others], most=2)}."
        if all(row["verdict"] == EQUIVALENT for row in tested):
            said = "No covariate is associated with accuracy or score"
            return f"{said}: all correlations over {n} lie within ±{self.bound:g}."
        seen = [row["detectable"] for row in tested]
        missed = "even strong ones" if np.isnan(seen).any() else f"ones weaker than {max(seen):.2f}"
        if len(tested) * min(row["smallest_p"] for row in tested) > ALPHA:
            return f"Whether a covariate matters cannot be known with {n}."
        said = f"No association of a covariate with accuracy or score is shown over {n}"
        return f"{said}; {missed} could have been missed."

    def summary(self) -> str:
        """Give the headline, what cannot be tested and why, and what the numbers cannot say."""
        rows = self.table.to_dict("records")
        why = {row["covariate"]: row["caveats"] for row in rows if row["verdict"] == UNKNOWN}
        why = {name: said for name, said in why.items() if said}
        for row in self._tested():
            why.pop(row["covariate"], None)
        beside = []
        if none := [row for row in rows if row["verdict"] == EQUIVALENT]:
            of = counted(len(self._tested()), "test")
            beside.append(f"Of {of}, {len(none)} exclude correlations beyond ±{self.bound:g}.")
        reasons = list(dict.fromkeys(why.values()))
        more = counted(len(reasons) - MOST, "more covariate")
        left = [f"{more} cannot be tested."] if len(reasons) > MOST else []
        return sentence(self.headline(), *beside, *reasons[:MOST], *left, *self.caveats)

    def _tested(self) -> list[dict[Any, Any]]:
        return [row for row in self.table.to_dict("records") if row["p"] == row["p"]]

    def plot(self) -> Panels:
        """Draw every effect with its interval and n; its axes."""
        if not self.table["p"].notna().any():
            return Panels.none(self.headline(), self.table)
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
    judged = [
        equivalence_test(row["effect"], row["n"], bound=bound, adjusted=row["adjusted"], noun=noun)
        if row["kind"] == NUMBER
        else None
        for row in rows
    ]
    table["excluded"] = [np.nan if one is None else one.excluded for one in judged]
    table["equivalence_p"] = [np.nan if one is None else one.pvalue.value for one in judged]
    table["holm"], table["equivalence_holm"], table["verdict"] = verdicts(
        table["p"].to_numpy(dtype=float), table["equivalence_p"].to_numpy(dtype=float)
    )
    table["bh"] = adjust_pvalues(table["p"].to_numpy(dtype=float), "bh")
    return table[list(TABLE)]


def _pair(row: dict[Any, Any], several: bool) -> str:
    """Name covariate and outcome, and the model where there are several."""
    of = f" of the {model_name(row['model'])}" if several and row["model"] else ""
    return f"{spaced(row['covariate'])} with {row['outcome']}{of}"


def _size(row: dict[Any, Any]) -> str:
    """Give an effect with its interval."""
    limits = "" if np.isnan(row["low"]) else f", 95 % interval {span(row['low'], row['high'])}"
    return f"{row['effect_name']} {row['effect']:.2f}{limits}"


def _ask(asked: Question) -> CovariateEffects:
    table, seen = asked.clinical_table(), asked.evidence
    if table.key == "donor":
        asked.needs("donor")
    donors = seen.donors if seen.has("donor") else None
    label = seen.classes.label
    return covariate_effects(seen.groups, table.values, donors=donors, label_name=label, **asked.common)


ANALYSIS = Analysis("covariates", "Clinical data", StudySection.COVARIATES, _ask, checked=True)
