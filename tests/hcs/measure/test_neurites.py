"""Neurites: length and beading against the simulator's truth, drawn lines, fields without any, refusals."""

from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import distance_transform_edt, gaussian_filter
from skimage.draw import line

from hcs.measure.neurites import Neurites, NeuriteSpec, trace_neurites
from hcs.measure.skeleton import analyse_skeleton
from hcs_plates.errors import ArgumentError
from hcs_plates.simulate import CellSpec, FieldSpec, RenderedField, render_field
from hcs_plates.simulate import NeuriteSpec as DrawnSpec

PIXEL_UM = 0.65
FWHM = 2 * np.sqrt(2 * np.log(2))
Array = npt.NDArray[Any]


@cache
def field(number: int, beading: float = 0.0) -> RenderedField:
    """Draw one of the fields of a plate."""
    spec = FieldSpec(height=512, width=512, neurites=DrawnSpec(beading=beading))
    return render_field(spec, seed=number % 3, name=f"P1/B0{number + 1}/1")


def measured(image: Array, pixel_um: float | None = PIXEL_UM, **options: Any) -> dict[str, float]:
    """Measures of one field."""
    return trace_neurites(image, pixel_um, **options).measures()


def along_across(angle: float, side: int) -> tuple[Array, Array]:
    """Distances from the middle along and across a line at so many degrees, pixels."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    turn = np.deg2rad(angle)
    return x * np.cos(turn) - y * np.sin(turn), x * np.sin(turn) + y * np.cos(turn)


def gaussian_line(angle: float, sigma: float, length: float = 200, side: int = 321) -> Array:
    """Light of a line with a Gaussian cross-section, of 600 photons on 100."""
    along, across = along_across(angle, side)
    beyond = np.maximum(np.abs(along) - length / 2, 0)
    return np.asarray(100 + 600 * np.exp(-(across**2 + beyond**2) / (2 * sigma**2)))


def exposed(light: Array, seed: int = 0) -> Array:
    """Shot noise of a picture of photons."""
    return np.random.default_rng(seed).poisson(light).astype(np.uint16)


def none_found(neurites: Neurites) -> bool:
    """Whether a field has no neurite in any of its measures."""
    measures = neurites.measures()
    counts = ("neurite_length_um", "branch_points", "end_points", "neurite_segments")
    others = [value for name, value in measures.items() if name not in counts]
    found = neurites.skeleton.any() or any(measures[name] for name in counts)
    return not found and bool(np.isnan(others).all())


def test_length_is_the_simulators() -> None:
    """Mean error within 8 %, every field within 20 %, most of them within 10 %."""
    errors = np.array(
        [
            measured(field(number).pixels[0])["neurite_length_um"] / field(number).truth.traceable_um - 1
            for number in range(8)
        ]
    )
    assert np.abs(errors).mean() < 0.08
    assert np.abs(errors).max() < 0.2
    assert (np.abs(errors) < 0.1).mean() > 0.5


def test_length_ranks_fields() -> None:
    """From sparse to crowded, a field with more neurites is measured as longer."""
    found, true = [], []
    for density in (10.0, 40.0, 100.0, 250.0):
        spec = FieldSpec(height=512, width=512, cells=CellSpec(per_mm2=density))
        drawn = render_field(spec, seed=4, name="P1/C04/1")
        found.append(measured(drawn.pixels[0])["neurite_length_um"])
        true.append(drawn.truth.traceable_um)
    assert np.array_equal(np.argsort(found), np.argsort(true))


@pytest.mark.parametrize("number", range(4))
def test_beading_is_seen_and_length_kept(number: int) -> None:
    """Both indices rise with the simulator's beading; half of it changes the length by less than 10 %."""
    rows = [measured(field(number, beading).pixels[0]) for beading in (0.0, 0.5, 1.0)]
    for name in ("intensity_beading", "width_beading"):
        values = [row[name] for row in rows]
        assert values == sorted(set(values)), name
    assert rows[2]["intensity_beading"] > 1.2 * rows[0]["intensity_beading"]
    assert rows[1]["neurite_length_um"] == pytest.approx(rows[0]["neurite_length_um"], rel=0.1)


