"""Real cell counts of 136 plates: joined to their maps as they are published, and scored."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.report.wells.scores import score_wells
from hcs.report.wells.source import read_wells_of

pytestmark = [pytest.mark.shared, pytest.mark.slow]
BATCH = "2016_04_01_a549_48hr_batch1"


def test_counts_and_maps_are_joined_as_published(shared_data: Path, counts: pd.DataFrame) -> None:
    """A table of counts, barcodes of plates and 28 maps, by the headings they have."""
    maps = shared_data / "lincs_cell_counts" / "platemaps" / BATCH
    found = read_wells_of(
        shared_data / "lincs_cell_counts" / "counts" / f"{BATCH}_cell_counts.csv.gz",
        annotation=[maps / "barcode_platemap.csv", *sorted((maps / "platemap").glob("*.txt"))],
    )
    assert (found.value(None), {one.size for one in found.formats.values()}) == ("cell_count", {384})
    own = found.wells.set_index(["plate", "well"])
    theirs = counts.set_index(["plate", "well"]).loc[own.index]
    assert own["compound"].fillna("").tolist() == theirs["broad_sample"].fillna("").tolist()
    assert own["replicate"].tolist() == theirs["replicate"].astype(str).tolist()


def test_killing_compounds_are_hits_in_five_replicates(counts: pd.DataFrame) -> None:
    """One layout on five plates: wells with few cells are low hits, controls are judged and never hits."""
    wells = counts[counts["layout"] == sorted(counts["layout"].unique())[0]]
    found = score_wells(wells, "cell_count")
    assert set(found.missing) == set()
    assert found.hits["n_replicates"].eq(5).mean() > 0.95
    assert set(found.called["direction"]) == {"lower"}
    killed = wells[wells["role"] == "sample"].groupby("well")["cell_count"].max() < 300
    assert set(killed.index[killed]) <= set(found.called["well"])
    assert not set(found.called["well"]) & set(wells.loc[wells["role"] != "sample", "well"])
    assert "Cells were not counted" not in found.findings["hits"].summary()
