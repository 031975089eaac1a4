"""Annotations that a record of a VCF has for each allele and transcript: of VEP, SnpEff and ANNOVAR."""

import re
from collections.abc import Collection, Mapping, Sequence
from functools import cached_property, lru_cache
from operator import itemgetter

import numpy as np
import pandas as pd

from hcs.design.eligibility.columns import CONSEQUENCE, GENE, HGVS_C, HGVS_P, TRANSCRIPT
from hcs.design.eligibility.vcf_alleles import Meant, meant_by_snpeff, meant_by_vep
from hcs.design.eligibility.vcf_header import Nested
from hcs.design.eligibility.vcf_info import number, tidy
from hcs.design.eligibility.vcf_names import (
    OWNER,
    VEP_FREQUENCIES,
    Columns,
    fields_by_column,
    is_number,
    like_frequency,
)

_meant_by_vep = lru_cache(maxsize=10_000)(meant_by_vep)
_meant_by_snpeff = lru_cache(maxsize=10_000)(meant_by_snpeff)


class Entries:
    """Collects the entries of one nested field, and gives them as rows of the variant table.

    Parameters
    ----------
    nested
        The field as the header declares it.
    """

    def __init__(self, nested: Nested) -> None:
        self.nested = nested
        self._key = f"{nested.key}=".encode()
        self._bars = len(nested.fields) - 1
        self._read = [(column, name) for column, names in self.by_column.items() for name in names]
        # One place more, so that a single column is a tuple too.
        self._wanted = itemgetter(*(nested.fields.index(name) for _, name in self._read), 0)
        self._parts: list[tuple[str, ...]] = []
        self._owners: list[int] = []
        self.found = False

    @cached_property
    def by_column(self) -> dict[str, list[str]]:
        """Fields for each column, the first to be taken first."""
        return fields_by_column(self.nested.fields, VEP_FREQUENCIES if self.nested.program == "VEP" else None)

    @cached_property
    def unread(self) -> list[str]:
        """Fields of frequencies that are of no source's whole population."""
        read = {name for names in self.by_column.values() for name in names}
        return [name for name in self.nested.fields if name not in read and like_frequency(name)]

    @cached_property
    def gene(self) -> int | None:
        """Place of the part that names the gene."""
        names = self.by_column.get(GENE)
        return self.nested.fields.index(names[0]) if names else None

    @cached_property
    def number(self) -> int | None:
        """Place of the part that numbers the allele."""
        return self.nested.fields.index("ALLELE_NUM") if "ALLELE_NUM" in self.nested.fields else None

    def cut_out(self, info: bytes) -> bytes:
        """Give the text of the field in a record's INFO; empty where the record has none."""
        start = 0 if info.startswith(self._key) else info.find(b";" + self._key) + 1
        if not start and not info.startswith(self._key):
            return b""
        start += len(self._key)
        end = info.find(b";", start)
        text = info[start:] if end < 0 else info[start:end]
        self.found = self.found or bool(text)
        return b"" if text == b"." else text

    def wrong(self, text: bytes) -> str:
        """Say what is wrong with the number of parts of a field's entries; empty where nothing is."""
        if not text or text.count(b"|") == (text.count(b",") + 1) * self._bars:
            return ""
        bars = [entry.count(b"|") for entry in text.split(b",")]
        place = next(place for place, number in enumerate(bars) if number != self._bars)
        return (
            f"entry {place + 1} of {self.nested.key} has {bars[place] + 1} parts between bars and the header "
            f"{self._bars + 1}; it is cut off or damaged"
        )

    def meant(self, entries: Sequence[Sequence[str]], ref: str, alts: tuple[str, ...]) -> Meant:
        """Find the allele of each entry."""
        names = tuple(entry[self.nested.allele] for entry in entries)
        if self.nested.program == "SnpEff":
            return _meant_by_snpeff(names, ref, alts)
        place = self.number
        numbers = () if place is None else tuple(entry[place] for entry in entries)
        return _meant_by_vep(names, numbers, ref, alts)

    def genes_of(self, entry: Sequence[str]) -> frozenset[str]:
        """Give the genes of an entry; a fusion names two."""
        return _genes("" if self.gene is None else entry[self.gene])

    def add(self, owner: int, entry: list[str]) -> None:
        """Keep an entry for an allele."""
        self._owners.append(owner)
        self._parts.append(self._wanted(entry))

    def rows(self) -> Columns:
        """Give the rows: `OWNER`, and what the entries say of each column; None where nothing.

        Raises
        ------
        ValueError
            With field, text and number of the allele, where a number is none.
        """
        texts = zip(*self._parts, strict=True) if self._parts else [()] * len(self._read)
        table: Columns = {}
        for (column, name), own in zip(self._read, texts, strict=False):
            try:
                said = _column(column, name, own)
            except ValueError as error:
                field, text, row = error.args
                raise ValueError(field, text, self._owners[row]) from error
            earlier = table.get(column)
            table[column] = said if earlier is None else np.where(pd.isna(earlier), said, earlier)
        return {OWNER: np.array(self._owners, dtype=np.int64), **table}


