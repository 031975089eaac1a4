"""Two models on the same sets and the same groups, compared pair by pair.

Sets share groups, so differences over sets are described and not tested. Groups are the observations; every
test here has n = groups.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import binomtest

from hcs_models.scores import METRICS, called_right
from hcs_plates.errors import ArgumentError

EXACT = 20
"""Up to this many differences all sign patterns are counted."""
DRAWS = 99_999
TIE = 1e-9
"""Sums closer than this, relative to the largest that flips can give, are ties."""


@dataclass(frozen=True)
class GroupPairing:
    """Two models' groups, pair by pair.

    Parameters
    ----------
    table
        group, first, second (probability each model gives to the group's true label), difference.
    mean
        Mean difference, first - second.
    p, smallest_p
        Two-sided sign-flip permutation test of the mean difference, and the smallest p it can give.
    only_first, only_second
        Groups called right by one model alone; one that holds both labels is when both of its calls are.
    mcnemar_p, smallest_mcnemar_p
        Exact McNemar test of these, and the smallest p it can give with so many of them.
    """

    table: pd.DataFrame
    mean: float
    p: float
    smallest_p: float
    only_first: int
    only_second: int
    mcnemar_p: float
    smallest_mcnemar_p: float

    def summary(self, first: str, second: str, noun: str = "clones") -> str:
        """Sentences with the tests' names, n, and the smallest p each can give."""
        n = len(self.table)
        flips = "all sign patterns" if n <= EXACT else f"{DRAWS + 1:,} sign patterns"
        discordant = self.only_first + self.only_second
        calls = (
            f"{self.only_first} {noun} are called right by the {first} alone and {self.only_second} by the "
            f"{second} alone"
        )
        tested = (
            f"{calls} (exact McNemar test, p = {self.mcnemar_p:.2g}, smallest possible "
            f"{self.smallest_mcnemar_p:.2g})."
            if discordant
            else f"{calls}: McNemar's test has nothing to go by."
        )
        return (
            f"The {first} gives the true label {self.mean:+.2f} more probability than the {second}, mean "
            f"over {n} {noun} (sign-flip permutation test over {noun}, {flips}, two-sided p = {self.p:.2g}, "
            f"smallest possible {self.smallest_p:.2g}). {tested}"
        )


def pair_sets(metrics: pd.DataFrame, first: str, second: str) -> pd.DataFrame:
    """Difference of every score, set by set.

    Parameters
    ----------
    metrics
        As `hcs_models.scores.score_sets` makes it.
    first, second
        Models.

    Returns
    -------
    DataFrame
        set, accuracy, auc, group_accuracy, group_auc: first - second, NaN where either has none.
    """
    by_model = {
        model: metrics[metrics["model"] == model].set_index("set")[list(METRICS)] for model in (first, second)
    }
    for model, table in by_model.items():
        if table.empty:
            raise ArgumentError(f"No set has scores of the model {model!r}.")
    return (by_model[first] - by_model[second]).reset_index()


def pair_groups(groups: pd.DataFrame, positive: str, first: str, second: str, seed: int = 0) -> GroupPairing:
    """Compare two models over groups.

    Parameters
    ----------
    groups
        As `hcs_models.scores.score_groups` makes it.
    positive
        The positive label.
    first, second
        Models.
    seed
        Of the sign patterns drawn where there are too many groups to count them all.

    Raises
    ------
    ArgumentError
        A model without groups, or models that scored different ones.
    """
    truth = groups["label"] == positive
    given = groups.assign(given=groups["probability"].where(truth, 1 - groups["probability"]))
    by_model = {
        model: given[given["model"] == model].groupby("group")["given"].mean() for model in (first, second)
    }
    one, other = by_model[first], by_model[second]
    if one.empty or set(one.index) != set(other.index):
        raise ArgumentError(f"Models {first!r} and {second!r} did not score the same groups.")
    other = other.loc[one.index]
    difference = (one - other).to_numpy()
    right = called_right(groups, positive).groupby([groups["model"], groups["group"]]).all()
    first_right, second_right = right[first], right[second]
    only_first = int((first_right & ~second_right).sum())
    only_second = int((second_right & ~first_right).sum())
    table = pd.DataFrame({"group": one.index, "first": one.to_numpy(), "second": other.to_numpy()})
    return GroupPairing(
        table.assign(difference=difference),
        float(difference.mean()),
        *sign_flip_test(difference, seed),
        only_first,
        only_second,
        *mcnemar_test(only_first, only_second),
    )


def mcnemar_test(only_first: int, only_second: int) -> tuple[float, float]:
    """Give the exact two-sided p of what one of two alone has (McNemar 1947), and the smallest it can be.

    Examples
    --------
    >>> mcnemar_test(3, 0), mcnemar_test(0, 0)
    ((0.25, 0.25), (1.0, 1.0))
    """
    discordant = only_first + only_second
    if not discordant:
        return 1.0, 1.0
    smallest = 2.0 ** (1 - discordant)
    return max(smallest, float(binomtest(only_first, discordant).pvalue)), smallest


def sign_flip_test(difference: npt.NDArray[np.float64], seed: int = 0) -> tuple[float, float]:
    """Give the two-sided p of a mean difference under flips of signs, and the smallest that it can be.

    Parameters
    ----------
    difference
        One per observation; array of shape (n,), no NaN.
    seed
        Of the sign patterns drawn where there are too many to count them all.

    Examples
    --------
    >>> sign_flip_test(np.array([0.3, 0.1, 0.2, 0.0]))
    (0.25, 0.25)
    """
    # What does not differ has no sign to flip, and n is what does.
    difference = difference[difference != 0]
    n, seen = len(difference), abs(difference.sum())
    slack = TIE * float(np.abs(difference).sum())
    if n <= EXACT:
        sums = np.zeros(1)
        for one in difference:
            sums = np.concatenate([sums + one, sums - one])
        away = np.abs(sums)
        return float((away >= seen - slack).mean()), float((away >= away.max() - slack).mean())
    rng = np.random.default_rng(seed)
    hits = 0
    for start in range(0, DRAWS, 9_999):
        signs = rng.integers(0, 2, (min(9_999, DRAWS - start), n)) * 2 - 1
        hits += int((np.abs(signs @ difference) >= seen - slack).sum())
    # The observed pattern counts as one of those drawn (Phipson & Smyth 2010).
    return (1 + hits) / (1 + DRAWS), 1 / (1 + DRAWS)
