"""The same variants, annotated by each program in its own way, are the same rows of the variant table."""

from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.eligibility.vcf_files import ANN, CHR21, CSQ, GT, ann, csq, info, vcf

from hcs.design.eligibility.columns import COLUMNS
from hcs.design.eligibility.vcf import read_vcf

# Two variants of GRCh38 in one transcript: SOD1 p.Ala5Val (rs121912442) and TARDBP p.Ala382Thr (rs367543041).
SHARED = [
    "line",
    "build",
    "chrom",
    "pos",
    "ref",
    "alt",
    "gene",
    "zygosity",
    "filter",
    "rsid",
    "cadd",
    "af_tommo",
]
WANTED = [
    ["L1", "GRCh38", "21", 31659783, "C", "T", "SOD1", "het", "PASS", "rs121912442", 25.3, 0.005],
    ["L2", "GRCh38", "1", 11022553, "G", "A", "TARDBP", "hom", None, "rs367543041", 22.0, None],
]
HEADER = ("##reference=file:///r/GRCh38.fa", CHR21, "##contig=<ID=chr1,length=248956422>", GT)
SOD1, TARDBP = "chr21 31659783 {} C T 50 PASS {} GT 0/1 0|0", "chr1 11022553 {} G A 50 . {} GT 0/0 1|1"


def rows(table: pd.DataFrame) -> list[list[object]]:
    """Give the rows of a table, None for what is missing."""
    whole = table.astype(object).where(table.notna(), None)
    return [list(row) for row in whole.itertuples(index=False)]


def of_vep(path: Path) -> Path:
    """VEP 110, frequencies of ToMMo by --custom."""
    fields = (
        "Allele|Consequence|SYMBOL|Feature|HGVSc|HGVSp|Existing_variation|SIFT|PolyPhen|CADD_PHRED|ToMMo_AF"
    )
    header = info("CSQ", ".", "String", f"Consequence annotations from Ensembl VEP. Format: {fields}")
    first = (
        "T|missense_variant|SOD1|ENST00000270142|ENST00000270142.11:c.14C>T|ENSP00000270142.4:p.Ala5Val|"
        "rs121912442|deleterious(0)|benign(0.1)|25.3|0.005"
    )
    second = (
        "A|missense_variant|TARDBP|ENST00000240185|ENST00000240185.8:c.1144G>A|ENSP00000240185.4:p.Ala382Thr|"
        "rs367543041&COSV53|tolerated(0.2)|benign(0.1)|22|"
    )
    records = [SOD1.format(".", f"DP=3;CSQ={first}"), TARDBP.format(".", f"CSQ={second}")]
    return vcf(path, records, (*HEADER, header), ("L1", "L2"))


def of_snpeff(path: Path) -> Path:
    """SnpEff 5 and SnpSift's dbNSFP, ToMMo by SnpSift annotate, rs numbers among the names."""
    header = [ANN, info("AF_TOMMO"), info("dbNSFP_CADD_phred"), info("dbNSFP_SIFT_pred", "A", "Character")]
    first = ann("T", "missense_variant", "SOD1", "ENST00000270142.11", "c.14C>T", "p.Ala5Val")
    second = ann("A", "missense_variant", "TARDBP", "ENST00000240185.8", "c.1144G>A", "p.Ala382Thr")
    records = [
        SOD1.format("rs121912442", f"ANN={first};AF_TOMMO=0.005;dbNSFP_CADD_phred=25.3;dbNSFP_SIFT_pred=D,."),
        TARDBP.format("COSV1;rs367543041", f"dbNSFP_CADD_phred=22.0;dbNSFP_SIFT_pred=T;ANN={second}"),
    ]
    return vcf(path, records, (*HEADER, *header), ("L1", "L2"))


def of_annovar(path: Path) -> Path:
    """ANNOVAR's table_annovar, with ToMMo as a table of the user's."""
    names = ["Func.refGene", "Gene.refGene", "GeneDetail.refGene", "ExonicFunc.refGene", "AAChange.refGene"]
    names += ["avsnp150", "CADD_phred", "ToMMo_AF", "AF", "AF_eas"]
    header = [info(name, ".", "String", f"{name} annotation provided by ANNOVAR") for name in names]

    def block(*values: str) -> str:
        said = ";".join(f"{name}={value}" for name, value in zip(names, values, strict=True))
        return f"AC=1;AF=0.25;ANNOVAR_DATE=2020-06-08;{said};ALLELE_END"

    effect = "nonsynonymous_SNV"
    sod1 = "SOD1:NM_000454:exon1:c.C14T:p.A5V"
    tardbp = "TARDBP:NM_007375:exon6:c.G1144A:p.A382T"
    first = block("exonic", "SOD1", ".", effect, sod1, "rs121912442", "25.3", "0.005", "0.0001", ".")
    second = block("exonic", "TARDBP", ".", effect, tardbp, "rs367543041", "22", ".", ".", ".")
    return vcf(path, [SOD1.format(".", first), TARDBP.format(".", second)], (*HEADER, *header), ("L1", "L2"))


