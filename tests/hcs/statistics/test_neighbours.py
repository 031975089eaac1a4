"""Mixing metrics: what scib-metrics and scikit-learn give, cases worked by hand, planted mixing."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import entropy
from sklearn.decomposition import PCA
from sklearn.linear_model import LinearRegression
from sklearn.metrics import silhouette_samples
from sklearn.preprocessing import StandardScaler

from hcs.statistics import arrangements
from hcs.statistics.arrangements import silhouettes
from hcs.statistics.neighbours import (
    METRICS,
    Embedding,
    embed,
    mixing_scores,
    neighbourhood_size,
    perplexed,
)
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]

RECORDED: dict[str, Any] = json.loads(
    (Path(__file__).parent / "scib_values.json").read_text(encoding="utf-8")
)["sets"]
# scib-metrics stops its search for a kernel width at 1e-5 of the entropy; all else is arithmetic.
TOLERANCE = {
    "kbet": 1e-12,
    "ilisi": 1e-5,
    "clisi": 1e-5,
    "batch_silhouette": 1e-9,
    "pc_regression": 1e-9,
}


def drawn(n: int = 60, d: int = 5, seed: int = 0) -> Array:
    """Rows of noise."""
    return np.random.default_rng(seed).normal(size=(n, d))


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("metric", TOLERANCE)
def test_metrics_are_those_of_scib_metrics(name: str, metric: str) -> None:
    """Recorded by `tests/interop/record_scib.py`: batches mixed, shifted, apart, unequal, half nested."""
    held = RECORDED[name]
    rows = Embedding.of(np.array(held["values"]), held["size"], np.array(held["labels"]))
    codes = np.array(held["labels" if metric == "clisi" else "batches"])[None]
    assert getattr(rows, metric)(codes)[0] == pytest.approx(held[metric], abs=TOLERANCE[metric])


@pytest.mark.parametrize("name", RECORDED)
def test_every_row_has_the_lisi_of_scib_metrics(name: str) -> None:
    """To 2e-5 in each row, not in the median alone."""
    held = RECORDED[name]
    rows = Embedding.of(np.array(held["values"]), held["size"])
    assert rows.lisi(np.array(held["batches"])[None])[0] == pytest.approx(held["lisi"], abs=2e-5)


def test_silhouettes_are_those_of_scikit_learn() -> None:
    """For batches of many sizes, one of a single row, and one without any."""
    rng = np.random.default_rng(1)
    codes = np.stack([rng.permutation(np.repeat([0, 1, 3, 4], [30, 19, 1, 10])) for _ in range(4)])
    values = drawn()
    expected = [np.mean(1 - np.abs(silhouette_samples(values, one))) for one in codes]
    assert silhouettes(values, codes, 6) == pytest.approx(expected, abs=1e-12)


def test_silhouettes_are_averaged_within_labels_first() -> None:
    """Each label counts alike, whatever its rows; a label with one batch does not count."""
    values, labels = drawn(), np.repeat([0, 1, 2], [40, 12, 8])
    codes = np.where(labels == 2, 1, np.arange(60) % 2)
    own = [
        np.mean(1 - np.abs(silhouette_samples(values[labels == one], codes[labels == one]))) for one in (0, 1)
    ]
    rows = Embedding.of(values, 10, labels)
    assert rows.batch_silhouette(codes[None])[0] == pytest.approx(np.mean(own), abs=1e-12)
    assert np.isnan(Embedding.of(values, 10, codes).batch_silhouette(codes[None])[0])


def test_explained_variance_is_that_of_regressions_on_components() -> None:
    """R² of every component on indicators of the batches, weighted by the component's variance."""
    values = StandardScaler().fit_transform(drawn(60, 8) @ np.triu(np.ones((8, 8))))
    batches = np.repeat([0, 1, 2], [30, 20, 10])
    components = PCA().fit(values)
    scores, indicators = (
        components.transform(values),
        (batches[:, None] == np.arange(3)).astype(float),
    )
    told = [LinearRegression().fit(indicators, one).score(indicators, one) for one in scores.T]
    expected = np.average(told, weights=components.explained_variance_)
    found = mixing_scores(values, batches)
    assert found["pc_regression"] == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("first", "second", "rate"),
    [
        ("ppppqq", "ppqqqq", 1.0),  # 4 and 2 of 6 where 3 and 3 are expected: 1/3 + 1/3 = 0.67 < 3.84
        ("pppppq", "pqqqqq", 1.0),  # 4/3 + 4/3 = 2.67 < 3.84
        ("pppppp", "qqqqqq", 0.0),  # 9/3 + 9/3 = 6 > 3.84
        # Expected are 4.5 and 1.5: 2.25/4.5 + 2.25/1.5 = 2 in both.
        ("pppppp", "pppqqq", 1.0),
    ],
)
def test_kbet_by_hand(first: str, second: str, rate: float) -> None:
    """Two heaps of six rows, each its own neighbourhood."""
    place = np.repeat([[0.0], [100.0]], 6, axis=0) + np.linspace(0, 1, 12)[:, None]
    codes = np.array([one == "q" for one in first + second], dtype=np.intp)
    assert Embedding.of(place, 6).kbet(codes[None])[0] == rate


