"""The simulator's pictures: pure functions of spec, seed and name, whose knobs act where they say."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import cache
from multiprocessing import get_context

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from scipy.stats import ks_2samp, mannwhitneyu
from skimage.morphology import skeletonize

from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CameraSpec, CellSpec, FieldSpec, FieldTruth, NeuriteSpec, render_field
from hcs_plates.units import pixel_digest

SMALL = FieldSpec(height=192, width=192)
NOTHING = FieldSpec(
    height=128,
    width=160,
    cells=CellSpec(per_mm2=0, clusters_per_mm2=0, debris_per_mm2=0),
    neurites=NeuriteSpec(bundle_fibres=0),
)


def _beaded(spec: FieldSpec, beading: float) -> FieldSpec:
    return replace(spec, neurites=replace(spec.neurites, beading=beading))


def _blobness(pixels: npt.NDArray[np.uint16]) -> float:
    """Curvature along neurites as a share of that across them: none on a line, as much on a bead."""
    stain = cv2.GaussianBlur(pixels[0].astype(np.float32), (0, 0), 2.0)
    xx, yy, xy = (cv2.Sobel(stain, -1, *order) for order in ((2, 0), (0, 2), (1, 1)))
    mean, half_gap = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    along, across = np.maximum(-(mean + half_gap), 0), np.maximum(-(mean - half_gap), 0)
    return float(along.sum() / across.sum())


@pytest.mark.parametrize("channels", [("FITC",), ("DAPI",), ("FITC", "DAPI")])
@pytest.mark.parametrize(("height", "width"), [(16, 16), (64, 130), (201, 97)])
def test_shape_and_type(height: int, width: int, channels: tuple[str, ...]) -> None:
    """A field is uint16, channels first, of exactly the size asked for, and not flat."""
    field = render_field(FieldSpec(height, width, channels=channels), seed=1, name="P/A01/1")
    assert field.pixels.shape == (len(channels), height, width)
    assert field.pixels.dtype == np.uint16
    assert (field.pixels.std(axis=(1, 2)) > 0).all()


def test_pure_function_of_spec_seed_and_name() -> None:
    """The same spec, seed and name give the same pixels, whatever was drawn before; others do not."""
    first = pixel_digest(render_field(SMALL, seed=5, name="P/A01/1").pixels)
    others = [
        pixel_digest(render_field(SMALL, seed=seed, name=name).pixels)
        for seed, name in ((6, "P/A01/1"), (5, "P/A01/2"), (5, "P/A02/1"))
    ]
    np.random.default_rng(0).random(10)
    again = pixel_digest(render_field(SMALL, seed=5, name="P/A01/1").pixels)
    assert again == first
    assert len({first, *others}) == 4


def test_another_process_draws_the_same() -> None:
    """A fresh process, with a hash seed of its own, is sent the spec and draws the same pixels."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        there = pool.submit(render_field, SMALL, seed=5, name="P/A01/1").result()
    here = render_field(SMALL, seed=5, name="P/A01/1")
    np.testing.assert_array_equal(there.pixels, here.pixels)
    assert there.truth == here.truth


def test_a_channel_does_not_depend_on_its_company() -> None:
    """Asking for the nuclei beside the neurites changes neither."""
    both = render_field(replace(SMALL, channels=("FITC", "DAPI")), seed=2, name="f")
    stain = render_field(SMALL, seed=2, name="f")
    nuclei = render_field(replace(SMALL, channels=("DAPI",)), seed=2, name="f")
    np.testing.assert_array_equal(both.pixels[0], stain.pixels[0])
    np.testing.assert_array_equal(both.pixels[1], nuclei.pixels[0])
    assert both.truth == stain.truth == nuclei.truth


def test_beading_moves_light_along_neurites_only() -> None:
    """With beading the truth and the nuclei stay bit for bit, the light to 4 %, and the picture changes."""
    spec = FieldSpec(height=384, width=384, channels=("FITC", "DAPI"))
    for name in ("a", "b", "c"):
        smooth = render_field(spec, seed=3, name=name)
        beaded = render_field(_beaded(spec, 0.8), seed=3, name=name)
        assert beaded.truth == smooth.truth
        np.testing.assert_array_equal(beaded.pixels[1], smooth.pixels[1])
        light = [field.pixels[0].astype(float).sum() - 180.0 * 384**2 for field in (smooth, beaded)]
        assert light[1] == pytest.approx(light[0], rel=0.04)
        assert _blobness(beaded.pixels) > 1.1 * _blobness(smooth.pixels)


def test_beaded_and_smooth_fields_differ_in_texture_alone() -> None:
    """Among fields drawn apart, beading shows in texture, not in count, soma, length, branches or light."""
    spec = replace(SMALL, cells=replace(SMALL.cells, per_mm2=160))
    smooth = [render_field(spec, seed=11, name=f"smooth {i}") for i in range(24)]
    beaded = [render_field(_beaded(spec, 0.9), seed=11, name=f"beaded {i}") for i in range(24)]

    def p(measure: str) -> float:
        sides = [np.array([getattr(f.truth, measure) for f in side], float) for side in (smooth, beaded)]
        return float(ks_2samp(*[side[np.isfinite(side)] for side in sides]).pvalue)

    for measure in ("cells", "soma_area_um2", "neurite_um", "branch_points"):
        assert p(measure) > 0.05, measure
    means = [[float(f.pixels.mean()) for f in side] for side in (smooth, beaded)]
    assert ks_2samp(*means).pvalue > 0.05
    textures = [[_blobness(f.pixels) for f in side] for side in (smooth, beaded)]
    assert mannwhitneyu(*textures, alternative="less").pvalue < 1e-3


