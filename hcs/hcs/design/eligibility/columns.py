"""Names of the variant table: one row per line, alternate allele and transcript, whatever it was read from.

A missing value stays missing in it (None or NaN): what is not annotated is not known.
"""

LINE = "line"
BUILD = "build"
CHROM, POS, REF, ALT = "chrom", "pos", "ref", "alt"
GENE, TRANSCRIPT = "gene", "transcript"
HGVS_C, HGVS_P = "hgvs_c", "hgvs_p"
CONSEQUENCE = "consequence"
ZYGOSITY = "zygosity"
FILTER = "filter"
RSID = "rsid"
CLINVAR = "clinvar"
SIFT, POLYPHEN2, MUTATIONTASTER = "sift", "polyphen2", "mutationtaster"
CADD = "cadd"

COLUMNS = (
    LINE,
    BUILD,
    CHROM,
    POS,
    REF,
    ALT,
    GENE,
    TRANSCRIPT,
    HGVS_C,
    HGVS_P,
    CONSEQUENCE,
    ZYGOSITY,
    FILTER,
    RSID,
    CLINVAR,
    SIFT,
    POLYPHEN2,
    MUTATIONTASTER,
    CADD,
)
"""All columns but the frequencies, in order."""

TEXT = tuple(name for name in COLUMNS if name not in (POS, CADD))
"""Columns of text; `pos` is a whole number (from 1), `cadd` and every frequency a number."""

FREQUENCY = "af_"
"""Begins the name of each column of frequencies; the source follows (``af_gnomad``), then a part of it, if it
is one's (``af_gnomad_eas``)."""

BUILDS = ("GRCh37", "GRCh38")
HET, HOM, HEMI, REFERENCE, UNKNOWN = "het", "hom", "hemi", "ref", "unknown"
ZYGOSITIES = (HET, HOM, HEMI, REFERENCE, UNKNOWN)
"""Of a line at a variant; ``unknown`` is an allele whose copies are not told, a missing value a no-call."""
