"""A study: from plates and settings to tables, a record and a report, in one resumable run.

plates → wells and classes → tiles → sets of groups → features and measurements (once) → per set: every model
→ tables. Every arrow leaves something in the results folder that is valid on its own, so a killed
run goes on where it was.
"""

from collections.abc import Iterable
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from hcs.analysis.batches.design import design_check
from hcs.study.claims import STUDY, Claim, claim_folder, sign_folder
from hcs.study.folder import TILE_SET, StudyResults, tidy, working_in
from hcs.study.measured import field_specs, measured_tiles, measuring_notices
from hcs.study.network import backbone_spec
from hcs.study.plan import checked_plan, chosen_wells, planned_tiles, tile_spec, tile_table
from hcs.study.record import RECORD, RunRecord
from hcs.study.sets import (
    FEATURES,
    MEASUREMENTS,
    TILES,
    SetWork,
    forget_damaged,
    run_set,
    set_files,
)
from hcs.study.settings import read_config
from hcs.study.standing import (
    damaged_files,
    discard,
    file_digests,
    finished_record,
    note_places,
    plate_place,
    were_moved,
)
from hcs.study.steps import Steps, silent
from hcs.study.tables import left_out_table, study_tables
from hcs.study.wells import Selection, select_wells
from hcs.tables.stored import save_table
from hcs_models.boundaries import audit
from hcs_models.features import FeatureSpec, extract_features
from hcs_models.featureset import FeatureSet
from hcs_models.splits import SplitPlan
from hcs_models.weights import resolve_weights
from hcs_plates.errors import HcsError
from hcs_plates.files import flush_tree
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.staging import Place
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.units import Progress, digest, pixel_digest, run_units


