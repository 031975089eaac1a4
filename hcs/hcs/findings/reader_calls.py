"""Calls of people who judged a study's pictures: read from a table of theirs, and kept with the study."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from hcs.analysis.clones.reader_calls import ReaderCalls, reader_calls
from hcs.analysis.clones.reader_counts import IMAGE
from hcs.analysis.kept import KeptAnalyses, keep_analyses
from hcs.statistics.frames import key_names
from hcs.study.folder import StudyResults, working_in
from hcs.study.places import KEPT_READERS, READERS, table_place
from hcs.tables.file import read_table
from hcs.wording import listed, plural, spaced
from hcs_plates.errors import ArgumentError, InputFileError, NotThereError, StoreError, nearest
from hcs_plates.files import write_table
from hcs_plates.spelling import alike
from hcs_plates.units import file_digest


def read_calls(
    path: Path | str, groups: pd.DataFrame, *, positive: str, negative: str, group: str = "clone"
) -> pd.DataFrame:
    r"""Read who called what which class, and hold it against the labels.

    Parameters
    ----------
    path
        A table as `hcs.tables.file.read_table` reads it, with ``reader``, ``call`` and the column of the
        group under its own name or as ``group``. Each row is a judged image, named by as many of ``plate``,
        ``well``, ``field`` and ``tile`` as there are; without any of these it is a judged clone.
    groups
        group, label: every clone of the study, those of neither class too; any number of rows each.
    positive, negative
        The two classes. Calls are spelt like them, in any case.
    group
        Column that names the clone.

    Returns
    -------
    DataFrame
        reader, group, label (the true one), call, right, and the image's columns.

    Raises
    ------
    InputFileError
        With all faults at once, each with its rows, counted below the headings (blank rows and comments left
        out).

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> groups = pd.DataFrame({"group": ["C01", "C02"], "label": ["ALS", "control"]})
    >>> with TemporaryDirectory() as folder:
    ...     path = Path(folder, "calls.csv")
    ...     _ = path.write_text("reader,clone,call\nR1,C01,als\nR1,C02,ALS\n")
    ...     read_calls(path, groups, positive="ALS", negative="control")["right"].tolist()
    [True, False]
    """
    place = Path(path)
    classes = {positive.casefold(): positive, negative.casefold(): negative}
    if len(classes) == 1:
        raise ArgumentError(f"Calls are read in any case: {positive!r} and {negative!r} would be the same.")
    table = _named(place, group)
    image = [name for name in IMAGE if name in table.columns]
    labels = _labels(groups, tuple(classes.values()))
    spelt = table["call"].map(lambda call: classes.get(str(call).casefold()), na_action="ignore")
    faults = _blanks(table, ["reader", "group", "call", *image], group)
    faults += [
        f"{_rows(rows)}: the call {str(call)!r} is no class; write {positive} or {negative}"
        for call, rows in _places(table["call"][spelt.isna()]).items()
    ]
    faults += _group_faults(table["group"], labels, group, (positive, negative))
    faults += [*_repeats(table, image, group), *_alike(table["reader"])]
    if faults:
        raise InputFileError(place, faults)
    known = pd.DataFrame({"reader": table["reader"], "group": table["group"]})
    known["label"] = [labels[name][0] for name in table["group"]]
    known["call"] = spelt.astype(str)
    return known.assign(right=known["label"] == known["call"], **{name: table[name] for name in image})


def keep_calls(study: StudyResults, path: Path | str) -> Path:
    """Read the calls of a study's readers and keep them with its tables; calls kept earlier are replaced.

    Parameters
    ----------
    study
        One that has run to its end.
    path
        The table, as `read_calls` takes it.

    Returns
    -------
    Path
        ``tables/readers.parquet`` in the study's folder.

    Raises
    ------
    InputFileError, NotThereError
        From `read_calls`; or the study has no table of wells.
    """
    data = study.config.data
    groups = study.table("wells")[["group", "label"]]
    calls = read_calls(path, groups, positive=data.positive, negative=data.negative, group=data.group)
    written = write_table(study.results / table_place(READERS), calls)
    kept_calls(study)
    return written


def kept_calls(study: StudyResults) -> KeptAnalyses:
    """Read what the calls of a study's readers show; where that was not kept yet, it is made and kept.

    Raises
    ------
    NotThereError, StoreError
        No calls are kept; their table, or one of the study's, is damaged.
    PlaceError
        A finding that is lacking cannot be written.
    """
    calls, written = study.table(READERS), study.results / table_place(READERS)
    asked = {"inputs": study.record.get("inputs"), "calls": file_digest(written)}
    try:
        kept = study.kept_readers()
    except (NotThereError, StoreError):
        kept = KeptAnalyses()
    if {name: kept.asked.get(name) for name in asked} != asked:
        findings, left_out = {}, {}
        try:
            findings[READERS] = _found(study, calls)
        except ArgumentError as error:
            left_out[READERS] = f"The readers' calls do not fit: {error.message}"
        with working_in(study.results):
            keep_analyses(findings, left_out, asked, study.results / KEPT_READERS)
        kept = study.kept_readers()
    return kept


def _found(study: StudyResults, calls: pd.DataFrame) -> ReaderCalls:
    """Judge readers, and the study's first model on what they judged."""
    data, models = study.config.data, None
    if study.has_table("groups"):
        groups = study.table("groups").astype({"label": str})
        known = groups[groups["label"].isin([data.positive, data.negative]) & groups["probability"].notna()]
        models = known[known["model"] == known["model"].iloc[0]] if len(known) else None
    return reader_calls(
        calls, positive=data.positive, negative=data.negative, noun=spaced(data.group), models=models
    )


