"""Enrichment on compartments: worked by hand, ranked by brute force, honest under the null, never silent."""

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from hcs.analysis.finding import Finding
from hcs.explain.clone import CEILING, PERMUTED, RANDOM, SHUFFLED, TRAINED
from hcs.explain.shares import CompartmentShares, share_saliency
from hcs.explain.sheet import COLUMNS
from hcs.statistics.ranks import rank_pvalues

Array = npt.NDArray[Any]
LABELS = {"a1": "ALS", "a2": "ALS", "c1": "control", "c2": "control"}
SETS = {"a1": 2, "a2": 1, "c1": 1, "c2": 1}
AREAS = {"a1": [(0.1, 0.2), (0.1, 0.3)], "a2": [(0.1, 0.2)], "c1": [(0.2, 0.4)], "c2": [(0.1, 0.4)]}
"""Soma and neurite of each clone's tiles; the rest is background."""


def row(group: str, tile: int, source: str, replicate: int, soma: float, neurite: float) -> tuple[Any, ...]:
    """One row of the table of shares, in block 2."""
    rest = 1 - soma - neurite
    return (f"{group}/{tile}", group, LABELS[group], source, replicate, "block2", soma, neurite, rest)


def tables(rows: list[tuple[Any, ...]], areas: dict[str, Any] = AREAS) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables of shares and of areas."""
    held = [
        (f"{group}/{tile}", group, LABELS[group], soma, neurite, 1 - soma - neurite)
        for group, tiles in areas.items()
        for tile, (soma, neurite) in enumerate(tiles)
    ]
    return (
        pd.DataFrame(rows, columns=COLUMNS["shares"]),
        pd.DataFrame(held, columns=COLUMNS["areas"]),
    )


HAND = [
    # a1: two tiles, tested by sets 2 and 3; only set 2 is held against controls.
    row("a1", 0, TRAINED, 2, 0.1, 0.6), row("a1", 1, TRAINED, 2, 0.3, 0.4),
    row("a1", 0, TRAINED, 3, 0.0, 0.8), row("a1", 1, TRAINED, 3, 0.2, 0.6),
    row("a2", 0, TRAINED, 1, 0.2, 0.3),
    row("c1", 0, TRAINED, 1, 0.1, 0.4), row("c2", 0, TRAINED, 1, 0.1, 0.2),
    # Outlines of soma, neurite and background, which are replicates 0, 1 and 2: only a map's own counts.
    *(row(group, tile, CEILING, 0, 0.9, 0.1) for group, tile in (("a1", 0), ("a1", 1), ("a2", 0))),
    *(row(group, tile, CEILING, 1, 0.1, 0.7) for group, tile in (("a1", 0), ("a1", 1), ("a2", 0))),
    *(row(group, 0, CEILING, place, 0.5, 0.4) for group in ("c1", "c2") for place in (0, 1, 2)),
    *(
        row(group, tile, source, replicate, 0.1, neurite)
        for source, levels in ((RANDOM, (0.1, 0.2, 0.3)), (PERMUTED, (0.2, 0.9, 0.2)), (SHUFFLED, (0.25,)))
        for replicate, neurite in enumerate(levels)
        for group, tile in (("a1", 0), ("a1", 1), ("a2", 0), ("c1", 0), ("c2", 0))
    ),
]  # fmt: skip


def summed(shares: pd.DataFrame, areas: pd.DataFrame) -> CompartmentShares:
    """What `share_saliency` makes of tables of this study."""
    return share_saliency(shares, areas, SETS, blocks=("block2",), positive="ALS", negative="control")


def by_hand() -> CompartmentShares:
    """The tables above, summed up."""
    return summed(*tables(HAND))


def numbers(found: CompartmentShares, label: str, compartment: str, block: str = "block2") -> dict[str, Any]:
    """One row of the finding's table."""
    table = found.table
    here = (table["label"] == label) & (table["compartment"] == compartment) & (table["block"] == block)
    (one,) = table[here].to_dict("records")
    return {str(name): value for name, value in one.items()}