def of_clinvar(path: Path) -> Path:
    """ClinVar's own fields, carried over with bcftools annotate, and CADD and ToMMo by vcfanno."""
    header = [info("GENEINFO", "1", "String"), info("MC", ".", "String"), info("RS", ".", "String")]
    header += [info("cadd_phred", "1"), info("tommo_54kjpn_af", "A")]
    first = (
        "GENEINFO=SOD1:6647;MC=SO:0001583|missense_variant;RS=121912442;cadd_phred=25.3;tommo_54kjpn_af=0.005"
    )
    second = "GENEINFO=TARDBP:23435;MC=SO:0001583|missense_variant;RS=367543041;cadd_phred=22"
    return vcf(
        path, [SOD1.format("14762", first), TARDBP.format(".", second)], (*HEADER, *header), ("L1", "L2")
    )


@pytest.mark.parametrize("written", [of_vep, of_snpeff, of_annovar, of_clinvar])
def test_every_program_gives_the_same_table(tmp_path: Path, written: Callable[[Path], Path]) -> None:
    """In the columns that all of them fill: place, alleles, gene, copies, name, CADD, frequency."""
    table = read_vcf(written(tmp_path / "a.vcf"), genes=["SOD1", "TARDBP"])
    assert rows(table[SHARED]) == WANTED
    assert list(table["consequence"]) == ["missense_variant"] * 2 or written is of_annovar
    assert table.attrs["build"] == "GRCh38"


def test_transcripts_and_changes_of_each_program(tmp_path: Path) -> None:
    """Sequences before the change are told by the column of transcripts; ANNOVAR's own spelling stays."""
    said = {
        made.__name__: read_vcf(made(tmp_path / "a.vcf"))[["transcript", "hgvs_c", "hgvs_p"]].iloc[0].tolist()
        for made in (of_vep, of_snpeff, of_annovar, of_clinvar)
    }
    assert said == {
        "of_vep": ["ENST00000270142", "c.14C>T", "p.Ala5Val"],
        "of_snpeff": ["ENST00000270142.11", "c.14C>T", "p.Ala5Val"],
        "of_annovar": ["NM_000454", "c.C14T", "p.A5V"],
        "of_clinvar": [None, None, None],
    }


def test_a_call_sets_own_frequency_is_no_populations(tmp_path: Path) -> None:
    """INFO/AF is not read and told; ANNOVAR's AF, by the same name, is gnomAD's."""
    table = read_vcf(of_annovar(tmp_path / "a.vcf"))
    assert table["af_gnomad"].tolist()[0] == 0.0001
    assert any("INFO/AF, the call set's own" in said for said in table.attrs["notices"])
    plain = vcf(tmp_path / "b.vcf", [SOD1.format(".", "AF=0.25")], (*HEADER, info("AF")), ("L1", "L2"))
    assert list(read_vcf(plain).columns) == list(COLUMNS)


def test_annovar_writes_a_block_for_each_allele(tmp_path: Path) -> None:
    """The keys stand once in each block; two runs of ANNOVAR double the blocks."""
    names = ("Gene.refGene", "Func.refGene", "CADD_phred")
    header = [info(name, ".", "String", f"{name} annotation provided by ANNOVAR") for name in names]
    blocks = "".join(
        f"ANNOVAR_DATE=2020-06-08;Gene.refGene=SOD1\\x3bSCAF4;Func.refGene=exonic;CADD_phred={cadd};ALLELE_END;"
        for cadd in (11, 22)
    )
    path = vcf(
        tmp_path / "a.vcf",
        [f"chr21 31659783 . C A,T 1 . {blocks.strip(';')} GT 1/2 0/2"],
        (*HEADER, *header),
        ("L1", "L2"),
    )
    table = read_vcf(path, genes=["SOD1"])
    assert table[["line", "alt", "gene", "cadd"]].to_numpy().tolist() == [
        ["L1", "A", "SOD1", 11.0],
        ["L1", "T", "SOD1", 22.0],
        ["L2", "T", "SOD1", 22.0],
    ]
    assert set(read_vcf(path)["gene"]) == {"SOD1", "SCAF4"}


