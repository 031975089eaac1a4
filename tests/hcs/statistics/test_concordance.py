"""Pairs in their right order: scikit-learn's and SciPy's areas, folds pooled, groups resampled."""

import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import kendalltau, somersd
from sklearn.metrics import roc_auc_score

from hcs.statistics import concordance
from hcs.statistics.concordance import class_pairs, group_pairs, number_pairs, pooled

Array = npt.NDArray[np.float64]


def codes_and_scores(
    seed: int, arrangements: int = 5, n: int = 30, classes: int = 3
) -> tuple[npt.NDArray[np.intp], Array]:
    """Classes at random, scores that tell them a little and have ties."""
    rng = np.random.default_rng(seed)
    codes = rng.integers(0, classes, (arrangements, n))
    codes[:, :classes] = np.arange(classes)
    scores = rng.normal(size=(arrangements, n, classes)) + (codes[:, :, None] == np.arange(classes))
    return codes, np.round(scores, 1)


@pytest.mark.parametrize("seed", range(3))
def test_classes_are_scikit_learns_areas_against_the_rest(seed: int) -> None:
    """Arrangement by arrangement and class by class, ties half; and the macro mean: to 1e-12."""
    codes, scores = codes_and_scores(seed)
    right, number = class_pairs(scores, codes)
    for place, (truth, score) in enumerate(zip(codes, scores, strict=True)):
        plain = [roc_auc_score(truth == one, score[:, one]) for one in range(3)]
        np.testing.assert_allclose(right[place] / number[place], plain, atol=1e-12)
        assert number[place].tolist() == [(truth == one).sum() * (truth != one).sum() for one in range(3)]
        assert pooled(right[None], number[None])[place] == pytest.approx(np.mean(plain), abs=1e-12)


@pytest.mark.parametrize("seed", range(3))
def test_numbers_are_scipys_somers_d(seed: int) -> None:
    """(D + 1) / 2 of predictions given the numbers, with ties in both: to 1e-12."""
    rng = np.random.default_rng(seed)
    values = rng.integers(10, 16, (4, 25)).astype(float)
    guess = np.round(values / 3 + rng.normal(size=values.shape), 1)
    right, number = number_pairs(guess, values)
    plain = [(somersd(one, other).statistic + 1) / 2 for one, other in zip(values, guess, strict=True)]
    np.testing.assert_allclose((right / number)[:, 0], plain, atol=1e-12)


