"""A well is a well in any spelling, in every function that compares wells; a well twice is refused."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from hcs.analysis import (
    acquisition_drift,
    assay_quality,
    b_score,
    batch_test,
    normalise_wells,
    plate_effects,
    position_effects,
    replicate_correlation,
    spatial_autocorrelation,
    variance_components,
    well_statistics,
)
from hcs.analysis.wells.layout import with_positions
from hcs.heatmaps.heatmap import heatmap
from hcs.statistics.frames import well_names
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS, parse_well, row_index, smallest_format

NAMES = FORMATS[96].wells()
SPELLINGS: dict[str, Callable[[str], str]] = {
    "short": lambda well: f"{well[0]}{int(well[1:])}",
    "small": str.lower,
    "short and small": lambda well: f"{well[0]}{int(well[1:])}".lower(),
    "three digits": lambda well: f"{well[0]}{int(well[1:]):03d}",
    "hyphen": lambda well: f"{well[0]}-{int(well[1:])}",
    "in cell": lambda well: f"{well[0]} - {well[1:]}",
    "space": lambda well: f"{well[0]} {int(well[1:])}",
    "outer spaces": lambda well: f"  {well} ",
    "no-break space": lambda well: f"{well[0]}\u00a0{well[1:]}",
    "zero-width": lambda well: f"\ufeff{well[0]}\u200b{well[1:]}",
    "en dash": lambda well: f"{well[0]}\u2013{well[1:]}",
    "mixed": lambda well: well.lower() if int(well[1:]) % 2 else f"{well[0]}{int(well[1:])}",
}


def plate() -> pd.DataFrame:
    """Wells of two replicate plates, with controls and a drift from left to right."""
    rng = np.random.default_rng(0)
    wells = pd.DataFrame({"plate": "P", "well": NAMES, "replicate": 1, "set": 1, "model": "cnn"})
    wells["role"] = ["negative_control" if name.endswith("01") else "sample" for name in NAMES]
    wells["role"] = wells["role"].mask(wells["well"].str.endswith("12"), "positive_control")
    wells["x"] = rng.normal(100, 5, 96) + np.tile(np.arange(12.0), 8)
    wells["group"] = [f"c{n % 12}" for n in range(96)]
    wells["label"] = np.where(wells["group"].str[1:].astype(int) < 6, "ALS", "HC")
    return wells.assign(probability=rng.uniform(size=96))


LOOKS: dict[str, Callable[[pd.DataFrame], Any]] = {
    "b score": lambda wells: b_score(wells, "x").table[["residual", "b_score"]],
    "normalise": lambda wells: normalise_wells(wells, "x", "percent_of_control").table.filter(like="percent"),
    "assay": lambda wells: assay_quality(wells, "x").table,
    "position": lambda wells: position_effects(wells, "x", formats=96, draws=99).table,
    "drift": lambda wells: acquisition_drift(wells, "x", formats=96, draws=99).table,
    "neighbours": lambda wells: spatial_autocorrelation(wells, "x", formats=96, draws=99).table,
    "statistics": lambda wells: well_statistics(wells, "x").table,
    "plates": lambda wells: plate_effects(wells.assign(plate=wells["group"]), "x", draws=99).table,
    "variance": lambda wells: variance_components(wells, "x", factors=["plate", "well"]).table,
    "heatmap": lambda wells: heatmap(wells, "x").table,
    "placed": lambda wells: with_positions(wells)[["row", "column", "edge"]],
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_every_spelling_gives_the_same_numbers(spelling: str) -> None:
    """Of every analysis of wells, and of a heatmap."""
    wells = plate()
    spelt = wells.assign(well=wells["well"].map(SPELLINGS[spelling]))
    assert well_names(spelt["well"]).tolist() == NAMES
    for name in ("b score", "statistics", "heatmap", "placed", "normalise"):
        pd.testing.assert_frame_equal(LOOKS[name](wells), LOOKS[name](spelt))


@pytest.mark.parametrize("look", LOOKS)
def test_every_analysis_takes_mixed_spellings(look: str) -> None:
    """A table put together from two programs' exports."""
    wells = plate()
    spelt = wells.assign(well=wells["well"].map(SPELLINGS["mixed"]))
    pd.testing.assert_frame_equal(LOOKS[look](wells), LOOKS[look](spelt))


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_replicates_and_joined_tables_in_two_spellings(spelling: str) -> None:
    """All 96 wells are compared, and every image finds the batch of its well."""
    one = plate()
    other = one.assign(replicate=2, well=one["well"].map(SPELLINGS[spelling]), x=one["x"] + 1)
    found = replicate_correlation(pd.concat([one, other]), "x")
    assert found.table["n"].max() == 96
    assert found.table["n_left_out"].max() == 0
    batches = other[["plate", "well"]].assign(run=np.tile(["r1", "r2"], 48))
    assert not any("without run" in said for said in batch_test(one, batches, "ALS", batch="run").caveats)


@pytest.mark.parametrize("look", ["b score", "normalise", "assay", "position", "drift", "neighbours"])
@pytest.mark.parametrize("spelling", ["short", "small", "hyphen", "zero-width"])
def test_a_well_twice_is_refused(look: str, spelling: str) -> None:
    """Though it is spelt in two ways; replicates say it too."""
    wells = plate()
    twice = wells.iloc[[5]].assign(well=SPELLINGS[spelling](NAMES[5]))
    both = pd.concat([wells, twice], ignore_index=True)
    with pytest.raises(ArgumentError, match=r"twice|more than one row"):
        LOOKS[look](both)
    with pytest.raises(ArgumentError, match="A06 twice"):
        replicate_correlation(pd.concat([both, both.assign(replicate=2)]), "x")
    with pytest.raises(ArgumentError, match="twice"):
        plate_effects(both, "x")


@pytest.mark.parametrize("quarter", range(32))
def test_quartered_rows_of_1536_wells(quarter: int) -> None:
    """Aa, Ab, Ac, Ad, Ba, … Hd are rows 1 to 32; a whole plate has 1536 wells."""
    name = f"{'ABCDEFGH'[quarter // 4]}{'abcd'[quarter % 4]}"
    assert row_index(name) == quarter
    assert (parse_well(f"{name}7").row, parse_well(f"{name}07").column) == (quarter, 6)
    assert parse_well(name.upper() + "7").row == 26 * (quarter // 4 + 1) + quarter % 4


def test_a_whole_quartered_plate() -> None:
    """Is a 1536-well plate, as is one whose rows are A to AF."""
    rows = [f"{row}{part}" for row in "ABCDEFGH" for part in "abcd"]
    names = [f"{row}{column}" for row in rows for column in range(1, 49)]
    assert smallest_format(names) == FORMATS[1536]
    drawn = heatmap(pd.DataFrame({"well": names, "x": range(1536)}), "x")
    assert drawn.table["well"].tolist() == FORMATS[1536].wells()


@pytest.mark.parametrize(
    "text", ["Ae1", "Ia1", "aA1", "Zz1", "Af48", "A0", "A100", "1A", "", "AAA1", "A1x", "A--1"]
)
def test_what_is_no_well(text: str) -> None:
    """Letters of both cases that are no quarter of a row, and what never was one."""
    with pytest.raises(ArgumentError, match="is not a well"):
        parse_well(text)
