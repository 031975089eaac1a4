"""New plates scored by a finished study: mean and spread over all its models that are blind to them."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.classifiers.model import Inputs, Model
from hcs.classifiers.registry import find_model
from hcs.display import preview
from hcs.figures.theme import model_name
from hcs.study.folder import StudyResults, working_in
from hcs.study.measured import OTHERS, measured_alike, measured_tiles
from hcs.study.network import feature_spec
from hcs.study.places import AGAIN, FEATURES, PREDICTED, PREDICTIONS_WORKBOOK, TILE_SET, TILES, table_place
from hcs.study.plan import tile_spec
from hcs.study.settings import DataSettings, ForestSettings
from hcs.study.steps import Steps, in_log, silent
from hcs.tables.workbook import write_workbook
from hcs.wording import counted, listed, plural, spaced
from hcs_models.features import FeatureSpec, extract_features
from hcs_plates.coding import are_coded
from hcs_plates.errors import ArgumentError, ExistsError, NotThereError
from hcs_plates.files import remove, write_file, write_table
from hcs_plates.paths import local_path
from hcs_plates.plate import Plate, open_plate
from hcs_plates.runlog import LOG, logged
from hcs_plates.tiles import TileSet, create_tiles
from hcs_plates.tiling import TileSpec

LEARNT = ("train", "validation")
TABLES = ("tiles", "wells", "groups", "left_out")


@dataclass(frozen=True, repr=False)
class Predictions:
    """Scores of new plates.

    Parameters
    ----------
    tiles, wells, groups
        model, plate, well, field, tile, group, label (as far as the level has them; a label only where the
        platemaps name one), n_tiles, n_heads (a model's
        trained copies, one per set, that are blind to the unit: fewest over its tiles), probability (mean
        over them of each one's mean over tiles), sd (over them); the study's first model first.
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
            f"Predictions of {counted(self.groups['group'].nunique(), spaced(self.noun))} in "
            f"{counted(len(self.wells[['plate', 'well']].drop_duplicates()), 'well')}: probability of "
            f"{self.positive}"
        )

    def _repr_html_(self) -> str:
        return preview(self._said(), self.groups)

    def summary(self) -> str:
        """One line per group, the first model first, and the notices."""
        lines = []
        for group, rows in self.groups.groupby("group", sort=False):
            scored = [
                f"{row.probability:.2f} ± {row.sd:.2f} by the {model_name(row.model)} ({row.n_heads} sets)"
                for row in rows.itertuples(index=False)
                if not pd.isna(row.probability)
            ]
            said = f"{self.positive} {', '.join(scored)}" if scored else "no model is blind to it"
            lines.append(f"{self.noun} {group}: {said}; {rows['n_tiles'].iloc[0]} tiles")
        return "\n".join([*lines, *self.notices])

    def save_tables(self, path: Path | str, *, overwrite: bool = False) -> tuple[Path, tuple[str, ...]]:
        """Write groups, wells, tiles and what was left out as one workbook (`write_workbook`)."""
        names = ("groups", "wells", "tiles", "left_out")
        return write_workbook({name: getattr(self, name) for name in names}, path, overwrite=overwrite)

    def write(self, folder: Path) -> None:
        """Write the tables as Parquet; a workbook of earlier ones goes."""
        remove(folder / PREDICTIONS_WORKBOOK)
        for name in TABLES:
            write_table(folder / table_place(name), getattr(self, name))


