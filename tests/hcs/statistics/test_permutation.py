"""Permutation tests: exact where few, calibrated where drawn, within blocks where asked."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy import stats

from hcs.statistics.permutation import Statistic, count_arrangements, permutation_test
from hcs_plates.errors import ArgumentError

Floats = npt.NDArray[np.float64]


def difference(scores: Floats) -> Statistic:
    """Mean of the scores labelled 1, less that of the others."""

    def statistic(labels: Floats) -> Floats:
        return np.asarray(
            labels @ scores / labels.sum(axis=1) - (1 - labels) @ scores / (1 - labels).sum(axis=1)
        )

    return statistic


def test_the_exact_test_is_scipys() -> None:
    """All arrangements of labels give the p that scipy's enumeration gives."""
    rng = np.random.default_rng(3)
    scores, labels = rng.normal(size=9), np.array([1.0] * 4 + [0.0] * 5)
    ours = permutation_test(difference(scores), labels)
    theirs = stats.permutation_test(
        (scores[:4], scores[4:]),
        lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
        vectorized=True,
        n_resamples=np.inf,
    )
    assert ours.exact
    assert len(ours.null) == 126
    # scipy doubles the smaller tail; of the absolute value both tails are counted.
    both = np.mean(np.abs(theirs.null_distribution) >= abs(theirs.statistic) - 1e-12)
    assert ours.p == pytest.approx(both)
    assert permutation_test(difference(scores), labels, sided="greater").p == pytest.approx(
        stats.permutation_test(
            (scores[:4], scores[4:]),
            lambda a, b, axis: a.mean(axis=axis) - b.mean(axis=axis),
            vectorized=True,
            n_resamples=np.inf,
            alternative="greater",
        ).pvalue
    )


def test_drawn_arrangements_come_close_to_all_of_them() -> None:
    """Drawing estimates what counting gives, with the observed arrangement counted."""
    rng = np.random.default_rng(5)
    scores, labels = rng.normal(size=12), np.array([1.0] * 6 + [0.0] * 6)
    scores[:6] += 1
    counted = permutation_test(difference(scores), labels)
    drawn = permutation_test(difference(scores), labels, exact=10, draws=19_999)
    assert counted.exact
    assert not drawn.exact
    assert drawn.p == pytest.approx(counted.p, abs=4 * np.sqrt(counted.p / 20_000))
    assert drawn.smallest_p == 1 / 20_000


def test_values_stay_in_their_block() -> None:
    """Within blocks, a label never leaves its block, and a block of one label never changes."""
    seen: list[Floats] = []

    def keep(labels: Floats) -> Floats:
        seen.append(labels.copy())
        return np.asarray(labels[:, 0])

    test = permutation_test(keep, [1, 0, 1, 1, 0, 0], blocks=list("aabbbc"))
    rows = np.concatenate(seen)
    assert (rows[:, :2].sum(axis=1) == 1).all()
    assert (rows[:, 2:5].sum(axis=1) == 2).all()
    assert (rows[:, 5] == 0).all()
    assert len(test.null) == 2 * 3
    assert len(np.unique(rows, axis=0)) == 6


def test_labels_tied_to_blocks_leave_nothing_to_permute() -> None:
    """Where every block holds one label there is one arrangement, and p is 1."""
    test = permutation_test(difference(np.array([3.0, 2, 1, 0])), [1, 1, 0, 0], blocks=list("aabb"))
    assert (test.p, test.smallest_p, test.exact) == (1.0, 1.0, True)


def test_the_smallest_p_is_reached_by_the_clearest_data() -> None:
    """The bound is what perfectly parted scores give, and no data give less."""
    labels = np.array([1.0, 1, 1, 0, 0, 0])
    clear = permutation_test(difference(np.array([6.0, 5, 4, 3, 2, 1])), labels)
    assert clear.p == clear.smallest_p == pytest.approx(2 / 20)
    rng = np.random.default_rng(0)
    for _ in range(20):
        test = permutation_test(difference(rng.normal(size=6)), labels)
        assert test.p >= test.smallest_p


def test_arrangements_are_counted_without_telling_equal_values_apart() -> None:
    """15 + 15 clones have 155,117,520 labellings; 4 different values in two blocks of two have 4 orders."""
    labels = np.array([1.0] * 15 + [0.0] * 15)
    assert count_arrangements(labels, [np.arange(30)]) == 155_117_520
    assert count_arrangements(np.array([1.0, 2, 3, 4]), [np.array([0, 1]), np.array([2, 3])]) == 4


@pytest.mark.parametrize("scale", [1.0, 1e-6, 1e-12, 1e9])
def test_ties_are_told_by_the_spread_of_the_arrangements(scale: float) -> None:
    """The unit of the values changes no p, whether the statistic lies around 0 or far from it."""
    labels = np.array([1.0, 1, 1, 0, 0, 0])
    scores = np.array([6.0, 5, 4, 3, 2, 1])
    assert permutation_test(difference(scale * scores), labels).p == pytest.approx(0.1)
    squares = permutation_test(lambda rows: 5 + (rows @ scores * scale) ** 2, labels, sided="greater")
    assert squares.p == (1.0 if scale < 1e-7 else pytest.approx(0.05))


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"values": []}, "A permutation test needs one value, not NaN, for each of its units."),
        ({"values": [1.0, np.nan]}, "A permutation test needs one value, not NaN, for each of its units."),
        ({"sided": "both"}, "A test cannot be 'both'; give two-sided, greater, less."),
        ({"blocks": ["a"]}, "1 blocks cannot go with 2 units; give one for each."),
    ],
)
def test_what_cannot_be_permuted_is_refused(changes: dict[str, Any], sentence: str) -> None:
    """A refusal says what is needed."""
    given: dict[str, Any] = {"values": [1.0, 0.0]} | changes
    with pytest.raises(ArgumentError) as told:
        permutation_test(lambda rows: rows[:, 0], **given)
    assert str(told.value) == sentence
