"""Positive cells: thresholds, counts and intervals, checked with scipy and scikit-image."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest, norm, ttest_ind
from skimage.filters import threshold_otsu

from hcs.measure.positives import compare_positives, count_positives, positives_by_group
from hcs.measure.thresholds import ThresholdRule, threshold
from hcs_plates.errors import ArgumentError

FIXED = ThresholdRule("fixed", level=3.0)


def cells(seed: int = 0, n: int = 600) -> pd.DataFrame:
    """Cells of two plates with three wells each; the second plate is twice as bright."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(
        {
            "plate": np.repeat(["P1", "P2"], n // 2),
            "well": np.tile(["A01", "A02", "B01"], n // 3),
            "TUJ1": rng.choice([10.0, 50.0], n) + rng.normal(0, 3, n),
            "SMN": rng.choice([5.0, 25.0], n) + rng.normal(0, 1, n),
        }
    )
    table["role"] = np.where(table["well"] == "A01", "negative_control", "sample")
    table.loc[table["role"] == "negative_control", "SMN"] = rng.normal(5, 1, n // 3)
    table.loc[table["plate"] == "P2", ["TUJ1", "SMN"]] *= 2
    return table


@pytest.mark.parametrize("seed", range(5))
def test_otsu_divides_as_scikit_image_does(seed: int) -> None:
    """On whole numbers, where its bins are exact, both make the same two classes."""
    rng = np.random.default_rng(seed)
    values = np.concatenate([rng.poisson(20, 300), rng.poisson(90, 100)]).astype(np.uint8)
    level = threshold(ThresholdRule("otsu"), pd.DataFrame({"m": values.astype(float)}), "m")
    np.testing.assert_array_equal(values > level, values > threshold_otsu(values))


def test_otsu_keeps_its_digits_on_high_levels() -> None:
    """A large constant moves the threshold by as much and no more."""
    values = np.random.default_rng(1).normal([[0.0], [8.0]], 1.0, (2, 200)).ravel()
    low = threshold(ThresholdRule("otsu"), pd.DataFrame({"m": values}), "m")
    high = threshold(ThresholdRule("otsu"), pd.DataFrame({"m": values + 1e6}), "m")
    assert high - 1e6 == pytest.approx(low, abs=1e-6)


def test_levels_from_controls() -> None:
    """Only cells of control wells count; the robust rule shrugs off a few stained ones."""
    rng = np.random.default_rng(0)
    values = rng.normal(100, 10, 20_000)
    table = pd.DataFrame(
        {"m": np.append(values, [1e4] * 5), "role": ["negative_control"] * 20_000 + ["x"] * 5}
    )
    plain = threshold(ThresholdRule("controls", k=2), table, "m")
    assert plain == pytest.approx(np.mean(values) + 2 * np.std(values, ddof=1))
    quantile = threshold(ThresholdRule("controls", quantile=0.99), table, "m")
    assert quantile == pytest.approx(norm.ppf(0.99, 100, 10), abs=0.8)
    stained = table.assign(role="negative_control")
    assert threshold(ThresholdRule("controls", k=2, robust=True), stained, "m") == pytest.approx(120, abs=1)
    assert threshold(ThresholdRule("controls", k=2), stained, "m") > 200


def test_counts_shares_and_intervals() -> None:
    """Counts are those of a plain loop, intervals those of scipy's binomtest."""
    table = cells()
    rule = ThresholdRule("controls", k=4)
    counts = count_positives(table, "SMN", rule, ("TUJ1", ThresholdRule("otsu")))
    assert list(counts["n_cells"]) == [100] * 6
    for row in counts.to_dict("records"):
        plate = table[table["plate"] == row["plate"]]
        assert row["threshold"] == threshold(rule, plate, "SMN")
        well = plate[plate["well"] == row["well"]]
        neurons = well[well["TUJ1"] > row["reference_threshold"]]
        assert row["n_reference"] == len(neurons)
        assert row["n_positive"] == (neurons["SMN"] > row["threshold"]).sum()
        interval = binomtest(row["n_positive"], row["n_reference"]).proportion_ci(0.95, method="wilson")
        assert (row["low"], row["high"]) == pytest.approx((interval.low, interval.high))
    by_plate = counts.groupby("plate")["threshold"].first()
    assert by_plate["P2"] > 1.5 * by_plate["P1"]


def test_cells_that_were_not_measured_are_counted() -> None:
    """A NaN in either marker takes the cell out of the share, and into a column of its own."""
    table = pd.DataFrame({"well": "A01", "a": [1.0, 5.0, np.nan, 5.0], "b": [9.0, 9.0, 9.0, np.inf]})
    row = count_positives(table, "a", FIXED, ("b", FIXED), by=["well"]).iloc[0]
    assert (row["n_cells"], row["n_unmeasured"], row["n_reference"], row["n_positive"]) == (4, 2, 2, 1)


def test_wells_without_reference_cells_keep_their_row() -> None:
    """No neuron, or no cell at all: counts of 0 and an unknown share."""
    table = pd.DataFrame({"well": ["A01", "A02"], "a": [5.0, 5.0], "b": [9.0, 1.0]})
    wells = pd.DataFrame({"well": ["A03", "A02", "A01"], "clone": ["x", "y", "y"]})
    counts = count_positives(table, "a", FIXED, ("b", FIXED), by=["well"], wells=wells).set_index("well")
    assert counts["n_cells"].to_dict() == {"A03": 0, "A02": 1, "A01": 1}
    assert counts["n_reference"].to_dict() == {"A03": 0, "A02": 0, "A01": 1}
    assert counts.loc[["A02", "A03"], ["share", "low", "high"]].isna().all(axis=None)
    groups = positives_by_group(counts.reset_index()).set_index("clone")
    assert groups["n_wells"].to_dict() == {"x": 0, "y": 1}
    assert groups["n_wells_without"].to_dict() == {"x": 1, "y": 1}
    assert np.isnan(groups.loc["x", "share"])
    assert groups.loc["y", "share"] == 1.0
    assert np.isnan(groups.loc["y", "sd"])


def test_a_group_weighs_wells_not_cells() -> None:
    """The mean over wells is not that of the pooled cells, and groupless wells have a row."""
    wells = pd.DataFrame(
        {
            "clone": ["a", "a", None],
            "share": [0.1, 0.5, 0.3],
            "n_reference": [900, 100, 10],
            "n_positive": [90, 50, 3],
        }
    )
    table = positives_by_group(wells)
    assert len(table) == 2
    assert table.loc[0, "share"] == pytest.approx(0.3)
    assert table.loc[0, "sd"] == pytest.approx(np.std([0.1, 0.5], ddof=1))
    assert (table.loc[0, "n_reference"], table.loc[0, "n_positive"]) == (1000, 140)


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"kind": "li"}, "Threshold kind 'li' is unknown"),
        ({"kind": "fixed"}, "has level None"),
        ({"kind": "fixed", "level": float("nan")}, "has level nan"),
        ({"kind": "otsu", "level": 2.0}, "only 'fixed' takes a level"),
        ({"kind": "controls", "k": -1.0}, "k is -1.0"),
        ({"kind": "controls", "quantile": 1.0}, "quantile is 1.0"),
        ({"kind": "controls", "quantile": 0.9, "robust": True}, "leave one of them out"),
    ],
)
def test_rules_that_make_no_level(settings: dict[str, object], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        ThresholdRule(**settings)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "marker", "rule", "sentence"),
    [
        ({}, "GFP", FIXED, "The table of cells has no column 'GFP'; known: plate, well, TUJ1, SMN, role"),
        ({"SMN": 1.0}, "SMN", ThresholdRule("otsu"), "All 300 measured values of 'SMN' are alike"),
        ({"SMN": np.nan}, "SMN", ThresholdRule("otsu"), "All 0 measured values"),
        ({"role": "sample"}, "SMN", ThresholdRule("controls"), "roles there are: sample"),
        ({"SMN": np.nan}, "SMN", ThresholdRule("controls"), "0 cells in 'negative_control' wells"),
        ({"SMN": "bright"}, "SMN", FIXED, "intensities must be numbers"),
        ({"well": None}, "SMN", FIXED, "600 cells have no plate or well"),
    ],
)
def test_tables_that_cannot_be_counted(
    change: dict[str, object], marker: str, rule: ThresholdRule, sentence: str
) -> None:
    """Each is refused in words that name the column and the remedy."""
    with pytest.raises(ArgumentError, match=sentence):
        count_positives(cells().assign(**change), marker, rule)