def noise(*shape: int, mean: float = 300.0, seed: int = 0) -> Array:
    """Shot noise alone."""
    return np.random.default_rng(seed).poisson(mean, shape).astype(np.uint16)


FALL = np.broadcast_to(np.linspace(1, 0.5, 512), (512, 512))
EMPTY = {
    "zero": np.zeros((128, 128), np.uint8),
    "saturated": np.full((128, 128), 65535, np.uint16),
    "constant": np.full((64, 64), 0.1, np.float32),
    "partly saturated noise": np.minimum(noise(256, 256), 300),
    "tiny": np.full((16, 16), 7, np.uint16),
    "tiny noise": noise(16, 16),
    "narrow noise": noise(512, 40),
    "noise": noise(512, 512),
    "dim noise": noise(512, 512, mean=2),
    "blurred noise": gaussian_filter(noise(512, 512).astype(np.float64), 1.5),
    "corrected illumination": exposed(300 * FALL) / FALL,
}


@pytest.mark.parametrize("name", EMPTY)
def test_fields_without_structure_have_no_neurites(name: str) -> None:
    """Nor do they warn; what has no value is NaN."""
    assert none_found(trace_neurites(EMPTY[name], PIXEL_UM))


@pytest.mark.parametrize("seed", range(6))
def test_noise_is_never_a_neurite(seed: int) -> None:
    """Large and tiny fields of noise, and the simulator's field without cells."""
    assert none_found(trace_neurites(noise(512, 512, seed=seed), PIXEL_UM))
    assert none_found(trace_neurites(noise(16, 16, seed=seed), PIXEL_UM))
    bare = FieldSpec(height=256, width=256, cells=CellSpec(0.0, clusters_per_mm2=0.0, debris_per_mm2=0.0))
    assert none_found(trace_neurites(render_field(bare, seed=seed, name="P1/B02/1").pixels[0], PIXEL_UM))


@pytest.mark.parametrize("seed", range(5))
def test_shot_noise_on_a_slope_is_next_to_nothing(seed: int) -> None:
    """Of a field of 333 µm whose light changes four-fold, specks of 20 µm at most."""
    assert measured(exposed(300 + 2000 * (1 - FALL), seed))["neurite_length_um"] < 20


@pytest.mark.parametrize("angle", [0, 15, 22.5, 45, 60, 90])
@pytest.mark.parametrize("sigma", [1.2, 1.6, 2.2, 3.0])
def test_a_drawn_line_is_found_in_place(angle: float, sigma: float) -> None:
    """All of its centre-line lies within 1.5 pixels of the skeleton."""
    skeleton = trace_neurites(exposed(gaussian_line(angle, sigma)), PIXEL_UM).skeleton
    along, across = along_across(angle, 321)
    centre = (np.abs(across) < 0.5) & (np.abs(along) < 96)
    assert (distance_transform_edt(~skeleton)[centre] <= 1.5).mean() > 0.98


def test_a_drawn_line_has_its_length() -> None:
    """Within 15 % at every angle: noise at its sides adds a twig here and there."""
    for angle in (0, 15, 22.5, 45, 60, 90):
        length = measured(exposed(gaussian_line(angle, 1.6)))["neurite_length_um"] / PIXEL_UM
        assert length == pytest.approx(200, rel=0.15), angle


def test_a_drawn_line_has_its_width() -> None:
    """Full width at half height within 25 % at every angle."""
    for angle in (0, 15, 22.5, 45, 60, 90):
        width = measured(exposed(gaussian_line(angle, 1.6)))["neurite_width_um"] / PIXEL_UM
        assert width == pytest.approx(FWHM * 1.6, rel=0.25), angle


@pytest.mark.parametrize("angle", [0, 22.5, 45])
def test_width_follows_the_lines(angle: float) -> None:
    """A thicker line is wider, and not by less than half of what it is."""
    widths = [
        measured(exposed(gaussian_line(angle, sigma)))["neurite_width_um"] / PIXEL_UM
        for sigma in (1.6, 2.2, 3.0)
    ]
    assert widths == sorted(widths)
    assert widths[2] - widths[0] > 0.5 * FWHM * (3.0 - 1.6)


