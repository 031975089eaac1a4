"""Simple measurements of a tile, the first baseline beside the network: intensity, foreground, texture.

All are taken on raw grey levels; a column carries its channel, ``FITC_mean``.
"""

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy import stats
from skimage.filters import threshold_otsu

from hcs_plates.errors import ArgumentError
from hcs_plates.tiles import TileSet
from hcs_plates.units import Output, Progress, Unit, digest, run_units

PERCENTILES = (1, 5, 25, 50, 75, 95, 99)
SCALES = (1.0, 3.0)
"""Standard deviations, pixels, of the Gaussians that texture is measured at."""
VERSION = 1


def measure_channel(image: npt.NDArray[Any]) -> dict[str, float]:
    """Measure one channel of one tile.

    Parameters
    ----------
    image
        Array of shape (y, x), raw grey levels.

    Returns
    -------
    dict
        In grey levels unless said: ``mean``, ``sd``, ``p1`` … ``p99``; ``skew`` and ``kurtosis`` (none);
        ``foreground_fraction`` (share of pixels above Otsu's threshold, Otsu 1979), ``foreground_mean``,
        ``background_mean``, ``foreground_sd``; ``local_sd`` (mean standard deviation in 5 × 5 windows),
        and at each scale s of 1 and 3 pixels ``gradient_s`` (mean slope, grey levels per pixel) and
        ``laplacian_s`` (root mean square of the Laplacian). A flat image has 0 for all that is not a level.

    Examples
    --------
    >>> flat = measure_channel(np.full((8, 8), 7, dtype=np.uint16))
    >>> flat["mean"], flat["sd"], flat["skew"], flat["foreground_fraction"]
    (7.0, 0.0, 0.0, 0.0)
    """
    levels = image.astype(np.float32)
    exact = levels.astype(np.float64)
    flat = bool(image.min() == image.max())
    values = {"mean": float(exact.mean()), "sd": float(exact.std())}
    for percentile, level in zip(PERCENTILES, np.percentile(exact, PERCENTILES), strict=True):
        values[f"p{percentile}"] = float(level)
    values["skew"] = 0.0 if flat else float(stats.skew(exact, axis=None))
    values["kurtosis"] = 0.0 if flat else float(stats.kurtosis(exact, axis=None))
    # Otsu's threshold needs two levels; where all pixels are alike none is foreground.
    above = np.zeros(image.shape, dtype=bool) if flat else image > threshold_otsu(image)
    background = values["mean"] if above.all() else float(exact[~above].mean())
    values["foreground_fraction"] = float(above.mean())
    values["foreground_mean"] = float(exact[above].mean()) if above.any() else background
    values["background_mean"] = background
    values["foreground_sd"] = float(exact[above].std()) if above.any() else 0.0
    values["local_sd"] = float(local_sd(levels).mean())
    for scale in SCALES:
        smooth = cv2.GaussianBlur(levels, (0, 0), scale, borderType=cv2.BORDER_REFLECT_101)
        slope_x = cv2.Sobel(smooth, cv2.CV_32F, 1, 0, ksize=3, scale=1 / 8)
        slope_y = cv2.Sobel(smooth, cv2.CV_32F, 0, 1, ksize=3, scale=1 / 8)
        curvature = cv2.Laplacian(smooth, cv2.CV_32F, ksize=1)
        values[f"gradient_{scale:g}"] = float(np.hypot(slope_x, slope_y).mean(dtype=np.float64))
        values[f"laplacian_{scale:g}"] = float(np.sqrt(np.square(curvature, dtype=np.float64).mean()))
    return values


