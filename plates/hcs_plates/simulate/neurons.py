"""Neurons: the picture of a field, neurofilament-H stained motor neurons as a confocal microscope sees them.

Neurites are laid down as dense samples of light on a few layers, each blurred once by its own width, so that
a neurite's width and brightness may change at every sample and crossing neurites add up as light does. Somas
are soft irregular blobs. Then come haze, uneven illumination, and a camera with shot noise (a normal deviate
of the photons' variance: close to Poisson at the tens of photons of a background, and faster).
"""

from collections.abc import Collection
from dataclasses import dataclass, replace

import cv2
import numpy as np
import numpy.typing as npt
from scipy.spatial import cKDTree

from hcs_plates.simulate.beading import profile
from hcs_plates.simulate.blobs import Blobs, draw_blobs
from hcs_plates.simulate.field import FieldSpec, FieldTruth, generator
from hcs_plates.simulate.growth import STEP_UM, Culture, Walks, grow

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]

LAYERS = ((0.9, 1), (1.5, 1), (2.5, 2), (4.5, 2), (9.0, 4))
"""SD in pixels, and how many pixels wide a pixel of the layer is."""
PSF_PX = 1.15
BODY_PX = 4
MERGING_UM = 2.5
REACH_PX = 30
"""Light of what lies further outside the field is left out."""


@dataclass(frozen=True)
class RenderedField:
    """A simulated field.

    Parameters
    ----------
    pixels
        Array of shape (n_channels, height, width), uint16.
    truth
        What was drawn.
    """

    pixels: npt.NDArray[np.uint16]
    truth: FieldTruth


@dataclass(frozen=True)
class _Samples:
    """Light along centre-lines: places in µm, the length and light of each sample, its SD in µm."""

    places: Array
    length: Array
    light: Array
    width: Array


def render_field(spec: FieldSpec, *, seed: int, name: str, unstained: Collection[str] = ()) -> RenderedField:
    """Draw one field.

    Parameters
    ----------
    spec
        What it is to show.
    seed, name
        The experiment's seed and the field's stable name, such as ``P1/B03/1``: together with the spec they
        fix every pixel.
    unstained
        Channels without any light but the background: what they would show is there, and is not stained.

    Returns
    -------
    RenderedField

    Examples
    --------
    >>> field = render_field(FieldSpec(height=64, width=96), seed=0, name="P1/A01/1")
    >>> field.pixels.shape, field.pixels.dtype.name
    ((1, 64, 96), 'uint16')
    """
    culture = grow(spec, seed, name)
    samples = _sample(spec, culture, seed, name)
    pictures = {"FITC": _neurofilament, "DAPI": _nuclei}
    dark = np.zeros((spec.height, spec.width), np.float32)
    lights = (
        dark if channel in unstained else pictures[channel](spec, culture, samples, seed, name)
        for channel in spec.channels
    )
    planes = [
        _expose(spec, light, generator(seed, name, channel))
        for channel, light in zip(spec.channels, lights, strict=True)
    ]
    return RenderedField(np.stack(planes), _truth(spec, culture, samples))


def _truth(spec: FieldSpec, culture: Culture, samples: _Samples) -> FieldTruth:
    """Count and measure what lies in the field."""
    cells = spec.contains(culture.cells)
    return FieldTruth(
        cells=int(cells.sum()),
        soma_area_um2=float(culture.areas[cells].mean()) if cells.any() else None,
        neurite_um=float(samples.length[spec.contains(samples.places)].sum()),
        traceable_um=_traceable(spec, culture, samples),
        branch_points=int(spec.contains(culture.branch_points).sum()),
    )


