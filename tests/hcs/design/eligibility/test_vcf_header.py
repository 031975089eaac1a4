"""The header of a VCF tells the genome build and what its annotations are."""

from pathlib import Path

import pytest
from tests.hcs.design.eligibility.vcf_files import ANN, CSQ, info

from hcs.design.eligibility.vcf_header import genome_build, read_header
from hcs_plates.errors import InputFileError

PATH = Path("a.vcf")
VEP = '##VEP="v110" time="2023-09-01 10:00:00" cache="/c/110_GRCh37" 1000genomes="phase3" assembly="{}"'


@pytest.mark.parametrize(
    ("line", "build"),
    [
        ("##reference=file:///gatk/human_g1k_v37_decoy.fasta", "GRCh37"),
        ("##reference=GRCh38", "GRCh38"),
        ("##reference=file:///r/Homo_sapiens_assembly38.fasta", "GRCh38"),
        ("##reference=file:///lift/hg19_to_hg38/ref.fa", None),
        ("##reference=genome.fa", None),
        ("##contig=<ID=1,length=249250621>", "GRCh37"),
        ("##contig=<ID=chr1,length=248956422>", "GRCh38"),
        ("##contig=<ID=chrX,length=156040895,assembly=x>", "GRCh38"),
        ("##contig=<ID=chr21,assembly=b37>", "GRCh37"),
        ("##contig=<ID=chr1,length=248387328>", None),
        ("##contig=<ID=chrM,length=16569>", None),
        (VEP.format("GRCh38.p13"), "GRCh38"),
        ('##SnpEffCmd="SnpEff  GRCh37.75 in.vcf "', "GRCh37"),
        ("##source=hg19", None),
    ],
)
def test_what_tells_the_build(line: str, build: str | None) -> None:
    """The reference, lengths of chromosomes, what the programs were given; else it is told as not known."""
    found, notices = genome_build(PATH, ["##fileformat=VCFv4.2", line])
    assert found == build
    assert bool(notices) == (build is None)


def test_two_builds_are_refused() -> None:
    """A file that was lifted over and keeps its old header would have every position wrong."""
    lines = ["##contig=<ID=1,length=249250621>", VEP.format("GRCh38.p13")]
    with pytest.raises(
        InputFileError, match=r"two genome builds, GRCh37 \(chromosome 1 of 249,250,621 bases\) and"
    ):
        genome_build(PATH, lines)


def test_what_the_programs_declare() -> None:
    """Entries between bars, with their parts in the order of this file; fields that ANNOVAR wrote."""
    annovar = '##INFO=<ID=AF,Number=.,Type=String,Description="AF annotation provided by ANNOVAR">'
    own = '##INFO=<ID=AF,Number=A,Type=Float,Description="Allele Frequency, for each ALT",Source="x">'
    header = read_header(PATH, [own, CSQ, ANN, annovar])
    assert [(nested.key, nested.program, nested.fields[:2], nested.allele) for nested in header.nested] == [
        ("CSQ", "VEP", ("Allele", "Consequence"), 0),
        ("ANN", "SnpEff", ("Allele", "Annotation"), 0),
    ]
    assert len(header.nested[1].fields) == 16
    assert header.annovar == {"AF"}
    assert header.numbers["AF"] == "A"


def test_veps_entries_may_stand_under_another_name() -> None:
    """VEP is told so with --vcf_info_field; its parts are known by the word Format."""
    said = info("ANN", ".", "String", "Consequence annotations from Ensembl VEP. Format: SYMBOL|Allele|SIFT")
    nested = read_header(PATH, [said]).nested[0]
    assert (nested.program, nested.allele) == ("VEP", 1)
    assert not read_header(
        PATH, ["##INFO=<ID=LOF,Number=.,Type=String,Description=\"Format: 'Gene | ID'\">"]
    ).nested
