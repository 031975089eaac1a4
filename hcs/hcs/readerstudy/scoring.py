"""The answers of a pack with its key: what each reader called which image, and what that shows."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.analysis.clones.reader_counts import IMAGE, POSITION, REPEAT, SIMULATED, SURE
from hcs.analysis.finding import Finding
from hcs.analysis.kept import keep_analyses
from hcs.findings.reader_calls import first_model, reader_findings
from hcs.readerstudy.key import Key
from hcs.readerstudy.opened import KeyOpened, open_with_key
from hcs.readerstudy.pack import Pack
from hcs.readerstudy.responses import Responses
from hcs.readerstudy.simulated import SESSION
from hcs.study.folder import StudyResults
from hcs.study.places import READERS
from hcs.tables.compared import Classes
from hcs.wording import listed, sentence, spaced
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import HcsError, NotThereError, StoreError
from hcs_plates.files import write_file
from hcs_plates.staging import Kind, Place
from hcs_plates.units import write_json

CALLS, RESPONSES, RECORD, FINDINGS = "calls.csv", "responses.csv", "scores.json", "findings"
SCORED = Kind("a scored reader study", RECORD, ("scored",), rf"{CALLS}|{RESPONSES}|{RECORD}|{FINDINGS}|\..*")


@dataclass(frozen=True, repr=False)
class ReaderScores:
    """What a pack's answers show.

    Parameters
    ----------
    calls
        reader, group, label, call, right, plate, well, field, tile (where images are parts of fields), sure,
        repeat, position (among what the reader judged, from 1): what stands, without the training round.
    responses
        Every click: reader, sequence, revision, position (in the reader's whole order, from 1), image,
        training, repeat, call, sure, seconds, answered_at, session, stands (false: withdrawn, or a
        withdrawal), and what the image is.
    findings
        As `hcs.findings.reader_calls.reader_findings` makes them.
    notices
        What is lacking: readers who have not answered, or not all; answers after the key was opened.
    group, study
        Column of the group in the study; place of the study.
    interim
        Whether answers are still to come.
    """

    calls: pd.DataFrame
    responses: pd.DataFrame
    findings: Mapping[str, Finding]
    notices: tuple[str, ...]
    group: str
    study: str
    interim: bool

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self.headline()}>"

    def headline(self) -> str:
        """Say what readers call right; an unfinished study is said to be one."""
        return f"{'Interim: ' if self.interim else ''}{self.findings[READERS].headline()}"

    def summary(self) -> str:
        """Give the headline, everything else that was found in one sentence each, and what is lacking."""
        others = [one.headline() for name, one in self.findings.items() if name != READERS]
        return sentence(self.headline(), *others, *self.notices)

    def save(self, out: Path | str, about: Mapping[str, Any], *, overwrite: bool = False) -> Path:
        """Write calls, responses, findings and a record of what they are made of.

        Raises
        ------
        ExistsError, ArgumentError, PlaceError
            As `hcs_plates.staging.Place`.
        """
        place = Place(out, SCORED, overwrite=overwrite)
        with place.claim():
            folder = place.start(uuid.uuid4().hex)
            for name, table in (
                (CALLS, self.calls.drop(columns=["label", "right"])),
                (RESPONSES, self.responses),
            ):
                # A group may be called as another column is, such as plate.
                named = table if self.group in table else table.rename(columns={"group": self.group})
                write_file(folder / name, csv_text(named).encode())
            keep_analyses(self.findings, {}, about, folder / FINDINGS)
            told = {"headline": self.headline(), "notices": list(self.notices), "interim": self.interim}
            write_json(folder / RECORD, {"scored": dict(about)} | told)
            place.publish()
        return place.final


def score_pack(
    pack: Path | str,
    key: Path | str | None = None,
    study: Path | str | None = None,
    out: Path | str | None = None,
    *,
    overwrite: bool = False,
) -> ReaderScores:
    """Join the answers of a pack with its key, and say what they show.

    That the key was opened, and how many answers there were then, is written down beside it, once and for
    good (``PACK.opened.json``).

    Parameters
    ----------
    pack
        Folder of the pack.
    key
        Its key; ``PACK.key.json`` beside the pack if None.
    study
        Results of the study, for the model's scores of the same images; where the key says if None.
    out
        Folder to write; nothing is kept if None.
    overwrite
        Whether a folder of earlier scores may be replaced.

    Raises
    ------
    NotThereError, StoreError
        No pack, key or answers; a key of another pack; damaged ones; a study that the pack was not made from.
    ExistsError, PlaceError
        `out` cannot be taken.
    """
    opened, known, place = open_with_key(pack, key)
    if out is not None:
        Place(out, SCORED, overwrite=overwrite).check()
    results, unread = _study(known, study)
    with Responses(opened.folder) as responses:
        log, table = responses.log(), responses.table()
    if table.empty:
        raise NotThereError(f"No reader of {opened.folder} has an answer that stands.")
    rows = _joined(opened, known, log, table)
    calls = _calls(rows)
    if calls.empty:
        raise NotThereError(f"No reader of {opened.folder} has answered beyond the training round.")
    first = KeyOpened.at(place, opened).note(int(log["sequence"].max()))
    progress = _progress(opened, calls)
    classes = Classes(known.study["positive"], known.study["negative"], noun=spaced(known.study["group"]))
    models = {} if results is None else first_model(results, classes)
    made = ReaderScores(
        calls,
        rows.drop(columns="place"),
        reader_findings(calls, classes, **models),
        tuple(filter(None, [*_lacking(progress), first.late(log), *unread])),
        str(known.study["group"]),
        str(study or known.study["place"]),
        bool((progress["answered"] < progress["asked"]).any()),
    )
    if out is not None:
        about = {"pack": opened.info.pack, "key": opened.info.key, "opened": first.time, "of": list(models)}
        made.save(out, about, overwrite=overwrite)
    return made


def _study(key: Key, given: Path | str | None) -> tuple[StudyResults | None, list[str]]:
    """Open the study that the pack was made from; one that the key names may be gone, and that is told."""
    place = Path(given if given is not None else key.study["place"])
    try:
        study = StudyResults.open(place)
        if study.record.get("inputs") != key.study["inputs"]:
            raise StoreError(place, "is not the study that the pack was made from (other images or settings)")
    except HcsError as error:
        if given is not None:
            raise
        why = f"Readers are held against no model: {error.message.rstrip('.')}; name the study (--study)."
        return None, [why]
    return study, []


def _joined(pack: Pack, key: Key, log: pd.DataFrame, table: pd.DataFrame) -> pd.DataFrame:
    """Put what each image is, and which showing it was, beside every click."""
    if strange := sorted(set(log["reader"]) - set(pack.readers)):
        raise StoreError(pack.folder, f"holds answers of {listed(strange)}, who is none of its readers")
    items = pd.DataFrame(
        [
            (name, place, item.image, item.training, int(place in key.repeats.get(name, ())))
            for name in pack.readers
            for place, item in enumerate(pack.items(name))
        ],
        columns=["reader", "position", "shown", "training", REPEAT],
    )
    stands = pd.MultiIndex.from_frame(table[["reader", "revision"]])
    rows = log.merge(items, on=["reader", "position"], how="left", validate="many_to_one")
    if (wrong := rows["shown"] != rows["image"]).any():
        row = rows[wrong].iloc[0]
        said = (
            f"holds an answer of {row['reader']} at place {row['position'] + 1} to an image not shown there"
        )
        raise StoreError(pack.folder, said)
    rows["stands"] = pd.MultiIndex.from_frame(rows[["reader", "revision"]]).isin(stands)
    simulated = rows.loc[rows["session"] == SESSION, "reader"].unique()
    what = key.images.drop(columns="training")
    rows = rows.merge(what, on="image", how="left", validate="many_to_one").drop(columns=["shown", "click"])
    named = rows["reader"].where(~rows["reader"].isin(simulated), rows["reader"] + SIMULATED)
    places = rows["reader"].map({name: place for place, name in enumerate(pack.readers)})
    return rows.assign(position=rows["position"] + 1, reader=named, place=places)


def _calls(rows: pd.DataFrame) -> pd.DataFrame:
    """Take what stands of the test round, as `hcs.findings.reader_table.read_calls` gives it."""
    calls = rows[rows["stands"] & ~rows["training"]].sort_values(["place", "position"], kind="stable")
    image = [name for name in IMAGE if calls[name].notna().all()]
    order = calls.groupby("reader").cumcount() + 1
    calls = calls.assign(right=calls["label"] == calls["call"], **{POSITION: order})
    wanted = ["reader", "group", "label", "call", "right", *image, SURE, REPEAT, POSITION]
    return calls[wanted].reset_index(drop=True)


def _progress(pack: Pack, calls: pd.DataFrame) -> pd.DataFrame:
    """Count what each reader was asked and has answered: reader, asked, answered."""
    counts = calls["reader"].str.removesuffix(SIMULATED).value_counts()
    asked = {name: sum(not item.training for item in pack.items(name)) for name in pack.readers}
    rows = [(name, number, int(counts.get(name, 0))) for name, number in asked.items()]
    return pd.DataFrame(rows, columns=["reader", "asked", "answered"])


def _lacking(progress: pd.DataFrame) -> list[str]:
    """Name readers without answers, who are left out, and those whose answers are not complete."""
    said = []
    if silent := progress.loc[progress["answered"] == 0, "reader"].tolist():
        said.append(f"Left out without an answer: {listed(silent)}.")
    part = progress[(progress["answered"] > 0) & (progress["answered"] < progress["asked"])]
    if len(part):
        each = [f"{row.reader} {row.answered} of {row.asked}" for row in part.itertuples()]
        said.append(f"Not finished, taken as they are: {listed(each)}.")
    return said