def _traceable(spec: FieldSpec, culture: Culture, samples: _Samples) -> float:
    """Length of the centre-lines outside somas, each sample shared between all that runs within reach of it.

    A line alone has a length of twice the reach within a disk about any of its places; whatever length there
    is more belongs to other lines.
    """
    x, y = samples.places[:, 0] / spec.pixel_size_um, samples.places[:, 1] / spec.pixel_size_um
    density = _bin(spec, x, y, samples.length, 1)
    reach = MERGING_UM / spec.pixel_size_um
    side = int(reach) + 1
    down, right = np.mgrid[-side : side + 1, -side : side + 1]
    # A pixel on the rim counts by how much of it lies inside.
    disk = np.clip(reach + 0.5 - np.hypot(down, right), 0, 1).astype(np.float32)
    near = cv2.filter2D(density, -1, disk, borderType=cv2.BORDER_CONSTANT)
    inside = spec.contains(samples.places) & ~_on_somas(culture, samples.places)
    pad = _pad(1)
    there = near[(y[inside] + pad).astype(np.int64), (x[inside] + pad).astype(np.int64)]
    return float((samples.length[inside] / np.maximum(1.0, there / (2 * MERGING_UM))).sum())


def _on_somas(culture: Culture, places: Array) -> npt.NDArray[np.bool_]:
    """Tell which places lie within a soma, taken for a disc of its area."""
    over = np.zeros(len(places), dtype=bool)
    if len(places):
        tree = cKDTree(places)
        for hits in tree.query_ball_point(culture.cells, np.sqrt(culture.areas / np.pi)):
            over[hits] = True
    return over


def _sample(spec: FieldSpec, culture: Culture, seed: int, name: str) -> _Samples:
    """Cut all neurites into samples a little shorter than a pixel, in the field and a little around it."""
    rng = generator(seed, name, "depth")
    rngs = (generator(seed, name, "unevenness"), generator(seed, name, "beading"))
    cuts = max(1, round(STEP_UM / (0.8 * spec.pixel_size_um)))
    parts = [_sample_walks(spec, walks, cuts, rng, rngs) for walks in culture.neurites if len(walks.steps)]
    if not parts:
        return _Samples(np.zeros((0, 2)), np.zeros(0), np.zeros(0), np.zeros(0))
    return _Samples(
        np.concatenate([part.places for part in parts]),
        np.concatenate([part.length for part in parts]),
        np.concatenate([part.light for part in parts]),
        np.concatenate([part.width for part in parts]),
    )


def _sample_walks(
    spec: FieldSpec,
    walks: Walks,
    cuts: int,
    rng: np.random.Generator,
    rngs: tuple[np.random.Generator, np.random.Generator],
) -> _Samples:
    """Cut one kind of neurite into samples."""
    used = np.arange(walks.points.shape[1] - 1) < walks.steps[:, None]
    tail = walks.points[:, :-1][used]
    near = spec.contains(tail, REACH_PX * spec.pixel_size_um)
    stride = walks.points[:, 1:][used][near] - tail[near]
    owner = np.repeat(np.arange(len(walks.steps)), walks.steps)[near]
    along = (np.arange(walks.points.shape[1] - 1) / walks.steps[:, None])[used][near]
    # How far each neurite lies from the plane of focus: most a little, some so far that only a veil is left.
    defocus = np.abs(rng.standard_normal(len(walks.steps))) ** 2 * 0.45
    course = profile(walks.steps * cuts, STEP_UM / cuts, spec.neurites.beading, rngs)
    light = course.light.reshape(-1, cuts)[near]
    swelling = course.width.reshape(-1, cuts)[near]
    places = tail[near][:, None] + stride[:, None] * ((np.arange(cuts) + 0.5) / cuts)[:, None]
    length = np.hypot(stride[:, 0], stride[:, 1]) / cuts
    core = walks.width[owner] * (1 - spec.neurites.taper * along)
    # The last sixth of a neurite fades: its growth cone is thin and often out of the plane.
    fade = np.minimum(1.0, (1.0 - along) * 6)
    if walks.rootless:
        fade *= np.minimum(1.0, along * 6)
    flux = walks.brightness[owner] * core * fade
    width = np.hypot(core[:, None] * swelling, defocus[owner][:, None])
    return _Samples(
        places.reshape(-1, 2), np.repeat(length, cuts), (flux[:, None] * light).ravel(), width.ravel()
    )