def _column(column: str, name: str, texts: Sequence[str]) -> np.ndarray:
    """Read a column of texts, each different one once."""
    codes, different = pd.factorize(np.array(texts, dtype=object))
    numeric, change = is_number(column), column in (HGVS_C, HGVS_P)
    read: list[object] = []
    for text in different:
        clean = tidy(text)
        if clean is not None and numeric:
            try:
                read.append(number(column, clean))
            except ValueError as error:
                raise ValueError(name, clean, texts.index(text)) from error
        elif clean is not None and change:
            read.append(without_reference(clean))
        else:
            read.append(clean)
    kind = np.float64 if numeric else object
    return np.array(read, dtype=kind)[codes] if read else np.empty(0, dtype=kind)


def without_reference(hgvs: str) -> str:
    """Take the reference sequence from an HGVS name, which the column of transcripts gives.

    Examples
    --------
    >>> without_reference("ENST00000270142.11:c.14C>T")
    'c.14C>T'
    """
    return hgvs.rpartition(":")[2]


@lru_cache(maxsize=100_000)
def _genes(text: str) -> frozenset[str]:
    return frozenset(text.split("&")) - {""}


_BETWEEN_GENES = "intergenic"
_GENE = re.compile(r"Gene([._]\w+)")
_MODELS = ("Func", "ExonicFunc", "AAChange")
_APART = re.compile(r"[;,|&]")


def annovar_rows(block: Mapping[str, str]) -> list[dict[str, str | None]]:
    """Give the rows that ANNOVAR's gene annotation of an allele stands for.

    Its ``AAChange`` lists transcripts as gene, transcript, exon, change of the coding sequence, change of the
    protein. Elsewhere each gene is a row. The genes named between genes are the neighbours: none of them is
    the allele's.
    """
    found = []
    for key in block:
        gene = _GENE.fullmatch(key)
        if gene is None:
            continue
        place, effect, changes = (tidy(block.get(f"{name}{gene[1]}")) for name in _MODELS)
        effect = effect or place
        rows = [_change(one, effect) for one in (changes or "").split(",") if one.count(":") >= 3]
        named = {row[GENE] for row in rows}
        genes = [None] if place == _BETWEEN_GENES else genes_named(tidy(block[key]))
        found += rows + [{GENE: gene, CONSEQUENCE: effect} for gene in genes if gene not in named]
    return found


def _change(said: str, effect: str | None) -> dict[str, str | None]:
    gene, transcript, *rest = said.split(":")
    return {
        GENE: gene,
        TRANSCRIPT: transcript,
        HGVS_C: next((part for part in rest if part.startswith("c.")), None),
        HGVS_P: next((part for part in rest if part.startswith("p.")), None),
        CONSEQUENCE: effect,
    }


def genes_named(text: str | None) -> list[str]:
    """Give the genes of a list such as ClinVar's ``SOD1:6647|SCAF4:57466`` or ANNOVAR's ``SOD1;SCAF4``."""
    named = (one.partition(":")[0] for one in _APART.split(text or ""))
    return list(dict.fromkeys(one for one in named if one and one != "NONE"))


def clinvar_effect(text: str | None) -> str | None:
    """Give the terms of ClinVar's molecular consequences (``SO:0001583|missense_variant,…``)."""
    if text is None or "|" not in text:
        return text
    return "&".join(dict.fromkeys(one.rpartition("|")[2] for one in text.split(",")))


def of_genes(genes: Collection[str], wanted: Collection[str] | None) -> bool:
    """Whether any of these genes, in whatever case, is asked for."""
    return wanted is None or any(gene.upper() in wanted for gene in genes)
