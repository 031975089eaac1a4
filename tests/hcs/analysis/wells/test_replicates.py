"""Tests of replicate agreement: scipy and Lin's formula as oracles, gaps and flags, and a real screen."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import pearsonr, spearmanr

from hcs.analysis.wells.assay import assay_quality
from hcs.analysis.wells.normalisation import normalise_wells
from hcs.analysis.wells.polish import b_score
from hcs.analysis.wells.replicates import lin_concordance, replicate_correlation
from hcs.statistics.finding import Finding
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
    found = replicate_correlation(wells, "count", draws=100)
    assert isinstance(found, Finding)
    for row in found.table.itertuples():
        own = wells if row.plate == "all plates" else wells[wells["plate"] == row.plate]
        x, y = (own.loc[own["replicate"] == n, "count"].to_numpy() for n in (1, 2))
        assert row.n == len(x)
        assert row.pearson == pytest.approx(pearsonr(x, y).statistic)
        assert row.spearman == pytest.approx(spearmanr(x, y).statistic)
        expected = 1 - ((x - y) ** 2).mean() / (x.var() + y.var() + (x.mean() - y.mean()) ** 2)
        assert row.concordance == pytest.approx(expected)
    assert "Replicates 1 and 2 of count, 192 wells on 2 plates: Pearson r" in found.summary()
    assert "bootstrap over wells" in found.summary()


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
    found = replicate_correlation(wells, "count", draws=100)
    assert found.table[["n", "n_left_out"]].to_numpy().tolist() == [[93, 3], [93, 3]]
    assert (
        found.caveats[0] == "3 flagged wells are left out: P0 (replicate 1) A01–A02 and P0 (replicate 2) A02."
    )
    assert found.caveats[1] == "Of replicates 1 and 2, 1 well without a value in either or both is left out."
    wild = wells.assign(count=wells["count"].where(wells["included"], 1e9))
    assert replicate_correlation(wild, "count", draws=100).table.equals(found.table)


def test_three_replicates_are_three_pairs_in_their_order() -> None:
    """Replicate 10 stands after 2."""
    wells = screen(1, 3).replace({"replicate": {3: 10}})
    found = replicate_correlation(wells, "count", draws=50)
    pairs = found.table.loc[found.table["plate"] == "P0", ["first", "second"]].to_numpy().tolist()
    assert pairs == [["1", "2"], ["1", "10"], ["2", "10"]]
    assert len([axis for axis in found.plot().axes if axis.get_title(loc="left")]) == 3


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
    found = replicate_correlation(wells, "count", draws=50)
    assert found.table[["pearson", "spearman", "concordance"]].isna().all(axis=None)
    assert caveat in found.summary()
    assert found.plot() is not None


def test_intervals_cover_as_they_say() -> None:
    """Of 95 % intervals over 60 wells, 88 to 99 in 100 hold the true correlation of 0.8."""
    held = 0
    for seed in range(200):
        wells = screen(1, 2, 0.5, seed).groupby("replicate").head(60)
        low, high = replicate_correlation(wells, "count", seed=seed, draws=200).table.iloc[-1][
            ["pearson_low", "pearson_high"]
        ]
        held += int(low <= 0.8 <= high)
    assert 0.88 <= held / 200 <= 0.99, held


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


def read_screen(folder: Path) -> pd.DataFrame:
    """KcViab: viability after RNA interference, 57 plates in two replicates (Boutros et al. 2004)."""
    plates = pd.read_csv(folder / "Platelist.txt", sep="\t")
    wells = pd.concat(
        [
            pd.read_csv(folder / row.Filename, sep="\t", names=["barcode", "well", "viability"]).assign(
                plate=row.Plate, replicate=row.Replicate
            )
            for row in plates.itertuples()
        ],
        ignore_index=True,
    )
    places = {"A01": "other", "A02": "other", "B01": "neg", "B02": "pos"}
    wells["role"] = wells["well"].map(places).fillna("sample")
    log = pd.read_csv(folder / "Screenlog.txt", sep="\t")
    flagged = set(zip(log["Plate"], log["Sample"], log["Well"], strict=True))
    keys = zip(wells["plate"], wells["replicate"], wells["well"], strict=True)
    wells["included"] = [key not in flagged for key in keys]
    genes = pd.read_csv(
        folder / "GeneIDs_Dm_HFA_1.1.txt", sep="\t", usecols=range(4), header=0, quoting=3,
        names=["plate", "well", "amplicon", "gene"],
    )  # fmt: skip
    return wells.merge(genes, on=["plate", "well"], how="left", validate="many_to_one")


@pytest.mark.shared
def test_a_real_screen(shared_data: Path) -> None:
    """Plates brought together, replicates agree, the dsRNA of DIAP1 (CG12284) is on top, flags are listed."""
    wells = read_screen(shared_data / "kcviab")
    assert (len(wells), wells["barcode"].nunique()) == (57 * 2 * 384, 114)
    roles = {"plate": "barcode", "positive": "pos", "negative": "neg", "samples": ["sample"]}
    scaled = normalise_wells(wells, "viability", **roles)  # type: ignore[arg-type]
    flags = "48 flagged wells are left out: FT06-G01 A01–A24 and FT06-G02 A01–A24."
    assert scaled.caveats == (flags,)
    assert scaled.between[0] > 0.7
    assert scaled.between[1] < 0.02
    polished = b_score(wells, "viability", **roles)  # type: ignore[arg-type]
    assert polished.caveats == (flags,)
    for table, column in ((scaled.table, scaled.column), (polished.table, "b_score")):
        found = replicate_correlation(table, column, roles=["sample"], draws=200)
        whole = found.table.iloc[-1]
        assert (whole["n"], whole["n_left_out"]) == (57 * 380 - 22, 22)
        assert 0.82 < whole["pearson"] < 0.9
        means = table.groupby(["plate", "well", "role", "gene"], dropna=False)[column].mean().reset_index()
        means["rank"] = means[column].rank()
        samples = means[means["role"] == "sample"].set_index("gene")
        assert samples.loc["CG12284", "rank"] <= 60
        # The positive control failed on some plates: most of the 57 are within the first 1 %.
        assert means.loc[means["role"] == "pos", "rank"].median() <= 0.01 * len(means)
    quality = assay_quality(wells, "viability", pool="percent_of_samples", draws=200, **roles)  # type: ignore[arg-type]
    assert quality.table["z_prime"].iloc[:-1].isna().all()
    whole = quality.table.iloc[-1]
    assert (whole["n_positive"], whole["n_negative"]) == (114, 114)
    assert whole["robust_z_prime"] > 0.7
    assert whole["z_prime"] < 0.3
    assert "114 plates have only one well of a control" in quality.summary()
