"""Rows of the variant table, gathered record by record from a VCF."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from hcs.design.eligibility.columns import CADD, CLINVAR, CONSEQUENCE, GENE, HOM, UNKNOWN
from hcs.design.eligibility.vcf_alleles import NO_ALLELE, capitals, spelt_out, trimmed
from hcs.design.eligibility.vcf_entries import Entries, annovar_rows, clinvar_effect, genes_named, of_genes
from hcs.design.eligibility.vcf_genotypes import MISSING, Calls, carriers
from hcs.design.eligibility.vcf_header import CHROMOSOMES, VcfHeader, chromosome
from hcs.design.eligibility.vcf_info import AlleleFields, number, tidy
from hcs.design.eligibility.vcf_names import (
    CALL_SET,
    CONFLICTS,
    Columns,
    column_of,
    is_number,
    like_frequency,
    told_of,
)
from hcs.design.eligibility.vcf_table import ID, PLAIN, Gathered, assembled
from hcs.design.eligibility.vcf_text import VcfText
from hcs.design.eligibility.vcf_told import Told, several_fields, unread_frequencies
from hcs.wording import listed
from hcs_plates.errors import InputFileError

if TYPE_CHECKING:
    from cyvcf2 import Variant

MOST_SOUGHT = 200
"""Genes up to which looking for each in a record takes less time than reading the record would."""
PLAIN_GENES = (b"GENEINFO=", b"Gene.", b"genename=")
"""Fields that name a gene and are no entries between bars."""


class Row(NamedTuple):
    """One row of an allele: an entry between bars with its source, or columns by name; and its genes."""

    source: Entries | None
    said: Any
    genes: frozenset[str]


@dataclass
class _Record:
    """A record at hand: where it is, its alleles, and what it says."""

    where: str
    ref: str
    alts: tuple[str, ...]
    nested: list[tuple[Entries, list[list[str]], tuple[int | None, ...]]]
    info: dict[str, str]
    blocks: list[dict[str, str]]
    by_annovar: bool
    genes: set[str] = field(default_factory=set)

    def block(self, place: int) -> dict[str, str]:
        """Give what ANNOVAR wrote for an allele, in one run or several."""
        own = self.blocks[place :: len(self.alts)]
        return {key: value for block in own for key, value in block.items()}


class VariantRows:
    """Gathers the rows of a variant table.

    Parameters
    ----------
    header, text
        Of the file that is read.
    wanted
        Symbols of genes in capitals; None takes all.
    n_lines
        Samples that are read.

    Raises
    ------
    InputFileError
        Genes are asked for, and nothing in the file names one.
    """

    def __init__(self, header: VcfHeader, text: VcfText, wanted: frozenset[str] | None, n_lines: int) -> None:
        self.path = text.path
        self._text = text
        self._n_lines = n_lines
        self._wanted = wanted
        self._told = Told()
        self._entries = [Entries(nested) for nested in header.nested]
        self._fields = AlleleFields(header, self._told)
        self._needles = [gene.encode() for gene in wanted or ()]
        self._gathered = Gathered()
        self._records = 0
        self._annovar = bool(header.annovar)
        if wanted is not None:
            self._check_genes(header)

    def _check_genes(self, header: VcfHeader) -> None:
        """Refuse a file of which the genes cannot be chosen."""
        for entries in self._entries:
            if entries.gene is None:
                said = (
                    f"{entries.nested.key} has no part that names the gene; annotate with it (VEP: --symbol)"
                )
                raise InputFileError(self._text.path, said)
        if not self._entries and not any((column_of(name) or ("",))[0] == GENE for name in header.numbers):
            raise InputFileError(
                self._text.path,
                "declares no annotation that names genes (CSQ, ANN, Gene.refGene, GENEINFO); annotate it",
            )

    def add(self, cells: list[bytes], record: "Variant") -> None:
        """Take a record: its columns, and what the library reads there."""
        self._records += 1
        cut = [(entries, entries.cut_out(cells[7])) for entries in self._entries]
        for entries, text in cut:
            wrong = entries.wrong(text)
            if wrong:
                self._text.fault(wrong)
                return
        if not self._of_interest(cells[7], any(text for _, text in cut)):
            return
        where = f"{record.CHROM}:{record.POS}"
        alts = tuple(record.ALT)
        calls = self._calls(cells, record, where, alts)
        if not calls:
            return
        found = self._annotated(where, record.REF, alts, cut, cells[7].decode())
        if found is None:
            return
        kept = {place: who for place, who in calls.items() if self._add_allele(found, place, cells, who)}
        if kept:
            self._tell(found, cells, kept)
            if len(alts) > 1:
                self._refuse_shared(found)

    def _of_interest(self, info: bytes, annotated: bool) -> bool:
        """Whether a record may be of a gene that is asked for; one that names no gene may."""
        if self._wanted is None or len(self._wanted) > MOST_SOUGHT:
            return True
        large = info.upper()
        if any(needle in large for needle in self._needles):
            return True
        return not annotated and not any(key in info for key in PLAIN_GENES)

    def _calls(
        self, cells: list[bytes], record: "Variant", where: str, alts: tuple[str, ...]
    ) -> dict[int, Calls]:
        """Give who carries which allele; alleles that nobody has are left out."""
        real = [place for place, alt in enumerate(alts) if alt not in NO_ALLELE]
        if not real:
            self._told.add("reference", where)
            return {}
        if not self._text.samples:
            return dict.fromkeys(real, ((0,), (UNKNOWN,)))
        if cells[8].split(b":", 1)[0] != b"GT":
            self._told.add("genotype", where)
            genotypes = np.full((self._n_lines, 1), MISSING, dtype=np.int16)
        else:
            # The last column says whether the genotype is phased.
            genotypes = record.genotype.array()[:, :-1]
        found = carriers(genotypes.tobytes(), genotypes.shape[1], len(alts))
        if found is None:
            self._text.fault(f"a genotype names allele {genotypes.max()}, and ALT is {','.join(alts)}")
            return {}
        return {place: found[place] for place in real if place in found}

    def _annotated(
        self, where: str, ref: str, alts: tuple[str, ...], cut: Iterable[tuple[Entries, bytes]], info: str
    ) -> _Record | None:
        """Read the annotations of a record; None after a fault."""
        fields, blocks = self._fields.split(info)
        if len(blocks) % len(alts):
            self._text.fault(f"has {len(blocks)} annotations of ANNOVAR for {len(alts)} alternate alleles")
            return None
        found = _Record(where, ref, alts, [], fields, blocks, self._annovar)
        for entries, text in cut:
            if not text:
                continue
            parts = [entry.split("|") for entry in text.decode().split(",")]
            meant = entries.meant(parts, ref, alts)
            if meant.trouble == "none":
                named = listed(dict.fromkeys(part[entries.nested.allele] for part in parts))
                self._text.fault(
                    f"no entry of {entries.nested.key} is about an allele of the record: they are about "
                    f"{named}, and ALT is {','.join(alts)}"
                )
                return None
            if meant.trouble:
                self._told.add("split", where)
            found.nested.append((entries, parts, meant.places))
            for part in parts:
                found.genes |= entries.genes_of(part)
        return found

    def _add_allele(self, found: _Record, place: int, cells: list[bytes], calls: Calls) -> bool:
        """Keep an allele with its rows; False where it is of no gene that is asked for."""
        alt = found.alts[place]
        block = found.block(place) if found.blocks else {}
        owner = len(self._gathered.alleles)
        rows = self._rows_of(found, place, block)
        if not rows:
            return False
        pos, ref = int(cells[1]), found.ref
        if spelt_out(alt):
            pos, ref, alt = trimmed(pos, capitals(ref), capitals(alt))
        chrom = chromosome(cells[0].decode())
        status = cells[6].decode()
        self._gathered.alleles.append(
            (chrom, pos, ref, alt, None if status == "." else status, spelt_out(alt))
        )
        for row in rows:
            if row.source is None:
                self._gathered.plain.append((owner, *(row.said.get(name) for name in PLAIN)))
            else:
                row.source.add(owner, row.said)
        lines, zygosities = calls
        self._gathered.owners += [owner] * len(lines)
        self._gathered.lines += lines
        self._gathered.zygosities += zygosities
        self._gathered.say(owner, ID, cells[2].decode())
        for column, name, text in self._fields.of_allele(
            found.info, block, place, len(found.alts), found.where
        ):
            self._say(owner, column, name, text, found)
        return True

    def _say(self, owner: int, column: str, name: str, text: str, found: _Record) -> None:
        if column in (GENE, CONSEQUENCE):
            return
        if not is_number(column):
            self._gathered.say(owner, column, text)
            return
        try:
            value = number(column, text)
        except ValueError:
            self._text.fault(_no_number(name, text))
            return
        if value is None:
            self._told.add("several", found.where)
        else:
            self._gathered.say(owner, column, value)

    def _refuse_shared(self, found: _Record) -> None:
        """Refuse ClinVar's word on one of several alleles where it may be that one is pathogenic."""
        for name in (*self._fields.columns.get(CLINVAR, ()), *self._fields.columns.get(CONFLICTS, ())):
            said = found.info.get(name, "")
            if "pathogenic" in said.lower() and not self._fields.is_of_alleles(name):
                self._text.fault(
                    f"{name}={said} does not say which of {len(found.alts)} alternate alleles it is about; "
                    "split the records (bcftools norm -m -) and annotate them again"
                )

    def _rows_of(self, found: _Record, place: int, block: dict[str, str]) -> list[Row]:
        """Give the rows of an allele.

        The first program that says anything of the allele gives its rows, and each other one those of genes
        that are not among them. An allele of which none does is of the genes of its record.
        """
        rows: list[Row] = []
        genes: frozenset[str] = frozenset()
        for offer in self._offers(found, place, block):
            new = [row for row in offer if not rows or row.genes - genes]
            if rows and new:
                self._told.add("genes", found.where)
            rows += new
            genes = genes.union(*(row.genes for row in new))
        if not rows:
            rows = self._of_place(found) or [
                Row(None, {GENE: gene}, frozenset([gene])) for gene in sorted(found.genes)
            ]
        if not rows:
            self._told.add("plain", found.where)
            return [Row(None, {}, frozenset())]
        return [row for row in rows if of_genes(row.genes, self._wanted)]

    @staticmethod
    def _offers(found: _Record, place: int, block: dict[str, str]) -> Iterator[list[Row]]:
        for source, parts, places in found.nested:
            yield [
                Row(source, part, source.genes_of(part))
                for part, about in zip(parts, places, strict=True)
                if about == place
            ]
        if found.by_annovar:
            rows = annovar_rows(block or found.info)
            yield [Row(None, row, frozenset(filter(None, [row[GENE]]))) for row in rows]

    def _of_place(self, found: _Record) -> list[Row]:
        """Give the genes that ClinVar or dbNSFP name for the record."""
        for name in self._fields.columns.get(GENE, ()):
            genes = genes_named(tidy(found.info.get(name)))
            if genes:
                said = (tidy(found.info.get(key)) for key in self._fields.columns.get(CONSEQUENCE, ()))
                effect = next((clinvar_effect(one) for one in said if one), None)
                return [Row(None, {GENE: gene, CONSEQUENCE: effect}, frozenset([gene])) for gene in genes]
        return []

    def _tell(self, found: _Record, cells: list[bytes], kept: dict[int, Calls]) -> None:
        """Count what a reader should know of a record that has rows."""
        zygosities = {zygosity for _, how in kept.values() for zygosity in how}
        chrom = chromosome(cells[0].decode())
        met = [
            cells[6] not in (b"PASS", b".") and "filter",
            not all(spelt_out(found.alts[place]) for place in kept) and "symbolic",
            chrom not in CHROMOSOMES and "contig",
            chrom == "X" and HOM in zygosities and "x",
            UNKNOWN in zygosities and self._text.samples and "partial",
            CALL_SET in found.info and "call set",
        ]
        for kind in filter(None, met):
            self._told.add(str(kind), found.where)

    def table(self) -> Columns:
        """Give the rows, with lines by their place among the samples."""
        try:
            nested = [entries.rows() for entries in self._entries]
        except ValueError as error:
            name, text, owner = error.args
            chrom, pos, *_ = self._gathered.alleles[owner]
            raise InputFileError(self._text.path, f"{chrom}:{pos}: {_no_number(name, text)}") from error
        return assembled(self._gathered, nested)

    def notices(self) -> list[str]:
        """Say in sentences what was passed over, or taken on trust."""
        said = self._told.sentences()
        if not self._text.ends:
            said.append("The last line does not end with a line break: the file may have been cut off there.")
        columns = {name: list(names) for name, names in self._fields.by_column.items()}
        unread = [name for name in self._fields.known if like_frequency(name) and name != CALL_SET]
        for entries in self._entries:
            if self._records and not entries.found:
                said.append(f"{entries.nested.key} is declared in the header and stands in no record.")
            for column, names in entries.by_column.items():
                own = [f"{entries.nested.key}'s {name}" for name in names]
                columns[column] = [*own, *columns.get(column, ())]
            unread += [f"{entries.nested.key}'s {name}" for name in entries.unread]
        several = {name: names for name, names in columns.items() if len(names) > 1 and told_of(name)}
        said += [several_fields(name, names) for name, names in several.items()]
        if unread:
            said.append(unread_frequencies(unread))
        return said


def _no_number(name: str, text: str) -> str:
    wanted = "number from 0" if (column_of(name) or ("",))[0] == CADD else "frequency from 0 to 1"
    return f"{name}={text} is no {wanted}"
