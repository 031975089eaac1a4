"""Calibration of plans: what larger studies of the same make have lies within what a pilot says of them."""

from functools import lru_cache

import numpy as np
from tests.hcs.analysis.calibration.rates import Covered
from tests.hcs.design.power.pilots import Floats, Make, pilot

from hcs.analysis.clones.variance import score_components
from hcs.analysis.question import Question
from hcs.design.power.expected import Expected
from hcs.design.power.pilot import expected_of
from hcs.statistics.auc import newcombe_limits, rank_areas
from hcs.statistics.power import Size, by_formula, simulate
from hcs_models.scores import wilson_interval

SIZE = Size(15, 15)
STUDIES, ROOM = 600, 0.005
"""Larger studies that the truth is told from; room for its error and that of the formulas."""
WEAK, STRONG = Make(half=0.4), Make(half=1.2)


@lru_cache
def larger(make: Make, wells: int, images: int) -> dict[str, Floats]:
    """Widths of both intervals and yes, of each of many studies of `SIZE`, counted as a report counts."""
    scores = make.logits(np.random.default_rng(99), STUDIES * SIZE.n, wells, images)
    both = scores.reshape(2, STUDIES, SIZE.n)
    right = (both[0] >= 0).sum(axis=1) + (both[1] < 0).sum(axis=1)
    wilson = np.array([wilson_interval(int(k), 2 * SIZE.n) for k in right])
    every = np.concatenate([both[0], both[1]], axis=1)
    ranks, labels = every.argsort(axis=1).argsort(axis=1) + 1.0, np.repeat([1.0, 0.0], SIZE.n)
    areas = [float(rank_areas(one, labels)) for one in ranks]
    newcombe = np.array([newcombe_limits(area, SIZE.n, SIZE.n) for area in areas])
    return {
        "accuracy": wilson[:, 1] - wilson[:, 0],
        "auc": newcombe[:, 1] - newcombe[:, 0],
        "yes": (wilson[:, 0] > 0.5).astype(float),
    }


def planned(rng: np.random.Generator, make: Make, n: int) -> Expected:
    """What a pilot of n clones of each class, 2 wells of 4 images each, lets expect."""
    return expected_of(pilot(rng, make, n))


def mean_of_larger(name: str, make: Make, n: int, images: int = 4) -> Covered:
    """Whether the mean over larger studies lies between the worst and the best that a pilot allows."""

    def once(rng: np.random.Generator) -> float:
        limits = planned(rng, make, n).at_limits(name, 1.0, 2 * images, 2)
        assert limits is not None
        low, high = sorted(by_formula(law, SIZE, name) for law in limits)
        return float(low - ROOM <= larger(make, 2, images)[name].mean() <= high + ROOM)

    named = f"{name} of studies of 15 clones of each class, from {n}, {images} images a well, ±{make.half:g}"
    return Covered(named, once, runs=200)


def one_larger(make: Make, n: int) -> Covered:
    """Whether the width of a larger study lies where 95 % of them do, at the worst and at the best."""

    def once(rng: np.random.Generator) -> float:
        limits = planned(rng, make, n).at_limits("accuracy", 1.0, 8, 2)
        assert limits is not None
        worst, best = (simulate(law, SIZE, 400, rng)["accuracy"] for law in limits)
        width = rng.choice(larger(make, 2, 4)["accuracy"])
        return float(best.low - 1e-9 <= width <= worst.high + 1e-9)

    return Covered(f"one study's width of the accuracy, from {n}, ±{make.half:g}", once, runs=200)


def enough_images(n: int) -> Covered:
    """Whether the images that are enough lie within their limits: a variance of clones that is known."""
    make = Make()
    draws = make.images(np.random.default_rng(98), 4_000, 8, 8)
    image = draws.var(axis=3, ddof=1).mean()
    well = draws.mean(axis=3).var(axis=2, ddof=1).mean() - image / 8
    unit = draws.mean(axis=(2, 3)).var(axis=1, ddof=1).mean() - well / 8 - image / 64

    def once(rng: np.random.Generator) -> float:
        row = score_components(Question(pilot(rng, make, n))).of("score").loc["clone"]
        return float(row["variance_low"] <= unit <= row["variance_high"])

    return Covered(f"variance between clones of scores, from {n} of each class", once, runs=200)


RATES = (
    mean_of_larger("accuracy", WEAK, 6),
    mean_of_larger("accuracy", STRONG, 6),
    mean_of_larger("accuracy", WEAK, 12),
    mean_of_larger("accuracy", WEAK, 6, images=20),
    mean_of_larger("auc", WEAK, 6),
    mean_of_larger("auc", STRONG, 6),
    mean_of_larger("yes", WEAK, 6),
    one_larger(WEAK, 6),
    one_larger(STRONG, 6),
    enough_images(8),
)
