"""Contrast of a number between groups of units (clones): differences and ranks, tested by permutation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.statistics.association import Numbers, centred_ranks, known_units, unreachable
from hcs.statistics.auc import stratified_limits
from hcs.statistics.bootstrap import NO_INTERVAL, Interval
from hcs.statistics.permutation import PermutationTest, block_places, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.shifts import stratified_shift
from hcs.statistics.words import Words
from hcs.wording import capital, counted, have, listed, spaced

MOST_LEVELS = 8
"""More groups than this are no grouping of a few dozen clones."""
LEAST_INTERVAL = 4
"""Clones of the smaller group from which on the interval of the rank-biserial correlation holds 95 %."""
INTERVAL = "Newcombe"


@dataclass(frozen=True)
class Contrast:
    """How a number differs between groups of clones.

    Parameters
    ----------
    pvalue
        Permutation test over clones: of the difference of means, or Kruskal–Wallis.
    levels
        The groups, in order.
    values
        y, x (group), within. Clones that took part.
    words
        For sentences; `within` is empty where nothing was adjusted for.
    effect
        Two groups: rank-biserial correlation, the share of pairs in which the second group is higher minus
        the share in which it is lower. More groups: epsilon squared, the share of the variance of the ranks
        that lies between groups beyond what chance gives, 0 on average where they do not differ.
    interval
        Of the effect of two groups of four clones or more: method 5 of Newcombe (2006) for an area under the
        ROC curve, which this correlation is but for its scale; it has a width with complete separation too.
    difference, shift
        Two groups: difference of means and the Hodges–Lehmann shift (median of all differences of pairs),
        second group minus first, in the units of the number.
    shift_interval
        Of the shift: what the rank test does not reject (Hollander & Wolfe 1999); NaN with too few clones.
    """

    pvalue: PValue
    levels: tuple[str, ...]
    values: pd.DataFrame
    words: Words
    caveats: tuple[str, ...] = ()
    effect: float = np.nan
    interval: Interval = NO_INTERVAL
    difference: float = np.nan
    shift: float = np.nan
    shift_interval: Interval = NO_INTERVAL


def group_contrast(
    groups: Sequence[object] | pd.Series,
    y: Numbers,
    *,
    within: Sequence[object] | pd.Series | None = None,
    words: Words = Words("group"),  # noqa: B008 – frozen
    seed: int = 0,
) -> Contrast:
    """Compare a number between two or more groups of clones.

    Two groups: permutation test of the difference of means, with the shift of Hodges & Lehmann (1963) and the
    rank-biserial correlation (Cureton 1956). More: the statistic of Kruskal & Wallis (1952) by permutation,
    with epsilon squared (Kelley 1935). With `within`, only pairs of the same stratum are compared and values
    are permuted within strata. Labels move among clones, and all arrangements are looked at where few.

    Parameters and errors are those of `rank_association`, with groups for x.
    """
    words = words.only(adjusted=within is not None)
    values, caveats = known_units({"x": groups, "y": y, "within": within}, ("y",), words)
    values = values.assign(x=values["x"].map(str))
    levels = tuple(sorted(set(values["x"])))
    strata = values["within"].tolist() if within is not None else None
    caveats = (*caveats, *_small_groups(values, levels, words))
    test = "Kruskal–Wallis permutation test" if len(levels) > 2 else "Permutation test of the means"
    test += words.inside
    if why := _why_not(values, levels, strata, words):
        none = no_pvalue(test, len(values), words.nouns)
        return Contrast(none, levels, values, words, (*caveats, why))
    found, numbers = (_several if len(levels) > 2 else _two)(values, levels, strata, seed)
    pvalue = PValue(found.p, test, len(values), found.smallest_p, words.nouns)
    if found.smallest_p > 0.05:
        caveats = (*caveats, unreachable(len(values), words.noun))
    return Contrast(pvalue, levels, values, words, caveats, **numbers)


Tested = tuple[PermutationTest, dict[str, Any]]


def _two(values: pd.DataFrame, levels: tuple[str, ...], strata: list[Any] | None, seed: int) -> Tested:
    """Difference of means, shift and rank-biserial correlation of two groups, within strata."""
    y = values["y"].to_numpy(dtype=float)
    second = (values["x"] == levels[1]).to_numpy()
    places = block_places(len(y), strata)
    code, centred = second.astype(float), y.copy()
    for place in places:
        code[place] -= code[place].mean()
        centred[place] -= centred[place].mean()
    found = permutation_test(lambda rows: rows @ centred / (code @ code), code, blocks=strata, seed=seed)
    parts = [(y[place[second[place]]], y[place[~second[place]]]) for place in places]
    kept = [(own, other) for own, other in parts if len(own) and len(other)]
    shift, low, high = stratified_shift(kept)
    wins = np.concatenate([np.sign(np.subtract.outer(own, other)).ravel() for own, other in kept])
    effect, interval = float(wins.mean()), NO_INTERVAL
    if min(second.sum(), (~second).sum()) >= LEAST_INTERVAL:
        sizes = [(len(own), len(other)) for own, other in kept]
        interval = Interval(*(2 * end - 1 for end in stratified_limits((effect + 1) / 2, sizes)))
    return found, {
        "effect": effect,
        "interval": interval,
        "difference": found.statistic,
        "shift": shift,
        "shift_interval": Interval(low, high) if low < high else NO_INTERVAL,
    }


def _several(values: pd.DataFrame, levels: tuple[str, ...], strata: list[Any] | None, seed: int) -> Tested:
    """Share of the variance of the (stratum-centred) ranks between groups."""
    ranks = centred_ranks(values["y"].to_numpy(dtype=float), block_places(len(values), strata))
    code = np.array([levels.index(level) for level in values["x"]], dtype=float)
    sizes, whole = np.bincount(code.astype(int)), float(ranks @ ranks)
    found = permutation_test(
        lambda rows: sum(((rows == at) @ ranks) ** 2 / size for at, size in enumerate(sizes)) / whole,
        code,
        blocks=strata,
        sided="greater",
        seed=seed,
    )
    # Chance alone gives some: its mean over the arrangements.
    chance = float(found.null.mean())
    return found, {"effect": (found.statistic - chance) / (1 - chance) if chance < 1 else np.nan}


def _small_groups(values: pd.DataFrame, levels: tuple[str, ...], words: Words) -> tuple[str, ...]:
    """Name groups of one clone."""
    single = [level for level in levels if (values["x"] == level).sum() == 1]
    if not single or len(single) == len(values):
        return ()
    each = "" if len(single) == 1 else " each"
    return (f"Only one {words.noun}{each} has {spaced(words.x)} {listed(map(spaced, single))}.",)


def _why_not(values: pd.DataFrame, levels: tuple[str, ...], strata: list[Any] | None, words: Words) -> str:
    """Say why there is no contrast; empty where there is one."""
    n, x, noun = len(values), spaced(words.x), words.noun
    if n < 3:
        return f"Only {counted(n, noun)} {have(n)} both {x} and {spaced(words.y)}."
    if len(levels) < 2:
        return f"All {counted(n, noun)} have the same {x} ({spaced(levels[0])})."
    if len(levels) == n:
        return f"Every {noun} has {x} of its own: it groups nothing."
    if len(levels) > MOST_LEVELS:
        return f"{capital(x)} has {len(levels)} values over {counted(n, noun)}: too many to compare groups."
    places = block_places(n, strata)
    held = values["x"].to_numpy()
    if all(len(set(held[place])) == 1 for place in places):
        return f"{capital(x)} and {spaced(words.within)} are confounded: {x} cannot be tested within them."
    y = values["y"].to_numpy()
    if all((y[place] == y[place[0]]).all() for place in places):
        return f"{capital(spaced(words.y))} is the same for all {counted(n, noun)}."
    return ""
