"""Mixing of batches: permutations that each design allows, planted shifts, degenerate data in words."""

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.spatial.distance import cdist
from sklearn.metrics import silhouette_samples
from sklearn.preprocessing import StandardScaler

from hcs.analysis.batches.exchange import batch_exchange, label_exchange
from hcs.analysis.batches.mixing import BatchMixing, batch_mixing
from hcs.analysis.finding import Finding
from hcs.statistics.neighbours import METRICS, mixing_scores
from hcs_plates.errors import ArgumentError

Array = npt.NDArray[np.float64]


def study(n: int = 20, batches: int = 3, wells: int = 2, *, nested: bool = False) -> pd.DataFrame:
    """Wells of clones in every batch (a plate each), or in one batch by turns; half of the clones are ALS."""
    rows = [
        (f"c{i:02d}", "ALS" if i % 2 else "control", f"P{b}", f"A{i * wells + w + 1:02d}", f"b{b}")
        for i in range(n)
        for b in ([i // 2 % batches] if nested else range(batches))
        for w in range(wells * (batches if nested else 1))
    ]
    return pd.DataFrame(rows, columns=["group", "label", "plate", "well", "differentiation_batch"])


def noise(table: pd.DataFrame, d: int = 8, seed: int = 0, clone: float = 1.0, batch: float = 0.0) -> Array:
    """Features with parts of each clone's and each batch's own."""
    rng = np.random.default_rng(seed)
    own = rng.normal(scale=clone, size=(table["group"].nunique(), d))[table["group"].factorize()[0]]
    shift = rng.normal(scale=batch, size=(20, d))[table["differentiation_batch"].factorize()[0]]
    return np.asarray(own + shift + rng.normal(size=(len(table), d)))


def row_of(found: BatchMixing, metric: str) -> pd.Series:
    """Row of one metric."""
    return found.table.set_index("metric").loc[metric]


@pytest.mark.parametrize("nested", [False, True])
def test_a_planted_shift_is_found_and_its_absence_is_not(nested: bool) -> None:
    """By all four metrics, each at its smallest p; without one, by none."""
    table = study(nested=nested)
    shifted, plain = (batch_mixing(noise(table, seed=1, batch=size), table) for size in (4.0, 0.0))
    for metric in METRICS:
        assert row_of(shifted, metric)["p"] == row_of(shifted, metric)["smallest_p"] == 0.005
        assert row_of(plain, metric)["p"] > 0.05
    assert shifted.headline().startswith(
        "Yes, cells of one differentiation batch look more alike than chance"
    )
    assert "4 of 4 metrics show it" in shifted.summary()
    assert plain.headline().startswith("No sign that cells of one differentiation batch look more alike")
    assert (shifted.table["n_groups"] == 20).all()
    assert shifted.design == ("nested" if nested else "crossed")


def test_clones_alone_do_not_make_batches_unmixed() -> None:
    """Where each clone stands in one batch, batches look apart; permuted clones show that this is chance."""
    table = study(nested=True, wells=4)
    features = noise(table, clone=4.0)
    found = batch_mixing(features, table)
    rate = row_of(found, "kbet")
    assert rate["value"] < 0.3
    assert rate["p"] > 0.05
    assert found.statistics["test"][0] == "permutation test of whole clones within labels, one-sided"
    assert "Each clone is in one differentiation batch" in found.summary()


def test_the_null_is_every_arrangement_where_they_are_few() -> None:
    """A plain loop over all deals of batches to clones has the same p and the same mean."""
    table = study(8, 2, nested=True)
    features = noise(table, batch=1.0)
    found = batch_mixing(features, table)
    order = table.sort_values(["group", "plate", "well"]).index
    values = StandardScaler().fit_transform(features[order])
    labels, clones = table["label"][order].to_numpy(), table["group"][order].to_numpy()
    dealt: dict[str, list[float]] = {"batch_silhouette": [], "pc_regression": []}
    own = table.groupby("group")[["label", "differentiation_batch"]].first()
    deals = [
        [dict(zip(part.index, deal, strict=True)) for deal in set(itertools.permutations(part))]
        for _, part in own.groupby("label")["differentiation_batch"]
    ]
    actual = None
    for one, other in itertools.product(*deals):
        batches = np.array([(one | other)[clone] for clone in clones])
        means = {name: values[batches == name].mean(axis=0) for name in ("b0", "b1")}
        between = sum((batches == name).sum() * np.square(mean).sum() for name, mean in means.items())
        dealt["pc_regression"].append(between / np.square(values).sum())
        widths = [
            np.mean(1 - np.abs(silhouette_samples(values[labels == name], batches[labels == name])))
            for name in ("ALS", "control")
        ]
        dealt["batch_silhouette"].append(float(np.mean(widths)))
        if (one | other) == own["differentiation_batch"].to_dict():
            actual = len(dealt["pc_regression"]) - 1
    assert actual is not None
    for metric, sign in (("pc_regression", 1), ("batch_silhouette", -1)):
        null, row = np.array(dealt[metric]), row_of(found, metric)
        assert len(null) == 36
        assert row["value"] == pytest.approx(null[actual], abs=1e-9)
        assert row["null_mean"] == pytest.approx(null.mean(), abs=1e-9)
        assert row["p"] == pytest.approx(np.mean(sign * (null - null[actual]) >= -1e-9))


def test_values_are_those_of_the_metrics_over_wells() -> None:
    """Tiles are averaged first: more tiles of a well, or rows in another order, change nothing."""
    table = study(12)
    features = noise(table, batch=0.5)
    found = batch_mixing(features, table)
    plain = mixing_scores(features, table["differentiation_batch"], labels=table["label"])
    assert {name: row_of(found, name)["value"] for name in METRICS} == pytest.approx(plain, abs=1e-9)
    order = np.random.default_rng(0).permutation(np.repeat(np.arange(len(table)), 5))
    tiles = batch_mixing(features[order], table.iloc[order])
    pd.testing.assert_frame_equal(tiles.table, found.table)
    assert "360 rows are averaged to 72 wells." in tiles.caveats


def test_clisi_is_of_the_label() -> None:
    """A label that parts the wells is told by cLISI, and not by the batches' metrics."""
    table = study(20)
    features = noise(table, clone=0.3) + 6 * (table["label"] == "ALS").to_numpy()[:, None]
    found = batch_mixing(features, table)
    own = row_of(found, "clisi")
    assert own["value"] == pytest.approx(1)
    assert own["p"] == 0.005
    assert own["test"] == "permutation test of whole clones within batches"
    assert own["about"] == "label"
    assert row_of(found, "kbet")["p"] > 0.05


def test_partly_crossed_clones_are_exchanged_each_as_they_can() -> None:
    """Wells within clones of several batches, whole clones among those of one, within their label."""
    table = study(12, 2)
    single = table["group"].isin([f"c{i:02d}" for i in range(8)])
    table.loc[single, "differentiation_batch"] = "b" + (table["group"].str[1:].astype(int) // 2 % 2).astype(
        str
    )
    wells = table.rename(columns={"differentiation_batch": "batch"})
    found = batch_exchange(wells, "clone")
    assert found.design == "partly crossed"
    assert found.n_moved == 12
    assert len(found.values) == 8 + 4 * 4
    assert len(set(found.blocks)) == 2 + 4
    mixing = batch_mixing(noise(table, batch=4.0), table)
    assert mixing.design == "partly crossed"
    assert row_of(mixing, "pc_regression")["p"] == 0.005
    assert "whole clones of one batch within labels" in row_of(mixing, "pc_regression")["test"]


def test_clones_that_cannot_move_are_counted() -> None:
    """A clone alone with its label, and one whose label has one batch, say nothing; a label's gap is told."""
    table = study(6, 2, nested=True)
    table.loc[table["group"] == "c00", "label"] = "blank"
    found = batch_mixing(noise(table), table)
    assert row_of(found, "pc_regression")["n"] == 5
    assert "1 clone cannot change differentiation batch by permutation." in found.caveats
    assert "label blank is in one differentiation batch only: no silhouette there." in found.caveats


def test_labels_within_clones_are_kept_apart() -> None:
    """Where a clone has two labels, wells move within a clone's label only, and cLISI has no p-value."""
    table = study(12, 2)
    table["label"] = np.where(np.arange(len(table)) % 2, "treated", "untreated")
    wells = table.rename(columns={"differentiation_batch": "batch"})
    assert label_exchange(wells, "clone") is None
    assert len(set(batch_exchange(wells, "clone").blocks)) == 24
    found = batch_mixing(noise(table), table)
    assert np.isnan(row_of(found, "clisi")["p"])
    assert row_of(found, "kbet")["p"] > 0


def tied_to_label(table: pd.DataFrame) -> pd.DataFrame:
    """Batches that are the labels."""
    return table.assign(differentiation_batch=table["label"].map({"ALS": "x", "control": "y"}))


DEGENERATE: list[tuple[Callable[[pd.DataFrame], pd.DataFrame], str]] = [
    (tied_to_label, "label is confounded with differentiation batch."),
    (
        lambda t: t.assign(differentiation_batch=t["group"]),
        "each clone has a differentiation batch of its own.",
    ),
    (
        lambda t: t.assign(differentiation_batch="b"),
        "batches are mixed cannot be known: there is one only.",
    ),
    (
        lambda t: t.assign(differentiation_batch=None),
        "no well has features, differentiation batch",
    ),
    (lambda t: t.iloc[:0], "no well has features, differentiation batch"),
    (
        lambda t: tied_to_label(t).assign(label=t["group"].where(t["label"] == "ALS", "c")),
        "cannot be known: each label is in one differentiation batch only.",
    ),
]


@pytest.mark.parametrize(("change", "words"), DEGENERATE)
def test_what_cannot_be_asked_is_said(change: Callable[[pd.DataFrame], pd.DataFrame], words: str) -> None:
    """No number where batch is something else's name, and a picture all the same."""
    table = change(study(12))
    found = batch_mixing(noise(table) if len(table) else np.empty((0, 3)), table)
    assert found.table["value"].isna().all()
    assert words in found.summary()
    assert found.design == ""
    found.plot()


def test_few_wells_have_no_neighbourhoods() -> None:
    """Silhouette and variance are still measured, with the smallest p that so few can reach."""
    table = study(4, 2, 1)
    found = batch_mixing(noise(table), table)
    assert found.table.set_index("metric")["value"].isna().to_dict() == {
        "kbet": True, "ilisi": True, "batch_silhouette": False, "pc_regression": False, "clisi": True,
    }  # fmt: skip
    assert "8 wells are too few for neighbourhoods: kBET and LISI need 12 or more." in found.caveats
    assert "cannot be known with 4 clones" in found.headline()
    found.plot()


def test_missing_constant_and_nameless_data_are_counted() -> None:
    """Holes are filled, constant features fall away, wells without batch or label are left out."""
    table, features = study(12), noise(study(12))
    features[:, 4] = 3.0
    features[::7, 0], features[:, 3], features[5] = np.nan, np.inf, np.nan
    table.loc[8, "differentiation_batch"] = None
    table.loc[9, "label"] = None
    table.loc[10, "group"] = None
    found = batch_mixing(features, table)
    assert {
        "1 row without features left out.",
        "1 row without group, plate or well left out.",
        "1 feature without any value left out.",
        "2 wells without differentiation batch or label left out.",
        "Missing features count as the mean of all wells.",
    } <= set(found.caveats)
    assert (found.table["n_wells"] == 68).all()
    assert found.table["value"].notna().all()
    flat = batch_mixing(np.full((len(table), 3), 0.1), table)
    assert "All features are constant: they can tell nothing." in flat.caveats


def test_a_silhouette_better_than_chance_is_explained() -> None:
    """Batches a little apart have silhouettes near 0, permuted ones below: the metric then misleads."""
    table = study(24, 10, 1)
    found = batch_mixing(noise(table, 100, clone=0.5, batch=0.3), table)
    assert row_of(found, "batch_silhouette")["value"] > row_of(found, "batch_silhouette")["null_high"]
    assert row_of(found, "pc_regression")["p"] == 0.005
    assert "go by the other metrics" in found.summary()


def test_a_batch_of_one_plate_is_that_plate() -> None:
    """Said where each batch has one, and not where plates are the batches asked for."""
    table = study(12)
    said = "Each differentiation batch has one plate: the two cannot be separated."
    assert said in batch_mixing(noise(table), table).caveats
    assert not [part for part in batch_mixing(noise(table), table, batch="plate").caveats if "plate" in part]


@pytest.mark.parametrize(("plates", "smallest"), [(4, 1 / 3), (6, 1 / 10)])
def test_plates_that_differ_are_no_batches_that_differ(plates: int, smallest: float) -> None:
    """Plates in two batches are dealt whole, so few cannot tell, however many wells and clones they hold."""
    table = study(12, plates)
    features = noise(table, batch=1.0)
    found = batch_mixing(features, table.assign(differentiation_batch=table["plate"].str[1:].astype(int) % 2))
    row = row_of(found, "pc_regression")
    assert row["smallest_p"] == pytest.approx(smallest)
    assert (row["n"], row["unit"]) == (plates, "plate")
    assert f"cannot be known with {plates} plates" in found.headline()
    assert row_of(batch_mixing(features, table, batch="plate"), "pc_regression")["p"] == 0.005


def test_result_is_a_finding_and_does_not_depend_on_chance() -> None:
    """The same seed gives the same table; points hold every well once."""
    table = study(12)
    first, second = (batch_mixing(noise(table), table, seed=3) for _ in range(2))
    assert isinstance(first, Finding)
    pd.testing.assert_frame_equal(first.table, second.table)
    assert len(first.points) == len(table)
    near = cdist(first.points[["pc1", "pc2"]], first.points[["pc1", "pc2"]])
    assert np.isfinite(near).all()
    other = batch_mixing(noise(table), table, seed=4)
    assert other.table["value"].tolist() == first.table["value"].tolist()


@pytest.mark.parametrize(
    ("keywords", "message"),
    [
        ({"batch": "label"}, "batch and label are one column, 'label'; name the batch's own."),
        ({"batch": "group"}, "batch and group are one column, 'group'; name the batch's own."),
        ({"batch": "bach"}, "has no column 'bach'"),
        ({"permutations": 0}, "permutations is 0; give a whole number of permutations from 1"),
        ({"neighbours": 3}, "neighbours is 3; a neighbourhood needs 6 rows or more."),
    ],
)
def test_wrong_arguments_are_refused(keywords: dict[str, Any], message: str) -> None:
    """Each with a sentence."""
    table = study(6)
    with pytest.raises(ArgumentError) as refusal:
        batch_mixing(noise(table), table, **keywords)
    assert message in str(refusal.value)


@pytest.mark.parametrize(
    ("runs", "low", "high"),
    [
        pytest.param(80, 0.0, 0.13, marks=pytest.mark.slow),
        pytest.param(500, 0.03, 0.07, marks=pytest.mark.nightly),
    ],
)
@pytest.mark.parametrize("nested", [False, True])
def test_p_values_are_calibrated(
    nested: bool, runs: int, low: float, high: float, record_property: Callable[[str, object], None]
) -> None:
    """Without a batch effect, p is 0.05 or less in 5 ± 2 % of 500 experiments; a first look at fewer.

    kBET's chi-square takes wells of a clone for independent: with clones in one batch each, it rejects far
    more neighbourhoods than the 5 % of its level.
    """
    table = study(12, 2, 2, nested=nested)
    ps = {metric: np.empty(runs) for metric in METRICS}
    rejected = np.empty(runs)
    for run in range(runs):
        found = batch_mixing(noise(table, 4, seed=run, clone=2.0), table, permutations=99, seed=run)
        for metric in METRICS:
            ps[metric][run] = row_of(found, metric)["p"]
        rejected[run] = 1 - row_of(found, "kbet")["value"]
    for metric in ("ilisi", "batch_silhouette", "pc_regression"):
        record_property(metric, f"{(ps[metric] <= 0.05).mean():.4f}")
        assert low <= (ps[metric] <= 0.05).mean() <= high
    # kBET's rate has few values, whose ties make its test conservative.
    assert (ps["kbet"] <= 0.05).mean() <= high
    assert (rejected.mean() > 0.1) == nested