def _splat(spec: FieldSpec, places: Array, light: Array, width_px: Array) -> Image:
    """Picture of points of light, each a Gaussian of its own width.

    A point's light is shared between the two layers around its width so that its variance is right, and
    between four pixels so that its place is.
    """
    picture = np.zeros((spec.height, spec.width), np.float32)
    sigmas = np.array([sigma for sigma, _ in LAYERS])
    variance = np.clip(width_px, sigmas[0], sigmas[-1]) ** 2
    upper = np.clip(np.searchsorted(sigmas**2, variance), 1, len(LAYERS) - 1)
    share = (variance - sigmas[upper - 1] ** 2) / (sigmas[upper] ** 2 - sigmas[upper - 1] ** 2)
    x, y = places[:, 0] / spec.pixel_size_um, places[:, 1] / spec.pixel_size_um
    for number, (sigma, pixel) in enumerate(LAYERS):
        part = np.where(upper == number, share, np.where(upper - 1 == number, 1 - share, 0.0))
        used = part > 0
        if used.any():
            layer = _bin(spec, x[used], y[used], (light * part)[used], pixel)
            layer = cv2.GaussianBlur(layer, (0, 0), sigma / pixel, borderType=cv2.BORDER_CONSTANT)
            if pixel > 1:
                # Enlarged about the same corner, then cut: sides need not be multiples of the layer's pixel.
                size = (layer.shape[1] * pixel, layer.shape[0] * pixel)
                layer = cv2.resize(layer, size, interpolation=cv2.INTER_LINEAR)
            pad = _pad(pixel)
            picture += layer[pad : pad + spec.height, pad : pad + spec.width]
    return picture


