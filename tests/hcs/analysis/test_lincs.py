"""Real cell counts: 136 plates of 384 wells from five dates, compounds in dose series along the rows."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, kruskal

from hcs.analysis import (
    acquisition_drift,
    assay_quality,
    b_score,
    plate_effects,
    position_effects,
    replicate_correlation,
    spatial_autocorrelation,
)
from hcs.analysis.wells.placement import PositionEffects
from hcs_plates.wells import parse_well

pytestmark = [pytest.mark.shared, pytest.mark.slow]
TOP_DOSE = [6, 12, 18]
"""Columns, from 0, in which each dose series has its highest dose."""


@pytest.fixture(scope="module")
def some(counts: pd.DataFrame) -> pd.DataFrame:
    """Every fourth plate, over all dates."""
    return counts[counts["plate"].isin(sorted(counts["plate"].unique())[::4])]


@pytest.fixture(scope="module")
def untreated_or_dosed(counts: pd.DataFrame) -> pd.DataFrame:
    """All wells but those of the two inhibitors that kill in every plate's same four strips.

    Without their roles: vehicle wells are spread over the plates, and take part in tests of position.
    """
    return counts[counts["role"] != "positive_control"].drop(columns="role")


@pytest.fixture(scope="module")
def effects(untreated_or_dosed: pd.DataFrame) -> PositionEffects:
    """Edge, row and column effects of all plates."""
    return position_effects(untreated_or_dosed, "cell_count", draws=499)


def places(wells: pd.Series) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """Rows and columns, from 0."""
    found = [parse_well(name) for name in wells]
    return np.array([place.row for place in found]), np.array([place.column for place in found])


def test_position_effects_by_hand(untreated_or_dosed: pd.DataFrame, effects: PositionEffects) -> None:
    """On three plates ε² is scipy's H scaled, and the edge's shift the median of all pairs' differences."""
    for plate in ("SQ00014812", "SQ00015109", "SQ00015224"):
        own = untreated_or_dosed[untreated_or_dosed["plate"] == plate]
        values = own["cell_count"].to_numpy(dtype=float)
        row, column = places(own["well"])
        edge = np.isin(row, [0, 15]) | np.isin(column, [0, 23])
        rows = effects.table[effects.table["plate"] == plate].set_index("effect")
        for effect, levels in (("edge", edge), ("row", row), ("column", column)):
            groups = [values[levels == level] for level in np.unique(levels)]
            h, n, k = kruskal(*groups).statistic, len(values), len(groups)
            assert rows.loc[effect, "epsilon2"] == pytest.approx((h - k + 1) / (n - k), abs=1e-9)
        spread = 1.4826 * np.median(np.abs(values - np.median(values)))
        shift = np.median(np.subtract.outer(values[edge], values[~edge])) / spread
        assert rows.loc["edge", "shift"] == pytest.approx(shift)


def test_position_effects_of_136_plates(effects: PositionEffects) -> None:
    """Outer wells have fewer cells nearly everywhere; false discoveries are held as scipy does."""
    assert effects.table.groupby("effect")["plate"].nunique().to_dict() == {
        "edge": 136,
        "row": 136,
        "column": 136,
    }
    for _, rows in effects.table.groupby("effect"):
        np.testing.assert_allclose(rows["p_adjusted"], false_discovery_control(rows["p"]))
        assert (rows["p"] >= rows["smallest_p"]).all()
    called = {effect: len(effects.called(effect)) for effect in ("edge", "row", "column")}
    assert called["edge"] > 130
    assert called["row"] > 133
    assert 115 < called["column"] < 136
    edge = effects.table[effects.table["effect"] == "edge"]
    assert edge["shift"].median() == pytest.approx(-1.06, abs=0.02)
    assert (edge["shift"] < 0).sum() > 132
    columns = effects.profiles[effects.profiles["effect"] == "column"].groupby("level")["median"].median()
    assert all(columns[at] < min(columns[at - 1], columns[at + 1]) for at in TOP_DOSE)
    assert len(effects.summary()) < 1_000


def test_dose_explains_columns_and_not_the_edge(some: pd.DataFrame) -> None:
    """Doses stand in columns: without each dose's median the dips go and the edge stays."""
    dosed = some[some["role"] != "positive_control"].drop(columns="role")
    found = position_effects(dosed, "cell_count", groups="dose", draws=199)
    assert len(found.called("edge")) > 31
    edge = found.table[found.table["effect"] == "edge"]
    assert edge["shift"].median() == pytest.approx(-0.96, abs=0.02)
    assert found.table.groupby("effect")["tied"].median()["column"] > 0.1
    columns = found.profiles[found.profiles["effect"] == "column"].groupby("level")["median"].median()
    assert not any(columns[at] < min(columns[at - 1], columns[at + 1]) for at in TOP_DOSE)
    assert "55 wells alone in their dose on a plate are left out" in found.summary()


def test_vehicle_wells_alone_cannot_tell_edge_from_corner(some: pd.DataFrame) -> None:
    """24 vehicle wells a plate: most see the edge, and the caveat says that rows stand for few wells."""
    vehicle = some[some["role"] == "negative_control"]
    found = position_effects(vehicle, "cell_count", formats=384, draws=499)
    assert len(found.called("edge")) > 25
    assert "fewer than 4 wells on average" in found.summary()