@pytest.mark.parametrize("number", range(4))
def test_grey_levels_have_no_unit(number: int) -> None:
    """Three times all grey levels change the length by less than 3 %, branches and beading by 10 %."""
    image = field(number).pixels[0]
    once, thrice = measured(image), measured(image.astype(np.float32) * 3)
    assert thrice["neurite_length_um"] == pytest.approx(once["neurite_length_um"], rel=0.03)
    assert thrice["branch_points"] == pytest.approx(once["branch_points"], rel=0.1)
    assert thrice["intensity_beading"] == pytest.approx(once["intensity_beading"], rel=0.1)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_turning_the_picture_changes_little(turns: int) -> None:
    """Thinning has a preferred side, so the length may differ by 3 %."""
    image = field(0).pixels[0]
    turned = np.ascontiguousarray(np.rot90(image, turns))
    assert measured(turned)["neurite_length_um"] == pytest.approx(
        measured(image)["neurite_length_um"], rel=0.03
    )


def test_pixels_of_unknown_size() -> None:
    """Lengths are in pixels, and the field is taken for one of 0.65 µm."""
    image = field(1).pixels[0]
    known, unknown = measured(image), measured(image, None)
    assert not any(name.endswith("_um") for name in unknown)
    assert [name.replace("_px", "_um") for name in unknown] == list(known)
    for name in ("neurite_length", "segment_length", "neurite_width"):
        assert unknown[f"{name}_px"] * PIXEL_UM == pytest.approx(known[f"{name}_um"])
    for name in ("branch_points", "end_points", "neurite_segments", "tortuosity", "width_beading"):
        assert unknown[name] == pytest.approx(known[name])


@pytest.mark.parametrize("pixel_um", [0.325, 1.3])
def test_lengths_scale_with_the_pixel(pixel_um: float) -> None:
    """The same picture and settings in other units: lengths and widths scale, counts stay."""
    factor = pixel_um / PIXEL_UM
    spec = NeuriteSpec()
    scaled = NeuriteSpec(
        widths_um=tuple(width * factor for width in spec.widths_um),
        ahead_um=spec.ahead_um * factor,
        link_um=spec.link_um * factor,
        spur_um=spec.spur_um * factor,
        shortest_um=spec.shortest_um * factor,
    )
    image = field(1).pixels[0]
    usual, other = measured(image), measured(image, pixel_um, spec=scaled)
    for name in ("neurite_length_um", "segment_length_um", "neurite_width_um"):
        assert other[name] == pytest.approx(usual[name] * factor)
    for name in ("branch_points", "end_points", "neurite_segments", "tortuosity"):
        assert other[name] == pytest.approx(usual[name])


def test_somas_are_no_neurites() -> None:
    """Nothing is traced in them, and little changes elsewhere."""
    image = field(0).pixels[0]
    somas = np.zeros(image.shape, dtype=bool)
    somas[150:300, 200:350] = True
    with_somas, without = trace_neurites(image, PIXEL_UM, somas=somas), trace_neurites(image, PIXEL_UM)
    assert without.skeleton[somas].any()
    assert not with_somas.skeleton[somas].any()
    far = distance_transform_edt(~somas) > 30
    assert (with_somas.skeleton & far).sum() == pytest.approx((without.skeleton & far).sum(), rel=0.02)
    assert none_found(trace_neurites(image, PIXEL_UM, somas=np.ones_like(somas)))


def test_measures_are_the_graphs() -> None:
    """What is told of a field is what its graph and skeleton hold."""
    neurites = trace_neurites(field(0).pixels[0], PIXEL_UM)
    measures, graph = neurites.measures(), neurites.graph
    assert measures["neurite_segments"] == len(graph.segments)
    assert measures["neurite_length_um"] == pytest.approx(graph.length * PIXEL_UM)
    assert measures["tortuosity"] >= 1
    assert not (graph.labels > 0)[~neurites.skeleton].any()