@pytest.mark.parametrize(
    ("wells", "sentence"),
    [
        (
            {"plate": ["P1"], "well": ["A01"]},
            "5 wells with cells are not in the table of wells, first P1/A02",
        ),
        ({"plate": ["P1"] * 2, "well": ["A01"] * 2}, "lists a plate and well twice"),
        ({"plate": ["P1"], "well": ["A01"], "share": [1.0]}, "has columns share already"),
        ({"well": ["A01"]}, "no column 'plate'"),
    ],
)
def test_tables_of_wells_that_do_not_fit(wells: dict[str, list[object]], sentence: str) -> None:
    """Cells must lie in listed wells, and names must not clash."""
    with pytest.raises(ArgumentError, match=sentence):
        count_positives(cells(), "SMN", FIXED, wells=pd.DataFrame(wells))


def shares(per_class: int = 5, seed: int = 1) -> pd.DataFrame:
    """Shares of positive cells in three wells of each clone, and a control well on the plate of each."""
    rng = np.random.default_rng(seed)
    rows = []
    for number in range(2 * per_class):
        label = "ALS" if number < per_class else "control"
        level = rng.normal(0.4 if label == "ALS" else 0.3, 0.05)
        for role in ("sample", "sample", "sample", "negative_control"):
            share = 0.9 if role == "negative_control" else level + rng.normal(0, 0.02)
            rows.append((f"c{number}", f"d{number // 2 * 2}", label, role, share))
    return pd.DataFrame(rows, columns=["clone", "donor", "diagnosis", "role", "share"])


