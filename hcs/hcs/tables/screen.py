"""A screen as plate readers leave it: a list of files, one a plate, and tables of what their wells hold.

The layout is that of cellHTS2 (Boutros, Bras & Huber 2006): Platelist.txt names the file of each plate,
replicate and channel; Plateconf.txt says what wells hold, by rules with wildcards of which the last one
counts; Screenlog.txt lists flagged wells; an annotation names the gene of each well.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.tables.textrows import TextRows
from hcs.wording import counted, listed, noted
from hcs_plates.columns import is_missing
from hcs_plates.errors import ArgumentError, InputFileError, NotThereError
from hcs_plates.names import as_names
from hcs_plates.numbers import plain_minus
from hcs_plates.wells import FORMATS, PlateFormat, format_of

PLATE_LIST, CONFIGURATION, LOG, ANNOTATION = "platelist", "plateconf", "screenlog", "annotation"
USUAL = {PLATE_LIST: "Platelist.txt", CONFIGURATION: "Plateconf.txt", LOG: "Screenlog.txt"}
DESCRIPTION = "Description.txt"
SIGNAL = "signal"
OWN = ("plate", "layout", "replicate", "well", "role", "included", "comment")
NAMES = {"geneid": "gene", "genesymbol": "gene_symbol"}
"""Columns of an annotation, and what they are called here."""


@dataclass(frozen=True)
class Screen:
    """Wells of a screen.

    Parameters
    ----------
    wells
        One row per physical plate and well: plate (its file), layout, replicate, well, role, included,
        comment (of a flag), a column for each channel, and those of the annotation.
    values
        Columns of what was read: ``signal``, or ``channel_1`` and so on.
    plate_format
        Of all plates.
    notices
        What the reader should know.
    """

    wells: pd.DataFrame
    values: tuple[str, ...]
    plate_format: PlateFormat
    notices: tuple[str, ...]


def is_screen(path: Path) -> bool:
    """Whether a path is a list of plates, or a folder with one."""
    return (path.is_dir() and (path / DESCRIPTION).is_file()) or _list_of(path) is not None


def read_screen(path: Path) -> Screen:
    """Read a screen from its folder, or from its list of plates.

    Raises
    ------
    NotThereError
        A file that another one names is not there.
    InputFileError
        A file that cannot be read: every fault with its line.
    """
    found = _list_of(path)
    folder = path if path.is_dir() else path.parent
    files = _named_files(folder)
    plates = _plate_list(found or files[PLATE_LIST])
    layouts = list(dict.fromkeys(plates["layout"]))
    configuration = files.get(CONFIGURATION)
    shape, stated = _stated(configuration)
    signals = _signals(plates, shape)
    shape = shape or format_of("", signals["well"].unique(), None)
    wells = _every_well(plates, shape).merge(signals, on=["plate", "well"], how="left", validate="1:1")
    values = tuple(name for name in signals if name not in ("plate", "well"))
    lacking = int(wells[list(values)].isna().all(axis=1).sum())
    said = noted(
        (configuration is None, f"There is no {USUAL[CONFIGURATION]}: every well counts as a sample."),
        (
            stated not in (0, len(layouts)),
            f"{USUAL[CONFIGURATION]} says {counted(stated, 'plate')} and the list has {len(layouts)}.",
        ),
        (lacking, f"{counted(lacking, 'well')} of the plates stand in no file or have no number there."),
    )
    if configuration is not None:
        wells["role"] = _contents(configuration, wells, shape)
    if LOG in files:
        wells, more = _flagged(files[LOG], wells, shape)
        said += more
    if ANNOTATION in files:
        wells, more = _annotated(files[ANNOTATION], wells, shape)
        said += more
    return Screen(wells, values, shape, tuple(said))


def _list_of(path: Path) -> Path | None:
    """Find the list of plates: the file itself, or the one of the usual name in a folder."""
    if path.is_dir():
        return _in(path, USUAL[PLATE_LIST])
    return path if path.stem.casefold() == PLATE_LIST else None


def _in(folder: Path, name: str) -> Path | None:
    """Find a file whatever the case of its name."""
    same = (one for one in sorted(folder.iterdir()) if one.name.casefold() == name.casefold())
    return next((one for one in same if one.is_file()), None)


def _named_files(folder: Path) -> dict[str, Path]:
    """Find the tables of a screen: those that its description names, else those with the usual names."""
    usual = {kind: _in(folder, name) for kind, name in USUAL.items()}
    files = {kind: file for kind, file in usual.items() if file is not None}
    genes = [one for one in sorted(folder.glob("*.txt")) if one.name.casefold().startswith("geneid")]
    if len(genes) == 1:
        files[ANNOTATION] = genes[0]
    if (description := _in(folder, DESCRIPTION)) is not None:
        for line, cells in TextRows.read(description).rows:
            kind, _, name = cells[0].partition(":")
            if (kind := kind.strip().casefold()) in (*USUAL, ANNOTATION) and name.strip():
                files[kind] = _in(folder, name.strip()) or folder / name.strip()
                if not files[kind].is_file():
                    raise NotThereError(
                        f"There is no '{files[kind]}', which {DESCRIPTION} (line {line}) names."
                    )
    if PLATE_LIST not in files:
        raise NotThereError(f"There is no {USUAL[PLATE_LIST]} in '{folder}', which lists the plates' files.")
    return files


def _plate_list(path: Path) -> pd.DataFrame:
    """Read the list of files: file, plate, layout, replicate, channel."""
    text = TextRows.read(path)
    rows: list[tuple[Path, str, str, str]] = []
    seen: dict[tuple[str, str, str], int] = {}
    for line, cells in text.table(("Filename", "Plate")):
        name, layout = cells["filename"], cells["plate"]
        place = (layout, cells.get("replicate", "1") or "1", cells.get("channel", "1") or "1")
        file = _in(path.parent, name) if name else None
        if not name or not layout:
            text.fault(line, "names no file or no plate")
        elif file is None:
            text.fault(line, f"names {name!r}, which is not in the folder")
        elif place in seen:
            text.fault(line, f"has plate {layout}, replicate {place[1]} again (line {seen[place]})")
        elif any(file == other[0] for other in rows):
            text.fault(line, f"names {name!r} again")
        else:
            rows.append((file, *place))
        seen.setdefault(place, line)
    text.close()
    plates = pd.DataFrame(rows, columns=["file", "layout", "replicate", "channel"])
    stems = plates["file"].map(lambda file: file.stem)
    several = plates["channel"].nunique() > 1 or stems.duplicated().any()
    return plates.assign(plate=plates["layout"] + "-" + plates["replicate"] if several else stems)


def _signals(plates: pd.DataFrame, shape: PlateFormat | None) -> pd.DataFrame:
    """Read the files of all plates: plate, well, and a column for each channel."""
    several = plates["channel"].nunique() > 1
    names = {one: f"channel_{one}" if several else SIGNAL for one in dict.fromkeys(plates["channel"])}
    parts = [
        _one_file(row.file, shape).assign(plate=row.plate, value=names[row.channel])
        for row in plates.itertuples()
    ]
    read = pd.concat(parts, ignore_index=True)
    wide = read.pivot(index=["plate", "well"], columns="value", values="number").reset_index()
    return wide.rename_axis(columns=None)[["plate", "well", *names.values()]]


def _one_file(path: Path, shape: PlateFormat | None) -> pd.DataFrame:
    """Read one plate's file, which has no headings: the plate, the well, the number."""
    text = TextRows.read(path)
    parsed = _parsed(shape or FORMATS[1536])
    found: dict[str, float] = {}
    for place, (line, cells) in enumerate(text.rows):
        if len(cells) < 3:
            text.fault(line, "has fewer than three cells (plate, well, number), parted by tabs")
            break
        number = plain_minus(cells[2])
        try:
            read = np.nan if is_missing(number) else float(number)
        except ValueError:
            if place:
                text.fault(line, f"has {cells[2]!r} for a number")
            # The first line may be headings.
            continue
        try:
            well = parsed(cells[1])
        except ArgumentError as error:
            text.fault(line, f"has another well than there are: {error.message.rstrip('.')}")
            continue
        if well in found:
            text.fault(line, f"has well {well} again")
        found[well] = read if np.isfinite(read) else np.nan
    if not found and not text.faults:
        text.faults.append("has no rows of plate, well and number")
    text.close()
    return pd.DataFrame({"well": list(found), "number": list(found.values())})


