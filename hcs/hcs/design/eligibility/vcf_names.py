"""Which field of an annotated VCF is which column of the variant table, by the names that programs give it.

Names are compared in lower case with every mark an underscore, and without the ``dbNSFP_`` of SnpSift, so
that ``dbNSFP_Polyphen2_HVAR_pred``, ANNOVAR's ``Polyphen2_HVAR_pred`` and a field of VEP's plugin are one.
"""

import re
from collections.abc import Iterable, Mapping
from functools import cache
from typing import TypeAlias

import numpy as np

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
from hcs.design.eligibility.headings import frequency_name

Columns: TypeAlias = dict[str, np.ndarray]
"""Columns of a table by name."""

OWNER = "allele"
"""Number of the allele that a row is about, while the table is put together."""

CONFLICTS = "clinvar_conflicts"
SCORED = "scored_transcripts"
"""Transcripts that lists of predictions follow (dbNSFP)."""

SOURCES = ("dbsnp", "tommo", "1000g", "exac", "gnomad", "topmed", "esp", "hgvd", "alfa", "uk10k")
"""Population sources; their fields are named as in tables (`headings.frequency_name`), parts of them too."""

ALSO: Mapping[str, str] = {
    "caf": "dbsnp",
    r"1000gp\d_af": "1000g",
    r"1000genomes_30x_freq": "1000g",
    "goesp_freq": "esp",
    r"topmed_(?:frz|freeze)_?\d+_af": "topmed",
    r"(?:dbgap_popfreq_freq|alfa_total_af)": "alfa",
    r"gnomad_exomes_v\w+_af": "gnomad_exomes",
    r"gnomad_genomes_v\w+_af": "gnomad_genomes",
}
"""Names of overall frequencies that stand in VCFs alone, and whose they are."""

PARTS_1000G = ("AFR", "AMR", "EAS", "EUR", "SAS")
VEP_FREQUENCIES: Mapping[str, str] = {
    "AF": f"{FREQUENCY}1000g",
    **{f"{part}_AF": f"{FREQUENCY}1000g_{part.lower()}" for part in PARTS_1000G},
    "AA_AF": f"{FREQUENCY}esp_aa",
    "EA_AF": f"{FREQUENCY}esp_ea",
}
"""What VEP calls frequencies whose source it does not name: 1000 Genomes (phase 3) and ESP."""

CALL_SET = "AF"
"""Frequency in the call set itself, which is no population."""

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
    SIFT: ("sift", r"(?:ljb\d+\w*?_)?sift_pred", "sift_score"),
    POLYPHEN2: (
        "polyphen",
        r"(?:ljb\d+\w*?_)?polyphen2_hvar_pred",
        r"(?:ljb\d+\w*?_)?polyphen2_hdiv_pred",
        "polyphen2_hvar_score",
        "polyphen2_hdiv_score",
    ),
    MUTATIONTASTER: (r"(?:ljb\d+\w*?_)?mutationtaster_pred",),
    CADD: (r"cadd\d*_?phred", r"cadd\d*_phred_hg19"),
    CLINVAR: (r"(?:clinvar\w*_)?clnsig", "clin_sig", "clinsig", r"clinvar_sig\w*"),
    CONFLICTS: (r"(?:clinvar\w*_)?clnsigconf",),
    RSID: ("existing_variation", r"(?:av)?snp\d+\w*", r"rs_dbsnp\d*", "rsid", "rs"),
    SCORED: ("ensembl_transcriptid",),
}
"""Other columns and the fields that hold them, the one that is taken first where a file has several."""

_LIKE_FREQUENCY = re.compile(r"(?:.*_)?(?:m?af|freqs?|caf)(?:_.*)?|.*_all")
_BARE = re.compile(rf"(?!.*(?:af|freq|_all))(?:{'|'.join(SOURCES)})(?:_?(?:exomes?|genomes?|\d+[a-z]*))?")
_COLUMNS = {name: [re.compile(one) for one in patterns] for name, patterns in COLUMNS.items()}
_ALSO = {re.compile(pattern): source for pattern, source in ALSO.items()}


@cache
def plain_name(name: str) -> str:
    """Spell a field's name as it is compared."""
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").removeprefix("dbnsfp_")


@cache
def column_of(name: str) -> tuple[str, int] | None:
    """Give the column that a field is, and its turn among fields of that column; None for none.

    Examples
    --------
    >>> column_of("gnomADe_AF"), column_of("dbNSFP_SIFT_pred")
    (('af_gnomad_exomes', 0), ('sift', 1))
    >>> column_of("gnomADe_EAS_AF"), column_of("MAX_AF")
    (('af_gnomad_exomes_eas', 0), None)
    """
    plain = plain_name(name)
    for column, patterns in _COLUMNS.items():
        for rank, pattern in enumerate(patterns):
            if pattern.fullmatch(plain):
                return column, rank
    for pattern, source in _ALSO.items():
        if pattern.fullmatch(plain):
            return FREQUENCY + source, 1
    found = frequency_name(plain)
    # A minor allele's frequency may be that of the reference, and a field called gnomAD may be a flag.
    if found is None or plain.endswith("maf") or (_BARE.fullmatch(plain) and plain != "topmed"):
        return None
    return (found, 0) if found.removeprefix(FREQUENCY).startswith(SOURCES) else None


def fields_by_column(names: Iterable[str], also: Mapping[str, str] | None = None) -> dict[str, list[str]]:
    """Sort the fields of a file by the column they hold, the first to be taken first.

    Parameters
    ----------
    names
        The fields, as the file spells them.
    also
        Columns of fields whose name alone does not say it, as those of `VEP_FREQUENCIES`.
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
    """Whether a field that is no population's has the name of some frequency."""
    return column_of(name) is None and _LIKE_FREQUENCY.fullmatch(plain_name(name)) is not None


def told_of(column: str) -> bool:
    """Whether it is said which field of several a column was read from: where fields may differ."""
    return column.startswith(FREQUENCY) or column in (SIFT, POLYPHEN2, MUTATIONTASTER, CADD, CLINVAR)


def is_number(column: str) -> bool:
    """Whether a column holds numbers: frequencies and CADD."""
    return column == CADD or column.startswith(FREQUENCY)
