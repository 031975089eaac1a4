"""Annotated VCFs become the variant table, whichever program annotated them."""

from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.eligibility.vcf_files import CHR21, CSQ, GT, csq, info, vcf

from hcs.design.eligibility.columns import COLUMNS
from hcs.design.eligibility.vcf import read_vcf
from hcs_plates.errors import ArgumentError, InputFileError, NotThereError

A5V = csq(
    "T",
    Consequence="missense_variant",
    SYMBOL="SOD1",
    Feature="ENST00000270142",
    HGVSc="ENST00000270142.11:c.14C>T",
    HGVSp="ENSP00000270142.4:p.Ala5Val",
    Existing_variation="rs121912442&CM930680",
    SIFT="deleterious(0)",
    PolyPhen="possibly_damaging(0.867)",
    gnomADe_AF="4.01e-06",
    gnomADe_EAS_AF="0.3",
    MAX_AF="0.3",
    CLIN_SIG="pathogenic&likely_pathogenic",
    CADD_PHRED="25.3",
    MutationTaster_pred="A&D",
)


def test_what_vep_says_of_an_allele_and_transcript_is_a_row(tmp_path: Path) -> None:
    """Each part comes out under the column that it is, and a part of a population is no population."""
    path = vcf(tmp_path / "a.vcf", [f"chr21 31659783 . C T 50 PASS CSQ={A5V} GT 0/1"])
    table = read_vcf(path)
    assert list(table.columns) == [
        *COLUMNS,
        *("af_1000g", "af_1000g_afr", "af_1000g_eas", "af_gnomad_exomes", "af_gnomad_exomes_eas"),
        "af_gnomad_genomes",
    ]
    row = table.iloc[0]
    assert len(table) == 1
    assert row.dropna().to_dict() == {
        "line": "L1",
        "build": "GRCh38",
        "chrom": "21",
        "pos": 31659783,
        "ref": "C",
        "alt": "T",
        "gene": "SOD1",
        "transcript": "ENST00000270142",
        "hgvs_c": "c.14C>T",
        "hgvs_p": "p.Ala5Val",
        "consequence": "missense_variant",
        "zygosity": "het",
        "filter": "PASS",
        "rsid": "rs121912442",
        "clinvar": "pathogenic&likely_pathogenic",
        "sift": "deleterious(0)",
        "polyphen2": "possibly_damaging(0.867)",
        "mutationtaster": "A&D",
        "cadd": 25.3,
        "af_gnomad_exomes": 4.01e-06,
        "af_gnomad_exomes_eas": 0.3,
    }
    assert table.attrs["samples"] == ("L1",)
    assert table.attrs["build"] == "GRCh38"
    assert any("CSQ's MAX_AF" in said for said in table.attrs["notices"])


@pytest.mark.parametrize(
    ("records", "fault"),
    [
        (["chr21 31659783 . C T 50 PASS"], "line 6: has 7 columns between tabs and the header 10"),
        (["chr21 3165x . C T 50 PASS . GT 0/1"], "line 6: POS is '3165x'; expected a whole number from 1"),
        (["chr21 0 . C T 50 PASS . GT 0/1"], "line 6: POS is '0'"),
        (["chr21 9999999999 . C T 50 PASS . GT 0/1"], "line 6: POS is '9999999999'"),
        (["chr21 5 . C T 50 PASS . GT 0/1 0/1"], "line 6: has 11 columns"),
        ([""], "line 6: has 1 column between tabs"),
        (["chr21 5 . C T 50 PASS . GT 0/2"], "line 6: a genotype names allele 2, and ALT is T"),
        (["chr21 5 . C T 50 PASS . GT x/1"], "line 6: cannot be read as a record"),
        (["chr21 5 . C T 50 PASS CSQ=T|x GT 0/1"], "line 6: entry 1 of CSQ has 2 parts between bars"),
        (
            [f"chr21 5 . C G 50 PASS CSQ={A5V} GT 0/1"],
            "line 6: no entry of CSQ is about an allele of the record",
        ),
    ],
)
def test_a_damaged_record_is_refused_with_its_line(tmp_path: Path, records: list[str], fault: str) -> None:
    """The library passes over some of these without a word, and an empty line ends the whole program."""
    path = vcf(tmp_path / "a.vcf", records)
    with pytest.raises(InputFileError) as refused:
        read_vcf(path)
    assert fault in str(refused.value)


