"""Covariates of clones and donors: whether what is known of the patients goes with accuracy or score."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from hcs.analysis.clinical import by_unit, is_number
from hcs.analysis.clones.passages import COLUMNS
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
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
from hcs.statistics.pvalues import PValue, adjust_pvalues
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError

if TYPE_CHECKING:
    from hcs.figures.panels import Panels

NUMBER, TWO, SEVERAL = "number", "two groups", "several groups"
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
        """Say which covariates go with an outcome, which do not, and how many clones stand behind each.

        Relations and what could not be tested are told in full, the others in short; column ``sentence`` of
        the table has all.
        """
        if self.table.empty:
            return sentence("No covariate could be tested.", *self.caveats)
        tested = self.table[self.table["p"].notna()]
        pairs = (
            f"Of {counted(len(self.table), 'pair')} of covariate and outcome, {len(tested)} could be tested"
        )
        numbers = tested["verdict"].value_counts()
        said = [
            f"{numbers[verdict]} {words}"
            for verdict, words in (
                (RELATED, "related (Holm-corrected p ≤ 0.05)"),
                (EQUIVALENT, f"without a relation of note (within ±{self.bound:g})"),
                (UNDECIDED, "undecided, since a relation may be too weak to be seen with so few"),
            )
            if verdict in numbers
        ]
        told = self.table["verdict"].isin([RELATED, UNKNOWN])
        return sentence(
            f"{pairs}: {listed(said)}." if said else f"{pairs}.",
            *self.table.loc[told, "sentence"],
            *(_short(row, self.noun) for row in self.table[~told].to_dict("records")),
            *self.caveats,
        )

    def plot(self) -> "Panels":
        """Draw every effect with its interval and n; its axes."""
        from hcs.figures.associations import forest_figure
        from hcs.figures.panels import Panels
        from hcs.figures.theme import empty_figure

        if not self.table["p"].notna().any():
            return Panels.of(empty_figure(self.summary()), self.table)
        several = self.table["model"].nunique() > 1
        rows = self.table.assign(
            row=[
                spaced(row.covariate) + (f" · {model_name(row.model)}" if several else "")
                for row in self.table.itertuples()
            ],
            series=self.table["outcome"],
            mark=[{TWO: "*", SEVERAL: "**"}.get(kind, "") for kind in self.table["kind"]],
        )
        rows["row"] += rows["mark"]
        names = {TWO: "* rank-biserial correlation", SEVERAL: "** epsilon squared"}
        kinds = [names[kind] for kind in (TWO, SEVERAL) if (rows["kind"] == kind).any()]
        axis = "; ".join(["Spearman's rho and its 95 % interval", *kinds])
        return Panels.of(forest_figure(rows, bound=self.bound, noun=self.noun, axis=axis), self.table)


def covariate_effects(
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
        Names of columns of `groups`.
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

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> names = [f"c{i}" for i in range(12)]
    >>> table = pd.DataFrame({"group": names, "label": ["ALS", "control"] * 6, "probability": rng.random(12)})
    >>> table["correct"] = rng.uniform(0.6, 1, 12)
    >>> clinical = pd.DataFrame({"duration_months": [3.0, None] * 6, "sex": list("ffmm") * 3}, index=names)
    >>> clinical["duration_months"] += np.arange(12)
    >>> found = covariate_effects(table, clinical)
    >>> found.table[["covariate", "outcome", "kind", "n"]].values.tolist()[::2]
    [['duration_months', 'accuracy', 'number', 6], ['sex', 'accuracy', 'two groups', 12]]
    """
    table, caveats = one_row_per_clone(groups, group=group, label=label, noun=noun)
    known = clinical.set_axis(clinical.index.astype(str))
    if known.index.has_duplicates:
        twice = known.index[known.index.duplicated()][0]
        raise ArgumentError(f"The clinical table has {twice!r} twice; give one row for each.")
    wanted = [name for name in known.columns if name != "donor"] if columns is None else list(columns)
    require_columns(known, wanted, "The clinical table")
    units, noun, said = _units(table, known, donors, noun)
    known, more = by_unit(known, units, wanted)
    names = {"within_name": label_name, "noun": noun}
    rows = []
    for model, part in table.assign(group=table["group"].map(units)).groupby("model", sort=False):
        outcomes = part.groupby("group")[["correct", "probability"]].mean()
        outcomes["label"] = part.groupby("group")["label"].first()
        for column in wanted:
            covariate = known[column].reindex(outcomes.index)
            for outcome, of in COLUMNS.items():
                row = _effect(covariate, outcomes[of], outcomes["label"], outcome, names, seed)
                rows.append({"model": str(model), **row})
    absent = sorted(set(table["group"].map(units)) - set(known.index))
    if absent:
        verb = "has" if len(absent) == 1 else "have"
        more = (*more, f"{counted(len(absent), noun)} {verb} no row of covariates: {listed(absent)}.")
    return CovariateEffects(_judged(rows, bound, noun), bound, noun, (*caveats, *said, *more))


