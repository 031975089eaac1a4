"""Cells: one row per cell of a field: the shape of its nucleus and soma, and what each channel shows in them.

Sums over labelled regions are taken by `numpy.bincount`, all cells at once.
"""

from collections.abc import Mapping

import cv2
import numpy as np
import pandas as pd

from hcs.measure.hills import ellipse_of, moments_of
from hcs.measure.nuclei import centred_in_field
from hcs.measure.pictures import Array, Image, Labels, Mask, Picture, nearest_marked, scale_of, unit_of
from hcs.measure.spots import Spots
from hcs_models.measurements import local_sd

Columns = dict[str, Array]

CELL_UM = 10.0
"""A cell reaches this far from the edge of its nucleus where spots are counted, or half way to the next."""
GAP_UM, RING_UM = 0.5, 3.0
"""The ring that stands for the cytoplasm starts this far from the nucleus's edge, and is this wide: µm."""


def cell_table(
    nuclei: Labels | None,
    somas: Labels | None,
    channels: Mapping[str, Image],
    pixel_um: float | None,
    *,
    levels: Mapping[str, Image] | None = None,
    spots: Mapping[str, Spots] | None = None,
) -> pd.DataFrame:
    """Measure every cell of a field.

    Parameters
    ----------
    nuclei, somas
        Arrays of shape (y, x), labels; a soma has the label of its nucleus where both are given.
    channels
        Arrays of shape (y, x), by name, background subtracted.
    pixel_um
        Side of a pixel, µm; None if not known.
    levels
        `channels` before that, for ratios: where cells fill a field, what looks like background is cytoplasm.
    spots
        Spots of channels by name.

    Returns
    -------
    DataFrame
        Per nucleus, or per soma without nuclei: ``cell`` (label), ``counted`` (whether its centre is in the
        field: a cell on the border belongs to one field only), ``y_px``, ``x_px`` (centroid); for each of
        nucleus and soma ``…_area_um2``, ``…_equivalent_diameter_um`` (``_px2`` and ``_px`` if the pixel size
        is not known) and ``…_eccentricity``; for each channel and both ``CHANNEL_nucleus_mean``, ``_sd`` and
        ``_texture`` (mean SD in 5 × 5 pixel windows), ``CHANNEL_ring_mean`` (cytoplasm: a ring around the
        nucleus), ``CHANNEL_ratio`` (nucleus over ring) and ``CHANNEL_log2_ratio``; for channels with `spots`
        ``CHANNEL_spots`` (up to 10 µm around the nucleus, or the soma without nuclei) and
        ``CHANNEL_spot_share`` (of the cell's light). What a cell lacks is NaN.
    """
    leading = nuclei if nuclei is not None else somas
    if leading is None:
        return pd.DataFrame({"cell": pd.Series(dtype="int64"), "counted": pd.Series(dtype=bool)})
    size = 1 + max(int(labels.max(initial=0)) for labels in (nuclei, somas) if labels is not None)
    n, down, right = moments_of(leading, size)[:, :3].T
    with np.errstate(invalid="ignore"):
        columns: Columns = {"y_px": down / n, "x_px": right / n}
    regions = {name: labels for name, labels in (("nucleus", nuclei), ("soma", somas)) if labels is not None}
    textures = {name: _textures(regions, image, size) for name, image in channels.items()}
    for region, labels in regions.items():
        shapes = region_shapes(labels, size, pixel_um)
        columns |= {f"{region}_{name}": values for name, values in shapes.items()}
        columns |= _region_levels(region, labels, channels, textures, size)
    if nuclei is not None:
        columns |= _ratios(nuclei, cytoplasm_rings(nuclei, pixel_um), channels, levels or channels, size)
    whole = np.maximum(leading, cytoplasm_rings(leading, pixel_um, 0.0, CELL_UM)) if spots else leading
    for name, found in (spots or {}).items():
        columns[f"{name}_spots"], columns[f"{name}_spot_share"] = found.per_cell(whole, channels[name], size)
    there = np.bincount(leading.ravel(), minlength=size) > 0
    there[0] = False
    table = pd.DataFrame(columns)[there]
    table.insert(0, "cell", np.flatnonzero(there))
    table.insert(1, "counted", centred_in_field(leading)[table["cell"] - 1])
    return table.reset_index(drop=True)


