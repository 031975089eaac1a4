"""Two groups of clones: scipy's tests, n that is clones whatever rows come in, and words for poor columns."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.oneway import anova_oneway

from hcs.analysis.clones.groups import GroupTest, group_test
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]
STUDENT, WELCH = "Student's t-test", "Welch's t-test"


def clones(first: Any, second: Any) -> pd.DataFrame:
    """One row per clone, value v."""
    values = [*first, *second]
    names = [f"c{place:02d}" for place in range(len(values))]
    labels = ["ALS"] * len(first) + ["control"] * len(second)
    return pd.DataFrame({"group": names, "label": labels, "v": values})


def drawn(seed: int, m: int = 8, n: int = 11, *, ties: bool = False) -> tuple[Floats, Floats]:
    """Two samples of unlike size and spread, rounded so that values tie if asked."""
    rng = np.random.default_rng(seed)
    first, second = rng.normal(1, 1, m), rng.normal(0, 2, n)
    return (np.round(first), np.round(second)) if ties else (first, second)


def row(found: GroupTest, kind: str) -> pd.Series:
    """One measurement's row of a test."""
    return found.table[found.table["test"].str.startswith(kind)].iloc[0]


@pytest.mark.parametrize(("kind", "equal"), [(STUDENT, True), (WELCH, False)])
def test_t_tests_are_scipys(kind: str, equal: bool) -> None:
    """Mean difference, limits and p equal those of scipy."""
    first, second = drawn(0)
    found = row(group_test(clones(first, second), "v"), kind)
    theirs = stats.ttest_ind(first, second, equal_var=equal)
    ends = theirs.confidence_interval(0.95)
    assert found["estimate"] == pytest.approx(first.mean() - second.mean())
    assert (found["p"], found["low"], found["high"]) == pytest.approx((theirs.pvalue, ends.low, ends.high))
    assert (found["n"], found["n_first"], found["n_second"]) == (19, 8, 11)


