"""Patients in the order of their score: whether clinical course and biomarkers follow it.

A score that separates patients from controls need not order the patients. Here they are ordered and halved by
the score of models that never saw them, and what is known of them is compared, patients alone.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.clinical import by_unit, is_number
from hcs.analysis.clones.units import DONOR, clinical_rows, come_from, donors_of
from hcs.analysis.finding import Shown
from hcs.analysis.question import Analysis, Question, StudySection
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.figures.trends import TrendPanel, trend_figure
from hcs.statistics.association import rank_association
from hcs.statistics.bootstrap import Interval
from hcs.statistics.calls import unit_scores
from hcs.statistics.contrast import MOST_LEVELS, group_contrast
from hcs.statistics.frames import require_columns
from hcs.statistics.pvalues import ALPHA, METHODS, PValue, adjust_pvalues
from hcs.statistics.words import Words
from hcs.wording import counted, listed, plural, sentence, spaced
from hcs_plates.errors import ArgumentError, nearest

LEAST = 8
"""Fewest patients: halves of four have 70 arrangements and reach p = 0.03; those of seven patients none."""
ORDER, HALVES, GROUPS = "rank correlation", "upper half minus lower", "score between groups"
LOWER, UPPER = "lower half", "upper half"
INTERVALS = {"Spearman's rho": "Fisher's z", "rank-biserial correlation": "Newcombe"}
PANELS = 6
TABLE = (
    "column", "compared", "n", "effect", "estimate", "low", "high", "test", "p", "smallest_p", "p_adjusted",
)  # fmt: skip
TIMES = re.compile(r"surviv|death|died|alive|time_to|censor", re.IGNORECASE)


@dataclass(frozen=True, repr=False)
class Stratification(Shown):
    """Clinical columns against the score, over patients.

    Parameters
    ----------
    table
        Of each column of numbers two rows, its rank correlation with the score and its difference between the
        halves by score; of each other column the score between its groups: column, compared (which of these),
        n (patients), effect, estimate, low, high (95 %), test, p, smallest_p, p_adjusted (over columns,
        halves apart).
    patients
        group (the patient's clone or donor), score, half, and the clinical columns; by rising score.
    positive
        Diagnosis of the patients.
    correction
        How p_adjusted was made.
    noun
        What a unit is.
    """

    table: pd.DataFrame
    patients: pd.DataFrame
    positive: str
    correction: str
    caveats: tuple[str, ...]
    noun: str = "clone"

    def headline(self) -> str:
        """Say what of the patients follows the score, and how strongly."""
        rows = self.table[self.table["compared"] != HALVES].dropna(subset=["p"])
        over = f"{len(self.patients)} {spaced(self.positive)} {plural(self.noun)}"
        if rows.empty:
            return f"Whether anything follows the score cannot be known with {over}."
        what = spaced(rows["column"].iloc[0]) if len(rows) == 1 else f"any of {len(rows)} clinical columns"
        reach = adjust_pvalues(rows["smallest_p"].to_numpy(dtype=float), self.correction)
        if reach.min() > ALPHA:
            return f"Whether {what} follows the score cannot be known with {over}."
        found = rows[rows["p_adjusted"] <= ALPHA]
        if found.empty:
            return f"No association of the score with {what} is shown over {over}."
        said = listed((_sized(row) for row in found.head(2).to_dict("records")), most=2)
        return f"The score is associated with {len(found)} of {len(rows)} columns over {over}: {said}."

    def summary(self) -> str:
        """Give the headline, the strongest associations, and the caveats."""
        known = self.table[self.table["compared"] == ORDER].dropna(subset=["p"])
        headline = self.headline()
        sizes = [_sized(row) for row in known.sort_values("p").head(4).to_dict("records")]
        others = [size for size in sizes if size not in headline][:3]
        return sentence(
            headline, f"Strongest of the others: {listed(others)}." if others else "", *self.caveats
        )

    @property
    def statistics(self) -> pd.DataFrame:
        """Every column's associations."""
        made = []
        for row in self.table.to_dict("records"):
            number = int(((self.table["compared"] == HALVES) == (row["compared"] == HALVES)).sum())
            several = number > 1 and row["p_adjusted"] == row["p_adjusted"]
            made.append(
                Stated(
                    f"{spaced(row['column'])}, {row['compared']}",
                    row["effect"],
                    row["estimate"],
                    Interval(row["low"], row["high"]),
                    INTERVALS.get(row["effect"], ""),
                    PValue.of(row, self.noun),
                    row["p_adjusted"] if several else np.nan,
                    f"{METHODS[self.correction]} over {number} columns" if several else "",
                )
            )
        return statistics_table(made)

    def plot(self) -> Panels:
        """Draw the columns of numbers against the score, the strongest first; its axes."""
        known = self.table[self.table["compared"] == ORDER].dropna(subset=["p"]).sort_values("p")
        if known.empty:
            return Panels.none(self.headline(), self.patients)
        panels = []
        for row in known.head(PANELS).to_dict("records"):
            own = self.patients.dropna(subset=[row["column"]])
            values = pd.DataFrame({"x": own["score"], "y": own[row["column"]], "within": own["half"]})
            title = f"rho = {row['estimate']:.2f}, p = {row['p']:.2g}, n = {row['n']}"
            panels.append(TrendPanel(values, "score", row["column"], title))
        return Panels.of(trend_figure(panels, noun=self.noun, legend="score"), self.patients)


def stratification(  # noqa: PLR0913 – two tables' columns, each by its own name
    scores: pd.DataFrame,
    clinical: pd.DataFrame,
    positive: str,
    *,
    columns: Sequence[str] | None = None,
    model: str | None = None,
    donors: pd.Series | None = None,
    group: str = "group",
    label: str = "label",
    probability: str = "probability",
    correction: str = "holm",
    noun: str = "clone",
    seed: int = 0,
) -> Stratification:
    """Order patients by their held-out score and compare what is known of them.

    Parameters
    ----------
    scores
        One row per clone (and model), as a study's table ``groups``: scores of models that were blind to the
        clone. Rows of a column ``part`` other than ``test`` are refused.
    clinical
        What is known of clones or donors (the index), as `read_clinical` gives it.
    positive
        Diagnosis of the patients; clones of no other take part.
    columns
        Those to compare; None takes all.
    model
        Whose scores are taken; needed where there are several.
    donors
        Donor of every clone (index: clone); without it a column ``donor`` of `clinical` is used. Clones of
        one donor are averaged.
    group, label, probability
        Names of columns.
    correction
        For several columns: ``holm`` or ``bh``.
    noun, seed
        What a unit is; of permutations.

    Returns
    -------
    Stratification
        Spearman's correlation, and the means of the halves, by permutation of patients; groups by the score's
        means (two) or ranks (more).

    Raises
    ------
    ArgumentError
        Fewer than eight patients with a score and a clinical row, scores of training, a lacking column.

    Examples
    --------
    >>> scores = pd.DataFrame({"group": list("abcdefgh"), "label": "ALS"})
    >>> scores = scores.assign(probability=[0.6, 0.7, 0.5, 0.9, 0.8, 0.95, 0.4, 0.3])
    >>> clinical = pd.DataFrame({"months": [40, 35, 50, 20, 24, 18, 60, 48.0]}, index=list("abcdefgh"))
    >>> stratification(scores, clinical, "ALS").table[["compared", "estimate", "p"]].round(3).values.tolist()
    [['rank correlation', -0.929, 0.002], ['upper half minus lower', -25.25, 0.029]]
    """
    if correction not in METHODS:
        raise ArgumentError(f"No correction {correction!r}; give {' or '.join(METHODS)}.")
    _held_out(scores)
    names = ("model", group, label, probability)
    units, said = unit_scores(_of_model(scores, model), positive, names=names, noun=noun)
    # Only patients are asked about: which others there are does not matter here.
    said = tuple(one for one in said if "negative class" not in one)
    known = clinical_rows(clinical)
    wanted = [name for name in known if name != DONOR] if columns is None else list(columns)
    require_columns(known, wanted, "The clinical table")
    patients = units[units["label"] == positive]
    of, noun, grouped = _units(patients["group"], known, donors, noun)
    rows, more = by_unit(known, of, wanted)
    mean = patients.groupby(patients["group"].map(of))["probability"].mean()
    mean = mean[mean.index.isin(rows.index[rows.notna().any(axis=1)])].sort_values(kind="stable")
    if len(mean) < LEAST:
        raise ArgumentError(
            f"Only {counted(len(mean), noun)} of {positive} with a held-out score and a clinical row; halves "
            f"of the patients need {LEAST} or more."
        )
    half = np.where(mean > mean.median(), UPPER, LOWER)
    patients = pd.DataFrame({"score": mean, "half": half}, index=mean.index).join(rows[wanted])
    made, untold = _rows(patients, wanted, noun, seed)
    caveats = (*said, *grouped, *more, *untold, *_cautions(wanted, positive))
    return Stratification(
        _corrected(made, correction),
        patients.rename_axis("group").reset_index(),
        positive,
        correction,
        tuple(dict.fromkeys(caveats)),
        noun,
    )


def _of_model(scores: pd.DataFrame, model: str | None) -> pd.DataFrame:
    """Take the scores of one model."""
    table = scores if "model" in scores else scores.assign(model="")
    models = sorted(table["model"].dropna().astype(str).unique())
    if model is None and len(models) > 1:
        raise ArgumentError(f"There are scores of {listed(models)}; name one, as in model={models[0]!r}.")
    if model is not None and model not in models:
        raise ArgumentError(f"There is no score of model {model!r}; {nearest(model, models)}")
    return table if model is None else table[table["model"].astype(str) == model]


def _units(
    clones: pd.Series, known: pd.DataFrame, donors: pd.Series | None, noun: str
) -> tuple[dict[str, str], str, tuple[str, ...]]:
    """Map clones to patients: to donors where these gave several, or the clinical table names them."""
    of, lacking = donors_of(clones, known, donors, noun)
    patients = set(of.values())
    if len(patients) == len(clones) and not (
        set(known.index) & patients and not set(known.index) & set(clones)
    ):
        return {name: name for name in clones}, noun, ()
    return of, DONOR, (*filter(None, [come_from(len(clones), len(patients), noun)]), *lacking)


def _held_out(scores: pd.DataFrame) -> None:
    """Refuse scores of clones that the model was trained on."""
    if "part" in scores:
        others = sorted(set(scores["part"].dropna().astype(str)) - {"test"})
        if others:
            raise ArgumentError(
                f"The table of scores has rows of the part {others[0]!r}; a model orders the patients it was "
                "trained on by chance of the training: give those of the part 'test' alone."
            )


def _rows(
    patients: pd.DataFrame, columns: Sequence[str], noun: str, seed: int
) -> tuple[list[dict[str, Any]], tuple[str, ...]]:
    """Compare every column; and name those that cannot be."""
    made: list[dict[str, Any]] = []
    untold = []
    for column in columns:
        own = patients.dropna(subset=[column])
        values, words = own[column], Words(column, "score", noun=noun)
        number = is_number(values) and values.nunique() > 2
        if not number and not 2 <= values.astype(str).nunique() <= min(MOST_LEVELS, len(own) - 1):
            untold.append(spaced(column))
        elif number:
            order = rank_association(own["score"], values, words=Words("score", column, noun=noun), seed=seed)
            halves = group_contrast(own["half"], values, words=Words("half", column, noun=noun), seed=seed)
            ends = order.interval
            row = {"effect": "Spearman's rho", "estimate": order.rho, "low": ends.low, "high": ends.high}
            made.append(row | {"column": column, "compared": ORDER} | order.pvalue.row())
            row = {"effect": "mean difference", "estimate": halves.difference, "low": np.nan, "high": np.nan}
            made.append(row | {"column": column, "compared": HALVES} | halves.pvalue.row())
        else:
            found = group_contrast(values.astype(str), own["score"], words=words, seed=seed)
            name = "rank-biserial correlation" if len(found.levels) == 2 else "epsilon squared"
            row = {"effect": name, "estimate": found.effect, "low": found.interval.low}
            row |= {"high": found.interval.high, "column": column, "compared": GROUPS}
            made.append(row | found.pvalue.row())
    said = (f"Nothing to compare in {listed(untold)}: one value, or one for each {noun}.",) if untold else ()
    return made, said


def _corrected(rows: list[dict[str, Any]], correction: str) -> pd.DataFrame:
    """Correct p for the number of columns; halves ask the same once more, and are corrected apart."""
    made = pd.DataFrame(rows, columns=list(TABLE))
    made["p_adjusted"] = made.groupby(made["compared"] == HALVES)["p"].transform(
        lambda part: adjust_pvalues(part.to_numpy(dtype=float), correction)
    )
    return made


def _sized(row: dict[Any, Any]) -> str:
    """Write one association: its column, effect and interval."""
    limits = "no interval" if np.isnan(row["low"]) else f"{row['low']:.2f} to {row['high']:.2f}"
    name = {"Spearman's rho": "rho"}.get(row["effect"], row["effect"])
    return f"{spaced(row['column'])} ({name} {row['estimate']:.2f}, {limits})"


def _cautions(columns: Sequence[str], positive: str) -> tuple[str, ...]:
    said = f"The model learnt to separate {spaced(positive)} from controls, not to order patients."
    if any(TIMES.search(name) for name in columns):
        return (said, "Times are taken as they stand: patients without the event need a survival analysis.")
    return (said,)


def _ask(asked: Question) -> Stratification:
    table, seen = asked.clinical_table(), asked.evidence
    if table.key == "donor":
        asked.needs("donor")
    donors = seen.donors if seen.has("donor") and seen.classes.noun != "donor" else None
    known = seen.groups, table.values, seen.classes.positive
    return stratification(*known, model=asked.model, donors=donors, **asked.common)


ANALYSIS = Analysis("stratification", "Patients by their score", StudySection.COVARIATES, _ask)
