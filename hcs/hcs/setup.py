"""Setting up a study: a study file that fits the plates it names."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.config import template
from hcs_plates.errors import ArgumentError, ExistsError, nearest
from hcs_plates.files import write_file
from hcs_plates.paths import local_path
from hcs_plates.plate import open_plate

# What the field calls the class that is not diseased or not treated.
NEGATIVE_NAMES = (
    "control",
    "healthy",
    "negative",
    "negative_control",
    "wild type",
    "wt",
    "dmso",
    "untreated",
)


def write_study_file(
    plates: Sequence[Path], out: Path, data: Mapping[str, str | None], *, overwrite: bool = False
) -> dict[str, Any]:
    """Write a study file with every setting.

    Parameters
    ----------
    plates
        Paths of plates; they stand in the file relative to it.
    out
        The file.
    data
        label, group, positive and negative; the last two may be None where the label has two values.
    overwrite
        Replace the file.

    Returns
    -------
    dict
        The ``[data]`` values written.

    Raises
    ------
    ArgumentError
        A column that no plate has, or a label whose two values must be named.
    """
    if local_path(out).exists() and not overwrite:
        raise ExistsError(f"{out} exists already; choose another --out or replace it with --overwrite.")
    wells = pd.concat([open_plate(path).wells for path in plates])
    for setting in ("label", "group"):
        column = data[setting]
        if column not in wells.columns:
            raise ArgumentError(
                f"--{setting} {column}: no plate has this column in its wells table; "
                f"{nearest(str(column), wells.columns)}"
            )
    positive, negative = _classes(wells[data["label"]], data)
    folder = out.resolve().parent
    chosen = {
        "plates": [Path(os.path.relpath(path.resolve(), folder)).as_posix() for path in plates],
        "label": data["label"],
        "positive": positive,
        "negative": negative,
        "group": data["group"],
    }
    write_file(out, template({"data": chosen}).encode("utf-8"))
    return chosen


def _classes(values: pd.Series, data: Mapping[str, str | None]) -> tuple[str, str]:
    """Name the positive and the negative class."""
    found = sorted({str(value) for value in values.dropna()})
    positive, negative = data["positive"], data["negative"]
    if positive is None and negative is None and len(found) == 2:
        first, second = found
        return (second, first) if first.lower() in NEGATIVE_NAMES else (first, second)
    if positive is not None and negative is not None:
        for name in (positive, negative):
            if name not in found:
                raise ArgumentError(f"No well has {data['label']} {name!r}; {nearest(name, found)}")
        return positive, negative
    raise ArgumentError(
        f"Column {data['label']!r} has the values {', '.join(found) or 'none'}; "
        "name two with --positive and --negative."
    )
