"""Isogenic pairs: scipy's paired tests, who is a pair with whom, and pairs that are too few."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import ttest_rel, wilcoxon

from hcs.analysis.clones.isogenic import isogenic_pairs
from hcs.analysis.finding import Finding
from hcs.figures.panels import figure_bytes
from hcs_plates.errors import ArgumentError


def lines(n: int, seed: int = 0, effect: float = 1.0) -> pd.DataFrame:
    """Two wells of each patient's line and of its corrected one."""
    rng = np.random.default_rng(seed)
    rows = []
    for pair in range(n):
        own = rng.normal(0, 5)
        for label in ("ALS", "corrected"):
            value = own + effect * (label == "ALS") + rng.normal(0, 0.5)
            rows += [(f"{label}{pair}", label, f"P{pair}", value + side) for side in (-0.1, 0.1)]
    return pd.DataFrame(rows, columns=["group", "label", "isogenic_pair", "area"])


def test_the_tests_are_scipys() -> None:
    """Paired t with its interval, signed ranks; flipped signs have their mean; n counts pairs, not wells."""
    table = lines(8)
    found = isogenic_pairs(table, "area")
    flips, paired, ranks = found.table.to_dict("records")
    wide = table.groupby(["isogenic_pair", "label"])["area"].mean().unstack()
    theirs = ttest_rel(wide["ALS"], wide["corrected"])
    assert paired["p"] == pytest.approx(theirs.pvalue)
    assert (paired["low"], paired["high"]) == pytest.approx(tuple(theirs.confidence_interval()))
    differences = wide["ALS"] - wide["corrected"]
    assert ranks["p"] == pytest.approx(wilcoxon(differences, method="exact").pvalue)
    assert flips["estimate"] == pytest.approx(differences.mean())
    assert (flips["n"], flips["smallest_p"]) == (8, 2 / 2**8)
    assert found.pairs["difference"].tolist() == pytest.approx(differences.tolist())
    assert found.headline().startswith(
        "Area differs between ALS and corrected within pairs (8 pairs): ALS minus"
    )
    assert isinstance(found, Finding)
    assert len(found.statistics) == 3


def as_parents(table: pd.DataFrame) -> pd.DataFrame:
    """The corrected line names the patient's line, which names none."""
    parent = table["group"].str.replace("corrected", "ALS").where(table["label"] == "corrected")
    return table.drop(columns="isogenic_pair").assign(parent=parent)


def as_donors(table: pd.DataFrame) -> pd.DataFrame:
    """Both lines are of one donor."""
    return table.rename(columns={"isogenic_pair": "donor"})


@pytest.mark.parametrize("change", [as_parents, as_donors])
def test_pairs_are_found_however_they_are_named(change: Any) -> None:
    """By the line that was edited, or by the donor of both."""
    expected = isogenic_pairs(lines(6), "area").table
    columns = ["estimate", "low", "high", "p"]
    pd.testing.assert_frame_equal(isogenic_pairs(change(lines(6)), "area").table[columns], expected[columns])


def test_pairs_of_one_donor_count_once() -> None:
    """Ten pairs of five donors: n is five, and no p can be below 0.05."""
    table = lines(10)
    table["donor"] = "D" + (table["isogenic_pair"].str[1:].astype(int) // 2).astype(str)
    found = isogenic_pairs(table, "area")
    assert (found.noun, found.table["n"].unique().tolist()) == ("donor", [5])
    assert "10 pairs come from 5 donors" in found.summary()
    assert "cannot be known with 5 donors" in found.headline()


def test_only_batches_with_both_lines_count() -> None:
    """A second run of the patient's line alone, in which all is higher, changes nothing."""
    table = lines(6).assign(run="r1")
    alone = table[table["label"] == "ALS"].assign(run="r2", area=lambda rows: rows["area"] + 30)
    expected = isogenic_pairs(table, "area").table["estimate"]
    found = isogenic_pairs(pd.concat([table, alone]), "area", batch="run").table["estimate"]
    assert found.tolist() == pytest.approx(expected.tolist())


def test_lines_without_a_sister_are_told() -> None:
    """Left out, with their number; a column without enough values has no test."""
    extra = lines(1, 9).iloc[:2].assign(isogenic_pair="Q", group="q")
    none = lines(1, 8).iloc[:2].assign(isogenic_pair=None, group="r")
    table = pd.concat([lines(6), extra, none], ignore_index=True)
    table["rare"] = table["area"].where(table["isogenic_pair"].isin(["P0", "P1"]))
    found = isogenic_pairs(table, ["area", "rare"])
    assert "1 clone of no pair left out." in found.caveats
    assert "area: 1 pair of one class only left out." in found.caveats
    assert "rare: only 2 pairs with a value: no test is made." in found.caveats
    assert "nan" not in found.summary()
    assert len(found.summary().split()) <= 120
    assert figure_bytes(found.plot().figure, ".png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("table", "words"),
    [
        (lines(2), "2 pairs have both ALS and corrected; a comparison within pairs needs 3 or more"),
        (lines(4).drop(columns="isogenic_pair"), "No column names isogenic pairs"),
        (lines(4).assign(group="c"), "clone 'c' has several pairs"),
        (lines(4).assign(label="ALS"), "0 pairs have both"),
        (lines(4).assign(label=lines(4)["isogenic_pair"]), "label has 4 values"),
    ],
)
def test_what_is_no_set_of_pairs_is_refused(table: pd.DataFrame, words: str) -> None:
    """Too few, unnamed, one clone in several, one class, several classes."""
    with pytest.raises(ArgumentError, match=words):
        isogenic_pairs(table, "area")