def test_enrichment_by_hand() -> None:
    """Of a1 0.6 of the saliency on 0.25 of the area, mean over its sets; of a2 0.3 on 0.2."""
    neurite = numbers(by_hand(), "ALS", "neurite")
    assert neurite["n"] == 2
    assert neurite["share"] == pytest.approx((0.6 + 0.3) / 2)
    assert neurite["area"] == pytest.approx((0.25 + 0.2) / 2)
    assert neurite["enrichment"] == pytest.approx((2.4 + 1.5) / 2)
    assert (neurite["low"], neurite["high"]) == pytest.approx((1.5, 2.4))
    soma = numbers(by_hand(), "ALS", "soma")
    assert soma["enrichment"] == pytest.approx((1.5 + 2.0) / 2)
    control = numbers(by_hand(), "control", "neurite")
    assert control["enrichment"] == pytest.approx((0.4 / 0.4 + 0.2 / 0.4) / 2)
    every = numbers(by_hand(), "all", "neurite")
    assert every["n"] == 4
    assert every["enrichment"] == pytest.approx((2.4 + 1.5 + 1.0 + 0.5) / 4)
    clones = by_hand().clones.set_index(["compartment", "group"])["enrichment"]
    assert clones["neurite", "a1"] == pytest.approx(2.4)
    assert clones["background", "c2"] == pytest.approx(0.7 / 0.5)


def test_a_ceiling_is_its_own_outlines() -> None:
    """That of the neurites is the neurites' outline on neurites, not that of somas or background."""
    assert numbers(by_hand(), "ALS", "neurite")["ceiling"] == pytest.approx((0.7 / 0.25 + 0.7 / 0.2) / 2)
    assert numbers(by_hand(), "ALS", "soma")["ceiling"] == pytest.approx(9.0)


def test_controls_by_hand() -> None:
    """One set of each clone is held against them: their mean and range, and the rank by brute force."""
    neurite = numbers(by_hand(), "ALS", "neurite")
    assert neurite["held"] == pytest.approx((0.5 / 0.25 + 0.3 / 0.2) / 2)
    levels = np.array([0.1, 0.2, 0.3])
    random = (levels / 0.25 + levels / 0.2) / 2
    assert neurite["random_mean"] == pytest.approx(random.mean())
    assert (neurite["random_low"], neurite["random_high"]) == pytest.approx((random[0], random[2]))
    assert neurite["shuffled_mean"] == pytest.approx((0.25 / 0.25 + 0.25 / 0.2) / 2)
    # 1.75 is 0.64 above the mean of all, and 0.45 of a random head 0.66 below it.
    assert neurite["p_random"] == pytest.approx(2 / 4)
    # Beside 0.9, 4.05 and 0.9 of the permuted ones it is the nearest to the mean.
    assert neurite["p_permuted"] == pytest.approx(1)
    assert neurite["smallest_p"] == pytest.approx(1 / 4)
    found = by_hand()
    assert set(found.controls["control"]) == {RANDOM, PERMUTED, SHUFFLED}
    assert found.controls.groupby("control")["replicate"].nunique().to_dict() == {
        RANDOM: 3, PERMUTED: 3, SHUFFLED: 1,
    }  # fmt: skip
    for name in ("random", "permuted"):
        assert (found.table[f"p_adjusted_{name}"] >= found.table[f"p_{name}"] - 1e-12).all()


def test_a_ceiling_counts_tiles_without_the_compartment() -> None:
    """No map can have more than all of its saliency there: on a tile without a soma it has none."""
    areas = {"a1": [(0.2, 0.2), (0.0, 0.2)], "c1": [(0.1, 0.1)]}
    rows = [
        row(group, tile, TRAINED, SETS[group], 0.1, 0.1) for group, tile in (("a1", 0), ("a1", 1), ("c1", 0))
    ]
    rows += [row("a1", 0, CEILING, 0, 0.8, 0.1), row("a1", 1, CEILING, 0, np.nan, np.nan)]
    rows += [row("c1", 0, CEILING, 0, 0.8, 0.1)]
    found = summed(*tables(rows, areas))
    assert numbers(found, "ALS", "soma")["ceiling"] == pytest.approx((0.8 + 0) / 2 / 0.1)


def test_silent_maps_do_not_count() -> None:
    """A tile without a map takes its area out with it, and how many there were is said."""
    rows = [row("a1", 0, TRAINED, 2, 0.1, 0.4), row("a1", 1, TRAINED, 2, np.nan, np.nan)]
    rows += [row("c1", 0, TRAINED, 1, 0.2, 0.4), row("a2", 0, TRAINED, 1, np.nan, np.nan)]
    areas = {"a1": [(0.1, 0.2), (0.1, 0.6)], "a2": [(0.1, 0.1)], "c1": [(0.2, 0.4)]}
    found = summed(*tables(rows, areas))
    assert found.silent == pytest.approx(0.5)
    assert "50 %" in " ".join(found.caveats)
    neurite = numbers(found, "ALS", "neurite")
    assert neurite["n"] == 1
    assert neurite["enrichment"] == pytest.approx(0.4 / 0.2)


