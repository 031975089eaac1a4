"""Names as the eye reads them."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hcs_plates.spelling import alike, visible


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (" C7\t", "C7"),
        ("C\u00a07", "C 7"),
        ("C\u20097", "C 7"),
        ("\ufeffK9\u200b", "K9"),
        ("\u202eC05", "C05"),
        ("Pla\u0308tte", "Plätte"),
        ("µM", "µM"),
        ("two\nlines", "two\nlines"),
        ("=1+1", "=1+1"),
    ],
)
def test_what_cannot_be_seen_goes(text: str, seen: str) -> None:
    """Zero-width characters, direction marks and odd spaces; nothing that shows."""
    assert visible(text) == seen


@settings(max_examples=25)
@given(st.text(max_size=20))
def test_seeing_twice_changes_nothing(text: str) -> None:
    """What is visible stays as it is."""
    assert visible(visible(text)) == visible(text)


@pytest.mark.parametrize(
    ("names", "same"),
    [
        (["C05", "C06"], []),
        (["C05", "c05", "C05"], [("C05", "c05")]),
        (["C05", "\u042105", "\u0441\u200b05"], [("C05", "\u042105", "\u0441\u200b05")]),
        (["Ｃ05", "C05"], [("Ｃ05", "C05")]),
        (["A 1", "A  1", "A1", "1 11", "11 1"], [("A 1", "A  1", "A1")]),
        (["ALS", "als", "wt", "WT", "x"], [("ALS", "als"), ("wt", "WT")]),
    ],
)
def test_names_that_look_alike(names: list[str], same: list[tuple[str, ...]]) -> None:
    """Case, alphabet, width and invisible characters do not tell names apart."""
    assert alike(names) == same