def test_a_stricter_search_finds_less() -> None:
    """Of the same picture, whatever limit is raised."""
    image = field(0).pixels[0]
    usual = measured(image)["neurite_length_um"]
    for spec in (NeuriteSpec(seed=20), NeuriteSpec(follow=5), NeuriteSpec(shortest_um=40)):
        assert measured(image, spec=spec)["neurite_length_um"] < usual


def drawn_lines(*ends: tuple[int, int, int, int, float]) -> Neurites:
    """Centre-lines from (y, x) to (y, x), each with a width, pixels."""
    width = np.zeros((121, 121))
    for y, x, to_y, to_x, wide in ends:
        width[line(y, x, to_y, to_x)] = wide
    return Neurites(width > 0, analyse_skeleton(width > 0, width), None)


@pytest.mark.parametrize("wide", [1.0, 3.0, 4.4, 7.0, 12.0])
@pytest.mark.parametrize(("to_y", "to_x"), [(60, 100), (100, 60), (100, 100), (76, 100)])
def test_a_line_covers_its_width(wide: float, to_y: int, to_x: int) -> None:
    """In the middle of its length, to within a pixel, in every direction; and nothing far from it."""
    neurites = drawn_lines((20, 20, to_y, to_x, wide))
    covered = neurites.covered()
    y, x = np.mgrid[:121, :121] - 20.0
    length = np.hypot(to_y - 20, to_x - 20)
    along = (y * (to_y - 20) + x * (to_x - 20)) / length
    across = np.abs(y * (to_x - 20) - x * (to_y - 20)) / length
    middle = (along > 0.25 * length) & (along < 0.75 * length)
    assert (covered & middle).sum() / (0.5 * length) == pytest.approx(wide, abs=1)
    assert covered[neurites.skeleton].all()
    assert not covered[middle & (across > wide / 2 + 1)].any()


def test_each_stretch_covers_its_own_width() -> None:
    """A thick neurite beside a thin one, and where two cross at one point the mean of both."""
    apart = drawn_lines((30, 10, 30, 110, 11.0), (90, 10, 90, 110, 3.0)).covered()
    assert apart[:60, 60].sum() == 11
    assert apart[60:, 60].sum() == 3
    crossed = drawn_lines((60, 10, 60, 110, 9.0), (10, 60, 110, 60, 3.0))
    assert (crossed.graph.labels[crossed.skeleton] == 0).any()
    covered = crossed.covered()
    assert covered[:, 20].sum() in (8, 9, 10)
    assert covered[20].sum() == 3
    assert covered[56:65, 56:65].sum() > 9 * 3


def test_a_traced_line_covers_what_is_bright() -> None:
    """About its full width at half height over its length; a field without neurites has nothing covered."""
    for sigma in (1.6, 3.0):
        found = trace_neurites(exposed(gaussian_line(22.5, sigma)), PIXEL_UM)
        assert found.covered().sum() / 200 == pytest.approx(FWHM * sigma, rel=0.25, abs=1)
    empty = trace_neurites(EMPTY["noise"], PIXEL_UM).covered()
    assert empty.shape == (512, 512)
    assert empty.dtype == bool
    assert not empty.any()


@pytest.mark.parametrize(
    ("settings", "sentence"),
    [
        ({"widths_um": ()}, r"widths_um is \(\); give one or more widths above 0 µm"),
        ({"widths_um": (1.0, 0.0)}, r"widths_um is \(1.0, 0.0\); give"),
        ({"follow": 0.0}, "follow is 0.0; give a finite number above 0"),
        ({"spur_um": -1.0}, "spur_um is -1.0; give a finite number of 0 or more"),
        ({"ahead_um": -1.0}, "ahead_um is -1.0; give"),
        ({"link_um": -1.0}, "link_um is -1.0; give"),
        ({"ahead": 1.0}, "ahead is 1.0; give a share from 0 to below 1"),
        ({"shortest_um": -1.0}, "shortest_um is -1.0; give"),
        ({"seed": 2.0}, "seeded at 2 SD and followed at 3; seed must be the larger"),
    ],
)
def test_settings_that_mean_nothing(settings: dict[str, Any], sentence: str) -> None:
    """Each is refused in words."""
    with pytest.raises(ArgumentError, match=sentence):
        NeuriteSpec(**settings)
