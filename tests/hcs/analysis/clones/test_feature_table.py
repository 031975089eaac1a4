"""Features of clones: means of means, scipy's p corrected over features, and what is left out by name."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy.stats import false_discovery_control, ttest_ind

from hcs.analysis.clones.feature_table import feature_table
from hcs_plates.errors import ArgumentError

SHIFTED = 3


def wells(n: int = 12, features: int = 40, effect: float = 4.0, seed: int = 0) -> pd.DataFrame:
    """Clones on two plates with 1 to 3 wells on each; the first features are higher in ALS."""
    rng = np.random.default_rng(seed)
    names = [f"f{at:02d}" for at in range(features)]
    rows = []
    for clone in range(n):
        level = rng.normal(size=features)
        level[:SHIFTED] += effect * (clone < n // 2)
        for plate in "PQ":
            for at in range(1, 2 + (clone + (plate == "Q")) % 3):
                label, well = "ALS" if clone < n // 2 else "control", f"{'ABCDEFGHIJKLMNOP'[clone]}{at:02d}"
                rows.append([f"c{clone:02d}", label, plate, well, *(level + rng.normal(size=features))])
    return pd.DataFrame(rows, columns=["group", "label", "plate", "well", *names])


def unit_means(table: pd.DataFrame, unit: str) -> dict[str, pd.DataFrame]:
    """Means of clones, then of units, by class."""
    features = [name for name in table if name.startswith("f")]
    clones = table.groupby(["label", "group"] + ["donor"] * (unit == "donor"))[features].mean()
    return {
        str(name): own for name, own in clones.groupby(level=["label", unit]).mean().groupby(level="label")
    }


@pytest.mark.parametrize("unit", ["group", "donor"])
def test_numbers_are_scipys_over_clones_or_donors(unit: str) -> None:
    """Welch's p over means of clones, or of donors where one gave several; p corrected over features."""
    table = wells()
    if unit == "donor":
        table["donor"] = (
            table["group"].map({f"c{at:02d}": f"d{at // 2}" for at in range(12)}).replace("d5", "d9")
        )
    found = feature_table(table)
    means = unit_means(table, unit)
    theirs = ttest_ind(means["ALS"], means["control"], equal_var=False)
    rows = found.table.set_index("feature").sort_index()
    np.testing.assert_allclose(rows["p"], theirs.pvalue)
    np.testing.assert_allclose(rows["p_adjusted"], false_discovery_control(theirs.pvalue))
    assert found.noun == ("donor" if unit == "donor" else "clone")
    assert found.largest.n == len(means["ALS"]) + len(means["control"])


def test_planted_features_are_called_and_named() -> None:
    """The planted ones alone; headline and summary within their words; the figure names them."""
    found = feature_table(wells())
    assert sorted(found.called()["feature"]) == ["f00", "f01", "f02"]
    assert found.headline().startswith("3 of 40 features differ between ALS and control over 12 clones")
    assert found.summary().startswith(found.headline())
    assert (len(found.headline().split()) <= 30, len(found.summary().split()) <= 120) == (True, True)
    assert found.statistics["question"].tolist()[:1] == ["any of 40 features"]
    drawn = found.plot()
    named = {text.get_text() for key in drawn.figure.legends for text in key.get_texts()}
    assert {f"{place + 1}  {name}" for place, name in enumerate(found.table["feature"][:3])} <= named
    assert {text.get_text() for text in drawn[0].texts} == {str(number) for number in range(1, 11)}
    none = feature_table(wells(effect=0.0))
    assert none.headline().startswith("No feature differs between ALS and control over 12 clones")


def test_columns_that_say_nothing_are_left_out_by_name() -> None:
    """A constant, one feature twice, the well's column, and a number that counts the rows."""
    table = wells().assign(
        same=7.0, twice=lambda rows: 5 - 2 * rows["f01"], column=3, n=lambda rows: range(len(rows))
    )
    found = feature_table(table)
    assert found.left_out.set_index("feature")["reason"].to_dict() == {
        "column": "a place on a plate", "same": "is the same in all rows", "twice": "collinear with f01",
        "n": "numbers the rows",
    }  # fmt: skip
    assert "4 columns left out" in found.summary()


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (wells(n=6), "cannot be known with 6 clones."),
        (wells().assign(donor="d"), "No feature"),
        (wells()[lambda rows: rows["group"].isin(["c00", "c06", "c07"])], "cannot be known with 3 clones."),
    ],
)
def test_too_few_clones_are_said(table: pd.DataFrame, said: str) -> None:
    """Where no permutation of labels could reach 0.05, or a class has one clone, nothing is called."""
    found = feature_table(table, [f"f{at:02d}" for at in range(3, 9)])
    assert said in found.headline()
    assert "nan" not in found.summary()
    assert len(found.plot())


def test_clones_of_both_classes_are_left_out() -> None:
    """Isogenic pairs are not independent: another test compares them."""
    table = wells()
    table.loc[(table["group"] == "c00") & (table["plate"] == "Q"), "label"] = "control"
    found = feature_table(table)
    assert found.largest.n == 11
    assert "1 clone of both classes left out" in found.summary()
    pairs = feature_table(
        wells().assign(donor=lambda rows: "d" + (rows["group"].str[1:].astype(int) % 6).astype(str))
    )
    assert pairs.headline().endswith("cannot be known: no donor is of one class alone.")
    assert "isogenic pairs are compared apart" in pairs.summary()


def test_bad_arguments_are_refused() -> None:
    """No column to compare, a third class, a table without wells whose features are not named."""
    table = wells()
    asked: list[tuple[pd.DataFrame, dict[str, Any], str]] = [
        (table.assign(a=1), {"columns": ["a"]}, "No column of the table can be compared"),
        (table.assign(label=table["group"]), {}, "name two with labels"),
        (table, {"labels": ("ALS", "contrl")}, "did you mean 'control'"),
        (table.drop(columns="well"), {}, "give columns"),
    ]
    for rows, words, wanted in asked:
        with pytest.raises(ArgumentError, match=wanted):
            feature_table(rows, **words)
