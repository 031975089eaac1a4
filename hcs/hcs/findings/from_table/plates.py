"""Plates of a table: which rows stand on one plate, and how many wells it has."""

import re
from collections.abc import Iterable

import pandas as pd

from hcs.tables.columnnames import plain_name
from hcs.wording import are, counted, have, listed, plural, spaced
from hcs_plates.errors import ArgumentError
from hcs_plates.wells import PlateFormat, format_of, full_format

APART = re.compile(
    r"batch|differentiation|barcode|experiment|(^|_)(run|date|lot|screen|library|campaign)($|_)|measurement"
    r"|(^|_)plate_?(set|id|number|no)$|(^|_)(imaging|assay|plating|seeding)_day"
)
"""Words in the names of columns that tell plates of one name apart."""
PARTS = ("field", "site", "fov", "tile", "cell", "object", "image", "position", "z", "t", "time")
"""Names of columns that tell the rows of a well apart."""


def plates_apart(
    rows: pd.DataFrame, batch: str, units: Iterable[str] = ()
) -> tuple[pd.DataFrame, tuple[str, ...]]:
    """Keep plates of one name apart, where a batch or the like says that they are several; and say so.

    `units` are columns that a well has one of (what n counts, the label): wells that hold several, where no
    column tells their plates apart, are refused.

    Examples
    --------
    >>> rows = pd.DataFrame({"plate": "1", "well": ["B02", "B03"] * 2, "run": ["a", "a", "b", "b"]})
    >>> plates_apart(rows, "plate")[0]["plate"].tolist()
    ['1 (a)', '1 (a)', '1 (b)', '1 (b)']
    """
    said: list[str] = []
    for name in _telling(rows, batch):
        several = _several(rows, name)
        if several.empty:
            continue
        own = rows["plate"].isin(several) & rows[name].notna()
        apart = rows["plate"].astype(str) + " (" + rows[name].astype(str) + ")"
        rows = rows.assign(plate=rows["plate"].where(~own, apart))
        said.append(
            f"{counted(len(several), 'plate name')} {'stands' if len(several) == 1 else 'stand'} in several "
            f"{plural(spaced(name))} ({listed(several, 6)}): these are taken for "
            f"{rows.loc[own, 'plate'].nunique()} plates, each named with its {spaced(name)}."
        )
    _check_units(rows, units)
    return rows, (*said, *_uncertain(rows))


def _telling(rows: pd.DataFrame, batch: str) -> list[str]:
    """Columns that may tell plates apart, the batch first."""
    named = [name for name in map(str, rows.columns) if APART.search(plain_name(name))]
    known = [batch, "differentiation_batch", *named]
    return [name for name in dict.fromkeys(known) if name in rows and name not in ("plate", "well")]


def _several(rows: pd.DataFrame, name: str) -> pd.Index:
    """Plates of which half of the wells or more hold several values of a column."""
    held = rows.groupby(["plate", "well"])[name].nunique()
    share = (held > 1).groupby(level="plate").mean()
    return share.index[share >= 0.5]


def _check_units(rows: pd.DataFrame, units: Iterable[str]) -> None:
    """Refuse wells that hold several clones, donors or labels."""
    for name in dict.fromkeys(units):
        held = rows.groupby(["plate", "well"])[name].nunique()
        several = held.index[held > 1]
        if several.empty:
            continue
        plate, well = several[0]
        values = rows.loc[(rows["plate"] == plate) & (rows["well"] == well), name].dropna().unique()
        also = f", and {counted(len(several) - 1, 'other well')} likewise" if len(several) > 1 else ""
        raise ArgumentError(
            f"Well {plate}/{well} has {counted(len(values), 'value')} of {name!r}; give a well one, the same "
            f"in all its rows (there are {listed(values, 4)}{also}). If several plates bear one name, give "
            "each its own, or add a column such as differentiation_batch that tells them apart."
        )


def _uncertain(rows: pd.DataFrame) -> tuple[str, ...]:
    """Tell of wells with several rows that nothing tells apart, and of plates that may be one."""
    said = []
    parts = {name for name in rows if plain_name(name).split("_")[0] in PARTS}
    several = rows.groupby(["plate", "well"]).size()
    if not parts and (several > 1).any():
        n = int((several > 1).sum())
        said.append(
            f"{counted(n, 'well')} {have(n)} up to {int(several.max())} rows, and no column such as field or "
            "site tells these apart: they are taken for fields of one well. If they are wells of several "
            "plates, give each plate its own name."
        )
    bare: dict[str, list[str]] = {}
    for name in map(str, rows["plate"].unique()):
        bare.setdefault(re.sub(r"^\D*0*(?=\d)", "", name), []).append(name)
    alike = [names for names in bare.values() if len(names) > 1 and any(name[:1].isdigit() for name in names)]
    said += [
        f"Plates {listed(names, 6)} {are(2)} kept apart; if they are one plate, write its name the same."
        for names in alike
    ]
    return tuple(said)


def table_format(rows: pd.DataFrame, size: int | None) -> PlateFormat | None:
    """Find the format of a table's plates; None where it could only be guessed.

    Examples
    --------
    >>> table_format(pd.DataFrame({"plate": "P1", "well": ["C03", "H12"]}), None) is None
    True
    """
    if size is not None:
        return format_of("", (), size)
    single = {full_format(own.unique()) for _, own in rows["well"].groupby(rows["plate"])} - {None}
    return full_format(rows["well"].unique()) if len(single) < 2 else None
