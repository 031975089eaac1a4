"""Features of any table (profiles of wells, image quality of fields) as the evidence analyses look at."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
import pandas as pd

from hcs.analysis.batches.design import FACTORS
from hcs.analysis.batches.transfer import batch_transfer
from hcs.classes import Classes, two_classes
from hcs.evidence import Evidence
from hcs.independence import contradictions
from hcs.rolenames import aside_by_class
from hcs.wellrows import ABOUT, PARTS, STATE
from hcs.wording import counted, listed, spaced
from hcs_models.scores import THRESHOLD
from hcs_plates.columns import FALSE_WORDS, TRUE_WORDS
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.wells import smallest_format

WELL = "well"
METADATA = "Metadata_"
"""How CellProfiler and pycytominer begin the names of columns that are no features."""
OWN = ("group", "label", "tile_id", "field", "tile")
"""Columns that evidence has under these names: a table's own of that name are another thing."""


@dataclass(frozen=True)
class TableSpec:
    """What the columns of a table of features are.

    Parameters
    ----------
    label, positive, negative
        What is told apart, and its two values.
    batch
        The column whose effect is asked for.
    group
        What n counts: ``clone``, or ``well`` where every well stands for itself.
    features
        Patterns of the columns that are features (``ImageQuality_*``); all numbers that are no place, known
        property of a well or metadata if empty.
    chosen
        How it was found which value is positive, a sentence; may be empty.
    """

    label: str
    positive: str
    negative: str
    batch: str = "plate"
    group: str = "clone"
    features: tuple[str, ...] = ()
    chosen: str = ""


def label_values(table: pd.DataFrame, label: str, positive: str | None, negative: str | None) -> Classes:
    """Find the two values of a label, and which is positive (`hcs.classes.two_classes`).

    Raises
    ------
    ArgumentError
        No such column, one value only, more than two and none chosen, or a value that no row has.
    """
    if label not in table:
        raise ArgumentError(f"The table has no column {label!r}; {nearest(label, list(table.columns))}")
    return two_classes(table[label].dropna(), label, positive, negative)


def table_evidence(
    table: pd.DataFrame, spec: TableSpec, *, seed: int = 0
) -> tuple[Evidence, tuple[str, ...]]:
    """Turn a table into evidence: every batch is scored by linear models of the others.

    Parameters
    ----------
    table
        One row per field, tile or well: plate, well, the columns that `spec` names, and features.
    spec
        What its columns are.
    seed
        Of folds.

    Returns
    -------
    Evidence, tuple of str
        With models called ``linear``; and sentences on rows and columns that take no part.

    Raises
    ------
    ArgumentError
        A column is lacking or stands for two things, a class has no row, rows of one well disagree, or there
        is no feature.
    """
    table = table.set_axis([str(name) for name in table.columns], axis=1)
    _check_columns(table, spec)
    names = feature_names(table, spec)
    placed = table["plate"].notna() & table["well"].notna()
    rows = table[placed].reset_index(drop=True)
    rows = rows.assign(plate=rows["plate"].astype(str), well=rows["well"].astype(str))
    plate_format = smallest_format(rows["well"].unique())
    spelled = {name: plate_format.parse(name).name for name in rows["well"].unique()}
    rows["well"] = rows["well"].map(spelled)
    rows["label"] = rows[spec.label].astype(str).where(rows[spec.label].notna(), None)
    own = rows["plate"] + "/" + rows["well"] if spec.group == WELL else rows[spec.group]
    rows["group"] = own.astype(object).map(str, na_action="ignore")
    rows, said = _of_classes(rows, spec)
    if not placed.all():
        said = (f"{counted(int((~placed).sum()), 'row')} without plate or well left out.", *said)
    _check_wells(rows, spec)
    if faults := contradictions(rows):
        raise ArgumentError(f"The table contradicts itself: {'; '.join(faults)}.")
    rows["tile_id"] = np.arange(len(rows))
    rows["tile"] = rows.get("tile", 0)
    rows["field"] = rows.groupby(["plate", "well"]).cumcount() + 1 if "field" not in rows else rows["field"]
    with np.errstate(over="ignore"):
        values = rows[names].to_numpy(dtype=float, na_value=np.nan).astype(np.float32)
    values[np.isinf(values)] = np.nan
    known = [name for name in (spec.batch, *FACTORS, "donor", "role") if name in rows]
    kept = ["tile_id", "plate", "well", "field", "tile", "group", "label", *known]
    tiles = rows[list(dict.fromkeys(kept))]
    predictions, splits, caveats = batch_transfer(
        values, tiles, spec.positive, batch=spec.batch, noun=spec.group, seed=seed
    )
    evidence = Evidence(
        wells=tiles.drop(columns=["tile_id", "field", "tile"]).drop_duplicates(["plate", "well"]),
        groups=_mean(predictions, ["model", "group", "label"], spec.positive),
        predictions=predictions,
        well_scores=_mean(predictions, ["model", "plate", "well", "group", "label"], spec.positive),
        splits=splits,
        tiles=tiles,
        features=values,
        measured=pd.DataFrame(columns=["plate", "well", "group", "label"]),
        positive=spec.positive,
        negative=spec.negative,
        noun=spaced(spec.group),
        label_name="label" if spec.label in (*OWN, *tiles) else spaced(spec.label),
        plate_format=plate_format,
        feature_names=tuple(names),
    )
    return evidence, tuple(part for part in (spec.chosen, *said, *caveats) if part)


