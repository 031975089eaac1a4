"""Tables of variants as programs and people write them, read into the columns of all variant tables."""

import gzip
from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from hcs.design.eligibility.headings import read_headings
from hcs.design.eligibility.tablefile import read_variant_table
from hcs_plates.errors import HcsError

VEP = """## ENSEMBL VARIANT EFFECT PREDICTOR v110
## Output produced at 2024-01-01
#Uploaded_variation\tLocation\tAllele\tGene\tFeature\tConsequence\tSYMBOL\tIND\tZYG\tHGVSc\tSIFT\tPolyPhen\tAF\tEAS_AF\tgnomADe_AF\tMAX_AF\tCLIN_SIG\tCADD_PHRED\tCADD_RAW
21_31667299_A/G\t21:31667299\tG\tENSG00000142168\tENST00000270142\tmissense_variant\tSOD1\tL1\tHET\tc.140A>G\tdeleterious(0.02)\tprobably_damaging(0.99)\t-\t0.001\t0.0001\t0.2\tpathogenic\t25.1\t3.9
rs80265967\t21:31667300-31667301\t-\tENSG00000142168\tENST00000389995\tframeshift_variant\tSOD1\tL2\tHOM\t-\t-\t-\t-\t-\t-\t-\t-\t33\t5
"""

ANNOVAR = """Chr,Start,End,Ref,Alt,Func.refGene,Gene.refGene,ExonicFunc.refGene,AAChange.refGene,1000g2015aug_all,ExAC_ALL,ExAC_EAS,avsnp150,CLNSIG,SIFT_score,SIFT_pred,Polyphen2_HDIV_pred,Polyphen2_HVAR_pred,MutationTaster_pred,CADD_raw,CADD_phred,Sample,Zygosity
chr21,31667299,31667299,A,G,exonic,SOD1,nonsynonymous SNV,SOD1:NM_000454:exon2:c.A140G:p.H47R,.,0.0001,0.001,rs1,Pathogenic,0.01,D,D,P,A,4.1,25.1,L1,het
chr21,31667400,31667400,-,TT,exonic,SOD1,frameshift insertion,.,0.002,.,.,.,.,.,.,B,.,.,.,.,L1,hom
"""  # noqa: E501

DBNSFP = """#chr\tpos(1-based)\tref\talt\tgenename\tEnsembl_transcriptid\thg19_chr\thg19_pos(1-based)\tSIFT_pred\tSIFT4G_pred\tPolyphen2_HVAR_pred\tMutationTaster_pred\tCADD_phred\tgnomAD_exomes_AF\tgnomAD_exomes_EAS_AF\tclinvar_clnsig
21\t31667299\tA\tG\tSOD1;SOD1\tENST1;ENST2\t21\t33039612\tD;T\tT;T\tP;.\tA;D\t25.1\t1e-04\t2e-3\tPathogenic
"""  # noqa: E501

ION = """Sample\t# locus\ttype\tref\tgenotype\tgene\ttranscript\tlocation\tfunction\tprotein\tcoding\tsift\tpolyphen\tclinvar\tdbsnp\texac\tmaf
L1\tchr21:31667299\tSNV\tA\tA/G\tSOD1\tNM_000454.4\texonic\tmissense\tp.His47Arg\tc.140A>G\t0.02\t0.99\tPathogenic\trs1\t0.0001\t0.4
L2\tchr21:31667299\tSNV\tA\tG/T\tSOD1\tNM_000454.4\texonic\tmissense\tp.His47Arg\tc.140A>G\t0.02\t0.99\t\trs1\t0.0001\t0.4
"""  # noqa: E501


def row(table: pd.DataFrame, place: int, *names: str) -> list[object]:
    """Cells of a row, None where missing."""
    cells = table.iloc[place]
    return [None if pd.isna(cells[name]) else cells[name] for name in names]


PLACE = ("line", "chrom", "pos", "ref", "alt", "zygosity")


def written(folder: Path, name: str, text: str) -> Path:
    """A file of text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


def test_vep(tmp_path: Path) -> None:
    """Comments above, alleles in the variant's name, AF of the 1000 Genomes, symbols and not identifiers."""
    table = read_variant_table(written(tmp_path, "vep.txt", VEP), build="hg38")
    assert row(table, 0, *PLACE) == ["L1", "21", 31667299, "A", "G", "het"]
    assert row(table, 1, *PLACE) == ["L2", "21", 31667300, None, "-", "hom"]
    assert row(table, 0, "gene", "transcript", "sift", "polyphen2", "cadd", "clinvar", "build") == [
        "SOD1",
        "ENST00000270142",
        "deleterious(0.02)",
        "probably_damaging(0.99)",
        25.1,
        "pathogenic",
        "GRCh38",
    ]
    assert row(table, 0, "af_1000g", "af_1000g_eas", "af_gnomad_exomes") == [None, 0.001, 0.0001]
    told = " ".join(table.attrs["notices"])
    assert "'MAX_AF' may be a share of reads or a population's frequency and is not used" in told
    assert "'CADD_RAW' is not CADD's PHRED score" in told


def test_annovar(tmp_path: Path) -> None:
    """Dots are blank, an insertion has no anchor; HumVar's word first, HumDiv's where it is blank."""
    table = read_variant_table(written(tmp_path, "annovar.csv", ANNOVAR))
    assert row(table, 0, *PLACE) == ["L1", "21", 31667299, "A", "G", "het"]
    assert row(table, 1, *PLACE) == ["L1", "21", 31667400, "-", "TT", "hom"]
    assert row(table, 0, "gene", "sift", "polyphen2", "mutationtaster", "cadd", "rsid", "clinvar") == [
        "SOD1",
        "D",
        "P",
        "A",
        25.1,
        "rs1",
        "Pathogenic",
    ]
    assert row(table, 1, "sift", "polyphen2", "af_1000g", "af_exac") == [None, "B", 0.002, None]
    assert row(table, 1, "build") == [None]
    assert "'SIFT_pred' is read as sift, and where it is blank 'SIFT_score'." in table.attrs["notices"]