@cache
def _parsed(shape: PlateFormat) -> Callable[[str], str]:
    """Spell wells of a format; each spelling is read once, though every file has it."""
    return cache(lambda name: shape.parse(name).name)


def _every_well(plates: pd.DataFrame, shape: PlateFormat) -> pd.DataFrame:
    """Give a row to every well of every plate."""
    own = plates.drop_duplicates("plate")[["plate", "layout", "replicate"]]
    wells = own.merge(pd.DataFrame({"well": shape.wells()}), how="cross")
    return wells.assign(role="sample", included=True, comment=None)


def _stated(path: Path | None) -> tuple[PlateFormat | None, int]:
    """Read what the first lines of a configuration say: the format of the plates, and their number."""
    if path is None:
        return None, 0
    said = {}
    for _, cells in TextRows.read(path).rows[:2]:
        name, _, number = "".join(cells).partition(":")
        said[name.strip().casefold()] = number.strip()
    size, plates = said.get("wells", ""), said.get("plates", "")
    if not (size.isdecimal() and plates.isdecimal()):
        raise InputFileError(
            path, "does not begin with 'Wells:' and 'Plates:' and their numbers, as of cellHTS2"
        )
    if int(size) not in FORMATS:
        raise InputFileError(path, f"says {size} wells; plates have {', '.join(map(str, FORMATS))}")
    return FORMATS[int(size)], int(plates)


