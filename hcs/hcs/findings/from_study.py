"""The evidence that analyses look at, read from a finished study."""

import numpy as np
import pandas as pd

from hcs.analysis.evidence import Evidence, Plated
from hcs.analysis.factors import factors
from hcs.study.folder import StudyResults
from hcs.study.places import MEASUREMENTS, TILES
from hcs.tables.compared import Classes
from hcs.wording import spaced
from hcs_plates.wells import PlateFormat


def study_evidence(study: StudyResults) -> Evidence:
    """Read what the analyses of a finished study look at.

    Raises
    ------
    NotThereError
        A table of the study is lacking.
    """
    data = study.config.data
    classes = Classes(data.positive, data.negative, spaced(data.label), spaced(data.group))
    wells, tiles = classes.rows(study.table("wells")), classes.rows(study.stored(TILES))
    found = [one.name for one in factors(wells, label=data.label)]
    known = [name for name in found if name in wells and name not in tiles]
    tiles = tiles.merge(
        wells[["plate", "well", *known]], on=["plate", "well"], how="left", validate="many_to_one"
    )
    plates = study.record.get("plates", {})
    # A format that was guessed says of no well that it is an outer one.
    stated = all(one.get("format_stated", True) for one in plates.values())
    formats = {(one["rows"], one["columns"]) for one in plates.values()} if stated else set()
    scores = study.table("scores") if study.has_table("scores") else pd.DataFrame()
    fields = _measured(study, study.stored(TILES), ["plate", "well", "field"])
    return Evidence(
        wells=wells,
        groups=study.table("groups"),
        predictions=study.table("predictions"),
        well_scores=classes.rows(study.table("well_scores")),
        splits=study.table("splits"),
        tiles=tiles,
        features=study.features.load(tiles, view=0).astype(np.float32),
        measured=_measured(study, tiles, ["plate", "well", "group", "label"]),
        plated=Plated(study.table("wells"), scores, fields),
        classes=classes,
        sizes={name: one["rows"] * one["columns"] for name, one in plates.items()} if stated else {},
        plate_format=PlateFormat(*formats.pop()) if len(formats) == 1 else None,
    )


def _measured(study: StudyResults, tiles: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Means, over the tiles that are alike in `keys`, of what was measured in their fields."""
    if study.config.forest.measured != "cells":
        return pd.DataFrame(columns=keys)
    measured = study.stored(MEASUREMENTS).loc[tiles["tile_id"]].reset_index(drop=True)
    return pd.concat([tiles[keys], measured], axis=1).groupby(keys, as_index=False).mean()
