"""What was gathered from a VCF, put together: alleles, rows of each allele, and lines that carry it."""

import re
from collections.abc import Sequence
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
    FREQUENCY,
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
from hcs.design.eligibility.vcf_names import CONFLICTS, OWNER, SCORED, is_number

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
    calls
        The allele's number, the place of the line, and the zygosity.
    """

    alleles: list[tuple[str, int, str, str, str | None, bool]] = field(default_factory=list)
    plain: list[tuple[Any, ...]] = field(default_factory=list)
    calls: list[tuple[int, int, str | None]] = field(default_factory=list)
    _said: dict[str, tuple[list[int], list[object]]] = field(default_factory=dict)

    def say(self, owner: int, column: str, value: object) -> None:
        """Note what is said of an allele."""
        owners, values = self._said.setdefault(column, ([], []))
        owners.append(owner)
        values.append(value)

    def said(self) -> pd.DataFrame:
        """Give what is said of the alleles, a row for each."""
        table = pd.DataFrame(self.alleles, columns=[CHROM, POS, REF, ALT, FILTER, _SPELT])
        for column, (owners, values) in self._said.items():
            kind: type = float if is_number(column) else object
            cells: np.ndarray = np.full(len(table), np.nan if kind is float else None, dtype=kind)
            cells[owners] = np.array(values, dtype=kind)
            table[column] = cells
        return table


def assembled(gathered: Gathered, nested: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Put rows together: one per allele, transcript and line that carries the allele or may.

    Parameters
    ----------
    gathered
        Alleles, rows and calls.
    nested
        Rows of entries between bars, by the allele's number.

    Returns
    -------
    DataFrame
        Columns of the variant table, lines as their place among the samples, without the build.
    """
    plain = pd.DataFrame(gathered.plain, columns=[OWNER, *PLAIN]).astype({OWNER: np.int64})
    parts = [part for part in (*nested, plain) if len(part)] or [plain]
    rows = pd.concat(parts, ignore_index=True).sort_values(OWNER, kind="stable", ignore_index=True)
    said = gathered.said().take(rows[OWNER].to_numpy()).reset_index(drop=True)
    for column in said:
        rows[column] = (
            rows[column].where(rows[column].notna(), said[column]) if column in rows else said[column]
        )
    _name(rows)
    for column in _PREDICTED:
        if column in rows and SCORED in rows:
            rows[column] = _of_transcript(rows[column], rows[SCORED], rows[TRANSCRIPT])
    unspelt = ~rows[_SPELT].to_numpy(dtype=bool)
    for column in rows:
        if column in _PREDICTED or is_number(column):
            rows.loc[unspelt, column] = np.nan if is_number(column) else None
    calls = pd.DataFrame(gathered.calls, columns=[OWNER, LINE, ZYGOSITY])
    return calls.astype({OWNER: np.int64}).merge(rows, on=OWNER, how="inner")


def _name(rows: pd.DataFrame) -> None:
    """Join the names that dbSNP and ClinVar have for a variant to one text."""
    named = [_each(rows[column], _rs_numbers) for column in (ID, RSID) if column in rows]
    if named:
        rows[RSID] = named[0].where(named[0].notna(), named[-1])
    if CONFLICTS in rows and CLINVAR in rows:
        both = rows[CLINVAR].notna() & rows[CONFLICTS].notna()
        rows.loc[both, CLINVAR] = rows.loc[both, CLINVAR] + "; " + rows.loc[both, CONFLICTS]


def _rs_numbers(text: str) -> str | None:
    """Keep the rs numbers of a list of names; ClinVar's field RS holds them bare."""
    found = re.findall(r"(?<![A-Za-z0-9])rs\d+", text)
    if not found and re.fullmatch(r"\d+(?:[,|]\d+)*", text):
        found = [f"rs{number}" for number in re.split(r"[,|]", text)]
    return ";".join(dict.fromkeys(found)) or None


def _each(texts: pd.Series, read: Any) -> pd.Series:
    """Read each different text once."""
    codes, different = pd.factorize(texts)
    values = np.array([*(read(text) for text in different), None], dtype=object)
    return pd.Series(values[codes], index=texts.index, dtype=object)


def _of_transcript(predicted: pd.Series, scored: pd.Series, transcripts: pd.Series) -> pd.Series:
    """Take a transcript's own prediction from a list that follows the transcripts which were scored.

    Lists of another length (MutationTaster's, by its own models) stay whole, and so they do for a transcript
    that is none of Ensembl's. One of Ensembl's that was not scored has no prediction.
    """
    listed = predicted.notna() & scored.notna()
    own: list[object] = list(predicted)
    for row in np.flatnonzero(listed.to_numpy()):
        names = [name.partition(".")[0] for name in re.split(r"[,;&]", scored.iat[row])]
        values = re.split(r"[,;&]", predicted.iat[row])
        name = str(transcripts.iat[row] or "").partition(".")[0]
        if len(values) != len(names) or not name.startswith("ENST"):
            continue
        value = values[names.index(name)] if name in names else "."
        own[row] = None if value == "." else value
    return pd.Series(own, index=predicted.index, dtype=object)


def frequencies(table: pd.DataFrame) -> list[str]:
    """Give the columns of population sources, in order."""
    return sorted(name for name in table if name.startswith(FREQUENCY))