def test_classes_are_compared_over_clones() -> None:
    """Welch's test of the clones' means, wells of controls left out; n is the clones."""
    wells = shares().drop(columns="donor")
    found = compare_positives(wells, "diagnosis").table.set_index("test")
    means = wells[wells["role"] == "sample"].groupby(["diagnosis", "clone"])["share"].mean()
    expected = ttest_ind(means["ALS"], means["control"], equal_var=False)
    assert found.loc["Welch's t-test", "p"] == pytest.approx(expected.pvalue)
    assert found.loc["Welch's t-test", ["n", "n_first", "n_second"]].tolist() == [10, 5, 5]
    exact = found[found.index.str.startswith("Permutation")].iloc[0]
    assert exact["smallest_p"] == pytest.approx(2 / 252)


def test_wells_without_a_share_take_no_part() -> None:
    """A clone without one is no clone of the test."""
    wells = shares().drop(columns="donor")
    wells.loc[wells["clone"] == "c0", "share"] = np.nan
    assert compare_positives(wells, "diagnosis").table["n"].eq(9).all()


def test_a_clone_of_both_classes_is_refused() -> None:
    """As are columns that are not there."""
    wells = shares()
    both = wells.assign(diagnosis=["control", *wells["diagnosis"][1:]])
    with pytest.raises(ArgumentError, match="c0"):
        compare_positives(both, "diagnosis")
    with pytest.raises(ArgumentError, match=r"donor d4 has wells of more than one diagnosis; .* \(--group\)"):
        compare_positives(wells, "diagnosis", "donor")
    with pytest.raises(ArgumentError, match="no column 'line'"):
        compare_positives(wells, "diagnosis", "line")
