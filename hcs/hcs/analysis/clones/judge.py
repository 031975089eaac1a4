"""Units called by a model and tested: rows of calls, areas and diagnoses, the permutation of labels."""

from dataclasses import dataclass
from functools import partial
from itertools import combinations

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from hcs.statistics.auc import auc_interval, compare_areas, rank_areas, roc_area
from hcs.statistics.calls import area_rows, call_rows
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.wording import plural
from hcs_models.scores import called, called_right

TEST = "Permutation test of labels on the scores as given"
PAIRS = ("first", "second", "difference", "low", "high", "p", "smallest_p", "test", "n")
CONFUSION = (
    "model", "diagnosis", "measure", "n", "called_positive", "called_negative", "value", "low", "high",
    "auc", "auc_low", "auc_high",
)  # fmt: skip


@dataclass(frozen=True)
class Judge:
    """How units are judged: which label is positive, from which score it is called, what a unit is."""

    positive: str
    threshold: float
    noun: str
    seed: int

    def called(self, units: pd.DataFrame) -> pd.DataFrame:
        """Units (model, label, probability) with their calls: called, correct."""
        made = units.assign(called=called(units["probability"], self.threshold)).reset_index(drop=True)
        return made.assign(correct=called_right(made, self.positive, self.threshold))

    def rows(self, units: pd.DataFrame) -> list[dict[str, object]]:
        """Proportions and areas of every model, as `hcs.statistics.calls` has them."""
        return [
            row
            for _, part in units.groupby("model", sort=False)
            for row in (
                *call_rows(part, self.positive, self.noun),
                *area_rows(part, self.positive, self.noun, self.seed),
            )
        ]

    def confusion(self, units: pd.DataFrame) -> pd.DataFrame:
        """Count calls of every model by diagnosis, the positive one first; columns `CONFUSION`.

        value is the share called right, with Clopper & Pearson's (1934) limits; auc is the area of the
        positive diagnosis against this one, with Newcombe's.
        """
        made = []
        for model, part in units.groupby("model", sort=False):
            others = [name for name in dict.fromkeys(part["label"]) if name != self.positive]
            for diagnosis in (self.positive, *others):
                own, cell = part[part["label"] == diagnosis], "specificity"
                against = part[part["label"].isin([self.positive, diagnosis])]
                if diagnosis == self.positive:
                    cell, against = "sensitivity", part[:0]
                rates = call_rows(own, self.positive, self.noun) if len(own) else []
                rate = next((row for row in rates if row["measure"] == cell), {})
                truth = (against["label"] == self.positive).to_numpy()
                area = (np.nan, np.nan, np.nan)
                if truth.any():
                    scores = against["probability"].to_numpy(dtype=float)
                    area = (roc_area(scores, truth), *auc_interval(scores, truth, seed=self.seed))
                up = int(own["called"].sum())
                counts = (model, diagnosis, cell, len(own), up, len(own) - up)
                limits = (rate.get(name, np.nan) for name in ("value", "low", "high"))
                made.append((*counts, *limits, *area))
        return pd.DataFrame(made, columns=list(CONFUSION))

    def tested(
        self, units: pd.DataFrame, blocks: pd.Series | None
    ) -> tuple[dict[str, PValue], tuple[str, ...]]:
        """Permutation test of the labels over every model's units, within the blocks of units (by name)."""
        tests: dict[str, PValue] = {}
        said: list[str] = []
        for name, part in units.groupby("model", sort=False):
            own = None if blocks is None else blocks.loc[part["group"]].tolist()
            tests[str(name)], why = self._test(part, own)
            said += [why] if why else []
        return tests, tuple(dict.fromkeys(said))

    def _test(self, part: pd.DataFrame, blocks: list[object] | None) -> tuple[PValue, str]:
        truth, nouns = (part["label"] == self.positive).to_numpy(dtype=float), plural(self.noun)
        # A unit of both classes is one witness, not two.
        n = part["group"].nunique()
        test = TEST if blocks is None else f"{TEST}, within blocks"
        if truth.all() or not truth.any():
            return no_pvalue(TEST, n, nouns), f"All {nouns} are of one class: there is no AUC."
        if count_arrangements(truth, block_places(len(part), blocks)) == 1:
            return no_pvalue(test, n, nouns), (
                "Diagnosis and batch are confounded: no labels can be permuted within a batch."
            )
        ranks = rankdata(part["probability"].to_numpy())
        done = permutation_test(
            partial(rank_areas, ranks), truth, blocks=blocks, sided="greater", seed=self.seed
        )
        return PValue(done.p, test, n, done.smallest_p, nouns, "one-sided"), ""

    def compared(self, units: pd.DataFrame) -> pd.DataFrame:
        """Areas of each pair of models on the units that both scored."""
        wide = units.pivot_table(
            index=["group", "label"], columns="model", values="probability", observed=True
        )
        rows = []
        for first, second in combinations(dict.fromkeys(units["model"]), 2):
            both = wide[[first, second]].dropna()
            truth = (both.index.get_level_values("label") == self.positive).astype(bool)
            difference, interval, p = compare_areas(
                both[first].to_numpy(), both[second].to_numpy(), truth, noun=plural(self.noun)
            )
            cells = (first, second, difference, interval.low, interval.high, *p.row().values())
            rows.append(dict(zip(PAIRS, cells, strict=True)))
        return pd.DataFrame(rows, columns=list(PAIRS))