def _named(place: Path, group: str) -> pd.DataFrame:
    """Read the table with its columns as they are called here; names are text, blanks are missing."""
    table = read_table(place, names=[group, "group", "reader", "call", "plate", "well"])
    table = table.convert_dtypes().reset_index(drop=True)
    headings = [str(name).strip().casefold() for name in table.columns]
    table.columns = pd.Index(headings)
    own = group.casefold() if group.casefold() in headings else "group"
    faults = [
        f"has no column {name!r}; {nearest(name, headings)}"
        for name in ("reader", "call", *([] if own in headings else [group]))
        if name not in headings
    ]
    wanted = dict.fromkeys(["reader", "call", own, *IMAGE])
    faults += [f"has the heading {name!r} twice; keep one" for name in wanted if headings.count(name) > 1]
    if faults:
        raise InputFileError(place, faults)
    made = table[[name for name in IMAGE if name in headings]]
    named = {"reader": table["reader"], "call": table["call"], "group": table[own]}
    whole = {name: _text(column) for name, column in named.items()}
    places = {name: key_names(made, name).astype(object) for name in ("plate", "well") if name in made}
    return pd.DataFrame({**whole, **made, **places})


def _text(column: pd.Series) -> pd.Series:
    """Values as text without outer blanks; empty ones are missing."""
    text = column.astype("string").str.strip()
    return text.mask(text == "").astype(object)


def _labels(groups: pd.DataFrame, classes: tuple[str, ...]) -> dict[str, list[str]]:
    """List the classes of every group: one, none or both."""
    held = groups.dropna(subset=["group"])
    names, labels = held["group"].astype(str), held["label"].astype(str)
    return {
        str(name): [label for label in classes if (part == label).any()]
        for name, part in labels.groupby(names)
    }


def _blanks(table: pd.DataFrame, columns: list[str], group: str) -> list[str]:
    """Rows in which something is not named."""
    missing = {name: list(table.index[table[name].isna()]) for name in columns}
    words = {"group": spaced(group)}
    return [f"{_rows(rows)}: no {words.get(name, name)} is named" for name, rows in missing.items() if rows]


def _group_faults(
    names: pd.Series, labels: Mapping[str, list[str]], group: str, classes: tuple[str, str]
) -> list[str]:
    """Refuse groups that are not the study's, or have no one label to be called right by."""
    faults, noun = [], spaced(group)
    for name, rows in _places(names).items():
        if name not in labels:
            close = get_close_matches(name, labels, n=1, cutoff=0.5)
            hint = f"did you mean {close[0]!r}?" if close else f"it has {listed(labels)}"
            faults.append(f"{_rows(rows)}: the study has no {noun} {name!r}; {hint}")
        elif not labels[name]:
            neither = f"is neither {classes[0]} nor {classes[1]}; leave out its calls"
            faults.append(f"{_rows(rows)}: {noun} {name!r} {neither}")
        elif len(labels[name]) > 1:
            faults.append(
                f"{_rows(rows)}: {noun} {name!r} holds {' and '.join(labels[name])}; a call of it is neither "
                "right nor wrong, leave it out"
            )
    return faults


def _alike(readers: pd.Series) -> list[str]:
    """Readers whose names look alike: one person would count twice."""
    return [
        f"{' and '.join(map(repr, same))} look alike and would be {len(same)} readers; spell one in one way"
        for same in alike(readers.dropna())
    ]


def _repeats(table: pd.DataFrame, image: list[str], group: str) -> list[str]:
    """Images (clones) that one reader judged twice, and wells that are given to two clones."""
    faults, noun = [], spaced(group)
    what = f"the same image of {noun}" if image else noun
    known = table.dropna(subset=["reader", "group", *image])
    for (reader, name, *_), part in known.groupby(["reader", "group", *image], sort=False):
        if len(part) > 1:
            faults.append(
                f"{_rows(part.index)}: reader {reader!r} judged {what} {name!r} {len(part)} times; keep one"
            )
    if {"plate", "well"} <= set(image):
        for (plate, well), part in known.groupby(["plate", "well"], sort=False):
            names = list(dict.fromkeys(part["group"]))
            if len(names) > 1:
                faults.append(
                    f"{_rows(part.index)}: well {plate}/{well} is given to {plural(noun)} {listed(names)}; "
                    "it holds one"
                )
    return faults


def _places(cells: pd.Series) -> dict[str, list[int]]:
    """Rows of every different value, missing ones left out."""
    known = cells.dropna().astype(str)
    return {str(value): list(rows) for value, rows in known.groupby(known, sort=False).groups.items()}


def _rows(places: list[int] | pd.Index) -> str:
    """Name rows as they are counted below the headings."""
    return f"{plural('row', len(places))} {listed([place + 1 for place in places])} below the headings"
