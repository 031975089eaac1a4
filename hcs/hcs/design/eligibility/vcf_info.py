"""Annotations that a record of a VCF has once for each alternate allele: predictors, frequencies, ClinVar."""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote

from hcs.design.eligibility.columns import CADD, CONSEQUENCE, FREQUENCY, GENE, RSID
from hcs.design.eligibility.vcf_header import VcfHeader
from hcs.design.eligibility.vcf_names import CALL_SET, fields_by_column, plain_name
from hcs.design.eligibility.vcf_told import Told
from hcs_plates.numbers import MARKS

BLOCK, BLOCK_END = "ANNOVAR_DATE", "ALLELE_END"
WHOLE = (GENE, CONSEQUENCE, RSID)
"""What is said of a record's place and not of one of its alleles."""

_GNOMAD = re.compile(r"AF(?:_[A-Za-z]+)?$")
_APART = re.compile(r"[,&;|]")
_CODED = re.compile(r"\\x([0-9a-fA-F]{2})")


class AlleleFields:
    """Reads what the INFO of a record says of one of its alleles.

    Parameters
    ----------
    header
        What the file declares.
    told
        Takes what cannot be told for one allele.
    """

    def __init__(self, header: VcfHeader, told: Told) -> None:
        self._header = header
        self._told = told
        self.known: set[str] = set()
        # ANNOVAR names the frequencies of its gnomad211 tables AF, AF_eas and so on.
        own = {
            name: FREQUENCY + f"gnomad{name[2:].lower()}" for name in header.annovar if _GNOMAD.match(name)
        }
        self._blocks = fields_by_column(sorted(header.annovar), own if CALL_SET in own else None)
        self.columns: dict[str, list[str]] = {}
        self.learn(name for name in header.numbers if name not in header.annovar)

    @property
    def by_column(self) -> dict[str, list[str]]:
        """Fields read so far for each column, those of ANNOVAR first."""
        both = (*self._blocks, *self.columns)
        return {
            name: [*self._blocks.get(name, ()), *self.columns.get(name, ())] for name in dict.fromkeys(both)
        }

    def is_of_alleles(self, name: str) -> bool:
        """Whether a field of a record says something of each alternate allele."""
        return self._header.numbers.get(name) in ("A", "R") and not _of_snpsift(name)

    def learn(self, names: Iterable[str]) -> None:
        """Take note of further fields, as those that no header declares."""
        new = {name for name in names if name not in self.known}
        if new:
            self.known |= new
            self.columns = fields_by_column(sorted(self.known))

    def split(self, text: str) -> tuple[dict[str, str], list[dict[str, str]]]:
        """Split the INFO of a record into fields, and the blocks that ANNOVAR wrote.

        A key that stands in several blocks of ANNOVAR has a value for each allele, which dictionaries of a
        whole record lose.
        """
        info: dict[str, str] = {}
        blocks: list[dict[str, str]] = []
        into = info
        for item in text.split(";"):
            key, _, value = item.partition("=")
            if key == BLOCK:
                into = {}
                blocks.append(into)
            elif key == BLOCK_END:
                into = info
            elif into.get(key, value) == value:
                into[key] = value
            else:
                # As of two gnomAD tables in one run of ANNOVAR; which is which cannot be told.
                into[key] += f",{value}"
        if ":" in info.get("FREQ", ""):
            studies = (one.partition(":") for one in info["FREQ"].split("|"))
            info.update({f"{study}_FREQ": values for study, _, values in studies})
        self.learn(info.keys() - self.known)
        return info, blocks

    def of_allele(
        self, info: Mapping[str, str], block: Mapping[str, str], place: int, n_alts: int, where: str
    ) -> Iterator[tuple[str, str, str]]:
        """Give column, field and text of all that is said of an allele, from the first field that says it.

        Parameters
        ----------
        info, block
            Fields of the record, and what ANNOVAR wrote for this allele.
        place, n_alts
            Which of how many alternate alleles, from 0.
        where
            Names the record.
        """
        for column, names in self._blocks.items():
            for name in names:
                text = tidy(block.get(name))
                if text is not None:
                    yield column, name, text
                    break
        for column, names in self.columns.items():
            for name in names:
                raw = info.get(name)
                if raw is None or raw == ".":
                    continue
                text = tidy(raw if column in WHOLE else self._part(name, raw, place, n_alts, where))
                if text is not None:
                    yield column, name, text
                    break

    def _part(self, name: str, text: str, place: int, n_alts: int, where: str) -> str | None:
        """Take one allele's part of a field."""
        plain = plain_name(name)
        values = text.strip("[]").split(",")
        number = self._header.numbers.get(name, ".")
        if number == "R" or plain in ("caf", "topmed") or plain.endswith(("_caf", "_freq")):
            values = values[1:] if len(values) == n_alts + 1 else []
        elif n_alts == 1:
            return text
        elif not self.is_of_alleles(name):
            self._told.add("shared", where)
            return None
        if len(values) != n_alts:
            self._told.add("count", where)
            return None
        return values[place]


def _of_snpsift(name: str) -> bool:
    """Whether SnpSift wrote a field: one value for each allele, it declares, and writes one a transcript."""
    return name.lower().startswith("dbnsfp_")


def tidy(text: str | None) -> str | None:
    r"""Give a field's text as its program meant it: None for nothing, marks that stand for others replaced.

    Examples
    --------
    >>> tidy("p.Ala5%3D"), tidy(r"SOD1\x3bSCAF4"), tidy(".,."), tidy("")
    ('p.Ala5=', 'SOD1;SCAF4', None, None)
    """
    if not text or not text.strip(".,&"):
        return None
    if "%" in text:
        text = unquote(text)
    return _CODED.sub(lambda code: chr(int(code[1], 16)), text) if "\\x" in text else text


def number(column: str, text: str) -> float | None:
    """Read a frequency or a CADD score; None where several are given that differ.

    Raises
    ------
    ValueError
        Text that is no number, or a frequency outside 0 to 1.
    """
    values = {float(one) for one in _APART.split(text) if one.casefold() not in MARKS}
    if any(not math.isfinite(value) or value < 0 or (column != CADD and value > 1) for value in values):
        raise ValueError(text)
    return values.pop() if len(values) == 1 else None
