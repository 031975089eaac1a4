"""Association of two numbers over clones: Spearman's correlation, tested by permuting clones."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from scipy.stats import rankdata, theilslopes

from hcs.statistics.arrays import Floats, Places
from hcs.statistics.bootstrap import NO_INTERVAL, Interval, percentile_interval, resamples
from hcs.statistics.permutation import block_places, count_arrangements, permutation_test
from hcs.statistics.pvalues import PValue, no_pvalue
from hcs.statistics.words import Words
from hcs.wording import counted, have, spaced
from hcs_plates.errors import ArgumentError

LEAST = 4
"""Fewest units for a correlation: three have p ≥ 1/3 whatever they show."""
LEAST_INTERVAL = 6
"""Fewest units whose resamples are given as an interval."""

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
        Percentile bootstrap over clones.
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
    interval = _interval(first, second, groups, seed)
    pvalue = PValue(found.p, test, len(values), found.smallest_p, words.nouns)
    if found.smallest_p > 0.05:
        caveats = (*caveats, unreachable(len(values), words.noun))
    return RankAssociation(found.statistic, pvalue, interval, values, words, caveats)


def _interval(first: Floats, second: Floats, groups: list[object] | None, seed: int) -> Interval:
    """Resample units within their groups."""
    n = len(first)
    if n < LEAST_INTERVAL:
        return NO_INTERVAL
    drawn = resampled_places(block_places(n, groups))
    each = [
        _correlations(centred_ranks(first[at], drawn), centred_ranks(second[at], drawn))
        for at in resamples(n, strata=groups, seed=seed)
    ]
    return percentile_interval(np.concatenate(each), n)


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


def resampled_places(places: Sequence[Places]) -> list[Places]:
    """List where the units of each block stand in a row of `resamples`: block after block."""
    ends = np.cumsum([len(place) for place in places])
    return [np.arange(end - len(place), end) for place, end in zip(places, ends, strict=True)]


def _correlations(first: Floats, second: Floats) -> Floats:
    """Correlation of centred values, row by row; NaN where one does not vary."""
    squares = np.square(first).sum(axis=1) * np.square(second).sum(axis=1)
    norm = np.sqrt(np.where(squares > 1e-12, squares, np.nan))
    return np.asarray((first * second).sum(axis=1) / norm)


def known_units(
    columns: dict[str, Any], numeric: Sequence[str], words: Words
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Put columns of one value per unit side by side and leave out units that lack one.

    Columns are arrays or Series, which keep their index, of one length; None is a column that is not used. In
    numeric ones infinite values count as not known, and text is refused. With the units comes a sentence for
    each column on how many lack it.
    """
    called = {"x": words.x, "y": words.y, "within": words.within}
    used = {name: given for name, given in columns.items() if given is not None}
    sizes = {name: len(given) for name, given in used.items()}
    if len(set(sizes.values())) > 1:
        said = " and ".join(f"{size} of {spaced(called.get(name, name))}" for name, size in sizes.items())
        raise ArgumentError(f"One value of each is needed per {words.noun}; there are {said}.")
    index = next((given.index for given in used.values() if isinstance(given, pd.Series)), None)
    table = pd.DataFrame({name: pd.Series(list(given), dtype=object) for name, given in used.items()})
    caveats = []
    for name in table.columns:
        if name in numeric:
            table[name] = _numbers(table[name], called.get(name, name))
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


def _numbers(column: pd.Series, word: str) -> pd.Series:
    """Floats; a value that is no number is refused."""
    made = pd.to_numeric(column, errors="coerce").astype(float)
    strange = made.isna() & column.notna()
    if strange.any():
        raise ArgumentError(
            f"{column[strange].iloc[0]!r} is no number, where {spaced(word)} must be one; "
            "give numbers, or NaN where not known."
        )
    return made.where(np.isfinite(made))


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
            return f"{spaced(name).capitalize()} does not vary{words.inside}."
    return ""
