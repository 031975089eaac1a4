"""Where a study's network looks: the maps that `hcs explain` kept of single tiles, laid over their field."""

from collections.abc import Iterator, Mapping

import cv2
import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.explain.explanations import Explanations
from hcs.figures.saliency import saliency_colours
from hcs.figures.saliencylayer import laid_over
from hcs.heatmaps.plates import Key
from hcs.tables.compared import Classes
from hcs.web.browser.overlays.overlay import Area, Drawn, Offer, Overlay, Shown
from hcs.web.browser.overlays.scores import classes_of, field_rows
from hcs.web.browser.overlays.tiles import cut_as, tile_area
from hcs.wording import block_name, counted, listed, spaced
from hcs_models.backbone import block_stride
from hcs_models.saliency import upsampled
from hcs_plates.errors import ArgumentError, HcsError, NotThereError

NAME = "saliency"
TITLE = "Where the network looks"
STOPS = 17
FINER = 2
"""Pixels of the picture for each of the tile's: fields are looked at closely, and the line is thinner so."""
NAMED = 6
"""Other fields of the clone that are named where none of this one's tiles was explained."""


class Saliency(Overlay):
    """A picture for each block whose Grad-CAM was kept."""

    def offers(self, shown: Shown) -> list[Offer]:
        """Offer the blocks' maps of a field whose tiles were explained."""
        try:
            found, tiles = _explained(shown)
            study = shown.studied()
            time, classes, area = cut_as(study).time, classes_of(study), _whole(shown, tiles)
        except HcsError as error:
            return [Offer(NAME, TITLE, "picture", why=error.message)]
        said = tuple(_told(found, tiles, classes, cut_as(study).grid))
        return [
            Offer(
                f"{NAME}-{block}",
                f"{TITLE}: Grad-CAM, {block_name(block)}",
                "picture",
                said=said,
                time=time,
                area=area,
                key=saliency_key(),
            )
            for block in found.blocks
        ]

    def mark(self, shown: Shown) -> str:
        """Give the explanations' digest of what they are of."""
        found, _ = _explained(shown)
        return str(found.record["recipe"])

    def draw(self, shown: Shown) -> Mapping[str, Drawn]:
        """Draw the maps of the field's explained tiles, each in its place; between them nothing is drawn."""
        found, tiles = _explained(shown)
        study = shown.studied()
        maps, size, grid = found.maps(found.blocks), FINER * cut_as(study).size, cut_as(study).grid
        rows, columns = np.divmod(tiles["tile"].to_numpy(), grid)
        shape = (np.ptp(rows) + 1) * size, (np.ptp(columns) + 1) * size
        drawn = {}
        for block in found.blocks:
            picture = np.zeros((*shape, 4), np.uint8)
            for place, row, column in zip(
                tiles.index, rows - rows.min(), columns - columns.min(), strict=True
            ):
                own = maps[block][place : place + 1].astype(np.float32)
                relative = upsampled(own, size, FINER * block_stride(block))[0]
                picture[row * size : (row + 1) * size, column * size : (column + 1) * size] = laid_over(
                    relative
                )
            drawn[f"{NAME}-{block}"] = Drawn(_png(picture), "image/png")
        return drawn


def _explained(shown: Shown) -> tuple[Explanations, pd.DataFrame]:
    """Find what was explained of a field; rows by their place among the maps.

    Raises
    ------
    HcsError
        Nothing was, or not of this field.
    """
    study = shown.studied()
    try:
        found = Explanations.open(study)
    except NotThereError as error:
        raise NotThereError(f"Not explained; `hcs explain {study.results}` does it.") from error
    tiles = field_rows(found.tiles, shown)
    if tiles.empty:
        raise ArgumentError(_elsewhere(found.tiles, study.table("wells"), shown))
    return found, tiles


def _elsewhere(tiles: pd.DataFrame, wells: pd.DataFrame, shown: Shown) -> str:
    """Say which other fields of the same clone have explained tiles."""
    own = wells[(wells["plate"] == shown.ours().plate.name) & (wells["well"] == shown.well)]["group"]
    same = tiles[tiles["group"].isin(own.dropna())]
    places = dict.fromkeys(
        f"{plate} {well} field {number}"
        for plate, well, number in same[["plate", "well", "field"]].itertuples(index=False)
    )
    if not places:
        return "None of its tiles was explained: `hcs explain` takes some of each clone that was tested."
    return f"None of its tiles was explained; of {own.iloc[0]} those of {listed(places, most=NAMED)} were."


def _told(found: Explanations, tiles: pd.DataFrame, classes: Classes, grid: int) -> Iterator[str]:
    """Say what is seen, by which heads, and on what scale."""
    n_sets, group = int(tiles["n_sets"].iloc[0]), tiles["group"].iloc[0]
    heads = "one head" if n_sets == 1 else f"mean over {counted(n_sets, 'head')}"
    yield f"Grad-CAM, {heads} that never saw {classes.noun} {group} ({spaced(tiles['label'].iloc[0])})."
    for row in tiles.itertuples(index=False):
        called = spaced(classes.both[not row.called])
        which = f"Tile {row.tile}" if grid > 1 else "The field"
        yield f"{which}: score {row.probability:.2f}, the map speaks for {called}; chosen as {row.reason}."
    if len(tiles) < grid**2:
        yield f"Explained are {len(tiles)} of the field's {grid**2} tiles; the others show nothing."
    yield "Each map is scaled by its own maximum."
    yield "A map proves nothing without its controls; the report has them."


def _whole(shown: Shown, tiles: pd.DataFrame) -> Area:
    """Give the smallest rectangle that holds the areas of tiles."""
    layout = shown.ours().stored.layout
    grid = cut_as(shown.studied()).grid
    areas = [tile_area(int(tile), grid, layout.height, layout.width) for tile in tiles["tile"]]
    x, y = min(one.x for one in areas), min(one.y for one in areas)
    right, down = max(one.x + one.width for one in areas), max(one.y + one.height for one in areas)
    return Area(x, y, right - x, down - y)


def saliency_key() -> Key:
    """Say what the colours of a map mean."""
    from matplotlib.colors import to_hex

    # As on black, with the light that the map lays over an image.
    stops = [to_hex(tuple(np.asarray(saliency_colours()(step))[:3])) for step in np.linspace(0, 1, STOPS)]
    return Key("Relative saliency (line: half)", stops=stops, ticks=((0.0, "0"), (0.5, "0.5"), (1.0, "1")))


def _png(picture: npt.NDArray[np.uint8]) -> bytes:
    """Encode red, green, blue and alpha."""
    written, encoded = cv2.imencode(".png", cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA))
    if not written:
        raise RuntimeError(f"OpenCV cannot encode a picture of shape {picture.shape}.")
    return encoded.tobytes()
