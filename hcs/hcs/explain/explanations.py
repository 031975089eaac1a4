"""A study explained: where its heads look, held against controls, in a folder among its results."""

import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.classifiers.cnn import Network
from hcs.classifiers.registry import find_model
from hcs.display import preview
from hcs.explain.clone import PICTURED, CloneWork, explain_clone
from hcs.explain.compartments import CompartmentSource
from hcs.explain.faithfulness import Faithfulness, judge_faithfulness
from hcs.explain.likeness import MapLikeness, compare_maps
from hcs.explain.maps import save_maps
from hcs.explain.permuted import PermutedWork, fewest_deals, train_permuted
from hcs.explain.plan import ClonePlan, ExplainSpec, clones_to_explain
from hcs.explain.shares import CompartmentShares, share_saliency
from hcs.explain.sheet import COLUMNS, KeptRecord
from hcs.study.folder import StudyResults, tidy, working_in
from hcs.study.network import feature_spec
from hcs.study.places import EXPLANATIONS
from hcs.study.sets import SetWork, stored_split
from hcs.study.steps import Steps, in_log, silent
from hcs.tables.stored import box_digest, load_table
from hcs.wording import spaced
from hcs_models.arrayfile import DAMAGED
from hcs_models.backbone import BLOCKS
from hcs_models.features import FeatureSpec
from hcs_models.scores import called
from hcs_plates.errors import ArgumentError, HcsError, NotThereError, StaleError, StoreError
from hcs_plates.staging import Kind, Place
from hcs_plates.units import GPU, Progress, Unit, digest, file_digest, run_units, write_json

RECORD = "explanations.json"
MAPS = "maps.npz"
TILES = "tiles"
SHOWN_BLOCKS = 2
VERSION = 1
AGAIN = "make it again with `hcs explain`"
EXPLAINED = Kind("explanations", RECORD, ("recipe",), r"overlays|.*\.(parquet|json|npz|html)|\..*")
Findings = Mapping[str, "CompartmentShares | MapLikeness | Faithfulness"]


@dataclass(frozen=True, repr=False)
class Explanations:
    """What `explain_study` found.

    Parameters
    ----------
    folder
        Where it is kept.
    tiles
        Pictured tiles: tile_id, plate, well, field, tile, group, label, positive, probability, reason, row
        (in the tile set), called (the class the maps speak for), n_sets (whose mean they are).
    tables
        What was measured on the sampled tiles, by the names of `hcs.explain.sheet.COLUMNS`.
    record
        How it came about: settings, blocks, digest of the study's inputs, what was left out and why.
    """

    folder: Path
    tiles: pd.DataFrame
    tables: dict[str, pd.DataFrame]
    record: dict[str, Any]

    def __repr__(self) -> str:
        return f"<Explanations of {len(self.tiles)} tiles in {self.folder}; .findings(), .tiles, .maps()>"

    def _repr_html_(self) -> str:
        return preview(f"{len(self.tiles)} tiles explained ({self.folder})", self.tiles)

    @classmethod
    def open(cls, study: StudyResults) -> Self:
        """Open what `explain_study` left in a study's results.

        Raises
        ------
        NotThereError, StoreError
            The study was not explained, or was run anew since; a file is gone or damaged.
        """
        folder = study.results / EXPLANATIONS
        if not (folder / RECORD).is_file():
            raise NotThereError(f"{study.results} holds no explanations; make them with `hcs explain`.")
        found: Self = study.held(folder / RECORD, partial(cls._whole, folder))
        if found.record["inputs"] != study.record["inputs"]:
            raise StaleError(folder, f"explains an earlier run of this study; {AGAIN}")
        return found

    @classmethod
    def _whole(cls, folder: Path) -> Self:
        """Read record and tables."""
        try:
            record = json.loads((folder / RECORD).read_text(encoding="utf-8"))
            files = KeptRecord.model_validate(record).files
            tables = {
                name: load_table(folder / f"{name}.parquet", files.get(f"{name}.parquet"), AGAIN)
                for name in (*COLUMNS, TILES)
            }
        except (FileNotFoundError, ValueError, RecursionError) as error:
            raise StoreError(folder, f"is damaged; {AGAIN}") from error
        return cls(folder, tables.pop(TILES), tables, record)

    @property
    def blocks(self) -> tuple[str, ...]:
        """Blocks that are pictured."""
        return tuple(self.record["blocks"])

    @property
    def left_out(self) -> dict[str, str]:
        """What could not be done, and why."""
        return dict(self.record["left_out"])

    def maps(self, names: Collection[str] | None = None) -> dict[str, npt.NDArray[np.float16]]:
        """Read the maps of the pictured tiles, by block and ``guided``; arrays of shape (n, y, x).

        Only those named, if any are.

        Every map is a share of its own maximum, in its block's resolution (`hcs_models.saliency.upsampled`
        brings it to the tiles'); ``guided`` is guided Grad-CAM of the last block pictured.

        Raises
        ------
        StoreError
            Their file is gone, or not the one that was written.
        """
        file = self.folder / MAPS
        if self.record.get("files", {}).get(MAPS) not in (None, box_digest(file)):
            raise StoreError(file, f"is gone or damaged; {AGAIN}")
        try:
            with np.load(file) as stored:
                return {name: stored[name] for name in stored.files if names is None or name in names}
        except DAMAGED as error:
            raise StoreError(file, f"is damaged; {AGAIN}") from error

    def findings(self) -> Findings:
        """Say what the numbers show: ``compartments``, ``likeness``, ``faithfulness``, as far as made."""
        words = {name: self.record[name] for name in ("positive", "negative", "noun")}
        made: dict[str, Any] = {}
        if len(self.tables["shares"]):
            made["compartments"] = share_saliency(
                self.tables["shares"],
                self.tables["areas"],
                self.record["control_sets"],
                blocks=tuple(self.record["measured"]),
                deals=int(self.record["deals"]),
                **words,
            )
        if len(self.tables["likeness"]):
            made["likeness"] = compare_maps(self.tables["likeness"], noun=words["noun"])
        if len(self.tables["curves"]):
            made["faithfulness"] = judge_faithfulness(
                self.tables["curves"], self.tables["occlusion"], noun=words["noun"]
            )
        return made

    def summary(self) -> str:
        """Give every finding's sentences, and what was left out."""
        said = [finding.summary() for finding in self.findings().values()]
        said += [f"Left out: {what} ({why})" for what, why in self.left_out.items()]
        return "\n\n".join(said)


