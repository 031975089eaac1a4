"""Variants of VCF files and tables together, held against the rule."""

from pathlib import Path

import pandas as pd
import pytest
from tests.hcs.design.eligibility.vcf_files import csq, vcf

from hcs.design.eligibility.eligible import eligible_lines
from hcs_plates.errors import HcsError

SAID = {"SYMBOL": "SOD1", "SIFT": "deleterious(0)", "PolyPhen": "probably_damaging(1)", "CADD_PHRED": "20"}
ENTRY = csq(
    "T",
    Consequence="missense_variant",
    Feature="ENST00000270142",
    HGVSp="p.Ala5Val",
    gnomADe_AF="0.005",
    gnomADe_EAS_AF="0.3",
    gnomADg_AF="1e-5",
    AF="0",
    **SAID,
)
RECORD = f"chr21 31659783 . C T 50 PASS CSQ={ENTRY} GT 0/1 0/0 ./."
COUNTS = pd.DataFrame({"clone": ["L1", "L2", "L3"], "c9orf72_repeats": "2/5"})


def test_a_vcf_names_its_lines_and_who_was_sequenced(tmp_path: Path) -> None:
    """A sample that does not carry the variant was sequenced; one without a call is undetermined."""
    path = vcf(tmp_path / "study.vcf", [RECORD], samples=("L1", "L2", "L3"))
    found = eligible_lines(path, repeats=COUNTS)
    assert found.lines["eligibility"].tolist() == ["not eligible", "eligible", "undetermined"]
    assert found.build == "GRCh38"
    carrier, _, unsure = found.lines["eligibility_reason"]
    place = "SOD1 p.Ala5Val, GRCh38 21:31659783 C>T"
    assert carrier.startswith(f"carries {place} (het), pathogenic: damaging by SIFT, PolyPhen-2 and CADD")
    assert unsure.startswith(f"may carry {place} (no call), pathogenic")


def test_a_line_that_is_no_sample_is_not_known_to_carry_nothing(tmp_path: Path) -> None:
    """VCF files list all samples: who is said to be sequenced and is none of them is undetermined."""
    path = vcf(tmp_path / "study.vcf", [RECORD.removesuffix(" ./.")], samples=("L1", "L2"))
    found = eligible_lines(path, COUNTS.assign(sequenced="yes"))
    assert found.lines["eligibility"].tolist() == ["not eligible", "eligible", "undetermined"]
    assert found.lines["eligibility_reason"].iloc[2] == (
        "said to be sequenced, and no sample of the VCF files"
    )
    with pytest.raises(HcsError, match="has 2 samples, which name the lines; leave out the line 'L1'"):
        eligible_lines(path, line="L1")


def test_clones_of_a_donor_with_other_verdicts_are_told(tmp_path: Path) -> None:
    """What is inherited is in both; of an isogenic pair one was changed."""
    path = vcf(tmp_path / "study.vcf", [RECORD], samples=("L1", "L2", "L3"))
    lines = COUNTS.assign(donor=["D1", "D1", "D3"])
    assert "Of donor D1, L2 is eligible and L1 is not: what is inherited" in str(
        eligible_lines(path, lines).notices
    )
    pair = lines.assign(pair=["a", "a", None])
    assert "Of donor" not in str(eligible_lines(path, pair).notices)


def test_a_vcf_and_a_table_of_one_build_are_one_input(tmp_path: Path) -> None:
    """The same variant in both is one; another build is refused."""
    path = vcf(tmp_path / "study.vcf", [RECORD], samples=("L1", "L2", "L3"))
    table = pd.DataFrame(
        {"line": ["L4"], "chrom": "chr21", "pos": 31659782, "ref": "GC", "alt": "GT", "zygosity": "hom"}
    )
    table = table.assign(gene="SOD1", build="hg38")
    found = eligible_lines([path, table], repeats=COUNTS)
    assert len(found.distinct) == 1
    assert found.lines.set_index("clone").at["L4", "eligibility"] == "not eligible"
    with pytest.raises(HcsError, match="two genome builds"):
        eligible_lines([path, table.assign(build="hg19")])
    with pytest.raises(HcsError, match="has positions of GRCh38, not of GRCh37 as was said"):
        eligible_lines(path, build="hg19")
    with pytest.raises(HcsError, match="of others the genome build is not known"):
        eligible_lines([path, table.drop(columns="build")])


def test_a_vcf_without_samples_needs_the_line(tmp_path: Path) -> None:
    """Whose variants it lists is said, or it is refused."""
    path = vcf(tmp_path / "l9.vcf", [RECORD.rpartition(" GT")[0]], samples=())
    with pytest.raises(HcsError, match="has no samples"):
        eligible_lines(path)
    assert eligible_lines(path, line="L9").lines["clone"].tolist() == ["L9"]


def test_order_of_sources_changes_no_verdict(tmp_path: Path) -> None:
    """Files may be given in any order."""
    one = vcf(tmp_path / "a.vcf", [RECORD], samples=("L1", "L2", "L3"))
    other = pd.DataFrame({"line": ["L4"], "chrom": "21", "pos": 1, "ref": "C", "alt": "T", "gene": "SOD1"})
    other = other.assign(build="hg38", zygosity="het")
    first, second = (eligible_lines(order, repeats=COUNTS) for order in ([one, other], [other, one]))
    assert first.lines.set_index("clone")["eligibility"].to_dict() == (
        second.lines.set_index("clone")["eligibility"].to_dict()
    )
