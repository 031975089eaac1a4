"""Sphering: pycytominer's recorded numbers, closed forms of its regularisation, too few controls in words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import clone
from sklearn.covariance import LedoitWolf

from hcs.statistics.sphering import METHODS, Sphering
from hcs_plates.errors import ArgumentError

RECORDED = json.loads((Path(__file__).parent / "pycytominer.json").read_text())
CONTROLS, ROWS = np.array(RECORDED["controls"]), np.array(RECORDED["rows"])


def whitening(model: Sphering) -> npt.NDArray[np.float64]:
    """What centred, scaled rows are multiplied by from the right."""
    return model.transform(np.eye(len(model.mean_)) * model.scale_ + model.mean_)


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_pycytominers(method: str) -> None:
    """Without regularisation to 1e-8; components up to their sign, which has none of its own."""
    made = clone(Sphering(method, 0)).fit(CONTROLS).transform(ROWS)
    told = np.array(RECORDED["sphered"][method])
    if method.startswith("PCA"):
        assert np.abs(made) == pytest.approx(np.abs(told), rel=1e-8)
        turns = np.sign(made * told)
        assert (turns == turns[0]).all()
    else:
        assert made == pytest.approx(told, rel=1e-8)


@pytest.mark.parametrize("method", METHODS)
def test_controls_become_white(method: str) -> None:
    """Variance 1, no correlation, mean 0; and the matrix is that of Kessy et al. for its method."""
    model = Sphering(method, 0).fit(CONTROLS)
    made = model.transform(CONTROLS)
    assert np.cov(made.T) == pytest.approx(np.eye(5), abs=1e-9)
    assert made.mean(axis=0) == pytest.approx(np.zeros(5), abs=1e-9)
    weights = whitening(model)
    if method.startswith("ZCA"):
        assert weights == pytest.approx(weights.T)
    else:
        variances = 1 / np.square(weights).sum(axis=0)
        assert (np.diff(variances) < 0).all()
        assert (np.diag(weights) > 0).all()


def test_regularisation_is_ledoit_and_wolfs_unless_given() -> None:
    """The whitening squared is the inverse of scikit-learn's covariance (n - 1), or of one drawn as told."""
    model = Sphering("ZCA").fit(CONTROLS[:12])
    told = LedoitWolf().fit(CONTROLS[:12])
    assert model.regularisation_ == pytest.approx(told.shrinkage_)
    assert whitening(model) @ whitening(model) == pytest.approx(told.precision_ * 11 / 12)
    half = Sphering("ZCA", 0.5).fit(CONTROLS)
    plain = np.cov(CONTROLS.T)
    drawn = 0.5 * plain + 0.5 * np.eye(5) * np.trace(plain) / 5
    assert whitening(half) @ whitening(half) == pytest.approx(np.linalg.inv(drawn))
    whole = whitening(Sphering("ZCA", 1).fit(CONTROLS))
    assert whole == pytest.approx(np.eye(5) / np.sqrt(np.trace(plain) / 5))


def test_more_features_than_controls() -> None:
    """The inverse root of scikit-learn's shrunken covariance, though no such matrix is made."""
    rng = np.random.default_rng(3)
    controls = rng.normal(size=(20, 50)) @ rng.normal(size=(50, 50))
    model, told = Sphering("ZCA").fit(controls), LedoitWolf().fit(controls)
    assert model.components_.shape == (19, 50)
    # Ours divides by n - 1, and scikit-learn by n.
    assert whitening(model) @ whitening(model) == pytest.approx(told.precision_ * 19 / 20)
    assert Sphering("PCA").fit(controls).transform(controls).shape == (20, 19)


def test_nuisance_of_controls_loses_its_weight() -> None:
    """What controls vary by shrinks to variance 1; a difference that they lack is kept, larger beside it."""
    rng = np.random.default_rng(2)
    nuisance, effect = np.array([1.0, 1, 0, 0]), np.array([0.0, 0, 1, 1])
    controls = rng.normal(size=(100, 4)) + 10 * rng.normal(size=(100, 1)) * nuisance
    model = Sphering(regularisation=0).fit(controls)
    shift = model.transform([3 * effect, 0 * effect, 3 * nuisance])
    assert np.linalg.norm(shift[0] - shift[1]) > 5 * np.linalg.norm(shift[2] - shift[1])


def test_odd_controls_are_said() -> None:
    """A constant feature becomes 0, NaN stands for the mean, few controls are named."""
    controls = CONTROLS.copy()
    controls[:, 1], controls[0, 2] = 4.0, np.nan
    model = Sphering().fit(controls)
    assert (model.transform(ROWS)[:, 1] == 0).all()
    assert np.isfinite(model.transform(controls)).all()
    assert model.caveats_ == ("1 feature without variance among the controls set to 0.",)
    few = Sphering().fit(CONTROLS[:5])
    assert few.caveats_[0].startswith(
        "5 control rows show 4 of 5 directions: in the others sphering rests on"
    )


@pytest.mark.parametrize(
    ("model", "controls", "message"),
    [
        (Sphering("zca"), CONTROLS, "No sphering 'zca'"),
        (Sphering(regularisation=2), CONTROLS, "regularisation is 2; give a share of 0 to 1, or None."),
        (Sphering(), CONTROLS[:1], "1 control row is too few for sphering; give 5 or more."),
        (Sphering(regularisation=0), CONTROLS[:5], "5 control rows leave directions of 5 features without"),
        (Sphering(), np.ones((9, 2)), "No feature varies among 9 control rows"),
    ],
)
def test_wrong_arguments_are_refused(model: Sphering, controls: Any, message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        model.fit(controls)


def test_other_features_are_refused() -> None:
    """Rows must have the features of the fit."""
    with pytest.raises(ArgumentError, match="4 features cannot be corrected by a fit on 5; give the same"):
        Sphering().fit(CONTROLS).transform(ROWS[:, :4])
