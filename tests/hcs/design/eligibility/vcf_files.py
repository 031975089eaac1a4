"""VCFs for tests, with headers in the form in which the programs write them."""

from collections.abc import Sequence
from pathlib import Path

VEP_FIELDS = (
    "Allele|Consequence|IMPACT|SYMBOL|Gene|Feature_type|Feature|BIOTYPE|EXON|INTRON|HGVSc|HGVSp|cDNA_position|"
    "CDS_position|Protein_position|Amino_acids|Codons|Existing_variation|ALLELE_NUM|DISTANCE|STRAND|FLAGS|PICK|"
    "SYMBOL_SOURCE|HGNC_ID|CANONICAL|MANE_SELECT|SIFT|PolyPhen|AF|AFR_AF|EAS_AF|gnomADe_AF|gnomADe_EAS_AF|"
    "gnomADg_AF|MAX_AF|MAX_AF_POPS|CLIN_SIG|SOMATIC|PHENO|CADD_PHRED|CADD_RAW|MutationTaster_pred"
)
SNPEFF_FIELDS = (
    "Allele | Annotation | Annotation_Impact | Gene_Name | Gene_ID | Feature_Type | Feature_ID | "
    "Transcript_BioType | Rank | HGVS.c | HGVS.p | cDNA.pos / cDNA.length | CDS.pos / CDS.length | "
    "AA.pos / AA.length | Distance | ERRORS / WARNINGS / INFO"
)
GT = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">'
CSQ = (
    '##INFO=<ID=CSQ,Number=.,Type=String,Description="Consequence annotations from Ensembl VEP. Format: '
    f'{VEP_FIELDS}">'
)
ANN = f"##INFO=<ID=ANN,Number=.,Type=String,Description=\"Functional annotations: '{SNPEFF_FIELDS}' \">"
CHR21 = "##contig=<ID=chr21,length=46709983>"
FIXED = ("#CHROM", "POS", "ID", "REF", "ALT", "QUAL", "FILTER", "INFO")


def info(name: str, number: str = "A", kind: str = "Float", said: str = "a field") -> str:
    """Give the line of a header that declares an INFO field."""
    return f'##INFO=<ID={name},Number={number},Type={kind},Description="{said}">'


def csq(allele: str, **said: str) -> str:
    """Give one entry of VEP, its parts by their names."""
    return "|".join({"Allele": allele, **said}.get(name, "") for name in VEP_FIELDS.split("|"))


def ann(allele: str, effect: str, gene: str, transcript: str = "", hgvs_c: str = "", hgvs_p: str = "") -> str:
    """Give one entry of SnpEff."""
    parts = [allele, effect, "MODERATE", gene, gene, "transcript", transcript, "protein_coding", "1/5"]
    return "|".join([*parts, hgvs_c, hgvs_p, "", "", "", "", ""])


def vcf(
    path: Path,
    records: Sequence[str],
    header: Sequence[str] = (CHR21, CSQ, GT),
    samples: Sequence[str] = ("L1",),
) -> Path:
    """Write a VCF; in records spaces stand for tabs."""
    names = [*FIXED, *(["FORMAT", *samples] if samples else [])]
    lines = ["##fileformat=VCFv4.2", *header, "\t".join(names)]
    lines += [record.replace(" ", "\t") for record in records]
    path.write_text("\n".join(lines) + "\n")
    return path
