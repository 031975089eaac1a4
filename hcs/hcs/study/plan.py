"""Which sets a study has, and which tiles it takes: its settings applied to wells, before anything is cut."""

from collections.abc import Sequence
from contextlib import suppress

import pandas as pd

from hcs.study.settings import SplitSettings, StudyConfig
from hcs.study.wells import LeftOut, Selection
from hcs_models.boundaries import audit
from hcs_models.designs import leave_one_group_out, leave_one_value_out
from hcs_models.drawing import draw_images
from hcs_models.groups import group_labels
from hcs_models.splits import STUDY_COUNTS, SplitPlan, clone_splits, smallest_covering
from hcs_plates.errors import ArgumentError
from hcs_plates.plate import Plate
from hcs_plates.tiling import TileSpec, tile_index

LEFT_OUT_BY = {"leave-one-batch-out": "differentiation_batch", "leave-one-plate-out": "plate"}
"""Column of the wells table by which a scheme leaves out."""
STUDY_SETS, STUDY_GROUPS = 55, sum(STUDY_COUNTS.values())
"""Sets of the reference study, and clones per class of one set."""
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
        own = classed.drop(columns=["clone", "diagnosis"], errors="ignore")
        return leave_one_value_out(own, column, settings.counts(), seed=settings.seed)
    return clone_splits(classed[["group", "label"]], settings.n_sets, settings.counts(), settings.seed)


def checked_plan(settings: SplitSettings, planned: pd.DataFrame) -> SplitPlan:
    """Make the sets of the planned tiles, and prove that no group, donor or well crosses their boundaries.

    What the sets do with image content is proved once tiles are cut (`hcs_models.boundaries.audit`).

    Raises
    ------
    ArgumentError, LeakError
        As `plan_sets`; something stands in two parts of a set.
    """
    classed = planned[planned["positive"].notna()]
    plan = plan_sets(settings, classed)
    audit(plan, classed)
    return plan


def fitting_splits(classed: pd.DataFrame) -> dict[str, int]:
    """Choose counts and a number of sets that the groups at hand can fill, as near to the study's as can be.

    Parameters
    ----------
    classed
        One row per well of the two classes: group, label.

    Returns
    -------
    dict
        n_sets, train, validation, test; validation is 0 where only two groups are there. The study's own from
        15 groups per class (or in all, where groups hold both labels) on; below, in its proportions, with
        sets enough to test and validate every group twice where there are so many distinct ones.

    Raises
    ------
    ArgumentError
        A class with one group only.

    Examples
    --------
    >>> wells = pd.DataFrame({"group": list("abcdefghijkl"), "label": ["ALS"] * 6 + ["control"] * 6})
    >>> fitting_splits(wells)
    {'n_sets': 12, 'train': 4, 'validation': 1, 'test': 1}
    """
    held = group_labels(classed[["group", "label"]])
    nested = all(len(labels) == 1 for labels in held.values())
    sizes = pd.Series([labels[0] if nested else "all" for labels in held.values()]).value_counts()
    least = int(sizes.min())
    if least < 2:
        raise ArgumentError(
            f"There is one group of {sizes.idxmin()} only: a study tests on groups that it never trained on, "
            "and needs two or more of each class."
        )
    test = min(STUDY_COUNTS["test"], max(1, least * STUDY_COUNTS["test"] // STUDY_GROUPS))
    validation = min(STUDY_COUNTS["validation"], max(1, least * STUDY_COUNTS["validation"] // STUDY_GROUPS))
    validation = validation if least > test + 1 else 0
    counts = {"train": min(STUDY_COUNTS["train"], least - test - validation)}
    counts |= {"validation": validation, "test": test}
    covering = smallest_covering(classed[["group", "label"]], counts)
    wanted = max(STUDY_SETS, covering) if least >= STUDY_GROUPS else min(STUDY_SETS, 2 * covering)
    for n_sets in range(wanted, 1, -1):
        with suppress(ArgumentError):
            clone_splits(classed[["group", "label"]], n_sets, counts)
            return {"n_sets": n_sets, **counts}
    return {"n_sets": 1, **counts}


def tile_table(index: pd.DataFrame, selection: Selection) -> pd.DataFrame:
    """Tiles with the group, label and class of their wells, and what a scheme or an audit may ask for."""
    keys = ["plate", "well"]
    known = selection.wells.columns
    carried = [column for column in CARRIED if column in known]
    # All groups of one donor: it stands on both sides whatever is done, and the study says so.
    if "donor" in carried and selection.classed["donor"].nunique() == 1:
        carried.remove("donor")
    wells = selection.wells[[*keys, "group", "label", "positive", *carried]]
    return index.merge(wells, on=keys, how="left", validate="many_to_one")


def tile_spec(config: StudyConfig) -> TileSpec:
    """How the study cuts fields."""
    cut, data = config.tiles, config.data
    return TileSpec(cut.size, cut.grid, data.channels, data.time, cut.z)


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
    drawn = table
    if selection.drawn_by is not None:
        # Names and classes must not change which tiles were taken when only codes were known.
        codes = selection.wells.set_index(["plate", "well"])[selection.drawn_by]
        drawn = table.drop(columns="positive")
        drawn["group"] = codes.reindex(pd.MultiIndex.from_frame(table[["plate", "well"]])).to_numpy()
    kept = draw_images(drawn, wanted, config.splits.seed)["tile_id"]
    drawn = table[table["tile_id"].isin(kept)]
    before = table.groupby(["plate", "well"]).size()
    after = drawn.groupby(["plate", "well"]).size().reindex(before.index, fill_value=0)
    undrawn = [
        ("tiles", f"{plate}/{well}", f"{before[plate, well] - after[plate, well]} of {before[plate, well]} "
         f"not drawn (images_per_clone = {wanted})")
        for plate, well in before.index[before > after]
    ]  # fmt: skip
    return drawn.reset_index(drop=True), undrawn
