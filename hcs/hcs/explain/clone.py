"""One clone explained: maps to picture, shares of saliency, likeness to controls, judged tiles."""

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.classifiers.cnn import Network
from hcs.explain.compartments import COMPARTMENTS, CompartmentSource, Shares
from hcs.explain.judged import judge_tile
from hcs.explain.maps import Maps, cams, guided, mean_map, save_maps, to_pixels, unit_sum
from hcs.explain.permuted import permuted_head
from hcs.explain.plan import PLACE, ClonePlan, ExplainSpec
from hcs.explain.sheet import COLUMNS, Rows, Sheet
from hcs.study.folder import StudyResults
from hcs_models.backbone import BLOCKS, block_stride
from hcs_models.engine import release_memory
from hcs_models.features import FeatureSpec
from hcs_models.headgradient import random_head
from hcs_models.preprocessing import network_input, rescale_intensity
from hcs_models.saliency import AT_ONCE, PIXELS, ForwardPass, SaliencyNetwork, load_saliency_network
from hcs_models.scores import called
from hcs_models.trained import TrainedHead
from hcs_plates.evenly import evenly
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
Made = TypeVar("Made")


@dataclass(frozen=True)
class CloneWork:
    """Payload of one unit.

    Parameters
    ----------
    results
        The study's results folder.
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
    """Tiles of a batch: their rows, scaled pixels, and the class that is asked about."""

    rows: pd.DataFrame
    scaled: npt.NDArray[np.float32]
    targets: Targets

    @property
    def images(self) -> npt.NDArray[np.float32]:
        """The tiles as the network takes them."""
        return network_input(self.scaled)


def explain_clone(work: CloneWork) -> Output:
    """Explain one clone's tiles by heads that never saw it.

    Writes `PICTURED` (by block, and ``guided``: maps of the pictured tiles, float16 of their maximum) and one
    Parquet file for each of `COLUMNS`.
    """
    study = StudyResults.open(work.results)
    heads = {number: study.trained(number, Network()) for number in work.plan.sets}
    network = load_saliency_network(work.network.backbone)
    work.folder.mkdir(parents=True, exist_ok=True)
    pictured = _pictured(work, network, list(heads.values()))
    save_maps(work.folder / PICTURED, pictured)
    rows: Rows = {name: [] for name in COLUMNS}
    for batch in _batches(work, work.plan.sampled):
        sheet = _measure(work, network, heads, batch)
        for name, made in sheet.rows.items():
            rows[name] += made
    for name, columns in COLUMNS.items():
        pd.DataFrame(rows[name], columns=columns).to_parquet(work.folder / f"{name}.parquet", index=False)
    return {"checksum": digest({name: len(made) for name, made in rows.items()}, *pictured.values())}


def _pictured(work: CloneWork, network: SaliencyNetwork, heads: list[TrainedHead]) -> dict[str, Maps]:
    """Make maps of the class that each pictured tile is called, means over the heads."""
    parts: dict[str, list[Maps]] = {name: [] for name in (*work.blocks, "guided")}
    up = called(work.plan.pictured["probability"])
    for batch in _batches(work, work.plan.pictured, up.to_numpy(dtype=int)):
        found = _by_heads(cams, network, batch, heads, work.blocks[0])
        for block in work.blocks:
            parts[block].append(mean_map([one[block] for one in found]))
        last, side = work.blocks[-1], batch.scaled.shape[1]
        sharp = [
            unit_sum(np.nan_to_num(one) * np.nan_to_num(to_pixels(coarse[last], last, side)))
            for one, coarse in zip(_by_heads(guided, network, batch, heads), found, strict=True)
        ]
        parts["guided"].append(mean_map(sharp))
    return {name: _of_maximum(np.concatenate(made)) for name, made in parts.items()}


def _of_maximum(maps: Maps) -> Maps:
    """Every map as a share of its maximum, in half precision."""
    most = maps.max(axis=(1, 2), keepdims=True)
    return np.asarray(np.divide(maps, most, out=np.zeros_like(maps), where=most > 0), dtype=np.float16)


def _by_heads(
    make: Callable[[ForwardPass, TrainedHead, Targets], Made],
    network: SaliencyNetwork,
    batch: Batch,
    heads: Sequence[TrainedHead],
    since: str = PIXELS,
) -> list[Made]:
    """Make maps by each head on one way forward, guided if from the pixels on, and free it."""
    passed = network.forward(batch.images, since, guided=since == PIXELS)
    found = [make(passed, head, batch.targets) for head in heads]
    del passed
    release_memory()
    return found


def _measure(work: CloneWork, network: SaliencyNetwork, heads: dict[int, TrainedHead], batch: Batch) -> Sheet:
    """Take a batch's numbers: by the trained heads, by controls, and by judging."""
    covered = _compartments(work, batch.rows) if work.compartments else None
    first = work.blocks[0]
    blocks = network.blocks[BLOCKS.index(first) :]
    sheet = Sheet(batch.rows, covered, blocks)
    own = heads[work.plan.control_set]
    controls = list(_controls(work, own))
    every = [*heads.values(), *(head for *_, head in controls)]
    found = iter(_by_heads(cams, network, batch, every, first))
    trained = {number: next(found) for number in heads}
    # Guided gradients are compared for the first replicate of each control.
    steep: Iterator[Maps] = iter(())
    if controls or work.spec.networks:
        compared = [head for _, replicate, head in controls if replicate == 0]
        steep = iter(_by_heads(guided, network, batch, [own, *compared]))
        sheet.keep_own({**trained[work.plan.control_set], GUIDED: next(steep)})
    for number, one in trained.items():
        sheet.add_shares(TRAINED, number, one)
    for (source, replicate, _), one in zip(controls, found, strict=True):
        _add_control(sheet, source, replicate, one, None if replicate else next(steep))
    for replicate in range(work.spec.networks):
        other = _shuffled(work, replicate)
        head = _unlearnt(own, other.features(batch.images), work.spec.seed + replicate)
        (one,) = _by_heads(cams, other, batch, [head], first)
        sharp = None if replicate else _by_heads(guided, other, batch, [head])[0]
        _add_control(sheet, SHUFFLED, replicate, one, sharp)
    if covered is not None:
        for place, _ in enumerate(COMPARTMENTS):
            outlines = {block: _outline(covered[..., place], block) for block in blocks}
            sheet.add_shares(CEILING, place, outlines)
    _judge(work, batch, trained, heads, sheet, network)
    return sheet


