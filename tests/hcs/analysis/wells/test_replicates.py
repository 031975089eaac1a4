"""Tests of replicate agreement: scipy and Lin's formula as oracles, gaps and flags."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr, ttest_1samp

from hcs.analysis.finding import Finding
from hcs.analysis.wells.replicates import lin_concordance, replicate_correlation
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import well_name


def screen(n_plates: int = 2, replicates: int = 2, noise: float = 0.5, seed: int = 0) -> pd.DataFrame:
    """Plates of 96 wells, each run so many times over the same truth."""
    rng = np.random.default_rng(seed)
    plates = np.repeat(np.arange(n_plates), replicates * 96)
    truth = np.repeat(rng.normal(0, 1, (n_plates, 96)), replicates, axis=0).ravel()
    names = [well_name(row, column) for row in range(8) for column in range(12)]
    return pd.DataFrame(
        {
            "plate": [f"P{plate}" for plate in plates],
            "replicate": np.tile(np.repeat(np.arange(1, replicates + 1), 96), n_plates),
            "well": names * (n_plates * replicates),
            "count": plates + truth + rng.normal(0, noise, len(plates)),
        }
    )


def test_numbers_are_scipys_and_lins() -> None:
    """Each plate and all together; Lin's from its definition by mean squared difference."""
    wells = screen()
    found = replicate_correlation(wells, "count")
    assert isinstance(found, Finding)
    for row in found.table.itertuples():
        own = wells if row.plate == "all plates" else wells[wells["plate"] == row.plate]
        x, y = (own.loc[own["replicate"] == n, "count"].to_numpy() for n in (1, 2))
        assert row.n == len(x)
        assert row.pearson == pytest.approx(pearsonr(x, y).statistic)
        assert row.spearman == pytest.approx(spearmanr(x, y).statistic)
        expected = 1 - ((x - y) ** 2).mean() / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        assert row.concordance == pytest.approx(expected)
    assert found.headline().startswith("Replicates 1 and 2 of count correlate with Pearson r 0.8")
    assert found.headline().endswith(", over 192 wells.")
    assert found.summary().startswith(found.headline())


def test_concordance_sees_what_correlation_does_not() -> None:
    """A replicate twice as bright correlates perfectly and does not agree: hand-worked 4/11."""
    x = np.array([1.0, 2.0, 3.0])
    assert lin_concordance(x, x) == 1
    assert lin_concordance(x, 2 * x) == pytest.approx(4 / 11)
    assert np.isnan(lin_concordance(np.ones(3), np.ones(3)))


def test_flagged_and_missing_wells_go_with_their_partners() -> None:
    """Counted, listed by replicate; their values change nothing."""
    wells = screen(1).assign(included=True)
    wells.loc[[0, 1, 96 + 1], "included"] = False
    wells.loc[5, "count"] = np.nan
    found = replicate_correlation(wells, "count")
    assert found.table[["n", "n_left_out"]].to_numpy().tolist() == [[93, 3], [93, 3]]
    assert (
        found.caveats[0] == "Left out: 3 flagged wells (P0 (replicate 1) A01–A02 and P0 (replicate 2) A02)."
    )
    assert found.caveats[1] == "Left out, without a value in one replicate or both: 1 well of 1 and 2."
    wild = wells.assign(count=wells["count"].where(wells["included"], 1e9))
    assert replicate_correlation(wild, "count").table.equals(found.table)


def test_three_replicates_are_three_pairs_in_their_order() -> None:
    """Replicate 10 stands after 2."""
    wells = screen(1, 3).replace({"replicate": {3: 10}})
    found = replicate_correlation(wells, "count")
    assert found.headline().startswith("Replicates of count, 3 pairs, correlate with Pearson r ")
    pairs = found.table.loc[found.table["plate"] == "P0", ["first", "second"]].to_numpy().tolist()
    assert pairs == [["1", "2"], ["1", "10"], ["2", "10"]]
    assert len([axis for axis in found.plot() if axis.get_title(loc="left")]) == 3


@pytest.mark.parametrize(
    ("wells", "caveat"),
    [
        (screen(1, 1), "Only 1 replicate of count: agreement needs two."),
        (screen(1).head(0), "Only 0 replicates of count: agreement needs two."),
        (screen(1).assign(count=3.0), "1 plate has a replicate without any spread (P0): no correlation."),
        (screen(1).assign(count=np.nan), "1 plate has fewer than 3 wells in both replicates (P0)"),
        (screen(1).iloc[94:98], "1 plate has fewer than 3 wells in both replicates (P0)"),
    ],
)
def test_no_agreement_is_said_in_words(wells: pd.DataFrame, caveat: str) -> None:
    """One replicate, no values, no spread, no common wells: no number, the reason."""
    found = replicate_correlation(wells, "count")
    assert found.table[["pearson", "spearman", "concordance"]].isna().all(axis=None)
    assert caveat in found.summary()
    assert found.plot() is not None


def test_intervals_are_fishers_over_wells_and_leave_out_plates() -> None:
    """SciPy's interval of few plates; of eight, Student's t over pseudo-values of Fisher's z."""
    few, many = screen(2), screen(8, noise=1.5)
    x, y = (few.loc[few["replicate"] == n, "count"].to_numpy() for n in (1, 2))
    expected = pearsonr(x, y).confidence_interval()
    row = replicate_correlation(few, "count").table.iloc[-1]
    assert row[["pearson_low", "pearson_high"]].tolist() == pytest.approx([expected.low, expected.high])

    def z(rows: pd.DataFrame) -> float:
        halves = [rows.loc[rows["replicate"] == n, "count"] for n in (1, 2)]
        return float(np.arctanh(pearsonr(*halves).statistic))

    left = np.array([z(many[many["plate"] != f"P{n}"]) for n in range(8)])
    pseudo = 8 * z(many) - 7 * left
    limits = ttest_1samp(pseudo, 0).confidence_interval()
    found = replicate_correlation(many, "count")
    assert found.table.iloc[-1][["pearson_low", "pearson_high"]].tolist() == pytest.approx(
        np.tanh(limits).tolist()
    )
    assert found.interval == "jackknife over plates of Fisher's z"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"replicate": "run"}, "The table of wells has no column 'run'"),
        ({"roles": "sample"}, "roles is the text 'sample'; give a list"),
        ({"roles": ["sample"]}, "The table of wells has no column 'role'"),
    ],
)
def test_wrong_arguments_are_refused(change: dict[str, object], message: str) -> None:
    """What, where, what was expected."""
    with pytest.raises(ArgumentError, match=message):
        replicate_correlation(screen(), "count", **change)  # type: ignore[arg-type]
    with pytest.raises(ArgumentError, match="Replicate 1 has plate P0 well A01 twice"):
        replicate_correlation(screen().assign(replicate=1), "count")
