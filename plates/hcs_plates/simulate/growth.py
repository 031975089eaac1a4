"""Growth: where the neurons of a field sit and how their neurites run, as geometry without light.

The field is cut from a larger stretch of culture, so that neurites enter from outside. Free neurites are
persistent random walks with occasional kinks; fascicles are fibres that share a gently bent track between two
cell aggregates and fan out at its ends.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.signal import lfilter

from hcs_plates.simulate.field import FieldSpec, generator

Array = npt.NDArray[np.float64]

STEP_UM = 2.0
MARGIN_UM = 220.0
CURVATURE_UM = 30.0
KINK_UM = 160.0
AIMED = 0.6
RIPPLE_UM = 16.0
RIPPLE = 0.045


@dataclass(frozen=True)
class Walks:
    """Centre-lines of equal step, padded to the longest.

    Parameters
    ----------
    points
        Array of shape (n_walks, n_steps + 1, 2), x and y in µm.
    steps
        Array of shape (n_walks,): steps that count, at least 1.
    width
        Array of shape (n_walks,): SD of the cross-section at the start, µm.
    brightness
        Array of shape (n_walks,), relative to a median neurite.
    rootless
        Whether both ends are loose: a fibre that comes from a cell out of sight.
    """

    points: Array
    steps: npt.NDArray[np.int64]
    width: Array
    brightness: Array
    rootless: bool = False


@dataclass(frozen=True)
class Culture:
    """The geometry of one field and its surroundings.

    Parameters
    ----------
    cells
        Array of shape (n_cells, 2), centres, µm from the field's upper left corner.
    areas
        Array of shape (n_cells,), soma areas, µm².
    angles
        Array of shape (n_cells,), direction of the soma's long axis.
    clusters
        Array of shape (n_clusters, 4), x, y, radius and long axis of the aggregates.
    neurites
        Axons, dendrites, branches and the fibres of fascicles.
    branch_points
        Array of shape (n_branch_points, 2).
    """

    cells: Array
    areas: Array
    angles: Array
    clusters: Array
    neurites: tuple[Walks, ...]
    branch_points: Array


def grow(spec: FieldSpec, seed: int, name: str) -> Culture:
    """Draw the geometry of one field; the same spec, seed and name give the same geometry."""
    rng = generator(seed, name, "cells")
    low = np.full(2, -MARGIN_UM)
    high = np.asarray(spec.size_um) + MARGIN_UM
    area_mm2 = float(np.prod(high - low)) / 1e6
    clusters = _clusters(spec, rng, low, high, area_mm2)
    cells, angles = _cells(spec, rng, low, high, clusters)
    areas = spec.cells.soma_area_um2 * rng.lognormal(0.0, spec.cells.soma_sd, len(cells))
    rng = generator(seed, name, "neurites")
    axons = _axons(spec, rng, cells, angles, clusters)
    dendrites = _dendrites(spec, rng, cells, angles)
    rate = spec.neurites.branches_per_mm / 1000
    collaterals, first = _branches(spec, rng, axons, rate, 0.45)
    twigs, second = _branches(spec, rng, dendrites, 3 * rate, 0.8)
    bundles = _bundles(spec, generator(seed, name, "bundles"), clusters, low, high)
    return Culture(
        cells,
        areas,
        angles,
        clusters,
        (axons, dendrites, collaterals, twigs, bundles),
        np.concatenate([first, second]),
    )


def _clusters(spec: FieldSpec, rng: np.random.Generator, low: Array, high: Array, area_mm2: float) -> Array:
    """Draw aggregates: centres anywhere, radii of 22 to 55 µm."""
    n = rng.poisson(spec.cells.clusters_per_mm2 * area_mm2)
    centres = rng.uniform(low, high, (n, 2))
    axis = rng.uniform(0, np.pi, n)
    if n > 1:
        # Aggregates are drawn out along the fascicle to their nearest neighbour.
        span = centres[None] - centres[:, None]
        distance = np.hypot(span[..., 0], span[..., 1]) + np.where(np.eye(n, dtype=bool), np.inf, 0.0)
        towards = span[np.arange(n), np.argmin(distance, axis=1)]
        axis = np.arctan2(towards[:, 1], towards[:, 0]) + rng.normal(0, 0.15, n)
    return np.column_stack([centres, rng.uniform(22, 55, n), axis])


def _cells(
    spec: FieldSpec, rng: np.random.Generator, low: Array, high: Array, clusters: Array
) -> tuple[Array, Array]:
    """Centres and long axes: clustered cells lie around their aggregate's own axis, the others anywhere."""
    n = rng.poisson(spec.cells.per_mm2 * float(np.prod(high - low)) / 1e6)
    cells = rng.uniform(low, high, (n, 2))
    angles = rng.uniform(0, 2 * np.pi, n)
    if len(clusters):
        member = rng.integers(0, len(clusters), n)
        along = rng.standard_normal(n) * clusters[member, 2] * 1.7
        across = rng.standard_normal(n) * clusters[member, 2] * 0.5
        axis = clusters[member, 3]
        cos, sin = np.cos(axis), np.sin(axis)
        offset = np.column_stack([along * cos - across * sin, along * sin + across * cos])
        inside = rng.random(n) < spec.cells.clustered
        cells = np.where(inside[:, None], clusters[member, :2] + offset, cells)
        angles = np.where(inside, axis + rng.normal(0, 0.5, n), angles)
    return cells, angles


