"""Neurons: the picture of a field, neurofilament-H stained motor neurons as a confocal microscope sees them.

Neurites are laid down as dense samples of light on a few layers, each blurred once by its own width, so that a
neurite's width and brightness may change at every sample and crossing neurites add up as light does. Somas are
soft irregular blobs. Then come haze, uneven illumination, and a camera with shot noise (a normal deviate of the
photons' variance, which no eye or test tells from Poisson at the 30 photons and more of a background).
"""

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
import numpy.typing as npt

from hcs_plates.simulate.beading import profile
from hcs_plates.simulate.field import FieldSpec, FieldTruth, generator
from hcs_plates.simulate.growth import STEP_UM, Culture, Walks, grow

Array = npt.NDArray[np.float64]
Image = npt.NDArray[np.float32]

LAYERS = ((0.9, 1), (1.5, 1), (2.5, 2), (4.5, 2), (9.0, 4))
"""SD in pixels, and how many pixels wide a pixel of the layer is."""
PSF_PX = 1.0
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


def render_field(spec: FieldSpec, *, seed: int, name: str) -> RenderedField:
    """Draw one field.

    Parameters
    ----------
    spec
        What it is to show.
    seed, name
        The experiment's seed and the field's stable name, such as ``P1/B03/1``: together with the spec they
        fix every pixel.

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
    planes = [
        _expose(spec, pictures[channel](spec, culture, samples, seed, name), generator(seed, name, channel))
        for channel in spec.channels
    ]
    return RenderedField(np.stack(planes), _truth(spec, culture, samples))


def _inside(spec: FieldSpec, places: Array, margin_um: float = 0.0) -> npt.NDArray[np.bool_]:
    """Which places (x, y in µm) lie in the field."""
    width, height = spec.size_um
    x, y = places[:, 0], places[:, 1]
    inside = (x >= -margin_um) & (x < width + margin_um) & (y >= -margin_um) & (y < height + margin_um)
    return np.asarray(inside)


def _truth(spec: FieldSpec, culture: Culture, samples: _Samples) -> FieldTruth:
    """Count and measure what lies in the field."""
    cells = _inside(spec, culture.cells)
    return FieldTruth(
        cells=int(cells.sum()),
        soma_area_um2=float(culture.areas[cells].mean()) if cells.any() else float("nan"),
        neurite_um=float(samples.length[_inside(spec, samples.places)].sum()),
        branch_points=int(_inside(spec, culture.branch_points).sum()),
    )


def _sample(spec: FieldSpec, culture: Culture, seed: int, name: str) -> _Samples:
    """Cut all neurites into samples about half a pixel long, in the field and a little around it."""
    rng = generator(seed, name, "depth")
    rngs = (generator(seed, name, "unevenness"), generator(seed, name, "beading"))
    cuts = max(1, round(STEP_UM / (0.5 * spec.pixel_size_um)))
    parts = [
        _sample_walks(spec, walks, cuts, rng, rngs)
        for walks in culture.neurites
        if len(walks.steps)
    ]
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
    """Samples of one kind of neurite."""
    used = np.arange(walks.points.shape[1] - 1) < walks.steps[:, None]
    tail = walks.points[:, :-1][used]
    stride = walks.points[:, 1:][used] - tail
    owner = np.repeat(np.arange(len(walks.steps)), walks.steps)
    along = (np.arange(walks.points.shape[1] - 1) / walks.steps[:, None])[used]
    light = profile(walks.steps * cuts, STEP_UM / cuts, spec.neurites.beading, rngs)
    # How far each neurite lies from the plane of focus: most a little, some so far that only a veil is left.
    defocus = np.abs(rng.standard_normal(len(walks.steps))) ** 2.2 * 0.55
    near = _inside(spec, tail, REACH_PX * spec.pixel_size_um)
    tail, stride, owner, along = tail[near], stride[near], owner[near], along[near]
    fraction = (np.arange(cuts) + 0.5) / cuts
    places = (tail[:, None] + stride[:, None] * fraction[:, None]).reshape(-1, 2)
    length = np.repeat(np.hypot(stride[:, 0], stride[:, 1]) / cuts, cuts)
    taper = np.repeat(1 - spec.neurites.taper * along, cuts)
    fade = np.repeat(np.minimum(1.0, (1.0 - along) * 8), cuts)
    kept = np.repeat(near, cuts)if cuts > 0 else near
    own = np.repeat(owner, cuts)
    core = walks.width[own] * taper
    width = np.hypot(core * light.width[_samples_of(used, near, cuts)], defocus[own])
    flux = walks.brightness[own] * core * taper * fade * light.light[_samples_of(used, near, cuts)]
    return _Samples(places, length, flux, width)
