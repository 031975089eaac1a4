"""The design check: what is tied to the label is said in words, and what is not is left in peace."""

from typing import Any

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from sklearn.metrics import mutual_info_score

from hcs.analysis.batches.design import DesignCheck, design_check
from hcs.analysis.finding import Finding
from hcs.statistics.contingency import cramers_v, mutual_information
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import FORMATS

FOUR = ["1"] * 8 + ["2"] * 2 + ["1"] * 3 + ["2"] * 7


def wells(n: int = 10, **columns: Any) -> pd.DataFrame:
    """One well of each of 2n clones."""
    table = pd.DataFrame({"clone": [f"{kind}{k}" for kind in "ac" for k in range(n)]})
    table["diagnosis"] = ["ALS"] * n + ["control"] * n
    return table.assign(**columns)


def row(found: DesignCheck, column: str = "plate") -> pd.Series:
    """What the table says of one column."""
    return found.table.set_index("column").loc[column]


def test_tied_columns_are_named() -> None:
    """Every patient in one batch and every control in another: nothing can separate them."""
    found = design_check(wells(differentiation_batch=["B2"] * 10 + ["B1"] * 10))
    batch = row(found, "differentiation_batch")
    assert batch["tied"]
    assert batch["cramers_v"] == pytest.approx(1)
    assert batch["mutual_information"] == pytest.approx(1)
    assert batch["label_share"] == pytest.approx(1)
    assert found.sentences == (
        "Diagnosis is confounded with differentiation batch: ALS only in B2, control only in B1; no analysis "
        "can separate them.",
    )
    assert found.summary() == found.headline() == found.sentences[0]


@pytest.mark.parametrize("name", ["affected", "Responder", "diagnosis"])
def test_the_label_is_not_tied_to_itself(name: str) -> None:
    """Prepared wells hold the label in a column of their own, beside the user's, whatever that is called."""
    wells = pd.DataFrame(
        {"group": list("aabbccdd"), "label": ["yes"] * 4 + ["no"] * 4, "plate": list("12") * 4}
    )
    found = design_check(
        wells.assign(**{name: wells["label"], "positive": [True] * 4 + [False] * 4}), label=name
    )
    assert found.table["column"].tolist() == ["plate"]


def test_tied_by_several_values() -> None:
    """Three batches of patients and two of controls are tied just the same."""
    batches = [f"b{k % 3}" for k in range(10)] + [f"d{k % 2}" for k in range(10)]
    found = design_check(wells(differentiation_batch=batches))
    assert found.table["tied"].tolist() == [True]
    assert found.sentences[0].endswith(
        "ALS only in b0, b1 and b2, control only in d0 and d1; n is 5 differentiation batches, not 20 "
        "clones, and no analysis can separate them."
    )


@pytest.mark.parametrize("extra", [{}, {"label": "tube"}, {"group": "half"}, {"group": "h", "label": "t"}])
def test_the_columns_that_are_named_are_looked_at(extra: dict[str, Any]) -> None:
    """A platemap may have a column group or label of its own; one of the pair alone is no way out."""
    table = wells(batch=["B2"] * 10 + ["B1"] * 10, **extra)
    found = design_check(table, label="diagnosis", group="clone")
    assert row(found, "batch")["tied"]
    assert row(found, "batch")["n_groups"] == 20
    with pytest.raises(ArgumentError, match="has no column 'diagnosis'"):
        design_check(
            table.drop(columns="diagnosis").assign(label="tube").drop(columns="group", errors="ignore")
        )
    pair = table.rename(columns={"clone": "line"}).assign(group=table["clone"], label=table["diagnosis"])
    pd.testing.assert_frame_equal(design_check(pair.drop(columns="diagnosis")).table, found.table)


PASSAGES = [
    ([*range(10, 20), *range(30, 40)], True, "ALS 10–19, control 30–39, no overlap"),
    (
        [*range(10, 15), *range(30, 35), *range(20, 25), *range(40, 45)],
        False,
        "ALS 10–34, control 20–44, over",
    ),
]


