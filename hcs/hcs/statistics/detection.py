"""Signal detection: how well two classes are told apart, and which of them is preferred.

Macmillan & Creelman 2005, *Detection Theory*, chapters 1 and 2. Half a call is added to the yeses of each
class and one to its calls, always, so that shares of 0 and 1 have a place (the log-linear rule: Snodgrass &
Corwin 1988, *J Exp Psychol Gen* 117:34; Hautus 1995, *Behav Res Methods* 27:46).
"""

from typing import NamedTuple

from scipy.stats import norm


class Detection(NamedTuple):
    """Sensitivity d′ (0: none) and criterion c (0: no preference; below 0 the positive class is)."""

    d_prime: float
    criterion: float


def detection(hits: float, positives: float, false_alarms: float, negatives: float) -> Detection:
    """Compute d′ and c from yeses among positives and among negatives; NaN where a class was not shown.

    Examples
    --------
    >>> [round(float(value), 3) for value in detection(8, 10, 2, 10)]
    [1.496, -0.0]
    >>> [round(float(value), 2) for value in detection(10, 10, 10, 10)]
    [0.0, -1.69]
    """
    if not positives or not negatives:
        return Detection(float("nan"), float("nan"))
    hit = float(norm.ppf((hits + 0.5) / (positives + 1)))
    alarm = float(norm.ppf((false_alarms + 0.5) / (negatives + 1)))
    return Detection(hit - alarm, -(hit + alarm) / 2)
