"""Permutation tests over units of evidence: every arrangement where they are few, drawn ones where many.

Values move among units (clones), within blocks (batches, plates) where blocks are given. Nothing is assumed
of their distribution, only that under the null hypothesis any arrangement was as likely.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from math import factorial, prod

import numpy as np
import numpy.typing as npt

from hcs.statistics.arrays import Floats, Places
from hcs_plates.errors import ArgumentError

Statistic = Callable[[Floats], Floats]
"""From arrangements, array of shape (n_arrangements, n_units), to one number each."""

EXACT = 20_000
"""Up to this many different arrangements are all looked at."""
DRAWS = 9_999
CHUNK = 1_000
TIE = 1e-9
"""Statistics closer than this, relative to the spread of all arrangements', are ties."""
ROUNDING = 64 * float(np.finfo(float).eps)
"""Of a sum, relative to its size: closer than this nothing can be told apart, however small the spread."""
SIDES = ("two-sided", "greater", "less")


@dataclass(frozen=True)
class PermutationTest:
    """Outcome of a permutation test.

    Parameters
    ----------
    statistic
        Of the values as they are.
    p
        Share of arrangements at least as extreme; of drawn ones with the observed one counted (Phipson &
        Smyth 2010).
    smallest_p
        Smallest p that these units, values and blocks can give.
    null
        The statistic under every arrangement looked at; array of shape (n_arrangements,).
    exact
        Whether those were all there are.
    """

    statistic: float
    p: float
    smallest_p: float
    null: Floats
    exact: bool


def permutation_test(  # noqa: PLR0913 – one test for all: its blocks, side and arrangements
    statistic: Statistic,
    values: Sequence[float] | Floats,
    *,
    blocks: Sequence[object] | npt.NDArray[np.generic] | None = None,
    sided: str = "two-sided",
    seed: int = 0,
    draws: int = DRAWS,
    exact: int = EXACT,
) -> PermutationTest:
    """Test a statistic against the arrangements of values over units.

    Parameters
    ----------
    statistic
        Vectorised over rows. Two-sided tests compare its absolute value, so it must be centred at 0 under
        the null hypothesis (a difference, a correlation).
    values
        One per unit, such as 0 and 1 for labels; no NaN.
    blocks
        Values move within their block only. A value alone in its block never moves.
    sided
        ``two-sided``, ``greater`` or ``less``.
    seed, draws
        Of the arrangements drawn where there are more than `exact`.

    Raises
    ------
    ArgumentError
        NaN or no values, blocks of another length, an unknown side.

    Examples
    --------
    >>> scores = np.array([0.9, 0.8, 0.7, 0.2, 0.3, 0.1])
    >>> def difference(labels):
    ...     return labels @ scores / labels.sum(axis=1) - (1 - labels) @ scores / (1 - labels).sum(axis=1)
    >>> test = permutation_test(difference, [1, 1, 1, 0, 0, 0])
    >>> test.p, test.smallest_p, test.exact
    (0.1, 0.1, True)
    """
    if sided not in SIDES:
        raise ArgumentError(f"A test cannot be {sided!r}; give {', '.join(SIDES)}.")
    given = np.asarray(values, dtype=float)
    if len(given) == 0 or np.isnan(given).any():
        raise ArgumentError("A permutation test needs one value, not NaN, for each of its units.")
    places = block_places(len(given), blocks)
    number = count_arrangements(given, places)
    observed = float(statistic(given[None, :])[0])
    everything = number <= exact
    parts = _all(given, places) if everything else _drawn(given, places, draws, seed)
    null = np.concatenate([statistic(part) for part in parts])
    score, seen = _extreme(null, sided), float(_extreme(np.array([observed]), sided)[0])
    # Neither depends on the unit of the values: areas in m² tie as areas in µm² do.
    slack = max(TIE * float(np.ptp(score)), ROUNDING * float(np.abs(score).max()))
    hits = int((score >= seen - slack).sum())
    if everything:
        most = int((score >= score.max() - slack).sum())
        return PermutationTest(observed, hits / len(null), most / len(null), null, True)
    return PermutationTest(observed, (1 + hits) / (1 + len(null)), 1 / (1 + len(null)), null, False)