def feature_names(table: pd.DataFrame, spec: TableSpec) -> list[str]:
    """Columns of features, in their order.

    Raises
    ------
    ArgumentError
        A pattern that fits no column, a feature that is no number, or no feature at all.
    """
    told = {*PARTS, *ABOUT, *FACTORS, *STATE, "plate", "well", "site", spec.label, spec.batch, spec.group}
    if not spec.features:
        numbers = table.select_dtypes("number").columns
        found = [str(name) for name in numbers if name not in told and not str(name).startswith(METADATA)]
        if not found:
            raise ArgumentError("The table has no column of numbers beside those of places and wells.")
        return found
    found = []
    for pattern in spec.features:
        fitting = [str(name) for name in table if fnmatchcase(str(name), pattern)]
        if not fitting:
            raise ArgumentError(f"No column fits {pattern!r}; {nearest(pattern, list(map(str, table)))}")
        found += fitting
    words = [name for name in dict.fromkeys(found) if not pd.api.types.is_numeric_dtype(table[name])]
    if words:
        hold = "holds" if len(words) == 1 else "hold"
        raise ArgumentError(f"{listed(words)} {hold} text, and features are numbers; narrow the patterns.")
    return list(dict.fromkeys(found))


def _check_columns(table: pd.DataFrame, spec: TableSpec) -> None:
    """Refuse a table that lacks a column, or where one would stand for two things."""
    asked = {"label": spec.label, "batch": spec.batch, "group": spec.group}
    for name in ("plate", "well", *asked.values()):
        if name not in table:
            raise ArgumentError(f"The table has no column {name!r}; {nearest(name, list(table.columns))}")
    for what, other in (("batch", "label"), ("group", "label")):
        if asked[what] == asked[other]:
            raise ArgumentError(
                f"{what} and {other} are one column, {asked[what]!r}; name a column of its own for each."
            )
    if spec.batch in OWN and spec.batch != spec.group:
        raise ArgumentError(
            f"A batch cannot be read from a column called {spec.batch!r}, which hcs uses itself; rename it."
        )
    if spec.positive == spec.negative:
        raise ArgumentError(
            f"The positive and the negative {spaced(spec.label)} are both {spec.positive!r}; name two."
        )


def _check_wells(rows: pd.DataFrame, spec: TableSpec) -> None:
    """Refuse wells whose rows differ in what belongs to a well as a whole."""
    for name, column in ((spec.label, "label"), (spec.group, "group"), (spec.batch, spec.batch)):
        held = rows.groupby(["plate", "well"])[column].nunique()
        if (held > 1).any():
            plate, well = held.index[held > 1][0]
            raise ArgumentError(
                f"Well {plate}/{well} has {counted(int(held[plate, well]), 'value')} of {name!r}; give a "
                "well one, the same in all its rows."
            )


def _included(rows: pd.DataFrame) -> pd.Series:
    """Read which rows take part; blank ones do."""
    if "included" not in rows:
        return pd.Series(True, index=rows.index)
    words = rows["included"].astype(object).where(rows["included"].notna(), True)
    cells = words.map(lambda word: str(word).strip().casefold())
    strange = ~cells.isin(TRUE_WORDS | FALSE_WORDS)
    if strange.any():
        raise ArgumentError(f"The table has {words[strange].iloc[0]!r} as included; give true or false.")
    return cells.isin(TRUE_WORDS)


def _of_classes(rows: pd.DataFrame, spec: TableSpec) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Rows of the two classes that have a group and are not left out."""
    for name in (spec.positive, spec.negative):
        if not (rows["label"] == name).any():
            there = sorted(rows["label"].dropna().unique())
            raise ArgumentError(f"No row has {name!r} as {spaced(spec.label)}; there are {listed(there)}.")
    classes = rows["label"].isin([spec.positive, spec.negative])
    included = _included(rows)
    grouped = rows["group"].notna()
    used = classes & included & grouped
    aside: pd.Series = pd.Series(False, index=rows.index)
    told: tuple[str, ...] = ()
    if "role" in rows:
        aside, told = aside_by_class(rows["role"], rows["label"].where(used))
    said = list(told)
    for lost, why in (
        (~classes, f"of neither {spaced(spec.positive)} nor {spaced(spec.negative)}"),
        (classes & ~included, "that are not included"),
        (classes & included & ~grouped, f"without {spaced(spec.group)}"),
        (used & aside, "whose role is that of a control or of no sample"),
    ):
        if lost.any():
            said.append(f"{counted(int(lost.sum()), 'row')} {why} left out.")
    return rows[used & ~aside].reset_index(drop=True), tuple(said)


def _mean(predictions: pd.DataFrame, keys: list[str], positive: str) -> pd.DataFrame:
    """Mean score, how many rows it rests on, and the share of them that are called right."""
    if predictions.empty:
        return pd.DataFrame(columns=[*keys, "n_tiles", "correct", "probability"])
    right = (predictions["probability"] >= THRESHOLD) == (predictions["label"] == positive)
    grouped = predictions.assign(right=right).groupby(keys, sort=False)
    return grouped.agg(
        n_tiles=("right", "size"), correct=("right", "mean"), probability=("probability", "mean")
    ).reset_index()