def _pad(pixel: int) -> int:
    """Pixels added on each side of a layer so that light just outside the field can spill in."""
    return -(-REACH_PX // pixel) * pixel


def _bin(spec: FieldSpec, x: Array, y: Array, light: Array, pixel: int) -> Image:
    """Add light to the pixels of a layer, shared linearly between neighbours; per pixel of the field."""
    pad = _pad(pixel)
    rows = -(-(spec.height + 2 * pad) // pixel)
    columns = -(-(spec.width + 2 * pad) // pixel)
    u, v = (x + pad) / pixel - 0.5, (y + pad) / pixel - 0.5
    inside = (u >= 0) & (u < columns - 1) & (v >= 0) & (v < rows - 1)
    u, v, light = u[inside], v[inside], light[inside] / pixel**2
    column, row = u.astype(np.int64), v.astype(np.int64)
    u -= column
    v -= row
    at = row * columns + column
    total = np.bincount(
        np.concatenate([at, at + 1, at + columns, at + columns + 1]),
        np.concatenate([light * (1 - u) * (1 - v), light * u * (1 - v), light * (1 - u) * v, light * u * v]),
        minlength=rows * columns,
    )
    return total.reshape(rows, columns).astype(np.float32)


def _neurofilament(spec: FieldSpec, culture: Culture, samples: _Samples, seed: int, name: str) -> Image:
    """Light of the neurofilament stain, photons per pixel."""
    rng = generator(seed, name, "stain")
    pixel = spec.pixel_size_um
    line = np.sqrt(2 * np.pi) / pixel**2
    specks = rng.poisson(spec.cells.debris_per_mm2 * spec.area_mm2)
    picture = _splat(
        spec,
        np.concatenate([samples.places, rng.uniform((0, 0), spec.size_um, (specks, 2))]),
        np.concatenate([samples.light * samples.length * line, rng.lognormal(2.2, 0.8, specks)]),
        np.hypot(np.concatenate([samples.width, rng.uniform(0.7, 2.2, specks)]) / pixel, PSF_PX),
    )
    n = len(culture.cells)
    somas = Blobs(culture.cells, culture.areas, culture.angles, rng.lognormal(-0.1, 0.7, n))
    picture += draw_blobs(spec, rng, somas)
    picture += _bodies(spec, rng, culture)
    return spec.camera.photons * (picture + _haze(spec, picture))


def _bodies(spec: FieldSpec, rng: np.random.Generator, culture: Culture) -> Image:
    """Dim mottled halos of the neurons, which merge into the hazy bodies of aggregates.

    Drawn at a quarter of the resolution: they lie below the plane of focus, and have no sharp edges.
    """
    coarse = replace(
        spec,
        height=max(16, -(-spec.height // BODY_PX)),
        width=max(16, -(-spec.width // BODY_PX)),
        pixel_size_um=spec.pixel_size_um * BODY_PX,
    )
    n = len(culture.cells)
    centres = culture.cells + rng.normal(0, 12.0, (n, 2))
    halos = Blobs(centres, 900 * rng.lognormal(0, 0.5, n), culture.angles, rng.lognormal(-1.6, 0.6, n))
    picture = draw_blobs(coarse, rng, halos)
    size = (coarse.width * BODY_PX, coarse.height * BODY_PX)
    enlarged: Image = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return enlarged[: spec.height, : spec.width]


def _haze(spec: FieldSpec, picture: Image) -> Image:
    """Light from out of focus: a near veil and a far one over everything bright."""
    shrink = 8
    small_size = (-(-spec.width // shrink), -(-spec.height // shrink))
    small = cv2.resize(picture, small_size, interpolation=cv2.INTER_AREA)
    veil = cv2.GaussianBlur(small, (0, 0), 4.0 / spec.pixel_size_um / shrink) * 0.5
    veil += cv2.GaussianBlur(small, (0, 0), 26.0 / spec.pixel_size_um / shrink) * 0.5
    enlarged: Image = cv2.resize(veil, (spec.width, spec.height), interpolation=cv2.INTER_LINEAR)
    return np.float32(spec.camera.haze) * enlarged


def _nuclei(spec: FieldSpec, culture: Culture, samples: _Samples, seed: int, name: str) -> Image:
    """Light of the nuclear stain, photons per pixel."""
    rng = generator(seed, name, "nuclei")
    n = len(culture.cells)
    # A nucleus fills most of a soma, but does not grow with it for ever.
    areas = np.minimum(0.85 * culture.areas, 125.0 * rng.lognormal(0.0, 0.2, n))
    nuclei = Blobs(culture.cells, areas, culture.angles, rng.lognormal(0.6, 0.4, n), roughness=0.35)
    picture = draw_blobs(spec, rng, nuclei)
    return spec.camera.photons * (picture + _haze(spec, picture))


def _expose(spec: FieldSpec, light: Image, rng: np.random.Generator) -> npt.NDArray[np.uint16]:
    """Turn light into counts: uneven illumination, background, shot and read noise, offset."""
    camera = spec.camera
    x = (np.arange(spec.width, dtype=np.float32) + 0.5) / spec.width - 0.47
    y = (np.arange(spec.height, dtype=np.float32) + 0.5) / spec.height - 0.54
    # The brightest place is a little off the middle, as in most instruments; the far corner loses the most.
    fall = (x[None, :] ** 2 + y[:, None] ** 2) / np.float32(0.53**2 + 0.54**2)
    photons = (light + np.float32(camera.background)) * (1 - np.float32(camera.illumination) * fall)
    noise = rng.standard_normal(photons.shape, dtype=np.float32)
    noise *= np.sqrt(photons * np.float32(camera.gain**2) + np.float32(camera.read_noise**2))
    counts = photons * np.float32(camera.gain) + np.float32(camera.offset) + noise
    return np.clip(np.rint(counts), 0, 65535).astype(np.uint16)
