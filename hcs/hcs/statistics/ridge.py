"""Ridge-penalised logistic regression, thousands of small fits at once, and its penalty chosen within.

Leaving out every unit, and within that every other, asks for a fit per pair of units and penalty: some 3,000
for 30 clones, and again for each permutation. They differ only in which rows they train on, so they are one
stack of Newton steps.
"""

from dataclasses import dataclass

import numpy as np
from scipy.special import expit

from hcs.statistics.arrays import Bools, Floats, Places
from hcs_plates.errors import ArgumentError

PENALTIES = (64.0, 16.0, 4.0, 1.0, 0.25)
"""Penalties tried, the strictest first: λ of `ridge_logistic`, 1 / C in scikit-learn's terms."""
CLOSE = 1e-4
"""Newton's steps end when none moves a training row's log-odds by more; the error is about its square."""
STEPS = 200
CONSTANT = 1e-12
"""A column whose variance is below this share of its mean square does not vary."""
HELD = 1e12
"""Penalty that holds the coefficient of a column without variation at 0."""


@dataclass(frozen=True)
class NestedFit:
    """Predictions for units that no fit and no choice of penalty has seen.

    Parameters
    ----------
    log_odds
        Of the positive class, array of shape (n_rows,); each row's from the fit without its unit.
    penalties
        Chosen without each unit; array of shape (n_units,).
    coefficients
        Of columns standardised on the training rows, log-odds per standard deviation; array of shape
        (n_units, n_columns).
    """

    log_odds: Floats
    penalties: Floats
    coefficients: Floats


def ridge_logistic(
    columns: Floats, truth: Bools, rows: Bools, penalty: float, start: Floats | None = None
) -> tuple[Floats, Floats]:
    """Fit a logistic regression with an L2 penalty to each of many choices of rows.

    Minimised is the sum of log losses over the rows, either class weighing n/2 rows, plus λ/2 times the sum
    of squared coefficients of the columns, which are standardised on these rows; the intercept is free (le
    Cessie & van Houwelingen 1992). Were classes to weigh as they come, the rows left without one would lean
    to the other class, and where columns tell little this alone would order the rows left out, the wrong way.
    Newton steps are damped as of Sun & Tran-Dinh (2019), so that each goes downhill.

    Parameters
    ----------
    columns, truth
        Arrays of shape (n_rows, n_columns) and (n_rows,); true for the positive class.
    rows
        Rows that each fit trains on, both classes among them; array of shape (n_fits, n_rows).
    penalty
        λ, above 0.
    start
        Weights to begin from, as they are returned; such as those of a like penalty.

    Returns
    -------
    weights, coefficients
        Intercept and slopes for ``columns`` as they are, array of shape (n_fits, 1 + n_columns); slopes per
        standard deviation of the training rows, array of shape (n_fits, n_columns). A column that does not
        vary in a fit's rows has slope 0.

    Raises
    ------
    ArgumentError
        Values that are not finite, or a fit with rows of one class only.
    """
    if not np.isfinite(columns).all():
        raise ArgumentError("A column holds values that are no finite numbers; leave those rows out first.")
    train = rows.astype(float)
    weight = train * _class_weights(train, truth)
    # Centred and scaled once for the arithmetic's sake; each fit's own scale enters through its penalty. The
    # median, since around a mean that one wild row has moved, the others' differences would be lost.
    middle, spread = np.median(columns, axis=0), columns.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    design = np.column_stack([np.ones(len(columns)), (columns - middle) / scale])
    deviations = _deviations(design[:, 1:], train)
    varying = deviations > 0
    charge = np.zeros((len(train), design.shape[1]))
    charge[:, 1:] = np.where(varying, penalty * deviations**2, HELD)
    begin = np.zeros_like(charge)
    if start is not None:
        begin = np.column_stack([start[:, 0] + start[:, 1:] @ middle, start[:, 1:] * scale])
    # Fits lie along the last axis, where numpy is quickest, and come back along the first.
    stacks = [np.ascontiguousarray(part.T) for part in (weight, charge, begin)]
    found = _newton(design, truth.astype(float), *stacks).T
    slopes = np.where(varying, found[:, 1:], 0.0)
    plain = slopes / scale
    return np.column_stack([found[:, 0] - plain @ middle, plain]), slopes * deviations


def _class_weights(train: Floats, truth: Bools) -> Floats:
    """Weights of shape (n_fits, n_rows) by which either class counts n/2 rows."""
    each = np.column_stack([train @ ~truth, train @ truth])
    if (each == 0).any():
        raise ArgumentError("A fit has training rows of one class only; give it some of both.")
    return np.asarray((each.sum(axis=1, keepdims=True) / (2 * each))[:, truth.astype(int)])


def _deviations(columns: Floats, train: Floats) -> Floats:
    """Take each column's standard deviation over each fit's rows; array of shape (n_fits, n_columns)."""
    sizes = train.sum(axis=1, keepdims=True)
    squares = train @ columns**2 / sizes
    variances = squares - (train @ columns / sizes) ** 2
    # A column that does not vary leaves the rounding of its squares, whose root would pass for a spread.
    return np.asarray(np.sqrt(np.where(variances > CONSTANT * squares, variances, 0.0)))


