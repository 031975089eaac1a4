"""The band of a ROC curve: scikit-learn's curve on every resample of clones, and its coverage."""

from statistics import NormalDist
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score, roc_curve

from hcs.statistics.bootstrap import resamples
from hcs.statistics.roc import GRID, roc_curves, roc_limits, roc_table
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def by_hand(scores: Floats, truth: npt.NDArray[np.bool_], clones: list[str], draws: int) -> Floats:
    """Limits from scikit-learn's curves of the same resamples."""
    names, members = np.unique(clones, return_inverse=True)
    strata = [f"{(~truth[members == k]).any()}{truth[members == k].any()}" for k in range(len(names))]
    curves = []
    for part in resamples(len(names), strata=strata, draws=draws):
        for drawn in part:
            rows = np.concatenate([np.flatnonzero(members == one) for one in drawn])
            false, true, _ = roc_curve(truth[rows], scores[rows], drop_intermediate=False)
            curves.append([true[false <= rate + 1e-9].max() for rate in GRID])
    return np.asarray(np.quantile(curves, [0.025, 0.975], axis=0))


def band(*arguments: Any, **options: Any) -> tuple[Floats, Floats, Floats]:
    """Limits that are there."""
    found = roc_limits(*arguments, **options)
    assert found is not None
    return found


@pytest.mark.parametrize("kind", ["clones", "ties", "wells", "crossed"])
def test_it_is_the_curve_of_every_resample(kind: str) -> None:
    """One score a clone; tied ones; several wells a clone, not as many for each; clones with both classes."""
    rng = np.random.default_rng(0)
    clones = [f"c{k}" for k in range(14)]
    truth = np.arange(14) % 2 == 0
    if kind == "wells":
        clones = [name for k, name in enumerate(clones) for _ in range(1 + k % 3)]
        truth = np.array([int(name[1:]) % 2 == 0 for name in clones])
    if kind == "crossed":
        clones, truth = clones + clones[:9], np.concatenate([truth, ~truth[:9]])
    scores = rng.normal(size=len(clones)) + truth
    if kind == "ties":
        scores = np.round(scores)
        assert len(np.unique(scores)) < 7
    found = roc_limits(scores, truth, clones, draws=60)
    assert found is not None
    np.testing.assert_allclose(found[0], np.linspace(0, 1, 101))
    np.testing.assert_allclose(found[1:], by_hand(scores, truth, clones, 60), atol=1e-12)


def test_limits_hold_together() -> None:
    """Low below high, both rising, ending at one; wells of a clone that say the same add nothing."""
    rng = np.random.default_rng(1)
    truth = np.repeat([False, True], 15)
    scores = rng.normal(size=30) + truth
    clones = [f"c{k}" for k in range(30)]
    rate, low, high = band(scores, truth, clones, draws=200)
    assert (low <= high).all()
    assert (np.diff(low) >= 0).all()
    assert (np.diff(high) >= 0).all()
    assert low[-1] == high[-1] == 1
    assert (high - low).max() > 0.3
    again = roc_limits(np.repeat(scores, 9), np.repeat(truth, 9), np.repeat(clones, 9).tolist(), draws=200)
    assert again is not None
    np.testing.assert_allclose(again, (rate, low, high))


def test_scores_that_tell_all_or_nothing() -> None:
    """Classes apart: a band without width at one. One score for all: no true positive before the end."""
    truth = [False] * 4 + [True] * 4
    _, low, high = band(range(8), truth, list("abcdefgh"), draws=50)
    assert set(low) == set(high) == {1.0}
    _, low, high = band([0.5] * 8, truth, list("abcdefgh"), draws=50)
    assert high[:-1].max() == 0
    assert low[-1] == 1


def test_coverage() -> None:
    """True rates of two normal classes, 30 clones each: about 95 of 100 bands hold them."""
    places = [10, 30, 50]
    normal = NormalDist()
    true = np.array([1 - normal.cdf(normal.inv_cdf(1 - GRID[place]) - 1) for place in places])
    truth = np.repeat([False, True], 30)
    clones = list(range(60))
    rng = np.random.default_rng(2)
    held = []
    for _ in range(120):
        _, low, high = band(rng.normal(size=60) + truth, truth, clones, draws=150)
        held.append((low[places] <= true) & (true <= high[places]))
    share = np.mean(held, axis=0)
    assert (share > 0.88).all()
    assert share.mean() < 0.995


