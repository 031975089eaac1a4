"""How many clones are enough: studies simulated around the number that a formula gives."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import log2, nan

import numpy as np
import pandas as pd

from hcs.design.power.expected import Expected
from hcs.statistics.binormal import Binormal
from hcs.statistics.power import MOST, WIDTHS, Size, by_formula, enough_by_formula, simulate

QUANTITIES = ("accuracy", "auc", "yes", "separation", "difference")
"""What `hcs.statistics.power.simulate` gives."""
SIZES = (*range(3, 21), 22, 25, 30, 35, 40, 50, 60, 75, 100)
LEAST = 3
"""Clones per class below which nothing is simulated: no spread is known of two."""
AROUND = np.linspace(0.85, 1.2, 8)
"""Sizes that are simulated, as parts of what the formula gives."""
SIMULATED = 250
"""Clones per class beyond which nothing is simulated to find a number."""


@dataclass(frozen=True)
class Aim:
    """What a study is to reach.

    Parameters
    ----------
    size_of
        Its size for n clones of the positive class.
    width, power
        Wanted.
    draws
        Studies simulated of each size.
    rng
        What they are drawn from.
    """

    size_of: Callable[[int], Size]
    width: float
    power: float
    draws: int
    rng: np.random.Generator

    def wanted(self, name: str) -> float:
        """Width or power that is wanted of a quantity."""
        return self.width if name in WIDTHS else self.power

    def reached(self, name: str, value: float) -> bool:
        """Whether a value is enough."""
        return value <= self.width if name in WIDTHS else value >= self.power


@dataclass(frozen=True)
class Enough:
    """A number of clones that is enough.

    Parameters
    ----------
    n
        Of the positive class, or pairs; None where `MOST` are too few.
    value, error
        Width or power with so many (or with `MOST`), and its Monte Carlo error; NaN by formula.
    """

    n: int | None
    value: float
    error: float


def enough(law: Binormal, aim: Aim, name: str) -> "Enough":
    """Find the smallest n that is enough.

    Studies are simulated around the formula's n, further down or up until one size is too small and all from
    some n on are enough; sizes lie at most 5 % apart from 20 clones on. Beyond `SIMULATED` the formula alone
    answers: it is exact for calls, and as good as that for so many clones otherwise.
    """
    start = enough_by_formula(law, aim.size_of, name, aim.wanted(name))
    if start is None or start > SIMULATED:
        value = by_formula(law, aim.size_of(start or MOST), name)
        return Enough(start, value, nan)
    tried: dict[int, tuple[float, float]] = {}
    middle = float(max(start, LEAST))
    while True:
        for n in _around(middle):
            if n not in tried:
                tried[n] = simulate(law, aim.size_of(n), aim.draws, aim.rng)[name][:2]
        found = _first(tried, aim, name)
        if found is None:
            middle = 1.2 * max(tried)
        elif found == min(tried) > LEAST:
            middle = min(tried) / 1.2
        else:
            return Enough(found, *tried[found])


def _around(middle: float) -> list[int]:
    return sorted({max(LEAST, round(middle * part)) for part in AROUND})


def _first(tried: dict[int, tuple[float, float]], aim: Aim, name: str) -> int | None:
    """Smallest n from which on all sizes tried are enough."""
    found = None
    for n in sorted(tried, reverse=True):
        if not aim.reached(name, tried[n][0]):
            break
        found = n
    return found


def curve_table(laws: dict[str, tuple[Binormal, Sequence[str]]], aim: Aim) -> pd.DataFrame:
    """Simulate a curve over `SIZES` for each law, of the quantities beside it.

    Columns: at (the law's name), n_per_class, n_other, quantity, value, value_se, low, high (of 95 % of the
    studies), formula.
    """
    rows = []
    for at, (law, names) in laws.items():
        for n in SIZES:
            size = aim.size_of(n)
            given = simulate(law, size, aim.draws, aim.rng)
            rows += [(at, n, size.m, name, *given[name], by_formula(law, size, name)) for name in names]
    columns = ["at", "n_per_class", "n_other", "quantity", "value", "value_se", "low", "high", "formula"]
    return pd.DataFrame(rows, columns=columns)


def images_table(expected: Expected, aim: Aim, name: str, n: int, wells: int) -> pd.DataFrame:
    """Say what more images or wells a clone give at n clones, by formula.

    Columns: wells, images, share (of a mean score's variance between clones), variance (that of a mean score,
    in that of one over all images of infinitely many wells), value (the quantity at n clones), needed (clones
    for what is wanted).
    """
    if expected.parts is None:
        return pd.DataFrame(columns=["wells", "images", "share", "variance", "value", "needed"])
    top = max(expected.images, 32)
    images = sorted({expected.images, *(2**k for k in range(int(log2(4 * top)) + 1))})
    rows = []
    # Wells that do not differ change nothing.
    for many in sorted({1, 2, 4, 8, wells}) if expected.parts.well > 0 else (wells,):
        for each in images:
            if each < many:
                continue
            law = expected.at(each, many)
            value = by_formula(law, aim.size_of(n), name)
            needed = enough_by_formula(law, aim.size_of, name, aim.wanted(name))
            unit = expected.parts.unit
            grown = expected.parts.of_mean(each, many) / unit
            rows.append((many, each, expected.parts.share(each, many), grown, value, needed))
    made = pd.DataFrame(rows, columns=["wells", "images", "share", "variance", "value", "needed"])
    return made.astype({"needed": "Int64"})
