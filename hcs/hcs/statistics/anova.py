"""Variance components by analysis of variance, for many columns of values at once.

The method is Henderson's third (1953, *Biometrics* 9:226): sums of squares of factors fitted one after the
other are set equal to what they are expected to be. It holds for crossed and nested factors and unequal
numbers; in balanced designs it is the textbook analysis of variance, and equals REML where no estimate is
negative. Where one is, it is set to 0 and the others are estimated anew without it (Thompson 1962, *Ann Math
Stat* 33:273), most negative first.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import qr
from scipy.sparse import csr_array

from hcs.statistics.arrays import Codes, Floats

RESIDUAL = "residual"
RANK = 1e-9
"""A direction shorter than this, relative to the longest of its factor, is none."""
ROUNDING = 1e-12
"""A component below this share of the total is rounding, and counts as 0."""


@dataclass(frozen=True)
class Cells:
    """Rows summed up by cell, without loss for any model whose factors are constant within a cell.

    With n values in a cell, its mean times √n carries all that the factors can explain; the rest is one sum
    of squares within cells, which belongs to the residual alone. `codes` are the level of each factor in each
    cell, 0, 1, …; `fixed` the intercept and fixed effects, shape (n_cells, n_fixed); `sizes` rows in each;
    `means` of shape (n_cells, n_columns); `within` the sums of squares, shape (n_columns,).
    """

    codes: Mapping[str, Codes]
    fixed: Floats
    sizes: Floats
    means: Floats
    within: Floats

    @property
    def n(self) -> int:
        """Number of rows."""
        return int(self.sizes.sum())

    def scaled(self, columns: Floats) -> Floats:
        """Multiply rows by √n of their cell."""
        return columns * np.sqrt(self.sizes)[:, None]

    def indicator(self, factor: str) -> csr_array:
        """One column per level of a factor, scaled; sparse array of shape (n_cells, n_levels)."""
        code = self.codes[factor]
        return csr_array((np.sqrt(self.sizes), (np.arange(len(code)), code)))


@dataclass(frozen=True)
class Components:
    """Variance components of several columns.

    Parameters
    ----------
    names, df
        The factors, in the order in which they were fitted, and the degrees of freedom of each after those
        before it; 0 where these explain it: its estimate is NaN.
    variances, first
        Estimates, none negative, and those before negative ones were set to 0; shape (n_columns, n_factors).
    residual, residual_df
        Array of shape (n_columns,), NaN where nothing is left to estimate it from; its degrees of freedom.
    expected
        What the sum of squares of each factor, and of the residual, is expected to be per unit of each
        variance; array of shape (n_factors + 1, n_factors + 1), of all factors.
    """

    names: tuple[str, ...]
    df: Codes
    variances: Floats
    residual: Floats
    residual_df: int
    first: Floats
    expected: Floats


def collapse(values: Floats, codes: Mapping[str, Codes], fixed: Floats | None = None) -> Cells:
    """Sum rows up by the distinct combinations of factor levels and fixed effects.

    Values have shape (n_rows, n_columns), no NaN; fixed effects, without the intercept, (n_rows, n_fixed).

    Examples
    --------
    >>> cells = collapse(np.array([[1.0], [3.0], [6.0]]), {"clone": np.array([0, 0, 1])})
    >>> cells.means.ravel().tolist(), cells.sizes.tolist(), cells.within.tolist()
    ([2.0, 6.0], [2.0, 1.0], [2.0])
    """
    n = len(values)
    ones = np.ones((n, 1)) if fixed is None else np.column_stack([np.ones(n), fixed])
    keys = np.column_stack([ones, *codes.values()])
    _, first, cell = np.unique(keys, axis=0, return_index=True, return_inverse=True)
    cell = cell.ravel()
    sizes = np.bincount(cell).astype(float)
    means = np.zeros((len(sizes), values.shape[1]))
    np.add.at(means, cell, values)
    means /= sizes[:, None]
    within = ((values - means[cell]) ** 2).sum(axis=0)
    return Cells({name: code[first] for name, code in codes.items()}, ones[first], sizes, means, within)


def fit_anova(cells: Cells) -> Components:
    """Estimate variance components of every column by Henderson's third method.

    Factors with fewer levels come first, so that what is nested comes after what it lies in.

    Examples
    --------
    Two clones, two images each: the mean squares are 8 and 0.5, so the clone variance is (8 − 0.5) / 2.

    >>> found = fit_anova(collapse(np.array([[1.0], [2.0], [4.0], [5.0]]), {"clone": np.array([0, 0, 1, 1])}))
    >>> found.variances.round(9).tolist(), found.residual.round(9).tolist()
    ([[4.25]], [0.5])
    """
    names = tuple(sorted(cells.codes, key=lambda name: int(cells.codes[name].max())))
    df, first, residual, expected = _estimate(cells, names, np.arange(cells.means.shape[1]))
    variances = first.copy()
    total = cells.within + ((cells.means - cells.means.mean(axis=0)) ** 2 * cells.sizes[:, None]).sum(axis=0)
    floor = -ROUNDING * total / cells.n
    kept = np.tile(df > 0, (len(residual), 1))
    while True:
        known = np.where(kept, np.nan_to_num(variances), np.inf)
        bad = np.flatnonzero(known.min(axis=1, initial=np.inf) < floor)
        if len(bad) == 0:
            break
        worst = known[bad].argmin(axis=1)
        kept[bad, worst] = False
        for pattern in np.unique(kept[bad], axis=0):
            columns = bad[(kept[bad] == pattern).all(axis=1)]
            active = [name for name, keep in zip(names, pattern, strict=True) if keep]
            _, again, residual[columns], _ = _estimate(cells, active, columns)
            variances[columns] = np.where(df > 0, 0.0, np.nan)
            variances[np.ix_(columns, np.flatnonzero(pattern))] = again
    free = int(expected[-1, -1])
    return Components(names, df, np.where(variances < 0, 0.0, variances), residual, free, first, expected)


def _estimate(cells: Cells, names: Sequence[str], columns: Codes) -> tuple[Codes, Floats, Floats, Floats]:
    """Degrees of freedom, components (n_columns, n_factors), residual (n_columns,), expected squares."""
    y = cells.scaled(cells.means[:, columns])
    designs = [cells.indicator(name) for name in names]
    basis = _directions(cells.scaled(cells.fixed), np.empty((len(y), 0)))
    left, rank = y - basis @ (basis.T @ y), basis.shape[1]
    squares, df = np.zeros((len(names), len(columns))), np.zeros(len(names), dtype=np.intp)
    expected = np.zeros((len(names), len(names)))
    # What each design still expects from directions not yet taken.
    rest = np.array([cells.n - np.square(design.T @ basis).sum() for design in designs])
    for place, design in enumerate(designs):
        if rank == len(y):
            break
        if design.shape[1] == len(y):
            # A level for every cell takes all that is left: no need to find the directions.
            df[place], rank = len(y) - rank, len(y)
            squares[place], expected[place, place:] = np.square(left).sum(axis=0), rest[place:]
            left = np.zeros_like(left)
            break
        new = _directions(design.toarray(), basis)
        df[place] = new.shape[1]
        squares[place] = np.square(new.T @ y).sum(axis=0)
        expected[place] = [np.square(other.T @ new).sum() for other in designs]
        rest -= expected[place]
        left -= new @ (new.T @ left)
        basis, rank = np.column_stack([basis, new]), rank + new.shape[1]
    free = cells.n - rank
    residual = np.full(len(columns), np.nan)
    if free > 0:
        residual = (np.square(left).sum(axis=0) + cells.within[columns]) / free
    made = np.full((len(columns), len(names)), np.nan)
    for place in reversed(range(len(names))):
        if df[place]:
            later = np.nan_to_num(made[:, place + 1 :]) @ expected[place, place + 1 :]
            made[:, place] = (squares[place] - later - df[place] * residual) / expected[place, place]
    whole = np.zeros((len(names) + 1, len(names) + 1))
    whole[:-1, :-1], whole[:, -1] = expected, [*df, free]
    return df, made, residual, whole


def _directions(design: Floats, basis: Floats) -> Floats:
    """Orthonormal directions that a design adds to a basis; array of shape (n_cells, rank)."""
    new = design - basis @ (basis.T @ design)
    # Once more: after one pass what is left of a nearly explained design is not orthogonal to the basis.
    new -= basis @ (basis.T @ new)
    q, r, _ = qr(new, mode="economic", pivoting=True)
    longest = np.sqrt(np.square(design).sum(axis=0).max(initial=0.0))
    return np.asarray(q[:, np.abs(np.diag(r)) > RANK * longest], dtype=float)


def independent(columns: Floats) -> Floats:
    """Keep the columns that are no sum of a constant and others."""
    centred = columns - columns.mean(axis=0) if len(columns) else columns
    if not centred.size:
        return columns[:, :0]
    _, r, order = qr(centred, mode="economic", pivoting=True)
    long = np.abs(np.diag(r))
    return columns[:, np.sort(order[: len(long)][long > RANK * max(long.max(), 1.0)])]


def lies_within(inner: Codes, outer: Codes) -> bool:
    """Tell whether every level of one factor lies in one level of another."""
    pairs = inner.astype(np.int64) * (int(outer.max(initial=0)) + 1) + outer
    return len(np.unique(pairs)) == len(np.unique(inner))


def separate(
    codes: Mapping[str, Codes], fixed: Codes, names: Sequence[str]
) -> tuple[dict[str, Codes], dict[str, str]]:
    """Choose the factors whose variances can be told apart, and say why the others cannot.

    `fixed` is the combination of fixed effects in each row, `names` are theirs. Factors with the same levels
    are one, named ``a + b``; notes are by factor.

    Examples
    --------
    >>> same = np.array([0, 0, 1, 1])
    >>> separable, notes = separate({"clone": same, "plate": same, "batch": 0 * same}, 0 * same, [])
    >>> list(separable), notes["plate"], notes["batch"]
    (['clone + plate'], 'confounded with clone: the levels are the same', 'it has one level only')
    """
    notes: dict[str, str] = {}
    alike: list[list[str]] = []
    for name, code in codes.items():
        if code.max(initial=0) == 0:
            notes[name] = "it has one level only"
        elif code.max() + 1 == len(code):
            notes[name] = "confounded with the residual: every row has a level of its own"
        elif names and lies_within(fixed, code):
            notes[name] = f"confounded with {' and '.join(names)}, which is fixed"
        else:
            twins = [group for group in alike if _same(code, codes[group[0]])]
            if twins:
                twins[0].append(name)
            else:
                alike.append([name])
    for group in alike:
        for name in group if len(group) > 1 else ():
            others = " and ".join(other for other in group if other != name)
            notes[name] = f"confounded with {others}: the levels are the same"
    return {" + ".join(group): codes[group[0]] for group in alike}, notes


def _same(one: Codes, other: Codes) -> bool:
    return lies_within(one, other) and lies_within(other, one)
