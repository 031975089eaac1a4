"""A table of lines or a platemap under codes: the coded table, the sealed key and the record of both."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

import pandas as pd

from hcs.design.blinding.blinded import blind_lines
from hcs.design.blinding.codedmap import read_named_map
from hcs.design.blinding.key import CLONE, Key
from hcs.design.lines import read_lines, split_eligible
from hcs.study.designrecord import DesignRecord
from hcs.wording import counted, have
from hcs_plates.columns import known_name
from hcs_plates.csvcells import csv_text
from hcs_plates.errors import ArgumentError, ExistsError
from hcs_plates.files import write_files


@dataclass(frozen=True, eq=False)
class Sealed:
    """What taking names away left.

    Parameters
    ----------
    key
        Sealed.
    record
        What is told of it; no name, class or donor is in it.
    place
        The record's file.
    notices
        Sentences for who blinds, and knows the names.
    """

    key: Key
    record: DesignRecord
    place: Path
    notices: tuple[str, ...]


def blind_table(  # noqa: PLR0913 – files, what stays, and how the passphrase comes are apart
    source: Path,
    key: Path,
    out: Path,
    passphrase: Callable[[], str],
    *,
    keep: Sequence[str] = (),
    eligibility: Path | None = None,
    sheet: str | None = None,
    overwrite: bool = False,
) -> Sealed:
    """Write a table of lines, or a platemap, under codes; and the key, sealed, before anything else.

    Parameters
    ----------
    source
        The table (`hcs.design.lines.read_lines`), or a platemap with one row per well.
    key, out
        The sealed key and the coded table; the record stands beside it as ``.json``.
    passphrase
        Gives the passphrase, once all else is known to be right.
    keep
        Columns that stay in the coded table.
    eligibility
        Eligibility of the lines; those that are not eligible get no code.
    sheet
        Sheet of a workbook.
    overwrite
        Replace key, table and record.

    Raises
    ------
    HcsError
        A table that cannot be read, columns that cannot stay, files that stand there, a passphrase that is
        quickly guessed; nothing is written then.
    """
    record_place = out.with_suffix(".json")
    _refuse_places(source, (key, out, record_place), overwrite)
    keep = [known_name(name) for name in keep]
    named = read_named_map(source, sheet=sheet, keep=keep)
    lines = read_lines(source, sheet=sheet, eligibility=eligibility) if named is None else named.lines
    taken, aside = split_eligible(lines)
    if named is not None and (len(aside) or eligibility is not None):
        raise ArgumentError("Eligibility is of lines: blind the table of lines, not a platemap.")
    if taken.empty:
        raise ArgumentError(f"{source}: no line is eligible, so there is nothing to give a code.")
    taken = taken.drop(columns="included", errors="ignore")
    own = [name for name in keep if named is None or name in taken]
    blinded = blind_lines(taken, keep=own)
    coded = blinded.coded if named is None else named.coded(blinded.key.lines, keep)
    secret, written = passphrase(), csv_text(coded).encode()
    made: list[DesignRecord] = []

    def seal(stream: BinaryIO) -> None:
        blinded.key.seal(key, secret, overwrite=overwrite)
        made.append(_record(blinded.key, coded, len(aside), {out.name: sha256(written).hexdigest()}))
        stream.write(made[0].content())

    # A key that stood there is replaced only once all else can be written.
    write_files({out: written, record_place: seal})
    telltale = telling(taken if named is None else named.cells, keep)
    return Sealed(blinded.key, made[0], record_place, tuple(telltale))


def _refuse_places(source: Path, places: Sequence[Path], overwrite: bool) -> None:
    """Refuse places that are taken, or that are each other's."""
    seen = [path.resolve() for path in (source, *places)]
    if len(set(seen)) < len(seen):
        raise ArgumentError("The table, its key, its coded table and their record are four files.")
    for path in places:
        if path.exists() and not overwrite:
            raise ExistsError(f"{path} exists already; choose another name (or replace it with --overwrite).")


def _record(key: Key, coded: pd.DataFrame, aside: int, files: dict[str, str]) -> DesignRecord:
    """Tell what was done, and nothing that was taken away."""
    n = len(key.lines)
    sentences = ["Codes were drawn by the operating system's source of chance, without a look at the lines."]
    if aside:
        sentences.append(f"{counted(aside, 'line')} {have(aside)} no code: not eligible or undetermined.")
    return DesignRecord(
        kind="blinding",
        headline=f"{counted(n, 'line')} got codes on {key.made:%Y-%m-%d}; their key is sealed.",
        sentences=tuple(sentences),
        settings={"coded": key.made.isoformat(), "lines": n, "columns": list(coded.columns)},
        files={**files, "key": str(key.fingerprint)},
    )


def telling(table: pd.DataFrame, keep: Sequence[str]) -> list[str]:
    """Warn of columns that stay and by which a clone, or its class, can be found again.

    Examples
    --------
    >>> lines = pd.DataFrame({"clone": ["c1", "c2"], "diagnosis": ["ALS", "control"], "passage": [22, 30]})
    >>> telling(lines, ["passage"])
    ["The column 'passage' stays, and 2 of 2 clones can be told by it."]
    """
    said = []
    for column in keep:
        known = table[table[column].notna() & table[CLONE].notna()]
        clones = known.groupby(column)[CLONE].nunique()
        alone = known.loc[known[column].map(clones) == 1, CLONE].nunique()
        if alone:
            said.append(
                f"The column {column!r} stays, and {alone} of {table[CLONE].nunique()} clones "
                "can be told by it."
            )
        if "diagnosis" not in table:
            continue
        classes, shared = known.groupby(column)["diagnosis"].nunique(), clones[clones > 1].index
        if len(shared) and len(clones) > 1 and (classes[shared] == 1).all():
            said.append(f"The column {column!r} stays, and no value of it stands in two diagnoses.")
    return said
