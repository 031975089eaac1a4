"""Tests of hit lists: scores by hand, what makes a hit and what does not, and what cannot be told."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control
from scipy.stats import t as student

from hcs.analysis.finding import Finding
from hcs.analysis.wells.hits import LEAST, call_hits
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import well_name

NAMES = [well_name(row, column) for row in range(8) for column in range(12)]
CONTROLS = {"A01": "negative_control", "B01": "positive_control"}


def screen(replicates: int = 2, layouts: int = 2, seed: int = 0) -> pd.DataFrame:
    """Layouts of 96 wells, run several times: 30 low in all, 40 in the first only, 50 high and dying."""
    rng = np.random.default_rng(seed)
    parts = []
    for layout in range(layouts):
        for replicate in range(1, replicates + 1):
            light = 1_000 * replicate * rng.normal(1, 0.05, 96)
            cells = rng.normal(500, 20, 96)
            light[[30, 50]] *= [0.4, 1.9]
            light[40] = replicate * (300 if replicate == 1 else 1_000)
            cells[50] *= 0.2
            part = pd.DataFrame({"plate": f"P{layout}-{replicate}", "replicate": replicate, "well": NAMES})
            part["gene"] = [f"g{layout}-{number}" for number in range(96)]
            parts.append(part.assign(layout=layout, light=light, cell_count=cells))
    made = pd.concat(parts, ignore_index=True)
    return made.assign(role=made["well"].map(CONTROLS).fillna("sample"))


def by_hand(wells: pd.DataFrame) -> pd.DataFrame:
    """Robust z of each plate, again of each replicate, means over replicates, and their p, with numpy."""
    samples = wells[wells["role"] == "sample"].copy()
    for keys in ("plate", "replicate"):
        value = samples["z"] if "z" in samples else samples["light"]
        parts = []
        for _, own in value.groupby(samples[keys]):
            middle = np.median(own)
            parts.append((own - middle) / (1.4826 * np.median(np.abs(own - middle))))
        samples["z"] = pd.concat(parts)
    table = samples.pivot(index="gene", columns="replicate", values="z")
    z = table.mean(axis=1)
    spread = 1.4826 * np.median(np.abs(z - np.median(z)))
    p = 2 * student.sf(np.abs(z - np.median(z)) / spread, 0.45 * (len(z) - 1))
    return pd.DataFrame(
        {"z": z, "low": table.min(axis=1), "p": p, "p_adjusted": false_discovery_control(p)},
        index=table.index,
    )


def test_scores_are_those_worked_by_hand() -> None:
    """Each score, its range, p and correction; one row for every sample, none for a control."""
    wells = screen()
    found = call_hits(wells, "light", "gene", count="cell_count")
    assert isinstance(found, Finding)
    table, hand = found.table.set_index("name"), by_hand(wells)
    assert set(table.index) == set(wells.loc[wells["role"] == "sample", "gene"])
    for ours, theirs in (("z", "z"), ("z_low", "low"), ("p", "p"), ("p_adjusted", "p_adjusted")):
        np.testing.assert_allclose(table[ours], hand.loc[table.index, theirs], rtol=1e-9, atol=1e-300)
    assert found.table["p"].is_monotonic_increasing
    assert (found.table["smallest_p"] == 0).all()
    assert found.statistics.loc[0, "p"] == found.table.loc[0, "p"]
    assert found.statistics.loc[0, "correction"] == "Benjamini–Hochberg over 188 genes"


def test_hits_are_planted_ones_and_never_controls() -> None:
    """Low or high in each replicate; a single low replicate is told and no hit; dying wells are marked."""
    found = call_hits(screen(), "light", "gene", count="cell_count")
    assert set(found.called["name"]) == {"g0-30", "g1-30", "g0-50", "g1-50"}
    sides = found.called.set_index("name")
    assert sides["direction"].to_dict() == dict.fromkeys(["g0-30", "g1-30"], "lower") | dict.fromkeys(
        ["g0-50", "g1-50"], "higher"
    )
    assert sides.loc[["g0-50", "g1-50"], "cytotoxic"].all()
    assert not sides.loc[["g0-30", "g1-30"], "cytotoxic"].any()
    summary = found.summary()
    assert summary.startswith(found.headline())
    assert found.headline().startswith("4 hits of light among 188 genes")
    assert len(found.headline().split()) <= 30
    assert len(summary.split()) <= 120
    assert "2 genes would be hits but for one replicate." in found.caveats
    assert "2 hits have lost cells and may be cytotoxic." in found.caveats


def test_more_layouts_than_replicates_of_a_compound() -> None:
    """A compound in several wells of a replicate is one score; flagged wells leave it fewer replicates."""
    wells = screen().assign(included=True)
    wells.loc[wells["gene"] == "g1-30", "gene"] = "g0-30"
    wells.loc[(wells["gene"] == "g0-14") & (wells["replicate"] == 2), "included"] = False
    found = call_hits(wells, "light", "gene")
    row = found.table.set_index("name")
    assert row.loc["g0-30", ["n_replicates", "n_wells"]].tolist() == [2, 4]
    assert row.loc["g0-14", "n_replicates"] == 1
    assert np.isnan(row.loc["g0-14", "p"])
    assert "1 gene has one replicate and cannot be hits." in found.caveats
    assert "Cells were not counted: cytotoxic wells are not marked." in found.caveats


@pytest.mark.parametrize(
    ("replicates", "n", "said"),
    [
        (1, 94, "can be called with 94 genes: each has one replicate, which may be one bad well."),
        (2, LEAST - 1, f"at least {LEAST} with two replicates tell what is usual"),
    ],
)  # fmt: skip
def test_too_few_replicates_or_genes_make_no_hits(replicates: int, n: int, said: str) -> None:
    """There is a score and no p; the headline says why."""
    wells = screen(replicates, layouts=1)
    kept = wells["gene"].isin([f"g0-{number}" for number in range(2, n + 2)]) | (n > LEAST)
    found = call_hits(wells[kept], "light", "gene")
    assert found.table["z"].notna().all()
    assert found.table["p"].isna().all()
    assert not found.table["hit"].any()
    assert said in found.headline()
    assert found.statistics.empty


def test_wells_of_one_plate_are_replicates_of_a_clone() -> None:
    """Twelve clones of eight wells on one plate: each well is one replicate; one clone is far off."""
    rng = np.random.default_rng(3)
    wells = pd.DataFrame({"plate": "P", "well": NAMES, "clone": [f"c{place % 12}" for place in range(96)]})
    wells["area"] = rng.normal(100, 5, 96) + 80 * (wells["clone"] == "c4")
    found = call_hits(wells, "area", "clone")
    assert found.table["n_replicates"].eq(8).all()
    assert found.called["name"].tolist() == ["c4"]


def test_an_edge_effect_is_told_and_b_scores_take_it_out() -> None:
    """Bright outer wells become hits; the summary says so, and method b_score leaves the planted ones."""
    wells = screen()
    outer = wells["well"].str[1:].isin(["01", "12"])
    wells["light"] *= np.where(outer, 1.5, 1)
    found = call_hits(wells, "light", "gene")
    assert any("outer wells" in one and "b_score" in one for one in found.caveats)
    polished = call_hits(wells, "light", "gene", method="b_score")
    called = set(polished.called["name"])
    assert called >= {"g0-30", "g1-30", "g0-50", "g1-50"}
    assert len(called) < 7 < len(found.called)


def test_plots_name_the_hits_and_say_why_there_are_none() -> None:
    """The furthest hits are named; without scores the figure says so."""
    found = call_hits(screen(), "light", "gene", count="cell_count")
    names = {text.get_text() for axis in found.plot() for text in axis.texts}
    assert set(found.called["name"]) <= names
    empty = call_hits(screen().assign(light=np.nan), "light", "gene")
    assert empty.table.empty
    assert len(empty.plot()) == 1


def test_what_is_refused() -> None:
    """A column that is not there, a method and a fit that are none."""
    with pytest.raises(ArgumentError, match="no column 'genes'; did you mean 'gene'"):
        call_hits(screen(1, 1), "light", "genes")
    with pytest.raises(ArgumentError, match="No normalisation 'robust'; did you mean 'robust_z'"):
        call_hits(screen(1, 1), "light", "gene", method="robust")
    with pytest.raises(ArgumentError, match="No fit on 'negatives'; give samples or negative"):
        call_hits(screen(1, 1), "light", "gene", fit="negatives")
