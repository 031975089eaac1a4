"""Alleles of a VCF: what kind each is, its shortest spelling, and which of them an annotation means."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

BASES = re.compile(r"[ACGTUNRYSWKMBDHV]+", re.IGNORECASE)
SPANNING = "*"
NO_ALLELE = (".", "<*>", "<NON_REF>")
"""Stand for no allele, or for whatever else might be there (gVCF)."""


def spelt_out(alt: str) -> bool:
    """Whether an allele is given by its bases; a spanning deletion, a symbol or a breakend is not."""
    return BASES.fullmatch(alt) is not None


def capitals(allele: str) -> str:
    """Write bases large; those of masked sequence may be small, in a record or in its annotations alone."""
    return allele.upper() if spelt_out(allele) else allele


def trimmed(pos: int, ref: str, alt: str) -> tuple[int, str, str]:
    """Shorten two alleles to what differs, with one base kept in each.

    Bases that are alike are taken from the right end first, then from the left (Tan et al., 2015,
    doi:10.1093/bioinformatics/btv112). Nothing is shifted along the reference, which would have to be known.

    Examples
    --------
    >>> trimmed(100, "GCAT", "GTAT")
    (101, 'C', 'T')
    >>> trimmed(100, "CAA", "CA")
    (100, 'CA', 'C')
    """
    end = 0
    while end < min(len(ref), len(alt)) - 1 and ref[-1 - end] == alt[-1 - end]:
        end += 1
    ref, alt = ref[: len(ref) - end], alt[: len(alt) - end]
    start = 0
    while start < min(len(ref), len(alt)) - 1 and ref[start] == alt[start]:
        start += 1
    return pos + start, ref[start:], alt[start:]


def vep_names(ref: str, alts: Sequence[str]) -> list[str]:
    """Give the name that VEP has for each alternate allele.

    Where alleles differ in length and all of them begin with the same base, VEP takes that base away, and
    writes "-" for what is left of a deletion; other alleles keep their names (its module Parser::VCF).

    Examples
    --------
    >>> vep_names("CAA", ["C", "CA", "*"])
    ['-', 'A', '*']
    >>> vep_names("CA", ["TA", "C"])
    ['TA', 'C']
    """
    real = [alt for alt in alts if alt != SPANNING]
    if all(len(alt) == len(ref) for alt in real) or any(alt[0] != ref[0] for alt in real):
        return list(alts)
    return [alt if alt == SPANNING else alt[1:] or "-" for alt in alts]


def minimal_name(ref: str, alt: str) -> str:
    """Give VEP's name of an allele with ``--minimal``: without all that it shares with the reference."""
    while ref and alt and ref[-1] == alt[-1]:
        ref, alt = ref[:-1], alt[:-1]
    while ref and alt and ref[0] == alt[0]:
        ref, alt = ref[1:], alt[1:]
    return alt or "-"


@dataclass(frozen=True)
class Meant:
    """Which allele each annotation of a record is about.

    Attributes
    ----------
    places
        For each annotation its place among the alternate alleles, from 0, or None.
    trouble
        ``"none"`` where no annotation can be about an allele of the record, ``"split"`` where some are not,
        or may be about another one than their name says; empty otherwise.
    """

    places: tuple[int | None, ...]
    trouble: str = ""


def meant_by_vep(names: tuple[str, ...], numbers: tuple[str, ...], ref: str, alts: tuple[str, ...]) -> Meant:
    """Find the alleles that annotations of VEP are about.

    Parameters
    ----------
    names
        The allele that each annotation names.
    numbers
        Its number from 1 (``ALLELE_NUM``); empty where VEP was not asked for it.
    ref, alts
        Alleles of the record.

    Notes
    -----
    A record that was split after it was annotated still carries the annotations of its other alleles. There
    the name of an insertion or deletion may mean another allele, so single bases count alone. A name that may
    mean two alleles, one of them with ``--minimal``, means none.
    """
    ref, alts, names = ref.upper(), tuple(map(capitals, alts)), tuple(map(capitals, names))
    asked = set(names)
    split = len(asked) > len(alts)
    if numbers and not split and all(one.isdigit() and 0 < int(one) <= len(alts) for one in numbers):
        return Meant(tuple(int(one) - 1 for one in numbers))
    plain = vep_names(ref, alts)
    if asked == set(plain) - {SPANNING} and len(set(plain)) == len(plain):
        return Meant(tuple(plain.index(name) for name in names))
    return _found(
        names,
        ref,
        alts,
        [
            {name, minimal_name(ref, alt)} if spelt_out(alt) else {alt}
            for name, alt in zip(plain, alts, strict=True)
        ],
    )


def meant_by_snpeff(names: tuple[str, ...], ref: str, alts: tuple[str, ...]) -> Meant:
    """Find the alleles that annotations of SnpEff are about: it names them as they stand in the record."""
    alts = tuple(map(capitals, alts))
    return _found(names, ref.upper(), alts, [{alt} for alt in alts])


def _found(names: tuple[str, ...], ref: str, alts: Sequence[str], known: Sequence[Collection[str]]) -> Meant:
    """Find the one allele that each name can mean, given the names that each allele may have."""
    names = tuple(map(capitals, names))
    asked = set(names)
    split = len(asked) > len(alts)
    symbols = [place for place, alt in enumerate(alts) if alt != SPANNING and not spelt_out(alt)]
    means: dict[str, int | None] = {}
    fitting = bool(symbols)
    for name in asked:
        places = [place for place, may in enumerate(known) if name in may]
        fitting = fitting or bool(places)
        if split:
            places = [place for place in places if len(alts[place]) == len(ref) == 1]
        if not places and len(symbols) == 1 and not spelt_out(name):
            places = symbols
        means[name] = places[0] if len(places) == 1 else None
    found = tuple(means[name] for name in names)
    if None not in found:
        return Meant(found)
    return Meant(found, "split" if fitting else "none")
