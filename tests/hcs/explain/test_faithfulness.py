"""Deletion, insertion and occlusion: areas by hand, signs flipped one by one, and never silent."""

from dataclasses import replace
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from hcs.analysis.finding import Finding
from hcs.explain.faithfulness import Faithfulness, judge_faithfulness
from hcs.explain.likeness import method_name
from hcs.explain.sheet import COLUMNS

FRACTIONS = (0.0, 0.25, 1.0)
CLONES = ("a", "b", "c", "d", "e")
DROPS = (0.30, 0.05, -0.10, 0.20, 0.15)
"""How much lower than the random order's each clone's deletion curve lies at the middle point."""


def curve_rows(
    order: str, kind: str, group: str, tile: int, heights: tuple[float, ...]
) -> list[tuple[Any, ...]]:
    """Rows of one curve."""
    return [
        (f"{group}/{tile}", group, "ALS", order, kind, fraction, height)
        for fraction, height in zip(FRACTIONS, heights, strict=True)
    ]


def curves() -> pd.DataFrame:
    """Five clones; of the first two tiles. Rows come in no order."""
    rows: list[tuple[Any, ...]] = []
    for group, drop in zip(CLONES, DROPS, strict=True):
        for tile in range(2 if group == "a" else 1):
            rows += curve_rows("block2", "deletion", group, tile, (0.9, 0.6 - drop + 0.02 * tile, 0.5))
            rows += curve_rows("random", "deletion", group, tile, (0.9, 0.6, 0.5))
            rows += curve_rows("block2", "insertion", group, tile, (0.5, 0.7, 0.9))
            rows += curve_rows("random", "insertion", group, tile, (0.5, 0.7, 0.9))
    return pd.DataFrame(rows, columns=COLUMNS["curves"]).sample(frac=1, random_state=0)


def occlusion() -> pd.DataFrame:
    """Correlations of five clones; one tile has none."""
    rows = [
        (f"{group}/0", group, "ALS", "block2", rho, -rho)
        for group, rho in zip(CLONES, (0.6, 0.2, 0.3, 0.5, -0.1), strict=True)
    ]
    rows.append(("a/1", "a", "ALS", "block2", np.nan, 0.0))
    return pd.DataFrame(rows, columns=COLUMNS["occlusion"])


def by_hand() -> Faithfulness:
    """Both tables, summed up."""
    return judge_faithfulness(curves(), occlusion())


def number(found: Faithfulness, test: str, order: str) -> dict[str, Any]:
    """One row of the finding's table."""
    (row,) = found.table[(found.table["test"] == test) & (found.table["order"] == order)].to_dict("records")
    return {str(name): value for name, value in row.items()}


def flipped(differences: np.ndarray[Any, Any]) -> tuple[float, float]:
    """Two-sided p of a mean under all flips of signs, and the smallest that there can be."""
    means = [
        abs(np.mean(differences * np.array(signs))) for signs in product((1, -1), repeat=len(differences))
    ]
    at_least = sum(mean >= abs(np.mean(differences)) - 1e-12 for mean in means)
    return at_least / len(means), sum(mean >= max(means) - 1e-12 for mean in means) / len(means)


def test_areas_by_hand() -> None:
    """Trapezoids over uneven steps: means over a clone's tiles, then over clones."""
    areas = [0.25 * (0.9 + 0.6 - drop) / 2 + 0.75 * (0.6 - drop + 0.5) / 2 for drop in DROPS]
    areas[0] += 0.01 * (0.25 + 0.75) / 2
    deletion = number(by_hand(), "deletion", "block2")
    assert deletion["n"] == 5
    assert deletion["value"] == pytest.approx(np.mean(areas))
    assert min(areas) <= deletion["low"] < deletion["value"] < deletion["high"] <= max(areas)
    random = number(by_hand(), "deletion", "random")
    assert random["value"] == pytest.approx(0.25 * 0.75 + 0.75 * 0.55)
    assert deletion["difference"] == pytest.approx(np.mean(areas) - random["value"])
    assert np.isnan(random["p"])
    assert np.isnan(random["difference"])


def test_signs_are_flipped() -> None:
    """All 32 flips of five clones' differences, and of five correlations."""
    away = -0.5 * np.array(DROPS)
    away[0] += 0.005
    deletion = number(by_hand(), "deletion", "block2")
    assert (deletion["p"], deletion["smallest_p"]) == pytest.approx(flipped(away))
    assert deletion["smallest_p"] == pytest.approx(2 / 32)
    assert deletion["p"] > 2 / 32
    score = number(by_hand(), "occlusion, score", "block2")
    assert score["value"] == pytest.approx(np.mean([0.6, 0.2, 0.3, 0.5, -0.1]))
    assert score["p"] == pytest.approx(flipped(np.array([0.6, 0.2, 0.3, 0.5, -0.1]))[0])
    features = number(by_hand(), "occlusion, features", "block2")
    assert features["value"] == pytest.approx(np.mean([-0.3, -0.2, -0.3, -0.5, 0.1]))


