"""Permuted labels: the null is a null, the true labels are not, and a run goes on."""

import shutil
from pathlib import Path

import pandas as pd
import pytest

from hcs.analysis.finding import Finding
from hcs.analysis.kept import keep_analyses
from hcs.answer.check import Outcome
from hcs.findings.permuted import labellings, permute_labels
from hcs.findings.permuted_null import PermutedLabels
from hcs.report.gather import study_verdict
from hcs.report.reported import Study
from hcs.study.folder import StudyResults
from hcs_plates.errors import ArgumentError, StoreError


@pytest.fixture(scope="module")
def found(small_study: Study) -> PermutedLabels:
    """Twelve permutations of the small study's eight clones."""
    return permute_labels(small_study, 12, seed=1)


def test_the_null_lies_about_one_half(found: PermutedLabels) -> None:
    """Labels as they are give nearly 1; permuted ones about 0.5, and the p says what it can at best."""
    means = found.means()
    assert means[0] > 0.9
    assert 0.3 < means.drop(0).mean() < 0.7
    assert means.drop(0).max() <= means[0]
    p = found.p_value()
    assert p.smallest == pytest.approx(1 / 13)
    assert 1 / 13 <= p.value <= 4 / 13
    said, over_clones = found.summary(), found.means("group_auc")
    assert said.startswith(
        f"Cannot be known with 12 permutations: CNN AUC over clones {over_clones[0]:.2f}, with labels "
    )
    assert said.startswith(found.headline())
    assert "p could not be 0.05 or less with 13 labellings" in said
    rows = found.statistics
    assert rows["test"].iloc[0] == "permutation test of labels, models trained anew, one-sided"
    assert rows["smallest_p"].iloc[0] == pytest.approx(1 / 13)
    assert rows["value"].tolist()[:3] == pytest.approx(
        [over_clones[0], over_clones.drop(0).mean(), over_clones.drop(0).max()]
    )
    assert isinstance(found, Finding)
    drawn = found.plot()
    assert len(drawn) == 2
    assert drawn.numbers["permutation"].tolist() == list(range(13))
    assert drawn.numbers["auc"].tolist() == pytest.approx(means.tolist())


def test_labels_stay_within_their_block(small_study: Study) -> None:
    """With two pairs of clones in a block each there are few arrangements, each looked at once."""
    wells = small_study.table("wells")
    held = wells.drop_duplicates("group").sort_values(["label", "group"])
    names = held.groupby("label")["group"].apply(list).tolist()
    blocks = {one: str(number // 2) for side in names for number, one in enumerate(side)}
    labels = pd.Series({name: str(int(name in names[0])) for name in blocks})
    dealt, exact = labellings(labels, 40, [blocks[name] for name in labels.index], seed=0)
    assert exact
    assert len({tuple(one) for one in dealt}) == len(dealt) == 6**2
    assert dealt[0].equals(labels)
    for one in dealt:
        assert one.groupby(blocks).apply(sorted).tolist() == labels.groupby(blocks).apply(sorted).tolist()


def test_labels_tied_to_a_block_are_refused(small_study: Study) -> None:
    """Where each block holds one label there is nothing to permute."""
    with pytest.raises(ArgumentError, match="Every label holds clones of one label: nothing can be permuted"):
        permute_labels(small_study, 3, within="label")


def test_every_permutation_deals_and_trains_anew(found: PermutedLabels) -> None:
    """The fewest sets that test every clone, each with both classes, thirteen times."""
    assert found.table.groupby("permutation").size().tolist() == [4] * 13
    assert found.table["auc"].notna().all()
    assert found.table.drop_duplicates("permutation")["auc"].nunique() > 5


def test_a_run_goes_on_and_the_seed_decides(small_study: Study, found: PermutedLabels) -> None:
    """What was permuted is not permuted again: receipts stay as they are, and the table is the same."""
    receipts = sorted((small_study.results / "permutations").glob("*.json"))
    before = {path: path.stat().st_mtime_ns for path in receipts}
    again = permute_labels(small_study, 12, seed=1)
    pd.testing.assert_frame_equal(again.table, found.table)
    assert {path: path.stat().st_mtime_ns for path in receipts} == before


def test_a_search_inside(small_study: Study) -> None:
    """With the search, every set of a permutation searches for itself."""
    once = permute_labels(small_study, 1, seed=2, n_sets=2, searched=True, trials=2)
    assert once.table.groupby("permutation").size().tolist() == [2, 2]


def test_labels_are_dealt_not_drawn() -> None:
    """As many of each as before; the first leaves them."""
    labels = pd.Series({f"g{number}": str(number % 2) for number in range(10)})
    dealt, exact = labellings(labels, 30, None, seed=0)
    assert not exact
    assert len(dealt) == 31
    assert dealt[0].equals(labels)
    assert all(sorted(one) == sorted(labels) for one in dealt)
    assert all(list(one.index) == list(labels.index) for one in dealt)
    assert len({tuple(one) for one in dealt}) > 20


def test_what_it_found_is_kept_for_the_report(
    small_study: Study, found: PermutedLabels, tmp_path: Path
) -> None:
    """Tables, sentence and figure are read again with the same test; those of other labels are not."""
    copy = tmp_path / "results"
    shutil.copytree(small_study.results, copy)
    study = StudyResults.open(copy)
    keep_analyses({"permutations": found}, {}, {"inputs": study.record["inputs"]}, copy / "permuted")
    kept = study.kept_permutations().findings["permutations"]
    assert kept.summary == found.summary()
    row = kept.tables["permutations_tests"].iloc[0]
    p = found.p_value("group_auc")
    assert (row["p"], row["smallest_p"]) == (p.value, p.smallest)
    assert row["observed"] == found.means("group_auc")[0]
    assert row["n_permutations"] == 12
    (check,) = [one for one in study_verdict(study).checks if one.name == "permutations"]
    assert check.outcome in (Outcome.UNDECIDED, Outcome.FAILS)
    assert check.numbers["p"] == p.value
    keep_analyses({"permutations": found}, {}, {"inputs": "others"}, copy / "permuted")
    with pytest.raises(StoreError, match="of an earlier run; `hcs study permute` makes it anew"):
        study.kept_permutations()
    (copy / "permuted" / "permutations.parquet").write_bytes(b"damaged")
    with pytest.raises(StoreError, match="make it again with `hcs study permute`"):
        StudyResults.open(copy).kept_permutations()


def test_nothing_of_it_touches_the_study(
    small_study: Study, found: PermutedLabels, small_plates: Path
) -> None:
    """Permutations leave receipts of their own; the study's tables and sets stay."""
    assert len(found.table)
    assert Study.open(small_study.results).config == small_study.config
    assert not (small_study.results / "sets" / "0000").exists()
