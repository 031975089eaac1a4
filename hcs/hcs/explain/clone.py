"""One clone explained: maps to picture, shares of saliency, likeness to controls, judged tiles."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.archive import StudyResults
from hcs.explain.compartments import COMPARTMENTS, CompartmentSource, Shares
from hcs.explain.judged import judge_tile
from hcs.explain.maps import Maps, Saliency, mean_map, save_maps, to_pixels, unit_sum
from hcs.explain.permuted import permuted_head
from hcs.explain.plan import PLACE, ClonePlan, ExplainSpec, evenly
from hcs.explain.sheet import COLUMNS, Rows, Sheet
from hcs.heads import load_head
from hcs_models.backbone import BATCH, block_stride
from hcs_models.features import FeatureSpec
from hcs_models.headgradient import random_head
from hcs_models.preprocessing import network_input, rescale_intensity
from hcs_models.trained import TrainedHead
from hcs_models.twoway import PIXELS, Passage, TwoWayNetwork, load_two_way
from hcs_plates.units import Output, digest

TRAINED, RANDOM, PERMUTED, SHUFFLED = "trained heads", "random heads", "permuted labels", "shuffled weights"
CEILING = "compartment itself"
"""As the source of a map: a compartment's own outline, seen at a block's resolution."""
GUIDED = "guided gradients"
COMPARED = 3
"""Replicates of each control that maps are compared with."""
PICTURED = "pictured.npz"

_BUILDING = threading.Lock()

Targets = npt.NDArray[np.int64]


@dataclass(frozen=True)
class CloneWork:
    """Payload of one unit.

    Parameters
    ----------
    results
        The study's results folder.
    plan
        Tiles and heads of the clone.
    network
        What made the study's features.
    spec
        What is explained.
    blocks
        Blocks that are pictured and judged; the maps of all from the first of them on are measured.
    folder
        Gets the clone's tables and maps.
    permuted
        Folder of the heads that learnt permuted labels; None where there are none.
    compartments
        Whether there are compartments.
    """

    results: Path
    plan: ClonePlan
    network: FeatureSpec
    spec: ExplainSpec
    blocks: tuple[str, ...]
    folder: Path
    permuted: Path | None
    compartments: bool


@dataclass(frozen=True)
class Batch:
    """Tiles on their way: their rows, scaled pixels, way forward, and the class that is asked about."""

    rows: pd.DataFrame
    scaled: npt.NDArray[np.float32]
    passage: Passage
    targets: Targets


def explain_clone(work: CloneWork) -> Output:
    """Explain one clone's tiles by heads that never saw it.

    Writes `PICTURED` (by block, and ``guided``: maps of the pictured tiles, float16 of their maximum) and one
    Parquet file for each of `COLUMNS`.
    """
    heads = {number: load_head(work.results, number) for number in work.plan.sets}
    saliency = Saliency(load_two_way(work.network.backbone, PIXELS), work.blocks[0])
    work.folder.mkdir(parents=True, exist_ok=True)
    pictured = _pictured(work, saliency, list(heads.values()))
    save_maps(work.folder / PICTURED, pictured)
    rows: Rows = {name: [] for name in COLUMNS}
    for batch in _batches(work, saliency.network, work.plan.sampled):
        sheet = _measure(work, saliency, heads, batch)
        for name, made in sheet.rows.items():
            rows[name] += made
    for name, columns in COLUMNS.items():
        pd.DataFrame(rows[name], columns=columns).to_parquet(work.folder / f"{name}.parquet", index=False)
    return {"checksum": digest({name: len(made) for name, made in rows.items()}, *pictured.values())}


def _pictured(work: CloneWork, saliency: Saliency, heads: list[TrainedHead]) -> dict[str, Maps]:
    """Make maps of the class that each pictured tile is called, means over the heads."""
    parts: dict[str, list[Maps]] = {name: [] for name in (*work.blocks, "guided")}
    called = work.plan.pictured["probability"] >= 0.5
    for batch in _batches(work, saliency.network, work.plan.pictured, called.to_numpy(dtype=int)):
        cams = [saliency.cams(batch.passage, head, batch.targets) for head in heads]
        for block in work.blocks:
            parts[block].append(mean_map([one[block] for one in cams]))
        last, side = work.blocks[-1], batch.scaled.shape[1]
        guided = [
            unit_sum(
                np.nan_to_num(saliency.guided(batch.passage, head, batch.targets))
                * np.nan_to_num(to_pixels(one[last], last, side))
            )
            for head, one in zip(heads, cams, strict=True)
        ]
        parts["guided"].append(mean_map(guided))
    return {name: _of_maximum(np.concatenate(made)) for name, made in parts.items()}


def _of_maximum(maps: Maps) -> Maps:
    """Every map as a share of its maximum, in half precision."""
    most = maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.divide(maps, most, out=np.zeros_like(maps), where=most > 0), dtype=np.float16)


def _measure(work: CloneWork, saliency: Saliency, heads: dict[int, TrainedHead], batch: Batch) -> Sheet:
    """Take a batch's numbers: by the trained heads, by controls, and by judging."""
    covered = _compartments(work, batch.rows) if work.compartments else None
    sheet = Sheet(batch.rows, covered, saliency.blocks)
    own = heads[work.plan.control_set]
    trained = {number: saliency.cams(batch.passage, head, batch.targets) for number, head in heads.items()}
    if work.spec.controls or work.spec.networks:
        guided = saliency.guided(batch.passage, own, batch.targets)
        sheet.keep_own({**trained[work.plan.control_set], GUIDED: guided})
    for number, cams in trained.items():
        sheet.add_shares(TRAINED, number, cams)
    for source, replicate, head in _controls(work, own):
        _add_control(sheet, source, replicate, saliency, batch.passage, head, batch.targets)
    for replicate in range(work.spec.networks):
        other = Saliency(_shuffled(work, replicate), work.blocks[0])
        passage = other.network.forward(network_input(batch.scaled))
        head = _unlearnt(own, passage, work.spec.seed + replicate)
        _add_control(sheet, SHUFFLED, replicate, other, passage, head, batch.targets)
    if covered is not None:
        for place, _ in enumerate(COMPARTMENTS):
            outlines = {block: _outline(covered[..., place], block) for block in saliency.blocks}
            sheet.add_shares(CEILING, place, outlines)
    _judge(work, batch, trained, heads, sheet, saliency.network)
    return sheet


