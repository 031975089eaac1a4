"""One variance split among factors: components, their shares, and what the rows are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from hcs.statistics.anova import (
    RESIDUAL,
    Components,
    collapse,
    fit_anova,
    independent,
    lies_within,
    separate,
)
from hcs.statistics.arrays import Bools, Codes, Floats
from hcs.statistics.pivots import component_draws, pivot_limits
from hcs.statistics.reml import fit_reml
from hcs_plates.names import as_names

REML, ANOVA = "REML", "ANOVA (Henderson III)"
CONSTANT = "the value is constant"
NO_RESIDUAL = "the residual variance is 0, which no likelihood bears: analysis of variance instead of REML"
NUMBERS = (
    "variance", "variance_low", "variance_high", "share", "share_low", "share_high", "icc", "n_eff",
    "design_effect",
)  # fmt: skip
COLUMNS = (
    "value", "factor", "levels", "df", "variance", "variance_low", "variance_high", "share", "share_low",
    "share_high", "icc", "method", "n", "n_eff", "design_effect", "note",
)  # fmt: skip


@dataclass(frozen=True)
class Worth:
    """What rows are worth, whatever is measured on them: of factors and weights alone.

    Parameters
    ----------
    unit, names
        The first factor; all that are told apart.
    within
        Whether each factor (row) lies within each other (column).
    spread, square
        Sum of the squares of the weights of each factor's levels, and of the rows.
    n
        Rows.
    """

    unit: str
    names: tuple[str, ...]
    within: Bools
    spread: Floats
    square: float
    n: int

    @classmethod
    def of(cls, unit: str, apart: Mapping[str, Codes], weights: Floats) -> "Worth":
        """Look once at factors and weights."""
        codes = list(apart.values())
        within = np.array([[lies_within(inner, outer) for outer in codes] for inner in codes], dtype=bool)
        spread = [float(np.square(np.bincount(code, weights)).sum()) for code in codes]
        square = float(np.square(weights).sum())
        return cls(
            unit, tuple(apart), within.reshape(len(codes), len(codes)), np.array(spread), square, len(weights)
        )

    def _unit(self) -> int:
        """Place of the first factor, alone or in one row with others: rows of its levels are not independent.

        Where its variance is estimated at 0, that is no evidence that they are.
        """
        return next((place for place, name in enumerate(self.names) if self.unit in name.split(" + ")), 0)

    def known(self, variances: Floats) -> tuple[Floats, float]:
        """Give the intraclass correlation of each factor, and n_eff, for the variances."""
        total, own = float(variances.sum()), variances[:-1]
        spread = variances[-1] * self.square + float(own @ self.spread)
        # Factors that both classes share cancel, which could make the images worth more than they are.
        known = spread > 0 and own[self._unit()] > 0
        effective = self.n * min(1.0, total * self.square / spread) if known else np.nan
        return self.within @ own / total, effective


def split_variance(
    rows: pd.DataFrame, columns: Sequence[str], factors: Sequence[str], fixed: Sequence[str], engine: str
) -> pd.DataFrame:
    """Split the variance of columns that are known for the same rows by ``reml`` or ``anova``.

    Rows (one per image or well) hold the columns, random factors and fixed effects, none missing. `COLUMNS`
    come back, a row per value and factor, and for the residual.

    Examples
    --------
    >>> rows = pd.DataFrame({"clone": list("aabbcc"), "score": [1.0, 2, 5, 6, 9, 10]})
    >>> split_variance(rows, ["score"], ["clone"], [], "anova")["variance"].round(6).tolist()
    [15.75, 0.5]
    """
    if len(rows) < 2:
        every = product(columns, [*factors, RESIDUAL])
        empty = pd.DataFrame(every, columns=["value", "factor"]).assign(n=len(rows), note="")
        return empty.reindex(columns=list(COLUMNS))
    named = dict.fromkeys([*factors, *fixed])
    rows = rows.assign(**{name: as_names(rows[name], numbers=True).fillna("") for name in named})
    codes: dict[str, Codes] = {name: pd.factorize(rows[name])[0] for name in factors}
    numbers = rows[list(columns)].to_numpy(dtype=float)
    middle, spread = numbers.mean(axis=0), numbers.std(axis=0)
    constant = spread <= 1e-12 * np.abs(middle)
    unit = np.where(constant, 1.0, spread)
    apart, notes = _apart(rows, codes, fixed)
    values, effects = (numbers - middle) / unit, _effects(rows, fixed)
    found = fit_anova(cells := collapse(values, apart, effects))
    if tied := [name for name, df in zip(found.names, found.df, strict=True) if df == 0]:
        notes |= dict.fromkeys(tied, "confounded with the other factors together")
        apart = {name: code for name, code in apart.items() if name not in tied}
        found = fit_anova(cells := collapse(values, apart, effects))
    listing = [*factors, *(name for name in apart if name not in factors), RESIDUAL]
    of = {name: int(code.max(initial=-1)) + 1 for name, code in (codes | apart).items()}
    free = dict(zip(found.names, found.df, strict=True)) | {RESIDUAL: found.residual_df}
    worth = Worth.of(factors[0], {name: apart[name] for name in found.names}, _weights(rows, fixed))
    at = [listing.index(name) for name in (*found.names, RESIDUAL)]
    numbers, methods = np.full((len(columns), len(listing), len(NUMBERS)), np.nan), []
    for place in range(len(columns)):
        known = bool(apart) and not constant[place] and not np.isnan(found.residual[place])
        likely = known and engine == "reml" and found.residual[place] > 0
        methods.append((REML if likely else ANOVA) if known else None)
        if known:
            own = np.append(found.variances[place], found.residual[place])
            own = fit_reml(cells, found, place) if likely else own
            numbers[place, at, :-2] = _of_column(found, own, worth.known(own)[0], unit[place] ** 2)
            numbers[place, :, -2] = worth.known(own)[1]
    numbers[:, :, -1] = len(rows) / numbers[:, :, -2]
    table = pd.DataFrame(numbers.reshape(-1, len(NUMBERS)), columns=list(NUMBERS))
    table["value"], table["factor"] = np.repeat(list(columns), len(listing)), listing * len(columns)
    table["levels"], table["df"] = table["factor"].map(of), table["factor"].map(free)
    table["n"], table["method"] = len(rows), np.repeat(np.array(methods, dtype=object), len(listing))
    table["note"] = [notes.get(name, "") for name in table["factor"]]
    if engine == "reml":
        table.loc[(table["method"] == ANOVA) & (table["factor"] == RESIDUAL), "note"] = NO_RESIDUAL
    table.loc[np.repeat(constant, len(listing)), "note"] = CONSTANT
    return table[list(COLUMNS)]


def _apart(
    rows: pd.DataFrame, codes: Mapping[str, Codes], fixed: Sequence[str]
) -> tuple[dict[str, Codes], dict[str, str]]:
    """Factors that can be told apart from each other and from the fixed effects, and notes on the rest."""
    groups = pd.Series("", index=rows.index)
    if fixed:
        groups = rows[list(fixed)].agg("\t".join, axis=1)
    return separate(codes, pd.factorize(groups)[0], fixed)


def _effects(rows: pd.DataFrame, fixed: Sequence[str]) -> Floats | None:
    """One column for each level of the fixed effects but the first, none of them a sum of others."""
    if not fixed:
        return None
    dummies = [pd.get_dummies(rows[name], drop_first=True, dtype=float) for name in fixed]
    return independent(pd.concat(dummies, axis=1).to_numpy(dtype=float))


def _of_column(found: Components, variances: Floats, icc: Floats, unit: float) -> Floats:
    """Variances and shares of one column with their limits, and icc; array of shape (n_factors + 1, 7)."""
    limits = np.full((4, len(variances)), np.nan)
    if variances[-1] > 0:
        drawn = component_draws(found.expected, np.append(found.df, found.residual_df), variances)
        shares = drawn / drawn.sum(axis=1, keepdims=True)
        limits = np.vstack([pivot_limits(drawn), pivot_limits(shares)])
    low, high, least, most = limits
    share = variances / variances.sum()
    rows = [variances * unit, low * unit, high * unit, share, least, most, np.append(icc, np.nan)]
    return np.column_stack(rows)


def _weights(rows: pd.DataFrame, fixed: Sequence[str]) -> Floats:
    """Weight of each row in the mean, or in the difference of two classes."""
    n = max(len(rows), 1)
    if not fixed or rows[fixed[0]].nunique() != 2:
        return np.full(len(rows), 1.0 / n)
    first = pd.factorize(rows[fixed[0]])[0] == 0
    return np.asarray(np.where(first, 1 / first.sum(), -1 / (~first).sum()), dtype=float)
