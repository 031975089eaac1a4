"""What pages run over, as the user says it."""

import re

import pytest

from hcs_plates.errors import ArgumentError
from hcs_plates.readers.pages import parse_pages


@pytest.mark.parametrize(
    ("words", "n_pages", "sizes"),
    [
        ("z", 5, {"z": 5}),
        ("T", 1, {"t": 1}),
        ("c3z", 12, {"c": 3, "z": 4}),
        ("z4c3", 12, {"z": 4, "c": 3}),
        ("z2c3t", 24, {"z": 2, "c": 3, "t": 4}),
        ("c2F", 6, {"c": 2, "f": 3}),
        ("c3z", 10, "holds 10 images (pages), which --pages c3z does not make up"),
        ("z4c3", 24, "--pages z4c3 does not make up"),
    ],
)
def test_sizes(words: str, n_pages: int, sizes: dict[str, int] | str) -> None:
    """The fastest axis first; the last takes what is left, and nothing may be left over."""
    order = parse_pages(words)
    if isinstance(sizes, str):
        with pytest.raises(ValueError, match=re.escape(sizes)):
            order.sizes(n_pages)
    else:
        assert list(order.sizes(n_pages).items()) == list(sizes.items())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        *((words, "names no axes") for words in ("", "x", "zz", "3z", "z,c", "channels", "czts", "z-1")),
        *((words, "needs its size") for words in ("zc", "czt", "c2zt", "c0z", "z0")),
    ],
)
def test_what_says_nothing_is_refused(words: str, message: str) -> None:
    """With what can be said."""
    with pytest.raises(ArgumentError, match=message):
        parse_pages(words)
