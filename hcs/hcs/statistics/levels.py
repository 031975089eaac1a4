"""Do values differ between the levels of a factor? Ranks, explained variance, and a permutation test.

The statistic is η² of the ranks, which is the Kruskal–Wallis H over n − 1 (Kruskal & Wallis 1952), so a few
extreme values cannot make or hide it. Within groups it is that of aligned ranks (Hodges & Lehmann 1962):
each group's median is taken from its values, and ranks move within their group only.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.stats import rankdata

from hcs.statistics.arrays import Codes, Floats
from hcs.statistics.permutation import PermutationTest, permutation_test
from hcs_plates.errors import ArgumentError

RATE = 0.05
"""Wanted share of false discoveries among the plates called."""
ROUNDING = 1e-9
TIED = 0.999
"""From this share on, groups tell levels without fail."""


@dataclass(frozen=True)
class LevelEffect:
    """How much of the ranks' variance lies between levels.

    Parameters
    ----------
    n, n_levels
        Values and levels looked at.
    eta2, epsilon2
        Share of the ranks' sum of squares between levels; and without what chance gives: 0 on average where
        levels do nothing, 1 where they do all.
    tied
        How far groups tell the level: 0 for a layout at random, 1 where a group has one level only. NaN
        without groups.
    test
        One-sided permutation test of eta2; None where there was nothing to test.
    """

    n: int
    n_levels: int
    eta2: float
    epsilon2: float
    tied: float
    test: PermutationTest | None


def level_effect(
    values: Floats,
    levels: Sequence[object] | npt.NDArray[np.generic],
    groups: Sequence[object] | npt.NDArray[np.generic] | None = None,
    *,
    draws: int,
    seed: int,
) -> LevelEffect:
    """Measure and test differences between levels.

    Values, no NaN, levels and groups are arrays of shape (n,); `draws` permutations where there are too many
    to look at all.

    Examples
    --------
    >>> found = level_effect(np.array([1.0, 2, 3, 7, 8, 9]), list("aaabbb"), draws=99, seed=0)
    >>> round(found.eta2, 3), round(found.epsilon2, 3), found.test.p
    (0.771, 0.714, 0.1)
    """
    code, met = pd.factorize(np.asarray(levels))
    group = np.zeros(len(values), dtype=np.intp) if groups is None else pd.factorize(np.asarray(groups))[0]
    ranks = aligned_ranks(values, group)
    total = float(np.square(ranks).sum())
    nothing = LevelEffect(len(values), len(met), np.nan, np.nan, np.nan, None)
    if len(met) < 2 or total <= 0:
        return nothing
    free = _expected(ranks, code, np.zeros_like(code))
    expected = free if groups is None else _expected(ranks, code, group)
    tied = np.nan if groups is None else float(np.clip(1 - expected / free, 0, 1))
    # A level for every value that can move: any arrangement explains all.
    if tied > TIED or expected > (1 - ROUNDING) * total:
        return replace(nothing, tied=tied)
    design = np.eye(len(met))[code] / np.sqrt(np.bincount(code))

    def eta2(rows: Floats) -> Floats:
        return np.asarray(np.square(rows @ design).sum(axis=1) / total)

    test = permutation_test(eta2, ranks, blocks=group, sided="greater", draws=draws, seed=seed)
    chance = expected / total
    return LevelEffect(
        len(values), len(met), test.statistic, (test.statistic - chance) / (1 - chance), tied, test
    )


def aligned_ranks(values: Floats, group: Codes) -> Floats:
    """Rank values after taking away the median of their group, and centre the ranks of each group."""
    held = pd.Series(values).groupby(group)
    ranks = pd.Series(rankdata(values - held.transform("median").to_numpy()))
    return np.asarray(ranks - ranks.groupby(group).transform("mean"), dtype=float)


def checked_draws(draws: int, name: str = "draws") -> int:
    """Refuse a number of permutations that gives no p-value."""
    if isinstance(draws, bool) or not isinstance(draws, int | np.integer) or draws < 1:
        raise ArgumentError(f"{name} is {draws!r}; give a whole number of permutations from 1, such as 999.")
    return int(draws)


def coarse_draws(rows: pd.DataFrame, what: str) -> str:
    """Say where too few permutations were drawn for any test to stand among so many.

    Rows are tests corrected together (p, smallest_p, p_adjusted); `what` one that stands would have found.

    Examples
    --------
    >>> tests = pd.DataFrame({"p": [0.1, 0.5], "smallest_p": 0.1, "p_adjusted": [0.2, 0.5]})
    >>> coarse_draws(tests, "plate with drift")
    'Of 2 tests with p no smaller than 0.1, none can stand at a false-discovery rate of 5 % unless 4 do: a single plate with drift could not be found.'
    """  # noqa: E501 - a sentence is one line
    known = rows[rows["p"].notna()]
    if len(known) < 2 or (known["p_adjusted"] <= RATE).any():
        return ""
    smallest = float(known["smallest_p"].min())
    needed = int(np.ceil(smallest * len(known) / RATE * (1 - 1e-9)))
    if needed < 2:
        return ""
    return (
        f"Of {len(known)} tests with p no smaller than {smallest:.2g}, none can stand at a false-discovery "
        f"rate of {RATE:.0%} unless {needed} do: a single {what} could not be found."
    ).replace("%", " %")


def _expected(ranks: Floats, code: Codes, group: Codes) -> float:
    """Sum of squares between levels that chance gives: its mean over permutations within groups.

    A group of n centred ranks with variance v adds v·m(n − m)/n to the variance of the sum of a level that
    has m of its members: sampling without replacement.
    """
    members = np.zeros((group.max() + 1, code.max() + 1))
    np.add.at(members, (group, code), 1)
    sizes = members.sum(axis=1)
    squares = np.bincount(group, weights=np.square(ranks))
    variances = np.divide(squares, sizes - 1, out=np.zeros_like(squares), where=sizes > 1)
    spread = members * (sizes[:, None] - members) / sizes[:, None]
    return float((variances[:, None] * spread / members.sum(axis=0)).sum())