class StudyRun(StudyResults):
    """A study: its settings, the run, and the results folder that the run fills.

    What a run left is read by `hcs.study.folder.StudyResults`.
    """

    @classmethod
    def from_toml(cls, path: Path | str, results: Path | str | None = None) -> Self:
        """Read a study file; results go to ``<name>-results`` beside it unless said otherwise.

        Raises
        ------
        NotThereError, ConfigError
            The file is not there or holds faults.
        """
        source = Path(path)
        folder = source.parent / f"{source.stem}-results" if results is None else local_path(results)
        return cls(read_config(source), source, folder)

    anew = False
    """Whether the last `run` had anything to make."""

    def survey(self) -> tuple[list[Plate], Selection]:
        """Open the plates and select the wells that the study is about (`hcs.study.wells.select_wells`)."""
        plates = [open_plate(path) for path in self.config.data.plates]
        return plates, select_wells(plates, self.config.data, self.source)

    def run(
        self,
        *,
        overwrite: bool = False,
        client: Any = None,
        workers: int | None = None,
        steps: Steps = silent,
    ) -> Self:
        """Run the study to its end, or from where an interrupted run stopped.

        A run that came to its end and is whole is left as it is; what of it is damaged is made again.

        Parameters
        ----------
        overwrite
            Let the results folder of other settings or plates be replaced, once the new one is whole.
        client, workers
            As in `hcs_plates.units.run_units`.
        steps
            Shows progress.

        Raises
        ------
        HcsError
            Settings, plates or weights that cannot be used, a folder that another run works in; before
            anything long is started.
        """
        with ExitStack() as held:
            return self._run(held, overwrite=overwrite, client=client, workers=workers, steps=steps)

    def _run(
        self, held: ExitStack, *, overwrite: bool, client: Any, workers: int | None, steps: Steps
    ) -> Self:
        """Run the study; what keeps other runs out of its folder goes to `held`."""
        record = RunRecord(self.config)
        weights = resolve_weights(self.config.model.weights)
        plates, selection = self.survey()
        planned, undrawn = planned_tiles(plates, selection, self.config)
        # Too few groups, or donors on both sides, are found here, before anything is written.
        plan = checked_plan(self.config.splits, planned)
        specs = field_specs(self.config.forest, plates, self.config.data.time)
        claim = Claim.of(self.config, weights, plates)
        if claim_folder(self.results, claim, overwrite=overwrite):
            return self._replace(claim, plates, client=client, workers=workers, steps=steps)
        before = finished_record(self.results, plates)
        damaged = [] if before is None else damaged_files(self.results, before)
        self.anew = before is None or bool(damaged)
        if before is not None and not self.anew and not were_moved(before, plates):
            tidy(self.results)
            return self
        self.results.mkdir(parents=True, exist_ok=True)
        held.enter_context(working_in(self.results))
        if not self.anew:
            note_places(self.results, self.results, plates, self.config, self.source)
            return self
        sign_folder(self.results, claim, self.source)
        discard(self.results, damaged)
        network = backbone_spec(self.config.model, weights)
        engine: dict[str, Any] = {"client": client, "workers": workers}
        with record.timed("tiles"), steps("tiles") as progress:
            tiles = self._tile(plates, selection, planned, progress=progress, **engine)
        index = tile_table(tiles.index, selection)
        audited = audit(plan, index[index["positive"].notna()], blank=[_blank(tiles)])
        # Before the features, which take longest: a column that is not measured is told at once.
        with record.timed("measurements"), steps("measurements") as progress:
            measured = self._measure(plates, tiles, progress=progress, **engine)
        with record.timed("features"), steps("features") as progress:
            features = self._extract(tiles, FeatureSpec(network), progress=progress, **engine)
        save_table(index, self.results / TILES)
        inputs = digest(features.digest, index.astype(str).to_numpy().tolist(), measured.to_numpy())
        with record.timed("training"), steps("sets") as progress:
            work = self._train(plan, inputs, progress=progress, **engine)
        made, notices = study_tables(work, index, plan, self.config.data.positive, selection.wells)
        made["left_out"] = left_out_table(selection.left_out, tiles.left_out, undrawn)
        data = self.config.data
        tied = design_check(selection.classed, label=data.label, group=data.group)
        made |= {"wells": selection.wells, "design": tied.table}
        self._write_tables(made)
        record.facts = self._facts(plates, tiles, features, plan) | {
            "files": file_digests(self.results, self._files(made, plates, work)),
            "inputs": inputs,
            "measured": list(measured.columns),
            "arithmetic": network.sentence(),
            "audit": audited.summary(),
            "confounding": list(tied.sentences),
            "notices": [
                *selection.notices,
                *plan.notices,
                *measuring_notices(self.config.forest, plates, specs),
                *notices,
            ],
        }
        # The record says that all is there: it must not reach the disk before the rest does.
        flush_tree(self.results)
        record.write(self.results / RECORD)
        return self

    def _replace(self, claim: Claim, plates: list[Plate], **engine: Any) -> Self:
        """Run in a folder beside the results of another study; the new ones take their place when whole."""
        place = Place(self.results, STUDY, overwrite=True)
        with working_in(self.results), place.claim():
            staged = place.start(claim.plan())
            type(self)(self.config, self.source, staged).run(**engine)
            note_places(staged, self.results, plates, self.config, self.source)
            place.publish()
        self.anew = True
        return self

    def _tile(
        self, plates: list[Plate], selection: Selection, planned: pd.DataFrame, **engine: Any
    ) -> TileSet:
        return create_tiles(
            plates,
            self.results / TILE_SET,
            tile_spec(self.config),
            wells=chosen_wells(plates, selection),
            chosen=planned["tile_id"].tolist(),
            overwrite=True,
            **engine,
        )

    def _extract(self, tiles: TileSet, spec: FeatureSpec, **engine: Any) -> FeatureSet:
        views, seed = self.config.train.views, self.config.splits.seed
        place = self.results / FEATURES
        return extract_features(tiles, place, spec, views=views, seed=seed, overwrite=True, **engine)

    def _measure(self, plates: list[Plate], tiles: TileSet, **engine: Any) -> pd.DataFrame:
        config, time = self.config.forest, self.config.data.time
        measured = measured_tiles(config, plates, tiles, self.results, time=time, **engine)
        save_table(measured, self.results / MEASUREMENTS, index=True)
        return measured

    def _train(
        self, plan: SplitPlan, inputs: str, *, progress: Progress | None, **engine: Any
    ) -> list[SetWork]:
        """Search, train and score every set; the sets advance side by side, on all cores or workers."""
        config, place = self.config, self.results
        work = [SetWork(place, split, config, config.splits.seed, inputs) for split in plan.splits]
        receipts = self.results / "sets" / "receipts"
        forget_damaged(work, receipts)
        units = [one.unit() for one in work]
        summary = run_units(run_set, units, receipts, progress=progress, **engine)
        if summary.failed:
            raise HcsError("; ".join(dict.fromkeys(summary.failed.values())))
        return work

    def _write_tables(self, made: dict[str, pd.DataFrame]) -> None:
        for name, table in made.items():
            save_table(table, self.results / "tables" / f"{name}.parquet")

    def _files(self, made: Iterable[str], plates: list[Plate], work: list[SetWork]) -> list[str]:
        """Places of everything that the run leaves."""
        boxes = [TILES, MEASUREMENTS, TILE_SET, FEATURES, *(f"tables/{name}.parquet" for name in made)]
        if self.config.forest.measured == "cells":
            boxes += [f"measurements/{plate.name}" for plate in plates]
        return boxes + [
            (one.folder / name).relative_to(one.results).as_posix()
            for one in work
            for name in set_files(self.config)
        ]

    def _facts(
        self,
        plates: list[Plate],
        tiles: TileSet,
        features: FeatureSet,
        plan: SplitPlan,
    ) -> dict[str, Any]:
        made = {key: features.attributes[key] for key in ("weights", "preprocessing", "augment", "engines")}
        return {
            "source": str(self.source),
            **made,
            "plates": {
                plate.name: {
                    **plate_place(plate, self.results),
                    "digest": plate.digest,
                    "rows": plate.spec.format.rows,
                    "columns": plate.spec.format.columns,
                    "format_stated": plate.spec.format_stated,
                    "missing_planes": len(plate.missing),
                }
                for plate in plates
            },
            "tiles": len(tiles),
            "features_digest": features.digest,
            "seeds": {"splits, views and training": self.config.splits.seed},
            "nested": plan.nested,
            "design": plan.summary(),
        }


def _blank(tiles: TileSet) -> str:
    """Digest of a black tile, which is no copy of another one."""
    return pixel_digest(np.zeros((tiles.size, tiles.size, len(tiles.channels)), dtype=tiles.dtype))
