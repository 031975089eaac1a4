"""Tests on real cell counts: 136 plates of 384 wells, compounds in dose series along the rows."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.analysis.wells.autocorrelation import spatial_autocorrelation
from hcs.analysis.wells.drift import acquisition_drift
from hcs.analysis.wells.placement import position_effects
from hcs.analysis.wells.plates import plate_effects

pytestmark = pytest.mark.shared
BATCH = "2016_04_01_a549_48hr_batch1"


@pytest.fixture(scope="module")
def counts(shared_data: Path) -> pd.DataFrame:
    """Wells with count, date, layout and dose (−1: vehicle)."""
    folder = shared_data / "lincs_cell_counts"
    wells = pd.read_csv(folder / "counts" / f"{BATCH}_cell_counts.csv.gz")
    wells.columns = pd.Index(["plate", "well", "cell_count"])
    maps = folder / "platemaps" / BATCH
    dates = pd.read_csv(maps / "barcode_platemap.csv").set_axis(["plate", "layout", "batch", "date"], axis=1)
    layouts = pd.concat([pd.read_csv(path, sep="\t") for path in sorted((maps / "platemap").glob("*.txt"))])
    layouts = layouts.rename(columns={"plate_map_name": "layout", "well_position": "well"})
    wells = wells.merge(dates, on="plate", validate="m:1")
    wells = wells.merge(layouts, on=["layout", "well"], how="left", validate="m:1")
    dose = wells["mmoles_per_liter"].round(1).fillna(-1)
    return wells.assign(vehicle=wells["broad_sample"].isna(), dose=dose)


def test_position_effects_of_136_plates(counts: pd.DataFrame) -> None:
    """Outer wells have fewer cells on nearly all plates; columns of the top dose dip."""
    found = position_effects(counts, "cell_count", draws=999)
    called = {effect: len(found.called(effect)) for effect in ("edge", "row", "column")}
    assert called["edge"] > 120
    assert called["row"] > 130
    assert 100 < called["column"] < 136
    edge = found.table[found.table["effect"] == "edge"]
    assert -1.1 < edge["shift"].median() < -0.7
    columns = found.profiles[found.profiles["effect"] == "column"].groupby("level")["median"].median()
    top = [6, 12, 18]
    assert all(columns[at] < min(columns[at - 1], columns[at + 1]) for at in top)


def test_the_edge_is_no_matter_of_dose(counts: pd.DataFrame) -> None:
    """Doses stand in columns: with each dose's median taken away, the edge still has fewer cells."""
    found = position_effects(counts, "cell_count", groups="dose", draws=999)
    assert len(found.called("edge")) > 120
    assert found.table.groupby("effect")["tied"].median()["column"] > 0.1


def test_vehicle_wells_alone_cannot_tell_edge_from_corner(counts: pd.DataFrame) -> None:
    """24 vehicle wells a plate: most see the edge, and the caveat says that rows stand for few wells."""
    found = position_effects(counts[counts["vehicle"]], "cell_count", draws=999)
    assert len(found.called("edge")) > 100
    assert "fewer than 4 wells on average" in found.summary()


def test_neighbours_and_order(counts: pd.DataFrame) -> None:
    """Neighbours are alike on all plates; the assumed order is tied to the rows, and that is said."""
    near = spatial_autocorrelation(counts, "cell_count", draws=999).table
    assert (near["p_adjusted"] <= 0.05).all()
    assert 0.2 < near["moran_i"].median() < 0.35
    assert "drift cannot be told" in acquisition_drift(counts, "cell_count", draws=199).summary()


def test_dates_differ_more_than_plates(counts: pd.DataFrame) -> None:
    """Among vehicle wells half of the variance lies between dates, next to nothing between plates of one."""
    found = plate_effects(counts[counts["vehicle"]], "cell_count", date="date").table.set_index("factor")
    assert found["share"]["date"] == pytest.approx(0.51, abs=0.02)
    assert found["share"]["plate"] < 0.05
    assert found["p"]["date"] == found["smallest_p"]["date"]
    assert np.isnan(found["p"]["well"])
