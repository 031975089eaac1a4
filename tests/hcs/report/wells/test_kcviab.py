"""A real screen by one call, from the plate reader's files to scores, against those that were published."""

import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from hcs.analysis import call_hits
from hcs.report.wells.scores import WellScores, score_wells

pytestmark = [pytest.mark.shared, pytest.mark.slow]

PUBLISHED = {
    "1": "A03 1.38 A04 2.58 A21 3.15 A23 3.43 B03 0.20 D24 3.28 G22 2.47 H09 6.51 K24 -1.60 L24 5.35"
    " M21 -1.85 N22 3.36",
    "10": "I04 0.95 J03 1.94 J08 2.6 J12 2.73 J24 3.35 M07 2.88 M19 -1.67 O24 -1.73 P15 3.07",
    "11": "E19 2.45 F01 2.04 G01 4.33 G22 2.56 H07 3.26 I10 4.66 I13 3.35 J23 4.22 K24 3.24 L10 -1.28",
    "39": "F24 -1.95 G24 -2.02 H12 1.15 J07 3.81 K24 -2.42 N24 -2.64 P01 -2.46",
    "40": "B08 1.9 I16 1.95 J01 -1.75 J19 3.19 K09 2.86 L01 -2.21 L20 1.99 M20 5.08",
    "57": "A11 3.4 I15 2.35 I23 3.5 K07 3.8 K21 4.01 K24 2.8 M07 3.24 P01 -3.2 P02 -2.35",
}
"""Scores of some wells as published (Boutros et al., Science 2004; Analysis2003.txt beside the raw files)."""


@pytest.fixture(scope="module")
def folder(shared_data: Path) -> Path:
    """The plate reader's files, plate list, configuration, screen log and annotation."""
    return shared_data / "kcviab"


@pytest.fixture(scope="module")
def published(viability: pd.DataFrame) -> pd.Series:
    """All scores as they were made: z of every plate by mean and SD of its wells, mean of replicates, −."""
    wells = viability.assign(value=viability["luminescence"].where(viability["included"]))
    held = wells.groupby("plate")["value"]
    z = (held.transform("mean") - wells["value"]) / held.transform("std")
    return z.groupby([wells["layout"].astype(str), wells["well"]]).mean()


@pytest.fixture(scope="module")
def plate_medians(folder: Path) -> WellScores:
    """Scored with plate medians, as the published re-analysis."""
    return score_wells(folder, method="percent_of_samples")


def scores_of(found: WellScores) -> pd.Series:
    """Minus z of every scored well of a layout."""
    return -found.hits.set_index(["layout", "well"])["z"]


def test_the_formula_gives_the_published_scores(published: pd.Series) -> None:
    """55 scores of six plates to the digit that was printed, so that all can be held against ours."""
    n = 0
    for layout, told in PUBLISHED.items():
        words = told.split()
        for well, score in zip(words[::2], words[1::2], strict=True):
            assert published[layout, well] == pytest.approx(float(score), abs=0.006), (layout, well)
            n += 1
    assert n == 55


def test_scores_are_those_that_were_published(published: pd.Series, plate_medians: WellScores) -> None:
    """Correlated at 0.98 or more over the whole genome, by either normalisation."""
    ours = scores_of(plate_medians)
    assert len(ours) == 57 * 380 - 22
    assert np.corrcoef(ours, published[ours.index])[0, 1] > 0.98
    wells = plate_medians.asked.wells
    robust = call_hits(wells.assign(place=wells["layout"] + " " + wells["well"]), "signal", "place").table
    theirs = published.set_axis([" ".join(place) for place in published.index])
    assert np.corrcoef(-robust["z"], theirs[robust["name"]])[0, 1] > 0.98


def test_scores_are_those_of_the_reanalysis(plate_medians: WellScores, viability: pd.DataFrame) -> None:
    """The same as cellHTS2: ratio to the plate's median sample, robust z over each replicate, minus, mean."""
    samples = viability[(viability["role"] == "sample") & viability["included"]].copy()
    ratio = samples["luminescence"] / samples.groupby("plate")["luminescence"].transform("median")
    held = ratio.groupby(samples["replicate"])
    away = (ratio - held.transform("median")).abs().groupby(samples["replicate"]).transform("median")
    z = (held.transform("median") - ratio) / (1.4826 * away)
    hand = z.groupby([samples["layout"].astype(str), samples["well"]]).mean()
    ours = scores_of(plate_medians)
    np.testing.assert_allclose(ours, hand[ours.index], rtol=1e-9, atol=1e-9)


def test_hits_number_what_was_published(plate_medians: WellScores) -> None:
    """438 dsRNAs were called there, over two cell lines; Diap1 is among ours, controls are not."""
    called = plate_medians.called
    assert (called["direction"] == "lower").sum() == pytest.approx(438, rel=0.1)
    assert "CG12284" in set(called["gene"])
    assert not set(called["well"]) & {"A01", "A02", "B01", "B02"}
    assert "outer wells" in plate_medians.cautions[0]
    assert (plate_medians.left_out["reason"] == "Contamination").sum() == 48
    assert plate_medians.missing == {}


@pytest.mark.nightly
def test_the_folder_takes_seconds(
    folder: Path, tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """From raw files to tables and page; the time is for the record, the processor's for the limit."""
    wall, cpu = time.perf_counter(), time.process_time()
    score_wells(folder).save(tmp_path / "out")
    record_property("wall seconds", round(time.perf_counter() - wall, 1))
    assert time.process_time() - cpu < 30
    assert (tmp_path / "out" / "report.html").stat().st_size < 10_000_000
