"""Setting up a study: a study file that fits the plates it names."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.classes import two_classes
from hcs.config import template
from hcs_plates.errors import ArgumentError, ExistsError, nearest
from hcs_plates.files import write_file
from hcs_plates.paths import local_path
from hcs_plates.plate import open_plate


def write_study_file(
    plates: Sequence[Path], out: Path, data: Mapping[str, str | None], *, overwrite: bool = False
) -> tuple[dict[str, Any], tuple[str, ...]]:
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
    dict, tuple of str
        The ``[data]`` values written, and sentences on how they were found.

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
    found = two_classes(wells[data["label"]].dropna(), str(data["label"]), data["positive"], data["negative"])
    folder = out.resolve().parent
    chosen = {
        "plates": [Path(os.path.relpath(path.resolve(), folder)).as_posix() for path in plates],
        "label": data["label"],
        "positive": found.positive,
        "negative": found.negative,
        "group": data["group"],
    }
    write_file(out, template({"data": chosen}).encode("utf-8"))
    return chosen, (found.reason,)
