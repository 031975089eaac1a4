"""Explained tiles as pictures: the rows of the figure, the strips of the gallery, and their files."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.explain.explanations import Explanations
from hcs.figures.saliency import SaliencyRow, guided_grey, overlay
from hcs.pages.pictures import tile_picture
from hcs.study.folder import StudyResults
from hcs.study.pixelsize import tile_pixels
from hcs.wording import block_name, spaced
from hcs_models.backbone import block_stride
from hcs_models.saliency import upsampled
from hcs_plates.evenly import evenly
from hcs_plates.files import write_file

SHOWN_ROWS = 2
"""Rows of the figure for each class."""
GAP = 4


def saliency_rows(study: StudyResults, found: Explanations, tiles: pd.DataFrame) -> Iterator[SaliencyRow]:
    """Put explained tiles and their maps, in the tile's pixels and by block in words, side by side."""
    store, maps, data = study.tiles, found.maps(), study.config.data
    sizes = tile_pixels(study)
    for place, row in zip(tiles.index, tiles.itertuples(index=False), strict=True):
        called = spaced(data.positive if row.called else data.negative)
        yield SaliencyRow(
            tile_picture(store, int(row.row)),
            {
                block_name(block): upsampled(
                    maps[block][place : place + 1].astype(np.float32), store.size, block_stride(block)
                )[0]
                for block in found.blocks
            },
            maps["guided"][place].astype(np.float32),
            f"{row.group} ({spaced(row.label)}), called {called}",
            f"score {row.probability:.2f}, {row.plate} {row.well} field {row.field}; {row.reason}",
            sizes[str(row.plate)],
        )


def shown_tiles(found: Explanations) -> pd.DataFrame:
    """Choose tiles for the figure: of some clones of each class the tile that is called right most surely."""
    tiles = found.tiles
    chosen = []
    for positive, reason in ((True, "highest"), (False, "lowest")):
        right = tiles[(tiles["positive"] == positive) & (tiles["called"] == positive)]
        sure = right[right["reason"].str.contains(reason, regex=False)].sort_values("group")
        chosen.append(sure.iloc[evenly(len(sure), SHOWN_ROWS)])
    return pd.concat(chosen)


def strip(row: SaliencyRow) -> npt.NDArray[np.uint8]:
    """Join a tile, its overlays and its guided map to one picture, array of shape (y, x, 3)."""
    white = np.full((row.picture.shape[0], GAP, 3), 255, dtype=np.uint8)
    joined = [part for picture in panels(row) for part in (picture, white)]
    return np.concatenate(joined[:-1], axis=1)


def panels(row: SaliencyRow) -> list[npt.NDArray[np.uint8]]:
    """Tile with its scale bar, overlay of each block, and guided map, in colour."""
    made = [row.barred(), *(overlay(row.picture, one) for one in row.maps.values())]
    if row.guided is not None:
        made.append(guided_grey(row.guided))
    return [np.repeat(one[..., None], 3, axis=2) if one.ndim == 2 else one for one in made]


def write_strips(study: StudyResults, found: Explanations) -> Path:
    """Write the strip of every pictured tile, ``overlays/P1-B03-1-0.png`` in the explanations' folder."""
    folder = found.folder / "overlays"
    for name, row in zip(found.tiles["tile_id"], saliency_rows(study, found, found.tiles), strict=True):
        _, picture = cv2.imencode(".png", strip(row)[..., ::-1])
        write_file(folder / f"{str(name).replace('/', '-')}.png", picture.tobytes(), durable=False)
    return folder
