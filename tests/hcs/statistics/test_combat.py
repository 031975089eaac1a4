"""ComBat: neuroCombat's recorded numbers, planted shifts gone, what is protected kept, gaps in words."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.base import clone

from hcs.statistics.combat import ComBat, shrunken
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]

RECORDED = json.loads((Path(__file__).parent / "neurocombat.json").read_text())["cases"]


def study(n: int = 60, d: int = 30, seed: int = 0) -> tuple[Array, npt.NDArray[np.str_]]:
    """Rows of three batches, shifted and scaled feature by feature."""
    rng = np.random.default_rng(seed)
    batches = np.array(["p", "q", "r"])[np.arange(n) % 3]
    place = np.arange(n) % 3
    shift, scale = rng.normal(0, 3, (3, d)), rng.uniform(0.5, 2, (3, 1))
    return rng.normal(size=(n, d)) * scale[place] + shift[place], batches


def fitted(case: dict[str, Any]) -> ComBat:
    """Our fit of a recorded table."""
    model = ComBat(mean_only=case["mean_only"])
    covariates = np.array(case["covariates"]) if np.size(case["covariates"]) else None
    return model.fit(case["features"], case["batches"], covariates)


@pytest.mark.parametrize("case", RECORDED, ids=lambda case: str(case["name"]))
def test_parameters_are_neurocombats(case: dict[str, Any]) -> None:
    """Locations, scales and pooled variance to 1e-8 of neuroCombat, its rounds closed, covariates or not."""
    model, told = fitted(case), case["closed"]
    if case["mean_only"]:
        # neuroCombat counts every batch as one row where it shifts only; with n = 1 the numbers are its.
        own = np.array(told["gamma"])
        z = (np.array(case["features"]) - model.alpha_) / model.sigma_
        codes = np.array(case["batches"])
        for batch in range(2):
            mean = z[codes == batch].mean(axis=0, keepdims=True)
            assert shrunken(mean, scaled=False)[0] == pytest.approx(own[batch], rel=1e-8)
    else:
        assert model.gamma_ == pytest.approx(np.array(told["gamma"]), rel=1e-8, abs=1e-8)
    assert model.delta_ == pytest.approx(np.array(told["delta"]), rel=1e-8)
    assert model.sigma_**2 == pytest.approx(told["variance"], rel=1e-8)
    assert model.caveats_ == ()


@pytest.mark.parametrize("case", RECORDED[:3], ids=lambda case: str(case["name"]))
def test_corrected_rows_are_neurocombats(case: dict[str, Any]) -> None:
    """To 1e-8 of closed rounds, 1e-4 of its usual ones; a protected effect is put back as it puts it back."""
    model = fitted(case)
    made = model.transform(case["features"], case["batches"])
    if model.beta_.size:
        # It knows the covariates of the rows it corrects and leaves their effects out of the scaling.
        covariates = np.array(case["covariates"], dtype=float)
        effect = (covariates - covariates.mean(axis=0)) @ model.beta_
        made = made + effect * (1 - 1 / np.sqrt(model.delta_[np.array(case["batches"])]))
    assert made == pytest.approx(np.array(case["closed"]["data"]), rel=1e-8)
    assert made == pytest.approx(np.array(case["plain"]["data"]), abs=1e-4)


def test_planted_shifts_and_scales_go() -> None:
    """Rows never fitted on: batches explain most of their variance before, next to nothing after."""
    features, batches = study(240)
    train = np.arange(240) < 120
    model = ComBat().fit(features[train], batches[train])
    made = model.transform(features[~train], batches[~train])

    def explained(values: Array) -> float:
        means = np.stack([values[batches[~train] == name].mean(axis=0) for name in "pqr"])
        return float((means.var(axis=0) / values.var(axis=0)).mean())

    assert explained(features[~train]) > 0.5
    assert explained(made) < 0.06
    spreads = [made[batches[~train] == name].std() for name in "pqr"]
    assert max(spreads) / min(spreads) < 1.15


def test_rows_are_corrected_one_by_one() -> None:
    """A row's correction does not depend on which rows stand beside it."""
    features, batches = study()
    model = ComBat().fit(features[:40], batches[:40])
    whole = model.transform(features, batches)
    for row in (3, 50):
        assert np.array_equal(model.transform(features[[row]], batches[[row]])[0], whole[row])


