"""One variance split among factors: components, their shares, and what the rows are worth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
import pandas as pd

from hcs.statistics.anova import (
    RESIDUAL,
    Cells,
    Components,
    collapse,
    fit_anova,
    independent,
    lies_within,
    separate,
)
from hcs.statistics.arrays import Bools, Codes, Floats
from hcs.statistics.reml import fit_reml
from hcs_plates.names import as_names

REML, ANOVA = "REML (MixedLM)", "ANOVA (Henderson III)"
CONSTANT = "the value is constant"
NEGATIVE = "its estimate lies below 0 and is taken as 0"
COLUMNS = (
    "value", "factor", "levels", "df", "variance", "share", "icc", "method", "n", "n_eff", "design_effect",
    "note",
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

    def applied(self, table: pd.DataFrame) -> None:
        """Add share, icc, n_eff and design effect to the rows of one value."""
        variance = table["variance"]
        total = float(variance.sum())
        own = variance.loc[list(self.names)].to_numpy(dtype=float)
        table.loc[list(self.names), "icc"] = self.within @ own / total
        spread = variance[RESIDUAL] * self.square + float(own @ self.spread)
        table["share"] = variance / total
        # Factors that both classes share cancel, which could make the images worth more than they are.
        known = spread > 0 and own[self._unit()] > 0
        effective = self.n * min(1.0, total * self.square / spread) if known else np.nan
        table["n_eff"], table["design_effect"] = effective, self.n / effective


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
        notes |= dict.fromkeys(tied, "cannot be told apart from the other factors together")
        apart = {name: code for name, code in apart.items() if name not in tied}
        found = fit_anova(cells := collapse(values, apart, effects))
    listing = [*factors, *(name for name in apart if name not in factors), RESIDUAL]
    of = {name: int(code.max(initial=-1)) + 1 for name, code in (codes | apart).items()}
    free = dict(zip(found.names, found.df, strict=True)) | {RESIDUAL: found.residual_df}
    skeleton = pd.DataFrame({"factor": listing, "n": len(rows)}).set_index("factor", drop=False)
    skeleton["levels"], skeleton["df"] = skeleton["factor"].map(of), skeleton["factor"].map(free)
    worth, made = Worth.of(factors[0], apart, _weights(rows, fixed)), []
    for place, column in enumerate(columns):
        table = skeleton.assign(value=column, note=[notes.get(name, "") for name in listing])
        if constant[place]:
            table["note"] = CONSTANT
        elif apart and not np.isnan(found.residual[place]):
            scaled, said, reason = _one(cells, found, place, engine)
            table["note"] = [(notes | said | {RESIDUAL: reason}).get(name, "") for name in listing]
            table["method"] = REML if engine == "reml" and not reason else ANOVA
            table["variance"] = table["factor"].map(scaled) * unit[place] ** 2
            worth.applied(table)
        made.append(table)
    return pd.concat(made, ignore_index=True).reindex(columns=list(COLUMNS))


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


def _one(
    cells: Cells, found: Components, place: int, engine: str
) -> tuple[dict[str, float], dict[str, str], str]:
    """Components of one column by factor, notes on those below 0, and why it is not REML if it should be."""
    reason = ""
    if engine == "reml":
        made, reason = fit_reml(cells, found, place)
        if made is not None:
            return dict(zip((*found.names, RESIDUAL), made, strict=True)), {}, ""
    variances = dict(zip(found.names, found.variances[place], strict=True))
    below = {
        name: NEGATIVE
        for name, first in zip(found.names, found.first[place], strict=True)
        if variances[name] == 0 and first < 0
    }
    return variances | {RESIDUAL: float(found.residual[place])}, below, reason


def _weights(rows: pd.DataFrame, fixed: Sequence[str]) -> Floats:
    """Weight of each row in the mean, or in the difference of two classes."""
    n = max(len(rows), 1)
    if not fixed or rows[fixed[0]].nunique() != 2:
        return np.full(len(rows), 1.0 / n)
    first = pd.factorize(rows[fixed[0]])[0] == 0
    return np.asarray(np.where(first, 1 / first.sum(), -1 / (~first).sum()), dtype=float)
