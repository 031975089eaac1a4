"""Permuted labels: the null is a null, the true labels are not, and a run goes on."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.permutations import PermutedLabels, permute_labels, permuted
from hcs.study import Study


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
    assert 1 / 13 <= found.p_value() <= 4 / 13
    assert "permuted over the 8 groups (12 permutations" in found.summary()
    assert "the smallest it can give is 0.0769" in found.summary()


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
    once = permute_labels(small_study, 1, seed=2, n_sets=2, searched=True)
    assert once.table.groupby("permutation").size().tolist() == [2, 2]


def test_labels_are_dealt_not_drawn() -> None:
    """As many of each as before; number 0 leaves them."""
    labels = pd.Series({f"g{number}": str(number % 2) for number in range(10)})
    assert permuted(labels, 0, 0).equals(labels)
    dealt = [permuted(labels, 0, number) for number in range(1, 30)]
    assert all(sorted(one) == sorted(labels) for one in dealt)
    assert all(list(one.index) == list(labels.index) for one in dealt)
    assert len({tuple(one) for one in dealt}) > 20


def test_nothing_of_it_touches_the_study(
    small_study: Study, found: PermutedLabels, small_plates: Path
) -> None:
    """Permutations leave receipts of their own; the study's tables and sets stay."""
    assert len(found.table)
    assert Study.open(small_study.results).config == small_study.config
    assert not (small_study.results / "sets" / "0000").exists()
