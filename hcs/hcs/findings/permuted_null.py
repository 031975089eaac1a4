"""What a study scores under permuted labels, beside its scores under the labels as they are."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.finding import Shown
from hcs.analysis.stated import Stated, statistics_table
from hcs.figures.panels import Panels
from hcs.figures.shares import null_figure
from hcs.figures.theme import model_name
from hcs.statistics.pvalues import ALPHA, PValue, no_pvalue
from hcs.wording import capital, counted, plural, sentence

TEST = "permutation test of labels, models trained anew"
SCORES = {"group_auc": "ROC AUC over {noun} of a set", "auc": "ROC AUC over tiles of a set"}
"""Scores whose means over the sets are tested, the level of the groups first."""
TIE = 1e-12


@dataclass(frozen=True, repr=False)
class PermutedLabels(Shown):
    """Scores under permuted labels beside those under the labels as they are.

    Parameters
    ----------
    table
        model, permutation (0: the labels as they are), set, accuracy, auc, group_accuracy, group_auc.
    n_groups
        Groups whose labels were permuted.
    exact
        Whether every arrangement there is was looked at.
    noun
        What a group is called.
    caveats
        What the numbers cannot say.
    tests
        model, score, observed, n_permutations, null_mean, null_sd, null_low, null_high, p, smallest_p,
        test, n: one row per model and score, the study's first model and the level of the groups first.
    """

    table: pd.DataFrame
    n_groups: int
    exact: bool = False
    noun: str = "group"
    caveats: tuple[str, ...] = ()
    tests: pd.DataFrame = field(init=False)

    def __post_init__(self) -> None:
        rows = [self._test(score, model) for model in self.models for score in SCORES]
        object.__setattr__(self, "tests", pd.DataFrame(rows))

    @property
    def models(self) -> list[str]:
        """Models that were trained anew."""
        return list(dict.fromkeys(self.table["model"]))

    def _test(self, score: str, model: str) -> dict[str, Any]:
        """Row of one score: what was observed, the null, and the test."""
        means = self.means(score, model)
        null = means.drop(0, errors="ignore").dropna()
        row = {"model": model, "score": score, "observed": means.get(0, np.nan), "n_permutations": len(null)}
        row |= {"null_mean": null.mean(), "null_sd": null.std()}
        row |= {"null_low": null.min(), "null_high": null.max()}
        return row | self.p_value(score, model).row()

    def means(self, score: str = "auc", model: str | None = None) -> pd.Series:
        """Mean of a model's score over the sets, by permutation; 0 is the labels as they are."""
        own = self.table[self.table["model"] == (model or self.models[0])]
        return own.groupby("permutation")[score].mean()

    def p_value(self, score: str = "auc", model: str | None = None) -> PValue:
        """Share of labellings that do at least as well, the true one counted (Phipson & Smyth 2010)."""
        means = self.means(score, model)
        if len(means) < 2 or np.isnan(means[0]):
            return no_pvalue(TEST, self.n_groups, plural(self.noun))
        hits = int((means >= means[0] - TIE).sum())
        smallest = 1 / len(means)
        return PValue(hits * smallest, TEST, self.n_groups, smallest, plural(self.noun), "one-sided")

    @property
    def statistics(self) -> pd.DataFrame:
        """Score of every model under its labels as they are, with the test, and under permuted ones."""
        rows = []
        for which, name in self._named().items():
            means = self.means(*which)
            null = means.drop(0, errors="ignore").dropna()
            observed = float(means.get(0, np.nan))
            rows += [
                Stated(name, "mean over sets", observed, pvalue=self.p_value(*which)),
                Stated(f"{name}, labels permuted", "mean of permutations", float(null.mean())),
                Stated(f"{name}, labels permuted", "highest of permutations", float(null.max())),
            ]
        return statistics_table(rows)

    def _named(self) -> dict[tuple[str, str], str]:
        """Score and model, and what the score is called."""
        return {
            (score, model): f"{model_name(model)}: {words.format(noun=plural(self.noun))}"
            for model in self.models
            for score, words in SCORES.items()
        }

    def headline(self) -> str:
        """Say whether the first model, over groups, does better than under permuted labels."""
        model, score = self.models[0], next(iter(SCORES))
        means, p = self.means(score, model), self.p_value(score, model)
        null = means.drop(0, errors="ignore").dropna()
        if null.empty or np.isnan(means[0]):
            return f"The labels of {counted(self.n_groups, self.noun)} cannot be permuted."
        own, of = f"{capital(model_name(model))} AUC over {plural(self.noun)} {means[0]:.2f}", "permutation"
        null_said = f"with labels permuted {null.mean():.2f} on average and at most {null.max():.2f}"
        if p.value <= ALPHA:
            return f"Yes, better than chance: {own}, {null_said}."
        if p.smallest > ALPHA:
            return f"Cannot be known with {counted(len(null), of)}: {own}, {null_said}."
        return f"No, not better than chance: {own}, {null_said}."

    def summary(self) -> str:
        """Add what was permuted, and the caveats."""
        every = "every other arrangement of the labels" if self.exact else "the labels permuted"
        made = (
            f"Sets were dealt and models trained anew with {every}, of {counted(self.n_groups, self.noun)}."
        )
        return sentence(self.headline(), made, *self.caveats)

    def plot(self) -> Panels:
        """Draw the null distribution of every score, and where the labels as they are stand; its axes."""
        drawn = self.table.groupby(["model", "permutation"], as_index=False, sort=False)[list(SCORES)].mean()
        if drawn["permutation"].nunique() < 2:
            return Panels.none(self.summary(), drawn)
        several = len(self.models) > 1
        names = {
            which: name if several else f"Mean {name.partition(': ')[2]}"
            for which, name in self._named().items()
        }
        figure = null_figure(
            {name: self.means(*which) for which, name in names.items()},
            {name: self.p_value(*which).value for which, name in names.items()},
        )
        return Panels.of(figure, drawn)
