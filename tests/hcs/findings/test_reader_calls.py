"""Readers' calls read from a table: every fault at once with its rows, and kept whole with the study."""

import shutil
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pandas as pd
import pytest
from tests.hcs.report.difference.fabricated import LABELS, SCORES, fabricated_tables, write_results

from hcs.analysis.clones.reader_calls import reader_calls
from hcs.analysis.finding import Finding
from hcs.findings.reader_calls import keep_calls, kept_calls, reader_findings
from hcs.findings.reader_table import read_calls
from hcs_plates.errors import ArgumentError, InputFileError

GROUPS = pd.DataFrame(
    [
        ("C01", "ALS"),
        ("C01", "ALS"),
        ("C02", "control"),
        ("D01", "riluzole"),
        ("D02", None),
        ("M01", "ALS"),
        ("M01", "control"),
        (None, "ALS"),
    ],
    columns=["group", "label"],
)


@pytest.fixture
def shares_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the first finding is made: figures of five take seconds, and all are kept alike."""

    def first(*known: Any, **more: Any) -> dict[str, Finding]:
        return {"readers": reader_findings(*known, **more)["readers"]}

    monkeypatch.setattr("hcs.findings.reader_calls.reader_findings", first)


def read(folder: Path, text: str, name: str = "calls.csv", group: str = "clone") -> pd.DataFrame:
    """Read calls of ALS or control from a file with this text."""
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return read_calls(path, GROUPS, positive="ALS", negative="control", group=group)


def faults(folder: Path, text: str) -> tuple[str, ...]:
    """What is wrong with a file."""
    with pytest.raises(InputFileError) as caught:
        read(folder, text)
    assert caught.value.path == folder / "calls.csv"
    return caught.value.faults


def test_calls_of_images_in_any_spelling(tmp_path: Path) -> None:
    """Case and blanks do not count, names stay text, and further columns are left out."""
    text = (
        "Reader;Clone; Call ;plate;well;field;seconds\n"
        "01;C01; als;P1;B03;1;3.5\n"
        "01;C01;CONTROL ;P1;B03;2;4\n"
        "02;C02;Control;P1;B04;1;2\n"
    )
    found = read(tmp_path, text)
    assert list(found) == ["reader", "group", "label", "call", "right", "plate", "well", "field"]
    assert found["reader"].tolist() == ["01", "01", "02"]
    assert found["group"].tolist() == ["C01", "C01", "C02"]
    assert found["label"].tolist() == ["ALS", "ALS", "control"]
    assert found["call"].tolist() == ["ALS", "control", "control"]
    assert found["right"].tolist() == [True, False, True]
    assert found["field"].tolist() == [1, 2, 1]


@pytest.mark.parametrize("heading", ["group", "donor"])
def test_the_group_under_its_own_name_or_as_group(tmp_path: Path, heading: str) -> None:
    """Without image columns each row is a clone."""
    found = read(tmp_path, f"reader\t{heading}\tcall\nA\tC01\tALS\n", "calls.tsv", group="donor")
    assert found.to_dict("records") == [
        {"reader": "A", "group": "C01", "label": "ALS", "call": "ALS", "right": True}
    ]


def test_parquet_is_read_as_well(tmp_path: Path) -> None:
    """Numbers of readers and fields with gaps in other columns stay whole numbers."""
    table = pd.DataFrame({"reader": [1.0, 2.0], "clone": ["C01", " C02"], "call": ["ALS", "ALS"]})
    table.to_parquet(tmp_path / "calls.parquet")
    found = read_calls(tmp_path / "calls.parquet", GROUPS, positive="ALS", negative="control")
    assert found[["reader", "group"]].to_numpy().tolist() == [["1", "C01"], ["2", "C02"]]


def test_classes_named_yes_and_no(tmp_path: Path) -> None:
    """Words that tables take for true and false are calls here."""
    path = tmp_path / "calls.csv"
    path.write_text("reader,clone,call\nA,C01,yes\nA,C02,Yes\n", encoding="utf-8")
    groups = pd.DataFrame({"group": ["C01", "C02"], "label": ["Yes", "No"]})
    found = read_calls(path, groups, positive="Yes", negative="No")
    assert found["right"].tolist() == [True, False]
    with pytest.raises(ArgumentError, match="would be the same"):
        read_calls(path, groups, positive="Yes", negative="yes")


def test_every_fault_is_told_at_once(tmp_path: Path) -> None:
    """Blanks, strange calls, unknown clones, clones without one class, and doubles, each with its rows."""
    text = (
        "reader,clone,call\n"
        ",C01,ALS\n"
        "A,C01,ALS\n"
        "A,C02,sick\n"
        "B,C02,sick\n"
        "A,C03,ALS\n"
        "A,D01,ALS\n"
        "A,D02,control\n"
        "A,M01,ALS\n"
        "A,C01,control\n"
        "B,C01,\n"
    )
    assert faults(tmp_path, text) == (
        "row 1 below the headings: no reader is named",
        "row 10 below the headings: no call is named",
        "rows 3 and 4 below the headings: the call 'sick' is no class; write ALS or control",
        "row 5 below the headings: the study has no clone 'C03'; did you mean 'C02'?",
        "row 6 below the headings: clone 'D01' is neither ALS nor control; leave out its calls",
        "row 7 below the headings: clone 'D02' is neither ALS nor control; leave out its calls",
        "row 8 below the headings: clone 'M01' holds ALS and control; a call of it is neither right nor "
        "wrong, leave it out",
        "rows 2 and 9 below the headings: reader 'A' judged clone 'C01' 2 times; keep one",
    )


def test_an_image_is_judged_once_by_each_reader(tmp_path: Path) -> None:
    """The same field twice by one reader is a fault, by two readers it is none; a well has one clone."""
    head = "reader,clone,call,plate,well,field\n"
    read(tmp_path, f"{head}A,C01,ALS,P1,B03,1\nB,C01,ALS,P1,B03,1\nA,C01,ALS,P1,B03,2\n")
    assert faults(tmp_path, f"{head}A,C01,ALS,P1,B03,1\nA,C01,control,P1,B03,1\n") == (
        "rows 1 and 2 below the headings: reader 'A' judged the same image of clone 'C01' 2 times; keep one",
    )
    assert faults(tmp_path, f"{head}A,C01,ALS,P1,B03,1\nA,C02,ALS,P1,B03,\nB,C02,ALS,P1,B03,2\n") == (
        "row 2 below the headings: no field is named",
        "rows 1 and 3 below the headings: well P1/B03 is given to clones C01 and C02; it holds one",
    )


def test_columns_that_are_lacking_are_all_named(tmp_path: Path) -> None:
    """With the nearest heading; and a heading that is there twice but for its case."""
    lacking = faults(tmp_path, "readers,line,call\nA,C01,ALS\n")
    assert lacking[0] == "has no column 'reader'; did you mean 'readers'?"
    assert lacking[1].startswith("has no column 'clone'; ")
    assert faults(tmp_path, "reader,clone,call,Call\nA,C01,ALS,ALS\n") == (
        "has the heading 'call' twice; keep one",
    )


def test_sure_repeat_and_position_are_read(tmp_path: Path) -> None:
    """In any spelling of yes and no; a second showing is no second call of the first."""
    text = (
        "reader,clone,call,plate,well,field,sure,repeat,position\n"
        "A,C01,ALS,P1,B03,1,yes,0,1\n"
        "A,C02,ALS,P1,B04,1,FALSE,0,2\n"
        "A,C01,control,P1,B03,1,,1,3\n"
    )
    found = read(tmp_path, text)
    assert list(found)[-3:] == ["sure", "repeat", "position"]
    assert found["sure"].astype(object).where(found["sure"].notna(), None).tolist() == [True, False, None]
    assert found["repeat"].tolist() == [0, 0, 1]
    assert found["position"].tolist() == [1, 2, 3]


def test_strange_showings_are_faults(tmp_path: Path) -> None:
    """What is neither yes nor no, no whole number, or the same showing twice."""
    head = "reader,clone,call,plate,well,field,sure,repeat,position\n"
    rows = "A,C01,ALS,P1,B03,1,perhaps,0,0\nA,C02,ALS,P1,B04,1,yes,x,2.5\nA,C01,ALS,P1,B03,1,no,0,\n"
    assert faults(tmp_path, head + rows) == (
        "row 1 below the headings: sure is 'perhaps'; write yes or no",
        "row 2 below the headings: repeat is 'x'; write 0 for the first showing of an image to this "
        "reader, 1 for the second",
        "row 1 below the headings: position is '0.0'; write 1, 2, 3, …",
        "row 2 below the headings: position is '2.5'; write 1, 2, 3, …",
        "row 3 below the headings: position is ''; write 1, 2, 3, …",
        "rows 1 and 3 below the headings: reader 'A' judged the same image of clone 'C01' 2 times; keep one",
    )


def test_calls_are_kept_with_the_study(tmp_path: Path, shares_alone: None) -> None:
    """As a table of its own, replaced by later calls; a faulty file leaves it, and nothing beside it."""
    study = write_results(tmp_path / "results")
    path, tables = tmp_path / "calls.csv", tmp_path / "results" / "tables"
    before = {file.name for file in tables.iterdir()}
    path.write_text("reader,clone,call\nA,a0,ALS\nA,c0,ALS\n", encoding="utf-8")
    assert keep_calls(study, path) == tables / "readers.parquet"
    assert study.table("readers")["right"].tolist() == [True, False]
    path.write_text("reader,clone,call\nA,a0,control\n", encoding="utf-8")
    keep_calls(study, path)
    assert study.table("readers")["right"].tolist() == [False]
    path.write_text("reader,clone,call\nA,a9,ALS\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="the study has no clone 'a9'"):
        keep_calls(study, path)
    path.write_text("reader,clone,call\nA,c0,control\n", encoding="utf-8")
    with (
        patch.object(Path, "replace", side_effect=OSError("disk full")),
        pytest.raises(OSError, match="full"),
    ):
        keep_calls(study, path)
    assert study.table("readers")["right"].tolist() == [False]
    assert {file.name for file in tables.iterdir()} == before | {"readers.parquet"}


def test_what_calls_show_is_kept_once_and_made_where_it_is_lacking(
    tmp_path: Path, shares_alone: None
) -> None:
    """As of the calls that stand there, the first model beside; made again where an older folder has none."""
    study = write_results(tmp_path / "results")
    path = tmp_path / "calls.csv"
    path.write_text("reader,clone,call\nA,a0,ALS\nA,c0,ALS\n", encoding="utf-8")
    keep_calls(study, path)
    models = study.table("groups").query("model == 'cnn'")
    own = reader_calls(study.table("readers"), positive="ALS", negative="control", models=models)
    with patch("hcs.findings.reader_calls.reader_findings", side_effect=AssertionError("made again")):
        kept = kept_calls(study).findings["readers"]
    assert (kept.headline, kept.summary) == (own.headline(), own.summary())
    pd.testing.assert_frame_equal(kept.table, own.table, check_dtype=False)
    shutil.rmtree(study.results / "readers")
    assert kept_calls(study).findings["readers"].summary == own.summary()
    path.write_text("reader,clone,call\nA,a0,control\n", encoding="utf-8")
    keep_calls(study, path)
    assert kept_calls(study).findings["readers"].tables["readers_clones"]["right"].tolist() == [0]


def test_wells_of_neither_class_are_known_to_the_study(tmp_path: Path) -> None:
    """A clone that was only scored is told from one that is not there."""
    wells = fabricated_tables(LABELS, {"cnn": SCORES}, ["P1"], 0)["wells"]
    wells.loc[wells["clone"] == "a0", "label"] = "riluzole"
    study = write_results(tmp_path / "results", tables={"wells": wells})
    path = tmp_path / "calls.csv"
    path.write_text("reader,clone,call\nA,a0,ALS\n", encoding="utf-8")
    with pytest.raises(InputFileError, match="clone 'a0' is neither ALS nor control"):
        keep_calls(study, path)
