"""Cells: shapes and intensities are those of scikit-image, rings those of a distance transform."""

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from scipy.ndimage import distance_transform_edt
from skimage.draw import ellipse
from skimage.measure import regionprops_table

from hcs.measure.cells import GAP_UM, RING_UM, cell_table, cytoplasm_rings, region_shapes

Labels = npt.NDArray[np.int32]
PIXEL_UM = 0.65


def ellipses(seed: int = 0, side: int = 200, n: int = 12) -> Labels:
    """Draw ellipses of any direction that may hide each other; label 5 is absent, 1 is a line."""
    rng = np.random.default_rng(seed)
    labels = np.zeros((side, side), np.int32)
    for label in range(2, n + 1):
        row, column, turn = rng.uniform(15, side - 15), rng.uniform(15, side - 15), rng.uniform(0, np.pi)
        labels[ellipse(row, column, *rng.uniform(4, 13, 2), shape=labels.shape, rotation=turn)] = label
    labels[labels == 5] = 0
    labels[2, 10:30] = 1
    return labels


@pytest.fixture(scope="module")
def image() -> npt.NDArray[np.float32]:
    """Levels that differ from pixel to pixel, on a high background."""
    return np.random.default_rng(1).normal(1000, 50, (200, 200)).astype(np.float32)


@pytest.mark.parametrize("seed", range(4))
def test_shapes_are_scikit_images(seed: int) -> None:
    """Area, equivalent diameter and eccentricity of ellipses and of a line."""
    labels = ellipses(seed)
    expected = regionprops_table(
        labels, properties=("label", "area", "equivalent_diameter_area", "eccentricity")
    )
    there = expected["label"]
    shapes = region_shapes(labels, int(labels.max()) + 1, PIXEL_UM)
    assert list(shapes) == ["area_um2", "equivalent_diameter_um", "eccentricity"]
    np.testing.assert_allclose(shapes["area_um2"][there], expected["area"] * PIXEL_UM**2, rtol=1e-9)
    np.testing.assert_allclose(
        shapes["equivalent_diameter_um"][there], expected["equivalent_diameter_area"] * PIXEL_UM, rtol=1e-9
    )
    np.testing.assert_allclose(shapes["eccentricity"][there], expected["eccentricity"], rtol=1e-9, atol=1e-6)
    assert shapes["eccentricity"][1] == 1.0


def test_absent_labels_have_no_shape() -> None:
    """They are NaN, and a pixel alone is round."""
    labels = np.zeros((9, 9), np.int32)
    labels[4, 4] = 3
    shapes = region_shapes(labels, 6, None)
    assert list(shapes) == ["area_px2", "equivalent_diameter_px", "eccentricity"]
    for values in shapes.values():
        assert np.isnan(values[[1, 2, 4, 5]]).all()
    assert shapes["area_px2"][3] == 1
    assert shapes["eccentricity"][3] == 0


def test_intensities_are_scikit_images(image: npt.NDArray[np.float32]) -> None:
    """Mean, SD and place of every nucleus and soma; labels that are absent have no row."""
    nuclei, somas = ellipses(0), ellipses(3)
    table = cell_table(nuclei, somas, {"DAPI": image}, PIXEL_UM).set_index("cell")
    oracle = regionprops_table(
        nuclei, image.astype(float), properties=("label", "centroid", "intensity_mean", "intensity_std")
    )
    assert list(table.index) == list(oracle["label"])
    assert 5 not in table.index
    for ours, theirs in (
        ("y_px", "centroid-0"),
        ("x_px", "centroid-1"),
        ("DAPI_nucleus_mean", "intensity_mean"),
        ("DAPI_nucleus_sd", "intensity_std"),
    ):
        np.testing.assert_allclose(table[ours], oracle[theirs], rtol=1e-9)
    others = pd.DataFrame(
        regionprops_table(somas, image.astype(float), properties=("label", "intensity_mean", "area"))
    ).set_index("label")
    both = table.index.intersection(others.index)
    np.testing.assert_allclose(
        table.loc[both, "DAPI_soma_mean"], others.loc[both, "intensity_mean"], rtol=1e-9
    )
    np.testing.assert_allclose(
        table.loc[both, "soma_area_um2"], others.loc[both, "area"] * PIXEL_UM**2, rtol=1e-9
    )


def test_texture_is_the_sd_of_small_windows(image: npt.NDArray[np.float32]) -> None:
    """Mean of NumPy's SD over the 5 × 5 windows around the nucleus's pixels."""
    labels = np.zeros((200, 200), np.int32)
    labels[50:70, 80:95] = 1
    windows = np.lib.stride_tricks.sliding_window_view(image.astype(float), (5, 5))
    expected = windows[48:68, 78:93].std(axis=(2, 3)).mean()
    table = cell_table(labels, None, {"DAPI": image}, PIXEL_UM)
    assert table.loc[0, "DAPI_nucleus_texture"] == pytest.approx(expected, rel=1e-4)


def test_a_cell_without_a_soma_is_nan(image: npt.NDArray[np.float32]) -> None:
    """A nucleus without a soma keeps its row; a soma without a nucleus has none."""
    nuclei, somas = np.zeros((200, 200), np.int32), np.zeros((200, 200), np.int32)
    nuclei[20:30, 20:30], nuclei[90:100, 90:100] = 1, 3
    somas[15:35, 15:35], somas[150:160, 150:160] = 1, 7
    table = cell_table(nuclei, somas, {"FITC": image}, PIXEL_UM)
    assert table["cell"].tolist() == [1, 3]
    assert table["soma_area_um2"].notna().tolist() == [True, False]
    assert np.isnan(table.loc[1, "FITC_soma_mean"])
    assert table["FITC_nucleus_mean"].notna().all()