def test_lisi_by_hand() -> None:
    """Neighbours at one distance count alike: 2 and 3 of 5 are 1 / (0.16 + 0.36) batches."""
    place = np.repeat([[0.0], [100.0]], 6, axis=0)
    codes = np.array([0, 0, 0, 1, 1, 1, 0, 0, 0, 0, 0, 0])
    rows = Embedding.of(place, 6)
    assert rows.lisi(codes[None])[0] == pytest.approx([1 / 0.52] * 6 + [1.0] * 6)
    # The median lies halfway between both heaps' values; of two batches, LISI runs from 1 to 2.
    assert rows.ilisi(codes[None])[0] == pytest.approx((1 / 0.52 - 1) / 2)
    assert rows.clisi(codes[None])[0] == pytest.approx(1 - (1 / 0.52 - 1) / 2)


def test_weights_have_the_perplexity_asked_for() -> None:
    """SciPy's entropy is its logarithm; nearer neighbours count more; the unit of distance is free."""
    distances = np.sort(np.abs(drawn(20, 21)), axis=1)
    weights = perplexed(distances, 7)
    assert weights.sum(axis=1) == pytest.approx(np.ones(20))
    assert np.exp(entropy(weights, axis=1)) == pytest.approx(np.full(20, 7.0), rel=1e-9)
    assert (np.diff(weights, axis=1) <= 0).all()
    assert perplexed(distances * 1e6, 7) == pytest.approx(weights, rel=1e-6)


def test_more_nearest_neighbours_than_the_perplexity_count_alike() -> None:
    """Four duplicates and one far row, at a perplexity of two: a quarter each."""
    assert perplexed(np.array([[0.0, 0, 0, 0, 5]]), 2)[0] == pytest.approx([0.25] * 4 + [0.0], abs=1e-9)


