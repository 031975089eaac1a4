"""Tests of the figures of saliency: the overlay pixel by pixel, and what stands where in the figure."""

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from matplotlib import colormaps
from matplotlib.figure import Figure

from hcs.figures.saliency import (
    LARGEST_SIDE,
    STEP,
    SaliencyRow,
    guided_grey,
    overlay,
    saliency_colours,
    saliency_figure,
)
from hcs.figures.theme import to_svg
from hcs_plates.errors import ArgumentError

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.float64]


def hill(side: int = 48, *, y: float = 12, x: float = 30, width: float = 6) -> Floats:
    """Gaussian hill: a map with one peak."""
    rows, columns = np.mgrid[:side, :side]
    return np.asarray(np.exp(-((rows - y) ** 2 + (columns - x) ** 2) / (2 * width**2)))


def tile(side: int = 48, seed: int = 0) -> Pixels:
    """Noise, as a picture."""
    return np.random.default_rng(seed).integers(0, 256, (side, side), dtype=np.uint8)


def shown(figure: Figure, name: str) -> list[Pixels]:
    """Pictures of a figure that carry a name, in drawing order."""
    found = [image for axis in figure.axes for image in axis.images if image.get_gid() == name]
    return [np.asarray(image.get_array()) for image in found]


@pytest.mark.parametrize("value", [0.0, 3.0])
def test_of_a_flat_map_nothing_is_drawn(value: float) -> None:
    """The tile at 80 % of its light, in grey: no colour and no line."""
    picture = tile()
    laid = overlay(picture, np.full(picture.shape, value))
    assert np.array_equal(laid, np.repeat(np.rint(picture * 0.8)[..., None], 3, axis=2))


def test_light_is_added_as_a_screen_adds_it() -> None:
    """Every pixel is 1 − (1 − tile)(1 − light), worked out one by one from matplotlib's own colours."""
    picture, saliency = tile(8), np.arange(64.0).reshape(8, 8)
    laid = overlay(picture, saliency, contour=False)
    for y, x in np.ndindex(8, 8):
        colour = colormaps["inferno"](float(saliency[y, x]) / 63)[:3]
        for part in range(3):
            wanted = 255 * (1 - (1 - 0.8 * picture[y, x] / 255) * (1 - 0.65 * colour[part]))
            # Half a level by rounding, and inferno's first blue, which is taken away.
            assert abs(float(laid[y, x, part]) - wanted) <= 0.5 + 255 * 0.65 * 0.0139


def test_the_peak_is_the_brightest_pixel_of_an_even_tile() -> None:
    """Where the tile is even, lightness rises with saliency alone, also in a grey-scale print."""
    saliency = hill()
    laid = overlay(np.full((48, 48), 60, np.uint8), saliency, contour=False)
    luma = laid @ np.array([0.299, 0.587, 0.114])
    assert np.argwhere(luma == luma.max()).tolist() == [[12, 30]]
    order = np.argsort(saliency.ravel())
    assert np.diff(luma.ravel()[order]).min() > -1.0


def test_cells_stay_visible_where_the_map_peaks() -> None:
    """A bright neurite stands out from its background by a quarter of full lightness under the peak."""
    picture = np.full((32, 32), 10, np.uint8)
    picture[16] = 230
    luma = overlay(picture, hill(32, y=16, x=16), contour=False) @ np.array([0.299, 0.587, 0.114])
    assert luma[16, 16] - luma[13, 16] > 64


def test_one_corner_changes_that_corner_only() -> None:
    """Beyond the lit corner and its line the overlay is the dimmed tile."""
    picture, saliency = tile(), np.zeros((48, 48))
    saliency[:6, :6] = 2.0
    changed = (overlay(picture, saliency) != overlay(picture, np.zeros((48, 48)))).any(axis=2)
    assert changed[:6, :6].all()
    assert not changed[9:].any()
    assert not changed[:, 9:].any()


