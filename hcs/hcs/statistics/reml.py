"""Variance components by restricted maximum likelihood: statsmodels' MixedLM on cells instead of rows.

Cell means, times √n, and the sum of squares within cells carry the whole likelihood. The latter stands as
rows that no effect reaches, in a group of their own, so that 6,750 images cost as little as their 180 wells.
All factors are crossed variance components of one group: with ``groups="clone"`` beside components, MixedLM
would leave the clone's own variance out without a word.
"""

import warnings

import numpy as np

from hcs.statistics.anova import RESIDUAL, Cells, Components
from hcs.wording import listed, spaced

BOUNDARY = 1e-4
"""A component below this share of the total lies at the boundary of what is possible."""
STEPS = 100


def fit_reml(cells: Cells, found: Components, place: int) -> tuple[list[float] | None, str]:
    """Estimate the variance components of one column by restricted maximum likelihood.

    The search starts at the analysis of variance of the cells, whose columns have about unit variance.
    Components come in the order of `found.names`, then the residual; or None and why there are none.
    """
    from statsmodels.regression.mixed_linear_model import MixedLM, MixedLMParams, VCSpec

    start = float(found.residual[place])
    if not start > 0:
        return None, "the residual variance is 0"
    means = cells.scaled(cells.means[:, [place]]).ravel()
    free = cells.n - len(means)
    rest = np.full(free, np.sqrt(cells.within[place] / max(free, 1)))
    blocks = [
        [cells.indicator(name).toarray(), np.zeros((free, 1))][: 1 + (free > 0)] for name in found.names
    ]
    labels = [[[str(column) for column in range(part.shape[1])] for part in block] for block in blocks]
    fixed = np.vstack([cells.scaled(cells.fixed), np.zeros((free, cells.fixed.shape[1]))])
    groups = np.repeat([0, 1], [len(means), free])
    begin = MixedLMParams(fixed.shape[1], 0, len(blocks))
    begin.fe_params, begin.cov_re = np.zeros(fixed.shape[1]), np.zeros((0, 0))
    begin.vcomp = np.maximum(found.variances[place] / start, 0.01)
    # Its warnings (boundary below an absolute 0.01, retries) become the checks and words below.
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            spec = VCSpec(list(found.names), labels, blocks)
            model = MixedLM(np.concatenate([means, rest]), fixed, groups, exog_vc=spec)
            fit = model.fit(start_params=begin, method="lbfgs", maxiter=STEPS)
        except (np.linalg.LinAlgError, ValueError, ZeroDivisionError, FloatingPointError):
            return None, "REML met a singular matrix"
    made = [*map(float, fit.vcomp), float(fit.scale)]
    if not fit.converged or not np.isfinite(made).all():
        return None, "REML did not converge"
    if min(made) < BOUNDARY * sum(made):
        small = np.array(made) < BOUNDARY * sum(made)
        zero = [spaced(name) for name, none in zip((*found.names, RESIDUAL), small, strict=True) if none]
        return None, f"REML puts {listed(zero)} at 0"
    return made, ""