def _contents(path: Path, wells: pd.DataFrame, shape: PlateFormat) -> pd.Series:
    """Say what every well holds, by the last rule that fits it."""
    text = TextRows.read(path)
    text.rows = text.rows[2:]
    names, layouts = shape.wells(), list(dict.fromkeys(wells["layout"]))
    held = pd.DataFrame(index=layouts, columns=names, dtype=object)
    for line, cells in text.table(("Plate", "Well", "Content")):
        fits = {}
        for what, known in (("plate", layouts), ("well", names)):
            fits[what] = _fitting(cells[what], known, shape if what == "well" else None)
            if not fits[what]:
                text.fault(line, f"has {cells[what]!r} as {what}, which no {what} fits")
        held.loc[fits["plate"], fits["well"]] = cells["content"]
    bare = held.isna()
    if bare.to_numpy().any():
        layout = bare.index[bare.any(axis=1)][0]
        first = listed(bare.columns[bare.loc[layout]], most=3)
        text.faults.append(f"says nothing of {first} on plate {layout}")
    text.close()
    at = held.index.get_indexer(wells["layout"]), held.columns.get_indexer(wells["well"])
    return pd.Series(held.to_numpy()[at], index=wells.index)


def _fitting(pattern: str, known: list[str], shape: PlateFormat | None) -> list[str]:
    """Names that a wildcard, a regular expression or a name stands for."""
    if pattern == "*":
        return known
    try:
        if shape is not None and (name := shape.parse(pattern).name) in known:
            return [name]
    except ArgumentError:
        pass
    try:
        return [name for name in known if re.fullmatch(pattern, name)]
    except re.error:
        return []


def _flagged(path: Path, wells: pd.DataFrame, shape: PlateFormat) -> tuple[pd.DataFrame, list[str]]:
    """Leave out the wells whose flag is NA; other flags are told."""
    text = TextRows.read(path)
    if len(text.rows) < 2:
        return wells, []
    runs, found, others = set(wells["replicate"]), {}, 0
    known = set(zip(wells["layout"], wells["replicate"], strict=True))
    for line, cells in text.table(("Plate", "Well", "Flag")):
        sample = cells.get("sample") or (next(iter(runs)) if len(runs) == 1 else "")
        if not sample:
            text.fault(line, f"does not say which of {counted(len(runs), 'replicate')} it is about (Sample)")
        elif (cells["plate"], sample) not in known:
            text.fault(
                line, f"is about plate {cells['plate']}, replicate {sample}, which the list does not have"
            )
        elif name := _well(text, line, cells["well"], shape):
            others += cells["flag"].casefold() != "na"
            if cells["flag"].casefold() == "na":
                found[cells["plate"], sample, name] = cells.get("comment", "") or "flagged"
    text.close()
    places = list(zip(wells["layout"], wells["replicate"], wells["well"], strict=True))
    comments = pd.Series([found.get(place) for place in places], index=wells.index, dtype=object)
    said = f"Flags of {path.name} other than NA leave their wells in ({others:,})."
    return wells.assign(included=comments.isna(), comment=comments), noted((others, said))


def _annotated(path: Path, wells: pd.DataFrame, shape: PlateFormat) -> tuple[pd.DataFrame, list[str]]:
    """Put what is known of each layout's wells beside them."""
    text = TextRows.read(path)
    rows: dict[tuple[str, str], dict[str, str]] = {}
    for line, cells in text.table(("Plate", "Well")):
        place = (cells.pop("plate"), _well(text, line, cells.pop("well"), shape))
        if place in rows:
            text.fault(line, f"has plate {place[0]} well {place[1]} again")
        rows[place] = cells
    text.close()
    told = pd.DataFrame.from_dict(rows, orient="index").rename(columns=NAMES)
    told = told.rename(columns={name: f"annotation_{name}" for name in told if name in wells})
    told = told.apply(lambda column: as_names(column.where(~column.map(is_missing))))
    told.index = pd.MultiIndex.from_tuples(rows, names=["layout", "well"])
    beyond = set(told.index.get_level_values("layout")) - set(wells["layout"])
    without = int((~pd.MultiIndex.from_frame(wells[["layout", "well"]]).isin(told.index)).sum())
    return wells.join(told, on=["layout", "well"]), noted(
        (beyond, f"{path.name} also describes {counted(len(beyond), 'plate')} that the list does not have."),
        (without, f"{path.name} does not describe {counted(without, 'well')}."),
    )


def _well(text: TextRows, line: int, name: str, shape: PlateFormat) -> str:
    """Spell a well of the plates; one that is none is noted."""
    try:
        return _parsed(shape)(name)
    except ArgumentError as error:
        text.fault(line, f"names another well than there are: {error.message.rstrip('.')}")
        return ""