def _walk(
    rng: np.random.Generator, origin: Array, heading: Array, length_um: Array, persistence_um: float
) -> tuple[Array, npt.NDArray[np.int64]]:
    """Draw persistent random walks from origins: points of shape (n, longest + 1, 2), and steps."""
    steps = np.clip(np.round(length_um / STEP_UM), 1, 1500).astype(np.int64)
    n, longest = len(steps), int(steps.max(initial=1))
    memory = np.exp(-STEP_UM / CURVATURE_UM)
    # Smoothed curvature whose integral loses direction over `persistence_um`.
    sd = np.sqrt(1.0 / (persistence_um * CURVATURE_UM))
    noise = rng.standard_normal((n, longest), dtype=np.float32) * sd * np.sqrt(1 - memory**2)
    bends = lfilter([1.0], [1.0, -memory], noise, axis=1) * STEP_UM
    kinks = rng.random((n, longest), dtype=np.float32) < STEP_UM / KINK_UM
    bends[kinks] += rng.normal(0, 0.45, int(kinks.sum()))
    # A ripple that comes back to its course: neurites are slack between the places where they hold on.
    ripple = lfilter(
        [1.0], [1.0, -np.exp(-STEP_UM / RIPPLE_UM)], rng.standard_normal((n, longest), dtype=np.float32)
    )
    turned = heading[:, None] + np.cumsum(bends, axis=1) + RIPPLE * ripple
    points = np.empty((n, longest + 1, 2))
    points[:, 0] = origin
    np.cumsum(np.cos(turned) * STEP_UM, axis=1, out=points[:, 1:, 0])
    np.cumsum(np.sin(turned) * STEP_UM, axis=1, out=points[:, 1:, 1])
    points[:, 1:] += origin[:, None]
    return points, steps


def _axons(spec: FieldSpec, rng: np.random.Generator, cells: Array, angles: Array, clusters: Array) -> Walks:
    """One long neurite from each cell: most set out for some aggregate, the others along the soma's axis."""
    n = len(cells)
    heading = angles
    if len(clusters):
        span = clusters[rng.integers(0, len(clusters), n), :2] - cells
        heading = np.where(rng.random(n) < AIMED, np.arctan2(span[:, 1], span[:, 0]), angles)
    length = spec.neurites.axon_um * rng.lognormal(0.0, spec.neurites.length_sd, n)
    heading = heading + rng.normal(0, 0.35, n)
    points, steps = _walk(rng, cells, heading, length, spec.neurites.persistence_um)
    return Walks(points, steps, rng.lognormal(np.log(1.05), 0.25, n), rng.lognormal(-0.15, 0.65, n))


def _dendrites(spec: FieldSpec, rng: np.random.Generator, cells: Array, angles: Array) -> Walks:
    """Short winding neurites, thick where they leave the soma, about its long axis."""
    owner = np.repeat(np.arange(len(cells)), rng.poisson(spec.neurites.dendrites, len(cells)))
    n = len(owner)
    length = spec.neurites.dendrite_um * rng.lognormal(0.0, spec.neurites.length_sd, n)
    heading = angles[owner] + np.pi * rng.integers(0, 2, n) + rng.normal(0, 0.6, n)
    points, steps = _walk(rng, cells[owner], heading, length, 0.25 * spec.neurites.persistence_um)
    return Walks(points, steps, rng.lognormal(np.log(1.4), 0.25, n), rng.lognormal(-1.0, 0.5, n))