def cells_at_gaps(
    cells: pd.DataFrame, leading: Labels | None, shown: Mask | None, pixel_um: float | None
) -> pd.DataFrame:
    """Count cells at gaps as those at the field's border, and take away what their rings would show of gaps.

    Parameters
    ----------
    cells
        Of `cell_table`.
    leading
        Array of shape (y, x), labels of the cells.
    shown
        Array of shape (y, x): where the picture shows anything (`hcs.measure.gaps.covered_part`); all of
        it if None.
    pixel_um
        Side of a pixel, µm; None if not known.
    """
    if leading is None or shown is None:
        return cells
    distance = cv2.distanceTransform(shown.astype(np.uint8), cv2.DIST_L2, 5)
    nearest = np.full(int(leading.max(initial=0)) + 1, np.inf)
    here = leading > 0
    np.minimum.at(nearest, leading[here], distance[here])
    near = pd.Series(nearest[cells["cell"]] <= (GAP_UM + RING_UM) * scale_of(pixel_um), index=cells.index)
    rings = [name for name in cells if name.endswith(("_ring_mean", "_ratio"))]
    counted = centred_in_field(leading, np.isfinite(nearest[1:]) & (nearest[1:] > 1.5))[cells["cell"] - 1]
    return cells.assign(counted=counted, **{name: cells[name].mask(near) for name in rings})


def _textures(regions: Mapping[str, Labels], image: Image, size: int) -> Columns:
    """Mean SD in small windows, in each kind of region."""
    # Pictures of float64 of every channel would be most of the memory that a field takes.
    where = np.logical_or.reduce([labels > 0 for labels in regions.values()])
    values = local_sd(image, where)
    texture = np.zeros(image.shape)
    texture[where] = values
    return {region: _levels(labels, texture, size)[0] for region, labels in regions.items()}


def _region_levels(
    region: str,
    labels: Labels,
    channels: Mapping[str, Image],
    textures: Mapping[str, Columns],
    size: int,
) -> Columns:
    """Mean, spread and texture of every channel in one kind of region."""
    columns: Columns = {}
    for channel, image in channels.items():
        mean, sd = _levels(labels, image, size)
        columns[f"{channel}_{region}_mean"], columns[f"{channel}_{region}_sd"] = mean, sd
        columns[f"{channel}_{region}_texture"] = textures[channel][region]
    return columns


def _ratios(
    nuclei: Labels, rings: Labels, channels: Mapping[str, Image], levels: Mapping[str, Image], size: int
) -> Columns:
    """Mean of every channel in the ring, and nucleus over ring; NaN where either shows no light."""
    columns: Columns = {}
    for channel, image in channels.items():
        columns[f"{channel}_ring_mean"] = _levels(rings, image, size)[0]
        inner, outer = (_levels(labels, levels[channel], size)[0] for labels in (nuclei, rings))
        above = (np.nan_to_num(inner) > 0) & (np.nan_to_num(outer) > 0)
        ratio = np.divide(inner, outer, out=np.full(size, np.nan), where=above)
        columns[f"{channel}_ratio"], columns[f"{channel}_log2_ratio"] = ratio, np.log2(ratio)
    return columns


def region_shapes(labels: Labels, size: int, pixel_um: float | None) -> Columns:
    """Area, equivalent diameter and eccentricity of every label from 0 to `size` - 1; NaN where absent."""
    area, major, minor = ellipse_of(*moments_of(labels, size).T)
    n = np.where(area > 0, area, np.nan)
    # The extent of the pixels themselves (1/12) is left out, as in scikit-image: a line has eccentricity 1.
    long, short = (np.maximum(axis**2 / 16 - 1 / 12, 0).round(12) for axis in (major, minor))
    unit, scale = unit_of(pixel_um)
    return {
        f"area_{unit}2": n * scale**2,
        f"equivalent_diameter_{unit}": np.sqrt(4 * n / np.pi) * scale,
        "eccentricity": np.where(
            area > 0, np.sqrt(1 - short / np.where(long > 0, long, 1)) * (long > 0), np.nan
        ),
    }


def cytoplasm_rings(
    nuclei: Labels, pixel_um: float | None, gap_um: float = GAP_UM, ring_um: float = RING_UM
) -> Labels:
    """Draw rings around nuclei; each pixel goes to the nearest nucleus, so rings never overlap."""
    if not nuclei.any():
        return np.zeros_like(nuclei)
    distance, owner = nearest_marked(nuclei > 0, nuclei)
    per_um = scale_of(pixel_um)
    ring = (distance > gap_um * per_um) & (distance <= (gap_um + ring_um) * per_um)
    return np.where(ring, owner, 0).astype(np.int32)


def _levels(labels: Labels, image: Picture, size: int) -> tuple[Array, Array]:
    """Mean and standard deviation of an image in every region."""
    here = labels > 0
    at, values = labels[here], image[here].astype(np.float64)
    n = np.bincount(at, minlength=size).astype(np.float64)
    n[n == 0] = np.nan
    mean = np.bincount(at, values, size) / n
    return mean, np.sqrt(np.bincount(at, (values - mean[at]) ** 2, size) / n)