def test_all_damaged_records_are_named_at_once(tmp_path: Path) -> None:
    """A file is mended once."""
    path = vcf(
        tmp_path / "a.vcf",
        ["chr21 5 . C T", "chr21 5 . C T 50 PASS . GT 0/1", "chr21 x . C T 50 PASS . GT 0/1"],
    )
    with pytest.raises(InputFileError) as refused:
        read_vcf(path)
    assert [fault.partition(":")[0] for fault in refused.value.faults] == ["line 6", "line 8"]


def test_a_file_that_is_not_there_and_a_sample_that_is_not_in_it(tmp_path: Path) -> None:
    """Both are refused, the sample with the nearest."""
    with pytest.raises(NotThereError, match="There is no"):
        read_vcf(tmp_path / "none.vcf")
    path = vcf(tmp_path / "a.vcf", [], samples=("ALS01", "HC01"))
    with pytest.raises(ArgumentError, match="no sample 'ALS1'; did you mean 'ALS01'"):
        read_vcf(path, samples=["ALS1"])
    assert read_vcf(path).attrs["samples"] == ("ALS01", "HC01")
    assert isinstance(read_vcf(path), pd.DataFrame)


def one(tmp_path: Path, record: str, *header: str, samples: tuple[str, ...] = ("L1",)) -> pd.DataFrame:
    """Read a VCF of one record."""
    return read_vcf(vcf(tmp_path / "a.vcf", [record], (CHR21, CSQ, *header, GT), samples))


@pytest.mark.parametrize(
    ("said", "number", "frequency"),
    [
        ("ToMMo_AF=0.005", "A", 0.005),
        ("ToMMo_AF=.", "A", None),
        ("ToMMo_AF=", "A", None),
        ("ToMMo_AF=nan", "A", None),
        ("ToMMo_AF=0.995,0.005", "R", 0.005),
        ("ToMMo_AF=0.01,0.02", "A", None),
        ("FREQ=1000Genomes:0.9,0.1|TOMMO:0.995,0.005", "A", 0.005),
        ("FREQ=TOMMO:1,.", "A", None),
    ],
)
def test_a_frequency_is_that_of_the_allele_to_the_last_digit(
    tmp_path: Path, said: str, number: str, frequency: float | None
) -> None:
    """A list that has another length than its alleles says nothing; numbers are those of the text."""
    table = one(tmp_path, f"chr21 5 . C T 1 . {said} GT 0/1", info("ToMMo_AF", number))
    value = table["af_tommo"].iloc[0] if "af_tommo" in table else None
    assert value == frequency or (frequency is None and pd.isna(value))


def test_dbsnps_list_begins_with_the_reference(tmp_path: Path) -> None:
    """CAF holds the reference and then each alternate allele, in brackets in older files."""
    for said in ("CAF=0.99,0.004,.", "CAF=[0.99,0.004,.]"):
        table = one(tmp_path, f"chr21 5 rs1 C T,G 1 . {said} GT 1/2", info("CAF", ".", "String"))
        assert table["af_dbsnp"].tolist()[0] == 0.004
        assert table["af_dbsnp"].isna().tolist() == [False, True]


@pytest.mark.parametrize("said", ["ToMMo_AF=1.5", "ToMMo_AF=-0.1", "ToMMo_AF=often"])
def test_a_frequency_that_is_none_is_refused(tmp_path: Path, said: str) -> None:
    """With the line and what was expected."""
    with pytest.raises(InputFileError, match=f"line 7: {said} is no frequency from 0 to 1"):
        one(tmp_path, f"chr21 5 . C T 1 . {said} GT 0/1", info("ToMMo_AF"))


def test_a_number_of_vep_that_is_none_is_refused(tmp_path: Path) -> None:
    """Within the entries too."""
    with pytest.raises(InputFileError, match="21:5: gnomADe_AF=2 is no frequency from 0 to 1"):
        one(tmp_path, f"chr21 5 . C T 1 . CSQ={csq('T', SYMBOL='SOD1', gnomADe_AF='2')} GT 0/1")


