"""Numbers of time points and z steps, and the planes that nothing was acquired for."""

from pathlib import Path

import pytest

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.dimensions import check_places, never_acquired, ranks, renumbered


@pytest.mark.parametrize(
    ("numbers", "said"),
    [
        ([0, 1, 2], None),
        ([1, 2], None),
        ([2], "numbered 2 in the export and 0 here"),
        ([0, 5, 10], "numbered 0, 5, 10 in the export and 0, 1, 2 here"),
        ([0, 10**6], "numbered 0, 1000000 in the export and 0, 1 here"),
        (list(range(2, 40)), "numbered 2, 3, 4, …, 39 in the export and 0, 1, 2, …, 37 here"),
    ],
)
def test_numbers_become_places(numbers: list[int], said: str | None) -> None:
    """As many places as numbers; other numbers than 0, 1, 2 … or 1, 2, 3 … are told."""
    places = ranks(numbers)
    assert list(places.values()) == list(range(len(numbers)))
    assert " ".join(renumbered("Time points", places)) == (f"Time points are {said}." if said else "")


def test_a_numbering_that_leaves_all_empty_is_refused() -> None:
    """A thousand images each at a time and a step of its own are no film of stacks."""
    film = [PlaneKey("A01", 1, 0, time) for time in range(2000)]
    check_places(Path("P.xdce"), film, 1, 2000, 1)
    absurd = [PlaneKey("A01", 1, 0, number, number) for number in range(1000)]
    with pytest.raises(ReaderError, match="1000000 planes a field, and there are 1000 of them"):
        check_places(Path("P.xdce"), absurd, 1, 1000, 1000)


def test_a_stain_at_the_end_is_missing_before() -> None:
    """An image of zeros at a time when nothing was taken is listed, for every field."""
    keys = [PlaneKey("A01", field, 0, time) for field in (1, 2) for time in (0, 1, 2)]
    keys += [PlaneKey("A01", field, 1, 2) for field in (1, 2)]
    missing, notes = never_acquired(keys, ["FITC", "DAPI"], 3, 1)
    assert sorted(missing) == [PlaneKey("A01", field, 1, time) for field in (1, 2) for time in (0, 1)]
    assert set(missing.values()) == {"not acquired: DAPI was taken at time 2 only (counted from 0)"}
    assert notes == ["Not acquired: DAPI was taken at time 2 only (counted from 0)."]


def test_a_single_plane_beside_a_stack_is_told() -> None:
    """A projection over z does not notice, a mean does: a note, and nothing is missing."""
    keys = [PlaneKey("A01", 1, 0, 0, step) for step in range(4)] + [PlaneKey("A01", 1, 1)]
    missing, notes = never_acquired(keys, ["FITC", "DAPI"], 1, 4)
    assert missing == {}
    assert notes == ["DAPI has 1 of 4 z steps; the others were not acquired and are empty."]
