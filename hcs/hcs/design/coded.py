"""Layouts of lines under codes: the diagnoses are known to the program alone, and are sealed in the key."""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.key import CLONE, CODE, Key
from hcs.design.layouts.laying import layout_plates
from hcs.design.layouts.layout import PlateLayout
from hcs.design.lines import split_eligible
from hcs.design.maps.files import RECORD, layout_files, layout_place, write_layout
from hcs.study.designrecord import DesignRecord
from hcs.wording import are, counted, listed
from hcs_plates.errors import ArgumentError
from hcs_plates.units import Progress


def coded_layout(
    lines: pd.DataFrame, asked: Mapping[str, Any], key: Key | None = None
) -> tuple[PlateLayout, Key]:
    """Lay lines out under their codes.

    Parameters
    ----------
    lines
        `hcs.design.lines.read_lines`; with a `key`, `clone` may hold its codes.
    asked
        Of `hcs.design.layouts.laying.layout_plates`, but for the lines and the seed, which is the key's.
    key
        Of codes that were given before; None gives new ones.

    Raises
    ------
    HcsError
        As `layout_plates`; or a key of other lines.
    """
    taken, aside = split_eligible(lines)
    if key is None:
        key = blind_lines(taken.drop(columns="included", errors="ignore")).key
    _refuse_otherwise(key, taken)
    coded = named_lines(key, taken[CLONE])
    layout = layout_plates(coded, **asked, seed=key.seed, blinded=True)
    if aside.empty:
        return layout, key
    said = f"{counted(len(aside), 'line')} {are(len(aside))} set aside."
    return replace(layout, aside=aside, caveats=(*layout.caveats, said)), key


def _refuse_otherwise(key: Key, lines: pd.DataFrame) -> None:
    """Refuse a table that says of its lines something else than the key does."""
    known = key.lines.set_index(CLONE)
    own = lines[lines[CLONE].isin(known.index)]
    for column in ("donor", "diagnosis", "pair"):
        if column not in own or column not in known:
            continue
        sealed = own[CLONE].map(known[column])
        differ = sealed.notna() & own[column].notna() & (sealed != own[column])
        if differ.any():
            raise ArgumentError(
                f"The key holds another {column} of {listed(own[CLONE][differ])} than the table of lines; "
                "correct the table, or seal a new key."
            )


def named_lines(key: Key, clones: pd.Series) -> pd.DataFrame:
    """Give what a key knows of lines, `clone` their code: of codes, or of lines by their names.

    Raises
    ------
    ArgumentError
        The key does not hold all of them.
    """
    known = key.lines
    for column in (CODE, CLONE):
        if set(clones) <= set(known[column]):
            own = known[known[column].isin(set(clones))].drop(columns=CLONE).rename(columns={CODE: CLONE})
            return own.sort_values(CLONE, ignore_index=True)
    held = max((set(known[column]) for column in (CODE, CLONE)), key=lambda names: len(names & set(clones)))
    strange = sorted(set(clones) - held)
    raise ArgumentError(
        f"The key does not hold {listed(map(repr, strange))}: it is the key of other lines, or of codes that "
        "these were not given."
    )


def save_coded(
    layout: PlateLayout,
    folder: Path,
    key: Key,
    seal: tuple[Path, str] | None,
    *,
    overwrite: bool,
    progress: Progress | None = None,
) -> None:
    """Write a layout of codes, and before it its key.

    Parameters
    ----------
    layout, key
        As `coded_layout` gives them.
    folder
        Of the layout.
    seal
        Where a new key is to stand, and its passphrase; None for a key that is sealed already. If the layout
        cannot be written, the new key goes too.
    overwrite, progress
        As of `hcs.design.maps.files.save_layout`.
    """
    place = layout_place(folder, overwrite=overwrite)
    place.check()
    contents = layout_files(layout, progress=progress)
    if seal is not None:
        key.seal(*seal)
    try:
        write_layout({**contents, RECORD: _with_key(contents[RECORD], key)}, place)
    except BaseException:
        if seal is not None:
            seal[0].unlink(missing_ok=True)
        raise


def _with_key(record: bytes, key: Key) -> bytes:
    """Say in a record which sealed key its codes are of, as the record of `hcs blind` does."""
    read = DesignRecord.model_validate_json(record)
    made = {
        "settings": {**read.settings, "coded": key.made.isoformat()},
        "files": {**read.files, "key": str(key.fingerprint)},
    }
    return read.model_copy(update=made).content()