@pytest.mark.parametrize(
    ("genotypes", "wanted"),
    [
        ("0/1 1|0", [("L1", "T", "het"), ("L2", "T", "het")]),
        ("1/1 0/0", [("L1", "T", "hom")]),
        ("1/2 2/2", [("L1", "T", "het"), ("L1", "G", "het"), ("L2", "G", "hom")]),
        ("1 0", [("L1", "T", "hemi")]),
        ("./. 0/0", [("L1", "T", None), ("L1", "G", None)]),
        (". 0|0", [("L1", "T", None), ("L1", "G", None)]),
        ("./1 0/0", [("L1", "T", "unknown"), ("L1", "G", None)]),
        ("0/1/1 0/0", [("L1", "T", "het")]),
        ("0/0 0/0", []),
    ],
)
def test_a_genotype_is_copies_of_each_allele(
    tmp_path: Path, genotypes: str, wanted: list[tuple[str, str, str | None]]
) -> None:
    """A no-call has a row for every allele that may be there, and an allele that is not there none."""
    table = one(tmp_path, f"chr21 5 . C T,G 1 . . GT {genotypes}", samples=("L1", "L2"))
    found = sorted(zip(table["line"], table["alt"], table["zygosity"], strict=True), key=str)
    assert found == sorted(wanted, key=str)


def test_some_samples_of_a_file(tmp_path: Path) -> None:
    """In the order of the file; one of them may be given its line's name."""
    path = vcf(tmp_path / "a.vcf", ["chr21 5 . C T 1 . . GT 0/1 0/0 1/1"], samples=("S1", "S2", "S3"))
    table = read_vcf(path, samples=["S3", "S2"])
    assert list(zip(table["line"], table["zygosity"], strict=True)) == [("S3", "hom")]
    assert table.attrs["samples"] == ("S2", "S3")
    assert read_vcf(path, samples=["S3"], line="ALS03")["line"].tolist() == ["ALS03"]
    with pytest.raises(
        ArgumentError, match=r"has 3 samples, which name the lines; leave out the line 'ALS03', or choose"
    ):
        read_vcf(path, line="ALS03")


def test_a_list_of_variants_without_samples_needs_a_line(tmp_path: Path) -> None:
    """Whose variants they are has to be said; how many copies there are is not known."""
    path = vcf(tmp_path / "a.vcf", ["chr21 5 . C T 1 . ."], samples=())
    with pytest.raises(ArgumentError, match="has no samples; say whose variants it lists"):
        read_vcf(path)
    table = read_vcf(path, line="ALS03")
    assert list(zip(table["line"], table["zygosity"], strict=True)) == [("ALS03", "unknown")]


def test_records_without_genotypes_leave_open_who_carries_them(tmp_path: Path) -> None:
    """A format without GT is no reference."""
    table = one(tmp_path, "chr21 5 . C T 1 . . DP 30")
    assert table["zygosity"].tolist() == [None]
    assert any(said.startswith("No genotypes: 1 record") for said in table.attrs["notices"])


def test_alleles_that_are_not_bases_have_a_row_without_predictions(tmp_path: Path) -> None:
    """A spanning deletion and a symbol are carried; what they do is not known. <NON_REF> is no allele."""
    entry = csq("deletion", SYMBOL="SOD1", CADD_PHRED="33", SIFT="deleterious(0)")
    table = one(tmp_path, f"chr21 5 . C <DEL> 1 . CSQ={entry} GT 0/1")
    assert table[["alt", "gene", "sift"]].to_numpy().tolist() == [["<DEL>", "SOD1", None]]
    assert table["cadd"].isna().all()
    entry = csq("T", SYMBOL="SOD1", CADD_PHRED="33")
    table = one(tmp_path, f"chr21 5 . C T,*,<NON_REF> 1 . CSQ={entry} GT 1/2")
    assert table[["alt", "gene"]].to_numpy().tolist() == [["T", "SOD1"], ["*", "SOD1"]]
    assert table["cadd"].isna().tolist() == [False, True]
    table = one(tmp_path, "chr21 5 . C <NON_REF> 1 . END=9 GT ./.", info("END", "1", "Integer"))
    assert table.empty
    assert any(said.startswith("No alternate allele: 1 record") for said in table.attrs["notices"])


def test_two_copies_on_x_may_be_one_in_a_male_line(tmp_path: Path) -> None:
    """UBQLN2 is on X: a VCF may write 1/1 where a male has one copy, and that is told."""
    path = vcf(tmp_path / "a.vcf", ["chrX 56564000 . C T 1 . . GT 1/1"])
    table = read_vcf(path)
    assert table["zygosity"].tolist() == ["hom"]
    assert any(said.startswith("Two alike alleles on X: 1 record") for said in table.attrs["notices"])


