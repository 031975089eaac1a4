"""P-values that say where they come from: test, observations, and the smallest p it could have given."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any, Self

import numpy as np

from hcs.statistics.arrays import Floats
from hcs.wording import plural
from hcs_plates.errors import ArgumentError

ALPHA = 0.05
"""A p-value at or below it counts."""
METHODS = {"holm": "Holm", "bh": "Benjamini–Hochberg"}
"""Corrections for many tests: Holm (1979) and Benjamini & Hochberg (1995)."""
NO_BOUND = 0.0
"""Smallest p of a test that assumes a continuous distribution: none above 0."""


@dataclass(frozen=True)
class PValue:
    """A p-value with its origin.

    Parameters
    ----------
    value
        The p-value; NaN where the test could not be made.
    test, n, noun
        Its name, and how many independent observations, named in the plural, are behind it.
    smallest
        Smallest p the design can reach; `NO_BOUND` for tests that assume a continuous distribution.
    sided
        ``two-sided`` or ``one-sided``.

    Raises
    ------
    ArgumentError
        A value or bound that is no probability, or a value below its bound.
    """

    value: float
    test: str
    n: int
    smallest: float = NO_BOUND
    noun: str = "clones"
    sided: str = "two-sided"

    def __post_init__(self) -> None:
        for number in (self.value, self.smallest):
            if not (isnan(number) or 0 <= number <= 1):
                raise ArgumentError(f"{self.test}: {number} is not a probability; give 0 to 1, or NaN.")
        if self.value < self.smallest * (1 - 1e-9):
            raise ArgumentError(
                f"{self.test}: p {self.value} lies below {self.smallest}, the smallest this test can give."
            )

    def sentence(self) -> str:
        """Give test, number of observations, p, and the smallest p possible."""
        if isnan(self.value):
            return f"{self.test} over {self.n:,} {self.noun}: no p-value"
        return f"{self.test} over {self.n:,} {self.noun}, {self.sided} {brief(self.value, self.smallest)}"

    @classmethod
    def of(cls, row: Mapping[Any, Any], noun: str, sided: str = "two-sided") -> Self:
        """Read from a row of a result table: p, smallest_p, test, n; `noun` in the singular."""
        return cls(row["p"], row["test"], int(row["n"]), row["smallest_p"], plural(noun), sided)

    def row(self) -> dict[str, object]:
        """Columns of a result table: p, smallest_p, test, n."""
        return {"p": self.value, "smallest_p": self.smallest, "test": self.test, "n": self.n}


def told(values: Iterable[PValue]) -> list[str]:
    """Write p-values one after the other, each test in full the first time and p alone thereafter.

    Examples
    --------
    >>> told([PValue(0.1, "Rank test", 6), PValue(0.2, "Rank test", 6)])
    ['Rank test over 6 clones, two-sided p = 0.1', 'p = 0.2']
    """
    met: set[tuple[object, ...]] = set()
    said = []
    for one in values:
        origin = (one.test, one.n, one.sided, f"{one.smallest:.2g}")
        bare = "no p-value" if isnan(one.value) else f"p = {one.value:.2g}"
        said.append(bare if origin in met else one.sentence())
        met.add(origin)
    return said


def brief(value: float, smallest: float) -> str:
    """Give p and the smallest p possible, where test and observations are named elsewhere.

    Examples
    --------
    >>> brief(0.021, 0.0001), brief(float("nan"), 0.0001)
    ('p = 0.021, smallest possible 0.0001', 'no p-value')
    """
    bound = f", smallest possible {smallest:.2g}" if smallest > 0 else ""
    return "no p-value" if isnan(value) else f"p = {value:.2g}{bound}"


def no_pvalue(test: str, n: int, noun: str = "clones") -> PValue:
    """Stand in for a test that could not be made."""
    return PValue(float("nan"), test, n, float("nan"), noun)


def adjust_pvalues(values: Sequence[float] | Floats, method: str) -> Floats:
    """Correct p-values for their number by ``holm`` (family-wise error) or ``bh`` (false-discovery rate).

    NaN ones stay NaN and are not counted; another method, and values that are no probabilities, are refused.
    """
    from scipy.stats import false_discovery_control

    if method not in METHODS:
        raise ArgumentError(f"No correction {method!r}; give {' or '.join(METHODS)}.")
    given = np.asarray(values, dtype=float)
    known = ~np.isnan(given)
    if not ((given[known] >= 0) & (given[known] <= 1)).all():
        raise ArgumentError("A p-value to correct is not within 0 to 1.")
    made = np.full(len(given), np.nan)
    if known.any():
        made[known] = false_discovery_control(given[known]) if method == "bh" else _holm(given[known])
    return made


def _holm(values: Floats) -> Floats:
    """Correct by Holm's steps; statsmodels collects garbage at each call, a tenth of a second and more."""
    order = np.argsort(values)
    made = np.empty(len(values))
    steps = values[order] * np.arange(len(values), 0, -1)
    made[order] = np.minimum(1, np.maximum.accumulate(steps))
    return made
