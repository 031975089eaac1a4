"""A table of annotated variants as a program or a person saved it, read into the usual columns."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from hcs.design.eligibility import columns as c
from hcs.design.eligibility import headings as h
from hcs.design.eligibility.amounts import Amounts
from hcs.design.eligibility.cells import Texts, TextTable, cell_text
from hcs.design.eligibility.sites import placed_rows, split_sites
from hcs.tables.file import PARQUET, read_cells, read_table
from hcs.wording import listed
from hcs_plates.errors import ArgumentError, HcsError, InputFileError, nearest
from hcs_plates.names import as_names

_BUILDS = {
    **dict.fromkeys(("grch37", "hg19", "b37", "37", "hs37d5", "g1k_v37", "build 37", "ncbi37"), "GRCh37"),
    **dict.fromkeys(("grch38", "hg38", "b38", "38", "hs38", "build 38", "ncbi38"), "GRCh38"),
}


def spelt_build(text: str) -> str:
    """Spell a genome build.

    Raises
    ------
    ArgumentError
        It is none that hcs knows.

    Examples
    --------
    >>> spelt_build("hg19"), spelt_build("GRCh38.p13")
    ('GRCh37', 'GRCh38')
    """
    spelt = text.strip().casefold().split(".p")[0]
    if spelt not in _BUILDS:
        known = (*c.BUILDS, "hg19", "hg38")
        raise ArgumentError(f"There is no genome build {text!r}; {nearest(text, known)}")
    return _BUILDS[spelt]


def read_variant_table(
    source: Path | str | pd.DataFrame, *, sheet: str | None = None, build: str | None = None
) -> pd.DataFrame:
    """Read a table of annotated variants.

    Parameters
    ----------
    source
        CSV, TSV (packed or not), XLSX, Parquet, or a data frame: a row per line, alternate allele and
        transcript, under the headings of ANNOVAR, VEP, dbNSFP, Ion Reporter, or under hcs's own
        (`hcs.design.eligibility.columns`).
    sheet
        Sheet of a workbook.
    build
        Genome build of the positions, where the table does not say it.

    Returns
    -------
    DataFrame
        The columns `hcs.design.eligibility.columns.COLUMNS`, then the frequencies. Sites of several alternate
        alleles are split. ``attrs["notices"]`` has sentences on what was guessed, or not used.

    Raises
    ------
    HcsError
        No table, no column that names the variant, numbers that cannot be told, two builds: all at once.
    """
    read = _read(source, sheet)
    if not {c.CHROM, c.HGVS_C, c.HGVS_P, h.LOCUS, h.UPLOADED, c.RSID} & set(read.named.places):
        read.faults.append(
            "has no column that names a variant: chrom and pos with ref and alt, a locus, hgvs_c or hgvs_p"
        )
    hg19 = {c.CHROM: h.HG19_CHROM, c.POS: h.HG19_POS}
    if build is not None and spelt_build(build) == "GRCh37" and {*hg19.values()} <= set(read.named.places):
        second = {name: read.named.places[other] for name, other in hg19.items()}
        read.named = replace(read.named, places={**read.named.places, **second})
        read.notices.append("The positions of hg19 are read, which stand beside those of GRCh38.")
    table = placed_rows(read)
    table[c.BUILD] = pd.Series([_build(read, build)] * len(table), dtype=object)
    table = split_sites(read, table)
    made = table[[*c.COLUMNS]].copy()
    amounts = Amounts([read.lines[at] for at in table["at"]], read.word, read.commas)
    if scored := read.named.places.get(c.CADD):
        made[c.CADD] = amounts.scores(list(table[c.CADD]), read.titles[scored[0]])
    else:
        made[c.CADD] = np.nan
    for name, place in read.named.frequencies.items():
        made[name] = amounts.frequencies(
            list(table[name]), read.titles[place], per_cent=place in read.named.per_cent
        )
    faults = [*read.faults, *amounts.faults]
    if faults:
        raise _refusal(source, faults)
    made[c.POS] = made[c.POS].astype("Int64")
    made.attrs["notices"] = tuple(dict.fromkeys([*read.notices, *amounts.notices]))
    return made


def _read(source: Path | str | pd.DataFrame, sheet: str | None) -> TextTable:
    """Take a file or a data frame as columns of text."""
    if not isinstance(source, pd.DataFrame) and Path(source).suffix.lower() not in PARQUET:
        saved = read_cells(source, h.names_variants, sheet=sheet)
        cells = zip(*(row.cells for row in saved.rows), strict=True)
        columns: list[Texts] = [[cell or None for cell in column] for column in cells]
        lines = [row.line for row in saved.rows]
        read = TextTable.of(saved.headings, columns, lines, saved.line_word, saved.commas)
        read.notices[:0] = saved.notices
        read.faults += saved.numbers_for_names(
            {place: saved.headings[place] for place in read.named.places.get(c.LINE, ())[:1]}
        )
        return read
    frame = source if isinstance(source, pd.DataFrame) else read_table(source)
    if frame.empty:
        raise ArgumentError("The table of variants has no rows.")
    for name in frame:
        if h.read_headings([str(name)]).places.get(c.LINE):
            # Refuses names that were read as numbers with decimals.
            as_names(frame[name], str(name))
    columns = [[cell_text(value) for value in frame.iloc[:, place]] for place in range(frame.shape[1])]
    return TextTable.of([str(name) for name in frame], columns, range(1, len(frame) + 1), "row", False)


def _build(read: TextTable, asked: str | None) -> str | None:
    """Give the one build of the table: what it says, what was asked, or dbNSFP's own."""
    said: dict[str, str] = {}
    for text in dict.fromkeys(filter(None, read.texts(c.BUILD))):
        try:
            said.setdefault(spelt_build(text), text)
        except ArgumentError as error:
            read.faults.append(error.message[0].lower() + error.message[1:].removesuffix("."))
    if asked is not None:
        wanted = spelt_build(asked)
        said.setdefault(wanted, f"{asked}, as was said")
    elif not said and {h.HG19_CHROM, h.HG19_POS} & set(read.named.places):
        read.notices.append("Positions are taken to be GRCh38, since those of hg19 stand beside them.")
        said["GRCh38"] = "dbNSFP"
    if len(said) > 1:
        read.faults.append(
            f"has positions of two genome builds ({listed(map(repr, said.values()))}), which cannot be held "
            "together; give one"
        )
    return next(iter(said), None)


def _refusal(source: Path | str | pd.DataFrame, faults: list[str]) -> HcsError:
    """Refuse a file with its name, a data frame as the table it is."""
    if isinstance(source, pd.DataFrame):
        return ArgumentError(f"The table of variants: {'; '.join(faults)}.")
    return InputFileError(source, faults)
