"""Which field of an annotated VCF is which column of the variant table, by the names that programs give it.

Names are compared in lower case with every mark an underscore, and without the ``dbNSFP_`` of SnpSift, so
that ``dbNSFP_Polyphen2_HVAR_pred``, ANNOVAR's ``Polyphen2_HVAR_pred`` and a field of VEP's plugin are one.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache

from hcs.design.eligibility.columns import (
    CADD,
    CLINVAR,
    CONSEQUENCE,
    FREQUENCY,
    GENE,
    HGVS_C,
    HGVS_P,
    MUTATIONTASTER,
    POLYPHEN2,
    RSID,
    SIFT,
    TRANSCRIPT,
)

OWNER = "allele"
"""Number of the allele that a row is about, while the table is put together."""

CONFLICTS = "clinvar_conflicts"
SCORED = "scored_transcripts"
"""Transcripts that lists of predictions follow (dbNSFP)."""

_VERSION = r"(?:_?v?\d+(?:_\d+)*)?"
_BETWEEN = rf"{_VERSION}(?:_(?:af|all|freq))"
_KJPN = r"\d+(?:_\d+)?k_?jpn"

POPULATIONS: Mapping[str, tuple[str, ...]] = {
    "dbsnp": ("caf", r"dbsnp\d*_(?:caf|af|freq)", r"af_dbsnp\d*"),
    "tommo": (
        rf"(?:tommo|jmorp)(?:_?{_KJPN})?(?:_lifted\d+)?{_BETWEEN}",
        rf"{_KJPN}_(?:af|freq)",
        rf"af_(?:tommo|jmorp)(?:_?{_KJPN})?",
    ),
    "1000g": (
        r"(?:1000_?genomes?|1000g|1000gp[13]|1kgp?|1k_genomes|kgp|tgp)"
        r"(?:_?phase_?3|_?20\d\d[a-z]{3}|_?p[13]|_?30x)?_(?:af|all|freq)",
        r"af_(?:1000_?g(?:enomes|p[13])?|1kgp?|kgp|tgp)",
    ),
    "exac": (rf"exac{_BETWEEN}", "af_exac", r"exac\d*_adj_af"),
    "gnomad_exomes": (rf"gnomad{_VERSION}_?e(?:xomes?)?{_BETWEEN}", r"af_gnomad_?e(?:xomes?)?"),
    "gnomad_genomes": (rf"gnomad{_VERSION}_?g(?:enomes?)?{_BETWEEN}", r"af_gnomad_?g(?:enomes?)?"),
    "gnomad": (rf"gnomad{_VERSION}(?:_joint)?{_BETWEEN}", "af_gnomad"),
    "topmed": (rf"topmed(?:_(?:frz|freeze)_?\d+)?{_BETWEEN}", "topmed", "af_topmed"),
    "esp": (r"esp\d*(?:si(?:v2)?)?_(?:all|af)", "af_esp", "goesp_(?:af|freq)"),
    "hgvd": (rf"hgvd{_BETWEEN}", "af_hgvd"),
    "alfa": (rf"(?:dbgap_)?alfa(?:_total)?{_BETWEEN}", r"dbgap_popfreq_(?:af|freq)", "af_alfa"),
}
"""Population sources and the names of their overall frequencies. Those of a subpopulation are none of these:
that of one is no frequency of the source, and neither is the largest of several (``MAX_AF``)."""

COLUMNS: Mapping[str, tuple[str, ...]] = {
    GENE: (
        "symbol",
        "gene_name",
        r"gene_(?:refgene|ensgene|knowngene|wgencode\w+)(?:withver)?",
        "genename",
        "geneinfo",
    ),
    TRANSCRIPT: ("feature", "feature_id"),
    CONSEQUENCE: ("consequence", "annotation", "mc"),
    HGVS_C: ("hgvsc", "hgvs_c"),
    HGVS_P: ("hgvsp", "hgvs_p"),
    SIFT: ("sift", r"(?:ljb\d+\w*?_)?sift_pred"),
    POLYPHEN2: ("polyphen", r"(?:ljb\d+\w*?_)?polyphen2_hvar_pred", r"(?:ljb\d+\w*?_)?polyphen2_hdiv_pred"),
    MUTATIONTASTER: (r"(?:ljb\d+\w*?_)?mutationtaster_pred",),
    CADD: (r"cadd\d*_?phred", r"cadd\d*_phred_hg19"),
    CLINVAR: (r"(?:clinvar\w*_)?clnsig", "clin_sig", "clinsig", r"clinvar_sig\w*"),
    CONFLICTS: (r"(?:clinvar\w*_)?clnsigconf",),
    RSID: ("existing_variation", r"(?:av)?snp\d+\w*", r"rs_dbsnp\d*", "rsid", "rs"),
    SCORED: ("ensembl_transcriptid",),
}
"""Other columns and the fields that hold them, the one that is taken first where a file has several."""

LIKE_FREQUENCY = re.compile(r"(?:.*_)?(?:m?af|freqs?|caf)(?:_.*)?|.*_all")

_PATTERNS = [
    (column, rank, re.compile(pattern))
    for column, patterns in (
        *((FREQUENCY + name, said) for name, said in POPULATIONS.items()),
        *COLUMNS.items(),
    )
    for rank, pattern in enumerate(patterns)
]


@cache
def plain_name(name: str) -> str:
    """Spell a field's name as it is compared."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removeprefix("dbnsfp_")


@cache
def column_of(name: str) -> tuple[str, int] | None:
    """Give the column that a field is, and its turn among fields of that column; None for no column.

    Examples
    --------
    >>> column_of("gnomADe_AF"), column_of("dbNSFP_SIFT_pred")
    (('af_gnomad_exomes', 0), ('sift', 1))
    >>> column_of("gnomADe_EAS_AF")
    """
    plain = plain_name(name)
    for column, rank, pattern in _PATTERNS:
        if pattern.fullmatch(plain):
            return column, rank
    return None


def fields_by_column(names: Iterable[str], also: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Sort the fields of a file by the column they hold, the first to be taken first.

    Parameters
    ----------
    names
        The fields, as the file spells them.
    also
        Columns of fields whose name alone does not say it, as ``AF``, which is of 1000 Genomes in VEP's
        annotations and the call set's own elsewhere.
    """
    found: dict[str, list[tuple[int, str]]] = {}
    for name in dict.fromkeys(names):
        known = ((also or {}).get(name), 0) if name in (also or {}) else column_of(name)
        if known is not None and known[0] is not None:
            found.setdefault(known[0], []).append((known[1], name))
    return {
        column: [name for _, name in sorted(held, key=lambda one: one[0])] for column, held in found.items()
    }


def like_frequency(name: str) -> bool:
    """Whether a field that is no source's overall frequency has the name of some frequency."""
    return column_of(name) is None and LIKE_FREQUENCY.fullmatch(plain_name(name)) is not None


def told_of(column: str) -> bool:
    """Whether it is said which field of several a column was read from: where fields may differ."""
    return column.startswith(FREQUENCY) or column in (SIFT, POLYPHEN2, MUTATIONTASTER, CADD, CLINVAR)


def is_number(column: str) -> bool:
    """Whether a column holds numbers: frequencies and CADD."""
    return column == CADD or column.startswith(FREQUENCY)