def test_somas_alone_are_the_cells(image: npt.NDArray[np.float32]) -> None:
    """Without nuclei a row is a soma, and there is neither nucleus nor ring."""
    table = cell_table(None, ellipses(), {"FITC": image}, PIXEL_UM)
    assert len(table) == len(np.unique(ellipses())) - 1
    assert not [name for name in table if "nucleus" in name or "ring" in name or "ratio" in name]


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pixel_um", [PIXEL_UM, 0.3, None])
def test_rings_go_to_the_nearest_nucleus(seed: int, pixel_um: float | None) -> None:
    """No ring pixel lies in a nucleus; each is one of the nearest's, as exact distances tell it."""
    nuclei = ellipses(seed)
    ring = cytoplasm_rings(nuclei, pixel_um)
    assert not (ring[nuclei > 0] > 0).any()
    distance, (rows, columns) = distance_transform_edt(nuclei == 0, return_indices=True)
    per_um = 1 / (pixel_um or PIXEL_UM)
    # A 5 × 5 chamfer mask is right to 2 % (Borgefors 1986): pixels this near to an edge may fall either way.
    slack = 0.03 * distance + 0.05
    low, high = GAP_UM * per_um, (GAP_UM + RING_UM) * per_um
    assert (ring[(distance > low + slack) & (distance < high - slack)] > 0).all()
    assert not (ring[(distance < low - slack) | (distance > high + slack)] > 0).any()
    numbers = np.unique(nuclei)[1:]
    own = np.stack([distance_transform_edt(nuclei != number) for number in numbers])
    mine = np.take_along_axis(own, np.searchsorted(numbers, np.maximum(ring, numbers[0]))[None], 0)[0]
    assert (mine <= distance + slack)[ring > 0].all()
    agree = (ring == nuclei[rows, columns])[ring > 0]
    assert agree.mean() > 0.97


def test_the_ratio_weighs_both_ways_alike() -> None:
    """Twice as bright inside or outside: log2 is 1 and −1; levels of 0 or less have no ratio."""
    nuclei = np.zeros((60, 60), np.int32)
    nuclei[20:40, 20:40] = 1
    inside = np.where(nuclei > 0, 200, 100).astype(np.float32)
    outside = np.where(nuclei > 0, 100, 200).astype(np.float32)
    dark = np.where(nuclei > 0, 100, -3).astype(np.float32)
    row = cell_table(nuclei, None, {"in": inside, "out": outside, "dark": dark}, PIXEL_UM).iloc[0]
    assert (row["in_ratio"], row["out_ratio"]) == pytest.approx((2, 0.5))
    assert (row["in_log2_ratio"], row["out_log2_ratio"]) == pytest.approx((1, -1))
    assert np.isnan(row["dark_ratio"])
    assert np.isnan(row["dark_log2_ratio"])


def test_ratios_are_taken_before_the_background() -> None:
    """`levels` sets the ratio and nothing else."""
    nuclei = np.zeros((60, 60), np.int32)
    nuclei[20:40, 20:40] = 1
    full = np.where(nuclei > 0, 300, 100).astype(np.float32)
    row = cell_table(nuclei, None, {"M": full - 100}, PIXEL_UM, levels={"M": full}).iloc[0]
    assert (row["M_nucleus_mean"], row["M_ring_mean"]) == pytest.approx((200, 0))
    assert row["M_ratio"] == pytest.approx(3)


@pytest.mark.parametrize(("pixel_um", "unit", "other"), [(PIXEL_UM, "um", "px"), (None, "px", "um")])
def test_names_say_the_unit(
    pixel_um: float | None, unit: str, other: str, image: npt.NDArray[np.float32]
) -> None:
    """Sizes end in µm where the pixel size is known, in pixels where not; places are always pixels."""
    table = cell_table(ellipses(), ellipses(), {"DAPI": image}, pixel_um)
    for region in ("nucleus", "soma"):
        assert {f"{region}_area_{unit}2", f"{region}_equivalent_diameter_{unit}"} <= set(table)
        assert not {f"{region}_area_{other}2", f"{region}_equivalent_diameter_{other}"} & set(table)
    assert {"y_px", "x_px"} <= set(table)


def test_no_cells_give_an_empty_table(image: npt.NDArray[np.float32]) -> None:
    """Whether they were looked for or not, the columns `cell` and `counted` are there."""
    nothing = np.zeros((200, 200), np.int32)
    for table in (
        cell_table(None, None, {"DAPI": image}, PIXEL_UM),
        cell_table(nothing, None, {"DAPI": image}, PIXEL_UM),
        cell_table(nothing, nothing, {"DAPI": image}, None),
    ):
        assert table.empty
        assert list(table.columns[:2]) == ["cell", "counted"]
        assert table["counted"].dtype == bool


def test_a_cell_on_the_border_counts_once() -> None:
    """One that shows less than half of itself is not counted."""
    nuclei = np.zeros((60, 60), np.int32)
    nuclei[20:40, 20:40], nuclei[0:5, 5:25] = 1, 2
    table = cell_table(nuclei, None, {}, PIXEL_UM)
    assert table.set_index("cell")["counted"].to_dict() == {1: True, 2: False}
