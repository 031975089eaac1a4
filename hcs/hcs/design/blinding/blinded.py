"""Lines under codes: the table that may be shown to everybody, and the key to it."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pandas as pd

from hcs.design.blinding.codes import draw_codes
from hcs.design.blinding.key import CLONE, CODE, Key, now
from hcs_plates.errors import ArgumentError, nearest
from hcs_plates.mapcells import PLACES

SEED_BITS = 128
TELLING = (CLONE, "donor", "diagnosis", "pair", "eligibility", "eligibility_reason")
"""Columns of a table of lines that say what a code is to hide."""


@dataclass(frozen=True, eq=False)
class Blinded:
    """Lines whose names were taken away.

    Parameters
    ----------
    coded
        One row a line in the order of the codes: `clone` holds the code, then the columns that were to stay.
    key
        What the codes stand for. Seal it; nothing else knows.
    """

    coded: pd.DataFrame
    key: Key = field(repr=False)


def blind_lines(lines: pd.DataFrame, seed: int | None = None, *, keep: Sequence[str] = ()) -> Blinded:
    """Give every line a code that tells neither its order nor its class nor its donor.

    Codes are drawn without looking at the lines, and dealt out by chance. So clones of one donor, or of an
    isogenic pair, have codes that are no more alike than any others.

    Parameters
    ----------
    lines
        One row a line, `clone` its name (`hcs.design.lines.read_lines`).
    seed
        For examples and tests: whoever knows it knows the codes. None draws from the operating system.
    keep
        Columns that stay in the coded table.

    Raises
    ------
    ArgumentError
        No column `clone`, a clone without a name or twice; a column to be kept that is not there, or that is
        what the codes are to hide.

    Examples
    --------
    >>> lines = pd.DataFrame({"clone": ["C1", "C2"], "diagnosis": ["ALS", "control"], "passage": [22, 24]})
    >>> blinded = blind_lines(lines, seed=1, keep=["passage"])
    >>> blinded.coded.columns.tolist(), blinded.key.lines.columns.tolist()
    (['clone', 'passage'], ['code', 'clone', 'diagnosis', 'passage'])
    """
    _check(lines, keep)
    avoid = {str(name) for name in lines[CLONE]}
    if seed is None:
        random: Random = secrets.SystemRandom()
        seed = secrets.randbits(SEED_BITS)
    else:
        random = Random(f"codes {seed}")
    kept = lines.reset_index(drop=True)
    kept.insert(0, CODE, draw_codes(len(kept), random, avoid))
    kept.attrs = {}
    coded = kept[[CODE, *keep]].rename(columns={CODE: CLONE})
    return Blinded(coded.sort_values(CLONE, ignore_index=True), Key(kept, seed, now()))


def _check(lines: pd.DataFrame, keep: Sequence[str]) -> None:
    """Refuse lines that cannot be told apart, and columns that cannot stay."""
    if CLONE not in lines:
        raise ArgumentError(f"The table of lines has no column 'clone'; it has {', '.join(map(str, lines))}.")
    if CODE in lines:
        raise ArgumentError(
            "The table of lines has a column 'code' already; blind the table it was made from."
        )
    if lines.empty or lines[CLONE].isna().any() or lines[CLONE].duplicated().any():
        raise ArgumentError(
            "A table of lines has one row a line, each with its own name in the column 'clone'."
        )
    if placed := [name for name in lines if name in PLACES and name != "included"]:
        raise ArgumentError(
            f"Column {placed[0]!r} says where wells stand, as a platemap does; a table of lines has one row "
            "a line and no places."
        )
    for column in keep:
        if column in TELLING:
            raise ArgumentError(f"Column {column!r} tells what the codes are to hide; it cannot stay.")
        if column not in lines:
            raise ArgumentError(f"No column {column!r} to keep; {nearest(column, map(str, lines))}")
