"""Names fit their wells, are not mistaken for each other, and are numbers where they cannot be read."""

import pytest
from tests.hcs.design.maps.made import CODES, plate_of, wells_of

from hcs.design.maps.lettering import EASY, LINE, POINT, SMALLEST, lettering, width_of
from hcs.design.maps.mapped import map_plates

LONG = ("HPS4290-c12", "iPSC_ALS_012", "C9-04", "201B7 corrected")


@pytest.mark.parametrize("names", [CODES, LONG])
@pytest.mark.parametrize(("size", "side"), [(24, 23.0), (96, 13.7), (384, 6.7)])
def test_what_is_lettered_has_room_and_can_be_read(size: int, side: float, names: tuple[str, ...]) -> None:
    """No text is wider or higher than its well, and none smaller than small print."""
    letters = lettering(plate_of(size, names), side, 0.0)
    for text, points in letters.texts.values():
        lines = text.split("\n")
        assert points >= SMALLEST
        assert max(width_of(line, points, bold=True) for line in lines) <= side
        assert len(lines) * LINE * points * POINT <= side


def test_codes_are_whole_where_they_can_be() -> None:
    """In wells of 24 and 96 a code is one word; in those of 384 all codes are broken alike."""
    for size, side, lines in ((24, 23.0, 1), (96, 13.7, 1), (384, 6.7, 2)):
        letters = lettering(plate_of(size), side, 3.9 if side > 11 else 0.0)
        broken = {letters.texts[code, False][0].count("\n") + 1 for code in CODES}
        assert broken == {lines}
        assert min(letters.texts[code, False][1] for code in CODES) >= EASY
        assert not letters.numbered


def test_names_that_do_not_fit_are_numbers_of_the_list() -> None:
    """Long names in small wells, and signs that the letters do not have, are told by number, all alike."""
    for size, side, names in ((384, 6.7, ("a-line-with-a-very-long-name", "b")), (24, 23.0, ("株1", "c2"))):
        letters = lettering(plate_of(size, names), side, 0.0)
        assert letters.numbered
        assert sorted(letters.texts[name, False][0] for name in names) == ["1", "2"]


def test_roles_that_do_not_fit_are_shortened_and_told() -> None:
    """A control's role is written out where it has room, and told by its initials where not."""
    assert not lettering(plate_of(24), 23.0, 3.9).short
    assert lettering(plate_of(384), 6.7, 0.0).short == {"NC": "negative control"}


def test_a_line_that_is_a_control_too_keeps_its_name_among_samples() -> None:
    """The initials of a control's line stand in its own wells alone."""
    wells = wells_of(384, ("HPS4290-c12", "b"))
    wells.loc[0, "clone"] = "HPS4290-c12"
    letters = lettering(map_plates(wells, 384)[0], 6.7, 0.0)
    assert letters.texts["HPS4290-c12", False] != letters.texts["HPS4290-c12", True]
