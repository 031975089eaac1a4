"""Lines held against the rule: who is eligible, what is said of it, and what is written."""

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from hcs.design.eligibility.eligible import Eligibility, eligible_lines
from hcs.design.eligibility.rule import Rule
from hcs.design.lines import read_eligibility
from hcs.study.designrecord import DesignRecord
from hcs_plates.errors import ArgumentError, ExistsError, HcsError, InputFileError, PlaceError

DATA = Path(__file__).parent / "data"
VARIANT = {
    "line": "L1",
    "chrom": "21",
    "pos": 1001,
    "ref": "A",
    "alt": "G",
    "gene": "SOD1",
    "zygosity": "het",
    "sift": "D",
    "polyphen2": "D",
    "mutationtaster": "D",
    "cadd": 28.0,
    "af_gnomad": 0.001,
}


def table(*rows: dict[str, Any]) -> pd.DataFrame:
    """Rows of a pathogenic variant but for what is said of each."""
    return pd.DataFrame([VARIANT | row for row in rows])


@pytest.fixture(scope="module")
def judged() -> Eligibility:
    """The lines of the hand-made table."""
    return eligible_lines(DATA / "calls.csv", DATA / "lines.csv", build="GRCh38")


def test_every_line_has_the_verdict_written_beside_it(judged: Eligibility) -> None:
    """Zygosity, no-calls, filters, contradictions, repeats and their threshold, who was sequenced."""
    cases = pd.read_csv(DATA / "lines.csv", dtype=str, keep_default_na=False)
    found = judged.lines.set_index("clone")["eligibility"]
    wrong = {
        case.clone: (case.expected, found[case.clone])
        for case in cases.itertuples()
        if found[case.clone] != case.expected
    }
    assert not wrong
    assert judged.lines["clone"].tolist() == cases["clone"].tolist()


@pytest.mark.parametrize(
    ("clone", "reason"),
    [
        ("eligible", "no pathogenic variant found; C9orf72 2/8"),
        (
            "hemizygous",
            "carries UBQLN2 X:1072 C>T (hemi), pathogenic: damaging by SIFT, PolyPhen-2, MutationTaster and "
            "CADD; at most 0.005 in tommo",
        ),
        (
            "filtered",
            "may carry SOD1 21:1001 A>G (het, failed LowQual), pathogenic: damaging by SIFT, PolyPhen-2, "
            "MutationTaster and CADD; at most 0.005 in tommo",
        ),
        ("at-threshold", "C9orf72 expanded: 30 (30 repeats or more)"),
        ("no-count", "C9orf72 repeats not known"),
        ("unreadable", "C9orf72 repeats not known (see blot)"),
        ("not-sequenced", "not sequenced"),
        ("not-told", "no variant, and not said to have been sequenced"),
    ],
)
def test_reasons_name_the_variant(judged: Eligibility, clone: str, reason: str) -> None:
    """With its copies, its place and what it was judged by."""
    assert judged.lines.set_index("clone").at[clone, "eligibility_reason"] == reason


def test_what_is_said(judged: Eligibility) -> None:
    """The answer first, in few words; counts stand in the statistics, and nothing was tested."""
    assert judged.headline() == "6 of 24 lines are eligible; 9 not eligible, 9 undetermined."
    assert judged.summary().startswith(judged.headline())
    assert len(judged.summary().split()) <= 120
    counts = judged.statistics.set_index("question")["value"]
    assert counts["lines eligible"] == 6
    assert counts["lines not eligible"] == 9
    assert judged.statistics["p"].isna().all()
    assert "No row is of TARDBP, FUS" in " ".join(judged.notices)


def test_variants_of_no_line_are_judged_alone() -> None:
    """A list of variants says nothing of lines, and the headline says so."""
    found = eligible_lines(table({}).drop(columns="line"), build="hg38")
    assert found.lines.empty
    assert found.headline() == "No line is named; 1 of 1 variant is pathogenic, 0 undetermined."
    named = eligible_lines(table({}).drop(columns="line"), build="hg38", line="L7")
    assert named.lines["clone"].tolist() == ["L7"]


