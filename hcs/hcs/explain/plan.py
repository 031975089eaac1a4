"""Which tiles of a study are explained, and by which heads: only by those that were blind to the clone."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from hcs.classifiers.cnn import Network
from hcs.measure.limits import FROM_0
from hcs.study.folder import StudyResults
from hcs.study.places import TILES
from hcs_models.backbone import BLOCKS, check_block
from hcs_models.scores import THRESHOLD, called
from hcs_plates.errors import ArgumentError, NotThereError
from hcs_plates.evenly import evenly

REASONS = ("highest", "lowest", "border", "wrong")
"""Why a tile is pictured: of its clone it has the highest or the lowest score, the one nearest to 0.5, or one
of those furthest on the wrong side."""
WRONG = 2
"""Tiles of a clone that are pictured because they are wrong."""
PLACE = ["plate", "well", "field", "tile"]


@dataclass(frozen=True)
class ExplainSpec:
    """What is explained, and against what it is held.

    Parameters
    ----------
    block
        The first block whose maps are made; those after it come with it. block2 is the reference study's
        (Imamura et al., Ann Neurol 2021;89:1226); of features made before it, their own block.
    sampled
        Tiles of every clone, evenly over wells and fields, that the numbers are taken from.
    controls
        Random heads, and as many heads trained on permuted labels, per set.
    networks
        Networks of shuffled weights.
    judged
        Tiles of every clone, of those sampled, that occlusion, deletion and insertion are run on.
    seed
        Of controls and orders.

    Raises
    ------
    ArgumentError
        Numbers that cannot be.

    Examples
    --------
    >>> ExplainSpec(sampled=0)
    Traceback (most recent call last):
        ...
    hcs_plates.errors.ArgumentError: sampled is 0 (--tiles); give 1 or more tiles of every clone.
    """

    block: str | None = None
    sampled: int = 4
    controls: int = 19
    networks: int = 3
    judged: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if self.sampled < 1:
            raise ArgumentError(f"sampled is {self.sampled} (--tiles); give 1 or more tiles of every clone.")
        FROM_0.check(self, "controls", "networks", "judged")
        if self.judged > self.sampled:
            raise ArgumentError(
                f"judged is {self.judged} of {self.sampled} sampled tiles; give no more than those."
            )
        if self.block is not None and self.block not in BLOCKS:
            check_block(self.block, BLOCKS)

    def first_block(self, features_at: tuple[str, ...]) -> str:
        """Settle the first block, for features of these blocks."""
        last = max(features_at, key=BLOCKS.index)
        block = self.block or min("block2", last, key=BLOCKS.index)
        check_block(block, features_at)
        return block


@dataclass(frozen=True)
class ClonePlan:
    """What of one clone is explained.

    Parameters
    ----------
    sets
        Sets that tested it: their heads never saw it.
    control_set
        The one of them whose head is held against controls.
    pictured
        Tiles to picture: row (in the tile set), tile_id, plate, well, field, tile, group, label, positive
        (whether the label is), probability (mean over the sets that scored the tile), reason.
    sampled
        Tiles for the numbers; the same columns without reason.
    """

    group: str
    sets: tuple[int, ...]
    control_set: int
    pictured: pd.DataFrame
    sampled: pd.DataFrame


def clones_to_explain(study: StudyResults, sampled: int) -> list[ClonePlan]:
    """Choose heads and tiles, so many for the numbers, of every clone that was tested.

    Raises
    ------
    NotThereError
        No set tested anything.
    """
    predictions = study.table("predictions")
    scored = predictions[predictions["model"] == Network.name]
    splits = study.table("splits")
    tested = splits[splits["part"] == "test"].groupby("group")["set"].agg(lambda sets: tuple(sorted(sets)))
    if scored.empty:
        raise NotThereError(f"{study.results} holds no tested tiles; run `hcs study run` to its end.")
    means = scored.groupby(PLACE)["probability"].mean().reset_index()
    tiles = study.stored(TILES).reset_index(names="row")
    known = tiles[tiles["positive"].notna()].merge(means, on=PLACE, validate="one_to_one")
    known = known[["row", "tile_id", *PLACE, "group", "label", "positive", "probability"]]
    known = known.astype({"positive": bool})
    control = covering_sets({str(group): sets for group, sets in tested.items()})
    return [
        ClonePlan(
            str(group),
            tested[group],
            control[str(group)],
            pictured_tiles(rows),
            rows.iloc[evenly(len(rows), sampled)].reset_index(drop=True),
        )
        for group, rows in known.sort_values(PLACE).groupby("group", sort=True)
    ]


def pictured_tiles(rows: pd.DataFrame) -> pd.DataFrame:
    """Choose the tiles of one clone that are pictured; one that is chosen twice has both reasons."""
    score = rows["probability"]
    away = (score - THRESHOLD).abs()
    wrong = away[called(score) != rows["positive"]].nlargest(WRONG)
    picked = [[score.idxmax()], [score.idxmin()], [away.idxmin()], list(wrong.index)]
    chosen: dict[Any, list[str]] = {}
    for reason, places in zip(REASONS, picked, strict=True):
        for place in places:
            chosen.setdefault(place, []).append(reason)
    reasons = [", ".join(one) for one in chosen.values()]
    return rows.loc[list(chosen)].assign(reason=reasons).reset_index(drop=True)


def covering_sets(tested: dict[str, tuple[int, ...]]) -> dict[str, int]:
    """Give every clone one set that tested it, out of few: the set that tests most of those left is taken.

    Examples
    --------
    >>> covering_sets({"a": (1, 2), "b": (2,), "c": (2, 3)})
    {'a': 2, 'b': 2, 'c': 2}
    """
    given: dict[str, int] = {}
    while len(given) < len(tested):
        left = {group: sets for group, sets in tested.items() if group not in given}
        counts = pd.Series([one for sets in left.values() for one in sets]).value_counts()
        best = int(counts[counts == counts.max()].index.min())
        given |= {group: best for group, sets in left.items() if best in sets}
    return {group: given[group] for group in tested}
