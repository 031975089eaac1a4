"""A study: from plates and settings to tables, a record and a report, in one resumable run.

plates → wells and classes → tiles → sets of groups → features and measurements (once) → per set: new layers
and forest → tables. Every arrow leaves something in the results folder that is valid on its own, so a killed
run goes on where it was.
"""

import re
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from hcs.analysis.batches.design import design_check
from hcs.archive import TILE_SET, StudyResults, working_in
from hcs.classical import field_specs, measured_tiles
from hcs.config import read_config
from hcs.recipe import backbone_spec, settled_arithmetic
from hcs.record import RECORD, RunRecord
from hcs.results import left_out_table, study_tables
from hcs.scheme import chosen_wells, plan_sets, planned_tiles, tile_spec, tile_table
from hcs.selection import Selection, select_wells
from hcs.sets import FEATURES, MEASUREMENTS, TILES, SetWork, run_set
from hcs.showcase import write_report
from hcs.steps import Steps, silent
from hcs_models.boundaries import audit
from hcs_models.features import FeatureSpec, extract_features
from hcs_models.featureset import FeatureSet
from hcs_models.splits import SplitPlan
from hcs_models.weights import resolve_weights
from hcs_plates.errors import ExistsError, HcsError
from hcs_plates.files import flush_tree, write_file, write_table
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.staging import Kind, Place
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.units import Progress, digest, pixel_digest, run_units

SETTINGS = "study.toml"
CLAIM = "settings.txt"


class StudyKind(Kind):
    """Kind of results folders: one whose study was not run to its end has its claim and no record."""

    def made(self, folder: Path) -> bool:
        """Whether hcs made the folder, as a study's results."""
        claim = folder / CLAIM
        begun = claim.is_file() and re.fullmatch("[0-9a-f]{32}", claim.read_text("utf-8", "replace"))
        return bool(begun) or super().made(folder)


STUDY = StudyKind(
    "a study's results",
    RECORD,
    ("config",),
    r"tables|sets|measurements|permutations|analyses|explanations|settings\.txt|study\.toml|report\.html"
    r"|.*\.(zarr|parquet|json)|\..*",
)