def brute_force(pooled: Array) -> tuple[list[float], list[float]]:
    """Rank the first column row by row, and against the greatest distance in any row, in loops."""
    away = [[abs(value - np.mean(one)) / np.std(one) for value in one] for one in pooled]
    columns = range(pooled.shape[1])
    plain = [sum(one[j] >= one[0] - 1e-9 for j in columns) / len(columns) for one in away]
    most = [max(one[j] for one in away) for j in columns]
    return plain, [sum(top >= one[0] - 1e-9 for top in most) / len(columns) for one in away]


@given(arrays(np.float64, (3, 6), elements=st.integers(-40, 40).map(float)))
def test_ranks_are_those_of_brute_force(pooled: Array) -> None:
    """Plain and adjusted; adjusting never makes a p smaller, and neither depends on scale or sign."""
    pooled = pooled + np.random.default_rng(0).normal(0, 1e-3, pooled.shape)
    plain, adjusted = rank_pvalues(pooled)
    expected = brute_force(pooled)
    assert plain == pytest.approx(expected[0])
    assert adjusted == pytest.approx(expected[1])
    assert (adjusted >= plain - 1e-12).all()
    assert plain.min() >= 1 / 6 - 1e-12
    turned = rank_pvalues(pooled * np.array([[3.0], [-2.0], [0.1]]) + 5)
    assert turned[0] == pytest.approx(plain)
    assert turned[1] == pytest.approx(adjusted)


def test_rows_without_all_values_have_no_p() -> None:
    """The others are ranked without them; all alike is no evidence; without controls there is none."""
    rows = np.array([[9.0, 1, 2, 3], [np.nan, 1, 2, 3], [9.0, 1, np.nan, 3], [2.0, 2, 2, 2]])
    plain, adjusted = rank_pvalues(rows)
    assert plain == pytest.approx([0.25, np.nan, np.nan, 1.0], nan_ok=True)
    assert adjusted == pytest.approx([0.25, np.nan, np.nan, 1.0], nan_ok=True)
    for nothing in (rows[:, :1], rows[1:2]):
        assert np.isnan(rank_pvalues(nothing)[0]).all()


def test_p_is_uniform_under_the_null() -> None:
    """Of heads like all others: every rank as often, and any of six dependent rows below 0.05 in 5 of 100."""
    rng, times = np.random.default_rng(1), 2000
    ranks, first = np.zeros(20), 0
    for _ in range(times):
        pooled = rng.standard_t(3, (6, 20)) + 2 * rng.normal(size=(1, 20))
        plain, adjusted = rank_pvalues(pooled)
        ranks[round(plain[0] * 20) - 1] += 1
        first += adjusted.min() <= 0.05
    assert np.abs(ranks / times - 0.05).max() < 4 * np.sqrt(0.05 * 0.95 / times)
    assert first / times == pytest.approx(0.05, abs=3 * np.sqrt(0.05 * 0.95 / times))


def crowd(
    held: float, n: int, permuted: Callable[[Array], Array] = lambda levels: levels
) -> CompartmentShares:
    """Two clones whose heads have this share on neurites, and n controls of each kind about 0.2."""
    levels = 0.2 + 0.001 * np.linspace(-1, 1, n)
    rows = [row(group, 0, TRAINED, 1, 0.1, held) for group in ("a2", "c1")]
    for source, shares in ((RANDOM, levels), (PERMUTED, permuted(levels))):
        rows += [
            row(group, 0, source, place, 0.1, share)
            for place, share in enumerate(shares)
            for group in ("a2", "c1")
        ]
    return summed(*tables(rows, {"a2": [(0.1, 0.2)], "c1": [(0.1, 0.2)]}))


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (crowd(0.6, 19), ["Yes: ", "more at neurite in block 2", "less at background in block 2"]),
        (crowd(0.01, 19), ["Yes: ", "less at neurite in block 2"]),
        (crowd(0.2, 19), ["No: ", "nowhere"]),
        (crowd(0.6, 19, lambda levels: levels + np.linspace(0, 0.4, 19)), ["No: ", "nowhere"]),
        (crowd(0.6, 18), ["Cannot be known with 18 control heads", "19 are needed"]),
        (crowd(0.6, 0), ["not tested"]),
    ],
    ids=["more", "less", "alike", "beyond random heads only", "too few", "none"],
)
def test_the_verdict(found: CompartmentShares, words: list[str]) -> None:
    """A compartment stands out where both controls are left behind, and never with too few of them."""
    for said in (found.headline(), found.summary()):
        for word in words:
            assert word in said
    if "soma" not in words[0]:
        assert "soma in block 2" not in found.headline()


