"""Light along neurites: redistributed, never made or lost."""

import numpy as np
import numpy.typing as npt
import pytest

from hcs_plates.simulate.beading import profile

LENGTHS = np.array([900, 1, 37, 4000, 2])


def _profile(beading: float) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    course = profile(LENGTHS, 0.5, beading, (np.random.default_rng(1), np.random.default_rng(2)))
    return course.light, course.width


@pytest.mark.parametrize("beading", [0.0, 0.3, 1.0])
def test_every_neurite_keeps_its_light(beading: float) -> None:
    """The mean over each neurite is 1, however short, and light is nowhere negative."""
    light, width = _profile(beading)
    means = [part.mean() for part in np.split(light, np.cumsum(LENGTHS)[:-1])]
    assert means == pytest.approx([1.0] * len(LENGTHS))
    assert light.min() >= 0
    assert width.min() > 0


def test_more_beading_more_contrast() -> None:
    """Beads and gaps grow with the knob; at 0 only a gentle unevenness is left, and an even width."""
    spread = [_profile(beading)[0].std() for beading in (0.0, 0.3, 0.6, 1.0)]
    assert spread == sorted(spread)
    assert spread[-1] > 2 * spread[0]
    assert np.ptp(_profile(0.0)[1]) == 0
    steps = np.abs(np.diff(_profile(0.0)[0][1000:4900]))
    assert steps.max() < 0.1


def test_gaps_are_dark() -> None:
    """At full beading some stretches carry little light; without beading none does."""
    assert (_profile(1.0)[0] < 0.25).mean() > 0.02
    assert (_profile(0.0)[0] < 0.25).mean() == 0


def test_no_neurites() -> None:
    """Nothing to lay light along gives empty profiles."""
    empty = profile(np.zeros(0, np.int64), 0.5, 0.5, (np.random.default_rng(1), np.random.default_rng(2)))
    assert empty.light.shape == empty.width.shape == (0,)
