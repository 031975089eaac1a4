"""The report of a study: facts → figures → one HTML file that opens offline."""

from collections.abc import Callable
from pathlib import Path

from hcs.answer.facts import StudyFacts
from hcs.answer.verdict import verdict
from hcs.figures.theme import model_name
from hcs.pages.page import PageFigure, Section, page_figure, render, write_page
from hcs.report import named_plots as plots
from hcs.report.card import ResultCard
from hcs.report.facts import ReportFacts
from hcs.report.gather import study_facts
from hcs.report.study.analysed import batches_section, covariates_section, permutations_section
from hcs.report.study.before import before_section
from hcs.report.study.believable import whys
from hcs.report.study.calibration import calibration_section
from hcs.report.study.design import design_section
from hcs.report.study.downloads import tables_to_download
from hcs.report.study.gallery import gallery_section
from hcs.report.study.groups import groups_section
from hcs.report.study.left_out import left_out_section
from hcs.report.study.methods import methods_section
from hcs.report.study.models import comparison_section, pairing_section
from hcs.report.study.quality import quality_section
from hcs.report.study.reader_study import readers_section
from hcs.report.study.saliency import looks_section
from hcs.report.study.training import search_section, training_section
from hcs.report.study.wells import doses_section, wells_section
from hcs.study.folder import StudyResults
from hcs.study.places import REPORT
from hcs.study.standing import report_state
from hcs.wording import spaced

SECTIONS: tuple[Callable[[ReportFacts], Section | None], ...] = (
    permutations_section,
    before_section,
    design_section,
    comparison_section,
    pairing_section,
    groups_section,
    wells_section,
    doses_section,
    batches_section,
    covariates_section,
    calibration_section,
    training_section,
    search_section,
    looks_section,
    readers_section,
    gallery_section,
    quality_section,
    left_out_section,
    methods_section,
)
"""Sections of the report in reading order; one gives None where the study has nothing of its kind."""


def study_sections(facts: ReportFacts) -> list[Section]:
    """Lay out the report's sections in reading order."""
    return [section for made in SECTIONS if (section := made(facts)) is not None]


def study_page(facts: ReportFacts, state: str = "") -> str:
    """Render the report of a study as HTML.

    The same facts give the same text, character by character. `state` is the digest of what they were
    gathered from (`hcs.study.standing.report_state`), by which an older page is known.
    """
    found = verdict(facts)
    always = (
        f"Anything confounded with {spaced(facts.classes.label)} on these plates can be seen as well."
        if facts.models
        else ""
    )
    return render(
        "study.html.j2",
        answering=True,
        title=facts.title,
        state=state,
        question=(
            f"Can images tell {spaced(facts.classes.positive)} from {spaced(facts.classes.negative)} in "
            f"{facts.classes.nouns} that the models were not trained on?"
        ),
        version=str(facts.record.get("hcs", "")),
        verdict=found,
        cards=model_cards(facts),
        figure=answer_figure(facts),
        whys=whys(found, facts.analysed, facts.permuted, always=always),
        sections=study_sections(facts),
        downloads=tables_to_download(facts),
    )


def model_cards(facts: StudyFacts) -> list[ResultCard]:
    """Sum up every model that has a group-level score."""
    counted, noun = f"{facts.classes.nouns} right", facts.classes.noun
    return [ResultCard(model_name(model), facts.group_result(model), counted, noun) for model in facts.models]


def answer_figure(facts: StudyFacts) -> PageFigure | None:
    """Draw every group's score; None where there is none."""
    if not facts.models:
        return None
    noun, result = facts.classes.noun, facts.group_result(facts.models[0])
    return page_figure(
        plots.groups(facts).figure,
        f"Right of the dashed line a {noun} is called {spaced(facts.classes.positive)}.",
        name="groups",
        alt=f"Dot plot of {noun} scores. {result.right} of {result.n_groups} are on their side of 0.5.",
    )


def write_report(study: StudyResults, facts: ReportFacts | None = None) -> Path:
    """Write a finished study's report into its results folder; an older one is replaced when it is whole.

    Facts that `hcs.report.gather.study_facts` has gathered are not gathered again.
    """
    return write_page(study.results / REPORT, study_page(facts or study_facts(study), report_state(study)))
