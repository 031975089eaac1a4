"""Where a study's tiles lie on their fields."""

from hcs.study.folder import StudyResults
from hcs.study.places import TILE_SET
from hcs.web.browser.overlays.overlay import Area
from hcs_plates.errors import StoreError
from hcs_plates.tiling import TileSpec


def cut_as(study: StudyResults) -> TileSpec:
    """Tell how a study's tiles were cut, as the tiles themselves say it.

    Raises
    ------
    NotThereError, StoreError
        The tiles are gone or damaged.
    """
    path = study.results / TILE_SET
    said = study.held(path / "zarr.json", lambda: study.tiles.attributes["spec"])
    try:
        return TileSpec(**said)
    except TypeError as error:
        raise StoreError(path, "was cut by another version of hcs; run the study again") from error


def tile_area(tile: int, grid: int, height: int, width: int) -> Area:
    """Place a tile on its field: fields are rescaled whole and then cut, so that its sides may cut pixels.

    Examples
    --------
    >>> tile_area(5, 3, height=100, width=90)
    Area(x=60.0, y=33.333333333333336, width=30.0, height=33.333333333333336)
    """
    row, column = divmod(tile, grid)
    return Area(column * width / grid, row * height / grid, width / grid, height / grid)
