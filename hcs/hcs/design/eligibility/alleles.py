"""Where a variant is and what it changes, in one spelling: the same variant is one wherever it stands.

Alleles are trimmed of the bases that reference and alternate share (Tan et al., Bioinformatics 2015;31:2202,
without shifting to the left, which needs the reference's sequence): the same insertion written at another
place of a repeat stays another variant.
"""

import re
from collections.abc import Sequence
from typing import Any

import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility.vcf_alleles import trimmed as shortened
from hcs_plates.numbers import MARKS

_CHROM = re.compile(r"(?:chr(?:om(?:osome)?)?[ _]?)?0*(\d{1,2}|[XYM]|MT)", re.IGNORECASE)
_REFSEQ = re.compile(r"NC_0+(\d{1,2})\.\d+", re.IGNORECASE)
_BASES = re.compile(r"[ACGTN]+|-", re.IGNORECASE)
_PLACE = re.compile(
    r"(?P<chrom>[\w.]+?)[:_\- ]\s*(?:g\.)?(?P<pos>\d{1,10})(?:-\d+)?"
    r"(?:\s*[:_\- /]?\s*(?P<ref>[ACGTN]+|-)\s*[>:_\-/ ]\s*(?P<alts>[ACGTN]+|-)(?P<more>(?:[/,][ACGTN-]+)*))?",
    re.IGNORECASE,
)


def spelt_chrom(text: str) -> str | None:
    """Spell a chromosome without ``chr``, the mitochondrial one as MT; None for what is no human one.

    Examples
    --------
    >>> [spelt_chrom(one) for one in ("chr21", "X", "chrM", "NC_000021.8", "0", "scaffold_7")]
    ['21', 'X', 'MT', '21', None, None]
    """
    spelt = text.strip()
    if found := _REFSEQ.fullmatch(spelt):
        spelt = {"23": "X", "24": "Y"}.get(found[1], found[1])
    if not (matched := _CHROM.fullmatch(spelt)):
        return None
    name = matched[1].upper()
    if name.isdecimal():
        return str(int(name)) if 1 <= int(name) <= 22 else None
    return "MT" if name in ("M", "MT") else name


def spelt_allele(text: str | None) -> str | None:
    """Spell an allele in capitals; a deletion or insertion without an anchor is ``-``; None for no bases."""
    if text is None or not _BASES.fullmatch(text.strip()):
        return None
    return text.strip().upper()


def read_place(text: str) -> tuple[str, int, str | None, str | None] | None:
    """Read a place in one text, with its alleles if they are in it: chromosome, position, alleles.

    Examples
    --------
    >>> read_place("chr21:33036170"), read_place("21-33036170-A-G"), read_place("21_33036170_A/G/T")
    (('21', 33036170, None, None), ('21', 33036170, 'A', 'G'), ('21', 33036170, 'A', 'G,T'))
    >>> read_place("21:g.33036170A>G"), read_place("rs80265967") is None
    (('21', 33036170, 'A', 'G'), True)
    """
    found = _PLACE.fullmatch(text.strip())
    chrom = spelt_chrom(found["chrom"]) if found else None
    if found is None or chrom is None:
        return None
    alts = found["alts"] and (found["alts"] + found["more"]).replace("/", ",").upper()
    return chrom, int(found["pos"]), found["ref"] and found["ref"].upper(), alts


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Take away the bases that both alleles share; an empty allele is ``-``.

    An insertion of ANNOVAR's (reference ``-``) stands behind its position.

    Examples
    --------
    >>> trimmed(100, "CAA", "CA"), trimmed(101, "A", "-"), trimmed(99, "GC", "GT")
    ((101, 'A', '-'), (101, 'A', '-'), (100, 'C', 'T'))
    >>> trimmed(100, "C", "CGGC"), trimmed(100, "-", "GGC")
    ((101, '-', 'GGC'), (101, '-', 'GGC'))
    """
    if ref == "-":
        return pos + 1, "-", alt
    if alt == "-":
        return pos, ref, alt
    pos, ref, alt = shortened(pos, ref, alt)
    if ref[0] == alt[0]:
        return pos + 1, ref[1:] or "-", alt[1:] or "-"
    return pos, ref, alt


def identities(table: pd.DataFrame) -> pd.Series:
    """Name each row's variant, the same name for the same variant.

    The place and the trimmed alleles where they are known; else the HGVS text (of the coding sequence with
    its transcript, or of the protein with its gene), else the rs number; missing where a row names none.
    """
    columns = [list(table[name].astype(object).where(table[name].notna(), None)) for name in _NAMING]
    known: dict[tuple[object, ...], str | None] = {}
    names = []
    for row in zip(*columns, strict=True):
        if row not in known:
            known[row] = _identity(row)
        names.append(known[row])
    return pd.Series(names, index=table.index, dtype=object)


_NAMING = (c.CHROM, c.POS, c.REF, c.ALT, c.GENE, c.TRANSCRIPT, c.HGVS_C, c.HGVS_P, c.RSID)


def _identity(row: Sequence[Any]) -> str | None:
    """Name the variant of one row of the columns `_NAMING`."""
    chrom, pos, ref, alt, gene, transcript, coding, protein, rsid = row
    if chrom is not None and pos is not None:
        place = int(pos)
        if ref is not None and alt is not None and _BASES.fullmatch(ref) and _BASES.fullmatch(alt):
            place, ref, alt = trimmed(place, ref, alt)
        if alt is not None:
            return f"{chrom}:{place} {ref or '?'}>{alt}"
        if coding is None and protein is None:
            return f"{chrom}:{place} {ref or '?'}>?"
    if coding is not None:
        return str(coding) if ":" in coding else f"{transcript or gene or '?'}:{coding}"
    if protein is not None:
        return str(protein) if ":" in protein else f"{gene or '?'}:{protein}"
    return None if rsid is None else str(rsid)


def alternates(alt: str | None) -> tuple[str, ...]:
    """Part the alternate alleles of a site that has several.

    Examples
    --------
    >>> alternates("G,T"), alternates("G"), alternates(None)
    (('G', 'T'), ('G',), ())
    """
    if alt is None:
        return ()
    return tuple(part for one in re.split(r"[,;/|]", alt) if (part := one.strip()) and part != ".")


def aligned(text: str | None, n: int) -> Sequence[str | None] | None:
    """Part an annotation that has a value for each of n alternate alleles; None where it has not so many.

    Examples
    --------
    >>> aligned("0.1,0.2", 2), aligned("0.1", 2), aligned(None, 2)
    (['0.1', '0.2'], None, [None, None])
    """
    if text is None:
        return [None] * n
    parts = [part.strip() for part in text.split(",")]
    return [None if part.casefold() in MARKS else part for part in parts] if len(parts) == n else None
