"""Each variant of a table made by hand against the preset rule; the verdict was written beside it first."""

from pathlib import Path

import pandas as pd
import pytest

from hcs.design.eligibility.columns import COLUMNS
from hcs.design.eligibility.eligible import Eligibility, eligible_lines
from hcs.design.eligibility.rule import Rule

DATA = Path(__file__).parent / "data"
CASES = pd.read_csv(DATA / "variants.csv", dtype=str, keep_default_na=False)


@pytest.fixture(scope="module")
def judged() -> Eligibility:
    """The table under the preset rule."""
    return eligible_lines(DATA / "variants.csv", build="hg38")


def key(chrom: str, pos: str, alt: str) -> str:
    """A variant as rows of the table name it."""
    return f"{chrom.removeprefix('chr')}:{pos} {alt}"


def test_every_case_has_the_verdict_written_beside_it(judged: Eligibility) -> None:
    """More than sixty cases: every branch and boundary of the rule."""
    assert len(CASES) >= 60
    found = {
        key(str(row.chrom), str(row.pos), str(row.alt)): row.verdict
        for row in judged.variants.itertuples()
        if not pd.isna(row.pos)
    }
    # One variant in two spellings stands under its first.
    found["21:1101 -"] = found["21:1100 CA"]
    found["21:1075 CGGC"] = found["21:1075 GGC"]
    hgvs = judged.variants[judged.variants["hgvs_c"].notna()]
    wrong = {}
    for case in CASES.to_dict("records"):
        alts = case["alt"].split(",")
        for alt, expected in zip(alts, case["expected"].split("/"), strict=True):
            place = key(case["chrom"], case["pos"], alt)
            verdict = hgvs["verdict"].item() if case["hgvs_c"] else found[place]
            if verdict != expected:
                wrong[case["case"]] = (expected, verdict)
    assert not wrong


def test_the_same_variant_is_one(judged: Eligibility) -> None:
    """Transcripts, overlapping genes, prefixes and spellings of alleles make no second variant."""
    again = ("the other", "trimmed", "with its anchor", "without chr", "in the other")
    several = sum("," in alt for alt in CASES["alt"])
    repeated = CASES["case"].str.contains("|".join(again)).sum()
    assert len(judged.variants) == len(CASES) + several - repeated
    two = judged.variants[judged.variants["pos"] == 1066].iloc[0]
    assert two["sift"] == "tolerated(0.3); deleterious(0.01)"
    assert two["transcript"] == "NM_1; NM_2"
    assert two["sift_reading"] == "damaging"


@pytest.mark.parametrize(
    ("pos", "conflict"),
    [
        (1029, "ClinVar says pathogenic, predictors or frequencies do not"),
        (1031, "ClinVar says pathogenic, predictors or frequencies do not"),
        (1032, "ClinVar says benign, predictors and frequencies do not"),
        (1034, "ClinVar's classifications conflict"),
        (1035, "ClinVar's classifications conflict"),
        (1043, "ClinVar's classifications conflict"),
        (1079, "rows differ on frequency in tommo"),
        (1001, None),
    ],
)
def test_conflicts_are_named(judged: Eligibility, pos: int, conflict: str | None) -> None:
    """What speaks against each other is shown, whichever of it counts."""
    (found,) = judged.variants.loc[judged.variants["pos"] == pos, "conflict"].tolist()
    assert (None if pd.isna(found) else found) == conflict


@pytest.mark.parametrize(
    ("pos", "reason"),
    [
        (1005, "damaging by SIFT, and 2 are needed; at most 0.005 in dbsnp, tommo, 1000g and exac"),
        (1007, "damaging by SIFT; CADD not known; at most 0.005 in dbsnp, tommo, 1000g and exac"),
        (1017, "damaging by SIFT, PolyPhen-2, MutationTaster and CADD; more frequent than 0.005 in tommo"),
        (1020, "damaging by SIFT, PolyPhen-2, MutationTaster and CADD; frequency in tommo not known"),
        (
            1030,
            "ClinVar: pathogenic; SIFT, PolyPhen-2, MutationTaster and CADD not "
            "known; frequency in dbsnp, tommo, 1000g and exac not known",
        ),
        (1044, "its gene is not in the list"),
        (
            1046,
            "its gene is not known; damaging by SIFT, PolyPhen-2, MutationTaster and CADD; at most 0.005 in "
            "dbsnp, tommo, 1000g and exac",
        ),
    ],
)
def test_reasons_name_what_decided(judged: Eligibility, pos: int, reason: str) -> None:
    """Predictors, frequencies and ClinVar by name."""
    assert judged.variants.loc[judged.variants["pos"] == pos, "reason"].tolist() == [reason]


