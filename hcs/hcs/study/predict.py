"""New plates scored by a finished study: the mean and the spread of all its heads that are blind to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.display import preview
from hcs.study.export import load_head
from hcs.study.folder import StudyResults, working_in
from hcs.study.network import feature_spec
from hcs.study.places import FEATURES, PREDICTED, TILE_SET, TILES, table_place
from hcs.study.plan import tile_spec
from hcs.study.steps import Steps, silent
from hcs.wording import counted, spaced
from hcs_models.features import extract_features
from hcs_models.headbank import HeadBank
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError
from hcs_plates.files import write_file, write_table
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.tiles import TileSet, create_tiles

LEARNT = ("train", "validation")
TABLES = ("tiles", "wells", "groups", "left_out")


@dataclass(frozen=True, repr=False)
class Predictions:
    """Scores of new plates.

    Parameters
    ----------
    tiles, wells, groups
        plate, well, field, tile, group (as far as the level has them), n_tiles, n_heads (fewest over the
        tiles), probability (mean over heads of each head's mean over tiles), sd (over heads).
    left_out
        what, where, reason.
    positive
        What the probability is of.
    noun
        What a group is called.
    notices
        Sentences on what could not be scored, and on what the numbers are.
    """

    tiles: pd.DataFrame
    wells: pd.DataFrame
    groups: pd.DataFrame
    left_out: pd.DataFrame
    positive: str
    noun: str
    notices: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<{self._said()}; .groups, .wells, .tiles>"

    def _said(self) -> str:
        return (
            f"Predictions of {counted(len(self.groups), spaced(self.noun))} in "
            f"{counted(len(self.wells), 'well')}: probability of {self.positive}"
        )

    def _repr_html_(self) -> str:
        return preview(self._said(), self.groups)

    def summary(self) -> str:
        """One line per group, and the notices."""
        lines = []
        for row in self.groups.itertuples(index=False):
            scored = (
                "no head is blind to it"
                if pd.isna(row.probability)
                else f"{self.positive} {row.probability:.2f} ± {row.sd:.2f} (spread over {row.n_heads} heads)"
            )
            lines.append(f"{self.noun} {row.group}: {scored}; {row.n_tiles} tiles")
        return "\n".join([*lines, *self.notices])

    def write(self, folder: Path) -> None:
        """Write the tables as Parquet."""
        for name in TABLES:
            write_table(folder / table_place(name), getattr(self, name))


def predict_plates(
    study: StudyResults,
    plates: Sequence[Path | str],
    out: Path | str,
    *,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    steps: Steps = silent,
) -> Predictions:
    """Score plates by all heads of a finished study.

    A group that a head was trained or validated on, and a tile whose pixels it learnt from under whatever
    name, is not scored by that head.

    Parameters
    ----------
    study
        Run to its end.
    plates
        Paths of plates with the study's channels.
    out
        Folder for their tiles, features and tables; an interrupted run goes on there.
    overwrite
        Replace predictions of other plates or another study that stand there.
    client, workers
        As in `hcs_plates.units.run_units`.
    steps
        Shows progress.

    Raises
    ------
    HcsError
        Plates without the study's channels, weights that are not the study's, a folder that holds something
        else.
    """
    folder = local_path(out)
    opened = [open_plate(path) for path in plates]
    spec = feature_spec(study)
    # As the study's file names them, which other spellings of a plate to come may fit.
    channels = study.config.data.channels or study.tiles.channels
    cut = replace(tile_spec(study.config), channels=channels)
    made_from = {"study": study.record["inputs"], "plates": {plate.name: plate.digest for plate in opened}}
    _refuse_other(folder, made_from, overwrite)
    engine: dict[str, Any] = {"client": client, "workers": workers, "overwrite": overwrite}
    for plate in opened:
        for channel in channels:
            plate.channel_index(channel)
    folder.mkdir(parents=True, exist_ok=True)
    with working_in(folder):
        # Looked at again: another run may have worked here until now.
        _refuse_other(folder, made_from, overwrite)
        write_file(folder / PREDICTED, json.dumps(made_from, indent=1).encode())
        with steps("tiles") as progress:
            tiles = create_tiles(opened, folder / TILE_SET, cut, progress=progress, **engine)
        with steps("features") as progress:
            features = extract_features(tiles, folder / FEATURES, spec, progress=progress, **engine)
        index = _with_groups(tiles, opened, study.config.data.group)
        bank = HeadBank(features.load(index), hidden=study.config.model.hidden)
        scores = _score(study, bank, index)
        found = _tables(index, scores, tiles.left_out, study)
        moments = [plate.spec.moment(cut.time) for plate in opened]
        found = replace(found, notices=(*found.notices, *(one for one in moments if one is not None)))
        found.write(folder)
    return found


def _refuse_other(folder: Path, made_from: dict[str, Any], overwrite: bool) -> None:
    """Refuse a folder of something else, and predictions of other plates or of another study."""
    try:
        standing = json.loads((folder / PREDICTED).read_text(encoding="utf-8"))
    except (FileNotFoundError, NotADirectoryError):
        if folder.is_dir() and any(not path.name.startswith(".") for path in folder.iterdir()):
            raise ArgumentError(
                f"{folder} is not empty and holds no predictions; choose another --out."
            ) from None
        return
    except ValueError:
        standing = None
    if standing != made_from and not overwrite:
        raise ExistsError(
            f"{folder} holds predictions of other plates or of another study; choose another --out, or "
            "replace them with --overwrite."
        )


def _with_groups(tiles: TileSet, plates: Sequence[Plate], column: str) -> pd.DataFrame:
    """Tiles with the group of their wells; none where the wells table has no such column."""
    index = tiles.index
    groups: dict[tuple[str, str], str] = {}
    for plate in plates:
        if column in plate.wells.columns:
            known = plate.wells[column].dropna()
            groups |= {(plate.name, str(well)): str(name) for well, name in known.items()}
    keys = zip(index["plate"], index["well"], strict=True)
    return index.assign(group=pd.Series([groups.get(key) for key in keys], index=index.index, dtype=object))


def _score(study: StudyResults, bank: HeadBank, index: pd.DataFrame) -> npt.NDArray[np.float64]:
    """Array of shape (heads, tiles): probability by every head, NaN where it is not blind."""
    splits = study.table("splits")
    known = study.stored(TILES)
    rows = []
    for number, split in splits.groupby("set"):
        learnt = set(split.loc[split["part"].isin(LEARNT), "group"])
        content = set(known.loc[known["group"].isin(learnt), "digest"])
        seen = index["group"].isin(learnt) | index["digest"].isin(content)
        probability = bank.predict_proba(load_head(study.results, int(number)))[:, 1]
        rows.append(np.where(seen, np.nan, probability))
    if not rows:
        raise NotThereError(f"{study.results} holds no sets; run `hcs study run` to its end.")
    return np.stack(rows)


def _tables(
    index: pd.DataFrame, scores: npt.NDArray[np.float64], left_out: pd.DataFrame, study: StudyResults
) -> Predictions:
    """Sum the scores up by tile, well and group."""
    levels = {
        "tiles": ["plate", "well", "field", "tile", "group"],
        "wells": ["plate", "well", "group"],
        "groups": ["group"],
    }
    made = {name: _level(index, scores, keys) for name, keys in levels.items()}
    noun = study.config.data.group
    notices = [
        f"Probabilities are means over the heads of a study of {study.table('groups')['group'].nunique()} "
        f"{noun}s; ± is the heads' spread, not an interval for a {noun}. For research use only."
    ]
    unscored = int((made["tiles"]["n_heads"] == 0).sum())
    if unscored:
        notices.append(
            f"{unscored} tiles have no score: every head was trained or validated on their {noun} or on "
            "their very pixels."
        )
    nameless = int(index["group"].isna().sum())
    if nameless:
        notices.append(f"{nameless} tiles are of wells without a {noun}; they are scored by tile and well.")
    return Predictions(
        **made,
        left_out=left_out,
        positive=study.config.data.positive,
        noun=noun,
        notices=tuple(notices),
    )


def _level(index: pd.DataFrame, scores: npt.NDArray[np.float64], keys: list[str]) -> pd.DataFrame:
    """Each head's mean over the tiles of a unit, then mean and spread over heads."""
    named = index if keys[0] != "group" else index[index["group"].notna()]
    blind = pd.DataFrame(scores.T, index=index.index).loc[named.index]
    by = [named[key] for key in keys]
    per_head = blind.groupby(by, sort=False, dropna=False).mean()
    table = pd.DataFrame(
        {
            "n_tiles": blind.groupby(by, sort=False, dropna=False).size(),
            "n_heads": blind.notna().sum(axis=1).groupby(by, sort=False, dropna=False).min(),
            "probability": per_head.mean(axis=1),
            "sd": per_head.std(axis=1),
        }
    )
    return table.rename_axis(keys).reset_index()
