"""Area under the ROC curve over clones: intervals that hold with few clones, and two models compared.

The area is the chance that a clone of the positive class scores above one of the other (Bamber 1975; ties
count half). With complete separation it is 1 and resampling can say nothing of its error: DeLong's variance
is 0 and every bootstrap resample gives 1 again. Newcombe's method 5 stays honest there, so it is the
interval that summaries quote; the others stand beside it.
"""

from collections.abc import Callable, Sequence
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import norm, rankdata

from hcs.statistics.bootstrap import LEVEL, Interval, bootstrap_interval
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]

SEPARATED = "complete separation: it cannot tell how far from the edge the area is"
UNVARIED = "no score changes its rank among the other class: there is no variation to measure"
COMPARISON = "Paired DeLong test"
Z = float(norm.ppf((1 + LEVEL) / 2))


def checked_scores(scores: Sequence[float] | Floats, truth: Sequence[bool] | Bools) -> tuple[Floats, Bools]:
    """Take scores and classes as arrays of one length.

    Parameters
    ----------
    scores
        Array of shape (n_clones,) or (n_models, n_clones).
    truth
        True for the positive class; array of shape (n_clones,).

    Raises
    ------
    ArgumentError
        Lengths that differ, a score that is not a finite number, or a class that is neither true nor false.

    Examples
    --------
    >>> checked_scores([0.1, float("nan")], [True, False])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 1 of 2 scores is no finite number; leave those clones out first.
    """
    taken, given = np.asarray(scores, dtype=float), np.asarray(truth)
    if given.dtype != bool and not np.isin(given, [0, 1]).all():
        # Text and NaN would all pass for true.
        raise ArgumentError("truth must be true or false for each clone, as in labels == 'ALS'.")
    classes = given.astype(bool)
    if classes.ndim != 1 or taken.shape[-1:] != classes.shape:
        raise ArgumentError(
            f"Scores of shape {taken.shape} cannot go with {classes.size} classes; give one of each a clone."
        )
    strange = int((~np.isfinite(taken)).sum())
    if strange:
        verb = "is" if strange == 1 else "are"
        raise ArgumentError(
            f"{strange} of {taken.size} scores {verb} no finite number; leave those clones out first."
        )
    return taken, classes


def roc_area(scores: Sequence[float] | Floats, truth: Sequence[bool] | Bools) -> float:
    """Compute the area under the ROC curve from midranks; NaN with one class.

    Examples
    --------
    >>> roc_area([0.9, 0.8, 0.5, 0.5, 0.2], [True, True, True, False, False])
    0.9166666666666666
    """
    taken, classes = checked_scores(scores, truth)
    if classes.all() or not classes.any():
        return float("nan")
    return float(rank_areas(rankdata(taken), classes.astype(float)))


def rank_areas(ranks: Floats, labels: Floats) -> Floats:
    """Compute the area of each arrangement of the labels over scores of these ranks (Mann & Whitney 1947).

    Parameters
    ----------
    ranks
        Midranks; array of shape (n_clones,).
    labels
        1 for the positive class, else 0; array of shape (n_clones,) or (n_arrangements, n_clones), both
        classes in each.

    Examples
    --------
    >>> rank_areas(np.array([1.0, 2.0, 3.0]), np.array([[0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])).tolist()
    [1.0, 0.5]
    """
    m = labels.sum(axis=-1)
    return np.asarray((labels @ ranks - m * (m + 1) / 2) / (m * (labels.shape[-1] - m)))


def pair_wins(scores: Floats, truth: Bools) -> Floats:
    """Say of each positive clone and each other one whether the first scores higher: 1, 0.5 with a tie, or 0.

    Examples
    --------
    >>> pair_wins(np.array([0.9, 0.5, 0.5]), np.array([True, True, False])).tolist()
    [[1.0], [0.5]]
    """
    return np.asarray((np.sign(np.subtract.outer(scores[truth], scores[~truth])) + 1) / 2)


def resampled_area(wins: Floats, truth: Bools) -> Callable[[npt.NDArray[np.intp]], float]:
    """Make the statistic of a bootstrap within classes: pairs are compared once, a resample only picks them.

    Parameters
    ----------
    wins
        As `pair_wins` gives them, or the difference of two models' wins for that of their areas.
    truth
        True for the positive class; array of shape (n_clones,).

    Examples
    --------
    >>> truth = np.array([True, True, False])
    >>> area = resampled_area(pair_wins(np.array([0.9, 0.5, 0.5]), truth), truth)
    >>> area(np.array([0, 0, 2])), area(np.array([0, 1, 2]))
    (1.0, 0.75)
    """
    m, n = int(truth.sum()), len(truth)
    place = np.where(truth, np.cumsum(truth) - 1, np.cumsum(~truth) - 1)

    def area_of(places: npt.NDArray[np.intp]) -> float:
        chosen = truth[places]
        rows = np.bincount(place[places[chosen]], minlength=m)
        columns = np.bincount(place[places[~chosen]], minlength=n - m)
        return float(rows @ wins @ columns) / (m * (n - m))

    return area_of


