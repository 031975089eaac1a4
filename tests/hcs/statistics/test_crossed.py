"""Means over crossed readers and clones: the mean squares by hand, what is lacking, and what is preferred."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student

from hcs.statistics.crossed import crossed_mean


def cells(values: np.ndarray) -> pd.DataFrame:
    """Cells of a table of readers and clones, whose clones are of two classes in turn; one image each."""
    readers, clones = values.shape
    rows = [(r, c, "ab"[c % 2], values[r, c], 1) for r in range(readers) for c in range(clones)]
    return pd.DataFrame(rows, columns=["reader", "group", "label", "value", "n"])


def mean_squares(values: np.ndarray) -> tuple[float, float, float]:
    """Of readers, of clones within classes, and of what is left within both; balanced, by hand."""
    readers, clones = values.shape
    side = np.arange(clones) % 2
    of_class = np.stack([values[:, side == one].mean(axis=1) for one in (0, 1)], axis=1)
    of_clone, classes = values.mean(axis=0), of_class.mean(axis=0)
    left = values - of_class[:, side] - of_clone[None, :] + classes[None, side]
    return (
        clones * float(values.mean(axis=1).var(ddof=1)),
        readers * float(((of_clone - classes[side]) ** 2).sum()) / (clones - 2),
        float((left**2).sum()) / ((readers - 1) * (clones - 2)),
    )


def made(seed: int, readers: int = 6, clones: int = 12) -> np.ndarray:
    """Shares that differ between readers, between clones, and in what readers prefer to call."""
    rng = np.random.default_rng(seed)
    prefers = 0.3 * rng.normal(size=(readers, 1)) * np.where(np.arange(clones) % 2, 1, -1)
    spread = rng.normal(size=(readers, 1)) + rng.normal(size=(1, clones))
    return np.asarray(0.5 + 0.1 * spread + 0.05 * rng.normal(size=(readers, clones)) + prefers)


@pytest.mark.parametrize("seed", range(5))
def test_the_variance_is_that_of_the_mean_squares(seed: int) -> None:
    """(readers + clones − rest) / (readers · clones), with Satterthwaite's degrees of freedom."""
    values = made(seed)
    of_readers, of_clones, rest = mean_squares(values)
    total = of_readers + of_clones - rest
    df = total**2 / (of_readers**2 / 5 + of_clones**2 / 10 + rest**2 / 50)
    assert total > max(of_readers, of_clones)
    found = crossed_mean(cells(values), -9, 9)
    assert found.error == pytest.approx(np.sqrt(total / values.size))
    assert found.df == pytest.approx(max(df, 5))
    half = student.ppf(0.975, found.df) * found.error
    assert found.both == pytest.approx((values.mean() - half, values.mean() + half))
    alone = student.ppf(0.975, 5) * np.sqrt(of_readers / values.size)
    assert found.readers == pytest.approx((values.mean() - alone, values.mean() + alone))
    clones = student.ppf(0.975, 10) * np.sqrt(of_clones / values.size)
    assert found.clones == pytest.approx((values.mean() - clones, values.mean() + clones))


def test_what_readers_prefer_to_call_is_no_error() -> None:
    """Readers who always say one class, each another one, are all at one half: nothing varies."""
    prefers = np.array([[1.0], [0.0]] * 3)
    side = np.arange(8) % 2
    found = crossed_mean(cells(np.where(side, prefers, 1 - prefers)))
    assert found.value == 0.5
    assert np.isnan(found.both.low)


def test_readers_who_agree_leave_the_interval_over_clones() -> None:
    """Without anything between readers, both is what clones alone say; never narrower than either."""
    values = np.tile(made(3)[0], (6, 1))
    found = crossed_mean(cells(values), -9, 9)
    assert found.both == pytest.approx(found.clones)
    for seed in range(20):
        shares = np.random.default_rng(seed).integers(0, 2, (5, 12)).astype(float)
        noisy = crossed_mean(cells(shares))
        assert noisy.error >= np.sqrt(shares.mean(axis=1).var(ddof=1) / 5) - 1e-12


def test_readers_weigh_the_same_and_images_within_them() -> None:
    """A reader with 4 images counts as one with 40; a clone's share in a reader by its images."""
    rows = [
        ("p", "a", "x", 1.0, 3),
        ("p", "b", "y", 0.0, 1),
        ("q", "a", "x", 0.5, 20),
        ("q", "b", "y", 0.5, 20),
    ]
    found = crossed_mean(pd.DataFrame(rows, columns=["reader", "group", "label", "value", "n"]))
    assert found.value == pytest.approx((0.75 + 0.5) / 2)
    assert (found.n_readers, found.n_clones) == (2, 2)


@pytest.mark.parametrize(("readers", "clones"), [(2, 12), (6, 4), (1, 12), (0, 0)])
def test_too_few_have_no_interval(readers: int, clones: int) -> None:
    """Fewer than three readers, or four clones of two classes: no interval over both."""
    found = crossed_mean(cells(made(1)[:readers, :clones]))
    assert np.isnan(found.both.low)
    assert np.isnan(found.p(0.5))
    assert np.isnan(found.readers.low) == (readers < 3)
    assert np.isnan(found.clones.low) == (clones < 5)


def test_gaps_are_taken_as_they_are() -> None:
    """Readers who did not come to all clones: an interval all the same, somewhat wider."""
    whole = cells(made(2, 8, 20))
    gaps = whole[np.random.default_rng(0).random(len(whole)) < 0.8]
    found = crossed_mean(gaps, -9, 9)
    assert found.both.low < crossed_mean(whole, -9, 9).value < found.both.high
    assert found.p(found.value) == pytest.approx(1)
