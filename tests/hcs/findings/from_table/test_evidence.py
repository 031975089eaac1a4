"""Any table of features as evidence: what its columns are, what takes no part, what is refused and why."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from tests.hcs.report.featuretable import SPEC, feature_table

from hcs.analysis.question import Question
from hcs.findings.from_table.evidence import table_evidence
from hcs.findings.from_table.features import table_features
from hcs.findings.run import analyse
from hcs.tables.spec import TableSpec, label_values
from hcs_plates.errors import ArgumentError


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    """Three plates with the same eight clones, two fields a well; not to be changed."""
    return feature_table()


def test_evidence_stands_side_by_side(table: pd.DataFrame) -> None:
    """A row of features per row, a score per well and clone, all by the model ``linear``."""
    seen, said = table_evidence(table, SPEC)
    assert said == ()
    np.testing.assert_allclose(seen.features, table[["f_0", "f_1", "f_2"]], rtol=1e-6)
    assert seen.feature_names == ("f_0", "f_1", "f_2")
    assert len(seen.tiles) == len(seen.predictions) == len(table)
    assert len(seen.wells) == len(seen.scored("linear")) == 24
    assert set(seen.groups["model"]) == {"linear"}
    assert (seen.classes.noun, seen.classes.label, seen.classes.positive, seen.classes.negative) == (
        "clone",
        "genotype",
        "Null",
        "WT",
    )
    own = seen.predictions.groupby("group")["probability"].mean()
    groups = seen.groups.set_index("group")
    pd.testing.assert_series_equal(groups["probability"], own, check_names=False, check_like=True)
    right = (seen.predictions["probability"] >= 0.5) == (seen.predictions["label"] == "Null")
    share = right.groupby(seen.predictions["group"]).mean()
    pd.testing.assert_series_equal(groups["correct"], share, check_names=False, check_like=True)


def test_the_clone_is_never_trained_on(table: pd.DataFrame) -> None:
    """Clones that stand on every plate: no set has one on both sides."""
    seen, _ = table_evidence(table, SPEC)
    for _, part in seen.splits.groupby("set"):
        sides = part.groupby("part")["group"].agg(set)
        assert not sides["train"] & sides["test"]


def test_wells_that_stand_for_themselves(table: pd.DataFrame) -> None:
    """Without clones every well is its own group, by plate and well in one spelling."""
    seen, _ = table_evidence(
        table.drop(columns="clone").assign(well=table["well"].str.replace("0", "")),
        replace(SPEC, group="well"),
    )
    assert seen.classes.noun == "well"
    assert sorted(seen.groups["group"])[:2] == ["P1/A01", "P1/A02"]
    assert len(seen.groups) == 24


def test_features_are_named_or_guessed(table: pd.DataFrame) -> None:
    """Patterns, or all numbers that say nothing of the place, the well, or how the row came out."""
    told = table.assign(
        passage=12, row=1, site=3, Metadata_Site=4, included=1, missing_planes=0, dose=1.0, g=5.0, note="x"
    )
    told = told.assign(g=np.linspace(0, 1, len(told))[::-1] ** 2 * np.tile([1, -1], len(told) // 2))
    found = table_features(told, ())
    assert found.names == ("f_0", "f_1", "f_2", "g")
    assert {"passage", "row", "site", "Metadata_Site", "included", "dose"} <= set(found.left_out)
    assert table_features(told, ("f_[12]", "g", "f_*")).names == ("f_1", "f_2", "g", "f_0")
    with pytest.raises(ArgumentError, match="clone holds text"):
        table_features(told, ("clo*",))
    with pytest.raises(ArgumentError, match="clone and note hold text, and features are numbers"):
        table_features(told, ("clone", "note", "clone"))
    with pytest.raises(ArgumentError, match="No column fits 'F_\\*'"):
        table_features(told, ("F_*",))
    with pytest.raises(ArgumentError, match="no column of numbers that can be a measurement"):
        table_features(table[["plate", "well", "clone", "genotype"]], ())


def test_the_label_has_two_values(table: pd.DataFrame) -> None:
    """The two there are, or those given; never a guess among three, or between one and nothing."""
    three = table.assign(genotype=["HET", *table["genotype"][1:]])
    for given, positive, negative in (
        ((None, None), "Null", "WT"),
        (("WT", None), "WT", "Null"),
        ((None, "Null"), "WT", "Null"),
    ):
        found = label_values(table, "genotype", *given)
        assert (found.positive, found.negative) == (positive, negative)
    assert label_values(three, "genotype", "Null", "HET").negative == "HET"
    with pytest.raises(ArgumentError, match=r"has 3 values \(HET, Null and WT\); name the two"):
        label_values(three, "genotype", "Null", None)
    with pytest.raises(ArgumentError, match=r"has 1 value \(WT\): there are no two to tell apart"):
        label_values(table[table["genotype"] == "WT"], "genotype", None, None)
    with pytest.raises(ArgumentError, match=r"has 0 values \(all blank\)"):
        label_values(table.assign(genotype=None), "genotype", None, None)
    with pytest.raises(ArgumentError, match="no column 'genotyp'; did you mean 'genotype'"):
        label_values(table, "genotyp", None, None)


def test_what_takes_no_part_is_said(table: pd.DataFrame) -> None:
    """Rows of other labels, left out, without clone, plate or well: each kind in one sentence."""
    holed = table.assign(included="yes")
    holed["genotype"] = ["HET"] * 2 + holed["genotype"].tolist()[2:]
    holed["included"] = ["yes"] * 4 + ["No"] * 2 + [None] + ["TRUE"] * (len(table) - 7)
    holed["clone"] = [*holed["clone"][:8], None, None, *holed["clone"][10:]]
    holed["plate"] = [*holed["plate"][:-2], None, None]
    seen, said = table_evidence(holed, SPEC)
    assert said == (
        "2 rows without plate or well left out.",
        "2 rows of neither Null nor WT left out.",
        "2 rows that are not included left out.",
        "2 rows without clone left out.",
    )
    assert len(seen.tiles) == len(table) - 8
    assert not seen.wells["plate"].isin(["nan", "None"]).any()
    with pytest.raises(ArgumentError, match="'included' holds 'perhaps'; give true or false"):
        table_evidence(holed.assign(included="perhaps"), SPEC)


Change = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.mark.parametrize(
    ("spec", "change", "said"),
    [
        (SPEC, lambda rows: rows.drop(columns="well"), "The table has no column 'well'; known: plate,"),
        (SPEC, lambda rows: rows.rename(columns={"well": "wells"}), "did you mean 'wells'"),
        (replace(SPEC, batch="run"), lambda rows: rows, "The table has no column 'run'"),
        (replace(SPEC, group="donor"), lambda rows: rows, "The table has no column 'donor'"),
        (SPEC, lambda rows: rows[rows["genotype"] == "WT"], "No row has 'Null' as genotype; there are WT."),
        (replace(SPEC, positive="WT"), lambda rows: rows, "are both 'WT'; name two"),
        (replace(SPEC, batch="genotype"), lambda rows: rows, "batch and label are one column, 'genotype'"),
        (replace(SPEC, group="genotype"), lambda rows: rows, "group and label are one column, 'genotype'"),
        (replace(SPEC, batch="field"), lambda rows: rows, "called 'field', which hcs uses itself"),
        (replace(SPEC, batch="group"), lambda rows: rows.assign(group="g"), "called 'group', which hcs uses"),
        (
            replace(SPEC, batch="run"),
            lambda rows: rows.assign(run=rows["field"].where(rows["well"] == "A01", 1)),
            "Well P1/A01 has 2 values of 'run'; give a well one, the same in all its rows",
        ),
        (
            SPEC,
            lambda rows: rows.assign(clone=rows["clone"] + rows["field"].astype(str)),
            "Well P1/A01 has 2 values of 'clone'",
        ),
        (
            replace(SPEC, group="well"),
            lambda rows: rows.assign(genotype=["WT", "Null"] * (len(rows) // 2)),
            "Well P1/A01 has 2 values of 'genotype'",
        ),
        (SPEC, lambda rows: rows.assign(well="Z99"), "Z99"),
    ],
)
def test_what_cannot_be_is_refused(table: pd.DataFrame, spec: TableSpec, change: Change, said: str) -> None:
    """One sentence that names the column, the value and what was expected."""
    with pytest.raises(ArgumentError) as refused:
        table_evidence(change(table), spec)
    assert said in refused.value.message


def test_numbers_of_any_kind(table: pd.DataFrame) -> None:
    """Infinite, missing, huge, constant and nullable numbers, and columns whose names are numbers."""
    odd = table.assign(
        f_0=np.where(np.arange(len(table)) % 7 == 0, np.inf, table["f_0"]),
        f_3=1e300,
        f_4=np.nan,
        f_5=3,
        f_6=pd.array([None, *range(len(table) - 1)], dtype="Int64"),
    ).rename(columns={"f_5": 5})
    names = ("f_0", "f_1", "f_2", "f_3", "f_4", "5", "f_6")
    seen, _ = table_evidence(odd, replace(SPEC, features=names))
    assert seen.feature_names == names
    assert not np.isinf(seen.features).any()
    assert np.isnan(seen.features[0, [0, 3, 4, 6]]).all()
    assert seen.predictions["probability"].between(0, 1).all()


def test_names_that_are_numbers(table: pd.DataFrame) -> None:
    """Plates 1, 2 and 10 are names, and give the scores that P1, P2 and P10 would."""
    numbers = table.assign(plate=table["plate"].map({"P1": 1, "P2": 2, "P3": 10}))
    words = table.assign(plate="P" + numbers["plate"].astype(str))
    one, other = (table_evidence(rows, SPEC)[0] for rows in (numbers, words))
    assert sorted(one.wells["plate"].unique()) == ["1", "10", "2"]
    assert one.predictions["probability"].tolist() == other.predictions["probability"].tolist()


@pytest.mark.parametrize("name", ["label", "group", "field"])
def test_a_label_under_a_name_of_our_own(table: pd.DataFrame, name: str) -> None:
    """A table may call its label what evidence calls something else: each question still finds its column."""
    named = table.drop(columns="field").rename(columns={"genotype": name})
    seen, _ = table_evidence(named, replace(SPEC, label=name))
    found = analyse(Question(seen, model="linear", batch="plate"), ["design", "mixing", "probes"])
    assert found.left_out == {}
    probes = found["probes"].table
    assert probes.loc[probes["role"] == "label", "score"].item() > 0.9
    assert probes["n_groups"].max() == 8


def test_a_batch_of_another_name(table: pd.DataFrame) -> None:
    """The batch is held against the label and asked of the features, whatever it is called."""
    runs = table.assign(run=table["plate"].map({"P1": "r1", "P2": "r1", "P3": "r2"}))
    seen, _ = table_evidence(runs, replace(SPEC, batch="run"))
    found = analyse(Question(seen, model="linear", batch="run"), ["design", "probes", "feature_variance"])
    assert found.left_out == {}
    assert "run" in found["design"].table["column"].tolist()
    assert "run" in found["probes"].table["target"].tolist()
    assert "run" in found["feature_variance"].table["factor"].tolist()


@pytest.mark.parametrize(
    ("keep", "said", "told"),
    [
        (
            lambda rows: rows["plate"] == "P1",
            "No well of Null and WT has a score",
            "There is 1 plate: no other is there to learn from.",
        ),
        (
            lambda rows: (rows["plate"] == "P1") == (rows["genotype"] == "WT"),
            "No well of WT has a score",
            "4 clones of plate P1 without a score: the rows to learn from hold one label only.",
        ),
    ],
)
def test_batches_that_cannot_be_held_against_others(
    table: pd.DataFrame, keep: Callable[[pd.DataFrame], pd.Series], said: str, told: str
) -> None:
    """One batch, or a batch that is one class: the analysis is left out with the reason, others are made."""
    seen, why = table_evidence(table[keep(table)], SPEC)
    found = analyse(Question(seen, model="linear", batch="plate"), ["design", "batches"])
    assert list(found) == ["design"]
    assert found.left_out["batches"] == f"{said}, so no plate can be held against another."
    assert why == (told,)
