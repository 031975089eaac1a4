"""One target of a shortcut probe: how well features tell it, of groups that were not trained on."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.exchange import WELL, Exchange, value_exchange
from hcs.statistics.bootstrap import bootstrap_interval
from hcs.statistics.concordance import CELLS, CHANCE, class_pairs, group_pairs, number_pairs, pooled
from hcs.statistics.folds import FOLDS, Folds, disjoint_folds
from hcs.statistics.permutation import permutation_test
from hcs.statistics.predictors import Reduced, discriminants, reduce_folds, regressions
from hcs.wording import are, counted, listed, spaced

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.object_]
Codes = npt.NDArray[np.intp]
RESAMPLES = 999
LEAST_GROUPS = 5
"""Resampling fewer groups than this says next to nothing of others: no interval."""
CATEGORY, NUMBER = "category", "number"
TEST = "permutation test of "
COLUMNS = (
    "target", "role", "kind", "level", "n_groups", "n_wells", "n_values", "score", "low", "high", "chance",
    "null_low", "null_high", "p", "smallest_p", "test", "n", "p_holm", "balanced_accuracy", "chance_accuracy",
    "spearman", "r2", "group_score",
)  # fmt: skip


@dataclass(frozen=True)
class TargetProbe:
    """The probe of one target: folds, predictions, score, permutations and interval.

    Parameters
    ----------
    name, kind
        The target; ``category`` or ``number``.
    noun
        What a group is called.
    seed, permutations
        Of folds, permutations and resamples; permutations drawn where there are more arrangements than that.
    """

    name: str
    kind: str
    noun: str
    seed: int
    permutations: int

    def run(
        self, features: Array, groups: Groups, plates: Groups, target: pd.Series
    ) -> tuple[dict[str, Any], list[str]]:
        """Probe the target of wells, one row of features each; categories are text.

        Returns
        -------
        dict, list of str
            A row with the keys `COLUMNS`, and what is to be said with it.
        """
        keep, said = self._usable(groups, target)
        features, held, value = features[keep], groups[keep], target[keep].reset_index(drop=True)
        wells = pd.DataFrame({"group": held, "plate": plates[keep], "value": value})
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"target": self.name, "kind": self.kind, "level": "", "test": "", "chance": CHANCE}
        row |= {"n_groups": len(set(held)), "n_wells": len(held), "n_values": value.nunique()}
        if value.nunique() < 2:
            return row, said
        if not (pd.DataFrame(features).nunique() > 1).any():
            return row, [*said, "All features are constant."]
        folds = disjoint_folds(held, value, n_folds=FOLDS, seed=self.seed, noun=self.noun)
        said += [f"{spaced(self.name)}: {part}" for part in folds.caveats]
        if folds.n_folds == 0:
            return row, said
        told = _Told.of(features, wells, folds, self)
        row |= told.described(self)
        if np.isnan(row["score"]):
            return row, [*said, f"{spaced(self.name)}: no fold tests two values."]
        row |= told.tested(self)
        return row, said

    def _usable(self, groups: Groups, target: pd.Series) -> tuple[npt.NDArray[np.bool_], list[str]]:
        """Leave out wells without a value, and categories that one group alone has."""
        name, said = spaced(self.name), []
        keep = target.notna().to_numpy()
        if not keep.all():
            said.append(f"{counted(int((~keep).sum()), 'well')} without {name} left out.")
        if self.kind == CATEGORY and keep.any():
            held = pd.Series(groups[keep]).groupby(target[keep].to_numpy()).nunique()
            alone = held.index[held < 2]
            if len(alone) and len(held) > 1:
                out = target.isin(alone).to_numpy()
                keep = keep & ~out
                one = f"{name} {listed(alone)} {are(len(alone))} met in one {self.noun} only"
                said.append(f"{one}: {counted(int(out.sum()), 'well')} left out.")
        values = target[keep].unique()
        if len(values) < 2:
            first = [f"{value:g}" if isinstance(value, float) else value for value in values]
            only = f"is {first[0]} in all wells" if first else "is known of no well"
            said.append(f"{name} {only} that can be used.")
        return keep, said


@dataclass(frozen=True)
class _Told:
    """A target and what features of other groups tell of it.

    Parameters
    ----------
    reduced
        Features of each fold.
    truth, n_classes
        Target of each well, as classes from 0, or as numbers of 0 classes.
    folds
        Groups never stand on both sides of one.
    first, members
        First well of each group; group of each well.
    exchange
        Units that exchange the target.
    """

    reduced: list[Reduced]
    truth: Array
    n_classes: int
    folds: Folds
    first: Codes
    members: Codes
    exchange: Exchange

    @classmethod
    def of(cls, features: Array, wells: pd.DataFrame, folds: Folds, probe: TargetProbe) -> "_Told":
        value = wells["value"]
        codes, names = pd.factorize(value, sort=True) if probe.kind == CATEGORY else (value, ())
        groups = wells["group"].to_numpy(dtype=object)
        _, first, members = np.unique(groups, return_index=True, return_inverse=True)
        reduced = reduce_folds(features, folds, seed=probe.seed)
        truth = np.asarray(codes, dtype=float)
        moved = value_exchange(wells, folds, probe.noun, ordered=probe.kind == NUMBER)
        return cls(reduced, truth, len(names), folds, first, members, moved)

    def described(self, probe: TargetProbe) -> dict[str, Any]:
        """Score the wells as they are, with the interval over groups and the scores of their kind."""
        scores, truth, everyone = self._predictions(), self.truth, np.arange(len(self.first))
        parts = [fold.test for fold in self.reduced]
        pairs = group_pairs(scores, truth, self.members, len(everyone), parts)
        made: dict[str, Any] = {"score": pairs.score(everyone)}
        # Groups drawn anew say nothing of other plates.
        if len(everyone) >= LEAST_GROUPS and self.exchange.noun in (probe.noun, WELL):
            strata = truth[self.first] if self.folds.clonal and self.n_classes else None
            interval = bootstrap_interval(
                pairs.score, len(everyone), strata=strata, draws=RESAMPLES, seed=probe.seed
            )
            # Where resamples agree to the last bit they say nothing of other groups.
            if interval.high > interval.low:
                made |= {"low": interval.low, "high": interval.high}
        if self.folds.clonal:
            means = [pd.Series(one).groupby(self.members).mean().to_numpy() for one in scores.T]
            tested = self.folds.tested[self.first]
            of_fold = [np.flatnonzero(tested == fold) for fold in range(self.folds.n_folds)]
            own = group_pairs(np.stack(means, axis=1), truth[self.first], everyone, len(everyone), of_fold)
            made["group_score"] = own.score(everyone)
        return made | (_category(scores, truth) if self.n_classes else _number(scores[:, 0], truth))

    def tested(self, probe: TargetProbe) -> dict[str, Any]:
        """Permute the target: whole plates, wells within groups, or groups within folds."""
        moved, first = self.exchange, np.unique(self.exchange.unit, return_index=True)[1]
        made = permutation_test(
            lambda rows: self._scores(rows[:, moved.unit]),
            self.truth[first], blocks=moved.blocks, sided="greater", seed=probe.seed,
            draws=probe.permutations, exact=probe.permutations,
        )  # fmt: skip
        low, high = np.quantile(made.null, [0.025, 0.975])
        p = {"p": made.p, "smallest_p": made.smallest_p, "test": TEST + moved.words, "n": moved.n_moved}
        return p | {"level": moved.noun, "null_low": low, "null_high": high}

    def _predictions(self) -> Array:
        """Out-of-fold scores of all rows; array of shape (n_rows, n_classes), or (n_rows, 1) of numbers."""
        made = np.full((len(self.truth), self.n_classes or 1), np.nan)
        for fold in self.reduced:
            made[fold.test] = (
                discriminants(fold, self.truth[None].astype(np.intp), self.n_classes)[0]
                if self.n_classes
                else regressions(fold, self.truth[None])[0][:, None]
            )
        return made

    def _scores(self, rows: Array) -> Array:
        """Score of every arrangement of the target, array of shape (n_arrangements, n_rows)."""
        step = max(1, CELLS // (rows.shape[1] * max(1, self.n_classes)))
        made = []
        for start in range(0, len(rows), step):
            pairs = [self._fold_pairs(fold, rows[start : start + step]) for fold in self.reduced]
            right, number = (np.stack(part) for part in zip(*pairs, strict=True))
            made.append(pooled(right, number))
        return np.concatenate(made)

    def _fold_pairs(self, fold: Reduced, rows: Array) -> tuple[Array, Array]:
        if self.n_classes:
            codes = rows.astype(np.intp)
            return class_pairs(discriminants(fold, codes, self.n_classes), codes[:, fold.test])
        return number_pairs(regressions(fold, rows), rows[:, fold.test])


def _category(scores: Array, truth: Array) -> dict[str, Any]:
    """Balanced accuracy of the most likely class, equal for all classes by chance."""
    from sklearn.metrics import balanced_accuracy_score

    return {
        "balanced_accuracy": float(balanced_accuracy_score(truth.astype(int), scores.argmax(axis=1))),
        "chance_accuracy": 1 / scores.shape[1],
    }


def _number(predicted: Array, truth: Array) -> dict[str, Any]:
    """Spearman's correlation and the share of variance told, 0 for predicting the mean."""
    from scipy.stats import spearmanr

    flat = np.ptp(predicted) == 0
    wrong = float(np.square(truth - predicted).sum() / np.square(truth - truth.mean()).sum())
    return {"spearman": np.nan if flat else float(spearmanr(predicted, truth).statistic), "r2": 1 - wrong}