def test_dbnsfp_packed(tmp_path: Path) -> None:
    """Positions are GRCh38 where those of hg19 stand beside them; lists of transcripts stay lists."""
    path = tmp_path / "dbnsfp.tsv.gz"
    path.write_bytes(gzip.compress(DBNSFP.encode()))
    table = read_variant_table(path)
    assert row(table, 0, "build", "chrom", "pos", "gene", "sift", "polyphen2", "mutationtaster") == [
        "GRCh38",
        "21",
        31667299,
        "SOD1;SOD1",
        "D;T",
        "P;.",
        "A;D",
    ]
    assert row(table, 0, "af_gnomad_exomes", "af_gnomad_exomes_eas") == [1e-4, 2e-3]
    assert row(read_variant_table(path, build="hg19"), 0, "build", "pos") == ["GRCh37", 33039612]


def test_ion_reporter(tmp_path: Path) -> None:
    """Alleles and copies from the genotype; two alternate alleles are two rows."""
    table = read_variant_table(written(tmp_path, "ion.tsv", ION))
    assert row(table, 0, *PLACE) == ["L1", "21", 31667299, "A", "G", "het"]
    assert [row(table, place, *PLACE)[4:] for place in (1, 2)] == [["G", "het"], ["T", "het"]]
    assert row(table, 0, "sift", "polyphen2", "af_exac") == ["0.02", "0.99", 0.0001]
    assert row(table, 2, "sift", "af_exac") == [None, None]
    assert "'maf' may be a share of reads" in " ".join(table.attrs["notices"])


def test_a_workbook_and_a_data_frame_are_read_alike(tmp_path: Path) -> None:
    """Numbers of a workbook are numbers, also where it shows them as per cent."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    rows = [
        ["clone", "chrom", "pos", "ref", "alt", "gene", "CADD", "gnomAD AF", "batch"],
        ["L1", "21", 5, "A", "G", "SOD1", 20, 0.005, "b1"],
    ]
    for cells in rows:
        sheet.append(cells)
    sheet["H2"].number_format = "0.0%"
    book.save(tmp_path / "v.xlsx")
    found = read_variant_table(tmp_path / "v.xlsx")
    frame = read_variant_table(pd.DataFrame(rows[1:], columns=rows[0]))
    assert row(found, 0, "line", "pos", "cadd", "af_gnomad") == ["L1", 5, 20.0, 0.005]
    pd.testing.assert_frame_equal(found, frame)
    assert "Not used: 'batch'." in found.attrs["notices"]


def test_what_is_missing_stays_missing() -> None:
    """No column of a predictor is not a column of benign words."""
    table = read_variant_table(pd.DataFrame({"gene": ["SOD1"], "hgvs_c": ["c.1A>G"], "rsid": [None]}))
    for name in ("sift", "polyphen2", "mutationtaster", "cadd", "clinvar", "chrom", "pos", "line"):
        assert row(table, 0, name) == [None]
    assert row(table, 0, "zygosity") == ["unknown"]
    assert not [name for name in table if name.startswith("af_")]


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("gene,cadd\nSOD1,3\n", "has no column that names a variant"),
        ("Gene,chrom,pos,ref,alt\nENSG00000142168,21,5,A,G\n", "holds identifiers such as 'ENSG00000142168'"),
        ("gene,chrom,pos,ref,alt,build\nSOD1,21,5,A,G,hg17\n", "there is no genome build 'hg17'"),
        (
            "gene;chrom;pos;ref;alt;cadd;af_gnomad\nSOD1;21;5;A;G;1,5;0,005\nSOD1;21;6;A;G;1.5;0,1\n",
            "has decimal commas and decimal points",
        ),
        ("gene,chrom,pos,ref,alt,SIFT_pred,SIFT-pred\nSOD1,21,5,A,G,D,T\n", "column 'sift' is there 2 times"),
        ("gene,chrom,pos,ref,alt,gnomAD_AF\nSOD1,21,5,A,G,3.2\n", "which is no share from 0 to 1"),
    ],
)
def test_refusals(tmp_path: Path, text: str, sentence: str) -> None:
    """What leaves open what is meant."""
    with pytest.raises(HcsError, match=sentence):
        read_variant_table(written(tmp_path, "v.csv", text))


def test_decimal_commas_are_read_where_nothing_else_can_be_meant(tmp_path: Path) -> None:
    """As a spreadsheet of another country writes them, and told."""
    text = "gene;chrom;pos;ref;alt;cadd;af_gnomad\nSOD1;21;5;A;G;20,5;0,005\nSOD1;21;6;A;G;3,25;0,1%\n"
    table = read_variant_table(written(tmp_path, "v.csv", text))
    assert table["cadd"].tolist() == [20.5, 3.25]
    assert table["af_gnomad"].tolist() == [0.005, 0.001]
    assert sum("decimal commas of column" in note for note in table.attrs["notices"]) == 2


def test_headings_that_are_not_used_are_listed() -> None:
    """SIFT's other scores are not SIFT, and counts of alleles are no frequencies."""
    found = read_headings(["chrom", "pos", "ref", "alt", "SIFT4G_pred", "gnomAD_AC", "AF", "VAF"])
    assert found.unused == ("SIFT4G_pred", "gnomAD_AC", "AF", "VAF")
    assert not found.frequencies