def test_the_line_runs_at_half_of_the_maximum() -> None:
    """The line changes pixels around the circle where a Gaussian hill is half as high, all around it."""
    picture, saliency = tile(), hill(y=16, x=30, width=8)
    changed = (overlay(picture, saliency) != overlay(picture, saliency, contour=False)).any(axis=2)
    from_peak = (np.argwhere(changed) - [16, 30]).T
    away, radius = np.hypot(*from_peak), 8 * np.sqrt(2 * np.log(2))
    assert np.abs(away - radius).max() < 3.5
    assert abs(away.mean() - radius) < 0.5
    assert np.histogram(np.arctan2(*from_peak), bins=16, range=(-np.pi, np.pi))[0].min() > 0


def test_the_line_is_open_where_the_tile_ends() -> None:
    """A hill cut by the border is not closed along it."""
    picture, saliency = np.zeros((48, 48), np.uint8), hill(y=0, x=24, width=8)
    changed = (overlay(picture, saliency) != overlay(picture, saliency, contour=False)).any(axis=2)
    assert not changed[0, 20:29].any()


def test_the_unit_of_saliency_does_not_matter() -> None:
    """Maps are scaled by their own maximum, tiny or huge."""
    picture = tile()
    expected = overlay(picture, hill())
    for factor in (2.0**-60, 2.0**40):
        assert np.array_equal(overlay(picture, factor * hill()), expected)