def test_an_empty_field_is_what_the_camera_adds() -> None:
    """Without stain, counts have the mean and variance of offset, gain, background photons and read noise."""
    camera = CameraSpec(background=50.0, illumination=0.0, offset=100.0, gain=2.0, read_noise=3.0)
    field = render_field(replace(NOTHING, camera=camera), seed=0, name="empty")
    assert field.truth.cells == 0
    assert field.truth.soma_area_um2 is None
    assert field.truth.neurite_um == field.truth.branch_points == 0
    counts = field.pixels.astype(float)
    assert counts.mean() == pytest.approx(100 + 2 * 50, abs=0.5)
    # Rounding to whole counts adds 1/12.
    assert counts.var() == pytest.approx(4 * 50 + 9 + 1 / 12, rel=0.05)


def test_illumination_falls_off_towards_the_corners() -> None:
    """The darkest corner loses the share of light that was asked for."""
    camera = CameraSpec(background=2000.0, illumination=0.4, offset=0.0, gain=1.0, read_noise=0.0)
    counts = render_field(replace(NOTHING, camera=camera), seed=0, name="flat").pixels[0].astype(float)
    corners = [
        counts[rows, columns].mean()
        for rows in (slice(3), slice(-3, None))
        for columns in (slice(3), slice(-3, None))
    ]
    assert counts[64:74, 70:80].mean() == pytest.approx(2000, rel=0.02)
    assert min(corners) == pytest.approx(1200, rel=0.04)


@cache
def sixty(spec: FieldSpec) -> list[FieldTruth]:
    """What was drawn in sixty fields."""
    return [render_field(spec, seed=4, name=f"f{i}").truth for i in range(60)]


@pytest.mark.parametrize(
    ("changed", "measure", "factor"),
    [
        (replace(SMALL, cells=CellSpec(per_mm2=160)), "cells", 2.0),
        (replace(SMALL, cells=CellSpec(soma_area_um2=300)), "soma_area_um2", 2.0),
        (
            replace(SMALL, neurites=NeuriteSpec(axon_um=800, dendrite_um=90, bundle_fibres=14)),
            "neurite_um",
            2.0,
        ),
        (replace(SMALL, neurites=NeuriteSpec(branches_per_mm=6)), "branch_points", 2.0),
    ],
)
def test_a_knob_moves_its_own_measure(changed: FieldSpec, measure: str, factor: float) -> None:
    """Density, soma area, neurite length and branching set the mean of the measure they are named for."""

    def mean(spec: FieldSpec) -> float:
        return float(np.nanmean(np.array([getattr(truth, measure) for truth in sixty(spec)], float)))

    assert mean(changed) / mean(SMALL) == pytest.approx(factor, rel=0.25)


def test_cell_count_is_the_density_asked_for() -> None:
    """The mean count is density times area, somas of zero spread have the area asked for."""
    spec = replace(SMALL, cells=CellSpec(per_mm2=300, soma_sd=0, soma_area_um2=120, clustered=0))
    truths = [render_field(spec, seed=8, name=f"f{i}").truth for i in range(30)]
    expected = 300 * spec.area_mm2
    assert np.mean([truth.cells for truth in truths]) == pytest.approx(expected, rel=0.15)
    assert [truth.soma_area_um2 for truth in truths if truth.cells] == pytest.approx(
        [120.0] * sum(truth.cells > 0 for truth in truths)
    )


def test_neurite_length_is_the_length_one_sees() -> None:
    """The skeleton of a sparse, bright picture is as long as the centre-lines in the truth."""
    spec = FieldSpec(
        height=512,
        width=512,
        cells=CellSpec(per_mm2=25, soma_area_um2=20, clusters_per_mm2=0, debris_per_mm2=0),
        neurites=NeuriteSpec(axon_um=900, dendrites=0, taper=0, branches_per_mm=1),
        camera=CameraSpec(photons=4000, background=2, haze=0, illumination=0, gain=1),
    )
    seen = drawn = 0.0
    for name in ("a", "b", "c", "d"):
        field = render_field(spec, seed=1, name=name)
        stain = cv2.GaussianBlur(field.pixels[0].astype(np.float32), (0, 0), 1.0)
        ridges = stain - cv2.GaussianBlur(stain, (0, 0), 8.0) > 200
        skeleton = skeletonize(ridges)
        # A step of a digital curve is 1 or √2 long; 1.12 is the mean over directions.
        seen += 1.12 * float(skeleton.sum()) * spec.pixel_size_um
        drawn += field.truth.neurite_um
    assert seen == pytest.approx(drawn, rel=0.25)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"height": 4096}, r"4096 × 1024 pixels cannot be simulated; give whole numbers from 16 to 2048"),
        ({"width": 8}, "from 16 to 2048"),
        ({"channels": ("GFP",)}, "no channel 'GFP'; it has FITC, DAPI"),
        ({"channels": ("FITC", "FITC")}, "each once"),
        ({"channels": ()}, "at least one channel"),
        ({"pixel_size_um": 0.0}, "FieldSpec.pixel_size_um is 0"),
        ({"neurites": NeuriteSpec(beading=1.5)}, "NeuriteSpec.beading is 1.5; it is a share between 0 and 1"),
        ({"cells": CellSpec(per_mm2=-1)}, "CellSpec.per_mm2 is -1; give a finite number of 0 or more"),
        ({"camera": CameraSpec(photons=float("nan"))}, "CameraSpec.photons is nan"),
    ],
)
def test_refusals(arguments: dict[str, object], message: str) -> None:
    """A field that cannot be simulated is refused with the setting's name and what was expected."""
    with pytest.raises(ArgumentError, match=message):
        FieldSpec(**arguments)  # type: ignore[arg-type]  # wrong on purpose