class Study(StudyResults):
    """A study: its settings, the run, and the results folder that the run fills.

    What a run left is read by `hcs.archive.StudyResults`.
    """

    @classmethod
    def from_toml(cls, path: Path | str, results: Path | str | None = None) -> "Study":
        """Read a study file; results go to ``<name>-results`` beside it unless said otherwise.

        Raises
        ------
        NotThereError, ConfigError
            The file is not there or holds faults.
        """
        source = Path(path)
        folder = source.parent / f"{source.stem}-results" if results is None else local_path(results)
        return cls(read_config(source), source, folder)

    def survey(self) -> tuple[list[Plate], Selection]:
        """Open the plates and select the wells that the study is about."""
        plates = [open_plate(path) for path in self.config.data.plates]
        return plates, select_wells(plates, self.config.data, self.source)

    def report(self) -> Path:
        """Write `report.html` into the results folder."""
        return write_report(self)

    def run(
        self,
        *,
        overwrite: bool = False,
        client: Any = None,
        workers: int | None = None,
        steps: Steps = silent,
    ) -> "Study":
        """Run the study to its end, or from where an interrupted run stopped.

        Parameters
        ----------
        overwrite
            Let the results folder of other settings be replaced, once the new one is whole.
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
    ) -> "Study":
        """Run the study; what keeps other runs out of its folder goes to `held`."""
        record = RunRecord(self.config)
        weights = resolve_weights(self.config.model.weights)
        plates, selection = self.survey()
        planned, undrawn = planned_tiles(plates, selection, self.config)
        # Too few groups, or a batch that cannot be left out, is found here, before anything is written.
        plan = plan_sets(self.config.splits, planned[planned["positive"].notna()])
        field_specs(self.config.forest, plates)
        if self._claim(overwrite):
            return self._replace(client=client, workers=workers, steps=steps)
        self.results.mkdir(parents=True, exist_ok=True)
        held.enter_context(working_in(self.results))
        self._sign()
        arithmetic = settled_arithmetic(self.results, self.config, weights, len(planned))
        network = arithmetic.applied(backbone_spec(self.config.model, weights))
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
        _write_if_changed(index, self.results / TILES)
        inputs = digest(features.digest, index.astype(str).to_numpy().tolist(), measured.to_numpy())
        with record.timed("training"), steps("sets") as progress:
            work = self._train(plan, inputs, progress=progress, **engine)
        made, notices = study_tables(work, index, plan, self.config.data.positive, selection.wells)
        made["left_out"] = left_out_table(selection.left_out, tiles.left_out, undrawn)
        data = self.config.data
        tied = design_check(selection.classed, label=data.label, group=data.group)
        self._write_tables(made | {"wells": selection.wells, "design": tied.table})
        record.facts = self._facts(plates, tiles, features, plan) | {
            "inputs": inputs,
            "measured": list(measured.columns),
            "arithmetic": arithmetic.sentence(),
            "audit": audited.summary(),
            "confounding": list(tied.sentences),
            "notices": [*selection.notices, *plan.notices, *notices],
        }
        # The record says that all is there: it must not reach the disk before the rest does.
        flush_tree(self.results)
        record.write(self.results / RECORD)
        return self

    def _claim(self, overwrite: bool) -> bool:
        """See whose the results folder is: a new one, or the one of an earlier run of the same settings.

        Returns
        -------
        bool
            Whether results of other settings stand there, which may be replaced.
        """
        place, claim = Place(self.results, STUDY, overwrite=True), self.results / CLAIM
        place.recover()
        settings = digest(self.config.model_dump(mode="json"))
        if claim.is_file():
            if claim.read_text(encoding="utf-8") == settings:
                place.tidy(settings)
                return False
            if not overwrite:
                raise ExistsError(
                    f"{self.results} holds results of other settings; choose another --out, "
                    "or replace them with --overwrite."
                )
            return True
        if self.results.is_dir() and any(not path.name.startswith(".") for path in self.results.iterdir()):
            raise ExistsError(f"{self.results} is not empty and holds no study; choose another --out.")
        if not self.results.is_dir():
            place.check()
        return False

    def _sign(self) -> None:
        """Write down whose the folder is; looked at again, since another run may have had it until now."""
        self._claim(overwrite=False)
        if not (self.results / CLAIM).is_file():
            write_file(self.results / CLAIM, digest(self.config.model_dump(mode="json")).encode())
            if self.source.is_file():
                write_file(self.results / SETTINGS, self.source.read_bytes())

    def _replace(self, **engine: Any) -> "Study":
        """Run in a folder beside the results of other settings; the new ones take their place when whole."""
        place = Place(self.results, STUDY, overwrite=True)
        with working_in(self.results), place.claim():
            staged = place.start(digest(self.config.model_dump(mode="json")))
            type(self)(self.config, self.source, staged).run(**engine)
            place.publish()
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
        measured = measured_tiles(self.config.forest, plates, tiles, self.results, **engine)
        write_table(self.results / MEASUREMENTS, measured, index=True)
        return measured

    def _train(
        self, plan: SplitPlan, inputs: str, *, progress: Progress | None, **engine: Any
    ) -> list[SetWork]:
        """Search, train and score every set; the sets advance side by side, on all cores or workers."""
        config, place = self.config, self.results.resolve()
        work = [
            SetWork(place, split, config.model, config.train, config.tuning, config.splits.seed, inputs)
            for split in plan.splits
        ]
        receipts = self.results / "sets" / "receipts"
        units = [one.unit() for one in work]
        summary = run_units(run_set, units, receipts, progress=progress, **engine)
        if summary.failed:
            raise HcsError("; ".join(dict.fromkeys(summary.failed.values())))
        return work

    def _write_tables(self, made: dict[str, pd.DataFrame]) -> None:
        for name, table in made.items():
            write_table(self.results / "tables" / f"{name}.parquet", table)

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
                    "path": str(plate.path),
                    "digest": plate.digest,
                    "rows": plate.spec.format.rows,
                    "columns": plate.spec.format.columns,
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


def _write_if_changed(table: pd.DataFrame, path: Path) -> None:
    if not path.is_file() or not pd.read_parquet(path).equals(table):
        write_table(path, table, index=True)
