"""One target of a shortcut probe: how well features tell it, of groups that were not trained on."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.bootstrap import bootstrap_interval
from hcs.statistics.concordance import CELLS, CHANCE, class_pairs, group_pairs, number_pairs, pooled
from hcs.statistics.folds import FOLDS, Folds, disjoint_folds
from hcs.statistics.permutation import Statistic, permutation_test
from hcs.statistics.predictors import Reduced, discriminants, reduce_folds, regressions
from hcs.statistics.pvalues import PValue
from hcs.wording import counted, listed, plural, spaced

Array = npt.NDArray[np.float64]
Groups = npt.NDArray[np.object_]
RESAMPLES = 999
LEAST_GROUPS = 5
"""Resampling fewer groups than this says next to nothing of others: no interval."""
COLUMNS = (
    "target", "role", "kind", "level", "n_groups", "n_wells", "n_values", "score", "low", "high", "chance",
    "null_low", "null_high", "p", "smallest_p", "test", "p_holm", "balanced_accuracy", "chance_accuracy",
    "spearman", "r2", "group_score",
)  # fmt: skip


@dataclass(frozen=True)
class TargetProbe:
    """The probe of one target: folds, predictions, score, permutations and interval.

    Parameters
    ----------
    name
        The target.
    kind
        ``category`` or ``number``.
    noun
        What a group is called.
    seed
        Of folds, permutations and resamples.
    permutations
        Drawn where there are more arrangements than that.
    """

    name: str
    kind: str
    noun: str
    seed: int
    permutations: int

    def run(self, features: Array, groups: Groups, target: pd.Series) -> tuple[dict[str, Any], list[str]]:
        """Probe the target.

        Parameters
        ----------
        features
            Array of shape (n_wells, n_features).
        groups, target
            Of each well.

        Returns
        -------
        dict, list of str
            A row with the keys `COLUMNS`, and what is to be said with it.
        """
        keep, said = self._usable(groups, target)
        held, value = groups[keep], target[keep].reset_index(drop=True)
        row: dict[str, Any] = dict.fromkeys(COLUMNS, np.nan)
        row |= {"target": self.name, "kind": self.kind, "level": "", "test": "", "chance": CHANCE}
        row |= {"n_groups": len(set(held)), "n_wells": len(held), "n_values": value.nunique()}
        if value.nunique() < 2:
            return row, said
        if not (pd.DataFrame(features[keep]).nunique() > 1).any():
            return row, [*said, "All features are constant: they can tell nothing."]
        folds = disjoint_folds(held, value, n_folds=FOLDS, seed=self.seed, noun=self.noun)
        said += [f"{spaced(self.name)}: {part}" for part in folds.caveats]
        if folds.n_folds == 0:
            return row, said
        reduced = reduce_folds(features[keep], folds, seed=self.seed)
        truth, n_classes = self._coded(value)
        row |= self._described(reduced, truth, n_classes, folds, held)
        if np.isnan(row["score"]):
            return row, [*said, f"{spaced(self.name)}: no fold tests two values, so no pair can be compared."]
        row |= self._tested(partial(_scores, reduced=reduced, n_classes=n_classes), truth, folds, held)
        return row, [*said, *self._partial(held, value, folds)]

    def _usable(self, groups: Groups, target: pd.Series) -> tuple[npt.NDArray[np.bool_], list[str]]:
        """Leave out wells without a value, and categories that one group alone has."""
        name, noun = spaced(self.name), self.noun
        said: list[str] = []
        keep = target.notna().to_numpy()
        if not keep.all():
            said.append(f"{counted(int((~keep).sum()), 'well')} without {name} left out of its probe.")
        if self.kind == "category" and keep.any():
            held = pd.Series(groups[keep]).groupby(target[keep].astype(str).to_numpy()).nunique()
            alone = held.index[held < 2]
            if len(alone) and len(held) > 1:
                out = target.astype(str).isin(alone).to_numpy() & keep
                keep = keep & ~out
                said.append(
                    f"{name} {listed(alone)} {'is' if len(alone) == 1 else 'are each'} met in one {noun} "
                    f"only, so no other can teach it: {counted(int(out.sum()), 'well')} left out of its "
                    "probe."
                )
        left = target[keep].nunique()
        if left < 2:
            first = pd.Series(target[keep].iloc[:1]).map(
                lambda one: f"{one:g}" if isinstance(one, float) else one
            )
            only = f"is {first.iloc[0]} in all wells" if left else "is known of no well"
            said.append(f"{name} {only} that can be used: there is nothing to tell apart.")
        return keep, said

    def _coded(self, value: pd.Series) -> tuple[Array, int]:
        """Target as numbers, and its number of classes; 0 classes of an ordered one."""
        if self.kind == "number":
            return value.to_numpy(dtype=float), 0
        codes, names = pd.factorize(value.astype(str), sort=True)
        return codes.astype(float), len(names)

    def _tested(self, statistic: Statistic, truth: Array, folds: Folds, groups: Groups) -> dict[str, Any]:
        """Permute wells within groups, or groups within folds, so that folds keep their shares."""
        names, first, members = np.unique(groups, return_index=True, return_inverse=True)
        units = plural(self.noun)
        values, blocks, what = truth, members, f"permutation test of wells within {units}"
        if folds.clonal:
            values, blocks = truth[first], folds.tested[first]
            what = f"permutation test of {units} within folds"
        made = permutation_test(
            lambda rows: statistic(rows[:, members] if folds.clonal else rows),
            values, blocks=blocks, sided="greater", seed=self.seed, draws=self.permutations,
            exact=self.permutations,
        )  # fmt: skip
        low, high = np.quantile(made.null, [0.025, 0.975])
        p = PValue(made.p, what, len(names), made.smallest_p, units, "one-sided")
        level = self.noun if folds.clonal else "well"
        return p.row() | {"n_groups": p.n, "level": level, "null_low": low, "null_high": high}

    def _described(
        self, reduced: list[Reduced], truth: Array, n_classes: int, folds: Folds, groups: Groups
    ) -> dict[str, Any]:
        """Score the wells as they are, with the interval over groups and the scores of their kind."""
        names, first, members = np.unique(groups, return_index=True, return_inverse=True)
        scores = _predictions(reduced, truth, n_classes)
        parts = [fold.test for fold in reduced]
        pairs = group_pairs(scores, truth, members, len(names), parts)
        made: dict[str, Any] = {"score": pairs.score(np.arange(len(names)))}
        if len(names) >= LEAST_GROUPS:
            strata = truth[first] if folds.clonal and n_classes else None
            interval = bootstrap_interval(
                pairs.score, len(names), strata=strata, draws=RESAMPLES, seed=self.seed
            )
            made |= {"low": interval.low, "high": interval.high}
        if folds.clonal:
            means = np.stack([pd.Series(one).groupby(members).mean().to_numpy() for one in scores.T], axis=1)
            of_fold = [np.flatnonzero(folds.tested[first] == fold) for fold in range(folds.n_folds)]
            own = group_pairs(means, truth[first], np.arange(len(names)), len(names), of_fold)
            made["group_score"] = own.score(np.arange(len(names)))
        return made | (_category(scores, truth) if n_classes else _number(scores[:, 0], truth))

    def _partial(self, groups: Groups, value: pd.Series, folds: Folds) -> list[str]:
        """Say how many groups a permutation within groups speaks of."""
        varied = int((value.groupby(groups).nunique() > 1).sum())
        total = len(set(groups))
        if folds.clonal or varied == total:
            return []
        return [
            f"{spaced(self.name)} differs between the wells of {varied} of {counted(total, self.noun)}: its "
            "p speaks of these alone."
        ]


def _predictions(reduced: list[Reduced], truth: Array, n_classes: int) -> Array:
    """Out-of-fold scores of all rows; array of shape (n_rows, n_classes), or (n_rows, 1) of numbers."""
    made = np.full((len(truth), n_classes or 1), np.nan)
    for fold in reduced:
        made[fold.test] = (
            discriminants(fold, truth[None].astype(np.intp), n_classes)[0]
            if n_classes
            else regressions(fold, truth[None])[0][:, None]
        )
    return made


def _scores(rows: Array, *, reduced: list[Reduced], n_classes: int) -> Array:
    """Score of every arrangement of the target, array of shape (n_arrangements, n_rows)."""
    step = max(1, CELLS // (rows.shape[1] * max(1, n_classes)))
    made = []
    for start in range(0, len(rows), step):
        some = rows[start : start + step]
        counted_pairs = [_fold_pairs(fold, some, n_classes) for fold in reduced]
        right, number = (np.stack(part) for part in zip(*counted_pairs, strict=True))
        made.append(pooled(right, number))
    return np.concatenate(made)


def _fold_pairs(fold: Reduced, rows: Array, n_classes: int) -> tuple[Array, Array]:
    if n_classes:
        codes = rows.astype(np.intp)
        return class_pairs(discriminants(fold, codes, n_classes), codes[:, fold.test])
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
