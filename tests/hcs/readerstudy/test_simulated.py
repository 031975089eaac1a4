"""Simulated readers: what was put in comes out of the scores, within the error of so many answers."""

from math import asin, pi, sqrt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm
from tests.hcs.readerstudy.keyed import KeyedPack, keyed_pack

from hcs.analysis.clones.reader_agreement import reader_agreement
from hcs.analysis.clones.reader_calls import reader_calls
from hcs.analysis.clones.reader_pace import reader_pace
from hcs.analysis.clones.reader_responses import ReaderResponses, reader_responses
from hcs.readerstudy.scoring import score_pack
from hcs.readerstudy.simulated import SimulatedReader, Spread, simulate_answers
from hcs_plates.errors import ArgumentError, ExistsError

BOTH = {"positive": "ALS", "negative": "control"}
STEADY = 0.6
READERS, IMAGES, REPEATS = 12, 96, 48
NONE = Spread(0, 0, STEADY)
SEEDS = [
    0,
    pytest.param(1, marks=pytest.mark.slow),
    *(pytest.param(seed, marks=pytest.mark.nightly) for seed in range(2, 12)),
]


def answered(folder: Path, kind: str, spread: Spread = NONE, seed: int = 0) -> KeyedPack:
    """Twelve readers of 96 images of 12 clones, half of them twice."""
    made = keyed_pack(folder, readers=READERS, images=IMAGES // 12, repeats=REPEATS, seed=seed)
    simulate_answers(made.pack.folder, None, [SimulatedReader.of(kind)], spread, seed=seed)
    return made


def calls_of(folder: Path, kind: str, seed: int) -> pd.DataFrame:
    """Calls of such readers."""
    return answered(folder / "pack", kind, seed=seed).calls()


def mean(found: ReaderResponses, measure: str) -> tuple[float, float]:
    """A mean over readers with its standard error."""
    row = found.means.set_index("measure").loc[measure]
    return float(row["value"]), float(row["sd"]) / sqrt(row["n"])


@pytest.mark.parametrize("seed", SEEDS[1:])
def test_guessing_is_one_half_and_no_agreement(tmp_path: Path, seed: int) -> None:
    """Right of half, prefers nothing, kappa 0 between readers; again the same as the correlation says."""
    calls = calls_of(tmp_path, "guessing", seed)
    share = reader_calls(calls, **BOTH).table.set_index(["kind", "level"]).loc[("all", "image"), "value"]
    assert share == pytest.approx(0.5, abs=4 * 0.5 / sqrt(READERS * IMAGES))
    for name in ("d_prime", "criterion"):
        value, error = mean(reader_responses(calls, **BOTH), name)
        assert value == pytest.approx(0, abs=4 * error)
    agreement = reader_agreement(calls, **BOTH).table.set_index("kind")
    # Under independence Fleiss' kappa of two classes has this variance (Fleiss, Nee & Landis 1979).
    pairs = IMAGES * READERS * (READERS - 1) / 2
    assert agreement.loc["all", "kappa"] == pytest.approx(0, abs=4 / sqrt(pairs))
    # Both calls of one image are signs of two normals with this correlation (Sheppard 1899).
    same = 0.5 + asin(STEADY) / pi
    own = agreement.loc["mean of repeats"]
    error = sqrt(same * (1 - same) / (READERS * REPEATS))
    assert own["same"] == pytest.approx(same, abs=4 * error)
    # Each reader's kappa is 2 · same − 1 but for how uneven the calls of 48 happen to be.
    assert own["kappa"] == pytest.approx(2 * same - 1, abs=8 * error + 1 / REPEATS)


@pytest.mark.parametrize("seed", SEEDS)
def test_who_sees_a_share_is_right_of_it(tmp_path: Path, seed: int) -> None:
    """0.7 of both classes, d′ twice its quantile, no preference, kappa (2 · 0.7 − 1)² when independent."""
    calls = calls_of(tmp_path, "seeing", seed)
    found = reader_responses(calls, **BOTH)
    for name, truth in (("sensitivity", 0.7), ("specificity", 0.7), ("criterion", 0.0)):
        value, error = mean(found, name)
        assert value == pytest.approx(truth, abs=4 * error)
    value, error = mean(found, "d_prime")
    assert value == pytest.approx(2 * norm.ppf(0.7), abs=4 * error)
    row = reader_agreement(calls, **BOTH).table.set_index("kind").loc["all"]
    assert row["kappa"] == pytest.approx(0.16, abs=0.06)
    gain, error = mean(found, "sure_gain")
    assert gain > 2 * error


@pytest.mark.parametrize("seed", SEEDS[1:])
def test_a_bias_is_a_criterion(tmp_path: Path, seed: int) -> None:
    """Who says patient 80 % and sees nothing: c = −0.84 but for the correction, d′ 0, one half right."""
    calls = calls_of(tmp_path, "biased=0.8", seed)
    found = reader_responses(calls, **BOTH)
    value, error = mean(found, "called_positive")
    assert value == pytest.approx(0.8, abs=4 * error)
    value, error = mean(found, "criterion")
    assert value == pytest.approx(-norm.ppf((0.8 * 48 + 0.5) / 49), abs=4 * error + 0.02)
    value, error = mean(found, "d_prime")
    assert value == pytest.approx(0, abs=4 * error)
    assert "and prefer to say ALS" in found.headline()


@pytest.mark.parametrize("seed", SEEDS)
def test_who_tires_has_a_slope(tmp_path: Path, seed: int) -> None:
    """From 0.8 to 0.5 over all that is judged; repeats, at the end, are no part of the slope."""
    found = reader_pace(calls_of(tmp_path, "tiring", seed), **BOTH)
    row = found.table.iloc[-1]
    error = (row["high"] - row["low"]) / 4
    assert row["change"] == pytest.approx(-0.3 * 100 / (IMAGES + REPEATS - 1), abs=4 * error)


@pytest.mark.slow
def test_spread_leaves_the_share_as_it_is_asked(tmp_path: Path) -> None:
    """Hard clones and able readers move single ones, and not the mean over many."""
    shares = []
    for seed in range(10):
        calls = answered(tmp_path / f"{seed}", "seeing=0.7", Spread(0.6, 0.4, 0.5), seed).calls()
        right = calls["label"] == calls["call"]
        shares.append(right.groupby(calls["reader"]).mean())
    means = np.array([share.mean() for share in shares])
    assert means.mean() == pytest.approx(0.7, abs=4 * means.std(ddof=1) / sqrt(10))
    # Binomial alone would leave 0.038 between readers of 144 images.
    assert np.mean([share.std() for share in shares]) > 0.07


def test_nobody_takes_them_for_people(tmp_path: Path) -> None:
    """Every name, every sentence and every click says so."""
    made = keyed_pack(tmp_path / "pack", readers=3, images=2, repeats=4)
    simulate_answers(made.pack.folder, None, [SimulatedReader()])
    found = score_pack(made.pack.folder)
    assert found.calls["reader"].str.endswith(" (simulated)").all()
    assert (found.responses["session"] == "simulated").all()
    for one in found.findings.values():
        assert "All 3 readers are simulated, not people." in one.summary()
        assert len(one.summary().split()) <= 120
        assert len(one.headline().split()) <= 30
        assert one.summary().startswith(one.headline())
    assert "3 simulated readers" in found.headline()


def test_they_are_never_mixed_with_people(tmp_path: Path) -> None:
    """A pack that somebody has answered is left as it is."""
    made = keyed_pack(tmp_path / "pack", readers=2)
    made.answer("reader 1", made.truth("reader 1")[:5])
    with pytest.raises(ExistsError, match="has answers"):
        simulate_answers(made.pack.folder, None, [SimulatedReader()])
    assert made.calls()["reader"].unique().tolist() == ["reader 1"]


@pytest.mark.parametrize("name", ["asleep", "seeing=1.2", "seeing=x", "guessing=0.6", "biased=0"])
def test_strange_readers_are_refused(name: str) -> None:
    """By name, with what there is."""
    with pytest.raises(ArgumentError):
        SimulatedReader.of(name)
