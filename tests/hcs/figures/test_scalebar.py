"""Scale bars."""

import numpy as np
import pytest

from hcs.figures.scalebar import bar_length, with_scale_bar


@pytest.mark.parametrize(("side", "pixel_um"), [(128, 5.2), (320, 0.65), (1024, 0.325)])
def test_the_bar_is_as_long_as_it_says(side: int, pixel_um: float) -> None:
    """White pixels of the bar's row times a pixel's size are the length that is written, in any picture."""
    for picture in (np.full((side, side), 90, np.uint8), np.full((side, side, 3), 90, np.uint8)):
        drawn = with_scale_bar(picture, pixel_um)
        assert drawn.shape == picture.shape
        grey = drawn if drawn.ndim == 2 else drawn[..., 0]
        length = bar_length(side * pixel_um)
        assert grey[-side // 5 :].size > (grey != 90).sum() > 0
        longest = max(int((row == 255).sum()) for row in grey)
        assert longest * pixel_um == pytest.approx(length, abs=pixel_um)
        assert 0.08 < length / (side * pixel_um) <= 0.22


def test_without_a_size_that_is_said() -> None:
    """No bar of a guessed length; a picture too small for either stays as it is."""
    black = np.zeros((200, 200), np.uint8)
    drawn = with_scale_bar(black, None)
    assert drawn.any()
    assert max(int((row == 255).sum()) for row in drawn) < 60
    assert not with_scale_bar(black[:40, :40], 1.0).any()
