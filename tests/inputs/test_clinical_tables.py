"""Clinical tables as clinics send them: what does not meet is told, and unknown columns stop at once."""

import json
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pandas as pd
import pytest

from hcs.analysis.clinical import read_clinical, rows_of_donors
from hcs.analysis.kept import KeptAnalyses, keep_analyses, read_analyses
from hcs.answer.facts import StudyFacts
from hcs.findings.run import StudyAnalyses, analyse_study
from hcs.report.study.analysed import covariates_section
from hcs.study.folder import StudyResults
from hcs.tables.compared import Classes
from hcs_plates.errors import HcsError

CLONES = ["ALS01-3", "ALS02-1", "201B7", "C05", "C10", "wt 4"]


def table(folder: Path, names: list[str], heading: str = "clone") -> Path:
    """A table of one number a clone."""
    path = folder / "clinical.csv"
    rows = [f"{name},{place}.5" for place, name in enumerate(names)]
    path.write_text("\n".join([f"{heading},NfL (pg/ml)", *rows]) + "\n", encoding="utf-8")
    return path


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("ALS01_3", "ALS01-3"),
        ("als01-3", "ALS01-3"),
        ("ALS013", "ALS01-3"),
        ("ALS1-3", "ALS01-3"),
        ("ALS02 1", "ALS02-1"),
        ("201b7", "201B7"),
        ("c05", "C05"),
        ("C5", "C05"),
        ("C-05", "C05"),
        ("C 05", "C05"),
        ("WT4", "wt 4"),
        ("wt_04", "wt 4"),
        ("X99", None),
        ("C11", None),
        ("ALS07-2", None),
    ],
)
def test_a_clone_spelt_otherwise_is_told(tmp_path: Path, written: str, meant: str | None) -> None:
    """The row is not used, and the sentence says which clone may be meant."""
    others = [name for name in CLONES if name != (meant or "C05")]
    found = read_clinical(table(tmp_path, [*others, written]), units=CLONES)
    assert found.unknown == (written,)
    assert found.absent == (meant or "C05",)
    said = " ".join(found.caveats)
    assert f"1 row of no clone of the study is left out: {written}" in said
    assert (f"{written!r}; did you mean {meant!r}?" in said) == (meant is not None)
    assert "did you mean" in said or meant is None


def study(group: str = "clone") -> StudyResults:
    """What is asked of a study before anything is made of it."""
    wells = pd.DataFrame({"clone": CLONES, "donor": [f"D{n}" for n in range(6)], "line": "x"})
    wells = wells.assign(label=["ALS"] * 3 + ["control"] * 3, diff_batch="b1")
    wells["group"] = wells[group]
    data = SimpleNamespace(group=group, positive="ALS", negative="control")
    return cast("StudyResults", SimpleNamespace(table=lambda _: wells, config=SimpleNamespace(data=data)))


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"biomarkers": ["NfL"]}, "no biomarker 'NfL'; did you mean 'NfL (pg/ml)'"),
        ({"biomarkers": ["nfl (pg/ml)"]}, "did you mean 'NfL (pg/ml)'"),
        ({"biomarkers": ["NfL (pg/ml)", "age"]}, "no biomarker 'age'"),
        ({"batch": "Diff batch"}, "no batch 'Diff batch'; did you mean 'diff_batch'"),
        ({"batch": "operator"}, "no batch 'operator'"),
        ({"key": "Donor"}, "no 'Donor' that a clinical table could name; did you mean 'donor'"),
        ({"key": "patient"}, "no 'patient' that a clinical table could name"),
        ({"key": "donor"}, "no column 'donor' that names the donor of each row"),
        ({"only": ["covariate"]}, "No analysis 'covariate'; did you mean 'covariates'"),
        ({"biomarkers": ["NfL (pg/ml)"], "clinical": None}, "Biomarkers stand in a clinical table"),
        ({"clinical": "nowhere.csv"}, "nowhere.csv"),
        ({"heading": "clones"}, "did you mean 'clones'"),
    ],
)
def test_unknown_names_stop_at_once(tmp_path: Path, asked: dict[str, Any], message: str) -> None:
    """Before anything is read or made; the sentence says what there is."""
    given = {"clinical": table(tmp_path, CLONES, asked.pop("heading", "clone"))} | asked
    with pytest.raises(HcsError) as caught:
        analyse_study(study(), **given)
    assert message in str(caught.value)


def test_what_does_not_meet_is_kept_and_shown(tmp_path: Path) -> None:
    """The command, the kept analyses and the report's section say the same."""
    found = read_clinical(table(tmp_path, [*CLONES[:4], "c10", "X"]), units=CLONES)
    made = StudyAnalyses({}, {"fusion": "no"}, {"clinical": True, "clinical_notes": list(found.caveats)})
    assert made.clinical_notes == list(found.caveats)
    assert all(note in made.summary() for note in found.caveats)
    keep_analyses({}, made.left_out, made.asked, tmp_path / "analyses")
    kept = read_analyses(tmp_path / "analyses")
    assert kept.asked["clinical_notes"] == list(found.caveats)
    facts = partial(StudyFacts, "t", Classes("ALS", "control"), "clone", True)
    assert list(covariates_section(facts(analysed=kept)).paragraphs) == list(found.caveats)
    assert json.loads(json.dumps(made.to_json()))["asked"]["clinical_notes"] == list(found.caveats)
    assert covariates_section(facts(analysed=KeptAnalyses())).paragraphs == ()


def test_rows_of_clones_in_a_study_of_donors(tmp_path: Path) -> None:
    """One row a donor: numbers are averaged, and where clones differ it is said."""
    wells = pd.DataFrame({"clone": CLONES, "group": ["D1", "D1", "D2", "D3", "D3", "D4"]})
    found = rows_of_donors(read_clinical(table(tmp_path, CLONES), units=CLONES), wells)
    assert found.key == "donor"
    assert found.values["NfL (pg/ml)"].to_dict() == {"D1": 1.0, "D2": 2.5, "D3": 4.0, "D4": 5.5}
    assert any("differs between the clones of 2 donors (first" in note for note in found.caveats)
