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
    classes = [data.positive, data.negative]
    wells = _of_classes(study.table("wells"), classes)
    tiles = _of_classes(study.stored(TILES), classes)
    found = [one.name for one in factors(wells, label=data.label)]
    known = [name for name in found if name in wells and name not in tiles]
    tiles = tiles.merge(
        wells[["plate", "well", *known]], on=["plate", "well"], how="left", validate="many_to_one"
    )
    plates = study.record.get("plates", {})
    # A format that was guessed says of no well that it is an outer one.
    stated = all(one.get("format_stated", True) for one in plates.values())
    formats = {(one["rows"], one["columns"]) for one in plates.values()} if stated else set()
    return Evidence(
        wells=wells,
        groups=study.table("groups"),
        predictions=study.table("predictions"),
        well_scores=_of_classes(study.table("well_scores"), classes),
        splits=study.table("splits"),
        tiles=tiles,
        features=study.features.load(tiles, view=0).astype(np.float32),
        measured=_measured(study, tiles),
        plated=_plated(study),
        classes=Classes(data.positive, data.negative, spaced(data.label), spaced(data.group)),
        sizes={name: one["rows"] * one["columns"] for name, one in plates.items()} if stated else {},
        plate_format=PlateFormat(*formats.pop()) if len(formats) == 1 else None,
    )


def _of_classes(table: pd.DataFrame, classes: list[str]) -> pd.DataFrame:
    """Rows of the two classes."""
    return table[table["label"].astype(str).isin(classes)].reset_index(drop=True)


def _measured(study: StudyResults, tiles: pd.DataFrame) -> pd.DataFrame:
    """Means over the tiles of every well of what was measured in their fields."""
    place = ["plate", "well", "group", "label"]
    if study.config.forest.measured != "cells":
        return pd.DataFrame(columns=place)
    measured = study.stored(MEASUREMENTS).loc[tiles["tile_id"]].reset_index(drop=True)
    return pd.concat([tiles[place], measured], axis=1).groupby(place, as_index=False).mean()


def _plated(study: StudyResults) -> Plated:
    """Every well of the study with the scores of its tiles and what was measured in its fields."""
    scores = study.table("scores") if study.has_table("scores") else pd.DataFrame()
    if study.config.forest.measured != "cells":
        return Plated(study.table("wells"), scores)
    keys = ["plate", "well", "field"]
    tiles = study.stored(TILES)
    measured = study.stored(MEASUREMENTS).loc[tiles["tile_id"]].reset_index(drop=True)
    fields = pd.concat([tiles[keys], measured], axis=1).groupby(keys, as_index=False).mean()
    return Plated(study.table("wells"), scores, fields)
