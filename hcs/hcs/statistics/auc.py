"""Area under the ROC curve over clones: intervals that hold with few clones, and two models compared.

The area is the chance that a clone of the positive class scores above one of the other (Bamber 1975; ties
count half). With complete separation it is 1 and resampling can say nothing of its error: DeLong's variance
is 0 and every bootstrap resample gives 1 again. Newcombe's method 5 stays honest there, so it is the
interval that summaries quote; the others stand beside it.

Scores are arrays of shape (n_clones,), their truth one of the same shape: true for the positive class.
"""

from collections.abc import Callable, Sequence
from math import exp, log, sqrt

import numpy as np
import numpy.typing as npt
from scipy.optimize import brentq
from scipy.stats import norm, rankdata

from hcs.statistics.arrays import Bools, Floats, Places
from hcs.statistics.bootstrap import LEVEL, NO_INTERVAL, Interval, bootstrap_interval
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs_plates.errors import ArgumentError

METHODS = ("newcombe", "delong", "logit-delong", "bootstrap")
"""Intervals of an area, the one that summaries quote first."""
COMPARISON = "Paired DeLong test"
Z = float(norm.ppf((1 + LEVEL) / 2))
FLAT = 1e-12
"""A variance of areas below this is none."""


def checked_scores(scores: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Bools]:
    """Take scores, of shape (n_clones,) or (n_models, n_clones), and classes as arrays of one length.

    Raises
    ------
    ArgumentError
        Lengths that differ, a score that is not a finite number, or a class that is neither true nor false.
    """
    taken, given = np.asarray(scores, dtype=float), np.asarray(truth)
    if given.dtype != bool and not np.isin(given, [0, 1]).all():
        # Text and NaN would all pass for true.
        raise ArgumentError("truth must be true or false for each clone, as in labels == 'ALS'.")
    if given.ndim != 1 or taken.shape[-1:] != given.shape:
        raise ArgumentError(
            f"Scores of shape {taken.shape} cannot go with {given.size} classes; give one of each a clone."
        )
    if strange := int((~np.isfinite(taken)).sum()):
        verb = "is" if strange == 1 else "are"
        raise ArgumentError(
            f"{strange} of {taken.size} scores {verb} no finite number; leave those clones out first."
        )
    return taken, given.astype(bool)


