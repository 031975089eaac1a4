"""Ridge logistic regression: scikit-learn's coefficients, and a nested choice that sees nothing left out."""

import warnings
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from hcs.statistics.auc import roc_area
from hcs.statistics.ridge import PENALTIES, nested_ridge, ridge_logistic
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


def made(n: int, k: int, seed: int = 0, effect: float = 1.0) -> tuple[Floats, Bools]:
    """Columns of different units, the first of which follows the class."""
    rng = np.random.default_rng(seed)
    truth = np.arange(n) % 2 == 0
    columns = rng.normal(size=(n, k))
    columns[:, 0] += effect * truth
    return columns * np.logspace(-3, 4, k) + np.linspace(-5, 50, k), truth


def by_sklearn(columns: Floats, truth: Bools, rows: Bools, penalty: float) -> tuple[Floats, Floats]:
    """Log-odds of all rows and coefficients per standard deviation, by scikit-learn."""
    from sklearn.linear_model import LogisticRegression

    spread = columns[rows].std(axis=0)
    scaled = (columns - columns[rows].mean(axis=0)) / np.where(spread > 0, spread, 1.0)
    model = LogisticRegression(
        C=1 / penalty, class_weight="balanced", solver="newton-cholesky", tol=1e-12, max_iter=500
    )
    with warnings.catch_warnings():
        # At this tolerance its line search stops at the last digit and says so.
        warnings.simplefilter("ignore")
        model.fit(scaled[rows], truth[rows])
    return model.decision_function(scaled), model.coef_[0]


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("k", [1, 4])
def test_coefficients_are_scikit_learns(penalty: float, k: int) -> None:
    """Each of a stack of fits, and its log-odds in and out of training, agree to 1e-6, whatever the units."""
    columns, truth = made(31, k)
    rows = np.random.default_rng(1).random((12, 31)) < 0.7
    weights, coefficients = ridge_logistic(columns, truth, rows, penalty)
    log_odds = weights[:, :1] + weights[:, 1:] @ columns.T
    for place, chosen in enumerate(rows):
        theirs, coefficient = by_sklearn(columns, truth, chosen, penalty)
        assert coefficients[place] == pytest.approx(coefficient, abs=1e-6)
        assert log_odds[place] == pytest.approx(theirs, abs=1e-6)


def test_the_start_does_not_change_the_end() -> None:
    """From another penalty's weights, or from weights far away, the same fit is found."""
    columns, truth = made(30, 3)
    rows = ~np.eye(30, dtype=bool)
    plain, _ = ridge_logistic(columns, truth, rows, 1.0)
    other, _ = ridge_logistic(columns, truth, rows, 64.0)
    for start in (other, other * 30):
        found, _ = ridge_logistic(columns, truth, rows, 1.0, start)
        assert found == pytest.approx(plain, rel=1e-6, abs=1e-7)


def test_separated_classes_and_far_outliers_have_a_fit() -> None:
    """Complete separation by a column with an outlier 10,000 times the rest ends where scikit-learn ends."""
    columns, truth = made(20, 2, effect=30.0)
    columns[0, 1] = 1e8
    rows = np.ones((1, 20), dtype=bool)
    _, coefficients = ridge_logistic(columns, truth, rows, 0.25)
    _, theirs = by_sklearn(columns, truth, rows[0], 0.25)
    assert coefficients[0] == pytest.approx(theirs, abs=1e-6)


def test_a_column_constant_in_training_weighs_nothing() -> None:
    """Where only a row left out differs, the column has coefficient 0 and the others are as without it."""
    columns, truth = made(16, 2)
    odd = np.column_stack([columns, np.full(16, 7.3)])
    odd[3, 2] = 9.0
    rows = np.ones((1, 16), dtype=bool)
    rows[0, 3] = False
    weights, coefficients = ridge_logistic(odd, truth, rows, 1.0)
    expected, fewer = ridge_logistic(columns, truth, rows, 1.0)
    assert coefficients[0, 2] == 0
    assert coefficients[0, :2] == pytest.approx(fewer[0], abs=1e-8)
    assert weights[0, :3] == pytest.approx(expected[0], rel=1e-8)


