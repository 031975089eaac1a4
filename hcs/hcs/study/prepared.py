"""A study before it starts: whatever would stop it is found here, before anything is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Self

import pandas as pd

from hcs.analysis.batches.design import DesignCheck, check_design
from hcs.measure.fields import MeasureSpec
from hcs.study.claims import Claim
from hcs.study.codedwells import select_coded
from hcs.study.designed import named_records
from hcs.study.measured import field_specs, measuring_notices
from hcs.study.network import backbone_spec
from hcs.study.plan import checked_plan, planned_tiles
from hcs.study.settings import StudyConfig
from hcs.study.wells import LeftOut, Selection, select_wells
from hcs.wording import listed
from hcs_models.backbone import BackboneSpec
from hcs_models.splits import SplitPlan
from hcs_models.weights import Weights, resolve_weights
from hcs_plates.made import SAID
from hcs_plates.plate import Plate, open_plate


@dataclass(frozen=True)
class Groundwork:
    """What tiles, measurements and features are made of, whether or not the classes are known.

    Parameters
    ----------
    config, weights, plates
        Settings, the backbone's weights and the opened plates.
    selection
        The wells.
    tiles, undrawn
        From `hcs.study.plan.planned_tiles`.
    specs
        What is measured on each plate; empty where the forest sees tiles.
    records
        Of the experiment's design, by their place in the results.
    """

    config: StudyConfig
    weights: Weights
    plates: Sequence[Plate]
    selection: Selection
    tiles: pd.DataFrame
    undrawn: Sequence[LeftOut]
    specs: Sequence[MeasureSpec]
    records: Mapping[str, Path]

    @classmethod
    def of_codes(cls, config: StudyConfig, source: Path) -> "Groundwork":
        """Look at a study whose classes are not known yet.

        Raises
        ------
        HcsError
            Settings, plates or weights that cannot be used; classes that are known.
        """
        records = named_records(config.design.records, source)
        weights = resolve_weights(config.model.weights)
        plates = [open_plate(path) for path in config.data.plates]
        selection = select_coded(plates, config.data, source)
        tiles, undrawn = planned_tiles(plates, selection, config)
        specs = field_specs(config.forest, plates, config.data.time)
        return Groundwork(config, weights, plates, selection, tiles, undrawn, specs, records)

    @cached_property
    def claim(self) -> Claim:
        """What the results folder is to be begun with."""
        return Claim.of(self.config, self.weights, self.plates)

    @property
    def network(self) -> BackboneSpec:
        """The network that makes the features."""
        return backbone_spec(self.config.model, self.weights)

    @property
    def notices(self) -> list[str]:
        """Sentences on how settings were understood, on what tiles show, and on what is measured."""
        stacks = [plate.name for plate in self.plates if plate.spec.layout.n_z > 1]
        shown = f"Of the stacks in z of {listed(stacks)} tiles show {SAID[self.config.tiles.z]}."
        measured = measuring_notices(self.config.forest, self.plates, self.specs)
        return [*self.selection.notices, *([shown] if stacks else []), *measured]


@dataclass(frozen=True)
class Prepared(Groundwork):
    """What a study is about to do.

    Parameters
    ----------
    config, weights, plates, selection, tiles, undrawn, specs, records
        As of `Groundwork`.
    plan
        The sets.
    """

    plan: SplitPlan

    @classmethod
    def of(cls, config: StudyConfig, source: Path) -> Self:
        """Prepare a study of these settings; the errors name the file they came from.

        Raises
        ------
        HcsError
            Settings, records, plates or weights that cannot be used; too few groups, or donors on both sides.
        """
        records = named_records(config.design.records, source)
        weights = resolve_weights(config.model.weights)
        plates = [open_plate(path) for path in config.data.plates]
        selection = select_wells(plates, config.data, source)
        tiles, undrawn = planned_tiles(plates, selection, config)
        plan = checked_plan(config.splits, tiles)
        specs = field_specs(config.forest, plates, config.data.time)
        return cls(config, weights, plates, selection, tiles, undrawn, specs, records, plan)

    @cached_property
    def design(self) -> DesignCheck:
        """What goes with the label."""
        data = self.config.data
        return check_design(self.selection.classed, label=data.label, group=data.group)

    @property
    def notices(self) -> list[str]:
        """Sentences on how settings were understood, on what is measured, and on the sets."""
        selected = len(self.selection.notices)
        known = super().notices
        return [*known[:selected], *self.plan.notices, *known[selected:]]
