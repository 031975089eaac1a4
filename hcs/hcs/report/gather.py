"""What of a study is shown: its tables as the report's facts, and the tiles of the gallery."""

from collections.abc import Callable, Hashable, Mapping
from dataclasses import fields
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from hcs.analysis.kept import KeptAnalyses
from hcs.answer.facts import TABLES, StudyFacts
from hcs.answer.verdict import Verdict, verdict
from hcs.classifiers.registry import FIRST
from hcs.explain.explanations import Explanations
from hcs.explain.found import kept_findings
from hcs.explain.gallery import saliency_rows, shown_tiles
from hcs.explain.likeness import GUIDED_SENTENCE
from hcs.figures.gallery import GalleryTile
from hcs.findings.reader_calls import kept_calls
from hcs.measure.measured import square_pixel
from hcs.measure.overlay import measured_picture
from hcs.pages.pictures import tile_picture
from hcs.report.facts import ExplainedFacts, ReportFacts
from hcs.study.asdesigned import design_checks
from hcs.study.designrecord import DesignRecord
from hcs.study.folder import StudyResults
from hcs.study.measured import field_specs
from hcs.study.pixelsize import tile_pixels
from hcs.tables.compared import Classes
from hcs.wording import block_name, spaced
from hcs_models.scores import called_right
from hcs_plates.errors import HcsError, NotThereError, StoreError
from hcs_plates.evenly import evenly
from hcs_plates.tiles import TileSet

SHOWN_GROUPS = 6
SHOWN_WRONG = 6
SHOWN_MEASURED = 3
MIDDLE_PX = 480


def study_facts(study: StudyResults) -> ReportFacts:
    """Gather what a study found for its report: its tables, pictures, and where its heads look.

    Parameters
    ----------
    study
        One that has run to its end. What has gone since then is said in the notices.
    """
    facts = table_facts(study)
    known = {one.name: getattr(facts, one.name) for one in fields(facts)} | {"records": _records(study)[0]}
    judged, unmeasured = _fields(study, facts.scores)
    notices = (*facts.notices, *unmeasured)
    if facts.scores.empty:
        return ReportFacts(**known | {"fields": judged, "notices": notices})
    try:
        pictures = gallery(study.tiles, facts.scores, *facts.classes.both, tile_pixels(study))
        measured, absent = measured_gallery(study, facts.scores)
        channels = study.tiles.channels
    except (NotThereError, StoreError) as error:
        pictures, measured, channels, absent = (), (), (), (f"There are no pictures: {error.message}.",)
    explained, stale = explained_facts(study)
    shown = {
        "gallery": (*pictures, *measured),
        "channels": channels,
        "explained": explained,
        "fields": judged,
    }
    return ReportFacts(**known | shown | {"notices": (*notices, *absent, *stale)})


def table_facts(study: StudyResults) -> StudyFacts:
    """Gather a study's tables and analyses; what is missing stays empty, what is damaged is a notice."""
    record, data = study.record, study.config.data
    tables, notices = {}, [str(one) for one in record.get("notices", ())]
    for name in TABLES:
        try:
            if study.has_table(name):
                tables[name] = study.table(name)
        except StoreError as error:
            notices.append(
                f"The table of {spaced(name)} cannot be read: what rests on it is left out ({error.message})."
            )
    analysed, stale = _kept(study.kept_analyses, "analyses")
    permutations, unusable = _kept(study.kept_permutations, "permutations")
    readers, uncalled = _kept(lambda: kept_calls(study), "readers' calls")
    records, unread = _records(study)
    notices += [*stale, *unusable, *uncalled, *unread]
    nothing = pd.DataFrame()
    plates = record.get("plates", {})
    return StudyFacts(
        title=study.title,
        classes=Classes(data.positive, data.negative, data.label, spaced(data.group)),
        group=data.group,
        nested=bool(record.get("nested", True)),
        record=record,
        formats={name: (plate["rows"], plate["columns"]) for name, plate in plates.items()},
        analysed=analysed,
        permuted=permutations.findings.get("permutations") if permutations else None,
        readers=readers,
        settled=design_checks(records, record, tables.get("wells", nothing), tables.get("left_out", nothing)),
        looks=_looks(study),
        notices=tuple(notices),
        **tables,
    )


def _records(study: StudyResults) -> tuple[tuple[DesignRecord, ...], list[str]]:
    """Read the records of the design that the study kept, or say why they cannot be used."""
    try:
        return study.design_records(), []
    except HcsError as error:
        return (), [f"The records of the design are left out: {error.message.rstrip('.')}."]


def _looks(study: StudyResults) -> str:
    """Say where the network looks, if the study was explained."""
    try:
        found = kept_findings(study).findings.get("compartments")
    except HcsError:
        # `explained_facts` says why.
        return ""
    return "" if found is None else found.headline


def _kept(read: Callable[[], KeptAnalyses], what: str) -> tuple[KeptAnalyses | None, list[str]]:
    """Read findings that were kept, if they are of this run; or say why they cannot be used."""
    try:
        return read(), []
    except NotThereError:
        return None, []
    except HcsError as error:
        return None, [f"The {what} are left out: {error.message.rstrip('.')}."]


