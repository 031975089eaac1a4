"""Light along a neurite: gentle unevenness in every neurite, varicosities and gaps where it is beaded.

Beaded ("dystrophic") neurites carry swellings a few µm apart with thinned stretches between, and break into
fragments. Here both only redistribute the light of a neurite along itself, so that its total is kept.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.ndimage import gaussian_filter1d

Array = npt.NDArray[np.float64]

BEAD_SPACING_UM = 9.0
BEAD_SIGMA_UM = 1.3
GAP_SPACING_UM = 55.0
GAP_UM = 6.0
SMOOTH_UM = 18.0
UNEVENNESS = 0.25
NODE_UM = 6.0


@dataclass(frozen=True)
class Profile:
    """Light and width of neurites, sample by sample, relative to an even neurite.

    Parameters
    ----------
    light
        Array of shape (n_samples,); its mean over each neurite is 1.
    width
        Array of shape (n_samples,); 1 where there is no varicosity.
    """

    light: Array
    width: Array


def profile(
    lengths: npt.NDArray[np.int64], spacing_um: float, beading: float, rngs: tuple[np.random.Generator, ...]
) -> Profile:
    """Draw the light along neurites laid end to end.

    Parameters
    ----------
    lengths
        Array of shape (n_neurites,): samples of each, at least 1.
    spacing_um
        Distance between samples.
    beading
        0 (none) to 1.
    rngs
        Two streams: the unevenness all neurites have, and the beads and gaps.

    Returns
    -------
    Profile
        Of ``lengths.sum()`` samples.
    """
    n = int(lengths.sum())
    smooth = SMOOTH_UM / NODE_UM
    nodes = rngs[0].standard_normal(int(n * spacing_um / NODE_UM) + 2)
    nodes = gaussian_filter1d(nodes, smooth, mode="wrap") * np.sqrt(2 * smooth * np.sqrt(np.pi))
    noise = np.interp(np.arange(n) * (spacing_um / NODE_UM), np.arange(len(nodes)), nodes)
    light = np.exp(UNEVENNESS * noise)
    width = np.ones(n)
    if beading > 0:
        beads, gaps = _beads_and_gaps(lengths, spacing_um, rngs[1])
        # Between beads the light sinks, at beads it rises; a gap takes nearly all of it.
        light *= (1 - 0.6 * beading + 2.2 * beading * beads) * (1 - 0.92 * min(1.0, 1.3 * beading) * gaps)
        width += beading * (0.8 * np.minimum(beads, 2.0) - 0.2)
    starts = np.concatenate([[0], np.cumsum(lengths)[:-1]])
    means = np.add.reduceat(light, starts) / lengths if n else np.ones(0)
    return Profile(light / np.repeat(means, lengths), width)


def _beads_and_gaps(
    lengths: npt.NDArray[np.int64], spacing_um: float, rng: np.random.Generator
) -> tuple[Array, Array]:
    """Bumps of height about 1 at irregular beads, and 0 to 1 within gaps; some neurites have more of both."""
    n = int(lengths.sum())
    severity = np.repeat(np.clip(rng.gamma(3.0, 1 / 3.0, len(lengths)), 0.2, 2.0), lengths)
    count = int(1.4 * n * spacing_um / BEAD_SPACING_UM) + 16
    # Gamma intervals (shape 3) are between a regular chain and a Poisson process.
    at = np.cumsum(rng.gamma(3.0, BEAD_SPACING_UM / 3.0, count)) / spacing_um
    heights = rng.lognormal(-0.15, 0.5, count)
    impulses = np.zeros(n)
    kept = at < n
    np.add.at(impulses, at[kept].astype(np.int64), heights[kept])
    sigma = BEAD_SIGMA_UM / spacing_um
    beads = gaussian_filter1d(impulses, sigma, mode="constant") * sigma * np.sqrt(2 * np.pi) * severity
    count = int(2 * n * spacing_um / GAP_SPACING_UM) + 16
    at = np.cumsum(rng.exponential(GAP_SPACING_UM, count)) / spacing_um
    ends = at + rng.gamma(4.0, GAP_UM / 4.0, count) / spacing_um
    edges = np.zeros(n + 1)
    kept = at < n
    np.add.at(edges, at[kept].astype(np.int64), 1.0)
    np.add.at(edges, np.minimum(ends[kept], n).astype(np.int64), -1.0)
    inside = np.minimum(np.cumsum(edges[:-1]), 1.0)
    gaps = gaussian_filter1d(inside, 0.6 / spacing_um, mode="constant") * np.clip(severity, 0.0, 1.0)
    return beads, gaps
