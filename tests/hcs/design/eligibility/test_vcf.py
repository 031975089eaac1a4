"""Annotated VCFs become the variant table, whichever program annotated them."""

from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.eligibility.vcf_files import csq, vcf

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