def test_too_few_clones_give_none() -> None:
    """Two clones of a class are no band, however many wells they have; one of both classes is in each."""
    truth = [False] * 6 + [True] * 6
    assert roc_limits(range(12), truth, list("aaabbbcdefgh")) is None
    assert roc_limits(range(6), [False, True] * 3, list("aabbcc"), draws=5) is not None
    assert roc_limits(range(4), [False, True] * 2, list("aabb"), draws=5) is None


def test_bad_arguments() -> None:
    """A clone for every score; scores that are numbers."""
    with pytest.raises(ArgumentError, match="6 scores are of 5 clones"):
        roc_limits(range(6), [False, True] * 3, list("abcde"))
    with pytest.raises(ArgumentError):
        roc_limits([np.nan, 1, 2, 3, 4, 5], [False, True] * 3, list("abcdef"))


def predictions() -> pd.DataFrame:
    """Three sets of two models; set 2 has one class only."""
    rng = np.random.default_rng(0)
    parts = []
    for model, skill in (("cnn", 2.0), ("forest", 0.4)):
        for number in range(3):
            truth = np.ones(80) if number == 2 else np.repeat([0.0, 1.0], 40)
            score = 1 / (1 + np.exp(-(skill * (truth - 0.5) * 2 + rng.normal(0, 1, 80))))
            label = np.where(truth == 1, "ALS", "control")
            parts.append(pd.DataFrame({"model": model, "set": number, "label": label, "probability": score}))
    return pd.concat(parts, ignore_index=True)


GROUPS = pd.DataFrame(
    {
        "model": ["cnn"] * 4 + ["forest"] * 4,
        "group": ["a", "b", "c", "d"] * 2,
        "label": ["control", "control", "ALS", "ALS"] * 2,
        "probability": [0.1, 0.2, 0.8, 0.9, 0.3, 0.6, 0.5, 0.7],
    }
)


def test_areas_are_scikit_learns_and_one_sided_sets_are_left_out() -> None:
    """The area of each set is the exact one; a set without both classes has no curve."""
    table = predictions()
    (band, *_) = roc_curves(table, GROUPS, "ALS")
    rows = [table[(table["model"] == "cnn") & (table["set"] == number)] for number in (0, 1)]
    expected = [roc_auc_score(part["label"] == "ALS", part["probability"]) for part in rows]
    assert band.areas == pytest.approx(expected)
    assert band.curves.shape == (2, 201)
    assert band.sd == pytest.approx(np.std(band.curves, axis=0, ddof=1))


def test_one_set_has_no_spread() -> None:
    """With one set the band has no width instead of NaN."""
    table = predictions()
    (band, *_) = roc_curves(table[table["set"] == 0], GROUPS, "ALS")
    assert band.sd == pytest.approx(np.zeros(201))


def test_group_roc_by_hand() -> None:
    """Forest: of the four (control, ALS) pairs three are in order, so the area is 3/4."""
    _, curve = roc_curves(predictions(), GROUPS, "ALS")
    assert (curve.area, curve.n, curve.limits) == (0.75, 4, None)
    _, curve = roc_curves(predictions(), GROUPS[GROUPS["label"] == "ALS"], "ALS")
    assert (curve.steps, curve.limits) == (None, None)
    assert np.isnan(curve.area)


def test_table_holds_the_curves_that_are_drawn() -> None:
    """Means over sets for tiles, exact steps for groups."""
    cnn, forest = roc_curves(predictions(), GROUPS, "ALS")
    table = roc_table((cnn, forest))
    tile = table[(table["model"] == "cnn") & (table["level"] == "tile")]
    assert tile["true_positive_rate"].to_numpy() == pytest.approx(cnn.mean)
    group = table[(table["model"] == "forest") & (table["level"] == "group")]
    area = np.trapezoid(group["true_positive_rate"], group["false_positive_rate"])
    assert area == pytest.approx(0.75)
