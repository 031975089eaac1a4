"""Contrast of a number between groups of units (clones): differences and ranks, tested by permutation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.association import (
    Numbers,
    centred_ranks,
    known_units,
    resampled_places,
    unreachable,
)
from hcs.statistics.bootstrap import NO_INTERVAL, Interval, percentile_interval, resamples, span
from hcs.statistics.permutation import PermutationTest, block_places, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.words import Words
from hcs.wording import capital, counted, have, listed, percent, spaced

MOST_LEVELS = 8
"""More groups than this are no grouping of a few dozen clones."""


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
        that lies between groups.
    interval
        Of the effect; percentile bootstrap over clones (two groups only).
    difference, shift
        Two groups: difference of means and the Hodges–Lehmann shift (median of all differences of pairs),
        second group minus first, in the units of the number.
    shift_interval
        Of the shift.
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

    def headline(self, test: str) -> str:
        """Give the effect with its interval and the test as it is written, in one sentence."""
        y, x, inside = spaced(self.words.y), spaced(self.words.x), self.words.inside
        if np.isnan(self.effect):
            return f"No contrast of {y} between groups of {x} can be given."
        if len(self.levels) > 2:
            return (
                f"{percent(self.effect)} of the variance of the ranks of {y} lies between the "
                f"{len(self.levels)} groups of {x}{inside} (epsilon squared; {test})."
            )
        sizes = self.values["x"].value_counts()
        first, second = (f"{spaced(level)} (n = {sizes[level]})" for level in self.levels)
        return (
            f"{capital(y)} of {x} {second} minus {first}{inside}: means {self.difference:+.2f}, "
            f"Hodges–Lehmann shift {self.shift:+.2f} ({span(*self.shift_interval)}; {test}), rank-biserial "
            f"correlation {self.effect:.2f} ({span(*self.interval)})."
        )


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
    with epsilon squared, H/(n − 1). With `within`, only pairs of the same stratum are compared and values are
    permuted within strata. Labels move among clones, and all arrangements are looked at where few.

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
    second = (values["x"] == levels[1]).to_numpy(dtype=float)
    places = block_places(len(y), strata)
    code, centred = second.copy(), y.copy()
    for place in places:
        code[place] -= code[place].mean()
        centred[place] -= centred[place].mean()
    found = permutation_test(lambda rows: rows @ centred / (code @ code), code, blocks=strata, seed=seed)
    effect, shift = (float(one[0]) for one in _pairs(y[None, :], second, places))
    numbers: dict[str, Any] = {"effect": effect, "difference": found.statistic, "shift": shift}
    # A group of one would be drawn as itself each time: its spread is not known.
    if min(values["x"].value_counts()) < 2:
        return found, numbers
    kept = [f"{stratum}·{level}" for stratum, level in zip(strata or [""] * len(y), values["x"], strict=True)]
    cells = block_places(len(y), kept)
    drawn = resampled_places(cells)
    homes = [None if strata is None else strata[cell[0]] for cell in cells]
    # In a resample each cell (group in a stratum) keeps its place, so strata do too.
    strata_drawn = [
        np.concatenate([at for at, home in zip(drawn, homes, strict=True) if home == stratum])
        for stratum in dict.fromkeys(homes)
    ]

    ordered = second[np.concatenate(cells)]
    each = [_pairs(y[at], ordered, strata_drawn) for at in resamples(len(y), strata=kept, seed=seed)]
    intervals = [percentile_interval(np.concatenate(parts), len(y)) for parts in zip(*each, strict=True)]
    return found, numbers | dict(zip(("interval", "shift_interval"), intervals, strict=True))


def _pairs(y: Floats, second: Floats, places: Sequence[Places]) -> tuple[Floats, Floats]:
    """Rank-biserial correlation and shift over all pairs of the same stratum, for every row of y."""
    differences = []
    for place in places:
        of = second[place] > 0
        own, other = y[:, place[of]], y[:, place[~of]]
        differences.append((own[:, :, None] - other[:, None, :]).reshape(len(y), -1))
    every = np.concatenate(differences, axis=1)
    if not every.shape[1]:
        nothing = np.full(len(y), np.nan)
        return nothing, nothing
    return np.sign(every).mean(axis=1), np.median(every, axis=1)


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
    return found, {"effect": found.statistic}


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
        return (
            f"{x.capitalize()} has {len(levels)} values over {counted(n, noun)}: too many to compare groups."
        )
    places = block_places(n, strata)
    held = values["x"].to_numpy()
    if all(len(set(held[place])) == 1 for place in places):
        return f"{x.capitalize()} and {spaced(words.within)} are the same thing: nothing can tell them apart."
    y = values["y"].to_numpy()
    if all((y[place] == y[place[0]]).all() for place in places):
        return f"{spaced(words.y).capitalize()} is the same for all {counted(n, noun)}."
    return ""
