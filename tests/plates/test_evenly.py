"""Some of many things, spread evenly over them."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from hcs_plates.evenly import evenly


@given(st.integers(1, 300), st.integers(2, 40))
def test_places_are_even(n: int, wanted: int) -> None:
    """As many as wanted or as there are, none twice, from the first to the last, gaps alike to within one."""
    places = evenly(n, wanted)
    assert len(places) == min(n, wanted)
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, n - 1)
    gaps = [after - before for before, after in pairwise(places)]
    assert not gaps or max(gaps) - min(gaps) <= 1


@given(st.integers(1, 300))
def test_one_place_is_the_middle(n: int) -> None:
    """As many before it as after it, to within one; and none where none is wanted."""
    (place,) = evenly(n, 1)
    assert abs(place - (n - 1 - place)) <= 1
    assert evenly(n, 0) == []
