"""Codes are told apart by eye and keyboard, and nothing can be read from them."""

import re
from itertools import combinations
from random import Random

import numpy as np
import pytest
from scipy.stats import spearmanr

from hcs.design.blinding.codes import MOST_LINES, MOST_SHORT, draw_codes
from hcs_plates.coding import meant
from hcs_plates.errors import ArgumentError


def edits(one: str, other: str) -> int:
    """Edit distance with exchanged neighbours as one error, by its definition (dynamic programming)."""
    n, m = len(one), len(other)
    least = [[i + j for j in range(m + 1)] for i in range(n + 1)]
    for i in range(1, n + 1):
        for j in range(1, m + 1):
            steps = [
                least[i - 1][j] + 1,
                least[i][j - 1] + 1,
                least[i - 1][j - 1] + (one[i - 1] != other[j - 1]),
            ]
            if i > 1 and j > 1 and one[i - 1] == other[j - 2] and one[i - 2] == other[j - 1]:
                steps.append(least[i - 2][j - 2] + 1)
            least[i][j] = min(steps)
    return least[n][m]


def test_one_typing_error_never_names_another_sample() -> None:
    """Every two codes are two errors apart, also where nearly all short ones are drawn."""
    for seed, n in ((0, 12), (1, MOST_SHORT)):
        codes = draw_codes(n, Random(seed))
        assert min(edits(*pair) for pair in combinations(codes, 2)) >= 2
    long = draw_codes(MOST_SHORT + 1, Random(2))
    assert {len(code) for code in long} == {6}
    assert min(edits(*pair) for pair in combinations(long[:80], 2)) >= 2


@pytest.mark.parametrize("n", [100, 300])
def test_codes_are_read_without_doubt(n: int) -> None:
    """A letter, a digit, letters: no vowel, no sign that is taken for another, no number, no well."""
    for code in draw_codes(n, Random(n)):
        assert not set(code) & set("AEIOUYLSZGB01")
        assert re.fullmatch("[A-Z][0-9][A-Z]{2}([0-9][A-Z])?", code)
        assert not re.fullmatch("[A-Z]{1,2}[0-9]+", code)


def test_a_typing_error_is_told_with_what_was_meant() -> None:
    """A sign that is wrong, gone, doubled or exchanged leads back to the code, and two errors to none."""
    for typed in ("K7QC", "K7Q", "KK7QX", "7KQX", "k7qx"):
        assert meant(typed, ["K7QX", "M4CD"]) == ["K7QX"]
    assert meant("M4QX", ["K7QX", "M4CD"]) == []


def test_codes_tell_no_order() -> None:
    """Over many draws the order of codes goes with that of the lines as often up as down."""
    n, draws = 12, 300
    rho = [spearmanr(range(n), np.argsort(np.argsort(draw_codes(n, Random(i)))))[0] for i in range(draws)]
    assert abs(np.mean(rho)) < 4 / np.sqrt(draws * (n - 1))
    # Of drawn orders the coefficient has the variance 1 / (n - 1).
    assert np.var(rho) == pytest.approx(1 / (n - 1), rel=0.25)


def test_neighbours_have_codes_no_more_alike_than_others() -> None:
    """Lines that follow each other (a pair, clones of one donor) share signs as often as any two."""
    near: list[int] = []
    far: list[int] = []
    for seed in range(200):
        codes = draw_codes(10, Random(seed))
        for (i, one), (j, other) in combinations(enumerate(codes), 2):
            shared = sum(a == b for a, b in zip(one, other, strict=True))
            (near if j == i + 1 and i % 2 == 0 else far).append(shared)
    error = np.std(far) / np.sqrt(len(near))
    assert abs(np.mean(near) - np.mean(far)) < 4 * error


def test_names_are_no_codes() -> None:
    """No code is a lab's own name, nor one typing error from it."""
    first = draw_codes(150, Random(5))
    again = draw_codes(150, Random(5), avoid=first[:40])
    assert not any(meant(name, again) for name in first[:40])


def test_more_lines_than_codes() -> None:
    """Too many lines are refused in a sentence."""
    with pytest.raises(ArgumentError, match="at most 20,000 lines; got 20,001"):
        draw_codes(MOST_LINES + 1, Random(0))
