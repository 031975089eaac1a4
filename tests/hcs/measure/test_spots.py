"""Spots and grains: drawn spots are counted, lines and edges are none, discs have their size."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from scipy.ndimage import gaussian_filter

from hcs.measure.cells import cell_table
from hcs.measure.spots import SIZES, find_spots, granularity

SIDE, PIXEL_UM = 160, 0.65
Array = npt.NDArray[Any]
y, x = np.mgrid[:SIDE, :SIDE]
PLACES = [(30 + 25 * down, 30 + 25 * right) for down in range(5) for right in range(5)]


def exposed(light: Array, seed: int = 0) -> npt.NDArray[np.float32]:
    """Shot noise on 200 photons."""
    return np.random.default_rng(seed).poisson(200 + light).astype(np.float32)


def spots(n: int, peak: float = 300.0, sigma: float = 1.2) -> Array:
    """Light of the first n spots of a grid."""
    shapes = [
        peak * np.exp(-((y - down) ** 2 + (x - right) ** 2) / (2 * sigma**2)) for down, right in PLACES[:n]
    ]
    return np.asarray(sum(shapes, np.zeros((SIDE, SIDE))))


@pytest.mark.parametrize("sigma", [0.9, 1.2, 1.8])
@pytest.mark.parametrize("n", [0, 1, 9, 25])
def test_spots_are_counted_where_they_are(n: int, sigma: float) -> None:
    """All of them, each within a pixel, and nothing else; on even light as beside a bright body."""
    body = 400 * gaussian_filter((np.hypot(y - 130, x - 8) < 6).astype(float), 2)
    found = find_spots(exposed(spots(n, sigma=sigma)), PIXEL_UM)
    away = [min(np.hypot(*(np.array(place) - other)) for other in PLACES[:n]) for place in found.places]
    assert len(found.places) == n
    assert max(away, default=0) <= 1.5
    assert len(find_spots(exposed(spots(n, sigma=sigma) + body), PIXEL_UM).places) in (n, n + 1)


def test_lines_and_edges_are_no_spots() -> None:
    """A neurite, a step of light, a wide body and noise."""
    for light in (
        300 * np.exp(-((y - x * 0.4 - 40) ** 2) / 4),
        gaussian_filter(300.0 * (x > 80), 1),
        300 * np.exp(-((y - 80) ** 2 + (x - 80) ** 2) / (2 * 15**2)),
        0.0 * x,
    ):
        assert len(find_spots(exposed(light), PIXEL_UM).places) <= 1


def test_cells_have_their_spots_and_their_share() -> None:
    """Of two nuclei one has four spots with a known part of the light, one has none."""
    nuclei = np.zeros((SIDE, SIDE), dtype=np.int32)
    nuclei[40:56, 40:56], nuclei[110:126, 110:126] = 1, 2
    chosen = [(38, 60), (48, 60), (48, 36), (60, 48)]
    drops = sum(400 * np.exp(-((y - down) ** 2 + (x - right) ** 2) / (2 * 1.2**2)) for down, right in chosen)
    even = 40 * gaussian_filter(
        ((np.hypot(y - 48, x - 48) < 22) | (np.hypot(y - 118, x - 118) < 22)) * 1.0, 2
    )
    image = exposed(drops + even)
    found = find_spots(image, PIXEL_UM)
    table = cell_table(nuclei, None, {"GFP": image - 200}, PIXEL_UM, spots={"GFP": found}).set_index("cell")
    assert table["GFP_spots"].tolist() == [4, 0]
    expected = drops.sum() / (drops + even)[:90, :90].sum()
    assert table.loc[1, "GFP_spot_share"] == pytest.approx(expected, rel=0.25)
    assert table.loc[2, "GFP_spot_share"] < 0.02


@pytest.mark.parametrize("radius", [2, 3, 5])
def test_the_spectrum_peaks_at_the_size_of_the_grains(radius: int) -> None:
    """Discs of one radius leave at the first opening that is larger than they are."""
    picture = np.zeros((SIDE, SIDE), dtype=np.float32)
    for down, right in PLACES:
        picture[np.hypot(y - down, x - right) <= radius] = 100
    spectrum = np.array(list(granularity(picture, PIXEL_UM).values()))
    assert len(spectrum) == SIZES
    assert spectrum.sum() == pytest.approx(1, abs=0.02)
    assert np.argmax(spectrum) + 1 in (radius + 1, radius + 2)


def test_the_spectrum_has_no_unit_of_light() -> None:
    """Ten times the light is the same spectrum; none is NaN."""
    picture = spots(9).astype(np.float32)
    once, often = granularity(picture, PIXEL_UM), granularity(10 * picture, PIXEL_UM)
    assert list(once.values()) == pytest.approx(list(often.values()), rel=1e-4)
    assert np.isnan(list(granularity(0 * picture, PIXEL_UM).values())).all()