def test_colour_pictures_keep_their_colours() -> None:
    """An RGB tile of equal parts is laid as its grey tile; without saliency colours are dimmed alike."""
    grey = tile()
    rgb = np.repeat(grey[..., None], 3, axis=2)
    assert np.array_equal(overlay(rgb, hill()), overlay(grey, hill()))
    rgb = np.stack([grey, 255 - grey, grey // 2], axis=2)
    assert np.array_equal(overlay(rgb, np.zeros((48, 48))), np.rint(rgb * 0.8))


@settings(max_examples=40, deadline=None)
@given(
    picture=arrays.arrays(np.uint8, (9, 11)),
    saliency=arrays.arrays(np.float64, (9, 11), elements=st.floats(0, 1e6)),
)
def test_a_map_only_adds_light(picture: Pixels, saliency: Floats) -> None:
    """Without its line no pixel is darker than the dimmed tile, whatever the map; inputs are left alone."""
    before = picture.copy(), saliency.copy()
    laid = overlay(picture, saliency, contour=False)
    assert (laid >= np.rint(picture * 0.8)[..., None]).all()
    assert laid.dtype == np.uint8
    assert np.array_equal(before[0], picture)
    assert np.array_equal(before[1], saliency)
    assert overlay(picture, saliency).shape == (9, 11, 3)


@pytest.mark.parametrize(
    ("picture", "saliency", "message"),
    [
        (np.zeros((4, 4), np.uint16), np.zeros((4, 4)), "not uint16 of shape"),
        (np.zeros((4, 4, 2), np.uint8), np.zeros((4, 4)), r"\(y, x\) or \(y, x, 3\)"),
        (np.zeros((4, 4), np.uint8), np.zeros((2, 2)), r"map has shape \(2, 2\); its tile \(4, 4\)"),
        (np.zeros((4, 4), np.uint8), np.zeros((4, 4, 1)), r"map has shape \(4, 4, 1\)"),
        (np.zeros((4, 4), np.uint8), -np.eye(4), "nowhere below zero"),
        (np.zeros((4, 4), np.uint8), np.full((4, 4), np.nan), "finite"),
    ],
)
def test_unfit_arrays_are_refused(picture: Pixels, saliency: Floats, message: str) -> None:
    """What the tile or the map must be is said."""
    with pytest.raises(ArgumentError, match=message):
        overlay(picture, saliency)


def test_the_colour_bar_shows_what_a_black_tile_shows() -> None:
    """Colours of the bar are the overlay's own over black."""
    ramp = np.linspace(0, 1, 256).reshape(16, 16)
    laid = overlay(np.zeros((16, 16), np.uint8), ramp, contour=False)
    assert np.abs(laid / 255 - saliency_colours()(ramp)[..., :3]).max() <= 0.5 / 255 + 1e-9


def test_guided_maps_are_dark_where_strong() -> None:
    """Sign does not matter, outliers do not whiten the rest, and a map of zeros is white."""
    values = np.ones((40, 40))
    values[0, :20] = -1.0
    values[1] = 0.0
    values[2, 2] = 1e6
    grey = guided_grey(values)
    assert set(grey[1].tolist()) == {255}
    assert grey[0].max() == grey[5].max() == grey[2, 2] == 0
    assert guided_grey(np.zeros((3, 5))).tolist() == [[255] * 5] * 3
    with pytest.raises(ArgumentError, match=r"has shape \(3,\)"):
        guided_grey(np.zeros(3))


def rows(n: int, side: int = 48) -> list[SaliencyRow]:
    """Tiles with two maps and a guided one each."""
    return [
        SaliencyRow(
            tile(side, seed), {"block 2": hill(side, x=10 + seed), "block 3": hill(side, width=12)},
            guided=hill(side) * np.cos(np.arange(side)), title=f"C{seed} (ALS)\ncalled ALS, 0.9", note="A03",
        )
        for seed in range(n)
    ]  # fmt: skip


def test_every_picture_has_its_place() -> None:
    """One row per tile with its name, one column per picture, headings above, one colour bar."""
    figure = saliency_figure(rows(3), ["block 2", "block 3"])
    heads = [axis.get_title(loc="center") for axis in figure.axes]
    assert heads == ["Input", "Grad-CAM\nblock 2", "Grad-CAM\nblock 3", "Guided\nGrad-CAM", *[""] * 9]
    assert len(shown(figure, "input")) == 3
    assert len(shown(figure, "map")) == 6
    assert len(shown(figure, "guided")) == 3
    assert "each map by its own maximum" in figure.axes[-1].get_xlabel()
    assert [text.get_text() for text in figure.texts if text.get_gid() == "title"] == [
        f"C{n} (ALS)\ncalled ALS, 0.9" for n in range(3)
    ]
    corners = np.array([axis.get_position().get_points() for axis in figure.axes[:12]])
    assert np.ptp(corners[:4, 0, 1]) == 0
    assert (np.diff(corners[::4, 0, 1]) < 0).all()
    assert corners[3, 1, 0] <= 1


def test_pictures_are_what_overlay_gives() -> None:
    """Input, maps and guided map within half a step of their own pixels."""
    (row,) = rows(1)
    assert row.guided is not None
    figure = saliency_figure([row], ["block 3"])
    pairs = [
        (shown(figure, "input")[0], row.barred()),
        (shown(figure, "map")[0], overlay(row.picture, row.maps["block 3"])),
        (shown(figure, "guided")[0], guided_grey(row.guided)),
    ]
    for drawn, expected in pairs:
        assert np.abs(drawn.astype(int) - expected).max() <= STEP // 2


def test_large_tiles_are_reduced() -> None:
    """No picture in the figure has a side above 256 pixels, and the peak stays in its place."""
    side = 2 * LARGEST_SIDE
    row = SaliencyRow(np.full((side, side), 20, np.uint8), {"block 2": hill(side, y=100, x=400, width=30)})
    (drawn,) = shown(saliency_figure([row], ["block 2"], guided=False), "map")
    assert drawn.shape == (LARGEST_SIDE, LARGEST_SIDE, 3)
    # Red is high within the hill, and low in the line around it.
    assert np.argwhere(drawn[..., 0] > 120).mean(axis=0) == pytest.approx([50, 200], abs=1)


def test_missing_and_flat_maps_are_said() -> None:
    """A place without a picture is not left blank, and a flat map is not taken for a tile."""
    full, bare = rows(2)
    bare = replace(bare, maps={"block 3": np.zeros((48, 48))}, guided=None)
    figure = saliency_figure([full, bare], ["block 2", "block 3"])
    said = [[text.get_text() for text in axis.texts] for axis in figure.axes]
    assert said[:8] == [[], [], [], [], [], ["no map"], ["flat map"], ["no map"]]


def test_names_are_text_in_the_drawing() -> None:
    """Tags, ampersands and dollars in names are shown as they are; the same rows give the same SVG."""
    row = replace(rows(1)[0], title="<b>&$x$", note='"<i>"')
    drawn = to_svg(saliency_figure([row], ["block 2"]), name="look")
    assert drawn == to_svg(saliency_figure([row], ["block 2"]), name="look")
    assert "&lt;b&gt;&amp;$x$" in drawn
    assert "<b>" not in drawn
    assert "<i>" not in drawn
    assert len(re.findall(r"<image ", drawn)) >= 3


@pytest.mark.parametrize(("n_blocks", "guided"), [(0, False), (1, False), (1, True), (2, True), (4, True)])
def test_everything_lies_within_the_figure(n_blocks: int, guided: bool) -> None:
    """No text is cut at the figure's edge and no two headings touch, from one column to six."""
    maps = {f"block {n}": hill() for n in range(1, n_blocks + 1)}
    row = replace(rows(1)[0], maps=maps, title="A-name-that-is-rather-long (control), called ALS, 0.51")
    figure = saliency_figure([row], list(maps), guided)
    figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in figure.texts]
    boxes += [axis.xaxis.label.get_window_extent() for axis in figure.axes if axis.get_xlabel()]
    heads = [axis.title.get_window_extent() for axis in figure.axes if axis.get_title(loc="center")]
    for box in boxes + heads:
        assert box.x0 >= -1
        assert box.y0 >= -1
        assert box.x1 <= figure.bbox.width + 1
        assert box.y1 <= figure.bbox.height + 1
    assert all(left.x1 < right.x0 for left, right in pairwise(heads))


def test_a_row_adds_little_to_a_page() -> None:
    """A row of dim noise with a map, a fluorescent tile's background, is below 400 kB of SVG."""
    dim = np.random.default_rng(0).poisson(9, (256, 256)).astype(np.uint8)
    row = SaliencyRow(dim, {"block 2": hill(256, width=30), "block 3": hill(256, width=60)}, hill(256) * dim)
    assert len(to_svg(saliency_figure([row], ["block 2", "block 3"]))) < 400_000


def test_without_rows_a_sentence_stands_in_place() -> None:
    """An empty figure says why."""
    figure = saliency_figure([], ["block 2"])
    (axis,) = figure.axes
    assert axis.texts[0].get_text() == "There is no tile to show saliency for."
    assert not axis.axison


def test_unfit_rows_are_refused() -> None:
    """Too many tiles, a block that nobody has, and maps of another size."""
    with pytest.raises(ArgumentError, match="7 tiles do not fit"):
        saliency_figure(rows(7), ["block 2"])
    with pytest.raises(ArgumentError, match="No row has a map of 'block 9'; there are: block 2 and block 3"):
        saliency_figure(rows(1), ["block 9"])
    with pytest.raises(ArgumentError, match=r"saliency map has shape \(9, 9\)"):
        saliency_figure([replace(rows(1)[0], maps={"block 2": np.zeros((9, 9))})], ["block 2"])
    with pytest.raises(ArgumentError, match=r"guided map has shape \(9, 9\)"):
        saliency_figure([replace(rows(1)[0], guided=np.zeros((9, 9)))], ["block 2"])
    with pytest.raises(ArgumentError, match="not float64"):
        saliency_figure([replace(rows(1)[0], picture=np.zeros((48, 48)))], ["block 2"])  # type: ignore[arg-type]