def local_sd(
    levels: npt.NDArray[np.float32], where: npt.NDArray[np.bool_] | None = None
) -> npt.NDArray[np.float64]:
    """Take the standard deviation in the 5 × 5 window around every pixel, or (n,) around those marked."""
    # Squares of uint16 levels need more digits than float32 has.
    centred = levels.astype(np.float64)
    centred -= float(levels.mean(dtype=np.float64))
    mean = cv2.blur(centred, (5, 5), borderType=cv2.BORDER_REFLECT_101)
    mean = mean if where is None else mean[where]
    centred *= centred
    variance = cv2.blur(centred, (5, 5), borderType=cv2.BORDER_REFLECT_101)
    del centred
    variance = variance if where is None else variance[where]
    mean *= mean
    variance -= mean
    np.maximum(variance, 0.0, out=variance)
    return np.asarray(np.sqrt(variance, out=variance))


def measure_tiles(pixels: npt.NDArray[Any], channels: Sequence[str]) -> pd.DataFrame:
    """Measure every channel of every tile.

    Parameters
    ----------
    pixels
        Array of shape (n, y, x, channel), raw grey levels.
    channels
        Names, one per channel; they lead the columns' names.

    Returns
    -------
    DataFrame
        One row per tile, columns ``CHANNEL_measurement`` as `measure_channel` names them.

    Examples
    --------
    >>> table = measure_tiles(np.zeros((2, 8, 8, 1), np.uint8), ["FITC"])
    >>> table.shape[0], table.columns[0]
    (2, 'FITC_mean')
    >>> measure_tiles(np.zeros((2, 8, 8, 1), np.uint8), ["FITC", "DNA"])
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: 2 channel names for pixels of shape (2, 8, 8, 1); give one per channel.
    """
    if pixels.ndim != 4 or pixels.shape[-1] != len(channels):
        raise ArgumentError(
            f"{len(channels)} channel names for pixels of shape {pixels.shape}; give one per channel."
        )
    rows = [
        {
            f"{channel}_{name}": value
            for place, channel in enumerate(channels)
            for name, value in measure_channel(tile[..., place]).items()
        }
        for tile in pixels
    ]
    return pd.DataFrame(rows)


@dataclass(frozen=True)
class _Span:
    """Payload of one unit: rows of a tile set."""

    tiles: Path
    start: int
    stop: int
    channels: tuple[str, ...]


def measure_tileset(
    tiles: TileSet,
    *,
    client: Any = None,
    workers: int | None = None,
    progress: Progress | None = None,
    receipts: Path | None = None,
) -> pd.DataFrame:
    """Measure all stored tiles.

    Parameters
    ----------
    tiles
        Stored tiles.
    client, workers, progress
        As in `hcs_plates.units.run_units`.
    receipts
        Folder where each unit's rows are kept, so that a killed run goes on; None keeps nothing. A cluster's
        workers must see it: give one with `client`.

    Returns
    -------
    DataFrame
        As `measure_tiles`, index `tile_id`, in the order of the tiles.

    Raises
    ------
    HcsError
        Tiles that are not what their index describes.
    """
    if receipts is None:
        with tempfile.TemporaryDirectory() as folder:
            return measure_tileset(
                tiles, client=client, workers=workers, progress=progress, receipts=Path(folder)
            )
    units = []
    for start, stop in tiles.shards():
        content = tiles.index["digest"].iloc[start:stop].tolist()
        payload = _Span(tiles.path, start, stop, tiles.channels)
        units.append(Unit(f"measurements-{start}", digest(VERSION, tiles.channels, content), payload))
    summary = run_units(_measure_span, units, receipts, client=client, workers=workers, progress=progress)
    summary.check()
    parts = [pd.DataFrame(output["rows"], columns=output["columns"]) for output in summary.outputs.values()]
    table = pd.concat(parts, ignore_index=True)
    table.index = pd.Index(tiles.index["tile_id"], name="tile_id")
    return table


def _measure_span(span: _Span) -> Output:
    """Measure one shard; a few numbers per tile, so they travel in the receipt itself."""
    table = measure_tiles(TileSet.open(span.tiles).read(span.start, span.stop), span.channels)
    rows = table.to_numpy(dtype=float).tolist()
    return {"checksum": digest(rows), "columns": list(table.columns), "rows": rows}
