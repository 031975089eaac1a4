"""Numbers of time points and z steps, and the planes that nothing was acquired for."""

from pathlib import Path

import pytest

from hcs_plates.errors import ReaderError
from hcs_plates.readers.acquisition import PlaneKey
from hcs_plates.readers.dimensions import (
    acquisition_notes,
    check_places,
    never_acquired,
    ranks,
    renumbered,
)


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


STAIN = [PlaneKey("A01", 1, 0, time) for time in (0, 1, 2)] + [PlaneKey("A01", 1, 1, 2)]
STACK = [PlaneKey("A01", 1, 0, 0, step) for step in range(4)] + [PlaneKey("A01", 1, 1)]
MIXED = [PlaneKey("A01", 1, 0, time, z) for time, z in ((0, 0), (1, 0), (1, 1))]


@pytest.mark.parametrize(
    ("keys", "sizes", "never", "said"),
    [
        (STAIN, (2, 3, 1), [(1, 0, 0), (1, 1, 0)], ["DAPI was taken at time 2 only"]),
        (STACK, (2, 1, 4), [(1, 0, 1), (1, 0, 2), (1, 0, 3)], ["DAPI was taken at z 0 only"]),
        (MIXED, (1, 2, 2), [(0, 0, 1)], ["FITC was taken in 3 of 4 combinations of time and z"]),
        (STAIN[:3], (1, 3, 1), [], []),
    ],
)
def test_what_was_never_acquired(
    keys: list[PlaneKey], sizes: tuple[int, int, int], never: list[tuple[int, ...]], said: list[str]
) -> None:
    """Combinations that no field has are listed once for the plate, and told channel by channel."""
    # A field that lacks a plane which another has changes nothing: that one is missing.
    found = never_acquired([*keys, PlaneKey("A02", 1, 0)], *sizes)
    assert sorted(found) == never
    notes = acquisition_notes(found, ["FITC", "DAPI"][: sizes[0]], *sizes[1:])
    assert notes == [f"{one} (counted from 0); the others were never acquired." for one in said]