def _add_control(
    sheet: Sheet, source: str, replicate: int, found: dict[str, Maps], steep: Maps | None
) -> None:
    """Add a control's numbers; of the first replicates the likeness, and that of guided gradients if any."""
    sheet.add_shares(source, replicate, found)
    if replicate < COMPARED:
        sheet.compare(source, found)
    if steep is not None:
        sheet.compare(source, {GUIDED: steep})


def _judge(
    work: CloneWork,
    batch: Batch,
    trained: dict[int, dict[str, Maps]],
    heads: dict[int, TrainedHead],
    sheet: Sheet,
    network: SaliencyNetwork,
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


def _unlearnt(like: TrainedHead, features: npt.NDArray[np.float32], seed: int) -> TrainedHead:
    """Random head for a network of shuffled weights, whose features have a scale of their own."""
    level = float(np.sqrt(np.mean(np.square(features, dtype=np.float64)))) or 1.0
    drawn = random_head(like, seed)
    return replace(drawn, mean=np.zeros_like(like.mean), scale=np.full_like(like.scale, level))


def _outline(covered: npt.NDArray[np.float32], block: str) -> Maps:
    """Give a compartment's outline as a map of a block's resolution."""
    stride = block_stride(block)
    n, side = covered.shape[0], covered.shape[1] // stride
    whole = covered[:, : side * stride, : side * stride]
    return unit_sum(whole.reshape(n, side, stride, side, stride).mean(axis=(2, 4)))


def _batches(work: CloneWork, rows: pd.DataFrame, targets: Targets | None = None) -> Iterator[Batch]:
    """Read tiles, a batch at a time; asked about is their own class if not said."""
    tiles = StudyResults.open(work.results).tiles
    wanted = rows["positive"].to_numpy(dtype=int) if targets is None else targets
    for first in range(0, len(rows), AT_ONCE):
        part = rows.iloc[first : first + AT_ONCE]
        pixels = np.concatenate([tiles.read(row, row + 1) for row in part["row"]])
        scaled = rescale_intensity(pixels, work.network.preprocessing)
        yield Batch(part, scaled, wanted[first : first + AT_ONCE])


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
def _network(work: FeatureSpec, seed: int) -> SaliencyNetwork:
    """Build a network of shuffled weights once per process."""
    return load_saliency_network(work.backbone, shuffled=seed)


def _shuffled(work: CloneWork, replicate: int) -> SaliencyNetwork:
    """Give one of the networks of shuffled weights."""
    with _BUILDING:
        return _network(work.network, int(digest("shuffled", work.spec.seed, replicate)[:7], 16))
