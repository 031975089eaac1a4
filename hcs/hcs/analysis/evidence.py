"""What the analyses of a study look at: wells, clones, scores, features and measurements, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.batches.factors import Factor, factor, factors
from hcs.study.folder import StudyResults
from hcs.study.places import MEASUREMENTS, TILES
from hcs.wording import spaced
from hcs_plates.wells import PlateFormat


@dataclass(frozen=True)
class Evidence:
    """Tables of a study, and of its tiles the features that stand beside them row by row.

    Parameters
    ----------
    wells
        Included wells of the two classes: plate, well, group, label, and the plates' own columns.
    groups
        One row per model and group: model, group, label, n_tiles, correct, probability.
    predictions
        Test tiles: model, set, plate, well, field, tile, group, label, probability.
    well_scores
        model, plate, well, group, label, n_tiles, probability: models that were blind to the well.
    splits
        set, part, group, held_out.
    tiles
        Tiles of the two classes: tile_id, plate, well, field, tile, group, label, and batch and the like.
    features
        Of these tiles as they are (no augmentation); array of shape (n_tiles, n_features).
    measured
        Cell measurements of every well: plate, well, group, label, and what was measured; empty where the
        forest saw tiles.
    positive, negative
        Labels of the two classes.
    noun
        What a group is called.
    label_name
        What the label is called.
    plate_format
        Of the plates, where they share one.
    feature_names
        Of the features, where they have any.
    notices
        Sentences on how a table was understood.
    left_out
        (what, where, reason) of a table's columns and wells that take no part.
    sizes
        Wells of each plate, where they are known.
    """

    wells: pd.DataFrame
    groups: pd.DataFrame
    predictions: pd.DataFrame
    well_scores: pd.DataFrame
    splits: pd.DataFrame
    tiles: pd.DataFrame
    features: npt.NDArray[np.float32]
    measured: pd.DataFrame
    positive: str
    negative: str
    noun: str = "clone"
    label_name: str = "diagnosis"
    plate_format: PlateFormat | None = None
    feature_names: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str, str], ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(cls, study: StudyResults) -> Self:
        """Read it from a finished study.

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
        return cls(
            wells=wells,
            groups=study.table("groups"),
            predictions=study.table("predictions"),
            well_scores=_of_classes(study.table("well_scores"), classes),
            splits=study.table("splits"),
            tiles=tiles,
            features=study.features.load(tiles, view=0).astype(np.float32),
            measured=_measured(study, tiles),
            positive=data.positive,
            negative=data.negative,
            noun=spaced(data.group),
            label_name=spaced(data.label),
            sizes={name: one["rows"] * one["columns"] for name, one in plates.items()} if stated else {},
            plate_format=PlateFormat(*formats.pop()) if len(formats) == 1 else None,
        )

    @property
    def donors(self) -> pd.Series:
        """Donor of every group."""
        known = self.wells.dropna(subset=["donor"])
        return known.drop_duplicates("group").set_index("group")["donor"]

    def scored(self, model: str) -> pd.DataFrame:
        """Wells with a score of one model, and what the wells table knows of them."""
        scores = self.well_scores[
            (self.well_scores["model"] == model) & self.well_scores["probability"].notna()
        ]
        own = scores[["plate", "well", "probability"]]
        return self.wells.merge(own, on=["plate", "well"], how="inner", validate="one_to_one")

    def factors(self, batch: str = "") -> tuple[Factor, ...]:
        """Columns of the wells table that the label may go with, a batch that is asked for among them."""
        found = factors(self.wells, label=self.label_name, plate_format=self.plate_format)
        if not self.has(batch) or batch in (one.name for one in found):
            return found
        return (factor(self.wells, batch), *found)

    def suspects(self, batch: str = "") -> list[str]:
        """Names of these columns."""
        return [one.name for one in self.factors(batch)]

    def ordered(self, batch: str = "") -> list[str]:
        """Names of those whose values have an order."""
        return [one.name for one in self.factors(batch) if one.ordered]

    def has(self, column: str) -> bool:
        """Whether the wells table knows a column."""
        return column in self.wells.columns and bool(self.wells[column].notna().any())


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
