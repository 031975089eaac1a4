"""Charts of controls over plates: numbers by hand, planted faults by name, and real screens."""

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.wells.control_charts import ControlCharts, control_charts
from hcs_plates.errors import ArgumentError

KINDS = {"negative_control": 100.0, "positive_control": 20.0, "sample": 90.0}


def screen(plates: int = 20, seed: int = 0, role: bool = True) -> pd.DataFrame:
    """Plates with eight wells of each kind; dates run against the plates' names."""
    rng = np.random.default_rng(seed)
    rows = []
    for plate in range(plates):
        level = rng.normal(0, 2)
        rows += [
            (
                f"P{plate:02d}",
                f"{row}{at:02d}",
                kind,
                f"2026-01-{plates - plate:02d}",
                mean + level + rng.normal(0, 3),
            )
            for row, (kind, mean) in zip("ABC", KINDS.items(), strict=True)
            for at in range(1, 9)
        ]
    table = pd.DataFrame(rows, columns=["plate", "well", "role", "date", "count"])
    return table if role else table.drop(columns="role")


def of(found: ControlCharts, statistic: str) -> pd.DataFrame:
    """Rows of one chart."""
    return found.table[found.table["statistic"] == statistic].reset_index(drop=True)


def test_points_are_the_plates_medians_and_z_primes_in_order_of_date() -> None:
    """Each by pandas; flagged wells take no part."""
    wells = screen().assign(included=lambda rows: rows["well"] != "A01")
    found = control_charts(wells, "count", date="date")
    kept = wells[wells["included"]].groupby(["plate", "role"])["count"]
    medians, means, sds = kept.median().unstack(), kept.mean().unstack(), kept.std().unstack()
    for statistic, role in (("negative", "negative_control"), ("sample", "sample")):
        rows = of(found, statistic)
        assert rows["plate"].tolist() == sorted(medians.index, reverse=True)
        np.testing.assert_allclose(rows["value"], medians[role][::-1])
    gap = (means["positive_control"] - means["negative_control"]).abs()
    z_prime = 1 - 3 * (sds["positive_control"] + sds["negative_control"]) / gap
    np.testing.assert_allclose(of(found, "z_prime")["value"], z_prime[::-1])


def test_a_steady_assay_is_in_control_and_a_faulty_plate_is_named() -> None:
    """No chart of 20 steady plates shows more than chance; a plate of half the cells is named, in words."""
    assert control_charts(screen(), "count", date="date").headline() == (
        "Count is in control over 20 plates: no chart shows more than chance gives."
    )
    wells = screen()
    wells.loc[(wells["plate"] == "P07") & (wells["role"] != "positive_control"), "count"] /= 2
    found = control_charts(wells, "count", date="date")
    assert set(found.out_of_control()["plate"]) == {"P07"}
    assert found.headline().startswith("Count is not in control: the median of negative controls leaves")
    assert "P07" in found.summary()
    assert found.summary().startswith(found.headline())
    assert (len(found.headline().split()) <= 30, len(found.summary().split()) <= 120) == (True, True)
    assert found.statistics["correction"].unique().tolist() == ["Holm over 4 charts"]
    axes = found.plot()
    assert len(axes) == 4
    assert "P07" in {text.get_text() for axis in axes for text in axis.texts}


def test_fewer_than_eight_plates_have_no_limits() -> None:
    """Points stand in the table, and the sentence says what is lacking."""
    found = control_charts(screen(7), "count")
    assert found.headline() == "Whether count is in control cannot be known with 7 plates."
    assert "Limits need 8 plates that differ; there are 7." in found.summary()
    assert len(found.table) == 7 * 4
    assert found.table["low"].isna().all()
    assert len(found.plot()) == 4


def test_without_roles_all_wells_are_samples() -> None:
    """One chart, in the order of the table, which is said."""
    found = control_charts(screen(9, role=False), "count")
    assert found.charts["statistic"].tolist() == ["sample"]
    assert "no date was given" in found.summary()
    assert control_charts(screen(9).assign(count=5.0), "count").charts["p"].isna().all()


def test_a_plate_of_two_dates_is_refused() -> None:
    """Its place in the order is not known."""
    wells = screen(9)
    wells.loc[0, "date"] = "2026-02-01"
    with pytest.raises(ArgumentError, match="Plate P00 has several values of 'date'"):
        control_charts(wells, "count", date="date")


@pytest.mark.shared
def test_cell_counts_of_five_dates(counts: pd.DataFrame) -> None:
    """On one date cells were a third fewer: all of its plates lie below the limits, of others the fewest."""
    counts = counts[counts["plate"].isin(sorted(counts["plate"].unique())[::3])]
    found = control_charts(counts, "cell_count", date="date")
    low = of(found, "sample").query("value < low").groupby("date").size()
    plates = counts.groupby("date")["plate"].nunique()
    share = (low / plates).fillna(0.0)
    assert share["2016-04-26"] == 1.0
    assert share.drop("2016-04-26").max() < 0.6
    assert found.charts["p_holm"].max() < 0.01