def _units(
    table: pd.DataFrame, known: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """Map clones to units: to donors where covariates are by donor, or where a donor gave several clones."""
    clones = list(dict.fromkeys(table["group"]))
    same = {clone: clone for clone in clones}
    if donors is None and "donor" in known:
        donors = known["donor"]
    if donors is None:
        return same, noun, ()
    held = donors.set_axis(donors.index.astype(str)).dropna().astype(str)
    several = held.groupby(held.index).nunique()
    if (several > 1).any():
        raise ArgumentError(f"Clone {several.index[several > 1][0]!r} has several donors; a clone has one.")
    held = held[~held.index.duplicated()]
    of = {clone: str(held.get(clone, clone)) for clone in clones}
    by_donor = not set(known.index) & set(clones) and bool(set(known.index) & set(of.values()))
    if len(set(of.values())) == len(clones) and not by_donor:
        return same, noun, ()
    said: tuple[str, ...] = ()
    if len(set(of.values())) < len(clones):
        said = (
            f"{counted(len(clones), noun)} come from {counted(len(set(of.values())), 'donor')}: "
            "clones of a donor are averaged, and n counts donors.",
        )
    return of, "donor", said


def _effect(
    covariate: pd.Series, outcome: pd.Series, label: pd.Series, name: str, names: dict[str, str], seed: int
) -> dict[str, Any]:
    """Test one covariate against one outcome, within diagnoses where it is known for several."""
    known = covariate.notna() & outcome.notna() & label.notna()
    column, x = str(covariate.name), covariate[known]
    strata = label[known] if label[known].nunique() > 1 else None
    # Flags and codes of two values are groups, whatever they are written as.
    number = is_number(x) and x.nunique() != 2
    words: dict[str, Any] = {"x_name": column, "y_name": name, "seed": seed, **names}
    found: Any = (rank_association if number else group_contrast)(x, outcome[known], within=strata, **words)
    adjusted = strata.nunique() - 1 if strata is not None else 0
    if number:
        kind, effect = NUMBER, found.rho
        detectable = smallest_detectable(found.n, adjusted=adjusted)
    else:
        kind, effect = SEVERAL if len(found.levels) > 2 else TWO, found.effect
        sizes = [int(size) for size in found.values["x"].value_counts()]
        detectable = smallest_contrast(sizes, adjusted=adjusted)
    return {
        "covariate": column,
        "outcome": name,
        "kind": kind,
        "within": found.within_name,
        "effect_name": EFFECTS[kind],
        "effect": effect,
        "low": found.interval.low,
        "high": found.interval.high,
        "detectable": detectable,
        "adjusted": adjusted,
        "found": found.summary(),
        **found.pvalue.row(),
    }


def _short(row: dict[Any, Any], noun: str) -> str:
    """Tell one row in short: effect, p, n, and what could have been seen."""
    said = f"{_capital(row['outcome'])} and {spaced(row['covariate'])}"
    if row["model"]:
        said += f" ({model_name(row['model'])})"
    pvalue = PValue(row["p"], row["test"], row["n"], row["smallest_p"], plural(noun))
    seen = "" if np.isnan(row["detectable"]) else f"; {row['detectable']:.2f} could have been seen"
    return f"{said}: {row['effect_name']} {row['effect']:.2f} ({row['verdict']}; {pvalue.sentence()}{seen})."


def _judged(rows: list[dict[str, Any]], bound: float, noun: str) -> pd.DataFrame:
    """Correct p for the number of tests, and say of each what it means."""
    if not rows:
        return pd.DataFrame(columns=list(TABLE))
    table = pd.DataFrame(rows)
    for method in ("holm", "bh"):
        table[method] = adjust_pvalues(table["p"].to_numpy(dtype=float), method)
    several = table["model"].nunique() > 1
    judged = [_judge(row, bound, noun, several) for row in table.to_dict("records")]
    table[["verdict", "excluded", "sentence"]] = pd.DataFrame(judged, index=table.index)
    return table[list(TABLE)]


def _judge(row: dict[Any, Any], bound: float, noun: str, several: bool) -> tuple[str, float, str]:
    """Verdict, excluded correlation and sentence of one row."""
    said = (
        f"{_capital(model_name(row['model']))}: {row['found']}" if several and row["model"] else row["found"]
    )
    if np.isnan(row["p"]):
        return UNKNOWN, np.nan, said
    corrected = f"After Holm's correction p = {row['holm']:.2g}."
    if row["kind"] == NUMBER:
        judged = equivalence_test(
            row["effect"],
            row["n"],
            p=row["holm"],
            bound=bound,
            adjusted=row["adjusted"],
            x_name=row["covariate"],
            y_name=row["outcome"],
            noun=noun,
        )
        return judged.verdict, judged.excluded, sentence(said, corrected, judged.summary())
    if row["holm"] <= ALPHA:
        return RELATED, np.nan, sentence(said, corrected)
    seen = f"a {row['effect_name']} of {row['detectable']:.2f} or more could have been seen"
    if row["kind"] == SEVERAL:
        seen = f"an {seen[2:]}"
    if np.isnan(row["detectable"]):
        seen = "no effect could have been seen"
    tail = f"Undecided: with {counted(row['n'], noun)} only {seen} (80 % power)."
    return UNDECIDED, np.nan, sentence(said, corrected, tail.replace("only no effect", "no effect"))


def _capital(word: str) -> str:
    return word[:1].upper() + word[1:]


def _ask(asked: Question) -> CovariateEffects:
    table, seen = asked.clinical_table(), asked.evidence
    if table.key == "donor":
        asked.needs("donor")
    donors = seen.donors if seen.has("donor") else None
    return covariate_effects(
        seen.groups, table.values, donors=donors, label_name=seen.label_name, noun=seen.noun, seed=asked.seed
    )


ANALYSIS = Analysis("covariates", "Clinical data", StudySection.COVARIATES, _ask, checked=True)