def _newton(design: Floats, truth: Floats, counts: Floats, charge: Floats, weights: Floats) -> Floats:
    """Minimise the penalised loss of all fits together; fits lie along the last axis of all but `design`."""
    k = design.shape[1]
    products = (design[:, :, None] * design[:, None, :]).reshape(len(design), k * k).T
    place, inside = np.arange(k), (counts > 0).astype(float)
    log_odds = design @ weights
    for _ in range(STEPS):
        chance = expit(log_odds)
        slope = design.T @ (counts * (truth[:, None] - chance)) - charge * weights
        curve = (products @ (counts * chance * (1 - chance))).reshape(k, k, -1)
        curve[place, place] += charge
        step = _solve(curve, slope)
        moved = design @ step
        most = np.maximum((np.abs(moved) * inside).max(axis=0), 1e-12)
        # The curvature along a step changes at most by the factor exp(most): this length is never too long.
        length = np.log1p(most) / most
        weights, log_odds = weights + length * step, log_odds + length * moved
        if most.max() <= CLOSE:
            return weights
    raise ArithmeticError(f"Ridge logistic regression did not end within {STEPS} Newton steps.")


def _solve(matrices: Floats, values: Floats) -> Floats:
    """Solve many small positive definite systems, which need no pivots; both arguments are used up.

    Shapes (k, k, n_fits) and (k, n_fits): a stack of such systems takes a fourth of LAPACK's time.
    """
    k = len(values)
    for row in range(k):
        for below in range(row + 1, k):
            share = matrices[below, row] / matrices[row, row]
            matrices[below, row + 1 :] -= share * matrices[row, row + 1 :]
            values[below] -= share * values[row]
    for row in reversed(range(k)):
        values[row] -= (matrices[row, row + 1 :] * values[row + 1 :]).sum(axis=0)
        values[row] /= matrices[row, row]
    return values


def nested_ridge(columns: Floats, truth: Bools, units: Places) -> NestedFit:
    """Predict every unit from the others, with the penalty that predicts these best one by one.

    Outside, one unit is left out; inside, of the rest each is left out in turn, and the penalty with the
    smallest log loss over them (the mean of both classes) is taken, the stricter one of equals. The fit
    without units a and b serves inside a and inside b, so there are n(n - 1)/2 pairs to fit.

    Parameters
    ----------
    columns, truth
        As for `ridge_logistic`.
    units
        Unit of each row, such as its donor, 0 to n_units - 1; rows of a unit are left out together.

    Raises
    ------
    ArgumentError
        A class that stands in fewer than three units, so that leaving out two leaves none of it.

    Examples
    --------
    >>> columns = np.array([[0.0], [1], [2], [1.5], [3], [4], [5], [3.5]])
    >>> found = nested_ridge(columns, np.arange(8) > 3, np.arange(8))
    >>> (found.log_odds > 0).tolist()
    [False, False, False, False, True, True, True, True]
    """
    n = int(units.max()) + 1
    member = units == np.arange(n)[:, None]
    for one in (truth, ~truth):
        if (member & one).any(axis=1).sum() < 3:
            raise ArgumentError("Each class needs three units or more: two are left out at once.")
    first, second = np.triu_indices(n, 1)
    rows = np.concatenate([~member, ~(member[first] | member[second])])
    # Every pair's fit is judged at its second unit for the choice inside the first, and the other way round.
    inside, left = np.r_[first, second], np.r_[second, first]
    judged, row = np.nonzero(member[left])
    fit = n + judged % len(first)
    side = np.where(truth[row], -1.0, 1.0)
    # Both classes weigh alike in the choice too, by the numbers of either that are not left out.
    each = np.stack([~truth, truth])
    kept = each.sum(axis=1)[:, None] - each @ member.T.astype(float)
    share = 1 / kept[truth[row].astype(int), inside[judged]]
    losses, fits, before, start = [], [], None, None
    for penalty in PENALTIES:
        weights, coefficients = ridge_logistic(columns, truth, rows, penalty, start)
        # Weights change steadily from penalty to penalty: the next begin where the last two point to.
        before, start = weights, weights if before is None else 2 * weights - before
        against = side * _log_odds(weights[fit], columns[row])
        lost = np.maximum(against, 0.0) + np.log1p(np.exp(-np.abs(against)))
        losses.append(np.bincount(inside[judged], share * lost, n))
        fits.append((weights[:n], coefficients[:n]))
    chosen, every = np.argmin(losses, axis=0), np.arange(n)
    outer, found = (np.stack(part)[chosen, every] for part in zip(*fits, strict=True))
    return NestedFit(_log_odds(outer[units], columns), np.asarray(PENALTIES)[chosen], found)


def _log_odds(weights: Floats, columns: Floats) -> Floats:
    """Log-odds of rows, each by weights of its own."""
    return np.asarray(weights[:, 0] + (weights[:, 1:] * columns).sum(axis=1))