def test_lines_without_variants_or_counts_are_never_eligible() -> None:
    """Unless the rule says that repeats need not be known, which the reason tells."""
    lines = pd.DataFrame({"clone": ["L1", "L2"], "sequenced": ["yes", "yes"]})
    benign = table({"sift": "T", "polyphen2": "B", "mutationtaster": "N", "cadd": 1.0})
    asked = eligible_lines(benign, lines, build="hg38")
    assert asked.lines["eligibility"].tolist() == ["undetermined", "undetermined"]
    rule = Rule.model_validate({"repeats": {"required": False}})
    free = eligible_lines(benign, lines, rule=rule, build="hg38")
    assert free.lines["eligibility"].tolist() == ["eligible", "eligible"]
    assert set(free.lines["eligibility_reason"]) == {
        "no pathogenic variant found; C9orf72 repeats not asked for"
    }


def test_repeats_may_stand_in_a_table_of_their_own() -> None:
    """And must not contradict those of the table of lines."""
    lines = pd.DataFrame({"clone": ["L1", "L2"], "sequenced": "yes", "c9orf72_repeats": [None, "2"]})
    counts = pd.DataFrame({"clone": ["L1", "L2"], "C9orf72 repeats": ["44", "2"]})
    found = eligible_lines(table({"sift": "T"}), lines, repeats=counts, build="hg38")
    assert found.lines.set_index("clone").at["L1", "c9orf72_repeats"] == "44"
    with pytest.raises(ArgumentError, match="'L2' has 2 repeats in the table of lines and 7 in that of"):
        eligible_lines(table({}), lines, repeats=counts.assign(**{"C9orf72 repeats": "7"}), build="hg38")
    with pytest.raises(ArgumentError, match="has no column 'c9orf72_repeats'"):
        eligible_lines(table({}), lines, repeats=lines[["clone", "sequenced"]], build="hg38")


@pytest.mark.parametrize(
    ("tables", "settings", "sentence"),
    [
        (
            [table({"build": "hg19"}), table({"build": "hg38"})],
            {},
            r"two genome builds \(GRCh37 and GRCh38\)",
        ),
        ([table({"build": "hg19"}), table({})], {}, "of others the genome build is not known"),
        ([table({"build": "hg19"}, {"build": "hg38"})], {}, "has positions of two genome builds"),
        ([table({"build": "hg19"})], {"build": "hg38"}, "has positions of two genome builds"),
        ([table({})], {"build": "hg17"}, "There is no genome build 'hg17'; did you mean"),
        ([table({})], {"lines": pd.DataFrame({"clone": ["l1"]})}, "Lines 'l1' and 'L1' look alike"),
        (
            [table({})],
            {"lines": pd.DataFrame({"clone": ["L1"], "sequenced": ["no"]})},
            "1 line said not to be sequenced and listed with variants: 'L1'",
        ),
        (
            [table({})],
            {"lines": pd.DataFrame({"clone": ["L1"], "sequenced": ["partly"]})},
            "sequenced 'partly' is not yes or no",
        ),
        ([table({})], {"line": "L9"}, "names lines itself"),
        (
            [table({}).drop(columns="line")],
            {"lines": pd.DataFrame({"clone": ["L1"], "sequenced": ["yes"]})},
            "Variants name no line, and there is a table of lines",
        ),
        (
            [table({"line": "S1"})],
            {"lines": pd.DataFrame({"clone": ["L1", "L2"], "sequenced": ["yes", "no"]})},
            "No variant names 'L1', said to be sequenced, and the table of lines lacks 'S1'",
        ),
        ([table({"line": 1.5})], {}, "names things and holds 1.5 as a number"),
        ([], {}, "No variants were given"),
    ],
)
def test_refusals(tables: list[pd.DataFrame], settings: dict[str, Any], sentence: str) -> None:
    """Builds are never mixed, and one line is not two."""
    with pytest.raises(HcsError, match=sentence):
        eligible_lines(tables, **settings)


