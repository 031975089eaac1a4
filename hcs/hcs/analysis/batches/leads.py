"""Groups' scores described and held against each other: area, accuracy, and one model's lead over another."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.statistics.auc import auc_interval, pair_wins, resampled_area, roc_area
from hcs.statistics.bootstrap import bootstrap_interval
from hcs_models.pairing import pair_groups
from hcs_models.scores import called, wilson_interval

RESAMPLES = 1_999


def described(groups: pd.DataFrame, positive: npt.NDArray[np.bool_]) -> dict[str, Any]:
    """Area under the curve and accuracy of groups' scores, with Newcombe's and Wilson's interval.

    Parameters
    ----------
    groups
        One row per group, with its probability.
    positive
        Of each group.
    """
    scores = groups["probability"].to_numpy(dtype=float)
    interval = auc_interval(scores, positive)
    right = int((called(scores) == positive).sum())
    low, high = wilson_interval(right, len(scores))
    return {
        "n_groups": len(scores), "auc": roc_area(scores, positive),
        "low": interval.low, "high": interval.high,
        "accuracy": right / len(scores), "accuracy_low": low, "accuracy_high": high,
    }  # fmt: skip


def lead_over(own: pd.DataFrame, base: pd.DataFrame, positive: str, seed: int) -> dict[str, Any]:
    """Compare the areas of two models over the groups that both scored.

    The test flips which score is whose, group by group, on ranks: the mean difference of ranks given to the
    true label is the difference of areas but for a factor (Bandos et al. 2005, Stat. Med. 24).

    Parameters
    ----------
    own, base
        Groups' scores: group, label, probability.
    positive
        The class that probabilities speak of.
    seed
        Of resamples and flips.

    Returns
    -------
    dict
        lead (area of own less that of base), lead_low and lead_high (95 %, bootstrap over groups within
        classes), lead_p (two-sided), lead_smallest_p. Empty where the groups have one class.
    """
    pair = own.merge(base, on=["group", "label"], suffixes=("", "_base"))
    positives = (pair["label"] == positive).to_numpy()
    if not 0 < positives.sum() < len(pair):
        return {}
    first, second = (pair[column].to_numpy(dtype=float) for column in ("probability", "probability_base"))
    lead = resampled_area(pair_wins(first, positives) - pair_wins(second, positives), positives)
    interval = bootstrap_interval(lead, len(pair), strata=positives, draws=RESAMPLES, seed=seed)
    ranks = [
        pair[["group", "label"]].assign(model=name, probability=pair[column].rank() / (len(pair) + 1))
        for name, column in (("own", "probability"), ("base", "probability_base"))
    ]
    test = pair_groups(pd.concat(ranks), positive, "own", "base", seed)
    return {
        "lead": lead(np.arange(len(pair))), "lead_low": interval.low, "lead_high": interval.high,
        "lead_p": test.p, "lead_smallest_p": test.smallest_p,
    }  # fmt: skip
