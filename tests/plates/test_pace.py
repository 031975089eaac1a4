"""Rate and time left, by a clock that the test moves, held against sums done by hand."""

import pytest

from hcs_plates.pace import Counting, Pace


class Clock:
    """A clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


def test_units_that_were_there_do_not_count() -> None:
    """900 of 1,000 by their receipt, then 20 in 50 s: 0.4/s, and 80 more take 200 s."""
    clock = Clock()
    counting = Counting(clock)
    counting.tell(900, 1_000)
    for done in range(901, 921):
        clock.now += 2.5
        counting.tell(done, 1_000)
    pace = counting.pace()
    assert (pace.done, pace.made, counting.there) == (920, 20, 900)
    assert pace.rate == pytest.approx(0.4)
    assert pace.left == pytest.approx(200)


def test_what_comes_before_the_first_unit_is_no_part_of_the_rate() -> None:
    """A minute of learning the light, then a well in 3 s: 20 a minute."""
    clock = Clock()
    counting = Counting(clock)
    counting.tell(0, 4)
    clock.now += 60
    counting.tell(0, 4)
    clock.now += 3
    counting.tell(1, 4)
    assert counting.pace().rate_told == "20/min"


def test_workers_side_by_side_are_one_wall_clock() -> None:
    """Eight workers that take 60 s a unit end eight a minute: 80 of 160 after 10 minutes, 10 minutes left."""
    clock = Clock()
    counting = Counting(clock)
    counting.tell(0, 160)
    for batch in range(10):
        clock.now += 60
        for one in range(8):
            counting.tell(8 * batch + one + 1, 160)
    pace = counting.pace()
    assert pace.rate == pytest.approx(8 / 60)
    assert pace.left == pytest.approx(600)


def test_a_run_that_stands_still_slows_down() -> None:
    """Ten units in 10 s, then none for 90 s: 0.1/s, and the time left grows with the wait."""
    clock = Clock()
    counting = Counting(clock)
    counting.tell(0, 20)
    for done in range(1, 11):
        clock.now += 1
        counting.tell(done, 20)
    assert counting.pace().left == pytest.approx(10)
    clock.now += 90
    assert counting.pace().left == pytest.approx(100)


def test_the_next_plates_receipts_are_no_speed() -> None:
    """Of a second plate that was measured before, 96 wells come at once: the rate is that of the first."""
    clock = Clock()
    counting = Counting(clock)
    counting.tell(0, 192)
    for done in (1, 2):
        clock.now += 4
        counting.tell(done, 192)
    counting.tell(98, 192)
    pace = counting.pace()
    assert (pace.made, counting.there) == (2, 96)
    assert pace.rate == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("pace", "told"),
    [
        (Pace(10, 0, 0, 0.0), "0 of 10"),
        (Pace(10, 3, 0, 60.0), "3 of 10"),
        (Pace(10, 3, 3, 0.0), "3 of 10"),
        (Pace(10, 10, 10, 5.0), "10 of 10"),
        (Pace(5_000, 2_000, 1_000, 8.0), "2,000 of 5,000, 120/s, about 0:00:24 left"),
        (Pace(10, 6, 2, 30.0), "6 of 10, 4/min, about 0:01:00 left"),
        (Pace(100, 5, 2, 36_000.0), "5 of 100, 0.2/h, about 19 days, 19:00:00 left"),
    ],
)
def test_as_it_is_told(pace: Pace, told: str) -> None:
    """No rate and no time before a unit was made, and none when all are done."""
    assert str(pace) == told
