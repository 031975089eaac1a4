"""What was gathered from a VCF, put together: alleles, rows of each allele, and lines that carry it."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from hcs.design.eligibility.columns import (
    ALT,
    CHROM,
    CLINVAR,
    CONSEQUENCE,
    FILTER,
    GENE,
    HGVS_C,
    HGVS_P,
    LINE,
    MUTATIONTASTER,
    POLYPHEN2,
    POS,
    REF,
    RSID,
    SIFT,
    TRANSCRIPT,
    ZYGOSITY,
)
from hcs.design.eligibility.vcf_names import CONFLICTS, OWNER, SCORED, Columns, is_number

PLAIN = (GENE, TRANSCRIPT, HGVS_C, HGVS_P, CONSEQUENCE)
"""Columns of a row that is no entry between bars."""

ID = "id"
_SPELT = "spelt"
_PREDICTED = (SIFT, POLYPHEN2, MUTATIONTASTER)


@dataclass
class Gathered:
    """Alleles with what is said of them, their rows, and who carries them, each by the allele's number.

    Attributes
    ----------
    alleles
        Chromosome, position, reference, alternate, filter, and whether given by bases.
    plain
        The allele's number, and `PLAIN`.
    owners, lines, zygosities
        Of each call the allele's number, the place of the line, and the zygosity.
    """

    alleles: list[tuple[str, int, str, str, str | None, bool]] = field(default_factory=list)
    plain: list[tuple[Any, ...]] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    zygosities: list[str | None] = field(default_factory=list)
    _said: dict[str, tuple[list[int], list[object]]] = field(default_factory=dict)

    def say(self, owner: int, column: str, value: object) -> None:
        """Note what is said of an allele."""
        owners, values = self._said.setdefault(column, ([], []))
        owners.append(owner)
        values.append(value)

    def said(self) -> Columns:
        """Give what is said of the alleles, a value for each."""
        fixed = zip((CHROM, POS, REF, ALT, FILTER, _SPELT), zip(*self.alleles, strict=True), strict=False)
        table: Columns = {name: np.array(values, dtype=object) for name, values in fixed}
        for column, (owners, values) in self._said.items():
            table[column] = _blank(column, len(self.alleles))
            table[column][owners] = values
        return table


def assembled(gathered: Gathered, nested: Sequence[Columns]) -> Columns:
    """Put rows together: one per allele, transcript and line that carries the allele or may.

    Parameters
    ----------
    gathered
        Alleles, rows and calls.
    nested
        Rows of entries between bars, with the number of their allele.

    Returns
    -------
    dict of str to array of shape (n_rows,)
        Columns of the variant table, lines as their place among the samples, without the build.
    """
    rows = _in_order([*nested, _plain(gathered)])
    owners = rows[OWNER].astype(np.int64)
    for column, values in gathered.said().items():
        told = values[owners]
        rows[column] = np.where(pd.isna(rows[column]), told, rows[column]) if column in rows else told
    _name(rows)
    transcripts = rows.get(TRANSCRIPT, _blank(TRANSCRIPT, len(owners)))
    spelt = rows.pop(_SPELT, np.empty(0)).astype(bool)
    for column in [*rows]:
        if column in _PREDICTED and SCORED in rows:
            rows[column] = _of_transcript(rows[column], rows[SCORED], transcripts)
        if column in _PREDICTED or is_number(column):
            rows[column] = np.where(spelt, rows[column], _blank(column, 1))
    return _by_line(gathered, owners, rows)


def _blank(column: str, number: int) -> np.ndarray:
    """Give a column that says nothing."""
    return np.full(number, np.nan) if is_number(column) else np.full(number, None, dtype=object)


def _plain(gathered: Gathered) -> Columns:
    """Give the rows that are no entries between bars."""
    values = zip(*gathered.plain, strict=True) if gathered.plain else [()] * (1 + len(PLAIN))
    return {name: np.array(own, dtype=object) for name, own in zip((OWNER, *PLAIN), values, strict=True)}


def _in_order(parts: Sequence[Columns]) -> Columns:
    """Put rows of several sources below each other, and then in the order of their alleles."""
    parts = [part for part in parts if len(part[OWNER])] or parts[:1]
    if len(parts) == 1:
        return dict(parts[0])
    names = dict.fromkeys(name for part in parts for name in part)
    sizes = [len(part[OWNER]) for part in parts]
    rows = {
        name: np.concatenate(
            [part.get(name, _blank(name, size)) for part, size in zip(parts, sizes, strict=True)]
        )
        for name in names
    }
    order = np.argsort(rows[OWNER].astype(np.int64), kind="stable")
    return {name: values[order] for name, values in rows.items()}


def _by_line(gathered: Gathered, owners: np.ndarray, rows: Columns) -> Columns:
    """Give each row of an allele once for each of its calls; both are in the order of the alleles."""
    calls = np.array(gathered.owners, dtype=np.int64)
    first, last = np.searchsorted(owners, calls, "left"), np.searchsorted(owners, calls, "right")
    number = last - first
    before = np.cumsum(number) - number
    which = np.repeat(first - before, number) + np.arange(number.sum())
    table = {name: values[which] for name, values in rows.items()}
    table[LINE] = np.repeat(np.array(gathered.lines, dtype=np.int64), number)
    table[ZYGOSITY] = np.repeat(np.array(gathered.zygosities, dtype=object), number)
    return table


def _name(rows: Columns) -> None:
    """Join the names that dbSNP and ClinVar have for a variant to one text."""
    read = {ID: rs_numbers, RSID: lambda text: rs_numbers(text, bare=True)}
    named = [_each(rows[column], how) for column, how in read.items() if column in rows]
    if named:
        rows[RSID] = np.where(pd.isna(named[0]), named[-1], named[0])
    if CONFLICTS in rows and CLINVAR in rows:
        both = ~(pd.isna(rows[CLINVAR]) | pd.isna(rows[CONFLICTS]))
        rows[CLINVAR][both] += "; " + rows[CONFLICTS][both]


def rs_numbers(text: str, *, bare: bool = False) -> str | None:
    """Keep the rs numbers of a list of names.

    Parameters
    ----------
    bare
        Take numbers alone as such, as in ClinVar's field RS; among names they are ClinVar's own numbers.

    Examples
    --------
    >>> rs_numbers("COSV53;rs121912442"), rs_numbers("14762"), rs_numbers("121912442", bare=True)
    ('rs121912442', None, 'rs121912442')
    """
    found = re.findall(r"(?<![A-Za-z0-9])rs\d+", text)
    if bare and not found and re.fullmatch(r"\d+(?:[,|]\d+)*", text):
        found = [f"rs{number}" for number in re.split(r"[,|]", text)]
    return ";".join(dict.fromkeys(found)) or None


def _each(texts: np.ndarray, read: Callable[[str], str | None]) -> np.ndarray:
    """Read each different text once."""
    codes, different = pd.factorize(texts)
    values = np.array([*map(read, different), None], dtype=object)
    said: np.ndarray = values[codes]
    return said


def _of_transcript(predicted: np.ndarray, scored: np.ndarray, transcripts: np.ndarray) -> np.ndarray:
    """Take a transcript's own prediction from a list that follows the transcripts which were scored.

    Lists of another length (MutationTaster's, by its own models) stay whole, and so they do for a transcript
    that is none of Ensembl's. One of Ensembl's that was not scored has no prediction.
    """
    own = predicted.copy()
    for row in np.flatnonzero(~(pd.isna(predicted) | pd.isna(scored))):
        names = [name.partition(".")[0] for name in re.split(r"[,;&]", scored[row])]
        values = re.split(r"[,;&]", predicted[row])
        name = str(transcripts[row]).partition(".")[0]
        if len(values) == len(names) and name.startswith("ENST"):
            value = values[names.index(name)] if name in names else "."
            own[row] = None if value == "." else value
    return own