@pytest.mark.parametrize(("passage", "tied", "words"), PASSAGES)
def test_ranges_of_a_number_overlap_or_do_not(passage: list[int], tied: bool, words: str) -> None:
    """Quarters that part the labels are no tie where the ranges overlap; ranges are the platemap's."""
    found = design_check(wells(passage=passage))
    assert row(found, "passage")["cramers_v"] == pytest.approx(1)
    assert row(found, "passage")["tied"] == tied
    assert words in found.headline()


def test_a_design_that_lost_a_well_is_still_a_good_one() -> None:
    """All clones on all plates: no p could be small, as no arrangement is unbalanced. That is no fault."""
    full = pd.concat([wells(6, plate=str(number)) for number in range(3)], ignore_index=True)
    found = design_check(full)
    assert found.headline() == (
        "Plates are balanced: every clone is on all plates alike, so plates cannot explain a difference."
    )
    one_lost = design_check(full.drop(4))
    assert row(one_lost)[["balanced", "even"]].tolist() == [False, True]
    assert one_lost.summary() == (
        "No sign that diagnosis is confounded with plate over 12 clones. "
        "Plate is nearly balanced over diagnosis."
    )


def test_a_plate_for_each_clone_is_no_confounding() -> None:
    """Then its differences are among those of clones, over which n counts."""
    found = design_check(wells(4, plate=[f"P{k}" for k in range(8)]))
    assert row(found)[["tied", "nested"]].tolist() == [False, True]
    assert found.summary() == (
        "Each clone has a plate of its own: its differences count as differences between clones."
    )


def test_strength_is_cramers_and_p_is_fishers() -> None:
    """With whole clones V is scipy's, the information scikit-learn's, and p near Fisher's exact one."""
    counts = np.array([[8, 2], [3, 7]])
    found = row(design_check(wells(plate=FOUR), draws=19_999))
    assert found["cramers_v"] == pytest.approx(stats.contingency.association(counts, method="cramer"))
    nats = mutual_info_score(["a"] * 10 + ["c"] * 10, FOUR)
    assert found["mutual_information"] == pytest.approx(nats / np.log(2))
    assert found["p"] == pytest.approx(stats.fisher_exact(counts).pvalue, abs=0.008)


def test_few_clones_have_an_exact_p() -> None:
    """Of the 20 labellings of 3 + 3 clones two part the plates: p is 2 / 20, and no p could be smaller."""
    found = design_check(wells(3, plate=["1"] * 3 + ["2"] * 3))
    assert row(found)[["p", "smallest_p"]].tolist() == pytest.approx([0.1, 0.1])
    weaker = design_check(wells(3, plate=["1", "1", "2", "2", "2", "1"]))
    assert weaker.sentences == ("Whether diagnosis is associated with plate cannot be known with 6 clones.",)


def test_a_clone_counts_once() -> None:
    """Imaging a clone in a hundred wells adds no evidence; a clone over both plates counts half on each."""
    once = wells(plate=FOUR)
    often = pd.concat([once, *[once[once["clone"] == "a0"]] * 100])
    pd.testing.assert_frame_equal(design_check(once).table, design_check(often).table)
    everywhere = pd.concat([wells(plate=["1"] * 20), wells(plate=["2"] * 20)])
    assert row(design_check(everywhere))["cramers_v"] == pytest.approx(0)


def test_columns_without_a_sign_are_said_to_have_none() -> None:
    """No sign, with V and p; many different numbers are taken by quarters."""
    found = design_check(wells(plate=["1", "2"] * 10, passage=[20.0 + k for k in range(10)] * 2))
    assert len(found.sentences) == 1
    assert found.sentences[0] == "No sign that diagnosis is associated with plate and passage over 20 clones."
    assert found.summary() == "No sign that diagnosis is confounded with plate and passage over 20 clones."
    assert row(found, "passage")["n_values"] == 4


