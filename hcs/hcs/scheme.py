"""Which sets a study has, and which tiles it takes: its settings applied to wells, before anything is cut."""

from collections.abc import Sequence

import pandas as pd

from hcs.config import SplitSettings, StudyConfig
from hcs.selection import LeftOut, Selection
from hcs_models.designs import leave_one_group_out, leave_one_value_out
from hcs_models.drawing import draw_images
from hcs_models.splits import SplitPlan, clone_splits
from hcs_plates.plate import Plate
from hcs_plates.tiling import TileSpec, tile_index

LEFT_OUT_BY = {"leave-one-batch-out": "differentiation_batch", "leave-one-plate-out": "plate"}
"""Column of the wells table by which a scheme leaves out."""
CARRIED = ("donor", "differentiation_batch")
"""Columns of the wells table that tiles carry besides plate, well, group and label, where they are there."""


def plan_sets(settings: SplitSettings, classed: pd.DataFrame) -> SplitPlan:
    """Make the sets of a study.

    Parameters
    ----------
    settings
        The ``[splits]`` section.
    classed
        One row per well or tile of the two classes: group, label, and the column that is left out by.

    Raises
    ------
    ArgumentError
        Too few groups, or a batch or plate that cannot be left out.
    """
    if settings.scheme == "leave-one-group-out":
        return leave_one_group_out(classed[["group", "label"]], settings.validation, settings.seed)
    column = LEFT_OUT_BY.get(settings.scheme)
    if column is not None:
        return leave_one_value_out(classed, column, settings.counts(), seed=settings.seed)
    return clone_splits(classed[["group", "label"]], settings.n_sets, settings.counts(), settings.seed)


def tile_table(index: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """Tiles with the group, label and class of their wells, and what a scheme or an audit may ask for."""
    keys = ["plate", "well"]
    carried = [column for column in CARRIED if column in selection.wells.columns]
    wells = selection.wells[[*keys, "group", "label", "positive", *carried]]
    return index.merge(wells, on=keys, how="left", validate="many_to_one")


def tile_spec(config: StudyConfig) -> TileSpec:
    """How the study cuts fields."""
    return TileSpec(config.tiles.size, config.tiles.grid, config.data.channels, config.data.time)


def chosen_wells(plates: Sequence[Plate], selection: Selection) -> dict[str, set[str]]:
    """Wells to take of each plate, by its name."""
    chosen = {plate.name: set[str]() for plate in plates}
    for plate, well in selection.wells[["plate", "well"]].itertuples(index=False):
        chosen[plate].add(well)
    return chosen


def planned_tiles(
    plates: Sequence[Plate], selection: Selection, config: StudyConfig
) -> tuple[pd.DataFrame, list[LeftOut]]:
    """List the tiles that a study takes, without cutting any.

    Returns
    -------
    DataFrame, list
        `tile_table` of them, and (what, where, reason) of wells whose tiles were not all drawn.

    Raises
    ------
    ArgumentError
        A group with fewer tiles than are to be drawn.
    """
    wells = chosen_wells(plates, selection)
    spec = tile_spec(config)
    parts = [tile_index(plate.spec, spec, wells[plate.name])[0] for plate in plates]
    table = tile_table(pd.concat(parts, ignore_index=True), selection)
    wanted = config.data.images_per_clone
    if wanted is None:
        return table, []
    drawn = draw_images(table, wanted, config.splits.seed)
    before = table.groupby(["plate", "well"]).size()
    after = drawn.groupby(["plate", "well"]).size().reindex(before.index, fill_value=0)
    undrawn = [
        ("tiles", f"{plate}/{well}", f"{before[plate, well] - after[plate, well]} of {before[plate, well]} "
         f"not drawn (images_per_clone = {wanted})")
        for plate, well in before.index[before > after]
    ]  # fmt: skip
    return drawn.reset_index(drop=True), undrawn