def test_neighbours_and_order(some: pd.DataFrame) -> None:
    """Neighbours are alike on all plates, by hand too; an assumed order is tied to rows, and that is said."""
    some = some.drop(columns="role")
    found = spatial_autocorrelation(some, "cell_count", neighbours="rook", draws=199)
    assert (found.table["p_adjusted"] <= 0.05).all()
    own = some[some["plate"] == "SQ00014812"]
    grid = np.full((18, 26), np.nan)
    row, column = places(own["well"])
    grid[row + 1, column + 1] = own["cell_count"] - own["cell_count"].mean()
    beside = np.stack([np.roll(grid, step, axis) for axis in (0, 1) for step in (1, -1)])
    products = grid[1:-1, 1:-1] * np.nanmean(beside[:, 1:-1, 1:-1], axis=0)
    given = found.table.set_index("plate").loc["SQ00014812", "moran_i"]
    assert given == pytest.approx(products.sum() / np.nansum(grid**2))
    assert "drift is confounded" in acquisition_drift(some, "cell_count", draws=99).summary()


def test_dates_differ_more_than_plates(counts: pd.DataFrame) -> None:
    """Vehicle wells: half of the variance lies between dates, little between plates; nested ANOVA by hand."""
    vehicle = counts[counts["role"] == "negative_control"]
    found = plate_effects(vehicle, "cell_count", date="date", layout="layout").table.set_index("factor")
    value, size = vehicle["cell_count"].astype(float), 24
    plate, date = (value.groupby(vehicle[key]).transform("mean") for key in ("plate", "date"))
    sizes = vehicle.groupby("date").size()
    between_dates = ((date - value.mean()) ** 2).sum() / (len(sizes) - 1)
    between_plates = ((plate - date) ** 2).sum() / (136 - len(sizes))
    within = ((value - plate) ** 2).sum() / (len(value) - 136)
    typical = (len(value) - (sizes**2).sum() / len(value)) / (len(sizes) - 1)
    hand = {
        "date": (between_dates - between_plates) / typical,
        "plate": (between_plates - within) / size,
        "well": within,
    }
    for factor, variance in hand.items():
        assert found["variance"][factor] == pytest.approx(variance, rel=1e-6)
    assert found["share"]["date"] == pytest.approx(0.51, abs=0.01)
    assert found["share"]["plate"] < 0.05
    assert found["p"]["date"] == found["smallest_p"]["date"]
    assert found["n"]["date"] == 136
    assert found["test"]["date"].endswith("within layouts")
    assert np.isnan(found["p"]["well"])


def test_killed_strips_survive_polishing(counts: pd.DataFrame) -> None:
    """The inhibitors' strips of six wells stay far below all others in B-scores, and the edge goes."""
    found = b_score(counts, "cell_count", samples=["sample"])
    by_role = found.table.groupby("role")["b_score"].median()
    assert by_role["positive_control"] < -5
    assert abs(by_role["sample"]) < 0.3
    rim = found.grids[found.grids["row"].isin([0, 15]) | found.grids["column"].isin([0, 23])]
    assert rim["before"].median() < -0.7
    assert abs(rim["after"].median()) < 0.2


def test_inhibitors_and_vehicle_are_told_apart(counts: pd.DataFrame) -> None:
    """Z′ by hand on a plate; over all, scaling by the samples' spread makes a fair assay look hopeless."""
    first = counts[counts["plate"].isin(sorted(counts["plate"].unique())[:40])]
    percent = assay_quality(first, "cell_count", pool="percent_of_samples", samples=["sample"])
    own = first[first["plate"] == "SQ00014812"].groupby("role")["cell_count"]
    mean, sd = own.mean(), own.std()
    gap = mean["negative_control"] - mean["positive_control"]
    z_prime = 1 - 3 * (sd["negative_control"] + sd["positive_control"]) / gap
    plates = percent.table.iloc[:-1].set_index("plate")
    assert plates.loc["SQ00014812", "z_prime"] == pytest.approx(z_prime)
    assert plates[["n_positive", "n_negative"]].eq(24).all(axis=None)
    assert percent.table["z_prime"].iloc[-1] == pytest.approx(plates["z_prime"].median(), abs=0.1)
    z = assay_quality(first, "cell_count", pool="robust_z", samples=["sample"])
    assert z.table["z_prime"].iloc[-1] < plates["z_prime"].median() - 0.4
    assert "A z is in units of the samples' spread: " in z.summary()


def test_five_replicates_are_summed_up_in_few_words(counts: pd.DataFrame) -> None:
    """Ten pairs have their range and not a sentence each; the numbers are numpy's."""
    samples = counts[counts["role"] == "sample"]
    found = replicate_correlation(samples, "cell_count", plate="layout")
    whole = found.table[found.table["plate"] == "all plates"].set_index(["first", "second"])
    assert len(whole) == 10
    both = samples.pivot(index=["layout", "well"], columns="replicate", values="cell_count")
    for (first, second), row in whole.iterrows():
        pair = both[[int(first), int(second)]].dropna()
        assert row["pearson"] == pytest.approx(np.corrcoef(pair.T)[0, 1])
    assert whole["pearson"].between(0.7, 0.95).all()
    assert "Replicates of cell count, 10 pairs, " in found.summary()
    assert len(found.summary()) < 700
