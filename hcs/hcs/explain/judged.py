"""Tiles tested without gradients: light taken away patch by patch, and in the order of a map."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from hcs.explain.sheet import likeness
from hcs_models.deletion import CurveSpec, perturbation_curves
from hcs_models.occlusion import OcclusionSpec, occlude_features, patch_means
from hcs_models.preprocessing import network_input
from hcs_models.saliency import SaliencyNetwork, upsampled
from hcs_models.trained import TrainedHead

PATCHES = 8
"""Patches along a tile's side."""
STEPS = 6
CHANCE, BRIGHTNESS = "random", "brightness"


def judge_tile(
    scaled: npt.NDArray[np.float32],
    maps: Mapping[str, npt.NDArray[Any]],
    heads: Sequence[TrainedHead],
    target: int,
    network: SaliencyNetwork,
    seed: int,
) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Test a tile's maps (by block, of its side) by occlusion, deletion and insertion; means over the heads.

    Returns
    -------
    curves
        (order, kind, fraction, probability).
    occlusion
        (block, rho_drop, rho_shift): Spearman's correlation, over patches, of the map with the fall of the
        log-odds, and with the shift of the standardised features, which knows no class.
    """
    side = len(scaled)

    def features(tiles: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        return network.features(network_input(tiles))

    # Single pixels at random would make salt and pepper, which no tile is like; a map is as smooth as this.
    cells = np.random.default_rng(seed).random((1, PATCHES, PATCHES))
    chance = upsampled(cells, side, side // PATCHES)[0]
    orders = dict(maps) | {CHANCE: chance, BRIGHTNESS: scaled.mean(axis=-1)}
    curves = perturbation_curves(scaled, orders, features, CurveSpec(STEPS, seed))
    rows = [
        (order, kind, float(fraction), float(probability))
        for (order, kind), scores in curves.scores(heads, target).items()
        for fraction, probability in zip(curves.fractions, scores.mean(axis=0), strict=True)
    ]
    patch = max(1, side // PATCHES)
    spec = OcclusionSpec(patch, patch)
    hidden = occlude_features(scaled, features, spec)
    drop = hidden.drops(heads, target).mean(axis=0)
    shift = np.mean([hidden.shift(head.scale) for head in heads], axis=0)
    means = {block: patch_means(one, spec) for block, one in maps.items()}
    return rows, [(block, likeness(one, drop), likeness(one, shift)) for block, one in means.items()]