def test_an_unbalanced_effect_is_kept_where_it_is_protected() -> None:
    """Three quarters of batch p are patients: unprotected, their effect of 2 shrinks; protected, it stays."""
    rng = np.random.default_rng(1)
    batches = np.repeat(["p", "q"], 200)
    patient = np.r_[np.arange(200) % 4 > 0, np.arange(200) % 4 == 0].astype(float)
    features = rng.normal(size=(400, 10)) + 2 * patient[:, None] + 5 * (batches == "q")[:, None]

    def effect(model: ComBat) -> float:
        made = model.transform(features, batches)
        return float(made[patient == 1].mean() - made[patient == 0].mean())

    assert effect(ComBat(mean_only=True).fit(features, batches)) == pytest.approx(1.5, abs=0.1)
    assert effect(ComBat(mean_only=True).fit(features, batches, patient)) == pytest.approx(2, abs=0.1)


def test_shrinkage_by_hand() -> None:
    """Two features of one batch of n = 2: γ = (n τ² mean + δ m) / (n τ² + δ), with m = 3 and τ² = 2."""
    gamma, delta, closed = shrunken(np.array([[1.0, 3.0], [3.0, 5.0]]), scaled=False)
    assert gamma.tolist() == [(2 * 2 * 2 + 3) / 5, (2 * 2 * 4 + 3) / 5]
    assert delta.tolist() == [1, 1]
    assert closed


def test_missing_values_are_left_aside() -> None:
    """Parameters are those of the rows that are known; NaN stays NaN; other features do not change."""
    features, batches = study()
    holed = features.copy()
    holed[[0, 5, 10], 2] = np.nan
    model, plain = ComBat().fit(holed, batches), ComBat().fit(features, batches)
    keep = ~np.isnan(holed[:, 2])
    z = (holed[keep, 2] - model.alpha_[2]) / model.sigma_[2]
    members = (batches[keep, None] == np.array(list("pqr"))).astype(float)
    means = np.linalg.lstsq(members, holed[keep, 2], rcond=None)[0]
    left = holed[keep, 2] - members @ means
    assert model.sigma_[2] == pytest.approx(np.sqrt(np.square(left).mean()))
    assert np.abs(z).max() < 10
    made = model.transform(holed, batches)
    assert np.isnan(made).nonzero()[0].tolist() == [0, 5, 10]
    others = np.arange(30) != 2
    assert made[:, others] == pytest.approx(plain.transform(features, batches)[:, others], abs=0.1)


def test_odd_tables_are_said() -> None:
    """Constant and partly unknown features stay; a batch of one row is shifted alone."""
    features, batches = study()
    features[:, 0], features[batches == "q", 1] = 7.0, np.nan
    model = ComBat().fit(features, batches)
    made = model.transform(features, batches)
    assert np.array_equal(made[:, :2], features[:, :2], equal_nan=True)
    assert model.caveats_ == (
        "2 features without spread within batches, or unknown in one of them, left as they are.",
    )
    few = np.r_[np.flatnonzero(batches != "q"), np.flatnonzero(batches == "q")[:1]]
    single = ComBat().fit(features[few], batches[few])
    assert single.caveats_[-1] == "One row only to be fitted on in q: shifted there, not scaled."
    assert (single.delta_[1] == 1).all()
    assert np.isfinite(single.transform(features[:, :], batches)[:, 2:]).all()
    alone = ComBat().fit(features[:, 2:3], batches)
    assert "not shrunken" in alone.caveats_[0]
    assert ComBat().fit(np.ones((6, 2)), list("ppqqrr")).transform(np.ones((1, 2)), ["p"]).tolist() == [
        [1, 1]
    ]


@pytest.mark.parametrize(
    ("batches", "covariates", "message"),
    [
        (["p"] * 6, None, "There is one batch only, p: ComBat compares two or more."),
        (list("pppqqq"), [0, 0, 0, 1, 1, 1], "The covariates to protect follow from the batches"),
        (list("pppqqq"), [0, 1, 0], "must be 6 rows of finite numbers"),
        (list("pppqqq"), [0, 1, 0, 1, 0, np.nan], "must be 6 rows of finite numbers"),
        (list("ppq"), None, "3 batches cannot go with 6 rows"),
        ([*"pppqq", None], None, "1 of 6 rows has no batch"),
    ],
)
def test_wrong_arguments_are_refused(batches: list[Any], covariates: Any, message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        ComBat().fit(np.random.default_rng(0).normal(size=(6, 3)), batches, covariates)


def test_an_unseen_batch_is_refused() -> None:
    """Nothing is known of it; and another number of features is no table of this fit."""
    features, batches = study()
    model = clone(ComBat(mean_only=True)).fit(features, batches)
    with pytest.raises(ArgumentError, match=r"Batches s and t were not fitted \(fitted are p, q and r\)"):
        model.transform(features[:3], ["p", "t", "s"])
    with pytest.raises(ArgumentError, match="2 features cannot be corrected by a fit on 30"):
        model.transform(features[:1, :2], ["p"])
