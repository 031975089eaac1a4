"""Donors above clones: averages and n, agreement by analysis of variance, and words for poor tables."""

from collections.abc import Callable
from itertools import permutations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import roc_auc_score

from hcs.analysis.clones.donors import DonorLevel, donor_level, intraclass_correlation
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def study(
    clones: int = 3, donors: int = 12, *, spread: float = 1.0, seed: int = 0
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Donors with some clones each, whose scores differ by donor with this SD and within donors by 0.5."""
    rng = np.random.default_rng(seed)
    of = np.repeat(np.arange(donors), clones)
    sick = of < donors // 2
    raw = spread * rng.normal(size=donors)[of] + 0.5 * rng.normal(size=len(of)) + sick
    names = [f"c{place:02d}" for place in range(len(of))]
    groups = pd.DataFrame({"model": "cnn", "group": names, "label": np.where(sick, "ALS", "control")})
    wells = pd.DataFrame({"clone": names, "donor": [f"d{donor:02d}" for donor in of]})
    return groups.assign(probability=1 / (1 + np.exp(-raw))), pd.concat([wells, wells])


def one_way(values: Floats, places: npt.NDArray[np.intp]) -> tuple[float, float, float, float]:
    """F, its degrees of freedom, and n0 of an unbalanced one-way layout; F by scipy."""
    parts = [values[places == place] for place in np.unique(places)]
    f = float(stats.f_oneway(*parts).statistic)
    sizes, n = np.array([len(part) for part in parts]), len(values)
    return f, len(parts) - 1, n - len(parts), (n - (sizes**2).sum() / n) / (len(parts) - 1)


@pytest.mark.parametrize("sizes", [[4] * 6, [1, 2, 3, 4, 5, 2], [2, 2]])
def test_the_correlation_is_that_of_the_analysis_of_variance(sizes: list[int]) -> None:
    """ICC(1) = (F - 1) / (F - 1 + n0), its limits from the F distribution; F itself by scipy."""
    rng = np.random.default_rng(len(sizes))
    places = np.repeat(np.arange(len(sizes)), sizes)
    values = rng.normal(size=len(sizes))[places] + rng.normal(size=len(places))
    f, between, within, n0 = one_way(values, places)
    icc, interval = intraclass_correlation(values, places)
    assert icc == pytest.approx((f - 1) / (f - 1 + n0))
    low, high = f / stats.f.ppf(0.975, between, within), f * stats.f.ppf(0.975, within, between)
    assert interval.low == pytest.approx((low - 1) / (low - 1 + n0))
    assert interval.high == pytest.approx((high - 1) / (high - 1 + n0))


@pytest.mark.parametrize("icc", [0.0, 0.5, 0.9])
def test_planted_correlation_is_covered(icc: float) -> None:
    """Of 400 studies of 12 donors with 3 clones, the 95 % interval holds the truth in 92 to 98 %."""
    rng, places = np.random.default_rng(1), np.repeat(np.arange(12), 3)
    held = 0
    for _ in range(400):
        values = np.sqrt(icc) * rng.normal(size=12)[places] + np.sqrt(1 - icc) * rng.normal(size=36)
        interval = intraclass_correlation(values, places)[1]
        held += interval.low <= icc <= interval.high
    assert 0.92 <= held / 400 <= 0.98


@pytest.mark.parametrize("sizes", [[1, 1, 1, 6], [1, 2, 3, 8], [3, 3, 3, 3]])
def test_donors_of_unequal_numbers_of_clones_in_two_classes_have_no_bias(sizes: list[int]) -> None:
    """What the mean square between donors expects is the variance between donors times n0, class by class."""
    places = np.repeat(np.arange(8), [*sizes, *sizes])
    classes = (places > 3).astype(np.intp)
    # The clones of a donor are the same: every sum of squares is between, and their mean is k - 2 of n0.
    rng, between, n0 = (
        np.random.default_rng(0),
        [],
        (2 * sum(sizes) - 2 * np.square(sizes).sum() / sum(sizes)) / 6,
    )
    for _ in range(2000):
        values = rng.normal(size=8)[places]
        values -= np.array([values[classes == one].mean() for one in (0, 1)])[classes]
        between.append((values**2).sum() / 6)
    assert np.mean(between) == pytest.approx(n0, rel=0.06)
    # ICC(1) of any values: (F - 1) / (F - 1 + n0), F by hand.
    values = rng.normal(size=8)[places] + rng.normal(size=len(places)) + 9 * classes
    means = pd.Series(values).groupby(places).transform("mean").to_numpy()
    of_class = pd.Series(values).groupby(classes).transform("mean").to_numpy()
    f = ((means - of_class) ** 2).sum() / 6 / (((values - means) ** 2).sum() / (len(values) - 8))
    assert intraclass_correlation(values, places, classes)[0] == pytest.approx((f - 1) / (f - 1 + n0))


@pytest.mark.parametrize("scale", [1e-3, 1e-5, 1e-6])
def test_scores_of_a_sure_network_are_tested_like_others(scale: float) -> None:
    """Scores that differ by a millionth have the p and the correlation that they have by a tenth."""
    groups, wells = study(donors=10, spread=5.0)
    sick = groups["label"] == "ALS"
    wide, narrow = (
        agreement(donor_level(groups.assign(probability=np.where(sick, 1 - by, by)), wells, "ALS"))
        for by in (groups["probability"], groups["probability"] * scale)
    )
    assert narrow["icc"] == pytest.approx(wide["icc"], abs=1e-6)
    assert narrow["p"] == wide["p"]


VOID: list[tuple[list[float], list[int], float]] = [
    ([1, 2, 3], [0, 1, 2], np.nan),
    ([1, 2, 3], [0, 0, 0], np.nan),
    ([2, 2, 2, 2], [0, 0, 1, 1], np.nan),
    ([1, 1, 2, 2], [0, 0, 1, 1], 1.0),
]


@pytest.mark.parametrize(("values", "places", "expected"), VOID)
def test_no_correlation_where_there_is_nothing_to_compare(
    values: list[float], places: list[int], expected: float
) -> None:
    """No cluster of several, one cluster, no variation at all; with full agreement 1, without limits."""
    icc, interval = intraclass_correlation(np.array(values), np.array(places))
    assert icc == pytest.approx(expected, nan_ok=True)
    assert np.isnan(interval).all()


def test_n_is_donors_and_scores_are_their_means() -> None:
    """The area is scikit-learn's of the donors' mean scores; that of clones stands beside, with a warning."""
    groups, wells = study()
    found = donor_level(groups, wells, "ALS")
    means = groups.assign(donor=groups["group"].map(wells.drop_duplicates().set_index("clone")["donor"]))
    means = means.groupby(["donor", "label"])["probability"].mean().reset_index()
    rows = found.table.query("measure == 'auc' and method == 'newcombe'").set_index("level")
    assert rows["n"].to_dict() == {"donor": 12, "clone": 36}
    area = roc_auc_score(means["label"] == "ALS", means["probability"])
    assert rows["value"]["donor"] == pytest.approx(area)
    assert rows["value"]["clone"] == pytest.approx(
        roc_auc_score(groups["label"] == "ALS", groups["probability"])
    )
    assert rows["high"]["donor"] - rows["low"]["donor"] > rows["high"]["clone"] - rows["low"]["clone"]
    assert found.donors.tests["cnn"].n == 12
    assert "36 clones come from 12 donors" in found.summary()
    assert isinstance(found, Finding)
    assert found.summary().startswith(found.headline())
    assert found.headline().startswith(
        "Clones of one donor score alike, so n counts donors: intraclass correlation"
    )


def agreement(found: DonorLevel) -> pd.Series:
    """Its only row."""
    assert len(found.agreement) == 1
    return found.agreement.iloc[0]


def test_agreement_is_within_classes() -> None:
    """The correlation is that of scores minus their class's mean; pairs called alike are counted by hand."""
    groups, wells = study(spread=1.0)
    row = agreement(donor_level(groups, wells, "ALS"))
    values = groups["probability"] - groups.groupby("label")["probability"].transform("mean")
    of = np.repeat(np.arange(12), 3)
    within = [values[of == donor].var(ddof=0) * 3 for donor in range(12)]
    between = [3 * values[of == donor].mean() ** 2 for donor in range(12)]
    mean_within, mean_between = sum(within) / 24, sum(between) / 10
    icc = (mean_between - mean_within) / (mean_between + 2 * mean_within)
    assert row["icc"] == pytest.approx(icc)
    called = (groups["probability"] >= 0.5).to_numpy()
    pairs = [called[a] == called[b] for a in range(36) for b in range(a) if of[a] == of[b]]
    assert row["same_call"] == pytest.approx(np.mean(pairs))
    assert (row["n_donors"], row["n_clones"], row["n_several"], row["n"]) == (12, 36, 12, 36)


def test_agreement_is_tested_by_dealing_clones_within_classes() -> None:
    """Of all ways to deal four clones of a class to two donors, in both classes, p is the share as alike."""
    scores = [0.9, 0.8, 0.6, 0.55, 0.1, 0.15, 0.4, 0.3]
    groups = pd.DataFrame({"model": "cnn", "group": list("abcdefgh"), "label": ["ALS"] * 4 + ["control"] * 4})
    wells = pd.DataFrame({"clone": list("abcdefgh"), "donor": [1, 1, 2, 2, 3, 3, 4, 4]})
    row = agreement(donor_level(groups.assign(probability=scores), wells, "ALS"))
    pairs = [
        sum((one[i] + one[i + 1]) ** 2 for i in (0, 2)) + sum((two[i] + two[i + 1]) ** 2 for i in (0, 2))
        for one in permutations(np.array(scores[:4]) - np.mean(scores[:4]))
        for two in permutations(np.array(scores[4:]) - np.mean(scores[4:]))
    ]
    assert row["p"] == pytest.approx(np.mean(np.array(pairs) >= pairs[0] - 1e-12))
    assert row["smallest_p"] == pytest.approx(1 / 9)


def test_donors_who_differ_are_found_and_others_are_not() -> None:
    """Scores that go with the donor have a small p and a large correlation; others have neither."""
    alike, apart = (agreement(donor_level(*study(spread=s, seed=4), "ALS")) for s in (2.0, 0.0))
    assert alike["icc"] > 0.7
    assert alike["p"] < 0.01
    assert apart["icc"] < 0.4
    assert apart["p"] > 0.05


def test_corrected_lines_of_a_donor_are_averaged_by_class() -> None:
    """A donor with clones of both classes counts once in either, and a sentence says so."""
    groups, wells = study(2, 6)
    groups.loc[[1, 3], "label"] = "control"
    found = donor_level(groups, wells, "ALS")
    held = found.donors.calls.groupby("group")["label"].nunique()
    assert held.tolist() == [2, 2, 1, 1, 1, 1]
    assert any("2 donors (first d00) gave clones of both classes" in said for said in found.caveats)


def poor(change: Callable[[pd.DataFrame, pd.DataFrame], tuple[pd.DataFrame, pd.DataFrame]]) -> DonorLevel:
    """Judge a small study after a change."""
    return donor_level(*change(*study(2, 8)), "ALS")


POOR: list[tuple[Callable[..., tuple[pd.DataFrame, pd.DataFrame]], str]] = [
    (lambda g, w: (g, w.assign(donor=w["clone"])), "Each donor gave one clone"),
    (lambda g, w: (g, w.assign(donor=None)), "No clone of the positive class has a known donor"),
    (lambda g, w: (g, w[w["clone"] != "c00"]), "1 clone without a known donor (first c00) left out."),
    (lambda g, w: (g, pd.concat([w, pd.DataFrame({"clone": ["c00"], "donor": ["d07"]})])),
     "donor differs between the wells of 1 clone (first c00): they count as not known."),
    (lambda g, w: (g[g["label"] == "ALS"], w), "All donors are of one class: there is no AUC."),
    (lambda g, w: (g.assign(probability=0.4), w), "all donors have the same score"),
    (lambda g, w: (g.assign(probability=g["probability"].where(g.index != 5)), w), "1 row has no score"),
    (lambda g, w: (g.iloc[[0, 8]], w), "cannot be known with 2 donors"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "words"), POOR)
def test_poor_tables_are_answered_in_words(
    change: Callable[..., tuple[pd.DataFrame, pd.DataFrame]], words: str
) -> None:
    """One clone each, no donors, a clone of two, one class, ties only, missing scores, one donor each."""
    found = poor(change)
    assert words in found.summary()
    assert "nan" not in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


def test_clones_that_copy_their_donor_agree_wholly() -> None:
    """The correlation is 1 and has no interval, in words."""
    found = poor(lambda g, w: (g.assign(probability=np.repeat(g["probability"].to_numpy()[::2], 2)), w))
    assert agreement(found)["icc"] == 1
    assert found.headline().endswith("intraclass correlation 1.00, 8 donors.")


def test_scores_that_are_all_the_same_have_no_agreement() -> None:
    """Nothing varies: no correlation, no p, and nothing said of it."""
    row = agreement(poor(lambda g, w: (g.assign(probability=0.4), w)))
    assert row[["icc", "low", "high", "p"]].isna().all()


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: donor_level(*study(), "als"), "No row has the label 'als'"),
    (lambda: donor_level(*study(), "ALS", donor="patient"), "The wells table has no column 'patient'"),
    (
        lambda: donor_level(study()[0].drop(columns="label"), study()[1], "ALS"),
        "scores has no column 'label'",
    ),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_arguments_are_refused(call: Callable[[], Any], words: str) -> None:
    """Each with what is wrong and what to give."""
    with pytest.raises(ArgumentError, match=words):
        call()