@pytest.mark.parametrize("seed", range(3))
def test_the_rank_test_is_scipys(seed: int) -> None:
    """Exact p without ties; with ties, the exact permutation of midranks."""
    first, second = drawn(seed)
    found = row(group_test(clones(first, second), "v"), "Mann")
    assert found["p"] == pytest.approx(stats.mannwhitneyu(first, second, method="exact").pvalue)
    first, second = drawn(seed, 5, 6, ties=True)
    found = row(group_test(clones(first, second), "v"), "Mann")
    everything = stats.permutation_test(
        (first, second),
        lambda x, y: abs(stats.mannwhitneyu(x, y, method="asymptotic").statistic - 15),
        vectorized=False,
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found["p"] == pytest.approx(everything.pvalue)
    assert found["test"] == "Mann–Whitney test (exact, with ties)"


def test_large_groups_take_the_normal_approximation() -> None:
    """Beyond 60 clones p is scipy's asymptotic one, and the name says so."""
    first, second = drawn(3, 40, 45)
    found = row(group_test(clones(first, second), "v"), "Mann")
    assert found["p"] == pytest.approx(stats.mannwhitneyu(first, second, method="asymptotic").pvalue)
    assert found["test"] == "Mann–Whitney test (normal approximation)"


@pytest.mark.parametrize("ties", [False, True])
def test_the_permutation_test_is_scipys(ties: bool) -> None:
    """Over all arrangements of 5 + 6 clones p is that of scipy's enumeration; its bound is by hand."""
    first, second = drawn(4, 5, 6, ties=ties)
    found = row(group_test(clones(first, second), "v"), "Permutation")
    theirs = stats.permutation_test(
        (first, second),
        lambda x, y, axis: np.abs(x.mean(axis=axis) - y.mean(axis=axis)),
        vectorized=True,
        alternative="greater",
        n_resamples=np.inf,
    )
    assert found["p"] == pytest.approx(theirs.pvalue)
    assert ties or found["smallest_p"] == pytest.approx(1 / 462)


def test_hedges_g_is_by_hand() -> None:
    """Mean difference over the pooled SD, times 1 - 3 / (4 df - 1)."""
    first, second = drawn(5)
    found = row(group_test(clones(first, second), "v"), "Permutation")
    pooled = np.sqrt((7 * first.var(ddof=1) + 10 * second.var(ddof=1)) / 17)
    g = (first.mean() - second.mean()) / pooled * (1 - 3 / (4 * 17 - 1))
    assert found["effect"] == "Hedges' g"
    assert found["estimate"] == pytest.approx(g, rel=1e-6)
    assert found["low"] < g < found["high"]


def as_images(table: pd.DataFrame, times: int = 40, index: bool = False) -> pd.DataFrame:
    """The same clones with many images, which scatter less than clones do."""
    rng = np.random.default_rng(9)
    images = pd.concat([table] * times, ignore_index=not index)
    return images.assign(v=images["v"] + rng.normal(0, 0.1, len(images)), field=1)


@pytest.mark.parametrize("index", [False, True])
def test_images_are_averaged_and_the_warning_says_what_they_would_have_claimed(index: bool) -> None:
    """N stays clones, also where row names repeat and a value is missing; the p over images is scipy's."""
    table = clones(*drawn(6))
    images = as_images(table, index=index)
    images.iloc[5, images.columns.get_loc("v")] = np.nan
    found = group_test(images, "v")
    means = images.groupby(["group", "label"])["v"].mean().reset_index()
    first, second = (means.loc[means["label"] == name, "v"] for name in ("ALS", "control"))
    assert row(found, WELCH)["n"] == 19
    assert row(found, WELCH)["p"] == pytest.approx(stats.ttest_ind(first, second, equal_var=False).pvalue)
    known = images.dropna(subset=["v"])
    wrong = stats.ttest_ind(
        known.loc[known["label"] == "ALS", "v"], known.loc[known["label"] == "control", "v"], equal_var=False
    ).pvalue
    beside = found.statistics.set_index("question").loc["v, images taken for independent"]
    assert (beside["p"], beside["n"], beside["of"]) == (pytest.approx(wrong), 759, "images")
    assert "n is 19 clones, not 759 images." in found.summary()


def test_several_measurements_are_corrected_per_test() -> None:
    """P_adjusted is statsmodels' over the measurements, for each kind of test apart."""
    rng = np.random.default_rng(7)
    table = clones(*drawn(7)).assign(w=rng.normal(size=19), u=rng.normal(size=19))
    for method, theirs in (("holm", "holm"), ("bh", "fdr_bh")):
        found = group_test(table, ["v", "w", "u"], correction=method).table
        for kind in (STUDENT, WELCH, "Mann", "Permutation"):
            rows = found[found["test"].str.startswith(kind)]
            assert rows["p_adjusted"].tolist() == pytest.approx(
                multipletests(rows["p"], method=theirs)[1].tolist()
            )


def test_the_classes_named_are_compared_in_their_order() -> None:
    """Of three classes two are taken, first minus second; rows of the third are told."""
    table = pd.concat([clones([3.0, 4, 5], [1.0, 2, 2]), clones([9.0], []).assign(group="z", label="mimic")])
    found = group_test(table, "v", labels=("control", "ALS"))
    assert row(found, WELCH)["estimate"] == pytest.approx(5 / 3 - 4)
    assert "1 row of other classes left out." in found.caveats
    assert isinstance(found, Finding)
    assert "control minus ALS -2.33 (95 % interval -4.38 to -0.285)" in found.summary()


def test_several_classes_are_compared_at_once_and_pair_by_pair() -> None:
    """Scipy's H by permutation, statsmodels' Welch ANOVA; each pair as if alone, Holm over pairs."""
    rng = np.random.default_rng(8)
    table = clones(rng.normal(2, 1, 3), rng.normal(0, 1, 2))
    table = pd.concat([table, clones(rng.normal(0, 2, 3), []).assign(label="PD", group=list("xyz"))])
    found = group_test(table, "v")
    samples = [table.loc[table["label"] == name, "v"].to_numpy() for name in ("ALS", "control", "PD")]
    ranks, welch = found.omnibus.to_dict("records")
    theirs = stats.permutation_test(
        samples, lambda *parts: stats.kruskal(*parts).statistic, alternative="greater", n_resamples=np.inf
    )
    assert ranks["p"] == pytest.approx(theirs.pvalue)
    assert ranks["effect"] == "epsilon squared"
    assert welch["p"] == pytest.approx(anova_oneway(samples, use_var="unequal").pvalue)
    alone = group_test(table, "v", labels=("ALS", "PD")).table
    pair = found.table[found.table["second"].eq("PD") & found.table["first"].eq("ALS")]
    columns = ["test", "n", "estimate", "low", "high", "p"]
    pd.testing.assert_frame_equal(pair[columns].reset_index(drop=True), alone[columns])
    welches = found.table[found.table["test"] == WELCH]
    assert welches["p_adjusted"].tolist() == pytest.approx(multipletests(welches["p"], method="holm")[1])
    assert found.headline() == "No difference in v between ALS, PD and control is shown with 8 clones."
    assert len(found.statistics) == 14


def test_several_classes_of_each_donor_are_compared_within_it() -> None:
    """Ranks centred by donor, exchanged within donors only; where some donors lack a class, pairs alone."""
    rng = np.random.default_rng(2)
    rows = [(f"d{donor}", name, 5.0 * donor + rng.normal()) for donor in range(4) for name in ("a", "b", "c")]
    table = pd.DataFrame(rows, columns=["group", "label", "v"])
    found = group_test(table, "v").omnibus.iloc[0]
    assert "within" in found["test"]
    assert found["smallest_p"] == pytest.approx(6 / 6**4)
    partly = group_test(table.iloc[:-1], "v")
    assert partly.omnibus.empty
    assert "some clones have several classes, so only pairs" in partly.summary().lower()
    assert partly.headline().startswith("Whether v differs between a, b and c cannot be known")
    assert partly.table["n_first"].tolist() == [4, 4, 3, 3, 3, 3]


def test_words_are_few_however_many_measurements() -> None:
    """The answer in 30 words, all of it in 120."""
    table = clones(*drawn(7))
    for name in ("a_long_name_of_a_measurement", "b", "c", "d"):
        table[name] = table["v"] * 2
    found = group_test(as_images(table), ["v", *table.columns[3:]])
    assert found.headline().startswith(
        "5 of 5 measurements differ between ALS and control (19 clones): v higher,"
    )
    assert found.summary().startswith(found.headline())
    assert len(found.headline().split()) <= 30
    assert len(found.summary().split()) <= 120


POOR: list[tuple[pd.DataFrame, str]] = [
    (clones([1.0, 2, 3], []), "Only one class has clones with a value"),
    (clones([1.0], [2.0]), "A class has one clone only: its spread is not known"),
    (clones([1.0, 1, 1], [1.0, 1, 1]), "All clones of a class have the same value"),
    (clones([1.0, 1, 1], [2.0, 2, 2]), "All clones of a class have the same value"),
    (clones([np.nan] * 3, [1.0, 2, 3]), "3 rows without a value left out, and with them 3 clones wholly"),
    (clones([], []), "Only one class has clones with a value"),
]


@pytest.mark.parametrize(("table", "words"), POOR)
def test_poor_columns_have_no_p(table: pd.DataFrame, words: str) -> None:
    """One class, one clone each, no spread, nothing known: NaN for every test, a sentence and a drawing."""
    found = group_test(table, "v")
    assert found.table["p"].isna().all()
    assert words in found.summary()
    assert found.headline().endswith("cannot be known.")
    assert "nan" not in found.summary()
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


ODD: list[tuple[pd.DataFrame, str, int]] = [
    (clones([1.0, 1, 1, 1], [2.0, 3, 5, 4]), "All clones of ALS have the same value", 8),
    (
        pd.concat([clones([1.0, 2, 4], [5.0, 6, 8]), clones([9.0], []).assign(label="control")]),
        "1 clone (first c00) holds both classes and is left out: isogenic pairs stand apart.",
        5,
    ),
    (
        pd.concat([clones([1.0, 2, 4], [5.0, 6, 8]), clones([9.0], []).assign(label=None)]),
        "1 row without clone or label left out.",
        6,
    ),
]


@pytest.mark.parametrize(("table", "words", "n"), ODD)
def test_odd_columns_are_tested_with_a_caveat(table: pd.DataFrame, words: str, n: int) -> None:
    """A class without spread, too few, a clone of both classes, a row without a class."""
    found = group_test(table, "v")
    assert (found.table["n"] == n).all()
    assert found.table["p"].notna().all()
    assert words in " ".join(found.caveats)


def test_isogenic_pairs_are_pointed_to() -> None:
    """A column that names pairs of both classes is not passed over."""
    table = clones([1.0, 2, 4], [5.0, 6, 8]).assign(parent=list("xyzxyz"))
    assert "isogenic pairs, which are compared apart" in group_test(table, "v").summary()
    assert "isogenic" not in group_test(table.assign(parent=list("xxxyyy")), "v").summary()


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: group_test(clones([1.0], [2.0]), []), "value is empty"),
    (lambda: group_test(clones(["big"], [2.0]), "v"), "The table has 'big' as v"),
    (lambda: group_test(clones([1.0], [2.0]), "v", group="donor"), "no column 'donor'"),
    (
        lambda: group_test(clones([1.0], [2.0]), "v", correction="sidak"),
        "No correction 'sidak'; give holm or bh",
    ),
    (lambda: group_test(clones([1.0], [2.0]), "v", labels=("ALS", "ctrl")), "No row has the label 'ctrl'"),
    (lambda: group_test(clones([1.0], [2.0]), "v", labels=("ALS", "ALS")), "labels are 'ALS' and 'ALS'"),
    (lambda: group_test(clones([1.0] * 9, []).assign(label=list("rstuvwxyz")), "v"), "label has 9 values"),
]


@pytest.mark.parametrize(("call", "words"), REFUSED)
def test_wrong_arguments_are_refused(call: Callable[[], Any], words: str) -> None:
    """Each with what is wrong and what to give."""
    with pytest.raises(ArgumentError, match=words):
        call()
