"""What the analyses of a study look at: wells, clones, scores, features and measurements, side by side."""

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.factors import Factor, factor, factors
from hcs.tables.compared import Classes
from hcs_plates.wells import PlateFormat


@dataclass(frozen=True)
class Plated:
    """Every well of a study, of neither class too: controls, doses and what else was imaged.

    Parameters
    ----------
    wells
        As the platemaps have them.
    scores
        model, plate, well, field, tile, probability: of every tile, by models that were blind to it.
    fields
        plate, well, field, and what was measured there; empty where the forest saw tiles.
    """

    wells: pd.DataFrame
    scores: pd.DataFrame = field(default_factory=pd.DataFrame)
    fields: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def measured(self) -> list[str]:
        """Names of what was measured."""
        return [name for name in self.fields if name not in ("plate", "well", "field")]


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
    classes
        The two classes, in the words that findings say: what the label and a group are called.
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
    plated
        Every well, of neither class too.
    in_order
        Whether fields stand in the order in which they were imaged.
    """

    wells: pd.DataFrame
    groups: pd.DataFrame
    predictions: pd.DataFrame
    well_scores: pd.DataFrame
    splits: pd.DataFrame
    tiles: pd.DataFrame
    features: npt.NDArray[np.float32]
    measured: pd.DataFrame
    classes: Classes
    plate_format: PlateFormat | None = None
    feature_names: tuple[str, ...] = ()
    notices: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str, str], ...] = ()
    sizes: Mapping[str, int] = field(default_factory=dict)
    plated: Plated = field(default_factory=lambda: Plated(pd.DataFrame()))
    in_order: bool = True

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
        found = factors(self.wells, label=self.classes.label, plate_format=self.plate_format)
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
