"""The folder of a layout: a platemap of each plate, all wells, the table of imbalances, maps, the record."""

import hashlib
import re
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import pandas as pd

from hcs.design.maps.drawing import maps_pdf
from hcs.design.maps.mapped import map_plates, natural
from hcs.design.maps.page import layout_page
from hcs.study.designrecord import DesignRecord
from hcs.wording import are, listed
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError, HcsError
from hcs_plates.files import write_file
from hcs_plates.spelling import alike
from hcs_plates.staging import Kind, Place
from hcs_plates.units import Progress, file_digest

RECORD, PAGE, PRINT, WELLS, IMBALANCES = (
    "layout.json",
    "layout.html",
    "layout.pdf",
    "layout.csv",
    "imbalances.csv",
)
SHOWN_TO_ALL = ("plate", "well", "clone", "differentiation_batch", "role", "included")
"""Columns of a blinded layout's platemaps: nothing that tells one code from another."""
_FILES = (RECORD, PAGE, PRINT, WELLS, IMBALANCES)


class Laid(Protocol):
    """A layout: every well of every plate, and what is to be said of it."""

    @property
    def wells(self) -> pd.DataFrame:
        """One row a well."""

    @property
    def imbalances(self) -> pd.DataFrame:
        """One row a factor."""

    @property
    def caveats(self) -> tuple[str, ...]:
        """Sentences."""

    @property
    def aside(self) -> pd.DataFrame:
        """Lines on no plate: clone, reason."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """What was asked; `wells` is the size of the plates."""

    @property
    def blinded(self) -> bool:
        """Whether clones are codes, and nothing may tell whose."""

    def headline(self) -> str:
        """Give the answer."""

    def record(self, files: Mapping[str, str] | None = None) -> DesignRecord:
        """Give what a study keeps of it."""


def layout_place(folder: Path | str, *, overwrite: bool = False) -> Place:
    """Where a layout is to stand; `check` refuses a folder that may not be taken.

    Raises
    ------
    ArgumentError
        A layout is to be replaced of which a file was changed since: perhaps to what was really pipetted.
    """
    names: Mapping[str, str] = {}
    if (Path(folder) / RECORD).is_file():
        try:
            names = DesignRecord.read(Path(folder) / RECORD).files
        except HcsError:
            names = {}
    owned = "|".join(map(re.escape, (*_FILES, *names)))
    place = Place(folder, Kind("a layout", RECORD, ("kind",), rf"\..*|{owned}"), overwrite=overwrite)
    changed = [
        name
        for name, digest in names.items()
        if (file := Path(folder) / name).is_file() and file_digest(file) != digest
    ]
    if overwrite and changed:
        raise ArgumentError(
            f"{folder} holds a layout of which {listed(changed)} {are(len(changed))} not as hcs wrote "
            f"{'it' if len(changed) == 1 else 'them'}; move what is to be kept elsewhere, or choose another "
            "place."
        )
    return place


def save_layout(
    layout: Laid,
    folder: Path | str,
    *,
    show_diagnosis: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Path:
    """Write a layout: all of it, or nothing.

    Parameters
    ----------
    layout
        What stands where.
    folder
        Its place: each plate's platemap under its name (``P1.csv``), all wells (``layout.csv``),
        ``imbalances.csv``, maps (``layout.html``, ``layout.pdf``) and the record (``layout.json``).
    show_diagnosis
        Print the diagnosis in each well of the maps.
    overwrite
        Replace a layout that stands there, once the new one is whole.
    progress
        Told of each plate that is drawn.

    Returns
    -------
    Path
        The folder.

    Raises
    ------
    ArgumentError, ExistsError, PlaceError
        Diagnoses asked of a blinded layout; plates whose names are no names of files; a place that is taken,
        or cannot be written to.
    """
    place = layout_place(folder, overwrite=overwrite)
    place.check()
    contents = layout_files(layout, show_diagnosis=show_diagnosis, progress=progress)
    write_layout(contents, place)
    return place.final


def write_layout(contents: Mapping[str, bytes], place: Place) -> None:
    """Write the files of a layout where it is to stand; see `save_layout`."""
    with place.claim():
        staged = place.start(uuid.uuid4().hex)
        for name, content in contents.items():
            write_file(staged / name, content, durable=False)
        place.publish()


def layout_files(
    layout: Laid, *, show_diagnosis: bool = False, progress: Progress | None = None
) -> dict[str, bytes]:
    """Make the files of a layout by name; see `save_layout`."""
    if layout.blinded and show_diagnosis:
        raise ArgumentError("A blinded layout shows no diagnoses; leave out --show-diagnosis, or the key.")
    wells = _shown(layout)
    names = _file_names(sorted(wells["plate"].unique(), key=natural))
    contents = {file: _csv(wells[wells["plate"] == plate]) for plate, file in names.items()}
    contents[WELLS] = _csv(wells)
    contents[IMBALANCES] = csv_text(layout.imbalances).encode()
    plates = map_plates(wells, layout.settings["wells"], show_diagnosis=show_diagnosis)
    noun = "code" if layout.blinded else "line"
    contents[PRINT] = maps_pdf(plates, noun=noun, progress=progress)
    tables = {"wells": wells, "imbalances": layout.imbalances}
    if len(layout.aside) and not layout.blinded:
        tables["set aside"] = layout.aside[["clone", "reason"]]
    said = [sentence for sentence in layout.record().sentences if sentence not in layout.caveats]
    page = layout_page(plates, tables, (layout.headline(), " ".join(said)), layout.caveats, noun=noun)
    contents[PAGE] = page.encode()
    record = layout.record({name: hashlib.sha256(content).hexdigest() for name, content in contents.items()})
    # A study holds its wells against these.
    kept = {"wells": wells.loc[wells["clone"].notna(), ["plate", "well", "clone"]]}
    if "set aside" in tables:
        kept["set aside"] = tables["set aside"]
    rows = {name: table.to_dict("records") for name, table in kept.items()}
    record = record.model_copy(update={"tables": {**record.tables, **rows}})
    contents[RECORD] = record.model_dump_json(indent=1).encode()
    return contents


def _shown(layout: Laid) -> pd.DataFrame:
    """Give the wells as their files have them, without columns that say nothing."""
    wells = layout.wells
    if layout.blinded:
        wells = wells[[name for name in SHOWN_TO_ALL if name in wells]]
    empty = [name for name in wells if name != "clone" and wells[name].isna().all()]
    return wells.drop(columns=empty).reset_index(drop=True)


def _csv(wells: pd.DataFrame) -> bytes:
    return csv_text(wells).encode()


def _file_names(plates: Sequence[str]) -> dict[str, str]:
    """Name each plate's platemap; refuse names that cannot be a file's everywhere."""
    for plate in plates:
        bad = re.search(r'[\\/:*?"<>|\x00-\x1f]', plate) or plate.startswith(".") or plate != plate.strip()
        if bad or f"{plate}.csv".casefold() in _FILES:
            raise ArgumentError(
                f"Plate {plate!r} cannot give its platemap the name {plate}.csv; name the plate with "
                "letters, digits, - and _."
            )
    if same := alike(plates):
        raise ArgumentError(f"Plates {listed(map(repr, same[0]))} look alike; name them apart.")
    return {plate: f"{plate}.csv" for plate in plates}
