"""Tests of the clustered logistic regression: statsmodels' numbers, calibration, and words for poor data."""

import numpy as np
import pytest

from hcs.statistics.gee import fit_counts, odds_trend
from hcs.statistics.words import Words
from hcs_plates.errors import ArgumentError

STUDIES, CLONES, TILES = 600, 30, 225


@pytest.mark.parametrize("seed", range(3))
def test_counts_give_what_statsmodels_gives_for_images(seed: int) -> None:
    """Slope, Mancl–DeRouen error and working correlation equal statsmodels' GEE of single images."""
    import statsmodels.api as sm

    rng = np.random.default_rng(seed)
    x, trials = rng.integers(10, 40, 20).astype(float), rng.integers(10, 40, 20)
    right = rng.binomial(trials, rng.beta(5, 2, 20))
    y = np.concatenate([[1] * a + [0] * (b - a) for a, b in zip(right, trials, strict=True)])
    model = sm.GEE(
        y,
        sm.add_constant(np.repeat(x, trials)),
        groups=np.repeat(np.arange(20), trials),
        family=sm.families.Binomial(),
        cov_struct=sm.cov_struct.Exchangeable(),
    )
    oracle = model.fit(cov_type="bias_reduced", maxiter=200, ctol=1e-10)
    intercept, slope, error, alike = fit_counts(x, right / trials, trials.astype(float))
    assert (intercept, slope) == pytest.approx(tuple(oracle.params), rel=1e-5)
    assert error == pytest.approx(oracle.bse[1], rel=1e-5)
    assert alike == pytest.approx(model.cov_struct.dep_params, rel=1e-4)


def _null(seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Passage and share right of clones whose accuracies differ, but not by passage."""
    rng = np.random.default_rng(seed)
    right = rng.binomial(TILES, rng.beta(6, 1.5, CLONES))
    return rng.integers(10, 45, CLONES).astype(float), right / TILES


def test_images_taken_as_independent_are_rejected_far_too_often() -> None:
    """The reason for the clone level: a plain logistic regression of images rejects most true nulls."""
    import statsmodels.api as sm

    rejected = 0
    for seed in range(STUDIES):
        x, share = _null(seed)
        counts = np.column_stack([share, 1 - share]) * TILES
        fit = sm.GLM(counts, sm.add_constant(x), family=sm.families.Binomial()).fit()
        rejected += fit.pvalues[1] <= 0.05
    assert rejected / STUDIES > 0.5


def test_a_planted_trend_is_found_with_its_size() -> None:
    """An odds ratio of 0.5 per 5 passages is found, and lies in the interval."""
    rng = np.random.default_rng(0)
    x = rng.integers(10, 40, 30).astype(float)
    log_odds = 2 + np.log(0.5) * (x - 25) / 5 + rng.normal(0, 0.4, 30)
    share = rng.binomial(225, 1 / (1 + np.exp(-log_odds))) / 225
    found = odds_trend(x, share, [225.0] * 30, Words())
    middle, low, high = found.odds_ratio(5)
    assert low < 0.5 < high < 1
    assert middle == pytest.approx(0.5, abs=0.1)


SAID = [
    ([1, 2, 3, 4], [1, 1, 1, 1], "Every image of every clone was called right."),
    ([1, 2, 3, 4], [0, 0, 0, 0], "Every image of every clone was called wrong."),
    ([1, 2, 3, 4], [1, 1, 0, 0], "Right and wrong calls are separated along passage, at 2"),
    ([1, 2, 3, 4], [1, 1, 0.5, 0], "separated along passage, at 3"),
    ([2, 2, 2, 2], [1, 0.5, 0.7, 0], "All 4 clones have the same passage (2)."),
    ([1, 2, 3], [0.5, 0.6, 0.7], "Only 3 clones have both calls and passage."),
    ([1, 2, 3, None], [0.5, 0.6, 0.7, 1], "1 clone without passage is left out."),
    ([1, 2, 3, 4], [0.8, 0.8, 0.8, 0.8], "All 4 clones have the same share of right calls (0.8)."),
    ([1, 1, 1, 9], [0.5, 0.7, 0.9, 0.6], "Without one clone all others have the same passage"),
    ([1, 1, 9, 9], [0.5, 0.5, 0.8, 0.8], "Right calls follow passage without any scatter"),
]


@pytest.mark.parametrize(("x", "share", "words"), SAID)
def test_poor_data_are_answered_in_words(x: list[float], share: list[float], words: str) -> None:
    """Separation, no variation, too few: no odds ratio, and why."""
    found = odds_trend(x, share, [50.0] * len(x), Words("passage", "accuracy"))
    assert np.isnan(found.slope)
    assert words in " ".join(found.caveats)
    assert np.isnan(found.odds_ratio()).all()


def test_few_clones_and_empty_clones_are_said() -> None:
    """Below ten clones the error is called rough; clones without images are counted."""
    found = odds_trend([1, 2, 3, 4, 5, 6], [0.9, 0.5, 0.8, 0.6, 0.7, 0.4], [50, 50, 50, 50, 50, 0], Words())
    assert "1 clone without any image left out." in found.caveats
    assert any("rough" in said for said in found.caveats)


@pytest.mark.parametrize("share", [[0.5, 0.6, 0.7, 1.7], [0.5, 0.6, 0.7, -1]])
def test_wrong_arguments_are_refused(share: list[float]) -> None:
    """A share outside 0 to 1 is refused."""
    with pytest.raises(ArgumentError, match="between 0 and 1"):
        odds_trend([1, 2, 3, 4], share, [1, 1, 1, 1], Words())