@dataclass(frozen=True)
class _Run:
    """What all parts of one explaining go by."""

    study: StudyResults
    spec: ExplainSpec
    plans: list[ClonePlan]
    measured: tuple[str, ...]
    place: Place
    recipe: str
    engine: dict[str, Any]
    left_out: dict[str, str] = field(default_factory=dict)

    @property
    def control_sets(self) -> dict[str, int]:
        """By clone, the set that is held against controls."""
        return {plan.group: plan.control_set for plan in self.plans}


def explain_study(
    study: StudyResults,
    spec: ExplainSpec | None = None,
    *,
    model: str = Network.name,
    client: Any = None,
    workers: int | None = None,
    steps: Steps = silent,
) -> Explanations:
    """Show where a study's heads look, and hold it against heads and networks that learnt nothing.

    Every tile is explained by the heads of the sets that tested its clone, never by one that learnt from it.
    Pictured are a clone's tiles of the highest and the lowest score, nearest to the border, and most wrong,
    for the class they are called; numbers are taken from tiles drawn evenly, for their own class. All is kept
    in the folder ``explanations`` of the results.

    Parameters
    ----------
    study
        A finished study.
    spec
        How much of it; `ExplainSpec()` if None.
    model
        Of the study; one that is fed images.
    client, workers
        As in `hcs_plates.units.run_units`; a run that was killed goes on where it was.
    steps
        Shows progress.

    Raises
    ------
    HcsError
        No such block, weights that are not the study's, a model that maps cannot explain.
    """
    one = find_model(model, study.config.models.fitted)
    if not one.explainable:
        raise ArgumentError(
            f"The {one.title} cannot be explained by maps: it is fed measurements and sees no image."
        )
    spec = spec or ExplainSpec()
    network = feature_spec(study)
    made_at = tuple(study.config.model.features_at)
    first, last = BLOCKS.index(spec.first_block(made_at)), max(map(BLOCKS.index, made_at))
    plans = clones_to_explain(study, spec.sampled)
    sets = [list(plan.sets) for plan in plans]
    recipe = digest(VERSION, str(study.record["inputs"]), asdict(spec), BLOCKS[first], sets)
    place = Place(study.results / EXPLANATIONS, EXPLAINED, overwrite=True)
    if _kept(study, recipe) is not None or place.published(recipe):
        place.tidy(recipe)
        tidy(study.results)
        return Explanations.open(study)
    engine = {"client": client, "workers": workers}
    run = _Run(study, spec, plans, BLOCKS[first : last + 1], place, recipe, engine)
    with working_in(study.results, "explain"), place.claim():
        place.start(recipe)
        _explain(run, network, in_log(steps))
        place.publish()
    return Explanations.open(study)