def test_an_unknown_build_is_told() -> None:
    """Positions alone do not say it."""
    assert "The genome build is not known." in eligible_lines(table({})).notices


def test_calls_that_failed_a_filter_count_where_the_rule_says_so() -> None:
    """A line with such a call alone is undetermined otherwise."""
    failed = table({"filter": "q10;LowDP"})
    assert eligible_lines(failed, build="hg38").lines["eligibility"].tolist() == ["undetermined"]
    rule = Rule.model_validate({"variants": {"filtered": "counts"}})
    assert eligible_lines(failed, rule=rule, build="hg38").lines["eligibility"].tolist() == ["not eligible"]


def test_contradicting_copies_of_a_call() -> None:
    """Het and hom in two rows: carried, copies not known."""
    found = eligible_lines(table({}, {"zygosity": "hom"}), build="hg38")
    assert found.variants["zygosity"].tolist() == ["unknown"]
    assert found.variants["carried"].tolist() == ["carried"]


def test_saved_together_with_a_record(judged: Eligibility, tmp_path: Path) -> None:
    """Lines as hcs layout reads them, variants, and the record that a study keeps, with digests."""
    files = judged.save(tmp_path / "eligible.csv", sources=[DATA / "calls.csv"])
    assert [file.name for file in files] == ["eligible.csv", "eligible.variants.csv", "eligible.json"]
    lines = read_eligibility(files[0])
    assert lines["eligibility"].tolist() == judged.lines["eligibility"].tolist()
    record = DesignRecord.read(files[2])
    assert (record.kind, record.headline) == ("eligibility", judged.headline())
    assert set(record.files) == {"calls.csv", "eligible.csv", "eligible.variants.csv"}
    assert record.settings["frequency"]["most"] == 0.005
    assert len(record.tables["lines"]) == 24
    assert {row["verdict"] for row in record.tables["variants"]} == {"pathogenic", "undetermined"}
    json.loads(files[2].read_text(encoding="utf-8"))
    with pytest.raises(ExistsError, match="exists already"):
        judged.save(tmp_path / "eligible.csv")
    with pytest.raises(ArgumentError, match=r"ends in \.csv"):
        judged.save(tmp_path / "eligible.xlsx")


def test_nothing_is_written_where_not_all_can_be(judged: Eligibility, tmp_path: Path) -> None:
    """A folder where the record should stand: no table is left."""
    (tmp_path / "eligible.json").mkdir()
    with pytest.raises(PlaceError):
        judged.save(tmp_path / "eligible.csv", overwrite=True)
    assert [one.name for one in tmp_path.iterdir()] == ["eligible.json"]


def test_a_file_with_faults_names_them_all(tmp_path: Path) -> None:
    """Each with its line."""
    file = tmp_path / "v.csv"
    file.write_text(
        "line,chrom,pos,ref,alt,gene,cadd,af_gnomad\nL1,21,x,A,G,SOD1,-1.5,0.1\n,21,7,A,G,SOD1,3,1.5\n",
        encoding="utf-8",
    )
    with pytest.raises(InputFileError) as refusal:
        eligible_lines(file)
    assert [fault.split(";")[0] for fault in refusal.value.faults] == [
        "line 2: position 'x' is no whole number from 1",
        "line 3: no line is named, although other rows name one",
        "'cadd' holds '-1.5' (line 2), and no PHRED score is below 0",
        "'af_gnomad' holds '1.5' (line 3), which is no share from 0 to 1",
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_order_of_rows_changes_no_verdict(order: int) -> None:
    """Rows may stand in any order."""
    mild = {"transcript": "NM_1", "sift": "T", "mutationtaster": "N", "cadd": 3.0}
    rows = table(mild, {"transcript": "NM_2"})
    found = eligible_lines(rows.iloc[::order], build="hg38")
    assert found.variants["verdict"].tolist() == ["pathogenic"]