def predict_plates(  # noqa: PLR0913 – where and how it runs stands beside what is made
    study: StudyResults,
    plates: Sequence[Path | str],
    out: Path | str,
    *,
    models: Sequence[str] | None = None,
    overwrite: bool = False,
    client: Any = None,
    workers: int | None = None,
    steps: Steps = silent,
) -> Predictions:
    """Score plates by all models of a finished study.

    A group that a set's models were trained or validated on, and a tile whose pixels they learnt from under
    whatever name, is not scored by that set.

    Parameters
    ----------
    study
        Run to its end.
    plates
        Paths of plates with the study's channels.
    out
        Folder for their tiles, features, measurements and tables; an interrupted run goes on there.
    models
        Names of the study's models to score by; all that it kept if None.
    overwrite
        Replace predictions of other plates or another study that stand there.
    client, workers
        As in `hcs_plates.units.run_units`.
    steps
        Shows progress.

    Raises
    ------
    HcsError
        Plates without the study's channels or measurements, weights that are not the study's, a model that
        it does not have, a folder that holds something else.
    """
    folder = local_path(out)
    opened = [open_plate(path) for path in plates]
    chosen, notices = _models(study, models)
    given = _Given.of(study, opened, {model.fed for model in chosen})
    made_from = {"study": study.record["inputs"], "plates": {plate.name: plate.digest for plate in opened}}
    _refuse_other(folder, made_from, overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    with working_in(folder):
        # Looked at again: another run may have worked here until now.
        _refuse_other(folder, made_from, overwrite)
        write_file(folder / PREDICTED, json.dumps(made_from, indent=1).encode())
        with logged(folder / LOG, "predict"):
            engine = {"client": client, "workers": workers}
            tiles, inputs = given.make(folder, in_log(steps), overwrite, engine)
            index = _with_names(tiles, opened, study.config.data)
            found = _tables(index, _score(study, chosen, inputs, index), tiles.left_out, study)
            moments = [one for plate in opened if (one := plate.spec.moment(study.config.data.time))]
            found = replace(found, notices=(*notices, *found.notices, *moments, *_of_codes(opened)))
            found.write(folder)
    return found


def _of_codes(plates: Sequence[Plate]) -> list[str]:
    """Say of which plates it is not known whether their clones trained the models."""
    coded = [plate.name for plate in plates if are_coded(plate.spec.wells)]
    said = f"Under codes ({listed(coded)}) a clone that trained the models is not known again, and is scored."
    return [said] if coded else []


def _models(study: StudyResults, names: Sequence[str] | None) -> tuple[tuple[Model, ...], tuple[str, ...]]:
    """Choose models, and say which of the study's are not there: earlier versions kept the network alone."""
    fitted = study.config.fitted
    wanted = [
        find_model(name, study.config.models.fitted).name for name in names or study.config.models.fitted
    ]
    kept = [model for model in study.kept_models() if model.name in wanted]
    gone = listed(model.title for model in fitted if model.name in wanted and model not in kept)
    if not kept or (gone and names is not None):
        raise NotThereError(f"{study.results} holds no {gone} of its sets; {AGAIN}.")
    said = f"Not scored by the {gone}, which the version of hcs that ran the study did not keep; {AGAIN}."
    return tuple(kept), (said,) if gone else ()


@dataclass(frozen=True)
class _Given:
    """How what models are fed is made of new plates; None or empty where no model is fed it."""

    plates: list[Plate]
    cut: TileSpec
    network: FeatureSpec | None
    forest: ForestSettings | None
    measured: Sequence[str]

    @classmethod
    def of(cls, study: StudyResults, plates: list[Plate], fed: set[str]) -> Self:
        """Find out what weights or plates lack before anything is written; raises HcsError."""
        network = feature_spec(study) if "features" in fed else None
        # As the study's file names the channels, which other spellings of a plate to come may fit.
        channels = study.config.data.channels or study.tiles.channels
        for plate in plates:
            for channel in channels:
                plate.channel_index(channel)
        cut = replace(tile_spec(study.config), channels=channels)
        if "measurements" not in fed:
            return cls(plates, cut, network, None, ())
        return cls(plates, cut, network, measured_alike(study, plates), study.record["measured"])

    def make(
        self, folder: Path, steps: Steps, overwrite: bool, engine: dict[str, Any]
    ) -> tuple[TileSet, Inputs]:
        """Cut, measure and send through the network, row by row as the tiles stand."""
        made = engine | {"overwrite": overwrite}
        with steps("tiles") as progress:
            tiles = create_tiles(self.plates, folder / TILE_SET, self.cut, progress=progress, **made)
        measurements, features = pd.DataFrame(index=tiles.index["tile_id"]), None
        if self.forest is not None:
            with steps("measured wells") as progress:
                engine = engine | {"time": self.cut.time, "progress": progress}
                measurements, _ = measured_tiles(self.forest, self.plates, tiles, folder, **engine)
        if list(measurements.columns) != list(self.measured):
            # Without pixel sizes, say, lengths are in pixels.
            raise ArgumentError(
                f"The study measured {listed(self.measured)}; of these plates are measured "
                f"{listed(measurements.columns)}. {OTHERS}"
            )
        if self.network is not None:
            with steps("features") as progress:
                made["progress"] = progress
                stored = extract_features(tiles, folder / FEATURES, self.network, **made)
            features = stored.load(tiles.index)
        return tiles, Inputs(features, measurements.loc[tiles.index["tile_id"]])


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


def _with_names(tiles: TileSet, plates: Sequence[Plate], data: DataSettings) -> pd.DataFrame:
    """Tiles with the group and label of their wells; none where the wells table has no such column."""
    index = tiles.index
    keys = list(zip(index["plate"], index["well"], strict=True))
    for name, column in (("group", data.group), ("label", data.label)):
        known: dict[tuple[str, str], object] = {}
        for plate in plates:
            if column in plate.wells.columns:
                held = plate.wells[column].dropna()
                known |= {(plate.name, str(well)): value for well, value in held.items()}
        values = pd.Series([known.get(key) for key in keys], index=index.index, dtype=object)
        index = index.assign(**{name: values})
    return index


def _score(
    study: StudyResults, models: Sequence[Model], inputs: Inputs, index: pd.DataFrame
) -> dict[str, npt.NDArray[np.float64]]:
    """By model, an array of shape (sets, tiles): probability by every set's, NaN where it is not blind."""
    known = study.stored(TILES)
    fed = {model.name: model.feed(inputs, study.config) for model in models}
    rows: dict[str, list[npt.NDArray[np.float64]]] = {model.name: [] for model in models}
    for number, split in study.table("splits").groupby("set"):
        learnt = set(split.loc[split["part"].isin(LEARNT), "group"])
        content = set(known.loc[known["group"].isin(learnt), "digest"])
        seen = index["group"].isin(learnt) | index["digest"].isin(content)
        for model in models:
            trained = study.trained(int(number), model)
            rows[model.name].append(np.where(seen, np.nan, model.predict(trained, fed[model.name])))
    return {name: np.stack(scores) for name, scores in rows.items()}


def _tables(
    index: pd.DataFrame,
    scores: dict[str, npt.NDArray[np.float64]],
    left_out: pd.DataFrame,
    study: StudyResults,
) -> Predictions:
    """Sum the scores up by tile, well and group."""
    levels = {
        "tiles": ["plate", "well", "field", "tile", "group"],
        "wells": ["plate", "well", "group"],
        "groups": ["group"],
    }
    made = {
        name: pd.concat([_level(index, scores[model], keys, model) for model in scores], ignore_index=True)
        for name, keys in levels.items()
    }
    noun = study.config.data.group
    n = study.table("groups")["group"].nunique()
    notices = [
        f"Scores are mean probabilities over the sets of a study of {n} {plural(spaced(noun))}; ± is their "
        f"spread (SD), not an interval for a {noun}."
    ]
    first = made["tiles"][made["tiles"]["model"] == next(iter(scores))]
    unscored = int((first["n_heads"] == 0).sum())
    if unscored:
        notices.append(
            f"{counted(unscored, 'tile')} not scored: every set was trained or validated on their {noun} or "
            "their pixels."
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


def _level(index: pd.DataFrame, scores: npt.NDArray[np.float64], keys: list[str], model: str) -> pd.DataFrame:
    """Each set's mean over the tiles of a unit, then mean and spread over sets."""
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
    if "tile" not in keys:
        labels = named.groupby(by, sort=False, dropna=False)["label"]
        table.insert(0, "label", labels.first().where(labels.nunique() == 1).astype("str"))
    table = table.rename_axis(keys).reset_index()
    table.insert(0, "model", model)
    return table
