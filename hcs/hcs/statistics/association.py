"""Association of two numbers over clones: Spearman's correlation, tested by permuting clones."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import atanh, sqrt, tanh
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata, theilslopes

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.bootstrap import LEVEL, NO_INTERVAL, Interval
from hcs.statistics.frames import as_numbers
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.words import Words
from hcs.wording import capital, counted, have, plural, spaced
from hcs_plates.errors import ArgumentError

LEAST = 4
"""Fewest units for a correlation: three have p ≥ 1/3 whatever they show."""
LEAST_INTERVAL = 6
"""Fewest units that are given an interval."""
INTERVAL = "Fisher's z (Bonett & Wright)"

Numbers: TypeAlias = Sequence[float] | Floats | pd.Series


@dataclass(frozen=True)
class RankAssociation:
    """How two numbers rise and fall together over clones.

    Parameters
    ----------
    rho
        Spearman's correlation; where `within` is given, of ranks centred in each of its groups (partial).
    pvalue
        Of the permutation test over clones; within the groups where `within` is given.
    interval
        Of Fisher's z with the variance of Bonett & Wright (2000), which holds 95 % from 6 clones on; NaN with
        fewer, and with a perfect order.
    values
        x, y, within (None without it); index as given. Clones that took part.
    words
        For sentences and axes; `within` is empty where nothing was adjusted for.
    """

    rho: float
    pvalue: PValue
    interval: Interval
    values: pd.DataFrame
    words: Words
    caveats: tuple[str, ...] = ()

    @property
    def n(self) -> int:
        """Clones behind the numbers."""
        return len(self.values)

    @property
    def n_groups(self) -> int:
        """Groups it was adjusted for; 1 where none."""
        return max(1, int(self.values["within"].nunique())) if self.words.within else 1

    def short(self) -> str:
        """Give correlation, p and n as a figure's heading."""
        n = f"n = {counted(self.n, self.words.noun)}"
        if np.isnan(self.rho):
            return f"no correlation, {n}"
        return f"rho{self.words.inside} = {self.rho:.2f}, p = {self.pvalue.value:.2g}, {n}"

    def lines(self) -> tuple[tuple[str, Floats, Floats], ...]:
        """Fit the line of Theil (1950) and Sen (1968): group (empty without any), and x and y of its ends."""
        lines = []
        labels = self.values["within"].map(str) if self.words.within else self.values["x"].map(lambda _: "")
        for label, part in self.values.groupby(labels):
            if part["x"].nunique() > 1 and not np.isnan(self.rho):
                slope, intercept = theilslopes(part["y"], part["x"])[:2]
                ends = np.array([part["x"].min(), part["x"].max()])
                lines.append((str(label), ends, intercept + slope * ends))
        return tuple(lines)


def rank_association(
    x: Numbers,
    y: Numbers,
    *,
    within: Sequence[object] | pd.Series | None = None,
    words: Words = Words(),  # noqa: B008 – frozen
    seed: int = 0,
) -> RankAssociation:
    """Correlate the ranks of two numbers over clones and test it by permuting clones.

    Spearman (1904); the partial correlation is that of ranks centred within groups, tested by permutation
    within them, so that a difference between the groups in both numbers cannot pass for a relation. All
    arrangements are looked at where they are few, else some are drawn.

    Parameters
    ----------
    x, y, within
        Numbers and group (diagnosis) of each clone; what lacks one is left out.
    words
        What the numbers, the groups and one unit are called.

    Raises
    ------
    ArgumentError
        Arrays of other lengths, or values that are no numbers.
    """
    words = words.only(adjusted=within is not None)
    values, caveats = known_units({"x": x, "y": y, "within": within}, ("x", "y"), words)
    test = f"Spearman permutation test{words.inside}"
    groups = values["within"].tolist() if within is not None else None
    why = _why_not(values, groups, words)
    if why:
        none = no_pvalue(test, len(values), words.nouns)
        return RankAssociation(np.nan, none, NO_INTERVAL, values, words, (*caveats, why))
    first, second = values["x"].to_numpy(), values["y"].to_numpy()
    places = block_places(len(values), groups)
    ranks, others = centred_ranks(first, places), centred_ranks(second, places)
    norm = np.sqrt((ranks @ ranks) * (others @ others))
    # It does not matter which of the two moves: the one with more ties has fewer arrangements to look at.
    if count_arrangements(ranks, places) < count_arrangements(others, places):
        ranks, others = others, ranks
    found = permutation_test(lambda rows: rows @ ranks / norm, others, blocks=groups, seed=seed)
    interval = _interval(found.statistic, len(values), len(places) - 1)
    pvalue = PValue(found.p, test, len(values), found.smallest_p, words.nouns)
    if found.smallest_p > 0.05:
        caveats = (*caveats, unreachable(len(values), words.noun))
    return RankAssociation(found.statistic, pvalue, interval, values, words, caveats)