def test_no_difference_is_no_evidence() -> None:
    """Where the map does as the random order does in every clone, p is 1."""
    insertion = number(by_hand(), "insertion", "block2")
    assert insertion["difference"] == pytest.approx(0)
    assert insertion["p"] == 1


def test_all_tests_are_adjusted_together() -> None:
    """Holm over every row that has a p, as statsmodels has it."""
    table = by_hand().table
    known = table["p"].notna()
    assert known.sum() == 4
    expected = multipletests(table.loc[known, "p"], method="holm")[1]
    assert table.loc[known, "p_adjusted"].to_numpy() == pytest.approx(expected)
    assert table.loc[~known, "p_adjusted"].isna().all()


def test_curves_over_clones() -> None:
    """The mean at every point, of clones and not of tiles, within its interval."""
    drawn = by_hand().curves.set_index(["kind", "order", "fraction"])
    middle = drawn.loc[("deletion", "block2", 0.25)]
    heights = [0.6 - drop for drop in DROPS]
    heights[0] += 0.01
    assert middle["mean"] == pytest.approx(np.mean(heights))
    assert min(heights) <= middle["low"] < middle["mean"] < middle["high"] <= max(heights)
    assert len(drawn) == 2 * 2 * 3


def test_sentences() -> None:
    """With five clones no p can be 0.05; the table has test, n, smallest p and correction."""
    found = by_hand()
    assert found.headline().startswith("Cannot be known with 5 clones")
    assert found.summary().startswith(found.headline())
    assert "effect of occlusion at rho " in found.summary()
    row = found.statistics[found.statistics["question"] == "deletion: Grad-CAM of block 2"].iloc[0]
    assert row["value"] == pytest.approx(number(found, "deletion", "block2")["value"])
    assert (row["test"], row["n"], row["of"]) == ("sign-flip permutation test", 5, "clones")
    assert row["smallest_p"] == pytest.approx(0.0625)
    assert row["correction"].startswith("Holm over")
    assert found.statistics.set_index("question").loc["deletion: random", "value"] == pytest.approx(0.6)


def test_better_is_lower_for_deletion_and_higher_for_insertion() -> None:
    """Where enough clones are there for a p of 0.05, yes or no, with its size."""
    many = by_hand().table.assign(p=0.001, smallest_p=0.001, p_adjusted=0.01)
    said = replace(by_hand(), table=many).headline()
    assert said.startswith("Yes, ")
    assert "deletion by Grad-CAM of block 2 beats it by 0.06" in said
    turned = curves().assign(
        kind=lambda table: table["kind"].map({"deletion": "insertion"}).fillna("deletion")
    )
    worse = judge_faithfulness(turned, occlusion())
    worse = replace(worse, table=worse.table.assign(p=0.001, smallest_p=0.001, p_adjusted=0.01))
    assert "beats it by 0.06" not in worse.headline()


@pytest.mark.parametrize(
    ("curve", "correlations"),
    [
        (curves().query("group == 'b'"), occlusion().query("group == 'b'")),
        (curves(), occlusion().assign(rho_drop=np.nan, rho_shift=np.nan)),
        (curves(), occlusion().iloc[:0]),
        (curves().assign(probability=0.5), occlusion()),
    ],
    ids=["one clone", "no correlations", "no occlusion", "all alike"],
)
def test_what_lacks_is_said(curve: pd.DataFrame, correlations: pd.DataFrame) -> None:
    """A finding never raises, and never says that something is nan."""
    found = judge_faithfulness(curve, correlations)
    assert isinstance(found, Finding)
    for said in (found.summary(), found.headline()):
        assert said.endswith(".")
        assert "nan" not in said
        assert ": ." not in said
    assert all(caveat in found.summary() for caveat in found.caveats)
    assert len(found.plot()) == 2


def test_one_clone_is_no_evidence() -> None:
    """Its p is 1, which is also the smallest possible, and there is no interval."""
    found = judge_faithfulness(curves().query("group == 'd'"), occlusion().query("group == 'd'"))
    deletion = number(found, "deletion", "block2")
    assert (deletion["n"], deletion["p"], deletion["smallest_p"]) == (1, 1, 1)
    assert np.isnan(deletion["low"])


def test_the_figure_names_the_orders() -> None:
    """In words."""
    figure = by_hand().plot().figure
    texts = [text.get_text() for legend in figure.legends for text in legend.get_texts()]
    assert any(text.startswith(method_name("block2")) for text in texts)
    assert any(text.startswith("random") for text in texts)
