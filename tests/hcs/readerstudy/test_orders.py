"""In which order a reader sees images."""

from itertools import permutations

import numpy as np
import pytest

from hcs.readerstudy.orders import apart_by, draw_order
from hcs_plates.errors import ArgumentError


def test_every_image_and_its_repeat() -> None:
    """Each image once, repeated ones twice and never sooner than that; the later one is the second."""
    for seed in range(30):
        order = draw_order(range(100), range(0, 40, 4), np.random.default_rng(seed))
        places: dict[int, list[int]] = {}
        for place, (image, second) in enumerate(order):
            assert second == (image in places)
            places.setdefault(image, []).append(place)
        assert len(order) == 110
        assert [image for image, own in sorted(places.items()) if len(own) == 2] == list(range(0, 40, 4))
        assert all(own[1] - own[0] >= 20 for own in places.values() if len(own) == 2)


@pytest.mark.slow
def test_every_order_can_be_drawn() -> None:
    """Nothing but the distance is heeded: by brute force, every order that keeps it comes up."""
    shown = [0, 1, 2, 3, 4, 0, 1, 2]
    least = apart_by(len(shown))
    allowed = {
        order
        for order in permutations(shown)
        if all(len(order) - 1 - order[::-1].index(image) - order.index(image) >= least for image in (0, 1, 2))
    }
    rng = np.random.default_rng(0)
    drawn = {tuple(image for image, _ in draw_order(range(5), range(3), rng)) for _ in range(30_000)}
    assert least == 2
    assert drawn == allowed


def test_classes_come_by_chance() -> None:
    """Every position is of either class as often; the next is of the class of the last as chance has it.

    Of n images of each class, that is (n - 1) / (2 n - 1); alternation has less, blocks have more.
    """
    draws = 1000
    classes = np.array(
        [
            [image % 2 for image, _ in draw_order(range(20), [0, 1, 2, 3], np.random.default_rng(seed))]
            for seed in range(draws)
        ]
    )
    error = 0.5 / np.sqrt(draws)
    assert np.abs(classes.mean(axis=0) - 0.5).max() < 4 * error
    again = (classes[:, 1:] == classes[:, :-1]).mean(axis=0)
    assert np.abs(again - 11 / 23).max() < 4 * error
    runs = 1 + (classes[:, 1:] != classes[:, :-1]).sum(axis=1)
    # Wald and Wolfowitz 1940: runs of two classes in an order drawn by chance, 12 of each.
    mean, variance = 13, 12 * 11 / 23
    assert abs(runs.mean() - mean) < 4 * np.sqrt(variance / draws)
    assert abs(runs.var() / variance - 1) < 0.2


def test_too_many_repeats() -> None:
    """All may come twice; a few images that cannot be kept apart are refused."""
    assert len(draw_order(range(30), range(30), np.random.default_rng(1))) == 60
    assert [second for _, second in draw_order([7], [7], np.random.default_rng(0))] == [False, True]


def test_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no order is found, that is said."""
    monkeypatch.setattr("hcs.readerstudy.orders.apart_by", lambda _: 9)
    with pytest.raises(ArgumentError, match="at least 9 positions apart"):
        draw_order(range(4), range(4), np.random.default_rng(0))
