"""Variance components by restricted maximum likelihood (Patterson & Thompson 1971, *Biometrika* 58:545).

Cell means, times √n, and the sum of squares within cells carry the whole likelihood
(`hcs.statistics.anova.Cells`), so that 6,750 images cost as little as their 180 wells. A component may be 0:
that is an estimate like any other.
"""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from hcs.statistics.anova import Cells, Components
from hcs.statistics.arrays import Codes, Floats

MOST = 1 - 1e-9
"""Share of a component in its sum with the residual: at 1 the residual is 0, and the likelihood infinite."""
ZERO = 1e-7
"""Below this share a component is at its boundary."""


def fit_reml(cells: Cells, found: Components, place: int) -> Floats:
    """Estimate the variance components of one column by restricted maximum likelihood.

    The search starts at the analysis of variance, which must have left a residual, and at equal components:
    the likelihood of unbalanced designs may have two tops.

    Returns
    -------
    array of shape (n_factors + 1,)
        Components in the order of `found.names`, then the residual; none negative.

    Examples
    --------
    >>> from hcs.statistics.anova import collapse, fit_anova
    >>> cells = collapse(np.array([[1.0], [3.0], [2.0], [2.0]]), {"clone": np.array([0, 0, 1, 1])})
    >>> fit_reml(cells, fit_anova(cells), 0).round(4).tolist()
    [0.0, 0.6667]
    """
    likelihood = _Likelihood.of(cells, found, place)
    anova = found.variances[place] / (found.variances[place] + found.residual[place])
    fits = [
        minimize(
            likelihood.deviance,
            start,
            jac="3-point",
            method="L-BFGS-B",
            bounds=[(0, MOST)] * len(anova),
            options={"ftol": 1e-13, "gtol": 1e-7},
        )
        for start in (np.clip(anova, 0.01, 0.99), np.full(len(anova), 0.5))
    ]
    best = min(fits, key=lambda fit: float(fit.fun)).x
    best = np.where(best < ZERO, 0.0, best)
    return likelihood.variances(best)


@dataclass(frozen=True)
class _Likelihood:
    """The likelihood of one column, as a function of shares φ = σ² / (σ² + residual).

    Parameters
    ----------
    sizes
        Rows in each cell.
    columns
        Designs of all factors with fewer levels than cells, fixed effects, values; side by side.
    factors
        Number of the factor of each of these levels; its length is the number of levels.
    wide
        Number of the factor with a level for every cell, which needs no design; -1 where there is none.
    within, free
        Sum of squares within cells; rows less fixed effects.
    """

    sizes: Floats
    columns: Floats
    factors: Codes
    wide: int
    within: float
    free: int

    @classmethod
    def of(cls, cells: Cells, found: Components, place: int) -> "_Likelihood":
        designs = [cells.indicator(name) for name in found.names]
        wide = [design.shape[1] == len(cells.sizes) for design in designs]
        narrow = [at for at, is_wide in enumerate(wide) if not is_wide]
        columns = [*(designs[at].toarray() for at in narrow), cells.scaled(cells.fixed)]
        columns.append(cells.scaled(cells.means[:, [place]]))
        factors = np.repeat(narrow, [designs[at].shape[1] for at in narrow]).astype(np.intp)
        within, free = float(cells.within[place]), cells.n - cells.fixed.shape[1]
        return cls(
            cells.sizes, np.hstack(columns), factors, wide.index(True) if True in wide else -1, within, free
        )

    def deviance(self, shares: Floats) -> float:
        """Give −2 log restricted likelihood, without its constant, at the best residual."""
        log_of, squares = self._parts(shares)
        return log_of + self.free * float(np.log(squares))

    def variances(self, shares: Floats) -> Floats:
        """Components and residual at shares."""
        residual = self._parts(shares)[1] / self.free
        return np.append(shares / (1 - shares) * residual, residual)

    def _parts(self, shares: Floats) -> tuple[float, float]:
        """Log determinants, and the sum of squares that the residual is estimated from.

        The values' covariance is V = D + ZTZ′ in units of the residual, D diagonal: by Woodbury's identity
        only matrices of as many rows as Z has columns are taken apart.
        """
        ratios = shares / (1 - shares)
        diagonal = 1 + (self.sizes * ratios[self.wide] if self.wide >= 0 else np.zeros_like(self.sizes))
        gram = self.columns.T @ (self.columns / diagonal[:, None])
        n = len(self.factors)
        root = np.sqrt(ratios[self.factors])
        inner = np.eye(n) + root[:, None] * gram[:n, :n] * root
        lower = np.linalg.cholesky(inner)
        half = np.linalg.solve(lower, root[:, None] * gram[:n, n:])
        rest = gram[n:, n:] - half.T @ half
        fixed, with_values = rest[:-1, :-1], rest[:-1, -1]
        squares = rest[-1, -1] - with_values @ np.linalg.solve(fixed, with_values) + self.within
        log_of = np.log(diagonal).sum() + 2 * np.log(np.diag(lower)).sum() + np.linalg.slogdet(fixed)[1]
        return float(log_of), float(squares)