def test_many_arrangements_are_counted_in_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded, and the counts are the same."""
    rng = np.random.default_rng(0)
    guess, values = rng.normal(size=(2, 50, 12))
    whole = number_pairs(guess, values)
    monkeypatch.setattr(concordance, "CELLS", 12 * 12 * 7)
    for one, other in zip(whole, number_pairs(guess, values), strict=True):
        np.testing.assert_array_equal(one, other)


def test_folds_are_pooled_by_their_pairs() -> None:
    """3 of 4 and 2 of 12 pairs make 5 of 16; the second class has pairs in one fold only. Worked by hand."""
    right = np.array([[[3.0, 1.0]], [[2.0, 0.0]]])
    number = np.array([[[4.0, 2.0]], [[12.0, 0.0]]])
    assert pooled(right, number).tolist() == [(5 / 16 + 1 / 2) / 2]


def test_without_a_pair_there_is_no_number() -> None:
    """A class without pairs does not count; without any, NaN."""
    nothing = np.zeros((2, 1, 2))
    assert np.isnan(pooled(nothing, nothing)).all()
    right, number = class_pairs(np.zeros((1, 4, 2)), np.zeros((1, 4), dtype=np.intp))
    assert number.tolist() == [[0, 0]]
    assert np.isnan(pooled(right[None], number[None])).all()
    right, number = number_pairs(np.zeros((1, 3)), np.ones((1, 3)))
    assert (right[0, 0], number[0, 0]) == (0, 0)


def test_all_scores_alike_are_half_right() -> None:
    """By classes and by numbers."""
    right, number = class_pairs(np.ones((1, 6, 2)), np.array([[0, 1, 0, 1, 1, 1]]))
    assert (right / number).tolist() == [[0.5, 0.5]]
    right, number = number_pairs(np.ones((1, 6)), np.arange(6.0)[None])
    assert (right / number).tolist() == [[0.5]]


def test_a_class_that_training_lacked_counts_as_never_told() -> None:
    """Scores of −inf are all alike: half right, as a guess."""
    scores = np.full((1, 5, 2), -np.inf)
    scores[..., 0] = np.arange(5)
    right, number = class_pairs(scores, np.array([[1, 0, 1, 0, 0]]))
    assert right[0, 1] / number[0, 1] == 0.5


@pytest.mark.parametrize("kind", ["classes", "numbers"])
def test_groups_as_they_are_give_the_score_of_their_rows(kind: str) -> None:
    """Pairs within folds only, whatever the groups."""
    rng = np.random.default_rng(4)
    members, parts = rng.integers(0, 7, 40), [np.arange(0, 17), np.arange(17, 40)]
    if kind == "classes":
        codes, scores = (one[0] for one in codes_and_scores(4, 1, 40))
        pairs = group_pairs(scores, codes.astype(float), members, 7, parts)
        counts = [class_pairs(scores[None, part], codes[None, part]) for part in parts]
    else:
        values, guess = rng.integers(0, 9, 40).astype(float), rng.normal(size=(40, 1))
        pairs = group_pairs(guess, values, members, 7, parts)
        counts = [number_pairs(guess[None, part, 0], values[None, part]) for part in parts]
    right, number = (np.stack(one) for one in zip(*counts, strict=True))
    assert pairs.score(np.arange(7)) == pytest.approx(pooled(right, number)[0], abs=1e-12)


def test_a_resample_of_groups_is_that_of_all_their_rows() -> None:
    """A group drawn twice brings its rows twice; one that is not drawn brings none."""
    rng = np.random.default_rng(5)
    codes, scores = (one[0] for one in codes_and_scores(5, 1, 40))
    members, parts = np.repeat(np.arange(8), 5), [np.arange(0, 20), np.arange(20, 40)]
    pairs = group_pairs(scores, codes.astype(float), members, 8, parts)
    for _ in range(5):
        places = rng.integers(0, 8, 8)
        right, number = [], []
        for part in parts:
            rows = np.concatenate([part[members[part] == one] for one in places])
            found = class_pairs(scores[None, rows], codes[None, rows])
            right.append(found[0])
            number.append(found[1])
        plain = pooled(np.stack(right), np.stack(number))[0]
        assert pairs.score(places) == pytest.approx(plain, abs=1e-12)


def test_a_resample_of_one_class_has_no_number() -> None:
    """Two groups of one class each: only one of them drawn."""
    scores = np.array([[0.1, 0.9], [0.8, 0.2]])
    pairs = group_pairs(scores, np.array([0.0, 1.0]), np.array([0, 1]), 2, [np.arange(2)])
    assert pairs.score(np.array([0, 1])) == 0.0
    assert np.isnan(pairs.score(np.array([1, 1])))


def test_a_class_that_no_pair_compares_does_not_count() -> None:
    """The mean is over the classes with a pair; without any there is no share, and no 0 nor 1."""
    right = np.array([[[3.0, 0.0], [0.0, 0.0]]])
    number = np.array([[[4.0, 0.0], [0.0, 0.0]]])
    assert pooled(right, number).tolist()[0] == 0.75
    assert np.isnan(pooled(right, number)[1])


def test_pairs_are_counted_alike_in_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Many arrangements are looked at a few at a time, each once."""
    rng = np.random.default_rng(4)
    predicted, values = rng.random((7, 5)), rng.random((7, 5))
    whole = number_pairs(predicted, values)
    monkeypatch.setattr("hcs.statistics.concordance.CELLS", 50)
    for one, other in zip(whole, number_pairs(predicted, values), strict=True):
        np.testing.assert_array_equal(one, other)
    truth = [kendalltau(one, other).statistic for one, other in zip(predicted, values, strict=True)]
    np.testing.assert_allclose(whole[0][:, 0] / whole[1][:, 0], (np.array(truth) + 1) / 2)
