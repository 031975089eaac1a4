"""The section on what was settled before the experiment: the steps in order, and what is not known."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from hcs.answer.check import Check, Outcome
from hcs.answer.verdict import verdict
from hcs.pages.page import PageTable
from hcs.report.facts import ReportFacts
from hcs.report.study.analysed import PageFinding
from hcs.report.study.before import before_section
from hcs.report.study.page import study_page
from hcs.study.designrecord import DesignRecord

MADE = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)
ELIGIBILITY = DesignRecord(
    kind="eligibility",
    headline="Of 14 lines 12 are eligible.",
    tables={"lines": [{"clone": "C9", "eligibility": "undetermined", "reason": "no repeat count"}]},
    made=MADE,
)
LAYOUT = DesignRecord(
    kind="layout",
    headline="Diagnosis is balanced over plates, rows and edges.",
    settings={"seed": 7},
    tables={"wells": [{"plate": "P1", "well": f"A{n}", "clone": "C1"} for n in range(1, 49)]},
    files={"P1.csv": "ab" * 32},
    made=MADE,
)
POWER = DesignRecord(kind="power", headline="A half-width of 0.2 takes 6 clones of each class.", made=MADE)
FOLLOWED = Check("as_laid_out", Outcome.HOLDS, "48 of the layout's 48 wells took part.")
EXCHANGED = Check("as_laid_out", Outcome.FAILS, "No.", brief="1 well has another clone than the layout says")


def test_the_steps_are_told_in_order_whatever_order_they_were_named_in(neurons: ReportFacts) -> None:
    """Eligibility, layout, sample size; what the wells show after the layout, the clones there are last."""
    told = replace(neurons, records=(POWER, LAYOUT, ELIGIBILITY), settled=(FOLLOWED,))
    section = before_section(told)
    assert section.paragraphs[0] == (
        "On record: eligibility, layout and sample size; the study kept to its design."
    )
    steps = [part for part in section.parts if isinstance(part, PageFinding)]
    assert [step.title for step in steps] == ["Eligibility", "Layout", "Sample size"]
    assert steps[1].headline == LAYOUT.headline
    assert steps[1].rest == "48 of the layout's 48 wells took part."
    assert steps[2].rest == "The answer rests on 6 ALS and 6 control clones."
    assert section.missing == [
        "No record of blinding was given: whether it was settled beforehand is not known."
    ]
    (wells,) = steps[1].tables
    assert wells.download is not None
    assert (wells.caption, len(wells.rows)) == ("Wells", 48)
    assert wells.download.filename == "before-layout_wells.csv"
    records = section.parts[-1]
    assert isinstance(records, PageTable)
    assert records.rows[1][:2] == ["layout", "2026-03-02 09:30"]


def test_two_records_of_a_step_are_told_one_after_the_other(neurons: ReportFacts) -> None:
    """Each with an anchor of its own; what the wells show is said once."""
    told = replace(neurons, records=(LAYOUT, LAYOUT), settled=(FOLLOWED,))
    first, second = (part for part in before_section(told).parts if isinstance(part, PageFinding))
    assert (first.ident, second.ident) == ("before-layout", "before-layout-2")
    assert (first.rest, second.rest) == ("", FOLLOWED.sentence)


def test_without_a_record_one_sentence_says_that_nothing_is_known(neurons: ReportFacts) -> None:
    """One line, and neither a check nor a caution beside the answer."""
    section = before_section(neurons)
    assert section.line == (
        "No record of eligibility, layout, blinding and sample size was given: whether they were settled "
        "beforehand is not known."
    )
    assert not {"eligible", "as_laid_out", "blinding"} & {one.name for one in verdict(neurons).checks}


def test_what_contradicts_a_record_stands_in_the_first_sentence_and_beside_the_answer(
    neurons: ReportFacts,
) -> None:
    """It is a caution, and the kind of the answer stays."""
    told = replace(neurons, records=(LAYOUT,), settled=(EXCHANGED,))
    section = before_section(told)
    assert section.paragraphs[0] == "On record: layout; but 1 well has another clone than the layout says."
    assert "No." in verdict(told).cautions
    assert verdict(told).kind is verdict(neurons).kind


def test_a_record_makes_no_yes(neurons: ReportFacts) -> None:
    """The answer is the same with and without what holds; page one links to the section."""
    told = replace(neurons, records=(LAYOUT,), settled=(FOLLOWED,))
    assert verdict(told).headline == verdict(neurons).headline
    page = study_page(told)
    assert 'id="before"' in page
    assert 'href="#before"' in page


@pytest.mark.parametrize(
    ("needed", "said"),
    [
        ({"n_per_class": 6, "n_other": 6}, ", as many as planned"),
        ({"n_per_class": 17, "n_other": 17}, ", fewer than planned"),
        ({"n_per_class": 6, "n_other": 9}, ", fewer than planned"),
        ({"n_per_class": None, "n_other": None}, ""),
    ],
)
def test_the_clones_there_are_stand_beside_those_that_were_planned(
    neurons: ReportFacts, needed: dict[str, int | None], said: str
) -> None:
    """Of the plan's own goal; where no number was enough, nothing is compared."""
    rows = [{"quantity": "auc", "n_per_class": 99, "n_other": 99}, {"quantity": "yes", **needed}]
    plan = POWER.model_copy(update={"settings": {"goal": "yes"}, "tables": {"needed": rows}})
    step = before_section(replace(neurons, records=(plan,))).parts[0]
    assert isinstance(step, PageFinding)
    assert step.rest == f"The answer rests on 6 ALS and 6 control clones{said}."
