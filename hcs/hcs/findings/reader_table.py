"""Calls of people who judged a study's pictures, read from a table of theirs and held against the study."""

from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path

import pandas as pd

from hcs.analysis.clones.reader_counts import IMAGE, POSITION, REPEAT, SURE
from hcs.statistics.frames import key_names
from hcs.tables.file import read_table
from hcs.wording import listed, plural, spaced
from hcs_plates.columns import FALSE_WORDS, TRUE_WORDS
from hcs_plates.errors import ArgumentError, InputFileError, nearest
from hcs_plates.spelling import alike

WHOLE = {
    REPEAT: "0 for the first showing of an image to this reader, 1 for the second",
    POSITION: "1, 2, 3, …",
}
"""Columns of whole numbers that a table may have, and what stands in them."""


def read_calls(
    path: Path | str, groups: pd.DataFrame, *, positive: str, negative: str, group: str = "clone"
) -> pd.DataFrame:
    r"""Read who called what which class, and hold it against the labels.

    Parameters
    ----------
    path
        A table as `hcs.tables.file.read_table` reads it, with ``reader``, ``call`` and the column of the
        group under its own name or as ``group``. Each row is a judged image, named by as many of ``plate``,
        ``well``, ``field`` and ``tile`` as there are; without any of these it is a judged clone. There may be
        ``sure`` (yes or no), ``repeat`` (0 where the reader saw it for the first time, 1 for the second) and
        ``position`` (its place in the reader's order).
    groups
        group, label: every clone of the study, those of neither class too; any number of rows each.
    positive, negative
        The two classes. Calls are spelt like them, in any case.
    group
        Column that names the clone.

    Returns
    -------
    DataFrame
        reader, group, label (the true one), call, right, the image's columns, and sure, repeat and position
        where they are given.

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
    more, unread = _showings(table)
    table = table.assign(**more)
    faults += [*unread, *_twice(table, image, group), *_alike(table["reader"])]
    if faults:
        raise InputFileError(place, faults)
    known = pd.DataFrame({"reader": table["reader"], "group": table["group"]})
    known["label"] = [labels[name][0] for name in table["group"]]
    known["call"] = spelt.astype(str)
    kept = {name: table[name] for name in (*image, *more)}
    return known.assign(right=known["label"] == known["call"], **kept)


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
    wanted = dict.fromkeys(["reader", "call", own, *IMAGE, SURE, *WHOLE])
    faults += [f"has the heading {name!r} twice; keep one" for name in wanted if headings.count(name) > 1]
    if faults:
        raise InputFileError(place, faults)
    made = table[[name for name in (*IMAGE, SURE, *WHOLE) if name in headings]]
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


def _showings(table: pd.DataFrame) -> tuple[dict[str, pd.Series], list[str]]:
    """Read whether readers were sure, which showing it was, and its place in the order; and what is wrong."""
    found, faults = {}, []
    if SURE in table:
        words = _text(table[SURE]).map(lambda cell: str(cell).casefold(), na_action="ignore")
        known = words.map(dict.fromkeys(TRUE_WORDS, True) | dict.fromkeys(FALSE_WORDS, False))
        found[SURE] = known.astype("boolean")
        faults += _strange(SURE, table[SURE][words.notna() & known.isna()], "yes or no")
    for name in filter(table.columns.__contains__, WHOLE):
        numbers = pd.to_numeric(table[name], errors="coerce").astype(float)
        fits = (numbers >= (0 if name == REPEAT else 1)) & (numbers % 1 == 0)
        cells = table[name].astype(object).where(table[name].notna(), "")
        faults += _strange(name, cells[~fits], WHOLE[name])
        found[name] = numbers.where(fits, 1).astype("int64")
    return found, faults


def _strange(name: str, cells: pd.Series, wanted: str) -> list[str]:
    """Refuse cells that cannot stand in a column."""
    return [f"{_rows(rows)}: {name} is {cell!r}; write {wanted}" for cell, rows in _places(cells).items()]


def _twice(table: pd.DataFrame, image: list[str], group: str) -> list[str]:
    """Images (clones) that one reader judged twice unasked, and wells that are given to two clones."""
    faults, noun = [], spaced(group)
    what = f"the same image of {noun}" if image else noun
    known = table.dropna(subset=["reader", "group", *image])
    showing = [REPEAT] if REPEAT in table else []
    for (reader, name, *_), part in known.groupby(["reader", "group", *image, *showing], sort=False):
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
