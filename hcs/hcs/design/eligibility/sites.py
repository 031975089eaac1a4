"""Where the rows of a table of variants are, which alleles they name, and how many copies their line has."""

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility import headings as h
from hcs.design.eligibility.alleles import aligned, alternates, read_place, spelt_allele, spelt_chrom
from hcs.design.eligibility.cells import MISSING, Texts, TextTable
from hcs.design.eligibility.genotypes import NO_CALL, called_alternates, zygosity
from hcs.wording import counted, have, listed

_IDENTIFIER = re.compile(r"(?:ENS[A-Z]*G)?\d+(?:\.\d+)?")
_PER_ALLELE = (c.SIFT, c.POLYPHEN2, c.MUTATIONTASTER, c.CADD, c.CLINVAR, c.RSID)


def placed_rows(read: TextTable) -> pd.DataFrame:
    """Give every row its texts, place and alleles; `at` is the row's place in the file."""
    keep = frozenset(MISSING - {"-"})
    cells: dict[str, list[Any]] = {name: read.texts(name) for name in (*c.TEXT, c.POS, c.CADD)}
    cells[c.LINE] = read.texts(c.LINE, missing=frozenset({""}))
    cells |= {name: read.texts(name, missing=keep) for name in (c.REF, c.ALT)}
    cells |= {name: list(read.columns[place]) for name, place in read.named.frequencies.items()}
    genotypes = read.texts(h.GENOTYPE, missing=frozenset({""}))
    if c.ZYGOSITY not in read.named.places:
        cells[c.ZYGOSITY] = list(genotypes)
    _read_loci(read, cells)
    if c.ALT not in read.named.places:
        called = [called_alternates(*one) for one in zip(genotypes, cells[c.REF], strict=True)]
        told = zip(read.texts(h.ALLELE, missing=keep), cells[c.ALT], called, strict=True)
        cells[c.ALT] = [allele or alt or call for allele, alt, call in told]
    cells[c.CHROM] = read.each(cells[c.CHROM], lambda text: spelt_chrom(text) or text)
    cells[c.POS] = _positions(read, cells[c.POS])
    _check_names(read, cells)
    return pd.DataFrame(cells | {"at": list(range(len(read.lines)))}, dtype=object)


def _read_loci(read: TextTable, cells: dict[str, list[Any]]) -> None:
    """Read places, and alleles that stand in them, from columns that hold them in one text."""
    for name in (h.UPLOADED, h.LOCUS):
        if name not in read.named.places or c.CHROM in read.named.places:
            continue
        texts = read.texts(name)
        found = {text: read_place(text) for text in set(texts) if text is not None}
        for at, column in enumerate((c.CHROM, c.POS, c.REF, c.ALT)):
            held = {text: str(place[at]) for text, place in found.items() if place and place[at] is not None}
            cells[column] = [
                held.get(text or "") if one is None else one
                for one, text in zip(cells[column], texts, strict=True)
            ]


def _positions(read: TextTable, texts: Texts) -> list[int | None]:
    """Read positions; what is no whole number is a fault."""
    found: list[int | None] = []
    for at, text in enumerate(texts):
        if text is not None and text.isascii() and text.isdecimal() and 0 < int(text) < 10**9:
            found.append(int(text))
            continue
        found.append(None)
        if text is not None:
            read.faults.append(f"{read.word} {read.lines[at]}: position {text!r} is no whole number from 1")
    return found


def _check_names(read: TextTable, cells: Mapping[str, Texts]) -> None:
    """Find rows that name no line although others do, and genes that are named by numbers."""
    nameless = [at for at, name in enumerate(cells[c.LINE]) if name is None]
    if 0 < len(nameless) < len(read.lines):
        read.faults.append(f"{read.where(nameless)}: no line is named, although other rows name one")
    genes = [gene for gene in cells[c.GENE] if gene is not None]
    if genes and all(_IDENTIFIER.fullmatch(gene) for gene in set(genes)):
        title = read.titles[read.named.places[c.GENE][0]]
        read.faults.append(
            f"{title!r} holds identifiers such as {genes[0]!r}; the rule lists symbols: add a column of gene "
            "symbols"
        )


def split_sites(read: TextTable, table: pd.DataFrame) -> pd.DataFrame:
    """Give each alternate allele of a site its row, with the annotation that is its own."""
    alts = [alternates(alt) for alt in table[c.ALT]]
    wide = [at for at, found in enumerate(alts) if len(found) > 1]
    single = table.drop(index=wide)
    rows = [row for at in wide for row in _rows(read, table.loc[at].to_dict(), alts[at])]
    if rows:
        told = sum(bool(row.pop("lost")) for row in rows)
        read.notices.append(
            f"{counted(len(wide), 'site')} of several alternate alleles {have(len(wide))} a row for each."
        )
        if told:
            read.notices.append(
                f"For {counted(told, 'alternate allele')} of such sites annotation counts as blank: there is "
                "not one value for each allele."
            )
    made = pd.concat([single, pd.DataFrame(rows, columns=table.columns, dtype=object)]) if rows else single
    made = made.sort_values("at", kind="stable").reset_index(drop=True)
    for name in (c.REF, c.ALT):
        spelt = read.each(list(made[name]), lambda text: spelt_allele(text) or text)
        made[name] = pd.Series(spelt, dtype=object)
    _read_zygosity(read, made)
    return made


def _rows(read: TextTable, row: Mapping[str, object], alts: tuple[str, ...]) -> list[dict[str, object]]:
    """Rows of a site, one for each alternate allele."""
    rows = [dict(row) | {c.ALT: alt, "lost": False} for alt in alts]
    for name in (*_PER_ALLELE, *read.named.frequencies):
        text = row[name]
        parts = aligned(None if text is None else str(text), len(alts))
        for at, made in enumerate(rows):
            made[name] = None if parts is None else parts[at]
            made["lost"] = made["lost"] or parts is None
    text = None if row[c.ZYGOSITY] is None else str(row[c.ZYGOSITY])
    for at, made in enumerate(rows, start=1):
        found = zygosity(text, str(row[c.REF]), str(made[c.ALT]), at, len(rows))
        # A word does not say which of the alleles is meant; a genotype does.
        word = text is not None and not re.search(r"[/|\d]", text)
        made[c.ZYGOSITY] = c.UNKNOWN if word and found not in (c.REFERENCE, NO_CALL) else found or text
    return rows


def _read_zygosity(read: TextTable, table: pd.DataFrame) -> None:
    """Read the zygosity of every row; a no-call is missing, and what is not told is unknown."""
    rows = list(zip(table[c.ZYGOSITY], table[c.REF], table[c.ALT], strict=True))
    known = {row: row[0] if row[0] in (*c.ZYGOSITIES, NO_CALL) else zygosity(*row) for row in set(rows)}
    unread = sorted({str(text) for (text, *_), found in known.items() if found is None})
    if unread:
        read.notices.append(f"Zygosity {listed(map(repr, unread))} cannot be read and counts as unknown.")
    read_so = [None if known[row] == NO_CALL else known[row] or c.UNKNOWN for row in rows]
    table[c.ZYGOSITY] = pd.Series(read_so, dtype=object)