def block_places(n: int, blocks: Sequence[object] | npt.NDArray[np.generic] | None) -> list[Places]:
    """List the places of each block; one block of all without blocks."""
    if blocks is None:
        return [np.arange(n)]
    if len(blocks) != n:
        raise ArgumentError(f"{len(blocks)} blocks cannot go with {n} units; give one for each.")
    held: dict[object, list[int]] = {}
    for place, block in enumerate(blocks):
        held.setdefault(block, []).append(place)
    return [np.array(found, dtype=np.intp) for found in held.values()]


def arrangements(
    values: Floats,
    places: Sequence[Places],
    *,
    draws: int = DRAWS,
    seed: int = 0,
    exact: int = EXACT,
) -> Floats:
    """List every arrangement of values within blocks (`block_places`) where they are few, else draw some.

    An array of shape (n_arrangements, n_units).
    """
    few = count_arrangements(values, places) <= exact
    return np.concatenate(list(_all(values, places) if few else _drawn(values, places, draws, seed)))


def count_arrangements(values: Floats, places: Sequence[Places]) -> int:
    """Count the different arrangements of values within blocks; equal values are not told apart."""
    ways = 1
    for place in places:
        held = Counter(values[place].tolist())
        ways *= factorial(len(place)) // prod(factorial(times) for times in held.values())
    return ways


def _all(values: Floats, places: Sequence[Places]) -> Iterator[Floats]:
    """Every arrangement, in stacks of rows, so that memory stays bounded."""
    blocks = []
    for place in places:
        distinct, counts = np.unique(values[place], return_counts=True)
        blocks.append(distinct[_orders(tuple(counts.tolist()))])
    chosen = np.indices([len(block) for block in blocks]).reshape(len(blocks), -1)
    for start in range(0, chosen.shape[1], CHUNK):
        part = chosen[:, start : start + CHUNK]
        rows = np.empty((part.shape[1], len(values)))
        for place, block, choice in zip(places, blocks, part, strict=True):
            rows[:, place] = block[choice]
        yield rows


@lru_cache(maxsize=16)
def _orders(counts: tuple[int, ...]) -> npt.NDArray[np.int8]:
    """Every order of 0 (counts[0] times), 1 (counts[1] times) and so on; one a row.

    Kept, since simulations ask for the same ones again and again.
    """
    n = sum(counts)
    if len(counts) == 1:
        return np.zeros((1, n), dtype=np.int8)
    rest = _orders(counts[1:]) + np.int8(1)
    taken = np.array(list(combinations(range(n), counts[0])), dtype=np.intp)
    orders = np.zeros((len(taken), len(rest), n), dtype=np.int8)
    free = np.ones((len(taken), n), dtype=bool)
    free[np.arange(len(taken))[:, None], taken] = False
    others = np.nonzero(free)[1].reshape(len(taken), -1)
    orders[np.arange(len(taken))[:, None, None], np.arange(len(rest))[:, None], others[:, None, :]] = rest
    return orders.reshape(-1, n)


def _drawn(values: Floats, places: Sequence[Places], draws: int, seed: int) -> Iterator[Floats]:
    """Arrangements drawn at random, in stacks of rows."""
    rng = np.random.default_rng(seed)
    for start in range(0, draws, CHUNK):
        rows = np.tile(values, (min(CHUNK, draws - start), 1))
        for place in places:
            rows[:, place] = rng.permuted(rows[:, place], axis=1)
        yield rows


def _extreme(statistics: Floats, sided: str) -> Floats:
    """How extreme statistics are: larger is more so."""
    if sided == "two-sided":
        return np.abs(statistics)
    return statistics if sided == "greater" else -statistics