def _kept(study: StudyResults, recipe: str) -> Explanations | None:
    """Explanations of the same recipe that are whole."""
    try:
        found = Explanations.open(study)
    except (NotThereError, StoreError):
        return None
    return found if found.record["recipe"] == recipe and not found.left_out else None


def _explain(run: _Run, network: FeatureSpec, steps: Steps) -> None:
    """Do the work, clone by clone, and join it."""
    study, place = run.study, run.place
    compartments, permuted = _has_compartments(run), None
    if run.spec.controls:
        with steps("heads on permuted labels") as progress:
            permuted = _permuted(run, progress)
    blocks = run.measured[:SHOWN_BLOCKS]
    work, units = [], []
    for number, plan in enumerate(run.plans):
        folder = place.scratch("clones") / f"clone-{number:05d}"
        work.append(CloneWork(study.results, plan, network, run.spec, blocks, folder, permuted, compartments))
        inputs = digest(run.recipe, plan.group, compartments, permuted is not None)
        units.append(Unit(folder.name, inputs, work[-1], GPU))
    data = study.config.data
    with steps("explained " + spaced(data.group) + "s") as progress:
        done = run_units(explain_clone, units, place.receipts, progress=progress, **run.engine)
    done.check()
    record = {
        "inputs": str(study.record["inputs"]),
        "recipe": run.recipe,
        "spec": asdict(run.spec),
        "blocks": list(blocks),
        "measured": list(dict.fromkeys([*blocks, run.measured[-1]])),
        "control_sets": run.control_sets,
        "deals": fewest_deals(study.table("splits"), set(run.control_sets.values())),
        "positive": data.positive,
        "negative": data.negative,
        "noun": spaced(data.group),
        "left_out": run.left_out,
    }
    _gather(place.staged, work, record)


def _has_compartments(run: _Run) -> bool:
    """Whether the plates are there and show neurites; why not is noted."""
    try:
        CompartmentSource(run.study)
    except HcsError as error:
        run.left_out["compartments"] = error.message
        return False
    return True


def _permuted(run: _Run, progress: Progress | None) -> Path | None:
    """Train heads on permuted labels for every set that is held to controls; why not is noted."""
    study, config, folder = run.study, run.study.config, run.place.scratch("permuted")
    splits = study.table("splits")
    units = []
    for number in sorted(set(run.control_sets.values())):
        split = stored_split(splits, number)
        data = SetWork(study.results, split, config, config.splits.seed, str(study.record["inputs"]))
        work = PermutedWork(data, folder, run.spec.controls, run.spec.seed)
        units.append(Unit(f"permuted-{number:04d}", digest(run.recipe, number), work, GPU))
    done = run_units(train_permuted, units, run.place.receipts, progress=progress, **run.engine)
    if done.failed:
        run.left_out["heads on permuted labels"] = "; ".join(dict.fromkeys(done.failed.values()))
        return None
    return folder


def _gather(folder: Path, work: list[CloneWork], record: dict[str, Any]) -> None:
    """Join the clones' tables and maps in a folder, with the record."""
    for name in COLUMNS:
        parts = [pd.read_parquet(one.folder / f"{name}.parquet") for one in work]
        table = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
        table.to_parquet(folder / f"{name}.parquet", index=False)
    tiles = [
        one.plan.pictured.assign(called=called(one.plan.pictured["probability"]), n_sets=len(one.plan.sets))
        for one in work
    ]
    pd.concat(tiles, ignore_index=True).to_parquet(folder / f"{TILES}.parquet", index=False)
    maps: dict[str, list[Any]] = {}
    for one in work:
        with np.load(one.folder / PICTURED) as stored:
            for name in stored.files:
                maps.setdefault(name, []).append(stored[name])
    save_maps(folder / MAPS, {name: np.concatenate(made) for name, made in maps.items()})
    files = {file.name: file_digest(file) for file in sorted(folder.iterdir())}
    write_json(folder / RECORD, record | {"hcs": version("hcs"), "files": files})
