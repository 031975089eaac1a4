"""Tests of the geometry of heatmaps: plates do not overlap and stay inside the figure."""

import pytest

from hcs.figures.places import WIDTH, PlatePlaces
from hcs_plates.wells import FORMATS


@pytest.mark.parametrize("size", sorted(FORMATS))
@pytest.mark.parametrize("n_plates", [1, 2, 5])
def test_plates_stay_apart_inside_the_figure(size: int, n_plates: int) -> None:
    """Any number of plates of any format: no two meet, none is cut, the width is the page's."""
    place = PlatePlaces.of([FORMATS[size]] * n_plates, 0)
    boxes = [place.plate(number, FORMATS[size]) for number in range(n_plates)]
    assert place.width <= WIDTH + 1e-9
    for left, lower, width, height in boxes:
        assert left > 0
        assert lower > 0
        assert left + width < 1
        assert lower + height < 1
    for number, (left, lower, width, height) in enumerate(boxes):
        for other_left, other_lower, other_width, other_height in boxes[:number]:
            apart_across = left >= other_left + other_width or other_left >= left + width
            apart_down = lower >= other_lower + other_height or other_lower >= lower + height
            assert apart_across or apart_down