def _fields(study: StudyResults, scores: pd.DataFrame) -> tuple[pd.DataFrame, list[str]]:
    """Measured fields with whether they count and why not, and whose they are; or why there are none."""
    kept = ["plate", "well", "field", "included", "reason"]
    try:
        found = [one.fields[kept] for one in study.measurements()]
    except (NotThereError, StoreError) as error:
        return pd.DataFrame(), [f"The quality of the fields is left out: {error.message.rstrip('.')}."]
    if not found:
        return pd.DataFrame(), []
    judged = pd.concat(found, ignore_index=True)
    if scores.empty:
        return judged, []
    keys = ["plate", "well"]
    return judged.merge(scores[[*keys, "group", "label"]].drop_duplicates(keys), on=keys, how="left"), []


def gallery(
    tiles: TileSet,
    scores: pd.DataFrame,
    positive: str,
    negative: str,
    pixels: Mapping[str, float | None] | None = None,
) -> tuple[GalleryTile, ...]:
    """Choose tiles: a typical one of some groups of each class, the most wrong ones, and unlabelled ones.

    Typical is the tile whose score by the first model is nearest to its group's mean. Pictures show what the
    network sees: each tile's grey levels rescaled between its own percentiles.
    """
    cnn = scores[(scores["model"] == FIRST) & scores["probability"].notna()]
    cnn = cnn.merge(tiles.index.reset_index(names="row"), on=["plate", "well", "field", "tile"])
    truth = cnn["label"].map({positive: 1.0, negative: 0.0}).astype(float)
    wrong = cnn.assign(error=(cnn["probability"] - truth).abs())[truth.notna() & ~called_right(cnn, positive)]
    chosen = {
        positive: _typical(cnn[cnn["label"] == positive], ["group"]),
        negative: _typical(cnn[cnn["label"] == negative], ["group"]),
        "called wrong": wrong.nlargest(SHOWN_WRONG, "error"),
        "scored only": _typical(cnn[truth.isna()], ["plate", "well"]),
    }
    return tuple(
        _picture(tiles, row, kind, (pixels or {}).get(str(row["plate"])))
        for kind, rows in chosen.items()
        for row in rows.to_dict("records")
    )


def measured_gallery(
    study: StudyResults, scores: pd.DataFrame
) -> tuple[tuple[GalleryTile, ...], tuple[str, ...]]:
    """Draw what was measured on the middle of a typical field of each class; and say if a plate is gone."""
    data = study.config.data
    cnn = scores[(scores["model"] == FIRST) & scores["probability"].notna()]
    found = {one.record["plate"]: one for one in study.measurements()}
    pictures, gone = [], []
    for label in (data.positive, data.negative):
        for row in _typical(cnn[cnn["label"] == label], ["group"]).head(SHOWN_MEASURED).to_dict("records"):
            name = str(row["plate"])
            if name not in found:
                continue
            try:
                plate = study.plate(name)
            except (NotThereError, StoreError) as error:
                gone.append(f"What was measured on plate {name} is not shown: {error.message.rstrip('.')}.")
                continue
            (spec,) = field_specs(study.config.forest, [plate], data.time)
            field = plate[str(row["well"])][int(row["field"])]
            picture, what = measured_picture(field, spec, found[name].illumination())
            side = square_pixel(plate)[0]
            pictures.append(
                GalleryTile(_middle(picture), f"{row['group']}, {label}, {what}", "measured", side)
            )
    return tuple(pictures), tuple(dict.fromkeys(gone))


def _middle(picture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Cut the middle out: thin lines would fade if a whole field were made so small."""
    height, width = picture.shape[:2]
    side = min(height, width, MIDDLE_PX)
    top, left = (height - side) // 2, (width - side) // 2
    return picture[top : top + side, left : left + side]


def _typical(rows: pd.DataFrame, unit: list[str]) -> pd.DataFrame:
    """Take the tile nearest to its unit's mean score, of units spread evenly over their order."""
    if rows.empty:
        return rows
    units = rows.groupby(unit)["probability"]
    away = (rows["probability"] - units.transform("mean")).abs()
    nearest = rows.loc[away.groupby([rows[column] for column in unit]).idxmin()]
    return nearest.iloc[evenly(len(nearest), SHOWN_GROUPS)]


def _picture(tiles: TileSet, row: dict[Hashable, Any], kind: str, pixel_um: float | None) -> GalleryTile:
    named = [str(row[column]) for column in ("group", "label") if not pd.isna(row[column])]
    place = f"{row['plate']} {row['well']} field {row['field']}"
    caption = f"{', '.join([*named, place])}: score {row['probability']:.2f}"
    return GalleryTile(tile_picture(tiles, row["row"]), caption, kind, pixel_um)


def explained_facts(study: StudyResults) -> tuple[ExplainedFacts | None, tuple[str, ...]]:
    """Gather where a study's heads look, if it was explained; and say if that was an earlier run of it."""
    try:
        found = Explanations.open(study)
        rows = tuple(saliency_rows(study, found, shown_tiles(found)))
        findings = kept_findings(study).findings
    except NotThereError:
        return None, ()
    except HcsError as error:
        return None, (f"Where the network looks is left out: {error.message}.",)
    blocks = tuple(map(block_name, found.blocks))
    noun = spaced(study.config.data.group)
    return ExplainedFacts(
        rows, findings, blocks, GUIDED_SENTENCE, found.left_out, noun, study.tiles.channels
    ), ()


def study_verdict(study: StudyResults) -> Verdict:
    """Give the verdict of a finished study, as its report says it."""
    return verdict(table_facts(study))