def delong_covariance(
    scores: Sequence[Sequence[float]] | Floats, truth: Sequence[bool] | Bools
) -> tuple[Floats, Floats]:
    """Compute the areas of models on the same clones and the covariance of these areas.

    The method is DeLong, DeLong & Clarke-Pearson's (1988), by midranks as in Sun & Xu (2014).

    Parameters
    ----------
    scores
        Array of shape (n_models, n_clones).
    truth
        True for the positive class; array of shape (n_clones,).

    Returns
    -------
    areas, covariance
        Arrays of shape (n_models,) and (n_models, n_models); NaN where a class has too few clones (none for
        the areas, fewer than two for the covariance).

    Examples
    --------
    >>> areas, covariance = delong_covariance([[3, 2, 4, 1], [4, 3, 2, 1]], [True, True, False, False])
    >>> areas.tolist(), covariance.tolist()
    ([0.5, 1.0], [[0.25, 0.0], [0.0, 0.0]])
    """
    taken, classes = checked_scores(np.atleast_2d(np.asarray(scores, dtype=float)), truth)
    models, m = len(taken), int(classes.sum())
    n = len(classes) - m
    if not m or not n:
        return np.full(models, np.nan), np.full((models, models), np.nan)
    everywhere = rankdata(taken, axis=1)
    of_positive = (everywhere[:, classes] - rankdata(taken[:, classes], axis=1)) / n
    of_negative = 1 - (everywhere[:, ~classes] - rankdata(taken[:, ~classes], axis=1)) / m
    areas = of_positive.mean(axis=1)
    if m < 2 or n < 2:
        return areas, np.full((models, models), np.nan)
    return areas, np.atleast_2d(np.cov(of_positive) / m + np.cov(of_negative) / n)


def auc_interval(
    scores: Sequence[float] | Floats,
    truth: Sequence[bool] | Bools,
    method: str = "newcombe",
    *,
    seed: int = 0,
) -> Interval:
    """Give the area's 95 % interval over clones.

    Parameters
    ----------
    scores, truth
        One score and one class per clone; arrays of shape (n_clones,).
    method
        ``newcombe``: score interval with Hanley & McNeil's variance, method 5 of Newcombe (2006), which has
        a limit below 1 even with complete separation. ``delong``: Wald, cut at 0 and 1. ``logit-delong``:
        DeLong's on the logit scale (Pepe 2003). ``bootstrap``: percentile, clones resampled within class.
    seed
        Of the bootstrap.

    Raises
    ------
    ArgumentError
        An unknown method, or scores that are no numbers.

    Examples
    --------
    >>> found = auc_interval([*range(15), *range(20, 35)], [False] * 15 + [True] * 15)
    >>> found.sentence(3)
    '95 % interval 0.865–1.000 (Newcombe method 5)'
    >>> auc_interval([1, 2, 3, 4], [False, False, True, True], "delong").sentence()
    'no interval (DeLong; complete separation: it cannot tell how far from the edge the area is)'
    """
    if method not in METHODS:
        raise ArgumentError(f"No interval {method!r} of an area; give {', '.join(METHODS)}.")
    taken, classes = checked_scores(scores, truth)
    return METHODS[method](taken, classes, seed)


def newcombe_limits(area: float, m: int, n: int) -> tuple[float, float]:
    """Solve |θ - area| = z · SE(θ) for both limits, with Hanley & McNeil's SE and mean sample size.

    Parameters
    ----------
    area
        Observed.
    m, n
        Clones of either class.

    Examples
    --------
    >>> [round(limit, 3) for limit in newcombe_limits(0.9, 15, 15)]
    [0.714, 0.967]
    """
    z, mean = Z, (m + n) / 2 - 1

    def error(theta: float) -> float:
        shape = 1 + mean * (1 - theta) / (2 - theta) + mean * theta / (1 + theta)
        return z * sqrt(theta * (1 - theta) * shape / (m * n))

    # At 0 and 1 the error vanishes, which is no limit: the crossing looked for lies between.
    edge = 1e-12
    low = 0.0 if area <= 0 else float(brentq(lambda t: area - t - error(t), 0.0, min(area, 1 - edge)))
    high = 1.0 if area >= 1 else float(brentq(lambda t: t - area - error(t), max(area, edge), 1.0))
    return low, high