def nested_by_sklearn(columns: Floats, truth: Bools, units: npt.NDArray[np.intp]) -> tuple[Floats, Floats]:
    """Two plain loops: log-odds of rows left out, and the penalty chosen without them."""
    log_odds, penalties = np.empty(len(truth)), []
    for out in range(units.max() + 1):
        losses = []
        for penalty in PENALTIES:
            lost = np.full(len(truth), np.nan)
            for inside in set(units.tolist()) - {out}:
                keep = (units != out) & (units != inside)
                told, _ = by_sklearn(columns, truth, keep, penalty)
                lost[units == inside] = np.logaddexp(0, np.where(truth, -told, told))[units == inside]
            rest = units != out
            losses.append(sum(lost[rest & of].mean() for of in (truth, ~truth)))
        penalties.append(PENALTIES[int(np.argmin(losses))])
        told, _ = by_sklearn(columns, truth, units != out, penalties[-1])
        log_odds[units == out] = told[units == out]
    return log_odds, np.array(penalties)


@pytest.mark.parametrize("several", [1, 2])
def test_nesting_is_that_of_two_plain_loops(several: int) -> None:
    """Log-odds and penalties are those of nested loops over scikit-learn, for units of one row and of two."""
    columns, truth = made(11, 2, seed=4, effect=1.5)
    units = np.arange(11) // several
    found = nested_ridge(columns, truth, units)
    log_odds, penalties = nested_by_sklearn(columns, truth, units)
    assert found.penalties.tolist() == penalties.tolist()
    assert len(set(penalties.tolist())) > 1, "the choice is not tested where all units choose alike"
    assert found.log_odds == pytest.approx(log_odds, abs=1e-6)


def test_what_is_left_out_changes_nothing_that_judges_it() -> None:
    """Another label and other values of one unit leave its fit and its penalty as they were."""
    columns, truth = made(18, 2, seed=2)
    first = nested_ridge(columns, truth, np.arange(18))
    columns[5], truth[5] = [1e3, -1e6], not truth[5]
    second = nested_ridge(columns, truth, np.arange(18))
    assert second.penalties[5] == first.penalties[5]
    assert second.coefficients[5] == pytest.approx(first.coefficients[5], abs=1e-8)
    assert second.coefficients[6] != pytest.approx(first.coefficients[6], abs=1e-3)


def test_each_pair_of_units_is_fitted_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """For 12 units there are 66 pairs and 12 outer fits for each penalty, in one stack each."""
    stacks = []

    def counted(columns: Floats, truth: Bools, rows: Bools, *rest: Any) -> tuple[Floats, Floats]:
        stacks.append(rows.shape)
        return ridge_logistic(columns, truth, rows, *rest)

    monkeypatch.setattr("hcs.statistics.ridge.ridge_logistic", counted)
    nested_ridge(*made(12, 2), np.arange(12))
    assert stacks == [(66 + 12, 12)] * len(PENALTIES)


def test_no_class_is_leant_to_where_nothing_is_to_tell() -> None:
    """Over 100 sets without effect the area is 0.35 to 0.5; with classes as they come it is near 0.1."""
    areas = []
    for seed in range(100):
        columns, truth = made(24, 1, seed, effect=0.0)
        areas.append(roc_area(nested_ridge(columns, truth, np.arange(24)).log_odds, truth))
    assert 0.35 <= float(np.mean(areas)) <= 0.5


def test_a_fit_that_does_not_end_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where Newton's steps are used up an error says so, and no unfinished weights come back."""
    monkeypatch.setattr("hcs.statistics.ridge.STEPS", 2)
    columns, truth = made(20, 2, effect=3.0)
    with pytest.raises(ArithmeticError, match="did not end within 2 Newton steps"):
        ridge_logistic(columns, truth, np.ones((1, 20), dtype=bool), 0.25)


REFUSED = [
    (lambda x, y: ridge_logistic(x, y, y[None], 1.0), "training rows of one class only"),
    (lambda x, y: nested_ridge(np.where(x > x.mean(), x, np.nan), y, np.arange(8)), "no finite numbers"),
    (lambda x, y: nested_ridge(x, np.arange(8) < 2, np.arange(8)), "three units or more"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_what_has_no_fit_is_refused(call: object, words: str) -> None:
    """No penalty, one class, and classes that leaving out two would take away."""
    assert callable(call)
    with pytest.raises(ArgumentError, match=words):
        call(*made(8, 1))