def _branches(
    spec: FieldSpec, rng: np.random.Generator, parents: Walks, per_um: float, share: float
) -> tuple[Walks, Array]:
    """Side branches of walks at Poisson places, thinner than their parents; and the branch points."""
    parent = np.repeat(np.arange(len(parents.steps)), rng.poisson(per_um * STEP_UM * parents.steps))
    n = len(parent)
    place = (rng.uniform(0.08, 0.9, n) * parents.steps[parent]).astype(np.int64)
    origin = parents.points[parent, place]
    ahead = parents.points[parent, place + 1] - origin
    side = rng.choice([-1.0, 1.0], n) * rng.uniform(0.35, 1.1, n)
    rest = (parents.steps[parent] - place) * STEP_UM
    length = rest * share * rng.lognormal(0.0, spec.neurites.length_sd, n)
    heading = np.arctan2(ahead[:, 1], ahead[:, 0]) + side
    points, steps = _walk(rng, origin, heading, length, spec.neurites.persistence_um)
    width = parents.width[parent] * rng.uniform(0.65, 0.95, n)
    return Walks(points, steps, width, parents.brightness[parent] * rng.uniform(0.4, 0.9, n)), origin


def _bundles(spec: FieldSpec, rng: np.random.Generator, clusters: Array, low: Array, high: Array) -> Walks:
    """Fascicles between each aggregate and its nearest ones, and to one place beyond the culture drawn."""
    tracks = _tracks(rng, clusters, low, high)
    fibres: list[Array] = []
    for start, end in tracks:
        n = rng.poisson(spec.neurites.bundle_fibres)
        fibres.extend(_bundle(rng, start, end, n, spec.neurites.bundle_um))
    steps = np.array([len(fibre) - 1 for fibre in fibres], dtype=np.int64)
    points = np.zeros((len(fibres), int(steps.max(initial=1)) + 1, 2))
    for row, fibre in enumerate(fibres):
        points[row, : len(fibre)] = fibre
    n = len(fibres)
    return Walks(
        points, steps, rng.lognormal(np.log(1.05), 0.25, n), rng.lognormal(0.0, 0.65, n), rootless=True
    )


def _tracks(rng: np.random.Generator, clusters: Array, low: Array, high: Array) -> list[tuple[Array, Array]]:
    """Pairs of points that fascicles join."""
    tracks: dict[tuple[int, int], tuple[Array, Array]] = {}
    for here, (x, y, _, _) in enumerate(clusters):
        distance = np.hypot(clusters[:, 0] - x, clusters[:, 1] - y)
        for there in np.argsort(distance, kind="stable")[1:3]:
            if distance[there] < 450.0:
                tracks[min(here, int(there)), max(here, int(there))] = (
                    clusters[here, :2],
                    clusters[there, :2],
                )
    away = rng.uniform(0, 2 * np.pi, len(clusters))
    ends = clusters[:, :2] + 0.7 * np.max(high - low) * np.column_stack([np.cos(away), np.sin(away)])
    lone = rng.random(len(clusters)) < 0.45
    return [*tracks.values(), *((clusters[i, :2], ends[i]) for i in np.flatnonzero(lone))]


def _bundle(rng: np.random.Generator, start: Array, end: Array, n: int, half_width_um: float) -> list[Array]:
    """Fibres of one fascicle: smooth sideways courses about a bent track, fanning out towards its ends."""
    span = end - start
    length = float(np.hypot(*span))
    if length < 4 * STEP_UM or n == 0:
        return []
    normal = np.array([-span[1], span[0]]) / length
    bend = rng.normal(0, [0.045, 0.025, 0.015]) * length
    ends = np.column_stack([rng.uniform(-0.12, 0.3, n), rng.uniform(0.7, 1.12, n)])
    amplitude = rng.normal(0, 1.0, (n, 4)) * half_width_um * np.array([0.8, 0.6, 0.5, 0.35])
    phase = rng.uniform(0, 2 * np.pi, (n, 4))
    fan = rng.normal(0, 0.1, n) * length
    fibres = []
    for (first, last), sideways, shift, spread in zip(ends, amplitude, phase, fan, strict=True):
        t = np.linspace(first, last, max(2, int((last - first) * length / STEP_UM)))
        track = bend @ np.sin(np.pi * np.outer([1, 2, 3], t))
        waves = np.outer([0.0, 3.1, 8.7, 19.0], t * length / 300.0) + shift[:, None]
        course = track + sideways @ np.cos(waves) + spread * np.abs(2 * t - 1) ** 5
        fibres.append(start + np.outer(t, span) + np.outer(course, normal))
    return fibres