def _add_control(
    sheet: Sheet,
    source: str,
    replicate: int,
    saliency: Saliency,
    passage: Passage,
    head: TrainedHead,
    targets: Targets,
) -> None:
    """Add a control's numbers; of the first replicates the likeness, of the first guided gradients too."""
    cams = saliency.cams(passage, head, targets)
    sheet.add_shares(source, replicate, cams)
    if replicate < COMPARED:
        sheet.compare(source, cams)
    if replicate == 0:
        sheet.compare(source, {GUIDED: saliency.guided(passage, head, targets)})


def _judge(
    work: CloneWork,
    batch: Batch,
    trained: dict[int, dict[str, Maps]],
    heads: dict[int, TrainedHead],
    sheet: Sheet,
    network: TwoWayNetwork,
) -> None:
    """Run occlusion, deletion and insertion on the batch's share of the judged tiles."""
    judged = set(work.plan.sampled["tile_id"].iloc[evenly(len(work.plan.sampled), work.spec.judged)])
    side = batch.scaled.shape[1]
    for place, row in enumerate(batch.rows.itertuples(index=False)):
        if row.tile_id not in judged:
            continue
        maps = {
            block: to_pixels(mean_map([one[block] for one in trained.values()]), block, side)[place]
            for block in work.blocks
        }
        curves, occlusion = judge_tile(
            batch.scaled[place],
            {block: np.nan_to_num(one) for block, one in maps.items()},
            list(heads.values()),
            int(batch.targets[place]),
            network,
            int(digest("random order", work.spec.seed, row.tile_id)[:7], 16),
        )
        name = (row.tile_id, row.group, row.label)
        sheet.rows["curves"] += [(*name, *one) for one in curves]
        sheet.rows["occlusion"] += [(*name, *one) for one in occlusion]


def _controls(work: CloneWork, like: TrainedHead) -> Iterator[tuple[str, int, TrainedHead]]:
    """Heads that learnt nothing and heads that learnt permuted labels, for the set that is held to them."""
    number = work.plan.control_set
    for replicate in range(work.spec.controls):
        seed = int(digest("random head", work.spec.seed, number, replicate)[:7], 16)
        yield RANDOM, replicate, random_head(like, seed)
    if work.permuted is not None:
        for replicate in range(work.spec.controls):
            yield PERMUTED, replicate, TrainedHead.load(permuted_head(work.permuted, number, replicate))


def _unlearnt(like: TrainedHead, passage: Passage, seed: int) -> TrainedHead:
    """Random head for a network of shuffled weights, whose features have a scale of their own."""
    level = float(np.sqrt(np.mean(np.square(passage.features, dtype=np.float64)))) or 1.0
    drawn = random_head(like, seed)
    return replace(drawn, mean=np.zeros_like(like.mean), scale=np.full_like(like.scale, level))


def _outline(covered: npt.NDArray[np.float32], block: str) -> Maps:
    """Give a compartment's outline as a map of a block's resolution."""
    stride = block_stride(block)
    n, side = covered.shape[0], covered.shape[1] // stride
    whole = covered[:, : side * stride, : side * stride]
    return unit_sum(whole.reshape(n, side, stride, side, stride).mean(axis=(2, 4)))


def _batches(
    work: CloneWork, network: TwoWayNetwork, rows: pd.DataFrame, targets: Targets | None = None
) -> Iterator[Batch]:
    """Read tiles and send them ahead, a batch at a time; asked about is their own class if not said."""
    tiles = StudyResults.open(work.results).tiles
    wanted = rows["positive"].to_numpy(dtype=int) if targets is None else targets
    for first in range(0, len(rows), BATCH):
        part = rows.iloc[first : first + BATCH]
        pixels = np.concatenate([tiles.read(row, row + 1) for row in part["row"]])
        scaled = rescale_intensity(pixels, work.network.preprocessing)
        passage = network.forward(network_input(scaled))
        yield Batch(part, scaled, passage, wanted[first : first + BATCH])


def _compartments(work: CloneWork, rows: pd.DataFrame) -> Shares:
    """Compartments of tiles."""
    places = [(str(p), str(w), int(f), int(t)) for p, w, f, t in rows[PLACE].itertuples(index=False)]
    study = StudyResults.open(work.results)
    return _source(work.results, str(study.record["inputs"])).of_tiles(places)


@lru_cache(maxsize=1)
def _source(results: Path, inputs: str) -> CompartmentSource:
    """Open the plates of a run of a study once per process."""
    return CompartmentSource(StudyResults.open(results))


@lru_cache(maxsize=3)
def _network(work: FeatureSpec, seed: int) -> TwoWayNetwork:
    """Build a network of shuffled weights once per process."""
    return load_two_way(work.backbone, PIXELS, shuffled=seed)


def _shuffled(work: CloneWork, replicate: int) -> TwoWayNetwork:
    """Give one of the networks of shuffled weights."""
    with _BUILDING:
        return _network(work.network, int(digest("shuffled", work.spec.seed, replicate)[:7], 16))