def test_what_could_not_be_read_is_told(judged: Eligibility) -> None:
    """Words that are none, per cent, split sites, genes and ClinVar outside the list, the build."""
    told = " ".join(judged.notices)
    for said in (
        "SIFT says 'maybe' and 'T;maybe', which is no word of it",
        "ClinVar says 'see report', which is no classification",
        "Per cent of 'af_dbsnp' were read as hundredths",
        "2 sites of several alternate alleles have a row for each",
        "ClinVar calls 1 variant outside the list pathogenic (SETX)",
        "The genome build is GRCh38.",
        "Variants named by HGVS alone",
    ):
        assert said in told


def verdict(settings: dict[str, dict[str, object]], **cells: object) -> str:
    """Verdict on one variant that is damaging by two predictors and rare, but for `cells`."""
    usual = {"chrom": "21", "pos": 1, "ref": "A", "alt": "G", "gene": "SOD1", "sift": "D", "polyphen2": "D"}
    usual |= {"mutationtaster": "N", "cadd": 3.0, "af_gnomad": 0.001}
    table = pd.DataFrame([{name: value for name, value in (usual | cells).items() if value != "absent"}])
    found = eligible_lines(table, rule=Rule.model_validate(settings), build="hg38")
    return str(found.variants["verdict"].item())


@pytest.mark.parametrize(
    ("settings", "cells", "expected"),
    [
        ({}, {}, "pathogenic"),
        ({"predictors": {"damaging": 3}}, {}, "not pathogenic"),
        ({"predictors": {"damaging": 3}}, {"cadd": None}, "undetermined"),
        ({"predictors": {"used": ["sift", "cadd"]}}, {}, "not pathogenic"),
        ({"predictors": {"cadd": 3}}, {"sift": "T"}, "pathogenic"),
        ({"predictors": {"sift": 0.01}}, {"sift": "0.05"}, "not pathogenic"),
        ({"predictors": {"polyphen2": 0.5}}, {"polyphen2": "0.45"}, "not pathogenic"),
        ({"predictors": {"possibly_damaging": False}}, {"polyphen2": "P"}, "not pathogenic"),
        (
            {"predictors": {"sift_low_confidence": "counts"}},
            {"sift": "deleterious_low_confidence(0)"},
            "pathogenic",
        ),
        (
            {"predictors": {"sift_low_confidence": "counts"}},
            {"sift": "tolerated_low_confidence"},
            "not pathogenic",
        ),
        ({"frequency": {"most": 0.0001}}, {}, "not pathogenic"),
        ({"frequency": {"absent": "not observed"}}, {"af_gnomad": None}, "pathogenic"),
        ({"frequency": {"absent": "not observed"}}, {"af_gnomad": "absent"}, "undetermined"),
        ({}, {"af_gnomad": "absent"}, "undetermined"),
        ({"frequency": {"sources": ["gnomad"]}}, {"af_tommo": 0.1}, "pathogenic"),
        ({"frequency": {"sources": ["gnomAD", "ToMMo"]}}, {}, "undetermined"),
        ({}, {"af_gnomad_eas": 0.1}, "pathogenic"),
        ({}, {"af_gnomad": "absent", "af_gnomad_eas": 0.1}, "not pathogenic"),
        ({"frequency": {"sources": ["gnomad_eas"]}}, {"af_gnomad_eas": 0.1}, "not pathogenic"),
        ({"clinvar": {"pathogenic": "shown"}}, {"sift": "T", "clinvar": "Pathogenic"}, "not pathogenic"),
        ({"clinvar": {"benign": "counts"}}, {"clinvar": "Benign"}, "not pathogenic"),
        (
            {"clinvar": {"conflicting": "undetermined"}},
            {"sift": "T", "clinvar": "conflicting"},
            "undetermined",
        ),
        ({"clinvar": {"conflicting": "undetermined"}}, {"clinvar": "conflicting"}, "pathogenic"),
        ({"genes": {"listed": ["SETX"]}}, {}, "not pathogenic"),
        ({"genes": {"listed": ["SETX"]}}, {"gene": "SETX"}, "pathogenic"),
        (
            {"variants": {"passed_over": ["synonymous_variant"]}},
            {"consequence": "synonymous_variant"},
            "not pathogenic",
        ),
        (
            {"variants": {"passed_over": ["synonymous_variant"]}},
            {"consequence": "synonymous_variant&splice_region_variant"},
            "pathogenic",
        ),
        (
            {"variants": {"passed_over": ["synonymous_variant"]}},
            {"consequence": "synonymous_variant", "clinvar": "Pathogenic"},
            "pathogenic",
        ),
    ],
)
def test_every_number_of_the_rule_is_a_setting(
    settings: dict[str, dict[str, object]], cells: dict[str, object], expected: str
) -> None:
    """Each setting moves the verdict it is about."""
    assert verdict(settings, **cells) == expected


def test_the_columns_are_those_of_every_variant_table() -> None:
    """Readers of VCF and of tables give the same names."""
    assert COLUMNS[:6] == ("line", "build", "chrom", "pos", "ref", "alt")