def test_opposite_controls_are_no_direction() -> None:
    """Above all random heads and below all permuted ones is not beyond what heads without learning show."""
    found = crowd(0.4, 19, lambda levels: levels + 0.5)
    assert numbers(found, "ALS", "neurite")["p_adjusted_random"] == pytest.approx(0.05)
    assert numbers(found, "ALS", "neurite")["p_adjusted_permuted"] == pytest.approx(0.05)
    assert "neurite in block 2" not in found.headline()


def test_the_statistics_name_the_test() -> None:
    """Rank, adjustment, how many controls, the smallest p; the interval beside the trained heads' number."""
    found = by_hand()
    assert "1.95-fold; at most" in found.summary()
    trained, random, permuted = found.statistics.head(3).to_dict("records")
    assert trained["value"] == pytest.approx(1.95)
    assert trained["interval"] == "bootstrap over clones"
    assert trained["low"] <= trained["value"] <= trained["high"]
    for control in (random, permuted):
        assert (control["test"], control["n"], control["of"]) == (
            "rank among control heads",
            3,
            "control heads",
        )
        assert control["smallest_p"] == 0.25
        assert control["correction"].startswith("Westfall–Young")


def lacking() -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Tables that lack something."""
    shares, areas = tables(HAND)
    no_soma = {group: [(0.0, neurite) for _, neurite in held] for group, held in AREAS.items()}
    silent = shares.copy()
    silent[["soma", "neurite", "background"]] = np.nan
    half = shares.copy()
    gone = (half["source"] == RANDOM) & (half["replicate"] == 1)
    half.loc[gone, ["soma", "neurite", "background"]] = np.nan
    return {
        "no controls": (shares[shares["source"].isin([TRAINED, CEILING])], areas),
        "shuffled weights alone": (shares[shares["source"].isin([TRAINED, CEILING, SHUFFLED])], areas),
        "no permuted heads": (shares[shares["source"] != PERMUTED], areas),
        "one clone": (shares[shares["group"] == "a1"], areas[areas["group"] == "a1"]),
        "no clone of the positive class": (shares[shares["label"] != "ALS"], areas[areas["label"] != "ALS"]),
        "no clone of the negative class": (shares[shares["label"] == "ALS"], areas[areas["label"] == "ALS"]),
        "all silent": (silent, areas),
        "a silent control": (half, areas),
        "no soma anywhere": (shares, tables([], no_soma)[1]),
    }


@pytest.mark.parametrize("name", lacking())
def test_what_lacks_is_said(name: str) -> None:
    """Numbers are missing, no sentence is: a finding never raises, and never says that something is nan."""
    found = summed(*lacking()[name])
    assert isinstance(found, Finding)
    for said in (found.summary(), found.headline()):
        assert said.endswith(".")
        assert "nan" not in said
    assert all(caveat in found.summary() for caveat in found.caveats)
    assert found.plot()[0].has_data() or found.plot()[0].texts
    assert set(found.table["compartment"]) == {"soma", "neurite", "background"}


def test_nothing_held_against_controls_is_a_caveat() -> None:
    """Each control that is lacking is named."""
    found = summed(*lacking()["no permuted heads"])
    assert PERMUTED in " ".join(found.caveats)
    assert RANDOM not in " ".join(found.caveats)


def test_the_figure_has_each_class() -> None:
    """A panel per compartment, and clones of both classes in it."""
    drawn = by_hand().plot()
    assert len(drawn) == 3
    kept = drawn.numbers.groupby(["panel", "block", "label"]).size()
    assert set(kept.index) == {
        (panel, "block2", label) for panel in ("clones", "controls") for label in ("ALS", "control")
    }
    lines = [line for axis in drawn for line in axis.lines if line.get_gid() in ("clones", "below")]
    dots = sum(len(np.asarray(line.get_ydata())) for line in lines)
    assert dots == drawn.numbers.query("panel == 'clones'")["enrichment"].notna().sum()
    names = [text.get_text() for text in drawn[0].get_xticklabels()]
    assert names == ["block 2\nALS", "block 2\ncontrol"]


def test_words_are_the_studys() -> None:
    """Class names and the noun come out as words."""
    shares, areas = tables(HAND)
    for table in (shares, areas):
        table["label"] = table["label"].map({"ALS": "sporadic_als", "control": "healthy"})
    found = share_saliency(
        shares, areas, SETS, blocks=("block2",), positive="sporadic_als", negative="healthy", noun="line"
    )
    assert "sporadic als" in found.summary()
    assert "clone" not in found.summary()
    assert found.statistics["interval"].iloc[0] == "bootstrap over lines"