def _interval(rho: float, n: int, adjusted: int) -> Interval:
    """Bonett and Wright's (2000) interval; none of few units, nor where the order is perfect.

    Resamples of a perfect order are perfect again: nothing says how far from 1 it is.
    """
    free = n - 3 - adjusted
    if n < LEAST_INTERVAL or free < 1 or abs(rho) > 1 - 1e-9:
        return NO_INTERVAL
    around = float(norm.ppf((1 + LEVEL) / 2)) * fisher_error(rho, free)
    return Interval(tanh(atanh(rho) - around), tanh(atanh(rho) + around))


def unreachable(n: int, noun: str) -> str:
    """Say that a design is too small for any result to be told from chance."""
    return f"With {counted(n, noun)} so arranged no p below 0.05 can be reached."


def centred_ranks(values: Floats, places: Sequence[Places]) -> Floats:
    """Rank values over all units (ties share the mean rank), then centre the ranks in each block.

    Of values of shape (n_rows, n_units) each row is ranked by itself.
    """
    ranks = np.asarray(rankdata(values, axis=-1), dtype=float)
    for place in places:
        ranks[..., place] -= ranks[..., place].mean(axis=-1, keepdims=True)
    return ranks


def fisher_error(rho: float, free: int) -> float:
    """Take the standard error of Fisher's z of a Spearman correlation (Bonett & Wright 2000).

    ``free`` is the number of units less 3, and less one for each number that was adjusted for.
    """
    return sqrt((1 + rho**2 / 2) / free)


def known_units(
    columns: dict[str, Any], numeric: Sequence[str], words: Words
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put columns of one value per unit side by side and leave out units that lack one.

    Columns are arrays or Series of one length; None is a column that is not used. Series are paired by their
    index, which is kept: where each has the same names in another order, the first one's holds. In numeric
    ones infinite values count as not known, and text is refused. With the units comes a sentence for each
    column on how many lack it.
    """
    called = {"x": words.x, "y": words.y, "within": words.within}
    used = {name: given for name, given in columns.items() if given is not None}
    sizes = {name: len(given) for name, given in used.items()}
    if len(set(sizes.values())) > 1:
        said = " and ".join(f"{size} of {spaced(called.get(name, name))}" for name, size in sizes.items())
        raise ArgumentError(f"One value of each is needed per {words.noun}; there are {said}.")
    used, index = _paired(used, words.noun)
    table = pd.DataFrame({name: pd.Series(list(given), dtype=object) for name, given in used.items()})
    caveats = []
    for name in table.columns:
        if name in numeric:
            word = spaced(called.get(name, name))
            table[name] = as_numbers(table[[name]].set_axis([word], axis=1), word)
        lacking = int(table[name].isna().sum())
        if lacking:
            verb = "is" if lacking == 1 else "are"
            caveats.append(
                f"{counted(lacking, words.noun)} without {spaced(called.get(name, name))} {verb} left out."
            )
    if index is not None:
        table.index = index
    kept = table.dropna()
    return kept.reindex(columns=list(columns)), tuple(caveats)


def _paired(used: dict[str, Any], noun: str) -> tuple[dict[str, Any], pd.Index | None]:
    """Put Series in the order of the first one's index."""
    index = next((given.index for given in used.values() if isinstance(given, pd.Series)), None)
    made = {}
    for name, given in used.items():
        if isinstance(given, pd.Series) and index is not None and not given.index.equals(index):
            if not (index.is_unique and given.index.is_unique and set(index) == set(given.index)):
                raise ArgumentError(
                    f"Two columns have other {plural(noun)} in their index; give both of the same, or arrays."
                )
            given = given.reindex(index)
        made[name] = given
    return made, index


def _why_not(values: pd.DataFrame, groups: list[object] | None, words: Words) -> str:
    """Say why there is no correlation; empty where there is one."""
    n, noun = len(values), words.noun
    if n < LEAST:
        return (
            f"Only {counted(n, noun)} {have(n)} both {spaced(words.x)} and {spaced(words.y)}; "
            f"a correlation needs {LEAST}."
        )
    places = block_places(n, groups)
    for column, name in (("x", words.x), ("y", words.y)):
        held = values[column].to_numpy()
        if (held == held[0]).all():
            return f"All {counted(n, noun)} have the same {spaced(name)} ({held[0]:g})."
        if all((held[place] == held[place[0]]).all() for place in places):
            return f"{capital(spaced(name))} does not vary{words.inside}."
    return ""
