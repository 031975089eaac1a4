"""Deletion and insertion: pixels of a tile go, or come, in the order of a map, and a probability follows.

The copies of a tile pass once for all heads, as in `hcs_models.occlusion`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from hcs_models.occlusion import Features, Tile, Values, blurred, check_heads, checked_tile, pass_copies
from hcs_models.trained import TrainedHead
from hcs_plates.errors import ArgumentError

Kind = Literal["deletion", "insertion"]


@dataclass(frozen=True)
class CurveSpec:
    """In what portions pixels go.

    Parameters
    ----------
    steps
        Equal portions, at least 2.
    seed
        Orders pixels whose values are equal (`random_order`).

    Raises
    ------
    ArgumentError
        Fewer than two steps.

    Examples
    --------
    >>> CurveSpec(steps=1)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: steps 1 must be at least 2; one step has the two ends alone.
    """

    steps: int = 8
    seed: int = 0

    def __post_init__(self) -> None:
        if self.steps < 2:
            raise ArgumentError(f"steps {self.steps} must be at least 2; one step has the two ends alone.")


@dataclass(frozen=True)
class Curves:
    """Features of a tile while its pixels go or come, highest of a map first.

    Parameters
    ----------
    fractions
        Array of shape (steps + 1,), from 0 to 1: share of pixels that are gone, or back.
    features
        By (order, kind), arrays of shape (steps + 1, D).
    """

    fractions: Values
    features: Mapping[tuple[str, Kind], npt.NDArray[Any]]

    def scores(self, heads: Sequence[TrainedHead], target: int) -> dict[tuple[str, Kind], Values]:
        """Probability of a class along the curves.

        Parameters
        ----------
        heads
            At least one, each of D features.
        target
            Number of the class.

        Returns
        -------
        dict
            By (order, kind), arrays of shape (heads, steps + 1).

        Raises
        ------
        ArgumentError
            No heads, a class that one of them does not have, or heads of features of another length.
        """
        check_heads(heads, target)
        return {
            key: np.stack([head.predict_proba(rows)[:, target] for head in heads])
            for key, rows in self.features.items()
        }

    def area(self, curve: npt.NDArray[Any]) -> Values:
        """Area under curves by trapezoids, which is their mean height.

        The lower for deletion and the higher for insertion, the better an order finds what a head goes by.

        Parameters
        ----------
        curve
            Array of shape (…, steps + 1).

        Returns
        -------
        array of shape (…)

        Raises
        ------
        ArgumentError
            Not one value per fraction.

        Examples
        --------
        >>> Curves(np.array([0.0, 0.5, 1.0]), {}).area(np.array([1.0, 0.0, 0.0])).item()
        0.25
        """
        if curve.shape[-1:] != self.fractions.shape:
            raise ArgumentError(f"curve has shape {curve.shape}; expected (…, {len(self.fractions)}).")
        return np.asarray(np.trapezoid(curve, self.fractions, axis=-1))


def perturbation_curves(
    scaled: Tile, orders: Mapping[str, npt.NDArray[Any]], features: Features, spec: CurveSpec = CurveSpec()
) -> Curves:
    """Delete and insert the pixels of a tile in the order of maps (Petsiuk, Das & Saenko, BMVC 2018).

    Deletion goes from the tile to the blurred tile, insertion back; both take a map's highest pixels first.
    Pixels of equal value go as in `random_order` of `CurveSpec.seed`, so a flat map is a random order.

    Parameters
    ----------
    scaled
        Array of shape (side, side, channel) within 0 to 255.
    orders
        Finite maps of shape (side, side) by name.
    features
        Is given 2 + 2 × (steps - 1) × orders tiles, at most `hcs_models.occlusion.AT_ONCE` a call: all curves
        share their ends.
    spec
        Portions, and the order of equal values.

    Raises
    ------
    ArgumentError
        No such tile, no map, maps that do not fit it, or features that are not one row per tile.

    Examples
    --------
    A network that sees the brightest pixel alone: with it all is lost, and all is won.

    >>> tile = np.zeros((16, 16, 1), np.float32)
    >>> tile[8, 8] = 160
    >>> made = perturbation_curves(tile, {"light": tile[..., 0]}, lambda tiles: tiles.max(axis=(1, 2)))
    >>> [round(float(level)) for level in made.features["light", "insertion"][[0, 1, -1], 0]]
    [25, 160, 160]
    """
    tile = checked_tile(scaled)
    side = len(tile)
    if not orders:
        raise ArgumentError("orders is empty; name at least one map.")
    ties = random_order(side, spec.seed)
    places = [_places(name, order, ties) for name, order in orders.items()]
    counts = np.rint(np.linspace(0, side**2, spec.steps + 1)).astype(int)
    plain = blurred(tile)

    def copies() -> Iterator[Tile]:
        yield from (tile, plain)
        for place, count in product(places, counts[1:-1]):
            first = (place < count)[..., None]
            yield from (np.where(first, plain, tile), np.where(first, tile, plain))

    rows = pass_copies(copies(), features)
    whole, none = rows[:1], rows[1:2]
    curves: dict[tuple[str, Kind], npt.NDArray[Any]] = {}
    for name, pairs in zip(orders, rows[2:].reshape(len(orders), spec.steps - 1, 2, -1), strict=True):
        curves[name, "deletion"] = np.concatenate([whole, pairs[:, 0], none])
        curves[name, "insertion"] = np.concatenate([none, pairs[:, 1], whole])
    return Curves(counts / side**2, curves)


def random_order(side: int, seed: int) -> Values:
    """Make a map whose pixels come in a random order.

    Parameters
    ----------
    side
        Side of the tile, pixels.
    seed
        Decides the order.

    Returns
    -------
    array of shape (side, side)
        Each of 0 … side² - 1 once.

    Examples
    --------
    >>> sorted(random_order(2, seed=0).ravel().tolist())
    [0.0, 1.0, 2.0, 3.0]
    """
    return np.random.default_rng(seed).permutation(side**2).astype(np.float64).reshape(side, side)


def _places(name: str, order: npt.NDArray[Any], ties: Values) -> npt.NDArray[np.int64]:
    """Place of every pixel, counted from 0: highest value first, then highest of `ties`."""
    if order.shape != ties.shape or not np.isfinite(order).all():
        raise ArgumentError(f"order {name!r} of shape {order.shape} must be {ties.shape} finite values.")
    places = np.empty(order.size, dtype=np.int64)
    places[np.lexsort((ties.ravel(), order.ravel()))[::-1]] = np.arange(order.size)
    return places.reshape(order.shape)