def roc_area(scores: npt.ArrayLike, truth: npt.ArrayLike) -> float:
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

    Midranks have shape (n_clones,); labels, 1 for the positive class and both classes in each, (n_clones,) or
    (n_arrangements, n_clones).
    """
    m = labels.sum(axis=-1)
    return np.asarray((labels @ ranks - m * (m + 1) / 2) / (m * (labels.shape[-1] - m)))


def pair_wins(scores: Floats, truth: Bools) -> Floats:
    """Say of each positive clone and each other whether the first scores higher: 1, 0.5 with a tie, or 0."""
    return np.asarray((np.sign(np.subtract.outer(scores[truth], scores[~truth])) + 1) / 2)


def resampled_area(wins: Floats, truth: Bools) -> Callable[[Places], float]:
    """Make the statistic of a bootstrap within classes: pairs are compared once, a resample only picks them.

    Wins are those of `pair_wins`, or the difference of two models' wins for that of their areas.
    """
    m, n = int(truth.sum()), len(truth)
    place = np.where(truth, np.cumsum(truth) - 1, np.cumsum(~truth) - 1)

    def area_of(places: Places) -> float:
        chosen = truth[places]
        rows = np.bincount(place[places[chosen]], minlength=m)
        columns = np.bincount(place[places[~chosen]], minlength=n - m)
        return float(rows @ wins @ columns) / (m * (n - m))

    return area_of


def delong_covariance(scores: npt.ArrayLike, truth: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Compute the areas of models on the same clones and the covariance of these areas.

    The method is DeLong, DeLong & Clarke-Pearson's (1988), by midranks as in Sun & Xu (2014). From scores of
    shape (n_models, n_clones): arrays of shape (n_models,) and (n_models, n_models), NaN where a class has
    too few clones (none for the areas, fewer than two for the covariance).
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
    scores: npt.ArrayLike, truth: npt.ArrayLike, method: str = "newcombe", *, seed: int = 0
) -> Interval:
    """Give the area's 95 % interval over clones.

    Parameters
    ----------
    method
        ``newcombe``: score interval with Hanley & McNeil's variance, method 5 of Newcombe (2006), which has
        a limit below 1 even with complete separation. ``delong``: Wald, cut at 0 and 1. ``logit-delong``:
        DeLong's on the logit scale (Pepe 2003). ``bootstrap``: percentile, clones resampled within class.
    seed
        Of the bootstrap.

    Returns
    -------
    Interval
        NaN with one class; all but Newcombe's also with one clone of a class, with complete separation, which
        hides how far from the edge the area is, and where no score varies among the other class.

    Raises
    ------
    ArgumentError
        An unknown method, or scores that are no numbers.
    """
    if method not in METHODS:
        raise ArgumentError(f"No interval {method!r} of an area; give {', '.join(METHODS)}.")
    taken, classes = checked_scores(scores, truth)
    area, m, n = roc_area(taken, classes), int(classes.sum()), int((~classes).sum())
    if not m or not n:
        return NO_INTERVAL
    if method == "newcombe":
        return Interval(*newcombe_limits(area, m, n))
    if min(m, n) < 2 or not 0 < area < 1:
        return NO_INTERVAL
    if method != "bootstrap":
        return _wald(taken, classes, logit=method == "logit-delong")
    wins = pair_wins(taken, classes)
    if np.ptp(wins) == 0:
        return NO_INTERVAL
    return bootstrap_interval(resampled_area(wins, classes), m + n, strata=classes.tolist(), seed=seed)


def newcombe_limits(area: float, m: int, n: int) -> tuple[float, float]:
    """Solve |θ - area| = z · SE(θ) for both limits, with Hanley & McNeil's SE and mean sample size.

    Examples
    --------
    >>> [round(limit, 3) for limit in newcombe_limits(0.9, 15, 15)]
    [0.714, 0.967]
    """
    return stratified_limits(area, [(m, n)])


def stratified_limits(area: float, sizes: Sequence[tuple[int, int]]) -> tuple[float, float]:
    """Solve the same for the share of won pairs over strata of (m, n) units each, which have one area.

    Strata weigh by their pairs, as in the pooled share, and their variances add up.

    Examples
    --------
    >>> [round(limit, 3) for limit in stratified_limits(0.9, [(15, 15), (15, 15)])]
    [0.781, 0.955]
    """

    def error(theta: float) -> float:
        return float(newcombe_error(theta, sizes))

    # At 0 and 1 the error vanishes, which is no limit: the crossing looked for lies between.
    edge = 1e-12
    low = 0.0 if area <= 0 else float(brentq(lambda t: area - t - error(t), 0.0, min(area, 1 - edge)))
    high = 1.0 if area >= 1 else float(brentq(lambda t: t - area - error(t), max(area, edge), 1.0))
    return low, high


def newcombe_error(theta: npt.ArrayLike, sizes: Sequence[tuple[int, int]]) -> Floats:
    """Compute z · SE(θ) of areas of any shape, as `stratified_limits` solves for it."""
    areas, variance = np.asarray(theta, dtype=float), np.zeros(np.shape(theta))
    every = sum(m * n for m, n in sizes)
    for m, n in sizes:
        mean = (m + n) / 2 - 1
        shape = 1 + mean * (1 - areas) / (2 - areas) + mean * areas / (1 + areas)
        variance = variance + m * n * shape / every**2
    return np.asarray(Z * np.sqrt(areas * (1 - areas) * variance))


def compare_areas(
    first: npt.ArrayLike, second: npt.ArrayLike, truth: npt.ArrayLike, *, noun: str = "clones"
) -> tuple[float, Interval, PValue]:
    """Compare the areas of two models on the same clones by DeLong's paired test: first minus second.

    Interval and p are NaN where a class has fewer than two clones, or the areas cannot differ; `noun` says in
    the plural what the observations are.

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
    n, difference = np.size(truth), float(areas[0] - areas[1])
    variance = float(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    if not variance > FLAT:
        return difference, NO_INTERVAL, no_pvalue(COMPARISON, n, noun)
    half = Z * sqrt(variance)
    p = PValue(float(2 * norm.sf(abs(difference) / sqrt(variance))), COMPARISON, n, noun=noun)
    return difference, Interval(difference - half, difference + half), p


def _wald(scores: Floats, truth: Bools, *, logit: bool) -> Interval:
    """DeLong's interval, on the area itself or on its logit."""
    areas, covariance = delong_covariance(scores[None], truth)
    area, variance = float(areas[0]), float(covariance[0, 0])
    if variance <= FLAT:
        return NO_INTERVAL
    half = Z * sqrt(variance)
    if not logit:
        return Interval(max(0.0, area - half), min(1.0, area + half))
    middle, wide = log(area / (1 - area)), half / (area * (1 - area))
    low, high = (1 / (1 + exp(-min(max(end, -700.0), 700.0))) for end in (middle - wide, middle + wide))
    return Interval(low, high)
