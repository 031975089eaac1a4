"""Tests of the analysis of variance against published values and closed forms."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import statsmodels.regression

from hcs.statistics.anova import collapse, fit_anova, independent, separate

DYESTUFF = np.array(
    [
        [1545, 1440, 1440, 1520, 1580],
        [1540, 1555, 1490, 1560, 1495],
        [1595, 1550, 1605, 1510, 1560],
        [1445, 1440, 1595, 1465, 1545],
        [1595, 1630, 1515, 1635, 1625],
        [1520, 1455, 1450, 1480, 1445],
    ],
    dtype=float,
)
PASTES = Path(statsmodels.regression.__file__).parent / "tests" / "results" / "pastes.csv"


def test_dyestuff_gives_the_published_components() -> None:
    """Davies' dyestuff data: 1764.05 between batches, 2451.25 within (lme4's manual)."""
    found = fit_anova(collapse(DYESTUFF.reshape(-1, 1), {"batch": np.repeat(np.arange(6), 5)}))
    assert found.variances[0, 0] == pytest.approx(1764.05)
    assert found.residual[0] == pytest.approx(2451.25)


def test_pastes_gives_the_published_nested_components() -> None:
    """Davies' pastes: 1.657 batch, 8.434 cask in batch, 0.678 residual (lme4's manual)."""
    pastes = pd.read_csv(PASTES)
    codes = {"cask": pd.factorize(pastes["sample"])[0], "batch": pd.factorize(pastes["batch"])[0]}
    found = fit_anova(collapse(pastes[["strength"]].to_numpy(), codes))
    assert found.names == ("batch", "cask")
    assert found.variances[0] == pytest.approx([1.657, 8.434], abs=1e-3)
    assert found.residual[0] == pytest.approx(0.678)


def test_crossed_balanced_layout_matches_mean_squares() -> None:
    """Rows × columns with repeats: components are differences of textbook mean squares."""
    y = np.random.default_rng(3).normal(size=(4, 5, 3)) + np.arange(4)[:, None, None] + np.arange(5)[:, None]
    rows, columns = np.repeat(np.arange(4), 15), np.tile(np.repeat(np.arange(5), 3), 4)
    found = fit_anova(collapse(y.reshape(-1, 1), {"row": rows, "column": columns}))
    mean = y.mean()
    of_rows = 15 * ((y.mean(axis=(1, 2)) - mean) ** 2).sum() / 3
    of_columns = 12 * ((y.mean(axis=(0, 2)) - mean) ** 2).sum() / 4
    left = y - y.mean(axis=(1, 2))[:, None, None] - y.mean(axis=(0, 2))[None, :, None] + mean
    error = (left**2).sum() / (60 - 1 - 3 - 4)
    assert found.variances[0] == pytest.approx([(of_rows - error) / 15, (of_columns - error) / 12])
    assert found.residual[0] == pytest.approx(error)


def test_a_negative_estimate_is_pooled() -> None:
    """A one-way layout with too alike means: 0, and all variance is residual (Thompson 1962)."""
    y = np.tile([1.0, 2.0, 3.0], 4)[:, None] + 0.01 * np.arange(12)[:, None]
    found = fit_anova(collapse(y, {"clone": np.repeat(np.arange(4), 3)}))
    assert found.first[0, 0] < 0
    assert found.variances[0, 0] == 0
    assert found.residual[0] == pytest.approx(y.var(ddof=1))


def test_estimates_are_unbiased_in_unequal_crossed_data() -> None:
    """Over 2,000 simulated columns the unconstrained means are the planted components."""
    rng = np.random.default_rng(5)
    codes = {name: rng.integers(0, levels, 300) for name, levels in (("batch", 8), ("clone", 30))}
    y = rng.normal(0, 1, (300, 2000))
    y += rng.normal(0, 0.7, (8, 2000))[codes["batch"]] + rng.normal(0, 0.9, (30, 2000))[codes["clone"]]
    found = fit_anova(collapse(y, codes))
    assert found.first.mean(axis=0) == pytest.approx([0.49, 0.81], abs=0.02)
    assert found.residual.mean() == pytest.approx(1.0, abs=0.02)


def test_columns_at_once_are_columns_one_by_one() -> None:
    """A column's estimate does not depend on its company."""
    rng = np.random.default_rng(6)
    codes = {"clone": np.repeat(np.arange(6), 4), "plate": np.tile(np.arange(4), 6)}
    y = rng.normal(size=(24, 20))
    together = fit_anova(collapse(y, codes))
    apart = [fit_anova(collapse(y[:, [column]], codes)) for column in range(20)]
    np.testing.assert_allclose(together.variances, np.vstack([one.variances for one in apart]), atol=1e-12)
    np.testing.assert_allclose(together.residual, np.concatenate([one.residual for one in apart]))


def test_cells_lose_nothing() -> None:
    """Collapsing rows gives what one cell per row gives."""
    rng = np.random.default_rng(7)
    clone, well = np.repeat(np.arange(5), 12), np.repeat(np.arange(20), 3)
    y = rng.normal(size=(60, 1)) + rng.normal(size=20)[well][:, None]
    with_cells = fit_anova(collapse(y, {"clone": clone, "well": well}))
    # A fixed effect of no use that differs in every row keeps the rows apart.
    by_row = collapse(y, {"clone": clone, "well": well}, 1e-3 * np.arange(60.0)[:, None])
    lone = fit_anova(
        type(by_row)(by_row.codes, by_row.fixed[:, :1], by_row.sizes, by_row.means, by_row.within)
    )
    np.testing.assert_allclose(with_cells.variances, lone.variances)
    np.testing.assert_allclose(with_cells.residual, lone.residual)
    assert with_cells.residual_df == lone.residual_df == 40


def test_a_factor_explained_by_others_has_no_estimate() -> None:
    """Batches that are sums of what is fixed and fitted before get NaN and 0 degrees of freedom."""
    fixed = np.repeat([0.0, 1.0], 12)[:, None]
    codes = {"batch": np.repeat([0, 1], 12), "clone": np.repeat(np.arange(6), 4)}
    found = fit_anova(collapse(np.random.default_rng(0).normal(size=(24, 1)), codes, fixed))
    assert found.df.tolist() == [0, 4]
    assert np.isnan(found.variances[0, 0])


def test_separate_names_each_reason() -> None:
    """One level, twins, one row a level and ties to the fixed effect are told apart in words."""
    fixed, n = np.repeat([0, 1], 4), 8
    codes = {"site": np.zeros(n, int), "image": np.arange(n), "batch": fixed, "clone": np.arange(n) // 2}
    kept, notes = separate(codes, fixed, ["diagnosis"])
    assert list(kept) == ["clone"]
    assert notes == {
        "site": "it has one level only",
        "image": "confounded with the residual: every row has a level of its own",
        "batch": "confounded with diagnosis, which is fixed",
    }


def test_independent_columns_drop_sums() -> None:
    """A dummy that is the sum of others goes."""
    a, b = np.array([1.0, 0, 0, 0]), np.array([0.0, 1, 0, 0])
    assert independent(np.column_stack([a, b, a + b])).shape == (4, 2)