def test_an_association_is_said_with_its_test() -> None:
    """V and what it means for a model; the test with its n and smallest p in the table."""
    found = design_check(wells(plate=["1"] * 9 + ["2"] + ["1"] + ["2"] * 9))
    assert found.headline() == (
        "Diagnosis is associated with plate (Cramér's V 0.80, 20 clones): "
        "a model may recognise plate instead."
    )
    stated = found.statistics.iloc[0]
    assert stated["test"] == "permutation test of labels, one-sided"
    assert stated[["n", "smallest_p", "p_corrected"]].tolist() == [20, 0.0001, row(found)["p"]]


def test_positions_are_read_from_the_well() -> None:
    """Patients in the outer wells of a known plate: the edge is tied, without a column that says so."""
    outer = [f"A{k:02d}" for k in range(1, 11)]
    inner = [f"{letter}{k:02d}" for letter in "CD" for k in range(3, 8)]
    placed = wells(well=outer + inner, plate="P")
    found = design_check(placed, plate_format=FORMATS[96])
    assert row(found, "edge")["tied"]
    assert row(found, "row")["tied"]
    assert "edge" not in design_check(placed).table["column"].tolist()


def test_labels_are_exchanged_within_groups_that_hold_both() -> None:
    """Rows of a plate that hold both labels count once per label, and labels move within a row only."""
    both = pd.DataFrame({"group": list("ABCABC"), "label": list("pppnnn"), "plate": list("111222")})
    found = design_check(both)
    assert found.table["tied"].tolist() == [True]
    assert row(found)["smallest_p"] == pytest.approx(2 / 2**3)


@pytest.mark.parametrize("columns", [FOUR, ["1", "2", "3", "1", "2"] * 4])
def test_the_vectorised_v_is_scipys(columns: list[str]) -> None:
    """Tables of any size, several at a time."""
    counts = pd.crosstab(wells()["diagnosis"], columns).to_numpy(dtype=float)
    theirs = stats.contingency.association(counts.astype(int), method="cramer")
    assert cramers_v(np.stack([counts, 3 * counts])) == pytest.approx([theirs, theirs])


def test_no_information_is_zero() -> None:
    """Independent tables tell nothing; a label of one value has no entropy to share."""
    assert mutual_information(np.outer([1.0, 2.0], [3.0, 4.0])) == pytest.approx((0, 0))
    assert mutual_information(np.array([[3.0, 4.0]])) == (0.0, 0.0)


@pytest.mark.parametrize(
    "columns",
    [{}, {"plate": ["1"] * 20}, {"plate": [None] * 20}, {"passage": [float("nan")] * 20}],
    ids=["none", "one value", "empty", "unknown"],
)
def test_nothing_to_compare(columns: dict[str, Any]) -> None:
    """Columns that are absent, empty or of one value say nothing, in words."""
    found = design_check(wells(**columns))
    assert found.table.empty
    assert found.sentences == ()
    assert found.summary() == "Nothing in the table of wells could be confounded with diagnosis."
    assert found.plot() is not None


def test_gaps_and_one_class() -> None:
    """Wells without a value are left out of that column; with one class there is no test."""
    assert design_check(wells(plate=["1", None] * 10)).table.empty
    one = design_check(wells(plate=["1", "2"] * 10).assign(diagnosis="ALS"))
    assert np.isnan(row(one)["p"])
    assert not row(one)["tied"]
    assert one.sentences == ("Diagnosis is the same in all clones: plate cannot be judged.",)


def test_the_picture_has_a_row_for_every_column() -> None:
    """Names, V and p of each."""
    found = design_check(wells(plate=["1", "2"] * 10, stain=["a"] * 10 + ["b"] * 10))
    assert isinstance(found, Finding)
    axes = found.plot()[0]
    assert sorted(tick.get_text() for tick in axes.get_yticklabels()) == ["plate", "stain"]
    assert {text.get_text() for text in axes.texts} == {"confounded", "p = 1"}


def test_a_column_that_is_not_there_is_refused() -> None:
    """Asked for by name, it must be there."""
    with pytest.raises(ArgumentError, match=r"has no column 'plates'; did you mean 'plate'\?"):
        design_check(wells(plate="1"), ["plates"])
