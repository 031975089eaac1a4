"""A study: from plates and settings to tables, a record and a report, in one resumable run.

plates → wells and classes → tiles → sets of groups → features and measurements (once) → per set: every model
→ tables. Every arrow leaves something in the results folder that is valid on its own, so a killed
run goes on where it was.
"""

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import pandas as pd

from hcs.measure.measured import RECORD as MEASURED_RECORD
from hcs.study.claims import STUDY, claim_folder, refuse_run, sign_folder
from hcs.study.designed import keep_records, note_records, records_differ
from hcs.study.folder import StudyResults, tidy, working_in
from hcs.study.measured import measured_tiles
from hcs.study.places import (
    FEATURES,
    MEASURED,
    MEASUREMENTS,
    PREPARED,
    RECEIPTS,
    RECORD,
    TILE_SET,
    TILES,
    WORKBOOK,
    beside,
    table_place,
)
from hcs.study.plan import chosen_wells, tile_spec, tile_table
from hcs.study.preparation import Preparation
from hcs.study.prepared import Groundwork, Prepared
from hcs.study.record import RunRecord
from hcs.study.sets import SetWork, forget_damaged, run_set, set_files
from hcs.study.settings import read_config
from hcs.study.standing import damaged_files, is_finished, note_places, plate_facts, were_moved
from hcs.study.steps import Steps, in_log, silent
from hcs.study.tables import left_out_table, study_tables
from hcs.tables.stored import box_digest, save_table
from hcs_models.boundaries import audit
from hcs_models.features import FeatureSpec, extract_features
from hcs_models.featureset import FeatureSet
from hcs_models.splits import SplitPlan
from hcs_plates.files import flush_tree, remove
from hcs_plates.paths import local_path
from hcs_plates.runlog import LOG, logged
from hcs_plates.staging import Place
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.units import Progress, digest, file_digest, pixel_digest, run_units


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
        folder = beside(source) if results is None else local_path(results)
        return cls(read_config(source), source, folder)

    anew = False
    """Whether the last `run` had anything to make."""

    def prepared(self) -> Prepared:
        """Look at all that could stop the study, before anything is written."""
        return Prepared.of(self.config, self.source)

    def prepare(
        self,
        *,
        overwrite: bool = False,
        client: Any = None,
        workers: int | None = None,
        steps: Steps = silent,
    ) -> Preparation:
        """Make tiles, measurements and features of a study whose samples are under codes.

        `run` takes them as they stand once samples are unblinded (`hcs unblind`); until then, settings that
        act on what follows may change, and the record tells which did.

        Parameters
        ----------
        overwrite
            Replace what was made under codes with other settings or coded maps; a run's results never.
        client, workers
            As in `hcs_plates.units.run_units`.
        steps
            Shows progress.

        Raises
        ------
        HcsError
            Settings, plates or weights that cannot be used, classes that are known already; a folder that
            holds something else, or that another run works in.
        """
        ready = Groundwork.of_codes(self.config, self.source)
        claim = replace(ready.claim, prepared=True)
        engine = {"client": client, "workers": workers}
        if claim_folder(self.results, claim, overwrite=overwrite):
            refuse_run(self.results)
        self.results.mkdir(parents=True, exist_ok=True)
        with working_in(self.results):
            sign_folder(self.results, claim, self.source, overwrite=overwrite)
            with logged(self.results / LOG, "study prepare"):
                return self._make_coded(ready, in_log(steps), engine)

    def _make_coded(self, ready: Groundwork, steps: Steps, engine: dict[str, Any]) -> Preparation:
        """Make what does not need names, and its record last."""
        remove(self.results / PREPARED)
        with steps("tiles") as progress:
            tiles = self._tile(ready, progress=progress, **engine)
        with steps("measured wells") as progress:
            self._measure(ready, tiles, progress=progress, **engine)
        with steps("features") as progress:
            self._extract(tiles, FeatureSpec(ready.network), progress=progress, **engine)
        flush_tree(self.results)
        made = Preparation(
            config=self.config.model_dump(mode="json"),
            plates={plate.name: plate.digest for plate in ready.plates},
            files={name: str(box_digest(self.results / name)) for name in self._boxes(ready)},
            records={place: file_digest(one) for place, one in ready.records.items()},
            notices=tuple(ready.notices),
        )
        made.write(self.results)
        return made

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

        Examples
        --------
        >>> from hcs.cli.progress import progress_bar  # doctest: +SKIP
        >>> study.run(steps=progress_bar)  # shows how far it is  # doctest: +SKIP
        """
        ready = self.prepared()
        engine = {"client": client, "workers": workers}
        if claim_folder(self.results, ready.claim, overwrite=overwrite):
            self._replace(ready, steps=steps, **engine)
            return self
        finished = is_finished(self, ready.plates)
        damaged = damaged_files(self) if finished else []
        made = finished and not damaged
        told = made and records_differ(self.record, ready.records)
        self.anew = not made or told
        if not self.anew and not were_moved(self.record, ready.plates):
            tidy(self.results)
            return self
        self.results.mkdir(parents=True, exist_ok=True)
        with working_in(self.results):
            if not made:
                sign_folder(self.results, ready.claim, self.source)
                for name in damaged:
                    remove(self.results / name)
                with logged(self.results / LOG, "study run"):
                    self._make(ready, in_log(steps), engine)
            else:
                note_places(self.results, self.results, ready.plates, self.config, self.source)
                if told:
                    note_records(self.results, ready.records)
        return self

    def _replace(self, ready: Prepared, **engine: Any) -> None:
        """Run in a folder beside the results of another study; the new ones take their place when whole."""
        place = Place(self.results, STUDY, overwrite=True)
        with working_in(self.results), place.claim():
            staged = place.start(ready.claim.plan())
            type(self)(self.config, self.source, staged).run(**engine)
            note_places(staged, self.results, ready.plates, self.config, self.source)
            place.publish()
        self.anew = True

    def _make(self, ready: Prepared, steps: Steps, engine: dict[str, Any]) -> None:
        """Make what the folder lacks, step by step, and the record last."""
        remove(self.results / WORKBOOK)
        record = RunRecord(self.config)
        with record.timed("tiles"), steps("tiles") as progress:
            tiles = self._tile(ready, progress=progress, **engine)
        index = tile_table(tiles.index, ready.selection)
        audited = audit(ready.plan, index[index["positive"].notna()], blank=[_blank(tiles)])
        # Before the features, which take longest: a column that is not measured is told at once.
        with record.timed("measurements"), steps("measured wells") as progress:
            measured = self._measure(ready, tiles, progress=progress, **engine)
        with record.timed("features"), steps("features") as progress:
            features = self._extract(tiles, FeatureSpec(ready.network), progress=progress, **engine)
        save_table(index, self.results / TILES)
        inputs = digest(features.digest, index.astype(str).to_numpy().tolist(), measured.to_numpy())
        with record.timed("training"), steps("sets") as progress:
            work = self._train(ready.plan, inputs, progress=progress, **engine)
        selection, positive = ready.selection, self.config.data.positive
        made, notices = study_tables(work, index, ready.plan, positive, selection.wells)
        made |= {
            "left_out": left_out_table(selection.left_out, tiles.left_out, ready.undrawn),
            "wells": selection.wells,
            "design": ready.design.table,
        }
        for name, table in made.items():
            save_table(table, self.results / table_place(name))
        files = {name: box_digest(self.results / name) for name in self._files(made, ready, work)}
        facts = self._facts(ready, features) | {
            "files": files | keep_records(self.results, ready.records),
            "inputs": inputs,
            "measured": list(measured.columns),
            "audit": audited.summary(),
            "notices": [*ready.notices, *notices],
        }
        # The record says that all is there: it must not reach the disk before the rest does.
        flush_tree(self.results)
        record.write(self.results / RECORD, facts)

    def _tile(self, ready: Groundwork, **engine: Any) -> TileSet:
        return create_tiles(
            ready.plates,
            self.results / TILE_SET,
            tile_spec(self.config),
            wells=chosen_wells(ready.plates, ready.selection),
            chosen=ready.tiles["tile_id"].tolist(),
            overwrite=True,
            **engine,
        )

    def _extract(self, tiles: TileSet, spec: FeatureSpec, **engine: Any) -> FeatureSet:
        views, seed = self.config.train.views, self.config.splits.seed
        place = self.results / FEATURES
        return extract_features(tiles, place, spec, views=views, seed=seed, overwrite=True, **engine)

    def _measure(self, ready: Groundwork, tiles: TileSet, **engine: Any) -> pd.DataFrame:
        config, time = self.config.forest, self.config.data.time
        measured, found = measured_tiles(config, ready.plates, tiles, self.results, time=time, **engine)
        for one in found:
            self._read.keep(one.path / MEASURED_RECORD, one)
        save_table(measured, self.results / MEASUREMENTS, index=True)
        return measured

    def _train(
        self, plan: SplitPlan, inputs: str, *, progress: Progress | None, **engine: Any
    ) -> list[SetWork]:
        """Search, train and score every set; the sets advance side by side, on all cores or workers."""
        config, place = self.config, self.results
        work = [SetWork(place, split, config, config.splits.seed, inputs) for split in plan.splits]
        receipts = self.results / RECEIPTS
        forget_damaged(work, receipts)
        units = [one.unit() for one in work]
        summary = run_units(run_set, units, receipts, progress=progress, **engine)
        summary.check()
        return work

    def _files(self, made: Iterable[str], ready: Prepared, work: list[SetWork]) -> list[str]:
        """Places of everything that the run leaves: readers hold it against its digest."""
        boxes = dict.fromkeys([TILES, MEASUREMENTS, *self._boxes(ready), *map(table_place, made)])
        return [*boxes] + [
            (one.folder / name).relative_to(one.results).as_posix()
            for one in work
            for name in set_files(self.config)
        ]

    def _boxes(self, ready: Groundwork) -> list[str]:
        """Places of what rests on images alone."""
        measured = [f"{MEASURED}/{plate.name}" for plate in ready.plates] if ready.specs else [MEASUREMENTS]
        return [TILE_SET, FEATURES, *measured]

    def _facts(self, ready: Prepared, features: FeatureSet) -> dict[str, Any]:
        """Gather what was settled before the run and what the features say of themselves."""
        made = {key: features.attributes[key] for key in ("weights", "preprocessing", "augment", "engines")}
        prepared, file = Preparation.read(self.results), self.results / PREPARED
        return {
            "source": str(self.source),
            "prepared": prepared and prepared.model_dump(mode="json") | {"digest": box_digest(file)},
            **made,
            "plates": {plate.name: plate_facts(plate, self.results) for plate in ready.plates},
            "tiles": len(features),
            "features_digest": features.digest,
            "seeds": {"splits, views and training": self.config.splits.seed},
            "arithmetic": ready.network.sentence(),
            "nested": ready.plan.nested,
            "design": ready.plan.summary(),
            "confounding": list(ready.design.sentences),
        }


def _blank(tiles: TileSet) -> str:
    """Digest of a black tile, which is no copy of another one."""
    return pixel_digest(np.zeros((tiles.size, tiles.size, len(tiles.channels)), dtype=tiles.dtype))