def test_genes_are_chosen_before_anything_is_split(tmp_path: Path) -> None:
    """By symbol in any case; a variant whose gene is not known stays, and one between genes does not."""
    records = [
        f"chr21 5 . C T 1 . CSQ={csq('T', SYMBOL='SOD1')},{csq('T', SYMBOL='SCAF4')} GT 0/1",
        f"chr21 6 . C T 1 . CSQ={csq('T', SYMBOL='SOD10')} GT 0/1",
        f"chr21 7 . C T 1 . CSQ={csq('T', Consequence='intergenic_variant')} GT 0/1",
        "chr21 8 . C T 1 . DP=3 GT 0/1",
    ]
    table = read_vcf(vcf(tmp_path / "a.vcf", records), genes=["sod1", "FUS"])
    assert table[["pos", "gene"]].to_numpy().tolist() == [[5, "SOD1"], [8, None]]
    panel = ["sod1", "FUS", *(f"OTHER{number}" for number in range(300))]
    pd.testing.assert_frame_equal(read_vcf(tmp_path / "a.vcf", genes=panel), table)
    path = vcf(tmp_path / "b.vcf", records[3:], (CHR21, GT))
    with pytest.raises(InputFileError, match="declares no annotation that names genes"):
        read_vcf(path, genes=["SOD1"])
    bare = info("CSQ", ".", "String", "Consequence annotations from Ensembl VEP. Format: Allele|Gene")
    path = vcf(tmp_path / "c.vcf", records[3:], (CHR21, bare, info("GENEINFO", "1", "String"), GT))
    with pytest.raises(
        InputFileError, match=r"CSQ has no part that names the gene; annotate with it \(VEP: --symbol\)"
    ):
        read_vcf(path, genes=["SOD1"])


def test_a_declared_annotation_that_no_record_has_is_told(tmp_path: Path) -> None:
    """As of a file whose annotations were taken away again."""
    table = one(tmp_path, "chr21 5 . C T 1 . DP=3 GT 0/1")
    assert "CSQ is declared in the header and stands in no record." in table.attrs["notices"]


def test_clinvars_word_on_one_of_several_alleles_is_refused_where_it_may_be_pathogenic(
    tmp_path: Path,
) -> None:
    """On which allele it is decides who is eligible; a benign one is left out and told."""
    declared = info("CLNSIG", ".", "String")
    with pytest.raises(InputFileError, match="CLNSIG=Pathogenic does not say which of 2 alternate alleles"):
        one(tmp_path, "chr21 5 . C T,G 1 . CLNSIG=Pathogenic GT 0/1", declared)
    table = one(tmp_path, "chr21 5 . C T,G 1 . CLNSIG=Benign GT 0/1", declared)
    assert table["clinvar"].tolist() == [None]
    table = one(tmp_path, "chr21 5 . C T,G 1 . CLNSIG=Pathogenic,. GT 1/2", info("CLNSIG", "A", "String"))
    assert table["clinvar"].tolist() == ["Pathogenic", None]


def test_clinvars_conflicts_are_kept(tmp_path: Path) -> None:
    """What the submitters say stands behind the word for their conflict."""
    word, votes = "Conflicting_classifications_of_pathogenicity", "Pathogenic(1)|Uncertain_significance(2)"
    table = one(tmp_path, f"chr21 5 . C T 1 . CLNSIG={word};CLNSIGCONF={votes} GT 0/1")
    assert table["clinvar"].tolist() == [f"{word}; {votes}"]


def test_annotations_of_a_record_that_was_split_later_are_its_own_alone(tmp_path: Path) -> None:
    """A deletion's name may then mean another deletion, so it is not known and told."""
    entries = f"{csq('-', SYMBOL='SOD1', CADD_PHRED='33')},{csq('A', SYMBOL='SOD1', CADD_PHRED='1')}"
    table = one(tmp_path, f"chr21 5 . CA C 1 . CSQ={entries} GT 0/1")
    assert table["gene"].tolist() == ["SOD1"]
    assert table["cadd"].isna().all()
    assert any("as after splitting records: 1 record" in said for said in table.attrs["notices"])
