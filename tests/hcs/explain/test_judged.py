"""Tiles judged without gradients, by a network whose features are known: light of four quarters."""

from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from hcs.explain.judged import BRIGHTNESS, CHANCE, PATCHES, STEPS, judge_tile
from hcs_models.saliency import SaliencyNetwork
from hcs_models.trained import TrainedHead

Array = npt.NDArray[Any]
SIDE = 64


class Quarters:
    """Stands for a network: its features are how rough each quarter of the tile is."""

    def __init__(self) -> None:
        self.passed = 0

    def features(self, images: Array) -> Array:
        """Give the standard deviation of every quarter's grey levels."""
        assert images.shape[1:] == (SIDE, SIDE, 3)
        self.passed += len(images)
        half = SIDE // 2
        parts = [images[:, y : y + half, x : x + half, 0] for y in (0, half) for x in (0, half)]
        return np.stack([part.std(axis=(1, 2)) for part in parts], axis=1).astype(np.float32)


def a_head(weight: float = 0.1) -> TrainedHead:
    """A head that goes by the roughness of the last quarter alone; half of 40 is the border."""
    kernel = np.zeros((4, 2), np.float32)
    kernel[3] = -weight, weight
    bias = np.array([20 * weight, -20 * weight], np.float32)
    return TrainedHead([kernel, bias], np.zeros(4, np.float32), np.ones(4, np.float32), {}, pd.DataFrame(), 1)


def rough_tile() -> Array:
    """Noise of the same roughness everywhere, darker at the lower right."""
    tile = np.random.default_rng(0).normal(128, 40, (SIDE, SIDE, 1))
    tile[SIDE // 2 :, SIDE // 2 :] -= 30
    return tile.clip(0, 255).astype(np.float32)


def spot(quarter: int) -> Array:
    """A map that marks a quarter of the tile, its middle most."""
    y, x = np.mgrid[:SIDE, :SIDE]
    middle = SIDE // 4 + SIDE // 2 * (quarter // 2), SIDE // 4 + SIDE // 2 * (quarter % 2)
    return np.asarray(np.exp(-((y - middle[0]) ** 2 + (x - middle[1]) ** 2) / 300))


def judged(seed: int = 0, target: int = 1, heads: int = 1) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Judge a map of the right quarter and one of a wrong one."""
    network = cast("SaliencyNetwork", Quarters())
    curves, occlusion = judge_tile(
        rough_tile(),
        {"block2": spot(3), "block3": spot(0)},
        [a_head(0.1 * (1 + n)) for n in range(heads)],
        target,
        network,
        seed,
    )
    return (
        pd.DataFrame(curves, columns=["order", "kind", "fraction", "probability"]),
        pd.DataFrame(occlusion, columns=["block", "rho_drop", "rho_shift"]).set_index("block"),
    )


def area(curves: pd.DataFrame, order: str, kind: str) -> float:
    """Mean height of a curve."""
    rows = curves[(curves["order"] == order) & (curves["kind"] == kind)].sort_values("fraction")
    return float(np.trapezoid(rows["probability"], rows["fraction"]))


def test_every_order_has_both_curves() -> None:
    """Maps, chance and brightness, from nothing to all in equal steps."""
    curves, _ = judged()
    assert set(curves["order"]) == {"block2", "block3", CHANCE, BRIGHTNESS}
    steps = curves.groupby(["order", "kind"])["fraction"].agg(list)
    assert len(steps) == 4 * 2
    for fractions in steps:
        assert fractions == pytest.approx(np.linspace(0, 1, STEPS + 1), abs=1e-3)


def test_the_right_map_is_better_than_chance() -> None:
    """Taken away first, its quarter takes the probability along; put back first, it brings it back."""
    curves, _ = judged()
    assert area(curves, "block2", "deletion") < area(curves, CHANCE, "deletion") - 0.1
    assert area(curves, "block3", "deletion") > area(curves, CHANCE, "deletion")
    assert area(curves, "block2", "insertion") > area(curves, CHANCE, "insertion") + 0.1
    assert area(curves, "block3", "insertion") < area(curves, CHANCE, "insertion")


def test_probabilities_are_of_the_class_asked_about() -> None:
    """What is gained for one of two classes is lost for the other."""
    (ours, _), (theirs, _) = judged(target=1), judged(target=0)
    assert (ours["probability"] + theirs["probability"]).to_numpy() == pytest.approx(1)
    whole = ours[(ours["kind"] == "deletion") & (ours["fraction"] == 0)]["probability"]
    rough = (rough_tile()[SIDE // 2 :, SIDE // 2 :]).std()
    assert whole.to_numpy() == pytest.approx(1 / (1 + np.exp(-0.2 * (rough - 20))), rel=1e-4)


def test_probabilities_are_means_over_heads() -> None:
    """Of two heads, one twice as steep as the other."""
    curves, _ = judged(heads=2)
    whole = curves[(curves["kind"] == "insertion") & (curves["fraction"] == 1)]["probability"]
    rough = (rough_tile()[SIDE // 2 :, SIDE // 2 :]).std()
    expected = np.mean([1 / (1 + np.exp(-0.2 * weight * (rough - 20))) for weight in (1, 2)])
    assert whole.to_numpy() == pytest.approx(expected, rel=1e-4)


def test_occlusion_knows_the_right_map() -> None:
    """The fall of the score agrees with the right quarter's map; the features' shift is the same in all."""
    _, occlusion = judged()
    assert occlusion.loc["block2", "rho_drop"] > 0.6
    assert occlusion.loc["block3", "rho_drop"] < 0.1
    assert abs(occlusion.loc["block2", "rho_shift"]) < 0.5


def test_the_random_order_is_the_seeds() -> None:
    """The same again for the same seed, another for another; else only pixels of equal value change place."""
    (first, _), (again, _), (other, _) = judged(seed=0), judged(seed=0), judged(seed=1)
    pd.testing.assert_frame_equal(first, again)
    chance = first["order"] == CHANCE
    apart = np.abs(first["probability"] - other["probability"])
    assert apart[~chance].max() < 0.01 < apart[chance].max()


def test_copies_pass_in_batches() -> None:
    """Copies pass a batch at a time: two ends, all steps between, and every patch with the tile itself."""
    network = Quarters()
    judge_tile(rough_tile(), {"block2": spot(3)}, [a_head()], 1, cast("SaliencyNetwork", network), 0)
    assert network.passed == 2 + 3 * 2 * (STEPS - 1) + PATCHES**2 + 1