def test_planted_mixing_and_separation() -> None:
    """Heaps of ten rows of each batch are mixed; two heaps of one batch each are apart."""
    line = np.arange(240.0)[:, None]
    mixed = mixing_scores(line // 20, np.tile([0, 1], 120))
    assert mixed["kbet"] == 1
    assert mixed["ilisi"] > 0.98
    assert mixed["batch_silhouette"] > 0.98
    assert mixed["pc_regression"] < 0.001
    apart = mixing_scores(line + np.repeat([0, 1e6], 120)[:, None], np.repeat([0, 1], 120))
    assert apart["kbet"] == 0
    assert apart["ilisi"] == pytest.approx(0, abs=1e-12)
    assert apart["batch_silhouette"] < 0.001
    assert apart["pc_regression"] > 0.999


def test_many_arrangements_are_each_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether they are taken together, one by one, or a few at a time."""
    rng = np.random.default_rng(2)
    codes = np.stack([rng.permutation(np.arange(60) % 3) for _ in range(7)])
    rows = Embedding.of(drawn(), 12, np.arange(60) // 20)
    together = {name: getattr(rows, name)(codes) for name in METRICS}
    monkeypatch.setattr(arrangements, "CELLS", 400)
    for name in METRICS:
        alone = [getattr(rows, name)(one[None])[0] for one in codes]
        assert together[name] == pytest.approx(alone, abs=1e-12)
        assert getattr(rows, name)(codes) == pytest.approx(alone, abs=1e-12)


def test_features_count_alike_unless_by_variance() -> None:
    """Units of a feature do not matter when standardised; distances are those of scikit-learn's scaler."""
    values, batches = drawn(), np.arange(60) % 3
    scaled = values * [1, 10, 100, 1e3, 1e-3] + 5
    assert mixing_scores(scaled, batches) == pytest.approx(mixing_scores(values, batches))
    assert np.abs(embed(scaled, standardise=False)).max() > 100 * np.abs(embed(values)).max()
    plain = StandardScaler().fit_transform(scaled)
    components = embed(scaled)
    assert components @ components.T == pytest.approx(plain @ plain.T, abs=1e-9)


def test_components_are_few_centred_and_without_gaps() -> None:
    """At most 50; missing values are the mean; constant and empty features add nothing."""
    values = drawn(80, 70)
    assert embed(values).shape == (80, 50)
    assert embed(values).mean(axis=0) == pytest.approx(np.zeros(50), abs=1e-9)
    holed = np.column_stack([values[:, :3], np.full(80, 7.0), np.full(80, np.nan)])
    holed[3, 1], holed[4, 1] = np.nan, np.inf
    filled = holed[:, :3].copy()
    filled[3:5, 1] = np.delete(filled[:, 1], [3, 4]).mean()
    assert np.abs(embed(holed)) == pytest.approx(np.abs(embed(filled)), abs=1e-9)
    assert embed(np.ones((80, 3)) * 0.1).shape == (80, 0)


def test_what_cannot_be_scored_is_not_a_number() -> None:
    """One batch, constant features; and with few rows the metrics of neighbourhoods alone."""
    values = drawn(10)
    assert set(map(np.isnan, mixing_scores(values, np.zeros(10, dtype=int)).values())) == {True}
    assert set(map(np.isnan, mixing_scores(np.ones((10, 2)), np.arange(10) % 2).values())) == {True}
    assert set(map(np.isnan, mixing_scores(np.empty((0, 2)), np.arange(0)).values())) == {True}
    few = mixing_scores(values, np.arange(10) % 2)
    assert [np.isnan(few[name]) for name in METRICS] == [True, True, False, False]
    alone = mixing_scores(values, np.arange(10))
    assert np.isnan(alone["batch_silhouette"])
    assert alone["pc_regression"] == pytest.approx(1)


@pytest.mark.parametrize(
    ("n", "batches", "most", "size"),
    [(1000, 2, 50, 50), (240, 4, 50, 15), (60, 3, 50, 10), (16, 2, 50, 8), (11, 2, 50, 0), (1000, 2, 20, 20)],
)
def test_neighbourhoods_are_a_quarter_of_a_batch(n: int, batches: int, most: int, size: int) -> None:
    """Within 10 and the most asked for, and half of all rows."""
    assert neighbourhood_size(n, batches, most) == size


def test_too_small_neighbourhoods_are_refused() -> None:
    """With a sentence."""
    with pytest.raises(ArgumentError, match="neighbours is 5; a neighbourhood needs 6 rows or more"):
        mixing_scores(drawn(), np.arange(60) % 2, neighbours=5)