def compare_areas(
    first: Sequence[float] | Floats,
    second: Sequence[float] | Floats,
    truth: Sequence[bool] | Bools,
    *,
    noun: str = "clones",
) -> tuple[float, Interval, PValue]:
    """Compare the areas of two models on the same clones by DeLong's paired test.

    Parameters
    ----------
    first, second
        The models' scores of the same clones in the same order; arrays of shape (n_clones,).
    truth
        True for the positive class.
    noun
        What the observations are, in the plural.

    Returns
    -------
    difference, interval, p
        First minus second. NaN where a class has fewer than two clones, or the areas cannot differ.

    Examples
    --------
    >>> truth = [False] * 4 + [True] * 4
    >>> difference, interval, p = compare_areas([1, 2, 3, 6, 4, 5, 7, 8], [1, 5, 3, 6, 4, 2, 7, 8], truth)
    >>> round(difference, 4), round(p.value, 3)
    (0.1875, 0.268)
    """
    if np.shape(first) != np.shape(second):
        raise ArgumentError(
            f"The models have {np.size(first)} and {np.size(second)} scores; give both of the same clones."
        )
    areas, covariance = delong_covariance(np.stack([np.asarray(first), np.asarray(second)]), truth)
    n, difference = len(truth), float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if not variance > 1e-12:
        why = "DeLong; the two areas do not vary against each other"
        return difference, Interval(np.nan, np.nan, why, n), no_pvalue(COMPARISON, n, noun)
    half = Z * sqrt(variance)
    p = PValue(float(2 * norm.sf(abs(difference) / sqrt(variance))), COMPARISON, n, noun=noun)
    return difference, Interval(difference - half, difference + half, "DeLong", n), p


def _none(name: str, why: str, n: int) -> Interval:
    return Interval(np.nan, np.nan, f"{name}; {why}", n)


def _newcombe(scores: Floats, truth: Bools, _: int) -> Interval:
    name, m = "Newcombe method 5", int(truth.sum())
    n = len(truth) - m
    if not m or not n:
        return _none(name, "one class only", len(truth))
    return Interval(*newcombe_limits(roc_area(scores, truth), m, n), name, len(truth))


def _wald(name: str, scores: Floats, truth: Bools, logit: bool) -> Interval:
    """DeLong's interval, on the area itself or on its logit."""
    areas, covariance = delong_covariance(scores[None], truth)
    area, variance, n = float(areas[0]), float(covariance[0, 0]), len(truth)
    if np.isnan(variance):
        return _none(name, "fewer than two of a class", n)
    if not 0 < area < 1:
        return _none(name, SEPARATED, n)
    if variance <= 1e-12:
        return _none(name, UNVARIED, n)
    half = Z * sqrt(variance)
    if not logit:
        return Interval(max(0.0, area - half), min(1.0, area + half), name, n)
    middle, wide = log(area / (1 - area)), half / (area * (1 - area))
    low, high = (1 / (1 + exp(-min(max(end, -700.0), 700.0))) for end in (middle - wide, middle + wide))
    return Interval(low, high, name, n)


def _delong(scores: Floats, truth: Bools, _: int) -> Interval:
    return _wald("DeLong", scores, truth, logit=False)


def _logit_delong(scores: Floats, truth: Bools, _: int) -> Interval:
    return _wald("logit DeLong", scores, truth, logit=True)


def _bootstrap(scores: Floats, truth: Bools, seed: int) -> Interval:
    area, n = roc_area(scores, truth), len(truth)
    if np.isnan(area):
        return _none("bootstrap", "one class only", n)
    if not 0 < area < 1:
        return _none("bootstrap", SEPARATED, n)
    m = int(truth.sum())
    if min(m, n - m) < 2:
        return _none("bootstrap", "fewer than two of a class", n)
    wins = pair_wins(scores, truth)
    if np.ptp(wins) == 0:
        return _none("bootstrap", UNVARIED, n)
    area_of = resampled_area(wins, truth)
    return bootstrap_interval(area_of, n, strata=truth.tolist(), seed=seed)


METHODS: dict[str, Callable[[Floats, Bools, int], Interval]] = {
    "newcombe": _newcombe,
    "delong": _delong,
    "logit-delong": _logit_delong,
    "bootstrap": _bootstrap,
}
"""Intervals of an area, the one that summaries quote first."""