def test_neighbours_of_an_intergenic_variant_are_not_its_genes(tmp_path: Path) -> None:
    """ANNOVAR names the genes on both sides; nothing of them is changed."""
    names = ("Func.refGene", "Gene.refGene")
    header = [info(name, ".", "String", f"{name} annotation provided by ANNOVAR") for name in names]
    said = "ANNOVAR_DATE=2020-06-08;Func.refGene=intergenic;Gene.refGene=SOD1\\x3bSCAF4;ALLELE_END"
    path = vcf(tmp_path / "a.vcf", [SOD1.format(".", said)], (*HEADER, *header), ("L1", "L2"))
    assert read_vcf(path, genes=["SOD1"]).empty
    assert read_vcf(path)[["gene", "consequence"]].to_numpy().tolist() == [[None, "intergenic"]]


def test_predictions_follow_the_transcripts_that_dbnsfp_scored(tmp_path: Path) -> None:
    """One of several may be damaged; MutationTaster's list follows its own models and stays whole."""
    names = ("Ensembl_transcriptid", "SIFT_pred", "MutationTaster_pred")
    header = [ANN, *(info(f"dbNSFP_{name}", "A", "String") for name in names)]
    entries = ",".join(
        ann("T", "missense_variant", "SOD1", name) for name in ("ENST1.4", "ENST2", "ENST9", "NM_1")
    )
    said = f"ANN={entries};dbNSFP_Ensembl_transcriptid=ENST1,ENST2;dbNSFP_SIFT_pred=.,D"
    said += ";dbNSFP_MutationTaster_pred=A,N,D"
    table = read_vcf(vcf(tmp_path / "a.vcf", [SOD1.format(".", said)], (*HEADER, *header), ("L1", "L2")))
    assert table["sift"].tolist() == [None, "D", None, ".,D"]
    assert set(table["mutationtaster"]) == {"A,N,D"}


def test_snpsifts_lists_do_not_tell_alleles_apart(tmp_path: Path) -> None:
    """They hold a value for each transcript of each known allele, one after the other: missing, and told."""
    header = [ANN, info("dbNSFP_SIFT_pred", "A", "String"), info("dbNSFP_CADD_phred")]
    entries = ",".join(ann(alt, "missense_variant", "SOD1", "ENST1") for alt in "AT")
    said = f"ANN={entries};dbNSFP_SIFT_pred=D,T;dbNSFP_CADD_phred=31,2"
    path = vcf(
        tmp_path / "a.vcf",
        [f"chr21 31659783 . C A,T 1 . {said} GT 1/2 ./."],
        (*HEADER, *header),
        ("L1", "L2"),
    )
    table = read_vcf(path)
    assert table["sift"].isna().all()
    assert table["cadd"].isna().all()
    assert any("do not say which one they are about: 1 record" in said for said in table.attrs["notices"])


def test_two_programs_that_name_different_genes_are_both_kept(tmp_path: Path) -> None:
    """A variant that one of them places in a listed gene is in it."""
    record = SOD1.format(".", f"CSQ={csq('T', SYMBOL='SCAF4')};ANN={ann('T', 'missense_variant', 'SOD1')}")
    path = vcf(tmp_path / "a.vcf", [record], (*HEADER, CSQ, ANN), ("L1", "L2"))
    assert read_vcf(path)["gene"].tolist() == ["SCAF4", "SOD1"]
    table = read_vcf(path, genes=["sod1"])
    assert table["gene"].tolist() == ["SOD1"]
    said = "Two programs name different genes: 1 record (first chr21:31659783); rows of both are kept."
    assert said in table.attrs["notices"]


def test_veps_plugin_lists_dbnsfps_transcripts(tmp_path: Path) -> None:
    """Joined by "&"; where VEP was told to write no transcripts, the list stays whole."""
    fields = "Allele|SYMBOL|Feature|SIFT_pred|Ensembl_transcriptid|gnomAD_exomes_AF"
    for said, sift in ((fields, [None, "D"]), (fields.replace("Feature", "EXON"), ["T&D", "T&D"])):
        header = info("CSQ", ".", "String", f"Consequence annotations from Ensembl VEP. Format: {said}")
        entries = ",".join(f"T|SOD1|{name}|T&D|ENST1&ENST2|0.1&0.1" for name in ("ENST9.1", "ENST2.3"))
        table = read_vcf(
            vcf(tmp_path / "a.vcf", [SOD1.format(".", f"CSQ={entries}")], (*HEADER, header), ("L1", "L2"))
        )
        assert table["sift"].tolist() == sift
        assert table["af_gnomad_exomes"].tolist() == [0.1, 0.1]
